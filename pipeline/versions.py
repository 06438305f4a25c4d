"""Versions of the code behind each kind of result, raised by hand whenever the same input gives another.

Every stage has its own, in dsp/stages.py. What is installed has versions too, and another soxr may give
other samples: those are looked up here, without an import of what makes a program slow to start.
"""

import hashlib
import os
import re
import sys
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# What is known of a mix: all its figures.
INTAKE = 7
# Shaped audio, but for the stages: decoding, joining, conversion, envelope, readings.
MASTER = 5
# How gains are solved from envelopes.
LEVEL = 3
# From shaped audio to track files: gain, conversion, limiter, guard, fades, dither, encoders, figures.
RENDER = 8
# Files that are laid from rendered ones or written beside them: images, tags, notes, lists.
DELIVERY = 8
# What is heard of a side's tracks, and what they do to the groove.
LISTEN = 4
# What the samples of a disc come to: checksums.
DISC = 1
# What is predicted of the cut.
GROOVE = 3
# How an alternate is laid beside its main mix.
FIT = 1
# What is between a plug-in and the chain: buffers, latency, settings.
PLUGIN = 1
ALL = (INTAKE, MASTER, LEVEL, RENDER, DELIVERY, LISTEN, DISC, GROOVE, FIT, PLUGIN)

Pairs = tuple[tuple[str, str], ...]

# imageio-ffmpeg and soundfile bring their codecs with them; numba compiles with what llvmlite holds.
AUDIO = ("imageio-ffmpeg", "llvmlite", "numba", "numpy", "scipy", "soundfile", "soxr")
FILES = ("jinja2", "markupsafe", "mutagen", "pillow", "typst")
HOSTS = ("pedalboard",)

FFMPEG = "IMAGEIO_FFMPEG_EXE"
_RECORD = re.compile(r"([^-]+)-([^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info")


def audio_libraries() -> Pairs:
    """Name and version of all that makes or measures samples, for the keys of facts, masters and renders.

    A version is empty for what is not installed. An ffmpeg that was put in the place of the packaged
    one is known by its path, length and date.
    """
    own = os.environ.get(FFMPEG)
    return (*_versions(AUDIO), *(((FFMPEG, _stamp(own)),) if own else ()))


def file_libraries() -> Pairs:
    """The same of all that makes pages, pictures and tags, for the keys of what is delivered."""
    return _versions(FILES)


def plugin_libraries() -> Pairs:
    """The same of what plug-ins are run by, for the keys of masters with a plug-in in their chain."""
    return _versions(HOSTS)


@cache
def stages_sha256() -> str:
    """The content hash of the file that versions of stages stand in; it is not imported, which is slow."""
    spec = find_spec("dsp.stages")
    return hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest() if spec and spec.origin else ""


def everything() -> tuple[Any, ...]:
    """All of the above, for a request: where none of it has changed, no result can."""
    return (ALL, stages_sha256(), audio_libraries(), file_libraries(), plugin_libraries())


def _versions(names: tuple[str, ...]) -> Pairs:
    return tuple((name, _installed().get(_plain(name), "")) for name in names)


@cache
def _installed() -> dict[str, str]:
    """The version of every installed distribution, by the name of the folder that records it.

    `importlib.metadata` says the same, but its import alone takes ten times as long.
    Source: Python Packaging User Guide, Recording installed projects.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        with suppress(OSError):  # a folder that is not there, or an archive
            for path in sorted(Path(folder).iterdir()):
                if record := _RECORD.fullmatch(path.name):
                    found.setdefault(_plain(record[1]), record[2])
    return found


def _plain(name: str) -> str:
    """One spelling of a distribution's name."""
    return re.sub(r"[-_.]+", "_", name).lower()


def _stamp(file: str) -> str:
    with suppress(OSError):
        status = Path(file).stat()
        return f"{file} {status.st_size} {status.st_mtime_ns}"
    return file
