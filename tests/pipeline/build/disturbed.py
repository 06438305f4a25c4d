"""Builds that are disturbed: an album that stands as revision 1 and is to become revision 2, and a process
that runs commands in children of its own and ends them at a given moment.

A moment is something done to the disk, or a block of audio that has been worked on: always the same ones in
the same order, which no timer gives.
"""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[3]
# Seconds after which a command that hangs is ended.
HANGS_S = 120

REVISION_1 = """\
album: {title: Zwei Lieder, artist: Jemand, catalog: ZL-1, date: 2026-12-04}
level: {target_lufs: -16}
defaults: {chain: [glue: {threshold_db: -24, ratio: 1.5}]}
tracks:
  - {title: Eins, mix: mixes/1.wav, isrc: GBAYE2600001, then: {gap: 0.3}}
  - {title: Zwei, mix: mixes/2.wav, isrc: GBAYE2600002}
vinyl: {sides: {A: [1], B: [2]}}
deliver: {cd: {}, digital: [flac 16/44.1], vinyl: {}}
"""


def write_album(folder: Path) -> Path:
    """What `REVISION_1` names; the manifest's path."""
    from tests.albums import music, write_mix

    write_mix(folder / "mixes" / "1.wav", music(4.21, seed=7), subtype="PCM_16")
    write_mix(folder / "mixes" / "2.wav", music(4.1, seed=8), subtype="PCM_16")
    (folder / "album.yaml").write_text(REVISION_1, encoding="utf-8")
    return folder / "album.yaml"


def revise(folder: Path) -> None:
    """Another mix of the first track, another title of the second."""
    from tests.albums import music, write_mix

    for path in (folder / "mixes" / "1.wav", folder / "album.yaml"):
        path.unlink()  # it may have another name in another album
    write_mix(folder / "mixes" / "1.wav", music(4.4, seed=9), subtype="PCM_16")
    text = REVISION_1.replace("title: Zwei,", "title: Zwei!,")
    (folder / "album.yaml").write_text(text, encoding="utf-8")


def left_over(folder: Path) -> list[str]:
    """What lies in an album's folder, or in its store, and is neither the user's nor of any use."""
    wanted = {"album.yaml", "mixes", "delivery", "approvals.yaml", ".deadwax"}
    kept = {"cache", "hashes.json", "history", "lock", "published.json"}
    found = [path for path in folder.iterdir() if path.name not in wanted]
    store = folder / ".deadwax"
    if store.is_dir():
        found += [path for path in store.iterdir() if path.name not in kept]
        found += [*store.glob("cache/aside/*"), *store.glob("history/.*")]
    return sorted(path.relative_to(folder).as_posix() for path in found)


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit status, or minus the signal; what it said; each moment of it."""

    status: int
    out: str
    err: str
    moments: list[str]


class Workshop:
    """Runs command lines, each in a fork of one process that has imported everything."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="workshop-"))
        environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.pipeline.build.disturbed", self._folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=CHECKOUT,
        )  # fmt: skip

    def run(
        self,
        *arguments: str | Path,
        stop_at: int | str | None = None,
        by: str = "SIGKILL",
        way: str = "one step",
    ) -> Ended:
        """Run a command line; the signal `by` comes at the moment of that number, or at that step of a swap.

        `way` is "two steps" where no file system swaps two names in one.
        """
        order = {"arguments": list(map(str, arguments)), "stop_at": stop_at, "by": by, "way": way}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        said = [(self._folder / name).read_text(encoding="utf-8") for name in ("out", "err", "moments")]
        return Ended(status, said[0], said[1], said[2].splitlines())

    def done(self, *arguments: str | Path, way: str = "one step") -> Ended:
        """A command that must succeed."""
        ended = self.run(*arguments, way=way)
        assert ended.status == 0, ended.out + ended.err
        return ended

    def close(self) -> None:
        self._process.communicate(timeout=HANGS_S)
        shutil.rmtree(self._folder)


# --- the process itself


def _work(folder: Path) -> None:
    _make_ready(folder)
    for line in sys.stdin:
        assert len(list(Path("/proc/self/task").glob("*"))) <= 1, "no thread survives a fork"
        child = os.fork()
        if child == 0:
            signal.alarm(HANGS_S)
            os._exit(_command(json.loads(line), folder))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _make_ready(folder: Path) -> None:
    """Import and compile what a build needs; and make heard what no audit event tells of."""
    import pipeline.build.publish as swap
    from pipeline.console import Screen

    manifest = write_album(folder / "warm")
    # Without notes and PQ sheets: the threads of what sets them would not live on in a fork.
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        assert _main(["build", str(manifest), "--only", "digital", "--jobs", "1"]) == 0
        assert _main(["verify", str(manifest.parent / "delivery")]) == 0
    shutil.rmtree(manifest.parent)

    exchange, advanced = swap.exchange, Screen.advanced

    def exchanged(*names: Path) -> bool:
        sys.audit("deadwax.moment", "exchange", *names)
        return _way == "one step" and exchange(*names)

    def worked(self: Screen, seconds: float) -> None:
        sys.audit("deadwax.moment", "advanced")
        advanced(self, seconds)

    swap.exchange, Screen.advanced = exchanged, worked  # type: ignore[method-assign]
    # A killed process loses nothing that it has written: only power cuts do, which this cannot make.
    os.fsync = lambda handle: sys.audit("deadwax.moment", "fsync")


_way = "one step"
_TOUCHING = frozenset((
    "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "shutil.rmtree",
    "deadwax.moment", "deadwax.step",
))  # fmt: skip


def _command(order: dict[str, Any], folder: Path) -> int:
    """In the child: what it says and does goes into files."""
    global _way
    _way = order["way"]
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder / name, _NEW), number)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _stop(order["stop_at"], signal.Signals[order["by"]], os.open(folder / "moments", _NEW))
    try:
        return _main(order["arguments"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


_NEW = os.O_CREAT | os.O_WRONLY | os.O_TRUNC


def _stop(moment: int | str | None, by: signal.Signals, log: int) -> None:
    """Write down each moment; at one of them send ourselves a signal, once."""
    count = 0

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal count
        if event in _TOUCHING or (event == "open" and args[2] and args[2] & (os.O_WRONLY | os.O_RDWR)):
            os.write(log, f"{event} {' '.join(map(str, args))}\n".encode())
            count += 1
            if count - 1 == moment or (event == "deadwax.step" and args[0] == moment):
                os.kill(os.getpid(), by)

    sys.addaudithook(hook)


def _main(arguments: list[str]) -> int:
    """The command line; 99 for what it should never let through."""
    from pipeline.cli import main

    sys.argv = ["deadwax", *arguments]
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except BaseException:
        traceback.print_exc()
        return 99
    return 0


if __name__ == "__main__":
    _work(Path(sys.argv[1]))
