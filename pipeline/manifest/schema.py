"""The manifest's JSON Schema, for editors that complete and check as one types."""

from typing import Any

from pipeline.manifest.declared import bare, fields_of, meaning, sections
from pipeline.manifest.model import Document
from pipeline.manifest.part import SWITCH_SCHEMA, Part

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def json_schema() -> Schema:
    """What `deadwax schema` prints: each key with its meaning, its range or choices, and its default."""
    schema = Document.model_json_schema()
    parts: Schema = schema["$defs"] | {Document.__name__: schema}
    for name, section in sections().items():
        if name in parts:
            _explain(parts[name], section)
    schema["$defs"]["Track"] = {
        "anyOf": [{"type": "string", "description": "a mix"}, schema["$defs"]["Track"]]
    }
    _drop_titles(schema)
    return {"$schema": DIALECT, "title": "Deadwax album manifest"} | schema


def _explain(part: Schema, section: type) -> None:
    """Meanings come from the fields' Docs; an empty key is as good as none, except in a stage's settings."""
    for key, hint in fields_of(section).items():
        field = part["properties"][key]
        if bare(hint) is bool and field.pop("type", ""):  # a stage's, which knows no words for it
            field = field | SWITCH_SCHEMA
        if issubclass(section, Part) and key not in part.get("required", []):
            field = _or_empty(field)
        part["properties"][key] = {"description": meaning(hint)} | field


def _or_empty(field: Schema) -> Schema:
    empty = {"type": "null"}
    if empty in field.get("anyOf", []):
        return field
    around = {key: field.pop(key) for key in ("default", "description") if key in field}
    kinds = field["anyOf"] if field.keys() == {"anyOf"} else [field]
    return {"anyOf": [*kinds, empty]} | around


def _drop_titles(schema: Any) -> None:
    """Pydantic titles every key with its own name."""
    for inner in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(inner, dict | list):
            _drop_titles(inner)
    if isinstance(schema, dict) and isinstance(schema.get("title"), str):
        del schema["title"]
