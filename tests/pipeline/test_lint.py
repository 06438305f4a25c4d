"""What is grumbled about: each rule at its limit, where it points, and that its switch silences it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline import lint
from pipeline.faults import Fault
from pipeline.intake import MixFacts, examine
from pipeline.manifest.load import read
from pipeline.manifest.model import Lint
from tests.albums import music, noise, placed, write_mix
from tests.end_to_end import Album, deadwax, done, listing

HEAD = "album: {title: T, artist: A}\n"
TRACKS = "tracks:\n  - a.wav\n  - {mix: a.wav, chain: {after: [output: ]}}\n  - a.wav\n"


@pytest.fixture
def reads(tmp_path):
    (tmp_path / "a.wav").touch()
    return lambda text: read(text.encode(), tmp_path / "album.yaml")


def told(manifest, faults):
    """(place, path) of each."""
    return placed(faults, manifest.folder)


# what is behind HEAD, on line 2; the rule it breaks; where; the words. Then what is just within the rule.
WRITTEN = [
    (
        "level: {ceiling_dbtp: -0.05}", "ceiling", ("2:23", "level.ceiling_dbtp"),
        "a ceiling of -0.05 dBTP", "level: {ceiling_dbtp: -0.1}",
    ),
    (
        "level: {target_lufs: -10.9}", "target", ("2:22", "level.target_lufs"),
        "a target of -10.9 LUFS is louder than -11", "level: {target_lufs: -11}",
    ),
    (
        "defaults: {chain: [eq: [{type: bell, freq_hz: 99, gain_db: 1}, "
        "{type: bell, freq_hz: 300, gain_db: -2.1}]]}",
        "eq_moves", ("2:100", "defaults.chain[0].eq[1].gain_db"), "an EQ move of -2.1 dB",
        "defaults: {chain: [eq: [{type: bell, freq_hz: 99, gain_db: 2}, "
        "{type: bell, freq_hz: 300, gain_db: -2}, {type: high_pass, freq_hz: 30}]]}",
    ),
    (
        "defaults: {chain: [linear_eq: [{type: high_shelf, freq_hz: 9000, gain_db: 3}]]}",
        "eq_moves", ("2:75", "defaults.chain[0].linear_eq[0].gain_db"), "an EQ move of +3 dB",
        "defaults: {chain: [linear_eq: [{type: high_shelf, freq_hz: 9000, gain_db: 2}]]}",
    ),
    (
        "defaults: {chain: [stereo: {widths: [0.5, 1.01], crossovers_hz: [200]}]}",
        "widening", ("2:37", "defaults.chain[0].stereo.widths"), "the sides are made 1.01 times as wide",
        "defaults: {chain: [stereo: {widths: [0.5, 1], crossovers_hz: [200], mono_below_hz: 90}]}",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule", "at", "words", "within"), WRITTEN)
def test_a_rule_holds_at_its_limit_and_not_below(reads, text, rule, at, words, within):
    """It is told once, although three tracks have it by default; it names its switch; that silences it."""
    manifest = reads(f"{HEAD}{text}\n{TRACKS}")
    (said,) = lint.written(manifest)
    assert told(manifest, [said]) == [at]
    assert said.problem == words
    assert said.hint.endswith(f"(lint: {{{rule}: off}} says no more of it)")
    assert said.hint.startswith(lint.REASONS[rule])
    assert lint.written(reads(f"{HEAD}{within}\n{TRACKS}")) == []
    assert lint.written(reads(f"{HEAD}{text}\nlint: {{{rule}: off}}\n{TRACKS}")) == []
    others = ", ".join(f"{other}: off" for other in Lint.model_fields if other != rule)
    assert lint.written(reads(f"{HEAD}{text}\nlint: {{{others}}}\n{TRACKS}")) == [said]


def test_every_rule_has_a_switch_and_a_reason():
    assert list(lint.REASONS) == list(Lint.model_fields)


def test_a_manifest_that_asks_for_nothing_unusual(reads):
    assert lint.written(reads(HEAD + TRACKS)) == []


def test_a_track_that_is_louder_than_any_service_plays(reads):
    tracks = (
        "tracks:\n  - {mix: a.wav, level: {target_lufs: -9}}\n  - {mix: a.wav, level: {target_lufs: -11}}\n"
    )
    manifest = reads(HEAD + tracks)
    said = lint.written(manifest)
    assert told(manifest, said) == [("3:39", "tracks[0].level.target_lufs")]
    assert said[0].problem == "a target of -9 LUFS is louder than -11"
    assert lint.written(reads(f"{HEAD}lint: {{target: off}}\n{tracks}")) == []


def test_a_target_that_nothing_is_brought_to_is_not_told(reads):
    assert lint.written(reads(f"{HEAD}level: {{target_lufs: -8, match: off}}\n{TRACKS}")) == []


def test_moves_of_tracks_and_of_the_default_chain_are_told_once_each(reads):
    """Two tracks keep the default chain, one adds to it, one replaces it."""
    manifest = reads("""\
album: {title: T, artist: A}
defaults: {chain: [eq: [{type: bell, freq_hz: 99, gain_db: 5}]]}
tracks:
  - a.wav
  - {mix: a.wav, chain: {after: [eq: [{type: bell, freq_hz: 99, gain_db: -4}]]}}
  - {mix: a.wav, chain: [eq: [{type: bell, freq_hz: 99, gain_db: 3}], stereo: {widths: [2]}]}
  - a.wav
""")
    said = lint.written(manifest)
    assert [each.problem for each in said] == [
        "an EQ move of +5 dB",
        "an EQ move of -4 dB",
        "an EQ move of +3 dB",
        "the sides are made 2 times as wide",
    ]
    assert [path for _, path in told(manifest, said)] == [
        "defaults.chain[0].eq[0].gain_db",
        "tracks[1].chain.after[0].eq[0].gain_db",
        "tracks[2].chain[0].eq[0].gain_db",
        "tracks[2].chain[1].stereo.widths",
    ]


# --- of the mixes


@pytest.fixture
def squared(tmp_path):
    """Facts of a mix with a given crest factor: a square wave with a spike in it."""

    def facts(crest_db: float, seconds: float = 4.0) -> MixFacts:
        wave = np.where(np.arange(round(seconds * 8000)) // 20 % 2, 0.1, -0.1)
        audio = np.repeat(wave[:, None], 2, axis=1)
        # One sample hardly moves the rms.
        audio[1000] = 0.1 * 10 ** (crest_db / 20)
        return examine(write_mix(tmp_path / "square.wav", audio, 8000, "DOUBLE"), lambda _: None)

    return facts


def test_a_mix_that_is_crushed(reads, squared):
    manifest = reads(HEAD + TRACKS)
    mixes = [squared(7.9), squared(8.1), None]
    (said,) = lint.mixed(manifest, mixes)
    assert told(manifest, [said]) == [("3:5", "tracks[0].mix")]
    assert said.problem == "a mix of 7.9 dB crest factor"
    assert said.hint.endswith("(lint: {crest: off} says no more of it)")
    assert lint.mixed(reads(f"{HEAD}lint: {{crest: off}}\n{TRACKS}"), mixes) == []


def test_silence_and_what_is_hardly_heard_have_no_crest_to_speak_of(reads, squared):
    short, silent = squared(3.0, seconds=3.0), replace(squared(3.0), crest_db=0.0)
    assert lint.mixed(reads(HEAD + TRACKS), [short, silent, None]) == []


# --- of a build


def track(number=1, limiting_db=0.0, **glue):
    """As delivery.json has it."""
    chain = [{"stage": "eq"}, {"stage": "glue"} | glue, {"stage": "multiband", "reduction_mean_db": 9.0}]
    return {"number": number, "limiting_max_db": limiting_db, "chain": chain}


def test_what_was_limited_too_much(reads):
    manifest = reads(HEAD + TRACKS)
    tracks = [track(1, 4.0), track(2, 4.01), track(3, 6.0)]
    said = lint.mastered(manifest, tracks)
    assert told(manifest, said) == [("4:5", "tracks[1]"), ("5:5", "tracks[2]")]
    assert [each.problem for each in said] == ["track 2: 4.0 dB of limiting", "track 3: 6.0 dB of limiting"]
    assert all(each.hint.endswith("(lint: {limiting: off} says no more of it)") for each in said)
    assert lint.mastered(reads(f"{HEAD}lint: {{limiting: off}}\n{TRACKS}"), tracks) == []


def test_glue_that_is_none(reads):
    manifest = reads(HEAD + TRACKS)
    tracks = [track(1, reduction_mean_db=3.0), track(2, reduction_mean_db=3.4), track(3)]
    (said,) = lint.mastered(manifest, tracks)
    assert told(manifest, [said]) == [("4:5", "tracks[1]")]
    assert said.problem == "track 2: the glue takes off 3.4 dB on average"
    assert said.hint.endswith("(lint: {glue: off} says no more of it)")
    assert lint.mastered(reads(f"{HEAD}lint: {{glue: off}}\n{TRACKS}"), tracks) == []


@pytest.mark.parametrize(
    "tracks",
    [
        "  - {mix: a.wav, cuts: [{title: A, at: 0}, {title: B, at: 9}, {title: C, at: 12}]}\n",
        "  - {mix: a.wav, then: segue}\n  - {mix: a.wav, cuts: [{title: B, at: 0}, {title: C, at: 12}]}\n",
    ],
    ids=["a live set", "a segue"],
)
def test_what_is_mastered_as_one_is_told_once(reads, tracks):
    """All tracks of a reel have its figures; the next song has its own."""
    manifest = reads(f"{HEAD}tracks:\n{tracks}  - a.wav\n")
    listed = [track(n, 5.0, reduction_mean_db=4.0) for n in (1, 2, 3)] + [track(4, 4.5)]
    said = lint.mastered(manifest, listed)
    assert [each.problem for each in said] == [
        "track 1: 5.0 dB of limiting",
        "track 1: the glue takes off 4.0 dB on average",
        "track 4: 4.5 dB of limiting",
    ]
    assert {path for _, path in told(manifest, said[:2])} == {"tracks[0]"}


# --- by the command line

LOUD = """\
album: {title: T, artist: A}
level: {target_lufs: -11}
tracks:
  - {title: Soft, mix: soft.wav, level: {offset_lu: -10}}
  - {title: Loud, mix: loud.wav, chain: [glue: {threshold_db: -40, ratio: 4}]}
deliver: {digital: [flac 16/44.1]}
"""


@pytest.fixture
def loud(tmp_path):
    """An album of which one track will be limited and glued more than one should."""
    write_mix(tmp_path / "soft.wav", 0.5 * music(4.0, seed=1))
    write_mix(tmp_path / "loud.wav", music(4.0, crest=8.0, seed=2))
    (tmp_path / "album.yaml").write_text(LOUD)
    return Album(tmp_path)


def unwise(album):
    """(place, words up to the first figure) of each, by `check --json`."""
    return json.loads(done("check", album.manifest, "--json").stdout)["unwise"]


def of_rules(found, *rules):
    return [each for each in found if any(f"(lint: {{{rule}: off}}" in each["hint"] for rule in rules)]


def test_a_build_says_what_it_has_shown_and_so_does_check_behind_it(loud):
    """Not before; and no more when a mix or the manifest has changed since."""
    measured = ("limiting", "glue")
    assert of_rules(unwise(loud), *measured) == []
    said = [line for line in done("build", loud.manifest).stdout.splitlines() if "(lint: {" in line]
    data = listing(loud.delivery)["tracks"][1]
    limiting_db, (glue,) = data["limiting_max_db"], data["chain"]
    assert limiting_db > 4.0 and glue["reduction_mean_db"] > 3.0
    problems = [
        f"track 2: {limiting_db:.1f} dB of limiting",
        f"track 2: the glue takes off {glue['reduction_mean_db']:.1f} dB on average",
    ]
    assert said == [
        f"note: {loud.manifest}:5:5: tracks[1]: {problem}; {lint.REASONS[rule]} "
        f"(lint: {{{rule}: off}} says no more of it)"
        for problem, rule in zip(problems, measured, strict=True)
    ]
    found = of_rules(unwise(loud), *measured)
    assert [each["problem"] for each in found] == problems
    assert {each["place"] for each in found} == {f"{loud.manifest}:5:5"}
    printed = done("check", loud.manifest).stdout
    assert all(f"{loud.manifest}:5:5: tracks[1]: {problem}; " in printed for problem in problems)

    mix = (loud.folder / "soft.wav").read_bytes()
    write_mix(loud.folder / "soft.wav", 0.5 * music(4.0, seed=5))
    assert of_rules(unwise(loud), *measured) == []
    (loud.folder / "soft.wav").write_bytes(mix)
    assert len(of_rules(unwise(loud), *measured)) == 2
    loud.edit("title: Soft", "title: Softer")
    assert of_rules(unwise(loud), *measured) == []


def test_switches_silence_a_build_and_check(loud):
    loud.edit("level: {target", "lint: {limiting: off, glue: no}\nlevel: {target")
    assert "(lint: {" not in done("build", loud.manifest).stdout
    assert of_rules(unwise(loud), "limiting", "glue") == []


@pytest.mark.parametrize("content", ["{}", "[]", '{"files": [], "tracks": 7}', "not JSON", ""])
def test_a_delivery_that_says_nothing_is_passed_over(loud, content):
    loud.delivery.mkdir()
    (loud.delivery / "delivery.json").write_text(content)
    assert of_rules(unwise(loud), "limiting", "glue") == []


def test_check_says_all_at_once_and_writes_nothing(tmp_path):
    """Of the manifest and of the mixes; none of it is a fault."""
    write_mix(tmp_path / "a.wav", np.clip(2.0 * noise(6.0), -0.3, 0.3))
    (tmp_path / "album.yaml").write_text(f"""\
{HEAD}level: {{ceiling_dbtp: 0, target_lufs: -9}}
defaults: {{chain: [eq: [{{type: bell, freq_hz: 99, gain_db: 6}}], stereo: {{widths: [1.5]}}]}}
tracks: [a.wav, {{mix: a.wav, trim: {{start: 1}}}}]
""")
    result = deadwax("check", tmp_path / "album.yaml", "--json")
    assert result.exit_code == 0, result.output
    found = of_rules(json.loads(result.stdout)["unwise"], *Lint.model_fields)
    assert [each["path"] for each in found] == [
        "level.ceiling_dbtp",
        "level.target_lufs",
        "defaults.chain[0].eq[0].gain_db",
        "defaults.chain[1].stereo.widths",
        "tracks[0].mix",
        "tracks[1].mix",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "album.yaml"]


def test_a_grumble_reads_as_one_sentence(reads):
    (said,) = lint.written(reads(f"{HEAD}level: {{ceiling_dbtp: 0}}\n{TRACKS}"))
    assert isinstance(said, Fault)
    assert str(said).endswith(
        "album.yaml:2:23: level.ceiling_dbtp: a ceiling of 0 dBTP; lossy encoders and converters go over "
        "what is so close to full scale (lint: {ceiling: off} says no more of it)"
    )
