"""What a person sees while a build runs and when it has ended: progress, tables, faults."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from rich.console import Console

from pipeline.listing import read_listing
from pipeline.tables import clock, comparison_table, figure, mix_table, release_table

# What is printed is known to whoever prints it; here it would be loaded for every command.
if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from pipeline.approvals import Approval
    from pipeline.build.album import Outcome
    from pipeline.build.approve import Approved
    from pipeline.build.check import Checked
    from pipeline.build.foresee import Foreseen, Line
    from pipeline.intake import MixFacts
    from pipeline.manifest.load import Manifest
    from pipeline.single import Single

# A line of plain progress is written at most this often.
PLAIN_INTERVAL_S = 10.0
MOST_TOLD = 5


class Screen:
    """Progress on standard error: a bar on a terminal, plain lines elsewhere, nothing when quiet."""

    def __init__(self, *, verbose: bool = False, quiet: bool = False) -> None:
        self._console = Console(stderr=True, highlight=False, emoji=False, quiet=quiet)
        self._verbose = verbose
        self._bar: Progress | None = None
        self._row: TaskID | None = None
        self._lock = Lock()
        self._stage = ""
        self._total = self._done = self._began = self._said = 0.0

    def __enter__(self) -> "Screen":
        if self._console.is_terminal:
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
            from rich.table import Column

            columns = (
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TextColumn("{task.percentage:>3.0f} %"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[track]}", markup=False, table_column=Column(no_wrap=True)),
            )
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def stage(self, name: str, total_seconds: float) -> None:
        with self._lock:
            self._stage, self._total, self._done = name, total_seconds, 0.0
            self._began = self._said = time.monotonic()
            if self._bar:
                if self._row is not None:
                    self._bar.remove_task(self._row)
                self._row = self._bar.add_task(name, total=total_seconds or None, track="")
            else:
                self._console.print(name)

    def started(self, label: str, reason: str) -> None:
        with self._lock:
            if self._bar and self._row is not None:
                self._bar.update(self._row, track=label)
            if self._verbose:
                self._console.print(f"  {label} ({reason})", markup=False, soft_wrap=True)

    def advanced(self, seconds: float) -> None:
        with self._lock:
            self._done += seconds
            if self._bar and self._row is not None:
                self._bar.update(self._row, completed=self._done)
            elif self._total and time.monotonic() - self._said > PLAIN_INTERVAL_S:
                self._said = time.monotonic()
                share = min(1.0, self._done / self._total)
                left_s = (self._said - self._began) * (1.0 - share) / share
                self._console.print(f"{self._stage} {share:.0%}, about {clock(left_s)[:-2]} left")


def print_faults(faults: Sequence[Exception]) -> None:
    """Each on a line of its own, on standard error."""
    for fault in faults:
        print(fault, file=sys.stderr)


def print_check(manifest: "Manifest", checked: "Checked") -> None:
    """The mixes as a table, what is unwise before it, how they differ from a reference behind it."""
    from pipeline.deliver.discs import length_line

    console = _paper()
    for each in checked.unwise:
        console.print(str(each), markup=False, soft_wrap=True)
    console.print(mix_table(_mixes(manifest, checked)))
    for disc in checked.discs:
        console.print(length_line(disc), markup=False)
    if any(checked.comparisons):
        console.print("\nagainst the reference: LU louder, dB more in each octave, dB wider on average")
        console.print(comparison_table(manifest, checked.comparisons))


def _mixes(manifest: "Manifest", checked: "Checked") -> "list[tuple[str, MixFacts | None]]":
    """By name; what is hidden comes last."""
    tracks = [*manifest.tracks, *(manifest.hidden.tracks if manifest.hidden else ())]
    facts = [*checked.facts, *checked.hidden]
    return [(Path(track.mix).name, known) for track, known in zip(tracks, facts, strict=True)]


def print_outcome(outcome: "Outcome") -> None:
    """The closing table and what should be known about it."""
    console = _paper()
    console.print(release_table(outcome))
    for line in outcome_lines(outcome):
        console.print(line, markup=False, soft_wrap=True)


def outcome_lines(outcome: "Outcome") -> Iterator[str]:
    """All but the table: discs, notes, what was done."""
    from pipeline.deliver.discs import length_line

    yield from (length_line(master.disc) for master in outcome.release.discs)
    for track, approval in outcome.dropped:
        text = f"track {track['number']}: the audio that {approval.by} approved has changed; approve it anew"
        yield f"note: {text}"
    yield from (f"note: {warning}" for warning in outcome.warnings)
    steps = f"{len(outcome.ran)} steps run, {outcome.kept} up to date"
    files = f"{outcome.written} files written, {outcome.kept_files} kept"
    yield f"{outcome.output}: revision {outcome.revision} delivered and verified ({steps}; {files})"


def print_plan(foreseen: "Foreseen") -> None:
    """A line for each thing that a build would do; what is up to date is counted."""
    from pipeline.build.foresee import CURRENT

    for line in foreseen.lines:
        if line.state != CURRENT:
            print(f"{line.subject}: {_doing(line)} ({'; '.join(line.why)})")
    for track, approval in foreseen.fallen:
        print(f"note: {track:02} {approval.title} was approved by {approval.by}: this changes its audio")
    current = [line for line in foreseen.lines if line.state == CURRENT]
    tracks = sum(line.track is not None and not line.version for line in current)
    others = sum(line.track is None for line in current)
    alternates = len(current) - tracks - others
    counted = [_count(tracks, "track"), _count(alternates, "alternate"), _count(others, "other file")]
    print(f"{', '.join(filter(None, counted)) or 'nothing'} up to date")


def _doing(line: "Line") -> str:
    """`master, render, 4 files`; for a file that is of no track, `write`."""
    from pipeline.build.foresee import MAY

    written = sum("/" in task for task in line.tasks)
    tasks = [task for task in line.tasks if "/" not in task] + [_count(written, "file")] * (written > 0)
    if line.state == MAY:
        return f"may {', '.join(tasks or ['render'])}"
    return ", ".join(tasks) if line.track is not None or tasks == ["remove"] else "write"


def _count(number: int, what: str) -> str:
    """Empty for none."""
    return f"{number} {what}{'s' if number > 1 else ''}" if number else ""


def print_history(known: Sequence[Mapping[str, Any]]) -> None:
    """A line for each revision, and what was heard otherwise in it."""
    for each in known:
        kinds = ", ".join(kind for kind in each["kinds"] if kind != "delivery")
        changed = " ".join(each["changed"])
        print(f"{each['revision']:>3}  {each['published']}  {each['files']} files ({kinds}): {changed}")
    if not known:
        print("nothing has been delivered yet")


def print_approvals(approved: "Approved") -> None:
    """What is approved now, how much of the album is with that, and where it is written."""
    lines = [_given(track, approved.by, before) for track, before in approved.given]
    lines[-1] += f" ({approved.standing} of {approved.total} tracks approved)"
    print(*lines, f"{approved.file}: written", sep="\n")
    for output in approved.reissued:
        print(f"{output}: its README says {read_listing(output)['state'].upper()}")


def _given(track: Mapping[str, Any], by: str, before: "Approval | None") -> str:
    line = f"{track['number']} {track['title']}: approved by {by}"
    return f"{line}, replaces {before.by}'s of {before.on}" if before and before.by != by else line


def size(count: float) -> str:
    """Bytes as people say them: 3.2 GB."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count = count / 1000
    return f"{count:.3g} GB"


def print_single(out: Path, made: "Single") -> None:
    """What the stages report, what should be known, and a line of figures."""
    measure = made.measure
    for stage in made.chain:
        print(f"  {stage['stage']}: {_told(stage)}")
    for note in made.notes:
        print(f"note: {note}")
    print(
        f"{out}: {clock(made.frames / made.rate)}, {figure(measure.lufs_i)} LUFS, "
        f"{figure(measure.true_peak_dbtp)} dBTP, gain {made.level.gain_db:+.1f} dB, "
        f"limiting {made.limiting_max_db:.1f} dB"
    )


def _told(report: Mapping[str, Any]) -> str:
    """A stage's report on one line: `reduction mean db 0.4`; curves and long lists are for --json."""
    if report.get("neutral"):
        return "nothing to do"
    told = []
    for key, value in report.items():
        figures = value if isinstance(value, list) else [value]
        short = len(figures) <= MOST_TOLD and all(isinstance(each, str | int | float) for each in figures)
        if short and figures and key != "stage":
            told.append(f"{key.replace('_', ' ')} {' / '.join(map(str, figures))}")
    return ", ".join(told) or "done"


def _paper() -> Console:
    """Standard output; wide enough for a table when it is no terminal."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else 120)
