"""A song in two revisions: what an engineer would ask about it, in figures and words."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsp.comparison import LEVEL_OCTAVES, OCTAVES_HZ
from dsp.spectrum import NOMINAL_HZ
from pipeline.build import reasons
from pipeline.build.history import Revision
from pipeline.build.nulling import Heard
from pipeline.build.trace import Before, trace_of

Row = Mapping[str, Any]
FilePair = tuple[Row | None, Row | None]
PLACES = ("number", "start_seconds", "length_seconds")
MASTER_FIGURES = ("lufs_i", "lufs_s_max", "true_peak_dbtp", "plr_db", "lra_lu", "width_db", "correlation")
LEVEL_FIGURES = ("gain_db", "limiting_max_db")
# Fields of a track that tags repeat, by what reasons call them.
FIELDS = {"title": "title", "artist": "artist", "ISRC": "isrc"}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing, as it was and as it is. `files` are those that say so in their tags."""

    name: str
    before: Any
    now: Any
    files: tuple[str, ...] = ()

    def is_like(self, other: "Change") -> bool:
        """The same has become the same, in whatever files."""
        return (self.name, self.before, self.now) == (other.name, other.before, other.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """A song that is in both revisions.

    Attributes:
        title: as it is now.
        places: of `PLACES`, whether they differ or not.
        mix: path and checksum.
        words: title, ISRC and tags that differ, each once however many files have it.
        limiter: its settings that differ.
        figures: of the master and of its gain, whether they differ or not; None for silence.
        tone_db: by octave, see `tone_db`.
        same_audio: whether every format that both revisions have holds the same samples; None where they
            have none in common.
        heard: how audio that is not the same differs.
        why: what was done otherwise.
        alternates: versions that are new, gone, of another mix, or sound otherwise.
        changed_alternates: those that are in both and sound otherwise.
    """

    title: str
    places: tuple[Change, ...]
    mix: Change
    words: tuple[Change, ...]
    limiter: tuple[Change, ...]
    figures: tuple[Change, ...]
    tone_db: Mapping[float, float | None]
    same_audio: bool | None
    heard: Heard
    why: tuple[str, ...]
    alternates: tuple[Change, ...]
    changed_alternates: tuple[str, ...]

    @property
    def number(self) -> int:
        """As it is now."""
        return int(self.places[0].now)


def song(was: Row, now: Row, files: Sequence[FilePair], heard: Heard, why: Sequence[str]) -> Song:
    """A track of a record, then and now.

    Args:
        files: rows of all files, then and now.
        heard: what the null tests have found; nothing for the same audio.
    """
    own = [(old, new) for old, new in files if old and new and new["track"] == now["number"]]
    changed = _changed_alternates([pair for pair in own if pair[1].get("version")])
    return Song(
        title=now["title"],
        places=tuple(Change(name, was[name], now[name]) for name in PLACES),
        mix=Change("mix", _mix(was), _mix(now)),
        words=tuple(_words(was, now, [pair for pair in own if not pair[1].get("version")])),
        limiter=tuple(_limiter(was.get("limiter"), now.get("limiter"))),
        figures=tuple(_figures(was, now)),
        tone_db=tone_db(was["master"], now["master"]),
        same_audio=same_audio(was["audio"], now["audio"]),
        heard=heard,
        why=tuple(why),
        alternates=tuple(_alternates(was, now, changed)),
        changed_alternates=changed,
    )


def same_audio(was: Mapping[str, str], now: Mapping[str, str]) -> bool | None:
    """By checksums of what is decoded of each format; None when there is no format in both."""
    common = was.keys() & now.keys()
    return all(was[form] == now[form] for form in common) if common else None


def tone_db(was: Row, now: Row) -> dict[float, float | None]:
    """By octave from 31.5 Hz to 16 kHz, what a master has more of than before at the same level.

    The level of each octave, less what the octaves from 125 Hz to 8 kHz differ by on average, as for
    references: a gain is 0 dB everywhere, and so is more silence behind a song. None where one of the two
    has nothing in an octave.
    """
    more_db = [_less(b, a) for a, b in zip(_octaves_dbfs(was), _octaves_dbfs(now), strict=True)]
    heard_db = [each for each in more_db[LEVEL_OCTAVES] if each is not None]
    level_db = sum(heard_db) / len(heard_db) if heard_db else 0.0
    return {
        hz: None if each is None else round(each - level_db, 4)
        for hz, each in zip(OCTAVES_HZ, more_db, strict=True)
    }


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _octaves_dbfs(master: Row) -> list[float | None]:
    """Of the third octaves from 25 Hz on, three at a time."""
    thirds = master.get("thirds_dbfs") or {}
    levels_dbfs = [thirds.get(f"{hz:g}") for hz in NOMINAL_HZ[1:]]
    return [_summed_dbfs(levels_dbfs[at : at + 3]) for at in range(0, len(levels_dbfs), 3)]


def _summed_dbfs(levels_dbfs: Sequence[float | None]) -> float | None:
    power = sum(10.0 ** (level / 10.0) for level in levels_dbfs if level is not None)
    return 10.0 * math.log10(power) if power > 0.0 else None


def _figures(was: Row, now: Row) -> Iterator[Change]:
    yield from (Change(name, was["master"].get(name), now["master"].get(name)) for name in MASTER_FIGURES)
    yield from (Change(name, was.get(name), now.get(name)) for name in LEVEL_FIGURES)


def _mix(track: Row) -> dict[str, Any]:
    return {name: track["mix"].get(name) for name in ("path", "sha256")}


def _words(was: Row, now: Row, files: Sequence[tuple[Row, Row]]) -> list[Change]:
    """Fields of the track, then what else the tags of its files say otherwise."""
    found = {
        name: Change(name, was.get(field), now.get(field))
        for name, field in FIELDS.items()
        if was.get(field) != now.get(field)
    }
    for old, new in files:
        before, after = _tags(old), _tags(new)
        for tag in sorted(before.keys() | after.keys()):
            if before.get(tag) != after.get(tag):
                name = reasons.FIELDS.get(tag, tag.lower())
                said = found.get(name) or Change(name, _joined(before.get(tag)), _joined(after.get(tag)))
                found[name] = Change(name, said.before, said.now, (*said.files, new["path"]))
    return [Change(each.name, each.before, each.now, tuple(dict.fromkeys(each.files)))
            for each in found.values()]  # fmt: skip


def _tags(row: Row) -> Mapping[str, Sequence[str]]:
    return row["inputs"].get("tags") or row.get("tags") or {}


def _joined(values: Sequence[str] | None) -> str | None:
    return None if values is None else "; ".join(values)


def _limiter(was: str | None, now: str | None) -> list[Change]:
    """The settings that differ of two limiters as records have them; all of it where it went on or off."""
    if was is None or now is None or was == now:
        return []
    own, other = (dict(re.findall(r"(\w+)=([^,)]+)", text)) for text in (was, now))
    if not own or not other:
        return [Change("limiter", "on" if own else "off", "on" if other else "off")]
    return [
        Change(name, own.get(name), other.get(name))
        for name in dict.fromkeys((*own, *other))
        if own.get(name) != other.get(name)
    ]


def _changed_alternates(files: Sequence[tuple[Row, Row]]) -> tuple[str, ...]:
    """Versions of which a file holds other audio, or was made from other audio where that is not known."""
    return tuple(dict.fromkeys(new["version"] for old, new in files if _is_other(old, new)))


def _is_other(was: Row, now: Row) -> bool:
    if was.get("pcm_sha256") and now.get("pcm_sha256"):
        return bool(was["pcm_sha256"] != now["pcm_sha256"])
    return bool(was["inputs"].get("audio") != now["inputs"].get("audio"))


def _alternates(was: Row, now: Row, changed: Sequence[str]) -> Iterator[Change]:
    """By version."""
    own, other = (
        {each["version"]: _mix(each) for each in track.get("alternates", ())} for track in (was, now)
    )
    for version in dict.fromkeys((*own, *other)):
        if own.get(version) != other.get(version) or version in changed:
            yield Change(version, own.get(version), other.get(version))


def because(before: Revision, now: Revision, forms: Mapping[int, str]) -> dict[int, list[str]]:
    """Why the master of each track is another, by its number now; nothing where there is no record of it.

    `forms` are the formats that are compared.
    """
    if not before["traces"]:
        return {}
    known = Before(before, now["tracks"])
    traces = [trace_of(row) for row in now["traces"]]
    reels = {tracks[0]: tracks for tracks in (gain["tracks"] for gain in now["gains"])}
    mastered = {
        track: reasons.mastered(known.trace("master", trace.track, ""), trace)
        for trace in traces
        if trace.what == "master" and not trace.detail
        for track in reels.get(trace.track, ())
    }
    return {
        number: why
        for trace in traces
        if trace.what == "render"
        for number, why in reasons.rendered(known, trace, mastered).items()
        if forms.get(number) == trace.detail
    }
