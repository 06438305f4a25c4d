"""`album.yaml` to a Manifest, or to all that is wrong with it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.faults import Fault, Faults
from pipeline.manifest import across, tree, words
from pipeline.manifest.chain import Insert
from pipeline.manifest.model import Album, Deliver, Document, Level, Lint, Session
from pipeline.manifest.places import Complaint, Places, Route
from pipeline.manifest.song import Defaults, Track
from pipeline.manifest.tracks import (
    AlternateMix,
    Piece,
    Treatment,
    alternates,
    hidden_piece,
    pieces,
    resolved,
    written_chain,
)
from pipeline.manifest.vinyl import Vinyl, vinyl_chain


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What an `album.yaml` says, and where it says it. `text_sha256` is of the file's bytes.

    `is_hidden` is true of the view that has what is hidden before track 1 for its only track.
    """

    file: Path
    text: str = field(repr=False)
    text_sha256: str
    album: Album
    session: Session
    level: Level
    lint: Lint
    defaults: Defaults
    tracks: tuple[Track, ...]
    vinyl: Vinyl
    deliver: Deliver
    pieces: tuple[Piece, ...] = field(repr=False)
    alternates: tuple[AlternateMix, ...] = field(repr=False)
    places: Places = field(repr=False, compare=False)
    is_hidden: bool = False

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

    def written_chain(self, mix: int) -> list[tuple[Route, Insert]]:
        """What a mix goes through, each stage with where it is written."""
        return written_chain(mix, self.tracks[mix].chain, self.defaults.chain)

    def vinyl_chain(self, mix: int) -> list[tuple[Route, Insert]]:
        """The same for the sides of a record."""
        return vinyl_chain(self.vinyl, self.written_chain(mix))

    def pieces_of(self, mix: int) -> tuple[Piece, ...]:
        """The tracks that a mix becomes."""
        return tuple(piece for piece in self.pieces if piece.mix == mix)

    @property
    def discs(self) -> int:
        """How many CDs the album is on."""
        return self.pieces[-1].disc

    @property
    def hidden(self) -> "Manifest | None":
        """The same release with one track, number 0: the one that is hidden before track 1."""
        hidden = self.album.hidden
        if hidden is None or self.is_hidden:
            return None
        piece = hidden_piece(self.album, hidden)
        return replace(self, tracks=(hidden.track,), pieces=(piece,), alternates=(), is_hidden=True)

    def at(self, route: Route) -> str:
        """`album.yaml:14:11` of `("tracks", 2, "isrc")`; of what is around it when that is not written."""
        return self.places.at(self.written_at(route))

    def written_at(self, route: Route) -> Route:
        """Where what a route leads to is written: a hidden track is not among the tracks."""
        return ("album", "hidden", *route[2:]) if self.is_hidden and route[:1] == ("tracks",) else route

    def fault(self, route: Route, problem: str, hint: str = "") -> Fault:
        """A fault in what is written at `route`, for whoever finds it later."""
        return self.places.fault(Complaint(self.written_at(route), problem, hint))


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


def for_one_mix(
    mix: Path, chain: Path | None, level: Mapping[str, str], *, limiter: bool, dither: str
) -> Manifest:
    """The manifest of a release that is one mix: what `deadwax master` works from.

    Args:
        chain: a file that holds a list of stages, or what `defaults` may say; its paths start at its folder.
        level: as the section of that name.
        limiter: False where none is wanted, whatever the chain's file says.

    Raises:
        Faults, OSError: as `load`.
    """
    if not mix.is_file():
        raise Faults([Fault("there is no such file", place=str(mix), hint="name a mix")])
    if chain and not chain.is_file():
        raise Faults([Fault("there is no such file", place=str(chain), hint="name a file with a chain")])
    file = chain or mix
    defaults, places, complaints = (
        tree.parse_chain(chain.read_bytes(), str(chain)) if chain else ({}, Places(str(mix)), [])
    )
    if not limiter:
        defaults = defaults | {"limiter": "off"}
    plain = {
        "album": {"title": mix.stem or "-", "artist": "-"},
        "session": {"dither": dither},
        "level": dict(level),
        "defaults": defaults,
        "tracks": [{"mix": str(mix.absolute()), "title": mix.stem or "-"}],
    }
    try:
        return _manifest(_validated(plain, places, complaints, file), places, file, b"")
    except Faults as found:
        raise in_own_file(found) from None


def in_own_file(found: Faults) -> Faults:
    """Faults in what `for_one_mix` has made, where the chain stands in a file of its own."""
    return Faults([replace(fault, path=fault.path.removeprefix("defaults.")) for fault in found.faults])


def read(data: bytes, file: Path) -> Manifest:
    """The manifest that `data` is, as if it stood in `file`.

    Raises:
        Faults: as `load`.
    """
    plain, places, complaints = tree.parse(data, str(file))
    complaints += across.complaints(plain)
    document = _validated(plain, places, complaints, file)
    return _manifest(document, places, file, data)


def _validated(
    plain: Mapping[str, Any], places: Places, complaints: Iterable[Complaint], file: Path
) -> Document:
    found = list(complaints)
    try:
        document = Document.model_validate(plain, context={"folder": file.parent})
    except ValidationError as error:
        found += words.complaints(error, places)
    if found:
        raise Faults(places.faults(found))
    return document


def _manifest(document: Document, places: Places, file: Path, data: bytes) -> Manifest:
    return Manifest(
        file=file,
        text=data.decode(errors="replace"),
        text_sha256=hashlib.sha256(data).hexdigest(),
        album=document.album,
        session=document.session,
        level=document.level,
        lint=document.lint,
        defaults=document.defaults,
        tracks=document.tracks,
        vinyl=document.vinyl,
        deliver=document.deliver,
        pieces=pieces(document.album, document.tracks),
        alternates=alternates(document.tracks),
        places=places,
    )
