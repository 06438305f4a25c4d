"""The band of the benchmark albums: drums, bass, chords, guitars and a lead, in a room with a noise floor.

What codecs, limiters and meters cost depends on the sound, so it is made like music: verses and choruses, a
crest factor of 12 to 16 dB, a spectrum that falls towards the treble, sides that differ. Sounds are made once
for each track and struck again and again, never twice alike. float32 (2, frames), full scale 1.0.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq

Sound = NDArray[np.float32]
Stroke = tuple[float, str, float]  # beat, sound, gain

ROOM_S = 0.6
ROOM_NOISE = 10 ** (-76 / 20)
LATE_MS = 4.0
FADE_S = 1.5
FOUR_CHORDS = ((0, 7, 9, 5), (0, 5, 7, 5), (9, 5, 0, 7), (0, 9, 2, 7), (0, 3, 10, 5))
LEAD_SCALE = (0, 2, 4, 7, 9, 12, 14)
# (share of the track, gain, who plays)
FORM = (
    (0.06, 0.9, {"chords", "hat"}),
    (0.20, 0.75, {"chords", "drums", "hat", "bass"}),
    (0.16, 0.95, {"chords", "drums", "hat", "bass", "guitars", "lead", "crash"}),
    (0.18, 0.8, {"chords", "drums", "hat", "bass", "lead"}),
    (0.16, 0.95, {"chords", "drums", "hat", "bass", "guitars", "lead", "crash"}),
    (0.08, 0.8, {"chords", "lead"}),
    (0.12, 1.05, {"chords", "drums", "hat", "bass", "guitars", "lead", "crash"}),
    (0.04, 0.9, {"chords"}),
)


@dataclass(frozen=True, slots=True)
class Song:
    """What one track is made of; `peak` is the level that its bus bends towards."""

    rate: int
    beat_frames: int
    chords: tuple[int, ...]
    sounds: dict[str, Sound]
    peak: float


# Sounds


class Studio:
    """Makes sounds at a rate: waves, and what a band-pass and a stereo room make of them."""

    def __init__(self, rate: int, chance: Generator) -> None:
        self.rate, self.chance = rate, chance
        self.room = self.noise(ROOM_S, 2) * self.decay(ROOM_S, ROOM_S / 5)
        self.room *= np.float32(1.0) / np.sqrt((self.room**2).sum(axis=1, keepdims=True))

    def clock(self, seconds: float) -> Sound:
        return (np.arange(round(seconds * self.rate)) / self.rate).astype(np.float32)

    def noise(self, seconds: float, channels: int) -> Sound:
        return self.chance.standard_normal((channels, round(seconds * self.rate)), dtype=np.float32)

    def decay(self, seconds: float, time_s: float, attack_s: float = 0.001) -> Sound:
        """Up within the attack, then down by 8.7 dB in `time_s`, and to nothing at the end."""
        clock = self.clock(seconds)
        ends = np.clip((seconds - clock) / 0.01, 0, 1)
        return np.minimum(clock / np.float32(attack_s), 1) * np.exp(-clock / np.float32(time_s)) * ends

    def saw(self, hz: float, seconds: float, vibrato: float = 0.0) -> Sound:
        """A sawtooth that begins anywhere in its period, within ±1."""
        turns = np.arange(round(seconds * self.rate)) * (hz / self.rate) + self.chance.random()
        if vibrato:
            turns += vibrato * np.sin(2 * np.pi * 5.3 / self.rate * np.arange(len(turns)))
        return (2 * (turns % 1.0) - 1).astype(np.float32)

    def heard(self, dry: Sound, low_hz: float, high_hz: float, wet: float, pan: float = 0.0) -> Sound:
        """Between two corners of 12 dB an octave each, with some room; what comes in may be mono."""
        dry = np.atleast_2d(dry)
        frames = dry.shape[1] + (self.room.shape[1] if wet else 0)
        size = next_fast_len(frames, real=True)
        turning = 1j * rfftfreq(size, 1 / self.rate).astype(np.float32)
        spectrum = rfft(dry, size) * (turning / ((turning + low_hz) * (1 + turning / high_hz))) ** 2
        if wet:
            spectrum = spectrum * (1 + wet * rfft(self.room, size))
        sides = np.sqrt(np.array([[1 - pan], [1 + pan]], np.float32))
        return np.ascontiguousarray(irfft(spectrum, size)[:, :frames] * sides, np.float32)


def pitch_hz(semitones: float, octave: int) -> float:
    """From C of that octave upwards."""
    return 440.0 * 2.0 ** ((semitones - 9) / 12 + octave - 4)


def drums(studio: Studio) -> dict[str, Sound]:
    """Kick, snare, two hats and a crash."""
    clock = studio.clock(0.4)
    kick = np.sin(2 * np.pi * (46 * clock + 4.2 * (1 - np.exp(-clock / 0.022)))) * studio.decay(0.4, 0.11)
    kick += 0.05 * studio.noise(0.4, 1)[0] * studio.decay(0.4, 0.004)
    wires = 0.3 * studio.noise(0.3, 1) * studio.decay(0.3, 0.06)
    wires += 0.5 * np.sin(2 * np.pi * 190 * studio.clock(0.3)) * studio.decay(0.3, 0.04)
    tip = 0.16 * studio.noise(0.08, 1) * studio.decay(0.08, 0.02)
    open_hat = 0.12 * studio.noise(0.35, 1) * studio.decay(0.35, 0.11)
    crash = 0.12 * studio.noise(2.0, 2) * studio.decay(2.0, 0.5)
    return {
        "kick": studio.heard(0.75 * kick, 30, 12_000, 0.1),
        "snare": studio.heard(wires, 120, 11_000, 0.35, pan=0.05),
        "hat": studio.heard(tip, 6000, 17_000, 0.0, pan=0.3),
        "open hat": studio.heard(open_hat, 5000, 16_000, 0.0, pan=0.3),
        "crash": studio.heard(crash, 2500, 15_000, 0.0, pan=-0.2),
    }


def harmony(studio: Studio, key: int, root: int, beat_s: float) -> dict[str, Sound]:
    """Of one chord: a bass note, keys that hold for a bar, two guitars for a beat."""
    tones = [key + root + step for step in (0, 7, 12)]
    bass = studio.saw(pitch_hz(key + root, 1 if key + root > 7 else 2), beat_s / 2)
    held = [
        [studio.saw(pitch_hz(tone, 3) * studio.chance.uniform(0.998, 1.002), 4 * beat_s) for tone in tones]
        for _ in range(2)
    ]
    bowed = studio.decay(4 * beat_s, 3 * beat_s, attack_s=0.05)
    made = {
        f"bass {root}": studio.heard(0.34 * bass * studio.decay(beat_s / 2, beat_s), 40, 700, 0.0),
        f"chords {root}": studio.heard(0.1 * np.array(held).sum(axis=1) * bowed, 180, 2200, 0.4),
    }
    for name, pan in (("left", -0.8), ("right", 0.8)):
        strings = sum(
            studio.saw(pitch_hz(tone, 2) * studio.chance.uniform(0.997, 1.003), beat_s) for tone in tones
        )
        driven = 0.045 * np.tanh(3 * strings) * studio.decay(beat_s, 2 * beat_s, attack_s=0.004)
        made[f"{name} {root}"] = studio.heard(driven, 110, 4500, 0.15, pan)
    return made


def lead(studio: Studio, key: int, beat_s: float) -> dict[str, Sound]:
    """Notes of a pentatonic scale, each for a beat."""
    made = {}
    for step in LEAD_SCALE:
        sung = studio.saw(pitch_hz(key + step, 4), beat_s, vibrato=0.12) * studio.decay(beat_s, beat_s, 0.02)
        made[f"lead {step}"] = studio.heard(0.14 * sung, 350, 3200, 0.35, pan=-0.05)
    return made


def new_song(rate: int, chance: Generator) -> Song:
    """Tempo, key, chords and sounds by chance."""
    studio = Studio(rate, chance)
    beat_s, key = 60 / chance.uniform(84, 136), int(chance.integers(12))
    chords = FOUR_CHORDS[chance.integers(len(FOUR_CHORDS))]
    sounds = drums(studio) | lead(studio, key, beat_s)
    for root in dict.fromkeys(chords):
        sounds |= harmony(studio, key, root, beat_s)
    peak_dbfs = chance.uniform(-5.5, -1.0)
    return Song(rate, round(beat_s * rate), chords, sounds, 10 ** (peak_dbfs / 20))


# Playing


def strokes(players: set[str], root: int, first: bool, chance: Generator) -> Iterator[Stroke]:
    """One bar of four beats; `first` of its part."""
    if "chords" in players:
        yield 0, f"chords {root}", 1.0
    if "drums" in players:
        yield from ((beat, "kick", 1.0) for beat in (0, 2, float(chance.choice([1.5, 2.5, 3.5]))))
        yield from ((beat, "snare", 1.0) for beat in (1, 3))
        yield float(chance.integers(16)) / 4, "snare", 0.15  # a ghost note
    if "hat" in players:
        yield from ((beat / 2, "hat", 1.0 if beat % 2 else 0.6) for beat in range(7))
        yield 3.5, "open hat" if chance.random() < 0.4 else "hat", 0.8
    if "bass" in players:
        yield from ((beat / 2, f"bass {root}", 1.0) for beat in range(8) if chance.random() < 0.85)
    if "guitars" in players:
        yield from ((beat, f"{side} {root}", 1.0) for beat in range(4) for side in ("left", "right"))
    if "lead" in players:
        for beat in range(4):
            if chance.random() < 0.75:
                yield beat + chance.choice([0, 0.5]), f"lead {chance.choice(LEAD_SCALE)}", 0.9
    if "crash" in players and first:
        yield 0, "crash", 1.0


def form_at(place: float) -> int:
    """Which part is played at a place in the track, 0 to 1."""
    ends = np.cumsum([share for share, _, _ in FORM])
    return min(int(np.searchsorted(ends, place, side="right")), len(FORM) - 1)


def play(song: Song, frames: int, chance: Generator) -> Iterator[Sound]:
    """A track of that many frames, (frames, 2) at a time, a bar each."""
    bar = 4 * song.beat_frames
    late = round(LATE_MS / 1000 * song.rate)
    longest = max(sound.shape[1] for sound in song.sounds.values())
    pending, part_before = np.zeros((2, bar + longest + late), np.float32), -1
    for number, start in enumerate(range(0, frames, bar)):
        part = form_at(start / frames)
        _, gain, players = FORM[part]
        root = song.chords[number % len(song.chords)]
        for beat, name, force in strokes(players, root, part != part_before, chance):
            at = round(beat * song.beat_frames) + int(chance.integers(late))
            sound = song.sounds[name]
            loudness = np.float32(gain * force * chance.uniform(0.75, 1.0))
            pending[:, at : at + sound.shape[1]] += loudness * sound
        out = pending[:, : min(bar, frames - start)]
        out += ROOM_NOISE * chance.standard_normal(out.shape, dtype=np.float32)
        left = np.arange(frames - start, frames - start - out.shape[1], -1, dtype=np.float32)
        out *= np.minimum(left / (FADE_S * song.rate), 1)
        yield (song.peak * np.tanh(out / song.peak)).T
        pending[:, :-bar], pending[:, -bar:] = pending[:, bar:], 0
        part_before = part
