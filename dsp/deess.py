"""De-esser: turns the high band down while it is loud in itself and loud against the rest."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsp import filters
from dsp.dynamic_band import MeanPower, MovedFilter, Moves, Reach, sine_power
from dsp.placement import PlacedSettings
from dsp.sections import Sections
from dsp.settings import Annotated, Doc, Interval
from dsp.stream import Block, join

# What is listened to, as shares of the frequency: 5 to 9 kHz for 6 kHz. The shelf has half its gain where
# this begins, so that most of it is reached within.
HEARD_FROM, HEARD_TO = 5 / 6, 3 / 2
BAND_MS = 2.0
# Longer, or the whole would seem soft twice in each period of a bass note.
WHOLE_MS = 10.0
LOOKAHEAD_MS = 2.0
SHELF_Q = 0.707


@dataclass(frozen=True, slots=True, kw_only=True)
class DeessSettings(PlacedSettings):
    """The `deess:` stage of a manifest."""

    freq_hz: Annotated[
        float,
        Interval(ge=2000, le=12_000),
        Doc("where the high band begins; it listens from a sixth below to half as high again"),
    ] = 6000.0
    threshold_db: Annotated[
        float,
        Interval(ge=-60, le=0),
        Doc("RMS level of the high band (a sine reads its peak) to which it is turned down"),
    ] = -26.0
    relative_db: Annotated[
        float,
        Interval(ge=-40, le=0),
        Doc("nothing is done while the high band is softer than this, against the level of the whole"),
    ] = -5.0
    range_db: Annotated[float, Interval(ge=0, le=12), Doc("the most that it is turned down by")] = 4.0
    attack_ms: Annotated[
        float, Interval(ge=0.1, le=20), Doc("time to 63 % of a reduction; it begins 2 ms ahead of the sound")
    ] = 0.5
    release_ms: Annotated[float, Interval(ge=5, le=500), Doc("time in which 63 % of it is given back")] = 60.0

    @property
    def neutral(self) -> bool:
        return self.mix == 0.0 or self.range_db == 0.0


class Deess:
    """A high shelf that goes down by as much as the high band is over both its limits.

    The limits are `threshold_db`, and the level of the whole plus `relative_db`. All channels are turned
    down alike; while nothing is over, every sample keeps its bits. The look-ahead of 2 ms is hidden.
    """

    def __init__(self, settings: DeessSettings, rate: int, channels: int) -> None:
        """Raises ValueError when the rate is too low for the band that is listened to."""
        if settings.freq_hz * HEARD_TO >= rate / 2:
            raise ValueError(
                f"freq_hz must be below {rate / 2 / HEARD_TO:g} Hz at a rate of {rate} Hz, because a "
                f"de-esser listens up to {HEARD_TO:g} times as high (got {settings.freq_hz:g})"
            )
        edges_hz = settings.freq_hz * HEARD_FROM, settings.freq_hz * HEARD_TO
        self._band = Sections(filters.band_sos(*edges_hz, rate), channels)
        self._band_power = MeanPower(BAND_MS, rate)
        self._whole_power = MeanPower(WHOLE_MS, rate)
        self._threshold = sine_power(settings.threshold_db)
        self._share = 10.0 ** (settings.relative_db / 10.0)
        reach = Reach(
            db_per_db=1.0,
            most_db=settings.range_db,
            attack_ms=settings.attack_ms,
            release_ms=settings.release_ms,
        )
        self._moves = Moves(reach, rate)
        shelf = filters.high_shelf(edges_hz[0], -settings.range_db, SHELF_Q)
        self._shelf = MovedFilter(filters.matched_sos(shelf, rate), -settings.range_db, rate, channels)
        self._lookahead = round(LOOKAHEAD_MS * rate / 1000.0)
        self._early = self._lookahead  # moves still to come out that belong before the first frame
        self._audio = np.empty((0, channels))

    def process(self, block: Block) -> Block:
        self._audio = join([self._audio, block])
        return self._advance(self._moves_db(block))

    def flush(self) -> Block:
        return self._advance(self._moves_db(np.zeros((self._lookahead, self._audio.shape[1]))))

    def _moves_db(self, block: Block) -> NDArray[np.float64]:
        """(frames out,) moves for the frames that lie the look-ahead before those of the block."""
        band = self._band_power.process(self._band.process(block))
        limit = np.maximum(self._threshold, self._share * self._whole_power.process(block))
        moves_db = self._moves.process(band / limit)
        skipped = min(self._early, len(moves_db))
        self._early -= skipped
        return moves_db[skipped:]

    def _advance(self, moves_db: NDArray[np.float64]) -> Block:
        ready, self._audio = self._audio[: len(moves_db)], self._audio[len(moves_db) :]
        return self._shelf.process(ready, moves_db)

    @property
    def report(self) -> dict[str, Any]:
        """How far the band was turned down: at most, on the mean while it was, and for how long."""
        return {
            "reduction_max_db": self._shelf.max_db,
            "reduction_mean_db": self._shelf.mean_db,
            "active_s": self._shelf.active_s,
        }
