"""Whose a disc is, where only its tracks say."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.cd.disc import Words

# Who made a disc of which each track was made by another.
VARIOUS = "Various"
NAMES = ("performer", "songwriter", "composer", "arranger")


def with_disc_names(disc: Words, tracks: Sequence[Words]) -> Words:
    """The words of a disc, with a name of each kind that its tracks have.

    What the disc has stays. Where it has none it is the one that tracks have, or "Various" for several: some
    readers take the name of track 1 for that of a disc without one, and so on. Titles and messages are not
    made up.
    """
    named = {name: {getattr(words, name) for words in tracks} - {""} for name in NAMES}
    return replace(disc, **{
        name: names.pop() if len(names) == 1 else VARIOUS
        for name, names in named.items()
        if names and not getattr(disc, name)
    })  # fmt: skip
