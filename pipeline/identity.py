"""Which track of one revision is which of another: songs move, are renamed, mixed again, left out."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Song = Mapping[str, Any]
Key = Callable[[Song], Hashable | None]
Pair = tuple[int | None, int | None]


def pairs(before: Sequence[Song], now: Sequence[Song]) -> list[Pair]:
    """Places, from 0, of the same song in both revisions.

    What makes a song the same, in this order, each asked of those that are left: its ISRC; its mix's
    hash; its mix's path; its title; its number. Where several songs share a hash or a path, as the cuts
    of one mix do, title decides among them; what that leaves goes in order, once titles have been looked
    for everywhere: a cut may have got a mix of its own. Two different ISRCs are one song only where mix
    and title are the same: then one of them was corrected.

    Args:
        before, now: tracks as in `delivery.json`; what one of them does not say is no evidence.

    Returns:
        (before, now) in the order of `now`, None for a song that is new; then those that are gone.
    """
    came_from: dict[int, int] = {}
    for evidence in _evidence(before, now):
        taken = set(came_from.values())
        old = [place for place in range(len(before)) if place not in taken]
        new = [place for place in range(len(now)) if place not in came_from]
        came_from |= _matched(before, old, now, new, evidence)
    gone = sorted(set(range(len(before))) - set(came_from.values()))
    return [(came_from.get(place), place) for place in range(len(now))] + [(place, None) for place in gone]


def same_song(one: Song, other: Song) -> bool:
    """Whether their codes or their mixes say so; other albums have songs of the same title."""
    return any(key(one) is not None and key(one) == key(other) for key in (_isrc, _mix_hash))


def folded(title: str) -> str:
    """A title as it is compared: upper and lower case and both spellings of an accent alike.

    Source: The Unicode Standard, section 3.13, definition D145.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", title).casefold())


class Evidence(NamedTuple):
    """What makes two songs one. Some of it says more than two different ISRCs: one of them was a slip."""

    key: Key
    outweighs_isrc: bool = False


def _matched(
    before: Sequence[Song], old: Sequence[int], now: Sequence[Song], new: Sequence[int], evidence: Evidence
) -> dict[int, int]:
    """Of the places in `old` and `new`, those whose key is the same, the first with the first."""
    key = evidence.key
    waiting: dict[Hashable, list[int]] = {}
    for place in old:
        waiting.setdefault(key(before[place]), []).append(place)
    waiting.pop(None, None)
    found: dict[int, int] = {}
    for place in new:
        same = waiting.get(key(now[place]), [])
        first = next(
            (each for each in same if evidence.outweighs_isrc or _may_be(before[each], now[place])), None
        )
        if first is not None:
            found[place] = first
            same.remove(first)
    return found


def _may_be(one: Song, other: Song) -> bool:
    isrcs = _isrc(one), _isrc(other)
    return None in isrcs or isrcs[0] == isrcs[1]


def _evidence(*revisions: Sequence[Song]) -> Iterator[Evidence]:
    """What is trusted most comes first."""
    yield from (Evidence(_titled(_isrc)), Evidence(_isrc))
    for key in (_mix_hash, _mix_path):
        yield Evidence(_titled(key), outweighs_isrc=True)
        yield Evidence(_unshared(key, revisions))
    yield from map(Evidence, (_title, _mix_hash, _mix_path, _number))


def _titled(key: Key) -> Key:
    """`key`, and the title with it."""
    return lambda song: None if (value := key(song)) is None else (value, _title(song))


def _unshared(key: Key, revisions: Sequence[Sequence[Song]]) -> Key:
    """`key` of the songs that have it to themselves in every revision."""
    counts = [Counter(map(key, songs)) for songs in revisions]
    shared = {value for counted in counts for value, times in counted.items() if times > 1}
    return lambda song: None if (value := key(song)) in shared else value


def _isrc(song: Song) -> str | None:
    return song.get("isrc") or None


def _mix_hash(song: Song) -> Hashable | None:
    return (song.get("mix") or {}).get("sha256")


def _mix_path(song: Song) -> Hashable | None:
    return (song.get("mix") or {}).get("path")


def _title(song: Song) -> str | None:
    return folded(song["title"]) if song.get("title") else None


def _number(song: Song) -> Hashable | None:
    return song.get("number")
