"""The PQ sheet: the page read by poppler, the table by the csv module, both held against the disc."""

import csv
import dataclasses
import io
import re
import subprocess
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline import __version__
from pipeline.build.keys import key_of
from pipeline.cd.disc import Disc, DiscPart, DiscSums, DiscText, DiscTrack, TrackSums, Words
from pipeline.deliver.discs import discs_of
from pipeline.deliver.pq_facts import (
    PqFacts,
    PqFile,
    joins,
    pq_rows,
    sounding_pauses,
    totals,
    unmarked_pauses,
)
from pipeline.deliver.pq_sheet import as_text, as_typed, pq_csv, pq_facts, pq_sheet_files, write_pq_pdf
from pipeline.deliver.pq_view import view
from pipeline.manifest.model import Album
from tests.albums import manifest, timeline
from tests.foreign import require
from tests.pipeline.deliver.test_cutting_note import boxes, overlapping, pdf_text

A4_PT = (595.28, 841.89)
MARGIN_PT = 14 / 25.4 * 72
UPC = "4006381333931"
# No font has this character, a private one.
UNKNOWN = "\U00101234"


def disc(
    count: int = 3,
    /,
    *,
    length: int = 9000,
    pauses: dict[int, int] | None = None,
    pause: int = 150,
    sounding: tuple[int, ...] = (),
    further: dict[int, tuple[int, ...]] | None = None,
    hidden: int = 0,
    silent_ends: tuple[int, ...] = (),
    **changes: Any,
) -> Disc:
    """Tracks of `length` sectors of sound and more; `pause` between them, or `pauses` by the track behind.

    `sounding` are tracks whose pause is not silent, `silent_ends` those that end in 75 sectors of silence,
    `further` are indexes by the track, from its start on, and `hidden` is the sound before track 1.
    """
    starts, parts, tracks = [150 + hidden], [], []
    if hidden:
        parts.append(DiscPart(track=0, start_sector=150, sound_sectors=hidden, sectors=hidden))
    before = [(pauses or {}).get(number, pause) for number in range(2, count + 1)]
    for number in range(1, count + 1):
        behind = before[number - 1] if number < count else 0
        sound = length + 10 * number
        stop = starts[-1] + sound + behind
        sounds = sound + behind * (number + 1 in sounding) - 75 * (number in silent_ends)
        parts.append(
            DiscPart(track=number, start_sector=starts[-1], sound_sectors=sounds, sectors=sound + behind)
        )
        own = before[number - 2] if number > 1 else starts[0]
        tracks.append(
            DiscTrack(
                number=number,
                track=number,
                pause_sector=starts[-1] - own if own else None,
                start_sector=starts[-1],
                index_sectors=tuple(starts[-1] + at for at in (further or {}).get(number, ())),
                stop_sector=stop,
                isrc=f"GBAYE26{number:05d}",
            )
        )
        starts.append(stop)
    usual: dict[str, Any] = {"upc": UPC, "master_id": "DRR-014"}
    return Disc(tracks=tuple(tracks), parts=tuple(parts), lead_out_sector=starts[-1], **usual | changes)


def names(count: int, title: str = "Title of", performer: str = "The Harbour Lights") -> tuple[Words, ...]:
    return tuple(Words(title=f"{title} {number}", performer=performer) for number in range(1, count + 1))


def text_of(words: tuple[Words, ...], **changes: Any) -> DiscText:
    usual: dict[str, Any] = {"disc": Words(title="Night Ferry", performer="The Harbour Lights")}
    return DiscText(tracks=words, **usual | changes)


def sums(count: int) -> DiscSums:
    """Eight digits that tell track and kind."""
    tracks = (
        TrackSums(crc32=f"c{n:07d}", accuraterip_v1=f"a{n:07d}", accuraterip_v2=f"b{n:07d}")
        for n in range(1, count + 1)
    )
    return DiscSums(image_md5="0f" * 16, image_crc32="deadbeef", tracks=tuple(tracks))


NAMES = ("DDPID", "DDPMS", "CDTEXT.BIN", "PQDESCR", "IMAGE.DAT", "CHECKSUM.MD5")
FILES = tuple(
    PqFile(name=name, bytes=128 * 10**place, md5=f"{place:032x}") for place, name in enumerate(NAMES)
)


def facts(of: Disc | None = None, **changes: Any) -> PqFacts:
    """A sheet with everything that can be said of a disc, and nothing unusual."""
    of = of or disc()
    words = names(len(of.tracks))
    usual: dict[str, Any] = {
        "disc": dataclasses.replace(of, texts=of.texts or (text_of(words),)),
        "sums": sums(len(of.tracks)),
        "files": FILES,
        "words": words,
        "title": "Night Ferry",
        "artist": "The Harbour Lights",
        "label": "Dead Reckoning",
        "catalog": "DRR-014",
        "date": "2026-12-04",
        "engineer": "D. Wax",
        "version": "0.1.0",
    }
    return PqFacts(**usual | changes)


def msf(sectors: int) -> str:
    """By the definition, without the code under test."""
    return f"{sectors // 4500:02d}:{sectors // 75 % 60:02d}:{sectors % 75:02d}"


# MusicBrainz and CDDB ids: libdiscid. Lengths: counted by hand.
TINY = Disc(
    tracks=(
        DiscTrack(number=1, track=1, pause_sector=0, start_sector=150, stop_sector=900, isrc="AA6Q72600001"),
        DiscTrack(
            number=2,
            track=2,
            pause_sector=750,
            start_sector=900,
            index_sectors=(1200,),
            stop_sector=1350,
            isrc="AA6Q72600002",
        ),
    ),
    parts=(
        DiscPart(track=1, start_sector=150, sound_sectors=600, sectors=750),
        DiscPart(track=2, start_sector=900, sound_sectors=450, sectors=450),
    ),
    lead_out_sector=1350,
    upc=UPC,
    master_id="TINY-001",
)
LINES = [
    "01 00 00:00:00 00:02:00",
    "01 01 00:02:00 00:10:00 AA6Q72600001 – Title of 1 The Harbour Lights",
    "02 00 00:10:00 00:02:00",
    "02 01 00:12:00 00:06:00 AA6Q72600002 – Title of 2 The Harbour Lights",
    "02 02 00:16:00 00:04:00 into the track",
    "AA 01 00:18:00 lead-out",
    "sum 00:16:00 00:04:00",
    "Sums: 00:02:00 before track 1 + lengths 00:16:00 = lead-out 00:18:00; in the lengths are audio "
    "00:14:00 + all pauses but the first 00:02:00.",
    "MusicBrainz disc ID LnDcuFifbpmr0.dCN.CqDpqsWDg- CDDB 05001002 AccurateRip 0000079e-000013ed-05001002 "
    "Image CRC-32 deadbeef",
]  # fmt: skip


# Figures


@st.composite
def discs(draw: st.DrawFn) -> Disc:
    count = draw(st.integers(1, 12))
    some = st.dictionaries(st.integers(2, 12), st.integers(0, 400))
    marks = st.lists(st.integers(1, 299), max_size=4, unique=True).map(lambda at: tuple(sorted(at)))
    return disc(
        count,
        length=draw(st.integers(300, 20_000)),
        pauses=draw(some),
        further=draw(st.dictionaries(st.integers(1, 12), marks)),
        hidden=draw(st.sampled_from([0, 75, 9000])),
        copy=draw(st.sampled_from(["no", "yes", "scms"])),
    )


@settings(max_examples=80, deadline=None, derandomize=True)
@given(discs())
def test_both_sums_reach_the_lead_out(of: Disc) -> None:
    found, rows = totals(of), pq_rows(of)
    assert [(row.track_text, row.index, row.start_sector) for row in rows] == [
        *((f"{track.number:02d}", index, at) for track in of.tracks for index, at in track.marks),
        ("AA", 1, of.lead_out_sector),
    ]
    starts = (*of.starts, of.lead_out_sector)
    assert [row.length_sectors for row in rows if row.length_sectors is not None] == [
        after - start for start, after in pairwise(starts)
    ]
    assert found.programme == of.lead_out_sector - 150
    assert found.before + found.lengths == of.lead_out_sector
    assert found.audio + found.inner_pauses == found.lengths
    assert found.pauses - found.inner_pauses == found.before
    assert found.audio == sum(part.sound_sectors for part in of.parts if part.track)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (disc(), ["No hidden track; every marked pause is digital silence."]),
        (disc(sounding=(3,)), ["Not silent, as meant: the pause before track 3."]),
        (disc(9, sounding=(2, 3, 4, 7)), ["Not silent, as meant: the pause before tracks 2–4, 7."]),
        (
            disc(5, pauses={2: 0, 3: 0}),
            [
                "No hidden track; every marked pause is digital silence.",
                "No pause is marked after tracks 1–2, as meant: the next one follows without index 00.",
            ],
        ),
        (
            disc(4, pause=0, silent_ends=(1, 2, 3)),
            [
                "No hidden track; every marked pause is digital silence.",
                "Silence is laid after tracks 1–3 that no index 00 marks, as meant.",
            ],
        ),
        (
            disc(further={1: (300,), 3: (300, 600)}),
            ["No hidden track; every marked pause is digital silence.", "Indexes beyond 01: in tracks 1, 3."],
        ),
        (
            disc(hidden=2250),
            [
                "Hidden track before track 1, as meant: from 00:02:00 to 00:32:00, 00:30:00 long.",
                "Every other marked pause is digital silence.",
            ],
        ),
        (
            disc(hidden=2250, sounding=(2,)),
            [
                "Hidden track before track 1, as meant: from 00:02:00 to 00:32:00, 00:30:00 long.",
                "Not silent, as meant: the pause before track 2.",
            ],
        ),
    ],
)
def test_what_would_be_queried_is_said(of: Disc, said: list[str]) -> None:
    assert view(facts(of))["notice"] == said
    assert view(facts(of, remarks=("Noise is meant.",)))["notice"] == [*said, "Noise is meant."]


def test_a_pause_is_silent_to_the_sector() -> None:
    """Sound of one sector in it is sound; that of the sector before it and behind it is none of its."""
    of = disc(2)
    first, second = of.parts
    longer = dataclasses.replace(first, sound_sectors=first.sound_sectors + 1)
    assert sounding_pauses(of) == [] == joins(of)
    assert sounding_pauses(dataclasses.replace(of, parts=(longer, second))) == [2]
    silent = disc(2, pause=0)
    shorter = dataclasses.replace(silent.parts[0], sound_sectors=silent.parts[0].sectors - 1)
    assert joins(silent) == [1] and unmarked_pauses(silent) == []
    silent = dataclasses.replace(silent, parts=(shorter, silent.parts[1]))
    assert joins(silent) == [] and unmarked_pauses(silent) == [1]


@pytest.mark.parametrize(
    ("gap_sectors", "settings", "joined", "unmarked"),
    [
        (10, "", [], []),
        (10, "offsets: {start_sectors: 15}", [], [1, 2]),
        (10, "offsets: {end_sectors: 15}", [], [1, 2]),
        (10, "gaps: after", [], [1, 2]),
        (10, "gaps: none, offsets: {start_sectors: 15, end_sectors: 15}", [1, 2], []),
        (0, "offsets: {start_sectors: 15, end_sectors: 15}", [1, 2], []),
        (150, "offsets: {start_sectors: 15, end_sectors: 15}", [], []),
    ],
)
def test_what_is_said_of_joins_is_what_was_laid(
    tmp_path: Path, gap_sectors: int, settings: str, joined: list[int], unmarked: list[int]
) -> None:
    """An offset may take the whole of a pause, and its index 00 with it: silence is laid all the same."""
    (tmp_path / "a.wav").touch()
    head = f"album: {{title: T, artist: A}}\ndeliver: {{cd: {{{settings}}}}}\n"
    album = manifest(tmp_path, "- a.wav\n" * 3, head)
    (of,) = discs_of(album, timeline([[1000], [2000], [3000]], gap_sectors))
    assert (joins(of), unmarked_pauses(of)) == (joined, unmarked)


def about(of: PqFacts) -> dict[str, str]:
    return {name: text for column in view(of)["about"] for name, text in column}


def with_isrcs(of: Disc, *numbers: int) -> Disc:
    """With codes on these tracks alone."""
    tracks = (each if each.number in numbers else dataclasses.replace(each, isrc="") for each in of.tracks)
    return dataclasses.replace(of, tracks=tuple(tracks))


@pytest.mark.parametrize(
    ("changes", "name", "text"),
    [
        ({}, "ISRC", "on every track"),
        ({"disc": with_isrcs(disc(3))}, "ISRC", "none"),
        ({"disc": with_isrcs(disc(3), 2)}, "ISRC", "1 of 3 tracks; none on 1, 3"),
        ({}, "CD-Text", "en: title, performer"),
        ({"disc": disc()}, "CD-Text", "none"),
        ({"disc": disc(texts=(text_of((Words(title="A"),) * 3, disc=Words()),))}, "CD-Text", "en: title"),
        (
            {"disc": disc(texts=(text_of(names(3), genre=(23, "Rock"), disc_id="DRR-014"),))},
            "CD-Text",
            "en: title, performer, more as listed below",
        ),
        (
            {
                "disc": disc(
                    texts=(
                        text_of(names(3)),
                        text_of((*names(2), Words(title="Drei", composer="A. Name")), language="de"),
                    )
                )
            },
            "CD-Text",
            "en, de: title, performer, more as listed below",
        ),
        ({"disc": disc(copy="no")}, "Copying", "not permitted (no copy flag)"),
        ({"disc": disc(copy="yes")}, "Copying", "permitted (DCP)"),
        ({"disc": disc(copy="scms")}, "Copying", "one generation (SCMS)"),
        ({}, "Offsets of marks", "none"),
        (
            {"offsets": (15, 0, 0)},
            "Offsets of marks",
            "starts 15 early where there is silence (frames, in the times below)",
        ),
        (
            {"offsets": (0, 0, 7)},
            "Offsets of marks",
            "further indexes 7 early where there is room (frames, in the times below)",
        ),
        (
            {"offsets": (15, 5, 7)},
            "Offsets of marks",
            "starts 15 early, ends 5 late where there is silence; further indexes 7 early where there is "
            "room (frames, in the times below)",
        ),
        ({}, "Mastered by", "D. Wax"),
        ({"house": "Lodestar"}, "Mastered by", "D. Wax, Lodestar"),
        ({"engineer": "", "house": ""}, "Mastered by", "–"),
        ({"contact": "+44 20 7946 0000"}, "Questions to", "+44 20 7946 0000"),
        ({}, "Format", "Audio CD, DDP 2.00; 44.1 kHz, 16 bit, stereo"),
        ({"files": ()}, "Format", "Audio CD; 44.1 kHz, 16 bit, stereo"),
    ],
)
def test_what_a_disc_is(changes: dict[str, Any], name: str, text: str) -> None:
    assert about(dataclasses.replace(facts(), **changes))[name] == text


@pytest.mark.parametrize(
    ("upc", "figure"),
    [
        (UPC, ["UPC/EAN", UPC, "EAN-13"]),
        ("0036000291452", ["UPC/EAN", "0036000291452", "UPC-A 036000291452"]),
        ("", ["UPC/EAN", "none", "no catalogue number on the disc"]),
    ],
)
def test_a_catalogue_number_is_of_thirteen_digits_and_may_be_one_of_twelve(
    upc: str, figure: list[str]
) -> None:
    assert view(facts(disc(upc=upc)))["figures"][-1] == figure


def test_cd_text_stands_beside_what_it_differs_from() -> None:
    own = (Words(title="夜", performer="港"), Words(title="Who’s there – “no one”…"), Words(title="Sea"))
    on_disc = (Words(title="Yoru", performer="Minato"), Words(title='Who\'s there - "no one"...'), Words())
    of = dataclasses.replace(facts(disc(texts=(text_of(on_disc),))), words=own)
    rows = [row for row in view(of)["rows"] if row["index"] == "01" and row["track"] != "AA"]
    assert [row["title_on_disc"] for row in rows] == ["Yoru", "", "–"]
    assert [row["performer_on_disc"] for row in rows] == ["Minato", "", ""]
    assert view(of)["on_disc"] == ""
    of = dataclasses.replace(of, title="夜のフェリー")
    assert view(of)["on_disc"] == "CD-Text: The Harbour Lights – Night Ferry"
    of = dataclasses.replace(of, disc=disc())
    assert view(of)["on_disc"] == "" and {row["title_on_disc"] for row in view(of)["rows"]} == {""}


def test_facts_come_from_the_album() -> None:
    album = Album(
        title="Night Ferry",
        artist="The Harbour Lights",
        date="2026-12-04",
        label="Dead Reckoning",
        catalog="DRR-014",
        credits={"mastering_engineer": ["D. Wax", "E. Wax"], "mastering_studio": "Lodestar", "mixer": "M."},
    )
    found = pq_facts(album, TINY, words=(Words(), *names(2)), offsets=(1, 2, 3), remarks=["Meant."])
    assert (found.title, found.artist, found.label) == ("Night Ferry", "The Harbour Lights", "Dead Reckoning")
    assert (found.catalog, found.date, found.version) == ("DRR-014", "2026-12-04", __version__)
    assert (found.engineer, found.house) == ("D. Wax, E. Wax", "Lodestar")
    assert (found.words, found.offsets, found.remarks) == (names(2), (1, 2, 3), ("Meant.",))
    assert (found.sums, found.files) == (None, ())
    on_disc = Words(title="Night Ferry, Disc 2", performer="Others")
    found = pq_facts(Album(title="T", artist="A"), TINY, words=(on_disc, *names(2)))
    assert (found.title, found.artist) == ("Night Ferry, Disc 2", "Others")
    assert {found.label, found.catalog, found.date, found.engineer, found.house} == {""}


def test_every_track_has_words() -> None:
    with pytest.raises(ValueError, match="2 tracks have 1 words"):
        pq_facts(Album(title="T", artist="A"), TINY, words=names(2))


# The table


def table(of: PqFacts) -> list[dict[str, str]]:
    """As Python reads the file."""
    text = pq_csv(of).encode().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def marks_in(rows: list[dict[str, str]]) -> list[tuple[str, int, int]]:
    """From the plain numbers."""
    return [(row["track"], int(row["index"]), int(row["start_sectors"])) for row in rows]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(discs())
def test_the_table_is_the_disc(of: Disc) -> None:
    rows = table(facts(of))
    assert marks_in(rows) == [
        *((f"{track.number:02d}", index, at) for track in of.tracks for index, at in track.marks),
        ("AA", 1, of.lead_out_sector),
    ]
    for row in rows:
        assert row["start"] == msf(int(row["start_sectors"]))
        assert int(row["start_samples"]) == 588 * int(row["start_sectors"])
        assert row["relative"] == (msf(at - 150) if (at := int(row["start_sectors"])) >= 150 else "")
        for name in ("length", "pause", "audio"):
            assert row[name] == (msf(int(sectors)) if (sectors := row[f"{name}_sectors"]) else "")
            assert row[f"{name}_samples"] == (str(588 * int(sectors)) if sectors else "")
    of_tracks = [row for row in rows if row["length"]]
    lengths = [int(row["length_sectors"]) for row in of_tracks]
    assert tuple(accumulate(lengths, initial=of.starts[0])) == (*of.starts, of.lead_out_sector)
    assert [row["isrc"] for row in of_tracks] == [track.isrc for track in of.tracks]
    assert {row["flags"] for row in of_tracks} == {{"no": "", "yes": "DCP", "scms": "SCMS"}[of.copy]}
    assert [row["crc32"] for row in of_tracks] == [f"c{n:07d}" for n in range(1, len(of_tracks) + 1)]
    assert all(row["isrc"] == row["title"] == row["crc32"] == "" for row in rows if row not in of_tracks)


def test_the_table_is_rfc_4180_with_a_mark_for_excel() -> None:
    """In UTF-8, lines ended by CR LF, as many cells in each, commas and quotes quoted."""
    of = dataclasses.replace(facts(TINY), words=(Words(title='Ebb, "Flow"', performer="Zoë"), Words()))
    data = pq_csv(of).encode()
    assert data.startswith(
        b"\xef\xbb\xbfdisc,catalog,upc,track,index,start,length,pause,audio,isrc,flags,title,"
    )
    assert data.count(b"\r\n") == data.count(b"\n") == 7 and data.endswith(b"\r\n")
    assert b',"Ebb, ""Flow""",Zo\xc3\xab,' in data
    assert len({len(row) for row in csv.reader(io.StringIO(data.decode(), newline=""))}) == 1


def test_the_table_says_what_the_page_does() -> None:
    texts = (text_of(names(2, "Tiny")), text_of(names(2, "Klein"), language="de"))
    rows = table(facts(dataclasses.replace(TINY, texts=texts, number=2, count=2)))
    assert {(row["disc"], row["catalog"], row["upc"]) for row in rows} == {("2", "DRR-014", UPC)}
    first = rows[1]
    assert first["title"] == "Title of 1" and first["performer"] == "The Harbour Lights"
    assert first["cdtext_en_title"] == "Tiny 1" and first["cdtext_de_title"] == "Klein 1"
    assert first["cdtext_de_performer"] == "The Harbour Lights"
    assert (first["crc32"], first["accuraterip_v1"], first["accuraterip_v2"]) == (
        "c0000001", "a0000001", "b0000001"
    )  # fmt: skip
    assert (first["length"], first["audio"], rows[0]["pause"]) == ("00:10:00", "00:08:00", "00:02:00")


KINDS = ("title", "performer", "songwriter", "composer", "arranger", "message")


def told(what: str) -> Words:
    """Words that tell kind and place."""
    return Words(**{kind: f"{kind} {what}" for kind in KINDS})


def test_the_table_has_every_word_of_cd_text() -> None:
    """Those of tracks beside their index 01, those of the disc in every row."""
    texts = tuple(
        DiscText(
            language=language,
            disc=told(f"{language} 0"),
            tracks=(told(f"{language} 1"), told(f"{language} 2")),
            genre=(23, "Rock"),
            disc_id="TINY-001",
        )
        for language in ("en", "de")
    )
    rows = table(facts(dataclasses.replace(TINY, texts=texts)))
    for language in ("en", "de"):
        for kind in KINDS:
            column = [row[f"cdtext_{language}_{kind}"] for row in rows]
            assert column == ["", f"{kind} {language} 1", "", f"{kind} {language} 2", "", ""]
            assert {row[f"cdtext_{language}_disc_{kind}"] for row in rows} == {f"{kind} {language} 0"}
        assert {row[f"cdtext_{language}_disc_genre"] for row in rows} == {"Rock"}
        assert {row[f"cdtext_{language}_disc_id"] for row in rows} == {"TINY-001"}


def test_the_table_names_what_is_hidden() -> None:
    of = disc(3, hidden=2250, further={1: (300,)})
    rows = table(facts(of, hidden_title="=Undertow"))
    assert [row["title"] for row in rows[:4]] == ["'=Undertow", "Title of 1", "", ""]
    assert table(facts(disc(3), hidden_title="Undertow"))[0]["title"] == ""
    assert table(facts(of))[0]["title"] == ""


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+", "'+"),
        ("-ism", "'-ism"),
        ("@home", "'@home"),
        ("＝１", "'＝１"),
        (" =1", "' =1"),
        ("'=1", "''=1"),
        ("''=1", "'''=1"),
        ("'Cause", "'Cause"),
        ("’Round Midnight", "’Round Midnight"),
        ("1+1", "1+1"),
        ("", ""),
    ],
)
def test_no_title_is_a_formula(typed: str, cell: str) -> None:
    assert as_text(typed) == cell
    assert as_typed(cell) == typed
    texts = (text_of((Words(message=typed), Words()), disc=Words(composer=typed), disc_id=typed),)
    of = facts(
        dataclasses.replace(TINY, texts=texts),
        words=(Words(title=typed, performer=typed), Words()),
        catalog=typed,
    )
    row = table(of)[1]
    assert row["title"] == row["performer"] == row["catalog"] == cell
    assert row["cdtext_en_message"] == row["cdtext_en_disc_composer"] == row["cdtext_en_disc_id"] == cell


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(st.sampled_from("'=+-@ a＝"), max_size=6) | st.text(max_size=6))
@example("'")
def test_every_cell_gives_its_text_back(typed: str) -> None:
    assert as_typed(as_text(typed)) == typed
    assert not as_text(typed).lstrip().startswith(tuple("=+-@＝＋－＠"))


# The page


def written(of: PqFacts, path: Path) -> list[str]:
    """The text of each page."""
    assert write_pq_pdf(of, path) == ()
    return pdf_text(path).split("\f")[:-1]


def lines(pages: list[str]) -> list[str]:
    """With one blank between words, however they are set, and none where a word may be broken."""
    plain = "\n".join(pages).replace("\u200b", "").replace("\u202f", " ")
    return [" ".join(line.split()) for line in plain.splitlines()]


def count_of_pages(path: Path) -> int:
    done = subprocess.run([require("pdfinfo"), path], check=True, capture_output=True, text=True)
    return int(re.findall(r"^Pages: +(\d+)$", done.stdout, re.MULTILINE)[0])


def test_the_page_says_all_of_a_disc(tmp_path: Path) -> None:
    found = lines(written(facts(TINY, contact="mastering@example.org"), tmp_path / "pq.pdf"))
    for line in LINES:
        assert line in found, line
    text = "\n".join(found)
    for words in (
        "The Harbour Lights – Night Ferry",
        "Label, client Dead Reckoning",
        "Catalogue number DRR-014",
        "Master ID TINY-001",
        "Release date 2026-12-04",
        "Mastered by D. Wax",
        "Questions to mastering@example.org",
        "Audio CD, DDP 2.00; 44.1 kHz, 16 bit, stereo",
        "MM:SS:FF with 75 frames per second",
        f"2 00:16:00 00:18:00 {UPC}",
        "absolute; an image of 1 350 frames",
        "01 c0000001 a0000001 b0000001",
        "production master",
        "not for production",
        "PQ sheet by Deadwax 0.1.0 page 1 of 1",
        *(
            f"{file.name} {128 * 10**place:,} {file.md5}".replace(",", " ")
            for place, file in enumerate(FILES)
        ),
    ):
        assert words in text, words
    assert "signature" in text and "[" not in text


@pytest.mark.parametrize(
    ("of", "pages"),
    [
        (disc(1, upc=""), 1),
        (disc(8), 1),
        (disc(12), 1),
        (disc(12, pause=0, further={3: (300, 600)}, copy="scms"), 1),
        (disc(12, hidden=2250, sounding=(4,), number=2, count=2), 1),
        (disc(30), 2),
        (disc(99, length=3000), 5),
        (disc(1, further={1: tuple(range(5, 495, 5))}), 3),
    ],
    ids=["1", "8", "12", "12 flagged", "12 hidden", "30", "99", "99 indexes"],
)
def test_every_figure_is_read_from_the_page(tmp_path: Path, of: Disc, pages: int) -> None:
    path = tmp_path / "pq.pdf"
    sheets = written(facts(of), path)
    assert count_of_pages(path) == len(sheets) <= pages
    found = lines(sheets)
    for row in pq_rows(of):
        start = f"{row.track_text} {row.index:02d} {msf(row.start_sector)}"
        (line,) = [line for line in found if line.startswith(start)]
        if row.track and row.index == 1:
            flag = {"no": "–", "scms": "SCMS"}[of.copy]
            assert line.startswith(f"{start} {msf(row.track.sectors)} {row.track.isrc} {flag} Title of ")
        elif row.index == 0:
            assert line.startswith(f"{start} {msf(row.pause_sectors or 0)}")
    text = " ".join(found)
    for each in of.tracks:
        assert f"{each.number:02d} c{each.number:07d} a{each.number:07d} b{each.number:07d}" in text
    for number, sheet in enumerate(sheets, 1):
        assert f"page {number} of {len(sheets)}" in sheet
        if re.search(r"^ *\d\d +\d\d +\d\d:\d\d:\d\d", sheet, re.MULTILINE):
            assert re.search(r"track +index +start +length +pause +ISRC +flags +title +performer", sheet)


def test_a_pause_is_on_the_page_of_its_track(tmp_path: Path) -> None:
    """Wherever the page ends: titles of two lines make rows of two heights."""
    for lines_more in range(3):
        words = tuple(
            Words(title="A Title That Takes Two Lines of What There Is" if n <= lines_more else "Short")
            for n in range(40)
        )
        for sheet in written(dataclasses.replace(facts(disc(40)), words=words), tmp_path / "pq.pdf"):
            numbers = re.findall(r"^ *(\d\d) +(0[01]) +\d\d:\d\d:\d\d", sheet, re.MULTILINE)
            paused = [number for number, index in numbers if index == "00"]
            assert paused == [number for number, index in numbers if index == "01"]


def test_a_dry_run_has_no_audio_yet(tmp_path: Path) -> None:
    files = tuple(PqFile(name=name) for name in NAMES)
    of = dataclasses.replace(facts(TINY), sums=None, files=files)
    text = "\n".join(lines(written(of, tmp_path / "pq.pdf")))
    assert "There is none yet." in text and "IMAGE.DAT – –" in text and "Image CRC-32" not in text
    assert "02 01 00:12:00 00:06:00 AA6Q72600002" in text
    assert {row["crc32"] for row in table(of)} == {""}


def test_what_is_empty_is_a_dash(tmp_path: Path) -> None:
    bare = PqFacts(
        disc=with_isrcs(dataclasses.replace(TINY, upc="", master_id="")),
        words=(Words(), Words()),
        title="T",
        artist="A",
        version="0.1.0",
    )
    text = "\n".join(lines(written(bare, tmp_path / "pq.pdf")))
    assert "UPC/EAN" in text and "no catalogue number on the disc" in text
    assert "Label, client –" in text and "Questions to" not in text and "Files" not in text
    assert "01 01 00:02:00 00:10:00 – –\n" in text
    assert table(bare)[1]["isrc"] == ""


def test_what_is_odd_is_in_its_row(tmp_path: Path) -> None:
    of = disc(4, hidden=2250, sounding=(3,), number=2, count=3)
    found = lines(written(facts(of, hidden_title="Undertow"), tmp_path / "pq.pdf"))
    assert "01 00 00:00:00 00:32:00 hidden track “Undertow”" in found
    assert f"03 00 {msf(of.tracks[2].pause_sector or 0)} 00:02:00 not silent" in found
    assert (
        "Hidden track “Undertow” before track 1, as meant: from 00:02:00 to 00:32:00, 00:30:00 long." in found
    )
    assert any(line.endswith("disc 2 of 3") for line in found)
    assert any("Night Ferry · disc 2 of 3 · PQ sheet" in line for line in found)


def test_cd_text_of_another_language_is_listed(tmp_path: Path) -> None:
    german = (Words(title="Ebbe", performer="The Harbour Lights"), Words(title="Flut", performer="Gäste"))
    texts = (text_of(names(2)), text_of(german, language="de", disc=Words(title="Fähre", performer="Die")))
    text = "\n".join(lines(written(facts(dataclasses.replace(TINY, texts=texts)), tmp_path / "pq.pdf")))
    assert "CD-Text in de: Die – Fähre\n01 Ebbe (The Harbour Lights) · 02 Flut (Gäste)\n" in text


@pytest.mark.parametrize(
    ("texts", "besides"),
    [
        ((), []),
        ((text_of(names(3)),), []),
        (
            (text_of(tuple(Words(composer=name) for name in ("A. Name", "Other", "A. Name"))),),
            [["composer", "A. Name (1, 3); Other (2)"]],
        ),
        (
            (
                text_of(
                    tuple(Words(composer="A. Name", message="Ahoy" * (place == 1)) for place in range(3)),
                    disc=Words(composer="A. Name", songwriter="Various"),
                    genre=(23, "Rock"),
                    disc_id="DRR-014",
                ),
            ),
            [
                ["songwriter", "Various (disc)"],
                ["composer", "A. Name (disc, 1–3)"],
                ["message", "Ahoy (2)"],
                ["genre", "Rock (code 23)"],
                ["disc ID", "DRR-014"],
            ],
        ),
        (
            (
                text_of((Words(composer="A. Name", arranger="Other"),) * 3),
                text_of((Words(composer="A. Name", message="Hallo"),) * 3, language="de"),
            ),
            [
                ["composer", "A. Name (1–3)"],
                ["arranger, en", "Other (1–3)"],
                ["arranger, de", "–"],
                ["message, en", "–"],
                ["message, de", "Hallo (1–3)"],
            ],
        ),
    ],
    ids=["none", "titles alone", "one of each", "all", "two languages"],
)
def test_what_else_is_in_cd_text_is_listed(texts: tuple[DiscText, ...], besides: list[list[str]]) -> None:
    """Equal words once, with their tracks; languages that say the same on one line."""
    of = dataclasses.replace(facts(), disc=disc(texts=texts))
    plain = [[name, words.replace("\u00a0", " ")] for name, words in view(of)["besides"]]
    assert plain == besides


def written_by(count: int) -> tuple[Words, ...]:
    """Two writers of words and two of music for each track, no pair twice, and one arranger of two tracks."""
    people = ("Anna-Lena Bergström", "Tom Waverley", "Giulia Conti", "José Ramírez", "D. Wax", "M. O'Connor")
    return tuple(
        Words(
            title=f"The Harbour, Part {n}",
            performer="The Harbour Lights",
            composer=f"{people[n % 6]}, {people[n // 6 - 4]} {n}",
            songwriter=f"{people[n // 6 - 3]}, {people[n % 5]} {n}",
            arranger="Zoë Quill" if n in (4, 5) else "",
        )
        for n in range(1, count + 1)
    )


@pytest.mark.parametrize(
    ("of", "offsets"),
    [
        (disc(12), (0, 0, 0)),
        (disc(12, pauses={4: 0, 5: 0}), (15, 15, 7)),
        (disc(12, hidden=2250, further={3: (300,)}, number=1, count=2), (0, 0, 0)),
    ],
    ids=["plain", "offsets", "hidden"],
)
def test_an_album_with_writers_stays_on_its_page(
    tmp_path: Path, of: Disc, offsets: tuple[int, int, int]
) -> None:
    words = written_by(12)
    texts = (text_of(words, disc=Words(title="Night Ferry", composer="Various", songwriter="Various")),)
    sheet = facts(dataclasses.replace(of, texts=texts), words=words, offsets=offsets, hidden_title="Undertow")
    (page,) = written(sheet, tmp_path / "pq.pdf")
    text = " ".join(lines([page]))
    assert "CD-Text besides titles and performers" in text and "arranger Zoë Quill (4–5)" in text
    for number, each in enumerate(words, 1):
        assert f"{each.composer} ({number})" in text and f"{each.songwriter} ({number})" in text


LONG = "W" * 70
TITLES = {
    "Cyrillic, Greek, Latvian": "Ночной паром – Ελληνικό Rēzekne",
    "no blanks": "Donaudampfschifffahrtsgesellschaftskapitän",
    "markup": "#panic() *b* $x$ @ref \\ ]",
    "wide": LONG,
}


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_any_title_stays_in_its_place(tmp_path: Path, title: str) -> None:
    """In every place where a person may write; CD-Text has something else."""
    people: dict[str, Any] = dict.fromkeys(
        ("title", "artist", "label", "catalog", "engineer", "house", "contact", "hidden_title"), title
    )
    words = tuple(Words(title=title, performer=title) for _ in range(3))
    on_disc = tuple(
        Words(title=title[::-1], performer=title, composer=title[:n], message=title) for n in (8, 9, 10)
    )
    of = disc(hidden=2250, texts=(text_of(on_disc),))
    sheet = facts(dataclasses.replace(of, master_id=title), words=words, remarks=(title,), **people)
    path = tmp_path / "pq.pdf"
    written(sheet, path)
    plain = "".join(pdf_text(path, "-raw").replace("\u200b", "").split())
    assert plain.count("".join(title.split())) >= 16
    for page in boxes(path):
        assert overlapping(page) == []
        assert min(left for left, *_ in page) >= MARGIN_PT - 1
        assert max(right for _, _, right, *_ in page) <= A4_PT[0] - MARGIN_PT + 1


def test_a_title_of_many_lines_is_cut_on_paper_alone(tmp_path: Path) -> None:
    title = "Everybody Knows That the Boat Is Leaking " * 12
    of = dataclasses.replace(facts(TINY), words=(Words(title=title, performer=title),) * 2)
    text = "".join("".join(written(of, tmp_path / "pq.pdf")).split())
    assert "Everybody" in text and "…" in text
    assert table(of)[1]["title"] == title
    remark = "The hiss is meant. " * 40
    assert view(dataclasses.replace(of, remarks=(remark,)))["notice"][-1] == remark


@pytest.mark.parametrize("title", ["夜の港で船を待つ", "الليل في الميناء القديم", "אור ראשון", UNKNOWN])
def test_a_title_that_no_font_has_is_said(tmp_path: Path, title: str) -> None:
    """Which scripts there are fonts for differs from one machine to the next; the sheet is whole on all."""
    path = tmp_path / "pq-sheet.pdf"
    of = dataclasses.replace(facts(TINY), words=(Words(title=title), Words(title=title)), title=title)
    page, _ = pq_sheet_files(of, "cd")
    warned = page.write(path, {}).notes
    assert all(text.startswith("pq-sheet.pdf shows boxes for some characters") for text in warned)
    assert warned or title != UNKNOWN
    assert "00:12:00" in pdf_text(path)
    assert table(of)[1]["title"] == title


# The files


@pytest.mark.parametrize("folder", ["cd", "cd/disc-2"])
def test_files_are_as_the_delivery_lists_them(tmp_path: Path, folder: str) -> None:
    files = pq_sheet_files(facts(TINY), folder)
    assert [each.path for each in files] == [f"{folder}/pq-sheet.pdf", f"{folder}/pq-sheet.csv"]
    for each in files:
        path = tmp_path / Path(each.path).name
        row = each.write(path, {})
        assert (row.path, row.kind, row.role) == (each.path, "cd", "pq-sheet")
        assert path.stat().st_size
    assert (tmp_path / "pq-sheet.csv").read_bytes() == pq_csv(facts(TINY)).encode()


def test_the_same_facts_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        write_pq_pdf(facts(TINY), tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.pdf", "two.pdf"))
    assert one == two
    assert not re.search(rb"/(CreationDate|ModDate)|<xmp:(Create|Modify)Date", one)
    assert b"pdfuaid" in one


@pytest.mark.parametrize(
    "changes",
    [
        {"offsets": (1, 0, 0)},
        {"sums": None},
        {"files": FILES[:5]},
        {"disc": dataclasses.replace(TINY, upc="")},
        {"words": names(2, "Other")},
        {"remarks": ("One.",)},
        {"version": "0.2.0"},
        {"disc": dataclasses.replace(facts(TINY).disc, texts=(text_of((Words(composer="A. Name"),) * 2),))},
    ],
)
def test_what_is_printed_is_an_input(changes: dict[str, Any]) -> None:
    """Whatever is another makes other bytes, and another key to build by."""
    one, two = facts(TINY), dataclasses.replace(facts(TINY), **changes)
    keys = {key_of("file", 1, pq_sheet_files(each, "cd")[0].inputs) for each in (one, two)}
    assert len(keys) == 2
    assert view(one) != view(two)
