"""Whatever is known to go wrong with a DDP and its CD-Text, in a delivery: `verify` names it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.files import discard
from pipeline.verify_cd import cd_faults
from tests.end_to_end import Album, deadwax
from tests.pipeline.cd import ddp_damages, text_damages
from tests.pipeline.cd_deliveries import LISTING, Delivery, built

ALBUM = """\
album: {title: Zwei, artist: Jemand, upc: "4006381333931"}
level: {match: off}
tracks:
  - {title: Das erste Stück, mix: mixes/1.wav, isrc: GBAYE2600001, then: {gap: 0.5}}
  - {title: Das andere, mix: mixes/2.wav, isrc: GBAYE2600002}
deliver: {cd: {}}
"""
SMALL = {f"cd/ddp/{name}" for name in ("DDPID", "DDPMS", "PQDESCR", "CDTEXT.BIN", "CHECKSUM.MD5")}


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Album:
    """For reading only."""
    return built(tmp_path_factory.mktemp("album"), ALBUM)


@dataclass
class Fileset:
    """The DDP of a delivery, which is put right again after every damage."""

    right: Path
    delivery: Delivery

    @property
    def folder(self) -> Path:
        return self.delivery.folder / "cd/ddp"

    def restore(self) -> None:
        """Only what is another than it was: images take time."""
        for path in self.folder.iterdir():
            if not (self.right / path.name).exists():
                path.unlink()
        for path in self.right.iterdir():
            there = self.folder / path.name
            if there.is_symlink() or not there.is_file() or stamp(there) != stamp(path):
                discard(there)
                shutil.copy2(path, there)


def stamp(path: Path) -> tuple[int, int]:
    return path.stat().st_size, path.stat().st_mtime_ns


@pytest.fixture(scope="module")
def damaged(album: Album, tmp_path_factory: pytest.TempPathFactory) -> Fileset:
    folder = tmp_path_factory.mktemp("fileset")
    (folder / "cd/ddp").mkdir(parents=True)
    shutil.copyfile(album.delivery / LISTING, folder / LISTING)
    return Fileset(album.delivery / "cd/ddp", Delivery(folder))


@pytest.fixture
def fileset(damaged: Fileset) -> Fileset:
    damaged.restore()
    return damaged


@pytest.mark.parametrize("damage", ddp_damages.damages(), ids=str)
def test_every_damage_of_a_ddp_is_found(fileset: Fileset, damage: ddp_damages.Damage) -> None:
    path, place = damage.apply(fileset.folder), f"cd/ddp/{damage.place}"
    if damage.resum:
        ddp_damages.remake_checksums(fileset.folder)
    found = cd_faults(fileset.delivery.folder, fileset.delivery.listing)
    assert any(damage.word in str(fault) for fault in found if (fault.place, fault.path) == (place, path)), (
        found
    )


@pytest.mark.parametrize("what", sorted(text_damages.DAMAGES))
def test_every_damage_of_a_text_is_found(fileset: Fileset, what: str) -> None:
    damage = text_damages.DAMAGES[what]
    file = fileset.folder / "CDTEXT.BIN"
    file.write_bytes(damage.change(file.read_bytes()))
    ddp_damages.in_map("text", "DSL", b"%08d" % file.stat().st_size)(fileset.folder)
    ddp_damages.remake_checksums(fileset.folder)
    found = cd_faults(fileset.delivery.folder, fileset.delivery.listing)
    assert any(damage.words in str(fault) for fault in found if fault.place == "cd/ddp/CDTEXT.BIN"), found


@pytest.mark.parametrize("name", ["level of a DVD", "two tracks with one ISRC", "image one sector short"])
def test_the_whole_command_finds_it(album: Album, tmp_path: Path, name: str) -> None:
    delivery = Delivery(shutil.copytree(album.delivery, tmp_path / "delivery"))
    (damage,) = (each for each in ddp_damages.damages() if each.name == name)
    damage.apply(delivery.folder / "cd/ddp")
    ddp_damages.remake_checksums(delivery.folder / "cd/ddp")
    delivery.sum_again()
    result = deadwax("verify", delivery.folder)
    assert result.exit_code == 1
    lines = [line for line in result.stderr.splitlines() if line.startswith(f"cd/ddp/{damage.place}: ")]
    assert any(damage.word in line for line in lines)
