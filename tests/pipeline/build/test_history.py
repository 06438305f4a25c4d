"""The records of revisions: which of them count, and whether two are the same."""

import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.build import history
from pipeline.build.history import Records
from pipeline.build.listed import book_with, listed
from pipeline.console import print_history
from pipeline.faults import Fault
from pipeline.files import book_text, read_book


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
    assert [*history.revisions(store(written))] == [written]


def test_the_oldest_comes_first_whatever_the_names_sort_like(store):
    assert numbers(history.revisions(store(record(10_000), record(9999), record(2), record(11)))) == [
        2, 11, 9999, 10_000
    ]  # fmt: skip
    assert history.book(7, ".deadwax") == ".deadwax/history/0007.json"


def test_no_records_are_no_revisions(tmp_path):
    known = history.revisions(tmp_path / "nowhere")
    assert [*known] == [] and not known and len(known) == 0
    assert known.last() is known.last_at("delivery") is known.numbered(1) is None


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
    assert [each["revision"] for each in listed(where)] == [1, 3]


def test_what_is_no_record_is_not_read(store):
    assert numbers(history.revisions(store(record(1), notes=b"not ours"))) == [1]


# --- which revision stands where


def test_the_last_that_was_published_there(store):
    written = [record(1), record(2, ["elsewhere"]), record(3, ["delivery", "elsewhere"]), record(4, ["x"])]
    for known in (Records({}, written), history.revisions(store(*written))):
        assert known.last_at("delivery")["revision"] == 3
        assert known.last_at("delivery", below=3)["revision"] == 1
        assert known.last_at("x")["revision"] == known.last()["revision"] == known[-1]["revision"] == 4
        assert known.last(below=4)["revision"] == 3
        assert known.last_at("y") is known.last_at("x", below=4) is known.last(below=1) is None


@pytest.mark.parametrize("output", ["/mnt/Überfahrt 夜", 'say "hello"', "back\\slash", "song"])
def test_an_output_is_found_whatever_it_is_called(store, output):
    """The last is also the beginning of words that every record has."""
    known = history.revisions(store(record(1, [output]), record(2)))
    assert known.last_at(output)["revision"] == 1
    assert known.last_at("Song 1") is None  # that is a title


def test_only_what_is_looked_at_is_read(store):
    """Records are large, and there may be hundreds."""
    known = history.revisions(store(*(record(n) for n in range(1, 31))))
    with opened_files() as opened:
        assert known.last()["revision"] == known.last_at("delivery")["revision"] == 30
        assert known.named(3)["revision"] == 3
        assert known.last_at("delivery", below=30)["revision"] == 29
    assert list(dict.fromkeys(path.stem for path in opened)) == ["0030", "0003", "0029"]


@contextmanager
def opened_files():
    """The files that are opened meanwhile, in their order, as the interpreter's audit events tell."""
    paths, listening = [], [True]
    sys.addaudithook(
        lambda event, told: paths.append(Path(told[0])) if event == "open" and listening else None
    )
    yield paths
    listening.clear()


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
    known = Records({}, [record(1), record(3)])
    assert known.named(3)["revision"] == 3
    with pytest.raises(Fault, match="there is no revision 2") as raised:
        known.named(2)
    assert raised.value.hint == "deadwax history lists them: 1, 3"
    with pytest.raises(Fault) as raised:
        Records({}).named(1)
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
    first, second, third = listed(where)
    assert first["changed"] == ["The first delivery."]
    assert second["changed"] == ["Only the audio of track 02 Song 2 has changed."]
    assert third["changed"] == ["No audio has changed."]
    assert {key: second[key] for key in ("revision", "published", "outputs", "tracks", "files", "kinds")} == {
        "revision": 2, "published": "2026-01-02T00:00:00Z", "outputs": ["delivery"], "tracks": 2, "files": 2,
        "kinds": ["cd", "delivery"],
    }  # fmt: skip


def test_a_list_that_begins_late_has_no_first_delivery(store):
    (only,) = listed(store(record(4)))
    assert only["changed"] == ["Nothing is on record of one before."]


def test_a_corrected_title_is_told(store):
    now = record(2)
    now["tracks"][0]["title"] = "Song One"
    _, second = listed(store(record(1), now))
    assert second["changed"] == ["No audio has changed.", '01 Song One: title "Song 1" → "Song One".']


def test_a_revision_of_vinyl_alone_claims_nothing_of_the_rest(store):
    now = record(2, files=[row | {"kind": "vinyl"} for row in files(("vinyl/Side A.cue", "v"))[:1]])
    for each in now["tracks"]:
        each["audio"] = {"vinyl 24/96": "other"}
    _, second = listed(store(record(1), now))
    assert second["changed"] == [
        "This revision holds vinyl, the one before cd: their audio cannot be compared."
    ]


def test_the_list_on_paper(store, capsys):
    """The paperwork is no kind of audio."""
    print_history(listed(store(record(1), record(2, audio="new"))))
    assert capsys.readouterr().out == (
        "  1  2026-01-01T00:00:00Z  2 files (cd): The first delivery.\n"
        "  2  2026-01-02T00:00:00Z  2 files (cd): Only the audio of track 02 Song 2 has changed.\n"
    )
    print_history([])
    assert capsys.readouterr().out == "nothing has been delivered yet\n"


# --- what is kept of the list


def kept_list(where):
    return where / "history" / "list"


SERIES = [record(1), record(2, audio="new"), record(3, audio="new"), record(4, audio="newer")]


def test_a_list_that_is_kept_is_read_instead_of_the_records(store):
    where = store(*SERIES)
    first = listed(where)
    with opened_files() as opened:
        assert listed(where) == first
    sizes = {path: path.stat().st_size for path in opened}
    assert kept_list(where) in sizes and len(sizes) == 5  # of the records only the ends
    assert sum(path.stat().st_size for path in opened if path == kept_list(where)) < 1000 * len(SERIES)


def with_newer(where):
    path = where / "history" / "0002.json"
    path.write_text(history.text(record(2, audio="newer")), encoding="utf-8")


def without_second(where):
    (where / "history" / "0002.json").unlink()


def damaged_list(where):
    kept_list(where).write_bytes(kept_list(where).read_bytes().replace(b"new", b"old"))


def list_of_another_version(where):
    known = read_book(kept_list(where))
    said = {"version": 0, "rows": {number: {"said": "nothing"} for number in known["rows"]}}
    kept_list(where).write_text(book_text(said), encoding="utf-8")


def no_list(where):
    kept_list(where).unlink()


def damaged_record(where):
    """Its end is another: so is what it says of itself."""
    path = where / "history" / "0004.json"
    path.write_bytes(path.read_bytes()[:-20])


CHANGES = [with_newer, without_second, damaged_list, list_of_another_version, no_list, damaged_record]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_list_that_does_not_fit_the_records_is_made_out_again(store, change):
    where = store(*SERIES)
    listed(where)
    change(where)
    said = listed(where)
    assert listed(where) == said
    no_list(where)
    assert listed(where) == said


@pytest.mark.parametrize("kept", [True, False])
def test_a_record_and_the_list_with_it_say_what_a_list_from_the_records_says(store, kept):
    where = store(*SERIES[:3])
    if kept:
        listed(where)
    text = history.text(SERIES[3])
    name, book = book_with(history.revisions(where), SERIES[3], text, where)
    assert name == ".deadwax/history/list"
    store(SERIES[3])
    kept_list(where).write_text(book, encoding="utf-8")
    said = listed(where)
    no_list(where)
    assert listed(where) == said and [row["revision"] for row in said] == [1, 2, 3, 4]


def test_a_revision_that_is_published_again_keeps_its_place_in_the_list(store):
    where = store(*SERIES)
    listed(where)
    again = record(2, ["delivery", "elsewhere"], audio="new")
    _, book = book_with(history.revisions(where), again, history.text(again), where)
    store(again)
    kept_list(where).write_text(book, encoding="utf-8")
    assert [(row["revision"], row["outputs"]) for row in listed(where)] == [
        (1, ["delivery"]), (2, ["delivery", "elsewhere"]), (3, ["delivery"]), (4, ["delivery"])
    ]  # fmt: skip


def test_a_list_that_cannot_be_kept_is_told_all_the_same(store):
    where = store(*SERIES)
    kept_list(where).mkdir()
    assert [row["revision"] for row in listed(where)] == [1, 2, 3, 4]
