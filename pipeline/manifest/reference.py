"""What the documents say of the stages: made from the settings themselves."""

import inspect
from dataclasses import MISSING, dataclass, fields
from typing import Any, get_args

from dsp import repair
from dsp.settings import SHARED, Interval, range_text
from dsp.stages import KINDS
from pipeline import plugin
from pipeline.manifest.chain import Insert
from pipeline.manifest.declared import bare, choices, fields_of, meaning, range_of
from pipeline.manifest.part import Part

HEAD = ("Key", "Range", "Default", "Meaning")
# Modules of stages that `KINDS` does not lead to.
ELSEWHERE = {"repair": repair, "plugin": plugin}


@dataclass(frozen=True, slots=True)
class StageSection:
    """What the reference says about one stage: Markdown. `method` is what its module says of itself."""

    name: str
    purpose: str
    method: str
    settings: str


def stage_sections() -> list[StageSection]:
    """Every stage that a chain can have, in the order of the manifest's keys."""
    return [
        StageSection(
            name=stage,
            purpose=meaning(hint),
            method=_method(stage),
            settings=_table(HEAD, _rows(_settings(hint))),
        )
        for stage, hint in fields_of(Insert).items()
    ]


def _method(stage: str) -> str:
    """What the module of a stage says of itself; an EQ's settings are a tuple, and its stage knows."""
    modules = {
        kind.name: inspect.getmodule(kind.make if settings is tuple else settings)
        for settings, kind in KINDS.items()
    }
    return inspect.getdoc((modules | ELSEWHERE)[stage]) or ""


def stages_table() -> str:
    """Markdown: every stage and what it is for; ends with a line break."""
    return _table(
        ("Stage", "What it is"), [(f"`{name}`", meaning(hint)) for name, hint in fields_of(Insert).items()]
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "".join(_line(row) for row in (head, ("---",) * len(head), *rows))


def _settings(hint: Any) -> Any:
    """The settings class of a stage: `eq` is a list of them, `limiter` them or a word."""
    plain = bare(hint)
    candidates = [plain, *map(bare, get_args(plain))]
    return next((each for each in candidates if _is_section(each)), plain)


def _is_section(hint: Any) -> bool:
    return isinstance(hint, type) and (issubclass(hint, Part) or hasattr(hint, "__dataclass_fields__"))


def _rows(settings: Any, before: str = "") -> list[tuple[str, ...]]:
    """Key, range, default and meaning of each setting; of a list of settings, those of one entry too."""
    defaults = _defaults(settings)
    rows: list[tuple[str, ...]] = []
    for key, hint in sorted(fields_of(settings).items(), key=lambda field: field[0] in SHARED):
        rows.append((f"`{before}{key}`", _allowed(hint, range_of(hint)), defaults[key], meaning(hint)))
        inner = _settings(hint)
        if _is_section(inner):
            rows += _rows(inner, f"{before}{key}[].")
    return rows


def _allowed(hint: Any, interval: Interval | None) -> str:
    if interval:
        return range_text(interval)
    return "yes, no" if bare(hint) is bool else ", ".join(map(str, choices(hint)))


def _defaults(settings: Any) -> dict[str, str]:
    if issubclass(settings, Part):
        return {
            key: "required" if field.is_required() else _plain(field.default)
            for key, field in settings.model_fields.items()
        }
    return {
        field.name: "required" if field.default is MISSING else _plain(field.default)
        for field in fields(settings)
    }


def _plain(value: Any) -> str:
    """A default as it would be written in a manifest."""
    if isinstance(value, tuple) and value and hasattr(value[0], "__dataclass_fields__"):
        return f"{len(value)} of them"
    if isinstance(value, tuple):
        return ", ".join(map(_plain, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    print(stages_table(), end="")
