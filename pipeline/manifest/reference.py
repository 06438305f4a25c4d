"""What the documents say of the stages: made from the settings themselves."""

from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass, fields
from typing import Any, get_args

from dsp.lathe import LatheSettings
from dsp.settings import SHARED, range_text
from dsp.tape import FLUX_TIME_S
from pipeline.cd.msf import msf
from pipeline.disc_profiles import profile, profiles
from pipeline.manifest.cassette import CassetteDelivery
from pipeline.manifest.cd import CdDelivery
from pipeline.manifest.chain import Insert
from pipeline.manifest.declared import bare, choices, fields_of, meaning, range_of
from pipeline.manifest.part import Part
from pipeline.manifest.song import Hidden, Track
from pipeline.manifest.vinyl import Vinyl

HEAD = ("Key", "Range", "Default", "Meaning")
# Choices that types cannot declare: between numbers that are not whole.
NUMBERS = {"speed_ips": tuple(FLUX_TIME_S)}
# Keys that a stage's settings have, and the stage refuses.
REFUSED = {"linear_eq": ("threshold_db", "ratio", "attack_ms", "release_ms")}


@dataclass(frozen=True, slots=True)
class StageSection:
    """What the reference says about one stage; `settings` is Markdown."""

    name: str
    purpose: str
    settings: str


def stage_sections() -> list[StageSection]:
    """Every stage that a chain can have, in the order of the manifest's keys."""
    return [
        StageSection(stage, meaning(hint), _stage_table(stage, _settings(hint)))
        for stage, hint in fields_of(Insert).items()
    ]


def _stage_table(stage: str, settings: Any) -> str:
    return settings_table(settings, [key for key in fields_of(settings) if key not in REFUSED.get(stage, ())])


def stages_table() -> str:
    """Markdown: every stage and what it is for; ends with a line break."""
    return _table(
        ("Stage", "What it is"), [(f"`{name}`", meaning(hint)) for name, hint in fields_of(Insert).items()]
    )


def settings_table(section: Any, keys: Iterable[str]) -> str:
    """Markdown: `keys` of a section or of a stage's settings, with their ranges, defaults and meanings.

    What several stages share comes last. Ends with a line break.
    """
    return _table(HEAD, _rows(section, keys))


def vinyl_tables() -> dict[str, str]:
    """Markdown by name: the settings of a record, of the lathe that is assumed, and of a cassette."""
    return {
        "vinyl": _table(HEAD, _own_rows(Vinyl, [key for key in fields_of(Vinyl) if key != "lathe"])),
        "lathe": settings_table(LatheSettings, fields_of(LatheSettings)),
        "cassette": settings_table(CassetteDelivery, fields_of(CassetteDelivery)),
    }


def cd_tables() -> dict[str, str]:
    """Markdown by name: the settings of a CD, of tracks for it, of a hidden one, and how long it can be."""
    return {
        "cd": _table(HEAD, list(_flat_rows(CdDelivery))),
        "tracks": _table(HEAD, _own_rows(Track, ("disc", "index", "isrc", "arranger", "message"))),
        "hidden": _table(HEAD, _own_rows(Hidden, ("mix", "title", "gap"))),
        "profiles": _table(("Profile", "Remark over", "Not over", "By"), list(map(_profile_row, profiles()))),
    }


def _profile_row(name: str) -> tuple[str, ...]:
    known = profile(name)
    return f"`{name}`", msf(known.warn_sectors), msf(known.fail_sectors), known.source


def _flat_rows(section: type, before: str = "") -> Iterator[tuple[str, ...]]:
    """Every setting, those of a section within as `offsets.start_sectors`."""
    for key, hint in fields_of(section).items():
        inner = bare(hint)
        if _is_section(inner):
            yield from _flat_rows(inner, f"{before}{key}.")
        else:
            yield from _own_rows(section, [key], before)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "".join(_line(row) for row in (head, ("---",) * len(head), *rows))


def _settings(hint: Any) -> Any:
    """The settings class of a stage: `eq` is a list of them, `limiter` them or a word."""
    plain = bare(hint)
    candidates = [plain, *map(bare, get_args(plain))]
    return next((each for each in candidates if _is_section(each)), plain)


def _is_section(hint: Any) -> bool:
    return isinstance(hint, type) and (issubclass(hint, Part) or hasattr(hint, "__dataclass_fields__"))


def _rows(settings: Any, keys: Iterable[str], before: str = "") -> list[tuple[str, ...]]:
    """Key, range, default and meaning of each setting; of a list of settings, those of one entry too."""
    hints = fields_of(settings)
    rows: list[tuple[str, ...]] = []
    for key in sorted(keys, key=lambda key: key in SHARED):
        rows += _own_rows(settings, [key], before)
        inner = _settings(hints[key])
        if _is_section(inner):
            rows += _rows(inner, fields_of(inner), f"{before}{key}[].")
    return rows


def _own_rows(settings: Any, keys: Iterable[str], before: str = "") -> list[tuple[str, ...]]:
    """The same without what is inside a setting."""
    hints, defaults = fields_of(settings), _defaults(settings)
    return [
        (f"`{before}{key}`", _allowed(key, hints[key]), defaults[key], meaning(hints[key])) for key in keys
    ]


def _allowed(key: str, hint: Any) -> str:
    """Range or choices of a setting, or of each entry of a list; nothing where any value will do."""
    if key in NUMBERS:
        return _plain(NUMBERS[key])
    if interval := range_of(hint):
        return range_text(interval)
    if each := next(filter(None, map(range_of, get_args(bare(hint)))), None):
        return f"each {range_text(each)}"
    return "yes, no" if bare(hint) is bool else ", ".join(map(str, choices(hint)))


def _defaults(settings: Any) -> dict[str, str]:
    if issubclass(settings, Part):
        return {
            key: "required" if field.is_required() else _plain(field.get_default(call_default_factory=True))
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
    if value is None or value == {}:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    for table in (stages_table(), *vinyl_tables().values(), *cd_tables().values()):
        print(table)
