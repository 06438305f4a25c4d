"""The readings that go with every delivered file, taken while it is written or decoded."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp.gain import gain_to_db
from dsp.loudness import LoudnessMeter, gating_blocks
from dsp.stream import Block
from dsp.true_peak import TruePeakMeter


@dataclass(frozen=True, slots=True)
class Measure:
    """Loudness and peaks of one file; -inf for silence. `rms` and `sample_peak` are linear."""

    lufs_i: float
    lufs_m_max: float
    lufs_s_max: float
    lra_lu: float
    true_peak_dbtp: float
    sample_peak: float
    rms: float

    @property
    def plr_db(self) -> float:
        """Peak to loudness ratio; 0 for silence."""
        return self.true_peak_dbtp - self.lufs_i if np.isfinite(self.lufs_i) else 0.0

    @property
    def crest_db(self) -> float:
        """Sample peak over RMS; 0 for silence."""
        return gain_to_db(self.sample_peak / self.rms) if self.rms else 0.0


def rounded(value: float | None) -> float | None:
    """Four decimals; null for what is not finite."""
    return round(value, 4) if value is not None and math.isfinite(value) else None


def master_figures(measure: Measure) -> dict[str, float | None]:
    """`master` of a track in delivery.json."""
    return {
        "lufs_i": rounded(measure.lufs_i),
        "lufs_s_max": rounded(measure.lufs_s_max),
        "lra_lu": rounded(measure.lra_lu),
        "true_peak_dbtp": rounded(measure.true_peak_dbtp),
        "plr_db": rounded(measure.plr_db),
        "crest_db": rounded(measure.crest_db),
    }


class FileMeters:
    """All meters of a delivered file; audio passes unchanged."""

    def __init__(self, rate: int, channels: int) -> None:
        self._loudness = LoudnessMeter(rate, channels)
        self._true_peak = TruePeakMeter(rate, channels)
        self._channels = channels
        self._sample_peak = 0.0
        self._square_sum = 0.0
        self._samples = 0

    def process(self, block: Block) -> Block:
        self._loudness.process(block)
        self._true_peak.process(block)
        self._sample_peak = max(self._sample_peak, float(np.abs(block).max(initial=0.0)))
        self._square_sum += float(np.square(block).sum())
        self._samples += block.size
        return block

    def flush(self) -> Block:
        self._true_peak.flush()
        return np.empty((0, self._channels))

    @property
    def reading(self) -> Measure:
        loudness = self._loudness.reading
        return Measure(
            lufs_i=loudness.integrated_lufs,
            lufs_m_max=loudness.momentary_max_lufs,
            lufs_s_max=loudness.short_term_max_lufs,
            lra_lu=loudness.range_lu,
            true_peak_dbtp=self._true_peak.reading_dbtp,
            sample_peak=self._sample_peak,
            rms=(self._square_sum / max(1, self._samples)) ** 0.5,
        )

    @property
    def block_energy(self) -> NDArray[np.float64]:
        """Energies of the gating blocks, for pooling into the loudness of an album."""
        return gating_blocks(self._loudness.energy)
