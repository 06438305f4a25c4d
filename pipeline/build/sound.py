"""Whether the record of a revision has all the parts that are read of it, each of its kind.

What a newer version has added is no fault; what another has left out is.
"""

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any], bool]


def is_sound(record: Any) -> bool:
    """True when nothing that reads the record will stumble over it."""
    return _RECORD(record)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _count(value: Any) -> bool:
    """From 1, as numbers of tracks and revisions are."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _track_number(value: Any) -> bool:
    """The same, or 0 for what is hidden before the first track of a CD."""
    return _count(value) or (value == 0 and type(value) is int)


def _sector(value: Any) -> bool:
    return type(value) is int and value >= 0


def _figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _list(value: Any) -> bool:
    return isinstance(value, list)


def _any(_: Any) -> bool:
    return True


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _each(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _by_name(check: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(map(check, value.values()))


def _parts(needed: Mapping[str, Check], more: Mapping[str, Check] | None = None) -> Check:
    """A mapping that has everything in `needed`, and of `more` nothing of another kind."""

    def check(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() >= needed.keys()
            and all(is_right(value[name]) for name, is_right in needed.items())
            and all(is_right(value[name]) for name, is_right in (more or {}).items() if name in value)
        )

    return check


_MIX = {"path": _text, "sha256": _text} | dict.fromkeys(
    ("rate", "bits", "channels", "frames"), _or_none(_figure)
)
_MASTER = {
    name: _or_none(_figure)
    for name in ("lufs_i", "lufs_s_max", "lra_lu", "true_peak_dbtp", "sample_peak_dbfs", "plr_db")
} | {"thirds_dbfs": _or_none(_by_name(_or_none(_figure)))}
_ALTERNATE = _parts({"version": _text}, {"mix": _parts({}, _MIX)})
_SHAPED = {
    "key": _text, "content": _text, "rate": _count, "mix_rate": _count, "first_frame": _figure,
    "stop_frame": _figure,
}  # fmt: skip
_TRACK = _parts(
    {
        "number": _count,
        "title": _text,
        "audio": _by_name(_text),
        "mix": _parts({}, _MIX),
        "master": _parts({}, _MASTER),
        "length_seconds": _figure,
    },
    {
        "isrc": _or_none(_text),
        "gain_db": _or_none(_figure),
        "limiting_max_db": _or_none(_figure),
        "alternates": _each(_ALTERNATE),
        "shaped": _parts(dict.fromkeys(_SHAPED, _any), _SHAPED),
        "rendered": _parts({"key": _text, "file": _text, "form": _text}),
        "seam": _text,
        "limiter": _text,
    },
)
_TAGS = _by_name(_each(_text))
_FILE = _parts(
    {
        "path": _text,
        "sha256": _text,
        "kind": _text,
        "role": _text,
        "track": _or_none(_track_number),
        "version": _or_none(_text),
        "side": _or_none(_text),
        "key": _text,
        "inputs": _parts({}, {"tags": _or_none(_TAGS)}),
    },
    {"bytes": _figure, "notes": _each(_text), "tags": _or_none(_TAGS)},
)
_DISC_TRACK = _parts(
    {
        "number": _count,
        "track": _count,
        "pause_sector": _or_none(_sector),
        "start_sector": _sector,
        "index_sectors": _each(_sector),
        "isrc": _text,
    }
)
_WORDS = _by_name(_text)
_DISC = _parts(
    {
        "number": _count,
        "upc": _text,
        "master_id": _text,
        "copy": _text,
        "pregap_sectors": _sector,
        "lead_out_sector": _sector,
        "tracks": _each(_DISC_TRACK),
        "texts": _each(_parts({"language": _text, "disc": _WORDS, "tracks": _each(_WORDS)})),
    },
    {"image_md5": _or_none(_text)},
)
_TRACE = _parts({"what": _text, "track": _track_number, "detail": _text, "key": _text})
_REEL = _parts(
    {"shaped": _any, "gain_db": _figure, "limiter": _any, "first_frame": _figure, "stop_frame": _figure}
)
# What reasons are told from, by what is made.
_MADE = {
    "master": _parts(
        {
            "inputs": _parts(
                {"parts": _each(_parts({"sha256": _text})), "chain": _list, "session_rate": _any}
            ),
            "told": _parts({"stages": _each(_text), "mixes": _each(_text)}),
        }
    ),
    "render": _parts(
        {
            "inputs": _parts({"reels": _each(_REEL), "segment_frames": _any}),
            "told": _parts({"tracks": _each(_each(_track_number))}, {"segments": _each(_track_number)}),
        }
    ),
}


def _trace(value: Any) -> bool:
    if not _TRACE(value) or not _MADE.get(value["what"], _any)(value):
        return False
    inputs, told = value.get("inputs"), value.get("told")
    return value["what"] != "render" or len(inputs["reels"]) == len(told["tracks"])


_GAIN = _parts({"tracks": _each(_track_number), "gain_db": _figure, "offset_lu": _or_none(_figure)})
_RECORD = _parts(
    {
        "revision": _count,
        "published": _text,
        "deadwax": _text,
        "outputs": _each(_text),
        "entries": _each(_text),
        "tracks": _each(_TRACK),
        "files": _each(_FILE),
        "traces": _each(_trace),
        "gains": _each(_GAIN),
    },
    {
        "spectrum_db": _or_none(_each(_or_none(_figure))),
        "vinyl_gain_db": _or_none(_figure),
        "vinyl_gains": _each(_GAIN),
        "hidden_gains": _each(_GAIN),
        "discs": _each(_DISC),
    },
)
