"""CD-Text of any writer is read, and what is wrong with it told."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cd.disc import DiscText, Words
from pipeline.cd.text_packs import LANGUAGES, WORDS, canonical, crc16
from pipeline.cd.text_reader import TextContents, read_text
from pipeline.cd.text_writer import TextTooLongError, text_file
from tests.pipeline.cd.text_damages import DAMAGES, WORKED, cut, packs, put, put_into, sealed, stale

UPC = "4006381333931"
ISRCS = ("AA6Q72600001", "AA6Q72600002", "", "AA6Q72600004", "AA6Q72600005")
TITLES = ("Départ", "", "Segue", "Segue", "The Last Boat of the Evening")
FULL = DiscText(
    disc=Words(title="Night Ferry", performer="The Harbour Lights", message="Für alle"),
    tracks=tuple(Words(title=title, performer="A & B", composer="X" * 12) for title in TITLES),
    genre=(11, "Folk rock, more or less"),
    disc_id="DRR-014",
)
GERMAN = dataclasses.replace(
    FULL, language="de", disc=Words(title="Nachtfähre", performer="The Harbour Lights")
)
ONE = text_file([FULL], UPC, ISRCS)
TWO = text_file([FULL, GERMAN], UPC, ISRCS)


def faults(data):
    return [str(fault) for fault in read_text(data).faults]


def remarks(data):
    """Of a file without faults."""
    contents = read_text(data)
    assert contents.faults == ()
    return [str(remark) for remark in contents.remarks]


def some(lines, words):
    return any(words in line for line in lines)


def block_of(*streams, charset=0x00, last=2, double=False, count_characters=False):
    """A file of one block from (type, strings), independent of the writer: a pack for each twelve bytes."""
    unit = 2 if double else 1
    made = []
    for kind, strings in streams:
        for track, string in enumerate(strings):
            for place, byte in enumerate(string + bytes(unit)):
                if not made or len(made[-1]) == 16 or made[-1][0] != kind:
                    position = min(15, place // unit if count_characters else place)
                    made.append(bytearray((kind, track, len(made), position | 0x80 * double)))
                made[-1].append(byte)
    counts = [sum(pack[0] == kind for pack in made) for kind in range(0x80, 0x8F)]
    sizes = bytes((charset, 1, last, 0, *counts, 3, len(made) + 2)).ljust(28, b"\0") + bytes(
        (0x69,) + (0,) * 7
    )
    tail = [bytes((0x8F, part, len(made) + part, 0)) + sizes[part * 12 : part * 12 + 12] for part in range(3)]
    return sealed([*(bytes(pack).ljust(16, b"\0") for pack in made), *tail])


# --- what is right


def test_the_worked_example_is_read():
    contents = read_text(WORKED)
    assert (contents.faults, contents.remarks) == ((), ())
    (block,) = contents.blocks
    assert block.language == "en"
    assert (block.charset, block.copyright, block.first_track, block.last_track) == (0, 0, 1, 2)
    assert block.disc == Words(title="Tiny", performer="Duo")
    assert block.tracks == (
        Words(title="A Rather Long First Song", performer="Duo"),
        Words(title="Café", performer="Duo feat. Z"),
    )
    assert (block.upc, block.isrcs) == (UPC, ISRCS[:2])
    assert (block.genre, block.disc_id, block.closed) == (None, "", "")


def test_what_is_written_is_read():
    contents = read_text(TWO)
    assert contents.faults == ()
    for text, block in zip((FULL, GERMAN), contents.blocks, strict=True):
        assert (block.language, block.genre, block.disc_id) == (text.language, text.genre, text.disc_id)
        assert (block.disc, block.tracks) == (text.disc, text.tracks)
        assert (block.upc, block.isrcs) == (UPC, ISRCS)


LATIN = [chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))]


@st.composite
def discs(draw):
    """Texts in one to three languages, UPC and ISRCs; the words come from a few, so that some repeat."""
    pool = draw(st.lists(st.text(LATIN, max_size=40), min_size=1, max_size=6))
    word = st.sampled_from(["", *pool])
    names = draw(st.sets(st.sampled_from(sorted(WORDS.values())), min_size=1))
    words = st.builds(Words, **dict.fromkeys(sorted(names), word))
    count = draw(st.one_of(st.integers(1, 12), st.integers(1, 99)))
    texts = [
        DiscText(
            language=language,
            disc=draw(words),
            tracks=tuple(draw(st.lists(words, min_size=count, max_size=count))),
            genre=draw(st.none() | st.tuples(st.integers(1, 27), st.text(LATIN[:95], max_size=30))),
            disc_id=draw(st.text(LATIN[:95], max_size=30)),
        )
        for language in draw(st.lists(st.sampled_from(["en", "de", "fr", "pl"]), unique=True, max_size=3))
    ]
    isrc = st.sampled_from(["", "AA6Q72600001", "GBAYE2600002"])
    return texts, draw(st.sampled_from(["", UPC])), draw(st.lists(isrc, min_size=count, max_size=count))


@given(discs())
@settings(max_examples=150, deadline=None)
def test_any_words_are_read_as_they_were_written(disc):
    texts, upc, isrcs = disc
    try:
        data = text_file(texts, upc, isrcs)
    except TextTooLongError as error:
        assert error.packs_needed > error.packs_most == 253
        return
    contents = read_text(data)
    assert contents.faults == (() if texts else read_text(b"").faults)
    for text, block in zip(texts, contents.blocks, strict=True):
        assert (block.language, block.disc, block.tracks) == (text.language, text.disc, text.tracks)
        assert (block.genre, block.disc_id) == (text.genre, text.disc_id)
        assert (block.upc, list(block.isrcs)) == (upc, isrcs)


# --- what is wrong


@pytest.mark.parametrize("name", sorted(DAMAGES))
@pytest.mark.parametrize("file", ["worked", "full"])
def test_a_damage_is_named(name, file):
    damage = DAMAGES[name]
    told = faults(damage.change({"worked": WORKED, "full": ONE}[file]))
    assert some(told, damage.words), told
    assert all(line.startswith("CDTEXT.BIN: ") for line in told)


def test_faults_are_few():
    """One thing that is wrong is not told in ten ways."""
    counts = {name: len(faults(damage.change(ONE))) for name, damage in DAMAGES.items()}
    assert max(counts.values()) <= 9, counts


def test_a_crc_tells_of_any_other_byte():
    for start in range(0, len(WORKED), 18):
        changed = bytearray(WORKED[start : start + 18])
        for place, right in enumerate(bytes(changed)):
            for value in {*range(256)} - {right}:
                changed[place] = value
                assert crc16(changed[:16]) != changed[16:]
            changed[place] = right
    for place in range(len(WORKED)):
        for bit in range(8):
            changed = stale(place // 18, place % 18, 1 << bit)(WORKED)
            assert f"pack {place // 18}, CRC" in {fault.path for fault in read_text(changed).faults}


@pytest.mark.parametrize("pack", range(len(WORKED) // 18))
def test_any_other_byte_is_noticed_when_the_crc_is_made_anew(pack):
    """By a fault or by another reading.

    That is legitimate where a letter, a code, a track more, the language or the assertion of copyright is
    what changes: nothing in CD-Text could tell.
    """
    good = read_text(WORKED)
    for byte in range(16):
        for value in {*range(256)} - {WORKED[pack * 18 + byte]}:
            contents = read_text(put_into(WORKED, pack, byte, value))
            assert contents.faults or contents.blocks != good.blocks


@given(st.binary(max_size=400) | st.binary(min_size=18, max_size=18 * 30).map(lambda data: sealed(cut(data))))
@settings(max_examples=300, deadline=None)
def test_random_bytes_do_no_harm(data):
    contents = read_text(data)
    assert isinstance(contents, TextContents)
    assert contents.faults


PACK = st.tuples(
    st.integers(0x7F, 0x90),
    st.integers(0, 100) | st.integers(0, 255),
    st.integers(0, 12),
    st.integers(0, 0x3F) | st.integers(0, 255),
)


@given(st.lists(st.tuples(PACK, st.binary(min_size=12, max_size=12)), max_size=40))
@settings(max_examples=300, deadline=None)
def test_packs_of_anything_do_no_harm(made):
    """Sound by their CRC, they are taken apart to the end."""
    assert isinstance(read_text(sealed([bytes(head) + payload for head, payload in made])), TextContents)


@given(
    st.lists(
        st.tuples(st.integers(0, len(TWO) // 18 - 1), st.integers(0, 15), st.integers(0, 255)), max_size=12
    ),
    st.lists(st.integers(0, len(TWO) // 18 - 1), max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_several_damages_do_no_harm(changes, losses):
    data = TWO
    for pack, byte, value in changes:
        data = put_into(data, pack, byte, value)
    kept = [pack for place, pack in enumerate(cut(data)) if place not in losses]
    assert isinstance(read_text(b"".join(kept)), TextContents)


def test_a_fault_says_where_and_what():
    (fault,) = read_text(put(1, 3, 0x05)(WORKED)).faults
    assert (fault.place, fault.path) == ("CDTEXT.BIN", "pack 1, position")
    assert fault.problem == "it is 5, and by the title texts 7 is due"
    (fault,) = read_text(DAMAGES["header"].change(WORKED)).faults
    assert fault.hint == "it is a burning program's file: leave its first four bytes out"


def test_an_empty_file_is_a_fault():
    assert faults(b"") == ["CDTEXT.BIN: size: the file holds nothing"]


def test_a_header_does_not_keep_the_rest_from_being_read():
    for header in (b"\x00\xda\x00\x00", b"\x00\x00\x00\x00", b"\x00\xdb\x00\x00"):
        for tail in (b"", b"\0"):
            contents = read_text(header + WORKED + tail)
            assert contents.blocks == read_text(WORKED).blocks
            assert [fault.path for fault in contents.faults] == ["header"]


def test_a_damaged_text_is_read_as_far_as_it_goes():
    (block,) = read_text(packs(lambda packs: packs[:-3])(ONE)).blocks
    assert (block.language, block.charset) == ("0x00", 0)
    assert block.tracks == FULL.tracks
    assert (block.upc, block.isrcs) == (UPC, ISRCS)


def test_too_many_packs_are_told():
    pack = bytes((0x85, 0, 0, 15)) + b"x" * 12
    more = [*cut(WORKED)[:5], *[pack] * 260, *cut(WORKED)[5:]]
    numbered = [pack[:2] + bytes((place % 256,)) + pack[3:] for place, pack in enumerate(more)]
    assert some(faults(sealed(numbered)), "block 0, packs: there are 272, and 256 at most are allowed")
    assert some(faults(WORKED * 180), "size: 2160 packs, and 8 languages have at most 2048")
    assert some(faults(WORKED * 9), "blocks: there are 9, and 8 at most are allowed")


def test_a_repeat_of_nothing_is_a_fault():
    data = block_of((0x80, [b"\t", b"One", b"Two"]))
    assert faults(data) == [
        "CDTEXT.BIN: block 0, title of the disc: it repeats a string, and there is none before it"
    ]


# --- blocks


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: put_into(text, -1, 9, 0x0F), "block 1, sizes, languages: they are not as in block 0"),
        (lambda text: put_into(text, -1, 4, 9), "block 1, sizes, last numbers: they say 9 of block 4, and 0"),
        (lambda text: put_into(text, -2, 12, 99), "they say 99 of block 0, and"),
        (lambda text: put_into(text, -3, 6, 4), "block 1, tracks: they are 1 to 4, and not so in block 0"),
        (lambda text: text[len(text) // 2 :], "block 0, number: its packs are numbered as of block 1"),
        (lambda text: text[: len(text) // 2], "sizes, last numbers: they say"),
        (lambda text: text[: len(text) // 2], "0x08 of block 1, which is not there"),
        (lambda text: text + text[len(text) // 2 :], "block 2, number: its packs are numbered as of block 1"),
    ],
)
def test_what_is_wrong_between_blocks_is_told(change, words):
    same = text_file([FULL, dataclasses.replace(FULL, language="de")], UPC, ISRCS)
    assert faults(same) == []
    assert some(faults(change(same)), words), faults(change(same))


def test_blocks_are_told_apart_without_their_sizes():
    both = [pack for pack in cut(TWO) if pack[0] != 0x8F]
    blocks = read_text(b"".join(both)).blocks
    assert [block.tracks for block in blocks] == [FULL.tracks, GERMAN.tracks]


# --- what is odd, and allowed


def test_a_zero_byte_behind_the_packs_is_a_remark():
    assert some(remarks(WORKED + b"\0"), "a zero byte stands behind the last pack; a plant may take offence")


def test_repeats_are_expanded():
    data = block_of(
        (0x80, [b"Disc", b"One", b"\t", b"\t", b"Four"]), (0x81, [b"Duo", b"\t", b"\t", b"Z", b""]), last=4
    )
    (block,) = read_text(data).blocks
    assert [track.title for track in block.tracks] == ["One", "One", "One", "Four"]
    assert [track.performer for track in block.tracks] == ["Duo", "Duo", "Z", ""]
    assert remarks(data) == [
        "CDTEXT.BIN: block 0, performer of track 1: it repeats that of the disc, not of a track"
    ]


def test_a_tab_in_a_string_is_no_repeat():
    assert some(faults(block_of((0x80, [b"Disc", b"One", b"\tTwo"]))), "title of track 2: it holds 0x09")


@pytest.mark.parametrize("count_characters", [False, True])
def test_shift_jis_is_read_with_either_count_of_positions(count_characters):
    titles = ["夜のフェリー", "出発", "最後の船は夕方に出る"]
    strings = [title.encode("shift_jis") for title in titles]
    double = {"double": True, "count_characters": count_characters, "charset": 0x80}
    data = block_of((0x80, strings), (0x81, [b"\x82\x60\x82\x61", b"\t\t", b""]), **double)
    assert remarks(data) == [
        "CDTEXT.BIN: block 0, performer of track 1: it repeats that of the disc, not of a track"
    ]
    (block,) = read_text(data).blocks
    assert (block.language, block.charset) == ("ja", 0x80)
    assert [block.disc.title, *(track.title for track in block.tracks)] == titles
    assert [track.performer for track in block.tracks] == ["ＡＢ", ""]


def test_positions_are_of_one_count_throughout():
    strings = ["最後の船は夕方に出る".encode("shift_jis")] * 3
    first, second, *rest = cut(block_of((0x80, strings), double=True, charset=0x80, count_characters=True))
    by_bytes = second[:3] + bytes((second[3] & 0xF0 | 12,)) + second[4:]
    assert some(faults(sealed([first, by_bytes, *rest])), "pack 1, position: it is 12")


def test_shift_jis_in_single_bytes_is_read():
    data = block_of((0x80, [b"Disc", "夜 A".encode("shift_jis"), b"B"]), charset=0x80)
    assert remarks(data) == []
    assert [track.title for track in read_text(data).blocks[0].tracks] == ["夜 A", "B"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (block_of((0x80, [b"Disc", b"\x82\x20", b""]), charset=0x80), "it holds bytes that are no Shift-JIS"),
        (block_of((0x80, [b"Disc", b"Caf\xe9", b""]), charset=0x01), "it holds 0xE9, which ASCII has no"),
        (block_of((0x80, [b"Disc", b"It\x92s", b""])), "in Windows-1252 it would be ’"),
        (
            block_of((0x80, [b"\0D", b"", b""]), double=True),
            "in double bytes, which the character code is not",
        ),
        (
            block_of((0x8E, [UPC.encode(), b"AA6Q7260000\xc5", b""])),
            "codes of track 1: it holds 0xC5, which A",
        ),
        (
            block_of((0x86, [b"DRR\xad014"])),
            "block 0, disc id: it holds 0xAD, which ASCII has no character for",
        ),
    ],
)
def test_characters_that_the_code_does_not_have_are_told(data, words):
    assert some(faults(data), words), faults(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            block_of((0x80, [b"", b"One", b"Two"])),
            "title of the disc: it is empty, and those of tracks are not",
        ),
        (block_of((0x80, [b"Disc", b"One", b""])), "block 0, track 2: it has no words"),
        (
            block_of((0x80, [b"T", b"1", b"2"]), (0x87, [b"\x02\x1cPunk"])),
            "code 540 is not in the usual list",
        ),
        (block_of((0x80, [b"T", b"1", b"2"]), (0x88, [b"\1\2"])), "type 0x88: a table of contents"),
        (block_of((0x80, [b"T", b"1", b"2"]), (0x89, [b"\1\2"])), "type 0x89: a table of contents"),
        (block_of((0x8E, [b"400638133393", b"", b""])), 'codes: "400638133393" is no UPC'),
        (block_of((0x8E, [b"", b"US-XX1-98-01234", b""])), 'codes: "US-XX1-98-01234" is no ISRC'),
        (
            block_of((0x80, [b"T", b"x" * 161, b"2"])),
            "title of track 1: it is 161 bytes long, and some readers",
        ),
        (put(-3, 7, 1)(WORKED), "sizes, copyright: it is 1, where 0 and 3 are usual"),
        (put(-1, 8, 0)(WORKED), "block 0, sizes, languages: the language is not said"),
    ],
)
def test_what_is_odd_is_a_remark(data, words):
    assert some(remarks(data), words), remarks(data)


def test_mixed_character_codes_and_languages_are_remarks():
    plain = dataclasses.replace(FULL, disc=Words(title="Night Ferry"), tracks=(Words(title="A"),) * 5)
    data = text_file([plain, dataclasses.replace(plain, language="de")], UPC, ISRCS)
    assert remarks(data) == []
    mixed = put_into(data, len(cut(data)) // 2 - 3, 4, 0x01)
    assert some(remarks(mixed), "character codes: they are not the same in all blocks")
    both = data
    for number in (len(cut(data)) // 2 - 1, -1):
        both = put_into(both, number, 9, 0x09)
    assert some(remarks(both), "languages: 2 blocks are in en")


def test_a_message_may_have_lines():
    data = block_of((0x80, [b"T", b"1", b"2"]), (0x85, [b"One\r\nTwo", b"", b""]))
    assert remarks(data) == []
    assert read_text(data).blocks[0].disc.message == "One\r\nTwo"


def test_closed_information_is_read():
    data = block_of((0x80, [b"T", b"1", b"2"]), (0x8D, [b"For the trade", b"Pressed in \xd6sterreich"]))
    assert remarks(data) == []
    assert read_text(data).blocks[0].closed == "For the trade\nPressed in Österreich"


def test_copyright_and_a_language_without_a_code_of_its_own_are_read():
    (block,) = read_text(put(-1, 8, 0x2A)(put(-3, 7, 3)(WORKED))).blocks
    assert (block.copyright, block.language) == (3, "0x2A")


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_language_is_read_by_its_one_name(language):
    """Three are written in forms of Norwegian, and two in Ndebele, of which the table has one each."""
    (block,) = read_text(text_file([dataclasses.replace(FULL, language=language)], UPC, ISRCS)).blocks
    assert block.language == {"nb": "no", "nn": "no", "nr": "nd"}.get(language, language)
    assert canonical(language) == canonical(block.language) == block.language
