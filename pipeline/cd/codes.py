"""The codes that a disc carries: of its recordings, and of itself as an article of trade."""

import re

# ISO 3901: a prefix, two digits of a year, five of a number. What begins it is not always a country.
ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
# An EAN-13, or a UPC-A with a zero before it.
UPC = re.compile(r"[0-9]{13}")


def check_digit(digits: str) -> str:
    """Thirteenth digit of an EAN-13, from the first twelve.

    Source: GS1 General Specifications, check digit calculation.
    """
    total = sum(int(digit) * weight for digit, weight in zip(digits, (1, 3) * 6, strict=True))
    return str(-total % 10)
