"""A cutting note as texts and drawings, ready for the page."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from pipeline.deliver.cut_facts import SideCut
from pipeline.deliver.note_checks import checks
from pipeline.deliver.note_cut import (
    Together,
    assumptions,
    bass_rows,
    bass_sentence,
    inside,
    level,
    levels_sentence,
    low_end,
    ring,
    together,
    verdict,
)
from pipeline.deliver.note_drawing import disc, strips
from pipeline.deliver.note_facts import CuttingNote, LockedGroove, NoteSide, NoteTrack
from pipeline.deliver.note_moments import echo_texts, moment, unlisted_text
from pipeline.deliver.note_sound import flags, sibilance, sound
from pipeline.deliver.note_words import LINE_MOST, SIZES, SPEEDS, Words, clock, minutes, signed
from pipeline.side_limits import FITS, SideLimits

TRANSFERS = {
    "flat": "flat: cut as it is, nothing changed",
    "adjust": "adjust: level, elliptical and de-essing as the lathe needs",
}
TIMES = {1.0: "once", 2.0: "twice"}
# Of a checksum, enough to tell files apart by eye.
SHORT = 12


def view(note: CuttingNote, words: Words) -> dict[str, Any]:
    """The note for a template; `words` makes what people typed safe for its form."""
    cuts = [(words(side.letter), side.cut) for side in note.sides if side.cut]
    record = together([cut for _, cut in cuts]) if cuts else None
    return {
        "artist": words(note.artist),
        "title": words(note.title),
        "catalog": words(note.catalog),
        "label": words(note.label),
        "date": words(note.date),
        "record": f"{SIZES[note.format]}, {SPEEDS[note.rpm]}",
        "contact": words(note.contact, LINE_MOST),
        "credits": [[words(role), words(names)] for role, names in note.credits],
        "transfer": TRANSFERS[note.transfer],
        "limits": _limits(note),
        "done": [words(sentence) for sentence in note.done],
        "not_done": [words(sentence) for sentence in note.not_done],
        "notes": [words(line) for line in note.notes.splitlines() if line.strip()],
        "notes_for": " for all sides" if len(note.sides) > 1 else "",
        "sides": [_side(note, side, record, words) for side in note.sides],
        "levels": levels_sentence(cuts),
        **_stops(note, cuts),
        "assumptions": assumptions(cuts[0][1].lathe, cuts[0][1].rpm, note.mono_bass_hz) if cuts else [],
        "version": note.version,
    }


def _stops(note: CuttingNote, cuts: Sequence[tuple[str, SideCut]]) -> dict[str, Any]:
    """What a cutter would stop at in the sound, and what the prediction finds in the low end."""
    flagged = [flag for side in note.sides for track in side.tracks for flag in flags(track)]
    low_ends = [f"Side {letter}: {found}." for letter, cut in cuts if (found := low_end(cut))]
    phase = "no whole track out of phase in its low end" if low_ends else "no low end out of phase"
    return {
        "flags": flagged,
        "unflagged": "" if flagged else f"No true peak over 0 dBTP, {phase}, nothing over −10 LUFS.",
        "low_ends": low_ends,
    }


def _limits(note: CuttingNote) -> dict[str, str]:
    limits = note.limits
    return {
        "profile": limits.profile,
        "asked": note.profile if note.profile != limits.profile else "",
        "warn": minutes(limits.warn_s),
        "fail": minutes(limits.fail_s),
        "source": limits.source,
        "checked": limits.checked,
    }


def _side(note: CuttingNote, side: NoteSide, record: Together | None, words: Words) -> dict[str, Any]:
    judgement = note.limits.judgement(side.total_s)
    following = zip_longest(side.tracks, side.tracks[1:])
    return {
        "letter": words(side.letter),
        "file": words(side.file_name, LINE_MOST),
        "format": f"{side.bits} bit, {side.rate / 1000:g} kHz, stereo",
        "sha256": side.sha256,
        "short_sha256": side.sha256[:SHORT],
        "total": clock(side.total_s),
        "judgement": judgement,
        "fits": judgement == FITS,
        "chart": _chart(note.limits, side.total_s),
        "chart_source": note.limits.level_source,
        "tracks": [_programme(track, after, words) for track, after in following],
        "matrix": words(f"{note.catalog} {side.letter}") if note.catalog else "",
        "inscription": words(side.inscription),
        "locked": _locked(side.locked_groove) if side.locked_groove else "",
        "level": level(side.cut, note.level_db) if side.cut else f"{signed(note.level_db)} dB",
        "sound": [sound(track) for track in side.tracks],
        "sibilance": sibilance(side),
        "cut": _cut(side.cut, record) if side.cut and record else None,
        "checks": checks(note, side, words),
    }


def _chart(limits: SideLimits, total_s: float) -> str:
    """What a published chart says of the length; it says nothing beyond its ends."""
    text = f"{signed(limits.level_db(total_s))} dB"
    (shortest, _), *_, (longest, _) = limits.levels
    if total_s < shortest * 60:
        text += " or more"
    elif total_s > longest * 60:
        text += " or less"
    else:
        text = f"about {text}"
    return f"{text}, with 0 dB at {minutes(limits.level_zero_s)}"


def _programme(track: NoteTrack, after: NoteTrack | None, words: Words) -> dict[str, Any]:
    fades = {"fade-in": track.fade_in_s, "fade-out": track.fade_out_s}
    return {
        "position": track.position,
        "title": words(track.title),
        "isrc": track.isrc,
        "fades": [f"{name} {seconds:g} s" for name, seconds in fades.items() if seconds],
        "start": clock(track.start_s),
        "end": clock(track.end_s),
        "length": clock(track.end_s - track.start_s),
        "gap": f"{track.gap_after_s:.1f} s"
        if track.gap_after_s
        else track.join or ("none" if after else "end"),
        "band": band_text(track, after),
    }


def band_text(track: NoteTrack, after: NoteTrack | None) -> str:
    """Where a visible band is wanted: from the end of the sound on; where it runs on, at the next start."""
    if not track.band:
        return "no"
    return f"at {clock(track.end_s if track.gap_after_s or not after else after.start_s)}"


def _locked(groove: LockedGroove) -> str:
    bpm = 240 / groove.length_s
    times = TIMES.get(groove.turns, f"{groove.turns:g} times")
    return (
        f"begins at {clock(groove.start_s)} ({groove.start_s:.3f} s); one turn takes "
        f"{_turn(groove.length_s)} ({bpm:.1f} bpm in four beats); the file goes round it {times}"
    )


def _turn(length_s: float) -> str:
    """At 45 rpm it is a third, which no decimals are."""
    return "1⅓ s" if round(length_s, 3) == 1.333 else f"{length_s:.3f} s"


def _cut(cut: SideCut, record: Together) -> dict[str, Any]:
    return {
        "verdict": verdict(cut, record),
        "disc": disc(cut),
        "strips": strips(cut),
        "moments": [moment(rank, event, cut.lathe) for rank, event in enumerate(cut.events, 1)],
        "unlisted": unlisted_text(cut.unlisted),
        "rings": [ring(track) for track in cut.tracks],
        "bass": bass_rows(cut),
        "bass_sentence": bass_sentence(cut),
        "inside": inside(cut),
        "final": f"ø {cut.final_mm:.1f} mm",
        "tips": [f"{tip:g} µm" for tip in (cut.lathe.tip_um, cut.lathe.other_tip_um)],
        "echoes": echo_texts(cut),
    }
