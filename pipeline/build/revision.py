"""The record of a revision: everything about a delivery but its audio."""

import math
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline import __version__, versions
from pipeline.build import hidden, history, masters
from pipeline.build.history import Revision
from pipeline.build.listed import book_with
from pipeline.build.mixes import sources
from pipeline.build.opened import Opened
from pipeline.build.pressing import gains as gains_of_sides
from pipeline.build.production import Production
from pipeline.build.renders import FOR_VINYL
from pipeline.build.request import STORE
from pipeline.build.trace import rows_of
from pipeline.deliver.paperwork import discs_data
from pipeline.deliver.vinyl import side_format
from pipeline.timeline import SECTORS_PER_SECOND

Row = Mapping[str, Any]


def number_of(opened: Opened, rows: Sequence[Row]) -> int:
    """That of the revision that stands there, or of the last, when the same is delivered; or the next."""
    if history.same_delivery(opened.last, rows):
        return int(opened.last["revision"]) if opened.last else 1
    latest = max(
        filter(None, (opened.last, opened.known.last())), key=lambda each: each["revision"], default=None
    )
    if latest is None:
        return 1
    return int(latest["revision"]) + (not history.same_delivery(latest, rows))


def before_of(opened: Opened, number: int) -> Revision | None:
    """The revision that stood in the output folder before this one came."""
    name = history.output_name(opened.output, opened.manifest.folder)
    last = opened.last if opened.last and opened.last["revision"] < number else None
    return opened.known.last_at(name, below=number) or last


def record(
    opened: Opened, production: Production, tracks: Sequence[Row], rows: Sequence[Row], number: int
) -> dict[str, Any]:
    """What `.deadwax/history` keeps of a delivery that is about to be published."""
    same = opened.known.numbered(number)
    name = history.output_name(opened.output, opened.manifest.folder)
    session = production.levelled.session
    return {
        "revision": number,
        "published": same["published"] if same else f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "outputs": sorted({*(same["outputs"] if same else ()), name}),
        "deadwax": __version__,
        "python": platform.python_version(),
        "libraries": dict(versions.audio_libraries() + versions.file_libraries()),
        "manifest_sha256": opened.manifest.text_sha256,
        "manifest": opened.manifest.text,
        "sources": [
            {"path": source.name, "sha256": sha256}
            for source, sha256 in zip(sources(opened.manifest), opened.hashes, strict=True)
        ],
        "session_rate": session.timeline.rate,
        "spectrum_db": [
            level_db if math.isfinite(level_db) else None for level_db in opened.album.spectrum_db
        ],
        "gains": masters.gains(session),
        "vinyl_gain_db": production.release.vinyl_gain_db,
        "vinyl_gains": gains_of_sides(production.pressing),
        "hidden_gains": hidden.gains(production.hidden),
        "tracks": [{**track, **heard(opened, production, track["number"])} for track in tracks],
        "discs": discs_data(production.release),
        "files": list(rows),
        "traces": rows_of(production.traces),
        "entries": sorted(opened.runner.used | {trace.key for trace in production.traces}),
    }


def books(opened: Opened, record: Revision) -> dict[str, str]:
    """What is kept when a delivery is published: its record, and the list of revisions with it."""
    release = history.release_of(opened.manifest.file)
    text = history.text(record)
    name, rows = book_with(opened.known, record, text, opened.store, release)
    return {history.book(record["revision"], STORE, release): text, name: rows}


def heard(opened: Opened, production: Production, number: int) -> dict[str, Any]:
    """Where the cache has a track's audio, and how it goes on into the next."""
    release, session = production.release, production.levelled.session
    reel = release.reel_of(number)
    slot = next(slot for island in session.timeline.islands for slot in island.slots if slot.reel == reel)
    segment = release.segments[number - 1]
    rendered = release.reference[number - 1]
    into = (segment.start_sector - slot.start_sector) / SECTORS_PER_SECOND
    form = release.reference_form or f"{side_format(session.timeline.rate)}{FOR_VINYL}"
    return {
        "shaped": {
            "key": session.shaped_keys[reel],
            "content": session.shaped[reel],
            "rate": slot.rate,
            "mix_rate": release.reels[reel].rate,
            "first_frame": slot.first_frame + round(into * slot.rate),
            "stop_frame": min(
                slot.stop_frame,
                slot.first_frame + round((into + segment.sectors / SECTORS_PER_SECOND) * slot.rate),
            ),
        },
        "rendered": {"key": rendered.key, "file": rendered.path.name, "form": str(form)},
        "seam": _seam(release, number),
        "limiter": str(release.reels[reel].limiter),
    }


def _seam(release: Any, number: int) -> str:
    """How a track goes on into the next, in words; empty for the last."""
    if number == len(release.pieces):
        return ""
    reel = release.reels[release.reel_of(number)]
    if number != reel.track_numbers[-1]:
        return "runs on"
    if reel.crossfade:
        return f"crossfade of {reel.crossfade.seconds:g} s ({reel.crossfade.curve})"
    return f"gap of {reel.gap_s:g} s" if reel.gap_s else "no gap"
