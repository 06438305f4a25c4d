"""Where a person reads of discs: the table that closes a build, the README of a delivery."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.build.album import Outcome
from pipeline.deliver.cd import CD_FORMAT
from pipeline.deliver.release import HiddenRelease
from pipeline.manifest.cd import CdDelivery
from pipeline.tables import release_table
from pipeline.wording import template
from tests.pipeline.deliver.test_digital import on_discs


def table_of(release):
    """The cells of each column by its heading; the first one has none."""
    outcome = Outcome(
        output=Path("delivery"), revision=1, release=release, ran=(), kept=0, written=0, kept_files=0,
        approved_by={}, dropped=[], warnings=(), accounts=(),
    )  # fmt: skip
    return {column.header: [str(cell) for cell in column.cells] for column in release_table(outcome).columns}


def readme(release, **cd):
    asked = release.manifest.deliver.model_copy(update={"cd": CdDelivery(**cd)})
    release = replace(release, manifest=replace(release.manifest, deliver=asked))
    return template("README.txt.j2").render(release=release, kinds=["cd"], state="…", version="1")


def test_the_table_has_both_numbers_of_a_track(release):
    """That of the album is the one that `approve` takes."""
    table = table_of(on_discs(release, 1, 1, 1, 2, 2))
    assert table[""] == ["1", "2", "3", "4", "5"]
    assert table["disc"] == ["1-01", "1-02", "1-03", "2-01", "2-02"]
    assert "disc" not in table_of(release)


def test_the_readme_says_which_folder_is_which_disc(release):
    text = readme(on_discs(release, 1, 1, 1, 2, 2))
    assert "disc-1/ to disc-2/: one folder for each CD, and in each of them:\n" in text
    assert "\n1-01  Departure  GBAYE2600001\n1-02  Break/water (Guests)\n" in text
    assert "\n2-02  Still\n" in text
    one = readme(release)
    assert "disc-1" not in one
    assert "\n 1  Departure  GBAYE2600001\n" in one


@pytest.mark.parametrize("ddp", [True, False])
def test_the_readme_says_what_the_plant_is_sent(release, ddp):
    text = readme(release, ddp=ddp)
    assert ("DDP 2.00 fileset" in text) is ddp
    assert "pq-sheet.pdf, pq-sheet.csv" in text
    assert "hidden" not in text


def test_the_readme_says_what_00_is(release):
    hidden = HiddenRelease(
        piece=replace(release.pieces[0], number=0, number_on_disc=0, title="Below"),
        level=release.levels[0],
        mix="one.wav",
        mix_sha256=release.mix_hashes[0],
        facts=release.facts[0],
        readings=release.readings[0],
        rendered=release.limited[CD_FORMAT][0],
    )
    with_it = replace(release, hidden=hidden)
    assert "00 is what is hidden before track 1.\n" in readme(with_it)
    assert "before track 1 of disc 1.\n" in readme(on_discs(with_it, 1, 1, 1, 2, 2))
