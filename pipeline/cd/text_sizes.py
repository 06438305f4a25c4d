"""What the sizes at the end of a block of CD-Text say, against what is there."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.cd import text_packs as layout
from pipeline.cd.text_packs import PackType
from pipeline.cd.text_streams import Notes, Pack


def sizes_of(block: int, packs: Sequence[Pack], notes: Notes) -> bytes:
    """The 36 bytes that end a block, empty without them; `packs` are all of the block."""
    parts = [pack for pack in packs if pack.kind == PackType.SIZES]
    given = [pack.track for pack in parts]
    where = f"block {block}, sizes"
    if not parts:
        notes.fault(where, "no packs of type 0x8F end the block")
    elif given != list(range(layout.SIZE_PACKS)):
        notes.fault(where, f"parts 0, 1, 2 are due (got {', '.join(map(str, given))})")
    if any(pack.position or pack.double_byte for pack in parts):
        notes.fault(where, "a pack has a position, or double bytes")
    return b"".join(part.payload for part in parts) if len(parts) == layout.SIZE_PACKS else b""


def check_sizes(block: int, sizes: bytes, packs: Sequence[Pack], lasts: Sequence[int], notes: Notes) -> None:
    """Notes what they say wrong; `lasts` are the last numbers of all blocks there are."""
    checks = _Checks(f"block {block}, sizes", notes)
    checks.head(sizes[: layout.COUNTS.start])
    checks.counts(sizes[layout.COUNTS], packs)
    blocks = zip(sizes[layout.LAST_SEQUENCES], sizes[layout.LANGUAGES_OF_BLOCKS], strict=True)
    for number, (last, language) in enumerate(blocks):
        due = lasts[number] if number < len(lasts) else None
        checks.block(number, last, language, due)


@dataclass(frozen=True, slots=True)
class _Checks:
    """Of one field each; `where` is what their places begin with."""

    where: str
    notes: Notes

    def head(self, head: bytes) -> None:
        """Character code, first and last track, copyright."""
        charset, copyright_asserted = head[layout.CHARSET_BYTE], head[layout.COPYRIGHT_BYTE]
        if charset not in layout.CHARSETS:
            self.notes.fault(f"{self.where}, character code", f"0x{charset:02X} is none that is known")
        if copyright_asserted not in (0, 3):
            problem = f"it is {copyright_asserted}, where 0 and 3 are usual"
            self.notes.remark(f"{self.where}, copyright", problem)

    def counts(self, counts: bytes, packs: Sequence[Pack]) -> None:
        """How many packs there are of each type."""
        there = Counter(pack.kind for pack in packs)
        for kind, said in enumerate(counts, layout.FIRST_TYPE):
            if said != there[kind]:
                problem = f"of type 0x{kind:02X} they say {said}, and there are {there[kind]}"
                self.notes.fault(f"{self.where}, counts", problem)

    def block(self, number: int, last: int, language: int, due: int | None) -> None:
        """The last number and the language of one of eight; `due` is None where it is not there."""
        if last != (due or 0):
            problem = f"they say {last} of block {number}, and {due or 0} is right"
            self.notes.fault(f"{self.where}, last numbers", problem)
        if language and due is None:
            problem = f"they say 0x{language:02X} of block {number}, which is not there"
            self.notes.fault(f"{self.where}, languages", problem)
        elif language not in layout.LANGUAGE_CODES:
            problem = f"0x{language:02X}, of block {number}, is no language"
            self.notes.fault(f"{self.where}, languages", problem)
