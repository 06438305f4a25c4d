"""`album.yaml` to a Manifest, or to all that is wrong with it."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from pipeline.faults import Fault, Faults
from pipeline.manifest import across, tree, words
from pipeline.manifest.model import Album, Defaults, Deliver, Document, Level, Session, Track, Vinyl
from pipeline.manifest.places import Complaint, Places, Route
from pipeline.manifest.tracks import Piece, Treatment, pieces, resolved


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What an `album.yaml` says, and where it says it. `text_sha256` is of the file's bytes."""

    file: Path
    text_sha256: str
    album: Album
    session: Session
    level: Level
    defaults: Defaults
    tracks: tuple[Track, ...]
    vinyl: Vinyl
    deliver: Deliver
    pieces: tuple[Piece, ...] = field(repr=False)
    places: Places = field(repr=False, compare=False)

    @property
    def folder(self) -> Path:
        """What the paths in the manifest start at."""
        return self.file.parent

    def path(self, reference: str) -> Path:
        """The file that a `mix` or an `artwork` names."""
        return self.folder / reference

    def treatment(self, track: Track) -> Treatment:
        """What the track goes through, defaults applied."""
        return resolved(track, self.defaults)

    def at(self, route: Route) -> str:
        """`album.yaml:14:11` of `("tracks", 2, "isrc")`; of what is around it when that is not written."""
        return self.places.at(route)

    def fault(self, route: Route, problem: str, hint: str = "") -> Fault:
        """A fault in what is written at `route`, for whoever finds it later."""
        return self.places.fault(Complaint(route, problem, hint))


def load(file: Path) -> Manifest:
    """Read and check a manifest and look up the files that it names; no audio is read.

    Raises:
        Faults: all that is wrong, in the order of the file.
        OSError: the file is there and the machine does not give it.
    """
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        hint = "name the manifest, or let deadwax new write one"
        raise Faults([Fault("there is no such file", place=str(file), hint=hint)]) from None
    except IsADirectoryError:
        raise Faults([Fault("this is a folder", place=str(file), hint="name the manifest in it")]) from None
    return read(data, file)


def read(data: bytes, file: Path) -> Manifest:
    """The manifest that `data` is, as if it stood in `file`.

    Raises:
        Faults: as `load`.
    """
    plain, places, complaints = tree.parse(data, str(file))
    complaints += across.complaints(plain)
    try:
        document = Document.model_validate(plain, context={"folder": file.parent})
    except ValidationError as error:
        complaints += words.complaints(error, places)
    if complaints:
        raise Faults(places.faults(complaints))
    return _manifest(document, places, file, hashlib.sha256(data).hexdigest())


def _manifest(document: Document, places: Places, file: Path, text_sha256: str) -> Manifest:
    return Manifest(
        file=file,
        text_sha256=text_sha256,
        album=document.album,
        session=document.session,
        level=document.level,
        defaults=document.defaults,
        tracks=document.tracks,
        vinyl=document.vinyl,
        deliver=document.deliver,
        pieces=pieces(document.album, document.tracks),
        places=places,
    )
