"""The layout of DDP records, against the tables that public notes and readers agree on."""

import ast
from pathlib import Path

import pytest

from pipeline.cd.ddp_records import (
    ID_BYTES,
    ID_FIELDS,
    MAP_BYTES,
    MAP_FIELDS,
    PACKET_BYTES,
    PACKET_FIELDS,
    Layout,
)

# (offset, size) of every field, in its order.
ID_TABLE = (
    (0, 8), (8, 13), (21, 8), (29, 8), (37, 1), (38, 48), (86, 1), (87, 2), (89, 1), (90, 1), (91, 1),
    (92, 1), (93, 2), (95, 33),
)  # fmt: skip
MAP_TABLE = {
    "marker": (0, 4), "DST": (4, 2), "DSP": (6, 8), "DSL": (14, 8), "DSS": (22, 8), "SUB": (30, 8),
    "CDM": (38, 2), "SSM": (40, 1), "SCR": (41, 1), "PRE1": (42, 4), "PRE2": (46, 4), "PST": (50, 4),
    "MED": (54, 1), "TRK": (55, 2), "IDX": (57, 2), "ISRC": (59, 12), "SIZ": (71, 3), "DSI": (74, 17),
    "NEW": (91, 1),
    "PRE1NXT": (92, 4), "PAUSEADD": (96, 8), "OFS": (104, 9), "padding": (113, 15),
}  # fmt: skip
PACKET_TABLE = {
    "marker": (0, 4), "track": (4, 2), "index": (6, 2), "hours": (8, 2), "time": (10, 6), "control": (16, 2),
    "second control": (18, 2), "ISRC": (20, 12), "UPC/EAN": (32, 13), "comment": (45, 19),
}  # fmt: skip


def test_identification_record() -> None:
    assert tuple((field.offset, field.size) for field in ID_FIELDS.values()) == ID_TABLE


@pytest.mark.parametrize(("layout", "table"), [(MAP_FIELDS, MAP_TABLE), (PACKET_FIELDS, PACKET_TABLE)])
def test_fields_by_name(layout: Layout, table: dict[str, tuple[int, int]]) -> None:
    assert {name: (field.offset, field.size) for name, field in layout.items()} == table


@pytest.mark.parametrize(
    ("layout", "size"), [(ID_FIELDS, ID_BYTES), (MAP_FIELDS, MAP_BYTES), (PACKET_FIELDS, PACKET_BYTES)]
)
def test_fields_touch_and_fill_the_record(layout: Layout, size: int) -> None:
    stop = 0
    for name, field in layout.items():
        assert (field.name, field.offset) == (name, stop)
        stop += field.size
    assert stop == size


def imported(module: str) -> set[str]:
    """The modules of `pipeline.cd` that a module imports, and those that they import."""
    path = Path(__file__).parents[3].joinpath(*module.split(".")).with_suffix(".py")
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline.cd"):
            names = (
                [node.module]
                if node.module != "pipeline.cd"
                else [f"pipeline.cd.{each.name}" for each in node.names]
            )
            found.update(names)
    return found.union(*map(imported, found)) if found else found


def test_writer_and_reader_have_nothing_in_common_but_the_layout() -> None:
    writer, reader = imported("pipeline.cd.ddp_writer"), imported("pipeline.cd.ddp_reader")
    assert writer & reader == {"pipeline.cd.ddp_records", "pipeline.cd.disc"}
    assert "pipeline.cd.ddp_writer" not in reader
