"""The README says what the program does: its generated table, its commands, its example."""

import re
from pathlib import Path

from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.manifest.load import read
from pipeline.manifest.reference import stages_table

README = Path(__file__).parents[1] / "README.md"


def test_the_table_of_stages_is_the_one_that_the_settings_make():
    text = README.read_text(encoding="utf-8")
    table = re.search(r"<!-- stages: .*? -->\n(.*?)<!-- stages end -->", text, re.DOTALL)
    assert table is not None
    assert table[1].strip() == stages_table().strip()


def test_every_command_it_names_exists_and_every_command_is_named():
    named = set(re.findall(r"^\| `deadwax (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE))
    offered = CliRunner().invoke(app, ["--help"]).output
    listed = set(re.findall(r"^ {2}(\w+) {2,}", offered.split("Commands:")[1], re.MULTILINE))
    assert named == listed


def test_the_first_manifest_it_shows_loads(tmp_path):
    manifest = re.search(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert manifest is not None
    (tmp_path / "mixes").mkdir()
    for name in re.findall(r"mixes/[\w ]+\.wav", manifest[1]):
        (tmp_path / name).touch()
    loaded = read(manifest[1].encode(), tmp_path / "album.yaml")
    assert [piece.title for piece in loaded.pieces] == ["Departure", "Breakwater", "First Light"]
