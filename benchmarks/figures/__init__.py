"""Drawings for the reference of stages, one for each stage that a drawing explains.

The data comes from the functions that the bars measure with, wherever there are any. matplotlib is wanted
by `draw` alone, so that everything else can know which drawings there are.
"""

from benchmarks.figures import bands, colour, corrective, delivery, dynamics, equalisers, peaks
from benchmarks.figures.figure import Figure, draw

__all__ = ["FIGURES", "Figure", "draw"]

FIGURES: tuple[Figure, ...] = (
    *corrective.FIGURES,
    *dynamics.FIGURES,
    *bands.FIGURES,
    *equalisers.FIGURES,
    *colour.FIGURES,
    *peaks.FIGURES,
    *delivery.FIGURES,
)
