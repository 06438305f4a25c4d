"""Writes docs/stages.md and its figures: settings from the code, figures from the bars of quality.

    python docs/make_reference.py

Measures every bar, which takes some minutes. Run it when a stage, a setting or a bar has changed.
"""

import inspect
import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from benchmarks.bars import all_bars  # noqa: E402
from benchmarks.figures import FIGURES, draw  # noqa: E402
from dsp import dither, limiter, loudness, resample, true_peak  # noqa: E402
from pipeline.manifest.reference import StageSection, stage_sections  # noqa: E402

# What is no entry of a chain, and is measured like one: (name, what it is for, its module).
AROUND_THE_CHAIN = (
    ("limiter", "the true-peak limiter behind the gain and the conversion, at every delivery rate", limiter),
    ("conversion", "from the session's rate to that of each delivery", resample),
    ("dither", "from float to the word length of a file", dither),
    ("loudness", "the meters that decide every gain", loudness),
    ("true peak", "the meters that decide every ceiling", true_peak),
)

HEAD = """\
# The stages

What each stage of a chain does, how it is set, where its method is from, and what was measured of it.
This page is made by `python docs/make_reference.py`; the figures are those of
`python benchmarks/quality.py`, which `make test` asserts. Drawings are made by the functions that measure.

"""


def table(bars):
    """Markdown of measured bars; measures them."""
    lines = ["| measured | bar | here | others |", "| --- | --- | --- | --- |"]
    for bar in bars:
        relation = "≥" if bar.at_least else "≤"
        figure = f"{bar.measure():.4g} {bar.unit}".strip()
        cells = (bar.claim, f"{relation} {bar.limit:g} {bar.unit}".strip(), figure, bar.peers)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def sections():
    """Those of the chain's stages, then what is around it."""
    chain = stage_sections()
    named = {stage.name for stage in chain}
    around = [
        StageSection(name, purpose, inspect.getdoc(module), "")
        for name, purpose, module in AROUND_THE_CHAIN
        if name not in named
    ]
    return [*chain, *around]


def section(stage, bars):
    """Everything about one stage, or about what comes behind the chain."""
    parts = [f"## {stage.name}\n", f"{stage.purpose}\n", stage.method + "\n"]
    if stage.settings:
        parts.append(stage.settings)
    if bars:
        parts += [f"Measured by `python benchmarks/quality.py {stage.name}`:\n", table(bars)]
    for figure in FIGURES:
        if figure.field == stage.name:
            draw(figure, DOCS / "figures")
            parts.append(f"![{figure.caption}](figures/{figure.file})\n\n*{figure.caption}*\n")
    return "\n".join(parts)


def main():
    bars = all_bars()
    pages = [section(stage, [bar for bar in bars if bar.field == stage.name]) for stage in sections()]
    (DOCS / "stages.md").write_text(HEAD + "\n".join(pages), encoding="utf-8")


if __name__ == "__main__":
    main()
