"""The table of every stage's settings, for the README: made from the settings themselves."""

from dataclasses import MISSING, Field, fields
from typing import Any, get_args

from dsp.settings import described_fields, range_text
from pipeline.manifest.chain import Insert
from pipeline.manifest.declared import bare, choices, fields_of
from pipeline.manifest.model import Defaults

HEAD = ("Stage", "Key", "Range", "Default", "Meaning")


def settings_table() -> str:
    """Markdown: stage, key, range, default and meaning of each setting; ends with a line break."""
    stages = fields_of(Insert) | {"limiter": fields_of(Defaults)["limiter"]}
    rows = [row for stage, hint in stages.items() for row in _rows(stage, _settings(hint))]
    return "".join(_line(row) for row in (HEAD, ("---",) * len(HEAD), *rows))


def _settings(hint: Any) -> Any:
    """The settings class of a stage: `eq` is a list of them, `limiter` them or a word."""
    plain = bare(hint)
    candidates = [plain, *map(bare, get_args(plain))]
    return next(candidate for candidate in candidates if hasattr(candidate, "__dataclass_fields__"))


def _rows(stage: str, settings: Any) -> list[tuple[str, ...]]:
    """The stage's name only stands in the first of its rows."""
    declared = {field.name: field for field in fields(settings)}
    rows: list[tuple[str, ...]] = []
    for place, (key, interval, meaning) in enumerate(described_fields(settings)):
        options = choices(fields_of(settings)[key])
        allowed = range_text(interval) if interval else ", ".join(map(str, options))
        name = "" if place else f"`{stage}`"
        rows.append((name, f"`{key}`", allowed, _default(declared[key]), meaning))
    return rows


def _default(field: "Field[Any]") -> str:
    if field.default is MISSING:
        return "required"
    return f"{field.default:g}" if isinstance(field.default, float) else str(field.default)


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    print(settings_table(), end="")
