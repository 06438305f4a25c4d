"""A PQ sheet as texts, ready for the page."""

from collections.abc import Iterator, Sequence, Set
from typing import Any

from pipeline.cd.disc import Disc, DiscText, Words
from pipeline.cd.disc_ids import accuraterip_id, cddb_id, musicbrainz_id
from pipeline.cd.msf import msf
from pipeline.deliver.note_words import WORD_MOST, breakable
from pipeline.deliver.pq_facts import (
    FLAGS,
    NAMED,
    PqFacts,
    PqFile,
    PqRow,
    joins,
    pq_rows,
    sounding_pauses,
    spans,
    totals,
    tracks_by_words,
    unmarked_pauses,
    words_besides,
)

COPY = {
    "no": "not permitted (no copy flag)",
    "yes": "permitted (DCP)",
    "scms": "one generation (SCMS)",
}
# What a cell holds: a row stays on one page, whatever a title is like. The CSV has it whole.
TEXT_MOST = 160
# Words that are wider may be broken, so that the narrowest column of texts is not left.
NAME_MOST = 16
NONE = "–"
# Signs for which CD-Text has plainer ones that nobody would call another spelling.
PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})


def view(facts: PqFacts) -> dict[str, Any]:
    """The sheet for its template."""
    disc, rows = facts.disc, pq_rows(facts.disc)
    sounding = frozenset(sounding_pauses(disc))
    return {
        "artist": _typed(facts.artist),
        "title": _typed(facts.title),
        "on_disc": _on_disc(facts),
        "name": _typed(disc.master_id or facts.catalog),
        "disc": f"disc {disc.number} of {disc.count}" if disc.count > 1 else "",
        "figures": _figures(disc),
        "about": _about(facts),
        "notice": [*_hidden(facts), *_notice(disc), *map(breakable, facts.remarks)],
        "rows": [_row(facts, row, sounding) for row in rows],
        "sum": {"length": msf(totals(disc).lengths), "pause": msf(totals(disc).pauses)},
        "proof": _proof(disc),
        "languages": [_language(text) for text in disc.texts[1:]],
        "besides": [[name, breakable(words)] for name, words in words_besides(disc.texts)],
        "sums": _sums(facts),
        "ids": _ids(facts),
        "files": [_file(file) for file in facts.files],
        "version": facts.version,
    }


def _typed(text: str, longest: int = WORD_MOST) -> str:
    """What people typed, cut to what a place holds."""
    short = text if len(text) <= TEXT_MOST else f"{text[: TEXT_MOST - 1].rstrip()}…"
    return breakable(short, longest)


def _figures(disc: Disc) -> list[list[str]]:
    """(name, figure, what it is): what a plant checks first."""
    count, sectors = len(disc.tracks), disc.lead_out_sector
    upc_a = f"UPC-A {disc.upc[1:]}" if disc.upc.startswith("0") else "EAN-13"
    return [
        ["Tracks", str(count), f"{len(pq_rows(disc)) - 1} marks"],
        ["Total time", msf(totals(disc).programme), "from 00:02:00 to the lead-out"],
        ["Lead-out", msf(sectors), f"absolute; an image of {_grouped(sectors)} frames"],
        ["UPC/EAN", disc.upc or "none", upc_a if disc.upc else "no catalogue number on the disc"],
    ]


def _on_disc(facts: PqFacts) -> str:
    """Artist and title as CD-Text has them, where that is otherwise."""
    if not facts.disc.texts:
        return ""
    first = facts.disc.texts[0].disc
    differs = _other(facts.title, first.title) or _other(facts.artist, first.performer)
    return f"CD-Text: {_typed(first.performer or NONE)} – {_typed(first.title or NONE)}" if differs else ""


def _other(text: str, on_disc: str) -> bool:
    return text.translate(PLAIN) != on_disc.translate(PLAIN)


def _about(facts: PqFacts) -> list[list[list[str]]]:
    """Two columns of (name, text): whose it is, and what it is."""
    whose = {
        "Label, client": _typed(facts.label),
        "Catalogue number": _typed(facts.catalog),
        "Master ID": _typed(facts.disc.master_id),
        "Release date": facts.date,
        "Mastered by": _typed(", ".join(filter(None, (facts.engineer, facts.house)))),
        "Questions to": _typed(facts.contact),
    }
    what = {
        "Format": f"Audio CD{', DDP 2.00' * bool(facts.files)}; 44.1 kHz, 16 bit, stereo",
        "ISRC": _isrcs(facts.disc),
        "CD-Text": _cd_text(facts.disc),
        "Copying": COPY[facts.disc.copy],
        "Pre-emphasis": "none",
        "Offsets of marks": _offsets(facts.offsets),
    }
    if not facts.contact:
        del whose["Questions to"]
    return [[[name, text or NONE] for name, text in column.items()] for column in (whose, what)]


def _isrcs(disc: Disc) -> str:
    without = [track.number for track in disc.tracks if not track.isrc]
    if not without:
        return "on every track"
    count = len(disc.tracks)
    if len(without) == count:
        return "none"
    return f"{count - len(without)} of {count} tracks; none on {spans(without)}"


def _cd_text(disc: Disc) -> str:
    if not disc.texts:
        return "none"
    kinds = [kind for kind in NAMED if any(tracks_by_words(text, kind) for text in disc.texts)]
    more = ["more as listed below"] * bool(words_besides(disc.texts))
    languages = ", ".join(text.language for text in disc.texts)
    return f"{languages}: {', '.join([*kinds, *more])}"


def _offsets(offsets: tuple[int, int, int]) -> str:
    """Sectors are called frames, as they are wherever discs are made.

    No mark stands in the sound of another track, nor an index before the one that precedes it.
    """
    start, end, index = offsets
    ends = [f"starts {start} early"] * bool(start) + [f"ends {end} late"] * bool(end)
    moved = [f"{', '.join(ends)} where there is silence"] * bool(ends)
    moved += [f"further indexes {index} early where there is room"] * bool(index)
    return f"{'; '.join(moved)} (frames, in the times below)" if moved else "none"


# What is to be noticed


def _hidden(facts: PqFacts) -> Iterator[str]:
    """What is hidden before track 1."""
    if not facts.disc.hidden:
        return
    part = facts.disc.parts[0]
    stop_sector = part.start_sector + part.sound_sectors
    yield (
        f"Hidden track {_hidden_title(facts)}before track 1, as meant: from {msf(part.start_sector)} to "
        f"{msf(stop_sector)}, {msf(part.sound_sectors)} long."
    )


def _hidden_title(facts: PqFacts) -> str:
    return f"“{_typed(facts.hidden_title)}” " if facts.hidden_title else ""


def _notice(disc: Disc) -> Iterator[str]:
    """What would be queried: it can be told from the marks and from where silence is laid."""
    sounding, joined, unmarked = sounding_pauses(disc), joins(disc), unmarked_pauses(disc)
    further = [track.number for track in disc.tracks if track.index_sectors]
    if sounding:
        yield f"Not silent, as meant: the pause before {_tracks(sounding)}."
    else:
        every = "Every other" if disc.hidden else "No hidden track; every"
        yield f"{every} marked pause is digital silence."
    if joined:
        yield f"No pause is marked after {_tracks(joined)}, as meant: the next one follows without index 00."
    if unmarked:
        yield f"Silence is laid after {_tracks(unmarked)} that no index 00 marks, as meant."
    if further:
        yield f"Indexes beyond 01: in {_tracks(further)}."


def _tracks(numbers: Sequence[int]) -> str:
    return f"track{'s' * (len(numbers) > 1)} {spans(numbers)}"


# The marks


def _row(facts: PqFacts, row: PqRow, sounding: Set[int]) -> dict[str, Any]:
    """`sounding` are the tracks before which the pause is not silent."""
    times = {
        "track": row.track_text,
        "index": f"{row.index:02d}",
        "start": msf(row.start_sector),
        "length": _time(row.length_sectors),
        "pause": _time(row.pause_sectors),
        "paused": row.index == 1 and row.track is not None and row.track.pause_sector is not None,
    }
    empty = dict.fromkeys(("isrc", "flags", "title", "title_on_disc", "performer", "performer_on_disc"), "")
    return times | empty | _said(facts, row, sounding)


def _time(sectors: int | None) -> str:
    return "" if sectors is None else msf(sectors)


def _said(facts: PqFacts, row: PqRow, sounding: Set[int]) -> dict[str, str]:
    """What a row has besides its times."""
    if row.track is None:
        return {"title": "lead-out"}
    if row.index == 1:
        return _named(facts, row.track.number - 1)
    if row.index > 1:
        return {"title": f"{msf(row.start_sector - row.track.start_sector)} into the track"}
    if row.track.number == 1 and facts.disc.hidden:
        return {"title": f"hidden track {_hidden_title(facts)}".rstrip()}
    return {"title": "not silent"} if row.track.number in sounding else {}


def _named(facts: PqFacts, place: int) -> dict[str, str]:
    """What is said of a track; what CD-Text has is beside it where that is otherwise."""
    own, disc = facts.words[place], facts.disc
    on_disc = disc.texts[0].tracks[place] if disc.texts else own
    return {
        "isrc": disc.tracks[place].isrc or NONE,
        "flags": FLAGS[disc.copy] or NONE,
        "title": _typed(own.title),
        "title_on_disc": _beside(own.title, on_disc.title, WORD_MOST),
        "performer": _typed(own.performer, NAME_MOST),
        "performer_on_disc": _beside(own.performer, on_disc.performer, NAME_MOST),
    }


def _beside(text: str, on_disc: str, longest: int) -> str:
    return (_typed(on_disc, longest) or NONE) if _other(text, on_disc) else ""


def _proof(disc: Disc) -> str:
    """Both sums, each against what it has to come to."""
    sums = totals(disc)
    return (
        f"Sums: {msf(sums.before)} before track 1 + lengths {msf(sums.lengths)} = lead-out "
        f"{msf(sums.before + sums.lengths)}; in the lengths are audio {msf(sums.audio)} + all pauses but the "
        f"first {msf(sums.inner_pauses)}."
    )


def _language(text: DiscText) -> dict[str, Any]:
    """CD-Text in a further language."""
    return {
        "language": text.language,
        "disc": " – ".join(_typed(each) for each in (text.disc.performer, text.disc.title) if each),
        "tracks": [[f"{number:02d}", _named_in(text, words)] for number, words in enumerate(text.tracks, 1)],
    }


def _named_in(text: DiscText, words: Words) -> str:
    """A title in a further language; with the performer, where that is not the disc's."""
    own = words.performer not in ("", text.disc.performer)
    return (_typed(words.title) or NONE) + (f" ({_typed(words.performer)})" if own else "")


# Sums and files


def _sums(facts: PqFacts) -> list[list[str]]:
    if facts.sums is None:
        return []
    return [
        [f"{number:02d}", each.crc32, each.accuraterip_v1, each.accuraterip_v2]
        for number, each in enumerate(facts.sums.tracks, 1)
    ]


def _ids(facts: PqFacts) -> list[list[str]]:
    named = {"MusicBrainz disc ID": musicbrainz_id, "CDDB": cddb_id, "AccurateRip": accuraterip_id}
    disc = facts.disc
    ids = [[name, of(disc.starts, disc.lead_out_sector)] for name, of in named.items()]
    return [*ids, ["Image CRC-32", facts.sums.image_crc32]] if facts.sums else ids


def _file(file: PqFile) -> list[str]:
    size = NONE if file.bytes is None else _grouped(file.bytes)
    return [_typed(file.name), size, file.md5 or NONE]


def _grouped(number: int) -> str:
    """Thousands apart, by what no number is broken at."""
    return f"{number:,}".replace(",", "\u202f")
