"""Lists of checksums that lie beside a fileset: MD5 as md5sum writes it, CRC-32 as cue2ddp does.

Neither is of DDP. Names that occur are CHECKSUM.MD5 (cue2ddp), MD5-Checksum.md5 (Sonoris), MD5_CHECKSUM.MD5
(HOFA, with CR LF) and CHECKSUM.TXT (cue2ddp); any name that ends in .md5 is taken.
"""

import hashlib
import re
import zlib
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.cd.ddp_fields import Findings
from pipeline.cd.ddp_folder import FilesetFolder, is_plain
from pipeline.manifest.places import printable, shown

MD5, CRC32 = "MD5", "CRC-32"
_CRC_LIST = "checksum.txt"
_CRC_HEAD = b"[CRC32"
_LIST_MOST_BYTES = 2**20
_BLOCK_BYTES = 2**20
_LINES = {
    MD5: (
        r"(?P<sum>[0-9A-Fa-f]{32})\s+\*?(?P<name>\S.*)",
        r"MD5 ?\((?P<name>.+)\) ?= ?(?P<sum>[0-9A-Fa-f]{32})",
        r"(?P<name>.*[^\s=:])[\s=:]+(?P<sum>[0-9A-Fa-f]{32})",
    ),
    CRC32: (r"(?P<name>[^=]+)=(?P<sum>[0-9A-Fa-f]{8})",),
}
# Headings, the version that some give, comments.
_NO_SUM = re.compile(r"\[.*\]|version=.*|[;#].*|//.*", re.IGNORECASE)

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Line:
    """What a list says of a file: `path` is where it does, `name` the file, `digest` in lower case."""

    path: str
    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class SumList:
    """A list of checksums: its `name` in the folder, their `kind`, its lines."""

    name: str
    kind: str
    lines: tuple[_Line, ...]


def read_lists(folder: FilesetFolder, findings: Findings) -> tuple[SumList, ...]:
    """All lists in a folder, those of MD5 first; lines that are none are remarked upon."""
    found = [(MD5, name) for name in folder.names if name.casefold().endswith(".md5")]
    found += [(CRC32, name) for name in folder.names if name.casefold() == _CRC_LIST]
    lists = []
    for kind, name in found:
        if not is_plain(name) or not (path := folder.file(name, "it is there")):
            continue
        with path.open("rb") as file:
            data = file.read(_LIST_MOST_BYTES)
        if kind == MD5 or _CRC_HEAD in data.upper():
            lists.append(SumList(name, kind, tuple(_lines(data, name, kind, findings))))
        else:
            folder.used.discard(name)
    return tuple(lists)


def _lines(data: bytes, name: str, kind: str, findings: Findings) -> Iterator[_Line]:
    for number, text in enumerate(data.decode("utf-8-sig", "replace").splitlines(), start=1):
        line = text.strip().strip("\0")
        if not line or _NO_SUM.fullmatch(line):
            continue
        matches = (re.fullmatch(pattern, line) for pattern in _LINES[kind])
        if match := next(filter(None, matches), None):
            yield _Line(f"line {number}", match["name"].strip(), match["sum"].lower())
        else:
            findings.remark(f"{shown(line)} is no {kind} of a file", name, f"line {number}")


def check_sums(
    lists: tuple[SumList, ...],
    folder: FilesetFolder,
    files: Mapping[str, Path],
    findings: Findings,
    progress: Progress,
) -> None:
    """Compare every list with the files, each of which is read once, in blocks.

    Args:
        files: those of the fileset, by the names that the map gives.
        progress: is told the bytes that were read.
    """
    wanted = {each.name: _resolved(each, folder, files, findings) for each in lists}
    paths = dict(files) | {name: path for found in wanted.values() for _, name, path in found}
    kinds = {each.kind for each in lists}
    sums = {name: _digests(path, kinds, progress) for name, path in paths.items()} if kinds else {}
    for each in lists:
        for line, name, _ in wanted[each.name]:
            if sums[name][each.kind] != line.digest:
                problem = f"is {sums[name][each.kind]}; {each.name} has {line.digest}"
                hint = "it was damaged on its way, or changed after the list was made"
                findings.fault(problem, name, each.kind, hint)
        for name in sorted(files.keys() - {name for _, name, _ in wanted[each.name]}):
            problem = f"{each.name} does not list it"
            findings.fault(problem, name, each.kind, "a list has every file of the fileset but itself")


def _resolved(
    each: SumList, folder: FilesetFolder, files: Mapping[str, Path], findings: Findings
) -> list[tuple[_Line, str, Path]]:
    """Each line with the file that it is of; lines without one are faults."""
    found = []
    spelt = {name.casefold(): name for name in files}
    for line in each.lines:
        if line.name.casefold() == each.name.casefold():
            findings.remark("lists itself, which no checksum can", each.name, line.path)
        elif name := spelt.get(line.name.casefold()):
            found.append((line, name, files[name]))
        elif folder.on_disk(line.name) or not is_plain(line.name):
            if path := folder.file(line.name, f"{each.name} lists it", each.name, line.path, used=False):
                found.append((line, line.name, path))
        else:
            findings.fault(f"missing, though {each.name} lists it", printable(line.name), each.kind)
    return found


def _digests(path: Path, kinds: Container[str], progress: Progress) -> dict[str, str]:
    """The sums of the `kinds` that are wanted; of another it is that of nothing."""
    md5, crc = hashlib.md5(usedforsecurity=False), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            if MD5 in kinds:
                md5.update(block)
            if CRC32 in kinds:
                crc = zlib.crc32(block, crc)
            progress(len(block))
    return {MD5: md5.hexdigest(), CRC32: f"{crc:08x}"}
