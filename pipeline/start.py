"""`deadwax new`: the first manifest of an album, and the schema that lets editors complete it."""

import json
from pathlib import Path

from pipeline.audiofile import open_mix
from pipeline.faults import Fault
from pipeline.files import write_whole
from pipeline.manifest.scaffold import SCHEMA_FILE, new_manifest
from pipeline.manifest.schema import json_schema

MANIFEST = "album.yaml"


def write_new_manifest(folder: Path, mixes: Path) -> Path:
    """Write `album.yaml` and its schema into `folder`; Fault rather than replace a manifest."""
    target = folder / MANIFEST
    if target.exists():
        raise Fault(
            "there is a manifest already", place=str(target), hint="move it away, or name another folder"
        )
    text = new_manifest(folder, mixes, _length_s)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / SCHEMA_FILE, json.dumps(json_schema(), indent=1))
    write_whole(target, text)
    return target


def _length_s(mix: Path) -> float | None:
    """None when the file does not say: `check` will find out why."""
    try:
        with open_mix(mix) as reader:
            return reader.info.frames / reader.info.rate if reader.info.frames else None
    except Fault:
        return None
