"""The cutting note: what the engineer at the lathe has to know, one page for each side."""

from pathlib import Path

from pipeline.deliver.note_facts import CuttingNote, LockedGroove, NoteSide, NoteTrack
from pipeline.deliver.note_pdf import write_pdf
from pipeline.deliver.note_view import view
from pipeline.deliver.note_words import breakable, clock, markdown_text
from pipeline.wording import template

__all__ = [
    "CuttingNote",
    "LockedGroove",
    "NoteSide",
    "NoteTrack",
    "clock",
    "note_markdown",
    "write_note_pdf",
]


def note_markdown(note: CuttingNote) -> str:
    """The note as Markdown, for those who read mail and not paper."""
    return template("cutting-note.md.j2").render(note=view(note, markdown_text))


def write_note_pdf(note: CuttingNote, path: Path) -> tuple[str, ...]:
    """Write the note as PDF; the rest as `write_pdf`."""
    return write_pdf("cutting-note.typ", view(note, breakable), path)
