"""Which audio of a song in two revisions is subtracted, and what the null test finds; once for each pair."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dsp.difference import ROUNDING_FLOOR, Difference, Passage, difference
from dsp.stream import Block
from pipeline import versions
from pipeline.audiofile import open_mix
from pipeline.build.cache import Cache
from pipeline.build.keys import key_of
from pipeline.build.run import Advance, Runner, Task
from pipeline.measure import rounded
from pipeline.render import DITHER_LSB
from pipeline.shaped import read_blocks

Row = Mapping[str, Any]
SHAPED, MASTERS = "before gain and limiting", "as mastered"
# Raised by hand whenever the same audio gives another result.
VERSION = 1
RESULT = "difference.json"
# What 24 bits add to a sample, in LSB: one of dither, half a one of rounding.
ROUNDED_LSB = 1.5
# A shift is called whole that is so close to it, in frames.
WHOLE_FRAMES = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Nulled:
    """How the audio of a song differs.

    `of` is `SHAPED`: behind the chain, where nothing is dithered; or `MASTERS`, with gain, limiting, fades
    and dither. `rate` is that of what was compared, `form` its format, empty for shaped audio; times in
    `difference` are from the start of the track. `shift_frames` are of the mix, whose rate is `mix_rate`.
    """

    of: str
    form: str
    rate: int
    mix_rate: int
    difference: Difference

    @property
    def shift_frames(self) -> float:
        frames = self.difference.shift_frames * self.mix_rate / self.rate
        return float(round(frames)) if abs(frames - round(frames)) <= WHOLE_FRAMES else round(frames, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """The audio of one track in one revision; `floor` is what rounding and
    dither may make of it in two revisions, linear.
    """

    content: tuple[Any, ...]
    form: str
    rate: int
    seconds: float
    floor: float
    blocks: Callable[[], Iterator[Block]]


Read = Callable[[Row, Cache, str], _Stretch | str]


def nulled(
    songs: Sequence[tuple[Row, Row]], names: tuple[str, str], runner: Runner
) -> list[tuple[Nulled | None, str]]:
    """What the null test finds of each song, or None and why there is nothing to say.

    Shaped audio is subtracted where it is other audio and the cache has both; what that does not explain, or
    cannot, is looked for in the masters.

    Args:
        songs: tracks as in a record, before and now.
        names: what the revisions are called in sentences.
    """
    found: dict[int, Nulled] = {}
    why: dict[int, str] = {}
    for of, read in ((SHAPED, _shaped), (MASTERS, _mastered)):
        waiting = [place for place in range(len(songs)) if place not in found]
        pairs: dict[int, tuple[_Stretch, _Stretch]] = {}
        for place in waiting:
            if of == MASTERS or _content(songs[place][0]) != _content(songs[place][1]):
                pair = _pair(songs[place], names, runner.cache, read)
                if isinstance(pair, str):
                    why.setdefault(place, pair)
                else:
                    pairs[place] = pair
        tasks = {place: _task(songs[place][1], *pair) for place, pair in pairs.items()}
        runner.run("comparing", tasks.values())
        for place, task in tasks.items():
            result = _read(runner.cache.path(task.keys[0]))
            if not result.identical:
                found[place] = _nulled(of, pairs[place][1], songs[place][1], result)
            elif of == MASTERS:
                why.setdefault(
                    place, f"in {pairs[place][1].form} no sample differs, in other formats some do"
                )
    return [(found.get(place), "" if place in found else why[place]) for place in range(len(songs))]


def _content(track: Row) -> str | None:
    return (track.get("shaped") or {}).get("content")


def _pair(
    song: tuple[Row, Row], names: tuple[str, str], cache: Cache, read: Read
) -> tuple[_Stretch, _Stretch] | str:
    """What is to be subtracted, or why that cannot be."""
    one, other = (read(track, cache, name) for track, name in zip(song, names, strict=True))
    if isinstance(one, str):
        return one
    if isinstance(other, str):
        return other
    if one.rate != other.rate:
        return f"other sample rates: {one.rate / 1000:g} and {other.rate / 1000:g} kHz"
    return one, other


def _shaped(track: Row, cache: Cache, name: str) -> _Stretch | str:
    about = track.get("shaped")
    if not about:
        return _unknown(name)
    if not cache.proves(about["key"]):
        return _gone(name)
    first, stop = about["first_frame"], about["stop_frame"]
    return _Stretch(
        content=(cache.output(about["key"]), first, stop),
        form="",
        rate=about["rate"],
        seconds=(stop - first) / about["rate"],
        floor=ROUNDING_FLOOR,
        blocks=lambda: read_blocks(cache.path(about["key"]), first, stop),
    )


def _mastered(track: Row, cache: Cache, name: str) -> _Stretch | str:
    about = track.get("rendered")
    if not about:
        return _unknown(name)
    if not cache.proves(about["key"]):
        return _gone(name)
    path = cache.path(about["key"]) / about["file"]
    info = open_mix(path).info
    if info.lossy:
        return f"{name} has only lossy files"
    lsb = DITHER_LSB if info.bits == 16 else ROUNDED_LSB
    return _Stretch(
        content=(cache.sums(about["key"])[about["file"]],),
        form=about["form"],
        rate=info.rate,
        seconds=track["length_seconds"],
        floor=2.0 * lsb * 2.0 ** (1 - info.bits),
        blocks=lambda: open_mix(path).blocks(),
    )


def _unknown(name: str) -> str:
    return f"there is no record of where the audio of {name} is"


def _gone(name: str) -> str:
    return f"the audio of {name} is no longer in the cache (deadwax clean)"


def _task(track: Row, first: _Stretch, second: _Stretch) -> Task:
    floor = max(first.floor, second.floor)

    def work(folders: Mapping[str, Path], advance: Advance) -> None:
        def watched(stretch: _Stretch) -> Iterator[Block]:
            for block in stretch.blocks():
                advance(0.0)  # which is where a comparison that somebody interrupts ends
                yield block

        found = difference(lambda: watched(first), lambda: watched(second), first.rate, floor=floor)
        for folder in folders.values():
            (folder / RESULT).write_text(json.dumps(asdict(found)))
        advance(second.seconds)

    code = (VERSION, versions.audio_libraries())
    return Task(
        keys=(key_of("difference", code, first.content, second.content, first.rate, floor),),
        label=f"{track['number']:02} {track['title']}: compare",
        seconds=second.seconds,
        work=work,
        reason="not compared before",
    )


def _read(folder: Path) -> Difference:
    known: dict[str, Any] = json.loads((folder / RESULT).read_text())
    return Difference(**known | {"passages": tuple(Passage(**each) for each in known["passages"])})


def _nulled(of: str, stretch: _Stretch, track: Row, found: Difference) -> Nulled:
    mix_rate = (track.get("shaped") or {}).get("mix_rate") or track["mix"]["rate"]
    return Nulled(of=of, form=stretch.form, rate=stretch.rate, mix_rate=mix_rate, difference=found)


def nulled_data(each: Nulled) -> dict[str, Any]:
    """Every figure; a level that is not finite is null."""
    found = each.difference
    plain = {name: value for name, value in asdict(found).items() if name != "passages"}
    return {
        "compared": each.of,
        "form": each.form or None,
        "rate": each.rate,
        "mix_rate": each.mix_rate,
        "mix_shift_frames": each.shift_frames,
        "nulls_completely": found.null_db == float("-inf"),
        **{name: _plain(value) for name, value in plain.items()},
        "first_s": _plain(found.first_s),
        "last_s": _plain(found.last_s),
        "passages": [
            {name: _plain(value) for name, value in asdict(passage).items()} for passage in found.passages
        ],
    }


def _plain(value: Any) -> Any:
    """Times keep the frame: six decimals."""
    if not isinstance(value, float):
        return value
    return None if rounded(value) is None else round(value, 6)
