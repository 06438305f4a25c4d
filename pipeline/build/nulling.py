"""Which audio of a song in two revisions is subtracted, and what the null tests find; once for each pair."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dsp.difference import ROUNDING_FLOOR, Difference, Passage, difference
from dsp.gain import db_to_gain
from dsp.stream import Block
from pipeline import versions
from pipeline.audiofile import open_mix
from pipeline.build.cache import Cache
from pipeline.build.keys import key_of
from pipeline.build.renders import FOR_VINYL
from pipeline.build.run import Advance, Runner, Task
from pipeline.formats import LOSSLESS
from pipeline.measure import master_figures, rounded
from pipeline.render import DITHER_LSB, Rendered, read_rendered
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
    """The audio of one track in one revision, `bits` 0 for floating point; `floor` is what rounding and
    dither may make of it in two revisions, linear.
    """

    content: tuple[Any, ...]
    form: str
    rate: int
    bits: int
    seconds: float
    floor: float
    blocks: Callable[[], Iterator[Block]]


@dataclass(frozen=True, slots=True)
class _Rendering:
    """Where the cache has a track in a format: which of the files of that entry."""

    form: str
    key: str
    place: int


Read = Callable[[Row, Cache, str], _Stretch | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the null tests find of a song: `shaped` behind its chain, None where that is the same or cannot be
    compared, `mastered` as it is delivered; `why_not` is why one is missing that there should be.
    """

    shaped: Nulled | None = None
    mastered: Nulled | None = None
    why_not: str = ""

    @property
    def nulled(self) -> Nulled | None:
        """The one that says best what was done: nothing is dithered or limited behind the chain."""
        return self.shaped or self.mastered

    @property
    def only_pause(self) -> bool:
        """The same, sample for sample, as long as it sounds, and a longer or shorter silence behind it."""
        if self.shaped or not self.mastered:
            return False
        found = self.mastered.difference
        nothing = Difference(first_frames=found.first_frames, second_frames=found.second_frames)
        return found.first_frames != found.second_frames and found == nothing


def nulled(songs: Sequence[tuple[Row, Row]], names: tuple[str, str], runner: Runner) -> list[Heard]:
    """What the null tests find of each song.

    Shaped audio is subtracted where it is other audio and the cache has both, and the masters always: gain,
    limiting and fades may differ as well, or undo what was done before them.

    Args:
        songs: tracks as in a record, before and now.
        names: what the revisions are called in sentences.
    """
    shaped, mastered = (_found(of, songs, names, runner) for of in (SHAPED, MASTERS))
    return [_heard(*each) for each in zip(shaped, mastered, strict=True)]


def _heard(shaped: Nulled | str, mastered: Nulled | str) -> Heard:
    """Of two reasons the first is told; none where the masters, which are what is heard, were compared."""
    heard = Heard() if isinstance(shaped, str) else Heard(shaped=shaped)
    if isinstance(mastered, str):
        return replace(heard, why_not=shaped if isinstance(shaped, str) and shaped else mastered)
    return replace(heard, mastered=mastered)


def _found(
    of: str, songs: Sequence[tuple[Row, Row]], names: tuple[str, str], runner: Runner
) -> list[Nulled | str]:
    """Of each song how that audio differs, or why it is not known; nothing for shaped audio that is the
    same.
    """
    read = _shaped if of == SHAPED else _mastered
    pairs = [
        "" if of == SHAPED and _content(song[0]) == _content(song[1])
        else _pair(song, names, runner.cache, read)
        for song in songs
    ]  # fmt: skip
    tasks = [
        None if isinstance(pair, str) else _task(song[1], *pair)
        for song, pair in zip(songs, pairs, strict=True)
    ]
    runner.run("comparing", [task for task in tasks if task])
    found: list[Nulled | str] = []
    for song, pair, task in zip(songs, pairs, tasks, strict=True):
        if isinstance(pair, str) or not task:
            found.append(str(pair))
            continue
        result = _read(runner.cache.path(task.keys[0]))
        same = "" if of == SHAPED else f"in {pair[1].form} no sample differs, in other formats some do"
        found.append(same if result.identical else _nulled(of, pair[1], song[1], result))
    return found


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
    if one.bits != other.bits or (one.bits and one.rate != other.rate):
        return "no lossless format is in both"
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
        bits=0,
        seconds=(stop - first) / about["rate"],
        floor=ROUNDING_FLOOR,
        blocks=lambda: read_blocks(cache.path(about["key"]), first, stop),
    )


def _mastered(track: Row, cache: Cache, name: str) -> _Stretch | str:
    about = track.get("rendered")
    if not about:
        return _unknown(name)
    if not cache.proves(about["key"]) or not about["file"]:
        return _gone(name)
    path = cache.path(about["key"]) / about["file"]
    info = open_mix(path).info
    if info.lossy:
        return f"{name} has only lossy files"
    lsb = DITHER_LSB if info.bits == 16 else ROUNDED_LSB
    # What counts as rounding before the gain is rounding behind it.
    before = ROUNDING_FLOOR * db_to_gain(track.get("gain_db") or 0.0)
    return _Stretch(
        content=(cache.sums(about["key"])[about["file"]],),
        form=about["form"],
        rate=info.rate,
        bits=info.bits,
        seconds=track["length_seconds"],
        floor=before + 2.0 * lsb * 2.0 ** (1 - info.bits),
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


def in_one_format(
    before: Row, now: Row, songs: Sequence[tuple[Row, Row]], cache: Cache
) -> list[tuple[Row, Row]]:
    """Tracks of two revisions, before and now, where they differ with figures and audio of the best lossless
    format that both have: `master` and `limiting_max_db` as far as the cache has both renderings.
    """
    was, are = _renderings(before), _renderings(now)
    return [
        _alike(song, was.get(song[0]["number"], {}), are.get(song[1]["number"], {}), cache) for song in songs
    ]


def _renderings(revision: Row) -> dict[int, dict[str, _Rendering]]:
    """The lossless ones of each track, by format; alternates and what is cut on vinyl are not among them."""
    found: dict[int, dict[str, _Rendering]] = {}
    for row in revision["traces"]:
        form = row["detail"]
        if row["what"] == "render" and form.partition(" ")[0] in LOSSLESS and not form.endswith(FOR_VINYL):
            for place, number in enumerate(row["told"]["segments"]):
                found.setdefault(number, {})[form] = _Rendering(form, row["key"], place)
    return found


def _alike(
    song: tuple[Row, Row], was: Mapping[str, _Rendering], now: Mapping[str, _Rendering], cache: Cache
) -> tuple[Row, Row]:
    forms = [(track.get("rendered") or {}).get("form", "") for track in song]
    words = {_word(form) for form in was} & {_word(form) for form in now}
    if _word(forms[0]) == _word(forms[1]) or not words:
        return song
    best = max(words, key=_quality)
    common = [form for form in was if form in now and _word(form) == best]
    one, other = (
        each[common[0]] if common else next(each[form] for form in each if _word(form) == best)
        for each in (was, now)
    )
    found = [read_rendered(cache.path(each.key))[each.place] if cache.holds(each.key) else None
             for each in (one, other)]  # fmt: skip
    was_as, now_as = (
        {
            **track,
            "rendered": {
                "key": rendering.key,
                "form": rendering.form,
                "file": rendered.path.name if rendered else "",
            },
            **(_figures(rendered) if rendered and all(found) else {}),
        }
        for track, rendering, rendered in zip(song, (one, other), found, strict=True)
    )
    return was_as, now_as


def _word(form: str) -> str:
    """Word length and rate, whatever the codec."""
    return form.partition(" ")[2]


def _quality(word: str) -> tuple[float, int]:
    bits, _, khz = word.partition("/")
    return float(khz), int(bits)


def _figures(rendered: Rendered) -> Row:
    return {
        "master": master_figures(rendered.measure),
        "limiting_max_db": rounded(rendered.limiting_max_db),
    }


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
