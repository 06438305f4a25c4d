"""Plug-ins: what the manifest says of them, what their keys are made of, what is told of a wrong one."""

import os
import shutil
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from pipeline import plugin
from pipeline.build.keys import key_of
from pipeline.faults import Fault
from pipeline.manifest.wrong import carried
from pipeline.plugin import PluginSettings, PluginSpec, content_sha256, resolved
from pipeline.plugin_host import value_of
from tests.foreign import require

SETTINGS = TypeAdapter(PluginSettings)
linux = pytest.mark.skipif(sys.platform != "linux", reason="files and modules are others there")


@pytest.fixture
def pedalboard() -> None:
    """Without the extra there is one fault only, and one test for that."""
    if find_spec("pedalboard") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("pedalboard is not installed")


def fault_of(settings: PluginSettings, folder: Path) -> tuple[str, str, str]:
    with pytest.raises(Fault) as caught:
        resolved(settings, folder)
    return caught.value.path, caught.value.problem, caught.value.hint


# --- what the manifest says


def test_a_mapping_becomes_texts_in_one_order() -> None:
    written = {"path": "EQ.vst3", "settings": {"mode": "Warm ", "drive": "0.3"}, "mix": "0.5", "on": "mid"}
    found = SETTINGS.validate_python(written)
    assert found.settings == (("drive", "0.3"), ("mode", "Warm"))
    assert (found.path, found.preset, found.name, found.mix, found.on) == ("EQ.vst3", None, None, 0.5, "mid")
    turned = SETTINGS.validate_python(written | {"settings": {"drive": 0.3, "mode": "Warm"}})
    assert turned == found and hash(turned) == hash(found)


def test_a_plug_in_that_is_not_heard_is_neutral() -> None:
    assert PluginSettings(path="EQ.vst3", mix=0.0).neutral
    assert not PluginSettings(path="EQ.vst3", mix=0.01).neutral


@pytest.mark.parametrize(
    ("settings", "inside", "problem", "hint"),
    [
        ("warm", (), 'found "warm"', "write settings such as {drive: 0.3, mode: Warm}"),
        (["warm"], (), "found a list", "write settings such as {drive: 0.3, mode: Warm}"),
        ({"drive": None}, ("drive",), "found nothing", "write a number or a word"),
        ({"drive": {"db": 3}}, ("drive",), "found a mapping", "write a number or a word"),
    ],
)
def test_settings_that_are_no_values(
    settings: object, inside: tuple[str, ...], problem: str, hint: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        SETTINGS.validate_python({"path": "EQ.vst3", "settings": settings})
    told = carried(caught.value.errors()[0])
    assert (told["inside"], told["problem"], told["hint"]) == (inside, problem, hint)


def test_unknown_keys_and_empty_paths_are_refused() -> None:
    for wrong in ({"path": "EQ.vst3", "prset": "a.vstpreset"}, {"path": " "}, {}):
        with pytest.raises(ValidationError):
            SETTINGS.validate_python(wrong)


def test_the_schema_is_of_a_mapping() -> None:
    schema = SETTINGS.json_schema()["properties"]["settings"]
    assert schema["type"] == "object"
    assert schema["additionalProperties"] == {"type": ["string", "number", "boolean"]}


# --- what its key is made of


def bundle(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def test_a_folder_is_its_names_and_bytes_wherever_it_lies(tmp_path: Path) -> None:
    files = {"Contents/x86_64-linux/EQ.so": b"code", "Contents/Resources/a.txt": b"a"}
    first = content_sha256(bundle(tmp_path / "1" / "EQ.vst3", files))
    assert content_sha256(bundle(tmp_path / "2" / "Q.vst3", dict(reversed(files.items())))) == first
    looked_at = bundle(tmp_path / "3" / "EQ.vst3", files | {"Contents/.DS_Store": b"x"})
    assert content_sha256(looked_at) == first
    others = [
        files | {"Contents/Resources/a.txt": b"b"},
        files | {"Contents/Resources/b.txt": b""},
        {"Contents/x86_64-linux/EQ.so": b"code", "Contents/a.txt": b"a"},
        {"Contents/x86_64-linux/EQ.so": b"codea", "Contents/Resources/a.txt": b""},
    ]
    hashes = {content_sha256(bundle(tmp_path / f"{n}" / "EQ.vst3", some)) for n, some in enumerate(others, 4)}
    assert len(hashes | {first}) == 5


def test_a_file_is_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.vst3").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert content_sha256(tmp_path / "a.vst3").startswith("ba7816bf8f01cfea414140de5dae2223")


def test_the_key_knows_contents_and_settings_but_no_folder() -> None:
    spec = PluginSpec(path=Path("/a/EQ.vst3"), sha256="1", preset=Path("/a/p"), preset_sha256="2")
    key = key_of("master", 1, spec)
    assert key == key_of(
        "master", 1, PluginSpec(path=Path("/b/Q.vst3"), sha256="1", preset=Path("/b/q"), preset_sha256="2")
    )
    others = [
        PluginSpec(path=spec.path, sha256="3", preset=spec.preset, preset_sha256="2"),
        PluginSpec(path=spec.path, sha256="1", preset=spec.preset, preset_sha256="3"),
        PluginSpec(path=spec.path, sha256="1", preset=spec.preset, preset_sha256="2", settings=(("a", "1"),)),
        PluginSpec(path=spec.path, sha256="1", preset=spec.preset, preset_sha256="2", name="EQ"),
        PluginSpec(path=spec.path, sha256="1", preset=spec.preset, preset_sha256="2", on="mid"),
    ]
    assert len({key, *(key_of("master", 1, other) for other in others)}) == 6


# --- what is told of a wrong one


def test_without_pedalboard_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pedalboard", None)
    told = fault_of(PluginSettings(path="EQ.vst3"), tmp_path)
    assert told == (
        "path",
        "plug-ins need the extra deadwax[plugins]",
        "pip install 'deadwax[plugins]'",
    )


@pytest.mark.usefixtures("pedalboard")
@pytest.mark.parametrize(
    ("keys", "path", "problem", "hint"),
    [
        ({"path": "fx/EQ.vst"}, "path", 'there is no "fx/EQ.vst"', 'did you mean "fx/EQ.vst3"?'),
        ({"path": "no/EQ.vst3"}, "path", 'there is no "no/EQ.vst3"', "paths start at the manifest's folder"),
        (
            {"path": "~no/EQ.vst3"},
            "path",
            'there is no "~no/EQ.vst3"',
            "paths start at the manifest's folder",
        ),
        ({"path": "\0.vst3"}, "path", 'there is no "\\x00.vst3"', "paths start at the manifest's folder"),
        (
            {"path": "fx/EQ.so"},
            "path",
            '"fx/EQ.so" is neither a VST3 nor an Audio Unit',
            "name a .vst3, or on macOS a .component",
        ),
        (
            {"path": "fx/EQ.vst3", "preset": "fx/warm.vstprset"},
            "preset",
            'there is no "fx/warm.vstprset"',
            'did you mean "fx/warm.vstpreset"?',
        ),
        (
            {"path": "fx/EQ.vst3", "preset": "fx/EQ.so"},
            "preset",
            '"fx/EQ.so" is no preset of this plug-in',
            "name a .vstpreset for a VST3, or write its settings",
        ),
        (
            {"path": "fx/EQ.vst3"},
            "path",
            '"EQ.vst3" does not load as a plug-in',
            "does it open in another host on this machine? on Linux, ldd tells which libraries it misses",
        ),
    ],
)
def test_files_that_are_not_there_or_not_what_they_should_be(
    tmp_path: Path, keys: dict[str, str], path: str, problem: str, hint: str
) -> None:
    bundle(tmp_path / "fx", {"EQ.vst3": b"no code", "EQ.so": b"", "warm.vstpreset": b""})
    assert fault_of(PluginSettings(**keys), tmp_path) == (path, problem, hint)


@pytest.mark.usefixtures("pedalboard")
@pytest.mark.skipif(sys.platform == "darwin", reason="there they run")
def test_audio_units_are_of_macos(tmp_path: Path) -> None:
    (tmp_path / "EQ.component").mkdir()
    told = fault_of(PluginSettings(path="EQ.component"), tmp_path)
    assert told == ("path", "Audio Units run on macOS only", "name a .vst3")


@linux
@pytest.mark.usefixtures("pedalboard")
def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "EQ.vst3").symlink_to("/proc/self/mem")
    told = fault_of(PluginSettings(path="EQ.vst3"), tmp_path)
    hint = "give yourself permission to read it"
    assert told == ("path", '"EQ.vst3" cannot be read: Input/output error', hint)


# A VST3 module: the names and the order of what a host calls, from the VST 3 interfaces (pluginterfaces).
MODULE = """
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
__attribute__((constructor)) static void at_load(void) { AT_LOAD; }
int ModuleEntry(void *library) { return 1; }
int ModuleExit(void) { return 1; }
struct class_info { char id[16]; int many; char category[32], name[64]; };
static int query(void *self, const char *id, void **found) { *found = 0; return -1; }
static unsigned count_reference(void *self) { return 1; }
static int about(void *self, char *info) { memset(info, 0, 64 + 256 + 128 + 4); return 0; }
static int classes(void *self) { return 2; }
static int class(void *self, int which, struct class_info *info) {
  memset(info, 0, sizeof *info);
  info->id[0] = which + 1;
  info->many = 0x7fffffff;
  strcpy(info->category, "Audio Module Class");
  strcpy(info->name, which ? "Late" : "Early");
  return 0;
}
static int nothing(void *self) { return 0; }
static void *of_component[] = {query, count_reference, count_reference, nothing, nothing, nothing, nothing,
                               nothing, nothing, nothing, nothing, nothing, nothing, nothing};
static void **component = of_component;
static int create(void *self, const char *id, const char *kind, void **made) { *made = &component; return 0; }
static void *calls[] = {query, count_reference, count_reference, about, classes, class, create};
static void **factory = calls;
void *GetPluginFactory(void) { return &factory; }
"""


@pytest.fixture
def module(tmp_path: Path, pedalboard: None):
    """Makes a VST3 of two names and no sound, which does `at_load` when it is loaded."""
    machine = f"{os.uname().machine}-linux"

    def make(at_load: str) -> str:
        source = tmp_path / "module.c"
        source.write_text(MODULE.replace("AT_LOAD", at_load))
        library = tmp_path / "FX.vst3" / "Contents" / machine / "FX.so"
        library.parent.mkdir(parents=True)
        command = [require("cc"), "-shared", "-fPIC", "-w", "-o", str(library), str(source)]
        assert os.spawnv(os.P_WAIT, shutil.which("cc") or "", command) == 0
        return "FX.vst3"

    return make


@linux
def test_a_file_of_several_plug_ins_wants_a_name(tmp_path: Path, module) -> None:
    path = module("")
    told = fault_of(PluginSettings(path=path), tmp_path)
    assert told == ("name", "this file holds 2 plug-ins", "name one: Early, Late")
    told = fault_of(PluginSettings(path=path, name="Lat"), tmp_path)
    assert told == ("name", 'this file holds no "Lat"', "did you mean Late?")


@linux
@pytest.mark.parametrize(
    ("at_load", "how"),
    [("abort()", "SIGABRT"), ("*(volatile int *)0 = 0", "SIGSEGV"), ("_exit(3)", "exit status 3")],
)
def test_a_plug_in_that_crashes_is_a_fault(tmp_path: Path, module, at_load: str, how: str) -> None:
    told = fault_of(PluginSettings(path=module(at_load)), tmp_path)
    assert told == (
        "path",
        f"FX crashed ({how})",
        "try another version of it, or render this track in another host",
    )


@linux
def test_a_plug_in_that_never_answers_is_a_fault(tmp_path: Path, module, monkeypatch) -> None:
    monkeypatch.setattr(plugin, "PATIENCE_S", 2.0)
    assert fault_of(PluginSettings(path=module("for (;;) sleep(1)")), tmp_path) == (
        "path",
        "FX did not answer within 2 s",
        "does it ask for a licence, or open a window? settle that in another host first",
    )


@dataclass
class Parameter:
    """What pedalboard tells of a parameter; no free plug-in at hand has one of every kind."""

    type: type
    label: str | None = None
    min_value: float = 0.0
    max_value: float = 1.0
    valid_values: list[object] = field(default_factory=list)


GAIN = Parameter(float, "dB", -24.0, 12.0)
MODE = Parameter(str, valid_values=["Warm", "Clean", "warm"])
SWITCHED = Parameter(bool)


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (GAIN, "3", 3.0),
        (GAIN, "-1.5 dB", -1.5),
        (GAIN, "1e1db", 10.0),
        (Parameter(float, max_value=2.0), "0.3", 0.3),
        (MODE, "Warm", "Warm"),
        (MODE, "warm", "warm"),
        (MODE, "CLEAN", "Clean"),
        (Parameter(str, valid_values=[2.0, "off"]), "off", "off"),
        (SWITCHED, "on", True),
        (SWITCHED, "No", False),
        (SWITCHED, "True", True),
    ],
)
def test_what_a_text_means(parameter: Parameter, text: str, value: object) -> None:
    assert value_of(parameter, text) == value


@pytest.mark.parametrize(
    ("parameter", "text", "problem", "hint"),
    [
        (GAIN, "12.1", '"12.1" is out of range', "write between -24 and 12 dB"),
        (GAIN, "nan", '"nan" is out of range', "write between -24 and 12 dB"),
        (GAIN, "loud", '"loud" is no number', "write one between -24 and 12 dB"),
        (GAIN, "3 Hz", '"3 Hz" is no number', "write one between -24 and 12 dB"),
        (MODE, "Wram", '"Wram" is none of its values', "did you mean Warm?"),
        (MODE, "x", '"x" is none of its values', "it has Warm, Clean, warm"),
        (
            Parameter(str, valid_values=[f"Mode {n}" for n in range(11)]),
            "x",
            '"x" is none of its values',
            "it has Mode 0, Mode 1, Mode 2, Mode 3, Mode 4, Mode 5, Mode 6, Mode 7 and 3 more",
        ),
        (SWITCHED, "1.5", '"1.5" is neither on nor off', "write on or off"),
    ],
)
def test_what_a_text_cannot_mean(parameter: Parameter, text: str, problem: str, hint: str) -> None:
    with pytest.raises(Fault) as caught:
        value_of(parameter, text)
    assert (caught.value.problem, caught.value.hint) == (problem, hint)
