"""Why something is made again, in the words of those who asked for it.

Each function compares what a result was made from with what it would be made from now, both as plain
data, and returns reasons; none when they are the same.
"""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from pipeline.build.trace import Before, Trace
from pipeline.mixname import mix_step

Data = Mapping[str, Any]
NEW = "new"
FIRST = "first build"
UNRECORDED = "nothing is recorded of how the last delivery was made"
LOST = "not in the cache"
GONE = "missing or changed in the delivery"
TONE_MOVED = "tone: what it moves toward has changed"
# What a file of the delivery depends on, in words; what is not here is called by its own name.
FIELDS = {
    "ALBUMARTIST": "album artist",
    "ALBUMARTISTSORT": "sorting",
    "ARTISTSORT": "sorting",
    "BARCODE": "upc",
    "CATALOGNUMBER": "catalog",
    "CODINGHISTORY": "mix or dither",
    "CODEPAGE": "characters",
    "DESCRIPTION": "title",
    "DISCNUMBER": "disc",
    "DISCTOTAL": "number of discs",
    "ISRC": "ISRC",
    "ITUNESADVISORY": "explicit",
    "MARKER": "markers",
    "ORIGINATORREFERENCE": "ISRC or UPC",
    "R128_ALBUM_GAIN": "album gain",
    "R128_TRACK_GAIN": "track gain",
    "REPLAYGAIN_ALBUM_GAIN": "album gain",
    "REPLAYGAIN_ALBUM_PEAK": "album peak",
    "REPLAYGAIN_REFERENCE_LOUDNESS": "track gain",
    "REPLAYGAIN_TRACK_GAIN": "track gain",
    "REPLAYGAIN_TRACK_PEAK": "track peak",
    "SUBTITLE": "version",
    "TOTALDISCS": "number of discs",
    "TOTALTRACKS": "number of tracks",
    "TRACKNUMBER": "track number",
    "TRACKTOTAL": "number of tracks",
}
# The same of what a file is laid from.
PARTS = {
    "content": "what it says",
    "codes": "UPC, ISRC or master ID",
    "cut": "pauses or offsets of marks",
    "files": "other files of it",
    "flags": "copy flag",
    "leader": "silence in front",
    "lengths": "length of the image or of another file",
    "lying": "pauses",
    "markers": "names of markers",
    "names": "file names",
    "sheet": "what it says",
}
# What other audio brings with it; and what the audio of other songs does too.
FOLLOWING = frozenset(("R128_TRACK_GAIN", "REPLAYGAIN_TRACK_GAIN", "REPLAYGAIN_TRACK_PEAK"))
GAINS = frozenset(name for name in FIELDS if name.endswith(("_GAIN", "_PEAK", "_LOUDNESS")))


def said(why: Sequence[str], before: Before) -> str:
    """Reasons on one line; without any it is the cache that does not have it."""
    if not before.recorded:
        return UNRECORDED if before else FIRST
    return "; ".join(why) or LOST


def mastered(before: Trace | None, now: Trace) -> list[str]:
    """Why a reel is mastered."""
    if before is None:
        return [NEW]
    was, are = before.inputs, now.inputs
    found = []
    if was["parts"] != are["parts"]:
        found += _parts(before, now)
    if was["chain"] != are["chain"] or before.told["stages"] != now.told["stages"]:
        found += _chain(before, now, of_another_mix=bool(found))
    if was["session_rate"] != are["session_rate"]:
        found.append(f"session rate {_khz(was['session_rate'])} → {_khz(are['session_rate'])}")
    found += _code(was, are)
    return found or (["other libraries"] if before.key != now.key else [])


def _parts(before: Trace, now: Trace) -> list[str]:
    was, are = ([part["sha256"] for part in trace.inputs["parts"]] for trace in (before, now))
    if was == are:
        return ["another stretch of the mix"]
    paths = zip(before.told["mixes"], now.told["mixes"], strict=False)
    if len(was) != len(are):
        return ["other mixes are joined"]
    named = [versions for old, new in paths if (versions := mix_step(old, new))]
    return [f"mix changed: {', '.join(named)}"] if named else ["mix changed"]


def _chain(before: Trace, now: Trace, *, of_another_mix: bool) -> list[str]:
    """What is otherwise in a chain; what tone and repair find of another mix goes without saying."""
    names_before, names_now = before.told["stages"], now.told["stages"]
    added = [name for name in names_now if name not in names_before]
    removed = [name for name in names_before if name not in names_now]
    if added or removed:
        return [f"{name} added" for name in added] + [f"{name} taken out" for name in removed]
    if list(names_before) != list(names_now):
        return ["chain changed"]
    changed = zip(names_now, before.inputs["chain"], now.inputs["chain"], strict=True)
    same_tone = before.told.get("tone") == now.told.get("tone")
    found = []
    for name, was, are in changed:
        if was != are and not (of_another_mix and (name == "repair" or (name == "tone" and same_tone))):
            found.append(TONE_MOVED if name == "tone" and same_tone else _settings(name, was, are))
    return found


def _settings(name: str, was: Any, are: Any) -> str:
    """`glue: threshold_db -18 → -16` when that is all."""
    if isinstance(was, Mapping) and isinstance(are, Mapping) and was.keys() == are.keys():
        different = [key for key in are if was[key] != are[key]]
        plain = [key for key in different if isinstance(are[key], float | str | bool)]
        if plain == different and len(different) == 1:
            (key,) = different
            return f"{name}: {key} {_value(was[key])} → {_value(are[key])}"
    return f"{name} changed"


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _khz(rate: float) -> str:
    return f"{rate / 1000:g} kHz"


def _code(was: Data, are: Data) -> list[str]:
    """Another version of the program, or of a library that it computes with."""
    found = []
    if _newer(was.get("code"), are.get("code")):
        found.append("this version of Deadwax makes it otherwise")
    before, now = dict(was.get("libraries", ())), dict(are.get("libraries", ()))
    found += [
        f"{name} {before[name]} → {now[name]}"
        for name in sorted(before.keys() & now.keys())
        if before[name] != now[name]
    ]
    return found


def _newer(was: Any, are: Any) -> bool:
    """Whether a version is another; that a chain has other stages than before is none."""
    if not (isinstance(was, Sequence) and isinstance(are, Sequence)):
        return bool(was != are)
    known = dict(was[1])
    return was[0] != are[0] or any(known.get(name, version) != version for name, version in are[1])


def rendered(before: Before, now: Trace, why_mastered: Mapping[int, Sequence[str]]) -> dict[int, list[str]]:
    """Why each track of a rendering is rendered, by its number; `why_mastered` is by track too."""
    own: dict[int, list[str]] = {}
    for reel, tracks in zip(now.inputs["reels"], now.told["tracks"], strict=True):
        found = before.rendered(tracks[0], now.detail)
        if found is None:
            why = list(why_mastered.get(tracks[0], ())) or [_new_format(before, now)]
        else:
            why = _reel(found[1], reel, why_mastered.get(tracks[0], ())) or _island(found[0].inputs, now)
        own |= dict.fromkeys(tracks, why)
    return {track: why or _neighbours(track, own, before, now) for track, why in own.items()}


def _new_format(before: Before, now: Trace) -> str:
    form = now.detail.rpartition("\n")[2]
    return f"{form} is new" if before.number(now.track) else NEW


def _reel(was: Data, are: Data, why_mastered: Sequence[str]) -> list[str]:
    found: list[str] = []
    if was["shaped"] != are["shaped"]:
        found += why_mastered or ["mastered again, with another result"]
    if was["gain_db"] != are["gain_db"]:
        found.append(_gain(was["gain_db"], are["gain_db"]))
    if was["limiter"] != are["limiter"]:
        found.append("limiter changed")
    if (was["first_frame"], was["stop_frame"]) != (are["first_frame"], are["stop_frame"]) and not found:
        found.append("trim changed")
    fades = [name for name in ("fade_in", "fade_out") if was[name] != are[name]]
    return found + [f"{name.replace('_', ' ')} changed" for name in fades]


def _gain(was_db: float, are_db: float) -> str:
    two = f"{was_db:+.2f}", f"{are_db:+.2f}"
    was, are = two if two[0] != two[1] else (f"{was_db:+.4f}", f"{are_db:+.4f}")
    return f"gain {was} → {are} dB"


def _island(was: Data, now: Trace) -> list[str]:
    """What all of a rendering shares."""
    are = now.inputs
    found = [
        f"{words} changed"
        for name, words in (("ceiling_dbtp", "ceiling"), ("dither", "dither"), ("guard", "limiter"))
        if was[name] != are[name] and bool(was[name]) == bool(are[name])
    ]
    if len(was["reels"]) == len(are["reels"]) == 1 and was["segment_frames"] != are["segment_frames"]:
        found.append("its files are cut elsewhere, or the pause behind it is another")
    return found + _code(was, are)


def _neighbours(track: int, own: Mapping[int, Sequence[str]], before: Before, now: Trace) -> list[str]:
    """A track that is only rendered because it stands on the same island as others."""
    moved = [other for other, why in own.items() if why]
    if moved:
        nearest = min(moved, key=lambda other: abs(other - track))
        return [f"crossfades {'from' if nearest < track else 'into'} {nearest:02}"]
    found = before.rendered(track, now.detail)
    if found and found[0].inputs != now.inputs:
        return ["its crossfades, or where its files are cut, have changed"]
    return []


def delivered(was: Data | None, are: Data, why_rendered: Sequence[str]) -> list[str]:
    """Why a file is written: `inputs` of then and now; `why_rendered` is of its track."""
    if not was:
        return [NEW if was is None else UNRECORDED]
    found = _lengths(was, are) + _audio(was, are, why_rendered)
    if was.get("tags") != are.get("tags"):
        left_out = FOLLOWING if found else frozenset()
        if was.get("lying") != are.get("lying"):
            left_out |= {"MARKER"}  # which move with what they mark
        found += _fields(was.get("tags") or {}, are.get("tags") or {}, left_out)
    if not found:
        named = {"audio", "frames", "tags", "tracks"}
        different = [name for name in sorted(are.keys() - named) if was.get(name) != are[name]]
        # Whatever else differs says more.
        different = [name for name in different if name != "content"] or different
        found = [f"{PARTS.get(name, name)} changed" for name in different]
    return list(dict.fromkeys(found)) or ["this version of Deadwax, or a library, writes it otherwise"]


def _lengths(was: Data, are: Data) -> list[str]:
    """`03 is 412 sectors longer`, for what is laid end to end."""
    if "frames" not in was or "frames" not in are:
        return []
    if len(was["frames"]) != len(are["frames"]):
        return [f"{len(was['frames'])} → {len(are['frames'])} tracks"]
    each = zip(are["tracks"], was["frames"], are["frames"], strict=True)
    return [
        f"{int(track):02} is {_sectors(new / are['rate'] - old / was['rate'])}"
        for track, old, new in each
        if old * are["rate"] != new * was["rate"]
    ]


def _sectors(seconds: float) -> str:
    """`12 sectors longer`; of a second or more, `7.0 s longer`."""
    sectors = max(1, abs(round(seconds * 75)))
    plural = "s" if sectors > 1 else ""
    much = f"{abs(seconds):.1f} s" if sectors >= 75 else f"{sectors} sector{plural}"
    return f"{much} {'longer' if seconds > 0 else 'shorter'}"


def _audio(was: Data, are: Data, why_rendered: Sequence[str]) -> list[str]:
    """What is of one track says why that was rendered, what is of several names those that differ."""
    if was.get("audio") == are.get("audio"):
        return []
    if isinstance(are["audio"], str):
        return list(why_rendered) or ["another rendering"]
    if len(was["audio"]) != len(are["audio"]):
        return []
    lengths = zip(was["frames"], are["frames"], strict=True)
    each = zip(are["tracks"], was["audio"], are["audio"], lengths, strict=True)
    changed = [f"{int(track):02}" for track, old, new, (a, b) in each if old != new and a == b]
    return [f"{', '.join(changed)} changed"] if changed else []


def _fields(was: Data, are: Data, left_out: Set[str]) -> list[str]:
    """The tags that differ, in words."""
    names = sorted((was.keys() | are.keys()) - left_out)
    different = [name for name in names if was.get(name) != are.get(name)]
    words = dict.fromkeys(FIELDS.get(name, name.lower()) for name in different)
    return [f"{', '.join(words)} changed"] if words else []
