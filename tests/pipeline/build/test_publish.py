"""The swap: a delivery is the old one or the new one, whatever happens at whatever moment."""

import json
import os

import pytest

from pipeline.build.publish import (
    PublishedBook,
    previous_of,
    recover,
    refuse_foreign,
    staging,
    stamp_or_none,
    stamps_below,
)
from pipeline.faults import Fault
from pipeline.listing import LISTING


@pytest.fixture
def output(tmp_path):
    """An old delivery."""
    folder = tmp_path / "album" / "delivery"
    deliver(folder, "old")
    return folder


def deliver(folder, version):
    (folder / "cd").mkdir(parents=True)
    (folder / LISTING).write_text(version)
    (folder / "cd" / f"{version}.wav").write_text(version)


def version_of(folder):
    assert [path.name for path in (folder / "cd").iterdir()] == [f"{(folder / LISTING).read_text()}.wav"]
    return (folder / LISTING).read_text()


def beside(folder):
    return sorted(path.name for path in folder.parent.iterdir())


def test_the_new_takes_the_place_of_the_old(output):
    with staging(output) as folder:
        deliver_into(folder, "new")
        assert version_of(output) == "old"
    assert version_of(output) == "new"
    assert beside(output) == ["delivery"]


def deliver_into(folder, version):
    folder.rmdir()
    deliver(folder, version)


def test_the_first_delivery_makes_its_folders(tmp_path):
    output = tmp_path / "a" / "b" / "delivery"
    with staging(output) as folder:
        deliver_into(folder, "new")
        assert not output.exists()
    assert version_of(output) == "new"
    assert beside(output) == ["delivery"]


@pytest.mark.parametrize("failure", [Fault("wrong"), OSError("disk"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old(output, failure):
    with pytest.raises(type(failure)), staging(output) as folder:
        deliver_into(folder, "new")
        raise failure
    assert version_of(output) == "old"
    assert beside(output) == ["delivery"]


# What a kill leaves: while staging, between the two renames, before the old one is removed.


def test_killed_while_staging(output):
    deliver(output.with_name(".delivery.part"), "half")
    with staging(output) as folder:
        assert list(folder.iterdir()) == []
        deliver_into(folder, "new")
    assert version_of(output) == "new"
    assert beside(output) == ["delivery"]


def test_killed_between_the_renames(output):
    output.rename(previous_of(output))
    deliver(output.with_name(".delivery.part"), "new")
    recover(output)
    assert version_of(output) == "old"
    assert not previous_of(output).exists()


def test_killed_between_the_renames_and_built_again(output):
    output.rename(previous_of(output))
    with staging(output) as folder:
        assert version_of(output) == "old"
        deliver_into(folder, "new")
    assert version_of(output) == "new"
    assert beside(output) == ["delivery"]


def test_killed_before_the_old_was_removed(output):
    deliver(previous_of(output), "older")
    recover(output)
    assert version_of(output) == "old"
    assert beside(output) == ["delivery"]


def test_nothing_to_recover(output, tmp_path):
    recover(output)
    recover(tmp_path / "nowhere" / "delivery")
    assert version_of(output) == "old"
    assert not (tmp_path / "nowhere").exists()


def test_a_link_stays_a_link(output, tmp_path):
    """To a folder on another disk, say; twice, as the first time might leave something behind."""
    link = tmp_path / "link"
    link.symlink_to(output, target_is_directory=True)
    for version in ("new", "newer"):
        with staging(link) as folder:
            assert folder.parent == output.parent
            deliver_into(folder, version)
    assert link.is_symlink()
    assert version_of(output) == version_of(link) == "newer"
    assert beside(output) == ["delivery"]


# --- other people's folders


def test_a_delivery_an_empty_folder_and_nothing_may_be_replaced(output, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (output, tmp_path / "empty", tmp_path / "nothing"):
        refuse_foreign(folder)


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_no_delivery_is_not_replaced(tmp_path, kind):
    foreign = tmp_path / "holiday"
    (foreign if kind == "folder" else tmp_path / "other").mkdir()
    (foreign / "photo.jpg" if kind == "folder" else foreign).write_text("me")
    with pytest.raises(Fault) as raised:
        refuse_foreign(foreign)
    assert raised.value.problem == f"{foreign} exists and is no delivery"
    assert raised.value.hint == "move it away, or choose another --output"


@pytest.mark.parametrize("inside", ["", "cd"])
def test_the_folder_that_one_is_in_is_not_replaced(output, monkeypatch, inside):
    monkeypatch.chdir(output / inside)
    with pytest.raises(Fault) as raised:
        refuse_foreign(output)
    assert raised.value.problem == (
        f"{output} is the folder that you are in, and a delivery is replaced as a whole"
    )


# --- what is known of a delivery


def test_stamps_are_of_every_file_below(output):
    stamps = stamps_below(output)
    assert sorted(stamps) == ["cd/old.wav", LISTING]
    assert stamps[LISTING] == stamp_or_none(output / LISTING)
    assert stamps_below(output.with_name("nowhere")) == {}
    assert stamp_or_none(output / "nothing") is None


def test_a_stamp_changes_with_the_file(output):
    path = output / LISTING
    os.utime(path, (1e9, 1e9))
    stamps = [stamp_or_none(path)]
    path.write_text("new")  # as long
    stamps.append(stamp_or_none(path))
    path.write_text("longer")
    stamps.append(stamp_or_none(path))
    os.utime(path, (1e9, 1e9))
    stamps.append(stamp_or_none(path))
    other = output / "other"
    other.write_text("longer")
    os.utime(other, (1e9, 1e9))
    other.replace(path)
    stamps.append(stamp_or_none(path))
    assert len({tuple(stamp) for stamp in stamps}) == len(stamps)


def test_a_book_remembers_each_folder(output, tmp_path):
    book = PublishedBook(tmp_path / "book")
    book.record(output, "request", {})
    other = tmp_path / "other"
    deliver(other, "other")
    book.record(other, "request 2", {})
    again = PublishedBook(tmp_path / "book")
    assert again.is_current(output, "request")
    assert again.is_current(other, "request 2")
    assert not again.is_current(output, "request 2")
    assert not again.is_current(tmp_path / "nowhere", "request")


@pytest.mark.parametrize("content", ["", "{", "[1]", "7", json.dumps({"elsewhere": {}})])
def test_a_damaged_book_knows_nothing(output, tmp_path, content):
    (tmp_path / "book").write_text(content)
    assert not PublishedBook(tmp_path / "book").is_current(output, "request")
