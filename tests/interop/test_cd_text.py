"""Our CD-Text, read by libburn (through cdrskin) and libcdio; and libburn's, compared with ours and read."""

import ctypes
import dataclasses
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cd.disc import DiscText, Words
from pipeline.cd.text_names import with_disc_names
from pipeline.cd.text_packs import GENRES, LANGUAGES, LIBCDIO_BYTES_MOST
from pipeline.cd.text_reader import read_text
from pipeline.cd.text_writer import text_file
from tests.foreign import require, require_library

UPC = "4006381333931"
ISRCS = ("AA6Q72600001", "AA6Q72600002", "AA6Q72600003")
FERRY = DiscText(
    disc=Words(
        title="Night Ferry & Other Überfahrten",
        performer="The Harbour Lights",
        songwriter="Various",
        composer="J. Å. Søndergård",
        arranger="Çelik",
        message="Für alle, die ¿später? kommen",
    ),
    tracks=(
        Words(
            title="Départ",
            performer="A & B",
            songwriter="S1",
            composer="C1",
            arranger="A1",
            message="M1",
        ),
        Words(
            title="Twelve chars",
            performer="The Harbour Lights feat. Someone With a Long Name",
            songwriter="S2",
            composer="C2",
            arranger="A2",
            message="M2",
        ),
        Words(
            title="X",
            performer="ÿ",
            songwriter="S3",
            composer="C3",
            arranger="A3",
            message="M3",
        ),
    ),
    genre=(11, "Folk rock, with a choir of seamen"),
    disc_id="DRR-014",
)
FAEHRE = dataclasses.replace(
    FERRY, language="de", disc=dataclasses.replace(FERRY.disc, title="Nachtfähre für Fußgänger")
)


# Two tracks that have what the one before them has.
REPEATS = b"\t\0\t\0"


def payload(data: bytes) -> bytes:
    """The text of all packs, without their heads and CRCs."""
    return b"".join(data[start + 4 : start + 16] for start in range(0, len(data), 18))


# --- cdrskin, which is libburn: a sheet of "purpose = text" for each block

SHEET_WORDS = {
    "title": ("Album Title", "Track {:02} Title"),
    "performer": ("Artist Name", "Track {:02} Artist"),
    "songwriter": ("Songwriter", "Track {:02} Songwriter"),
    "composer": ("Composer", "Track {:02} Composer"),
    "arranger": ("Arranger", "Track {:02} Arranger"),
    "message": ("Album Message", "Track {:02} Message"),
}
# libburn writes out three genres otherwise.
SHEET_GENRES = {4: "Childrens Music", 20: "Pop Music", 23: "Rock Music"}
SHEET_LANGUAGES = {"en": "English", "de": "German"}


def sheets_of(data: bytes, folder: Path) -> list[dict[str, str]]:
    path = folder / "CDTEXT.BIN"
    path.write_bytes(data)
    command = [require("cdrskin"), "--no_rc", f"textfile_to_v07t={path}"]
    done = subprocess.run(command, check=True, capture_output=True)
    sheets: list[dict[str, str]] = []
    for line in done.stdout.decode("iso-8859-1").splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "Input Sheet Version":
            sheets.append({})
        elif sheets and key.strip() != "Remarks":
            sheets[-1][key.strip()] = value.removeprefix(" ")
    return sheets


def sheet_of(text: DiscText, upc: str, isrcs: Sequence[str]) -> dict[str, str]:
    """What the sheet of a text says; a type of which nobody says anything is left out."""
    sheet = {
        "Text Code": "8859",
        "Language Code": SHEET_LANGUAGES[text.language],
        "First Track Number": "1",
        "Last Track Number": f"{len(text.tracks)}",
        "Text Data Copy Protection": "OFF",
    }
    for name, (of_disc, of_track) in SHEET_WORDS.items():
        said = [getattr(words, name) for words in (text.disc, *text.tracks)]
        keys = [of_disc, *(of_track.format(number) for number in range(1, len(said)))]
        sheet |= dict(zip(keys, said, strict=True)) if any(said) else {}
    if text.disc_id:
        sheet["Catalog Number"] = text.disc_id
    if text.genre:
        code, name = text.genre
        sheet |= {"Genre Code": SHEET_GENRES.get(code, GENRES[code]), "Genre Information": name}
    if upc or any(isrcs):
        sheet |= {"UPC / EAN": upc, **{f"ISRC {number:02}": isrc for number, isrc in enumerate(isrcs, 1)}}
    return sheet


def test_cdrskin_reads_all_words_in_two_languages(tmp_path: Path) -> None:
    data = text_file([FERRY, FAEHRE], UPC, ISRCS)
    assert sheets_of(data, tmp_path) == [sheet_of(text, UPC, ISRCS) for text in (FERRY, FAEHRE)]


def test_cdrskin_reads_what_is_empty_as_empty(tmp_path: Path) -> None:
    text = DiscText(
        disc=Words(title="T"),
        tracks=(Words(songwriter="S1"), Words(title="Two", performer="P2"), Words(title="Three")),
    )
    (sheet,) = sheets_of(text_file([text], "", ("", "", ISRCS[2])), tmp_path)
    assert sheet == sheet_of(text, "", ("", "", ISRCS[2]))


def many(tracks: int, title: str) -> DiscText:
    words = (Words(title=f"No. {n} of {tracks}", performer="Harbour Lights") for n in range(1, tracks + 1))
    return DiscText(disc=Words(title=title, performer="Harbour Lights"), tracks=tuple(words))


def test_cdrskin_reads_many_tracks_and_repeats(tmp_path: Path) -> None:
    """98 tracks: of 99 libburn 1.5.4 says that there can be no such disc."""
    for title in ("T", "x" * 1000):
        data = text_file([many(98, title)], "", [""] * 98)
        assert (REPEATS in payload(data)) == (title != "T")
        assert sheets_of(data, tmp_path) == [sheet_of(many(98, title), "", [""] * 98)]


# --- libcdio: cdtext.h of version 2.1; the numbers are those of cdtext_field_t

LIBCDIO = "libcdio.so.19"
FIELDS = (
    "title",
    "performer",
    "songwriter",
    "composer",
    "message",
    "arranger",
    "isrc",
    "upc",
    "genre",
    "disc_id",
)


@contextmanager
def parsed(data: bytes) -> Iterator[tuple[ctypes.CDLL, ctypes.c_void_p]]:
    library = require_library(LIBCDIO)
    library.cdtext_init.restype = ctypes.c_void_p
    library.cdtext_get_const.restype = ctypes.c_char_p
    library.cdtext_get_const.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint8]
    library.cdtext_list_languages.restype = ctypes.POINTER(ctypes.c_int * 8)
    library.cdtext_select_language.restype = ctypes.c_bool
    text = ctypes.c_void_p(library.cdtext_init())
    try:
        assert library.cdtext_data_init(text, data, ctypes.c_size_t(len(data))) == 0
        yield library, text
    finally:
        library.cdtext_destroy(text)


def fields(library: ctypes.CDLL, text: ctypes.c_void_p, track: int) -> dict[str, str]:
    values = {name: library.cdtext_get_const(text, number, track) for number, name in enumerate(FIELDS)}
    return {name: value.decode() for name, value in values.items() if value is not None}


@pytest.mark.parametrize("texts", [(FERRY,), (FERRY, FAEHRE), (FAEHRE, FERRY)])
def test_libcdio_reads_all_words(texts: Sequence[DiscText]) -> None:
    with parsed(text_file(texts, UPC, ISRCS)) as (library, text):
        codes = [LANGUAGES[each.language] for each in texts]
        assert list(library.cdtext_list_languages(text).contents) == codes + [0] * (8 - len(codes))
        assert (library.cdtext_get_first_track(text), library.cdtext_get_last_track(text)) == (1, 3)
        for each in texts:
            assert library.cdtext_select_language(text, LANGUAGES[each.language])
            assert each.genre
            assert library.cdtext_get_genre(text) == each.genre[0]
            disc = dataclasses.asdict(each.disc) | {
                "upc": UPC,
                "genre": each.genre[1],
                "disc_id": each.disc_id,
            }
            assert fields(library, text, 0) == disc
            for number, words in enumerate(each.tracks, 1):
                expected = dataclasses.asdict(words) | {"isrc": ISRCS[number - 1]}
                assert fields(library, text, number) == expected


def read_by_libcdio(name: str, disc: str, *tracks: str) -> list[str]:
    """What it shows for the disc and for each track."""
    words = tuple(Words(title="T", **{name: track}) for track in tracks)
    written = DiscText(disc=Words(title="T", **{name: disc}), tracks=words)
    with parsed(text_file([written], "", [""] * len(tracks))) as (library, text):
        return [fields(library, text, number).get(name, "") for number in range(len(tracks) + 1)]


@pytest.mark.parametrize("name", ["composer", "message"])
def test_libcdio_passes_over_what_is_empty(name: str) -> None:
    """The reason for the "Various" of a disc; and a track without is shown what the next one has."""
    assert read_by_libcdio(name, "D", "1", "2", "3") == ["D", "1", "2", "3"]
    assert read_by_libcdio(name, "", "1", "2", "3") == ["1", "2", "3", ""]
    assert read_by_libcdio(name, "D", "1", "", "3") == ["D", "1", "3", ""]
    assert read_by_libcdio(name, "D", "1", "2", "") == ["D", "1", "2", ""]


def test_libcdio_has_the_name_that_is_made_up_for_a_disc() -> None:
    tracks = tuple(Words(composer=f"C{number}") for number in (1, 2, 3))
    disc = with_disc_names(Words(), tracks)
    assert read_by_libcdio("composer", disc.composer, "C1", "C2", "C3") == ["Various", "C1", "C2", "C3"]


def test_libcdio_reads_nothing_where_a_string_is_too_long() -> None:
    assert read_by_libcdio("message", "x" * LIBCDIO_BYTES_MOST, "1")[1] == "1"
    library = require_library(LIBCDIO)
    library.cdtext_init.restype = ctypes.c_void_p
    data = text_file([DiscText(disc=Words(title="x" * 254), tracks=(Words(title="1"),))], "", [""])
    text = ctypes.c_void_p(library.cdtext_init())
    assert library.cdtext_data_init(text, data, ctypes.c_size_t(len(data))) != 0
    library.cdtext_destroy(text)


@pytest.mark.parametrize("coded", [False, True])
def test_libcdio_reads_99_tracks_and_repeats(coded: bool) -> None:
    """With their ISRCs, which leave no room for the performer in full."""
    disc = many(99, "T")
    isrcs = [f"AA6Q726{number:05}" * coded for number in range(1, 100)]
    data = text_file([disc], "", isrcs)
    assert (REPEATS in payload(data)) == coded
    with parsed(data) as (library, text):
        for number, (words, isrc) in enumerate(zip(disc.tracks, isrcs, strict=True), 1):
            expected = {"title": words.title, "performer": words.performer}
            assert fields(library, text, number) == expected | ({"isrc": isrc} if coded else {})


def test_libcdio_knows_the_codes_of_languages_and_genres() -> None:
    library = require_library(LIBCDIO)
    library.cdtext_genre2str.restype = library.cdtext_lang2str.restype = ctypes.c_char_p
    theirs = {4: "Childrens Music", 20: "Pop Music", 23: "Rock Music"}
    for code, name in GENRES.items():
        assert library.cdtext_genre2str(code).decode() == theirs.get(code, name)
    english = {"pl": "Polish", "cs": "Czech", "hr": "Croatian", "el": "Greek", "wa": "Wallon", "zu": "Zulu"}
    english |= {"ja": "Japanese", "uk": "Ukrainian", "sr": "Serbian", "he": "Hebrew", "am": "Amharic"}
    for iso, name in english.items():
        assert library.cdtext_lang2str(LANGUAGES[iso]).decode() == name


# --- libburn as a writer: libburn.h

LIBBURN = "libburn.so.4"


class TheirSession:
    """A CD in the making, of some tracks."""

    def __init__(self, tracks: int) -> None:
        self.library = require_library(LIBBURN)
        self.library.burn_session_create.restype = self.library.burn_track_create.restype = ctypes.c_void_p
        assert self.library.burn_initialize()
        self.session = ctypes.c_void_p(self.library.burn_session_create())
        self.tracks = [ctypes.c_void_p(self.library.burn_track_create()) for _ in range(tracks)]
        for track in self.tracks:
            assert self.library.burn_session_add_track(self.session, track, ctypes.c_uint(100))

    def packs(self) -> bytes:
        """Of the CD-Text that it has been given; it is over then."""
        packs, count = ctypes.POINTER(ctypes.c_ubyte)(), ctypes.c_int()
        made = self.library.burn_cdtext_from_session(
            self.session, ctypes.byref(packs), ctypes.byref(count), 0
        )
        assert made > 0
        text = bytes(packs[: 18 * count.value])
        ctypes.CDLL(None).free(packs)
        for track in self.tracks:
            self.library.burn_track_free(track)
        self.library.burn_session_free(self.session)
        return text


def their_packs(sheets: Sequence[bytes], tracks: int, folder: Path) -> bytes:
    """What libburn makes of sheets, one for each language."""
    cd = TheirSession(tracks)
    for block, sheet in enumerate(sheets):
        path = folder / "sheet.txt"
        path.write_bytes(sheet)
        assert cd.library.burn_session_input_sheet_v07t(cd.session, os.fsencode(path), block, 0) > 0
    return cd.packs()


def sheet_lines(sheet: dict[str, str], encoding: str = "iso-8859-1") -> bytes:
    return "".join(f"{key} = {value}\n" for key, value in sheet.items()).encode(encoding)


def test_libburn_writes_the_same_bytes(tmp_path: Path) -> None:
    sheets = [sheet_lines(sheet_of(text, UPC, ISRCS)) for text in (FERRY, FAEHRE)]
    assert their_packs(sheets, 3, tmp_path) == text_file([FERRY, FAEHRE], UPC, ISRCS)


LETTERS = st.text("aäéÿ xyz&,", min_size=1, max_size=60).map(lambda text: f"<{text}>")


@st.composite
def texts(draw: st.DrawFn) -> DiscText:
    """None empty for the disc, which libburn leaves out, nor twice the same, which it shortens."""
    names = draw(st.sets(st.sampled_from(sorted(SHEET_WORDS)), min_size=1))
    count = draw(st.integers(1, 8))
    said = {
        name: draw(st.lists(LETTERS, min_size=count + 1, max_size=count + 1, unique=True))
        for name in sorted(names)
    }
    for strings in said.values():
        for empty in draw(st.sets(st.integers(1, count), max_size=2)):
            strings[empty] = ""
    words = [Words(**{name: strings[place] for name, strings in said.items()}) for place in range(count + 1)]
    genre = draw(
        st.none() | st.tuples(st.sampled_from(sorted(GENRES)), st.text("abc", min_size=1, max_size=40))
    )
    return DiscText(
        language=draw(st.sampled_from(sorted(SHEET_LANGUAGES))),
        disc=words[0],
        tracks=tuple(words[1:]),
        genre=genre,
        disc_id=draw(st.sampled_from(["", "DRR-014", "a catalogue number over some packs"])),
    )


@given(text=texts(), upc=st.sampled_from(["", UPC]))
@settings(max_examples=60, deadline=None)
def test_libburn_writes_the_same_bytes_of_any_words(
    tmp_path_factory: pytest.TempPathFactory, text: DiscText, upc: str
) -> None:
    isrcs = [f"AA6Q726{number:05}" if upc else "" for number in range(1, len(text.tracks) + 1)]
    sheet = sheet_lines(sheet_of(text, upc, isrcs))
    theirs = their_packs([sheet], len(text.tracks), tmp_path_factory.mktemp("sheet"))
    assert theirs == text_file([text], upc, isrcs)


def test_the_repeats_of_libburn_are_read(tmp_path: Path) -> None:
    same = tuple(dataclasses.replace(words, performer="Duo") for words in FERRY.tracks)
    text = dataclasses.replace(FERRY, tracks=same)
    theirs = their_packs([sheet_lines(sheet_of(text, UPC, ISRCS))], 3, tmp_path)
    assert REPEATS in payload(theirs)
    contents = read_text(theirs)
    assert contents.faults == ()
    (block,) = contents.blocks
    assert (block.disc, block.tracks, block.genre) == (text.disc, text.tracks, text.genre)


def test_the_double_bytes_of_libburn_are_read() -> None:
    """Through its calls: from a sheet it writes those of the disc alone. Its positions count characters."""
    titles = ("夜のフェリー", "最後の船は夕方に出る", "最後の船は夕方に出る", "朝")
    cd = TheirSession(3)
    codes, unchanged, languages = ((ctypes.c_int * 8)(first, *[-1] * 7) for first in (0x80, -1, 0x69))
    assert cd.library.burn_session_set_cdtext_par(cd.session, codes, unchanged, languages, 0) > 0
    setters = [cd.library.burn_session_set_cdtext, *[cd.library.burn_track_set_cdtext] * 3]
    for setter, owner, title in zip(setters, (cd.session, *cd.tracks), titles, strict=True):
        payload = title.encode("shift_jis") + b"\0\0"
        assert setter(owner, 0, 0x80, b"", payload, len(payload), 1) > 0
    contents = read_text(cd.packs())
    assert (contents.faults, contents.remarks) == ((), ())
    (block,) = contents.blocks
    assert (block.language, block.charset) == ("ja", 0x80)
    assert (block.disc.title, *(words.title for words in block.tracks)) == titles
