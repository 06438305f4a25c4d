"""What the deliverables are made from: the manifest's words, the marks, the rendered tracks."""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from pipeline.cd.disc import Disc, DiscSums
from pipeline.deliver.tag_containers import Fields
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
class AlternateRelease:
    """Another version of a track, rendered: `piece` is what it is called, `readings` what its chain did.

    `version` is that of the alternate, which its track's own may stand before in `piece`.
    """

    piece: Piece
    version: str
    level: ReelLevel
    mix: str
    mix_sha256: str
    facts: MixFacts
    readings: Mapping[str, Any]
    rendered: Mapping[AudioFormat, Rendered]


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenRelease:
    """What is hidden before track 1 of a CD, rendered for it."""

    piece: Piece
    level: ReelLevel
    mix: str
    mix_sha256: str
    facts: MixFacts
    readings: Mapping[str, Any]
    rendered: Rendered


@dataclass(frozen=True, slots=True)
class DiscMaster:
    """A disc of the release; `sums` is None where its samples have not been gone through."""

    disc: Disc
    sums: DiscSums | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A whole album, levelled, laid and rendered.

    `limited` holds each track in each format; `unlimited` the same for vinyl, without limiters and
    turned down by `vinyl_gain_db`. Both are in the order of the manifest's pieces; `facts` and
    `mix_hashes` are by mix, `levels` and `readings` by reel. `cover` is a JPEG. `discs` are those of the CD,
    none where none is made.
    """

    manifest: Manifest
    facts: tuple[MixFacts, ...]
    mix_hashes: tuple[str, ...]
    reels: tuple[Reel, ...]
    levels: tuple[ReelLevel, ...]
    readings: tuple[Mapping[str, Any], ...]
    timeline: Timeline
    limited: Mapping[AudioFormat, tuple[Rendered, ...]]
    vinyl_reels: tuple[Reel, ...] = ()
    unlimited: tuple[Rendered, ...] = ()
    vinyl_gain_db: float = 0.0
    cover: bytes | None = None
    alternates: tuple[AlternateRelease, ...] = ()
    discs: tuple[DiscMaster, ...] = ()
    hidden: HiddenRelease | None = None

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return self.manifest.pieces

    @property
    def hidden_alone(self) -> "Release":
        """What is hidden before track 1 as a release of its own; the release itself where nothing is."""
        view = self.manifest.hidden
        if view is None or self.hidden is None:
            return self
        return replace(self, manifest=view, facts=(self.hidden.facts,))

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
        return bisect_right(self.reels, track, key=attrgetter("first_track")) - 1

    @property
    def reference_form(self) -> AudioFormat | None:
        """The format of `reference`; None for that of the sides."""
        return max(self.limited, key=lambda form: (form.lossless, form.rate, form.render_bits), default=None)

    @property
    def reference(self) -> tuple[Rendered, ...]:
        """The rendering that a track's figures are taken from: lossless and of the highest rate."""
        form = self.reference_form
        return self.limited[form] if form else self.unlimited


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredFile:
    """A row of `files` in delivery.json. Paths are relative to the delivery, with forward slashes.

    `version` is that of an alternate. `segments` are the tracks that lie end to end in the file, as
    `JoinedSegment` has them. `notes` are what should be known of how it came out; they are for
    whoever builds, and in no delivery. `sha256` is there where it is known without reading the file: what
    was copied to the byte.
    """

    path: str
    kind: str
    role: str
    track: int | None = None
    version: str | None = None
    side: str | None = None
    codec: str | None = None
    rate: int | None = None
    bits: int | None = None
    channels: int | None = None
    frames: int | None = None
    sha256: str | None = None
    pcm_sha256: str | None = None
    lufs_i: float | None = None
    true_peak_dbtp: float | None = None
    segments: tuple[Mapping[str, Any], ...] = ()
    tags: dict[str, list[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


Sums = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverable:
    """A file of the delivery that is not written yet.

    `inputs` are all that its bytes depend on besides the code: settings and plain data. `write(path, sums)`
    writes it; `sums` are the checksums of those that come before it in the list. `reads` are the rendered
    files that it goes through.
    """

    path: str
    kind: str
    role: str
    inputs: Mapping[str, Any]
    write: Callable[[Path, Sums], DeliveredFile]
    track: int | None = None
    version: str | None = None
    side: str | None = None
    reads: tuple[Rendered, ...] = ()


def rendered_row(
    deliverable: Deliverable, form: AudioFormat, rendered: Rendered, tags: Fields | None = None
) -> DeliveredFile:
    """The row of a track that was rendered."""
    measure = rendered.measure
    return audio_row(
        deliverable,
        form,
        frames=rendered.frames,
        pcm_sha256=rendered.pcm_sha256 if form.lossless else None,
        lufs_i=measure.lufs_i,
        true_peak_dbtp=measure.true_peak_dbtp,
        tags=tags or {},
    )


def audio_row(deliverable: Deliverable, form: AudioFormat, **more: Any) -> DeliveredFile:
    """The row of an audio file; `more` is what is known of its audio."""
    return row(deliverable, codec=form.codec, rate=form.rate, bits=form.bits, channels=CHANNELS, **more)


def row(deliverable: Deliverable, **more: Any) -> DeliveredFile:
    """The row of any file."""
    named = ("path", "kind", "role", "track", "version", "side")
    return DeliveredFile(**{name: getattr(deliverable, name) for name in named}, **more)


def text_file(text: str, **about: Any) -> Deliverable:
    """A file that is this text."""
    return bytes_file(text.encode(), **about)


def bytes_file(data: bytes, *, inputs: Mapping[str, Any], **about: Any) -> Deliverable:
    """A file that is just this; `inputs` are words for what it is made from."""

    def write(path: Path, _: Sums) -> DeliveredFile:
        path.write_bytes(data)
        return row(deliverable)

    content = {"content": hashlib.sha256(data).hexdigest()}
    deliverable = Deliverable(write=write, inputs={**inputs, **content}, **about)
    return deliverable


def laid(tracks: Sequence[Rendered], numbers: Sequence[int], form: AudioFormat) -> dict[str, Any]:
    """What a file that is tracks laid end to end depends on."""
    return {
        "audio": [track.pcm_sha256 for track in tracks],
        "frames": [track.frames for track in tracks],
        "tracks": list(numbers),
        "form": str(form),
        "rate": form.rate,
    }
