"""The part of `verify` that listens to the image of a CD: what lies where, and what it comes to.

One pass over it, whichever file holds it: the audio image of the DDP, or the WAV, which lacks the two seconds
of the pre-gap. What lies in other files is known by its checksum.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from pipeline.audiofile import Codes, open_mix
from pipeline.cd.ddp_records import IMAGE
from pipeline.cd.disc import PREGAP_SECTORS, SECTOR_BYTES, SECTOR_FRAMES, SECTORS_PER_SECOND
from pipeline.cd.msf import msf
from pipeline.faults import Fault
from pipeline.listing import LISTING
from pipeline.verify_disc_sums import ImageSums, TrackSums
from pipeline.verify_listed import Listed, Row
from pipeline.verify_stretches import Listener, Same, Silence, Stretch

BLOCK_SECTORS = 10 * SECTORS_PER_SECOND
PREGAP_FRAMES = PREGAP_SECTORS * SECTOR_FRAMES
BITS, CHANNELS, RATE = 16, 2, 44_100

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
            problems = _problems(delivery, disc, audio, heard, progress)
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
    yield np.zeros((PREGAP_FRAMES, CHANNELS), np.int32)
    yield from _wave_blocks(delivery / audio.source)


def _raw_blocks(path: Path, start_sector: int = 0) -> Iterator[Codes]:
    with path.open("rb") as file:
        file.seek(start_sector * SECTOR_BYTES)
        while data := file.read(BLOCK_SECTORS * SECTOR_BYTES):
            yield np.frombuffer(data, "<i2").reshape(-1, CHANNELS).astype(np.int32)


def _wave_blocks(path: Path) -> Iterator[Codes]:
    with open_mix(path) as reader:
        yield from reader.codes(BLOCK_SECTORS * SECTOR_FRAMES)


# --- what is heard


def _problems(
    delivery: Path, disc: Listed, audio: DiscAudio, heard: Mapping[str, str], progress: Progress
) -> list[str]:
    last = len(disc.tracks)
    sums = [TrackSums(each, first=each.number == 1, last=each.number == last) for each in disc.tracks]
    listener = Listener([*_stretches(delivery, disc, audio, heard), ImageSums(disc), *sums])
    for codes in _blocks(delivery, audio):
        listener.update(codes)
        progress(len(codes) / RATE)
    return listener.problems()


def _stretches(delivery: Path, disc: Listed, audio: DiscAudio, heard: Mapping[str, str]) -> Iterator[Stretch]:
    first, lead_out = disc.starts[0] * SECTOR_FRAMES, disc.lead_out_sector * SECTOR_FRAMES
    yield Silence(0, PREGAP_FRAMES, "the pause before track 1")
    if audio.data and audio.image:
        paths = delivery / audio.data, delivery / audio.image["path"]
        yield _same(PREGAP_FRAMES, lead_out, _digest(audio.image, heard), lambda: _parting(*paths))
    if audio.hidden:
        yield _track(PREGAP_FRAMES, first, audio.hidden, heard)
    else:
        yield Silence(PREGAP_FRAMES, first, "what is before track 1, and in no file of its own,")
    for track in disc.tracks:
        if row := audio.tracks.get(track.track):
            yield _track(track.start_sector * SECTOR_FRAMES, track.stop_sector * SECTOR_FRAMES, row, heard)


def _track(start: int, stop: int, row: Row, heard: Mapping[str, str]) -> Same:
    span = f"{msf(start // SECTOR_FRAMES)} to {msf(stop // SECTOR_FRAMES)}"
    name = row["path"].rsplit("/", 1)[-1]
    problem = f"the tracks, one after the other, are not the image: {span} is not what {name} holds"
    return _same(start, stop, _digest(row, heard), lambda: problem)


def _same(start: int, stop: int, wanted: str, otherwise: Callable[[], str]) -> Same:
    return Same(start, stop, wanted, otherwise, bits=BITS, channels=CHANNELS)


def _digest(row: Row, heard: Mapping[str, str]) -> str:
    return heard.get(row["path"]) or str(row["pcm_sha256"])


def _parting(data: Path, wave: Path) -> str:
    """From where on the image of a DDP is not the WAV; empty when it is, whatever is said of their sums."""
    at, end = 0, np.zeros((0, CHANNELS), np.int32)
    for one, other in zip_longest(_raw_blocks(data, PREGAP_SECTORS), _wave_blocks(wave), fillvalue=end):
        length = min(len(one), len(other))
        differ = (one[:length] != other[:length]).any(axis=1)
        if differ.any() or len(one) != len(other):
            frame = at + (int(differ.argmax()) if differ.any() else length)
            return f"is not {wave.name} from its frame {frame} on"
        at += length
    return ""
