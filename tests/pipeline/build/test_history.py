"""The records of revisions: which of them count, and whether two are the same."""

from pathlib import Path

import pytest

from pipeline.build import history
from pipeline.console import print_history
from pipeline.faults import Fault


def record(number, outputs=("delivery",), audio="same", **more):
    """A revision of two songs, the second with this audio."""
    songs = [
        {
            "number": n,
            "title": f"Song {n}",
            "mix": {},
            "audio": {"16/44.1": digest},
            "master": {},
            "length_seconds": 1.0,
        }
        for n, digest in ((1, "first"), (2, audio))
    ]  # fmt: skip
    usual = {
        "revision": number, "published": f"2026-01-0{number}T00:00:00Z", "outputs": list(outputs),
        "deadwax": "1.0", "tracks": songs, "files": files(("cd/a.wav", audio)), "traces": [], "gains": [],
        "entries": [],
    }  # fmt: skip
    return usual | more


def files(*sums):
    rows = [(path, digest, "cd") for path, digest in sums] + [("README.txt", "r", "delivery")]
    return [
        {"path": path, "sha256": digest, "kind": kind, "role": "track", "track": None, "version": None,
         "side": None, "key": "", "inputs": {}}
        for path, digest, kind in rows
    ]  # fmt: skip


@pytest.fixture
def store(tmp_path):
    """Writes records, by what `book` calls them, and whatever else lies there."""

    def write(*records, **others):
        for each in records:
            path = tmp_path / history.book(each["revision"], ".deadwax")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(history.text(each), encoding="utf-8")
        for name, content in others.items():
            (tmp_path / ".deadwax" / "history" / f"{name}.json").write_bytes(content)
        return tmp_path / ".deadwax"

    return write


def numbers(known):
    return [each["revision"] for each in known]


def test_records_come_back_as_they_were(store):
    written = record(1, title="Überfahrt 夜", level=None)
    assert history.revisions(store(written)) == [written]


def test_the_oldest_comes_first_whatever_the_names_sort_like(store):
    assert numbers(history.revisions(store(record(10_000), record(9999), record(2), record(11)))) == [
        2, 11, 9999, 10_000
    ]  # fmt: skip
    assert history.book(7, ".deadwax") == ".deadwax/history/0007.json"


def test_no_records_are_no_revisions(tmp_path):
    assert history.revisions(tmp_path / "nowhere") == []


DAMAGED = {
    "empty": b"",
    "cut off": b'{"revision": 2, "outputs": ["del',
    "a list": b"[]",
    "a number": b"7",
    "no fields": b"{}",
    "not text": b"\xff\xfe\0",
    "no number": history.text(record(2) | {"revision": "2"}).encode(),
    **{
        f"without {field}": history.text({k: v for k, v in record(2).items() if k != field}).encode()
        for field in sorted(record(2))
    },
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_record_is_passed_over(store, damage):
    """The others count; nobody is stopped by it."""
    where = store(record(1), record(3), **{"0002": DAMAGED[damage]})
    assert numbers(history.revisions(where)) == [1, 3]
    assert [each["revision"] for each in history.listed(where)] == [1, 3]


def test_what_is_no_record_is_not_read(store):
    assert numbers(history.revisions(store(record(1), notes=b"not ours"))) == [1]


# --- which revision stands where


def test_the_last_that_was_published_there():
    known = [record(1), record(2, ["elsewhere"]), record(3, ["delivery", "elsewhere"]), record(4, ["x"])]
    assert history.last_at(known, "delivery")["revision"] == 3
    assert history.last_at(known, "x")["revision"] == 4
    assert history.last_at(known, "y") is None
    assert history.last_at([], "delivery") is None


def test_outputs_are_named_from_the_album_s_folder(tmp_path, monkeypatch):
    """So that an album that is moved with its delivery has its history still."""
    (tmp_path / "link").symlink_to(tmp_path / "album")
    (tmp_path / "album").mkdir()
    monkeypatch.chdir(tmp_path)
    for output, folder, name in (
        (tmp_path / "album" / "delivery", tmp_path / "album", "delivery"),
        (Path("album/out/cd"), Path("album"), "out/cd"),
        (Path("link/delivery"), Path("album"), "delivery"),
        (Path("album/../album/delivery"), Path("link"), "delivery"),
        (tmp_path / "other", tmp_path / "album", str(tmp_path / "other")),
        (Path("album-2/delivery"), Path("album"), str(tmp_path / "album-2" / "delivery")),
    ):
        assert history.output_name(output, folder) == name


def test_a_revision_is_named_by_its_number():
    known = [record(1), record(3)]
    assert history.named(known, 3)["revision"] == 3
    with pytest.raises(Fault, match="there is no revision 2") as raised:
        history.named(known, 2)
    assert raised.value.hint == "deadwax history lists them: 1, 3"
    with pytest.raises(Fault) as raised:
        history.named([], 1)
    assert raised.value.hint == "deadwax history lists them: none yet"


# --- whether two are the same


def test_paperwork_does_not_make_a_revision():
    """It says the revision's number, which would make every build another one."""
    rows = files(("cd/a.wav", "same"))
    rows[-1] = rows[-1] | {"sha256": "another"}
    assert history.same_delivery(record(1), rows)
    assert history.same_delivery(record(1), rows[:-1])
    assert history.contents(rows) == {"cd/a.wav": "same"}


@pytest.mark.parametrize(
    "sums",
    [[("cd/a.wav", "other")], [("cd/b.wav", "same")], [], [("cd/a.wav", "same"), ("cd/b.wav", "same")]],
)
def test_any_other_file_makes_a_revision(sums):
    assert not history.same_delivery(record(1), files(*sums))
    assert not history.same_delivery(None, files(*sums))


# --- the list


def test_the_list_says_what_was_heard_otherwise(store):
    where = store(record(1), record(2, audio="new"), record(3, audio="new"))
    first, second, third = history.listed(where)
    assert first["changed"] == ["The first delivery."]
    assert second["changed"] == ["Only the audio of track 02 Song 2 has changed."]
    assert third["changed"] == ["No audio has changed."]
    assert {key: second[key] for key in ("revision", "published", "outputs", "tracks", "files", "kinds")} == {
        "revision": 2, "published": "2026-01-02T00:00:00Z", "outputs": ["delivery"], "tracks": 2, "files": 2,
        "kinds": ["cd", "delivery"],
    }  # fmt: skip


def test_a_list_that_begins_late_has_no_first_delivery(store):
    (only,) = history.listed(store(record(4)))
    assert only["changed"] == ["Nothing is on record of one before."]


def test_a_corrected_title_is_told(store):
    now = record(2)
    now["tracks"][0]["title"] = "Song One"
    _, second = history.listed(store(record(1), now))
    assert second["changed"] == ["No audio has changed.", '01 Song One: title "Song 1" → "Song One".']


def test_a_revision_of_vinyl_alone_claims_nothing_of_the_rest(store):
    now = record(2, files=[row | {"kind": "vinyl"} for row in files(("vinyl/Side A.cue", "v"))[:1]])
    for each in now["tracks"]:
        each["audio"] = {"vinyl 24/96": "other"}
    _, second = history.listed(store(record(1), now))
    assert second["changed"] == [
        "This revision holds vinyl, the one before cd: their audio cannot be compared."
    ]


def test_the_list_on_paper(store, capsys):
    """The paperwork is no kind of audio."""
    print_history(history.listed(store(record(1), record(2, audio="new"))))
    assert capsys.readouterr().out == (
        "  1  2026-01-01T00:00:00Z  2 files (cd): The first delivery.\n"
        "  2  2026-01-02T00:00:00Z  2 files (cd): Only the audio of track 02 Song 2 has changed.\n"
    )
    print_history([])
    assert capsys.readouterr().out == "nothing has been delivered yet\n"
