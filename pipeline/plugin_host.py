"""What runs inside of a plug-in's own process: it loads the plug-in, sets it up and plays buffers.

Questions come in on standard input and answers go out on standard output, each a line of JSON and the
frames that it announces: 32-bit floats, channel after channel.
"""

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.faults import Fault
from pipeline.manifest.part import SWITCH
from pipeline.manifest.places import shown

# What plug-ins are built and tested with most.
BUFFER_FRAMES = 1024
# Silence before the music, so that no knob is still on its way from its default; ramps take 0.1 s at most.
PREROLL_S = 0.5
# How many of a plug-in's settings or values a message lists.
LISTED = 8
VST3, AUDIO_UNIT = ".vst3", ".component"


def send(pipe: BinaryIO, message: object, payload: bytes = b"") -> None:
    """One line of JSON, then the bytes that it announces."""
    pipe.write(json.dumps(message).encode() + b"\n" + payload)
    pipe.flush()


def serve() -> None:
    """The host: sets up the plug-in that the first line asks for, then plays buffers until the input ends."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a plug-in prints must not come between the frames
    try:
        _serve(source, sink)
    except Fault as fault:
        send(sink, {"problem": fault.problem, "path": fault.path, "hint": fault.hint})
    except Exception as error:
        send(sink, {"problem": f"the plug-in failed: {error}", "path": "path", "hint": ""})
    os._exit(0)  # many a plug-in crashes while it is taken down


def _serve(source: BinaryIO, sink: BinaryIO) -> None:
    request = json.loads(source.readline())
    rig = _set_up(request)
    send(sink, {"latency_frames": rig.plugins[0].reported_latency_samples})
    while line := source.readline():
        frames = json.loads(line)
        data = np.frombuffer(source.read(4 * frames * request["channels"]), "<f4").reshape(-1, frames)
        send(sink, {}, rig.through(data).tobytes())


@dataclass(frozen=True, slots=True)
class _Rig:
    """Plug-ins side by side, each for `width` channels."""

    plugins: list[Any]
    width: int
    rate: int

    def through(self, data: NDArray[np.float32], buffer_frames: int = BUFFER_FRAMES) -> NDArray[np.float32]:
        """(channels, frames) through all of them; a single channel fills a wider one and comes back once."""
        channels = np.repeat(data, self.width, axis=0) if len(data) < self.width else data
        parts = np.split(channels, len(self.plugins))
        played = [
            plugin.process(part, self.rate, buffer_frames, reset=False)
            for plugin, part in zip(self.plugins, parts, strict=True)
        ]
        return np.concatenate(played)[: len(data)]

    def settle(self) -> None:
        """Silence until the settings have arrived and the latency that they make is known and filled.

        Settings reach a plug-in with the first buffer. Buffers twice as long then make pedalboard prepare
        it anew, and only then it asks for the latency. All of that has to run before the music: what
        pedalboard leaves out for the latency it counts from the loading on, and it loads with noise.
        """
        channels = self.width * len(self.plugins)
        self.through(np.zeros((channels, BUFFER_FRAMES // 2), np.float32), BUFFER_FRAMES // 2)
        silence, frames = np.zeros((channels, BUFFER_FRAMES), np.float32), 0
        while frames < max(PREROLL_S * self.rate, self.plugins[0].reported_latency_samples):
            self.through(silence)
            frames += BUFFER_FRAMES


def _set_up(request: dict[str, Any]) -> _Rig:
    """One plug-in for all the channels or one for each, settled."""
    rate, channels = request["rate"], request["channels"]
    rig = _Rig([_loaded(request)], channels, rate)
    try:
        rig.settle()
    except ValueError:  # it has another number of channels
        more = [_loaded(request) for _ in range(channels - 1)]
        rig = _Rig([*rig.plugins, *more], 2 if channels == 1 else 1, rate)
        rig.settle()
    return rig


def _loaded(request: dict[str, Any]) -> Any:
    """The plug-in with its preset and its settings."""
    pedalboard = import_module("pedalboard")
    path, name = request["path"], request["name"]
    try:
        _check_name(pedalboard, path, name)
        plugin = pedalboard.load_plugin(path, plugin_name=name)
    except ImportError:
        hint = "does it open in another host on this machine? on Linux, ldd tells which libraries it misses"
        raise Fault(f"{shown(Path(path).name)} does not load as a plug-in", path="path", hint=hint) from None
    _renew(plugin)
    if request["preset"]:
        _load_preset(plugin, request["preset"])
    # Twice, because one setting may decide what another one can be.
    for key, text in request["settings"] * 2:
        _set(plugin, key, text)
    return plugin


def _renew(plugin: Any) -> None:
    """A new instance instead of the one into which pedalboard has played noise, to see whether it forgets.

    That noise is another one each time, and a slow filter remembers it for seconds.
    """
    plugin._reload_type = type(plugin._reload_type).PersistsAudioOnReset
    plugin.reset()


def _check_name(pedalboard: Any, path: str, name: str | None) -> None:
    kind = pedalboard.VST3Plugin if path.endswith(VST3) else pedalboard.AudioUnitPlugin
    names = kind.get_plugin_names_for_file(path)
    if name is None and len(names) > 1:
        raise Fault(f"this file holds {len(names)} plug-ins", path="name", hint=f"name one: {_some(names)}")
    if name is not None and name not in names:
        raise Fault(f"this file holds no {shown(name)}", path="name", hint=_nearest(name, names))


def _load_preset(plugin: Any, path: str) -> None:
    try:
        plugin.load_preset(path)
    except RuntimeError:
        hint = "save it again from this plug-in as a .vstpreset"
        raise Fault(f"{plugin.name} does not read this preset", path="preset", hint=hint) from None


def _set(plugin: Any, key: str, text: str) -> None:
    """Finds the setting by pedalboard's name (`threshold_db`) or by the plug-in's (`Threshold`)."""
    known = plugin.parameters
    names = {_plain(parameter.name): name for name, parameter in known.items()}
    names |= {_plain(name): name for name in known}
    path = f"settings.{key}"
    if _plain(key) not in names:
        raise Fault(
            f"{plugin.name} has no setting {shown(key)}", path=path, hint=_nearest(_plain(key), known)
        )
    name = names[_plain(key)]
    try:
        setattr(plugin, name, value_of(known[name], text))
    except Fault as fault:
        raise Fault(f"{name}: {fault.problem}", path=path, hint=fault.hint) from None


def value_of(parameter: Any, text: str) -> float | bool | str:
    """What a text from the manifest means to one of pedalboard's parameters.

    Raises:
        Fault: it is no number, out of range, or none of the choices.
    """
    if parameter.type is bool:
        return _switched(text)
    if parameter.type is float:
        return _number(parameter, text)
    values = [str(value) for value in parameter.valid_values]
    meant = [value for value in values if value.casefold() == text.casefold()]
    if not meant:
        raise Fault(f"{shown(text)} is none of its values", hint=_nearest(text, values))
    return text if text in meant else meant[0]


def _switched(text: str) -> bool:
    if text.lower() not in SWITCH:
        raise Fault(f"{shown(text)} is neither on nor off", hint="write on or off")
    return SWITCH[text.lower()]


def _number(parameter: Any, text: str) -> float:
    unit = (parameter.label or "").strip()
    low, high = parameter.min_value, parameter.max_value
    range_text = f"between {low:g} and {high:g} {unit}".strip()
    bare = text[: -len(unit)] if unit and text.casefold().endswith(unit.casefold()) else text
    try:
        number = float(bare)
    except ValueError:
        raise Fault(f"{shown(text)} is no number", hint=f"write one {range_text}") from None
    if not (isfinite(number) and low <= number <= high):
        raise Fault(f"{shown(text)} is out of range", hint=f"write {range_text}")
    return number


def _plain(name: str) -> str:
    """`Boost/Cut 1` as `boost_cut_1`."""
    words = "".join(letter if letter.isalnum() else " " for letter in name.casefold())
    return "_".join(words.split())


def _nearest(text: str, names: Iterable[str]) -> str:
    near = get_close_matches(text, names, n=1)
    return f"did you mean {near[0]}?" if near else f"it has {_some(list(names))}"


def _some(names: list[str]) -> str:
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")
