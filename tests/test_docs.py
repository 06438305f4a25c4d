"""The page of stages says what the code is now: stages, settings, bars and drawings."""

import re

import pytest

from benchmarks.bars import all_bars
from benchmarks.bars.bar import Bar
from benchmarks.figures import FIGURES
from benchmarks.quality import bar_text, figure_text, number_text
from docs.make_reference import DOCS, PAGE, claims, with_bars
from docs.sections import METHODS, SHARED, Section, anchor, explained, markdown, of_the_chain
from pipeline.manifest.reference import cd_tables, vinyl_tables

REMEDY = "run `make docs`"
TEXT = PAGE.read_text(encoding="utf-8")
HEADINGS = re.findall(r"^##+ (.*)$", TEXT, re.MULTILINE)
SECTIONS = with_bars(all_bars())
named = pytest.mark.parametrize(
    ("section", "bars"), [pytest.param(*each, id=each[0].name) for each in SECTIONS]
)


def text_under(heading):
    """What is under a heading, up to the next one."""
    return re.split(r"^##+ .*$", TEXT, flags=re.MULTILINE)[1 + HEADINGS.index(heading)]


def tables_in(text):
    """Each table as its rows, each row as its cells by the words at the head of their columns."""
    for block in re.findall(r"(?:^\|.*\|\n?)+", text, re.MULTILINE):
        head, _, *rows = [re.split(r"(?<!\\) \| ", line[2:-2]) for line in block.splitlines()]
        yield [
            dict(zip(head, (cell.replace("\\|", "|").strip() for cell in row), strict=True)) for row in rows
        ]


def bars_told(text):
    """(claim, bar, others) of every row of the tables of bars."""
    columns = ("measured", "bar", "others")
    rows = (row for table in tables_in(text) for row in table if "measured" in row)
    return [tuple(row.get(column, "") for column in columns) for row in rows]


def test_every_stage_has_its_section_in_order():
    expected = [section.name for section, _ in SECTIONS]
    assert HEADINGS[: len(expected)] == expected, REMEDY
    assert set(SHARED) <= set(HEADINGS)


@named
def test_purpose_and_settings_are_those_of_the_code(section, bars):
    assert section.purpose in text_under(section.name), REMEDY
    assert section.settings in text_under(section.name), REMEDY


@named
def test_bars_are_those_that_the_tests_assert(section, bars):
    assert bars_told(text_under(section.name)) == claims(bars), REMEDY


def test_every_field_of_bars_has_a_section():
    assert {bar.field for bar in all_bars()} <= {section.name for section, _ in SECTIONS}


def test_the_list_of_all_bars_has_all():
    listed = [(row["field"], row["measured"]) for table in tables_in(text_under("All bars")) for row in table]
    assert listed == [(bar.field, bar.claim) for bar in all_bars()], REMEDY


def test_every_stage_says_how_it_works():
    assert {section.name for section in of_the_chain()} <= set(METHODS)


def test_every_drawing_is_there_and_shown_and_no_other():
    declared = {figure.file for figure in FIGURES}
    assert set(re.findall(r"!\[.*?\]\(figures/(.*?)\)", TEXT)) == declared, REMEDY
    assert {path.name for path in (DOCS / "figures").iterdir()} == declared, REMEDY


def test_drawings_are_text_that_hosts_show_and_small():
    for path in (DOCS / "figures").iterdir():
        assert path.read_text(encoding="utf-8").startswith("<?xml")
        assert path.stat().st_size < 60_000


def test_no_link_is_dead():
    anchors = {anchor(heading) for heading in HEADINGS}
    for target in re.findall(r"\]\((?!https?:)(.*?)\)", TEXT):
        file, _, place = target.partition("#")
        assert (DOCS / file).exists() if file else place in anchors, target


def test_headings_differ_so_that_links_are_unambiguous():
    assert len({anchor(heading) for heading in HEADINGS}) == len(HEADINGS)


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (-292.23, "-292"), (99.96, "100.0"), (20.66, "20.7"), (-1.004, "-1.00"), (0.00447, "0.0045"),
        (1.1e-16, "1e-16"), (0.00006, "6e-5"), (0.0, "0"), (-0.0, "0"), (95.0, "95"), (131072.0, "131072"),
        (float("-inf"), "-∞"), (float("nan"), "nan"),
    ],
)  # fmt: skip
def test_numbers_have_the_digits_that_mean_something(figure, text):
    assert number_text(figure) == text


def test_a_bar_that_is_missed_says_so_and_units_follow_their_numbers():
    bar = Bar("phase", "turned by", 25.0, "°", lambda: 0.0)
    assert (bar_text(bar), figure_text(bar, 20.66)) == ("≤ 25°", "20.7°")
    assert figure_text(bar, 26.0) == "26°, **missed**"


def example():
    """(taps,): what it does, f(x) * 2, with ``a_b`` and | in it.

    The `eq:` stage of a manifest.

    Args:
        nothing: at all.

    Source: somebody, 1999.
    """


def test_a_docstring_becomes_paragraphs_of_markdown():
    text = explained(("Word", example))
    assert (
        text == "**Word.** What it does, f(x) \\* 2, with `a_b` and \\| in it.\n\n*Source:* somebody, 1999."
    )


def test_a_formula_keeps_its_letters():
    assert (
        markdown("y[n] = 2 x[n], and what is\nbehind it.") == "y\\[n\\] = 2 x\\[n\\], and what is behind it."
    )
    assert markdown("mid and side.") == "Mid and side."


def test_a_section_of_what_nothing_is_known_of_is_empty_but_for_its_name():
    assert (Section("new").method, Section("new").settings) == ("", "")


@pytest.mark.parametrize(
    ("page", "name", "tables"),
    [
        *(("vinyl.md", name, vinyl_tables) for name in ("vinyl", "lathe", "cassette")),
        *(("cd.md", name, cd_tables) for name in ("cd", "tracks", "hidden", "profiles")),
    ],
)
def test_the_tables_of_a_page_are_those_that_the_settings_make(page, name, tables):
    text = (DOCS / page).read_text(encoding="utf-8")
    table = re.search(rf"<!-- {name}: .*? -->\n(.*?)<!-- {name} end -->", text, re.DOTALL)
    assert table is not None
    assert table[1].strip() == tables()[name].strip(), "python -m pipeline.manifest.reference prints them"
