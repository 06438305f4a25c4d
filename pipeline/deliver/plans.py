"""On what an album could be cut, and how loud: other formats, other splits, other orders on a side.

Nothing here is applied; it is said.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from string import ascii_uppercase
from typing import Any

from dsp.groove import Cut, gain_db_of, vu_db
from dsp.land import MOST_DB
from dsp.lathe import LatheSettings
from pipeline.deliver.plan_advice import OrderAdvice, SplitAdvice, order_advice, split_advice
from pipeline.deliver.plan_room import PlanPart, Programme, SideGroove, laid
from pipeline.deliver.sides import minutes
from pipeline.side_limits import CAUTIOUS, limits

# Format, rpm and number of discs that are looked at besides what is planned.
CANDIDATES = (
    *((format, rpm, discs) for format, rpm in (("12in", 33), ("12in", 45)) for discs in (1, 2, 3)),
    *((format, rpm, discs) for format, rpm in (("10in", 33), ("10in", 45), ("7in", 45)) for discs in (1, 2)),
    ("7in", 33, 1),
)
# A disc more is looked at where a side, without it, fills more than this of what is cut at full level.
WORTH_A_DISC = 0.5
# Softer than this nobody cuts a record: it would drown in the noise of its surface.
LEAST_LEVEL_DB = -12.0


@dataclass(frozen=True, slots=True)
class Layout:
    """What is planned: the tracks of each side."""

    format: str
    rpm: int
    sides: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class SideRoom:
    """What the groove of a side allows.

    `loudest_db` is the level that fits, the least and the most of coarse and fine control of the pitch and of
    the lathe's own: the record's highest VU reading in dB over the lathe's reference; inf where room sets no
    limit, -inf where no level is low enough. The rest is at the plan's `level_db`.
    """

    loudest_db: tuple[float, float]
    tracing_percent: float
    final_mm: float


@dataclass(frozen=True, slots=True)
class PlannedSide:
    """`judgement` is what the profile says of its length; there is no `room` where the plan is impossible."""

    letter: str
    tracks: tuple[int, ...]
    seconds: float
    judgement: str
    room: SideRoom | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One way to cut the album. `impossible` says why it cannot be, and is empty for one that can.

    `level_db` is what all sides would be cut at: what is asked for, or the loudest that fits the tightest of
    them with the lathe's law; `fits` tells which. `profile` is whose lengths it is judged by.
    """

    format: str
    rpm: int
    discs: int
    profile: str
    current: bool = False
    sides: tuple[PlannedSide, ...] = ()
    impossible: str = ""
    level_db: float = -math.inf
    fits: bool = False

    @property
    def split(self) -> tuple[tuple[int, ...], ...]:
        """The tracks of each side."""
        return tuple(side.tracks for side in self.sides)

    @property
    def loudest_db(self) -> tuple[float, float]:
        """One level for all sides keeps the songs' relations: that of the tightest."""
        least, most = zip(*(room.loudest_db for room in self._rooms), strict=True)
        return min(least), min(most)

    @property
    def tracing_percent(self) -> float:
        return max(room.tracing_percent for room in self._rooms)

    @property
    def final_mm(self) -> float:
        """The innermost diameter of any side."""
        return min(room.final_mm for room in self._rooms)

    @property
    def _rooms(self) -> list[SideRoom]:
        return [side.room for side in self.sides if side.room]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """What is planned first, then what else there is; levels as in `SideRoom`. All is cut with `lathe`."""

    lathe: LatheSettings
    asked_db: float
    profile: str
    plans: tuple[Plan, ...]
    split: SplitAdvice | None = None
    orders: tuple[OrderAdvice, ...] = ()

    @property
    def advice(self) -> tuple[str, ...]:
        return tuple(str(each) for each in (self.split, *self.orders) if each)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What every plan is judged by. `level_db` less the gain that it takes is `shift_db` of any level."""

    programme: Programme
    lathe: LatheSettings
    profile: str
    gain_db: float
    shift_db: float


def compare(
    parts: Sequence[PlanPart],
    layout: Layout,
    lathe: LatheSettings,
    *,
    asked_db: float,
    profile: str = CAUTIOUS,
) -> Plans:
    """What is planned, against what else there is.

    Args:
        parts: all of the record, in running order.
        layout: what is planned; its sides hold whole parts in that order.
        asked_db: level wanted: the highest VU reading of the record, over the lathe's reference.

    Raises:
        ValueError: there is no such profile or record, or the layout does not hold the parts.
    """
    programme = laid(parts)
    gain_db = gain_db_of(asked_db, vu_db(programme.table), lathe)
    wanted = _Wanted(
        programme=programme, lathe=lathe, profile=profile, gain_db=gain_db, shift_db=asked_db - gain_db
    )
    cuts = _cuts(programme, layout)
    current, grooves = _judged(wanted, Cut(format=layout.format, rpm=layout.rpm, lathe=lathe), cuts)
    others = (_candidate(wanted, *each, current) for each in CANDIDATES if _sensible(wanted, *each))
    plans = Plans(
        lathe=lathe,
        asked_db=asked_db,
        profile=profile,
        plans=(replace(current, current=True), *(plan for plan in others if plan)),
    )
    if current.impossible:
        return plans
    longest_s = limits(layout.format, layout.rpm, profile).fail_s
    return replace(
        plans,
        split=split_advice(programme, cuts, grooves, longest_s),
        orders=tuple(order_advice(programme, cuts, grooves, current.level_db - wanted.shift_db)),
    )


def _cuts(programme: Programme, layout: Layout) -> tuple[int, ...]:
    """The parts that the planned sides begin with."""
    firsts = {part.tracks[0]: number for number, part in enumerate(programme.parts)}
    cuts = tuple(firsts.get(side[0], 0) for side in layout.sides if side)
    if not cuts or programme.split(cuts) != layout.sides:
        held = [part.tracks for part in programme.parts]
        raise ValueError(f"the sides {layout.sides} are not made of {held} in that order")
    return cuts


# Plans


def _sensible(wanted: _Wanted, format: str, rpm: int, discs: int) -> bool:
    """Whether there is something for every side, and whether the last disc makes room that was lacking."""
    programme = wanted.programme
    if len(programme.parts) < 2 * discs:
        return False
    if discs == 1:
        return True
    bounds = programme.bounds(programme.even_cuts(2 * discs - 2))
    enough_s = WORTH_A_DISC * limits(format, rpm, wanted.profile).warn_s
    return max(programme.seconds(*bound) for bound in bounds) > enough_s


def _candidate(wanted: _Wanted, format: str, rpm: int, discs: int, current: Plan) -> Plan | None:
    """The best split for it; None if that is what is planned."""
    cuts = wanted.programme.even_cuts(2 * discs)
    same = (format, rpm) == (current.format, current.rpm) and wanted.programme.split(cuts) == current.split
    # An innermost groove that the house has set is one of what is planned, and no other format's.
    own = format == current.format
    lathe = wanted.lathe if own else replace(wanted.lathe, innermost_mm=None)
    return None if same else _judged(wanted, Cut(format=format, rpm=rpm, lathe=lathe), cuts)[0]


def _judged(wanted: _Wanted, cut: Cut, cuts: Sequence[int]) -> tuple[Plan, list[SideGroove]]:
    """A split on a disc, and the grooves of its sides where they can be."""
    programme, told = wanted.programme, limits(cut.format, cut.rpm, wanted.profile)
    bounds = programme.bounds(cuts)
    times_s = [programme.seconds(start, stop) for start, stop in bounds]
    sides = tuple(
        PlannedSide(letter, programme.tracks(*bound), seconds, told.judgement(seconds))
        for letter, bound, seconds in zip(ascii_uppercase, bounds, times_s, strict=False)
    )
    discs = (len(sides) + 1) // 2
    plan = Plan(format=cut.format, rpm=cut.rpm, discs=discs, profile=told.profile, sides=sides)
    longest = max(sides, key=lambda side: side.seconds)
    if longest.seconds > told.fail_s:
        reason = f"side {longest.letter} is {minutes(longest.seconds)}, over {minutes(told.fail_s)}"
        return replace(plan, impossible=reason), []
    grooves = [programme.groove(start, stop, cut) for start, stop in bounds]
    return _cut(wanted, plan, grooves), grooves


def _cut(wanted: _Wanted, plan: Plan, grooves: Sequence[SideGroove]) -> Plan:
    """With all sides at one level: what is asked for, or the loudest that fits."""
    fitting_db = [groove.loudest_gain_db[wanted.lathe.law] for groove in grooves]
    loudest_db = min(fitting_db)
    if loudest_db + wanted.shift_db < LEAST_LEVEL_DB:
        letter = plan.sides[fitting_db.index(loudest_db)].letter
        level = f"only at {loudest_db + wanted.shift_db:.1f} dB"
        reason = f"side {letter} fits {level if math.isfinite(loudest_db) else 'at no level'}"
        return replace(plan, impossible=reason)
    gain_db = min(wanted.gain_db, loudest_db)
    sides = tuple(
        replace(side, room=_room(wanted, groove, gain_db))
        for side, groove in zip(plan.sides, grooves, strict=True)
    )
    return replace(plan, sides=sides, level_db=gain_db + wanted.shift_db, fits=wanted.gain_db <= loudest_db)


def _room(wanted: _Wanted, groove: SideGroove, gain_db: float) -> SideRoom:
    loudest_db = [
        gain_db + wanted.shift_db if gain_db < MOST_DB else math.inf
        for gain_db in groove.loudest_gain_db.values()
    ]
    return SideRoom(
        loudest_db=(min(loudest_db), max(loudest_db)),
        tracing_percent=float(groove.tracing_percent(gain_db).max()),
        final_mm=2e3 * (groove.cut.outer_m - float(groove.travel_m(gain_db)[-1])),
    )


# Data


def plans_data(plans: Plans) -> dict[str, Any]:
    """For one JSON document; levels in dB, as in `SideRoom`, but null where there is none."""
    return {
        "asked_db": plans.asked_db,
        "profile": plans.profile,
        "plans": [_plan_data(plan) for plan in plans.plans],
        "split": asdict(plans.split) if plans.split else None,
        "orders": [asdict(each) | {"lower_db": each.lower_db} for each in plans.orders],
        "advice": list(plans.advice),
    }


def _plan_data(plan: Plan) -> dict[str, Any]:
    """What an impossible plan has none of is null."""
    possible = not plan.impossible
    return asdict(plan) | {
        "sides": [_side_data(side) for side in plan.sides],
        "impossible": plan.impossible or None,
        "level_db": plan.level_db if possible else None,
        "fits": plan.fits if possible else None,
        "loudest_db": _levels_data(plan.loudest_db) if possible else None,
        "tracing_percent": plan.tracing_percent if possible else None,
        "final_mm": plan.final_mm if possible else None,
    }


def _side_data(side: PlannedSide) -> dict[str, Any]:
    told = asdict(side)
    if side.room:
        told["room"]["loudest_db"] = _levels_data(side.room.loudest_db)
    return told


def _levels_data(levels_db: tuple[float, float]) -> list[float | None]:
    return [level_db if math.isfinite(level_db) else None for level_db in levels_db]
