"""Whether there is anything to do: known from stamps alone, and never wrongly."""

import os

import pytest

from pipeline import versions
from pipeline.build.request import (
    STORE,
    Options,
    is_done,
    output_of,
    published_book,
    request_key,
    stamps,
)
from pipeline.files import sha256_file


@pytest.fixture
def album(tmp_path):
    """A manifest, its mix, and a delivery that was made from them an hour ago."""
    file = tmp_path / "album.yaml"
    for name in ("album.yaml", "mix.wav", "delivery/delivery.json", "delivery/cd/01 A.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        os.utime(path, (1e9, 1e9))
    record(file, Options())
    return file


def record(file, options):
    inputs = stamps([file.with_name("mix.wav")])
    published_book(file).record(output_of(file, options), request_key(file, options), inputs)


def test_just_this_was_built_before(album):
    assert is_done(album, Options())
    assert is_done(album, Options(jobs=7))
    assert (album.parent / STORE / "published.json").is_file()


def test_the_delivery_is_the_same_by_any_path(album, monkeypatch):
    monkeypatch.chdir(album.parent)
    assert is_done(album.relative_to(album.parent), Options())
    assert is_done(album, Options(output=album.parent / "delivery" / ".." / "delivery"))


CHANGES = {
    "a mix is touched": lambda folder: os.utime(folder / "mix.wav"),
    "a mix is changed": lambda folder: (folder / "mix.wav").write_text("other"),
    "a mix is gone": lambda folder: (folder / "mix.wav").unlink(),
    "a delivered file is changed": lambda folder: (folder / "delivery/cd/01 A.wav").write_text("other"),
    "a delivered file is touched": lambda folder: os.utime(folder / "delivery/cd/01 A.wav"),
    "a delivered file is gone": lambda folder: (folder / "delivery/cd/01 A.wav").unlink(),
    "a file is added": lambda folder: (folder / "delivery/cd/notes.txt").write_text("buy milk"),
    "a file is renamed": lambda folder: (folder / "delivery/delivery.json").rename(
        folder / "delivery/d.json"
    ),
    "the manifest is changed": lambda folder: (folder / "album.yaml").write_text("album.yaml "),
    "the manifest is gone": lambda folder: (folder / "album.yaml").unlink(),
    "the delivery is gone": lambda folder: (folder / "delivery").rename(folder / "moved"),
    "a track is approved": lambda folder: (folder / "approvals.yaml").write_text("- {}"),
    "the book is gone": lambda folder: (folder / STORE / "published.json").unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_there_is_something_to_do(album, change):
    CHANGES[change](album.parent)
    assert not is_done(album, Options())


@pytest.mark.parametrize(
    "options",
    [
        {"only": frozenset({"cd"})},
        {"only": frozenset({"cd", "vinyl"})},
        {"output": "elsewhere"},
        {"keep_gains": True},
    ],
)
def test_other_options_are_another_request(album, options):
    if "output" in options:
        options = {"output": album.with_name(options["output"])}
    assert not is_done(album, Options(**options))
    record(album, Options(**options))
    assert is_done(album, Options(**options)) is True


def test_who_wants_every_mix_read_is_never_done(album):
    record(album, Options(rehash=True))
    assert not is_done(album, Options(rehash=True))
    assert is_done(album, Options())


def test_a_manifest_that_was_changed_during_the_build_is_another_request(album):
    """What was published is recorded with the text that was read, not with that which is there by now."""
    read = sha256_file(album)
    album.write_text("saved while it was built")
    key = request_key(album, Options(), read)
    published_book(album).record(output_of(album, Options()), key, stamps([album.with_name("mix.wav")]))
    assert not is_done(album, Options())
    album.write_text("album.yaml")
    assert is_done(album, Options())


def test_a_touched_manifest_says_the_same(album):
    """Its text counts, not its date: a checkout writes every file anew."""
    os.utime(album)
    assert is_done(album, Options())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL", (*versions.ALL[:-1], versions.ALL[-1] + 1)),
        ("stages_sha256", lambda: "another"),
        ("audio_libraries", lambda: (("soxr", "another"),)),
        ("file_libraries", lambda: (("mutagen", "another"),)),
        ("plugin_libraries", lambda: (("pedalboard", "another"),)),
    ],
)
def test_newer_code_is_another_request(album, monkeypatch, name, value):
    monkeypatch.setattr(versions, name, value)
    assert not is_done(album, Options())


def test_deliveries_lie_beside_the_manifest_unless_they_are_told_otherwise(tmp_path):
    assert output_of(tmp_path / "album.yaml", Options()) == tmp_path / "delivery"
    assert output_of(tmp_path / "album.yaml", Options(output=tmp_path / "x")) == tmp_path / "x"
    assert Options().jobs >= 1
