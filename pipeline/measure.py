"""The readings that go with every delivered file, taken while it is written or decoded."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsp.correlation import correlation_of
from dsp.gain import gain_to_db
from dsp.loudness import gating_blocks
from dsp.metrics import highest
from dsp.psr import PsrMeter
from dsp.spectrum import NOMINAL_HZ, Balance, ThirdOctaves
from dsp.stream import Block, Chain


@dataclass(frozen=True, slots=True)
class Measure:
    """Everything about the sound of one file; loudness and levels are -inf for silence.

    `rms` and `sample_peak` are linear. `psr_min_db` is inf where no 3 s are over -70 LUFS. `correlation` is
    of the whole file, `correlation_min` the lowest over 400 ms, `low_correlation` below 150 Hz. `width_db` is
    the energy of (L - R)/2 over that of (L + R)/2, -inf for mono and silence. `dc` is the
    mean of each channel, linear, and `thirds_dbfs` the 31 third octaves from 20 Hz to 20 kHz.
    """

    lufs_i: float
    lufs_m_max: float
    lufs_s_max: float
    lra_lu: float
    true_peak_dbtp: float
    sample_peak: float
    rms: float
    psr_min_db: float
    correlation: float
    correlation_min: float
    low_correlation: float
    width_db: float
    dc: tuple[float, ...]
    thirds_dbfs: tuple[float, ...]

    @property
    def plr_db(self) -> float:
        """Peak to loudness ratio; 0 for silence."""
        return self.true_peak_dbtp - self.lufs_i if np.isfinite(self.lufs_i) else 0.0

    @property
    def crest_db(self) -> float:
        """Sample peak over RMS; 0 for silence."""
        return gain_to_db(self.sample_peak / self.rms) if self.rms else 0.0


SILENT = Measure(
    lufs_i=-math.inf,
    lufs_m_max=-math.inf,
    lufs_s_max=-math.inf,
    lra_lu=0.0,
    true_peak_dbtp=-math.inf,
    sample_peak=0.0,
    rms=0.0,
    psr_min_db=math.inf,
    correlation=1.0,
    correlation_min=1.0,
    low_correlation=1.0,
    width_db=-math.inf,
    dc=(0.0, 0.0),
    thirds_dbfs=(-math.inf,) * len(NOMINAL_HZ),
)


def rounded(value: float | None) -> float | None:
    """Four decimals; null for what is not finite."""
    return round(value, 4) if value is not None and math.isfinite(value) else None


def master_figures(measure: Measure) -> dict[str, Any]:
    """`master` of a track in delivery.json."""
    return {
        "lufs_m_max": rounded(measure.lufs_m_max),
        "lufs_i": rounded(measure.lufs_i),
        "lufs_s_max": rounded(measure.lufs_s_max),
        "lra_lu": rounded(measure.lra_lu),
        "true_peak_dbtp": rounded(measure.true_peak_dbtp),
        "plr_db": rounded(measure.plr_db),
        "psr_min_db": rounded(measure.psr_min_db),
        "crest_db": rounded(measure.crest_db),
        "correlation": rounded(measure.correlation),
        "correlation_min": rounded(measure.correlation_min),
        "low_correlation": rounded(measure.low_correlation),
        "width_db": rounded(measure.width_db),
        "dc": [rounded(mean) for mean in measure.dc],
        "thirds_dbfs": {
            f"{hz:g}": rounded(level_dbfs)
            for hz, level_dbfs in zip(NOMINAL_HZ, measure.thirds_dbfs, strict=True)
        },
    }


class FileMeters:
    """All meters of a delivered file; audio passes unchanged."""

    def __init__(self, rate: int, channels: int) -> None:
        self._rate, self._channels = rate, channels
        self._peaks = PsrMeter(rate, channels)
        self._thirds = ThirdOctaves(rate, channels)
        self._all = Chain([self._peaks, self._thirds])
        self._sample_peak = 0.0

    def process(self, block: Block) -> Block:
        self._sample_peak = max(self._sample_peak, highest(block))
        return self._all.process(block)

    def flush(self) -> Block:
        return self._all.flush()

    @property
    def reading(self) -> Measure:
        loudness, peaks = self._peaks.loudness.reading, self._peaks.reading
        sums, thirds = self._peaks.loudness.sums, self._thirds.reading
        correlation = correlation_of(sums, self._rate)
        return Measure(
            lufs_i=loudness.integrated_lufs,
            lufs_m_max=loudness.momentary_max_lufs,
            lufs_s_max=loudness.short_term_max_lufs,
            lra_lu=loudness.range_lu,
            true_peak_dbtp=max(peaks.true_peak_dbtp, gain_to_db(self._sample_peak)),
            sample_peak=self._sample_peak,
            rms=sums.rms,
            psr_min_db=peaks.lowest_db,
            correlation=correlation.overall,
            correlation_min=correlation.lowest,
            low_correlation=self._thirds.low_end.correlation,
            width_db=_width_db(thirds),
            dc=sums.means[: self._channels],
            thirds_dbfs=tuple(thirds.level_dbfs.tolist()),
        )

    @property
    def block_energy(self) -> NDArray[np.float64]:
        """Energies of the gating blocks, for pooling into the loudness of an album."""
        return gating_blocks(self._peaks.loudness.energy)


def _width_db(thirds: Balance) -> float:
    mid, difference = float(thirds.mid.sum()), float(thirds.difference.sum())
    if not mid:
        return math.inf if difference else -math.inf
    return gain_to_db((difference / mid) ** 0.5)
