"""Several releases near one another: each keeps its delivery, its history and its approvals."""

from pathlib import Path

from tests.albums import music, write_mix
from tests.end_to_end import contents, deadwax, done, listing

ALBUM = """\
album: {title: Album, artist: A}
tracks: [mixes/1.wav, mixes/2.wav]
deliver: {digital: [flac 16/44.1]}
"""
EP = ALBUM.replace("title: Album", "title: EP").replace(", mixes/2.wav", "")


def two_releases(folder: Path) -> tuple[Path, Path]:
    """`album.yaml` and `ep.yaml`, which share a mix."""
    for name in "12":
        write_mix(folder / "mixes" / f"{name}.wav", music(5.0, seed=int(name)))
    (folder / "album.yaml").write_text(ALBUM)
    (folder / "ep.yaml").write_text(EP)
    return folder / "album.yaml", folder / "ep.yaml"


def test_a_manifest_does_not_replace_what_the_one_beside_it_delivered(tmp_path: Path) -> None:
    album, ep = two_releases(tmp_path)
    done("build", album)
    before = contents(tmp_path / "delivery")
    result = deadwax("build", ep)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        f"{ep}: delivery holds the delivery of album.yaml; choose another --output, or move it away"
    )
    assert contents(tmp_path / "delivery") == before


def test_each_has_its_own_history_and_approvals(tmp_path: Path) -> None:
    album, ep = two_releases(tmp_path)
    done("build", album)
    done("build", ep, "--output", tmp_path / "ep")
    assert [listing(tmp_path / name)["revision"] for name in ("delivery", "ep")] == [1, 1]
    done("approve", "--all", "--by", "Ann", "--manifest", album)
    assert listing(tmp_path / "delivery")["state"] == "final"
    assert not (tmp_path / "ep.approvals.yaml").exists()
    done("approve", "--all", "--by", "Ben", "--manifest", ep, "--output", tmp_path / "ep")
    ep.write_text(EP + "level: {target_lufs: -20}\n")
    done("build", ep, "--output", tmp_path / "ep")
    assert listing(tmp_path / "ep")["state"] == "draft"
    assert "Ann" in (tmp_path / "approvals.yaml").read_text()
    assert "Ben" not in (tmp_path / "ep.approvals.yaml").read_text()


def test_another_release_is_not_replaced(tmp_path: Path) -> None:
    album, _ = two_releases(tmp_path / "one")
    done("build", album)
    write_mix(tmp_path / "two" / "Quay.wav", music(5.0, seed=9))
    other = tmp_path / "two" / "album.yaml"
    other.write_text("album: {title: Other, artist: B}\ntracks: [Quay.wav]\n")
    output = tmp_path / "one" / "delivery"
    result = deadwax("build", other, "--output", output)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        f'{other}: {output} holds another release: "Album" by A; choose another --output, or move it away'
    )


def test_a_trial_elsewhere_takes_no_approval(tmp_path: Path) -> None:
    album, _ = two_releases(tmp_path)
    done("build", album)
    done("approve", "--all", "--by", "Ann", "--manifest", album)
    approved = (tmp_path / "approvals.yaml").read_text()
    album.write_text(ALBUM + "level: {target_lufs: -20}\n")
    done("build", album, "--output", tmp_path / "try")
    assert (tmp_path / "approvals.yaml").read_text() == approved
    assert listing(tmp_path / "try")["state"] == "draft"
    done("build", album)
    assert "Ann" not in (tmp_path / "approvals.yaml").read_text()
