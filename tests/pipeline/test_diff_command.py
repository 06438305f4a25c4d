"""`deadwax diff` on a real album: what was planted is found where it is, and nothing else."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pytest import approx

from dsp.stream import Block
from pipeline.build.cache import Cache
from pipeline.files import book_text, read_book
from tests.albums import codes_of, music, write_mix
from tests.end_to_end import Album, contents, deadwax, done, rows

RATE = 44_100
NEAR_S = 0.05
MANIFEST = """\
album: {title: Drei Lieder, artist: Jemand}
level: {target_lufs: -18}
tracks:
  - {title: Eins, mix: mixes/1.wav, isrc: GBAYE2600001, then: {gap: 0.4}}
  - title: Zwei
    mix: mixes/2.wav
    isrc: GBAYE2600002
    chain: [eq: [{type: bell, freq_hz: 280, gain_db: -1.2, q: 0.9}], saturate: {drive_db: 3, mix: 0.2}]
    then: {gap: 0.4}
  - {title: Drei, mix: mixes/3.wav, isrc: GBAYE2600003}
deliver: {digital: [flac 24/44.1]}
"""
Data = dict[str, Any]


def song(number: int) -> Block:
    return music(4.6 + 0.1 * number, swell=0.5, seed=number)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Album:
    """Three songs, delivered. For reading only."""
    album = Album(tmp_path_factory.mktemp("drei"))
    for number in (1, 2, 3):
        write_mix(album.folder / "mixes" / f"{number}.wav", song(number))
    album.manifest.write_text(MANIFEST, encoding="utf-8")
    done("build", album.manifest)
    return album


@pytest.fixture
def album(built: Album, tmp_path: Path) -> Album:
    return built.copied(tmp_path / "album")


def remix(album: Album, number: int, audio: Block) -> None:
    write_mix(album.folder / "mixes" / f"{number}.wav", audio)


def diffed(album: Album, *more: str) -> Data:
    data: Data = json.loads(done("diff", *more, "--manifest", album.manifest, "--json").stdout)
    return data


def said(album: Album, *more: str) -> str:
    return done("diff", *more, "--manifest", album.manifest).stdout


def track(data: Data, title: str) -> Data:
    found: Data = next(each for each in data["tracks"] if each["title"] == title)
    return found


def changed(data: Data) -> list[str]:
    return [each["title"] for each in data["tracks"] if not each["audio"]["same"]]


def louder(audio: Block, start_s: float, stop_s: float) -> Block:
    """By 0.5 dB, from a frame to a frame."""
    out = audio.copy()
    out[round(start_s * RATE) : round(stop_s * RATE)] *= 10.0 ** (0.5 / 20.0)
    return out


# --- audio


@pytest.mark.parametrize(("number", "title"), [(1, "Eins"), (2, "Zwei")])
def test_half_a_db_for_two_seconds_is_found(album: Album, number: int, title: str) -> None:
    """Without a chain, and behind an equaliser and a saturator."""
    remix(album, number, louder(song(number), 1.5, 3.5))
    data = diffed(album)
    assert (data["before"], data["now"], changed(data)) == (1, None, [title])
    null = track(data, title)["audio"]["null"]
    assert (null["compared"], null["mix_shift_frames"], null["inverted"]) == (
        "before gain and limiting", 0, False,
    )  # fmt: skip
    (passage,) = null["passages"]
    assert passage["start_s"] == approx(1.5, abs=NEAR_S)
    assert passage["stop_s"] == approx(3.5, abs=NEAR_S)
    assert passage["gain_db"] == approx(0.5, abs=0.05)
    assert 1.5 < null["worst_s"] < 3.5
    assert data["verdict"] == (
        "Nothing else moved: the audio of the other 2 tracks is the same, sample for sample."
    )
    text = said(album)
    assert "differs: +0.50 dB" in text or "differs: +0.49 dB" in text
    assert max(map(len, text.splitlines())) < 110


def test_an_edit_begins_where_it_begins_behind_a_compressor(album: Album) -> None:
    """What the compressor does about it goes on for its release, and that differs indeed."""
    album.edit("[eq:", "[glue: {ratio: 2, release_ms: 100}, eq:")
    done("build", album.manifest)
    remix(album, 2, louder(song(2), 1.5, 2.5))
    null = track(diffed(album), "Zwei")["audio"]["null"]
    assert null["first_s"] == approx(1.5, abs=NEAR_S)
    assert 2.5 <= null["last_s"] < 3.7


@pytest.mark.parametrize(
    ("frames", "words"),
    [(1, "1 sample (0.02 ms) of the mix later"), (-3, "3 samples (0.07 ms) of the mix earlier")],
)
def test_a_mix_that_has_slipped_is_called_so(album: Album, frames: int, words: str) -> None:
    whole = np.concatenate([np.zeros((8, 2)), song(1), np.zeros((8, 2))])
    remix(album, 1, whole)
    done("build", album.manifest)
    remix(album, 1, np.roll(whole, frames, axis=0))
    null = track(diffed(album), "Eins")["audio"]["null"]
    assert (null["mix_shift_frames"], null["nulls_completely"], null["passages"]) == (frames, True, [])
    assert f"{words}; otherwise the same" in said(album)


def test_polarity_is_told(album: Album) -> None:
    remix(album, 3, -song(3))
    null = track(diffed(album), "Drei")["audio"]["null"]
    assert (null["inverted"], null["passages"]) == (True, [])
    assert "polarity inverted; otherwise the same" in said(album)


def test_another_limiter_is_found_in_the_masters(album: Album) -> None:
    album.edit("target_lufs: -18", "target_lufs: -12")
    done("build", album.manifest)
    album.edit("isrc: GBAYE2600003}", "isrc: GBAYE2600003, limiter: {release_ms: 30}}")
    data = diffed(album)
    drei = track(data, "Drei")
    assert changed(data) == ["Drei"]
    assert drei["limiter"] == [{"setting": "release_ms", "before": "120.0", "now": "30.0"}]
    assert (drei["audio"]["null"]["compared"], drei["audio"]["null"]["form"]) == (
        "as mastered",
        "flac 24/44.1",
    )
    assert drei["audio"]["why"] == ["limiter changed"]
    assert drei["audio"]["null"]["passages"]
    assert "limiter     release_ms 120.0 → 30.0" in said(album)


def test_a_gain_alone_nulls_down_to_the_dither(album: Album) -> None:
    album.edit("target_lufs: -18", "target_lufs: -20")
    data = diffed(album)
    assert changed(data) == ["Eins", "Zwei", "Drei"]
    assert data["verdict"] == "The audio of every track has changed."
    eins = track(data, "Eins")
    assert (eins["gain_db"]["now"] - eins["gain_db"]["before"], eins["lufs_i"]["now"]) == approx(
        (-2, -20), abs=0.01
    )
    assert (eins["audio"]["null"]["gain_db"], eins["audio"]["null"]["passages"]) == (
        approx(-2, abs=0.001),
        [],
    )
    assert list(eins["tone_db"].values()) == approx([0.0] * 10, abs=0.01)
    assert "-2.00 dB; otherwise the same" in said(album)
    assert "tone" not in said(album)


def test_a_fade_is_not_otherwise_the_same(album: Album) -> None:
    """Drei is 4.9 s; one frame later it nulls before the fade, and the fade is its last second."""
    whole = np.concatenate([np.zeros((8, 2)), song(3), np.zeros((8, 2))])
    remix(album, 3, whole)
    done("build", album.manifest)
    remix(album, 3, np.roll(whole, 1, axis=0))
    album.edit("isrc: GBAYE2600003}", "isrc: GBAYE2600003, fade_out: {seconds: 1}}")
    audio = track(diffed(album), "Drei")["audio"]
    assert (audio["null"]["compared"], audio["null"]["passages"]) == ("before gain and limiting", [])
    assert audio["null_as_mastered"]["compared"] == "as mastered"
    last = audio["null_as_mastered"]["passages"][-1]
    assert (last["start_s"], last["stop_s"]) == approx((3.9, 4.9), abs=NEAR_S)
    text = said(album)
    assert "otherwise the same" not in text
    assert "fade out changed\n" in text
    assert "1 sample (0.02 ms) of the mix later" in text
    assert "0:03.900 to 0:04.900 differs" in text


def test_a_gain_that_levelling_takes_back_is_not_heard(album: Album) -> None:
    remix(album, 1, song(1) * 10.0 ** (1.0 / 20.0))
    audio = track(diffed(album), "Eins")["audio"]
    assert audio["null"]["gain_db"] == approx(1.0, abs=0.001)
    assert audio["null_as_mastered"]["gain_db"] == approx(0.0, abs=0.001)
    text = said(album)
    assert "audio       differs by no more than dither\n" in text
    assert "+1.00 dB" not in text


def test_masters_that_cannot_be_compared_are_not_called_the_same(album: Album) -> None:
    remix(album, 3, -song(3))
    done("build", album.manifest)
    shutil.rmtree(entries(album, 1, "rendered", 3))
    text = said(album, "1", "2")
    assert "polarity inverted before gain and limiting\n" in text
    assert "masters: the audio of revision 1 is no longer in the cache (deadwax clean)\n" in text
    assert "otherwise the same" not in text


def test_revisions_are_compared_in_the_best_format_of_both(album: Album) -> None:
    """The second has 48 kHz besides, the third only 44.1 kHz again; the delivered files say what is true."""
    figures = {row["track"]: row["lufs_i"] for row in rows(album.delivery, role="track")}
    album.edit("[flac 24/44.1]", "[flac 24/44.1, flac 24/48]")
    album.edit("deliver: {", "deliver: {allow_upsampling: yes, ")
    data = diffed(album)
    assert changed(data) == []
    remix(album, 3, louder(song(3), 1.0, 2.0))
    done("build", album.manifest)
    data = diffed(album, "1", "2")
    assert changed(data) == ["Drei"]
    masters = track(data, "Drei")["audio"]["null_as_mastered"]
    assert (masters["form"], masters["rate"]) == ("flac 24/44.1", 44_100)
    (now,) = (row for row in rows(album.delivery, role="track")
              if row["track"] == 3 and row["rate"] == 44_100)  # fmt: skip
    assert track(data, "Drei")["lufs_i"] == {"before": figures[3], "now": now["lufs_i"]}
    assert "flac 24/48" not in said(album, "1", "2")
    shutil.rmtree(album.folder / ".deadwax" / "cache")
    assert "differs; the audio of revision 1 is no longer in the cache" in said(album, "1", "2")


def test_a_changed_title_changes_no_audio(album: Album) -> None:
    album.edit("title: Zwei", "title: Due")
    data = diffed(album)
    assert changed(data) == []
    assert data["verdict"] == "No audio has changed: that of all 3 tracks is the same, sample for sample."
    assert track(data, "Due")["tags"] == [
        {"name": "title", "before": "Zwei", "now": "Due", "files": ["digital/flac-24-44.1/02 Due.flac"]}
    ]
    assert data["files"]["changed"] == ["digital/flac-24-44.1/02 Due.flac"]
    text = said(album)
    assert text.splitlines()[:3] == ["revision 1 → now", "02 Due", '  tags        title "Zwei" → "Due"']
    assert text.endswith("\n1 of 3 files differs.\n")


def test_what_all_tags_say_otherwise_is_told_once(album: Album) -> None:
    album.edit("title: Drei Lieder", "title: Tre Canti")
    data = diffed(album)
    assert [(each["name"], each["before"], each["now"]) for each in data["tags"]] == [
        ("album", "Drei Lieder", "Tre Canti")
    ]
    assert all(each["tags"] == [] for each in data["tracks"])
    assert said(album).count("Tre Canti") == 1


# --- where songs lie


def test_a_changed_gap_is_a_seam_and_moves_what_is_behind(album: Album) -> None:
    """0.4 s are 30 sectors, 1 s 75."""
    album.edit(
        "mix: mixes/1.wav, isrc: GBAYE2600001, then: {gap: 0.4}",
        "mix: mixes/1.wav, isrc: GBAYE2600001, then: {gap: 1}",
    )
    data = diffed(album)
    assert data["seams"] == [{"track": 1, "before": "gap of 0.4 s", "now": "gap of 1 s"}]
    starts = [each["start_seconds"] for each in data["tracks"]]
    assert [each["now"] - each["before"] for each in starts] == approx([0.0, 0.6, 0.6])
    text = said(album)
    assert "after 01 Eins: gap of 0.4 s → gap of 1 s\n" in text
    assert "02 to 03: start 0:00.600 later\n" in text
    assert "\n02 Zwei\n" not in text


def test_a_longer_track_says_what_is_new(album: Album) -> None:
    remix(album, 1, np.concatenate([song(1), 0.3 * song(2)[:RATE]]))
    data = diffed(album)
    eins = track(data, "Eins")
    assert changed(data) == ["Eins"]
    assert eins["length_seconds"]["now"] - eins["length_seconds"]["before"] == approx(1.0)
    (passage,) = eins["audio"]["null"]["passages"]
    assert (passage["start_s"], passage["stop_s"]) == approx((4.7, 5.7), abs=0.001)
    text = said(album)
    assert "0:04.700 to 0:05.700 is new" in text
    assert "(+1.000 s), 75 sectors\n" in text
    assert "02 to 03: start 0:01.000 later\n" in text


def test_songs_that_change_places_stay_themselves(album: Album) -> None:
    """Eins is 5.1 s with its pause, Zwei 5.2 s; Drei stays where it was."""
    text = album.manifest.read_text(encoding="utf-8")
    one = text[text.index("  - {title: Eins") : text.index("  - title: Zwei")]
    two = text[text.index("  - title: Zwei") : text.index("  - {title: Drei")]
    album.manifest.write_text(text.replace(one + two, two + one), encoding="utf-8")
    data = diffed(album)
    numbers = {each["title"]: (each["number"]["before"], each["number"]["now"]) for each in data["tracks"]}
    assert numbers == {"Zwei": (2, 1), "Eins": (1, 2), "Drei": (3, 3)}
    assert (changed(data), data["new"], data["gone"], data["seams"]) == ([], [], [], [])
    assert [len(data["files"][name]) for name in ("changed", "renamed", "new", "gone")] == [2, 0, 0, 0]
    text = said(album)
    assert "01 Zwei: was 02, start 0:05.107 earlier\n" in text
    assert "02 Eins: was 01, start 0:05.200 later\n" in text


def test_a_song_that_is_the_last_no_more_has_a_pause_behind_it(album: Album) -> None:
    album.manifest.write_text(album.manifest.read_text(encoding="utf-8").replace(
        "tracks:\n", "tracks:\n  - {title: Drei, mix: mixes/3.wav, isrc: GBAYE2600003, then: {gap: 1}}\n"
    ).replace("  - {title: Drei, mix: mixes/3.wav, isrc: GBAYE2600003}\n", ""), encoding="utf-8")  # fmt: skip
    data = diffed(album)
    assert track(data, "Drei")["audio"]["null"]["nulls_completely"]
    assert data["seams"] == [
        {"track": 1, "before": "", "now": "gap of 1 s"},
        {"track": 3, "before": "gap of 0.4 s", "now": ""},
    ]
    text = said(album)
    assert "  the same but for the pause behind it\n" in text
    assert "after 01 Drei: the end → gap of 1 s\n" in text


def test_a_longer_pause_is_no_other_audio(album: Album) -> None:
    album.edit("isrc: GBAYE2600001, then: {gap: 0.4}", "isrc: GBAYE2600001, then: {gap: 1}")
    data = diffed(album)
    assert track(data, "Eins")["audio"]["only_pause_differs"]
    assert data["verdict"] == (
        "No audio has changed: that of the other 2 tracks is the same, sample for sample. "
        "01 is the same but for the pause behind it."
    )
    assert "  audio       the same but for the pause behind it\n" in said(album)


def test_alternates_and_sides_are_audio_too(album: Album) -> None:
    album.edit("isrc: GBAYE2600001,", "isrc: GBAYE2600001, alternates: {instrumental: mixes/4.wav},")
    album.edit("[flac 24/44.1]", "[flac 24/44.1], vinyl: {}")
    album.edit("deliver:", "vinyl: {format: 7in, rpm: 45, sides: {A: [1, 2], B: [3]}}\ndeliver:")
    remix(album, 4, 0.8 * song(1))
    done("build", album.manifest)
    assert diffed(album, "2", "now")["verdict"].startswith("No audio has changed: that of all 3 tracks")
    remix(album, 4, 0.8 * louder(song(1), 1.0, 2.0))
    data = diffed(album)
    assert data["verdict"] == (
        "01 Eins (Instrumental) has changed; no main version has: the audio of all 3 tracks is the same, "
        "sample for sample."
    )
    remix(album, 3, -song(3))
    assert diffed(album)["verdict"].startswith("01 Eins (Instrumental) has changed, too; the audio of the")
    remix(album, 4, 0.8 * song(1))
    assert diffed(album)["verdict"].startswith("Nothing else moved: the audio of the other 2 tracks")
    assert "vinyl: side B differs\n" in said(album)
    remix(album, 3, song(3))
    album.edit("A: [1, 2], B: [3]", "A: [1], B: [2, 3]")
    text = said(album)
    assert "vinyl: sides A and B differ\nvinyl: side A 1–2 → 1\nvinyl: side B 3 → 2–3\n" in text
    assert "vinyl sides A and B have changed; no main version has: the audio of all 3 tracks" in text


def test_songs_that_come_and_go(album: Album) -> None:
    remix(album, 4, song(4))
    album.edit("Drei, mix: mixes/3.wav, isrc: GBAYE2600003", "Vier, mix: mixes/4.wav, isrc: GBAYE2600004")
    data = diffed(album)
    assert [each["title"] for each in data["new"]] == ["Vier"]
    assert [each["title"] for each in data["gone"]] == ["Drei"]
    assert changed(data) == []
    text = said(album)
    assert "new: 03 Vier, 0:05.000\n" in text
    assert "gone: 03 Drei\n" in text
    assert "Nothing else moved: the audio of the other 2 tracks is the same, sample for sample." in text


# --- the CD

# Two songs of 4.2 and 4.6 s; the pause behind the first is 0.4 s, 30 sectors.
DISC = """\
album: {title: Zwei Lieder, artist: Jemand, upc: "4006381333931"}
level: {target_lufs: -18}
tracks:
  - {title: Eins, mix: mixes/1.wav, isrc: GBAYE2600001, then: {gap: 0.4}}
  - {title: Zwei, mix: mixes/2.wav, isrc: GBAYE2600002}
deliver: {cd: {}}
"""
LAID = "what lies between and around the tracks of the CD has changed"
SAME = "the audio of all 2 tracks is the same, sample for sample."


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> Album:
    """A CD, delivered. For reading only."""
    album = Album(tmp_path_factory.mktemp("zwei"))
    for number, seconds in ((1, 4.2), (2, 4.6)):
        write_mix(album.folder / "mixes" / f"{number}.wav", music(seconds, seed=number), subtype="PCM_16")
    album.manifest.write_text(DISC, encoding="utf-8")
    done("build", album.manifest)
    return album


@pytest.fixture
def disc(pressed: Album, tmp_path: Path) -> Album:
    return pressed.copied(tmp_path / "disc")


def on_cd(album: Album) -> list[str]:
    """What of the CD a comparison says, which is what CHANGES.md says of it, once it is built."""
    lines: list[str] = diffed(album)["cd"]
    assert [line for line in said(album).splitlines() if line.startswith("cd: ")] == [
        f"cd: {line}" for line in lines
    ]
    done("build", album.manifest)
    changes = changes_of(album)
    assert [f"- {line}" for line in lines] == changes.partition("## On the CD\n\n")[2].split("\n\n")[
        0
    ].splitlines()
    return lines


def changes_of(album: Album) -> str:
    return (album.delivery / "CHANGES.md").read_text(encoding="utf-8")


def last_line(album: Album) -> str:
    """Of the list of revisions, what the last one changed."""
    return done("history", album.manifest).stdout.splitlines()[-1].partition("): ")[2]


@pytest.mark.parametrize(
    ("old", "new", "line", "differs"),
    [
        ("4006381333931", "0036000291452", "UPC 4006381333931 → 0036000291452",
         "`DDPID`, `CDTEXT.BIN`, `PQDESCR`, `CHECKSUM.MD5`"),
        ("cd: {}", "cd: {copies: yes}", "copy flag none → DCP", "`PQDESCR`, `CHECKSUM.MD5`"),
        ("cd: {}", "cd: {gaps: after}", "pause (index 00) before 02: 00:00:30 → none",
         "`DDPMS`, `PQDESCR`, `CHECKSUM.MD5`"),
        ("title: Zwei,", "title: Zwei, composer: X,", "CD-Text: composer of the disc and of 02",
         "`DDPMS`, `CDTEXT.BIN`, `CHECKSUM.MD5`"),
    ],
)  # fmt: skip
def test_other_codes_marks_and_words_are_told_and_no_audio_is(
    disc: Album, old: str, new: str, line: str, differs: str
) -> None:
    disc.edit(old, new)
    data = diffed(disc)
    assert data["verdict"] == f"No audio has changed: {SAME.replace('the audio of', 'that of')}"
    assert on_cd(disc) == [line]
    text = changes_of(disc)
    assert "\nNo audio has changed.\nWhat is otherwise on the CD is told below.\n" in text
    assert "\n- Send all of `cd/ddp/` again, and the PQ sheet with it: " in text
    assert f"\n  - `IMAGE.DAT` is the same: MD5 {image_md5(disc)}\n  - differs in {differs}\n" in text
    assert last_line(disc) == f"No audio has changed. CD: {line}."


def image_md5(album: Album) -> str:
    """As the list in the fileset has it."""
    lines = (album.delivery / "cd" / "ddp" / "CHECKSUM.MD5").read_text(encoding="ascii").splitlines()
    return next(line.split()[0] for line in lines if line.endswith("IMAGE.DAT"))


@pytest.mark.parametrize(
    ("cd", "lines"),
    [
        ("gaps: none", [
            "total time 00:09:15 → 00:08:60",
            "pause (index 00) before 02: 00:00:30 → none",
            "track 02 starts earlier by 00:00:30",
        ]),
        ("offsets: {start_sectors: 10, end_sectors: 5}", [
            "total time 00:09:15 → 00:09:30",
            "pause (index 00) before 02: 00:00:30 → 00:00:15",
        ]),
    ],
)  # fmt: skip
def test_tracks_that_lie_otherwise_are_no_other_tracks(disc: Album, cd: str, lines: list[str]) -> None:
    """4.2 and 4.6 s are 315 and 345 sectors; with the pause they are 9 s and 15 sectors."""
    old = image_md5(disc)
    disc.edit("cd: {}", f"cd: {{{cd}}}")
    assert diffed(disc)["verdict"] == f"{LAID}; no main version has: {SAME}"
    assert on_cd(disc) == lines
    text = changes_of(disc)
    assert "\nNo track's audio has changed.\nCD: the same tracks are laid otherwise; " in text
    assert f"old MD5 {old}\n  - `IMAGE.DAT` new MD5 {image_md5(disc)}\n" in text
    assert old != image_md5(disc)
    assert last_line(disc).endswith(f" CD: {lines[0]}; {len(lines) - 1} more.")


def test_silence_behind_what_is_hidden_is_not_it(disc: Album) -> None:
    """The first song once more, before itself: 315 sectors, and a second of silence, then two."""
    disc.edit("album: {", "album: {hidden: {mix: mixes/1.wav, gap: 1}, ")
    assert diffed(disc)["verdict"].startswith("what is hidden before track 1 of the CD has changed")
    assert on_cd(disc) == [
        "total time 00:09:15 → 00:14:30",
        "pre-gap 00:02:00 → 00:07:15",
        "tracks 01, 02 start later by 00:05:15",
    ]
    assert "A hidden track is new before track 1 of the CD.\n" in changes_of(disc)
    disc.edit("gap: 1}", "gap: 2}")
    assert diffed(disc)["verdict"] == f"{LAID}; no main version has: {SAME}"
    assert on_cd(disc)[1:] == ["pre-gap 00:07:15 → 00:08:15", "tracks 01, 02 start later by 00:01:00"]
    assert "hidden before track 1" not in changes_of(disc)


def test_a_longer_song_moves_what_is_behind_it(disc: Album) -> None:
    """Its audio has changed, so that a list of revisions says no more of the CD."""
    remix(disc, 1, music(5.2, seed=1))
    assert diffed(disc)["verdict"].startswith("Nothing else moved")
    assert on_cd(disc) == ["total time 00:09:15 → 00:10:15", "track 02 starts later by 00:01:00"]
    line = last_line(disc)
    assert line == "Only the audio of track 01 Eins has changed. 01 Eins: mix changed, under the same name."


def test_each_of_several_discs_is_told(disc: Album) -> None:
    """Zwei is 4.6 s, alone on the second; Eins has no pause behind it any more."""
    disc.edit("title: Zwei,", "title: Zwei, disc: 2,")
    assert diffed(disc)["cd"] == on_cd(disc)
    assert "\n- disc 1: no longer on it: what was 1-02\n" in changes_of(disc)
    assert "\n- disc 2: new, 1 track, 00:04:45\n" in changes_of(disc)
    assert "\n- `cd/ddp/` is no longer delivered: any master that was sent before is void\n" in changes_of(
        disc
    )
    assert "\n- `cd/disc-2/ddp/` is new: send all of it, and the PQ sheet with it: " in changes_of(disc)
    disc.edit("4006381333931", "0036000291452")
    disc.edit("isrc: GBAYE2600002", "isrc: GBAYE2600009")
    assert on_cd(disc) == [
        "each disc: UPC 4006381333931 → 0036000291452",
        "disc 2: ISRC of 2-01 GBAYE2600002 → GBAYE2600009",
    ]


def test_a_revision_without_a_record_of_its_discs_is_compared_without(disc: Album) -> None:
    """As versions before have left it; what is said of a plant's files is SHA-256 then."""
    file = disc.folder / ".deadwax" / "history" / "0001.json"
    known = read_book(file, sealed=True)
    file.write_text(book_text({name: each for name, each in known.items() if name != "discs"}),
                    encoding="utf-8")  # fmt: skip
    disc.edit("4006381333931", "0036000291452")
    assert diffed(disc)["cd"] == []
    done("build", disc.manifest)
    assert "## On the CD" not in changes_of(disc)
    assert "\n  - `IMAGE.DAT` is the same: SHA-256 " in changes_of(disc)


# --- which revisions


def test_two_revisions_by_number_agree_with_what_was_delivered(album: Album, tmp_path: Path) -> None:
    """What is called the same is, by libsndfile; and neither the mixes nor a right manifest are needed."""
    shutil.copytree(album.delivery, tmp_path / "first")
    remix(album, 2, louder(song(2), 1.0, 2.0))
    done("build", album.manifest)
    shutil.rmtree(album.folder / "mixes")
    album.manifest.write_text("album: {", encoding="utf-8")
    data = diffed(album, "1", "2")
    assert (data["before"], data["now"]) == (1, 2)
    for row in rows(album.delivery, role="track"):
        was, now = (codes_of(folder / row["path"], 24) for folder in (tmp_path / "first", album.delivery))
        if row["track"] in [each["number"]["now"] for each in data["tracks"] if each["audio"]["same"]]:
            assert_array_equal(was, now)
        else:
            frames = np.flatnonzero((was != now).any(axis=1))
            first_s = track(data, "Zwei")["audio"]["null"]["first_s"]
            assert row["track"] == 2
            assert frames[0] / RATE <= first_s
    assert data["files"]["changed"] == ["digital/flac-24-44.1/02 Zwei.flac"]
    backwards = diffed(album, "2", "1")
    assert track(backwards, "Zwei")["lufs_i"]["before"] == track(data, "Zwei")["lufs_i"]["now"]


def test_what_is_compared_when_nothing_is_asked_for(album: Album) -> None:
    """Nothing since the only delivery; something since; and nothing since the second."""
    assert said(album).startswith("revision 1 → now\nNo audio has changed")
    assert said(album).endswith("\nNone of 3 files differs.\n")
    album.edit("title: Zwei", "title: Due")
    assert said(album).startswith("revision 1 → now\n02 Due\n")
    done("build", album.manifest)
    assert said(album).startswith(
        "nothing to build; what revision 2 changed:\nrevision 1 → revision 2\n02 Due\n"
    )
    assert said(album, "now").startswith("revision 2 → now\nNo audio has changed")
    assert said(album, "1").startswith("revision 1 → now\n02 Due\n")
    assert said(album, "now", "1").startswith("now → revision 1\n02 Zwei\n")


def test_a_comparison_delivers_nothing_and_leaves_the_build_nothing_to_do(album: Album) -> None:
    remix(album, 1, 0.9 * song(2))
    before = contents(album.delivery), contents(album.folder / ".deadwax" / "history")
    diffed(album)
    assert (contents(album.delivery), contents(album.folder / ".deadwax" / "history")) == before
    assert "(0 steps run, " in done("build", album.manifest).stdout


def test_without_a_record_the_delivery_says_what_it_can(album: Album) -> None:
    shutil.rmtree(album.folder / ".deadwax")
    assert "No audio has changed" in said(album)
    assert "None of 3 files differs, 3 cannot be told." in said(album)
    remix(album, 1, 0.9 * song(2))
    eins = track(diffed(album), "Eins")
    assert (eins["audio"]["same"], eins["audio"]["null"]) == (False, None)
    assert eins["audio"]["why_no_null"] == "there is no record of where the audio of revision 1 is"


# --- audio that cannot be compared


def entries(album: Album, revision: int, what: str, number: int) -> Path:
    """Where the cache has the shaped or the rendered audio of a track."""
    record = json.loads((album.folder / ".deadwax" / "history" / f"{revision:04}.json").read_text())
    return Cache(album.folder / ".deadwax" / "cache").path(record["tracks"][number - 1][what]["key"])


def test_audio_that_was_cleaned_away_is_missed(album: Album) -> None:
    """What is the same is known from checksums; what is not is compared as far as it is there."""
    remix(album, 1, louder(song(1), 1.5, 3.5))
    done("build", album.manifest)
    shutil.rmtree(entries(album, 1, "shaped", 1))
    null = track(diffed(album, "1", "2"), "Eins")["audio"]["null"]
    assert null["compared"] == "as mastered"
    assert (null["first_s"], null["last_s"]) == approx((1.5, 3.5), abs=NEAR_S)
    shutil.rmtree(album.folder / ".deadwax" / "cache")
    data = diffed(album, "1", "2")
    assert changed(data) == ["Eins"]
    assert track(data, "Eins")["audio"]["why_no_null"] == (
        "the audio of revision 1 is no longer in the cache (deadwax clean)"
    )
    assert "differs; the audio of revision 1 is no longer in the cache (deadwax clean)\n" in said(
        album, "1", "2"
    )


def test_other_rates_and_lossy_files_are_not_subtracted(album: Album) -> None:
    album.edit("[flac 24/44.1]", "[mp3 320]")
    done("build", album.manifest)
    album.edit("isrc: GBAYE2600003}", "isrc: GBAYE2600003, fade_out: {seconds: 1}}")
    assert track(diffed(album), "Drei")["audio"]["why_no_null"] == "revision 2 has only lossy files"
    album.edit("[mp3 320]", "[mp3 320, flac 24/48]")
    album.edit("tracks:", "session: {rate: 48000}\ntracks:")
    album.edit("deliver: {", "deliver: {allow_upsampling: yes, ")
    assert "other sample rates: 44.1 and 48 kHz" in said(album)


def test_no_format_in_both_says_nothing_of_the_audio(album: Album) -> None:
    album.edit("[flac 24/44.1]", "[flac 16/44.1]")
    data = diffed(album)
    assert [each["audio"]["same"] for each in data["tracks"]] == [None] * 3
    assert data["verdict"] == "Of 01, 02, 03 no format is in both."
    assert track(data, "Eins")["audio"]["why_no_null"] == "no lossless format is in both"
    remix(album, 1, -song(1))
    text = said(album)
    assert "polarity inverted before gain and limiting\n" in text
    assert "masters: no lossless format is in both\n" in text


# --- faults


def test_there_must_have_been_a_delivery(built: Album, tmp_path: Path) -> None:
    shutil.copytree(built.folder / "mixes", tmp_path / "mixes")
    shutil.copy(built.manifest, tmp_path / "album.yaml")
    for arguments in ((), ("1",)):
        result = deadwax("diff", *arguments, "--manifest", tmp_path / "album.yaml")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.endswith("album.yaml: nothing has been delivered yet; build the album first\n")


@pytest.mark.parametrize("asked", [["7"], ["1", "7"]])
def test_a_revision_that_there_is_not_is_a_fault(built: Album, asked: list[str]) -> None:
    result = deadwax("diff", *asked, "--manifest", built.manifest)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no revision 7; deadwax history lists them: 1\n" in result.stderr
    document = deadwax("diff", *asked, "--manifest", built.manifest, "--json")
    (fault,) = json.loads(document.stdout)["faults"]
    assert fault["problem"] == "there is no revision 7"


def test_two_numbers_still_need_the_album(tmp_path: Path) -> None:
    result = deadwax("diff", "1", "2", "--manifest", tmp_path / "album.yaml")
    assert result.exit_code == 1
    assert result.stderr.endswith("album.yaml: there is no such file; name the manifest: --manifest FILE\n")


@pytest.mark.parametrize(
    ("asked", "why"),
    [(["1", "1"], "these are the same revision"), (["1" * 5000], "…: that is no revision"),
     (["1", "2", "3"], "name two revisions, or fewer")],
)  # fmt: skip
def test_what_is_no_revision_is_said_to_be_none(built: Album, asked: list[str], why: str) -> None:
    result = deadwax("diff", "--manifest", built.manifest, *asked)
    assert result.exit_code == 2
    assert why in result.stderr


@pytest.mark.parametrize("asked", [["first"], ["-1"], ["1", "1"], ["now", "now"], ["1", "2", "3"]])
def test_a_wrong_command_line(built: Album, asked: list[str]) -> None:
    assert deadwax("diff", "--manifest", built.manifest, *asked).exit_code == 2
