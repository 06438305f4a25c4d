"""Writes docs/stages.md and its figures: settings from the code, figures from the bars of quality.

    python docs/make_reference.py

Measures every bar and the speed of every stage, which takes some minutes, and needs the extra `docs`. Run
it when a stage, a setting, a docstring or a bar has changed.
"""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from benchmarks.bars import all_bars  # noqa: E402
from benchmarks.figures import FIGURES, draw  # noqa: E402
from benchmarks.quality import bar_text, figure_text, line  # noqa: E402
from benchmarks.stages import speed_table  # noqa: E402
from docs.sections import around_the_chain, link, of_the_chain, shared  # noqa: E402

PAGE = DOCS / "stages.md"
SHARED_NAME, SPEED_NAME, ALL_NAME = "What stages share", "Speed", "All bars"

HEAD = """\
# The stages

What each stage of a chain does, how it is set, where its method comes from, and what was measured of it; then
the same for what is around a chain. `make docs` writes this page from the code.
"""
HOW_TO_READ = """\
**How to read the tables.** A *bar* is a limit that the tests assert on every run: the figure is at most (≤)
or at least (≥) that. *Here* is what was measured when the page was made, by the command over the table.
*Others* is what was measured of other programs, or of the way it is commonly done, with the same kind of
signal; an empty cell says nothing about anybody. dBc are against the tone that went in, dBFS against full
scale, LSB are those of 16 bits; with a bar of 0 not a single one is allowed. Drawings are made by the
functions that measure; blue is Deadwax.
"""
SHARED_HEAD = "What several stages are made of, or have in common.\n"
SPEED_HEAD = """\
Seconds of stereo for each second of CPU time on one core of the machine that this page was made on, by
`python benchmarks/stages.py`. The machine had other work at the same time, which costs up to half: compare
rows, and measure on your own.
"""


def claims(bars):
    """What a table says of each bar before anything is measured: claim, bar, others."""
    return [(bar.claim, bar_text(bar), bar.peers) for bar in bars]


def table(head, rows):
    """Markdown; a column of which all is empty is left out."""
    filled = [column for column in range(len(head)) if any(row[column] for row in rows)]
    lines = [[row[column] for column in filled] for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(map(line, lines)) + "\n"


def bars_table(bars, found):
    rows = [
        (claim, limit, figure_text(bar, found[bar]), others)
        for bar, (claim, limit, others) in zip(bars, claims(bars), strict=True)
    ]
    return table(("measured", "bar", "here", "others"), rows)


def all_bars_table(bars, found):
    rows = [(bar.field, bar.claim, bar_text(bar), figure_text(bar, found[bar])) for bar in bars]
    return table(("field", "measured", "bar", "here"), rows)


def count_of(bars, found):
    missed = sum(not bar.is_met_by(found[bar]) for bar in bars)
    return f"{len(bars)} bars, {'all of them met' if not missed else f'{missed} of them missed'}."


def drawings(stage):
    """Markdown of a stage's figures."""
    return [
        f"![{figure.stage}](figures/{figure.file})\n\n*{figure.caption}*\n"
        for figure in FIGURES
        if figure.stage == stage
    ]


def command(name):
    return f"python benchmarks/quality.py {repr(name) if ' ' in name else name}"


def section_text(section, bars, found, level="##"):
    """Everything about one stage, or about something around the chain."""
    parts = [f"{level} {section.name}", section.purpose, section.method, section.settings]
    if bars:
        parts += [f"Measured by `{command(section.name)}`:", bars_table(bars, found)]
    return "\n\n".join(part.strip() for part in [*parts, *drawings(section.name)] if part) + "\n"


def with_bars(bars):
    """The page's sections and the bars of each."""
    return [
        (section, [bar for bar in bars if bar.field == section.name])
        for section in [*of_the_chain(), *around_the_chain()]
    ]


def contents(names):
    """Links to everything, the stages of a chain apart from the rest."""
    count = len(of_the_chain())
    lists = {
        "A chain's stages": names[:count],
        "Around the chain": names[count:],
        "And": (SHARED_NAME, SPEED_NAME, ALL_NAME),
    }
    return "\n".join(f"* {words}: {', '.join(map(link, each))}" for words, each in lists.items()) + "\n"


def page(bars, found):
    """All of docs/stages.md."""
    sections = with_bars(bars)
    return "\n".join(
        [
            HEAD,
            contents([section.name for section, _ in sections]),
            HOW_TO_READ,
            *(section_text(section, own, found) for section, own in sections),
            f"## {SHARED_NAME}\n\n{SHARED_HEAD}",
            *(section_text(section, [], found, "###") for section in shared()),
            f"## {SPEED_NAME}\n\n{SPEED_HEAD}",
            "\n".join(speed_table()) + "\n",
            f"## {ALL_NAME}\n\n{count_of(bars, found)}\n",
            all_bars_table(bars, found),
        ]
    )


def main():
    for figure in FIGURES:
        draw(figure, DOCS / "figures")
    bars = all_bars()
    PAGE.write_text(page(bars, {bar: bar.measure() for bar in bars}), encoding="utf-8")


if __name__ == "__main__":
    main()
