"""What a right manifest says once it is loaded, and that nothing but Faults comes of a wrong one."""

import copy
import hashlib
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.chain_limiter import ChainLimiterSettings
from dsp.deess import DeessSettings
from dsp.dynamics import GlueSettings
from dsp.eq import EqBand
from dsp.gain import OutputSettings
from dsp.limiter import LimiterSettings
from dsp.linear_eq import LinearEqSettings
from dsp.multiband import BandSettings, MultibandSettings
from dsp.repair import RepairSettings
from dsp.saturation import ClipSettings, SaturateSettings
from dsp.stereo import StereoSettings
from dsp.tape import TapeSettings
from pipeline.faults import Faults
from pipeline.formats import parse_format
from pipeline.manifest.chain import Crossfade, Gap, Insert, ToneSettings
from pipeline.manifest.load import load, read
from pipeline.manifest.song import Track
from pipeline.manifest.tree import MAX_BYTES, parse
from pipeline.plugin import PluginSettings

RIGHT = "album: {title: T, artist: A}\ntracks: [a.wav]\n"

FULL = (Path(__file__).parent / "full.yaml").read_text(encoding="utf-8")


def test_every_key_arrives(reads):
    manifest = reads(FULL)
    album, (first, second) = manifest.album, manifest.tracks
    assert (album.title, album.date, album.upc) == ("Night Ferry", date(2026, 12, 4), "4006381333931")
    assert (album.genre, album.explicit, album.artwork) == (("Folk rock",), False, "art/cover.png")
    assert album.credits == {"producer": ("A. Name",), "mixer": ("B. Name", "C. Name")}
    assert (manifest.session.rate, manifest.session.dither) == (96_000, "shaped")
    assert (manifest.level.target_lufs, manifest.level.match, manifest.level.ceiling_dbtp) == (
        -11.5,
        "album",
        -0.3,
    )
    assert [insert.name for insert in manifest.defaults.chain] == ["glue", "saturate", "eq", "clip"]
    assert manifest.defaults.chain[0].settings == GlueSettings(threshold_db=-20, ratio=2)
    assert manifest.defaults.chain[2].settings == (
        EqBand(type="bell", freq_hz=280, gain_db=-1.2, q=0.9),
        EqBand(type="high_pass", freq_hz=30, slope_db_per_octave=24),
    )
    assert manifest.defaults.limiter == LimiterSettings(release_ms=80)
    assert (first.isrc, first.trim.end, first.index) == ("GBAYE2600001", 221.5, (90.0,))
    assert (first.fade_in.curve, first.fade_out.curve) == ("linear", "s_curve")
    assert first.then == Crossfade(crossfade=4, curve="linear")
    assert (second.limiter, second.cuts[1].at) == ("off", 252.3)
    assert manifest.vinyl.sides == {"A": (1, 2), "B": (3,)}
    assert (manifest.vinyl.rpm, manifest.vinyl.limiter) == (45, True)
    assert manifest.vinyl.notes == "Quiet intro on B1.\nPlease keep the surface clean."
    assert manifest.deliver.digital == (parse_format("flac 24/96"), parse_format("mp3 320"))
    assert (manifest.deliver.cd is not None, manifest.deliver.vinyl) == (True, None)
    assert manifest.deliver.allow_upsampling is True


def test_the_smallest_manifest_has_a_default_for_everything(reads):
    manifest = reads(RIGHT)
    assert manifest.tracks[0].mix == "a.wav"
    assert manifest.defaults.chain == ()
    assert (manifest.session.rate, manifest.session.dither) == ("auto", "shaped_light")
    assert (manifest.level.target_lufs, manifest.level.match, manifest.level.ceiling_dbtp) == (
        -14,
        "tracks",
        -1,
    )
    assert (manifest.vinyl.format, manifest.vinyl.rpm, manifest.vinyl.limiter) == ("12in", 33, False)
    assert manifest.deliver.digital == (parse_format("flac 16/44.1"),)
    assert manifest.deliver.cd is not None
    assert manifest.deliver.vinyl is not None


@pytest.mark.parametrize(
    "section", ["session", "level", "defaults", "vinyl", "deliver", "album.genre", "deadwax"]
)
def test_an_empty_key_is_a_missing_key(reads, section):
    text = RIGHT.replace("A}", "A, genre: }") if section == "album.genre" else f"{RIGHT}{section}:\n"
    assert reads(text).tracks == reads(RIGHT).tracks
    assert reads(text).deliver == reads(RIGHT).deliver


# YAML 1.1 makes booleans, octal and sexagesimal numbers, dates and floats of these.
@pytest.mark.parametrize(
    "title", ["Yes", "no", "On", "y", "1999", "0o17", "012", "1:30", "2026-12-04", ".5", "1e3", "=", "0x1F"]
)
def test_a_title_is_what_is_written(reads, title):
    assert reads(f"album: {{title: {title}, artist: 10}}\ntracks: [a.wav]").album.title == title


def test_words_that_yaml_would_change_mean_themselves(reads):
    text = """\
album: {title: T, artist: A, language: no, upc: 012345678905, explicit: No}
level: {match: off}
tracks:
  - {mix: a.wav, limiter: off, trim: {end: 1:30}}
  - {mix: a.wav, limiter: on}
"""
    manifest = reads(text)
    assert (manifest.album.language, manifest.album.upc) == ("no", "0012345678905")
    assert manifest.album.explicit is False
    assert manifest.level.match == "off"
    assert [track.limiter for track in manifest.tracks] == ["off", LimiterSettings()]
    assert manifest.tracks[0].trim.end == 90.0


# In the order of the keys; `eq` and `linear_eq` want bands, `tone` what to move toward, `plugin` a path.
DEFAULTS = {
    "repair": RepairSettings(),
    "glue": GlueSettings(),
    "multiband": MultibandSettings(),
    "deess": DeessSettings(),
    "saturate": SaturateSettings(),
    "tape": TapeSettings(),
    "clip": ClipSettings(),
    "stereo": StereoSettings(),
    "limiter": ChainLimiterSettings(),
    "output": OutputSettings(),
}


@pytest.mark.parametrize("name", DEFAULTS)
@pytest.mark.parametrize("empty", ["", " {}"])
def test_a_stage_without_settings_has_its_defaults(reads, name, empty):
    (insert,) = reads(f"{RIGHT}defaults:\n  chain:\n    - {name}:{empty}").defaults.chain
    assert (insert.name, insert.settings) == (name, DEFAULTS[name])


def test_every_stage_has_defaults_but_those_that_want_to_be_told_something():
    assert DEFAULTS.keys() == Insert.model_fields.keys() - {"tone", "eq", "linear_eq", "plugin"}


LOW = EqBand(type="bell", freq_hz=90, gain_db=1, q=3, on="side")
MOVING = EqBand(type="bell", freq_hz=300, gain_db=-3, threshold_db=-24, ratio=3)


@pytest.mark.parametrize(
    ("stage", "settings"),
    [
        (
            "repair: {dc: yes, declick: on, dehum: True, mains_hz: 50, fade_ends_ms: 10}",
            RepairSettings(dc=True, declick=True, dehum=True, mains_hz=50, fade_ends_ms=10),
        ),
        ("repair: {dc: no, declick: Off, dehum: false, mains_hz: }", RepairSettings()),
        ("tone: {toward: album}", ToneSettings(toward="album", strength=0.3, max_db=2.0)),
        ("tone: {toward: a.wav, max_db: 1}", ToneSettings(toward="a.wav", strength=0.3, max_db=1.0)),
        ("glue: {auto_release: yes, on: mid}", GlueSettings(auto_release=True, on="mid")),
        (
            "multiband: {crossovers_hz: [120, 8e2], bands: [{}, {ratio: 2, makeup_db: -1}, {}]}",
            MultibandSettings(
                crossovers_hz=(120.0, 800.0),
                bands=(BandSettings(), BandSettings(ratio=2, makeup_db=-1), BandSettings()),
            ),
        ),
        ("deess: {freq_hz: 7000, mix: .5}", DeessSettings(freq_hz=7000, mix=0.5)),
        ("eq: [{type: bell, freq_hz: 300, gain_db: -3, threshold_db: -24, ratio: 3}]", (MOVING,)),
        (
            "linear_eq: [{type: bell, freq_hz: 90, gain_db: 1, q: 3, on: side}]",
            LinearEqSettings(bands=(LOW,)),
        ),
        ("saturate: {even: 0.2}", SaturateSettings(even=0.2)),
        ("tape: {speed_ips: 7.5, bump_db: 0}", TapeSettings(speed_ips=7.5, bump_db=0)),
        ("tape: {speed_ips: 30}", TapeSettings(speed_ips=30)),
        ("stereo: {widths: [0, 1.5], crossovers_hz: [200]}",
         StereoSettings(widths=(0, 1.5), crossovers_hz=(200,))),
        ("stereo: {mono_below_hz: }", StereoSettings()),
        ("limiter: {ceiling_dbtp: -4}", ChainLimiterSettings(ceiling_dbtp=-4)),
        (
            "plugin: {path: EQ.vst3, settings: {mode: Warm, drive: 0.3, in: yes}, on: side}",
            PluginSettings(
                path="EQ.vst3", settings=(("drive", "0.3"), ("in", "yes"), ("mode", "Warm")), on="side"
            ),
        ),
    ],
)  # fmt: skip
def test_settings_of_a_stage(reads, stage, settings):
    (insert,) = reads(f"{RIGHT}defaults: {{chain: [{{{stage}}}]}}").defaults.chain
    assert insert.settings == settings


def test_several_slips_in_the_bands_of_a_linear_eq_are_told_at_once(faults_of):
    bands = (
        "{type: bell, freq_hz: 100, q: 5}, {type: bell, freq_hz: 999}, {type: bell, freq_hz: 999, ratio: 3}"
    )
    found = faults_of(f"{RIGHT}defaults: {{chain: [{{linear_eq: [{bands}]}}]}}")
    assert [fault.path.rpartition(".")[2] for fault in found] == ["linear_eq[0]", "linear_eq[2]"]


def test_lint_and_reference(reads):
    manifest = reads(RIGHT)
    assert set(manifest.lint.model_dump().values()) == {True}
    assert manifest.session.reference is None
    manifest = reads(RIGHT + "lint: {eq_moves: off, crest: no}\nsession: {reference: a.wav}")
    assert [name for name, on in manifest.lint.model_dump().items() if not on] == ["eq_moves", "crest"]
    assert manifest.session.reference == "a.wav"


def test_where_each_stage_of_a_chain_is_written(reads):
    manifest = reads("""\
album: {title: T, artist: A}
defaults: {chain: [glue: , eq: [{type: bell, freq_hz: 99}]]}
tracks:
  - a.wav
  - {mix: a.wav, chain: [tape: ]}
  - {mix: a.wav, chain: {before: [repair: {dc: yes}], after: [clip: ]}}
  - {mix: a.wav, chain: []}
""")
    chains = [manifest.written_chain(mix) for mix in range(4)]
    assert [[insert.name for _, insert in chain] for chain in chains] == [
        ["glue", "eq"], ["tape"], ["repair", "glue", "eq", "clip"], [],
    ]  # fmt: skip
    places = [[manifest.at(route).rpartition("album.yaml:")[2] for route, _ in chain] for chain in chains]
    assert places == [["2:25", "2:32"], ["5:31"], ["6:43", "2:25", "2:32", "6:68"], []]


def test_merged_keys_are_those_of_safe_load(reads, folder):
    text = """\
album: {title: T, artist: A}
defaults: &house
  fade_in: &short {seconds: 0.5, curve: s_curve}
  then: {gap: 1}
tracks:
  - {<<: *house, mix: a.wav}
  - {mix: a.wav, <<: *house, then: {gap: 3}}
  - {mix: a.wav, fade_in: {<<: *short, seconds: 2}}
  - {mix: a.wav, fade_in: {<<: [{curve: linear}, *short]}}
"""
    loaded = yaml.safe_load(text)["tracks"]
    tree, _, complaints = parse(text.encode(), "album.yaml")
    assert not complaints
    assert [_numbers(track) for track in tree["tracks"]] == loaded
    assert [track.then for track in reads(text).tracks[:2]] == [Gap(gap=1), Gap(gap=3)]


def _numbers(value):
    """Texts of numbers as numbers."""
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    return yaml.safe_load(value)


def test_characters_beyond_16_bits_may_be_escaped_as_json_does(reads):
    assert reads('album: {title: "\\ud83c\\udfb9", artist: A}\ntracks: [a.wav]').album.title == "🎹"


def test_a_byte_order_mark_is_no_part_of_the_first_key(folder):
    manifest = read(b"\xef\xbb\xbf" + RIGHT.encode(), folder / "album.yaml")
    assert manifest.at(("album",)) == f"{folder / 'album.yaml'}:1:8"


def test_load_knows_file_folder_and_hash(folder):
    file = folder / "album.yaml"
    file.write_text(RIGHT, encoding="utf-8")
    manifest = load(file)
    assert (manifest.file, manifest.folder) == (file, folder)
    assert manifest.text_sha256 == hashlib.sha256(RIGHT.encode()).hexdigest()
    assert manifest.path("a.wav") == folder / "a.wav"
    assert manifest.path("/elsewhere/a.wav") == Path("/elsewhere/a.wav")


def test_a_mix_may_have_an_absolute_path(reads, folder):
    assert (
        reads(f"album: {{title: T, artist: A}}\ntracks: ['{folder}/a.wav']").tracks[0].mix
        == f"{folder}/a.wav"
    )


def test_a_model_made_without_a_folder_looks_up_no_file():
    assert Track(mix="nowhere/x.wav").mix == "nowhere/x.wav"


def test_places_are_those_of_the_text(reads):
    """The value that a place leads to is the value that was asked for."""
    manifest = reads(FULL)
    lines = FULL.splitlines()
    routes = [
        ("album", "label"),
        ("level", "match"),
        ("tracks", 0, "trim", "start"),
        ("vinyl", "sides", "B", 0),
    ]
    texts = [_text_at(lines, manifest.at(route)).split(",")[0] for route in routes]
    assert texts == ["Dead Reckoning", "album", "0.42", "3]}"]
    assert manifest.at(("tracks", 1, "title")) == manifest.at(("tracks", 1))
    fault = manifest.fault(("tracks", 1, "cuts", 0), "too short", "make it longer")
    line = 1 + lines.index("      - {title: Harbour, at: 0}")
    assert str(fault) == f"{manifest.file}:{line}:9: tracks[1].cuts[0]: too short; make it longer"


def _text_at(lines, place):
    line, column = map(int, place.split(":")[-2:])
    return lines[line - 1][column - 1 :]


@pytest.mark.parametrize("name", ["nowhere.yaml", "mixes"])
def test_a_manifest_that_is_no_file(folder, name):
    with pytest.raises(Faults) as raised:
        load(folder / name)
    assert raised.value.exceptions[0].place == str(folder / name)


def test_too_large_a_file_is_not_read_further(faults_of):
    (fault,) = faults_of(b"#" * (MAX_BYTES + 1))
    assert fault.problem == f"the file has {MAX_BYTES + 1} bytes"


@pytest.mark.parametrize(
    ("data", "place"),
    [(b"a: b\nc: \xff\n", "2:4"), (b"\xff\xfea\0", "1:1"), ("é: ".encode() + b"\xe9", "1:4")],
)
def test_what_is_not_utf_8_is_told_with_its_place(faults_of, data, place):
    (fault,) = faults_of(data)
    assert fault.place == f"album.yaml:{place}"
    assert "UTF-8" in fault.problem


def _bomb(separator: str, inner: str) -> str:
    """Each line means the one before nine times over: 9 to the 12th at the end."""
    lines = [f"x0: &x0 {inner}"]
    for level in range(1, 13):
        nine = separator.join([f"*x{level - 1}"] * 9)
        lines.append(f"x{level}: &x{level} " + ("{<<: [" + nine + "]}" if inner[0] == "{" else f"[{nine}]"))
    return "\n".join(lines)


@pytest.mark.parametrize("inner", ["[a]", "{a: b}"])
def test_aliases_do_not_explode(faults_of, inner):
    (fault,) = faults_of(_bomb(", ", inner))
    assert fault.problem == "too many values"


@pytest.mark.parametrize("form", ["x{0}: &x{0} [*x{1}]", "x{0}: &x{0} {{<<: *x{1}}}"])
def test_aliases_do_not_dig_deep(faults_of, form):
    lines = [form.format(level, level - 1) for level in range(1, 3000)]
    (fault,) = faults_of("x0: &x0 {a: b}\n" + "\n".join(lines))
    assert "nested more than 50 deep" in fault.problem


def _only_faults(text: str, folder: Path) -> None:
    try:
        read(text.encode("utf-8", "surrogatepass"), folder / "album.yaml")
    except Faults as faults:
        assert all(fault.place and fault.problem for fault in faults.exceptions)


@given(text=st.text())
def test_any_text_gives_faults_or_a_manifest(folder, text):
    _only_faults(text, folder)


SCRAPS = [
    *[
        "album",
        "tracks",
        "title",
        "mix",
        "a.wav",
        "chain",
        "glue",
        "eq",
        "limiter",
        "then",
        "segue",
        "cuts",
        "at",
    ],
    *[
        "<<",
        "sides",
        "A",
        "1",
        "-1",
        "1:30",
        "off",
        "~",
        "''",
        '"',
        ":",
        ": ",
        "- ",
        "\n",
        "\n  ",
        "\n    - ",
    ],
    *["{", "}", "[", "]", ", ", "&a ", "*a", "!!int ", "!x ", "|", "? ", "# ", "%YAML 1.1\n", "---\n"],
    *["\\ud800", "\x00", "\x85", "\ufeff", "🎹"],
]


@settings(max_examples=400)
@given(scraps=st.lists(st.sampled_from(SCRAPS), max_size=40))
def test_any_scraps_of_yaml_give_faults_or_a_manifest(folder, scraps):
    _only_faults("".join(scraps), folder)


FULL_TREE, FULL_PLACES, _ = parse(FULL.encode(), "album.yaml")
VALUES = st.none() | st.text() | st.floats().map(str) | st.sampled_from(["a.wav", "on", "segue", "7", "2:30"])
KEYS = st.text() | st.sampled_from(["mix", "gap", "<off>", "A"])
ANYTHING = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=4
)


@settings(max_examples=150)
@given(route=st.sampled_from(sorted(filter(None, FULL_PLACES.values), key=str)), anything=ANYTHING)
def test_any_value_anywhere_gives_faults_or_a_manifest(folder, route, anything):
    """Each value of a full manifest, replaced by anything that YAML can hold."""
    tree = copy.deepcopy(FULL_TREE)
    around = tree
    for step in route[:-1]:
        around = around[step]
    around[route[-1]] = anything
    _only_faults(yaml.safe_dump(tree, allow_unicode=True), folder)
