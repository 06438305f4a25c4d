"""What the model declares at a place in the manifest: the keys of a section, the range of a number."""

from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Interval
from pydantic import Tag
from typing_extensions import Doc

from pipeline.manifest.model import Document
from pipeline.manifest.places import Route

TypeHint = Any


@lru_cache
def fields_of(section: type) -> dict[str, TypeHint]:
    """Type of each key of a section or of a stage's settings, its Interval and Doc included, in order."""
    hints = get_type_hints(section, include_extras=True)
    own = getattr(section, "model_fields", None) or getattr(section, "__dataclass_fields__", {})
    return {name: hints[name] for name in own}


def hint_at(location: Route) -> TypeHint:
    """Type of what is at one of pydantic's locations, kinds of unions (`<settings>`) included."""
    hint: TypeHint = Document
    for step in location:
        hint = _inside(hint, step)
    return hint


def keys_at(location: Route) -> tuple[str, ...]:
    """Keys of the section at `location`; none where any key is allowed."""
    section = bare(hint_at(location))
    return tuple(fields_of(section)) if isinstance(section, type) else ()


def range_at(location: Route) -> Interval | None:
    """Range of the number at `location`."""
    return range_of(hint_at(location))


def range_of(hint: TypeHint) -> Interval | None:
    """The Interval of a number's type."""
    return next((extra for extra in _extras(hint) if isinstance(extra, Interval)), None)


def sections(hint: TypeHint = Document) -> dict[str, type]:
    """Every section and settings class that a type leads to, itself included, by name."""
    plain = bare(hint)
    fields = fields_of(plain) if isinstance(plain, type) else {}
    found = {plain.__name__: plain} if fields else {}
    for inner in (*fields.values(), *get_args(plain)):
        found |= sections(inner)
    return found


def meaning(hint: TypeHint) -> str:
    """The Doc of a field's type."""
    return next((extra.documentation for extra in _extras(hint) if isinstance(extra, Doc)), "")


def choices(hint: TypeHint) -> tuple[object, ...]:
    """The options of a choice; none when it is something else."""
    plain = bare(hint)
    origin: Any = get_origin(plain)
    return get_args(plain) if origin is Literal else ()


def bare(hint: TypeHint) -> TypeHint:
    """The type without its annotations, and without `| None`."""
    while True:
        origin: Any = get_origin(hint)
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
        if origin is Annotated:
            hint = hint.__origin__
        elif origin in (Union, UnionType) and len(kinds) == 1:
            hint = kinds[0]
        else:
            return hint


def _extras(hint: TypeHint) -> tuple[Any, ...]:
    return getattr(hint, "__metadata__", ())


def _inside(hint: TypeHint, step: str | int) -> TypeHint:
    plain = bare(hint)
    origin: Any = get_origin(plain)
    arguments = get_args(plain)
    if origin in (Union, UnionType):
        return next(kind for kind in arguments if any(extra == Tag(str(step)) for extra in _extras(kind)))
    if origin is dict:
        return arguments[1]
    return arguments[0] if origin is tuple else fields_of(plain)[str(step)]
