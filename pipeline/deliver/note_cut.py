"""The predicted cut of a side in words: the verdict, where to listen, and what was taken for granted."""

import math
from typing import Any

from dsp.lathe import LatheSettings
from pipeline.deliver.cut_facts import QUIETEST_DB, ByLaw, CutBass, CutEvent, CutTrack, SideCut
from pipeline.deliver.note_words import SPEEDS, clock, lines_per_inch, pitch, signed, span

# From where a moment is worth a word, and from where it is in need of one.
NOTICE_DB, WARNING_DB, SEVERE_DB = -2.0, 0.0, 3.0
# What is found, and where its notice lies.
FOUND = {
    "shallow": "shallow, {value} µm wide ({limit})",
    "deep": "deep, {value} µm wide ({limit})",
    "slope": "steep slope, {value} ({limit})",
    "curvature": "tight curve, {value} ({limit})",
    "tracing": "tracing, {value} % ({limit})",
    "sibilance": "sibilance, tracing {value} % ({limit})",
    "acceleration": "acceleration, {value} g ({limit})",
    "heat": "heat, {value} g RMS ({limit})",
    "land": "land, {value} µm a turn ({limit})",
}
# Digits behind the point of what is found; whole micrometres and g of the others.
FIGURES = {"slope": 2, "curvature": 2, "tracing": 1, "sibilance": 1}
# How the level comes down where it has to.
REMEDIES = {
    "shallow": "{db} of bass in L−R, or deeper",
    "deep": "{db} below 100 Hz",
    "slope": "{db} overall",
    "curvature": "{db} above 5 kHz",
    "tracing": "{db} above 5 kHz",
    "sibilance": "{db} at 5–10 kHz",
    "acceleration": "{db} above 8 kHz",
    "heat": "{db} above 5 kHz",
}
# The worst of them; the checklist has all.
ECHOES_MOST = 4
SILENCE = "– (silence)"
LAWS = {
    "lathe": "as on a modern lathe",
    "simple": "coarse, as on a VMS 66",
    "fixed": "fixed, the widest needed",
}


def verdict(cut: SideCut) -> dict[str, Any]:
    """Whether the side fits, and the figures of the cut as rows of a name and a text."""
    rows = {"level asked": level(cut, cut.asked_db)}
    if cut.passage_db < cut.level_db or not math.isfinite(cut.passage_db):
        rows["loudest here"] = level(cut, cut.passage_db)
    if not cut.fits:
        rows["figures are at"] = level(cut, cut.level_db) if math.isfinite(cut.level_db) else "silence"
    rows |= {
        "loudest that fits": _loudest(cut),
        "last groove": f"ø {cut.final_mm:.1f} mm; ø {cut.inner_mm:.1f} is allowed",
        "mean pitch": pitch(cut.mean_pitch_um),
        "densest pitch": pitch(cut.densest_pitch_um),
        "time to spare" if cut.spare_min >= 0 else "too long by": f"{abs(cut.spare_min):.1f} min",
        "peaks": f"{cut.peak_cm_s:.0f} cm/s, {cut.peak_g:.0f} g; {cut.heat_g:.0f} g RMS in 1 s",
    }
    return {"headline": _headline(cut), "laws": _laws(cut), "rows": [list(row) for row in rows.items()]}


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
    return f"{span(map(signed, levels))} dB ({span(_cm_s(cut, db) for db in levels)} cm/s)"


# Listen here


def moment(rank: int, event: CutEvent) -> dict[str, str]:
    """A row of the list of moments."""
    return {
        "rank": str(rank),
        "time": clock(event.time_s),
        "position": event.position,
        "track_time": clock(event.track_time_s),
        "diameter": f"{event.diameter_mm:.0f}",
        "severity": _severity(event.severity_db),
        "found": _found(event),
        "off": f"{event.severity_db:.1f} dB" if event.severity_db > 0 else "none",
        "needs": _needs(event),
    }


def _severity(db: float) -> str:
    if db >= SEVERE_DB:
        return "severe"
    return "warning" if db >= WARNING_DB else "notice"


def _found(event: CutEvent) -> str:
    if event.kind == "sibilance" and event.value < event.limit:
        return f"sibilance, tight curve (tracing {event.value:g} %)"
    if event.kind == "shallow" and event.value == 0:
        return "the groove is gone"
    return FOUND[event.kind].format(value=_figure(event), limit=f"{event.limit:g}")


def _figure(event: CutEvent) -> str:
    """With as many digits as anybody would measure."""
    return f"{event.value:.{FIGURES.get(event.kind, 0)}f}"


def _needs(event: CutEvent) -> str:
    """What would do, or where to keep watch."""
    if event.kind == "land":
        return "give it land by hand"
    if event.kind == "shallow" and event.elliptical_hz is not None:
        return (
            f"elliptical {event.elliptical_hz} Hz" if event.elliptical_hz else "no elliptical needed: watch"
        )
    if event.severity_db <= 0:
        return "nothing: watch"
    return REMEDIES[event.kind].format(db=f"−{event.severity_db:.1f} dB")


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


def inside(cut: SideCut) -> list[list[str]]:
    """Names and figures: up to which level tips follow at the last groove, and how often they cannot."""
    tips = [f"{tip_um:g} µm" for tip_um in (cut.lathe.tip_um, cut.lathe.other_tip_um)]
    levels = [
        [f"{each.freq_hz // 1000} kHz, {tip}", f"{signed(db)} dB"]
        for each in cut.inside
        for tip, db in zip(tips, (each.level_db, each.other_level_db), strict=True)
    ]
    shares = zip(tips, (cut.over_one_percent, cut.other_over_one_percent), strict=True)
    return levels + [[f"% too tight for {tip}", f"{share:g}"] for tip, share in shares]


def echo_texts(cut: SideCut) -> list[str]:
    """Passages that the neighbouring groove may be heard in, and by how much they are softer than it."""
    return [
        f"{clock(echo.time_s)} ({echo.position}, {echo.below_db:.0f} dB)" for echo in cut.echoes[:ECHOES_MOST]
    ]


def ring(track: CutTrack) -> list[str]:
    """A track on the disc: its diameters, pitch, widths, level and tracing."""
    return [
        track.position,
        f"{track.start_mm:.0f}–{track.end_mm:.0f}",
        pitch(track.pitch_um),
        f"{max(track.width_least_um, 0.0):.0f}–{track.width_most_um:.0f}",
        signed(track.level_db) if track.level_db > QUIETEST_DB else "–",
        f"{track.tracing_percent:.1f}",
        f"{track.other_tracing_percent:.1f}",
    ]


def assumptions(lathe: LatheSettings, rpm: int) -> list[str]:
    """What the prediction takes the house to be, one line each."""
    depth = "deeper where the groove would become shallow" if lathe.variable_depth else "the same all over"
    lowpass = f"low-pass {lathe.lowpass_hz:g} Hz" if lathe.lowpass_hz else "no low-pass"
    return [
        f"Reference: 0 dB on a VU meter is {lathe.reference_cm_s:g} cm/s peak in each wall at 1 kHz, "
        f"{lathe.reference_cm_s * math.sqrt(2):.2f} cm/s lateral.",
        "Curve: RIAA (3180, 318 and 75 µs), without the IEC's extra high-pass.",
        f"Elliptical equaliser: {_elliptical(lathe.elliptical_hz)}, 6 dB an octave."
        if lathe.elliptical_hz
        else "Elliptical equaliser: off.",
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
