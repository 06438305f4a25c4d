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


def safe_name(title: str) -> str:
    """A title as a file name: unicode kept, forbidden characters replaced, never empty."""
    name = unicodedata.normalize("NFC", title.translate(LOOKALIKES))
    name = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in name)
    name = re.sub(" +", " ", name).strip(" .")
    name = name.encode()[:LONGEST_BYTES].decode(errors="ignore").strip(" .") or "untitled"
    return f"_{name}" if _DEVICE.fullmatch(name) else name


def track_name(number: int, total: int, title: str, extension: str) -> str:
    """`01 Departure.wav`; three digits when there are a hundred tracks."""
    return f"{number:0{max(2, len(str(total)))}} {safe_name(title)}.{extension}"
