"""Multiband compressor: a crossover that adds up flat, and a compressor for each band.

A crossover turns the phase. So with `mix` or `on` what is not compressed goes through it as well, or the two
would cancel in part.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.crossover import Crossover, check_crossovers
from dsp.dynamics import Compressor, PreRolled, mean_over_channels
from dsp.placement import PlacedSettings
from dsp.settings import Annotated, Doc, Interval, Settings
from dsp.stream import Block

MOST_CROSSOVERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BandSettings(Settings):
    """One band of a `multiband:` stage."""

    threshold_db: Annotated[
        float, Interval(ge=-60, le=0), Doc("RMS level in the band above which it compresses")
    ] = -24.0
    ratio: Annotated[float, Interval(ge=1, le=20), Doc("dB in for each dB out, above the knee")] = 1.5
    attack_ms: Annotated[
        float, Interval(ge=0.1, le=500), Doc("time to 63 % of a reduction that is called for")
    ] = 15.0
    release_ms: Annotated[float, Interval(ge=5, le=5000), Doc("time in which 63 % of it is given back")] = (
        150.0
    )
    knee_db: Annotated[float, Interval(ge=0, le=24), Doc("width of the soft knee around the threshold")] = 6.0
    makeup_db: Annotated[float, Interval(ge=-24, le=24), Doc("gain of the band, behind its compressor")] = 0.0

    @property
    def neutral(self) -> bool:
        """True when the band passes as it is."""
        return self.ratio == 1.0 and self.makeup_db == 0.0


# Bass needs time or its own wave is compressed; treble has less power, and less patience.
DEFAULT_BANDS = (
    BandSettings(threshold_db=-24.0, attack_ms=30.0, release_ms=300.0),
    BandSettings(threshold_db=-24.0, attack_ms=15.0, release_ms=150.0),
    BandSettings(threshold_db=-26.0, attack_ms=10.0, release_ms=120.0),
    BandSettings(threshold_db=-30.0, attack_ms=5.0, release_ms=80.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MultibandSettings(PlacedSettings):
    """The `multiband:` stage of a manifest."""

    crossovers_hz: Annotated[
        tuple[Annotated[float, Interval(ge=20, le=20_000)], ...],
        Doc("where the bands meet, ascending, 1 to 4 frequencies, each at least 1.5 times the one before"),
    ] = (120.0, 800.0, 5000.0)
    bands: Annotated[
        tuple[BandSettings, ...], Doc("the bands from the lowest up, one more than crossovers_hz")
    ] = DEFAULT_BANDS

    def __post_init__(self) -> None:
        super(MultibandSettings, self).__post_init__()
        count = len(self.crossovers_hz)
        if not 1 <= count <= MOST_CROSSOVERS:
            raise ValueError(
                f"crossovers_hz must have 1 to {MOST_CROSSOVERS} frequencies (got {count}); "
                "for a single band use glue"
            )
        check_crossovers(self.crossovers_hz)
        if len(self.bands) != count + 1:
            raise ValueError(
                f"bands must be {count + 1}, one more than there are crossovers_hz (got {len(self.bands)})"
            )

    @property
    def neutral(self) -> bool:
        return self.mix == 0.0 or all(band.neutral for band in self.bands)


class Multiband(PreRolled):
    """Compresses each band by its own level, all channels alike.

    `settings.mix` and `settings.on` are taken care of here and not by `placement.placed`, because of the
    crossover: what is not compressed would cancel in part with what is (parallel), or no longer be in time
    with it (mid against side, left against right).
    """

    def __init__(self, settings: MultibandSettings, rate: int, channels: int) -> None:
        """Raises ValueError when a crossover is too high for the rate."""
        super().__init__(rate, channels)
        self._crossover = Crossover(settings.crossovers_hz, rate, channels)
        self._compressors = [Compressor(band, rate) for band in settings.bands]
        self._mix = settings.mix
        self._on = settings.on if channels > 1 else "stereo"
        # A single channel has no side.
        self._idle = channels == 1 and settings.on == "side"

    def process(self, block: Block) -> Block:
        return block if self._idle else super().process(block)

    def _advance(self, block: Block, pre_roll_frames: int) -> Block:
        out = np.zeros(block.shape)
        bands = self._crossover.split(_chosen_first(block, self._on))
        for band, compressor in zip(bands, self._compressors, strict=True):
            worked_on = band if self._on == "stereo" else band[:, :1]
            power = mean_over_channels(worked_on)
            if pre_roll_frames:
                compressor.prime(power[:pre_roll_frames])
            _add(band, compressor.gains(power), self._mix, worked_on.shape[1], out)
        return _back_in_place(out, self._on)

    @property
    def report(self) -> dict[str, Any]:
        """Lists from the lowest band up."""
        return {
            "reduction_mean_db": [compressor.reduction_mean_db for compressor in self._compressors],
            "reduction_max_db": [compressor.reduction_max_db for compressor in self._compressors],
        }


def _chosen_first(block: Block, on: str) -> Block:
    """The part that is worked on as first channel, the other part as second; stereo as it is."""
    left, right = block[:, 0], block[:, -1]
    match on:
        case "mid":
            return np.stack([(left + right) / 2, (left - right) / 2], axis=1)
        case "side":
            return np.stack([(left - right) / 2, (left + right) / 2], axis=1)
        case "right":
            return np.ascontiguousarray(block[:, ::-1])
    return block


def _back_in_place(block: Block, on: str) -> Block:
    """What `_chosen_first` took apart, as left and right."""
    first, second = block[:, 0], block[:, -1]
    match on:
        case "mid":
            return np.stack([first + second, first - second], axis=1)
        case "side":
            return np.stack([second + first, second - first], axis=1)
        case "right":
            return np.ascontiguousarray(block[:, ::-1])
    return block


@njit(nogil=True, cache=True)
def _add(band: Block, gains: NDArray[np.float64], mix: float, worked_on: int, out: Block) -> None:
    """Add a band to `out`: the first `worked_on` channels by `gains`, as far as `mix` says."""
    for channel in range(band.shape[1]):
        share = mix if channel < worked_on else 0.0
        for frame in range(band.shape[0]):
            out[frame, channel] += band[frame, channel] * (1.0 + share * (gains[frame] - 1.0))
