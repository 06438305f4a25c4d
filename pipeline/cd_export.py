"""The audio of a DDP fileset as files that anything plays: a plain image, a file for each track, cue sheets.

The plain image lacks the first two seconds of the DDP's, which are in no other image of a CD; when they are
not silent, as they ought to be, a note says so. Where index 01 of track 1 comes sooner than that, which no
disc may have, the image begins there. A track's file runs from its index 01 to the next one's, so a pause is
at the end of the file before; what is heard before track 1 has a file of its own. Of a faulty fileset all is
exported that it still allows.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from pipeline.cd.ddp_reader import image_blocks
from pipeline.cd.disc import PREGAP_SECTORS, SECTOR_FRAMES, SECTORS_PER_SECOND
from pipeline.cd.msf import msf
from pipeline.cd_contents import Contents
from pipeline.cd_sheets import image_sheet, sheet_text, tracks_sheet, words_of
from pipeline.deliver.names import safe_name, track_name
from pipeline.faults import Fault
from pipeline.files import discard, make_folder, naming
from pipeline.wave import wave_head

RATE, CHANNELS, BITS = 44_100, 2, 16
HIDDEN, UNTITLED = "Hidden", "Track"
Progress = Callable[[float], None]
Codes = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written into `folder`, by path in it, and in sentences what could not be."""

    folder: Path
    files: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A file of audio: sectors `start` up to `stop`. `place` is that of its track among all, if it is one."""

    path: str
    start: int
    stop: int
    place: int | None = None


def export(contents: Contents, folder: Path, progress: Progress = lambda _: None) -> Exported:
    """Write the audio of a fileset into a folder that is empty or not there yet: all of it or nothing.

    `progress` is told the seconds that were written.

    Raises:
        Fault: something is in the folder, or the fileset has no image.
        OSError: the disk fails.
    """
    refuse_full(folder)
    if not contents.ddp.image_sectors:
        raise Fault("there is no image to export", place=str(contents.ddp.folder))
    is_new = not folder.exists()
    make_folder(folder)
    aside = folder / f".deadwax-export.{os.getpid()}.part"
    try:
        files, notes = _export(contents, aside, progress)
        for path in sorted(aside.iterdir()):
            path.rename(folder / path.name)
        aside.rmdir()
    except BaseException:
        discard(aside)
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        raise
    return Exported(folder, tuple(files), tuple(notes))


def refuse_full(folder: Path) -> None:
    """Fault where something would be written over."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        problem = "is not empty" if folder.is_dir() else "is no folder"
        raise Fault(problem, place=str(folder), hint="name a new folder: nothing is written over")


def _export(contents: Contents, folder: Path, progress: Progress) -> tuple[list[str], list[str]]:
    stem = name_of(contents)
    image, tracks, notes = _pieces(contents, stem)
    make_folder(folder / "tracks" if tracks else folder)
    _write(contents, folder, [image, *tracks], progress)
    sheets = {f"{stem}.cue": image_sheet(contents, image.path, image.start)}
    if named := {each.place: Path(each.path).name for each in tracks if each.place is not None}:
        sheets[f"tracks/{stem}.cue"] = tracks_sheet(contents, named)
    written = []
    for path, sheet in sheets.items():
        text, problem = sheet_text(sheet)
        if problem:
            notes.append(f"{path} is not written: {problem}")
        else:
            (folder / path).write_bytes(text.encode())
            written.append(path)
    return [image.path, *(piece.path for piece in tracks), *written], notes


def name_of(contents: Contents) -> str:
    """What the files are called: as the master, or the title, or the code, or just a disc."""
    title = contents.block.disc.title if contents.block else ""
    known = (contents.ddp.master_id, title, contents.ddp.upc, "disc")
    return safe_name(next(name for name in known if name.strip()))


# --- what is where


def _pieces(contents: Contents, stem: str) -> tuple[_Piece, list[_Piece], list[str]]:
    """The image, the tracks of which there is something, what is hidden before them; what there is not."""
    end = contents.ddp.first_sector + contents.ddp.image_sectors
    first = min((PREGAP_SECTORS, end, *contents.starts[:1]))
    notes = list(_notes(contents, first, end))
    tracks: list[_Piece] = []
    if contents.hidden:
        tracks.append(_Piece(f"tracks/{_named(contents, 0, HIDDEN)}", first, min(end, contents.starts[0])))
    for place, track in enumerate(contents.ddp.tracks):
        stop = min(contents.stop_of(place), end)
        title = words_of(contents, track.number).title or UNTITLED
        piece = _Piece(f"tracks/{_named(contents, track.number, title)}", track.start_sector, stop, place)
        if not first <= piece.start < piece.stop:
            notes.append(f"track {track.number} is not written: {_whereabouts(contents, place, end)}")
        elif any(piece.path == other.path for other in tracks):
            notes.append(f"track {track.number} is not written: there is one already")
        else:
            tracks.append(piece)
    return _Piece(f"{stem}.wav", first, end), tracks, notes


def _named(contents: Contents, number: int, title: str) -> str:
    return track_name(number, len(contents.ddp.tracks), title, "wav")


def _notes(contents: Contents, first: int, end: int) -> Iterator[str]:
    """What of the image is in no file, or not where it belongs; the plain one is sectors `first` to `end`."""
    if any(codes.any() for codes in image_blocks(contents.ddp, 0, first)):
        yield f"the image is not silent before {msf(first)}: what sounds there is in no file"
    if not contents.ddp.tracks:
        yield "no track is written: the fileset tells of none"
    elif end != contents.ddp.lead_out_sector:
        yield f"the image ends at {msf(end)}; the lead-out is at {msf(contents.ddp.lead_out_sector)}"


def _whereabouts(contents: Contents, place: int, end: int) -> str:
    start, stop = contents.ddp.tracks[place].start_sector, contents.stop_of(place)
    return f"it is at {msf(start)} to {msf(stop)}, and the image ends at {msf(end)}"


# --- writing


def _write(contents: Contents, folder: Path, pieces: Sequence[_Piece], progress: Progress) -> None:
    """All files in one pass through the image."""
    at = pieces[0].start
    with ExitStack() as stack:
        waves = [stack.enter_context(_Wave(folder / piece.path, piece)) for piece in pieces]
        for codes in image_blocks(contents.ddp, at):
            for wave in waves:
                wave.take(codes, at)
            at += len(codes) // SECTOR_FRAMES
            progress(len(codes) / RATE)


class _Wave:
    """A WAV while the image passes; only while something of it does, it is open."""

    def __init__(self, path: Path, piece: _Piece) -> None:
        self._path, self._piece = path, piece
        self._file: IO[bytes] | None = None

    def __enter__(self) -> "_Wave":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def take(self, codes: Codes, at: int) -> None:
        """A block of the image that begins at sector `at`."""
        piece = self._piece
        own = codes[max(0, piece.start - at) * SECTOR_FRAMES : max(0, piece.stop - at) * SECTOR_FRAMES]
        if not len(own):
            return
        with naming(self._path):
            if not self._file:
                self._file = self._path.open("wb")
                self._file.write(wave_head(RATE, CHANNELS, BITS, (piece.stop - piece.start) * SECTOR_FRAMES))
            self._file.write(np.ascontiguousarray(own, "<i2").data)
            if at + len(codes) // SECTOR_FRAMES >= piece.stop:
                self._file.close()
                self._file = None


def export_seconds(contents: Contents) -> float:
    """How much there is to write, for a progress bar."""
    return contents.ddp.image_sectors / SECTORS_PER_SECOND
