"""What lies beside the audio: delivery.json, README.txt, CHANGES.md, SHA256SUMS."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.deliver.changes import CHANGES, changes_text
from pipeline.deliver.disc_data import disc_data
from pipeline.deliver.release import AlternateRelease, DeliveredFile, HiddenRelease, Release
from pipeline.faults import Fault
from pipeline.files import sha256_file
from pipeline.intake import MixFacts
from pipeline.listing import LISTING, SUMS, read_listing
from pipeline.measure import master_figures, rounded
from pipeline.timeline import SECTORS_PER_SECOND
from pipeline.wording import template

README = "README.txt"
Row = Mapping[str, Any]
# What a record keeps of a file and a delivery does not say.
RECORD_ONLY = ("key", "inputs", "notes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What is said of a delivery as a whole.

    `before` is the revision that it replaces, None for the first; `approved_by` maps the numbers of tracks
    to who has approved them as they are. `traces` say what it was rendered from, as records have them.
    """

    revision: int
    before: Row | None = None
    traces: Sequence[Row] = ()
    approved_by: Mapping[int, str] = field(default_factory=dict)


def write_paperwork(release: Release, rows: Sequence[Row], paper: Paper, folder: Path) -> None:
    """The last files of a delivery; everything else is in `folder` already, as `rows` say.

    What rows have for records alone goes into no delivery, but CHANGES.md is told from it.
    """
    tracks = tracks_data(release, paper.approved_by)
    texts = {CHANGES: _changes(release, rows, paper, tracks), README: _readme(release, rows, paper)}
    for name, text in texts.items():
        _write(folder / name, text)
    own = [_own_row(folder, name, role) for name, role in ((CHANGES, "changes"), (README, "readme"))]
    told = [_as_delivered(row) for row in [*rows, *own]]
    _write_lists(delivery_data(release, told, tracks, paper), folder)


def _write_lists(listing: Row, folder: Path) -> None:
    _write(folder / LISTING, json.dumps(listing, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    sums = {row["path"]: row["sha256"] for row in listing["files"]} | {LISTING: sha256_file(folder / LISTING)}
    _write(folder / SUMS, "".join(f"{digest}  {path}\n" for path, digest in sorted(sums.items())))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _own_row(folder: Path, name: str, role: str) -> Row:
    path = folder / name
    content = {"bytes": path.stat().st_size, "sha256": sha256_file(path)}
    return _as_delivered(asdict(DeliveredFile(path=name, kind="delivery", role=role)) | content)


def _as_delivered(row: Row) -> Row:
    """The row as `delivery.json` has it, its columns always in one order."""
    columns = [*(each.name for each in fields(DeliveredFile)), "bytes", "sha256"]
    return {name: row[name] for name in columns if name not in RECORD_ONLY}


def _changes(release: Release, rows: Sequence[Row], paper: Paper, tracks: Sequence[Row]) -> str:
    album = release.manifest.album
    now = {
        "tracks": tracks,
        "discs": discs_data(release),
        "files": rows,
        "traces": paper.traces,
        "vinyl_gain_db": release.vinyl_gain_db,
    }
    return changes_text(f"{album.artist} - {album.title}", paper.revision, paper.before, now)


def _readme(release: Release, rows: Sequence[Row], paper: Paper) -> str:
    return template("README.txt.j2").render(
        release=release,
        kinds=sorted({row["kind"] for row in rows}),
        state=_state(
            paper.revision,
            [paper.approved_by.get(piece.number) for piece in release.pieces],
            hidden=release.hidden is not None,
        ),
        version=__version__,
    )


def _state(revision: int, approved_by: Sequence[str | None], *, hidden: bool) -> str:
    """The sentence by which a delivery says whether it is one to press; `approved_by` is by track.

    Approvals are of what has a number, which what is `hidden` before track 1 has not.
    """
    missing = [str(number) for number, by in enumerate(approved_by, 1) if not by]
    if not missing:
        names = ", ".join(dict.fromkeys(by for by in approved_by if by))
        besides = " What is hidden before track 1 of the CD is not among them." if hidden else ""
        return f"Revision {revision}. FINAL: every track is approved, by {names}.{besides}"
    if len(missing) == len(approved_by):
        return f"Revision {revision}. DRAFT: no track is approved yet."
    return (
        f"Revision {revision}. DRAFT: not approved yet: track{'s' * (len(missing) > 1)} {', '.join(missing)}."
    )


def reissue(delivery: Path, approved_by: Mapping[int, str], folder: Path) -> None:
    """Write the paperwork of a delivery that stands into `folder`, with other approvals.

    Raises:
        Fault: it is no delivery of this version.
    """
    listing = read_listing(delivery)
    before = [track.get("approved_by") for track in listing["tracks"]]
    now = [approved_by.get(track["number"]) for track in listing["tracks"]]
    was, is_now = (
        _state(listing["revision"], approved, hidden="hidden" in listing) for approved in (before, now)
    )
    readme = _own_readme(delivery / README, was)
    _write(folder / README, readme.replace(was, is_now, 1))
    for track, by in zip(listing["tracks"], now, strict=True):
        track["approved_by"] = by
    listing["state"] = "final" if all(now) else "draft"
    own = _own_row(folder, README, "readme")
    rows = [own if row["path"] == README else row for row in listing["files"]]
    _write_lists(listing | {"files": rows}, folder)


def _own_readme(file: Path, state: str) -> str:
    """Its text; Fault when it does not have the sentence that is to be another."""
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, ValueError):
        text = ""
    if state not in text:
        raise Fault("this is not the README that was delivered", place=str(file), hint="build again")
    return text


def delivery_data(
    release: Release, rows: Sequence[Row], tracks: Sequence[Row], paper: Paper
) -> dict[str, Any]:
    """`delivery.json` as plain data; what has no figure, such as the loudness of silence, is null."""
    album = release.manifest.album
    final = all(track["approved_by"] for track in tracks)
    return {
        "deadwax": __version__,
        "revision": paper.revision,
        "state": "final" if final else "draft",
        "manifest_sha256": release.manifest.text_sha256,
        "album": {"title": album.title, "artist": album.artist, "upc": album.upc, "catalog": album.catalog},
        "tracks": list(tracks),
        **({"hidden": _hidden(release.hidden)} if release.hidden else {}),
        "discs": discs_data(release),
        "files": list(rows),
    }


def tracks_data(release: Release, approved_by: Mapping[int, str]) -> list[dict[str, Any]]:
    """`tracks` of `delivery.json`."""
    return [
        _track(release, piece.number) | {"approved_by": approved_by.get(piece.number)}
        for piece in release.pieces
    ]


def discs_data(release: Release) -> list[dict[str, Any]]:
    """`discs` of `delivery.json`."""
    return [disc_data(master) for master in release.discs]


def _track(release: Release, number: int) -> dict[str, Any]:
    piece, segment = release.pieces[number - 1], release.segments[number - 1]
    reel = release.reel_of(number)
    rendered = release.reference[number - 1]
    mix = release.manifest.tracks[piece.mix].mix
    return {
        "number": number,
        "disc": piece.disc,
        "title": piece.title,
        "artist": piece.artist,
        "isrc": piece.isrc,
        "mix": _mix(mix, release.mix_hashes[piece.mix], release.facts[piece.mix]),
        "start_seconds": segment.start_sector / SECTORS_PER_SECOND,
        "length_seconds": segment.sectors / SECTORS_PER_SECOND,
        "gain_db": rounded(release.levels[reel].gain_db),
        "limiting_max_db": rounded(rendered.limiting_max_db),
        "level_note": release.levels[reel].note,
        "chain": release.readings[reel]["chain"],
        "master": master_figures(rendered.measure),
        "audio": audio_of(release, number),
        "alternates": [_alternate(each) for each in release.alternates if each.piece.number == number],
    }


def _hidden(hidden: HiddenRelease) -> dict[str, Any]:
    """What is heard before track 1 of the CD."""
    return {
        "title": hidden.piece.title,
        "mix": _mix(hidden.mix, hidden.mix_sha256, hidden.facts),
        "gain_db": rounded(hidden.level.gain_db),
        "limiting_max_db": rounded(hidden.rendered.limiting_max_db),
        "level_note": hidden.level.note,
        "chain": hidden.readings["chain"],
        "master": master_figures(hidden.rendered.measure),
    }


def audio_of(release: Release, number: int) -> dict[str, str]:
    """Checksums of what is decoded of a track's master, by word length and rate; a lossy file counts as
    what it was encoded from. What is cut on vinyl counts only where nothing else is made.
    """
    if not release.limited:
        rate = release.timeline.rate
        return {f"vinyl 24/{rate / 1000:g}": release.unlimited[number - 1].pcm_sha256}
    return {
        f"{form.render_bits}/{form.rate / 1000:g}": tracks[number - 1].pcm_sha256
        for form, tracks in sorted(release.limited.items())
    }


def _mix(path: str, sha256: str, facts: MixFacts) -> dict[str, Any]:
    return {
        "path": path,
        "sha256": sha256,
        "rate": facts.rate,
        "bits": facts.bits,
        "channels": facts.channels,
        "frames": facts.frames,
    }


def _alternate(each: AlternateRelease) -> dict[str, Any]:
    best = max(each.rendered, key=lambda form: (form.lossless, form.rate, form.render_bits))
    rendered = each.rendered[best]
    return {
        "version": each.piece.version,
        "isrc": each.piece.isrc,
        "mix": _mix(each.mix, each.mix_sha256, each.facts),
        "limiting_max_db": rounded(rendered.limiting_max_db),
        "chain": each.readings["chain"],
        "master": master_figures(rendered.measure),
        "audio": {
            f"{form.render_bits}/{form.rate / 1000:g}": track.pcm_sha256
            for form, track in sorted(each.rendered.items())
        },
    }
