"""Codes that a release and its recordings go by: ISRC, UPC/EAN, language."""

import re
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from pipeline.cd.codes import ISRC
from pipeline.cd.codes import check_digit as check_digit
from pipeline.manifest.languages import ISO_639_1
from pipeline.manifest.places import shown
from pipeline.manifest.wrong import wrong

# Blanks and hyphens, those of word processors too.
_PARTING = re.compile(r"[\s\u2010-\u2015-]")


def parse_isrc(value: object) -> str:
    """Twelve characters, upper case, without hyphens, spaces and the word ISRC.

    The country is not looked up: prefixes such as QM and QZ belong to none.

    Source: ISO 3901; the International ISRC Agency's handbook.
    """
    text = _PARTING.sub("", _text(value))
    if not text.isascii() or not ISRC.fullmatch(text := text.upper().removeprefix("ISRC")):
        raise wrong(f"{shown(value)} is not an ISRC", "write 12 characters such as GBAYE2600001")
    return text


def parse_upc(value: object) -> str:
    """Thirteen digits of an EAN-13, or of a UPC-A with a zero before it; blanks and hyphens may part them.

    Source: GS1 General Specifications, check digit calculation.
    """
    digits = _PARTING.sub("", _text(value))
    if not re.fullmatch(r"[0-9]{12,13}", digits) or not digits.strip("0"):
        raise wrong(f"{shown(value)} is not a UPC or EAN", "write the 12 digits of a UPC or the 13 of an EAN")
    digits = digits.zfill(13)
    right = check_digit(digits[:12])
    if digits[12] != right:
        raise wrong(
            f"{shown(value)} ends in the wrong check digit", f"after {digits[:12]} it must be {right}"
        )
    return digits


def parse_language(value: object) -> str:
    """An ISO 639 code in lower case: two letters from the list of 639-1, or three letters."""
    code = _text(value).strip().lower()
    if code not in ISO_639_1 and not re.fullmatch(r"[a-z]{3}", code):
        hint = "write two letters of ISO 639-1 such as en, or three such as eng; zxx for no language"
        raise wrong(f"{shown(value)} is not a language code", hint)
    return code


def parse_date(value: object) -> date:
    """A whole day: shops take nothing less."""
    text = _text(value.isoformat() if isinstance(value, date) else value).strip()
    hint = "write year, month and day such as 2026-12-04"
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise wrong(f"{shown(value)} is not a date", hint)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong(f"{shown(value)} is no day in the calendar", hint) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise wrong(f"found {shown(value)} where text belongs")
    return value


_ANY_CODE = {"type": ["string", "number"]}
Isrc = Annotated[str, BeforeValidator(parse_isrc), WithJsonSchema({"type": "string"})]
Upc = Annotated[str, BeforeValidator(parse_upc), WithJsonSchema(_ANY_CODE)]
Language = Annotated[
    str, BeforeValidator(parse_language), WithJsonSchema({"type": "string", "pattern": "^[A-Za-z]{2,3}$"})
]
Day = Annotated[date, BeforeValidator(parse_date), WithJsonSchema({"type": "string", "format": "date"})]
