"""Markdown as a reader that knows nothing of us sees it."""

from itertools import pairwise

from markdown_it import MarkdownIt


def tables(markdown: str) -> list[list[list[str]]]:
    """Every table of a text: rows of cells, as text."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    found: list[list[list[str]]] = []
    for cell, content in pairwise(tokens):
        if cell.type == "table_open":
            found.append([])
        elif cell.type == "tr_open":
            found[-1].append([])
        elif cell.type in ("th_open", "td_open"):
            found[-1][-1].append("".join(child.content for child in content.children or ()))
    return found
