"""The cassette note: what a duplicator has to know, on one page. And the text of the J-card."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.deliver.note_pdf import write_pdf
from pipeline.deliver.note_words import LINE_MOST, Words, breakable, clock, markdown_text, signed
from pipeline.deliver.sides import minutes
from pipeline.wording import template

# What a VU meter shows as a difference and an ear takes for another song, not for another level.
EVEN_LU = 3.0
# Duplicators set the level from the first two or three minutes (wwsrs.co.uk): so much louder may follow.
OPENING_LU = 1.0
# Songs that differ by less are alike: none of them is the lowest.
ALIKE_LU = 0.5
# So much more blank tape on one side than on the other is worth a word.
UNEVEN_S = 120
# More than a hundredth of the power where tape has none to give: headlessduplicatedtapes.com wants it gone.
BOTTOM_MOST_DB = -20.0
# What pressingbusiness.co takes on a side, and nationalaudiocompany.com on both.
LONG_SIDE_S, LONG_MINUTES = 30 * 60, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeTrack:
    """A song on its side. Times are seconds from the start of the side's file, figures of its audio there.

    `end_s` is where its sound ends, `gap_after_s` the silence behind it, `join` how it goes on where there is
    none. `treble_db` is the power from 8 kHz on against that of all, `bottom_db` that of the third octave at
    20 Hz. Levels are -inf for silence.
    """

    position: str
    title: str
    start_s: float
    end_s: float
    gap_after_s: float = 0.0
    join: str = ""
    lufs_i: float
    lufs_s_max: float
    true_peak_dbtp: float
    treble_db: float
    bottom_db: float

    @property
    def loudest_lufs(self) -> float:
        """Its loudest 3 s; all of it where it has fewer."""
        return self.lufs_s_max if math.isfinite(self.lufs_s_max) else self.lufs_i


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeSide:
    """One side; `total_s` is the length of its file, leader and pauses included."""

    letter: str
    tracks: tuple[TapeTrack, ...]
    total_s: float
    lufs_i: float
    true_peak_dbtp: float

    @property
    def sounding(self) -> tuple[TapeTrack, ...]:
        return tuple(track for track in self.tracks if math.isfinite(track.lufs_i))


@dataclass(frozen=True, slots=True, kw_only=True)
class CassetteNote:
    """A whole cassette. `files` are (name, what it is, SHA-256), the last empty until they are written.

    `done` and `not_done` are sentences about the way from the mixes to the files.
    """

    artist: str
    title: str
    catalog: str = ""
    label: str = ""
    date: str = ""
    length_minutes: int
    tape: str = ""
    noise_reduction: str = ""
    leader_s: float
    sides: tuple[TapeSide, ...]
    files: tuple[tuple[str, str, str], ...] = ()
    contact: str = ""
    credits: tuple[tuple[str, str], ...] = ()
    done: tuple[str, ...] = ()
    not_done: tuple[str, ...] = ()
    notes: str = ""
    version: str

    @property
    def side_s(self) -> float:
        """What one side of the tape holds."""
        return self.length_minutes * 30.0

    def with_sums(self, sums: Mapping[str, str]) -> "CassetteNote":
        """With the checksums of the files, by their paths in the delivery."""
        files = tuple((name, what, sums[f"cassette/{name}"]) for name, what, _ in self.files)
        return replace(self, files=files)


@dataclass(frozen=True, slots=True, kw_only=True)
class JCard:
    """What is printed. Each side: (letter, its length, (position, title, length) of each song), as texts."""

    artist: str
    title: str
    sides: tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...]
    credits: tuple[tuple[str, str], ...] = ()
    small_print: tuple[str, ...] = ()


def j_card_text(card: JCard) -> str:
    """Plain text, for whoever sets the J-card; what stands in columns is parted by tabs."""
    return template("j-card.txt.j2").render(card=card)


def note_markdown(note: CassetteNote) -> str:
    """The note as Markdown, for those who read mail and not paper."""
    return template("cassette-note.md.j2").render(note=_view(note, markdown_text))


def write_note_pdf(note: CassetteNote, path: Path) -> tuple[str, ...]:
    """Write the note as PDF; the rest as `write_pdf`."""
    return write_pdf("cassette-note.typ", _view(note, breakable), path)


# What both forms say, as text


def _view(note: CassetteNote, words: Words) -> dict[str, Any]:
    """The note as texts, for a template."""
    dolby = note.noise_reduction
    return {
        "artist": words(note.artist),
        "title": words(note.title),
        "catalog": words(note.catalog),
        "label": words(note.label),
        "date": words(note.date),
        "length": f"C{note.length_minutes}",
        "tape": words(note.tape),
        "noise_reduction": f"Dolby {dolby}" if dolby else "off",
        "side_holds": clock(note.side_s),
        "leader": f"{note.leader_s:.1f} s",
        "contact": words(note.contact, LINE_MOST),
        "credits": [[words(role), words(names)] for role, names in note.credits],
        "sides": [_side(note, side, words) for side in note.sides],
        "level": [_evenness(note.sides), *(line for side in note.sides for line in _levels(side))],
        "remarks": [*_spectrum(note.sides), *_blank(note.sides), *_length(note)],
        "files": [[words(name, LINE_MOST), words(what), sha256] for name, what, sha256 in note.files],
        "done": [words(sentence) for sentence in note.done],
        "not_done": [words(sentence) for sentence in note.not_done],
        "notes": [words(line) for line in note.notes.splitlines() if line.strip()],
        "version": note.version,
    }


def _side(note: CassetteNote, side: TapeSide, words: Words) -> dict[str, Any]:
    room_s = note.side_s - side.total_s
    return {
        "letter": side.letter,
        "total": clock(side.total_s),
        "fit": f"fits, {clock(room_s)} left" if room_s >= 0 else f"does not fit, {clock(-room_s)} too long",
        "lufs_i": signed(side.lufs_i),
        "true_peak": signed(side.true_peak_dbtp),
        "tracks": [_track(track, words) for track in side.tracks],
    }


def _track(track: TapeTrack, words: Words) -> dict[str, str]:
    return {
        "position": track.position,
        "title": words(track.title),
        "start": clock(track.start_s),
        "end": clock(track.end_s),
        "length": clock(track.end_s - track.start_s),
        "gap": f"{track.gap_after_s:.1f} s" if track.gap_after_s else track.join or "none",
        "lufs_i": signed(track.lufs_i),
        "lufs_s_max": signed(track.lufs_s_max),
        "true_peak": signed(track.true_peak_dbtp),
        "treble": signed(track.treble_db),
    }


def _evenness(sides: Sequence[TapeSide]) -> str:
    """Whether one recording level does for all songs, and which of them stand out."""
    songs = [track for side in sides for track in side.sounding]
    if not songs:
        return "There is nothing but silence."
    middle = median(track.lufs_i for track in songs)
    apart = [(track.position, round(track.lufs_i - middle, 1)) for track in songs]
    out = [(position, apart_lu) for position, apart_lu in apart if abs(apart_lu) > EVEN_LU]
    if not out:
        return f"Level is even: every song is within {EVEN_LU:g} LU of {signed(middle)} LUFS."
    told = [
        f"{position} is {abs(apart_lu):.1f} LU {'louder' if apart_lu > 0 else 'softer'}"
        for position, apart_lu in out
    ]
    return (
        f"Level is not even, and meant so: against the middle of all songs, {signed(middle)} LUFS, "
        f"{', '.join(told)}. Set it once for the tape."
    )


def _levels(side: TapeSide) -> list[str]:
    """Where the level of a side is to be set from."""
    songs = side.sounding
    if not songs:
        return []
    loudest = max(songs, key=lambda track: track.loudest_lufs)
    softest = min(songs, key=lambda track: track.lufs_i)
    told = f"Side {side.letter}: loudest passage in {loudest.position} ({signed(loudest.loudest_lufs)} LUFS)"
    if max(track.lufs_i for track in songs) - softest.lufs_i > ALIKE_LU:
        told += f", lowest song {softest.position} ({signed(softest.lufs_i)} LUFS)"
    under_lu = round(loudest.loudest_lufs - songs[0].loudest_lufs, 1)
    if under_lu <= OPENING_LU:
        return [f"{told}."]
    return [f"{told}. It opens {under_lu:.1f} LU under that: set the level from {loudest.position}."]


def _spectrum(sides: Sequence[TapeSide]) -> list[str]:
    """What tape has no room for, where it was measured."""
    songs = [track for side in sides for track in side.sounding]
    bright = max(songs, key=lambda track: track.treble_db, default=None)
    found = [
        f"{track.position} has a lot where nothing is heard: its third octave at 20 Hz is only "
        f"{-track.bottom_db:.1f} dB under all of it; a high-pass at 20 Hz helps the tape."
        for track in songs
        if track.bottom_db > BOTTOM_MOST_DB
    ]
    if bright:
        found.append(
            f"Brightest is {bright.position}: what it has from 8 kHz up is {-bright.treble_db:.1f} dB under "
            "all of it; if the highs saturate, they do so there first."
        )
    return found


def _blank(sides: Sequence[TapeSide]) -> list[str]:
    """On any tape that holds the longer side."""
    shorter, longer = sorted(sides, key=lambda side: side.total_s)[:: max(len(sides) - 1, 1)]
    blank_s = longer.total_s - shorter.total_s
    if blank_s <= UNEVEN_S:
        return []
    return [
        f"Side {shorter.letter} ends with at least {minutes(blank_s)} min of blank tape: it is "
        f"{clock(shorter.total_s)} long, and side {longer.letter} {clock(longer.total_s)}."
    ]


def _length(note: CassetteNote) -> list[str]:
    if max(side.total_s for side in note.sides) <= LONG_SIDE_S and note.length_minutes <= LONG_MINUTES:
        return []
    return [
        "Ask whether tape of this length is loaded: pressingbusiness.co takes 30 minutes a side, "
        f"nationalaudiocompany.com {LONG_MINUTES} minutes in all."
    ]
