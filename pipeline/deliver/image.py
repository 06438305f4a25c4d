"""The samples of a disc, laid end to end from rendered tracks."""

from typing import Any

from pipeline.cd.disc import HIDDEN, PREGAP_SECTORS, SECTOR_FRAMES, Disc
from pipeline.deliver.joined import JoinedPart
from pipeline.deliver.release import Release, laid
from pipeline.formats import AudioFormat
from pipeline.render import Rendered

CD_FORMAT = AudioFormat("wav", 44_100, bits=16)


def cd_track(release: Release, track: int) -> Rendered:
    """A track as a CD has it; 0 is what is hidden before the first."""
    if track == HIDDEN and release.hidden:
        return release.hidden.rendered
    return release.limited[CD_FORMAT][track - 1]


def image_parts(release: Release, disc: Disc) -> list[JoinedPart]:
    """What lies on a disc behind `image_leader_frames` of silence."""
    return [
        JoinedPart(
            cd_track(release, part.track),
            part.sound_sectors * SECTOR_FRAMES,
            (part.sectors - part.sound_sectors) * SECTOR_FRAMES,
            number=part.track,
        )
        for part in disc.parts
    ]


def image_leader_frames(disc: Disc, *, pregap: bool = True) -> int:
    """Silence before the first sound, counted from 00:00:00, or without the pre-gap from 00:02:00."""
    return (disc.parts[0].start_sector - (0 if pregap else PREGAP_SECTORS)) * SECTOR_FRAMES


def image_inputs(release: Release, disc: Disc) -> dict[str, Any]:
    """What the samples of a disc depend on."""
    tracks = [cd_track(release, part.track) for part in disc.parts]
    lying = [(part.start_sector, part.sound_sectors, part.sectors) for part in disc.parts]
    return laid(tracks, [part.track for part in disc.parts], CD_FORMAT) | {"lying": lying}
