"""What a result was made from, kept so that a later build can say why it is made again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from pipeline.cd.disc import HIDDEN
from pipeline.deliver.release import Deliverable
from pipeline.identity import pairs

Data = Mapping[str, Any]
# What a revision keeps the gains of, each in rows of its own.
GAINS = ("gains", "vinyl_gains", "hidden_gains")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One result of a build.

    `what` is master or render, `track` the first that it holds, `detail` tells results of the same track
    apart: the version of an alternate, the format. `inputs` are what `key` is a hash of, as plain data;
    `told` are words for them that change no result.
    """

    what: str
    track: int
    detail: str
    key: str
    inputs: Data
    told: Data = field(default_factory=dict)


class Before:
    """What the last revision was made from, seen from the album as it is now: songs keep their traces when
    they move. Nothing is known before the first.
    """

    def __init__(self, revision: Data | None, tracks: Sequence[Data]) -> None:
        self.revision: Data = revision or {}
        was = self.revision.get("tracks", [])
        matched = [(before, now) for before, now in pairs(was, tracks) if before is not None]
        self._numbers = {HIDDEN: HIDDEN} | {now + 1: before + 1 for before, now in matched if now is not None}
        self.gone = tuple(was[before] for before, now in matched if now is None)
        self._traces = {
            (row["what"], row["track"], row["detail"]): trace_of(row)
            for row in self.revision.get("traces", [])
        }

    def __bool__(self) -> bool:
        return bool(self.revision)

    @property
    def recorded(self) -> bool:
        """Whether it is known how the revision was made."""
        return bool(self._traces)

    @cached_property
    def keys(self) -> Set[str]:
        """Of all results that the revision was made of."""
        return {trace.key for trace in self._traces.values()}

    def number(self, track: int) -> int | None:
        """Which number a track had; None when it is new."""
        return self._numbers.get(track)

    def trace(self, what: str, track: int, detail: str) -> Trace | None:
        number = self.number(track)
        return self._traces.get((what, number, detail)) if number is not None else None

    def rendered(self, track: int, detail: str) -> tuple[Trace, Data] | None:
        """The rendering that held a track, and the reel in it that the track was on."""
        return self._rendered.get((detail, self.number(track)))

    def shaped(self, track: int, version: str) -> str | None:
        """What the shaped audio of a track was, by its content; `version` is that of an alternate."""
        return self._shaped.get((version, self.number(track)))

    def file(self, each: Deliverable) -> Data | None:
        """The row of the file that had this one's part."""
        number = self.number(each.track) if each.track is not None else None
        return self._files.get((each.kind, each.role, each.version, each.side, _part(each.path), number))

    def track(self, track: int) -> Data | None:
        """What the revision says of a song."""
        number = self.number(track)
        return self.revision["tracks"][number - 1] if number else None

    def gain(self, track: int, kept: str = "gains") -> Data | None:
        """`gain_db` and `offset_lu` of the reel of a track; `kept` is one of `GAINS`."""
        number = self.number(track)
        return self._gains[kept].get(number) if number is not None else None

    # Of what there are several of, the first counts.

    @cached_property
    def _rendered(self) -> dict[tuple[str, int | None], tuple[Trace, Data]]:
        found: dict[tuple[str, int | None], tuple[Trace, Data]] = {}
        for trace, reel, track in self._heard():
            found.setdefault((trace.detail, track), (trace, reel))
        return found

    @cached_property
    def _shaped(self) -> dict[tuple[str, int | None], str]:
        found: dict[tuple[str, int | None], str] = {}
        for trace, reel, track in self._heard():
            found.setdefault((version_in(trace.detail), track), str(reel["shaped"]))
        return found

    def _heard(self) -> Iterator[tuple[Trace, Data, int]]:
        """Each track of each rendering, with its reel there."""
        for trace in self._traces.values():
            if trace.what == "render":
                for reel, tracks in zip(trace.inputs["reels"], trace.told["tracks"], strict=True):
                    yield from ((trace, reel, track) for track in tracks)

    @cached_property
    def _files(self) -> dict[tuple[Any, ...], Data]:
        found: dict[tuple[Any, ...], Data] = {}
        for row in self.revision.get("files", []):
            part = (row["kind"], row["role"], row["version"], row["side"], _part(row["path"]), row["track"])
            found.setdefault(part, row)
        return found

    @cached_property
    def _gains(self) -> dict[str, dict[int, Data]]:
        found: dict[str, dict[int, Data]] = {name: {} for name in GAINS}
        for name, rows in found.items():
            for row in self.revision.get(name, []):
                for track in row["tracks"]:
                    rows.setdefault(track, row)
        return found


def _part(path: str) -> str:
    """What tells files of one role apart, whatever an album or a song is called: folder and ending."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/*.{name.rpartition('.')[2]}"


def detail_of(version: str, form: object = "") -> str:
    """What tells results of one track apart; versions are of one line, so nothing else looks like these."""
    return f"{version}\n{form}" if version and form else version or str(form)


def version_in(detail: str) -> str:
    """The alternate that a rendering is of; empty for the main version."""
    version, newline, _ = detail.partition("\n")
    return version if newline else ""


def trace_of(row: Data) -> Trace:
    """Of what is kept; what a newer version has added is left out."""
    known = {each.name for each in fields(Trace)}
    return Trace(**{name: value for name, value in row.items() if name in known})


def rows_of(traces: Iterable[Trace]) -> list[dict[str, Any]]:
    """As they are kept."""
    names = [each.name for each in fields(Trace)]
    return [{name: getattr(trace, name) for name in names} for trace in traces]
