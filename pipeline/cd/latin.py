"""Text in the characters that CD-Text can show, or in those that ASCII has.

A character of ISO 8859-1 stays. Any other is written as it sounds or looks, by anyascii: "Łódź" becomes
"Lódz", typographic quotes straight ones, "…" three full stops. Emoji go, or become their names where there is
nothing else. Each character is taken by itself, and an ideogram for a Chinese one: "東京" becomes "DongJing".
"""

import re
import unicodedata

from anyascii import anyascii

_BLANKS = ("Cc", "Zl", "Zp", "Zs")
_EMOJI = re.compile(":[a-z0-9_+-]{2,}:")


def is_latin(text: str) -> bool:
    """Whether all its characters are printed ones of ISO 8859-1."""
    return all(" " <= character <= "~" or "\xa0" <= character <= "\xff" for character in text)


def to_latin(text: str) -> str:
    """In ISO 8859-1, on one line.

    Control characters, ends of lines and blanks of all kinds become blanks, several of them one, and none is
    left at the ends; soft hyphens go. Of signs that nobody has named, such as those of private use, nothing
    is left: where that is all of a title, only the user can say what a player is to show.
    """
    composed = unicodedata.normalize("NFC", text)
    return _without_emoji([c if is_latin(c) and c.isprintable() else _spelt(c) for c in composed])


def to_ascii(text: str) -> str:
    """In printable ASCII, on one line; for the rest as `to_latin`."""
    return _without_emoji([_spelt(c) for c in unicodedata.normalize("NFC", text)])


def _spelt(character: str) -> str:
    return " " if unicodedata.category(character) in _BLANKS else anyascii(character)


def _without_emoji(spelt: list[str]) -> str:
    """anyascii has a name between colons for each; a heart behind a title is no part of it."""
    words = _on_one_line("".join(each for each in spelt if not _EMOJI.fullmatch(each)))
    return words or _on_one_line(" ".join(each.strip(":") for each in spelt)).replace("_", " ")


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
