"""File names that every system can hold."""

import re
import unicodedata

# What Windows refuses, as characters that look the part.
LOOKALIKES = str.maketrans(
    {"/": "-", "\\": "-", ":": "-", "*": "_", "?": "", '"': "'", "<": "(", ">": ")", "|": "-"}
)
# What Windows takes for a device, whatever the extension.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)
LONGEST_BYTES = 150


def safe_name(title: str, tail: str = "") -> str:
    """A title as a file name: unicode kept, forbidden characters replaced, never empty.

    `tail` goes behind it and stays, however much of the title has to go for it.
    """
    kept = _plain(tail)
    name = _cut(_plain(title).lstrip(" ."), LONGEST_BYTES - len(kept.encode()))
    name = _cut(name.rstrip(" ") + kept, LONGEST_BYTES).strip(" .") or "untitled"
    return f"_{name}" if _DEVICE.fullmatch(name) else name


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFC", text.translate(LOOKALIKES))
    text = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return re.sub(" +", " ", text)


def _cut(text: str, longest_bytes: int) -> str:
    return text.encode()[: max(0, longest_bytes)].decode(errors="ignore")


def track_name(
    number: int, total: int, title: str, extension: str, version: str = "", *, disc: int = 1, discs: int = 1
) -> str:
    """`01 Departure.wav`, `01 Departure (Instrumental).wav`; three digits when there are a hundred tracks.

    `number` and `total` are those of its disc; with several discs it is `1-01 Departure.wav`, so that names
    differ and sort.
    """
    digits = max(2, len(str(total)))
    before = f"{disc:0{len(str(discs))}}-" if discs > 1 else ""
    return f"{before}{number:0{digits}} {safe_name(title, f' ({version})' if version else '')}.{extension}"
