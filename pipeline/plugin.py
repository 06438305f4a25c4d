"""A VST3 or Audio Unit plug-in as a stage of a chain, through the optional pedalboard.

Every plug-in runs in a process of its own, the host. A plug-in may only be loaded in the main thread
of a process, and a build works in other ones; one that crashes or hangs takes down its host, not the
build; and none meets what another one, or an earlier song, has left in memory.

This is the one place where audio is 32-bit float: plug-ins take nothing else from pedalboard. What
comes back is at best the same to 24 bits. It always sees buffers of the same length, counted from the
start of the reel, so how a programme is cut into blocks does not reach it; whether it gives the same
bits on every run is up to the plug-in (chorus, analogue noise and the like often do not).
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Timer
from typing import Any, BinaryIO, cast

import numpy as np
from pydantic import BeforeValidator, WithJsonSchema

from dsp.placement import PlacedSettings
from dsp.settings import Annotated, Doc
from dsp.stream import Block, join
from pipeline.faults import Fault
from pipeline.files import sha256_file
from pipeline.manifest.part import Text
from pipeline.manifest.places import shown
from pipeline.manifest.wrong import wrong
from pipeline.plugin_host import AUDIO_UNIT, BUFFER_FRAMES, VST3, send

# Frames that travel to the host at once: a quarter of a megabyte of stereo.
MOST_FRAMES = 32 * BUFFER_FRAMES
# A plug-in that waits for a window or a licence server would wait for ever.
PATIENCE_S = 60.0

# Written by a file browser that only looked at the folder.
NOT_OF_THE_PLUGIN = ".DS_Store"
EXTRA = "pip install 'deadwax[plugins]'"

Pairs = tuple[tuple[str, str], ...]
_HOST = "from pipeline.plugin_host import serve; serve()"


def _pairs(value: object) -> object:
    """{mode: Warm, drive: 0.3} as (("drive", "0.3"), ("mode", "Warm")): in one order, and hashable."""
    if not isinstance(value, Mapping):
        return value if isinstance(value, tuple) else _no_mapping(value)
    for name, setting in value.items():
        if not isinstance(setting, str | int | float):
            raise wrong(f"found {shown(setting)}", "write a number or a word", (str(name),))
    return tuple(sorted((str(name), str(setting).strip()) for name, setting in value.items()))


def _no_mapping(value: object) -> object:
    raise wrong(f"found {shown(value)}", "write settings such as {drive: 0.3, mode: Warm}")


_SETTING = {"type": ["string", "number", "boolean"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSettings(PlacedSettings):
    """A plug-in as the manifest names it; its own settings stay texts until it says what they are."""

    path: Annotated[Text, Doc("the plug-in: a .vst3, or on macOS an Audio Unit (.component)")]
    preset: Annotated[Text | None, Doc("a .vstpreset; its settings go first")] = None
    settings: Annotated[
        Pairs,
        BeforeValidator(_pairs),
        WithJsonSchema({"type": "object", "additionalProperties": _SETTING}),
        Doc("the plug-in's own settings and their values, in its units"),
    ] = ()
    name: Annotated[Text | None, Doc("which plug-in, when the file holds several")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSpec(PlacedSettings):
    """All that the sound of a plug-in depends on: what is in its files, not where they lie."""

    path: Path
    sha256: str
    preset: Path | None = None
    preset_sha256: str = ""
    settings: Pairs = ()
    name: str | None = None


def resolved(settings: PluginSettings, folder: Path) -> PluginSpec:
    """The plug-in that `settings` name, starting at `folder`; it has been loaded and set up once.

    Raises:
        Fault: the extra is missing, a file is missing, the plug-in does not load or does not have the
            name, the setting or the value. `path` tells which key: `path`, `settings.drive` …
    """
    if find_spec("pedalboard") is None:
        raise Fault("plug-ins need the extra deadwax[plugins]", path="path", hint=EXTRA)
    path, preset = _plugin_path(settings.path, folder), None
    if settings.preset is not None:
        preset = _preset_path(settings.preset, folder, path)
    spec = PluginSpec(
        path=path,
        sha256=_sha256(path, "path"),
        preset=preset,
        preset_sha256=_sha256(preset, "preset") if preset else "",
        settings=settings.settings,
        name=settings.name,
        on=settings.on,
        mix=settings.mix,
    )
    _try(spec)
    return spec


@lru_cache
def _try(spec: PluginSpec) -> None:
    """Loads it as a track would; the same plug-in on twelve tracks is tried once."""
    Host(spec, 48_000, 2).close()


def content_sha256(path: Path) -> str:
    """Of a file's bytes; of a folder, of the names and bytes of all the files in it, in sorted order."""
    if path.is_file():
        return sha256_file(path)
    found = {file.relative_to(path).as_posix(): file for file in content_files(path)}
    lines = [f"{sha256_file(found[name])} {name}\n" for name in sorted(found)]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def content_files(path: Path) -> list[Path]:
    """All that a plug-in or a preset consists of; nothing when it is not there."""
    if not path.is_dir():
        return [path] if path.is_file() else []
    return [file for file in path.rglob("*") if file.is_file() and file.name != NOT_OF_THE_PLUGIN]


def located(text: str, folder: Path) -> Path:
    """The file that a manifest in `folder` names; `~` is the user's own folder."""
    return folder.absolute() / os.path.expanduser(text)  # noqa: PTH111 - Path's own raises for a stranger


def _plugin_path(text: str, folder: Path) -> Path:
    path = _there(text, folder, "path")
    if path.suffix not in (VST3, AUDIO_UNIT):
        hint = "name a .vst3, or on macOS a .component"
        raise Fault(f"{shown(text)} is neither a VST3 nor an Audio Unit", path="path", hint=hint)
    if path.suffix == AUDIO_UNIT and sys.platform != "darwin":
        raise Fault("Audio Units run on macOS only", path="path", hint="name a .vst3")
    return path


def _preset_path(text: str, folder: Path, plugin: Path) -> Path:
    path = _there(text, folder, "preset")
    if path.suffix != ".vstpreset" or plugin.suffix != VST3 or not path.is_file():
        hint = "name a .vstpreset for a VST3, or write its settings"
        raise Fault(f"{shown(text)} is no preset of this plug-in", path="preset", hint=hint)
    return path


def _there(text: str, folder: Path, key: str) -> Path:
    path, names = located(text, folder), list[str]()
    with suppress(OSError, ValueError):  # a name that no file can have; a folder that one may not look into
        if path.exists():
            return path
        names = [entry.name for entry in path.parent.iterdir()]
    near = get_close_matches(path.name, names, n=1)
    meant = shown(str(Path(text).with_name(near[0]))) if near else ""
    hint = f"did you mean {meant}?" if meant else "paths start at the manifest's folder"
    raise Fault(f"there is no {shown(text)}", path=key, hint=hint)


def _sha256(path: Path, key: str) -> str:
    try:
        return content_sha256(path)
    except OSError as error:
        hint = "give yourself permission to read it"
        raise Fault(f"{shown(path.name)} cannot be read: {error.strerror}", path=key, hint=hint) from None


class PluginStage:
    """A plug-in in the streaming contract: its latency is taken out, its tail ends with the programme.

    A plug-in for one channel works on each channel by itself; one for two hears a single channel on both.
    """

    def __init__(self, spec: PluginSpec, rate: int, channels: int) -> None:
        """Starts the host; `Fault` when the plug-in does not load."""
        self._host = Host(spec, rate, channels)
        self._empty = np.empty((0, channels))
        self._held = self._empty
        self._skip = self._host.latency_frames
        self._owed = 0

    @property
    def report(self) -> dict[str, Any]:
        return {"plugin": self._host.name, "latency_frames": self._host.latency_frames}

    def process(self, block: Block) -> Block:
        self._owed += len(block)
        self._held = join([self._held, block])
        whole = len(self._held) // BUFFER_FRAMES * BUFFER_FRAMES
        ready, self._held = self._held[:whole], self._held[whole:].copy()
        return self._through(ready)

    def flush(self) -> Block:
        """Silence pushes out the rest."""
        wanted = self._skip + self._owed
        buffers = -(-wanted // BUFFER_FRAMES)
        last = np.zeros((buffers * BUFFER_FRAMES, self._held.shape[1]))
        last[: len(self._held)] = self._held
        rest = self._through(last)
        self._host.close()
        return rest

    def _through(self, audio: Block) -> Block:
        starts = range(0, len(audio), MOST_FRAMES)
        out = join([self._empty, *(self._host.through(audio[at : at + MOST_FRAMES]) for at in starts)])
        skipped = min(self._skip, len(out))
        self._skip -= skipped
        out = out[skipped : skipped + self._owed]
        self._owed -= len(out)
        return out


class Host:
    """The process that one plug-in runs in, from this side. It ends with this object at the latest."""

    def __init__(self, spec: PluginSpec, rate: int, channels: int) -> None:
        self.name = spec.name or spec.path.stem
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOST],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # plug-ins are talkative
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # Ctrl-C is for the build, which then ends this
        )
        self._end = weakref.finalize(self, _end, self._process)
        self.latency_frames = int(self._ask(_request(spec, rate, channels))["latency_frames"])

    def through(self, audio: Block) -> Block:
        """Whole buffers through the plug-in: as many frames come back, still late by its latency."""
        self._ask(len(audio), np.ascontiguousarray(audio.T, "<f4").tobytes())
        data = cast("BinaryIO", self._process.stdout).read(4 * audio.size)
        if len(data) < 4 * audio.size:
            raise self._gone(False)
        frames = np.frombuffer(data, "<f4").reshape(audio.shape[::-1])
        return np.ascontiguousarray(frames.T, np.float64)

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        self._end()

    def _ask(self, question: object, payload: bytes = b"") -> dict[str, Any]:
        """The answer to a question; `Fault` when it is a complaint, or when there is none."""
        late = Event()
        watch = Timer(PATIENCE_S, _give_up, (self._process, late))
        watch.start()
        try:
            send(cast("BinaryIO", self._process.stdin), question, payload)
            line = cast("BinaryIO", self._process.stdout).readline()
        except BrokenPipeError:
            line = b""
        finally:
            watch.cancel()
        if not line:
            raise self._gone(late.is_set())
        answer = cast("dict[str, Any]", json.loads(line))
        if "problem" in answer:
            raise Fault(answer["problem"], path=answer["path"], hint=answer["hint"])
        return answer

    def _gone(self, late: bool) -> Fault:
        code = self._process.wait()
        if late:
            hint = "does it ask for a licence, or open a window? settle that in another host first"
            return Fault(f"{self.name} did not answer within {PATIENCE_S:g} s", path="path", hint=hint)
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        hint = "try another version of it, or render this track in another host"
        return Fault(f"{self.name} crashed ({how})", path="path", hint=hint)


def _give_up(process: "subprocess.Popen[bytes]", late: Event) -> None:
    late.set()
    process.kill()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Nothing in a host is worth keeping, so it is not asked."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # what could not be sent any more
            cast("BinaryIO", pipe).close()


def _request(spec: PluginSpec, rate: int, channels: int) -> dict[str, Any]:
    return {
        "path": str(spec.path),
        "name": spec.name,
        "preset": str(spec.preset) if spec.preset else None,
        "settings": spec.settings,
        "rate": rate,
        "channels": channels,
    }
