"""What encoders cost and how true they are: `python benchmarks/encoders.py RECORDINGS [--seconds 20]`.

RECORDINGS is a folder of music, as lossless files. Twenty seconds of each, in a row, are encoded by every
encoder and at every setting that was to choose from, are decoded, and the noise is held against what hides
it. The rows in bold are what Deadwax writes. CPU seconds are for four minutes, the best of two runs,
children included.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import numpy as np
import soundfile
import soxr

from benchmarks.costs import cost_of, print_row
from benchmarks.masking import hidden
from pipeline.audiofile import open_mix
from pipeline.ffmpeg import executable

RATE, HIGH_RATE = 44_100, 96_000
BEGIN_S, PEAK = 5, 0.85
MINUTES = 4
RUNS = 2
QUIET = ("-y", "-nostdin", "-v", "error")


@dataclass(frozen=True, slots=True)
class Encoding:
    """`write` makes `out` of the WAV `of` it; in `ours` is what Deadwax does."""

    name: str
    of: str
    out: str
    write: Callable[[Path, Path], float]
    ours: bool = False


def by_command(*command):
    """CPU seconds of a command, in which IN and OUT are the files."""

    def write(source, out):
        files = {"IN": source, "OUT": out}
        return cost_of([files.get(part, part) for part in command]).cpu_s

    return write


def by_ffmpeg(*arguments):
    return by_command(executable(), *QUIET, "-i", "IN", "-threads", "1", *arguments, "OUT")


def by_libsndfile(subtype, **settings):
    """In a process of its own too, whose start counts."""
    program = (
        "import soundfile, sys; codes, rate = soundfile.read(sys.argv[1], dtype='int32');"
        f"soundfile.write(sys.argv[2], codes, rate, {subtype!r}, **{settings!r})"
    )
    return by_command(sys.executable, "-c", program, "IN", "OUT")


def mp3_rows():
    for kbps in (320, 256, 192, 128):
        rate = f"{kbps}k"
        if lame := which("lame"):
            reference = by_command(lame, "--quiet", "-b", str(kbps), "IN", "OUT")
            yield Encoding(f"MP3 {kbps}: lame, its default", "16", "mp3", reference)
        plain = by_ffmpeg("-c:a", "libmp3lame", "-b:a", rate)
        yield Encoding(f"MP3 {kbps}: ffmpeg, LAME's default", "16", "mp3", plain, ours=kbps < 320)
        for level in (0, 2, 5, 7) if kbps == 320 else (5, 7):
            levelled = by_ffmpeg("-c:a", "libmp3lame", "-b:a", rate, "-compression_level", str(level))
            yield Encoding(
                f"MP3 {kbps}: ffmpeg, level {level}", "16", "mp3", levelled, (kbps, level) == (320, 7)
            )
    coded = by_libsndfile("MPEG_LAYER_III", compression_level=0.0, bitrate_mode="CONSTANT")
    yield Encoding("MP3 320: libsndfile", "16", "mp3", coded)


def other_rows():
    for kbps in (256, 128):
        for coder in ("twoloop", "fast"):
            coded = by_ffmpeg("-c:a", "aac", "-aac_coder", coder, "-b:a", f"{kbps}k", "-f", "ipod")
            yield Encoding(f"AAC {kbps}: ffmpeg, {coder}", "24", "m4a", coded, ours=coder == "twoloop")
    for level in (10, 5, 0):
        setting = ("-sample_fmt", "flt", "-ar", "48000", "-b:a", "160k", "-compression_level", str(level))
        coded = by_ffmpeg("-c:a", "libopus", *setting)
        yield Encoding(f"Opus 160: ffmpeg, level {level}", "24", "opus", coded, ours=level == 10)
    for bits in ("16", "24"):
        sample = (
            ("-sample_fmt", "s16p") if bits == "16" else ("-sample_fmt", "s32p", "-bits_per_raw_sample", bits)
        )
        coded = by_ffmpeg("-c:a", "alac", *sample, "-f", "ipod")
        yield Encoding(f"ALAC {bits}/44.1: ffmpeg", bits, "m4a", coded, ours=True)


def flac_rows():
    for of, name in (("16", "16/44.1"), ("24 96", "24/96")):
        for level in (5, 8):
            if flac := which("flac"):
                coded = by_command(flac, "-s", "-f", f"-{level}", "IN", "-o", "OUT")
                yield Encoding(f"FLAC {name}: flac -{level}", of, "flac", coded)
            coded = by_libsndfile(f"PCM_{of[:2]}", compression_level=level / 8)
            yield Encoding(f"FLAC {name}: libsndfile, level {level}", of, "flac", coded, ours=level == 8)


def programme(recordings, seconds):
    """(frames, 2): a piece of each, at 44.1 kHz, all as loud as fits."""
    pieces = []
    for path in sorted(recordings.iterdir()):
        if path.suffix not in (".flac", ".wav", ".aif", ".aiff"):
            continue
        rate = soundfile.info(path).samplerate
        audio, _ = soundfile.read(path, seconds * rate, BEGIN_S * rate, always_2d=True)
        audio = soxr.resample(
            np.repeat(audio, 2, axis=1)[:, :2] if audio.shape[1] == 1 else audio, rate, RATE
        )
        pieces.append(audio * PEAK / np.abs(audio).max())
    if not pieces:
        raise SystemExit(f"there are no recordings in {recordings}")
    return np.concatenate(pieces)


def write_sources(audio, folder):
    """`16.wav` and `24.wav`, and `24 96.wav` of the same at the higher rate."""
    soundfile.write(folder / "16.wav", audio, RATE, "PCM_16")
    soundfile.write(folder / "24.wav", audio, RATE, "PCM_24")
    soundfile.write(folder / "24 96.wav", soxr.resample(audio, RATE, HIGH_RATE), HIGH_RATE, "PCM_24")


def measure(encoding, folder):
    """The cells of a row."""
    source, out = folder / f"{encoding.of}.wav", folder / f"out.{encoding.out}"
    cpu_s = min(encoding.write(source, out) for _ in range(RUNS))
    about = soundfile.info(source)
    per_programme = MINUTES * 60 * about.samplerate / about.frames
    bytes_per_s = out.stat().st_size * about.samplerate / about.frames
    cells = [f"{cpu_s * per_programme:.2f}", f"{bytes_per_s * 8e-3:.0f}", *truth(source, out)]
    name = f"**{encoding.name}**" if encoding.ours else encoding.name
    return [name, *cells]


def truth(source, out):
    """Signal to noise, noise to mask, frames over it, the worst; nothing where there is no noise."""
    music, rate = soundfile.read(source, always_2d=True)
    with open_mix(out) as mix:
        decoded = np.concatenate(list(mix.blocks()))
        if mix.info.rate != rate:
            decoded = soxr.resample(decoded, mix.info.rate, rate)
        if not mix.info.lossy:
            return ["–"] * 4 if np.array_equal(decoded, music) else ["not the same"] * 4
    frames = min(len(music), len(decoded))
    music, decoded = music[:frames], decoded[:frames]
    found = hidden(music, decoded, rate)
    ratio_db = 10 * np.log10(np.mean(music**2) / np.mean((decoded - music) ** 2))
    return [
        f"{ratio_db:.1f}",
        f"{found.total_db:.1f}",
        f"{100 * found.disturbed:.2f}",
        f"{found.worst_db:.1f}",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--seconds", type=int, default=20, help="of each recording")
    parser.add_argument("--only", default="", help="encodings whose names begin with this, such as MP3")
    options = parser.parse_args()
    print_row(
        "encoding", "CPU s", "kbit/s", "SNR dB", "noise to mask dB", "frames over mask %", "worst 0.1 % dB"
    )
    print_row(*["---"] * 7)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sources(programme(options.recordings, options.seconds), folder)
        for encoding in [*mp3_rows(), *other_rows(), *flac_rows()]:
            if encoding.name.startswith(options.only):
                print_row(*measure(encoding, folder))


if __name__ == "__main__":
    main()
