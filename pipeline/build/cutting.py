"""The predicted cut of each side, as tasks: made from what was heard of its tracks, without reading audio."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path

from pydantic import TypeAdapter

from dsp.disc import SECTORS_PER_SECOND as GROOVE_SECTORS_PER_SECOND
from dsp.groove import Cut, Prediction, gain_db_of, predict
from dsp.sector_table import SectorTable, joined
from pipeline import versions
from pipeline.build.cache import Cache
from pipeline.build.keys import key_of
from pipeline.build.listening import read_table
from pipeline.build.run import Advance, Task
from pipeline.deliver.grooves import bands_of
from pipeline.deliver.lathe import Heard
from pipeline.deliver.side_cut import SideCut, side_cut
from pipeline.deliver.sides import Side
from pipeline.manifest.load import Manifest
from pipeline.manifest.vinyl import Vinyl
from pipeline.timeline import SECTORS_PER_SECOND

CUT = "cut.json"
STEP = GROOVE_SECTORS_PER_SECOND // SECTORS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Lying:
    """A track as it lies on its side, in seconds from the side's start."""

    position: str
    start_s: float
    end_s: float
    band: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CutSide:
    """All that the cut of a side follows from. `keys` name what was heard of its tracks."""

    side: Side
    tracks: tuple[Lying, ...]
    cut: Cut
    asked_db: float
    asked_gain_db: float
    keys: tuple[str, ...]

    @property
    def bands(self) -> list[tuple[int, int]]:
        """The pauses that visible bands lie in, in sectors of the groove."""
        each = zip(self.side.segments, self.tracks, strict=True)
        return [
            (segment.sound_stop_sector * STEP, segment.stop_sector * STEP)
            for segment, track in each
            if track.band
        ]


def cut_of(vinyl: Vinyl) -> Cut:
    return Cut(format=vinyl.format, rpm=vinyl.rpm, lathe=vinyl.lathe)


def asked_gain_db(vinyl: Vinyl, heard: Mapping[int, Heard]) -> float:
    """The one gain of all sides at which the loudest passage of the record reads the level asked for.

    To a tenth of a dB, so that a song that is a hundredth louder does not move the other sides.
    """
    loudest_db = max((each.vu_db for each in heard.values()), default=-math.inf)
    return round(gain_db_of(vinyl.level_db, loudest_db, vinyl.lathe), 1)


def cut_sides(
    manifest: Manifest,
    sides: Sequence[Side],
    heard: Mapping[int, Heard],
    tasks: Mapping[int, Task],
) -> list[CutSide]:
    """What is to be predicted; `tasks` are those by which each track is heard."""
    gain_db = asked_gain_db(manifest.vinyl, heard)
    return [
        CutSide(
            side=side,
            tracks=tuple(_lying(side, bands_of(manifest, side))),
            cut=cut_of(manifest.vinyl),
            asked_db=manifest.vinyl.level_db,
            asked_gain_db=gain_db,
            keys=tuple(tasks[segment.track].keys[0] for segment in side.segments),
        )
        for side in sides
    ]


def _lying(side: Side, bands: Sequence[bool]) -> list[Lying]:
    return [
        Lying(
            position=f"{side.letter}{place}",
            start_s=segment.start_sector / SECTORS_PER_SECOND,
            end_s=segment.sound_stop_sector / SECTORS_PER_SECOND,
            band=band,
        )
        for place, (segment, band) in enumerate(zip(side.segments, bands, strict=True), 1)
    ]


def table_of(each: CutSide, cache: Cache) -> SectorTable:
    """The whole side."""
    return joined([read_table(cache.path(key)) for key in each.keys])


def predicted(each: CutSide, table: SectorTable) -> Prediction:
    return predict(table, each.cut, asked_gain_db=each.asked_gain_db, bands=each.bands)


def cutting_task(each: CutSide, cache: Cache) -> Task:
    """`cache` has what was heard of the tracks by the time that it runs."""
    inputs = (each.keys, each.tracks, each.cut, each.asked_db, each.asked_gain_db, each.bands)
    return Task(
        keys=(key_of("cut", (versions.GROOVE, versions.audio_libraries()), inputs),),
        label=f"side {each.side.letter}: predict the cut",
        seconds=each.side.seconds,
        work=partial(_cut, each, [cache.path(key) for key in each.keys]),
        reason="another side, or another lathe",
    )


def _cut(each: CutSide, tables: Sequence[Path], folders: Mapping[str, Path], advance: Advance) -> None:
    whole = joined([read_table(folder) for folder in tables])
    found = side_cut(predicted(each, whole), whole, each.tracks, each.asked_db)
    saved = json.dumps(asdict(found), indent=1)
    for folder in folders.values():
        (folder / CUT).write_text(saved)
    advance(each.side.seconds)


def read_cut(cache: Cache, task: Task) -> SideCut | None:
    """None where it has not been predicted."""
    if not cache.holds(task.keys[0]):
        return None
    return _saved().validate_python(json.loads((cache.path(task.keys[0]) / CUT).read_text()))


@lru_cache
def _saved() -> TypeAdapter[SideCut]:
    """Made when it is needed: most albums have no sides."""
    return TypeAdapter(SideCut)
