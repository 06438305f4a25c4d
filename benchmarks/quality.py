"""The table of quality: every bar, what it asks, what is measured, what others reach.

    python benchmarks/quality.py [field …]

Ends with status 1 when a bar is missed. The tests assert the same bars.
"""

import sys

from benchmarks.bars import all_bars

HEAD = ("field", "what is measured", "bar", "here", "", "others")


def row(bar, figure):
    """Cells of one line."""
    relation = "≥" if bar.at_least else "≤"
    met = "met" if bar.is_met_by(figure) else "MISSED"
    return (
        bar.field,
        bar.claim,
        f"{relation} {bar.limit:g} {bar.unit}",
        f"{figure:.4g} {bar.unit}",
        met,
        bar.peers,
    )


def line(cells):
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main():
    wanted = set(sys.argv[1:])
    print(line(HEAD))
    print(line(["---"] * len(HEAD)))
    missed = 0
    for bar in all_bars():
        if not wanted or bar.field in wanted:
            figure = bar.measure()
            missed += not bar.is_met_by(figure)
            print(line(row(bar, figure)), flush=True)
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
