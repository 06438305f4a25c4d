"""How a cutting note writes times, levels and pitches, and how it makes what people typed safe."""

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Protocol

# A word that is wider may be broken, so that no column overflows; an address or a file name, which people
# copy, has a line of its own. A small Latin letter counts as one, what is wider as two.
WORD_MOST = 28
LINE_MOST = 60
# How wide the parts of a broken word are.
PIECE = 10
SIZES = {"12in": "12″", "10in": "10″", "7in": "7″"}
SPEEDS = {33: "33⅓ rpm", 45: "45 rpm"}
INCH_UM = 25_400.0
# What belongs to the character before it: a joiner, a variation, a colour of skin.
_JOINS = re.compile("[\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")

# Of Markdown: signs that mark up wherever they stand, what reads as an entity, and starts of lines that make
# items or rules of them.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>|#~]|&(?=#?\w+;)|^[-+](?= |$)|^-(?=[- ]+$)")
_NUMBER = re.compile(r"^(\d+)([.)])(?= |$)")


class Words(Protocol):
    """Makes what people typed safe for one form; words wider than `longest` may be broken."""

    def __call__(self, text: str, longest: int = WORD_MOST) -> str: ...


def clock(seconds: float) -> str:
    """Minutes, seconds and tenths: `03:41.5`."""
    tenths = round(seconds * 10)
    return f"{tenths // 600:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"


def minutes(seconds: float) -> str:
    """Lengths that are published in whole seconds: `19:30`."""
    return clock(seconds).removesuffix(".0")


def placed(time_s: float, position: str, track_time_s: float) -> str:
    """On one line the time on the side, and in brackets that in the track: `02:34.3 (A2 00:04.3)`."""
    return f"{clock(time_s)}\u00a0({position}\u00a0{clock(track_time_s)})"


def plain(value: float, digits: int = 1) -> str:
    """`13.0`, `−0.3`; a dash for what silence has none of."""
    return signed(value, digits).removeprefix("+")


def signed(value: float, digits: int = 1) -> str:
    """`+1.0`, `−14.0`, `0.0`; a dash for what silence has none of."""
    if not math.isfinite(value):
        return "–"
    rounded = round(value, digits) + 0.0
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded):.{digits}f}"


def span(figures: Iterable[str]) -> str:
    """`4.1 to 8.3`; one figure where they are the same."""
    return " to ".join(dict.fromkeys(figures))


def pitch(um: float) -> str:
    """`210 LPI (121 µm)`."""
    return f"{lines_per_inch(um):.0f} LPI ({um:.0f} µm)"


def lines_per_inch(um: float) -> float:
    return INCH_UM / um


def breakable(text: str, longest: int = WORD_MOST) -> str:
    """Places to break at in what is too long for a line: zero-width spaces."""
    return re.sub(r"\S+", lambda word: "\u200b".join(_pieces(word[0], longest)), text)


def _pieces(word: str, longest: int) -> list[str]:
    """Parts that fit anywhere; what is one sign to a reader stays in one."""
    if sum(map(_width, word)) <= longest:
        return [word]
    pieces = [""]
    for letter in word:
        if sum(map(_width, pieces[-1])) >= PIECE and not _joined(pieces[-1][-1], letter):
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _width(letter: str) -> int:
    return 1 if letter < "\u0250" and letter not in "mw@%&—" and not letter.isupper() else 2


def _joined(before: str, letter: str) -> bool:
    flags = all("\U0001f1e6" <= each <= "\U0001f1ff" for each in (before, letter))
    mark = unicodedata.category(letter)[0] == "M"
    return bool(flags or mark or before == "\u200d" or _JOINS.match(letter))


def markdown_text(text: str, longest: int = 0) -> str:
    """On one line, and nothing in it is markup, wherever on a line it stands."""
    return _NUMBER.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", " ".join(text.split())))
