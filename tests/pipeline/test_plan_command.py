"""What `deadwax plan`, `history`, `approve` and `clean` print."""

import json

from tests.albums import music, write_mix
from tests.end_to_end import Album, deadwax, done


def test_nothing_to_do(small_copy: Album) -> None:
    assert done("plan", small_copy.manifest).stdout.endswith("up to date\n")
    lines = json.loads(done("plan", small_copy.manifest, "--json").stdout)["lines"]
    assert {(line["state"], tuple(line["why"]), tuple(line["tasks"])) for line in lines} == {
        ("up to date", (), ())
    }


def test_a_title_and_a_mix(small_copy: Album) -> None:
    small_copy.edit("title: Zwei,", "title: Due,")
    write_mix(small_copy.folder / "mixes" / "1.wav", music(4.0, seed=7), subtype="PCM_16")
    said = done("plan", small_copy.manifest).stdout.splitlines()
    assert any(line.startswith("01 Eins: master, render, ") and "(mix changed" in line for line in said)
    assert any(line.startswith("02 Due: ") and "title" in line for line in said)
    assert any(line.startswith("cd image: write (01 ") for line in said)


def test_an_approved_track_that_would_change_is_told(small_copy: Album) -> None:
    done("build", small_copy.manifest)
    given = done("approve", "2", "--by", "Ann", "--manifest", small_copy.manifest).stdout
    assert given.startswith("2 Zwei: approved by Ann (1 of 2 tracks approved)\n")
    small_copy.edit("target_lufs: -16", "target_lufs: -17")
    said = done("plan", small_copy.manifest).stdout
    assert "note: 02 Zwei was approved by Ann: this changes its audio\n" in said
    built = done("build", small_copy.manifest).stdout
    assert "the audio that Ann approved has changed; approve it anew" in built


def test_the_revisions_are_listed(small_copy: Album) -> None:
    done("build", small_copy.manifest)
    small_copy.edit("title: Zwei,", "title: Due,")
    done("build", small_copy.manifest)
    assert len(done("history", small_copy.manifest).stdout.splitlines()) == 2
    known = json.loads(done("history", small_copy.manifest, "--json").stdout)["revisions"]
    assert [each["revision"] for each in known] == [1, 2]


def test_cleaning_says_what_it_freed(small_copy: Album) -> None:
    done("build", small_copy.manifest)
    assert done("clean", small_copy.manifest, "--keep", "1").stdout.startswith("0 bytes freed, ")
    assert done("clean", small_copy.manifest, "--keep", "0").stdout.endswith("0 bytes left in the cache\n")


def test_commands_that_are_wrong(small_copy: Album) -> None:
    for arguments, said in (
        (("approve", "--by", "Ann"), "name tracks by their numbers, or write --all"),
        (("approve", "--all"), "say who has listened: --by NAME"),
    ):
        result = deadwax(*arguments, "--manifest", small_copy.manifest)
        assert result.exit_code == 2
        assert said in result.stderr
    missing = deadwax("history", small_copy.folder / "none.yaml")
    assert missing.exit_code == 1
    assert "there is no such file" in missing.stderr
