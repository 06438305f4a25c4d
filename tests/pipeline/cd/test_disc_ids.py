"""Identifiers of discs, by published examples and by what their definitions say of the edges."""

import pytest

from pipeline.cd.disc_ids import accuraterip_id, cddb_id, ids_of, musicbrainz_id, musicbrainz_toc

# The example of MusicBrainz's "Disc ID Calculation"; its other ids are confirmed with libdiscid and whipper.
SIX = (150, 15363, 32314, 46592, 63414, 80489), 95462
# Two tracks of ten and six seconds, for which libdiscid has the same ids.
TWO = (150, 900), 1350
# 99 tracks up to the last address there is.
LONG = tuple(150 + 4_545 * place for place in range(99)), 449_999


@pytest.mark.parametrize(
    ("disc", "identifier"),
    [(SIX, "49HHV7Eb8UKF3aQiNmu1GR8vKTY-"), (TWO, "LnDcuFifbpmr0.dCN.CqDpqsWDg-")],
)
def test_musicbrainz(disc: tuple[tuple[int, ...], int], identifier: str) -> None:
    assert musicbrainz_id(*disc) == identifier


@pytest.mark.parametrize(
    ("disc", "text"), [(SIX, "1+6+95462+150+15363+32314+46592+63414+80489"), (TWO, "1+2+1350+150+900")]
)
def test_musicbrainz_query(disc: tuple[tuple[int, ...], int], text: str) -> None:
    assert musicbrainz_toc(*disc) == text


@pytest.mark.parametrize(("disc", "identifier"), [(SIX, "3404f606"), (TWO, "05001002")])
def test_cddb(disc: tuple[tuple[int, ...], int], identifier: str) -> None:
    assert cddb_id(*disc) == identifier


@pytest.mark.parametrize(
    ("disc", "identifier"),
    [(SIX, "000513be-001b2231-3404f606"), (TWO, "0000079e-000013ed-05001002")],
)
def test_accuraterip(disc: tuple[tuple[int, ...], int], identifier: str) -> None:
    assert accuraterip_id(*disc) == identifier


def test_all_of_them_at_once() -> None:
    """Under the names that a listing has them by."""
    assert ids_of(*SIX) == {
        "musicbrainz_id": "49HHV7Eb8UKF3aQiNmu1GR8vKTY-",
        "cddb_id": "3404f606",
        "accuraterip_id": "000513be-001b2231-3404f606",
    }


def test_hidden_audio_changes_every_identifier() -> None:
    starts, lead_out = SIX
    hidden = (starts[0] + 75 * 30, *starts[1:])
    assert musicbrainz_id(hidden, lead_out) != musicbrainz_id(starts, lead_out)
    assert cddb_id(hidden, lead_out) != cddb_id(starts, lead_out)
    assert accuraterip_id(hidden, lead_out) != accuraterip_id(starts, lead_out)


def test_the_first_track_at_zero_counts_as_one_in_the_second_sum_only() -> None:
    # One track at LBA 0, lead-out at LBA 1000: 0 + 1000, and max(0, 1)·1 + 1000·2.
    assert accuraterip_id((150,), 1150).startswith("000003e8-000007d1-")


def test_the_longest_disc_keeps_its_eight_digits() -> None:
    starts, lead_out = LONG
    plain = sum(starts) + lead_out - 100 * 150
    numbered = 1 + sum(4_545 * place * (place + 1) for place in range(1, 99)) + 100 * (lead_out - 150)
    identifier = accuraterip_id(starts, lead_out)
    assert identifier == f"{plain:08x}-{numbered:08x}-{cddb_id(starts, lead_out)}"
    assert len(identifier) == 26
