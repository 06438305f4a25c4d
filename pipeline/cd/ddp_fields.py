"""Records of fixed width as they are read: fields by name, and what is wrong, said of the field."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.cd.ddp_records import Layout
from pipeline.faults import Fault
from pipeline.manifest.places import shown

_NOT_PRINTABLE = re.compile(rb"[^ -~]")
_BLANK_HINT = "audio masters leave it blank"


class Findings:
    """What is wrong and what is odd, in the order found; of each field only the first of either."""

    def __init__(self) -> None:
        self._faults: dict[tuple[str, str], Fault] = {}
        self._remarks: dict[tuple[str, str], Fault] = {}

    @property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(self._faults.values())

    @property
    def remarks(self) -> tuple[Fault, ...]:
        return tuple(self._remarks.values())

    def fault(self, problem: str, place: str, path: str = "", hint: str = "") -> None:
        fault = Fault(problem, place=place, path=path, hint=hint)
        self._faults.setdefault((place, path or problem), fault)

    def remark(self, problem: str, place: str, path: str = "", hint: str = "") -> None:
        remark = Fault(problem, place=place, path=path, hint=hint)
        self._remarks.setdefault((place, path or problem), remark)


@dataclass(frozen=True, slots=True)
class Record:
    """A record: `place` is its file, `called` what it is there ("packet 3"), empty for the only one.

    What is missing of it counts as blank. Bytes other than printable ASCII are characters of ISO 8859-1 here;
    `check_bytes` says that they are wrong.
    """

    findings: Findings
    place: str
    called: str
    layout: Layout
    data: bytes

    def raw(self, name: str) -> str:
        """A field as it stands, padding included."""
        where = self.layout[name]
        piece = self.data[where.offset : where.offset + where.size]
        return piece.decode("latin-1").ljust(where.size)

    def text(self, name: str) -> str:
        return self.raw(name).strip(" ")

    def shown(self, name: str) -> str:
        """A field as messages quote it."""
        return shown(self.raw(name)) if self.text(name) else "blank"

    def path(self, name: str) -> str:
        return f"{self.called}, {name}" if self.called else name

    def fault(self, name: str, problem: str, hint: str = "") -> None:
        self.findings.fault(problem, self.place, self.path(name), hint)

    def remark(self, name: str, problem: str, hint: str = "") -> None:
        self.findings.remark(problem, self.place, self.path(name), hint)

    def check_bytes(self) -> None:
        """Every field is printable ASCII: no line ends, no zeros, no accents."""
        for name, where in self.layout.items():
            if odd := _NOT_PRINTABLE.search(self.data, where.offset, where.offset + where.size):
                problem = f"the byte 0x{self.data[odd.start()]:02X} at {odd.start()} is not printable ASCII"
                self.fault(name, problem, "fields are letters, digits and blanks, padded with blanks")

    def check_word(self, name: str, *words: str, hint: str = "") -> bool:
        """That a field is one of `words`, where an empty one is a blank field."""
        if self.raw(name) in (word.ljust(self.layout[name].size) for word in words):
            return True
        allowed = " or ".join(f'"{word}"' if word else "blank" for word in words)
        self.fault(name, f"is {self.shown(name)}; it must be {allowed}", hint)
        return False

    def check_blank(self, names: Iterable[str], hint: str = _BLANK_HINT) -> None:
        for name in names:
            if text := self.text(name):
                self.fault(name, f"holds {shown(text)}", hint)

    def check_unused(self, names: Iterable[str]) -> None:
        """Numbers that are blank in audio masters; zeros say no more than blanks do."""
        for name in names:
            if re.fullmatch(r" *0+", self.raw(name)):
                self.remark(name, "holds zeros", _BLANK_HINT)
            else:
                self.check_blank([name])

    def number(self, name: str) -> int | None:
        """A number, right-aligned, padded with blanks or zeros; None when it is none, which is a fault."""
        if re.fullmatch(r" *[0-9]+", raw := self.raw(name)):
            return int(raw)
        self.fault(
            name, f"is {self.shown(name)}", "write a number, right-aligned, with blanks or zeros before it"
        )
        return None

    def upc(self) -> str:
        """A UPC/EAN in thirteen digits; what is none, which is a fault, as it stands; empty without one."""
        text = self.text("UPC/EAN")
        if not text:
            return ""
        if not re.fullmatch(r"[0-9]{12,13}", text):
            self.fault("UPC/EAN", f"{shown(text)} is no UPC or EAN", "it has thirteen digits")
            return text
        if not text.strip("0"):
            self.fault("UPC/EAN", "is all zeros", "leave it blank when there is none")
            return text
        if len(text) == 12:
            hint = "thirteen digits are usual, of which the first is then 0"
            self.remark("UPC/EAN", f"is a UPC of twelve digits: {text}", hint)
        digits = text.zfill(13)
        right = _check_digit(digits)
        if digits[-1] != right:
            hint = "a digit is wrong, or two are in the wrong order"
            self.fault("UPC/EAN", f"{text} ends in the wrong check digit: it would have to be {right}", hint)
        return digits


def _check_digit(digits: str) -> str:
    """What the thirteenth digit of an EAN must be: weights 1 and 3 in turn, up to a multiple of ten.

    Source: GS1 General Specifications, check digit calculation.
    """
    return str(-(sum(map(int, digits[0:12:2])) + 3 * sum(map(int, digits[1:12:2]))) % 10)


def records_of(
    data: bytes, size: int, layout: Layout, marker: str, findings: Findings, place: str, kind: str
) -> Iterator[Record]:
    """The records of a file, called "`kind` 1" and on; the bytes of each and its marker have been checked.

    A rest that makes no whole record is a fault. Then something was put in or left out, and what is behind
    that is not read: nothing there is in its place. Nor is a file in which no record has the marker.
    """
    rest = len(data) % size
    if rest or not data:
        problem = f"is {len(data)} bytes long" if data else "is empty"
        findings.fault(problem, place, hint=f"it has {size} bytes for each {kind}, and no line ends")
    starts = range(0, len(data) - rest, size)
    shifted = rest > 0 or not any(data.startswith(marker.encode("ascii"), start) for start in starts)
    for number, start in enumerate(starts, start=1):
        record = Record(findings, place, f"{kind} {number}", layout, data[start : start + size])
        record.check_bytes()
        if not record.check_word("marker", marker) and shifted:
            return
        yield record
