"""Notes for people at machines, as PDF."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.wording import templates_folder


def write_pdf(name: str, view: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """Write what the template `name` makes of a note, A4; the same note and fonts give the same bytes.

    Returns what a person should know about the file: that a title has characters that no font here has.
    """
    import typst

    source = templates_folder() / name
    inputs = {"note": json.dumps(view, ensure_ascii=False, allow_nan=False)}
    try:
        # PDF/UA refuses text that it cannot show; plain PDF shows boxes and says nothing.
        path.write_bytes(typst.compile(source, sys_inputs=inputs, pdf_standards="ua-1"))
        return ()
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
    path.write_bytes(typst.compile(source, sys_inputs=inputs))
    return (f"{path.name} shows boxes for some characters: install a font that has them (such as Noto)",)
