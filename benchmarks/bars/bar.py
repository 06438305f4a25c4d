"""What a bar is: a claim about the sound, its limit, and the function that measures it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the table of quality.

    `field` is a stage by its key in a manifest, or what is around a chain by its heading in docs/stages.md.
    `measure` takes nothing and returns the figure; it is the same on every run. `limit` is the most it may
    be, or with `at_least` the least. `peers` is what others reach, in words, where that was measured.
    """

    field: str
    claim: str
    limit: float
    unit: str
    measure: Callable[[], float]
    at_least: bool = False
    peers: str = ""

    def is_met_by(self, figure: float) -> bool:
        return figure >= self.limit if self.at_least else figure <= self.limit
