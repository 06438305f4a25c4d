"""Notes for people at machines, as PDF."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.wording import templates_folder


def write_pdf(name: str, view: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """Write what the template `name` makes of a note, A4; the same note and fonts give the same bytes.

    Returns what a person should know about the file: that a title has characters that no font here has, or
    that are not allowed in PDF/UA.
    """
    import typst

    source = templates_folder() / name
    inputs = {"note": json.dumps(view, ensure_ascii=False, allow_nan=False)}
    try:
        # PDF/UA refuses text that it cannot show or read out; plain PDF shows boxes, or nothing.
        path.write_bytes(typst.compile(source, sys_inputs=inputs, pdf_standards="ua-1"))
        return ()
    except typst.TypstError as error:
        complaint = str(error)
        if "PDF/UA" not in complaint:
            raise
    path.write_bytes(typst.compile(source, sys_inputs=inputs))
    if "could not be displayed" in complaint:
        return (f"{path.name} shows boxes for some characters: install a font that has them (such as Noto)",)
    return (f"{path.name} is a PDF for eyes alone: some text has characters that PDF/UA does not allow",)
