"""What lies in an album's folder and is not as Deadwax left it: told of in a line, or passed over."""

import json
import os
import shutil
import sys
from datetime import date
from pathlib import Path

import pytest

from pipeline.approvals import approve
from pipeline.build import history
from pipeline.build.keys import HashBook
from pipeline.build.listed import listed
from pipeline.build.lock import HOLDER, LOCK, locked
from pipeline.build.publish import refuse_foreign
from pipeline.build.sound import is_sound
from pipeline.build.trace import Before
from pipeline.faults import Fault
from pipeline.files import book_text, read_book, sha256_file
from pipeline.verify import folder_faults
from tests.end_to_end import Album, contents, deadwax, done, listing

HISTORY = ".deadwax/history"


@pytest.fixture(scope="module")
def record(small_album: Album) -> dict:
    """That of a real build."""
    return read_book(small_album.folder / HISTORY / "0001.json", sealed=True)


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / HISTORY / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return folder / ".deadwax"


def numbers(store: Path, release: str = "") -> list[int]:
    return [each["revision"] for each in history.revisions(store, release)]


def replaced(data: object, path: str, value: object) -> object:
    """A copy with another value at `tracks.0.title`; `...` takes it out."""
    copy = json.loads(json.dumps(data))
    *way, last = [int(step) if step.lstrip("-").isdigit() else step for step in path.split(".")]
    here = copy
    for step in way:
        here = here[step]
    if value is ...:
        del here[last]
    else:
        here[last] = value
    return copy


# --- records


@pytest.mark.parametrize(
    "name", ["0002 (conflicted copy).json", "2.json", "002.json", "0003.json", "00002.json", "0002.json.bak"]
)
def test_a_record_has_its_number_for_a_name(record, tmp_path, name):
    store = written(tmp_path, "0001.json", book_text(record))
    written(tmp_path, name, book_text(record | {"revision": 2}))
    assert numbers(store) == [1]
    written(tmp_path, "0002.json", book_text(record | {"revision": 2}))
    assert numbers(store) == [1, 2]


def test_a_record_without_its_seal_is_passed_over(record, tmp_path):
    assert numbers(written(tmp_path, "0001.json", json.dumps(record))) == []
    assert numbers(written(tmp_path, "0001.json", book_text(record))) == [1]


def test_the_seal_is_asked_for_only_where_there_must_be_one(tmp_path):
    book = tmp_path / "book.json"
    for text, any_book, sealed in (
        ('{"a": 1}', {"a": 1}, {}),
        (book_text({"a": 1}), {"a": 1}, {"a": 1}),
        (book_text({"a": 1}).replace("1", "2", 1), {}, {}),
        ('{"a": 1, "seal": null}', {"a": 1}, {}),
    ):
        book.write_text(text, encoding="utf-8")
        assert (read_book(book), read_book(book, sealed=True)) == (any_book, sealed)


def test_a_book_that_is_nested_too_deep_is_damaged(tmp_path):
    deep = 200_000
    (tmp_path / "book.json").write_text('{"a": ' + "[" * deep + "]" * deep + "}", encoding="utf-8")
    assert read_book(tmp_path / "book.json") == {}


UNSOUND = [
    ("outputs", None), ("outputs", ["delivery", 3]), ("revision", True), ("revision", 0), ("tracks", {}),
    ("tracks.0.title", 7), ("tracks.0.number", "1"), ("tracks.0.audio", ...), ("tracks.1.master", None),
    ("tracks.0.mix.sha256", []), ("tracks.0.shaped.key", ...), ("tracks.0.alternates", [{}]),
    ("files.0.kind", ...), ("files.0.role", None), ("files.0.path", 1), ("files.0.track", "1"),
    ("files.0.inputs", []), ("files.0.key", ...), ("traces.0.inputs", None), ("traces.0.what", ...),
    ("gains.0.gain_db", "loud"), ("gains.0.tracks", 1), ("entries", [None]), ("published", 20261120),
    ("spectrum_db", ["-"]), ("vinyl_gain_db", []), ("files", [[]]), ("traces.0.inputs.parts", [1]),
    ("traces.0.told.stages", ...), ("traces.0.told", {}), ("traces.-1.inputs.reels", []),
    ("traces.-1.told.tracks", [1]), ("traces.-1.inputs.reels.0.gain_db", None),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), UNSOUND)
def test_an_unsound_record_is_passed_over(record, tmp_path, path, value):
    """Sealed, so that nothing but its shape speaks against it."""
    damaged = replaced(record, path, value)
    assert is_sound(record) and not is_sound(damaged)
    store = written(tmp_path, "0001.json", book_text(damaged))
    assert not history.revisions(store) and listed(store) == []


def test_what_a_newer_version_has_added_is_tolerated(record, tmp_path):
    newer = json.loads(json.dumps(record)) | {"weather": "fair"}
    for part in ("tracks", "files", "traces", "gains"):
        newer[part] = [each | {"weather": ["fair"]} for each in newer[part]]
    assert numbers(written(tmp_path, "0001.json", book_text(newer))) == [1]
    (known,) = history.revisions(tmp_path / ".deadwax")
    assert Before(known, record["tracks"]).keys == Before(record, record["tracks"]).keys


def test_a_build_goes_on_from_a_newer_record(small_copy):
    file = small_copy.folder / HISTORY / "0001.json"
    known = read_book(file)
    known["traces"] = [row | {"mood": 1} for row in known["traces"]]
    file.write_text(book_text(known), encoding="utf-8")
    small_copy.edit("title: Zwei,", "title: Drei,")
    assert "revision 2 delivered" in done("build", small_copy.manifest).stdout


# --- releases


def test_no_manifest_s_folder_is_called_like_a_record(small_copy):
    """Of a manifest called 0001.json.yaml too."""
    other = small_copy.manifest.with_name("0001.json.yaml")
    text = small_copy.manifest.read_text(encoding="utf-8")
    other.write_text(text.replace("Zwei Lieder", "Drei Lieder"), encoding="utf-8")
    done("build", other, "--output", small_copy.folder / "other")
    assert (small_copy.folder / HISTORY / "of 0001.json" / "0001.json").is_file()
    assert (small_copy.folder / HISTORY / "0001.json").is_file()
    store = small_copy.folder / ".deadwax"
    assert history.releases(store) == ["", "0001.json"]
    assert numbers(store) == numbers(store, "0001.json") == [1]


def test_a_renamed_manifest_has_its_history_still(small_copy):
    before = done("history", small_copy.manifest).stdout
    night = small_copy.manifest.rename(small_copy.folder / "night.yaml")
    assert done("history", night).stdout == before
    text = night.read_text(encoding="utf-8")
    night.write_text(text.replace("title: Zwei,", "title: Drei,"), encoding="utf-8")
    assert "revision 2 delivered" in done("build", night).stdout
    assert len(done("history", night).stdout.splitlines()) == 2
    # The next name, and back again.
    assert len(done("history", night.rename(night.with_name("day.yml"))).stdout.splitlines()) == 2


def test_whose_history_is_taken_up(record, tmp_path):
    """That of the only release whose manifest is gone, and by one that has none."""
    written(tmp_path, "0001.json", book_text(record))
    night, ep = tmp_path / "night.yaml", tmp_path / "ep.yaml"
    assert history.release_of(night) == ""
    (tmp_path / "album.yml").touch()
    assert history.release_of(night) == "night"
    (tmp_path / "album.yml").unlink()
    written(tmp_path, "of ep/0001.json", book_text(record))
    assert history.release_of(night) == "night"  # whose of the two it was nobody knows
    ep.touch()
    assert history.release_of(night) == ""
    assert history.release_of(ep) == "ep"
    written(tmp_path, "of night/0001.json", book_text(record))
    assert history.release_of(night) == "night"


# --- approving


def approved(album: Album, *arguments: str | Path):
    return deadwax("approve", *arguments, "--manifest", album.manifest)


def untouched(album: Album) -> bool:
    return not (album.folder / "approvals.yaml").exists() and not list(album.folder.glob(".delivery.*"))


def test_what_is_approved_is_said_with_a_count(small_copy):
    given = approved(small_copy, "1", "--by", " Joe ")
    assert given.stdout.splitlines() == [
        "1 Eins: approved by Joe (1 of 2 tracks approved)",
        f"{small_copy.folder / 'approvals.yaml'}: written",
        f"{small_copy.delivery}: its README says DRAFT",
    ]
    given = approved(small_copy, "--all", "--by", "Ann")
    assert given.stdout.splitlines()[:2] == [
        f"1 Eins: approved by Ann, replaces Joe's of {date.today()}",
        "2 Zwei: approved by Ann (2 of 2 tracks approved)",
    ]
    assert given.stdout.endswith("its README says FINAL\n")
    again = approved(small_copy, "2", "--by", "Ann")
    assert again.stdout.startswith("2 Zwei: approved by Ann (2 of 2 tracks approved)\n")


def test_approved_is_what_stands_in_the_output(small_copy):
    """The trial elsewhere came later; it is approved where it is named."""
    trial = small_copy.folder / "trial"
    small_copy.edit("title: Zwei,", "title: Drei,")
    done("build", small_copy.manifest, "--output", trial)
    assert [listing(each)["revision"] for each in (small_copy.delivery, trial)] == [1, 2]
    given = approved(small_copy, "2", "--by", "Ann")
    assert given.stdout.startswith("2 Zwei: approved by Ann")
    assert f"{trial}: " not in given.stdout
    given = approved(small_copy, "2", "--by", "Ann", "--output", trial)
    assert given.stdout.startswith("2 Drei: approved by Ann")
    assert f"{trial}: its README says DRAFT" in given.stdout
    refused = approved(small_copy, "2", "--by", "Ann", "--output", small_copy.folder / "nowhere")
    assert refused.exit_code == 1
    assert refused.stderr == (
        f"nothing has been delivered to {small_copy.folder / 'nowhere'}; name the --output of a build\n"
    )
    shutil.rmtree(small_copy.folder / HISTORY)
    refused = approved(small_copy, "2", "--by", "Ann")
    assert refused.stderr == "nothing has been delivered that could be approved; build the album first\n"


def rewritten(file: Path, data: bytes) -> None:
    """Another file: the one that was there may be a link to that of other tests."""
    file.unlink()
    file.write_bytes(data)


def test_a_delivery_that_is_not_whole_is_not_approved(small_copy):
    track, other = sorted((small_copy.delivery / "cd" / "tracks").glob("*.wav"))
    track.unlink()
    rewritten(other, other.read_bytes()[:-1] + b"\0\1")
    refused = approved(small_copy, "--all", "--by", "Ann")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        f"{track}: missing, though SHA256SUMS lists it; build again",
        f"{other}: changed: its checksum is not that in SHA256SUMS; build again",
    ]
    assert untouched(small_copy)
    done("build", small_copy.manifest)
    assert approved(small_copy, "--all", "--by", "Ann").exit_code == 0
    assert folder_faults(small_copy.delivery) == []


def relisted(delivery: Path, **more: object) -> None:
    """Another delivery.json, with the lists agreeing: only what it says is wrong."""
    data = {**listing(delivery), **more}
    data = {name: value for name, value in data.items() if value is not ...}
    digest = sha256_file(delivery / "README.txt")
    rows = [row | ({"sha256": digest} if row["path"] == "README.txt" else {}) for row in data["files"]]
    rewritten(delivery / "delivery.json", json.dumps(data | {"files": rows}).encode())
    sums = {row["path"]: row["sha256"] for row in rows} | {
        "delivery.json": sha256_file(delivery / "delivery.json")
    }
    rewritten(delivery / "SHA256SUMS", "".join(f"{sums[path]}  {path}\n" for path in sums).encode())


@pytest.mark.parametrize(
    "wrong",
    [{"tracks": ...}, {"revision": ...}, {"revision": float("inf")}, {"revision": "one"}, {"tracks": [1]},
     {"tracks": None}],
)  # fmt: skip
def test_a_listing_without_its_parts_is_damaged(small_copy, wrong):
    relisted(small_copy.delivery, **wrong)
    refused = approved(small_copy, "--all", "--by", "Ann")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"{small_copy.delivery / 'delivery.json'} cannot be read: it is damaged; build again\n"
    )
    assert untouched(small_copy)
    assert "revision 1 delivered" in done("build", small_copy.manifest).stdout


@pytest.mark.parametrize("text", [b"\xff\xfe", b"Thanks for all the songs.\n"])
def test_a_readme_that_is_not_ours_never_says_final(small_copy, text):
    rewritten(small_copy.delivery / "README.txt", text)
    relisted(small_copy.delivery)
    refused = approved(small_copy, "--all", "--by", "Ann")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"{small_copy.delivery / 'README.txt'}: this is not the README that was delivered; build again\n"
    )
    assert untouched(small_copy)


def test_nothing_is_said_of_a_delivery_that_is_gone(small_copy):
    shutil.rmtree(small_copy.delivery)
    given = approved(small_copy, "--all", "--by", "Ann")
    assert given.exit_code == 0
    assert "README" not in given.stdout


# --- who has listened


TRACK = {"number": 1, "title": "One", "audio": {"16/44.1": "a" * 64}}


@pytest.mark.parametrize("by", ["", " ", "\u200b", "\u2060 \ufeff\u00ad", "\u200e\u202e"])
def test_a_name_that_nobody_sees_is_none(by):
    with pytest.raises(Fault, match=r"^it is not said who approves; give a name such as"):
        approve((), [TRACK], None, by, date(2026, 11, 20))


def test_a_name_has_an_end():
    approve((), [TRACK], None, "Ä" * 200, date(2026, 11, 20))
    with pytest.raises(Fault, match=r"^this name has 201 characters; write 200 at most$"):
        approve((), [TRACK], None, "Ä" * 201, date(2026, 11, 20))


def test_a_name_may_have_a_joiner_in_it():
    """As names in Persian do."""
    (given,) = approve((), [TRACK], None, "نام\u200cها", date(2026, 11, 20))
    assert given.by == "نام\u200cها"


def test_nobody_is_told_of_on_the_command_line(small_copy):
    refused = approved(small_copy, "--all", "--by", "\u200b")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == 'it is not said who approves; give a name such as "P. Lodestar"\n'
    assert untouched(small_copy)


# --- kept files


@pytest.mark.parametrize("kind", ["a link", "a folder"])
def test_what_is_no_file_of_its_own_is_written_anew(small_copy, tmp_path, kind):
    """A link would lead a delivery to what is not in it, and be broken wherever it is sent."""
    before = contents(small_copy.delivery)
    path = sorted((small_copy.delivery / "cd" / "tracks").iterdir())[0]
    elsewhere = tmp_path / "elsewhere.wav"
    path.rename(elsewhere)
    if kind == "a link":
        path.symlink_to(elsewhere)
    else:
        path.mkdir()
    said = done("build", small_copy.manifest).stdout
    assert "1 files written" in said
    assert path.is_file() and not path.is_symlink()
    assert contents(small_copy.delivery) == before


# --- books


@pytest.mark.parametrize("value", [7, "abc", {}, None, [], [1], [1, 2, 3], {"a": 1}, True])
def test_a_hash_that_is_not_kept_as_hashes_are_is_not_known(tmp_path, value):
    mix = tmp_path / "mix.wav"
    mix.write_bytes(b"audio")
    (tmp_path / "book.json").write_text(book_text({str(mix): value}))
    assert HashBook(tmp_path / "book.json").sha256(mix) == sha256_file(mix)


@pytest.mark.parametrize(
    ("path", "value"),
    [("revision", float("inf")), ("revision", float("nan")), ("revision", -1), ("tracks", 5),
     ("tracks.0.title", 7), ("tracks.0.gain_db", "loud"), ("tracks.0.audio", []), ("files.0.version", 3)],
)  # fmt: skip
def test_a_delivery_that_tells_nothing_is_built_anew(small_copy, path, value):
    """Its record is lost, and what it says itself is of no use."""
    shutil.rmtree(small_copy.folder / HISTORY)
    data = replaced(listing(small_copy.delivery), path, value)
    rewritten(small_copy.delivery / "delivery.json", json.dumps(data).encode())
    assert "revision 1 delivered" in done("build", small_copy.manifest).stdout


# --- where it goes


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_an_output_that_cannot_be_written_down(small_copy):
    before = contents(small_copy.folder)
    for output in (small_copy.folder / os.fsdecode(b"caf\xe9"), small_copy.folder / os.fsdecode(b"\xff/x")):
        refused = deadwax("build", small_copy.manifest, "--output", output)
        assert (refused.exit_code, refused.stdout) == (1, "")
        shown = str(output).encode(errors="backslashreplace").decode()
        assert refused.stderr == (
            f"{shown} has bytes in its name that are no UTF-8; "
            "rename the folder, or choose another --output\n"
        )
    assert contents(small_copy.folder) == before


@pytest.mark.parametrize("command", ["build", "plan", "diff", "approve", "clean"])
def test_an_output_that_leads_to_itself(small_copy, command):
    shutil.rmtree(small_copy.delivery)
    small_copy.delivery.symlink_to(small_copy.delivery)
    named = ["--manifest", small_copy.manifest] if command in ("diff", "approve") else [small_copy.manifest]
    more = ["--all", "--by", "Ann"] if command == "approve" else []
    refused = deadwax(command, *named, *more)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"{small_copy.delivery} is a link that leads to itself; remove it, or choose another --output\n"
    )


def test_links_that_lead_to_each_other(tmp_path):
    (tmp_path / "one").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "one")
    with pytest.raises(Fault, match="is a link that leads to itself"):
        refuse_foreign(tmp_path / "one" / "delivery")


# --- the lock


class Silent:
    def stage(self, name: str, total_seconds: float) -> None: ...
    def started(self, label: str, reason: str) -> None: ...
    def advanced(self, seconds: float) -> None: ...


def test_the_lock_is_released_whatever_lies_where_its_holder_is_named(tmp_path):
    (tmp_path / HOLDER).mkdir()
    with pytest.raises(IsADirectoryError, match=HOLDER), locked(tmp_path, Silent()):
        pass
    (tmp_path / HOLDER).rmdir()
    with locked(tmp_path, Silent(), wait=False):
        (tmp_path / HOLDER).unlink()
        (tmp_path / HOLDER).mkdir()
    (tmp_path / HOLDER).rmdir()
    with locked(tmp_path, Silent(), wait=False):
        assert read_book(tmp_path / HOLDER)["pid"] == os.getpid()
    assert (tmp_path / LOCK).exists() and not (tmp_path / HOLDER).exists()
