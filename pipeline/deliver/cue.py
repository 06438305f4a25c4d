"""Cue sheets: written, and read back strictly.

The dialect is CDRWin's with the pauses in the file: every index of a track in one FILE, times counted from
its first frame, be it one file for all or one for each track. The two seconds before track 1 of a CD are
implied: its INDEX 01 stands at 00:00:00.
Lines end in CR LF, as in the DOS program that defined the format, and as all readers take them. The text is
to be written as UTF-8 without a byte order mark: players expect the one, and readers stumble over the other.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.cd.msf import msf, sectors_of
from pipeline.faults import Fault

FLAGS = ("DCP", "4CH", "PRE", "SCMS")


@dataclass(frozen=True, slots=True, kw_only=True)
class CueTrack:
    """`indexes` are (index number, sector in the file); 00 is the pause before the track, 01 its start.

    `file_name` is of a file that begins with this track; empty, the track is in the file of the one before,
    or in that of the sheet. `flags` are of `FLAGS`: DCP permits digital copies, SCMS one generation of them.
    """

    number: int
    title: str = ""
    performer: str = ""
    isrc: str = ""
    indexes: tuple[tuple[int, int], ...]
    songwriter: str = ""
    composer: str = ""
    arranger: str = ""
    flags: tuple[str, ...] = ()
    file_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CueSheet:
    """Tracks and their audio: `file_name` for all, or empty where the tracks name theirs.

    `catalog_upc` has 13 digits (a UPC-A: its 12 with a 0 before).
    """

    file_name: str
    performer: str = ""
    title: str = ""
    catalog_upc: str = ""
    date: str = ""
    genre: str = ""
    tracks: tuple[CueTrack, ...]
    remarks: tuple[str, ...] = ()


def file_names(sheet: CueSheet) -> tuple[str, ...]:
    """All the audio files, in order."""
    return tuple(name for name in (sheet.file_name, *(track.file_name for track in sheet.tracks)) if name)


def cue_string(text: str) -> str:
    """What of a text can stand in a cue sheet: there is no escape for ", and a line is a command.

    Straight double quotes become typographic ones, control characters and line ends one blank.
    """
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)
    text = re.sub(r'(^|[\s(\[{])"', r"\1“", text).replace('"', "”")
    # Before a quote it is an escape to cuetools.
    return f"{text} " if text.endswith("\\") else text


def cue_text(sheet: CueSheet) -> str:
    """The sheet as text; Fault when the format cannot say it."""
    _check(sheet)
    disc = [
        _command("REM GENRE", sheet.genre),
        _command("REM DATE", sheet.date),
        *(_command("REM COMMENT", remark) for remark in sheet.remarks),
        _command("CATALOG", sheet.catalog_upc, quoted=False),
        _command("PERFORMER", sheet.performer),
        _command("TITLE", sheet.title),
        _file(sheet.file_name),
    ]
    lines = disc + [line for track in sheet.tracks for line in _track_lines(track)]
    return "".join(f"{line}\r\n" for line in lines if line)


def _track_lines(track: CueTrack) -> list[str]:
    """INDEX last, nothing else of the track may follow it; FLAGS and ISRC directly before it."""
    commands = [
        _command("TITLE", track.title),
        _command("PERFORMER", track.performer),
        _command("SONGWRITER", track.songwriter),
        _command("REM COMPOSER", track.composer),
        _command("REM ARRANGER", track.arranger),
        _command("FLAGS", " ".join(track.flags), quoted=False),
        _command("ISRC", track.isrc, quoted=False),
        *(f"INDEX {number:02d} {msf(sector)}" for number, sector in track.indexes),
    ]
    head = [_file(track.file_name), f"  TRACK {track.number:02d} AUDIO"]
    return [*head, *(f"    {command}" for command in commands if command)]


def _command(name: str, value: str, quoted: bool = True) -> str:
    text = cue_string(value)
    return (f'{name} "{text}"' if quoted else f"{name} {text}") if text else ""


def _file(name: str) -> str:
    return f'FILE "{cue_string(name)}" WAVE' if name else ""


def _check(sheet: CueSheet) -> None:
    """What the format demands; Fault with the track in `path`."""
    if sheet.catalog_upc and not re.fullmatch(r"\d{13}", sheet.catalog_upc, re.ASCII):
        raise Fault(f'"{sheet.catalog_upc}" is no catalogue number for a cue sheet', hint="13 digits are")
    if not (sheet.file_name or (sheet.tracks and sheet.tracks[0].file_name)):
        raise Fault("a cue sheet names an audio file")
    if sheet.file_name and any(track.file_name for track in sheet.tracks):
        raise Fault("a cue sheet names one file for all tracks, or its tracks name theirs")
    numbers = [track.number for track in sheet.tracks]
    if not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise Fault(f"the tracks of a cue sheet are numbered without a gap (got {numbers})")
    if not 1 <= numbers[0] <= numbers[-1] <= 99:
        raise Fault(f"a cue sheet holds tracks 1 to 99 (got {numbers[0]} to {numbers[-1]})")
    for track in sheet.tracks:
        _check_track(track)
    _check_times(sheet.tracks)


def _check_times(tracks: Sequence[CueTrack]) -> None:
    """In every file from 00:00:00 on, and forward."""
    before = None
    for track in tracks:
        if track.file_name:
            before = None
        for _, sector in track.indexes:
            if before is None and sector != 0:
                problem = f"the first index of a file is at 00:00:00 (got {msf(sector)})"
                raise Fault(problem, path=f"track {track.number}")
            if before is not None and sector <= before:
                problem = f"the indexes of a cue sheet go forward (got {msf(sector)} after {msf(before)})"
                raise Fault(problem, path=f"track {track.number}")
            before = sector


def _check_track(track: CueTrack) -> None:
    path = f"track {track.number}"
    numbers = [number for number, _ in track.indexes]
    if not numbers or numbers[0] > 1 or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise Fault(f"indexes are numbered from 00 or 01 without a gap (got {numbers})", path=path)
    if 1 not in numbers or numbers[-1] > 99:
        raise Fault(f"a track has an index 01, and 99 is the last there can be (got {numbers})", path=path)
    if track.isrc and not re.fullmatch(r"[A-Z]{2}[A-Z0-9]{3}\d{7}", track.isrc, re.ASCII):
        raise Fault(f'"{track.isrc}" is not an ISRC', path=path, hint="12 characters such as GBAYE2600001")
    if not set(track.flags) <= set(FLAGS) or len(set(track.flags)) < len(track.flags):
        problem = f'"{" ".join(track.flags)}" are no flags of a track'
        raise Fault(problem, path=path, hint=f"{', '.join(FLAGS)}, each once")
    if {"DCP", "SCMS"} <= set(track.flags):
        raise Fault("DCP permits what SCMS forbids; a track has the one or the other", path=path)


# Reading

_DISC_FIELDS = {
    "REM GENRE": "genre",
    "REM DATE": "date",
    "CATALOG": "catalog_upc",
    "PERFORMER": "performer",
    "TITLE": "title",
}
_TRACK_FIELDS = {
    "TITLE": "title",
    "PERFORMER": "performer",
    "SONGWRITER": "songwriter",
    "REM COMPOSER": "composer",
    "REM ARRANGER": "arranger",
    "ISRC": "isrc",
}


def parse_cue(text: str, name: str = "cue sheet") -> CueSheet:
    """Read a sheet of the dialect that `cue_text` writes.

    A single file is the sheet's, even where a track named it; of several, each is its first track's.
    Strict: what is unknown, out of place, repeated or impossible is a Fault, placed as `name:line`.
    """
    reader = _Reader()
    for number, line in enumerate(re.split(r"\r?\n", text), start=1):
        try:
            reader.take(line.strip(" \t"))
        except ValueError as error:
            raise Fault(str(error), place=f"{name}:{number}") from error
    try:
        return reader.sheet()
    except Fault as fault:
        raise Fault(fault.problem, place=name, path=fault.path, hint=fault.hint) from fault


@dataclass
class _OpenTrack:
    number: int
    file_name: str
    fields: dict[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    indexes: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class _Reader:
    """A sheet as far as it has been read; `file_name` is of a FILE whose first TRACK is still to come."""

    file_name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    tracks: list[_OpenTrack] = field(default_factory=list)

    def take(self, line: str) -> None:
        """One line, without its indentation; ValueError when it has no business here."""
        if not line:
            return
        match = re.fullmatch(r"((?:REM )?[A-Z]+) (\S.*)", line)
        if not match:
            raise ValueError(f"{line!r} is no command of a cue sheet")
        command, rest = match.groups()
        if command == "TRACK":
            self._open_track(rest)
        elif self.file_name:
            raise ValueError(f"{command} stands before FILE or in a track")
        elif command == "FILE":
            self._open_file(rest)
        elif self.tracks:
            self._track_command(command, rest)
        else:
            self._disc_command(command, rest)

    def _open_track(self, rest: str) -> None:
        match = re.fullmatch(r"(\d\d) AUDIO", rest, re.ASCII)
        if not match or not (self.file_name or self.tracks):
            raise ValueError(f'TRACK stands behind FILE and reads "TRACK nn AUDIO" (got "{rest}")')
        self.tracks.append(_OpenTrack(int(match[1]), self.file_name))
        self.file_name = ""

    def _open_file(self, rest: str) -> None:
        match = re.fullmatch(r'("[^"]+") WAVE', rest)
        if not match:
            raise ValueError(f'FILE reads FILE "name" WAVE (got {rest})')
        if self.tracks and not self.tracks[-1].indexes:
            raise ValueError("FILE stands before the first TRACK in it")
        self.file_name = _value(match[1])

    def _track_command(self, command: str, rest: str) -> None:
        track = self.tracks[-1]
        if command == "INDEX":
            match = re.fullmatch(r"(\d\d) (\S+)", rest, re.ASCII)
            if not match:
                raise ValueError(f'INDEX reads "INDEX nn MM:SS:FF" (got "{rest}")')
            track.indexes.append((int(match[1]), sectors_of(match[2])))
        elif track.indexes:
            raise ValueError(f"{command} stands before the indexes of its track")
        elif command == "FLAGS":
            if track.flags:
                raise ValueError("FLAGS is there twice")
            track.flags = tuple(rest.split(" "))
        else:
            _store(track.fields, _TRACK_FIELDS, command, rest)

    def _disc_command(self, command: str, rest: str) -> None:
        if command == "REM COMMENT":
            self.remarks.append(_value(rest))
        else:
            _store(self.fields, _DISC_FIELDS, command, rest)

    def sheet(self) -> CueSheet:
        """The whole; Fault when it does not hang together."""
        if self.tracks and self.file_name:
            raise Fault(f'FILE "{self.file_name}" has no TRACK')
        names = [track.file_name for track in self.tracks if track.file_name]
        tracks = tuple(
            CueTrack(
                number=track.number,
                indexes=tuple(track.indexes),
                flags=track.flags,
                file_name=track.file_name if len(names) > 1 else "",
                **track.fields,
            )
            for track in self.tracks
        )
        name = self.file_name or ("" if len(names) > 1 else "".join(names))
        sheet = CueSheet(file_name=name, tracks=tracks, remarks=tuple(self.remarks), **self.fields)
        _check(sheet)
        return sheet


def _store(fields: dict[str, str], names: dict[str, str], command: str, rest: str) -> None:
    if command not in names:
        raise ValueError(f"{command} is unknown here")
    if names[command] in fields:
        raise ValueError(f"{command} is there twice")
    fields[names[command]] = _value(rest)


def _value(text: str) -> str:
    """A quoted text, or a bare word."""
    match = re.fullmatch(r'"([^"]+)"|([^"\s]+)', text)
    if not match:
        raise ValueError(f"{text} is neither a word nor a text in double quotes")
    return match[1] or match[2]
