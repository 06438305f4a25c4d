"""What is otherwise in one revision than in another: songs, seams, files; and that nothing else is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pipeline.build.history import Revision
from pipeline.build.nulling import nulled, nulled_data
from pipeline.build.run import Runner
from pipeline.build.songs import Change, FilePair, Row, Song, because, same_audio, song
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
class Diff:
    """Two revisions, by number, None for what a build would make now.

    `came` and `gone` are tracks that only one has, `words` tags that differ alike in every song, `seams` how
    a song goes on into the next, by its number now, where that differs.
    """

    before: int | None
    now: int | None
    songs: tuple[Song, ...]
    came: tuple[Row, ...]
    gone: tuple[Row, ...]
    words: tuple[Change, ...]
    seams: tuple[Change, ...]
    files: Files


def compared(before: Revision, now: Revision, runner: Runner) -> Diff:
    """Everything that differs; audio is read only of songs whose audio is not the same."""
    matched = pairs(before["tracks"], now["tracks"])
    both = [(before["tracks"][old], now["tracks"][new]) for old, new in matched
            if old is not None and new is not None]  # fmt: skip
    names = name_of(before["revision"]), name_of(now["revision"])
    other = [pair for pair in both if not same_audio(pair[0]["audio"], pair[1]["audio"])]
    numbers = [are["number"] for _, are in other]
    heard = dict(zip(numbers, nulled(other, names, runner), strict=True))
    why = because(before, now) if other else {}
    files = _paired(before["files"], now["files"], {was["number"]: are["number"] for was, are in both})
    songs = [
        song(was, are, files, heard.get(are["number"], (None, "")),
             why.get(are["number"], ()) if are["number"] in heard else ())
        for was, are in both
    ]  # fmt: skip
    shared = _shared(songs)
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


def _is_same(was: Row, now: Row) -> bool | None:
    """By what is in them; where that is not known yet, by what they are made from."""
    for name in ("sha256", "key"):
        if was.get(name) and now.get(name):
            return bool(was[name] == now[name])
    return None


def verdict(diff: Diff) -> str:
    """Whether the audio of anything else has moved."""
    changed = [each for each in diff.songs if each.same_audio is False]
    unknown = [each for each in diff.songs if each.same_audio is None]
    same = len(diff.songs) - len(changed) - len(unknown)
    unsaid = f" Of {_numbers(unknown)} no format is in both." if unknown else ""
    if not same:
        return f"The audio of every track has changed.{unsaid}" if changed else unsaid.strip()
    alike = "is the same, sample for sample."
    if changed or unknown or diff.came or diff.gone:
        tracks = "the other track" if same == 1 else f"the other {same} tracks"
        return f"Nothing else moved: the audio of {tracks} {alike}{unsaid}"
    tracks = "the track" if same == 1 else f"all {same} tracks"
    return f"No audio has changed: that of {tracks} {alike}"


def _numbers(songs: Sequence[Song]) -> str:
    return ", ".join(f"{each.number:02}" for each in songs)


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
        "files": asdict(diff.files),
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
            "null": nulled_data(each.nulled) if each.nulled else None,
            "why_no_null": each.not_nulled or None,
            "why": list(each.why),
        },
    }


def _then_and_now(change: Change) -> dict[str, Any]:
    return {"before": change.before, "now": change.now}
