"""Titles from file names, and manifests to begin with."""

import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.faults import Faults
from pipeline.manifest.chain import Insert
from pipeline.manifest.load import load, read
from pipeline.manifest.model import Lint
from pipeline.manifest.names import natural_key, title_from
from pipeline.manifest.scaffold import mixes_in, new_manifest, quoted


@pytest.mark.parametrize(
    ("stem", "title"),
    [
        ("01 Departure", "Departure"),
        ("01-Departure", "Departure"),
        ("01. Departure", "Departure"),
        ("01 - Departure", "Departure"),
        ("1_Departure", "Departure"),
        ("1. Departure", "Departure"),
        ("1-07 Departure", "Departure"),
        ("001 Departure", "Departure"),
        ("departure_v3", "departure"),
        ("Departure v2.1", "Departure"),
        ("04-last_ferry-mix", "last ferry"),
        ("Last_Ferry_mix4_v12", "Last Ferry"),
        ("03 Ísland — Ærø", "Ísland — Ærø"),
        ("05 99 Problems", "99 Problems"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("1999", "1999"),
        ("7 Rings", "7 Rings"),
        ("3.14", "3.14"),
        ("101 Dalmatians", "101 Dalmatians"),
        ("In the Mix", "In the Mix"),
        ("Ravine", "Ravine"),
        ("V2", "V2"),
        ("01", "01"),
        ("02_", "02"),
        ("- x -", "x"),
        ("a\tb\x07c", "a b c"),
    ],
)
def test_title_from(stem, title):
    assert title_from(stem) == title


@given(stem=st.text(min_size=1))
def test_every_name_gives_a_title(stem):
    assert title_from(stem)


def test_natural_order():
    names = ["10 x", "2 b", "2 a", "B 2", "a 10", "a 9", "01 z", "Ä"]
    assert sorted(names, key=natural_key) == ["01 z", "2 a", "2 b", "10 x", "a 9", "a 10", "B 2", "Ä"]


NAMES = [
    "10 Yes.wav",
    '2 - It\'s "ok": no # one.WAV',
    "01 Departure_v3.wav",
    "3_Ünïcode 🎹-mix.flac",
    "4. {braces} [and] *stars* & more.aiff",
    "1999.aif",
    "@home, `really`!.caf",
    "- dash.w64",
]


@pytest.fixture
def mixes(tmp_path):
    folder = tmp_path / "My Album" / "mixes"
    folder.mkdir(parents=True)
    for name in [*NAMES, "._01 Departure_v3.wav", ".hidden.wav", "notes.txt", "cover.png"]:
        (folder / name).touch()
    (folder / "stems.wav").mkdir()
    return folder


def test_the_scaffold_loads_and_says_what_the_folder_says(mixes):
    file = mixes.parent / "album.yaml"
    file.write_text(new_manifest(file.parent, mixes, {}.get), encoding="utf-8")
    manifest = load(file)
    assert manifest.album.title == "My Album"
    assert [track.mix.removeprefix("mixes/") for track in manifest.tracks] == [
        "01 Departure_v3.wav",
        '2 - It\'s "ok": no # one.WAV',
        "3_Ünïcode 🎹-mix.flac",
        "4. {braces} [and] *stars* & more.aiff",
        "10 Yes.wav",
        "1999.aif",
        "- dash.w64",
        "@home, `really`!.caf",
    ]
    assert [track.title for track in manifest.tracks] == [
        "Departure",
        'It\'s "ok": no # one',
        "Ünïcode 🎹",
        "{braces} [and] *stars* & more",
        "Yes",
        "1999",
        "dash",
        "@home, `really`!",
    ]


def test_the_scaffold_says_the_defaults(mixes, folder):
    """What it shows as default is what a manifest without any of it has."""
    text = new_manifest(mixes.parent, mixes, {}.get)
    shown = read(text.encode(), mixes.parent / "album.yaml")
    bare = read(b"album: {title: T, artist: A}\ntracks: [a.wav]", folder / "album.yaml")
    assert (shown.session, shown.level, shown.vinyl) == (bare.session, bare.level, bare.vinyl)
    assert shown.deliver == bare.deliver
    assert shown.treatment(shown.tracks[0]) == bare.treatment(bare.tracks[0])


def test_lengths_are_comments(mixes):
    lengths = {mixes / "10 Yes.wav": 222.3, mixes / "1999.aif": 3723.0}
    lines = new_manifest(mixes.parent, mixes, lengths.get).splitlines()
    assert "    mix: mixes/10 Yes.wav  # 3:42" in lines
    assert "    mix: mixes/1999.aif  # 1:02:03" in lines
    assert "    mix: mixes/01 Departure_v3.wav" in lines


def test_mixes_elsewhere_are_found_from_the_album(mixes, tmp_path):
    album = tmp_path / "albums" / "one"
    album.mkdir(parents=True)
    text = new_manifest(album, mixes, {}.get)
    assert "mix: ../../My Album/mixes/01 Departure_v3.wav" in text
    assert len(read(text.encode(), album / "album.yaml").tracks) == len(NAMES)


def test_every_example_in_the_scaffold_is_right(mixes, tmp_path):
    """With the # taken away, each of them loads: what is taught is what works."""
    text = new_manifest(mixes.parent, mixes, {}.get)
    for name in ("art/cover.png", "refs/a song.wav", "mixes/01 inst.wav", "mixes/00 hidden.wav"):
        (mixes.parent / name).parent.mkdir(exist_ok=True)
        (mixes.parent / name).touch()
    text = re.sub(r"^  chain: \[\].*\n", "", text, flags=re.M)
    text = re.sub(r"^  cd: \{ddp.*\n", "", text, flags=re.M)
    text = re.sub(r"^# (lint:)", r"\1", text, flags=re.M)
    text = re.sub(r"^  # (\s*\S+:|  +- )", r"  \1", text, flags=re.M)
    head, rest = text.split("tracks:\n")
    examples = re.findall(r"^# (  .*)$", head, flags=re.M)
    plain = [line for line in examples if not re.match(r"\s+(cuts|- \{title)", line)]
    cuts = [line for line in examples if line not in plain]
    track = "\n  ".join(["  - mix: mixes/1999.aif", *plain])
    live = "\n  ".join(["  - mix: mixes/1999.aif", *cuts])
    vinyl = rest[rest.index("\nvinyl:") :]
    manifest = read(f"{head}tracks:\n{track}\n{live}\n{vinyl}".encode(), mixes.parent / "album.yaml")
    assert (len(plain), len(cuts)) == (14, 3)
    stages = {insert.name for insert in manifest.defaults.chain}
    assert Insert.model_fields.keys() - stages <= {"limiter", "plugin"}
    assert manifest.lint == Lint(eq_moves=False)
    assert manifest.session.reference == "refs/a song.wav"
    assert None not in manifest.album.model_dump().values()
    assert manifest.deliver.cd.offsets.start_sectors == 15
    assert manifest.tracks[0].fade_out.curve == "s_curve"
    assert [each.version for each in manifest.alternates] == ["Instrumental"]
    assert (manifest.vinyl.notes, manifest.deliver.allow_upsampling) == (
        "Quiet intro on B2, please keep the surface clean.",
        False,
    )


def test_a_folder_without_mixes(tmp_path):
    with pytest.raises(Faults) as raised:
        mixes_in(tmp_path)
    assert "there are no mixes in it" in str(raised.value.exceptions[0])


def test_no_folder(tmp_path):
    with pytest.raises(Faults) as raised:
        mixes_in(tmp_path / "nowhere")
    assert "there is no such folder" in str(raised.value.exceptions[0])


def test_a_name_that_is_no_text(tmp_path):
    name = b"\xff.wav".decode("utf-8", "surrogateescape")
    try:
        (tmp_path / name).touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    with pytest.raises(Faults) as raised:
        mixes_in(tmp_path)
    fault = raised.value.exceptions[0]
    assert fault.problem == "the name of this file is not UTF-8 text"
    fault.place.encode()


@settings(max_examples=200)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_quoted_is_read_back_from_one_line(text):
    line = f"title: {quoted(text)}  # 3:42"
    assert len(line.splitlines()) == 1
    assert yaml.safe_load(line) == {"title": text}
