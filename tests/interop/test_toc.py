"""Our TOC files, read by cdrdao, and their CD-Text by toc2cddb and cuetools too.

`cdrdao show-toc` prints where the marks are, but no CD-Text; toc2cddb, of the same makers, the titles of the
first language. cueprint reads all the words, of the last language, and leaves the octal numbers as they are.
"""

import re
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.cd.disc import Disc, DiscPart, DiscText, DiscTrack, Words
from pipeline.cd.toc_file import toc_text
from tests.foreign import require

PREGAP = 150


@dataclass(frozen=True)
class Laid:
    """A track by its marks: pause, start and indexes, in sectors of the disc."""

    start: int
    pause: int | None = None
    indexes: tuple[int, ...] = ()
    isrc: str = ""


def disc_of(laid: Sequence[Laid], lead_out: int, copy: str = "no", texts: tuple[DiscText, ...] = ()) -> Disc:
    stops = [*(each.start for each in laid[1:]), lead_out]
    tracks = tuple(
        DiscTrack(
            number=number,
            track=number,
            pause_sector=0 if number == 1 else each.pause,
            start_sector=each.start,
            index_sectors=each.indexes,
            stop_sector=stop,
            isrc=each.isrc,
        )
        for number, (each, stop) in enumerate(zip(laid, stops, strict=True), 1)
    )
    length = lead_out - PREGAP
    parts = (DiscPart(track=1, start_sector=PREGAP, sound_sectors=length, sectors=length),)
    return Disc(
        tracks=tracks,
        parts=parts,
        lead_out_sector=lead_out,
        upc="4006381333931",
        copy=copy,
        texts=texts,
    )


def random_disc(seed: int) -> Disc:
    """Up to 20 tracks of 4 s at least; pauses, indexes and a longer pre-gap here and there."""
    random = np.random.default_rng(seed)
    sector = PREGAP + int(random.integers(0, 2) * random.integers(1, 400))
    laid = []
    for _ in range(random.integers(1, 21)):
        pause = sector if laid and random.integers(0, 2) else None
        start = sector + int(random.integers(1, 300)) if pause else sector
        steps = np.cumsum(random.integers(1, 400, random.integers(0, 4)))
        indexes = tuple(start + int(step) for step in steps)
        laid.append(Laid(start, pause, indexes))
        sector = (indexes[-1] if indexes else start) + int(random.integers(301, 1_000))
    return disc_of(laid, sector)


WORDS = DiscText(
    disc=Words(title='Tiny "Disc"', performer="Müller & Söhne", message="one \\ two \\101"),
    tracks=(
        Words(title="Café", performer="Duo", songwriter="Ågren", composer="Comp.", arranger="Arr."),
        Words(title="Nº 2 · ½", performer="Duo feat. Z", message="// no comment"),
    ),
    genre=(11, "Folk"),
    disc_id="DRR-014",
)
PLAIN_WORDS = DiscText(disc=Words(title="Tiny", performer="Duo"), tracks=(Words(title="A"), Words(title="B")))
PAIR = [Laid(150, isrc="AA6Q72600001"), Laid(900, pause=750, indexes=(1200,))]
EVERY_FOUR_SECONDS = [Laid(150 + 300 * place, isrc=f"AA6Q726{place:05d}") for place in range(99)]
DISCS = {
    "one track": disc_of([Laid(150)], 900),
    "plain": disc_of([Laid(150), Laid(601), Laid(1_203)], 1_650),
    "pauses": disc_of([Laid(150), Laid(600, pause=599), Laid(1_100, pause=900)], 1_650),
    "hidden": disc_of([Laid(525), Laid(1_000, pause=925)], 1_650),
    "sub-indexes": disc_of([Laid(150, indexes=(300, 301)), Laid(750, 700, indexes=(1_100,))], 1_650),
    "hidden and sub-indexes": disc_of([Laid(151, indexes=(400,)), Laid(750, 700)], 1_650),
    "99 tracks of 4 s": disc_of(EVERY_FOUR_SECONDS, 150 + 300 * 99),
    "copies": disc_of(PAIR, 1_350, copy="yes"),
    "one generation": disc_of(PAIR, 1_350, copy="scms"),
    "words": disc_of(PAIR, 1_350, texts=(WORDS,)),
    "two languages": disc_of(PAIR, 1_350, texts=(PLAIN_WORDS, replace(WORDS, language="de"))),
    "79:57:74": disc_of([Laid(150), Laid(180_000, pause=179_000)], 359_849 + 150),
} | {f"random {seed}": random_disc(seed) for seed in range(25)}


def written(folder: Path, disc: Disc, wav_name: str = "album.wav") -> str:
    """The TOC file of a disc, beside a silent WAV that is as long as it must be and takes no room."""
    size = (disc.lead_out_sector - PREGAP) * 2352
    head = struct.pack("<4sI8sIHHIIHH", b"RIFF", size + 36, b"WAVEfmt ", 16, 1, 2, 44_100, 176_400, 4, 16)
    with (folder / wav_name).open("wb") as wav:
        wav.write(head + struct.pack("<4sI", b"data", size))
        wav.truncate(44 + size)
    path = folder / "album.toc"
    path.write_text(toc_text(disc, wav_name), encoding="utf-8")
    return str(path)


def output_of(command: list[str]) -> bytes:
    done = subprocess.run(command, check=True, capture_output=True)
    # What cdrdao says there is its version, or what is wrong.
    assert not re.search(rb"ERROR|WARNING|syntax|bad character", done.stderr), done.stderr.decode()
    return done.stdout


@dataclass(frozen=True)
class Shown:
    """A track as `show-toc` prints it; sectors are of the WAV."""

    copy: bool
    isrc: str
    pause_sectors: int
    start: int
    indexes: tuple[int, ...]
    stop: int


def shown_tracks(printed: str) -> list[Shown]:
    found = []
    for section in re.split(r"^TRACK +\d+ +Mode AUDIO:$", printed, flags=re.MULTILINE)[1:]:
        assert "NO PRE-EMPHASIS" in section and "TWO CHANNEL AUDIO" in section
        sectors = re.findall(r"^ +(PREGAP|START|INDEX|END) .*\( *(\d+)\)$", section, re.MULTILINE)
        marks = {word: tuple(int(at) for other, at in sectors if other == word) for word, _ in sectors}
        isrc = re.search(r"ISRC (.*)", section)
        found.append(
            Shown(
                copy="COPY PERMITTED" in section,
                isrc=isrc[1].replace(" ", "") if isrc else "",
                pause_sectors=sum(marks.get("PREGAP", ())),
                start=marks["START"][0],
                indexes=marks.get("INDEX", ()),
                stop=marks["END"][0],
            )
        )
    return found


def expected_tracks(disc: Disc) -> list[Shown]:
    """A pause is the first that belongs to a track; that of track 1 is what is longer than 150 sectors."""
    firsts = [PREGAP, *(track.marks[0][1] for track in disc.tracks[1:])]
    stops = [*firsts[1:], disc.lead_out_sector]
    return [
        Shown(
            copy=disc.copy == "yes",
            isrc=track.isrc,
            pause_sectors=track.start_sector - first,
            start=track.start_sector - PREGAP,
            indexes=tuple(index - PREGAP for index in track.index_sectors),
            stop=stop - PREGAP,
        )
        for track, first, stop in zip(disc.tracks, firsts, stops, strict=True)
    ]


@pytest.mark.parametrize("name", list(DISCS))
def test_cdrdao_sees_the_marks_and_codes(tmp_path: Path, name: str) -> None:
    disc, cdrdao = DISCS[name], require("cdrdao")
    toc = written(tmp_path, disc)
    printed = output_of([cdrdao, "show-toc", toc]).decode()
    assert shown_tracks(printed) == expected_tracks(disc)
    assert printed.startswith("TOC TYPE: CD_DA\nCATALOG NUMBER: 4006381333931\n")
    assert int(output_of([cdrdao, "toc-size", toc])) == disc.lead_out_sector - PREGAP
    assert f"{len(disc.tracks)} tracks," in output_of([cdrdao, "toc-info", toc]).decode()


def test_what_cdrdao_would_burn_is_the_wav(tmp_path: Path) -> None:
    disc = disc_of([Laid(160), Laid(500, pause=470, indexes=(700,)), Laid(820)], 1_150)
    toc = written(tmp_path, disc)
    # No higher than can be printed in a column of six: no blank is kept between two of them.
    frames = np.random.default_rng(1).integers(-9_999, 10_000, ((1_150 - PREGAP) * 588, 2)).astype(np.int16)
    soundfile.write(tmp_path / "album.wav", frames, 44_100, subtype="PCM_16")
    printed = output_of([require("cdrdao"), "show-data", toc]).replace(b":", b"")
    numbers = np.array(printed.split(), np.int64).reshape(-1, 3)
    assert np.array_equal(numbers[:, 0], np.arange(len(frames)))
    assert np.array_equal(numbers[:, 1:], frames)


@pytest.mark.parametrize("wav_name", ["Überfahrt 夜.wav", 'The 7" \\101.wav', "it's one.wav"])
def test_cdrdao_finds_the_wav(tmp_path: Path, wav_name: str) -> None:
    toc = written(tmp_path, DISCS["plain"], wav_name)
    assert int(output_of([require("cdrdao"), "toc-size", toc])) == 1_500


def test_a_sector_less_would_not_do(tmp_path: Path) -> None:
    """The lengths are looked at: cdrdao says so when the last is too long for the WAV."""
    toc = written(tmp_path, DISCS["plain"])
    written(tmp_path, replace(DISCS["plain"], lead_out_sector=1_649))
    Path(toc).write_text(toc_text(DISCS["plain"], "album.wav"), encoding="utf-8")
    done = subprocess.run([require("cdrdao"), "show-toc", toc], capture_output=True, check=False)
    assert b"ERROR" in done.stderr


# The words


@pytest.mark.parametrize(("name", "text"), [("words", WORDS), ("two languages", PLAIN_WORDS)])
def test_toc2cddb_has_the_titles_of_the_first_language(tmp_path: Path, name: str, text: DiscText) -> None:
    printed = output_of([require("toc2cddb"), written(tmp_path, DISCS[name])]).decode("latin-1")
    found = dict(re.findall(r"^([DT]TITLE\d*)=(.*)$", printed, re.MULTILINE))
    titles = {f"TTITLE{place}": words.title for place, words in enumerate(text.tracks)}
    assert found == {"DTITLE": f"{text.disc.performer} / {text.disc.title}"} | titles


def plain(escaped: str) -> str:
    """A string of a TOC file without its quotes and escapes."""
    return re.sub(r'\\(")|\\(\d{3})', lambda match: match[1] or chr(int(match[2], 8)), escaped)


@pytest.mark.parametrize("name", ["words", "two languages"])
def test_cueprint_has_all_the_words_of_the_last_language(tmp_path: Path, name: str) -> None:
    text = DISCS[name].texts[-1]
    # Without the genre, whose bytes cuetools does not read, though cdrdao wants them.
    disc = replace(DISCS[name], texts=(*DISCS[name].texts[:-1], replace(text, genre=None)))
    templates = (r"%T\t%P\t%S\t%C\t%A\t%M\t%U\n", r"%t\t%p\t%s\t%c\t%a\t%m\t%u\n")
    command = [require("cueprint"), "-i", "toc", "-d", templates[0], "-t", templates[1]]
    printed = output_of([*command, written(tmp_path, disc)]).decode()
    codes = (disc.upc, *(track.isrc for track in disc.tracks))
    assert [tuple(map(plain, line.split("\t"))) for line in printed.splitlines()] == [
        (each.title, each.performer, each.songwriter, each.composer, each.arranger, each.message, code)
        for each, code in zip((text.disc, *text.tracks), codes, strict=True)
    ]
