"""What a user did wrong, said so that it can be put right: place, problem, cure."""

from dataclasses import dataclass
from typing import cast


@dataclass(unsafe_hash=True)
class Fault(Exception):  # noqa: N818 - a fault is what engineers call it
    """One fault in a manifest, a mix, a medium's limits or a delivery.

    `place` is where a text editor finds it (`album.yaml:14:11`), `path` what it is called there
    (`tracks[2].isrc`), `hint` what would be right.
    """

    problem: str
    place: str = ""
    path: str = ""
    hint: str = ""

    def __reduce__(self) -> tuple[type["Fault"], tuple[str, str, str, str]]:
        """Faults travel between processes."""
        return Fault, (self.problem, self.place, self.path, self.hint)

    def __str__(self) -> str:
        where = "".join(f"{part}: " for part in (self.place, self.path) if part)
        return f"{where}{self.problem}" + (f"; {self.hint}" if self.hint else "")


class Faults(ExceptionGroup[Fault]):
    """All the faults found, together: nobody mends one to be told of the next."""

    def __new__(cls, faults: list[Fault]) -> "Faults":
        return super().__new__(cls, f"{len(faults)} fault{'s' if len(faults) > 1 else ''}", faults)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Each of them, in order."""
        return cast("tuple[Fault, ...]", self.exceptions)

    def derive(self, excs: "list[Fault]") -> "Faults":  # type: ignore[override]
        return Faults(excs)
