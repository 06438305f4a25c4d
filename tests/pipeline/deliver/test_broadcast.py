"""What the WAVs of a CD say of themselves, and that a reader finds just that."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import pipeline
from pipeline.bext import Loudness
from pipeline.bext_reader import read_broadcast_tags
from pipeline.cd.disc import Disc, DiscPart, DiscTrack
from pipeline.deliver.broadcast import (
    FileWords,
    chunks_of,
    image_file_words,
    loudness_of,
    told,
    track_file_words,
)
from pipeline.deliver.release import HiddenRelease, Release
from pipeline.encode import open_encoder
from pipeline.formats import parse_format
from pipeline.measure import SILENT
from pipeline.wave import wave_head
from tests.albums import facts_of, manifest, noise, timeline, write_mix

ALBUM = """\
album:
  {title: Night Ferry, artist: The Harbour Lights, date: 2026-12-04, catalog: DRR-014, upc: "4006381333931",
   genre: [Folk rock, Ballad], c_line: © 2026 Dead Reckoning, p_line: 2025 Elsewhere,
   credits: {mastering_engineer: [M. Hand, A. Nother], mixer: N. One}}
session: {dither: tpdf}
"""
TRACKS = """\
  - {title: Departure, mix: "one, two.wav", isrc: GBAYE2600001, index: [1, 2], message: Ahoy}
  - {title: Überfahrt “夜”, mix: mono.flac, artist: Zoë}
  - {title: Ebb, mix: lossy.mp3, disc: 2, genre: Noise}
  - {title: Flow, mix: float.wav}
  - {title: Still, mix: lossy.m4a}
"""
OWN_LINE = "A=PCM,F=44100,W=16,M=stereo,T=Deadwax; dither tpdf"


def a_disc(**more: object) -> Disc:
    """Two tracks: 400 sectors with indexes at 100 and 250, and 300 behind a pause of 150."""
    usual: dict[str, object] = {
        "tracks": (
            DiscTrack(
                number=1,
                track=1,
                pause_sector=0,
                start_sector=150,
                index_sectors=(250, 400),
                stop_sector=700,
                isrc="GBAYE2600001",
            ),
            DiscTrack(number=2, track=2, pause_sector=550, start_sector=700, stop_sector=1000),
        ),
        "parts": (
            DiscPart(track=1, start_sector=150, sound_sectors=400, sectors=550),
            DiscPart(track=2, start_sector=700, sound_sectors=300, sectors=300),
        ),
        "lead_out_sector": 1000,
        "upc": "4006381333931",
    }
    return Disc(**usual | more)  # type: ignore[arg-type]


DISC = a_disc()
SECOND = Disc(
    number=2,
    count=2,
    tracks=tuple(
        DiscTrack(
            number=number,
            track=2 + number,
            pause_sector=None if number > 1 else 0,
            start_sector=150 + 300 * (number - 1),
            stop_sector=150 + 300 * number,
        )
        for number in (1, 2, 3)
    ),
    parts=tuple(
        DiscPart(track=track, start_sector=150 + 300 * (track - 3), sound_sectors=300, sectors=300)
        for track in (3, 4, 5)
    ),
    lead_out_sector=1050,
)


def encoded(path: Path, form: str) -> None:
    """Half a second, so that there is a file of that codec."""
    codes = (noise(0.5) * 2**23).astype(np.int32)
    with open_encoder(path, parse_format(form), 2, len(codes)) as encoder:
        encoder.write(codes)


def released(folder: Path, tracks: str, head: str) -> Release:
    """As far as names and facts go."""
    album = manifest(folder, tracks, head)
    return Release(
        manifest=album,
        facts=tuple(facts_of(album)),
        mix_hashes=(),
        reels=(),
        levels=(),
        readings=(),
        timeline=timeline([[300]]),
        limited={},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("album")
    write_mix(found / "one, two.wav", noise(0.5, 48_000), 48_000)
    write_mix(found / "mono.flac", noise(0.5)[:, :1], subtype="PCM_16")
    write_mix(found / "float.wav", noise(0.5, 96_000), 96_000, subtype="FLOAT")
    encoded(found / "lossy.mp3", "mp3 320")
    encoded(found / "lossy.m4a", "aac 256")
    return found


@pytest.fixture(scope="module")
def release(folder: Path) -> Release:
    return released(folder, TRACKS, ALBUM)


def read_back(words: FileWords, loudness: Loudness, path: Path) -> dict[str, list[str]]:
    path.write_bytes(wave_head(44_100, 2, 16, 588, chunks_of(words, loudness)) + bytes(4 * 588))
    return read_broadcast_tags(path)


# --- tracks

LOUD = Loudness(lufs_i=-14.004, lra_lu=6.0, true_peak_dbtp=-1.0, lufs_m_max=-9.5, lufs_s_max=-11.25)


def test_a_track_says_all_this(release: Release) -> None:
    """It begins at frame 0 of the image; indexes 02 and 03 are 100 and 250 sectors of 588 frames later."""
    words = track_file_words(release, DISC, release.pieces[0])
    assert told(words, LOUD) == {
        "DESCRIPTION": ["The Harbour Lights - Departure"],
        "ORIGINATOR": ["Deadwax"],
        "ORIGINATORREFERENCE": ["GBAYE2600001"],
        "TIMEREFERENCE": ["0"],
        "BEXTVERSION": ["2"],
        "CODINGHISTORY": ["A=PCM,F=48000,W=24,M=stereo,T=mix", OWN_LINE],
        "LUFS_I": ["-14.00"],
        "LRA_LU": ["6.00"],
        "TRUE_PEAK_DBTP": ["-1.00"],
        "LUFS_M_MAX": ["-9.50"],
        "LUFS_S_MAX": ["-11.25"],
        "TITLE": ["Departure"],
        "ARTIST": ["The Harbour Lights"],
        "ALBUM": ["Night Ferry"],
        "TRACKNUMBER": ["1"],
        "DATE": ["2026-12-04"],
        "GENRE": ["Folk rock; Ballad"],
        "COPYRIGHT": ["(C) 2026 Dead Reckoning; (P) 2025 Elsewhere"],
        "ENGINEER": ["M. Hand; A. Nother"],
        "SOFTWARE": ["Deadwax"],
        "ISRC": ["GBAYE2600001"],
        "MARKER": ["58800 01.02", "147000 01.03"],
    }


def test_the_next_track_has_a_time_of_its_own(release: Release) -> None:
    """Wherever it lies on its disc. In the description is ASCII that sounds or looks like it."""
    tags = told(track_file_words(release, DISC, release.pieces[1]))
    assert tags["TIMEREFERENCE"] == ["0"]
    assert tags["DESCRIPTION"] == ['Zoe - Uberfahrt "Ye"']
    assert (tags["TITLE"], tags["ARTIST"], tags["CODEPAGE"]) == (["Überfahrt “夜”"], ["Zoë"], ["65001"])
    assert tags["CODINGHISTORY"] == ["A=PCM,F=44100,W=16,M=mono,T=mix", OWN_LINE]
    assert not tags.keys() & {"ISRC", "ORIGINATORREFERENCE", "MARKER", "LUFS_I", "ORIGINATIONDATE"}


def test_tracks_of_the_second_disc_have_their_numbers_on_it(release: Release) -> None:
    found = [told(track_file_words(release, SECOND, piece)) for piece in release.pieces[2:]]
    assert [tags["TRACKNUMBER"] for tags in found] == [["1"], ["2"], ["3"]]
    assert [tags["CODINGHISTORY"][0] for tags in found] == [
        "A=MPEG1L3,F=44100,M=stereo,T=mix",
        "A=PCM,F=96000,W=32,M=stereo,T=mix; float",
        "A=AAC,F=44100,M=stereo,T=mix",
    ]
    assert found[0]["GENRE"] == ["Noise"]


def test_low_rates_of_mpeg_are_those_of_mpeg_2(release: Release) -> None:
    facts = tuple(replace(each, rate=24_000) for each in release.facts)
    tags = told(track_file_words(replace(release, facts=facts), SECOND, release.pieces[2]))
    assert tags["CODINGHISTORY"][0] == "A=MPEG2L3,F=24000,M=stereo,T=mix"


def test_what_the_manifest_does_not_say_is_not_said(folder: Path) -> None:
    bare = released(folder, "- mono.flac\n", "album: {title: T, artist: A}\nsession: {dither: none}\n")
    words = track_file_words(bare, DISC, bare.pieces[0])
    assert told(words) == {
        "DESCRIPTION": ["A - mono"],
        "ORIGINATOR": ["Deadwax"],
        "TIMEREFERENCE": ["0"],
        "BEXTVERSION": ["2"],
        "CODINGHISTORY": [
            "A=PCM,F=44100,W=16,M=mono,T=mix",
            "A=PCM,F=44100,W=16,M=stereo,T=Deadwax; no dither",
        ],
        "TITLE": ["mono"],
        "ARTIST": ["A"],
        "ALBUM": ["T"],
        "TRACKNUMBER": ["1"],
        "SOFTWARE": ["Deadwax"],
        "MARKER": ["58800 01.02", "147000 01.03"],
    }
    assert [chunk.name for chunk in chunks_of(words)] == ["bext", "LIST", "cue ", "LIST"]


@pytest.mark.parametrize(
    ("c_line", "p_line", "said"),
    [
        ("2026 A", "2026 B", "(C) 2026 A; (P) 2026 B"),
        ("©2026 A", "℗  2026 B", "(C) 2026 A; (P) 2026 B"),
        ("(C) 2026 A (c) B", "(p) 2026 B", "(C) 2026 A (c) B; (P) 2026 B"),
        (None, "2026 ℗", "(P) 2026 ℗"),
        ("2026 A", None, "(C) 2026 A"),
    ],
)
def test_rights_have_their_signs_once(
    release: Release, c_line: str | None, p_line: str | None, said: str
) -> None:
    album = release.manifest.album.model_copy(update={"c_line": c_line, "p_line": p_line})
    changed = replace(release, manifest=replace(release.manifest, album=album))
    assert told(track_file_words(changed, DISC, changed.pieces[0]))["COPYRIGHT"] == [said]


# --- images


def test_an_image_says_all_this(release: Release) -> None:
    """Markers where tracks and indexes begin: sectors 150, 250, 400 and 700, of which 150 are not in it."""
    assert told(image_file_words(release, DISC), LOUD) == {
        "DESCRIPTION": ["The Harbour Lights - Night Ferry"],
        "ORIGINATOR": ["Deadwax"],
        "ORIGINATORREFERENCE": ["4006381333931"],
        "TIMEREFERENCE": ["0"],
        "BEXTVERSION": ["2"],
        "CODINGHISTORY": [
            "A=PCM,F=48000,W=24,M=stereo,T=mix",
            "A=PCM,F=44100,W=16,M=mono,T=mix",
            OWN_LINE,
        ],
        "LUFS_I": ["-14.00"],
        "LRA_LU": ["6.00"],
        "TRUE_PEAK_DBTP": ["-1.00"],
        "LUFS_M_MAX": ["-9.50"],
        "LUFS_S_MAX": ["-11.25"],
        "TITLE": ["Night Ferry"],
        "ARTIST": ["The Harbour Lights"],
        "ALBUM": ["Night Ferry"],
        "DATE": ["2026-12-04"],
        "GENRE": ["Folk rock; Ballad"],
        "COPYRIGHT": ["(C) 2026 Dead Reckoning; (P) 2025 Elsewhere"],
        "ENGINEER": ["M. Hand; A. Nother"],
        "SOFTWARE": ["Deadwax"],
        "CODEPAGE": ["65001"],
        "MARKER": ["0 01 Departure", "58800 01.02", "147000 01.03", "323400 02 Überfahrt “夜”"],
    }


def test_one_of_several_discs_says_which(release: Release) -> None:
    """By its UPC, and without one by the catalogue number."""
    tags = told(image_file_words(release, SECOND))
    assert tags["TITLE"] == ["Night Ferry, disc 2 of 2"]
    assert tags["DESCRIPTION"] == ["The Harbour Lights - Night Ferry, disc 2 of 2"]
    assert (tags["ALBUM"], tags["ORIGINATORREFERENCE"]) == (["Night Ferry"], ["DRR-014"])
    assert tags["MARKER"] == ["0 01 Ebb", "176400 02 Flow", "352800 03 Still"]
    assert "TRACKNUMBER" not in tags


def test_mixes_of_a_kind_are_one_line(folder: Path) -> None:
    """In the order of their kinds' first; a mix that is used twice counts once."""
    tracks = ["one, two.wav", "mono.flac", "other.wav", "one, two.wav"]
    write_mix(folder / "other.wav", noise(0.5, 48_000), 48_000)
    many = released(folder, "".join(f'  - "{name}"\n' for name in tracks), ALBUM)
    disc = a_disc(
        tracks=tuple(
            DiscTrack(number=n, track=n, pause_sector=None, start_sector=150 * n, stop_sector=150 * (n + 1))
            for n in range(1, 5)
        )
    )
    assert told(image_file_words(many, disc))["CODINGHISTORY"] == [
        "A=PCM,F=48000,W=24,M=stereo,T=mix",
        "A=PCM,F=44100,W=16,M=mono,T=mix",
        OWN_LINE,
    ]


# --- what is hidden before track 1


@pytest.fixture
def hiding(folder: Path) -> Release:
    head = ALBUM.replace("artist:", "hidden: {mix: float.wav, title: Nobody}, artist:", 1)
    made = released(folder, TRACKS, head)
    view = made.manifest.hidden
    assert view
    facts = facts_of(view)[0]
    return replace(
        made,
        hidden=HiddenRelease(
            piece=view.pieces[0],
            level=None,  # type: ignore[arg-type]
            mix="float.wav",
            mix_sha256="",
            facts=facts,
            readings={},
            rendered=None,  # type: ignore[arg-type]
        ),
    )


HIDING_DISC = a_disc(
    tracks=(DiscTrack(number=1, track=1, pause_sector=0, start_sector=450, stop_sector=1000),),
    parts=(
        DiscPart(track=0, start_sector=150, sound_sectors=150, sectors=300),
        DiscPart(track=1, start_sector=450, sound_sectors=550, sectors=550),
    ),
)


def test_what_is_hidden_begins_at_the_beginning(hiding: Release) -> None:
    """In the image track 1 is behind it: its index 01 is 300 sectors behind 00:02:00."""
    alone = hiding.hidden_alone
    tags = told(track_file_words(alone, HIDING_DISC, alone.pieces[0]))
    assert (tags["TITLE"], tags["TRACKNUMBER"], tags["TIMEREFERENCE"]) == (["Nobody"], ["0"], ["0"])
    assert tags["CODINGHISTORY"][0] == "A=PCM,F=96000,W=32,M=stereo,T=mix; float"
    image = told(image_file_words(hiding, HIDING_DISC, alone))
    assert image["MARKER"] == ["0 00 Nobody", f"{300 * 588} 01 Departure"]
    assert len(image["CODINGHISTORY"]) == 3


# --- files


@pytest.mark.parametrize("loudness", [Loudness(), LOUD, loudness_of(SILENT)])
def test_a_reader_finds_what_was_told(release: Release, tmp_path: Path, loudness: Loudness) -> None:
    for words in (
        *(track_file_words(release, DISC, piece) for piece in release.pieces[:2]),
        image_file_words(release, DISC),
        image_file_words(release, SECOND),
    ):
        assert read_back(words, loudness, tmp_path / "a.wav") == told(words, loudness)


def test_long_names_are_told_as_they_are_cut(folder: Path, tmp_path: Path) -> None:
    head = f"album: {{title: {'t' * 300}, artist: {'Ä' * 300}, catalog: {'c' * 40}}}\n"
    long = released(folder, f"- {{mix: mono.flac, title: {'é' * 300}}}\n", head)
    disc = a_disc(tracks=DISC.tracks[:1], upc="")
    for words in (track_file_words(long, disc, long.pieces[0]), image_file_words(long, disc)):
        tags = told(words, LOUD)
        assert tags["DESCRIPTION"] == ["A" * 256]
        assert read_back(words, LOUD, tmp_path / "a.wav") == tags
    assert tags["ORIGINATORREFERENCE"] == ["c" * 32]


def test_silence_has_no_level_and_no_loudness(release: Release) -> None:
    tags = told(track_file_words(release, DISC, release.pieces[0]), loudness_of(SILENT))
    assert tags.keys() & {"LUFS_I", "TRUE_PEAK_DBTP", "LUFS_M_MAX", "LUFS_S_MAX"} == set()


def test_a_measure_is_told(release: Release) -> None:
    measure = replace(
        SILENT, lufs_i=-14.0, lra_lu=6.0, true_peak_dbtp=-1.0, lufs_m_max=-9.0, lufs_s_max=-11.0
    )
    assert loudness_of(measure).hundredths == (-1400, 600, -100, -900, -1100)


def test_nothing_depends_on_the_version_of_the_program(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    def whole() -> bytes:
        words = [image_file_words(release, DISC), track_file_words(release, DISC, release.pieces[0])]
        return b"".join(bytes(chunk) for each in words for chunk in chunks_of(each, LOUD))

    before = whole()
    assert pipeline.__version__.encode() not in before
    monkeypatch.setattr(pipeline, "__version__", "99.9")
    assert whole() == before
