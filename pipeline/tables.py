"""What is printed as a table: mixes, mixes beside a reference, a release; and figures as tables have them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

# What is printed is known to whoever prints it; here it would be loaded for a mere figure.
if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from dsp.comparison import Comparison
    from pipeline.build.album import Outcome
    from pipeline.deliver.release import HiddenRelease
    from pipeline.intake import MixFacts
    from pipeline.manifest.load import Manifest


def mix_table(mixes: "Sequence[tuple[str, MixFacts | None]]") -> "Table":
    """A row for each mix, by its name and what is known of it."""
    from rich.table import Table
    from rich.text import Text

    from pipeline.intake import word_length

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("mix", overflow="fold")
    table.add_column("format")
    for name in ("kHz", "bits", "ch", "length", "LUFS", "max S", "LRA", "dBTP", "silence s"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, known in mixes:
        if known is None:
            table.add_row(Text(name), "unusable")
            continue
        table.add_row(
            Text(name),
            known.container,
            f"{known.rate / 1000:g}",
            word_length(known),
            str(known.channels),
            clock(known.seconds),
            figure(known.lufs_i),
            figure(known.lufs_s_max),
            figure(known.lra_lu),
            figure(known.true_peak_dbtp),
            f"{known.silence_start_s:.1f} {known.silence_end_s:.1f}",
        )
    return table


def comparison_table(manifest: "Manifest", comparisons: "Sequence[Comparison | None]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from dsp.comparison import OCTAVES_HZ

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("mix", overflow="fold")
    octaves = [f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}" for hz in OCTAVES_HZ]
    for name in ("LU", "PLR", *octaves, "width"):
        table.add_column(name, justify="right", no_wrap=True)
    for track, each in zip(manifest.tracks, comparisons, strict=True):
        if each:
            widths = [width for width in each.width_db if width is not None]
            width = sum(widths) / len(widths) if widths else None
            row = (each.loudness_lu, each.plr_db, *each.balance_db, width)
            table.add_row(Text(Path(track.mix).name), *map(_signed, row))
    return table


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.1f}"


def release_table(outcome: "Outcome") -> "Table":
    """A row for each track: where it is on several CDs, and who has approved it where anybody has approved
    anything.
    """
    from rich.table import Table
    from rich.text import Text

    from pipeline.timeline import SECTORS_PER_SECOND

    release = outcome.release
    approved = bool(outcome.approved_by or outcome.dropped)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", justify="right")
    if release.manifest.discs > 1:
        table.add_column("disc", no_wrap=True)
    table.add_column("track", overflow="fold")
    for name in ("length", "LUFS", "dBTP", "gain dB", "limiting dB"):
        table.add_column(name, justify="right", no_wrap=True)
    if approved:
        table.add_column("approved", overflow="fold")
    if release.hidden:
        table.add_row(*_hidden_row(release.hidden, several=release.manifest.discs > 1))
    for piece, segment, track in zip(release.pieces, release.segments, release.reference, strict=True):
        table.add_row(
            str(piece.number),
            *([f"{piece.disc}-{piece.number_on_disc:02}"] if release.manifest.discs > 1 else []),
            Text(piece.title),
            clock(segment.sectors / SECTORS_PER_SECOND),
            figure(track.measure.lufs_i),
            figure(track.measure.true_peak_dbtp),
            f"{release.levels[release.reel_of(piece.number)].gain_db:+.1f}",
            f"{track.limiting_max_db:.1f}",
            *([Text(_approved(outcome, piece.number))] if approved else []),
        )
    return table


def _hidden_row(hidden: "HiddenRelease", *, several: bool) -> "Iterator[str | Text]":
    """What is before track 1 of the CD; approvals are of tracks that have a number."""
    from rich.text import Text

    from pipeline.deliver.image import CD_FORMAT

    measure = hidden.rendered.measure
    yield ""
    if several:
        yield "1-00"
    yield Text(f"{hidden.piece.title} (hidden)")
    yield clock(hidden.rendered.frames / CD_FORMAT.rate)
    yield figure(measure.lufs_i)
    yield figure(measure.true_peak_dbtp)
    yield f"{hidden.level.gain_db:+.1f}"
    yield f"{hidden.rendered.limiting_max_db:.1f}"


def _approved(outcome: "Outcome", number: int) -> str:
    if any(track["number"] == number for track, _ in outcome.dropped):
        return "no longer"
    return outcome.approved_by.get(number, "no")


def clock(seconds: float) -> str:
    """3:41.5"""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def figure(value: float) -> str:
    """One decimal; a dash for silence."""
    return f"{value:.1f}" if value > float("-inf") else "-"
