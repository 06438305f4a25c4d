"""Templates of what people read: notes, sheets, pages, the scaffold."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment, Template


def templates_folder() -> Path:
    """Inside the package when it is installed, beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


def template(name: str) -> "Template":
    """The template `name`. What it uses and is not given is an error; in HTML and XML, text is escaped."""
    return _environment().get_template(name)


@lru_cache
def _environment() -> "Environment":
    from jinja2 import (
        Environment,
        FileSystemLoader,
        StrictUndefined,
        select_autoescape,
    )  # late: not all print

    return Environment(
        loader=FileSystemLoader(templates_folder()),
        autoescape=select_autoescape(("html", "html.j2", "xml", "xml.j2", "svg", "svg.j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
