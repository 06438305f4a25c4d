"""A cassette: its two sides against every possible split, its files against the songs that were rendered."""

import hashlib
import math
import re
from dataclasses import replace
from itertools import accumulate

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pipeline.build.keys import key_of
from pipeline.deliver.cassette import cassette_faults, cassette_files, cassette_format, cassette_sides
from pipeline.deliver.cue import parse_cue
from pipeline.deliver.image import CD_FORMAT
from pipeline.deliver.release import Deliverable
from pipeline.formats import parse_format
from pipeline.manifest.load import read
from pipeline.markers import read_markers
from pipeline.reels import Fade
from pipeline.timeline import lay
from tests.albums import HEAD, codes_of, manifest, placed, reel, timeline, write_all

MINUTE = 60 * 75


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    album = tmp_path_factory.mktemp("album")
    (album / "a.wav").touch()
    return album


def asked(folder, tracks, text=""):
    return manifest(folder, "- a.wav\n" * tracks, f"{HEAD}deliver: {{cassette: {{{text}}}}}\n")


def laid(folder, clock, text=""):
    """Sides, as their letters and the numbers of their tracks, and what is wrong with them."""
    album = asked(folder, len(clock.segments), text)
    sides = cassette_sides(album, clock)
    faults = cassette_faults(album, clock, sides)
    return {side.letter: [s.track for s in side.segments] for side in sides}, faults, placed(faults, folder)


# --- which songs go on which side


@given(
    islands=st.lists(st.lists(st.integers(75, 5 * MINUTE), min_size=1, max_size=3), min_size=2, max_size=9),
    album_gap=st.integers(1, 400),
    own_gap=st.none() | st.integers(0, 400),
)
def test_the_split_is_the_best_of_all(folder, islands, album_gap, own_gap):
    """By trying each: the shortest longest side, then the longest shortest one, then the longer side A."""
    pause = album_gap if own_gap is None else own_gap
    lengths = [sum(island) for island in islands]

    def side_sectors(own):
        return sum(own) + pause * (len(own) - 1)

    splits = [(side_sectors(lengths[:cut]), side_sectors(lengths[cut:])) for cut in range(1, len(lengths))]
    best = min(splits, key=lambda split: (max(split), -min(split), -split[0]))
    text = "length_minutes: 120" if own_gap is None else f"length_minutes: 120, gap: {own_gap / 75:.6f}"
    clock = timeline(islands, album_gap)
    sides = cassette_sides(asked(folder, len(clock.segments), text), clock)
    assert tuple(round(side.seconds * 75) for side in sides) == best
    assert [s.track for side in sides for s in side.segments] == [s.track for s in clock.segments]
    assert sides[1].segments[0].track in {island.segments[0].track for island in clock.islands}


def test_side_a_is_the_longer_of_two_that_could_be(folder):
    """1 | 2 3 and 1 2 | 3 are as equal; so are 4 and 3 minutes either way."""
    assert laid(folder, timeline([[MINUTE], [MINUTE], [MINUTE]]))[0] == {"A": [1, 2], "B": [3]}
    assert laid(folder, timeline([[3 * MINUTE], [MINUTE], [3 * MINUTE]]))[0] == {"A": [1, 2], "B": [3]}


def test_music_that_goes_on_is_not_parted_and_a_gap_of_nothing_may_be(folder):
    """A crossfade, a mix of two tracks; then songs that only touch."""
    reels = [
        reel(60.0, crossfade=Fade("linear", 2.0)),
        reel(120.0, first_track=2, cuts_s=(0.0, 60.0), indexes_s=((), ()), gap_s=0.0),
        reel(60.0, first_track=4, gap_s=0.0),
        reel(130.0, first_track=5),
    ]
    clock = lay(reels, 44_100)
    assert len(clock.islands) == 1
    assert laid(folder, clock) == ({"A": [1, 2, 3], "B": [4, 5]}, [], [])


def test_sides_as_they_are_written_with_a_pause_of_their_own(folder):
    """Counted from the start of each side; where the album has no pause, there is none."""
    clock = timeline([[300], [400, 500], [600]], gap=150)
    album = asked(folder, 4, "sides: {A: [1], B: [2, 3, 4]}, gap: 1")
    first, second = cassette_sides(album, clock)
    assert [(s.start_sector, s.sound_stop_sector, s.stop_sector) for s in first.segments] == [(0, 300, 300)]
    assert [(s.start_sector, s.sound_stop_sector, s.stop_sector) for s in second.segments] == [
        (0, 400, 400), (400, 900, 975), (975, 1575, 1575)
    ]  # fmt: skip


# --- what no cassette holds


def test_what_fits_to_the_sector_has_no_fault(folder):
    """22:30 less a leader of a second."""
    clock = timeline([[round(22.5 * MINUTE) - 75], [MINUTE]])
    assert laid(folder, clock, "length_minutes: 45")[1] == []
    faults = laid(folder, timeline([[round(22.5 * MINUTE) - 74], [MINUTE]]), "length_minutes: 45")[1]
    assert [fault.problem for fault in faults] == [
        "side A is 22:31 long with its leader; a side of a C45 holds 22:30"
    ]


@given(leader=st.integers(0, 60 * 75), minutes=st.integers(10, 120))
def test_a_side_fits_to_the_sector_behind_any_leader(folder, leader, minutes):
    """Seconds are no whole number of sectors; what fits must not depend on how they are rounded."""
    text = f"length_minutes: {minutes}, leader_seconds: {leader / 75:.6f}, sides: {{A: [1], B: [2]}}"
    album, full = asked(folder, 2, text), minutes * 30 * 75 - leader
    for sectors, count in ((full, 0), (full + 1, 1)):
        clock = timeline([[sectors], [75]])
        assert len(cassette_faults(album, clock, cassette_sides(album, clock))) == count


def test_a_side_that_is_too_long_is_told_the_next_usual_length(folder):
    clock = timeline([[24 * MINUTE], [25 * MINUTE]])
    _, faults, places = laid(folder, clock, "length_minutes: 46, leader_seconds: 0, sides: auto")
    assert [fault.problem for fault in faults] == [
        "side A is 24:00 long; a side of a C46 holds 23:00",
        "side B is 25:00 long; a side of a C46 holds 23:00",
    ]
    assert {fault.hint for fault in faults} == {"a C60 holds it: write length_minutes: 60"}
    assert places == [("2:68", "deliver.cassette.sides")] * 2


@pytest.mark.parametrize(
    ("minutes", "hint"),
    [
        (14.5, "a C30 holds it: write length_minutes: 30"),
        (15, "a C46 holds it: write length_minutes: 46"),
        (31, "a C64 holds it: write length_minutes: 64"),
        (44, "a C90 holds it: write length_minutes: 90"),
        (59, "a C120 holds it: write length_minutes: 120"),
        (60, "no cassette holds it: leave cassette out of deliver, or split the album"),
    ],
)
def test_usual_lengths(folder, minutes, hint):
    """With a leader of a second, 15 minutes are too long for a C30."""
    _, (fault, *_), _ = laid(folder, timeline([[round(minutes * MINUTE)], [75]]), "length_minutes: 20")
    assert fault.hint == hint


def test_where_another_split_fits_it_is_named(folder):
    clock = timeline([[10 * MINUTE]] * 4)
    _, faults, places = laid(folder, clock, "length_minutes: 45, sides: {A: [1, 2, 3], B: [4]}")
    assert [(fault.problem, fault.hint) for fault in faults] == [
        (
            "side A is 30:05 long with its leader; a side of a C45 holds 22:30",
            "end side A behind track 2, or write sides: auto",
        )
    ]
    assert places == [("2:49", "deliver.cassette.sides")]


def test_a_side_may_not_end_where_the_music_goes_on(folder):
    clock = timeline([[MINUTE, MINUTE], [MINUTE]])
    _, (fault,), places = laid(folder, clock, "sides: {A: [1], B: [2, 3]}")
    assert fault.problem == ("side A ends where track 1 runs into track 2 by a crossfade, a segue or a cut")
    assert fault.hint == "end the side elsewhere; a mix with cuts can be listed twice, each with its trim"
    assert places == [("2:29", "deliver.cassette.sides")]


def test_an_album_that_cannot_be_parted(folder):
    _, (fault,), places = laid(folder, timeline([[MINUTE, MINUTE]]))
    assert fault.problem == "every track runs into the next, and a cassette has two sides"
    assert fault.hint == "end a track with a gap where the tape is turned, or leave cassette out of deliver"
    assert places == [("2:21", "deliver.cassette")]
    # Said once, however the sides are written, and what is too long besides.
    _, faults, _ = laid(folder, timeline([[40 * MINUTE, MINUTE]]), "sides: {A: [1], B: [2]}")
    assert [each.problem for each in faults] == [
        fault.problem, "side A is 40:01 long with its leader; a side of a C60 holds 30:00"
    ]  # fmt: skip


def test_an_album_of_one_track(folder):
    _, (fault,), _ = laid(folder, timeline([[MINUTE]]))
    assert fault.problem == "the album is one track, and a cassette has two sides"
    assert fault.hint == "list its mix twice, each with its trim, or leave cassette out of deliver"


def test_a_hundredth_track(folder):
    assert laid(folder, timeline([[300]] * 99))[1] == []
    _, (fault,), places = laid(folder, timeline([[300]] * 100))
    assert fault.problem == "the cue sheet of a side numbers tracks up to 99, this album has 100"
    assert fault.hint == "leave cassette out of deliver, or split the album"
    assert places == [("2:21", "deliver.cassette")]


# --- files: 4 s, a pause of 2 s; 4.5 s that fade for half a second into a mix of 5 s, which has two tracks,
# the second from 2.01 s on (its mark is at 2 s: sector 150.75); 2 s; 4 s of silence.

SONGS_S = (4.0, 4.0, 2.0, 3.0, 4.0)
PAUSES_S = (2.0, 0.0, 0.0, 2.0, 0.0)
TITLES = ("Departure", "Break/water", "Ebb", "Flow", "Still")


def with_cassette(release, text="", album=None):
    """The release, of which a cassette is asked for."""
    old = release.manifest
    head, tracks = old.text.split("tracks:\n", 1)
    data = f"{head}deliver: {{cassette: {{{text}}}}}\ntracks:\n{tracks}".encode()
    made = read(data, old.file)
    if album:
        made = replace(made, album=made.album.model_copy(update=album))
    return replace(release, manifest=made)


def files_of(release):
    return cassette_files(release, cassette_sides(release.manifest, release.timeline))


@pytest.fixture(scope="module")
def finer(release, tmp_path_factory):
    """The same tracks with words of 24 bits, every value of the last eight bits among them."""
    out = tmp_path_factory.mktemp("24 bit")
    form, random = parse_format("wav 24/44.1"), np.random.default_rng(3)
    tracks = []
    for number, track in enumerate(release.limited[CD_FORMAT]):
        codes = (codes_of(track.path, 16) << 8) + random.integers(0, 256, (track.frames, 2), np.int32)
        pause = round(PAUSES_S[number] * 44_100)
        codes[track.frames - pause :] = 0
        soundfile.write(out / f"{number}.wav", codes << 8, 44_100, "PCM_24")
        tracks.append(replace(track, path=out / f"{number}.wav", pcm_sha256=f"{number:064}"))
    return replace(release, limited={**release.limited, form: tuple(tracks)})


CASES = {
    "as it comes": ("", 1.0, None, ((0, 1, 2, 3), (4,))),
    "own pauses": ("sides: {A: [1], B: [2, 3, 4, 5]}, gap: 1.24, leader_seconds: 0.4", 0.4, 1.24,
                   ((0,), (1, 2, 3, 4))),
    "longer pauses": ("gap: 5, leader_seconds: 10", 10.0, 5.0, ((0, 1, 2, 3), (4,))),
    "nothing between": ("gap: 0, leader_seconds: 0", 0.0, 0.0, ((0, 1, 2, 3), (4,))),
    "24 bits": ("bits: 24", 1.0, None, ((0, 1, 2, 3), (4,))),
}  # fmt: skip


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def case(request, finer, tmp_path_factory):
    """(release, folder, rows, leader in seconds, pause or None, places of the tracks on each side)"""
    text, leader_s, gap_s, sides = request.param
    release, out = with_cassette(finer, text), tmp_path_factory.mktemp("delivery")
    return release, out, write_all(files_of(release), out), leader_s, gap_s, sides


def starts_s(own, leader_s, gap_s):
    """When each song of a side starts, and when the file ends."""
    pauses = [(PAUSES_S[place] and (PAUSES_S[place] if gap_s is None else gap_s)) for place in own[:-1]]
    return list(accumulate((SONGS_S[place] + pause for place, pause in zip(own, [*pauses, 0.0], strict=True)),
                           initial=leader_s))  # fmt: skip


def test_files(case):
    release, out, rows, *_ = case
    assert [(row.path, row.role, row.side) for row in rows] == [
        ("cassette/Side A.wav", "side", "A"),
        ("cassette/Side A.cue", "cue", "A"),
        ("cassette/Side B.wav", "side", "B"),
        ("cassette/Side B.cue", "cue", "B"),
        ("cassette/j-card.txt", "j-card", None),
        ("cassette/cassette-note.md", "cassette note", None),
        ("cassette/cassette-note.pdf", "cassette note", None),
    ]
    assert {row.kind for row in rows} == {"cassette"}
    assert {path.name for path in (out / "cassette").iterdir()} == {row.path.split("/")[1] for row in rows}
    assert [each.path for each in files_of(release)] == [row.path for row in rows]


def test_leader_songs_and_pauses_are_there_to_the_frame(case):
    release, out, rows, leader_s, gap_s, sides = case
    form = cassette_format(release.manifest)
    for row, own in zip((row for row in rows if row.role == "side"), sides, strict=True):
        about = soundfile.info(out / row.path)
        assert (about.samplerate, about.channels, about.subtype) == (44_100, 2, f"PCM_{form.bits}")
        codes = codes_of(out / row.path, form.bits)
        starts = [round(s * 44_100) for s in starts_s(own, leader_s, gap_s)]
        assert (len(codes), row.frames) == (starts[-1], starts[-1])
        expected = np.zeros_like(codes)
        for place, start in zip(own, starts, strict=False):
            frames = round(SONGS_S[place] * 44_100)
            song = codes_of(release.limited[form][place].path, form.bits)[:frames]
            expected[start : start + frames] = song
        assert_array_equal(codes, expected)


def test_rows_say_where_the_songs_lie(case):
    _, _, rows, leader_s, gap_s, sides = case
    for row, own in zip((row for row in rows if row.role == "side"), sides, strict=True):
        starts = [round(s * 44_100) for s in starts_s(own, leader_s, gap_s)]
        assert [(each["track"], each["start_frame"]) for each in row.segments] == [
            (place + 1, start) for place, start in zip(own, starts, strict=False)
        ]


def test_markers_stand_where_the_songs_start(case):
    _, out, rows, leader_s, gap_s, sides = case
    for row, own in zip((row for row in rows if row.role == "side"), sides, strict=True):
        starts = [round(s * 44_100) for s in starts_s(own, leader_s, gap_s)][:-1]
        assert [(mark.frame, mark.label) for mark in read_markers(out / row.path)] == [
            (start, f"{row.side}{number} {TITLES[place]}")
            for number, (place, start) in enumerate(zip(own, starts, strict=True), 1)
        ]


def test_sheets_have_every_mark_behind_the_leader(case):
    _, out, rows, leader_s, gap_s, sides = case
    for row, own in zip((row for row in rows if row.role == "cue"), sides, strict=True):
        sheet = parse_cue((out / row.path).read_bytes().decode())
        assert sheet.file_name == f"Side {row.side}.wav"
        starts = [round(s * 75) for s in starts_s(own, leader_s, gap_s)]
        for place, start, track in zip(own, starts, sheet.tracks, strict=False):
            assert (track.number, track.title) == (place + 1, TITLES[place])
            marks = dict(track.indexes)
            assert marks[1] == start
            if place != own[0]:
                pause_s = PAUSES_S[place - 1] and (PAUSES_S[place - 1] if gap_s is None else gap_s)
                assert marks.get(0, start) == start - round(pause_s * 75)
        first = sheet.tracks[0].indexes
        assert first[0] == ((0, 0) if leader_s else (1, 0))
    departure = parse_cue((out / "cassette/Side A.cue").read_bytes().decode()).tracks[0]
    leader = math.floor(leader_s * 75)
    assert departure.indexes[-2:] == ((2, leader + 112), (3, leader + 187))  # 1.5 and 2.5 s


def test_the_note_has_the_sums_and_the_level_of_the_files(case):
    """Levels are pooled from the songs, and on sides as short as these their seams are a tenth."""
    _, out, rows, *_ = case
    text = (out / "cassette/cassette-note.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| \*\*(\S.*?)\*\* \| .* \| `([0-9a-f]{64})` \|$", text, re.MULTILINE))
    assert told == {
        row.path.split("/")[1]: hashlib.sha256((out / row.path).read_bytes()).hexdigest()
        for row in rows
        if row.role != "cassette note"
    }
    levels = re.findall(r"Loudness (\S+) LUFS, true peak (\S+) dBTP", text)
    for row, figures in zip((row for row in rows if row.role == "side"), levels, strict=True):
        for figure, measured in zip(figures, (row.lufs_i, row.true_peak_dbtp), strict=True):
            if math.isfinite(measured):
                assert float(figure.replace("−", "-")) == pytest.approx(measured, abs=0.2)
            else:
                assert figure == "–"


def rows_of(text):
    """Cells of the note's rows of songs."""
    return [line.strip("| ").split(" | ") for line in text.splitlines() if re.match(r"\| [AB]\d", line)]


def clock(seconds):
    return f"{int(seconds // 60):02}:{seconds % 60:04.1f}"


def test_the_note_has_the_times_of_the_files(case):
    _, out, _, leader_s, gap_s, sides = case
    text = (out / "cassette/cassette-note.md").read_text(encoding="utf-8")
    rows = iter(rows_of(text))
    pauses = {0: 2.0 if gap_s is None else gap_s, 3: 2.0 if gap_s is None else gap_s}
    joins = {1: "crossfade 0.5 s", 2: "runs on"}
    for letter, own in zip("AB", sides, strict=True):
        starts = starts_s(own, leader_s, gap_s)
        assert f"## Side {letter}: {clock(starts[-1])}" in text
        for place, start in zip(own, starts, strict=False):
            row = next(rows)
            assert row[2:5] == [clock(start), clock(start + SONGS_S[place]), clock(SONGS_S[place])]
            pause_s = 0.0 if place == own[-1] else pauses.get(place, 0.0)
            join = "" if place == own[-1] else joins.get(place, "")
            assert row[5] == (f"{pause_s:.1f} s" if pause_s else join or "none")


def test_the_note_has_the_sound_of_the_songs(release, tmp_path):
    """By a transform of each song: from the edge of the third octave at 8 kHz on, against all thirds.

    Ebb has no 3 s to be the loudest.
    """
    write_all(files_of(with_cassette(release)), tmp_path)
    rows = rows_of((tmp_path / "cassette/cassette-note.md").read_text(encoding="utf-8"))
    for row, track in zip(rows[:4], release.limited[CD_FORMAT], strict=False):
        power = (np.abs(np.fft.rfft(soundfile.read(track.path)[0], axis=0)) ** 2).sum(axis=1)
        hz = np.fft.rfftfreq(track.frames, 1 / 44_100)
        edges = [1000 * 10 ** (n / 10) for n in (-17.5, 8.5, 13.5)]
        all_of_it, treble = (power[(hz >= low) & (hz < edges[2])].sum() for low in edges[:2])
        figures = [-math.inf if cell == "–" else float(cell.replace("−", "-")) for cell in row[6:]]
        measure = track.measure
        assert figures[:3] == pytest.approx(
            [measure.lufs_i, measure.lufs_s_max, measure.true_peak_dbtp], abs=0.05
        )
        assert figures[3] == pytest.approx(10 * np.log10(treble / all_of_it), abs=0.2)
    assert rows[4][6:] == ["–"] * 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The mixes went through no chain."),
        ("", "Peaks are limited to −1.0 dBTP."),
        ("", "Dither to 16 bit: shaped light."),
        ("bits: 24", "Dither to 24 bit: tpdf."),
        ("", "1.0 s of silence in front of the first song of each side."),
        ("", "The pauses are those of the album."),
        ("gap: 1.24", "The pauses are 1.2 s long."),
        ("", "Times count from the start of the file."),
        ("", "No line-up tone is included."),
        ("", "No noise reduction is wanted."),
        ("noise_reduction: B", "The files are not encoded: Dolby B is for the recorder to do."),
    ],
)
def test_the_note_says_what_was_done(finer, text, said):
    assert said in (*note_of(with_cassette(finer, text)).done, *note_of(with_cassette(finer, text)).not_done)


def test_the_note_says_nothing_that_was_not_done(release):
    silent = note_of(with_cassette(release, "leader_seconds: 0"))
    assert not [sentence for sentence in silent.done if "in front" in sentence]
    other = with_cassette(release)
    manifest = replace(other.manifest, session=other.manifest.session.model_copy(update={"dither": "none"}))
    tracks = tuple(track.model_copy(update={"limiter": "off"}) for track in manifest.tracks[:1])
    manifest = replace(manifest, tracks=(*tracks, *manifest.tracks[1:]))
    done = note_of(replace(other, manifest=manifest)).done
    assert not [sentence for sentence in done if "Dither" in sentence or "limited" in sentence]


def note_of(release):
    return files_of(release)[-1].inputs["note"]


# --- what files are made from


def changed(release, other):
    """The files of one that the other has from other things."""
    before, now = ({each.path: key_of("file", 1, each.inputs) for each in files_of(r)}
                   for r in (release, other))  # fmt: skip
    return {path.split("/")[1] for path in before if before[path] != now.get(path)}


SIDES = {"Side A.wav", "Side B.wav"}
SHEETS = {"Side A.cue", "Side B.cue"}
NOTES = {"cassette-note.md", "cassette-note.pdf"}
CARD = {"j-card.txt"}


@pytest.mark.parametrize(
    ("text", "album", "files"),
    [
        ("", {}, set()),
        ("leader_seconds: 2", {}, SIDES | SHEETS | NOTES),
        ("gap: 3", {}, {"Side A.wav", "Side A.cue"} | NOTES | CARD),  # and the length of side A is printed
        ("notes: Hurry.", {}, NOTES),
        ("length_minutes: 46", {}, NOTES),
        ("tape: chrome", {}, NOTES | CARD),
        ("noise_reduction: C", {}, NOTES | CARD),
        ("", {"label": "Other"}, NOTES | CARD),
        ("", {"title": "Other"}, SHEETS | NOTES | CARD),
        ("", {"genre": ("Noise",)}, SHEETS | NOTES),  # the note has the sums of the sheets
        ("", {"language": "de"}, set()),
        ("", {"credits": {"producer": ("Q. Two",)}}, NOTES | CARD),
    ],
)
def test_nothing_is_made_from_what_does_not_show_in_it(release, text, album, files):
    assert changed(with_cassette(release), with_cassette(release, text, album)) == files


def test_a_track_changes_its_side_and_the_note(release):
    tracks = list(release.limited[CD_FORMAT])
    tracks[4] = replace(tracks[4], pcm_sha256="0" * 64)
    other = replace(release, limited={**release.limited, CD_FORMAT: tuple(tracks)})
    assert changed(with_cassette(release), with_cassette(other)) == {"Side B.wav"} | NOTES


def test_which_rendered_files_are_read(release):
    """They are looked at before; papers need none."""
    reads = {each.path: each.reads for each in files_of(with_cassette(release))}
    tracks = release.limited[CD_FORMAT]
    assert (reads["cassette/Side A.wav"], reads["cassette/Side B.wav"]) == (tracks[:4], tracks[4:])
    assert all(not own for path, own in reads.items() if not path.endswith(".wav"))


# --- the J-card


def card(release):
    each: Deliverable = next(each for each in files_of(release) if each.role == "j-card")
    return each


def card_text(release, tmp_path):
    card(release).write(tmp_path / "j-card.txt", {})
    return (tmp_path / "j-card.txt").read_bytes().decode()


def test_the_j_card_has_all_that_is_printed(release, tmp_path):
    """Lengths are of the sound; that of side A has its pause: 4 + 2 + 9 s."""
    text = card_text(with_cassette(release, "tape: ferric, noise_reduction: B"), tmp_path)
    assert text == (
        "The Harbour Lights\n"
        "Night Ferry\n"
        "\n"
        "Side A\t0:15\n"
        "A1\tDeparture\t0:04\n"
        "A2\tBreak/water (Live) – Guests\t0:04\n"
        "A3\tEbb\t0:02\n"
        "A4\tFlow\t0:03\n"
        "\n"
        "Side B\t0:04\n"
        "B1\tStill\t0:04\n"
        "\n"
        "Music: A. Name (A1)\n"
        "Producer: P. One\n"
        "\n"
        "© 2026 Dead Reckoning\n"
        "℗ 2025 Elsewhere\n"
        "Dead Reckoning · DRR-014\n"
        "Dolby B NR · tape: ferric\n"
    )


BARE = {"label": None, "catalog": None, "c_line": None, "p_line": None, "credits": {}}
ODD = ("夜の渡し船", "سفينة الليل", "אור ראשון", "W" * 200, "50 % <b>|`*_{{ x }}_*`|</b> #1")


def with_pieces(release, changes):
    """`changes` are those of each track."""
    pieces = tuple(replace(piece, **own) for piece, own in zip(release.manifest.pieces, changes, strict=True))
    return replace(release, manifest=replace(release.manifest, pieces=pieces))


def test_a_j_card_of_an_album_that_says_nothing_more(release, tmp_path):
    plain = {"artist": "The Harbour Lights", "version": None, "composer": (), "lyricist": ()}
    bare = with_pieces(with_cassette(release, album=BARE), [plain] * 5)
    assert card_text(bare, tmp_path).endswith("\nSide B\t0:04\nB1\tStill\t0:04\n")


def test_titles_are_printed_as_they_are(release, tmp_path):
    plain = {"artist": "The Harbour Lights", "version": None}
    odd = with_pieces(with_cassette(release), [{"title": title} | plain for title in ODD])
    text = card_text(odd, tmp_path)
    assert [line.split("\t")[1] for line in text.splitlines() if line.count("\t") == 2] == list(ODD)


@pytest.mark.parametrize(
    ("composers", "lyricists", "lines"),
    [
        ([("A",)] * 5, [()] * 5, ["Music: A"]),
        ([("A", "B")] * 5, [("A", "B")] * 5, ["Music and words: A, B"]),
        ([("A",)] * 5, [("L",)] * 5, ["Music: A", "Words: L"]),
        ([("A",), ("B",), ("A",), ("A",), ("A",)], [()] * 5, ["Music: A (A1, A3, A4, B1); B (A2)"]),
        ([("A",), (), ("A",), ("A",), ("A",)], [()] * 5, ["Music: A (A1, A3, A4, B1)"]),
        ([()] * 5, [()] * 5, []),
    ],
)
def test_who_wrote_what(release, tmp_path, composers, lyricists, lines):
    each = [{"composer": c, "lyricist": w} for c, w in zip(composers, lyricists, strict=True)]
    text = card_text(with_pieces(with_cassette(release), each), tmp_path)
    assert [line for line in text.splitlines() if line.startswith(("Music", "Words"))] == lines
