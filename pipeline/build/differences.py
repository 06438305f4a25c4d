"""What is otherwise in one revision than in another: songs, seams, files; and that nothing else is."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from typing import Any

from pipeline.build.history import Revision
from pipeline.build.nulling import Heard, in_one_format, nulled, nulled_data
from pipeline.build.run import Runner
from pipeline.build.songs import Change, FilePair, Row, Song, because, same_audio, song
from pipeline.deliver.disc_changes import disc_lines
from pipeline.deliver.sounding import only_laid_otherwise
from pipeline.identity import pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Paths of files, the paperwork not among them; `renamed` are the same under another name.

    `unknown` are those of which one revision has no checksum, `total` counts what there is now.
    """

    total: int
    changed: tuple[str, ...]
    renamed: tuple[str, ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vinyl:
    """Sides by their letters: those that are cut otherwise, those of them where that does not follow from a
    main version alone, and the numbers of the tracks of those that hold others. `gain_db` is that of all.
    """

    changed: tuple[str, ...]
    besides: tuple[str, ...]
    tracks: tuple[Change, ...]
    gain_db: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """Two revisions, by number, None for what a build would make now.

    `came` and `gone` are tracks that only one has, `words` tags that differ alike in every song, `seams` how
    a song goes on into the next, by its number now, where that differs. `hidden` says that what is heard
    before track 1 of the CD does, `laid` that the same songs lie otherwise there, `cd` are the lines of
    `disc_lines`. `vinyl` is None unless both have sides. `idle` says that a build has nothing to do, so that
    the last two revisions are compared.
    """

    before: int | None
    now: int | None
    songs: tuple[Song, ...]
    came: tuple[Row, ...]
    gone: tuple[Row, ...]
    words: tuple[Change, ...]
    seams: tuple[Change, ...]
    files: Files
    hidden: bool = False
    laid: bool = False
    cd: tuple[str, ...] = ()
    vinyl: Vinyl | None = None
    idle: bool = False


def compared(before: Revision, now: Revision, runner: Runner) -> Diff:
    """Everything that differs; audio is read only of songs whose audio is not the same."""
    matched = pairs(before["tracks"], now["tracks"])
    both = [(before["tracks"][old], now["tracks"][new]) for old, new in matched
            if old is not None and new is not None]  # fmt: skip
    both = in_one_format(before, now, both, runner.cache)
    names = name_of(before["revision"]), name_of(now["revision"])
    other = [pair for pair in both if not same_audio(pair[0]["audio"], pair[1]["audio"])]
    numbers = [are["number"] for _, are in other]
    heard = dict(zip(numbers, nulled(other, names, runner), strict=True))
    forms = {are["number"]: (are.get("rendered") or {}).get("form", "") for _, are in both}
    why = because(before, now, forms) if other else {}
    moved = {was["number"]: are["number"] for was, are in both}
    files = _paired(before["files"], now["files"], moved)
    songs = [
        song(was, are, files, heard.get(are["number"], Heard()),
             why.get(are["number"], ()) if are["number"] in heard else ())
        for was, are in both
    ]  # fmt: skip
    shared = _shared(songs)
    hidden = any(_sounds_otherwise(was, are) for was, are in files if _is_hidden(was or are))
    return Diff(
        before=before["revision"],
        now=now["revision"],
        songs=tuple(replace(each, words=_without(each.words, shared)) for each in songs),
        came=tuple(now["tracks"][new] for old, new in matched if old is None and new is not None),
        gone=tuple(before["tracks"][old] for old, new in matched if new is None and old is not None),
        words=shared,
        seams=tuple(
            Change(str(are["number"]), was["seam"], are["seam"])
            for was, are in both
            if was.get("seam", are["seam"]) != are["seam"]
        ),
        files=_files(files),
        hidden=hidden,
        laid=not hidden and only_laid_otherwise(before, now),
        cd=tuple(disc_lines(before, now)),
        vinyl=_vinyl(before, now, files, moved, set(numbers)),
    )


def name_of(revision: int | None) -> str:
    return "now" if revision is None else f"revision {revision}"


def _shared(songs: Sequence[Song]) -> tuple[Change, ...]:
    """What the tags of all songs say otherwise in the same way; of one song nothing is shared."""
    if len(songs) < 2:
        return ()
    return tuple(
        each for each in songs[0].words if all(any(map(each.is_like, song.words)) for song in songs[1:])
    )


def _without(words: Sequence[Change], shared: Sequence[Change]) -> tuple[Change, ...]:
    return tuple(each for each in words if not any(map(each.is_like, shared)))


def _paired(before: Sequence[Row], now: Sequence[Row], numbers: Mapping[int, int]) -> list[FilePair]:
    """Files that have the same part in both, whatever they are called; `numbers` are those of songs, then
    and now.
    """
    waiting: dict[Any, list[Row]] = {}
    for row in before:
        if row["kind"] != "delivery":
            track = row["track"] and numbers.get(row["track"], -row["track"])
            waiting.setdefault(_part(row, track), []).append(row)
    found: list[FilePair] = []
    for row in now:
        same = waiting.get(_part(row, row["track"]))
        if row["kind"] != "delivery":
            found.append((same.pop(0) if same else None, row))
    return [*found, *((row, None) for rows in waiting.values() for row in rows)]


def _part(row: Row, track: int | None) -> tuple[Any, ...]:
    folder, _, name = row["path"].rpartition("/")
    return row["kind"], row["role"], row.get("version"), row["side"], track, folder, name.rpartition(".")[2]


def _files(files: Sequence[FilePair]) -> Files:
    both = [(was, are, _is_same(was, are)) for was, are in files if was and are]
    return Files(
        total=sum(are is not None for _, are in files),
        changed=tuple(are["path"] for _, are, same in both if same is False),
        renamed=tuple(are["path"] for was, are, same in both if same and was["path"] != are["path"]),
        new=tuple(are["path"] for was, are in files if are and not was),
        gone=tuple(was["path"] for was, are in files if was and not are),
        unknown=tuple(are["path"] for _, are, same in both if same is None),
    )


def _is_hidden(row: Row | None) -> bool:
    return row is not None and row["role"] == "hidden"


def _sounds_otherwise(was: Row | None, now: Row | None) -> bool:
    """By what it was rendered from, which is known before the file is written."""
    return not (was and now) or was["inputs"].get("audio") != now["inputs"].get("audio")


def _is_same(was: Row, now: Row) -> bool | None:
    """By what is in them; where that is not known yet, by what they are made from."""
    for name in ("sha256", "key"):
        if was.get(name) and now.get(name):
            return bool(was[name] == now[name])
    return None


def verdict(diff: Diff) -> str:
    """Whether the audio of anything else has moved."""
    same = [each for each in diff.songs if each.same_audio]
    paused = [each for each in diff.songs if each.same_audio is False and each.heard.only_pause]
    unknown = [each for each in diff.songs if each.same_audio is None]
    changed = len(diff.songs) - len(same) - len(paused) - len(unknown)
    told = [
        *_moved(diff, len(same), bool(paused), bool(changed), bool(unknown)),
        *([f"{_numbers(paused)} {'is' if len(paused) == 1 else 'are'} the same but for the pause behind "
           f"{'it' if len(paused) == 1 else 'them'}."] if paused else []),
        *([f"Of {_numbers(unknown)} no format is in both."] if unknown else []),
    ]  # fmt: skip
    return " ".join(told)


def _moved(diff: Diff, same: int, paused: bool, changed: bool, unknown: bool) -> Iterator[str]:
    """`same` is how many tracks are; the others say whether there are any."""
    lead = _besides(diff)
    alone = not (changed or unknown or diff.came or diff.gone)
    tracks = _tracks(same, "" if alone and not paused else "other ")
    alike = f"{tracks} is the same, sample for sample." if same else ""
    if alone and (same or paused):
        none = f"{lead}; no main version has" if lead else "No audio has changed"
        yield f"{none}: {'the audio' if lead else 'that'} of {alike}" if same else f"{none}."
    elif same:
        yield f"{lead}, too; the audio of {alike}" if lead else f"Nothing else moved: the audio of {alike}"
    else:
        if changed and not paused:
            yield "The audio of every track has changed."
        if lead:
            yield f"{lead}{', too' * changed}."


def _tracks(count: int, other: str) -> str:
    if count == 1:
        return f"the {other}track"
    return f"the other {count} tracks" if other else f"all {count} tracks"


def _besides(diff: Diff) -> str:
    """What has changed and is no main version, nor follows from one that has."""
    letters = diff.vinyl.besides if diff.vinyl else ()
    names = [
        f"{each.number:02} {each.title} ({version})"
        for each in diff.songs
        for version in each.changed_alternates
    ]
    names += ["what is hidden before track 1 of the CD"] if diff.hidden else []
    names += ["what lies between and around the tracks of the CD"] if diff.laid else []
    many = len(names) + len(letters) > 1
    names += [f"vinyl {sides(letters)}"] if letters else []
    return f"{listed(names)} {'have' if many else 'has'} changed" if names else ""


def sides(letters: Sequence[str]) -> str:
    return f"side{'s' * (len(letters) > 1)} {listed(letters)}"


def listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _numbers(songs: Sequence[Song]) -> str:
    return ", ".join(f"{each.number:02}" for each in songs)


def _vinyl(
    before: Revision, now: Revision, files: Sequence[FilePair], numbers: Mapping[int, int], changed: Set[int]
) -> Vinyl | None:
    """`numbers` are those of songs, then and now, `changed` those now whose main version is not the same."""
    both = [
        (was, are) for was, are in files
        if was and are and (are["kind"], are["role"]) == ("vinyl", "side")
        and "audio" in was["inputs"] and "audio" in are["inputs"]
    ]  # fmt: skip
    if not both:
        return None
    others = {are["side"]: _others(was["inputs"], are["inputs"], numbers) for was, are in both}
    laid = [
        Change(
            are["side"], tuple(map(int, was["inputs"]["tracks"])), tuple(map(int, are["inputs"]["tracks"]))
        )
        for was, are in both
    ]
    other_tracks = {
        each.name: each
        for each in laid
        if [numbers.get(number, -number) for number in each.before] != list(each.now)
    }
    return Vinyl(
        changed=tuple(letter for letter, other in others.items() if other or letter in other_tracks),
        besides=tuple(
            letter for letter, other in others.items() if other - changed or letter in other_tracks
        ),
        tracks=tuple(other_tracks.values()),
        gain_db=Change("vinyl_gain_db", before.get("vinyl_gain_db"), now.get("vinyl_gain_db")),
    )


def _others(was: Row, now: Row, numbers: Mapping[int, int]) -> set[int]:
    """The tracks of a side that are cut otherwise than before."""
    old = {numbers.get(number): audio for number, audio in zip(was["tracks"], was["audio"], strict=True)}
    each = zip(now["tracks"], now["audio"], strict=True)
    return {number for number, audio in each if old.get(number, audio) != audio}


def diff_data(diff: Diff) -> dict[str, Any]:
    """One JSON document with every figure; a revision is a number, or null for what a build would make."""
    return {
        "before": diff.before,
        "now": diff.now,
        "verdict": verdict(diff),
        "tracks": [_song_data(each) for each in diff.songs],
        "new": [_named(track) for track in diff.came],
        "gone": [_named(track) for track in diff.gone],
        "tags": [asdict(each) for each in diff.words],
        "seams": [{"track": int(each.name), "before": each.before, "now": each.now} for each in diff.seams],
        "hidden": diff.hidden,
        "cd": list(diff.cd),
        "vinyl": asdict(diff.vinyl) if diff.vinyl else None,
        "files": asdict(diff.files),
        "nothing_to_build": diff.idle,
    }


def _named(track: Row) -> dict[str, Any]:
    return {name: track.get(name) for name in ("number", "title", "isrc", "length_seconds")}


def _song_data(each: Song) -> dict[str, Any]:
    return {
        "title": each.title,
        **{change.name: _then_and_now(change) for change in (*each.places, each.mix, *each.figures)},
        "tone_db": {f"{hz:g}": level_db for hz, level_db in each.tone_db.items()},
        "tags": [asdict(change) for change in each.words],
        "limiter": [_then_and_now(change) | {"setting": change.name} for change in each.limiter],
        "alternates": [_then_and_now(change) | {"version": change.name} for change in each.alternates],
        "audio": {
            "same": each.same_audio,
            "only_pause_differs": each.heard.only_pause,
            "null": nulled_data(each.heard.nulled) if each.heard.nulled else None,
            "null_as_mastered": nulled_data(each.heard.mastered) if each.heard.mastered else None,
            "why_no_null": each.heard.why_not or None,
            "why": list(each.why),
        },
    }


def _then_and_now(change: Change) -> dict[str, Any]:
    return {"before": change.before, "now": change.now}
