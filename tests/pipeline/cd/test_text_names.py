"""A disc has the names that its tracks have, where it has none of its own."""

import pytest

from pipeline.cd.disc import DiscText, Words
from pipeline.cd.text_names import NAMES, with_disc_names
from pipeline.cd.text_reader import read_text
from pipeline.cd.text_writer import text_file


@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize(
    ("own", "tracks", "disc"),
    [
        ("", ("A", "A"), "A"),
        ("", ("A", "B"), "Various"),
        ("", ("", "B"), "B"),
        ("", ("", "B", "", "B"), "B"),
        ("", ("", "B", "C"), "Various"),
        ("", ("", ""), ""),
        ("D", ("A", "B"), "D"),
        ("D", ("", ""), "D"),
    ],
)
def test_a_disc_without_a_name_has_that_of_its_tracks(name, own, tracks, disc):
    words = tuple(Words(title="T", **{name: track}) for track in tracks)
    assert with_disc_names(Words(**{name: own}), words) == Words(**{name: disc})


def test_a_title_or_a_message_is_not_made_up():
    assert with_disc_names(Words(), [Words(title="One", message="Hello")]) == Words()


def test_what_is_named_is_what_is_read():
    tracks = (Words(title="1", performer="A", composer="C"), Words(title="2", performer="B"))
    disc = with_disc_names(Words(title="T"), tracks)
    data = text_file([DiscText(disc=disc, tracks=tracks)], "", ["", ""])
    (block,) = read_text(data).blocks
    assert block.disc == disc == Words(title="T", performer="Various", composer="C")
