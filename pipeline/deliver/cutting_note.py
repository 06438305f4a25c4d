"""The cutting note: what the engineer at the lathe has to know, one page for each side."""

import json
from pathlib import Path

from pipeline.deliver.note_facts import CuttingNote, LockedGroove, NoteSide, NoteTrack
from pipeline.deliver.note_view import view
from pipeline.deliver.note_words import breakable, clock, markdown_text
from pipeline.wording import template, templates_folder

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
    """Write the note as PDF, A4; the same note and fonts give the same bytes.

    Returns what a person should know about the file: that a title has characters that no font here has.
    """
    import typst

    source = templates_folder() / "cutting-note.typ"
    inputs = {"note": json.dumps(view(note, breakable), ensure_ascii=False, allow_nan=False)}
    try:
        # PDF/UA refuses text that it cannot show; plain PDF shows boxes and says nothing.
        path.write_bytes(typst.compile(source, sys_inputs=inputs, pdf_standards="ua-1"))
        return ()
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
    path.write_bytes(typst.compile(source, sys_inputs=inputs))
    return (f"{path.name} shows boxes for some characters: install a font that has them (such as Noto)",)
