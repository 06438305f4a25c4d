"""Write the mixes of the demo album: eight mixes of seven short pieces, played by a small synthesiser.

    python make_mixes.py [FOLDER]       FOLDER is mixes/ beside this file unless given

Nothing is random but seeded noise and nothing reads a clock: every run writes the same bytes.
Times inside a piece are beats; audio is float64 (frames,) or (frames, 2), full scale 1.0.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import butter, oaconvolve, sosfilt

Sound = NDArray[np.float64]
Instrument = Callable[[float, float, int, Generator], Sound]  # hz, seconds, rate, noise
Drum = Callable[[int, Generator], Sound]  # rate, noise
Filter = Literal["low", "high", "band"]

SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11, "#": 1, "b": -1}
CHORDS = {"": (0, 4, 7), "m": (0, 3, 7), "5": (0, 7, 12), "7": (0, 4, 7, 10), "sus": (0, 5, 7)}
CHORDS |= {"m7": (0, 3, 7, 10), "maj7": (0, 4, 7, 11), "m9": (0, 3, 10, 14), "add9": (0, 4, 7, 14)}
STROKES_DB = {"x": 0.0, "o": -7.0, "X": 3.0}


# Harmony


def pitch_class(name: str) -> int:
    return sum(SEMITONES[letter] for letter in name)


def midi(name: str) -> int:
    """`A4` -> 69."""
    return pitch_class(name[:-1]) + 12 * (int(name[-1]) + 1)


def chord(name: str) -> tuple[int, tuple[int, ...]]:
    """`Bm7` -> pitch class of the root, intervals above it."""
    size = 2 if name[1:2] in ("#", "b") else 1
    return pitch_class(name[:size]), CHORDS[name[size:]]


def stacked(name: str, low: int) -> list[int]:
    """The chord from its root upwards, three times; the root is the first one from `low` up."""
    root, intervals = chord(name)
    bottom = low + (root - low) % 12
    return [bottom + octave + interval for octave in (0, 12, 24) for interval in intervals]


def voiced(name: str, low: int) -> list[int]:
    """Every chord in the octave above `low`, so that voices move by small steps."""
    root, intervals = chord(name)
    return sorted(low + (root + interval - low) % 12 for interval in intervals)


# Instruments


def clock(seconds: float, rate: int) -> Sound:
    return np.arange(round(seconds * rate)) / rate


@cache
def sections(kind: Filter, hz: float | tuple[float, float], rate: int) -> Sound:
    return butter(2, hz, kind, fs=rate, output="sos")


def filtered(sound: Sound, kind: Filter, hz: float | tuple[float, float], rate: int) -> Sound:
    return np.asarray(sosfilt(sections(kind, hz, rate), sound, axis=0))


def ramped(sound: Sound, rate: int, attack_s: float, release_s: float) -> Sound:
    """Straight ramps at both ends."""
    rising, falling = (np.arange(len(sound)) / (ramp_s * rate) for ramp_s in (attack_s, release_s))
    ramp = np.minimum(np.minimum(rising, falling[::-1]), 1.0)
    return sound * ramp.reshape(-1, *[1] * (sound.ndim - 1))


def harmonics(weights: Sequence[float], cycles: Sound) -> Sound:
    """Sines at 1, 2, 3, … times the phase, which is given in cycles; summed by Clenshaw's recurrence."""
    twice_cosine = 2.0 * np.cos(2 * np.pi * cycles)
    here, above = np.zeros_like(cycles), np.zeros_like(cycles)
    for weight in reversed(weights):
        here, above = weight + twice_cosine * here - above, here
    return here * np.sin(2 * np.pi * cycles)


def pluck(hz: float, seconds: float, rate: int, rng: Generator) -> Sound:
    """Karplus and Strong's string: noise runs round a loop of one period, averaged on every turn."""
    period = int(rate / hz - 0.5)
    noise = filtered(rng.uniform(-1.0, 1.0, period + 64), "low", 5_000, rate)[64:]
    turn, before, turns = (noise - noise.mean()) / np.abs(noise).max(), 0.0, []
    loss = 10 ** (-1.0 / hz)  # 60 dB in three seconds
    for _ in range(int(seconds * hz) + 2):
        turns.append(turn)
        loop = np.concatenate([[before], turn])
        before, turn = turn[-1], 0.5 * loss * (loop[1:] + loop[:-1])
    string = np.concatenate(turns)
    # The loop is half a frame longer than `period` and never quite in tune: read it a little more slowly.
    read_at = np.arange(round(seconds * rate)) * (period + 0.5) * hz / rate
    return ramped(np.interp(read_at, np.arange(len(string)), string), rate, 0.001, 0.05)


def crunch(hz: float, seconds: float, rate: int, rng: Generator) -> Sound:
    """A power chord through an overdriven amplifier and its cabinet."""
    strings = sum((pluck(hz * ratio, seconds, rate, rng) for ratio in (1.0, 1.5, 2.0)), np.zeros(1))
    return filtered(np.tanh(2.0 * strings), "band", (80, 3_800), rate)


@cache  # plays the same few notes over and over
def bass(hz: float, seconds: float, rate: int, _: Generator) -> Sound:
    t = clock(seconds, rate)
    return ramped(harmonics((1, 0.6, 0.35, 0.15, 0.08), hz * t) * np.exp(-t / 0.6), rate, 0.006, 0.04)


@cache
def organ(hz: float, seconds: float, rate: int, _: Generator) -> Sound:
    return ramped(harmonics((1, 0.7, 0.4, 0.5, 0, 0.2, 0, 0.25), hz * clock(seconds, rate)), rate, 0.01, 0.03)


def pad(hz: float, seconds: float, rate: int, rng: Generator, attack_s: float = 0.7) -> Sound:
    """Two slow voices, a few cents apart, one to each side; they ring on for a second."""
    t = clock(seconds + 1.0, rate)
    weights = [k**-1.5 for k in range(1, 9)]
    voices = [harmonics(weights, hz * 2 ** (cents / 1200) * t + rng.random()) for cents in (-5, 5)]
    return ramped(np.stack(voices, axis=1), rate, attack_s, 1.2)


def fiddle(hz: float, seconds: float, rate: int, rng: Generator) -> Sound:
    """A bowed voice whose vibrato grows."""
    t = clock(seconds + 0.1, rate)
    vibrato = 0.0008 * hz * np.minimum(t / 0.6, 1.0) * np.sin(2 * np.pi * (5.3 * t + rng.random()))
    return ramped(harmonics([k**-1.1 for k in range(1, 11)], hz * t + vibrato), rate, 0.07, 0.15)


def electric_piano(hz: float, seconds: float, rate: int, _: Generator) -> Sound:
    """A sine whose phase another sine moves, most of all under the hammer, and a bell-like tine."""
    t = clock(seconds + 0.3, rate)
    moved = 2 * np.pi * hz * t + 1.8 * np.exp(-t / 0.5) * np.sin(2 * np.pi * hz * t)
    tine = 0.1 * np.exp(-t / 0.15) * np.sin(14 * np.pi * hz * t)
    decay = 0.5 * np.exp(-t / 1.2) + 0.5 * np.exp(-t / 0.05)
    return ramped(np.sin(moved) * decay + tine, rate, 0.003, 0.3)


@cache
def music_box(hz: float, _: float, rate: int, __: Generator) -> Sound:
    """A steel tine held at one end: its second mode lies 6.27 times higher than the first."""
    t = clock(2.5, rate)
    first = np.sin(2 * np.pi * hz * t) * np.exp(-t / 0.55)
    second = 0.2 * np.sin(2 * np.pi * 6.27 * hz * t) * np.exp(-t / 0.07)
    return ramped(first + second, rate, 0.001, 0.3)


@cache
def kick(rate: int, _: Generator) -> Sound:
    t = clock(0.4, rate)
    falling = 46 * t - 3.2 * np.exp(-t / 0.03)
    return ramped(np.sin(2 * np.pi * falling) * np.exp(-t / 0.11), rate, 0.001, 0.05)


def snare(rate: int, rng: Generator) -> Sound:
    t = clock(0.35, rate)
    wires = filtered(rng.standard_normal(len(t)), "band", (1_200, 9_000), rate) * np.exp(-t / 0.075)
    return ramped(np.sin(2 * np.pi * 188 * t) * np.exp(-t / 0.05) + 0.8 * wires, rate, 0.0005, 0.05)


def cymbal(rate: int, rng: Generator, ring_s: float = 0.03) -> Sound:
    t = clock(6 * ring_s, rate)
    metal = filtered(rng.standard_normal(len(t)), "band", (6_500, 15_000), rate)
    return ramped(metal * np.exp(-t / ring_s), rate, 0.001, ring_s)


def rain(seconds: float, rate: int, rng: Generator) -> Sound:
    """A shower that swells and sinks, and drops on the railing."""
    t = clock(seconds, rate)[:, np.newaxis]
    shower = filtered(rng.standard_normal((len(t), 2)), "band", (500, 8_000), rate)
    shower *= 1.0 + 0.4 * np.sin(2 * np.pi * t / 9.0)
    tick = clock(0.03, rate)
    for start in rng.integers(0, len(t) - len(tick), round(12 * seconds)):
        drop = np.sin(2 * np.pi * rng.uniform(900, 3_500) * tick) * np.exp(-tick / 0.006)
        shower[start : start + len(tick)] += np.outer(drop, rng.uniform(0.3, 4.0, 2))
    return shower


def hall(send: Sound, decay_s: float, rate: int, rng: Generator) -> Sound:
    """The send as it comes back from a room whose echoes fall by 60 dB in `decay_s`."""
    t = clock(decay_s, rate)[:, np.newaxis]
    echoes = rng.standard_normal((len(t), 2)) * 10 ** (-3.0 * t / decay_s) * (t > 0.018)
    echoes = filtered(echoes, "band", (180, 5_500), rate)
    return np.asarray(oaconvolve(send, echoes / np.sqrt((echoes**2).sum(axis=0)), axes=0)[: len(send)])


# The session


class Take:
    """A stereo recording while it is being made: what was played, and what was sent to the hall."""

    def __init__(self, rate: int, seconds: float, bpm: float, seed: int, start_s: float = 0.0) -> None:
        self.rate, self.beat_s, self.start_s = rate, 60.0 / bpm, start_s
        self.rng = np.random.default_rng(seed)
        self.dry = np.zeros((round(seconds * rate), 2))
        self.send = np.zeros_like(self.dry)

    def add(self, sound: Sound, beat: float, level_db: float, pan: float, send_db: float) -> None:
        """Mix in a sound; `pan` is -1 (left) to 1. Nobody plays quite on the beat, or twice as loud."""
        start = round((self.start_s + beat * self.beat_s + self.rng.uniform(0.0, 0.007)) * self.rate)
        gain = 10 ** ((level_db + self.rng.normal(0.0, 0.7)) / 20)
        angle = (pan + 1) * np.pi / 4
        left_right = gain * np.array([np.cos(angle), np.sin(angle)])
        stereo = sound[: len(self.dry) - start].reshape(-1, sound.ndim) * left_right
        self.dry[start : start + len(stereo)] += stereo
        self.send[start : start + len(stereo)] += stereo * 10 ** (send_db / 20)

    def drum(self, drum: Drum, bars: Iterable[int], steps: str, level_db: float, pan: float = 0.0) -> None:
        """Cut each of `bars`, four beats long, into as many steps as there are characters."""
        for bar in bars:
            for step, stroke in enumerate(steps):
                if stroke in STROKES_DB:
                    beat = 4 * (bar + step / len(steps))
                    self.add(drum(self.rate, self.rng), beat, level_db + STROKES_DB[stroke], pan, -16.0)

    def mixdown(self, peak_dbfs: float, hall_s: float = 1.8, drive: float = 0, fade_s: float = 0.8) -> Sound:
        """Everything together, its highest sample at `peak_dbfs`; `drive` rounds the peaks off first."""
        mix = filtered(self.dry + hall(self.send, hall_s, self.rate, self.rng), "high", 28, self.rate)
        mix = np.tanh(drive * mix / np.abs(mix).max()) if drive else mix
        mix = ramped(mix, self.rate, 0.002, fade_s)
        return np.asarray(mix * 10 ** (peak_dbfs / 20) / np.abs(mix).max())


@dataclass(frozen=True)
class Part:
    """A player in a take."""

    take: Take
    instrument: Instrument
    level_db: float
    pan: float = 0.0
    send_db: float = -14.0

    def note(self, pitch: int, beat: float, beats: float) -> None:
        hz = 440.0 * 2 ** ((pitch - 69) / 12)
        sound = self.instrument(hz, beats * self.take.beat_s, self.take.rate, self.take.rng)
        self.take.add(sound, beat, self.level_db, self.pan, self.send_db)

    def line(self, score: str, beat: float = 0.0) -> None:
        """`D5:1.5` lasts one and a half beats, `-:2` is a rest; `|` is for the reader."""
        for token in score.replace("|", " ").split():
            name, _, beats = token.partition(":")
            if name != "-":
                self.note(midi(name), beat, float(beats))
            beat += float(beats)

    def hold(self, changes: str, low: str, beat: float = 0.0, beats: float = 4.0) -> None:
        """Each chord held for `beats`."""
        for number, name in enumerate(changes.split()):
            for pitch in voiced(name, midi(low)):
                self.note(pitch, beat + number * beats, beats)

    def broken(
        self, changes: str, low: str, steps: str, beat: int = 0, bar: int = 4, ring: float = 1
    ) -> None:
        """One chord a bar, broken up: digits count chord tones from the root; a note lasts `ring` steps."""
        step_beats = bar / len(steps)
        for number, name in enumerate(changes.split()):
            tones = stacked(name, midi(low))
            for step, digit in enumerate(steps):
                if digit.isdigit():
                    self.note(tones[int(digit)], beat + number * bar + step * step_beats, ring * step_beats)


# The pieces


def departure() -> Sound:
    """D major, 96 to the minute: picked guitars, a fiddle, a soft drum."""
    take = Take(96_000, 28.5, 96, seed=1)
    changes = "D A Bm G D A G A G D"
    Part(take, pluck, -11, -0.45).broken(changes, "D3", "02413142", ring=3)
    Part(take, pluck, -14, 0.5).broken("D A G A G D", "D4", "0.21.0.2", beat=16, ring=3)
    low_line = "D2:3 A1:1 | A1:3 C#2:1 | G1:3 B1:1 | A1:3 C#2:1 | G1:4 | D2:4"
    Part(take, bass, -16, send_db=-30).line(low_line, beat=16)
    Part(take, pad, -30, send_db=-8).hold(changes, "F#3")
    tune = "F#5:1.5 G5:.5 A5:2 | E5:3 C#5:1 | D5:1.5 E5:.5 D5:1 B4:1 | C#5:2 E5:2 | D5:3 B4:1 | D5:4"
    Part(take, fiddle, -19, 0.15, -9).line(tune, beat=16)
    take.drum(kick, range(4, 9), "x...x...", -14)
    take.drum(partial(cymbal, ring_s=0.05), range(2, 9), "o.x.o.x.", -28, 0.3)
    return take.mixdown(-4.0)


def breakwater() -> Sound:
    """E minor, 144 to the minute: two overdriven guitars and a drummer who hits hard."""
    take = Take(44_100, 25.0, 144, seed=2)
    verse, chorus = "E5 G5 D5 C5 E5 G5 A5 B5", "E5 G5 D5 C5"
    for pan in (-0.85, 0.85):
        guitar = Part(take, crunch, -9, pan, -22)
        guitar.broken(verse, "E2", "0.00.000", beat=8, ring=1.1)
        guitar.broken(chorus, "E2", "0..0..0.", beat=40, ring=3)
        guitar.broken("E5", "E2", "0", beat=56)
    Part(take, bass, -10, send_db=-40).broken(f"{verse} {chorus}", "E1", "00000000", beat=8)
    tune = "E5:3 G5:1 | F#5:1.5 D5:.5 B4:2 | A4:1 D5:1 F#5:1 A5:1 | G5:2 E5:2 | B5:4"
    Part(take, fiddle, -14, 0.1, -12).line(tune, beat=40)
    Part(take, organ, -25, -0.3).hold("Em G D C Em", "B3", beat=40)
    take.drum(kick, range(14), "X.o...x.X..o..x.", 0)
    take.drum(snare, range(14), "....X.......X..o", -1)
    take.drum(cymbal, range(2, 14), "xoxoxoxo", -15, 0.4)
    take.drum(partial(cymbal, ring_s=0.5), (2, 6, 10, 14), "x", -12, -0.4)
    return take.mixdown(0.0, hall_s=1.2, drive=1.2)


def nachtfaehre() -> Sound:
    """A minor, 66 to the minute: electric piano and a fog horn. The tape runs on before and after."""
    take = Take(48_000, 34.0, 66, seed=3, start_s=1.75)
    Part(take, electric_piano, -18, -0.1).hold("Am9 Fmaj7 Dm9 Esus E7 Am9 Fmaj7", "E3")
    Part(take, bass, -21, send_db=-20).line("A1:4 | F1:4 | D2:3 F2:1 | E2:4 | E1:4 | A1:4 | F1:4")
    tune = "-:1 E5:1 C5:1 B4:1 | A4:3 -:1 | F4:1 A4:1 C5:1.5 B4:.5 | B4:4 | "
    tune += "-:1 G#4:1 B4:1 D5:1 | C5:3 B4:1 | A4:4"
    Part(take, electric_piano, -11, 0.25, -10).line(tune)
    Part(take, partial(pad, attack_s=0.3), -27, -0.6, -3).line("F2:3 -:17 F2:3")
    return take.mixdown(-10.0, hall_s=2.6, fade_s=3.0)


def lantern_waltz() -> Sound:
    """G major, 132 to the minute, three in a bar: a music box before one microphone."""
    take = Take(44_100, 25.5, 132, seed=4)
    tune = "B5:2 D6:1 | G6:2 F#6:1 | E6:2 G6:1 | D6:3 | C6:1 B5:1 A5:1 | F#6:2 E6:1 | D6:1 C6:1 B5:1 | "
    tune += "A5:3 | B5:2 D6:1 | G6:2 B6:1 | A6:1 G6:1 E6:1 | Eb6:2 C6:1 | D6:2 B5:1 | C6:1 A5:1 F#5:1 | "
    tune += "G5:3 | G6:3"
    Part(take, music_box, -6, send_db=-20).line(tune)
    changes = "G G C G Am D7 G D7 G Em C Cm G D7 G G"
    Part(take, music_box, -12, send_db=-20).broken(changes, "G4", "012", bar=3)
    return take.mixdown(-6.0, hall_s=1.0)[:, :1]


@cache
def tide_tables() -> Sound:
    """D dorian, 112 to the minute: one performance for two files."""
    take = Take(44_100, 51.0, 112, seed=5)
    ebb, flood = "Dm7 Dm7 G Am7", "Dm7 G Am7 Bbmaj7 C Dm7 F Bbmaj7 C Am7 Dm7 Bbmaj7 C Dm7 Dm7"
    Part(take, organ, -17, -0.5).broken(f"{ebb} {ebb} {flood}", "D4", "0213021302130213", ring=0.9)
    Part(take, organ, -19, 0.5).broken(f"{ebb} {ebb} {flood}", "D4", "210121012101", ring=0.9)
    Part(take, bass, -11, send_db=-30).broken(f"{ebb} {flood}", "D2", "0..0..00", beat=16, ring=1.4)
    Part(take, pad, -26, send_db=-8).hold(flood, "C3", beat=32)
    tune = "D5:3 C5:1 | E5:2 G5:2 | F5:3 E5:1 | C5:4 | D5:3 F5:1 | G5:2 E5:2 | "
    tune += "E5:2 C5:2 | D5:4 | F5:2 D5:2 | E5:2 C5:2 | D5:8"
    Part(take, fiddle, -17, 0.1, -9).line(tune, beat=44)
    take.drum(kick, range(4, 22), "x..x..x.x..x..x.", -9)
    take.drum(snare, range(8, 22), "....x..o....x...", -13)
    take.drum(cymbal, range(2, 22), "oxoxoxox", -24, 0.3)
    return take.mixdown(-3.0)


def rain_on_the_car_deck() -> Sound:
    """B minor, a chord in five seconds: rain, held strings, plucked notes. Ends on D, still sounding."""
    take = Take(44_100, 32.0, 60, seed=6)
    take.add(rain(32.0, take.rate, take.rng), 0.0, -30, 0.0, -30)
    held = "Bm7 Gmaj7 Em Asus Gmaj7 Dadd9 Dadd9"
    Part(take, partial(pad, attack_s=2.0), -20, send_db=-6).hold(held, "A3", beats=5)
    Part(take, fiddle, -22, send_db=-20).line("B1:5 | G1:5 | E2:5 | A1:5 | G1:5 | D2:7")
    tune = "-:2 F#5:1 B5:2 | D6:1 B5:1 -:3 | G5:1 B5:1 E6:3 | -:1 D6:1 E6:1 A5:2 | "
    tune += "B5:1 D6:2 F#5:2 | A5:1 F#5:1 D5:4"
    Part(take, pluck, -14, 0.35, -6).line(tune)
    return take.mixdown(-7.0, hall_s=3.5, fade_s=0.05)


def first_light() -> Sound:
    """D major, 104 to the minute: held strings alone, then everybody."""
    take = Take(44_100, 34.0, 104, seed=7)
    verse, chorus = "D F#m", "Bm G D A G A Bm G D"
    Part(take, pad, -21, send_db=-8).hold(f"Dadd9 Dadd9 {verse} {chorus}", "D4")
    Part(take, pluck, -12, -0.5).broken(f"Dadd9 {verse} {chorus}", "D3", "02413142", beat=4, ring=3)
    Part(take, pluck, -14, 0.5).broken(chorus, "D4", "2.1.0.2.", beat=16, ring=2)
    Part(take, bass, -12, send_db=-30).broken(f"{verse} {chorus}", "D2", "0..00.0.", beat=8, ring=2)
    Part(take, organ, -29, 0.2).hold(chorus, "A3", beat=16)
    tune = "A5:3 F#5:1 | C#5:2 E5:2 | D5:1 F#5:1 B5:2 | B5:1.5 A5:.5 G5:2 | F#5:3 A5:1 | E5:4 | "
    tune += "B5:2 A5:1 G5:1 | A5:2 C#6:2 | D6:3 B5:1 | B5:2 A5:2 | D6:4"
    Part(take, fiddle, -18, 0.1, -9).line(tune, beat=8)
    take.drum(kick, range(4, 12), "x..ox...", -4)
    take.drum(snare, range(4, 12), "..x...x.", -5)
    take.drum(cymbal, range(3, 12), "xoxoxoxo", -22, 0.35)
    take.drum(partial(cymbal, ring_s=0.6), (4, 8, 12), "x", -18, -0.4)
    return take.mixdown(-2.0)


# The files

# Bar 12 of "Tide Tables" starts here, which is no whole number of CD sectors (588 frames).
SPLIT = 1_039_500
MIXES: dict[str, tuple[Callable[[], Sound], int, int]] = {  # file: music, rate, bits
    "01-departure.wav": (departure, 96_000, 24),
    "02-breakwater.wav": (breakwater, 44_100, 16),
    "03-nachtfaehre.wav": (nachtfaehre, 48_000, 24),
    "04-lantern-waltz-mono.wav": (lantern_waltz, 44_100, 24),
    "05-tide-tables-1.wav": (lambda: tide_tables()[:SPLIT], 44_100, 16),
    "06-tide-tables-2.wav": (lambda: tide_tables()[SPLIT:], 44_100, 16),
    "07-rain-on-the-car-deck.flac": (rain_on_the_car_deck, 44_100, 24),
    "08-first-light.aiff": (first_light, 44_100, 16),
}


def integers(mix: Sound, bits: int, seed: int) -> NDArray[np.int16] | NDArray[np.int32]:
    """Round with triangular dither; 24 bits go to the top of 32, where soundfile looks for them."""
    full_scale = 1 << (bits - 1)
    dither = np.random.default_rng(seed).uniform(-0.5, 0.5, (2, *mix.shape)).sum(axis=0)
    samples: Sound = np.clip(np.round(mix * full_scale + dither), -full_scale, full_scale - 1)
    return samples.astype(np.int16) if bits == 16 else (256 * samples).astype(np.int32)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, (music, rate, bits)) in enumerate(MIXES.items(), 1):
        soundfile.write(folder / name, integers(music(), bits, seed=number), rate, f"PCM_{bits}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "mixes")
