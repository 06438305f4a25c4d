"""The JSON Schema says what the loader says; the table of settings says what the settings say."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from dsp.dynamics import GlueSettings
from dsp.eq import EqBand
from dsp.gain import OutputSettings
from dsp.limiter import LimiterSettings
from dsp.saturation import ClipSettings, SaturateSettings
from pipeline.formats import RATES
from pipeline.manifest.declared import choices, fields_of, sections
from pipeline.manifest.model import Document, Session
from pipeline.manifest.reference import settings_table
from pipeline.manifest.schema import json_schema
from pipeline.manifest.tree import parse

FULL = (Path(__file__).parent / "full.yaml").read_text(encoding="utf-8")

SCHEMA = json_schema()
KINDS = {
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "null": type(None),
    "object": dict,
    "array": list,
}


def valid(schema, value):
    """Enough of JSON Schema 2020-12 for the words that ours uses; any other word is an error."""
    return all(RULES[word](schema, value) for word in schema)


def _of_type(schema, value):
    wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return any(
        isinstance(value, KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))
        for kind in wanted
    )


def _number(rule):
    return lambda s, v: isinstance(v, bool) or not isinstance(v, int | float) or rule(s, v)


def _mapping(rule):
    return lambda s, v: not isinstance(v, dict) or rule(s, v)


def _others(s, v):
    allowed = s["additionalProperties"]
    rest = [item for key, item in v.items() if key not in s.get("properties", {})]
    return not rest if allowed is False else all(valid(allowed, item) for item in rest)


RULES = dict.fromkeys(
    ["$schema", "$defs", "title", "description", "default", "format"], lambda s, v: True
) | {
    "$ref": lambda s, v: valid(SCHEMA["$defs"][s["$ref"].removeprefix("#/$defs/")], v),
    "type": _of_type,
    "enum": lambda s, v: any(v == option and type(v) is type(option) for option in s["enum"]),
    "const": lambda s, v: v == s["const"],
    "anyOf": lambda s, v: any(valid(kind, v) for kind in s["anyOf"]),
    "oneOf": lambda s, v: sum(valid(kind, v) for kind in s["oneOf"]) == 1,
    "minimum": _number(lambda s, v: v >= s["minimum"]),
    "maximum": _number(lambda s, v: v <= s["maximum"]),
    "pattern": lambda s, v: not isinstance(v, str) or bool(re.search(s["pattern"], v)),
    "items": lambda s, v: not isinstance(v, list) or all(valid(s["items"], item) for item in v),
    "minItems": lambda s, v: not isinstance(v, list) or len(v) >= s["minItems"],
    "properties": _mapping(
        lambda s, v: all(valid(s["properties"][key], v[key]) for key in v if key in s["properties"])
    ),
    "required": _mapping(lambda s, v: all(key in v for key in s["required"])),
    "minProperties": _mapping(lambda s, v: len(v) >= s["minProperties"]),
    "maxProperties": _mapping(lambda s, v: len(v) <= s["maxProperties"]),
    "additionalProperties": _mapping(_others),
}


def read(text):
    """As an editor reads it: numbers, true and false of YAML 1.2; all else is text."""
    return _core(parse(text.encode(), "album.yaml")[0])


def _core(value):
    if isinstance(value, dict):
        return {key: _core(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_core(item) for item in value]
    if isinstance(value, str) and re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", value):
        return float(value) if re.search(r"\D", value.lstrip("-+")) else int(value)
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


RIGHT = "album: {title: T, artist: A}\ntracks: [a.wav]\n"


@pytest.mark.parametrize(
    "text",
    [
        FULL,
        RIGHT,
        RIGHT + "level:\ndefaults:\nvinyl:\ndeliver: {cd: , vinyl: }",
        "album: {title: 1999, artist: true, upc: 036000291452, genre: [Folk, 80]}\ntracks: [a.wav]",
        RIGHT + "defaults: {limiter: on, then: segue, chain: [{glue: }], fade_in: {seconds: .5}}",
        RIGHT + "vinyl: {limiter: yes, sides: auto}",
    ],
)
def test_what_the_loader_takes_the_schema_takes(reads, text):
    assert reads(text)
    assert valid(SCHEMA, read(text))


@pytest.mark.parametrize(
    "text",
    [
        "album: {title: T}\ntracks: [a.wav]",
        "album: {title: T, artist: A}\ntracks: []",
        "album: {title: T, artist: [A]}\ntracks: [a.wav]",
        "album: {title: T, artist: A}\ntracks: [[a.wav]]",
        "album: {title: T, artist: A}\ntracks: [{title: T}]",
        "album: {title: T, artist: A, language: en-US}\ntracks: [a.wav]",
        "album: {title: T, artist: A}\ntracks: [{mix: a.wav, trim: {start: 1:2:3:4}}]",
        "album: {title: T, artist: A}\ntracks: [{mix: a.wav, cuts: [{at: 0}]}]",
        "album: {title: T, artist: A}\ntracks: [{mix: a.wav, then: {gap: 1, crossfade: 1}}, a.wav]",
        "album: {title: T, artist: A}\ntracks: [{mix: a.wav, then: seque}, a.wav]",
        RIGHT + "stores: {}",
        RIGHT + "session: {rate: 44101}",
        RIGHT + "level: {target_lufs: 1}",
        RIGHT + "level: {target_lufs: loud}",
        RIGHT + "defaults: {chain: [{glue: {ratio: 99}}]}",
        RIGHT + "defaults: {chain: [{glue: {}, clip: {}}]}",
        RIGHT + "defaults: {chain: [{}]}",
        RIGHT + "defaults: {chain: [{glue: {threshold: 1}}]}",
        RIGHT + "defaults: {chain: [{eq: [{type: bell}]}]}",
        RIGHT + "defaults: {limiter: hard}",
        RIGHT + "vinyl: {rpm: 78}",
        RIGHT + "vinyl: {sides: {A: [x]}}",
        RIGHT + "deliver: {cd: {ddp: true}}",
    ],
)
def test_what_the_schema_refuses_the_loader_refuses(faults_of, text):
    assert faults_of(text)
    assert not valid(SCHEMA, read(text))


def test_every_key_has_a_meaning():
    parts = SCHEMA["$defs"] | {"Document": SCHEMA}
    track = parts["Track"]["anyOf"][1]
    for name, section in sections().items():
        properties = (track if name == "Track" else parts[name])["properties"] if name in parts else {}
        assert list(properties) == list(fields_of(section)) or name not in parts
        assert all(field["description"] for field in properties.values()), name
    assert parts["GlueSettings"]["properties"]["ratio"]["maximum"] == 20
    assert track["properties"]["title"]["description"] == "default: from the name of the file"


def test_the_choices_of_rate_are_those_of_the_formats():
    assert choices(fields_of(Session)["rate"]) == ("auto", *RATES)


def test_no_name_of_a_section_is_used_twice():
    """The schema keeps them by name."""
    found = sections(Document)
    assert {"Album", "Track", "EqBand", "LimiterSettings", "ChainChange", "Crossfade"} <= found.keys()
    assert len(set(found.values())) == len(found)


def test_the_table_has_a_row_for_every_setting():
    head, rule, *rows = [line.strip("| ").split(" | ") for line in settings_table().splitlines()]
    assert head == ["Stage", "Key", "Range", "Default", "Meaning"]
    assert rule == ["---"] * 5
    stages = {"glue": GlueSettings, "saturate": SaturateSettings, "eq": EqBand, "clip": ClipSettings}
    stages |= {"output": OutputSettings, "limiter": LimiterSettings}
    keys = [field.name for settings in stages.values() for field in fields(settings)]
    assert [row[-4].strip("`") for row in rows] == keys
    assert [row[0].strip("`") for row in rows if len(row) == 5] == list(stages)
    assert "|  | `slope_db_per_octave` | 6, 12, 18, 24 | 12 |" in settings_table()
    assert (
        "| `eq` | `type` | bell, low_shelf, high_shelf, high_pass, low_pass | required |" in settings_table()
    )
    assert "| `limiter` | `release_ms` | between 5 and 2000 | 120 |" in settings_table()
