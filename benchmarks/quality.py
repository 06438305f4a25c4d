"""The table of quality: every bar, what it asks, what is measured, what others reach.

    python benchmarks/quality.py [stage or field …]

Without names it is all of them, which takes some minutes; `dither` is all fields of dither. Ends with
status 1 when a bar is missed, with 2 when there is no such field. The tests assert the same bars.
"""

import math
import sys

from benchmarks.bars import all_bars

HEAD = ("field", "measured", "bar", "here", "others")

# A stage by its key in a manifest, where a field of bars has another name.
STAGE_OF_FIELD = {"de-esser": "deess", "equaliser": "eq", "true-peak": "true peak"}


def stage_of(bar):
    """The stage, or what is around the chain, that a bar is about: `dither` for `dither, tpdf`."""
    field = bar.field.split(",")[0]
    return STAGE_OF_FIELD.get(field, field)


def names_of(bar):
    """What it can be asked for by."""
    return {bar.field, bar.field.split(",")[0], stage_of(bar)}


def number_text(figure):
    """Three digits of what is over 1 and two of what is under it, no decimals behind a hundred."""
    if not math.isfinite(figure):
        return f"{figure}".replace("inf", "∞")
    size = abs(figure)
    if size >= 100 or figure == round(figure):
        return f"{figure:.0f}" if round(figure) else "0"
    if size >= 1:
        return f"{figure:.{1 if size >= 10 else 2}f}"
    return f"{figure:.0e}".replace("e-0", "e-") if size < 1e-4 else f"{figure:.2g}"


def with_unit(number, unit):
    """`-292 dBc`, `0.7 %`, `25°`, `0`."""
    return f"{number}{unit}" if unit == "°" else f"{number} {unit}".strip()


def bar_text(bar):
    return with_unit(f"{'≥' if bar.at_least else '≤'} {number_text(bar.limit)}", bar.unit)


def figure_text(bar, figure):
    """A bar that is missed says so."""
    text = with_unit(number_text(figure), bar.unit)
    return text if bar.is_met_by(figure) else f"{text}, **missed**"


def cells(bar, figure):
    """Of one line, those of HEAD."""
    return (bar.field, bar.claim, bar_text(bar), figure_text(bar, figure), bar.peers)


def line(texts):
    """A row of a Markdown table."""
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"


def main():
    bars = all_bars()
    wanted = set(sys.argv[1:])
    unknown = wanted - set().union(*map(names_of, bars))
    if unknown:
        fields = sorted({bar.field for bar in bars})
        print(f"no bars of {', '.join(sorted(unknown))}; there are {'; '.join(fields)}", file=sys.stderr)
        return 2
    missed = 0
    print(line(HEAD))
    print(line(["---"] * len(HEAD)))
    for bar in bars:
        if not wanted or wanted & names_of(bar):
            figure = bar.measure()
            missed += not bar.is_met_by(figure)
            print(line(cells(bar, figure)), flush=True)
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
