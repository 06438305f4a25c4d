"""The least that a build could cost: each part of the benchmark album's making at its best known speed.

    python benchmarks/bound.py MIX [--write]

MIX is a WAV of 24 bits at 96 kHz, such as one of the benchmark album's (benchmarks/album_generator.py). Its
first minute goes through all parts, one after the other, so that each has what it would have in a build. Of
what does the same, the fastest counts: a stage of ours, a plain kernel (benchmarks/bound_kernels.py), a
library, a program. CPU seconds of one core, children included, the least of three runs. `--write` puts
× realtime by section into pipeline/bound.yaml, which `deadwax build --profile` holds against a build.

It is a bound for a build that does these parts and nothing else: no look at the mixes, nothing is read back
or kept for the next build, the ceiling is not seen to again at 44.1 kHz. MP3 is that of LAME at its default,
which costs twice as much as what Deadwax asks of it at 320 kbit/s (benchmarks/encoders.py).
"""

import argparse
import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from shutil import which
from typing import TypeVar

import numpy as np
import soundfile
import soxr

from benchmarks.bound_kernels import Limiting, interpolator, limit, pack_rounded
from benchmarks.costs import ROOT, cost_of, first_line, machine, print_row
from dsp.dither import Quantiser
from dsp.dynamics import Glue, GlueSettings
from dsp.eq import Eq, EqBand
from dsp.gain import db_to_gain
from dsp.limiter import Limiter, LimiterSettings
from dsp.loudness import LoudnessMeter
from dsp.stream import Block, Chain, Stage, run
from dsp.true_peak import TruePeakMeter
from pipeline.audiofile import open_mix
from pipeline.ffmpeg import executable
from pipeline.packing import Codes, packed
from pipeline.wave import wave_head

HIGH_RATE, CD_RATE, CHANNELS = 96_000, 44_100, 2
SECONDS, RUNS = 60, 3
ALBUM_MINUTES = 40
TARGET_LUFS, CEILING_DB = -12.0, -1.0
EQ = (
    EqBand(type="high_pass", freq_hz=30, slope_db_per_octave=12),
    EqBand(type="bell", freq_hz=250, gain_db=-1.5, q=1),
    EqBand(type="bell", freq_hz=3000, gain_db=1, q=0.8),
    EqBand(type="high_shelf", freq_hz=9000, gain_db=1),
)
GLUE = GlueSettings(threshold_db=-18, ratio=2, attack_ms=10, release_ms=120, knee_db=6)
LOOKAHEAD_MS, RELEASE_MS = 3, 100
LIMITER = LimiterSettings(release_ms=RELEASE_MS, lookahead_ms=LOOKAHEAD_MS)
BOUND = ROOT / "pipeline" / "bound.yaml"
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Part:
    """`section` is what a build charges the like to, `by` what was the fastest."""

    name: str
    section: str
    by: str
    x_realtime: float

    @property
    def album_s(self) -> float:
        """CPU seconds for the album."""
        return ALBUM_MINUTES * 60 / self.x_realtime


@dataclass(slots=True)
class Parts:
    """What has been measured so far."""

    found: list[Part] = field(default_factory=list)

    def best(self, name: str, section: str, **ways: Callable[[], Iterable[Item]]) -> list[Item]:
        """What comes of the fastest way."""
        taken = {by: least_cpu_s(way) for by, way in ways.items()}
        by = min(taken, key=taken.__getitem__)
        self.found.append(Part(name, section, by, SECONDS / taken[by]))
        return list(ways[by]())


def measured(mix: Path) -> list[Part]:
    """All parts, in the order of a build; ValueError for a mix of another kind than the album's."""
    about = soundfile.info(mix)
    if (about.samplerate, about.channels) != (HIGH_RATE, CHANNELS) or about.frames < SECONDS * HIGH_RATE:
        raise ValueError(f"{mix} is no stereo at 96 kHz of {SECONDS} s or more")
    parts = Parts()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        limited = mastered(parts, mix)
        parts.best("24/96 WAV", "encode wav", kernel=partial(write_high, limited, folder / "high.wav"))
        delivered(parts, limited, folder)
        files = [path.read_bytes() for path in sorted(folder.iterdir())]
        parts.best("SHA-256 of all files", "hash", openssl=partial(hashed, files))
    return parts.found


def mastered(parts: Parts, mix: Path) -> list[Block]:
    """What is heard, at the rate of the mix."""
    blocks = parts.best("read 24/96", "decode", deadwax=partial(read, mix))
    blocks = parts.best("EQ, four bands", "eq", deadwax=partial(through, eq, blocks))
    blocks = parts.best("compressor", "glue", deadwax=partial(through, glue, blocks))
    parts.best("loudness", "meters", deadwax=partial(through, loudness, blocks))
    (meter,) = loudness()
    deque(run(meter, iter(blocks)), maxlen=0)
    gain = db_to_gain(TARGET_LUFS - meter.reading.integrated_lufs)
    loud = [gain * block for block in blocks]
    ways = {"kernel": partial(limited_by_kernel, loud), "deadwax": partial(through, limiter, loud)}
    return parts.best("limiter", "limiter", **ways)


def delivered(parts: Parts, limited: list[Block], folder: Path) -> None:
    """What comes of that at 44.1 kHz."""
    low = parts.best("conversion to 44.1 kHz", "resample", soxr=partial(converted, limited))
    parts.best("loudness and true peak at 44.1", "meters", deadwax=partial(through, meters, low))
    codes = parts.best("shaped dither", "dither", deadwax=partial(dithered, low))
    wav = folder / "low.wav"
    parts.best("16/44.1 WAV", "encode wav", deadwax=partial(write_low, codes, wav))
    parts.best("FLAC, level 8", "encode flac", libsndfile=partial(write_flac, codes, folder / "low.flac"))
    ways = {
        Path(command[0]).name.split("-")[0]: partial(run_quietly, command) for command in mp3_commands(wav)
    }
    parts.best("MP3 320, LAME's default", "encode mp3", **ways)


def least_cpu_s(way: Callable[[], Iterable[Item]]) -> float:
    """Of some runs, before which there is one for compilers and caches. Nothing that comes is kept."""
    taken = []
    for _ in range(1 + RUNS):
        began = cpu_s()
        deque(way(), maxlen=0)
        taken.append(cpu_s() - began)
    return min(taken[1:])


def cpu_s() -> float:
    """Of this thread, and of all children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.thread_time() + children.ru_utime + children.ru_stime


# The parts


def eq() -> tuple[Stage, ...]:
    return (Eq(EQ, HIGH_RATE, CHANNELS),)


def glue() -> tuple[Stage, ...]:
    return (Glue(GLUE, HIGH_RATE, CHANNELS),)


def loudness() -> tuple[LoudnessMeter]:
    return (LoudnessMeter(HIGH_RATE, CHANNELS),)


def limiter() -> tuple[Stage, ...]:
    return (Limiter(LIMITER, CEILING_DB, HIGH_RATE, CHANNELS),)


def meters() -> tuple[Stage, ...]:
    return LoudnessMeter(CD_RATE, CHANNELS), TruePeakMeter(CD_RATE, CHANNELS)


def read(mix: Path) -> Iterator[Block]:
    with open_mix(mix) as reader:
        yield from reader.blocks(stop=SECONDS * HIGH_RATE)


def through(stages: Callable[[], tuple[Stage, ...]], blocks: list[Block]) -> Iterator[Block]:
    return run(Chain(stages()), iter(blocks))


def limited_by_kernel(blocks: list[Block]) -> Iterator[Block]:
    ahead = round(LOOKAHEAD_MS * HIGH_RATE / 1000)
    state, taps, ceiling = Limiting.of(ahead), interpolator(), db_to_gain(CEILING_DB)
    for block in blocks:
        out = np.empty_like(block)
        limit(block, out, ceiling, RELEASE_MS * HIGH_RATE / 1000, state, taps)
        yield out


def write_high(blocks: list[Block], path: Path) -> Iterator[Path]:
    frames = sum(map(len, blocks))
    with path.open("wb") as file:
        file.write(wave_head(HIGH_RATE, CHANNELS, 24, frames))
        for block in blocks:
            data = np.empty(3 * block.size, np.uint8)
            pack_rounded(block.reshape(-1), data)
            file.write(data.data)
    yield path


def converted(blocks: list[Block]) -> Iterator[Block]:
    stream = soxr.ResampleStream(HIGH_RATE, CD_RATE, CHANNELS, "float64", "VHQ")
    for block in blocks:
        yield stream.resample_chunk(block, last=block is blocks[-1])


def dithered(blocks: list[Block]) -> Iterator[Codes]:
    quantiser = Quantiser(16, "shaped", CD_RATE, CHANNELS, seed=1)
    return map(quantiser.process, blocks)


def write_low(codes: list[Codes], path: Path) -> Iterator[Path]:
    with path.open("wb") as file:
        file.write(wave_head(CD_RATE, CHANNELS, 16, sum(map(len, codes))))
        for block in codes:
            file.write(packed(block, 16).data)
    yield path


def write_flac(codes: list[Codes], path: Path) -> Iterator[Path]:
    form = {"subtype": "PCM_16", "format": "FLAC", "compression_level": 1.0}
    with soundfile.SoundFile(path, "w", CD_RATE, CHANNELS, **form) as file:
        for block in codes:
            file.write(block << 16)
    yield path


def mp3_commands(wav: Path) -> list[list[str]]:
    """Of the system's `lame`, where there is one, and of the packaged ffmpeg."""
    lame, out = which("lame"), str(wav.with_suffix(".mp3"))
    packaged = [executable(), "-y", "-v", "error", "-i", str(wav), "-threads", "1", "-b:a", "320k", out]
    return [*([[lame, "--quiet", "-b", "320", str(wav), out]] if lame else []), packaged]


def run_quietly(command: list[str]) -> Iterator[int]:
    yield subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True).returncode


def hashed(files: list[bytes]) -> Iterator[str]:
    """As they could be while they are written: they are not read."""
    return (hashlib.sha256(data).hexdigest() for data in files)


def start_s() -> float:
    """CPU seconds of a process that has imported all of this and holds the compiled kernels."""
    program = "from benchmarks import bound; bound.warm_up()"
    return min(cost_of([sys.executable, "-c", program]).cpu_s for _ in range(RUNS))


def warm_up() -> None:
    """Each kernel once, on next to nothing."""
    blocks = [np.zeros((64, CHANNELS))]
    for stages in (eq, glue, loudness, meters):
        deque(through(stages, blocks), maxlen=0)
    pack_rounded(blocks[0].reshape(-1), np.empty(384, np.uint8))
    deque(dithered(list(limited_by_kernel(blocks))), maxlen=0)


# What is told


def by_section(parts: Iterable[Part]) -> dict[str, float]:
    """× realtime of all parts of a section together."""
    seconds: dict[str, float] = {}
    for part in parts:
        seconds[part.section] = seconds.get(part.section, 0.0) + 1.0 / part.x_realtime
    return {section: 1.0 / each for section, each in seconds.items()}


def yaml_text(parts: Iterable[Part]) -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "soxr", "soundfile"))
    lame = which("lame")
    return "\n".join(
        [
            "# × realtime of each part of a build by the best that is known for it alone, on one core:",
            "# python benchmarks/bound.py MIX --write",
            f"# {machine()}",
            f"# Python {sys.version.split()[0]}, {libraries}",
            f"# {first_line(lame, '--version') if lame else 'the LAME of the packaged ffmpeg'}",
            *(f"{section}: {speed:.0f}" for section, speed in by_section(parts).items()),
            "",
        ]
    )


def print_table(parts: list[Part]) -> None:
    print_row("part", "section", "by", "× realtime", f"CPU s for {ALBUM_MINUTES} minutes")
    print_row("---", "---", "---", "---:", "---:")
    start = start_s()
    print_row("start", "", "", "", f"{start:.1f}")
    for part in parts:
        print_row(part.name, part.section, part.by, f"{part.x_realtime:.0f}", f"{part.album_s:.1f}")
    print_row("all", "", "", "", f"{start + sum(part.album_s for part in parts):.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("mix", type=Path)
    parser.add_argument("--write", action="store_true", help=f"into {BOUND.relative_to(ROOT)}")
    options = parser.parse_args()
    parts = measured(options.mix)
    print_table(parts)
    if options.write:
        BOUND.write_text(yaml_text(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
