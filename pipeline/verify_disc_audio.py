"""The part of `verify` that listens to the image of a CD: what lies where, and what it comes to.

One pass over it, whichever file holds it: the audio image of the DDP, or the WAV, which lacks the two seconds
of the pre-gap. What lies in other files is known by its checksum.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.audiofile import open_mix
from pipeline.cd.ddp_records import IMAGE
from pipeline.cd.disc import PREGAP_SECTORS, SECTOR_BYTES, SECTOR_FRAMES, SECTORS_PER_SECOND
from pipeline.cd.msf import msf
from pipeline.cd.sums import SumsMeter
from pipeline.faults import Fault
from pipeline.listing import LISTING
from pipeline.manifest.places import shown
from pipeline.verify_listed import Listed, Row

BLOCK_SECTORS = 20 * SECTORS_PER_SECOND
PREGAP_FRAMES = PREGAP_SECTORS * SECTOR_FRAMES
BITS, CHANNELS, RATE = 16, 2, 44_100

Codes = NDArray[np.int16]
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class DiscAudio:
    """What of a disc is there to listen to; `data` is the path of the DDP's image, the others are rows."""

    data: str | None
    image: Row | None
    hidden: Row | None
    tracks: Mapping[int, Row]

    @property
    def source(self) -> str:
        """The path of what is listened to; empty when there is nothing."""
        return self.data or (str(self.image["path"]) if self.image else "")

    @property
    def paths(self) -> set[str]:
        """Of all the files."""
        rows = (*self.tracks.values(), *filter(None, (self.image, self.hidden)))
        return {row["path"] for row in rows} | {self.source}


def disc_audio(rows: Sequence[Row]) -> DiscAudio:
    """`rows` are of files of a disc that are there; what has another form is told where each is looked at."""
    audio = [row for row in rows if (row["codec"], row["rate"], row["bits"]) == ("wav", RATE, BITS)]
    images = [row["path"] for row in rows if row["role"] == "ddp" and row["path"].endswith(f"/{IMAGE}")]
    return DiscAudio(
        images[0] if images else None,
        next((row for row in audio if row["role"] == "image"), None),
        next((row for row in audio if row["role"] == "hidden"), None),
        {row["track"]: row for row in audio if row["role"] == "track" and type(row["track"]) is int},
    )


def audio_faults(
    delivery: Path, disc: Listed, audio: DiscAudio, heard: Mapping[str, str], progress: Progress
) -> list[Fault]:
    """What is wrong with the image of a disc, and where other files hold something else.

    Args:
        heard: checksums of the samples of other audio files by path, where they were read just now.
        progress: is told the seconds that were listened to.
    """
    if not audio.source or not disc.goes_forward:
        return []
    try:
        sectors = _sectors(delivery, audio)
        if sectors == disc.lead_out_sector:
            problems = list(_problems(delivery, disc, audio, heard, progress))
        else:
            said = f"by {LISTING} the lead-out is at sector {disc.lead_out_sector}"
            problems = [f"ends at sector {sectors:g}; {said}"]
    except Fault:  # it is told where the file is looked at by itself
        return []
    return [Fault(problem, place=audio.source) for problem in problems]


def _sectors(delivery: Path, audio: DiscAudio) -> float:
    """How many the image has, those of the pre-gap included."""
    if audio.data:
        return (delivery / audio.data).stat().st_size / SECTOR_BYTES
    frames = open_mix(delivery / audio.source).info.frames or 0
    return PREGAP_SECTORS + frames / SECTOR_FRAMES


def _blocks(delivery: Path, audio: DiscAudio) -> Iterator[Codes]:
    """(frames, 2) of the image from its sector 0 on."""
    if audio.data:
        yield from _raw_blocks(delivery / audio.data)
        return
    yield np.zeros((PREGAP_FRAMES, CHANNELS), np.int16)
    yield from _wave_blocks(delivery / audio.source)


def _raw_blocks(path: Path, start_sector: int = 0) -> Iterator[Codes]:
    with path.open("rb") as file:
        file.seek(start_sector * SECTOR_BYTES)
        while data := file.read(BLOCK_SECTORS * SECTOR_BYTES):
            yield np.frombuffer(data, "<i2").reshape(-1, CHANNELS)


def _wave_blocks(path: Path) -> Iterator[Codes]:
    with open_mix(path) as reader:
        for codes in reader.codes(BLOCK_SECTORS * SECTOR_FRAMES):
            yield codes.astype(np.int16)


# --- what is heard


class _Stretch(Protocol):
    """Frames from `start` up to `stop` that something must be true of."""

    start: int
    stop: int

    def hear(self, codes: Codes, at: int) -> None:
        """Some of them, the first of which is frame `at`."""

    def problem(self) -> str: ...


class _Silence:
    def __init__(self, start: int, stop: int, what: str) -> None:
        self.start, self.stop = start, stop
        self._what = what
        self._sound: list[int] = []

    def hear(self, codes: Codes, at: int) -> None:
        loud = codes.any(axis=1)
        if not self._sound and loud.any():
            self._sound.append(at + int(loud.argmax()))

    def problem(self) -> str:
        return f"{self._what} is not silent at frame {self._sound[0]}" if self._sound else ""


class _Same:
    """That another file holds the same; `wanted` is the checksum of its samples."""

    def __init__(self, start: int, stop: int, wanted: str, otherwise: Callable[[], str]) -> None:
        self.start, self.stop = start, stop
        self._wanted, self._otherwise = wanted, otherwise
        self._digest = hashlib.sha256()

    def hear(self, codes: Codes, at: int) -> None:
        self._digest.update(np.ascontiguousarray(codes, "<i2").data)

    def problem(self) -> str:
        return "" if self._digest.hexdigest() == self._wanted else self._otherwise()


def _problems(
    delivery: Path, disc: Listed, audio: DiscAudio, heard: Mapping[str, str], progress: Progress
) -> Iterator[str]:
    stretches = list(_stretches(delivery, disc, audio, heard))
    meter = SumsMeter(disc.starts, disc.lead_out_sector)
    at = 0
    for codes in _blocks(delivery, audio):
        meter.update(codes)
        for each in stretches:
            first, last = max(0, each.start - at), min(each.stop - at, len(codes))
            if first < last:
                each.hear(codes[first:last], at + first)
        at += len(codes)
        progress(len(codes) / RATE)
    yield from (problem for each in stretches if (problem := each.problem()))
    yield from _sum_problems(disc, meter)


def _stretches(
    delivery: Path, disc: Listed, audio: DiscAudio, heard: Mapping[str, str]
) -> Iterator[_Stretch]:
    first, lead_out = disc.starts[0] * SECTOR_FRAMES, disc.lead_out_sector * SECTOR_FRAMES
    yield _Silence(0, PREGAP_FRAMES, "the pause before track 1")
    if audio.data and audio.image:
        paths = delivery / audio.data, delivery / audio.image["path"]
        yield _Same(PREGAP_FRAMES, lead_out, _digest(audio.image, heard), lambda: _parting(*paths))
    if audio.hidden:
        yield _same(PREGAP_FRAMES, first, audio.hidden, heard)
    else:
        yield _Silence(PREGAP_FRAMES, first, "what is before track 1, and in no file of its own,")
    for track in disc.tracks:
        if row := audio.tracks.get(track.track):
            yield _same(track.start_sector * SECTOR_FRAMES, track.stop_sector * SECTOR_FRAMES, row, heard)


def _same(start: int, stop: int, row: Row, heard: Mapping[str, str]) -> _Same:
    span = f"{msf(start // SECTOR_FRAMES)} to {msf(stop // SECTOR_FRAMES)}"
    name = row["path"].rsplit("/", 1)[-1]
    problem = f"the tracks, one after the other, are not the image: {span} is not what {name} holds"
    return _Same(start, stop, _digest(row, heard), lambda: problem)


def _digest(row: Row, heard: Mapping[str, str]) -> str:
    return heard.get(row["path"]) or str(row["pcm_sha256"])


def _parting(data: Path, wave: Path) -> str:
    """From where on the image of a DDP is not the WAV; empty when it is, whatever is said of their sums."""
    at = 0
    for one, other in zip(_raw_blocks(data, PREGAP_SECTORS), _wave_blocks(wave), strict=False):
        length = min(len(one), len(other))
        differ = (one[:length] != other[:length]).any(axis=1)
        if differ.any() or len(one) != len(other):
            frame = at + (int(differ.argmax()) if differ.any() else length)
            return f"is not {wave.name} from its frame {frame} on"
        at += length
    return ""


def _sum_problems(disc: Listed, meter: SumsMeter) -> Iterator[str]:
    found = meter.sums()
    if found.image_md5 != disc.image_md5:
        yield f"its MD5 is {found.image_md5}; {LISTING} says {shown(disc.image_md5)}"
    names = (("crc32", "CRC-32"), ("accuraterip_v1", "AccurateRip v1"), ("accuraterip_v2", "AccurateRip v2"))
    for track, sums in zip(disc.tracks, found.tracks, strict=True):
        for field, name in names:
            there, said = getattr(sums, field), getattr(track, field)
            if there != said:
                yield f"the {name} of track {track.number} is {there}; {LISTING} says {shown(said)}"
