"""What file names tell: titles, and an order that a person would put them in."""

import re
import unicodedata

# "01 ", "01-", "01. ", "1_", "1-07 ": a lone digit and a blank is left, it may be the title ("7 Rings").
_NUMBER = re.compile(r"(?:[0-9]-)?(?:[0-9]{2}|0[0-9]{2})(?:\s*[-._)]+\s*|\s+)|[0-9]\s*[-._)]+\s*(?![0-9])")
# "_v3", " v2.1", "-mix", "_mix4": the words only behind a hyphen or an underscore ("In the Mix").
_REVISION = re.compile(r"(?:[\s_-]+v(?:er)?[0-9]+(?:\.[0-9]+)*|[_-]+\s*(?:mix|rev)[0-9]*)+$", re.IGNORECASE)

# What file names may hold and titles may not: control characters, separators of lines, half characters.
_UNSAYABLE = {"Cc", "Zl", "Zp", "Cs"}


def title_from(stem: str) -> str:
    """`01 Departure`, `departure_v3`, `04-last_ferry-mix` → the title without number and revision.

    A name that is nothing but these is its own title.
    """
    name = "".join(" " if unicodedata.category(c) in _UNSAYABLE else c for c in stem)
    name = unicodedata.normalize("NFC", name).strip()
    bare = _REVISION.sub("", _NUMBER.sub("", name, count=1) if _NUMBER.match(name) else name)
    return _spaced(bare) or _spaced(name) or stem


def _spaced(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).strip(" -")


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts `2 b` before `10 a`, and both before letters; upper and lower case alike."""
    parts = re.findall(r"[0-9]+|[^0-9]+", unicodedata.normalize("NFC", name).casefold())
    return tuple((0, int(part), part) if part[0].isdecimal() else (1, 0, part) for part in parts)
