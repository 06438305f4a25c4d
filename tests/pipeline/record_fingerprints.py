"""Fingerprints of everything whose code has a version: what each makes of fixed signals, in a few numbers.

`python -m tests.pipeline.record_fingerprints` writes them into fingerprints.json; test_versions.py compares.
They do not say that an output is right, only that it is what it was when its version was last raised.

A fingerprint is the length of an output, its norm, and its sums with six fixed noises as weights. Another
processor rounds the last bits otherwise, which is let pass; a hundred-thousandth of a dB is not, nor is one
wrong sample. A limit that decides between yes and no is only noticed where a signal here is close to it.
"""

import hashlib
import json
import math
import platform
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soundfile
from mutagen.flac import FLAC

from dsp.dither import Quantiser
from dsp.envelope import Envelope, EnvelopeMeter
from dsp.fades import Fades
from dsp.groove import Cut, predict
from dsp.groove_meter import GrooveMeter
from dsp.lathe import LatheSettings
from dsp.limiter import Limiter, LimiterSettings
from dsp.resample import Resampler
from dsp.sector_table import SectorTable, joined
from dsp.stages import KINDS, name_of, report_of, stage_of, version_of
from dsp.stream import process_all
from pipeline import versions
from pipeline.encode import open_encoder
from pipeline.ffmpeg import executable
from pipeline.formats import parse_format
from pipeline.intake import examine
from pipeline.level import Levelling, solve, unlimited_peak_dbtp
from pipeline.master import MasterSpec, master
from pipeline.measure import FileMeters
from pipeline.reels import Fade, Part
from pipeline.shaped import AUDIO, read_blocks, read_envelope, read_readings
from pipeline.timeline import lay
from tests.albums import codes_of, reel, reel_render, render_spec, rendered, write_shaped
from tests.dsp.stage_examples import EXAMPLES

FILE = Path(__file__).with_name("fingerprints.json")
PROGRAM = "python -m tests.pipeline.record_fingerprints"
RATE = 44_100
NOISES = 6

# Of the norm; 1e-5 dB is 1.15e-6 of it. Without AVX-512, AVX2 and FMA in NumPy, OpenBLAS and numba a fitted
# EQ moved by 2e-9, all else by 2e-12. What is kept as 32-bit floats may have a sample here and there rounded
# the other way, by 6e-8 of itself: too few of them to be seen.
AUDIO_SLACK = 3e-8
# In LSB: four samples of all may be rounded to the next integer; 1e-5 dB moves hundreds. Shaped dither would
# remember such a sample for ever after and be found, but that takes a sum within 1e-11 LSB of the edge.
CODES_SLACK = 4.0
# Of each figure, and what zero may be. A dynamic EQ's reduction moved by 2e-10.
FIGURE_SLACK = 1e-8
FIGURE_ZERO = 1e-12

Row = list[Any]
Fingerprint = list[Row]


@dataclass(frozen=True)
class Case:
    """Something that has a version. `lever` says where that is raised; `make` runs it, anew each time."""

    what: str
    lever: str
    version: int
    make: Callable[[], Fingerprint]


# --- fingerprints


def uniform(seed: int, count: int) -> np.ndarray:
    """(count,) noise between -1 and 1, the same bits on every machine and with every NumPy."""
    return (np.random.PCG64(seed).random_raw(count) >> np.uint64(11)) * 2.0**-52 - 1.0


@cache
def _noises(size: int) -> np.ndarray:
    return np.stack([uniform(1000 + number, size) for number in range(NOISES)])


def _short(value: float) -> float:
    return float(f"{value:.12g}")


def heard(audio: np.ndarray) -> Row:
    """Of samples, any shape."""
    return ["audio", *_sums(audio)]


def counted(codes: np.ndarray) -> Row:
    """Of integers: their sums are compared in LSB."""
    return ["codes", *_sums(codes.astype(np.float64))]


def _sums(audio: np.ndarray) -> list[float]:
    flat = audio.ravel()
    return [len(audio), *map(_short, (np.linalg.norm(flat), *(_noises(flat.size) @ flat)))]


def figures(found: Any) -> Row:
    """Of readings: numbers and texts as they come, names among them."""
    return ["figures", *_flat(asdict(found) if hasattr(found, "__dataclass_fields__") else found)]


def _flat(value: Any) -> Iterator[Any]:
    match value:
        case Mapping():
            yield from (leaf for pair in value.items() for part in pair for leaf in _flat(part))
        case list() | tuple():
            yield from (leaf for part in value for leaf in _flat(part))
        case float() if math.isfinite(value):
            yield _short(value)
        case bool() | int():
            yield value
        case _:
            yield str(value)


def alike(then: Row, now: Row) -> bool:
    """True when nothing but rounding is between them; for bytes also when another encoder made them."""
    if then[0] != now[0] or len(then) != len(now):
        return False
    match now[0]:
        case "bytes":
            return then[1] != now[1] or then[2] == now[2]
        case "figures":
            return all(map(_same_figure, then, now))
        case "codes":
            return then[1] == now[1] and _within(then[3:], now[3:], CODES_SLACK)
    return then[1] == now[1] and _within(then[2:], now[2:], AUDIO_SLACK * then[2])


def _within(then: Sequence[float], now: Sequence[float], slack: float) -> bool:
    return all(abs(a - b) <= slack for a, b in zip(then, now, strict=True))


def _same_figure(then: Any, now: Any) -> bool:
    if isinstance(then, str) or isinstance(now, str):
        return bool(then == now)
    return math.isclose(then, now, rel_tol=FIGURE_SLACK, abs_tol=FIGURE_ZERO)


# --- signals


@cache
def programme(seconds: float, rate: int = RATE, seed: int = 1) -> np.ndarray:
    """Stereo on a grid of 24 bits: a tone, noise whose level jumps, hum, a pause, clicks, tops cut off."""
    frames = round(seconds * rate)
    time_s = np.arange(frames) / rate
    levels = np.repeat(2.0 ** (-3.0 + 3.0 * uniform(seed + 1, 40)), -(-frames // 40))[:frames]
    levels[3 * frames // 5 : 7 * frames // 10] = 2.0**-10
    audio = levels[:, None] * uniform(seed, 2 * frames).reshape(-1, 2)
    audio += 0.3 * np.sin(2 * np.pi * 220 * time_s)[:, None] * [1.0, 0.7]
    audio += 0.02 * np.sin(2 * np.pi * 50.02 * time_s)[:, None] + 0.01
    audio[frames // 3 : 2 * frames // 5] = 0.0
    audio[13 * frames // 20 :: frames // 5, 0] += 0.5
    return np.clip(np.round(audio * 2.0**23), -(2.0**23), 2.0**23 - 1) / 2.0**23


@cache
def worn() -> np.ndarray:
    """3 s of a soft tone at 44.1 kHz, stereo on a grid of 24 bits, with clicks.

    First 88 that grow by 1 % each, of which a part passes for clicks; then ever longer ones.
    """
    audio = 0.1 * np.sin(np.arange(3 * RATE) * 0.06)[:, None] + 0.002 * uniform(3, 6 * RATE).reshape(-1, 2)
    audio[1000:88_001:1000, 0] += 0.012 * 1.01 ** np.arange(88)
    for number, frames in enumerate((1, 2, 3, 5, 9, 17, 33, 60, 100)):
        start, size = 2 * RATE + 3000 + 4410 * number, 0.05 * (1 + number % 3)
        audio[start : start + frames, number % 2] += size * uniform(50 + number, frames) + size
    return np.round(audio * 2.0**23) / 2.0**23


def _write(path: Path, audio: np.ndarray, bits: int, rate: int = RATE) -> Path:
    """As integers: nothing is left to whoever writes."""
    codes = np.floor(audio * 2.0 ** (bits - 1)).astype(np.int32) << (32 - bits)
    soundfile.write(path, codes, rate, f"PCM_{bits}")
    return path


# --- what is run


def _through(make: Callable[[int], Any]) -> Fingerprint:
    """Loud at two rates, since designs depend on them, and soft; and what a stage has to report."""
    rows = []
    for rate, audio in ((RATE, programme(0.75)), (96_000, programme(0.4, 96_000)), (RATE, worn())):
        stage = make(rate)
        rows += [heard(process_all(stage, audio)), figures(report_of(stage))]
    return rows


def _stage(settings: Any) -> Fingerprint:
    return _through(lambda rate: stage_of(settings, rate, 2))


def _limiter(settings: LimiterSettings) -> Fingerprint:
    return _through(lambda rate: Limiter(settings, -6.0, rate, 2))


def _guard() -> Fingerprint:
    """Two songs that add up over the ceiling for a while."""
    one, other = (0.4 * programme(0.5, seed=seed) for seed in (1, 2))
    both = np.concatenate([one, one + other, other])
    return [heard(process_all(Limiter(LimiterSettings(), -3.0, RATE, 2), both))]


def _conversion(from_rate: int, to_rate: int) -> Fingerprint:
    return [heard(process_all(Resampler(from_rate, to_rate, 2), programme(0.5, from_rate)))]


def _fades(curve: str) -> Fingerprint:
    audio = programme(0.5)
    return [heard(process_all(Fades(len(audio), (curve, 5000), (curve, 12_000)), audio))]


def _dither(kind: str, bits: int) -> Fingerprint:
    """With a pause that is long enough for the dither to go out."""
    audio = 0.9 * np.concatenate([programme(0.5), np.zeros((RATE, 2)), programme(0.1)])
    return [counted(process_all(Quantiser(bits, kind, rate, 2, seed=5), audio)) for rate in (RATE, 96_000)]


def _envelope() -> Fingerprint:
    meter = EnvelopeMeter(RATE, 2)
    process_all(meter, programme(1.0))
    return [heard(meter.reading.energy), heard(meter.reading.peak)]


def _file_meters() -> Fingerprint:
    meters = FileMeters(RATE, 2)
    for gain in (1.0, 0.5, 0.25, 0.5, 0.125, 1.0, 0.5, 0.25):
        meters.process(gain * programme(1.0))
    meters.flush()
    return [figures(meters.reading), heard(meters.block_energy)]


def _examined(audio: np.ndarray, bits: int, rate: int = RATE) -> Fingerprint:
    with TemporaryDirectory() as folder:
        return [figures(examine(_write(Path(folder) / "mix.wav", audio, bits, rate), lambda _: None))]


def _hum() -> Fingerprint:
    """Long enough to be told from a bass note."""
    rate = 22_050
    time_s = np.arange(10 * rate) / rate
    hum = sum(np.sin(2 * np.pi * 50.02 * n * time_s) / n for n in range(1, 11))
    noise = uniform(9, time_s.size) * np.repeat([0.001, 0.004], 5 * rate)
    return _examined((0.01 * hum + noise)[:, None], 16, rate)


def _mastered() -> Fingerprint:
    """A mono mix, a pause and a mix of 16 bits as one, at another rate."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        mono = _write(folder / "a.wav", programme(0.5)[:, :1], 24)
        stereo = _write(folder / "b.flac", programme(0.5, seed=2), 16)
        parts = Part(mono, "", 0, 20_000, padding=500), Part(stereo, "", 1000, 22_050)
        master(MasterSpec(parts, RATE, 48_000, ()), folder, lambda _: None)
        frames = (folder / AUDIO).stat().st_size // 8
        audio = np.concatenate(list(read_blocks(folder, 0, frames)))
        envelope, readings = read_envelope(folder), read_readings(folder)
        return [heard(audio), heard(envelope.energy), heard(envelope.peak), figures(readings)]


def _table(rate: int) -> SectorTable:
    meter = GrooveMeter(rate)
    process_all(meter, programme(2.0, rate))
    return meter.table


def _groove(rate: int) -> Fingerprint:
    """What a programme does to the groove; displacement and acceleration are of very different sizes."""
    table = _table(rate)
    rows = [*table.swings.reshape(-1, table.sectors), *table.motion]
    return [figures([float(np.linalg.norm(row)) for row in rows])]


def _cut(**lathe: Any) -> Fingerprint:
    """Of a side that is the same programme over and over."""
    cut = Cut(format="7in", rpm=45, lathe=LatheSettings(**lathe))
    table = joined([_table(RATE)] * 20)
    found = predict(table, cut, asked_gain_db=6.0, bands=[(600, 900)])
    levels = [found.spare_m, found.loudest_gain_db, found.vu_db, found.curvature_over_one]
    return [
        figures(levels),
        figures([[event.kind, event.time_s, event.severity_db] for event in found.events]),
    ]


def _levels(levelling: Levelling, target_lufs: float, **changes: Any) -> Fingerprint:
    """Of envelopes that come from no meter: noise that swells, with peaks now and then."""
    reels, envelopes = [], []
    for number in (1, 2, 3):
        ticks = 300 * (6 + number)
        swell = np.repeat(2.0 ** (-number + uniform(number, 30)), ticks // 30)
        peak = swell * (0.4 + 0.2 * uniform(10 + number, ticks))
        peak[:: 100 + 7 * number] *= 2.5
        envelopes.append(Envelope(0.02 * swell**2 * (1.5 + uniform(20 + number, ticks)), peak))
        usual = {"offset_lu": number - 2.0, "fade_out": Fade("s_curve", 2.0), "target_lufs": target_lufs}
        reels.append(reel(ticks / 300, first_track=number, **usual | changes))
    timeline = lay(reels, RATE)
    levels = solve(reels, envelopes, timeline, levelling)
    peaks = [unlimited_peak_dbtp(island, levels, envelopes) for island in timeline.islands]
    return [figures([asdict(level) for level in levels]), figures(peaks)]


def _rendered(dither: str) -> Fingerprint:
    """Two songs that overlap, one at another rate, cut into two tracks."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        shaped = {"a": write_shaped(folder / "a", programme(1.0))}
        shaped["b"] = write_shaped(folder / "b", programme(1.0, 48_000, seed=2), 48_000)
        out = reel_render(44_100, "a", limiter=LimiterSettings(), fade_out=Fade("equal_power", 0.5))
        into = {"rate": 48_000, "gain_db": 2.0, "start_sector": 38, "fade_in": Fade("equal_power", 0.5)}
        reels = out, reel_render(48_000, "b", limiter=LimiterSettings(release_ms=60), **into)
        spec = render_spec(reels, [40, 80], guard=LimiterSettings(), dither=dither, segment_reels=(0, 1))
        form = parse_format("wav 16/44.1")
        tracks = rendered(spec, shaped, [form], folder / "out")[form]
        return [counted(codes_of(path, 16)) for path in sorted(tracks.glob("*.wav"))]


def _encoded(text: str) -> Fingerprint:
    """The very bytes; they are compared where the same encoder is at work on the same kind of processor."""
    form = parse_format(text)
    codes = np.floor(programme(0.5) * 2.0 ** (form.render_bits - 1)).astype(np.int32)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"track.{form.extension}"
        with open_encoder(path, form, 2, len(codes)) as encoder:
            encoder.write(codes)
        return [["bytes", _maker(path, form.codec), hashlib.sha256(path.read_bytes()).hexdigest()]]


def _maker(path: Path, codec: str) -> str:
    if codec == "opus":  # libopus has SSE approximate roots, which each maker does otherwise: xiph/opus#259
        return f"{Path(executable()).name}, {_processor_maker()}"
    if codec not in ("wav", "flac"):
        return Path(executable()).name
    vendor = f", {FLAC(path).tags.vendor}" if codec == "flac" else ""
    return f"libsndfile {soundfile.__libsndfile_version__}{vendor}, {platform.machine()}"


def _processor_maker() -> str:
    """As Linux has it on PCs, or what the system calls the processor."""
    known = Path("/proc/cpuinfo")
    found = re.search(r"^vendor_id\s*: (.+)$", known.read_text(), re.MULTILINE) if known.exists() else None
    return found[1] if found else platform.processor()


# --- all of it

QUIET, LOUD = -18.0, -10.0
TRACKS = Levelling()
CROSSFADE = Fade("equal_power", 1.5)
FIXED = LimiterSettings(release_ms=40, lookahead_ms=1.5, auto_release=False)

FORMATS = (
    "wav 16/44.1", "wav 24/96", "flac 16/44.1", "flac 24/96", "alac 24/96", "mp3 192", "mp3 320",
    "aac 256", "opus 160",
)  # fmt: skip

OTHERS: Mapping[str, Mapping[str, Callable[[], Fingerprint]]] = {
    "INTAKE": {
        "facts of a mix": partial(_examined, programme(1.5), 24),
        "facts of a mono mix of 16 bits": partial(_examined, programme(1.0, 96_000)[:, 1:], 16, 96_000),
        "facts of a mix with hum": _hum,
        "facts of a mix with clicks": partial(_examined, worn(), 24),
    },
    "MASTER": {
        "shaped audio": _mastered,
        "envelope": _envelope,
        "conversion for the session, 44.1 to 96 kHz": partial(_conversion, RATE, 96_000),
        "conversion for the session, 96 to 44.1 kHz": partial(_conversion, 96_000, RATE),
    },
    "LEVEL": {
        "levels by track": partial(_levels, TRACKS, QUIET),
        "levels that cannot be had": partial(_levels, TRACKS, LOUD),
        "levels by the loudest passage": partial(_levels, Levelling(measure="loudest"), QUIET),
        "levels without a limiter": partial(_levels, TRACKS, QUIET, limiter=None),
        "levels of an album": partial(_levels, Levelling(match="album", target_lufs=QUIET), QUIET),
        "levels of crossfaded songs": partial(_levels, TRACKS, QUIET, limiter=FIXED, crossfade=CROSSFADE),
    },
    "LISTEN": {
        "groove at 44.1 kHz": partial(_groove, RATE),
        "groove at 96 kHz": partial(_groove, 96_000),
    },
    "GROOVE": {
        "cut of a side": _cut,
        "cut of a side with variable depth": partial(_cut, variable_depth=True),
    },
    "RENDER": {
        "limiter": partial(_limiter, LimiterSettings()),
        "limiter with a fixed release": partial(_limiter, FIXED),
        "guard": _guard,
        "conversion for delivery, 44.1 to 96 kHz": partial(_conversion, RATE, 96_000),
        "conversion for delivery, 96 to 44.1 kHz": partial(_conversion, 96_000, RATE),
        **{f"{curve} fade": partial(_fades, curve)
           for curve in ("linear", "equal_power", "s_curve", "exponential")},
        **{f"{kind} dither at 16 bits": partial(_dither, kind, 16)
           for kind in ("shaped_light", "shaped", "tpdf", "none")},
        "tpdf dither at 24 bits": partial(_dither, "tpdf", 24),
        "figures of a file": _file_meters,
        "songs that overlap": partial(_rendered, "tpdf"),
        "songs that overlap, with shaped dither": partial(_rendered, "shaped"),
        **{f"{text} file": partial(_encoded, text) for text in FORMATS},
    },
}  # fmt: skip


def _stage_cases() -> Iterator[Case]:
    """Examples of one kind are numbered among themselves."""
    for kind in KINDS:
        for number, settings in enumerate((each for each in EXAMPLES if type(each) is kind), 1):
            name = name_of(settings)
            lever = f"the version of {name} in dsp/stages.py"
            yield Case(f"{name} {number}", lever, version_of(settings), partial(_stage, settings))


CASES = (*_stage_cases(), *(
    Case(what, f"{name} in pipeline/versions.py", getattr(versions, name), make)
    for name, group in OTHERS.items() for what, make in group.items()
))  # fmt: skip


# --- comparing and recording


def complaint(case: Case, now: Fingerprint, book: Mapping[str, Any]) -> str:
    """What is to be done about a case, by the book; empty when all is well."""
    then = book["fingerprints"].get(case.what)
    if then is None:
        return f"{case.what} has no fingerprint yet: run {PROGRAM}"
    if then["version"] != case.version:
        was = then["version"]
        return f"{case.what} has version {case.version} and a fingerprint of version {was}: run {PROGRAM}"
    if _all_alike(then["values"], now):
        return ""
    others = _other_libraries(book)
    why = f" ({others}: if it is for that alone, only run the program)" if others else ""
    return (
        f"the output of {case.what} has changed and its version has not: "
        f"raise {case.lever}, then run {PROGRAM}{why}"
    )


def _all_alike(then: Fingerprint, now: Fingerprint) -> bool:
    return len(then) == len(now) and all(map(alike, then, now))


def _other_libraries(book: Mapping[str, Any]) -> str:
    """Those that make samples and had another version when the fingerprints were taken."""
    then = book["libraries"]
    return ", ".join(
        f"{name} is {now} and was {then.get(name, 'absent')}"
        for name, now in _libraries().items()
        if now != then.get(name)
    )


def _libraries() -> dict[str, str]:
    """An ffmpeg of one's own is not among them: only bytes of files depend on it, and they say so."""
    return {name: version for name, version in versions.audio_libraries() if name != versions.FFMPEG}


def record(file: Path, cases: Sequence[Case]) -> list[str]:
    """Bring the book in `file` up to date; the complaints about what stays as it was recorded.

    That is what has changed without a new version, unless libraries have changed too. Where an example
    itself was changed, take its line out of the file first.
    """
    book = read(file)
    entries, complaints = {}, []
    for case in cases:
        then, now = book["fingerprints"].get(case.what), case.make()
        said = complaint(case, now, book)
        refused = said and then and then["version"] == case.version and not _other_libraries(book)
        if refused:
            complaints.append(said)
        entries[case.what] = {"version": case.version, "values": now} if said and not refused else then
    lines = ",\n".join(f"{json.dumps(what)}: {json.dumps(entry)}" for what, entry in sorted(entries.items()))
    libraries = json.dumps(_libraries())
    file.write_text(f'{{"libraries": {libraries},\n"fingerprints": {{\n{lines}\n}}}}\n', encoding="utf-8")
    return complaints


def read(file: Path) -> dict[str, Any]:
    """The book: `libraries` by name, `fingerprints` by what was run; an empty one when there is none."""
    if not file.exists():
        return {"libraries": {}, "fingerprints": {}}
    book: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return book


if __name__ == "__main__":
    found = record(FILE, CASES)
    print("\n".join(found) or f"{len(CASES)} fingerprints are up to date")
    sys.exit(1 if found else 0)
