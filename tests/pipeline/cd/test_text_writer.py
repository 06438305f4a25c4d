"""CD-Text is written byte for byte as MMC-3 and libburn have it, and never cut off."""

import dataclasses

import pytest

from pipeline.cd.disc import DiscText, Words
from pipeline.cd.text_packs import GENRES, LANGUAGE_CODES, LANGUAGES, WORDS, PackType, crc16
from pipeline.cd.text_reader import read_text
from pipeline.cd.text_writer import TextTooLongError, genre_code, text_file
from tests.pipeline.cd.text_damages import WORKED, cut

UPC = "4006381333931"
ISRCS = ("AA6Q72600001", "AA6Q72600002")
TINY = DiscText(
    disc=Words(title="Tiny", performer="Duo"),
    tracks=(
        Words(title="A Rather Long First Song", performer="Duo"),
        Words(title="Café", performer="Duo feat. Z"),
    ),
)


def titled(*titles, **more):
    disc, *tracks = titles
    return DiscText(disc=Words(title=disc), tracks=tuple(Words(title=title) for title in tracks), **more)


def written(text, upc="", isrcs=None):
    return cut(text_file([text], upc, isrcs if isrcs is not None else [""] * len(text.tracks)))


def of_type(packs, kind):
    return [pack for pack in packs if pack[0] == kind]


def payload(packs, kind):
    return b"".join(pack[4:16] for pack in of_type(packs, kind))


def sizes(packs):
    return payload(packs[-3:], PackType.SIZES)


def remainder(content):
    """Of the division by x¹⁶+x¹²+x⁵+1 as polynomials of bits, inverted."""
    bits = int.from_bytes(content, "big") << 16
    for place in range(bits.bit_length(), 16, -1):
        if bits >> place - 1 & 1:
            bits ^= 0x11021 << place - 17
    return bits ^ 0xFFFF


# --- packs


def test_the_worked_example_is_written_byte_for_byte():
    packs = cut(text_file([TINY], UPC, ISRCS))
    assert [pack.hex(" ") for pack in packs] == [pack.hex(" ") for pack in cut(WORKED)]


# Packs of cue2ddp and of libburn, and the two of a title of just twelve characters.
@pytest.mark.parametrize(
    ("content", "crc"),
    [
        ("8f002a00 010103000605040507060102", "4865"),
        ("88002300 010e003f0212000000000000", "1200"),
        ("80000000 313233343536373839303132", "A30C"),
        ("8000010c 006162636465666768696a6b", "F05C"),
        *((pack[:16].hex(), pack[16:].hex().upper()) for pack in cut(WORKED)),
    ],
)
def test_crc_is_that_of_known_packs(content, crc):
    content = bytes.fromhex(content)
    assert crc16(content).hex().upper() == crc
    assert f"{remainder(content):04X}" == crc


def test_a_pack_that_begins_with_a_terminator_is_of_the_string_that_it_ends():
    packs = written(titled("123456789012", "abcdefghijk", "x"))
    expected = [
        "80 00 00 00  31 32 33 34 35 36 37 38 39 30 31 32",
        "80 00 01 0c  00 61 62 63 64 65 66 67 68 69 6a 6b",
        "80 01 02 0b  00 78 00 00 00 00 00 00 00 00 00 00",
        "8f 00 03 00  00 01 02 00 03 00 00 00 00 00 00 00",
        "8f 01 04 00  00 00 00 00 00 00 00 03 05 00 00 00",
        "8f 02 05 00  00 00 00 00 09 00 00 00 00 00 00 00",
    ]
    assert [pack[:16] for pack in packs] == [bytes.fromhex(row) for row in expected]
    assert [pack[16:] for pack in packs] == [remainder(pack[:16]).to_bytes(2, "big") for pack in packs]


@pytest.mark.parametrize(
    ("characters", "positions"),
    [(11, [0]), (12, [0, 12]), (23, [0, 12]), (24, [0, 12, 15]), (36, [0, 12, 15, 15])],
)
def test_a_terminator_may_need_a_pack_of_its_own(characters, positions):
    packs = of_type(written(titled("x" * characters, "")), PackType.TITLE)
    assert [pack[3] for pack in packs][: len(positions)] == positions
    assert payload(packs, PackType.TITLE).rstrip(b"\0") == b"x" * characters


def test_empty_titles_are_terminators_alone():
    packs = written(titled("Disc", "One", "", "", "Four", ""))
    assert payload(packs, PackType.TITLE) == b"Disc\0One\0\0\0Four\0\0".ljust(24, b"\0")
    # The second pack begins in the fourth title, behind "Fo".
    assert [tuple(pack[:4]) for pack in of_type(packs, PackType.TITLE)] == [(128, 0, 0, 0), (128, 4, 1, 1)]


def test_99_tracks_and_long_strings_fit():
    names = [*(f"Track {number}" for number in range(1, 99)), "Track ninety-nine"]
    packs = written(titled("x" * 400, *names))
    assert sizes(packs)[:3] == bytes((0x00, 1, 99))
    assert payload(packs, PackType.TITLE).rstrip(b"\0").split(b"\0")[1:] == [name.encode() for name in names]
    assert max(pack[1] for pack in of_type(packs, PackType.TITLE)) == 99


# --- types


def test_types_ascend_and_are_there_when_something_is_said():
    text = DiscText(
        disc=Words(title="T", songwriter="S", message="M"),
        tracks=(Words(arranger="A"),),
        genre=(14, "Free jazz"),
        disc_id="DRR-014",
    )
    packs = written(text, UPC, ISRCS[:1])
    kinds = [pack[0] for pack in packs]
    assert sorted(set(kinds)) == [0x80, 0x82, 0x84, 0x85, 0x86, 0x87, 0x8E, 0x8F]
    assert kinds == sorted(kinds)
    assert list(sizes(packs)[4:20]) == [kinds.count(kind) for kind in range(0x80, 0x90)]
    assert payload(packs, PackType.DISC_ID) == b"DRR-014".ljust(12, b"\0")
    assert payload(packs, PackType.GENRE) == b"\0\x0eFree jazz".ljust(12, b"\0")


def test_the_code_of_a_genre_counts_for_no_position():
    packs = of_type(written(titled("T", "", genre=(23, "x" * 30))), PackType.GENRE)
    assert [pack[3] for pack in packs] == [0, 10, 15]


def test_a_genre_may_be_its_code_alone():
    assert payload(written(titled("T", "", genre=(5, ""))), PackType.GENRE) == bytes((0, 5)).ljust(12, b"\0")


def test_codes_are_written_when_there_are_any():
    assert of_type(written(TINY), PackType.CODES) == []
    assert payload(written(TINY, UPC), PackType.CODES) == f"{UPC}\0\0\0".encode().ljust(24, b"\0")
    isrc_alone = payload(written(TINY, "", ("", ISRCS[1])), PackType.CODES)
    assert isrc_alone == f"\0\0{ISRCS[1]}\0".encode().ljust(24, b"\0")


def test_when_one_track_has_a_performer_all_have_a_string():
    tracks = (Words(title="One"), Words(title="Two", performer="Z"), Words(title="Three"))
    packs = written(DiscText(disc=Words(title="T", performer="Duo"), tracks=tracks))
    assert payload(packs, PackType.PERFORMER).startswith(b"Duo\0\0Z\0\0")


@pytest.mark.parametrize("name", sorted(WORDS.values()))
def test_words_are_written_as_they_are(name):
    """Nothing is made up for a disc of which only tracks say something."""
    text = DiscText(disc=Words(), tracks=(Words(**{name: "A"}), Words(), Words(**{name: "B"})))
    (block,) = read_text(b"".join(written(text))).blocks
    assert (block.disc, block.tracks) == (text.disc, text.tracks)


# --- sizes and languages


def test_each_language_has_its_own_sequence_and_all_have_the_same_table():
    longer = dataclasses.replace(TINY, language="de", disc=Words(title="Winzig und länger", performer="Duo"))
    packs = cut(text_file([TINY, longer], UPC, ISRCS))
    blocks = [[pack for pack in packs if pack[3] >> 4 == number] for number in (0, 1)]
    assert [*blocks[0], *blocks[1]] == packs
    assert [[pack[2] for pack in block] for block in blocks] == [list(range(12)), list(range(13))]
    table = bytes((11, 12, 0, 0, 0, 0, 0, 0, 0x09, 0x08, 0, 0, 0, 0, 0, 0))
    assert [sizes(block)[20:] for block in blocks] == [table, table]
    assert [sizes(block)[4] for block in blocks] == [3, 4]
    assert blocks[0][:9] == cut(WORKED)[:9]


def test_there_are_eight_languages_at_most():
    languages = sorted(LANGUAGES)[:9]
    texts = [dataclasses.replace(TINY, language=language) for language in languages]
    packs = cut(text_file(texts[:8], UPC, ISRCS))
    assert [block.language for block in read_text(b"".join(packs)).blocks] == languages[:8]
    with pytest.raises(ValueError, match="room for 8 languages"):
        text_file(texts, UPC, ISRCS)


def test_languages_have_the_codes_of_ebu_tech_3264():
    known = {"da": 0x07, "de": 0x08, "en": 0x09, "es": 0x0A, "fr": 0x0F, "it": 0x15, "nl": 0x1D, "no": 0x1E}
    known |= {"pl": 0x20, "pt": 0x21, "fi": 0x27, "sv": 0x28, "tr": 0x29, "ru": 0x56, "ko": 0x65, "ja": 0x69}
    known |= {"el": 0x70, "zh": 0x75, "nb": 0x1E}
    assert {iso: LANGUAGES[iso] for iso in known} == known
    assert set(LANGUAGES.values()) < set(LANGUAGE_CODES)


def test_without_a_text_there_is_no_file():
    assert text_file([], UPC, ISRCS) == b""


# --- what does not fit


def test_a_block_may_be_just_full():
    # 253 packs of 12 bytes hold 3036: two strings and two terminators.
    full = written(titled("x" * 2000, "y" * 1034))
    assert len(full) == 256
    assert full[-1][2] == sizes(full)[20] == 255
    assert sizes(full)[4] == 253
    with pytest.raises(
        TextTooLongError, match="CD-Text in en takes 254 packs, and a block holds 253"
    ) as caught:
        written(titled("x" * 2000, "y" * 1035))
    assert (caught.value.language, caught.value.packs_needed, caught.value.packs_most) == ("en", 254, 253)


def test_repeats_are_shortened_only_where_the_text_does_not_fit():
    tracks = tuple(Words(title=f"{number}", performer="The Harbour Lights") for number in range(1, 100))
    little = DiscText(disc=Words(title="T", performer="The Harbour Lights"), tracks=tracks)
    assert b"\t" not in payload(written(little), PackType.PERFORMER)
    much = dataclasses.replace(little, disc=dataclasses.replace(little.disc, title="x" * 1000))
    short = text_file([much], "", [""] * 99)
    # The first track has its performer in full, as has the disc.
    shortened = b"The Harbour Lights\0" * 2 + b"\t\0" * 98
    assert payload(cut(short), PackType.PERFORMER).rstrip(b"\0") == shortened.rstrip(b"\0")
    (block,) = read_text(short).blocks
    assert (block.disc, block.tracks) == (much.disc, much.tracks)


def test_only_the_language_that_does_not_fit_is_shortened():
    tracks = tuple(Words(title="The same long title " * 3) for _ in range(60))
    long = DiscText(disc=Words(title="T"), tracks=tracks)
    short = DiscText(language="de", disc=Words(title="T"), tracks=(Words(title="Lang"),) * 60)
    data = text_file([long, short], "", [""] * 60)
    packs = cut(data)
    assert b"\t" in payload([pack for pack in packs if pack[3] >> 4 == 0], PackType.TITLE)
    assert b"\t" not in payload([pack for pack in packs if pack[3] >> 4 == 1], PackType.TITLE)
    assert [block.tracks for block in read_text(data).blocks] == [long.tracks, short.tracks]


# --- what cannot be written


@pytest.mark.parametrize(
    ("texts", "upc", "isrcs", "message"),
    [
        ([titled("夜", "A")], "", [""], 'title of the disc: "夜" is not all in ISO 8859-1'),
        ([titled("T", "A", "B\0C")], "", ["", ""], "title of track 2: .* is not all in ISO 8859-1"),
        ([titled("T", "\t")], "", [""], "title of track 1: .* is not all in ISO 8859-1"),
        ([titled("T", "A\x92s")], "", [""], "title of track 1"),
        ([titled("T", "A", disc_id="DRR–014")], "", [""], 'disc_id: "DRR–014" is not all in ASCII'),
        ([titled("T", "A", genre=(11, "Música"))], "", [""], 'genre: "Música" is not all in ASCII'),
        ([titled("T", "A", genre=(28, ""))], "", [""], "CD-Text has no genre 28"),
        ([titled("T", "A", language="tlh")], "", [""], 'no code for the language "tlh"'),
        ([titled("T", "A"), titled("T", "A")], "", [""], r"each language .* once \(got en, en\)"),
        (
            [titled("T", "A", language="nb"), titled("T", "A", language="no")],
            "",
            [""],
            r"once \(got nb, no\)",
        ),
        ([titled("T", "A", "B")], "", [""], "CD-Text in en is of 2 tracks, the disc has 1"),
        ([titled("T")], "", [], r"1 to 99 tracks \(got 0\)"),
        ([titled("T", *["A"] * 100)], "", [""] * 100, r"1 to 99 tracks \(got 100\)"),
        ([titled("T", "A")], "400638133393", [""], 'upc: "400638133393" is not 13 digits'),
        ([titled("T", "A")], "", ["AA-6Q7-26-00001"], 'isrc of track 1: "AA-6Q7-26-00001" is no ISRC'),
    ],
)
def test_what_cannot_be_written_is_refused(texts, upc, isrcs, message):
    with pytest.raises(ValueError, match=message):
        text_file(texts, upc, isrcs)


# --- genres


@pytest.mark.parametrize("code", [code for code in sorted(GENRES) if 1 < code < 26])
def test_a_genre_of_the_table_has_its_code(code):
    assert genre_code(GENRES[code]) == code
    assert genre_code(GENRES[code].upper().replace(" ", "-")) == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(
            ("R&B", 24),
            ("r&b", 24),
            ("RnB", 24),
            ("R'n'B", 24),
            ("Rhythm and Blues", 24),
            ("Rhythm & blues", 24),
        ),
        *(
            ("Hip-Hop", 13),
            ("HipHop", 13),
            ("hip hop", 13),
            ("Pop music", 20),
            ("Rock Music", 23),
            ("R & B music", 24),
        ),
        *(("Classical music", 5), ("Children’s", 4), ("Childrens Music", 4), ("Kids", 4), ("New-Age", 17)),
        *(("Folk rock", 1), ("Hip-Hop/Rap", 1), ("Ambient", 1), ("Music", 1), ("", 1), ("Soundtrack", 1)),
        # Of these the lists that are known have two codes each.
        *(("Spoken Word", 1), ("World Music", 1), ("World", 1)),
        *(("Not Used", 1), ("Musical", 16), ("Musique concrète", 1), ("民謡", 1)),
    ],
)
def test_a_genre_is_found_however_it_is_spelt(name, code):
    assert genre_code(name) == code
