"""Proves a delivery from its files alone, with meters and readers that did not make it.

Loudness by pyloudnorm; true peak by Fourier interpolation; lossy files decoded by pydub's ffmpeg; tags
by mutagen; lengths and hashes recomputed; sides compared with their sheets and markers, discs with their DDP
and everything else that is said of them. `quick_faults` is the part that ends every build.
"""

import math
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsp.dither import int_to_float
from dsp.stream import Block
from pipeline.audiofile import Codes, PcmHash, open_mix, read_audio, read_codes
from pipeline.bext_reader import read_broadcast_tags
from pipeline.deliver.cue import file_names, parse_cue
from pipeline.deliver.tags import read_tags
from pipeline.faults import Fault
from pipeline.files import sha256_file
from pipeline.formats import LOSSLESS
from pipeline.gapless import stream_sha256, told_frames
from pipeline.listing import LISTING, LITTER, SUMS, read_listing
from pipeline.manifest.places import printable
from pipeline.second_opinion import SecondLoudness, SecondTruePeak, pydub_blocks
from pipeline.spent import spent, timed
from pipeline.timeline import sector_frames
from pipeline.verify_cd import cd_faults
from pipeline.verify_sides import LaidReader, is_beside, laid_faults, peak_problems

LOUDNESS_TOLERANCE_LU = 0.1
PEAK_TOLERANCE_DB = 0.1
# Dither alone peaks far below this: where its few codes lie, meters may differ by a lot.
NOISE_DBTP = -80.0
# A lossy decoder clips at full scale where ours does not.
FULL_SCALE_DBTP = 0.0

Row = dict[str, Any]
Progress = Callable[[float], None]
# Faults of a file, and the checksum of its samples, empty when it is not lossless.
ReadBack = tuple[list[Fault], str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at, and everything that is wrong."""

    files: int
    audio_files: int
    faults: tuple[Fault, ...]


def verify(delivery: Path, progress: Progress = lambda _: None) -> Verdict:
    """All checks. `progress` is told the seconds of audio that were read."""
    listing = read_listing(delivery)
    faults = folder_faults(delivery)
    present = [row for row in listing["files"] if (delivery / row["path"]).is_file()]
    heard: dict[str, str] = {}
    for row in present:
        faults += file_faults(delivery, row, listening=True, progress=progress, heard=heard)
    faults += cd_faults(delivery, listing, progress, heard=heard) + laid_faults(delivery, listing)
    return Verdict(len(listing["files"]), sum(1 for row in present if row["codec"]), tuple(faults))


def quick_faults(
    delivery: Path,
    progress: Progress = lambda _: None,
    paths: Container[str] | None = None,
    read_all: Callable[[Sequence[Row]], Sequence[ReadBack]] | None = None,
) -> list[Fault]:
    """Files decoded again and compared with what was rendered; formats and tags read.

    Args:
        paths: those that are looked at, None for all.
        read_all: does `read_back` for rows, in their order; one after the other where it is not given.
    """
    listing = read_listing(delivery)
    faults = _listing_faults(delivery, listing)
    rows = [
        row
        for row in listing["files"]
        if (delivery / row["path"]).is_file() and (paths is None or row["path"] in paths)
    ]
    read = read_all(rows) if read_all else [read_back(delivery, row, progress) for row in rows]
    heard = {row["path"]: digest for row, (_, digest) in zip(rows, read, strict=True) if digest}
    faults += [fault for found, _ in read for fault in found]
    faults += cd_faults(delivery, listing, progress, heard=heard, paths=paths)
    across = laid_faults(delivery, listing)
    return faults + [fault for fault in across if paths is None or fault.place in paths]


def folder_faults(delivery: Path) -> list[Fault]:
    """That nothing is missing, changed or there besides, by both lists; one fault for each file."""
    rows = read_listing(delivery)["files"]
    paths = sorted(path for path in delivery.rglob("*") if path.is_file() and path.name not in LITTER)
    found = {path.relative_to(delivery).as_posix(): sha256_file(path) for path in paths}
    sums, listed = _sums(delivery), {row["path"]: row["sha256"] for row in rows}
    faults = {} if sums else {SUMS: Fault("missing or empty", place=SUMS, hint="build again")}
    # No list has its own sum, and the one that is written last is in no other.
    for name, digests, besides in ((SUMS, sums, {SUMS}), (LISTING, listed, {SUMS, LISTING})):
        there = {path: digest for path, digest in found.items() if path not in besides}
        for fault in _differences(there, digests, name) if digests else ():
            faults.setdefault(fault.place, fault)
    return list(faults.values())


def _sums(delivery: Path) -> dict[str, str]:
    """Each file and its checksum by SHA256SUMS; what is no such line is passed over."""
    path = delivery / SUMS
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines if "  " in line)}


def _differences(found: dict[str, str], wanted: dict[str, str], name: str) -> Iterator[Fault]:
    """`found` and `wanted` are checksums by path, `name` the list that the latter come from."""
    for path in sorted(found.keys() | wanted.keys()):
        if path not in found:
            yield Fault(f"missing, though {name} lists it", place=path)
        elif path not in wanted:
            yield Fault(f"not part of the delivery: {name} does not list it", place=path)
        elif found[path] != wanted[path]:
            yield Fault(f"changed: its checksum is not that in {name}", place=path)


def _listing_faults(delivery: Path, listing: dict[str, Any]) -> list[Fault]:
    return [
        Fault(f"missing, though {LISTING} lists it", place=row["path"])
        for row in listing["files"]
        if not (delivery / row["path"]).is_file()
    ]


def read_back(delivery: Path, row: Row, progress: Progress, stream: str = "") -> ReadBack:
    """What is wrong with one file of the listing, read from end to end, and what its samples come to.

    Args:
        stream: the checksum of an MP3 that was decoded and measured before it was tagged. When the file still
            has just that behind its tag, to decode it once more would prove nothing.
    """
    heard: dict[str, str] = {}
    path = delivery / row["path"]
    if stream and stream_sha256(path) == stream:
        progress(row["frames"] / row["rate"])
        problems = _length_problems(row, told_frames(path) or 0, lossless=False)
        return _faults_at(row, problems + _tag_problems(path, row)), ""
    faults = file_faults(delivery, row, listening=False, progress=progress, heard=heard)
    return faults, heard.get(row["path"], "")


def file_faults(
    delivery: Path, row: Row, *, listening: bool, progress: Progress, heard: dict[str, str] | None = None
) -> list[Fault]:
    """What is wrong with one file of the listing; `listening` adds the independent meters.

    `heard` gets the checksum of its samples by its path, when it is lossless.
    """
    path = delivery / row["path"]
    if row["role"] == "cue":
        return _faults_at(row, _cue_problems(path))
    if not row["codec"]:
        return []
    try:
        problems = _audio_problems(path, row, listening, progress, {} if heard is None else heard)
        problems += _tag_problems(path, row)
    except Fault as fault:
        problems = [fault.problem]
    return _faults_at(row, problems)


def _faults_at(row: Row, problems: Sequence[str]) -> list[Fault]:
    return [Fault(problem, place=row["path"]) for problem in problems]


def _cue_problems(path: Path) -> list[str]:
    try:
        sheet = parse_cue(path.read_bytes().decode())
    except (Fault, ValueError) as fault:
        return [f"not a readable cue sheet: {fault}"]
    absent = [name for name in file_names(sheet) if not is_beside(path, name)]
    return [f"names {printable(name)}, which is not beside it" for name in absent]


def _audio_problems(
    path: Path, row: Row, listening: bool, progress: Progress, heard: dict[str, str]
) -> list[str]:
    lossless = row["codec"] in LOSSLESS
    if lossless and (problems := _form_problems(path, row)):
        return problems
    samples = _Samples(row) if lossless else None
    loudness = SecondLoudness(row["rate"], row["channels"]) if listening else None
    true_peak = SecondTruePeak(row["rate"], row["channels"]) if listening else None
    frames = 0
    for count, block in _lossless(path, row, samples, listening) if samples else _lossy(path, row, listening):
        frames += count
        progress(count / row["rate"])
        if loudness and true_peak and block is not None:
            loudness.process(block)
            true_peak.process(block)
    problems = _length_problems(row, frames, lossless)
    if samples:
        problems += samples.problems()
        heard[row["path"]] = samples.digest
    if loudness and true_peak:
        dbtp = true_peak.reading_dbtp
        problems += _meter_problems(row, loudness.integrated_lufs, dbtp, lossless)
        problems += peak_problems(row, dbtp, PEAK_TOLERANCE_DB)
    return problems


def _form_problems(path: Path, row: Row) -> list[str]:
    """Before a sample is read, as meters take what the list says for granted."""
    info = open_mix(path).info
    if (info.rate, info.channels) == (row["rate"], row["channels"]):
        return []
    return [
        f"holds {_channels(info.channels)} at {info.rate} Hz; "
        f"{LISTING} says {row['channels']} at {row['rate']} Hz"
    ]


class _Samples:
    """The integers of a lossless file: all of them, and track by track where several lie in it."""

    def __init__(self, row: Row) -> None:
        self._wanted = row["pcm_sha256"]
        self._digest = PcmHash(row["bits"], row["channels"])
        self._laid = LaidReader(row)

    def update(self, codes: Codes) -> None:
        self._digest.update(codes)
        self._laid.update(codes)

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    def problems(self) -> list[str]:
        right = self.digest == self._wanted
        return ([] if right else ["its audio is not what was rendered"]) + self._laid.problems()


def _lossless(path: Path, row: Row, samples: _Samples, listening: bool) -> Iterator[tuple[int, Block | None]]:
    """Frames and, for those who listen, their audio."""
    for codes in timed("read back", read_codes(path, row["bits"])):
        with spent("hash"):
            samples.update(codes)
        yield len(codes), int_to_float(codes, row["bits"]) if listening else None


def _lossy(path: Path, row: Row, listening: bool) -> Iterator[tuple[int, Block | None]]:
    blocks = pydub_blocks(path, row["codec"]) if listening else read_audio(path, row["codec"])[2]
    for block in timed("read back", blocks):
        if block.shape[1] != row["channels"]:
            raise Fault(f"decodes to {_channels(block.shape[1])}; {LISTING} says {row['channels']}")
        yield len(block), block


def _channels(count: int) -> str:
    return f"{count} channel{'s' * (count > 1)}"


def _length_problems(row: Row, frames: int, lossless: bool) -> list[str]:
    if frames != row["frames"]:
        return [f"{frames} frames long; {LISTING} says {row['frames']}"]
    if lossless and frames % sector_frames(row["rate"]):
        return [f"{frames} frames are no whole number of CD sectors"]
    return []


def _meter_problems(row: Row, lufs: float, dbtp: float, lossless: bool) -> list[str]:
    problems = []
    said = row["lufs_i"]
    if (said is None) != (lufs == -math.inf) or (
        said is not None and abs(lufs - said) > LOUDNESS_TOLERANCE_LU
    ):
        problems.append(f"loudness is {lufs:.2f} LUFS by pyloudnorm; {LISTING} says {_figure(said)}")
    peak = row["true_peak_dbtp"]
    if peak is not None and max(peak, dbtp) < NOISE_DBTP:
        return problems
    if not lossless and peak is not None:
        peak, dbtp = min(peak, FULL_SCALE_DBTP), min(dbtp, FULL_SCALE_DBTP)
    if (peak is None) != (dbtp == -math.inf) or (peak is not None and abs(dbtp - peak) > PEAK_TOLERANCE_DB):
        problems.append(f"true peak is {dbtp:.2f} dBTP by interpolation; {LISTING} says {_figure(peak)}")
    return problems


def _figure(value: float | None) -> str:
    return "silence" if value is None else f"{value:.2f}"


def _tag_problems(path: Path, row: Row) -> list[str]:
    wanted = row["tags"]
    if row["codec"] == "wav" and not wanted:
        return []
    found = read_broadcast_tags(path) if row["codec"] == "wav" else read_tags(path, row["codec"])
    return [
        f"tag {name} is {_tag(found.get(name))}; {LISTING} says {_tag(wanted.get(name))}"
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    ]


def _tag(values: list[str] | None) -> str:
    return '"' + "; ".join(values) + '"' if values else "absent"
