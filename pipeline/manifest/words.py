"""What pydantic found wrong, in the words of those who wrote the manifest."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dsp.settings import range_text
from pipeline.manifest.chain import TAGS
from pipeline.manifest.declared import choices, hint_at, keys_at, range_at
from pipeline.manifest.places import Complaint, Places, Route, alternatives, printable, shown
from pipeline.manifest.wrong import KIND, carried

UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")

# What to write for one entry of a list.
ENTRIES = {
    "chain": "write one stage and its settings such as {glue: {ratio: 2}}, or {glue: {}}",
    "eq": "write a band such as {type: bell, freq_hz: 280, gain_db: -1.2}",
    "linear_eq": "write a band such as {type: high_shelf, freq_hz: 9000, gain_db: 0.8}",
    "bands": "write a band's settings such as {threshold_db: -24, ratio: 1.5}",
    "cuts": "write such as {title: Harbour, at: 0}",
    "tracks": "write a mix, or settings such as {mix: mixes/01 Departure.wav, isrc: GBAYE2600001}",
}
ENTRIES |= {"after": ENTRIES["chain"], "before": ENTRIES["chain"]}

# What to write where a list, a mapping or one of a few words belongs.
EXAMPLES = {
    "album": "write such as {title: Night Ferry, artist: The Harbour Lights}",
    "title": "write such as Night Ferry",
    "artist": "write such as The Harbour Lights",
    "session": "write settings such as {rate: 96000}",
    "defaults": "write settings such as {then: {gap: 2.0}}",
    "deliver": "write such as {cd: {}, digital: [flac 16/44.1]}",
    "mix": "name a file such as mixes/01 Departure.wav",
    "tracks": "write a list of mixes, each behind a dash",
    "chain": "write a list of stages such as [{glue: {ratio: 2}}], or [] for none",
    "eq": "write a list of bands such as [{type: bell, freq_hz: 280, gain_db: -1.2}]",
    "linear_eq": "write a list of bands such as [{type: high_shelf, freq_hz: 9000, gain_db: 0.8}]",
    "crossovers_hz": "write a list of frequencies such as [120, 800, 5000]",
    "widths": "write a list of widths such as [0.8, 1]",
    "lint": "write rules such as {eq_moves: off}",
    "tone": "write settings such as {toward: album}",
    "toward": "write album, or name a recording such as refs/a song.wav",
    "plugin": "write settings such as {path: fx/EQ.vst3}",
    "path": "name a plug-in such as fx/EQ.vst3",
    "limiter": "write on, off, or settings such as {release_ms: 120}",
    "fade_in": "write such as {seconds: 0.02}",
    "fade_out": "write such as {seconds: 8, curve: s_curve}",
    "trim": 'write such as {start: 0.42, end: "3:41.5"}',
    "level": "write settings such as {target_lufs: -14}",
    "cuts": "write a list such as [{title: Harbour, at: 0}]",
    "index": 'write a list of times such as ["1:30"]',
    "credits": "write roles and people such as {producer: A. Name}",
    "then": "write segue, {gap: 2.0} or {crossfade: 4.0}",
    "sides": "write auto, or track numbers such as {A: [1, 2], B: [3]}",
    "inscription": "write a text for each side such as {A: ..., B: ...}",
    "digital": "write a list of formats such as [flac 16/44.1, mp3 320]",
    "cd": "write cd: {}, or settings such as {gaps: after}",
    "offsets": "write sectors such as {start_sectors: 15}",
    "second": "write such as {language: de, title: Nachtfähre}",
    "hidden": "name a mix, or write such as {mix: mixes/00.wav, gap: 2}",
    "vinyl": "write settings such as {rpm: 45}; under deliver, vinyl: {}",
    "cassette": "write settings such as {length_minutes: 45}",
    "bands": "write auto, or the numbers of tracks such as [1, 2]",
    "locked_groove": 'write a time for each side such as {B: "3:41.2"}',
    "lathe": "write settings such as {elliptical_hz: 150}",
}
# Within a chain nothing is on or off: what is not wanted is left out.
EXAMPLES_IN_CHAIN = EXAMPLES | {
    "limiter": "write settings such as {ceiling_dbtp: -3}",
    "bands": "write a list of bands such as [{ratio: 1.5}, {ratio: 1}]",
}


def complaints(error: ValidationError, places: Places) -> list[Complaint]:
    """Each fault that pydantic found, told in full."""
    details = error.errors(include_url=False)
    misspelt = {(*detail["loc"][:-1], _nearest_key(detail["loc"])) for detail in details if _unknown(detail)}
    return [
        _complaint(detail, places)
        for detail in details
        if detail["type"] != "missing" or detail["loc"] not in misspelt
    ]


def _complaint(detail: ErrorDetails, places: Places) -> Complaint:
    inside = carried(detail)["inside"] if detail["type"] == KIND else ()
    route = _route((*detail["loc"], *inside), places)
    problem, hint = _told(detail)
    if detail["type"] == "missing":
        return Complaint((*places.written(route[:-1]), route[-1]), problem, hint)
    return Complaint(route if _unknown(detail) else places.written(route), problem, hint, _unknown(detail))


def _route(location: Iterable[str | int], places: Places) -> Route:
    """Pydantic's location without the kinds of unions; a key of the same name stays."""
    route: Route = ()
    for step in location:
        if step not in TAGS or (*route, step) in places.values:
            route = (*route, step)
    return route


def _unknown(detail: ErrorDetails) -> bool:
    return detail["type"] in UNKNOWN


def _told(detail: ErrorDetails) -> tuple[str, str]:
    """(problem, hint)"""
    if detail["type"] in UNKNOWN:
        return _unknown_key(detail["loc"])
    tell = TELLERS.get(detail["type"])
    return (
        tell(detail) if tell else (f"{shown(detail['input'])} does not belong here", _example(detail["loc"]))
    )


def _unknown_key(location: Route) -> tuple[str, str]:
    problem = f'unknown key "{printable(str(location[-1]))}"'
    near, known = _nearest_key(location), keys_at(location[:-1])
    if near:
        return problem, f'did you mean "{near}"?'
    return problem, f"known here: {', '.join(known)}" if known else "nothing can be set here"


def _nearest_key(location: Route) -> str:
    return nearest(str(location[-1]), keys_at(location[:-1]))


def nearest(text: str, options: Iterable[str]) -> str:
    """The option that `text` was probably meant to be, with its unit or without; empty when none is near."""
    plain = text[:60].lower().replace("-", "_").replace(" ", "_")
    names = list(options)
    known = {name.rpartition("_")[0]: name for name in names} | {name: name for name in names}
    return next((known[name] for name in get_close_matches(plain, known, n=1)), "")


def _missing(detail: ErrorDetails) -> tuple[str, str]:
    key = str(detail["loc"][-1])
    return f"{key} is missing", EXAMPLES.get(key, "")


def _number(detail: ErrorDetails) -> tuple[str, str]:
    """Also a number beyond its range: then the whole range is said."""
    found, interval = detail["input"], range_at(detail["loc"])
    hint = f"write a number {range_text(interval)}" if interval else "write a number"
    if isinstance(found, str) and detail["type"] in ("float_parsing", "int_parsing"):
        point = found.replace(",", ".", 1)
        return (
            f"{shown(found)} is not a number",
            hint if point == found else f"{hint}, with a point: {shown(point)[1:-1]}",
        )
    if not isinstance(found, str | int | float):
        return f"found {shown(found)} where a number belongs", hint
    return f"{printable(str(found))} is out of range", hint


def _whole_number(detail: ErrorDetails) -> tuple[str, str]:
    return f"{shown(detail['input'])} is not a whole number", "write such as 3"


def _switch(detail: ErrorDetails) -> tuple[str, str]:
    return f"{shown(detail['input'])} is neither yes nor no", "write yes or no, on or off"


def _more_than(detail: ErrorDetails) -> tuple[str, str]:
    return f"{printable(str(detail['input']))} is too small", f"it must be more than {detail['ctx']['gt']:g}"


def _choice(detail: ErrorDetails) -> tuple[str, str]:
    options = [str(option) for option in choices(hint_at(detail["loc"]))]
    example = _example(detail["loc"])
    hint = example or f"write {alternatives(options)}"
    found = detail["input"]
    chosen = (
        f"{shown(found)} is none of the choices" if isinstance(found, str | int) else f"found {shown(found)}"
    )
    return chosen, hint


def _wrong_type(wanted: str) -> Callable[[ErrorDetails], tuple[str, str]]:
    def tell(detail: ErrorDetails) -> tuple[str, str]:
        return f"found {shown(detail['input'])} where {wanted} belongs", _example(detail["loc"])

    return tell


def _example(location: Route) -> str:
    """An example for what stands at `location`: a key's value, or an entry of its list."""
    steps = [step for step in location if step not in TAGS]
    if steps and isinstance(steps[-1], int):
        return ENTRIES.get(str(steps[-2]), "")
    examples = EXAMPLES_IN_CHAIN if "chain" in steps else EXAMPLES
    return examples.get(str(steps[-1]), "") if steps else ""


def _own(detail: ErrorDetails) -> tuple[str, str]:
    words = carried(detail)
    return words["problem"], words["hint"]


def _refused(detail: ErrorDetails) -> tuple[str, str]:
    """A stage's settings, or a format, said it in an exception's own words."""
    return str(detail["ctx"]["error"]), ""


MAPPING, LIST, TEXT = _wrong_type("a mapping"), _wrong_type("a list"), _wrong_type("text")
TELLERS: dict[str, Callable[[ErrorDetails], tuple[str, str]]] = {
    KIND: _own,
    "value_error": _refused,
    "missing": _missing,
    "literal_error": _choice,
    "greater_than": _more_than,
    "string_type": TEXT,
} | {
    kind: teller
    for kinds, teller in (
        (("float_type", "float_parsing", "finite_number", "greater_than_equal", "less_than_equal"), _number),
        (("bool_type", "bool_parsing"), _switch),
        (("int_type", "int_parsing", "int_parsing_size", "int_from_float"), _whole_number),
        (("model_type", "model_attributes_type", "dataclass_type", "dict_type", "mapping_type"), MAPPING),
        (("tuple_type", "list_type"), LIST),
    )
    for kind in kinds
}
