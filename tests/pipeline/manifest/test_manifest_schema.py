"""The JSON Schema says what the loader says; the table of settings says what the settings say."""

import re
from pathlib import Path

import pytest

from pipeline.formats import RATES
from pipeline.manifest.chain import Insert
from pipeline.manifest.declared import choices, fields_of, sections
from pipeline.manifest.model import Document, Level, Lint, Session
from pipeline.manifest.reference import settings_table, stage_sections, stages_table
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
# As they are written.
STAGES = (
    *(f"{name}: " for name in fields_of(Insert) if name not in ("eq", "linear_eq", "tone", "plugin")),
    "repair: {dc: yes, declick: on, dehum: true, mains_hz: 50, fade_ends_ms: 10}",
    "repair: {dc: no, declick: off, dehum: false, mains_hz: }",
    "tone: {toward: album}",
    "tone: {toward: a.wav, strength: 0.5, max_db: 3}",
    "glue: {auto_release: yes, on: mid, mix: 0.5}",
    "multiband: {crossovers_hz: [120, 8e2], bands: [{}, {ratio: 2, makeup_db: -1}, {}], on: side}",
    "deess: {freq_hz: 7000, range_db: 3, mix: .5}",
    "eq: [{type: bell, freq_hz: 300, gain_db: -3, threshold_db: -24, ratio: 3, on: left}]",
    "linear_eq: [{type: high_pass, freq_hz: 100, slope_db_per_octave: 24, on: side}]",
    "saturate: {even: 0.2}",
    "tape: {speed_ips: 7.5, drive_db: 3, bump_db: 0, loss: 1}",
    "clip: {ceiling_db: -2, on: right}",
    "stereo: {widths: [0.8, 1], crossovers_hz: [200], mono_below_hz: 120}",
    "limiter: {ceiling_dbtp: -4, auto_release: off}",
    "plugin: {path: EQ.vst3}",
    "plugin: {path: EQ.vst3, preset: p.vstpreset, name: EQ, settings: {drive: 0.3, mode: Warm, in: true}}",
)


@pytest.mark.parametrize(
    "text",
    [
        FULL,
        RIGHT,
        RIGHT + "level:\ndefaults:\nvinyl:\ndeliver: {cd: , vinyl: }",
        "album: {title: 1999, artist: true, upc: 036000291452, genre: [Folk, 80]}\ntracks: [a.wav]",
        RIGHT + "defaults: {limiter: on, then: segue, chain: [{glue: }], fade_in: {seconds: .5}}",
        RIGHT + "vinyl: {limiter: yes, sides: auto}",
        RIGHT + "session: {dither: tpdf, reference: a.wav}",
        RIGHT + "lint: {eq_moves: off, glue: no, crest: yes, target: true}\nsession: {reference: }",
        *(f"{RIGHT}defaults: {{chain: [{{{stage}}}]}}" for stage in STAGES),
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
        RIGHT + "deliver: {cd: {dpp: true}}",
        RIGHT + "session: {dither: gaussian}",
        RIGHT + "lint: {eq_moves: sometimes}",
        RIGHT + "lint: {eq: off}",
        *(
            f"{RIGHT}defaults: {{chain: [{{{stage}}}]}}"
            for stage in (
                "repair: {dc: maybe}",
                "repair: {mains_hz: 55}",
                "repair: {clicks: yes}",
                "tone: {strength: 0.5}",
                "tone: {toward: [album]}",
                "glue: {auto_release: 3}",
                "glue: {on: middle}",
                "multiband: {crossovers_hz: [120, x]}",
                "multiband: {crossovers_hz: 120}",
                "multiband: {crossovers_hz: [120], bands: [{}, {ratio: 99}]}",
                "multiband: {crossovers_hz: [120], bands: [{}, {rato: 2}]}",
                "linear_eq: [{type: bell}]",
                "tape: {speed_ips: fast}",
                "stereo: {widths: [0.8, 3], crossovers_hz: [200]}",
                "limiter: {ceiling_dbtp: 1}",
                "plugin: {settings: {}}",
                "plugin: {path: EQ.vst3, settings: {drive: [1]}}",
                "output: {on: mid}",
            )
        ),
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


def cells(table):
    """The rows of a Markdown table, its head first, without the rule."""
    head, rule, *rows = [line.strip("| ").split(" | ") for line in table.splitlines()]
    assert rule == ["---"] * len(head)
    return [head, *rows]


def test_the_table_has_a_row_for_every_stage():
    head, *rows = cells(stages_table())
    assert head == ["Stage", "What it is"]
    assert [row[0].strip("`") for row in rows] == list(fields_of(Insert))
    assert ["`glue`", "bus compressor that holds the song together"] in rows
    assert all(row[1] for row in rows)


def test_every_stage_has_a_section_with_a_row_for_every_setting():
    found = {section.name: section for section in stage_sections()}
    assert list(found) == list(fields_of(Insert))
    rows = {name: cells(section.settings) for name, section in found.items()}
    assert all(own[0] == ["Key", "Range", "Default", "Meaning"] for own in rows.values())
    assert all(len(row) == 4 and row[3] for own in rows.values() for row in own[1:])
    keys = {name: [row[0].strip("`") for row in own[1:]] for name, own in rows.items()}
    assert keys["tone"] == ["toward", "strength", "max_db"]
    assert keys["clip"] == ["ceiling_db", "knee_db", "on", "mix"]
    assert keys["multiband"][:3] == ["crossovers_hz", "bands", "bands[].threshold_db"]
    assert keys["plugin"][:4] == ["path", "preset", "settings", "name"]
    assert [key for key in keys["eq"] if key not in MOVES] == keys["linear_eq"]
    assert "| `slope_db_per_octave` | 6, 12, 18, 24 | 12 |" in found["eq"].settings
    assert "| `type` | bell, low_shelf, high_shelf, high_pass, low_pass | required |" in found["eq"].settings
    assert "| `dc` | yes, no | no |" in found["repair"].settings
    assert "| `mains_hz` | 50, 60 | none |" in found["repair"].settings
    assert "| `toward` |  | required |" in found["tone"].settings
    assert "| `crossovers_hz` | each between 20 and 20000 | 120, 800, 5000 |" in found["multiband"].settings
    assert "| `widths` | each between 0 and 2 | 1 |" in found["stereo"].settings
    assert "| `speed_ips` | 7.5, 15, 30 | 15 |" in found["tape"].settings


# What makes a band of an eq dynamic.
MOVES = {"threshold_db": -24, "ratio": 3, "attack_ms": 5, "release_ms": 50}


@pytest.mark.parametrize("key", MOVES)
def test_what_the_table_of_linear_eq_leaves_out_is_refused_there(reads, faults_of, key):
    """Alone, and beside a threshold, with which an eq takes it."""
    alone = {"type": "bell", "freq_hz": 300, "gain_db": 1, key: MOVES[key]}
    assert faults_of(_chain_of("linear_eq", alone))
    assert faults_of(_chain_of("linear_eq", MOVES | alone))
    assert reads(_chain_of("eq", MOVES | alone))


def _chain_of(stage, band):
    keys = ", ".join(f"{key}: {value}" for key, value in band.items())
    return f"{RIGHT}defaults: {{chain: [{{{stage}: [{{{keys}}}]}}]}}"


def test_a_table_may_be_of_some_keys_of_a_section():
    _, *rows = cells(settings_table(Level, ["target_lufs", "match"]))
    assert rows[0] == ["`target_lufs`", "between -60 and 0", "-14", "loudness aimed at"]
    assert [row[:3] for row in rows[1:]] == [["`match`", "tracks, album, off", "tracks"]]


def test_every_rule_of_lint_is_a_switch_that_is_on():
    rules = SCHEMA["$defs"]["Lint"]["properties"]
    assert list(rules) == list(fields_of(Lint))
    assert all(rule["default"] is True for rule in rules.values())
    assert set(Lint().model_dump().values()) == {True}
