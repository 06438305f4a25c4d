"""The files of a delivery: those that are as they were are kept, the others written."""

import shutil
from collections.abc import Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path, PurePath
from stat import S_ISREG
from typing import Any

from pipeline import versions
from pipeline.build import reasons
from pipeline.build.cache import Cache
from pipeline.build.keys import canonical, key_of
from pipeline.build.plan import Album
from pipeline.build.production import Production
from pipeline.build.run import Advance, Piece, Runner
from pipeline.build.trace import Before, detail_of
from pipeline.deliver.cassette import cassette_files
from pipeline.deliver.cd import cd_files
from pipeline.deliver.digital import digital_files
from pipeline.deliver.release import Deliverable
from pipeline.deliver.vinyl import vinyl_files
from pipeline.deliver.vinyl_note import note_files
from pipeline.faults import Fault, Faults
from pipeline.files import await_file, link_or_copy, sha256_file
from pipeline.formats import parse_format
from pipeline.identity import folded
from pipeline.manifest.load import Manifest
from pipeline.measure import rounded
from pipeline.spent import spent

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class File:
    """A file that is to be delivered. `kept` is its row where the last delivery has it as it will be."""

    deliverable: Deliverable
    key: str
    inputs: Mapping[str, Any]
    kept: Row | None
    why: tuple[str, ...]


def files_of(production: Production, album: Album, wanted: Mapping[str, bool]) -> list[Deliverable]:
    """All files but the paperwork, in the order in which they can be written.

    Raises:
        Faults: two of them would have one name.
    """
    release = production.release
    files = cd_files(release) if wanted["cd"] else []
    if wanted["digital"]:
        files += digital_files(release, release.manifest.deliver.digital)
    if wanted["vinyl"]:
        files += vinyl_files(release, album.sides)
        files += note_files(release, album.sides, production.heard, production.cuts)
    if wanted["cassette"]:
        files += cassette_files(release, album.tape)
    _refuse_twins(files, release.manifest)
    return files


def _refuse_twins(files: Sequence[Deliverable], manifest: Manifest) -> None:
    """No file may take the place of another, nor where a disk does not tell upper and lower case apart."""
    taken: dict[str, Deliverable] = {}
    faults: dict[Fault, None] = {}  # told once, in however many formats
    for each in files:
        other = taken.setdefault(folded(each.path), each)
        if other is not each:
            faults[_twins(other, each, manifest)] = None
    if faults:
        raise Faults(list(faults))


def _twins(one: Deliverable, other: Deliverable, manifest: Manifest) -> Fault:
    called = " and ".join(f'"{each.version}"' if each.version else "the main mix" for each in (one, other))
    problem = f"the files of {called} would have one name: {PurePath(other.path).stem}"
    route = next(
        alternate.route
        for alternate in manifest.alternates
        for piece in manifest.pieces_of(alternate.mix)
        if (piece.number, alternate.version) == (other.track, other.version)
    )
    return manifest.fault(route, problem, "some characters cannot be in file names: name one otherwise")


def compared(
    deliverables: Sequence[Deliverable],
    production: Production,
    before: Before,
    output: Path,
    *,
    quick: bool,
    jobs: int = 1,
) -> list[File]:
    """Each file with why it is written, if it is.

    A file is kept when it was made from the same and has its checksum still; `quick` trusts its length.
    """
    known = {row["key"]: row for row in before.revision.get("files", [])}

    def one(each: Deliverable) -> File:
        return _compared(each, known, production, before, output, quick=quick)

    with ThreadPoolExecutor(jobs) as executor:
        return list(executor.map(one, deliverables))


def _compared(
    each: Deliverable,
    known: Mapping[str, Row],
    production: Production,
    before: Before,
    output: Path,
    *,
    quick: bool,
) -> File:
    code = canonical((versions.DELIVERY, versions.file_libraries()))
    inputs = canonical(each.inputs)
    # A cutting note is written twice from the same, as a page and as text.
    key = key_of("file", code, each.kind, each.role, Path(each.path).suffix, each.inputs)
    was = before.file(each)
    row = known.get(key)
    if row is None and was and production.unknown:
        foreseen = _foreseen(inputs, was["inputs"], before.keys)
        row = known.get(key_of("file", code, each.kind, each.role, Path(each.path).suffix, foreseen))
    if row and _is_there(output / row["path"], row, quick=quick):
        return File(each, key, inputs, row, ())
    why = reasons.delivered(was["inputs"] if was else None, inputs, _why_rendered(each, production))
    return File(each, key, inputs, None, tuple(why if not row else [reasons.GONE]))


def _foreseen(inputs: Row, was: Row, keys: Set[str]) -> Row:
    """What a file depends on where renderings are lost, and will come out as they were: `keys` are theirs.

    Gains in tags follow from what is not known yet, and are taken for what they were.
    """
    found = dict(inputs)
    if isinstance(found.get("audio"), str) and found["audio"] in keys:
        found["audio"] = was.get("audio")
    elif isinstance(found.get("audio"), list) and len(found["audio"]) == len(was.get("audio", ())):
        each = zip(found["audio"], was["audio"], strict=True)
        found["audio"] = [old if new in keys else new for new, old in each]
    if found.get("audio") == was.get("audio") != inputs.get("audio") and "note" in was:
        found["note"] = was["note"]  # which has the figures of that audio
    if "tags" in found and "tags" in was:
        gains = {name: text for name, text in was["tags"].items() if name in reasons.GAINS}
        found["tags"] = {n: text for n, text in found["tags"].items() if n not in reasons.GAINS} | gains
    return found


def _why_rendered(each: Deliverable, production: Production) -> Sequence[str]:
    """Why the track that a file is of was rendered."""
    if each.track is None:
        return ()
    return production.why.get((detail_of(each.version or "", each.inputs["form"]), each.track), ())


def _is_there(path: Path, row: Row, *, quick: bool) -> bool:
    """A file of its own: what a link leads to is nobody's delivery."""
    try:
        found = path.lstat()
        same = S_ISREG(found.st_mode) and found.st_size == row["bytes"]
        return same and (quick or sha256_file(path) == row["sha256"])
    except OSError:
        return False


def fill(files: Sequence[File], output: Path, folder: Path, runner: Runner) -> list[Row]:
    """Put every file into `folder`; returns their rows, as they are recorded.

    What is kept comes from `output`. Files of audio need no checksums of others and are written side by side,
    before all else.
    """
    for file in files:
        (folder / file.deliverable.path).parent.mkdir(parents=True, exist_ok=True)
    rows = _laid_down(files, folder, runner)
    sums: dict[str, str] = {}
    for file in files:
        path = file.deliverable.path
        if file.kept:
            link_or_copy(output / file.kept["path"], folder / path)
            rows[path] = file.kept | _place(file.deliverable, file.kept)
        elif path not in rows:
            runner.watcher.started(f"{path}: write", "; ".join(file.why))
            rows[path] = _written(file, folder, sums)
        sums[path] = rows[path]["sha256"]
    return [rows[file.deliverable.path] for file in files]


def _laid_down(files: Sequence[File], folder: Path, runner: Runner) -> dict[str, Row]:
    """The rows of all that rendered audio goes into and is not kept."""
    written = [file for file in files if file.deliverable.reads and not file.kept]
    far = runner.workers.far
    pieces = [
        Piece(
            label=f"{file.deliverable.path}: write",
            seconds=_seconds(file.deliverable),
            work=partial(_written_aside, file, runner.cache.folder)
            if far
            else partial(_written_there, file, folder),
            reason="; ".join(file.why),
        )
        for file in written
    ]
    rows = runner.map("delivering", pieces)
    if far:
        rows = [_fetched(file, room, row, folder) for file, (room, row) in zip(written, rows, strict=True)]
    return {file.deliverable.path: row for file, row in zip(written, rows, strict=True)}


def _seconds(each: Deliverable) -> float:
    return sum(rendered.frames for rendered in each.reads) / parse_format(each.inputs["form"]).rate


def _written_there(file: File, folder: Path, _: Advance) -> Row:
    return _written(file, folder, {})


def _written_aside(file: File, cache_folder: Path, _: Advance) -> tuple[Path, Row]:
    """Written where nothing else is: whoever was taken for dead may still be at it."""
    room = Cache(cache_folder).room()
    (room / file.deliverable.path).parent.mkdir(parents=True)
    return room, _written(file, room, {})


def _fetched(file: File, room: Path, row: Row, folder: Path) -> Row:
    """The file that a worker has left in a room of its own, put where it belongs."""
    await_file(room / file.deliverable.path, room.parent)
    shutil.move(room / file.deliverable.path, folder / file.deliverable.path)
    shutil.rmtree(room, ignore_errors=True)
    return row


def _place(each: Deliverable, kept: Row) -> Row:
    """What two files with the same bytes may differ in. All that is in the file of a track is that track."""
    place = {name: getattr(each, name) for name in ("path", "kind", "role", "track", "version", "side")}
    if each.track is not None:
        place["segments"] = [segment | {"track": each.track} for segment in kept.get("segments", ())]
    return place


def _written(file: File, folder: Path, sums: Mapping[str, str]) -> Row:
    path = folder / file.deliverable.path
    delivered = asdict(file.deliverable.write(path, sums))
    figures = {name: rounded(delivered[name]) for name in ("lufs_i", "true_peak_dbtp")}
    with spent("hash"):
        content = {"bytes": path.stat().st_size, "sha256": delivered["sha256"] or sha256_file(path)}
    return delivered | figures | content | {"key": file.key, "inputs": dict(file.inputs)}
