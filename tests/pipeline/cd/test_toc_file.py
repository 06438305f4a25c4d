"""TOC files, as the manual of cdrdao has them. What cdrdao makes of them is tested with it itself."""

import dataclasses
from typing import Any

import pytest

from pipeline.cd.disc import Disc, DiscPart, DiscText, DiscTrack, Words
from pipeline.cd.toc_file import toc_text


def track(number: int, pause: int | None, start: int, stop: int, **more: Any) -> DiscTrack:
    return DiscTrack(
        number=number, track=number, pause_sector=pause, start_sector=start, stop_sector=stop, **more
    )


def text(**more: Any) -> DiscText:
    tracks = (Words(title="One", performer="Duo"), Words(title="Two", performer="Trio"))
    return DiscText(**{"disc": Words(title="Tiny", performer="Duo"), "tracks": tracks} | more)


# 00:02:00 to 00:10:00, a pause of two seconds, 00:12:00 to 00:18:00 with an index at 00:16:00.
TINY = Disc(
    tracks=(
        track(1, 0, 150, 900, isrc="AA6Q72600001"),
        track(2, 750, 900, 1350, index_sectors=(1200,)),
    ),
    parts=(DiscPart(track=1, start_sector=150, sound_sectors=1200, sectors=1200),),
    lead_out_sector=1350,
    upc="4006381333931",
    texts=(text(),),
)

TINY_TOC = """\
CD_DA
CATALOG "4006381333931"
CD_TEXT {
  LANGUAGE_MAP { 0 : 9 }
  LANGUAGE 0 {
    TITLE "Tiny"
    PERFORMER "Duo"
    UPC_EAN "4006381333931"
  }
}

// Track 1
TRACK AUDIO
NO COPY
ISRC "AA6Q72600001"
CD_TEXT {
  LANGUAGE 0 {
    TITLE "One"
    PERFORMER "Duo"
    ISRC "AA6Q72600001"
  }
}
FILE "tiny.wav" 00:00:00 00:08:00

// Track 2
TRACK AUDIO
NO COPY
CD_TEXT {
  LANGUAGE 0 {
    TITLE "Two"
    PERFORMER "Trio"
    ISRC ""
  }
}
FILE "tiny.wav" 00:08:00 00:08:00
START 00:02:00
INDEX 00:04:00
"""


def toc(**changes: Any) -> str:
    return toc_text(dataclasses.replace(TINY, **changes), "tiny.wav")


def lines(toc: str, *commands: str) -> list[str]:
    return [line.strip() for line in toc.splitlines() if line.strip().startswith(commands)]


def test_the_file_reads_as_the_manual_has_it() -> None:
    assert toc() == TINY_TOC


def test_of_a_disc_that_says_nothing_the_marks_are_left() -> None:
    tracks = (track(1, 0, 150, 900), track(2, None, 900, 1350))
    assert toc(upc="", texts=(), tracks=tracks) == (
        "CD_DA\n"
        "\n// Track 1\nTRACK AUDIO\nNO COPY\n"
        'FILE "tiny.wav" 00:00:00 00:10:00\n'
        "\n// Track 2\nTRACK AUDIO\nNO COPY\n"
        'FILE "tiny.wav" 00:10:00 00:06:00\n'
    )


def test_a_long_pre_gap_is_in_the_wav() -> None:
    tracks = (track(1, 0, 525, 900, index_sectors=(600, 675)), track(2, None, 900, 1350))
    assert lines(toc(tracks=tracks), "FILE", "START", "INDEX") == [
        'FILE "tiny.wav" 00:00:00 00:10:00',
        "START 00:05:00",
        "INDEX 00:01:00",
        "INDEX 00:02:00",
        'FILE "tiny.wav" 00:10:00 00:06:00',
    ]


# In a TOC file there is no word for one generation of copies.
@pytest.mark.parametrize(("copy", "flag"), [("no", "NO COPY"), ("yes", "COPY"), ("scms", "NO COPY")])
def test_copies(copy: str, flag: str) -> None:
    assert lines(toc(copy=copy), "COPY", "NO COPY") == [flag, flag]


# Language codes of EBU Tech 3264: English 9, German 8, Japanese 105.
def test_languages() -> None:
    german = text(language="de", disc=Words(title="Klein"))
    both = toc(texts=(text(), german))
    assert lines(both, "LANGUAGE_MAP") == ["LANGUAGE_MAP { 0 : 9 1 : 8 }"]
    assert lines(both, "TITLE") == [
        f'TITLE "{title}"' for title in ("Tiny", "Klein", *("One",) * 2, *("Two",) * 2)
    ]
    assert lines(toc(texts=(text(language="ja"),)), "LANGUAGE_MAP") == ["LANGUAGE_MAP { 0 : 105 }"]


def test_what_one_track_has_all_have() -> None:
    tracks = (Words(title="One", composer="C. Name"), Words(title="Two", message="Hello", arranger="A. Name"))
    written = toc(texts=(text(tracks=tracks, disc=Words(title="Tiny", songwriter="S. Name")),))
    assert lines(written, "SONGWRITER") == ['SONGWRITER "S. Name"', 'SONGWRITER ""', 'SONGWRITER ""']
    assert lines(written, "COMPOSER") == ['COMPOSER ""', 'COMPOSER "C. Name"', 'COMPOSER ""']
    assert lines(written, "ARRANGER") == ['ARRANGER ""', 'ARRANGER ""', 'ARRANGER "A. Name"']
    assert lines(written, "MESSAGE") == ['MESSAGE ""', 'MESSAGE ""', 'MESSAGE "Hello"']
    assert lines(written, "PERFORMER") == ['PERFORMER ""'] * 3


def test_a_language_has_only_the_types_of_its_own() -> None:
    german = text(language="de", disc=Words(title="Klein", message="Hallo"))
    assert lines(toc(texts=(text(), german)), "MESSAGE") == ['MESSAGE "Hallo"', 'MESSAGE ""', 'MESSAGE ""']


# Folk is 11, of two bytes with the higher first; the text behind it ends with a zero.
def test_genre_and_disc_id() -> None:
    written = toc(texts=(text(genre=(11, "Folk"), disc_id="DRR-014"),))
    assert lines(written, "GENRE", "DISC_ID") == [
        'DISC_ID "DRR-014"',
        "GENRE { 0, 11, 70, 111, 108, 107, 0 }",
    ]


def test_codes_are_left_out_of_cd_text_when_there_are_none() -> None:
    tracks = (track(1, 0, 150, 900), track(2, None, 900, 1350))
    assert lines(toc(upc="", tracks=tracks), "UPC_EAN", "ISRC", "CATALOG") == []


def test_with_a_disc_id_every_track_has_an_isrc() -> None:
    tracks = (track(1, 0, 150, 900), track(2, None, 900, 1350))
    written = toc(upc="", tracks=tracks, texts=(text(disc_id="DRR-014"),))
    assert lines(written, "UPC_EAN", "ISRC") == ['UPC_EAN ""', 'ISRC ""', 'ISRC ""']


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Café ÿ", r"Caf\351 \377"),
        ('Say "Yes"', r"Say \"Yes\""),
        ("back\\slash \\101", r"back\134slash \134101"),
        ("// no comment", "// no comment"),
        ("tab\tand\x85\xa0", r"tab\011and\205\240"),
    ],
)
def test_strings(title: str, written: str) -> None:
    assert lines(toc(texts=(text(disc=Words(title=title)),)), "TITLE")[0] == f'TITLE "{written}"'


def test_the_wav_is_named_as_it_is() -> None:
    named = toc_text(TINY, 'Überfahrt 夜 7" a\\b.wav')
    assert lines(named, "FILE")[0] == r'FILE "Überfahrt 夜 7\" a\134b.wav" 00:00:00 00:08:00'


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"texts": (text(),) * 9}, "8 languages at most .got 9"),
        ({"texts": (text(language="tlh"),)}, 'no code for the language "tlh"'),
        ({"texts": (text(tracks=(Words(title="One"),)),)}, "of 1 tracks, the disc has 2"),
        ({"texts": (text(disc=Words(title="夜")),)}, "latin-1"),
        ({"tracks": (track(1, 0, 75, 900), TINY.tracks[1])}, "no time before 00:00:00"),
    ],
)
def test_what_cannot_be_said(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        toc(**changes)
