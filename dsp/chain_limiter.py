"""A true-peak limiter within the chain, under a ceiling of its own.

The one behind the chain holds the ceiling of what is delivered. This one is for what comes behind it in
the chain: it shaves peaks before a tape or another compressor sees them.
"""

from dataclasses import dataclass
from typing import Any

from dsp.limiter import Limiter, LimiterSettings
from dsp.settings import Annotated, Doc, Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLimiterSettings(LimiterSettings):
    """The `limiter:` stage of a chain."""

    ceiling_dbtp: Annotated[
        float, Interval(ge=-24, le=0), Doc("true peak that nothing goes over, at this point of the chain")
    ] = -3.0

    @property
    def neutral(self) -> bool:
        """Never: what it does depends on the programme."""
        return False


class ChainLimiter(Limiter):
    """What is under its ceiling passes bit for bit."""

    def __init__(self, settings: ChainLimiterSettings, rate: int, channels: int) -> None:
        super().__init__(settings, settings.ceiling_dbtp, rate, channels)

    @property
    def report(self) -> dict[str, Any]:
        return {
            "reduction_max_db": self.reduction_max_db,
            "reduction_mean_db": self.reduction_mean_db,
        }
