"""What is heard otherwise in a revision than in the one before, in sentences, and that nothing else is.

A revision is a mapping with its `tracks`, `discs` and `files`, as delivery.json or a record has them; what
only records have (`traces`, `vinyl_gain_db`, `inputs` of files) makes the sentences say more.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from pathlib import PurePath
from typing import Any

from pipeline.deliver.disc_changes import laid_otherwise
from pipeline.identity import pairs
from pipeline.mixname import mix_step

Row = Mapping[str, Any]
# Songs that both revisions have, as they were and as they are.
Both = Sequence[tuple[Row, Row]]
KINDS = ("cd", "digital", "vinyl", "cassette")
# Ends what traces call a rendering for sides without limiters.
FOR_VINYL = " for vinyl"
# What of a song is told with both of its values, and what that is called.
WORDS = {"title": "title", "artist": "artist", "isrc": "ISRC"}


def sentences(before: Row, now: Row) -> list[str]:
    """What is heard otherwise, and that nothing else is."""
    matched = pairs(before["tracks"], now["tracks"])
    both = _both(before, now)
    came = [now["tracks"][new] for old, new in matched if old is None and new is not None]
    gone = [before["tracks"][old] for old, new in matched if new is None and old is not None]
    found = [f"New on the album: {_listed(map(_named, came))}."] if came else []
    found += [f"No longer on the album: {_listed(map(_named, gone))}."] if gone else []
    order = _order(both)
    if both and not any(was["audio"].keys() & song["audio"].keys() for was, song in both):
        sides = [*_hidden(before, now), *_vinyl(before, now, same_music=False), *_tape(before, now)]
        return [*found, *order, _nothing_to_compare(before, now), *sides]
    changed = _changed(both)
    vinyl = _vinyl(before, now, same_music=not (changed or came or gone))
    cd = _hidden(before, now) or _between(before, now)
    sides = [*cd, *vinyl, *_tape(before, now)]
    heard = _main(before, now, both, changed, other=bool(came or gone), all_audio=not (order or sides))
    return [*found, *order, *_with_alternates(heard, before, now, both, main=bool(changed)), *sides]


def track_lines(before: Row, now: Row) -> list[str]:
    """For each song that is called otherwise, has another mix or is on another CD: `02 Song: mix v3 → v4`."""
    return [
        line
        for was, song in _both(before, now)
        for line in (
            *_told(_named(song), [*_mix(was, song), *_words(was, song), *_disc(was, song)]),
            *_versions(was, song),
        )
    ]


def _told(name: str, what: Sequence[str]) -> list[str]:
    return [f"{name}: {'; '.join(what)}"] if what else []


def _versions(was: Row, song: Row) -> Iterator[str]:
    """The same of a song's alternates."""
    old, new = _alternates(was), _alternates(song)
    for version in dict.fromkeys((*new, *old)):
        name = _alternate(song, version)
        if version in old and version in new:
            yield from _told(name, _mix(old[version], new[version]))
        else:
            yield f"{name} is {'new' if version in new else 'gone'}"


def sounds_different(was: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether a format that both revisions deliver has other samples."""
    return any(was[form] != now[form] for form in was.keys() & now.keys())


def _both(before: Row, now: Row) -> list[tuple[Row, Row]]:
    matched = pairs(before["tracks"], now["tracks"])
    return [
        (before["tracks"][old], now["tracks"][new])
        for old, new in matched
        if old is not None and new is not None
    ]


def _changed(both: Both) -> list[tuple[Row, Row]]:
    return [each for each in both if sounds_different(each[0]["audio"], each[1]["audio"])]


def same_programme(before: Row, now: Row) -> bool:
    """Whether both have the same songs in the same order, and none of their main versions has changed."""
    both = _both(before, now)
    as_many = len(both) == len(before["tracks"]) == len(now["tracks"])
    return as_many and not _order(both) and not _changed(both)


def _order(both: Both) -> list[str]:
    """Which songs have changed places; that all move on by one for a new song is no other order."""
    if all(one["number"] < other["number"] for (one, _), (other, _) in pairwise(both)):
        return []
    moved = [
        f"{_named(song)} was {was['number']:02}" for was, song in both if was["number"] != song["number"]
    ]
    return [f"Running order: {', '.join(moved)}."]


def _nothing_to_compare(before: Row, now: Row) -> str:
    held = [_listed(kind for kind in KINDS if _has(each, kind)) or "no audio" for each in (before, now)]
    if held[0] == held[1]:
        return "No format is in both revisions: the audio cannot be compared."
    return f"This revision holds {held[1]}, the one before {held[0]}: their audio cannot be compared."


def _has(revision: Row, kind: str) -> bool:
    return any(row["kind"] == kind for row in revision["files"])


# --- main versions


def _main(before: Row, now: Row, both: Both, changed: Both, *, other: bool, all_audio: bool) -> list[str]:
    """Of the songs in both. `other` says that others came or went, `all_audio` that nothing else is told."""
    paused = {song["number"]: told for was, song in changed for told in _pause(before, now, was, song)}
    rest = [song for _, song in changed if song["number"] not in paused]
    lead = "Otherwise only" if paused else "Only"
    if not rest:
        if paused:
            return [*paused.values(), "No other track's audio has changed."]
        plain = "No audio" if all_audio else "No track's audio"
        return ["No other track's audio has changed." if other else f"{plain} has changed."]
    if len(rest) == len(both):
        return [f"The audio of every {'other ' if other else ''}track has changed."]
    plural = "s" if len(rest) > 1 else ""
    told = f"{lead} the audio of track{plural} {_listed(map(_named, rest))} has changed."
    return [*paused.values(), told]


def _pause(before: Row, now: Row, was: Row, song: Row) -> list[str]:
    """Said where every rendering of a track that stands alone differs in its length alone."""
    old, new = _renderings(before, was["number"]), _renderings(now, song["number"])
    if not new or old.keys() != new.keys() or any(_cut(old[form]) != _cut(new[form]) for form in new):
        return []
    first_s, then_s = (_pause_s(next(iter(each.values()))) for each in (old, new))
    if f"{first_s:.1f}" == f"{then_s:.1f}":
        return []
    return [f"The pause behind {_named(song)}: {first_s:.1f} → {then_s:.1f} s; the music is the same."]


def _renderings(revision: Row, number: int) -> dict[str, Row]:
    """By format, what a track was rendered from; nothing unless it was rendered by itself."""
    return {
        trace["detail"]: trace["inputs"]
        for trace in revision.get("traces", ())
        if trace["what"] == "render" and "\n" not in trace["detail"] and trace["told"]["tracks"] == [[number]]
    }


def _cut(inputs: Row) -> Row:
    """All but where its file ends."""
    return {name: value for name, value in inputs.items() if name != "segment_frames"}


def _pause_s(inputs: Row) -> float:
    (reel,), (frames,) = inputs["reels"], inputs["segment_frames"]
    return float(frames / inputs["rate"] - (reel["stop_frame"] - reel["first_frame"]) / reel["rate"])


# --- alternates


def _with_alternates(heard: Sequence[str], before: Row, now: Row, both: Both, *, main: bool) -> list[str]:
    """What is said of main versions, and alternates that have changed."""
    changed = [
        _alternate(song, version)
        for was, song in both
        for version in _changed_alternates(before, now, was, song)
    ]
    if not changed:
        return list(heard)
    have = "have" if len(changed) > 1 else "has"
    if main:
        return [*heard, f"{_listed(changed)} {have} changed too."]
    return [f"{_listed(changed)} {have} changed; no main version has."]


def _changed_alternates(before: Row, now: Row, was: Row, song: Row) -> list[str]:
    old, new = _alternates(was), _alternates(song)
    if all(each.get("audio") for each in (*old.values(), *new.values())):
        common = old.keys() & new.keys()
        return [each for each in new if each in common
                and sounds_different(old[each]["audio"], new[each]["audio"])]  # fmt: skip
    files = _alternate_files(before, was["number"]), _alternate_files(now, song["number"])
    parts = [part for part in files[1] if part in files[0]]
    changed = [part[0] for part in parts if same_audio(files[0][part], files[1][part]) is False]
    return list(dict.fromkeys(changed))


def _alternates(song: Row) -> dict[str, Row]:
    return {each["version"]: each for each in song.get("alternates", ())}


def _alternate(song: Row, version: str) -> str:
    return f"{_named(song)} ({version})"


def _alternate_files(revision: Row, number: int) -> dict[tuple[str, str], Row]:
    """By version and folder."""
    return {
        (row["version"], PurePath(row["path"]).parent.as_posix()): row
        for row in revision["files"]
        if row.get("role") == "alternate" and row["track"] == number
    }


def same_audio(was: Row, now: Row) -> bool | None:
    """Of two files: by their samples, or for a lossy codec by what their tags were written into; None where
    neither is known of both and the files differ.
    """
    if was["sha256"] == now["sha256"]:
        return True
    for old, new in (
        (was.get("pcm_sha256"), now.get("pcm_sha256")),
        ((was.get("inputs") or {}).get("audio"), (now.get("inputs") or {}).get("audio")),
    ):
        if old and new:
            return bool(old == new)
    return None


# --- what is on the CD besides its tracks


def _hidden(before: Row, now: Row) -> list[str]:
    """Of what is before track 1, where both revisions have a CD: it is none of the tracks."""
    if not (_has(before, "cd") and _has(now, "cd")):
        return []
    old, new = _hidden_file(before), _hidden_file(now)
    if not old and new:
        return ["A hidden track is new before track 1 of the CD."]
    if old and not new:
        return ["Nothing is hidden before track 1 of the CD any more."]
    if old and new and _same_hidden(old, new) is False:
        return ["What is hidden before track 1 of the CD has changed."]
    return []


def _same_hidden(old: Row, new: Row) -> bool | None:
    """By what it was rendered from, where that is known: the file has the silence behind it, too."""
    was, now = ((row.get("inputs") or {}).get("audio") for row in (old, new))
    return bool(was == now) if was and now else same_audio(old, new)


def _hidden_file(revision: Row) -> Row | None:
    return next((row for row in revision["files"] if row.get("role") == "hidden"), None)


def only_laid_otherwise(before: Row, now: Row) -> bool:
    """Whether the programme is the same and lies otherwise on the CD."""
    return same_programme(before, now) and laid_otherwise(before, now)


def _between(before: Row, now: Row) -> list[str]:
    if not only_laid_otherwise(before, now):
        return []
    return ["CD: the same tracks are laid otherwise; what lies between and around them has changed."]


# --- vinyl


def _vinyl(before: Row, now: Row, *, same_music: bool) -> list[str]:
    """Of the sides that both have. `same_music` says that no song is another, nor its audio."""
    old, new = _sides(before, "vinyl"), _sides(now, "vinyl")
    common, changed = _changed_sides(old, new)
    if not changed:
        return []
    everything = changed == common
    softer = _softer(_turned_down_db(before), _turned_down_db(now)) if everything else ""
    if softer and same_music:
        return [f"Vinyl: all sides are {softer}, the music is the same."]
    sides = _sides_have(changed)
    if old.keys() == new.keys() and _laid_otherwise(old, new):
        return [f"Vinyl: {sides} changed: the same tracks are laid otherwise."]
    lengths = "".join(f"; {_longer(letter, old[letter], new[letter])}" for letter in changed
                      if _length_s(old[letter]) != _length_s(new[letter]))  # fmt: skip
    return [f"Vinyl: {sides} changed{f', and all are {softer}' if softer else ''}{lengths}."]


def _tape(before: Row, now: Row) -> list[str]:
    """The same of the sides of a cassette."""
    old, new = _sides(before, "cassette"), _sides(now, "cassette")
    _, changed = _changed_sides(old, new)
    if not changed:
        return []
    laid = ": the same tracks are laid otherwise" if _laid_otherwise(old, new) else ""
    return [f"Cassette: {_sides_have(changed)} changed{laid}."]


def _longer(letter: str, old: Row, new: Row) -> str:
    """`side A 01:54.9 → 02:01.9`: a cutter sets level and pitch by it."""
    return f"side {letter} {_clock(_length_s(old))} → {_clock(_length_s(new))}"


def _length_s(side: Row) -> float:
    """To a tenth; 0 where it is not on record."""
    return round(side["frames"] / side["rate"], 1) if side.get("frames") and side.get("rate") else 0.0


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60):02}:{seconds % 60:04.1f}"


def _changed_sides(old: Mapping[str, Row], new: Mapping[str, Row]) -> tuple[list[str], list[str]]:
    """The sides that both have, and those of them that have other samples."""
    common = sorted(old.keys() & new.keys())
    return common, [side for side in common if old[side]["pcm_sha256"] != new[side]["pcm_sha256"]]


def _sides_have(letters: Sequence[str]) -> str:
    return f"side{'s' if len(letters) > 1 else ''} {_listed(letters)} {'have' if letters[1:] else 'has'}"


def _sides(revision: Row, kind: str) -> dict[str, Row]:
    files = revision["files"]
    return {row["side"]: row for row in files if (row["kind"], row.get("role")) == (kind, "side")}


def _turned_down_db(revision: Row) -> float | None:
    """None where that is not known: what goes through limiters for vinyl has no gain either."""
    gain_db = revision.get("vinyl_gain_db")
    unlimited = any(trace["detail"].endswith(FOR_VINYL) for trace in revision.get("traces", ()))
    return gain_db if gain_db or unlimited else None


def _softer(was_db: float | None, now_db: float | None) -> str:
    if was_db is None or now_db is None or f"{was_db:.1f}" == f"{now_db:.1f}":
        return ""
    word = "softer" if now_db < was_db else "louder"
    return f"{abs(now_db - was_db):.1f} dB {word} ({was_db + 0.0:.1f} → {now_db + 0.0:.1f} dB)"


def _laid_otherwise(old: Mapping[str, Row], new: Mapping[str, Row]) -> bool:
    """Whether all sides together hold the very same tracks."""
    was, now = (
        [(row.get("inputs") or {}).get("audio") or [] for row in sides.values()] for sides in (old, new)
    )
    return all([*was, *now]) and Counter(chain(*was)) == Counter(chain(*now))


# --- words


def _mix(was: Row, now: Row) -> list[str]:
    """`mix v3 → v4`; folders are nobody's concern."""
    old, new = was.get("mix") or {}, now.get("mix") or {}
    if old.get("sha256") == new.get("sha256"):
        return []
    step = mix_step(*(PurePath(each.get("path") or "").name for each in (old, new)))
    return [f"mix {step}" if step else "mix changed, under the same name"]


def _words(was: Row, now: Row) -> Iterator[str]:
    for field, name in WORDS.items():
        if was.get(field) != now.get(field):
            yield f"{name} {_quoted(was.get(field), field)} → {_quoted(now.get(field), field)}"


def _disc(was: Row, now: Row) -> list[str]:
    """Where it is on a CD of several; the audio is the same on any."""
    old, new = was.get("disc", 1), now.get("disc", 1)
    return [f"disc {old} → {new}"] if old != new else []


def _quoted(value: str | None, field: str) -> str:
    if not value:
        return "none"
    return value if field == "isrc" else f'"{value}"'


def _named(song: Row) -> str:
    return f"{song['number']:02} {song['title']}"


def _listed(names: Iterable[str]) -> str:
    """`A, B and C`."""
    *first, last = [*names] or [""]
    return f"{', '.join(first)} and {last}" if first else last
