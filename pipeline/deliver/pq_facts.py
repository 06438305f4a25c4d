"""What a PQ sheet states of one disc, and what follows from its marks; all of it in sectors, 1/75 s."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise, zip_longest

from pipeline.cd.disc import PREGAP_SECTORS, Disc, DiscSums, DiscText, DiscTrack, Words

# The field of the Q channel that says what a track may be used for: what `Disc.copy` is called there.
FLAGS = {"no": "", "yes": "DCP", "scms": "SCMS"}
# What CD-Text can say of a disc and of a track.
KINDS = tuple(each.name for each in fields(Words))
# Of these, what is printed with each track.
NAMED = ("title", "performer")


@dataclass(frozen=True, slots=True, kw_only=True)
class PqFile:
    """A file of the fileset; None and "" are what is not known yet."""

    name: str
    bytes: int | None = None
    md5: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PqFacts:
    """All that is printed of one disc.

    `words` are the tracks', and `title` and `artist` the disc's, in any characters: CD-Text, in those of
    ISO 8859-1, is in `disc.texts`. `offsets` are sectors by which index 01 stands early, ends stand late and
    further indexes stand early, where there is room for it. `sums` is None before there is audio. `remarks`
    are sentences; what can be told from the marks alone is none of them.
    """

    disc: Disc
    sums: DiscSums | None = None
    files: tuple[PqFile, ...] = ()
    words: tuple[Words, ...]
    title: str
    artist: str
    label: str = ""
    catalog: str = ""
    date: str = ""
    engineer: str = ""
    house: str = ""
    contact: str = ""
    offsets: tuple[int, int, int] = (0, 0, 0)
    hidden_title: str = ""
    remarks: tuple[str, ...] = ()
    version: str

    def __post_init__(self) -> None:
        if len(self.words) != len(self.disc.tracks):
            raise ValueError(f"{len(self.disc.tracks)} tracks have {len(self.words)} words")


@dataclass(frozen=True, slots=True, kw_only=True)
class PqRow:
    """One mark; `track` is None for the lead-out.

    Index 00 has `pause_sectors`, up to index 01. Index 01 has `length_sectors`, up to the next track's index
    01 or the lead-out, and `audio_sectors`, which is that without the next track's pause.
    """

    track: DiscTrack | None
    index: int
    start_sector: int
    length_sectors: int | None = None
    pause_sectors: int | None = None
    audio_sectors: int | None = None

    @property
    def track_text(self) -> str:
        """`01` to `99`, and `AA` for the lead-out, as in the Q channel."""
        return f"{self.track.number:02d}" if self.track else "AA"


def pq_rows(disc: Disc) -> tuple[PqRow, ...]:
    """Every mark of a disc, in its order; the lead-out last."""
    following = zip_longest(disc.tracks, disc.tracks[1:])
    rows = [row for track, after in following for row in _track_rows(track, after)]
    return (*rows, PqRow(track=None, index=1, start_sector=disc.lead_out_sector))


def _track_rows(track: DiscTrack, after: DiscTrack | None) -> Iterator[PqRow]:
    audio_sectors = track.sectors - (_pause_sectors(after) if after else 0)
    of_index = {
        0: {"pause_sectors": _pause_sectors(track)},
        1: {"length_sectors": track.sectors, "audio_sectors": audio_sectors},
    }
    for index, sector in track.marks:
        yield PqRow(track=track, index=index, start_sector=sector, **of_index.get(index, {}))


def _pause_sectors(track: DiscTrack) -> int:
    return 0 if track.pause_sector is None else track.start_sector - track.pause_sector


@dataclass(frozen=True, slots=True)
class PqTotals:
    """Sums of a disc's rows, in sectors, and what they have to come to.

    `lengths` and `before`, which is all up to index 01 of track 1, reach the lead-out. `programme` is what is
    between 00:02:00 and there. `pauses` are those of all tracks, `inner_pauses` those within the lengths.
    """

    programme: int
    before: int
    lengths: int
    pauses: int
    inner_pauses: int
    audio: int


def totals(disc: Disc) -> PqTotals:
    rows = pq_rows(disc)
    first, *others = (_pause_sectors(track) for track in disc.tracks)
    return PqTotals(
        programme=disc.lead_out_sector - PREGAP_SECTORS,
        before=disc.starts[0],
        lengths=sum(row.length_sectors or 0 for row in rows),
        pauses=first + sum(others),
        inner_pauses=sum(others),
        audio=sum(row.audio_sectors or 0 for row in rows),
    )


def sounding_pauses(disc: Disc) -> list[int]:
    """Numbers of tracks before which a pause is not silent; what is hidden before track 1 is none of them."""
    tracks = disc.tracks[1:] if disc.hidden else disc.tracks
    return [
        track.number
        for track in tracks
        if track.pause_sector is not None and _sounds(disc, track.pause_sector, track.start_sector)
    ]


def joins(disc: Disc) -> list[int]:
    """Numbers of tracks that the next one follows without an index 00, with no silence laid between them.

    What their own sound is like there, which may be silence too, is not known here.
    """
    return [track.number for track in _unpaused(disc) if not _silence_laid(disc, track)]


def unmarked_pauses(disc: Disc) -> list[int]:
    """Numbers of tracks behind which silence is laid, but no index 00 stands."""
    return [track.number for track in _unpaused(disc) if _silence_laid(disc, track)]


def _unpaused(disc: Disc) -> list[DiscTrack]:
    """Tracks behind which there is one without an index 00."""
    return [track for track, after in pairwise(disc.tracks) if after.pause_sector is None]


def _silence_laid(disc: Disc, track: DiscTrack) -> bool:
    """Whether any is behind a track, on whichever side of the next one's index 01."""
    return any(part.sound_sectors < part.sectors for part in disc.parts if part.track == track.track)


def _sounds(disc: Disc, start_sector: int, stop_sector: int) -> bool:
    """Whether any sector of these is of a rendered track."""
    return any(
        part.start_sector < stop_sector and start_sector < part.start_sector + part.sound_sectors
        for part in disc.parts
    )


def tracks_by_words(text: DiscText, kind: str) -> dict[str, list[int]]:
    """Each of the words of a kind, with the tracks that have it; 0 is the disc."""
    found: dict[str, list[int]] = {}
    for number, words in enumerate((text.disc, *text.tracks)):
        if said := getattr(words, kind):
            found.setdefault(said, []).append(number)
    return found


def words_besides(texts: Sequence[DiscText]) -> list[tuple[str, str]]:
    """(kind, words) of all that CD-Text has besides titles and performers.

    A line is of all languages; where these differ each has its own.
    """
    by_language = {text.language: _words_besides(text) for text in texts}
    lines = []
    for kind in dict.fromkeys(kind for said in by_language.values() for kind in said):
        said = {language: words.get(kind, "–") for language, words in by_language.items()}
        if len(set(said.values())) == 1:
            lines.append((kind, next(iter(said.values()))))
        else:
            lines += [(f"{kind}, {language}", words) for language, words in said.items()]
    return lines


def _words_besides(text: DiscText) -> dict[str, str]:
    """Equal words once, whole, with their tracks: `Various (disc); A. Name (1–5, 7)`."""
    genre = f"{text.genre[1]} (code {text.genre[0]})" if text.genre else ""
    lines = {kind: _folded(tracks_by_words(text, kind)) for kind in KINDS if kind not in NAMED}
    lines |= {"genre": genre, "disc ID": text.disc_id}
    return {kind: line for kind, line in lines.items() if line}


def _folded(by_words: Mapping[str, Sequence[int]]) -> str:
    return "; ".join(f"{words}\u00a0({_places(numbers)})" for words, numbers in by_words.items())


def _places(numbers: Sequence[int]) -> str:
    """`disc, 1–12`."""
    tracks = spans([number for number in numbers if number])
    return ", ".join(filter(None, ("disc" if 0 in numbers else "", tracks)))


def spans(numbers: Sequence[int]) -> str:
    """Ascending numbers in words: `1–3, 5, 7–8`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
