"""The table of quality: every bar, what it asks, what is measured, what others reach.

    python benchmarks/quality.py [field …]

A field is a stage by its key in a manifest, or what is around a chain: dither, conversion, 'true peak'.
Without one it is all of them, which takes some minutes. Ends with status 1 when a bar is missed, with 2 when
there is no such field. The tests assert the same bars.
"""

import math
import sys

from benchmarks.bars import all_bars

HEAD = ("field", "measured", "bar", "here", "others")


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
    fields = {bar.field for bar in bars}
    if unknown := sorted(wanted - fields):
        print(f"no bars of {', '.join(unknown)}; there are {', '.join(sorted(fields))}", file=sys.stderr)
        return 2
    missed = 0
    print(line(HEAD))
    print(line(["---"] * len(HEAD)))
    for bar in bars:
        if not wanted or bar.field in wanted:
            figure = bar.measure()
            missed += not bar.is_met_by(figure)
            print(line(cells(bar, figure)), flush=True)
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
