"""Vinyl premasters: a 24-bit file for each side at the session rate, and its cue sheet."""

from collections.abc import Sequence

from pipeline.deliver.release import Deliverable, Release
from pipeline.deliver.side_files import side_files
from pipeline.deliver.sides import Side
from pipeline.formats import AudioFormat
from pipeline.render import Rendered

# Plants take no true peak over 0 dBTP; half a dB is left for their own conversion.
PEAK_MAX_DBTP = -0.5


def side_format(rate: int) -> AudioFormat:
    """Side files have the session's rate."""
    return AudioFormat("wav", rate, bits=24)


def tracks_on(release: Release, side: Side) -> tuple[Rendered, ...]:
    """The renderings on a side."""
    return tuple(release.unlimited[segment.track - 1] for segment in side.segments)


def vinyl_files(release: Release, sides: Sequence[Side]) -> list[Deliverable]:
    """Each side and its cue sheet."""
    form = side_format(release.timeline.rate)
    return [
        file for side in sides for file in side_files(release, side, "vinyl", form, tracks_on(release, side))
    ]
