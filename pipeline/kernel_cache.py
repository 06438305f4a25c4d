"""Where compiled kernels are kept on machines where numba finds no place.

It keeps them beside the source or, where nothing can be written there, in the user's cache; where neither can
be, as in many containers, it fails. Then they go to a folder of ours among the temporary files.
"""

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"
BESIDE = Path(__file__).parents[1] / "dsp" / "__pycache__"


def find_place(beside: Path = BESIDE) -> None:
    """Name a folder to numba where it needs one and nobody has named any; to be done before its import."""
    told = os.name != "posix" or os.environ.get(VARIABLE)
    if not told and not any(map(_can_be_written, (beside, *_users_cache()))):
        os.environ[VARIABLE] = str(_own_folder())


def _users_cache() -> list[Path]:
    """Where numba looks for it; nothing where a user has no home."""
    if sys.platform != "darwin" and "XDG_CACHE_HOME" in os.environ:
        return [Path(os.environ["XDG_CACHE_HOME"])]
    with suppress(RuntimeError):
        return [Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")]
    return []


def _can_be_written(folder: Path) -> bool:
    """Whether it is there and can be, or could be made."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _own_folder() -> Path:
    """Of this user, and of nobody else: what lies there is run."""
    import tempfile  # late: few need it

    folder = Path(tempfile.gettempdir(), f"deadwax-kernels-{os.getuid()}")
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return folder if own else Path(tempfile.mkdtemp(prefix="deadwax-kernels-"))
