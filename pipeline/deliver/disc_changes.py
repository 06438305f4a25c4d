"""What is otherwise on a CD than in the revision before, besides its audio: codes, marks, words.

Revisions have `tracks` and `discs` as `delivery.json` has them. All times are sectors, told as MM:SS:FF.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pipeline.cd.disc import PREGAP_SECTORS
from pipeline.cd.msf import msf
from pipeline.identity import pairs

Row = Mapping[str, Any]
# Tracks of a disc that both revisions have there, as they were and as they are.
Both = Sequence[tuple[Row, Row]]
# By numbers on the disc, what is told of tracks.
Told = Mapping[int, Any]
Named = Callable[[Sequence[int]], str]
# What `copy` is called on a sheet.
FLAGS = {"no": "none", "yes": "DCP", "scms": "SCMS"}
WORDS = ("title", "performer", "songwriter", "composer", "arranger", "message")
ABOUT_TEXT = {"genre": "genre", "disc_id": "disc ID"}
NONE = "none"
# Of so many runs of tracks with other words the numbers are told; of more how many tracks they are.
MOST_RUNS = 3


def disc_lines(before: Row, now: Row) -> list[str]:
    """`UPC none → 4006381333931`, for each thing that differs on a disc that both revisions have.

    With several discs, lines begin with theirs, and tracks are called as in `2-03`. Nothing is told where one
    of the two has no CD, or no record of one.
    """
    old, new = _discs(before), _discs(now)
    if not old or not new:
        return []
    songs = _songs(before, now)
    numbers = sorted(old.keys() | new.keys())
    if len(numbers) == 1:
        return list(_about(old[numbers[0]], new[numbers[0]], songs, ""))
    told = {n: list(_disc(old.get(n), new.get(n), songs)) for n in numbers}
    everywhere = [line for line in told[numbers[0]] if all(line in lines for lines in told.values())]
    own = [f"disc {n}: {line}" for n in numbers for line in told[n] if line not in everywhere]
    return [*(f"each disc: {line}" for line in everywhere), *own]


def laid_otherwise(before: Row, now: Row) -> bool:
    """Whether tracks start elsewhere, or a disc ends elsewhere, where both revisions have a CD."""
    old, new = _discs(before), _discs(now)
    return bool(old and new) and _laid(old) != _laid(new)


def _laid(discs: Mapping[int, Row]) -> dict[int, tuple[list[int], int]]:
    return {
        number: ([track["start_sector"] for track in disc["tracks"]], disc["lead_out_sector"])
        for number, disc in discs.items()
    }


def _discs(revision: Row) -> dict[int, Row]:
    return {disc["number"]: disc for disc in revision.get("discs") or ()}


def _songs(before: Row, now: Row) -> dict[int, int]:
    """By its number on the album now, what that of a song was."""
    were, are = before["tracks"], now["tracks"]
    matched = pairs(were, are)
    return {
        are[new]["number"]: were[old]["number"] for old, new in matched if old is not None and new is not None
    }


def _disc(was: Row | None, now: Row | None, songs: Mapping[int, int]) -> Iterator[str]:
    """One of several."""
    if was and now:
        yield from _about(was, now, songs, f"{now['number']}-")
    elif now:
        yield f"new, {len(now['tracks'])} track{'s' * (len(now['tracks']) > 1)}, {_total(now)}"
    else:
        yield "gone"


def _about(was: Row, now: Row, songs: Mapping[int, int], disc: str) -> Iterator[str]:
    """All of a disc; `disc` stands before numbers of tracks."""
    before = {track["track"]: track for track in was["tracks"]}
    both = [
        (before[old], track)
        for track in now["tracks"]
        if (old := songs.get(track["track"])) is not None and old in before
    ]

    def named(numbers: Sequence[int]) -> str:
        return ", ".join(_run([f"{disc}{number:02}" for number in run]) for run in _runs(numbers))

    yield from _codes(was, now)
    yield from _come_and_gone(was, now, both, named)
    yield from _change("total time", _total(was), _total(now))
    yield from _change("pre-gap", _time(was["pregap_sectors"]), _time(now["pregap_sectors"]))
    yield from _pauses(both, named)
    yield from _starts(both, named)
    yield from _indexes(both, named)
    yield from _isrcs(both, named)
    yield from _texts(was, now, both, named)


def _change(name: str, was: str, now: str) -> Iterator[str]:
    if was != now:
        yield f"{name} {was or NONE} → {now or NONE}"


def _codes(was: Row, now: Row) -> Iterator[str]:
    yield from _change("UPC", was["upc"], now["upc"])
    yield from _change("master ID", was["master_id"], now["master_id"])
    yield from _change("copy flag", _flag(was["copy"]), _flag(now["copy"]))


def _flag(copy: str) -> str:
    return FLAGS.get(copy, copy)


def _total(disc: Row) -> str:
    """What is played from 00:02:00 up to the lead-out."""
    return _time(disc["lead_out_sector"] - PREGAP_SECTORS)


def _time(sectors: int) -> str:
    return f"{'-' * (sectors < 0)}{msf(abs(sectors))}"


# --- marks


def _come_and_gone(was: Row, now: Row, both: Both, named: Named) -> Iterator[str]:
    stayed = {old["number"] for old, _ in both}, {new["number"] for _, new in both}
    gone = [track["number"] for track in was["tracks"] if track["number"] not in stayed[0]]
    came = [track["number"] for track in now["tracks"] if track["number"] not in stayed[1]]
    if gone:
        yield f"no longer on it: what was {named(gone)}"
    if came:
        yield f"new on it: {named(came)}"


def _pauses(both: Both, named: Named) -> Iterator[str]:
    """Index 00 to 01; that before track 1 is the pre-gap."""
    lengths = {
        new["number"]: (_pause(old), _pause(new))
        for old, new in both
        if old["number"] > 1 and new["number"] > 1
    }
    for (was, now), numbers in _alike({n: each for n, each in lengths.items() if each[0] != each[1]}):
        yield f"pause (index 00) before {named(numbers)}: {was} → {now}"


def _pause(track: Row) -> str:
    start, pause = track["start_sector"], track["pause_sector"]
    return NONE if pause is None else _time(start - pause)


def _starts(both: Both, named: Named) -> Iterator[str]:
    """`tracks 03 to 10 start later by 00:00:65`, or `tracks start later: 03 by …; 04 by …`."""
    moved = {new["number"]: new["start_sector"] - old["start_sector"] for old, new in both}
    for word, sign in (("earlier", -1), ("later", 1)):
        runs = [(_time(abs(by)), numbers) for by, numbers in _alike(moved) if by * sign > 0]
        if len(runs) == 1:
            ((by, numbers),) = runs
            yield f"{_tracks(numbers, named)} start{'s' * (len(numbers) == 1)} {word} by {by}"
        elif runs:
            yield f"tracks start {word}: {'; '.join(f'{named(numbers)} by {by}' for by, numbers in runs)}"


def _indexes(both: Both, named: Named) -> Iterator[str]:
    """From index 02 on, as times from index 01."""
    for old, new in both:
        was, now = (
            ", ".join(_time(index - track["start_sector"]) for index in track["index_sectors"])
            for track in (old, new)
        )
        yield from _change(f"further indexes of {named([new['number']])}, from its start:", was, now)


# --- codes of tracks


def _isrcs(both: Both, named: Named) -> Iterator[str]:
    other = [(old["isrc"], new["isrc"], new["number"]) for old, new in both if old["isrc"] != new["isrc"]]
    came, gone = ([each[2] for each in other if not each[place]] for place in (0, 1))
    changed = [each for each in other if each[0] and each[1]]
    if came:
        yield f"ISRC new on {_tracks(came, named)}"
    if gone:
        yield f"ISRC gone from {_tracks(gone, named)}"
    if changed:
        yield f"ISRC of {', '.join(f'{named([number])} {was} → {now}' for was, now, number in changed)}"


# --- CD-Text


def _texts(was: Row, now: Row, both: Both, named: Named) -> Iterator[str]:
    old, new = ({text["language"]: text for text in disc["texts"]} for disc in (was, now))
    if not old or not new:
        yield from _change(
            "CD-Text", *(f"on ({', '.join(texts)})" if texts else "off" for texts in (old, new))
        )
        return
    yield from (f"CD-Text in {language} is gone" for language in old if language not in new)
    yield from (f"CD-Text in {language} is new" for language in new if language not in old)
    for language in new:
        if language in old and (told := list(_words(old[language], new[language], both, named))):
            yield f"CD-Text{f' in {language}' if len(new) > 1 else ''}: {'; '.join(told)}"


def _words(was: Row, now: Row, both: Both, named: Named) -> Iterator[str]:
    """`title of the disc and of 03`, `composer of 12 tracks`."""
    for word in WORDS:
        where = ["of the disc"] if was["disc"].get(word) != now["disc"].get(word) else []
        numbers = [new["number"] for old, new in both if _word(was, old, word) != _word(now, new, word)]
        if numbers:
            many = len(_runs(numbers)) > MOST_RUNS
            where.append(f"of {f'{len(numbers)} tracks' if many else named(numbers)}")
        if where:
            yield f"{word} {' and '.join(where)}"
    yield from (name for field, name in ABOUT_TEXT.items() if was.get(field) != now.get(field))


def _word(text: Row, track: Row, word: str) -> Any:
    """That of one track; a text has its tracks in the order of the disc."""
    words = text["tracks"][track["number"] - 1 : track["number"]]
    return words[0].get(word) if words else None


# --- numbers of tracks


def _alike(values: Told) -> list[tuple[Any, list[int]]]:
    """Each value, and the tracks that have it."""
    found: dict[Any, list[int]] = {}
    for number, value in values.items():
        found.setdefault(value, []).append(number)
    return list(found.items())


def _tracks(numbers: Sequence[int], named: Named) -> str:
    return f"track{'s' * (len(numbers) > 1)} {named(numbers)}"


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    runs = [[numbers[0]]]
    for before, number in pairwise(numbers):
        if number == before + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _run(names: Sequence[str]) -> str:
    """`03 to 05`"""
    if len(names) < 3:
        return ", ".join(names)
    return f"{names[0]} to {names[-1]}"
