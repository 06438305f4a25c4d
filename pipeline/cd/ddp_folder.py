"""The folder of a fileset: files by the names that a map gives, and nothing from outside."""

import os
import re
import stat
from pathlib import Path

from pipeline.cd.ddp_fields import Findings
from pipeline.manifest.places import printable, shown

_FLAT_HINT = "the files of a fileset lie beside DDPMS, and a name has no path"


class FilesetFolder:
    """Finds files by name, and remembers which were asked for.

    What is wrong with a name is said in `findings`. No file outside the folder is ever given out, and nothing
    that is not a file.
    """

    def __init__(self, folder: Path, findings: Findings) -> None:
        self.folder = folder
        self.names = sorted(os.listdir(folder))  # noqa: PTH208 - the names are wanted
        self.used: set[str] = set()
        self._findings = findings

    def file(
        self, name: str, said_by: str, place: str = "", path: str = "", *, used: bool = True
    ) -> Path | None:
        """The file that `said_by` calls `name`, in other capitals if need be; None with a fault.

        `place` and `path` are where a name that is none stands; `used` is whether it belongs to the fileset.
        """
        if not is_plain(name):
            self._findings.fault(f"{shown(name)} is no plain file name", place, path, _FLAT_HINT)
            return None
        found = self.on_disk(name)
        if found is None:
            self._findings.fault(f"missing, though {said_by}", name)
            return None
        if found != name:
            hint = "rename it: some systems know it by no other name"
            self._findings.remark(
                f"is called {printable(found)} on the disk, though {said_by}", name, hint=hint
            )
        if used:
            self.used.add(found)
        return self._safe(found)

    def on_disk(self, name: str) -> str | None:
        """How a file is spelt in the folder: as it is said, or in other capitals when there is but one."""
        if name in self.names:
            return name
        alike = [each for each in self.names if each.casefold() == name.casefold()]
        return alike[0] if len(alike) == 1 else None

    def _safe(self, name: str) -> Path | None:
        path = self.folder / name
        if path.is_symlink() and not self._leads_inside(path):
            hint = "put the file itself there"
            self._findings.fault(
                "is a link that leads out of the folder, or nowhere", printable(name), hint=hint
            )
            return None
        if not stat.S_ISREG(path.stat().st_mode):
            self._findings.fault("is no file", printable(name), hint=_FLAT_HINT)
            return None
        return path

    def _leads_inside(self, link: Path) -> bool:
        try:
            return link.resolve(strict=True).is_relative_to(self.folder.resolve(strict=True))
        except (OSError, RuntimeError):  # it leads nowhere, or in a circle
            return False

    def others(self) -> list[str]:
        """What does not belong to it."""
        return [name for name in self.names if name not in self.used]


def is_plain(name: str) -> bool:
    """Whether a name is that of a file in the same folder, on any system: no path, drive or dots alone."""
    return bool(re.fullmatch(r"[ -~]+", name)) and not re.search(r"[/\\:]", name) and name.strip(" .") != ""
