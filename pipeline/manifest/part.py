"""What every section of the manifest shares, and the types of single values."""

import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar, get_args, get_type_hints

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, model_validator

from pipeline.manifest.files import existing_file
from pipeline.manifest.places import shown
from pipeline.manifest.wrong import wrong

SWITCH = {"on": True, "off": False, "yes": True, "no": False, "true": True, "false": False}
# Control characters, line and paragraph separators; not the joiners that emoji and scripts need.
_UNPRINTABLE = {"Cc", "Zl", "Zp"}
# Of byte order: comes along where text is pasted, and is no character.
_MARK = "\ufeff"
Item = TypeVar("Item")
_SCALAR = {"type": ["string", "number", "boolean"]}


class Part(BaseModel):
    """Base of every section: its keys are known, its values do not change, an empty key is a missing key."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _without_empty_keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in cls.model_fields}


def one_line(text: str) -> str:
    """Text as tags, CD-Text and labels can carry it: stripped, not empty, without control characters."""
    text = text.replace(_MARK, "").strip()
    if not text:
        raise wrong("found empty text", "write something, or leave the key out")
    if any(unicodedata.category(c) in _UNPRINTABLE for c in text):
        raise wrong(f"{shown(text)} has a line break or a control character in it", "write it on one line")
    return text


def some_lines(text: str) -> str:
    """Text that may go on over several lines, each of them free of control characters."""
    for line in filter(str.strip, text.splitlines()):
        one_line(line.replace("\t", " "))
    return text.strip()


def switch(value: object) -> object:
    """on, yes and true, or off, no and false, in any case."""
    known = SWITCH.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(known, bool):
        raise wrong(f"{shown(value)} is neither yes nor no", "write yes or no, on or off")
    return known


def listed(value: object) -> object:
    """A single text stands for a list of one."""
    return [value] if isinstance(value, str) else value


def filled(items: tuple[Item, ...]) -> tuple[Item, ...]:
    if not items:
        raise wrong("the list is empty", "write at least one entry")
    return items


def whole(value: object) -> object:
    """The number that a text is, for choices between numbers."""
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 10 else value


def whole_choices(settings: type) -> Callable[[object], object]:
    """Turns texts into numbers where `settings` offer a choice between whole numbers."""
    hints = get_type_hints(settings)
    numbered = {name for name, hint in hints.items() if any(isinstance(each, int) for each in _options(hint))}

    def numbers(value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {key: whole(item) if key in numbered else item for key, item in value.items()}

    return numbers


def _options(hint: Any) -> list[Any]:
    """Those of a choice, and of a choice or None."""
    return [option for kind in get_args(hint) for option in (get_args(kind) or (kind,))]


SWITCH_SCHEMA = {"anyOf": [{"type": "boolean"}, {"enum": list(SWITCH)}]}
Text = Annotated[str, AfterValidator(one_line), WithJsonSchema(_SCALAR)]
Texts = Annotated[
    tuple[Text, ...],
    BeforeValidator(listed),
    WithJsonSchema({"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}),
]
Lines = Annotated[str, AfterValidator(some_lines), WithJsonSchema(_SCALAR)]
File = Annotated[str, AfterValidator(existing_file)]
Switch = Annotated[bool, BeforeValidator(switch), WithJsonSchema(SWITCH_SCHEMA)]
Curve = Literal["linear", "equal_power", "s_curve", "exponential"]
