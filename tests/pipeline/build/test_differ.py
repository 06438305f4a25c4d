"""What differs between two records, without any audio: what is the same costs nothing."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest import approx

from dsp.difference import Difference, Passage
from dsp.spectrum import NOMINAL_HZ
from pipeline.build.cache import Cache
from pipeline.build.differ import compared_or_fault
from pipeline.build.differences import Diff, compared, diff_data, verdict
from pipeline.build.nulling import MASTERS, SHAPED, Heard, Nulled, nulled_data
from pipeline.build.run import Runner, Workers
from pipeline.build.songs import same_audio, song, tone_db
from pipeline.console import Screen
from pipeline.diff_console import diff_lines
from pipeline.faults import Fault

Data = dict[str, Any]
LIMITER = "LimiterSettings(release_ms=120.0, lookahead_ms=5.0, auto_release=True)"


def thirds(**more_db: float) -> dict[str, float | None]:
    """-30 dBFS in every third octave, and so much more in some."""
    levels: dict[str, float | None] = {f"{hz:g}": -30.0 for hz in NOMINAL_HZ}
    return levels | {name[1:]: -30.0 + level_db for name, level_db in more_db.items()}


def track(number: int, title: str = "", **changes: Any) -> Data:
    """A track as in a record; its audio is named after its title."""
    title = title or f"Song {number}"
    usual: Data = {
        "number": number,
        "title": title,
        "artist": "A",
        "isrc": None,
        "mix": {"path": f"mixes/{title}.wav", "sha256": f"mix of {title}", "rate": 96_000},
        "start_seconds": 10.0 * (number - 1),
        "length_seconds": 10.0,
        "gain_db": 1.0,
        "limiting_max_db": 0.5,
        "master": {"lufs_i": -14.0, "true_peak_dbtp": -1.0, "plr_db": 13.0, "thirds_dbfs": thirds()},
        "audio": {"24/96": f"audio of {title}"},
        "alternates": [],
        "seam": "gap of 2 s",
        "limiter": LIMITER,
    }
    return usual | changes


def row(number: int | None, path: str, sha256: str = "same", **changes: Any) -> Data:
    """A file as in a record."""
    usual = {"kind": "digital", "role": "track", "version": None, "side": None, "key": sha256, "inputs": {}}
    return {"path": path, "track": number, "sha256": sha256, **usual, **changes}


def revision(number: int | None, tracks: list[Data], files: list[Data] | None = None) -> Data:
    return {"revision": number, "tracks": tracks, "files": files or [], "traces": [], "gains": []}


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """With nothing in its cache."""
    return Runner(Cache(tmp_path / "cache"), Workers(1), Screen(quiet=True))


def told(diff: Diff) -> list[str]:
    return list(diff_lines(diff))


# --- songs


@given(order=st.permutations(range(1, 7)), renamed=st.sets(st.integers(1, 6)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_whatever_moves_the_audio_of_a_song_is_its_own(
    runner: Runner, order: list[int], renamed: set[int]
) -> None:
    """Nothing is read: the cache is empty."""
    before = [track(number) for number in range(1, 7)]
    now = [
        before[old - 1] | {"number": new} | ({"title": f"New {old}"} if old in renamed else {})
        for new, old in enumerate(order, 1)
    ]
    diff = compared(revision(1, before), revision(None, now), runner)
    assert [each.same_audio for each in diff.songs] == [True] * 6
    assert [each.places[0].before for each in diff.songs] == order
    assert {each.number for each in diff.songs if each.words} == {
        order.index(old) + 1 for old in renamed
    } or (not renamed)
    assert verdict(diff) == "No audio has changed: that of all 6 tracks is the same, sample for sample."


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        ({"16/44.1": "a"}, {"16/44.1": "a", "24/96": "b"}, True),
        ({"16/44.1": "a", "24/96": "b"}, {"16/44.1": "a", "24/96": "c"}, False),
        ({"16/44.1": "a"}, {"24/96": "a"}, None),
        ({}, {"24/96": "a"}, None),
    ],
)
def test_audio_is_the_same_in_the_formats_of_both(
    was: Mapping[str, str], now: Mapping[str, str], same: bool | None
) -> None:
    assert same_audio(was, now) is same


def test_the_verdict_counts_what_has_not_moved(runner: Runner) -> None:
    before = [track(number) for number in range(1, 5)]

    def judged(*changes: Data) -> str:
        now = [each | change for each, change in zip(before, changes, strict=True)]
        return verdict(compared(revision(1, before), revision(2, now), runner))

    other, unlike = {"audio": {"24/96": "other"}}, {"audio": {"16/44.1": "a"}}
    same = "is the same, sample for sample."
    assert judged({}, other, {}, {}) == f"Nothing else moved: the audio of the other 3 tracks {same}"
    assert judged(other, other, other, {}) == f"Nothing else moved: the audio of the other track {same}"
    assert judged(other, other, other, other) == "The audio of every track has changed."
    assert judged({}, {}, {}, unlike) == (
        f"Nothing else moved: the audio of the other 3 tracks {same} Of 04 no format is in both."
    )


def test_one_octave_more_is_told_of_that_octave() -> None:
    """6 dB more in the octave of 1 kHz: of the seven octaves that make the level, one has it."""
    brighter = thirds(_800=6.0, _1000=6.0, _1250=6.0)
    found = tone_db({"thirds_dbfs": thirds()}, {"thirds_dbfs": brighter})
    assert found.pop(1000.0) == approx(6.0 - 6.0 / 7.0, abs=1e-3)
    assert list(found.values()) == approx([-6.0 / 7.0] * 9, abs=1e-3)


def test_a_gain_alone_is_no_tone_and_an_empty_octave_none() -> None:
    quiet = {name: None if float(name) > 11_000 else -30.0 for name in thirds()}
    lower = {name: None if level is None else level - 3.0 for name, level in quiet.items()}
    found = tone_db({"thirds_dbfs": quiet}, {"thirds_dbfs": lower})
    assert found.pop(16_000.0) is None
    assert list(found.values()) == approx([0.0] * 9, abs=1e-6)


def test_words_are_said_once_whatever_files_say_them(runner: Runner) -> None:
    def files(title: str, date: str) -> list[Data]:
        tags = {"TITLE": [title], "DATE": [date], "REPLAYGAIN_TRACK_GAIN": ["-4.00 dB"]}
        return [
            row(1, f"digital/{form}/01 {title}.{form}", title, inputs={"tags": tags})
            for form in ("flac", "mp3")
        ]

    before = revision(1, [track(1, "A", isrc="GBAYE2600001")], files("A", "2025"))
    now = revision(2, [track(1, "B", isrc="GBAYE2600001", audio={"24/96": "audio of A"})], files("B", "2026"))
    (only,) = compared(before, now, runner).songs
    paths = ("digital/flac/01 B.flac", "digital/mp3/01 B.mp3")
    assert [(each.name, each.before, each.now, each.files) for each in only.words] == [
        ("title", "A", "B", paths),
        ("date", "2025", "2026", paths),
    ]


@pytest.mark.parametrize(
    ("now", "changes"),
    [
        (LIMITER, []),
        (LIMITER.replace("120.0", "60.0"), [("release_ms", "120.0", "60.0")]),
        ("None", [("limiter", "on", "off")]),
    ],
)
def test_a_limiter_is_told_by_its_settings(now: str, changes: list[tuple[str, str, str]]) -> None:
    found = song(track(1), track(1, limiter=now), (), Heard(), ())
    assert [(each.name, each.before, each.now) for each in found.limiter] == changes


def test_alternates_that_are_new_gone_or_otherwise(runner: Runner) -> None:
    def album(sha256: str, *versions: str) -> tuple[Data, list[Data]]:
        mixes = [{"version": each, "mix": {"path": f"{each}.wav", "sha256": each}} for each in versions]
        files = [
            row(1, f"digital/flac/{each}.flac", each + sha256, role="alternate", version=each,
                inputs={"audio": each + (sha256 if each == "clean" else "")})
            for each in versions
        ]  # fmt: skip
        return track(1, alternates=mixes), files

    (was, old), (now, new) = (
        album("1", "clean", "live", "a cappella"),
        album("2", "clean", "live", "instrumental"),
    )
    diff = compared(revision(1, [was], old), revision(2, [now], new), runner)
    assert [each.name for each in diff.songs[0].alternates] == ["clean", "a cappella", "instrumental"]
    assert told(diff)[2:5] == [
        "  alternate   clean differs; clean.wav",
        "              a cappella is gone",
        "              instrumental is new",
    ]


def test_songs_that_lie_elsewhere_are_told_together(runner: Runner) -> None:
    before = [track(number) for number in range(1, 6)]
    now = [before[0], *({**each, "start_seconds": each["start_seconds"] + 1 / 75} for each in before[1:])]
    assert (
        told(compared(revision(1, before), revision(2, now), runner))[1] == "02 to 05: start 0:00.013 later"
    )
    gone = [
        each | {"number": each["number"] - 1, "start_seconds": each["start_seconds"] - 10}
        for each in before[1:]
    ]
    lines = told(compared(revision(1, before), revision(2, gone), runner))
    assert lines[1:3] == ["gone: 01 Song 1", "01 to 04: was 02 to 05, start 0:10.000 earlier"]


def test_mixes_by_name_and_content(runner: Runner) -> None:
    def line(path: str, sha256: str) -> str:
        now = track(1, mix={"path": path, "sha256": sha256, "rate": 96_000})
        return told(
            compared(
                revision(1, [track(1, "A")]),
                revision(2, [now | {"title": "A", "audio": {"24/96": "audio of A"}}]),
                runner,
            )
        )[2]

    assert line("mixes/A.wav", "other") == "  mix         mixes/A.wav, another file"
    assert line("mixes/B.wav", "other") == "  mix         mixes/A.wav → mixes/B.wav"
    assert line("mixes/B.wav", "mix of A") == "  mix         mixes/A.wav → mixes/B.wav, the same file"


# --- files


def test_files_are_told_by_their_part_not_their_name(runner: Runner) -> None:
    before = [
        row(1, "digital/flac/01 A.flac", "a"),
        row(2, "digital/flac/02 B.flac", "b"),
        row(None, "cd/image/X-1.wav", "i", kind="cd", role="image"),
        row(None, "cd/image/X-1.cue", "c", kind="cd", role="cue"),
        row(None, "README.txt", "r", kind="delivery", role="readme"),
    ]
    now = [
        row(1, "digital/flac/01 B.flac", "b2"),
        row(2, "digital/flac/02 A.flac", "a"),
        row(None, "cd/image/X-2.wav", "i", kind="cd", role="image"),
        row(None, "vinyl/Side A.wav", "s", kind="vinyl", role="side", side="A"),
    ]
    tracks = [track(1, "A"), track(2, "B")]
    swapped = [track(1, "B"), track(2, "A")]
    diff = compared(revision(1, tracks, before), revision(2, swapped, now), runner)
    assert diff.files.total == 4
    assert diff.files.changed == ("digital/flac/01 B.flac",)
    assert set(diff.files.renamed) == {"digital/flac/02 A.flac", "cd/image/X-2.wav"}
    assert (diff.files.new, diff.files.gone, diff.files.unknown) == (
        ("vinyl/Side A.wav",),
        ("cd/image/X-1.cue",),
        (),
    )
    assert told(diff)[-1] == "1 of 4 files differs, 2 renamed, 1 is new, 1 is gone."


@pytest.mark.parametrize(
    ("was", "now", "where"),
    [
        ({"key": "k", "sha256": ""}, {"key": "k", "sha256": "b"}, ""),
        ({"key": "k", "sha256": "a"}, {"key": "l", "sha256": ""}, "changed"),
        ({"key": "k", "sha256": "a"}, {"key": "l", "sha256": "a"}, ""),
        ({"key": "", "sha256": "a"}, {"key": "k", "sha256": ""}, "unknown"),
    ],
)
def test_files_are_compared_by_content_or_else_by_key(
    runner: Runner, was: Data, now: Data, where: str
) -> None:
    path = "digital/flac/01 A.flac"
    diff = compared(
        revision(1, [track(1)], [row(1, path) | was]), revision(2, [track(1)], [row(1, path) | now]), runner
    )
    named = {name: getattr(diff.files, name) for name in ("changed", "renamed", "new", "gone", "unknown")}
    assert named == dict.fromkeys(named, ()) | ({where: (path,)} if where else {})


# --- vinyl


def side(letter: str, tracks: list[int], *audio: str) -> Data:
    inputs = {"tracks": [float(number) for number in tracks], "audio": list(audio)}
    return row(None, f"vinyl/Side {letter}.wav", str(inputs), kind="vinyl", role="side", side=letter,
               inputs=inputs)  # fmt: skip


def test_sides_that_are_cut_softer(runner: Runner) -> None:
    """A louder song on one side turns all of them down."""
    tracks = [track(number) for number in (1, 2)]
    before = revision(1, tracks, [side("A", [1], "a"), side("B", [2], "b")]) | {"vinyl_gain_db": -2.9}
    now = revision(2, tracks, [side("A", [1], "a-"), side("B", [2], "b-")]) | {"vinyl_gain_db": -3.0}
    diff = compared(before, now, runner)
    assert "vinyl: sides A and B differ (all sides 0.1 dB softer: -2.9 → -3.0 dB)" in told(diff)
    assert verdict(diff) == (
        "vinyl sides A and B have changed; no main version has: the audio of all 2 tracks is the same, "
        "sample for sample."
    )
    hundredths = told(compared(before | {"vinyl_gain_db": -2.98}, now, runner))
    assert "vinyl: sides A and B differ (all sides 0.02 dB softer: -2.98 → -3.00 dB)" in hundredths
    unknown = {name: value for name, value in before.items() if name != "vinyl_gain_db"}
    assert "vinyl: sides A and B differ" in told(compared(unknown, now, runner))


def test_a_side_follows_from_its_songs(runner: Runner) -> None:
    """The second of three is new: those behind have other numbers, and only the sides with other songs are
    otherwise.
    """
    first, second, third = (track(number) for number in (1, 2, 3))
    before = revision(1, [first, second], [side("A", [1], "a"), side("B", [2], "b")])
    now = revision(
        2,
        [first, third | {"number": 2}, second | {"number": 3}],
        [side("A", [1, 2], "a", "c"), side("B", [3], "b")],
    )
    diff = compared(before, now, runner)
    assert diff.vinyl is not None
    assert (diff.vinyl.changed, diff.vinyl.besides) == (("A",), ("A",))
    assert [(each.name, each.before, each.now) for each in diff.vinyl.tracks] == [("A", (1,), (1, 2))]
    assert "vinyl: side A 1 → 1–2" in told(diff)
    other = revision(2, [first | {"audio": {"24/96": "other"}}, second], [side("A", [1], "c"),
                                                                          side("B", [2], "b")])  # fmt: skip
    assert verdict(compared(before, other, runner)).startswith("Nothing else moved: ")


# --- what was heard


def heard(found: Difference, of: str = SHAPED, rate: int = 96_000, mix_rate: int = 96_000) -> Nulled:
    return Nulled(
        of=of, form="flac 16/44.1" if of == MASTERS else "", rate=rate, mix_rate=mix_rate, difference=found
    )


@pytest.mark.parametrize(
    ("shift", "rate", "mix_rate", "frames"),
    [(1.0, 96_000, 96_000, 1.0), (44_100 / 96_000, 44_100, 96_000, 1.0), (-2.0, 44_100, 88_200, -4.0),
     (0.98, 48_000, 48_000, 1.0), (0.5, 48_000, 48_000, 0.5)],
)  # fmt: skip
def test_shifts_are_told_in_frames_of_the_mix(shift: float, rate: int, mix_rate: int, frames: float) -> None:
    found = Difference(first_frames=9, second_frames=9, shift_frames=shift)
    assert heard(found, rate=rate, mix_rate=mix_rate).shift_frames == frames


def test_figures_that_are_none_are_null_in_json() -> None:
    passage = Passage(start_s=1 / 3, stop_s=0.5, null_db=math.inf, gain_db=None)
    data = nulled_data(heard(Difference(first_frames=9, second_frames=9, passages=(passage,))))
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert (data["null_db"], data["nulls_completely"], data["form"]) == (None, True, None)
    assert data["passages"] == [{"start_s": 0.333333, "stop_s": 0.5, "null_db": None, "gain_db": None}]


def paragraph(found: Nulled | None, why_not: str = "", **changes: Any) -> list[str]:
    """What is told of a song's audio."""
    now = track(1, audio={"24/96": "other"}, **changes)
    by_kind = {("shaped" if found.of == SHAPED else "mastered"): found} if found else {}
    only = song(track(1), now, (), Heard(**by_kind, why_not=why_not), ())
    nothing: Data = dict.fromkeys(("came", "gone", "words", "seams"), ())
    files = compared(
        revision(1, []), revision(2, []), Runner(Cache(Path()), Workers(1), Screen(quiet=True))
    ).files
    lines = told(Diff(before=1, now=2, songs=(only,), files=files, **nothing))
    return [line[14:] for line in lines[2:-2]]


def test_the_null_test_in_words() -> None:
    passages = tuple(
        Passage(start_s=float(at), stop_s=at + 0.5, null_db=-20.0, gain_db=None) for at in range(0, 14, 2)
    )
    found = Difference(
        first_frames=96_000, second_frames=96_000, null_db=-30.5, worst_s=61.5, worst_null_db=-12.25,
        gain_db=-0.25, shift_frames=-0.25, inverted=True, changed_s=3.5, passages=passages,
    )  # fmt: skip
    lines = paragraph(heard(found, MASTERS))
    assert lines[0] == "0.25 samples (0.00 ms) of the mix earlier, polarity inverted, -0.25 dB"
    assert lines[1] == "0:00.000 to 0:00.500 differs: null -20.0 dB"
    assert lines[6] == "and 2 more passages; the last ends at 0:12.500, 3.50 s in all"
    assert lines[7] == "null -30.5 dB, -12.2 dB at its worst, around 1:01.500, as mastered (flac 16/44.1)"


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (heard(Difference(first_frames=9, second_frames=9, null_db=-130.0, worst_s=0.1)),
         "differs by no more than rounding before gain and limiting"),
        (heard(Difference(first_frames=9, second_frames=9, null_db=-90.0, worst_s=0.1), MASTERS),
         "differs by no more than dither"),
        (heard(Difference(first_frames=9, second_frames=20), MASTERS),
         "the same but for the pause behind it"),
        (None, "differs; the cat has eaten it"),
    ],
)  # fmt: skip
def test_audio_that_hardly_differs(found: Nulled | None, line: str) -> None:
    assert paragraph(found, "the cat has eaten it")[0] == line


def test_what_only_one_has_is_new_or_not() -> None:
    passage = Passage(start_s=1.0, stop_s=2.0, null_db=None, gain_db=None)
    longer = Difference(first_frames=96_000, second_frames=192_000, passages=(passage,))
    assert paragraph(heard(longer))[0] == "0:01.000 to 0:02.000 is new"
    shorter = Difference(first_frames=192_000, second_frames=96_000, passages=(passage,))
    assert paragraph(heard(shorter))[0] == "0:01.000 to 0:02.000 is gone"


def test_where_there_was_silence_there_is_no_null() -> None:
    passage = Passage(start_s=1.0, stop_s=2.0, null_db=math.inf, gain_db=None)
    found = Difference(
        first_frames=9,
        second_frames=9,
        null_db=-3.0,
        worst_s=1.5,
        worst_null_db=math.inf,
        passages=(passage,),
    )
    assert paragraph(heard(found))[0] == "0:01.000 to 0:02.000 differs: silence before"


def test_figures_of_silence_are_dashes() -> None:
    silent = {"lufs_i": None, "true_peak_dbtp": -1.0, "plr_db": 13.004, "thirds_dbfs": {}}
    lines = paragraph(None, "-", master=silent)
    assert lines[1:] == ["-14.00 → - LUFS"]


def test_differences_agree_with_the_figures_beside_them(runner: Runner) -> None:
    """8.904 and 8.876 are 0.028 apart; as they are written, 0.02."""
    before, now = revision(1, [track(1, "A", gain_db=8.904)]), revision(
        2, [track(1, "A", gain_db=8.876, audio={"24/96": "other"})]
    )  # fmt: skip
    assert "  gain        8.90 → 8.88 dB (-0.02)" in told(compared(before, now, runner))


def test_a_record_that_lacks_something_is_damaged(runner: Runner) -> None:
    sound = revision(1, [track(1)])
    for damaged in (
        revision(2, [{name: value for name, value in track(1).items() if name != "start_seconds"}]),
        revision(2, [track(1, audio=7)]),
        revision(2, [track(1)]) | {"traces": [{"what": "render"}]},
        revision(2, [track(1)], [row(1, "A.flac") | {"path": None}]),
    ):
        with pytest.raises(Fault) as fault:
            compared_or_fault(sound, damaged, runner)
        assert "the record of revision 1 or the record of revision 2 is damaged" in str(fault.value)
        with pytest.raises(Fault, match="the record of revision 2 is damaged; compare others"):
            compared_or_fault(damaged, sound | {"revision": None}, runner)


def test_no_line_is_long(runner: Runner) -> None:
    long = "mixes/" + " ".join(["another"] * 20)
    now = track(1, mix={"path": f"{long}.wav", "sha256": "x", "rate": 96_000}, seam="")
    diff = compared(revision(1, [track(1)]), revision(2, [now]), runner)
    assert max(map(len, told(diff))) < 110
    assert "after 01 Song 1: gap of 2 s → the end" in told(diff)


def test_the_document_has_every_figure(runner: Runner) -> None:
    data = diff_data(compared(revision(1, [track(1)]), revision(None, [track(1, gain_db=2.0)]), runner))
    json.dumps(data, allow_nan=False)
    assert data.keys() == {
        "before", "now", "verdict", "tracks", "new", "gone", "tags", "seams", "hidden", "cd", "vinyl",
        "files",
        "nothing_to_build",
    }  # fmt: skip
    (only,) = data["tracks"]
    assert only["gain_db"] == {"before": 1.0, "now": 2.0}
    assert only["length_seconds"] == {"before": 10.0, "now": 10.0}
    assert only["audio"] == {
        "same": True, "only_pause_differs": False, "null": None, "null_as_mastered": None,
        "why_no_null": None, "why": [],
    }  # fmt: skip
    assert len(only["tone_db"]) == 10
