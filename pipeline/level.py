"""How loud the songs stand: every gain of the album, solved from envelopes without reading audio."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from dsp.envelope import TICKS_PER_SECOND, Envelope
from dsp.fades import fade_gain
from dsp.gain import db_to_gain, gain_to_db
from dsp.loudness import SHORT_TERM_SUB_BLOCKS, energy_to_lufs, gating_blocks, integrated_lufs, window_means
from dsp.roots import crossing
from pipeline.reels import Fade, Reel
from pipeline.timeline import SECTORS_PER_SECOND, Island, Slot, Timeline

LIMITING_MAX_DB = 6.0
# Left under the ceiling for what comes behind the limiter: dither, 0.003 dB, and what a gain that moves
# lets rise between samples. Where that is more, the rendering measures it and limits again.
CEILING_RESERVE_DB = 0.01
TOLERANCE_DB = 0.001
EXACT_DB = 1e-9  # a sum of decibels is not exact
# Stands for silence where a search needs a number.
SILENT_LUFS = -200.0
# As long as the longest window, so that none reaches from one song into the next.
SILENCE_S = 3.0


@dataclass(frozen=True, slots=True)
class Levelling:
    """The `level:` section: what is matched, how it is measured, and the ceiling."""

    match: str = "tracks"
    measure: str = "integrated"
    target_lufs: float = -14.0
    ceiling_dbtp: float = -1.0


@dataclass(frozen=True, slots=True)
class ReelLevel:
    """What was decided for one reel. `note` says why the target was not had; empty when it was."""

    gain_db: float
    target_lufs: float | None
    reached_lufs: float
    true_peak_dbtp: float
    note: str = ""


def solve(
    reels: Sequence[Reel],
    envelopes: Sequence[Envelope | None],
    timeline: Timeline,
    levelling: Levelling,
    held_db: Sequence[float | None] = (),
) -> list[ReelLevel]:
    """One level for each reel; `envelopes` are those of the whole reels, before top and tail.

    `held_db` are gains that were decided before, None for a reel that has none. Where one gain is for the
    whole album, a reel without one has that of the others. A reel whose envelope is None, as it has not
    been mastered yet, keeps what it had.
    """
    slots = [slot for island in timeline.islands for slot in island.slots]
    held = list(held_db) or [None] * len(reels)
    if levelling.match == "album":
        if all(gain_db is None for gain_db in held):
            sounds = [sound for slot in slots if (sound := _sound_of(slot, envelopes))]
            if len(sounds) == len(slots):
                return _match_album(reels, sounds, levelling)
        held = shared(reels, held)
    return [
        _level_of(reel, _sound_of(slot, envelopes), gain_db, levelling)
        for reel, slot, gain_db in zip(reels, slots, held, strict=True)
    ]


def _sound_of(slot: Slot, envelopes: Sequence[Envelope | None]) -> Envelope | None:
    envelope = envelopes[slot.reel]
    return _sounding(envelope, slot) if envelope else None


def _level_of(reel: Reel, sound: Envelope | None, gain_db: float | None, levelling: Levelling) -> ReelLevel:
    if sound is None or (gain_db is not None and levelling.match != "off"):
        return _held(reel, sound, gain_db or 0.0, levelling)
    return _match_one(reel, sound, levelling)


def at_gain(reel: Reel, envelope: Envelope, slot: Slot, levelling: Levelling, gain_db: float) -> ReelLevel:
    """What a reel comes to at a gain that another decides: limited by as much as it takes, or without a
    limiter turned down to the ceiling, and then `note` says so.
    """
    sound = _sounding(envelope, slot)
    if reel.limiter:
        return _decided(reel, sound, levelling, gain_db, None, "")
    return _held(reel, sound, gain_db, levelling)


def shared(reels: Sequence[Reel], held: Sequence[float | None]) -> list[float | None]:
    """A new reel beside others whose gain is one gets that, and its own offset."""
    each = zip(reels, held, strict=True)
    bases_db = Counter(round(gain_db - reel.offset_lu, 4) for reel, gain_db in each if gain_db is not None)
    # Not that of one which the ceiling has held down.
    base_db = max(bases_db, key=lambda base_db: (bases_db[base_db], base_db), default=0.0)
    return [
        round(base_db + reel.offset_lu, 4) if gain_db is None else gain_db
        for reel, gain_db in zip(reels, held, strict=True)
    ]


def _held(reel: Reel, sound: Envelope | None, gain_db: float, levelling: Levelling) -> ReelLevel:
    """A gain that was decided before, as far as the ceiling lets it be."""
    if sound is None:
        return ReelLevel(gain_db, None, -math.inf, -math.inf)
    largest_db = _largest_gain(reel, gain_to_db(sound.peak_max), levelling)
    if gain_db <= largest_db:
        return _decided(reel, sound, levelling, gain_db, None, "")
    why = f"{LIMITING_MAX_DB:g} dB of limiting" if reel.limiter else "the ceiling (the limiter is off)"
    note = f"its gain of {gain_db:+.1f} dB cannot be held: {why} is reached at {largest_db:+.1f} dB"
    return _decided(reel, sound, levelling, largest_db, None, note)


def _sounding(envelope: Envelope, slot: Slot) -> Envelope:
    """The reel as it will be heard: topped and tailed, faded, with silence behind."""
    heard = envelope.between(slot.first_frame / slot.rate, slot.stop_frame / slot.rate)
    heard = heard.times(_fade_gains(len(heard.energy), slot.fade_in, slot.fade_out))
    silence = np.zeros(round(SILENCE_S * TICKS_PER_SECOND))
    return Envelope(np.concatenate([heard.energy, silence]), np.concatenate([heard.peak, silence]))


def _fade_gains(ticks: int, fade_in: Fade | None, fade_out: Fade | None) -> np.ndarray:
    middle = np.arange(ticks) + 0.5
    gains = np.ones(ticks)
    for fade, distance in ((fade_in, middle), (fade_out, ticks - middle)):
        if fade and fade.seconds:
            gains *= fade_gain(fade.curve, np.minimum(1.0, distance / (fade.seconds * TICKS_PER_SECOND)))
    return gains


def loudness_lufs(envelope: Envelope, measure: str) -> float:
    """Integrated loudness, or with `loudest` the maximum short-term loudness.

    Anything shorter than the 3 s of a short-term window counts by its mean.
    """
    sub_blocks = envelope.sub_blocks()
    if measure == "integrated":
        return integrated_lufs(gating_blocks(sub_blocks))
    windows = window_means(sub_blocks, min(SHORT_TERM_SUB_BLOCKS, max(1, len(sub_blocks))))
    return float(energy_to_lufs(windows.max(initial=0.0)))


def _limited(reel: Reel, sound: Envelope, gain_db: float, ceiling_dbtp: float) -> Envelope:
    louder = sound.times(db_to_gain(gain_db))
    if reel.limiter is None:
        return louder
    return louder.limited(reel.limiter, db_to_gain(ceiling_dbtp - CEILING_RESERVE_DB))


def _match_one(reel: Reel, sound: Envelope, levelling: Levelling) -> ReelLevel:
    peak_dbtp = gain_to_db(sound.peak_max)
    if levelling.match == "off":
        return _decided(reel, sound, levelling, reel.offset_lu, None, "")
    target = reel.target_lufs + reel.offset_lu
    own_lufs = loudness_lufs(sound, levelling.measure)
    if own_lufs == -math.inf:
        return _decided(reel, sound, levelling, 0.0, target, "silent: no gain can bring it to a loudness")

    def reached(gain_db: float) -> float:
        return loudness_lufs(_limited(reel, sound, gain_db, levelling.ceiling_dbtp), levelling.measure)

    return _capped(
        reel,
        sound,
        levelling,
        target,
        _solve_gain(reached, target, own_lufs),
        _largest_gain(reel, peak_dbtp, levelling),
    )


def _largest_gain(reel: Reel, peak_dbtp: float, levelling: Levelling) -> float:
    """Where the limiter would take off as much as it may; with no limiter, where the ceiling is.

    Rounded down to what is written down, so that a gain that was capped can be had again.
    """
    allowed_db = LIMITING_MAX_DB if reel.limiter else 0.0
    largest_db = levelling.ceiling_dbtp - CEILING_RESERVE_DB + allowed_db - peak_dbtp
    return math.floor(largest_db * 1e4) / 1e4 if math.isfinite(largest_db) else largest_db


def _capped(
    reel: Reel, sound: Envelope, levelling: Levelling, target: float, gain_db: float, largest_db: float
) -> ReelLevel:
    if gain_db <= largest_db:
        return _decided(reel, sound, levelling, gain_db, target, "")
    level = _decided(reel, sound, levelling, largest_db, target, "")
    why = f"{LIMITING_MAX_DB:g} dB of limiting" if reel.limiter else "the ceiling (the limiter is off)"
    note = f"{target:.1f} LUFS cannot be had: {why} is reached at {level.reached_lufs:.1f} LUFS"
    return _decided(reel, sound, levelling, largest_db, target, note)


def _decided(
    reel: Reel, sound: Envelope, levelling: Levelling, gain_db: float, target: float | None, note: str
) -> ReelLevel:
    gain_db = round(gain_db, 4)  # as it is written down, so that it can be had again
    limited = _limited(reel, sound, gain_db, levelling.ceiling_dbtp)
    return ReelLevel(
        gain_db=gain_db,
        target_lufs=target,
        reached_lufs=loudness_lufs(limited, levelling.measure),
        true_peak_dbtp=gain_to_db(limited.peak_max),
        note=note,
    )


def _match_album(reels: Sequence[Reel], sounds: Sequence[Envelope], levelling: Levelling) -> list[ReelLevel]:
    """One gain for all plus each reel's own offset; the album as a whole lands on the target."""
    offsets = [reel.offset_lu for reel in reels]
    own_lufs = loudness_lufs(_pooled(sounds), levelling.measure)
    if own_lufs == -math.inf:
        note = "silent: no gain can bring the album to a loudness"
        return [_decided(reel, sound, levelling, 0.0, levelling.target_lufs, note)
                for reel, sound in zip(reels, sounds, strict=True)]  # fmt: skip

    def reached(gain_db: float) -> float:
        limited = [
            _limited(reel, sound, gain_db + reel.offset_lu, levelling.ceiling_dbtp)
            for reel, sound in zip(reels, sounds, strict=True)
        ]
        return loudness_lufs(_pooled(limited), levelling.measure)

    wanted_db = _solve_gain(reached, levelling.target_lufs, own_lufs)
    caps_db = [
        _largest_gain(reel, gain_to_db(sound.peak_max), levelling) - offset
        for reel, sound, offset in zip(reels, sounds, offsets, strict=True)
    ]
    gain_db, note = wanted_db, ""
    if wanted_db > min(caps_db):
        gain_db = min(caps_db)
        held = reels[caps_db.index(gain_db)].first_track
        note = (
            f"{levelling.target_lufs:.1f} LUFS cannot be had for the album: track {held} allows no more, "
            f"and {reached(gain_db):.1f} LUFS is reached"
        )
    return [_decided(reel, sound, levelling, gain_db + offset, levelling.target_lufs, note)
            for reel, sound, offset in zip(reels, sounds, offsets, strict=True)]  # fmt: skip


def _pooled(sounds: Sequence[Envelope]) -> Envelope:
    """The album as one programme; each ends in silence, so that no window joins two songs' ends."""
    return Envelope(
        np.concatenate([sound.energy for sound in sounds]), np.concatenate([sound.peak for sound in sounds])
    )


def _solve_gain(reached: Callable[[float], float], target_lufs: float, own_lufs: float) -> float:
    """The gain in dB at which a loudness that rises with gain meets the target; `own_lufs` is without gain.

    Looked for from where it would be without a limiter, in steps that double: a limiter takes a share of each
    dB. +inf when 60 dB more do not get there. Each look costs a limiter's run over the envelope.
    """

    @cache
    def missing(gain_db: float) -> float:
        return target_lufs - max(reached(gain_db), SILENT_LUFS)

    first_db = target_lufs - own_lufs
    if abs(missing(first_db)) < EXACT_DB:
        return first_db
    step_db = 2.0 * missing(first_db)
    near_db, far_db = first_db, first_db + step_db
    while (missing(far_db) > 0.0) == (missing(near_db) > 0.0):
        if abs(far_db - first_db) > 60.0:
            return math.inf
        step_db *= 2.0
        near_db, far_db = far_db, far_db + step_db
    return crossing(missing, near_db, far_db, TOLERANCE_DB)


def unlimited_peak_dbtp(island: Island, levels: Sequence[ReelLevel], envelopes: Sequence[Envelope]) -> float:
    """The highest true peak that an island can have without limiters; overlaps counted as if they met."""
    base = island.start_sector
    length_s = (island.stop_sector - base) / SECTORS_PER_SECOND
    total = np.zeros(math.ceil(length_s * TICKS_PER_SECOND) + 2)
    for slot in island.slots:
        heard = envelopes[slot.reel].between(slot.first_frame / slot.rate, slot.stop_frame / slot.rate)
        gains = _fade_gains(len(heard.peak), slot.fade_in, slot.fade_out) * db_to_gain(
            levels[slot.reel].gain_db
        )
        start = (slot.start_sector - base) * TICKS_PER_SECOND // SECTORS_PER_SECOND
        total[start : start + len(heard.peak)] += heard.peak * gains
    return gain_to_db(float(total.max()))
