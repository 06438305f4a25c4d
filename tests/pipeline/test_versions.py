"""Versions of code: what gives another output has another version, and what is installed is known.

The tripwire compares with what was recorded; whether it trips, and only then, is tested as well.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from dsp.dither import KINDS as DITHERS
from dsp.dither import Quantiser
from dsp.dynamics import GlueSettings
from dsp.fades import Fades
from dsp.gain import OutputSettings
from dsp.limiter import Limiter, LimiterSettings
from dsp.stages import KINDS, code_of, name_of, stage_of, version_of
from dsp.stream import process_all
from pipeline import master, versions
from pipeline.plugin import PluginSpec
from tests.dsp.stage_examples import EXAMPLES
from tests.pipeline.record_fingerprints import (
    CASES,
    FILE,
    PROGRAM,
    RATE,
    Case,
    alike,
    complaint,
    counted,
    figures,
    heard,
    programme,
    read,
    record,
)

BOOK = read(FILE)
SOURCES = Path(__file__).resolve().parents[2]
LOUDER = 10 ** (1e-5 / 20)


# --- the tripwire


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_what_gives_another_output_has_another_version(case):
    now = case.make()
    said = complaint(case, now, BOOK)
    if said:
        pytest.fail(said, pytrace=False)
    for then, row in zip(BOOK["fingerprints"][case.what]["values"], now, strict=True):
        if row[0] == "bytes" and row[1] != then[1]:
            pytest.skip(f"its bytes are known as they are by {then[1]}, not by {row[1]}")


def test_everything_is_recorded_and_nothing_else():
    recorded, run = set(BOOK["fingerprints"]), {case.what for case in CASES}
    assert not recorded ^ run, f"run {PROGRAM}"
    assert len(run) == len(CASES)


def test_every_stage_and_every_version_is_watched():
    levers = {case.lever for case in CASES}
    assert {f"the version of {kind.name} in dsp/stages.py" for kind in KINDS.values()} <= levers
    # Files beside the audio are compared with foreign readers; plug-ins are other people's.
    watched = {"INTAKE", "MASTER", "LEVEL", "RENDER", "LISTEN", "GROOVE"}
    assert {f"{name} in pipeline/versions.py" for name in watched} <= levers


def test_no_fingerprint_is_of_silence():
    rows = [row for entry in BOOK["fingerprints"].values() for row in entry["values"]]
    assert all(row[2] > 0.1 for row in rows if row[0] in ("audio", "codes"))


# --- that it trips


def output_of(settings):
    return process_all(stage_of(settings, RATE, 2), programme(0.5))


@pytest.mark.parametrize("settings", EXAMPLES, ids=name_of)
def test_a_hundred_thousandth_of_a_db_is_found_and_a_last_bit_is_not(settings):
    out = output_of(settings)
    was = heard(out)
    assert not alike(was, heard(out * LOUDER))
    random = np.random.default_rng(1)
    assert alike(was, heard(out * (1 + 1e-12 * random.uniform(-1, 1, out.shape))))


@pytest.mark.parametrize("frame", [0, 7000, -1])
def test_one_wrong_sample_is_found(frame):
    out = programme(0.5).copy()
    was = heard(out)
    out[frame, 1] += 1e-5
    assert not alike(was, heard(out))


def test_a_late_or_a_missing_frame_is_found():
    out = programme(0.5)
    assert not alike(heard(out), heard(np.roll(out, 1, axis=0)))
    assert not alike(heard(out), heard(out[:-1]))
    assert not alike(heard(out), heard(out[:, ::-1].copy()))


@pytest.mark.parametrize(
    ("make", "changed"),
    [
        (Limiter(LimiterSettings(), -6.0, RATE, 2), Limiter(LimiterSettings(), -6.00001, RATE, 2)),
        (Limiter(LimiterSettings(), -6.0, RATE, 2), Limiter(LimiterSettings(release_ms=121), -6.0, RATE, 2)),
        (Fades(22_050, ("s_curve", 5000)), Fades(22_050, ("s_curve", 5001))),
    ],
    ids=["ceiling", "release", "fade"],
)
def test_other_settings_are_found(make, changed):
    assert not alike(heard(process_all(make, programme(0.5))), heard(process_all(changed, programme(0.5))))


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("kind", DITHERS)
def test_integers_of_another_gain_are_found_and_three_roundings_are_not(kind, bits):
    audio = 0.9 * programme(0.75)
    codes = process_all(Quantiser(bits, kind, RATE, 2, seed=5), audio)
    louder = process_all(Quantiser(bits, kind, RATE, 2, seed=5), audio * LOUDER)
    assert not alike(counted(codes), counted(louder))
    rounded = codes.copy()
    rounded[[100, 2000, 30_000], [0, 1, 0]] += [1, -1, 1]
    assert alike(counted(codes), counted(rounded))


def test_another_seed_is_found():
    audio = programme(0.5)
    one, other = (process_all(Quantiser(16, "tpdf", RATE, 2, seed), audio) for seed in (5, 6))
    assert not alike(counted(one), counted(other))


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ({"lufs_i": -14.0}, {"lufs_i": -14.00001}, False),
        ({"lufs_i": -14.0}, {"lufs_i": -14.0 * (1 + 1e-12)}, True),
        ({"dc": 0.0}, {"dc": 1e-16}, True),
        ({"lufs_i": -np.inf}, {"lufs_i": -14.0}, False),
        ({"lufs_i": -np.inf}, {"lufs_i": -np.inf}, True),
        ({"lufs_i": -14.0}, {"lufs_m": -14.0}, False),
        ({"note": "a"}, {"note": "b"}, False),
        ({"clicks": [1.0]}, {"clicks": [1.0, 2.0]}, False),
    ],
)
def test_figures(then, now, same):
    assert alike(figures(then), figures(now)) is same


def test_bytes_are_compared_where_one_encoder_made_both():
    assert alike(["bytes", "a 1", "0f"], ["bytes", "a 1", "0f"])
    assert not alike(["bytes", "a 1", "0f"], ["bytes", "a 1", "ff"])
    assert alike(["bytes", "a 1", "0f"], ["bytes", "a 2", "ff"])


# --- what it says, and recording


def glue(threshold_db=-30.0, version=1, what="glue 1"):
    def make():
        return [heard(output_of(GlueSettings(threshold_db=threshold_db, ratio=3)))]

    return Case(what, "the version of glue in dsp/stages.py", version, make)


@pytest.fixture
def file(tmp_path):
    """A book of one stage."""
    assert record(tmp_path / "book.json", [glue()]) == []
    return tmp_path / "book.json"


CHANGED = (
    "the output of glue 1 has changed and its version has not: raise the version of glue in dsp/stages.py, "
    f"then run {PROGRAM}"
)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (glue(), ""),
        (glue(-29.99999), CHANGED),
        (glue(version=2), f"glue 1 has version 2 and a fingerprint of version 1: run {PROGRAM}"),
        (glue(what="glue 2"), f"glue 2 has no fingerprint yet: run {PROGRAM}"),
        (replace(glue(), make=list), CHANGED),
    ],
    ids=["same", "changed", "raised", "new", "nothing"],
)
def test_a_complaint_says_what_to_do(file, case, said):
    assert complaint(case, case.make(), read(file)) == said


def test_a_complaint_names_libraries_that_have_changed_too(file):
    book = read(file)
    book["libraries"] |= {"numpy": "1.0"}
    numpy = metadata.version("numpy")
    why = f" (numpy is {numpy} and was 1.0: if it is for that alone, only run the program)"
    changed = glue(-29.99999)
    assert complaint(changed, changed.make(), book) == CHANGED + why
    assert complaint(glue(), glue().make(), book) == ""


def test_recording_does_not_take_a_change_for_granted(file, monkeypatch):
    before = file.read_bytes()
    monkeypatch.setenv(versions.FFMPEG, "ffmpeg")
    assert record(file, [glue(-29.99999)]) == [CHANGED]
    assert file.read_bytes() == before


def test_recording_takes_a_raised_version_and_a_new_stage_and_drops_an_old_one(file):
    assert record(file, [glue(-29.0, version=2)]) == []
    assert complaint(glue(-29.0, version=2), glue(-29.0).make(), read(file)) == ""
    assert record(file, [glue(what="glue 2")]) == []
    assert list(read(file)["fingerprints"]) == ["glue 2"]


def test_recording_again_changes_no_byte(file):
    before = file.read_bytes()
    rounded = replace(
        glue(), make=lambda: [heard(output_of(GlueSettings(threshold_db=-30, ratio=3)) + 1e-16)]
    )
    assert record(file, [rounded]) == []
    assert file.read_bytes() == before


def test_another_library_may_change_an_output(file, monkeypatch):
    monkeypatch.delenv(versions.FFMPEG, raising=False)
    book = read(file)
    book["libraries"] |= {"soxr": "0.1"}
    file.write_text(json.dumps(book))
    assert record(file, [glue(-29.99999)]) == []
    assert complaint(glue(-29.99999), glue(-29.99999).make(), read(file)) == ""
    assert read(file)["libraries"] == dict(versions.audio_libraries())


# --- the code of a chain

GLUE = GlueSettings(threshold_db=-30, ratio=3)
PLUGIN = PluginSpec(path=Path("x.vst3"), sha256="0" * 64)


def test_the_code_of_a_chain_is_that_of_the_stages_that_do_anything():
    chain = (OutputSettings(gain_db=-3), GLUE, OutputSettings(), GLUE)
    pair = ("glue", version_of(GLUE))
    assert code_of(chain) == (("output", version_of(chain[0])), pair, pair)
    assert master.code_of(chain) == code_of(chain)
    assert code_of(()) == master.code_of(()) == ()


def test_a_plugin_is_code_too():
    pair = ("plugin", versions.PLUGIN)
    assert master.code_of((PLUGIN, GLUE)) == (pair, ("glue", version_of(GLUE)))
    assert master.code_of((replace(PLUGIN, mix=0.0),)) == ()


def test_a_raised_version_changes_only_what_has_the_stage(monkeypatch):
    output = (OutputSettings(gain_db=-3),)
    before = code_of((GLUE,)), code_of(output)
    kind = KINDS[GlueSettings]
    monkeypatch.setitem(KINDS, GlueSettings, kind._replace(version=kind.version + 1))
    assert code_of((GLUE,)) != before[0]
    assert code_of(output) == before[1]


# --- what is installed


def test_all_holds_every_version():
    assert sorted(versions.ALL) == sorted(each for each in vars(versions).values() if isinstance(each, int))


def test_libraries_have_the_versions_that_their_records_say(monkeypatch):
    monkeypatch.delenv(versions.FFMPEG, raising=False)
    known = dict(versions.audio_libraries() + versions.file_libraries())
    assert known == {name: metadata.version(name) for name in versions.AUDIO + versions.FILES}


def python(program, *folders, flags=()):
    search = os.pathsep.join(map(str, (*folders, SOURCES)))
    command = [sys.executable, *flags, "-c", program]
    environment = os.environ | {"PYTHONPATH": search}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.strip()


def test_what_is_found_first_counts_however_it_was_installed(tmp_path):
    for record_name in (
        "SoXR-9.1.dist-info",
        "imageio.ffmpeg-9.2-py3.11.egg-info",
        "numpy-9.3rc1.dist-info",
        "scipy.libs",
    ):
        (tmp_path / record_name).mkdir()
    program = (
        "from pipeline.versions import *; print(*(v for _, v in audio_libraries() + plugin_libraries()))"
    )
    found = python(program, tmp_path, tmp_path / "absent").split()
    assert found[:1] + found[3:4] + found[6:7] == ["9.2", "9.3rc1", "9.1"]


def test_what_is_not_installed_has_no_version():
    program = "from pipeline import versions; print({version for _, version in versions.audio_libraries()})"
    assert python(program, flags=["-S"]) == "{''}"


def test_nothing_heavy_is_imported_to_know_all_this():
    program = "import sys; from pipeline import versions; versions.everything(); print(*sys.modules)"
    heavy = {"numpy", "scipy", "numba", "soundfile", "pydantic", "importlib.metadata", "dsp.stages"}
    assert not heavy & set(python(program).split())


def test_another_ffmpeg_is_another_library(monkeypatch, tmp_path):
    monkeypatch.delenv(versions.FFMPEG, raising=False)
    packaged = versions.audio_libraries()
    own = tmp_path / "ffmpeg"
    own.write_bytes(b"one")
    monkeypatch.setenv(versions.FFMPEG, str(own))
    first = versions.audio_libraries()
    own.write_bytes(b"other")
    second = versions.audio_libraries()
    monkeypatch.setenv(versions.FFMPEG, str(tmp_path / "absent"))
    assert len({packaged, first, second, versions.audio_libraries()}) == 4
    assert first[:-1] == packaged


def test_stages_are_known_by_their_text():
    assert versions.stages_sha256() == sha256((SOURCES / "dsp/stages.py").read_bytes()).hexdigest()


def test_everything_changes_with_any_of_it(monkeypatch):
    before = versions.everything()
    monkeypatch.setattr(versions, "ALL", (*versions.ALL, 1))
    assert versions.everything() != before
    monkeypatch.undo()
    monkeypatch.setattr(versions, "stages_sha256", lambda: "")
    assert versions.everything() != before
    monkeypatch.undo()
    for part in ("audio_libraries", "file_libraries", "plugin_libraries"):
        with monkeypatch.context() as patch:
            patch.setattr(versions, part, lambda: ())
            assert versions.everything() != before
