"""What a drawing is, how it becomes a file, and what the drawings share."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

# Ours, what it is compared with, and what either should be.
HERE, OTHER, IDEAL = "#1f5fa8", "#d1602c", "#222222"
SHADES = ("#1f5fa8", "#2e9a8b", "#b0357e", "#8a6d1d")

# The same bytes on every run: no date, no random ids. Text stays text: smaller, and to be searched.
STYLE = {
    "svg.hashsalt": "deadwax",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.linewidth": 0.3,
    "grid.color": "#bbbbbb",
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.2,
    # Half a pixel of a curve is nothing to see.
    "path.simplify_threshold": 0.4,
}
WIDTH_INCHES = 7.6


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing of one stage; `draw` gets matplotlib's axes, as many as there are `panels`.

    `also` tells a second drawing of the same stage from the first.
    """

    stage: str
    caption: str
    draw: Callable[..., None]
    panels: int = 2
    also: str = ""
    height_inches: float = 3.0

    @property
    def file(self) -> str:
        return f"{' '.join([self.stage, *self.also.split()]).replace(' ', '_')}.svg"


def draw(figure: Figure, folder: Path) -> None:
    """Write it as SVG into `folder`."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.use("svg")
    folder.mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        size = (WIDTH_INCHES, figure.height_inches)
        drawing, axes = plt.subplots(1, figure.panels, figsize=size, layout="constrained", squeeze=False)
        for panel in axes[0]:
            panel.grid(visible=True)
        figure.draw(*axes[0])
        drawing.savefig(folder / figure.file, metadata={"Date": None, "Creator": None})
        plt.close(drawing)


def over_frequency(axes: Any, low_hz: float = 20, high_hz: float = 20_000, label: str = "") -> None:
    """A logarithmic axis in Hz and kHz."""
    axes.set_xscale("log")
    axes.set_xlim(low_hz, high_hz)
    ticks = [
        hz for hz in (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000) if low_hz <= hz <= high_hz
    ]
    axes.set_xticks(ticks, [f"{hz // 1000}k" if hz >= 1000 else str(hz) for hz in ticks])
    axes.minorticks_off()
    axes.set_xlabel("Hz")
    axes.set_ylabel(label)


def stems(axes: Any, x: Any, levels: Any, floor: float, **style: Any) -> None:
    """Lines of a spectrum from `floor` up, those below it left out, as one path."""
    shown = np.asarray(levels) > floor
    gaps = np.full(shown.sum(), np.nan)
    across = np.stack([np.asarray(x)[shown], np.asarray(x)[shown], gaps], axis=1)
    upward = np.stack([np.full(shown.sum(), floor), np.asarray(levels)[shown], gaps], axis=1)
    axes.plot(across.ravel(), upward.ravel(), solid_capstyle="butt", **style)
