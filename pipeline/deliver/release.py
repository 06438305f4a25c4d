"""What the deliverables are made from: the manifest's words, the marks, the rendered tracks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.formats import AudioFormat
from pipeline.intake import MixFacts
from pipeline.level import ReelLevel
from pipeline.manifest.load import Manifest
from pipeline.manifest.tracks import Piece
from pipeline.reels import Reel
from pipeline.render import Rendered
from pipeline.timeline import Segment, Timeline

CHANNELS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A whole album, levelled, laid and rendered.

    `limited` holds each track in each format; `unlimited` the same for vinyl, without limiters and
    turned down by `vinyl_gain_db`. Both are in the order of the manifest's pieces; `facts` and
    `mix_hashes` are by mix, `levels` and `readings` by reel. `cover` is a JPEG.
    """

    manifest: Manifest
    facts: tuple[MixFacts, ...]
    mix_hashes: tuple[str, ...]
    reels: tuple[Reel, ...]
    levels: tuple[ReelLevel, ...]
    readings: tuple[Mapping[str, Any], ...]
    timeline: Timeline
    limited: Mapping[AudioFormat, tuple[Rendered, ...]]
    unlimited: tuple[Rendered, ...] = ()
    vinyl_gain_db: float = 0.0
    cover: bytes | None = None

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return self.manifest.pieces

    @property
    def segments(self) -> tuple[Segment, ...]:
        return self.timeline.segments

    @property
    def file_stem(self) -> str:
        """What an image is named after: the catalogue number, or the title without one."""
        return self.manifest.album.catalog or self.manifest.album.title

    @property
    def date(self) -> str:
        day = self.manifest.album.date
        return str(day) if day else ""

    def reel_of(self, track: int) -> int:
        """Which reel a track lies on, from 0."""
        return next(number for number, reel in enumerate(self.reels) if track in reel.track_numbers)

    @property
    def reference(self) -> tuple[Rendered, ...]:
        """The rendering that a track's figures are taken from: lossless and of the highest rate."""
        if not self.limited:
            return self.unlimited
        best = max(self.limited, key=lambda form: (form.lossless, form.rate, form.render_bits))
        return self.limited[best]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredFile:
    """A row of `files` in delivery.json. Paths are relative to the delivery, with forward slashes."""

    path: str
    kind: str
    role: str
    track: int | None = None
    side: str | None = None
    codec: str | None = None
    rate: int | None = None
    bits: int | None = None
    channels: int | None = None
    frames: int | None = None
    pcm_sha256: str | None = None
    lufs_i: float | None = None
    true_peak_dbtp: float | None = None
    tags: dict[str, list[str]] = field(default_factory=dict)


def audio_file(
    path: str, kind: str, role: str, form: AudioFormat, rendered: Rendered, **more: Any
) -> DeliveredFile:
    """The row of an audio file; `more` is its track, its side, its tags."""
    return DeliveredFile(
        path=path,
        kind=kind,
        role=role,
        codec=form.codec,
        rate=form.rate,
        bits=form.bits,
        channels=CHANNELS,
        frames=rendered.frames,
        pcm_sha256=rendered.pcm_sha256 if form.lossless else None,
        lufs_i=rendered.measure.lufs_i,
        true_peak_dbtp=rendered.measure.true_peak_dbtp,
        **more,
    )


def relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
