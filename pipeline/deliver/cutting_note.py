"""The cutting note: what the engineer at the lathe has to know, one page for each side."""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.deliver.side_limits import FITS, SideLimits
from pipeline.wording import template, templates_folder

# Where plants stop: pressingbusiness.co and gmrecords.eu (true peak), gmrecords.eu and discwizards
# (loudness), gmrecords.eu and wolfpack (phase of the bass).
TRUE_PEAK_MOST_DBTP = 0.0
LOUD_LUFS = -10.0
CORRELATION_LEAST = 0.0
# Of a mono mix nothing but the dither differs between the channels.
MONO_DB = -80.0
# As many as an engineer would look for on one side.
MOMENTS_MOST = 12
# A word with more letters may be broken, so that no column overflows; an address or a file name, which people
# copy, has a line of its own.
WORD_MOST = 14
LINE_MOST = 40
SIZES = {"12in": "12″", "10in": "10″", "7in": "7″"}
SPEEDS = {33: "33⅓ rpm", 45: "45 rpm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteTrack:
    """A track on its side. Times are seconds from the start of the side; figures are of the delivered file.

    `end_s` is where its sound ends, `gap_after_s` the silence behind it, `join` how it
    goes on where there is none (`crossfade 4.0 s`); `band`: a visible band is wanted
    behind it. `sibilance` are (seconds from the start of the side, dB over the limit), the limit being that
    of `dsp.metrics.Sibilance`. The low end is what is below 150 Hz.
    """

    position: str
    number: int
    title: str
    isrc: str = ""
    start_s: float
    end_s: float
    gap_after_s: float = 0.0
    join: str = ""
    band: bool = True
    fade_in_s: float = 0.0
    fade_out_s: float = 0.0
    lufs_i: float
    lufs_s_max: float
    true_peak_dbtp: float
    plr_db: float
    crest_db: float
    low_correlation: float
    low_side_to_mid_db: float
    sibilance: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSide:
    """One side and its file. `total_s` is the running time with the gaps."""

    letter: str
    file_name: str
    sha256: str
    rate: int
    bits: int
    tracks: tuple[NoteTrack, ...]
    total_s: float
    inscription: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CuttingNote:
    """A whole record. `done` and `not_done` are sentences about the way from the mixes to the files."""

    artist: str
    title: str
    catalog: str = ""
    label: str = ""
    date: str = ""
    format: str
    rpm: int
    sides: tuple[NoteSide, ...]
    contact: str = ""
    credits: tuple[tuple[str, str], ...] = ()
    limits: SideLimits
    done: tuple[str, ...] = ()
    not_done: tuple[str, ...] = ()
    notes: str = ""
    version: str


def note_markdown(note: CuttingNote) -> str:
    """The note as Markdown, for those who read mail and not paper."""
    return template("cutting-note.md.j2").render(note=_view(note, _markdown))


def write_note_pdf(note: CuttingNote, path: Path) -> tuple[str, ...]:
    """Write the note as PDF, A4; the same note and fonts give the same bytes.

    Returns what a person should know about the file: that a title has characters that no font here has.
    """
    import typst

    source = templates_folder() / "cutting-note.typ"
    inputs = {"note": json.dumps(_view(note, _breakable), ensure_ascii=False)}
    try:
        # PDF/UA refuses text that it cannot show; plain PDF shows boxes and says nothing.
        path.write_bytes(typst.compile(source, sys_inputs=inputs, pdf_standards="ua-1"))
        return ()
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
    path.write_bytes(typst.compile(source, sys_inputs=inputs))
    return (f"{path.name} shows boxes for some characters: install a font that has them (such as Noto)",)


# What both forms say, as text


class Words(Protocol):
    """Makes what people typed safe for one form; words with more than `longest` letters may be broken."""

    def __call__(self, text: str, longest: int = WORD_MOST) -> str: ...


def _view(note: CuttingNote, words: Words) -> dict[str, Any]:
    """The note as texts, for a template."""
    return {
        "artist": words(note.artist),
        "title": words(note.title),
        "catalog": words(note.catalog),
        "label": words(note.label),
        "date": words(note.date),
        "record": f"{SIZES[note.format]}, {SPEEDS[note.rpm]}",
        "contact": words(note.contact, LINE_MOST),
        "credits": [[words(role), words(names)] for role, names in note.credits],
        "limits": {
            "warn": clock(note.limits.warn_s),
            "fail": clock(note.limits.fail_s),
            "source": note.limits.source,
            "checked": note.limits.checked,
            "level_zero": clock(note.limits.level_zero_s),
            "level_source": note.limits.level_source,
        },
        "done": [words(sentence) for sentence in note.done],
        "not_done": [words(sentence) for sentence in note.not_done],
        "notes": [words(line) for line in note.notes.splitlines() if line.strip()],
        "sides": [_side(note, side, words) for side in note.sides],
        "version": note.version,
    }


def _side(note: CuttingNote, side: NoteSide, words: Words) -> dict[str, Any]:
    judgement = note.limits.judgement(side.total_s)
    return {
        "letter": words(side.letter),
        "file": words(side.file_name, LINE_MOST),
        "format": f"{side.bits} bit, {side.rate / 1000:g} kHz, stereo",
        "sha256": side.sha256,
        "total": clock(side.total_s),
        "judgement": judgement,
        "fits": judgement == FITS,
        "level": _level(note.limits, side.total_s),
        "matrix": words(f"{note.catalog} {side.letter}") if note.catalog else "",
        "inscription": words(side.inscription),
        "tracks": [_programme(track, words) for track in side.tracks],
        "sound": [_sound(track) for track in side.tracks],
        "flags": [flag for track in side.tracks for flag in _flags(track)],
        "sibilance": _sibilance(side),
    }


def _level(limits: SideLimits, total_s: float) -> str:
    """`about +1.2 dB`; the table says nothing beyond its ends."""
    text = f"{_signed(limits.level_db(total_s))} dB"
    (shortest, _), *_, (longest, _) = limits.levels
    if total_s < shortest * 60:
        return f"{text} or more"
    return f"{text} or less" if total_s > longest * 60 else f"about {text}"


def _programme(track: NoteTrack, words: Words) -> dict[str, Any]:
    fades = {"fade-in": track.fade_in_s, "fade-out": track.fade_out_s}
    return {
        "position": track.position,
        "title": words(track.title),
        "isrc": track.isrc,
        "fades": [f"{name} {seconds:g} s" for name, seconds in fades.items() if seconds],
        "start": clock(track.start_s),
        "end": clock(track.end_s),
        "length": clock(track.end_s - track.start_s),
        "gap": f"{track.gap_after_s:.1f} s" if track.gap_after_s else track.join or "none",
        "band": "yes" if track.band else "no",
    }


def _sound(track: NoteTrack) -> dict[str, str]:
    return {
        "position": track.position,
        "lufs_i": _signed(track.lufs_i),
        "lufs_s_max": _signed(track.lufs_s_max),
        "true_peak": _signed(track.true_peak_dbtp),
        "plr": f"{track.plr_db:.1f}",
        "crest": f"{track.crest_db:.1f}",
        "correlation": _signed(track.low_correlation, 2),
        "side_to_mid": "mono" if track.low_side_to_mid_db < MONO_DB else _signed(track.low_side_to_mid_db),
    }


def _flags(track: NoteTrack) -> list[str]:
    """What a cutter would stop at."""
    found = []
    if track.true_peak_dbtp > TRUE_PEAK_MOST_DBTP:
        found.append(f"true peak {_signed(track.true_peak_dbtp)} dBTP, over {TRUE_PEAK_MOST_DBTP:.1f}")
    if track.lufs_i > LOUD_LUFS:
        found.append(f"{_signed(track.lufs_i)} LUFS is very loud for a record")
    if round(track.low_correlation, 2) < CORRELATION_LEAST:
        found.append(
            f"very wide or out of phase below 150 Hz (correlation {_signed(track.low_correlation, 2)})"
        )
    return [f"{track.position}: {text}" for text in found]


def _sibilance(side: NoteSide) -> list[dict[str, str]]:
    """The strongest moments of the side, in the order of time."""
    moments = [(track.position, *moment) for track in side.tracks for moment in track.sibilance]
    strongest = sorted(moments, key=lambda moment: -moment[2])[:MOMENTS_MOST]
    return [
        {"position": position, "time": clock(time_s), "excess": f"{_signed(excess_db)} dB"}
        for position, time_s, excess_db in sorted(strongest, key=lambda moment: moment[1])
    ]


def clock(seconds: float) -> str:
    """Minutes, seconds and tenths: `03:41.5`."""
    tenths = round(seconds * 10)
    return f"{tenths // 600:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"


def _signed(value: float, digits: int = 1) -> str:
    """`+1.0`, `−14.0`, `0.0`; a dash for what silence has none of."""
    if not math.isfinite(value):
        return "–"
    rounded = round(value, digits) + 0.0
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded):.{digits}f}"


def _breakable(text: str, longest: int = WORD_MOST) -> str:
    """Places to break at in what is too long for a line: zero-width spaces."""
    return re.sub(rf"\S{{{longest + 1},}}", lambda word: "\u200b".join(_pieces(word[0])), text)


def _pieces(word: str) -> list[str]:
    size = WORD_MOST // 2
    return [word[start : start + size] for start in range(0, len(word), size)]


def _markdown(text: str, longest: int = 0) -> str:
    """On one line, and nothing in it is markup."""
    return re.sub(r"([\\`*_{}\[\]<>|#~])", r"\\\1", " ".join(text.split()))
