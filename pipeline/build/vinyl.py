"""`deadwax vinyl`: how the sides are going to cut, and what else the album could be cut on."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dsp.sector_table import joined
from pipeline.build.cutting import STEP, CutSide, predicted, table_of
from pipeline.build.listening import read_table
from pipeline.build.opened import Opened, open_album, store_of
from pipeline.build.production import Production, produce
from pipeline.build.request import Options
from pipeline.build.run import Watcher
from pipeline.deliver.grooves import has_band
from pipeline.deliver.plan_room import PlanPart
from pipeline.deliver.plans import Layout, Plans, compare, plans_data
from pipeline.deliver.predicted import PredictedSide
from pipeline.deliver.side_cut import SideCut
from pipeline.deliver.sides import lengths_of, parts_of
from pipeline.manifest.load import load
from pipeline.side_limits import limits


@dataclass(frozen=True, slots=True)
class Record:
    """The sides as planned; `cuts` are their figures by letter, `plans` only if they were asked for."""

    sides: tuple[PredictedSide, ...]
    cuts: Mapping[str, SideCut | None]
    plans: Plans | None


def look_at_sides(file: Path, options: Options, watcher: Watcher, *, what_if: bool) -> Record:
    """Master, render and hear what is not known of the sides, and predict their cut.

    Raises:
        Faults: as a build would; but a side may have any length.
    """
    manifest = load(file)
    with store_of(manifest, options, watcher) as store:
        opened = open_album(manifest, store, options, watcher, sides_alone=True)
        production = produce(
            opened.album, opened.wanted, opened.cover, opened.runner, opened.before, hold=opened.hold
        )
        production.prove_heard(opened.runner)
        sides = tuple(_side(opened, production, each) for each in production.cutting)
        plans = _plans(opened, production) if what_if else None
    return Record(sides, production.cuts, plans)


def _side(opened: Opened, production: Production, each: CutSide) -> PredictedSide:
    vinyl, pieces = opened.manifest.vinyl, opened.manifest.pieces
    named = zip(each.side.segments, each.tracks, strict=True)
    return PredictedSide(
        letter=each.side.letter,
        seconds=each.side.seconds,
        tracks=tuple(
            (track.position, pieces[segment.track - 1].title, track.start_s) for segment, track in named
        ),
        prediction=predicted(each, table_of(each, opened.cache)),
        asked_db=vinyl.level_db,
        judgement=limits(vinyl.format, vinyl.rpm, vinyl.profile).judgement(each.side.seconds),
    )


def _plans(opened: Opened, production: Production) -> Plans:
    vinyl = opened.manifest.vinyl
    sides = [tuple(segment.track for segment in side.segments) for side in opened.album.sides]
    return compare(
        _parts(opened, production),
        Layout(vinyl.format, vinyl.rpm, tuple(sides)),
        vinyl.lathe,
        asked_db=vinyl.level_db,
        profile=vinyl.profile,
    )


def _parts(opened: Opened, production: Production) -> Sequence[PlanPart]:
    """What a side can hold a whole number of, with what it does to the groove."""
    album = opened.album
    parts = parts_of(album.vinyl_timeline)
    lengths = lengths_of(parts, album.manifest.vinyl.gap)
    return [
        PlanPart(
            tracks=tuple(segment.track for segment in part.segments),
            table=joined(
                [
                    read_table(opened.cache.path(production.listening[segment.track].keys[0]))
                    for segment in part.segments
                ]
            ),
            sound_sectors_300=sound * STEP,
            gap_sectors_300=gap * STEP,
            band=has_band(album.manifest, part.segments[-1].track, gap),
        )
        for part, (sound, gap) in zip(parts, lengths, strict=True)
    ]


def record_data(record: Record) -> dict[str, Any]:
    """All of it as one JSON document; levels of silence are null."""
    return {
        "sides": [
            {
                "side": side.letter,
                "seconds": side.seconds,
                "judgement": side.judgement,
                "cut": _finite(asdict(cut)) if (cut := record.cuts[side.letter]) else None,
            }
            for side in record.sides
        ],
        "plans": plans_data(record.plans) if record.plans else None,
    }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
