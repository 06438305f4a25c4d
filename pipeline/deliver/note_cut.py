"""The predicted cut of a side in words: the verdict, its figures, and what was taken for granted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dsp.groove import level_db_of
from dsp.land import MOST_DB
from dsp.lathe import LatheSettings
from pipeline.deliver.cut_facts import QUIETEST_DB, ByLaw, CutBass, CutTrack, SideCut
from pipeline.deliver.note_words import SPEEDS, lines_per_inch, pitch, placed, signed, span
from pipeline.deliver.severity import NOTICE_DB, UNTRACEABLE_PERCENT, WARNING_DB

# What three figures that are rounded to a tenth may be off together.
ROUNDED_DB = 0.2
SILENCE = "– (silence)"
LAWS = {
    "lathe": "as on a modern lathe",
    "simple": "coarse, as on a VMS 66",
    "fixed": "fixed, the widest needed",
}


@dataclass(frozen=True, slots=True)
class Together:
    """What the sides of a record share: its highest reading, dBFS, and the highest level at which all fit.

    Both are −inf where there is none.
    """

    reading_dbfs: float
    level_db: float


def together(cuts: Sequence[SideCut]) -> Together:
    """Of one side at least."""
    return Together(max(cut.reading_dbfs for cut in cuts), min(cut.level_db for cut in cuts))


def verdict(cut: SideCut, record: Together) -> dict[str, Any]:
    """Whether the side fits, and the figures of the cut as rows of a name and a text; `lines` are longer."""
    rows = {"level asked": level(cut, cut.asked_db)}
    if not cut.fits:
        rows["figures are at"] = _own(cut)
    rows |= {
        "last groove": f"ø {cut.final_mm:.1f} mm; ø {cut.inner_mm:.1f} is allowed",
        "time to spare" if cut.spare_min >= 0 else "too long by": f"{abs(cut.spare_min):.1f} min",
        "mean pitch": f"{pitch(cut.mean_pitch_um)} without bands",
        "densest pitch": pitch(cut.densest_pitch_um),
        "peaks": f"{cut.peak_cm_s:.0f} cm/s, {cut.peak_g:.0f} g; {cut.heat_g:.0f} g RMS in 1 s",
    }
    return {
        "headline": _headline(cut),
        "laws": _laws(cut),
        "rows": [list(row) for row in rows.items()],
        "lines": [list(line) for line in _lines(cut, record).items()],
    }


def _lines(cut: SideCut, record: Together) -> dict[str, str]:
    """What the lathe is lined up by, and what the passages of the side ask for."""
    lines = {"loudest by room alone": _loudest(cut), "loudest here": _passage(cut)}
    if math.isfinite(record.reading_dbfs):
        lines["line up"] = f"{_tone(record, cut.asked_db)} (in both channels of the file)"
    lines["most room"] = f"{pitch(cut.widest_um)} at {_widest_at(cut)}"
    if record.level_db < cut.asked_db:
        lines["whole record"] = _whole(cut, record)
    return lines


def _tone(record: Together, level_db: float) -> str:
    """The sine that is cut at 0 dB if the highest reading of the record is cut at that level.

    Of a quiet record no file could hold it.
    """
    tone_dbfs = record.reading_dbfs - level_db
    if tone_dbfs > 0:
        return f"1 kHz at 0 dBFS is {signed(-tone_dbfs)} dB"
    return f"1 kHz at {signed(tone_dbfs)} dBFS is 0 dB"


def _passage(cut: SideCut) -> str:
    """The highest reading: where a cutter finds it, and how loud it is cut if that is not the level asked."""
    if not math.isfinite(cut.reading_dbfs):
        return SILENCE
    where = placed(cut.reading_time_s, cut.reading_position, cut.reading_track_time_s)
    read = f"{signed(cut.reading_dbfs)} dBFS on a VU meter at {where}"
    softer = math.isfinite(cut.passage_db) and cut.passage_db < cut.level_db
    return f"{read}, cut at {level(cut, cut.passage_db)}" if softer else read


def _own(cut: SideCut) -> str:
    return f"its own loudest, {level(cut, cut.level_db)}" if math.isfinite(cut.level_db) else "silence"


def _widest_at(cut: SideCut) -> str:
    return placed(cut.widest_time_s, cut.widest_position, cut.widest_track_time_s)


def _whole(cut: SideCut, record: Together) -> str:
    """What all sides can be cut at."""
    if not math.isfinite(record.level_db):
        return "no level at which all sides fit"
    if not math.isfinite(record.reading_dbfs):
        return f"all sides fit at {level(cut, record.level_db)}"
    return f"all sides fit at {level(cut, record.level_db)}; then {_tone(record, record.level_db)}"


def levels_sentence(cuts: Sequence[tuple[str, SideCut]]) -> str:
    """Letters and cuts: at which level the figures of each side are, where that is not the level asked."""
    if all(cut.fits for _, cut in cuts):
        return ""
    told = (
        f"side {letter} {'as asked, ' + level(cut, cut.level_db) if cut.fits else _own(cut)}"
        for letter, cut in cuts
    )
    return f"Figures are at: {'; '.join(told)}."


def level(cut: SideCut, db: float) -> str:
    """`+1.2 dB = 5.7 cm/s`: what a meter reads, and the wall velocity of a tone that reads the same."""
    return f"{signed(db)} dB = {_cm_s(cut, db)} cm/s" if math.isfinite(db) else SILENCE


def _cm_s(cut: SideCut, db: float) -> str:
    cm_s = cut.lathe.reference_cm_s * 10 ** (db / 20)
    return f"{cm_s:.1f}" if cm_s < 9.95 else f"{cm_s:.0f}"


def _range(cut: SideCut, figures: ByLaw) -> tuple[float, ...]:
    """From the loosest law that counts to the tightest."""
    return (figures.fixed,) if cut.lathe.law == "fixed" else (figures.simple, figures.lathe)


def _headline(cut: SideCut) -> str:
    spares = sorted(_range(cut, cut.spare_mm), key=abs)
    worst, best, texts = min(spares), max(spares), span(f"{abs(spare):.1f}" for spare in spares)
    if worst >= 0:
        return f"Cut fits: {texts} mm to spare"
    if best < 0:
        return f"Cut misses by {texts} mm"
    return f"Cut only just fits: from {best:.1f} mm to spare to {-worst:.1f} mm short"


def _laws(cut: SideCut) -> str:
    """What a range reaches over."""
    fixed = cut.lathe.law == "fixed"
    return "at a fixed pitch" if fixed else "from coarse pitch control to a modern lathe"


def _loudest(cut: SideCut) -> str:
    levels = sorted(db for db in _range(cut, cut.loudest_db) if math.isfinite(db))
    if not math.isfinite(cut.passage_db) and math.isfinite(cut.level_db):
        return SILENCE
    if not levels:
        return "none, however quiet"
    if _at_the_top(cut, levels[0]):
        return "no limit from room"
    if _at_the_top(cut, levels[-1]):
        return f"{level(cut, levels[0])} or more"
    return f"{span(map(signed, levels))} dB ({span(_cm_s(cut, db) for db in levels)} cm/s)"


def _at_the_top(cut: SideCut, loudest_db: float) -> bool:
    """Whether a loudest level is where the search ended, and no result: the gain that it takes says so."""
    if not math.isfinite(cut.passage_db):
        return False
    gain_db = cut.passage_db - level_db_of(0.0, cut.reading_dbfs, cut.lathe)
    return gain_db + loudest_db - cut.level_db >= MOST_DB - ROUNDED_DB


# Beside the sides


def bass_rows(cut: SideCut) -> list[dict[str, Any]]:
    """What each setting of the elliptical equaliser does, against the equaliser switched off."""
    off = next(each.pitch_um for each in cut.bass if not each.elliptical_hz)
    return [
        {
            "setting": _elliptical(each.elliptical_hz),
            "assumed": each.elliptical_hz == cut.lathe.elliptical_hz,
            "groove": _shallowest(each),
            "pitch": pitch(each.pitch_um),
            "cost": f"{signed(lines_per_inch(each.pitch_um) - lines_per_inch(off), 0)} LPI",
        }
        for each in cut.bass
    ]


def _shallowest(bass: CutBass) -> str:
    if bass.severity_db <= NOTICE_DB:
        return "wide enough"
    if bass.severity_db <= WARNING_DB:
        return f"{-bass.severity_db:.1f} dB left"
    return f"shallow by {bass.severity_db:.1f} dB"


def _elliptical(hz: int) -> str:
    return f"{hz} Hz" if hz else "off"


def bass_sentence(cut: SideCut) -> str:
    """Which setting the side needs."""
    enough = [each.elliptical_hz for each in cut.bass if each.severity_db <= WARNING_DB]
    if not enough:
        return "No setting keeps the groove wide enough: it takes a deeper groove or less level there."
    if not min(enough):
        return "No bass out of phase makes the groove too shallow: it needs no elliptical equaliser."
    return f"The groove stays wide enough from {min(enough)} Hz on."


def low_end(cut: SideCut) -> str:
    """What the prediction finds where the low end is not in phase; nothing where it finds none."""
    off_db = _bass_db(cut, 0)
    kinds = {event.kind for event in cut.events} | {rest.kind for rest in cut.unlisted}
    if off_db <= WARNING_DB and "shallow" not in kinds:
        return ""
    told = f"where left and right differ, the groove is {_by(off_db)} with the elliptical off"
    hz = cut.lathe.elliptical_hz
    return f"{told}, {_by(_bass_db(cut, hz))} at {hz} Hz" if hz else told


def _bass_db(cut: SideCut, elliptical_hz: int) -> float:
    return next(each.severity_db for each in cut.bass if each.elliptical_hz == elliptical_hz)


def _by(severity_db: float) -> str:
    if severity_db > WARNING_DB:
        return f"too shallow by {severity_db:.1f} dB"
    return f"wide enough by {-severity_db:.1f} dB" if math.isfinite(severity_db) else "wide enough"


def inside(cut: SideCut) -> list[list[str]]:
    """Names and figures: up to which level tips follow at the last groove, and how often they cannot."""
    tips = [f"{tip_um:g} µm" for tip_um in (cut.lathe.tip_um, cut.lathe.other_tip_um)]
    levels = [
        [f"{each.freq_hz // 1000} kHz, {tip}", f"{signed(db)} dB"]
        for each in cut.inside
        for tip, db in zip(tips, (each.level_db, each.other_level_db), strict=True)
    ]
    shares = zip(tips, (cut.over_one_percent, cut.other_over_one_percent), strict=True)
    return levels + [[f"% too tight for {tip}", f"{share:.1f}"] for tip, share in shares]


def ring(track: CutTrack) -> list[str]:
    """A track on the disc: its diameters, pitch, widths, level and tracing."""
    return [
        track.position,
        f"{track.start_mm:.0f}–{track.end_mm:.0f}",
        pitch(track.pitch_um),
        f"{max(track.width_least_um, 0.0):.0f}–{track.width_most_um:.0f}",
        signed(track.level_db) if track.level_db > QUIETEST_DB else "–",
        _traced(track.tracing_percent),
        _traced(track.other_tracing_percent),
    ]


def _traced(percent: float) -> str:
    return f"{percent:.1f}" if percent <= UNTRACEABLE_PERCENT else "untraceable"


def assumptions(lathe: LatheSettings, rpm: int, mono_bass_hz: float | None = None) -> list[str]:
    """What the prediction takes the house to be, one line each; `mono_bass_hz` is in the files already."""
    depth = "deeper where the groove would become shallow" if lathe.variable_depth else "the same all over"
    lowpass = f"low-pass {lathe.lowpass_hz:g} Hz" if lathe.lowpass_hz else "no low-pass"
    return [
        f"Reference: 0 dB on a VU meter is {lathe.reference_cm_s:g} cm/s peak in each wall at 1 kHz, "
        f"{lathe.reference_cm_s * math.sqrt(2):.2f} cm/s lateral.",
        "Curve: RIAA (3180, 318 and 75 µs), without the IEC's extra high-pass.",
        _equaliser(lathe.elliptical_hz, mono_bass_hz),
        f"Console: high-pass {lathe.highpass_hz:g} Hz, 12 dB an octave; {lowpass}; no limiter, no de-esser.",
        f"Depth: {lathe.depth_um:g} µm without sound ({2 * lathe.depth_um:g} µm wide), {depth}; at least "
        f"{lathe.least_width_um:g} µm wide, notice at {lathe.greatest_width_um:g} µm.",
        f"Land: {lathe.land_um:g} µm stay between two turns; a visible band takes {lathe.band_mm:g} mm more.",
        f"Law of pitch: {LAWS[lathe.law]}; ranges reach from coarse control (VMS 66) to a modern lathe.",
        f"Tip: {lathe.tip_um:g} µm scanning radius, second opinion {lathe.other_tip_um:g} µm.",
        f"Notices: slope {lathe.slope_most:g}, curvature {lathe.curvature_most:g}, tracing "
        f"{lathe.tracing_most_percent:g} % in 50 ms, {lathe.acceleration_most_g:g} g, "
        f"{lathe.heat_most_g:g} g RMS in 1 s; speed {SPEEDS[rpm]}.",
    ]


def _equaliser(elliptical_hz: int, mono_bass_hz: float | None) -> str:
    """The console's, and whether the files have had one."""
    console = f"{elliptical_hz} Hz, 6 dB an octave" if elliptical_hz else "off"
    if not mono_bass_hz:
        return f"Elliptical equaliser: {console}."
    files = f"the one at {mono_bass_hz:g} Hz that is in the files"
    if not elliptical_hz:
        return f"Elliptical equaliser: off; there is but {files}."
    return f"Elliptical equaliser of the console: {console}, on top of {files}."
