"""Drawings for the reference of stages, made from the functions that the bars measure with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt

# The same bytes on every run: no dates, no random ids; text as outlines would be larger and unsearchable.
mpl.rcParams |= {"svg.hashsalt": "deadwax", "svg.fonttype": "none", "font.size": 9}
SIZE_INCHES = (6.4, 3.2)


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing of one stage; `draw` gets matplotlib's axes."""

    field: str
    file: str
    caption: str
    draw: Callable[[plt.Axes], None]


def draw(figure: Figure, folder: Path) -> None:
    """Write it as SVG into `folder`."""
    folder.mkdir(exist_ok=True)
    drawing, axes = plt.subplots(figsize=SIZE_INCHES, layout="constrained")
    figure.draw(axes)
    axes.grid(visible=True, which="both", linewidth=0.3)
    drawing.savefig(folder / figure.file, metadata={"Date": None, "Creator": None})
    plt.close(drawing)


FIGURES: tuple[Figure, ...] = ()
