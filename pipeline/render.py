"""Pass 2, once per island and delivery rate: from shaped audio to encoded files, a new one at each mark.

Each reel: gain, conversion, limiter, fades. Their sum goes through the guard where reels overlap, is
made into integers once for each word length, and is cut, encoded and measured on the way.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dsp.dither import Quantiser, int_to_float
from dsp.fades import Fades
from dsp.gain import Gain, db_to_gain, gain_to_db
from dsp.limiter import Limiter, LimiterSettings
from dsp.resample import Resampler
from dsp.stream import BLOCK_FRAMES, Block, Chain, Stage, run
from dsp.true_peak import TruePeakMeter
from pipeline.audiofile import PcmHash, read_audio
from pipeline.encode import open_encoder
from pipeline.formats import AudioFormat
from pipeline.hashed import note
from pipeline.measure import FileMeters, Measure
from pipeline.packing import Codes, Words
from pipeline.reels import Fade
from pipeline.shaped import CHANNELS, read_blocks
from pipeline.spent import Timed, spent, timed
from pipeline.timeline import sector_frames

MEASURES = "measures.json"
# The most that dither adds to a sample, in LSB of 16 bits, rounded up: shaped noise reaches 9.5.
DITHER_LSB = 10
# Further below the ceiling than the excess that was measured, so that one more rendering is enough.
STEP_DB = 0.002
ATTEMPTS = 4
Written = TypeVar("Written")


@dataclass(frozen=True, slots=True)
class ReelRender:
    """One reel of an island: what is read and done to it; `start_sector` is from the island's start."""

    shaped: str
    rate: int
    first_frame: int
    stop_frame: int
    gain_db: float
    limiter: LimiterSettings | None
    fade_in: Fade | None
    fade_out: Fade | None
    start_sector: int


@dataclass(frozen=True, slots=True)
class RenderSpec:
    """All that the rendered files of an island depend on, but for the format of each.

    Limiters work `reserve_db` under the ceiling. `dither` is the kind for 16 bits; a word length in
    `exact_bits` is reached without any, as the samples lie on its grid already; what is `mono` stays so,
    its dither too. `segment_frames` are the lengths of its track files, `segment_reels` which of the reels
    each begins with.
    """

    reels: tuple[ReelRender, ...]
    rate: int
    ceiling_dbtp: float
    reserve_db: float
    guard: LimiterSettings | None
    dither: str
    exact_bits: tuple[int, ...]
    mono: bool
    segment_frames: tuple[int, ...]
    segment_reels: tuple[int, ...]
    seed: int

    @property
    def limits(self) -> bool:
        """True when all of it goes through a limiter."""
        return self.guard is not None or all(reel.limiter for reel in self.reels)


@dataclass(frozen=True, slots=True)
class Rendered:
    """One track file of an island. `measure` is what a listener gets from that very file.

    `pcm_sha256` is of the integers encoded, `limiting_max_db` of its reel, `clipped_samples` of its island.
    `key` is that of the rendering, `file_sha256` of the file; empty where it is not from a cache.
    """

    path: Path
    frames: int
    pcm_sha256: str
    measure: Measure
    block_energy: NDArray[np.float64]
    limiting_max_db: float
    clipped_samples: int
    key: str = ""
    file_sha256: str = ""


def render(
    spec: RenderSpec,
    shaped: Mapping[str, Path],
    folders: Mapping[AudioFormat, Path],
    progress: Callable[[float], None],
) -> None:
    """Render an island in every format of `folders`, and write each its `measures.json`.

    `shaped` finds the folder of a reel's shaped audio by its key. `progress` is told seconds of programme.
    """

    def write(blocks: Iterator[Block]) -> list[_Branch]:
        branches = [
            _Branch(
                spec, bits, {form: folder for form, folder in folders.items() if form.render_bits == bits}
            )
            for bits in sorted({form.render_bits for form in folders})
        ]
        with ExitStack() as stack:
            for branch in branches:
                stack.enter_context(branch)
            for block in blocks:
                for branch in branches:
                    branch.write(block)
            for branch in branches:
                branch.finish()
        return branches

    branches, limiting_db = under_ceiling(spec, shaped, write, progress)
    for branch in branches:
        branch.write_measures([limiting_db[reel] for reel in spec.segment_reels])


def under_ceiling(
    spec: RenderSpec,
    shaped: Mapping[str, Path],
    write: Callable[[Iterator[Block]], Written],
    progress: Callable[[float], None],
) -> tuple[Written, list[float]]:
    """Hand the programme of an island to `write`, again and lower until its true peak is under the ceiling.

    A limiter sees peaks before it has moved its gain, and what it holds may rise by hundredths of a dB
    between its samples, by more in noise up to half the rate. So the result is measured, and where it is
    over, limited once more from the start to a ceiling that is lower by that much. Returns what `write`
    did and the most that each reel was limited by, in dB.
    """
    for _ in range(ATTEMPTS):
        limiters = [_limiter(reel, spec) for reel in spec.reels]
        meter = TruePeakMeter(spec.rate, CHANNELS)
        heard = run(Timed("meters", meter), _programme(spec, limiters, shaped))
        written = write(_watched(heard, spec.rate, progress))
        excess_db = _excess_db(meter.reading_dbtp, spec)
        if excess_db <= 0.0 or not spec.limits:
            break
        spec = replace(spec, reserve_db=spec.reserve_db + excess_db + STEP_DB)
        progress = _stop_only(progress)
    return written, [limiter.reduction_max_db if limiter else 0.0 for limiter in limiters]


def _programme(
    spec: RenderSpec, limiters: Sequence[Limiter | None], shaped: Mapping[str, Path]
) -> Iterator[Block]:
    """The island as it is before it becomes integers."""
    stretch = sector_frames(spec.rate)
    streams = [
        (reel.start_sector * stretch, _reel_blocks(reel, limiter, spec, shaped[reel.shaped]))
        for reel, limiter in zip(spec.reels, limiters, strict=True)
    ]
    return _guarded(add_up(streams), spec)


def _watched(blocks: Iterator[Block], rate: int, progress: Callable[[float], None]) -> Iterator[Block]:
    for block in blocks:
        yield block
        progress(len(block) / rate)


def _stop_only(progress: Callable[[float], None]) -> Callable[[float], None]:
    """What is done again is no progress, and can still be stopped."""
    return lambda _: progress(0.0)


def _excess_db(peak_dbtp: float, spec: RenderSpec) -> float:
    """How far a true peak, with the dither that is still to come, is over the ceiling.

    Whichever formats are asked for: what one of them needs must not move the samples of another.
    """
    most = db_to_gain(spec.ceiling_dbtp) - DITHER_LSB * 2.0**-15
    return peak_dbtp - gain_to_db(most)


def _limiter(reel: ReelRender, spec: RenderSpec) -> Limiter | None:
    return Limiter(reel.limiter, _limit_dbtp(spec), spec.rate, CHANNELS) if reel.limiter else None


def _limit_dbtp(spec: RenderSpec) -> float:
    return spec.ceiling_dbtp - spec.reserve_db


def _reel_blocks(
    reel: ReelRender, limiter: Limiter | None, spec: RenderSpec, folder: Path
) -> Iterator[Block]:
    frames = round((reel.stop_frame - reel.first_frame) * spec.rate / reel.rate)
    stages: list[Stage] = [Timed("gain", Gain(reel.gain_db, CHANNELS))]
    if spec.rate != reel.rate:
        stages.append(Timed("resample", Resampler(reel.rate, spec.rate, CHANNELS)))
    if limiter:
        stages.append(Timed("limiter", limiter))
    if reel.fade_in or reel.fade_out:
        fades = Fades(frames, *(_in_frames(fade, spec.rate) for fade in (reel.fade_in, reel.fade_out)))
        stages.append(Timed("fades", fades))
    blocks = timed("read shaped", read_blocks(folder, reel.first_frame, reel.stop_frame))
    return run(Chain(stages), blocks)


def _in_frames(fade: Fade | None, rate: int) -> tuple[str, int] | None:
    return (fade.curve, round(fade.seconds * rate)) if fade else None


def add_up(streams: Sequence[tuple[int, Iterator[Block]]]) -> Iterator[Block]:
    """The sum of streams that each begin at a frame of their own, in blocks, up to the last frame.

    Where no stream sounds there is silence.
    """
    if len(streams) == 1 and streams[0][0] == 0:
        yield from streams[0][1]
        return
    held = [np.zeros((0, CHANNELS)) for _ in streams]
    starts = [start for start, _ in streams]
    open_streams = [True] * len(streams)
    position = 0
    while any(open_streams) or any(len(block) for block in held):
        stop = position + BLOCK_FRAMES
        end = position
        total = np.zeros((BLOCK_FRAMES, CHANNELS))
        for number, (_, blocks) in enumerate(streams):
            if starts[number] >= stop:
                end = stop
                continue
            while open_streams[number] and starts[number] + len(held[number]) < stop:
                block = next(blocks, None)
                if block is None:
                    open_streams[number] = False
                else:
                    held[number] = np.concatenate([held[number], block])
            taken = held[number][: stop - starts[number]]
            total[starts[number] - position : starts[number] - position + len(taken)] += taken
            held[number] = held[number][len(taken) :]
            end = max(end, starts[number] + len(taken))
            starts[number] += len(taken)
        yield total[: end - position]
        position = stop


def _guarded(blocks: Iterator[Block], spec: RenderSpec) -> Iterator[Block]:
    """Where a crossfade adds up over the ceiling, the sum is limited; elsewhere it passes as it is."""
    if spec.guard is None:
        return blocks
    return run(Timed("limiter", Limiter(spec.guard, _limit_dbtp(spec), spec.rate, CHANNELS)), blocks)


class _Branch:
    """One word length of an island: integers made once, cut at the marks, encoded and measured."""

    def __init__(self, spec: RenderSpec, bits: int, folders: dict[AudioFormat, Path]) -> None:
        kind = "none" if bits in spec.exact_bits else spec.dither if bits == 16 else "tpdf"
        self._heard = 1 if spec.mono else CHANNELS
        self._quantiser = Quantiser(bits, kind, spec.rate, self._heard, spec.seed)
        self._bits = bits
        self._rate = spec.rate
        self._lengths = spec.segment_frames
        self._folders = folders
        self._rows: dict[AudioFormat, list[dict[str, Any]]] = {form: [] for form in folders}
        self._segment: _Segment | None = None
        self._number = 0

    def __enter__(self) -> "_Branch":
        return self

    def __exit__(self, *failure: object) -> None:
        if self._segment:
            self._segment.abandon()

    def write(self, block: Block) -> None:
        with spent("dither"):
            codes = self._quantiser.process(block[:, : self._heard])
        self._cut(codes if self._heard == CHANNELS else np.repeat(codes, CHANNELS, axis=1))

    def finish(self) -> None:
        """The rest of the last segment is digital silence, never dithered."""
        while self._number < len(self._lengths):
            written = self._segment.frames if self._segment else 0
            silent = min(self._lengths[self._number] - written, BLOCK_FRAMES)
            self._cut(np.zeros((silent, CHANNELS), dtype=np.int32))

    def _cut(self, codes: Codes) -> None:
        while len(codes):
            if self._segment is None:
                self._segment = self._open()
            room = self._lengths[self._number] - self._segment.frames
            self._segment.write(codes[:room])
            codes = codes[room:]
            if self._segment.frames == self._lengths[self._number]:
                self._close(self._segment)

    def _open(self) -> "_Segment":
        paths = {
            form: folder / f"{self._number:02}.{form.extension}" for form, folder in self._folders.items()
        }
        return _Segment(paths, self._bits, self._rate, self._lengths[self._number])

    def _close(self, segment: "_Segment") -> None:
        for form, (row, energy) in segment.close().items():
            self._rows[form].append(row)
            np.save(self._folders[form] / f"{self._number:02}.npy", energy)
        self._segment = None
        self._number += 1

    def write_measures(self, limiting_db: Sequence[float]) -> None:
        clipped = self._quantiser.clipped
        about = [{"limiting_max_db": most_db, "clipped_samples": clipped} for most_db in limiting_db]
        for form, folder in self._folders.items():
            rows = [row | more for row, more in zip(self._rows[form], about, strict=True)]
            (folder / MEASURES).write_text(json.dumps(rows, sort_keys=True))


class _Segment:
    """The files of one track at one word length, while they are written."""

    def __init__(self, paths: dict[AudioFormat, Path], bits: int, rate: int, frames: int) -> None:
        self._paths = paths
        self._bits = bits
        self._encoders = {
            form: open_encoder(path, form, CHANNELS, frames, hashed=True) for form, path in paths.items()
        }
        self._hash = PcmHash(bits, CHANNELS)
        # A lossy file is measured as it decodes, not as what went into it.
        self._meters = FileMeters(rate, CHANNELS) if any(form.lossless for form in paths) else None
        self.frames = 0

    def write(self, codes: Codes) -> None:
        words = Words(codes, self._bits)
        for form, encoder in self._encoders.items():
            with spent(f"encode {form.codec}"):
                encoder.write(words)
        with spent("hash"):
            self._hash.update(words)
        if self._meters:
            with spent("meters"):
                self._meters.process(int_to_float(codes, self._bits))
        self.frames += len(codes)

    def abandon(self) -> None:
        for encoder in self._encoders.values():
            encoder.abandon()

    def close(self) -> dict[AudioFormat, tuple[dict[str, Any], NDArray[np.float64]]]:
        """For each format what goes into `measures.json`, and the energies of its gating blocks."""
        for form, encoder in self._encoders.items():
            with spent(f"encode {form.codec}"):
                encoder.close()
            if encoder.file_sha256:
                note(encoder.path, encoder.file_sha256)
        if self._meters:
            with spent("meters"):
                self._meters.flush()
        about = {"frames": self.frames, "pcm_sha256": self._hash.hexdigest()}
        closed = {}
        for form, path in self._paths.items():
            meters = self._meters if self._meters and form.lossless else decoded_meters(path, form.codec)
            row = about | {"file": path.name, "measure": asdict(meters.reading)}
            closed[form] = (row, meters.block_energy)
        return closed


def decoded_meters(path: Path, codec: str) -> FileMeters:
    """What a listener gets from a lossy file."""
    rate, channels, blocks = read_audio(path, codec)
    meters = FileMeters(rate, channels)
    for _ in run(Timed("meters", meters), timed("read back", blocks)):
        pass
    return meters


def read_rendered(
    folder: Path, key: str = "", sums: Mapping[str, str] = MappingProxyType({})
) -> list[Rendered]:
    """The track files of an island in one format, in order; `sums` are checksums by file name."""
    return [
        Rendered(
            path=folder / row["file"],
            frames=row["frames"],
            pcm_sha256=row["pcm_sha256"],
            measure=Measure(**row["measure"]),
            block_energy=np.load((folder / row["file"]).with_suffix(".npy")),
            limiting_max_db=row["limiting_max_db"],
            clipped_samples=row["clipped_samples"],
            key=key,
            file_sha256=sums.get(row["file"], ""),
        )
        for row in json.loads((folder / MEASURES).read_text())
    ]
