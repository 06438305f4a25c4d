"""What a manifest asks of mixes that they cannot give: every message, with the place it points at."""

import pytest

from pipeline.checks import mix_faults
from tests.albums import HEAD, facts_of, manifest, noise, on_grid, placed, write_mix

FADES = HEAD + "defaults: {fade_in: {seconds: 0.5}, fade_out: {seconds: 0.5}}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """2 s each: a and b at 44.1 kHz; hi, of 24 bits at 96 kHz; slow, at 48; narrow, 16 bits at 96."""
    mixes = tmp_path_factory.mktemp("album")
    for name, rate, bits in (("a", 44_100, 24), ("b", 44_100, 24), ("slow", 48_000, 24), ("hi", 96_000, 24)):
        write_mix(mixes / f"{name}.wav", noise(2.0, rate), rate, f"PCM_{bits}")
    write_mix(mixes / "narrow.wav", on_grid(noise(2.0, 96_000), 16), 96_000)
    write_mix(mixes / "float.wav", noise(2.0, 96_000), 96_000, "FLOAT")
    write_mix(mixes / "silent.wav", 0 * noise(2.0, 96_000), 96_000)
    return mixes


@pytest.fixture(scope="module")
def faults_of(folder):
    def found(tracks, head=HEAD):
        album = manifest(folder, tracks, head)
        return mix_faults(album, facts_of(album))

    return found


FROM_START = "times are counted from the mix's start"
# ‸ stands where a text editor should put the cursor for the fault.
CASES = {
    "trim starts behind the end": (
        "- {mix: a.wav, trim: {start: ‸2}}",
        [f"tracks[0].trim.start: 2 s is behind the end of the mix (2.000 s); {FROM_START}"],
    ),
    "trim ends behind the end": (
        "- a.wav\n- {mix: b.wav, trim: {start: 1, end: ‸2.5}}",
        [f"tracks[1].trim.end: 2.5 s is behind the end of the mix (2.000 s); {FROM_START}"],
    ),
    "index behind the end": (
        "- {mix: a.wav, index: [1, ‸2.25]}",
        [f"tracks[0].index[1]: 2.25 s is behind the end of the mix (2.000 s); {FROM_START}"],
    ),
    "cut and its index behind the end": (
        "- mix: a.wav\n  cuts:\n  - {title: X, at: 0}\n  - {title: Y, at: ‸61, index: [‸62]}",
        [
            f"tracks[0].cuts[1].at: 61 s is behind the end of the mix (2.000 s); {FROM_START}",
            f"tracks[0].cuts[1].index[0]: 62 s is behind the end of the mix (2.000 s); {FROM_START}",
        ],
    ),
    "fades longer than the track": (
        "- {mix: a.wav, trim: {start: 0.5}, fade_in: ‸{seconds: 1.75},\n   fade_out: ‸{seconds: 30}}",
        [
            "tracks[0].fade_in: the fade of 1.75 s is longer than the track (1.5 s); make it shorter",
            "tracks[0].fade_out: the fade of 30 s is longer than the track (1.5 s); make it shorter",
        ],
    ),
    "fade out and crossfade": (
        "- {mix: a.wav, fade_out: ‸{seconds: 1}, then: {crossfade: 1}}\n- b.wav",
        [
            "tracks[0].fade_out: a track that crossfades has that as its fade out; "
            "leave out fade_out or crossfade"
        ],
    ),
    "crossfade and fade in": (
        "- {mix: a.wav, then: {crossfade: 1}}\n- {mix: b.wav, fade_in: ‸{seconds: 1}}",
        [
            "tracks[1].fade_in: the crossfade from the track before is its fade in; "
            "leave out fade_in, or the crossfade"
        ],
    ),
    "segue of two rates": (
        "- {mix: a.wav, then: segue}\n- {mix: ‸slow.wav, then: segue}\n- slow.wav",
        [
            "tracks[1].mix: a segue joins mixes of one rate; this has 48000 Hz, the one before 44100 Hz; "
            "export both at one rate, or write a gap or crossfade"
        ],
    ),
    "a fade where a segue joins": (
        "- {mix: a.wav, fade_out: ‸{seconds: 1}, then: segue}\n- b.wav",
        [
            "tracks[0].fade_out: a mix that runs into the next by segue has no fade out; "
            "leave it out, or write a crossfade"
        ],
    ),
}


def places(text):
    """The text without the cursors, and line:column of each."""
    parts = text.split("‸")
    before = ["".join(parts[: n + 1]) for n in range(len(parts) - 1)]
    return "".join(parts), [
        f"{each.count(chr(10)) + 1}:{len(each.rpartition(chr(10))[2]) + 1}" for each in before
    ]


@pytest.mark.parametrize("case", CASES)
def test_faults(faults_of, folder, case):
    marked, lines = CASES[case]
    text, spots = places(f"{HEAD}tracks:\n{marked}")
    faults = faults_of(text.removeprefix(f"{HEAD}tracks:\n"))
    assert [str(fault) for fault in faults] == [
        f"{folder / 'album.yaml'}:{spot}: {line}" for spot, line in zip(spots, lines, strict=True)
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [("chain", "[]"), ("limiter", "off"), ("level", "{offset_lu: 1}"), ("fade_in", "{seconds: 1}")],
)
def test_a_performance_is_treated_as_one(faults_of, folder, key, value):
    (fault,) = faults_of(f"- {{mix: a.wav, then: segue}}\n- {{mix: b.wav, {key}: {value}}}")
    assert placed([fault], folder) == [(f"4:{len('- {mix: b.wav, : ') + len(key) + 1}", f"tracks[1].{key}")]
    assert fault.problem == f"this mix goes on with track 1 and has its {key}"
    assert fault.hint == f"say {key} there, or write a gap or crossfade in place of segue"


@pytest.mark.parametrize(
    "tracks",
    [
        "- {mix: a.wav, trim: {start: 1.9, end: 2}, index: [1.999]}",
        "- {mix: a.wav, fade_in: {seconds: 2}, fade_out: {seconds: 2}}",
        "- {mix: a.wav, then: {crossfade: 1}, fade_in: {seconds: 1}}\n- {mix: b.wav, fade_out: {seconds: 1}}",
        "- {mix: a.wav, chain: [], limiter: off, then: segue}\n- {mix: b.wav, fade_out: {seconds: 1}}",
        "- {mix: slow.wav, then: {gap: 0}}\n- a.wav",
    ],
)
def test_what_is_right_is_let_pass(faults_of, tracks):
    assert faults_of(tracks) == []


def test_default_fades_are_those_of_the_ends_of_a_performance(faults_of):
    assert faults_of("- {mix: a.wav, then: segue}\n- b.wav", FADES) == []


def test_the_last_track_crossfades_into_nothing(faults_of):
    """So a crossfade by default leaves its fade out alone."""
    head = HEAD + "defaults: {then: {crossfade: 0.5}}\n"
    assert faults_of("- a.wav\n- {mix: b.wav, fade_out: {seconds: 1}}", head) == []


def test_all_faults_come_at_once(faults_of, folder):
    tracks = "- {mix: a.wav, trim: {end: ‸9}, then: segue}\n- {mix: ‸slow.wav, index: [‸9], limiter: ‸off}"
    text, spots = places(f"{HEAD}deliver: {{digital: [‸flac 24/96]}}\ntracks:\n{tracks}")
    head, tracks = text.split("tracks:\n")
    paths = [
        "deliver.digital[0]",
        "tracks[0].trim.end",
        "tracks[1].mix",
        "tracks[1].index[0]",
        "tracks[1].limiter",
    ]
    assert sorted(placed(faults_of(tracks, head), folder)) == sorted(zip(spots, paths, strict=True))


def test_a_mix_that_could_not_be_read_is_passed_over(folder):
    album = manifest(folder, "- {mix: a.wav, then: segue}\n- {mix: slow.wav, trim: {end: 9}}")
    assert mix_faults(album, [facts_of(album)[0], None]) == []


# --- upsampling


def hi_res(formats, more=""):
    return f"{HEAD}deliver: {{digital: [{formats}]{more}}}\n"


@pytest.mark.parametrize(
    ("tracks", "named"),
    [
        ("- hi.wav\n- a.wav", "track 2 is 24/44.1"),
        ("- narrow.wav", "track 1 is 16/96"),
        ("- {mix: hi.wav, cuts: [{title: X, at: 0}, {title: Y, at: 1}]}\n- slow.wav", "track 3 is 24/48"),
        (
            "- a.wav\n- b.wav\n- slow.wav\n- narrow.wav\n- a.wav",
            "track 1 is 24/44.1; track 2 is 24/44.1; track 3 is 24/48; and 2 more",
        ),
    ],
)
def test_hi_res_is_not_made_from_what_is_none(faults_of, folder, tracks, named):
    head, (spot,) = places(hi_res("flac 16/44.1, ‸flac 24/96"))
    (fault,) = faults_of(tracks, head)
    assert placed([fault], folder) == [(spot, "deliver.digital[1]")]
    assert fault.problem == f"flac 24/96 would be upsampled: {named}"
    assert fault.hint == (
        "such a file is made from mixes of 24 bits and at least 88.2 kHz; leave it out, "
        "or write allow_upsampling: true under deliver"
    )


@pytest.mark.parametrize(
    ("tracks", "head"),
    [
        ("- a.wav", hi_res("flac 24/44.1, flac 24/48, mp3 320")),
        ("- hi.wav\n- float.wav\n- silent.wav", hi_res("flac 24/96, wav 24/88.2")),
        ("- a.wav", hi_res("flac 24/96", ", allow_upsampling: true")),
    ],
)
def test_formats_that_may_be_made(faults_of, tracks, head):
    assert faults_of(tracks, head) == []


def test_192_khz_is_not_made_from_96(faults_of):
    (fault,) = faults_of("- hi.wav", hi_res("flac 24/96, flac 24/192"))
    assert fault.path == "deliver.digital[1]"
    assert "at least 176.4 kHz" in fault.hint


def test_a_target_of_its_own_goes_with_matching_tracks(faults_of):
    tracks = "- {mix: a.wav, level: {target_lufs: -18}}\n- {mix: b.wav, level: {offset_lu: -2}}"
    (fault,) = faults_of(tracks, "level: {match: album}\n" + HEAD)
    assert fault.path == "tracks[0].level.target_lufs"
    assert fault.problem == "a track has no target of its own under match: album"
    assert fault.hint == "write offset_lu, or match: tracks"
    assert faults_of(tracks) == []


def test_default_fades_give_way_to_a_crossfade(faults_of):
    fades = "defaults: {fade_in: {seconds: 0.1}, fade_out: {seconds: 0.1}}\n"
    assert faults_of("- {mix: a.wav, then: {crossfade: 1}}\n- b.wav", fades + HEAD) == []


def test_each_format_is_named(faults_of):
    faults = faults_of("- a.wav", hi_res("flac 24/96, mp3 320, wav 24/192"))
    assert [fault.path for fault in faults] == ["deliver.digital[0]", "deliver.digital[2]"]
