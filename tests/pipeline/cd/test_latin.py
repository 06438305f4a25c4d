"""Any text becomes one that CD-Text can show, and stays itself where it can."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cd.latin import is_latin, to_ascii, to_latin

# What ISO 8859-1 prints, which is what Python encodes with it, without the control characters.
PRINTED = bytes((*range(0x20, 0x7F), *range(0xA0, 0x100))).decode("iso-8859-1")


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        ("Łódź", "Lódz"),  # ISO 8859-1 has ó
        ("Kraków, Gdańsk, Żywiec", "Kraków, Gdansk, Zywiec"),
        ("Antonín Dvořák: Žižkov", "Antonín Dvorák: Zizkov"),
        ("Straße nach Århus – Überfahrt", "Straße nach Århus - Überfahrt"),
        ("“x” ‘y’ „z“ ‹a› don’t", '"x" \'y\' "z" <a> don\'t'),
        ("Wait…", "Wait..."),
        ("one — two – three", "one - two - three"),
        ("ﬁn, œuvre, Ĳsland", "fin, oeuvre, IJsland"),
        ("Αθήνα", "Athina"),
        ("Москва", "Moskva"),
        ("ひらがな", "hiragana"),
        ("カタカナ", "katakana"),
        ("夜", "Ye"),  # as in Chinese
        ("مرحبا", "mrhb"),  # without the vowels that are not written
        ("I ❤️ you", "I you"),
        ("Nº 5 ½ «Été» ¿qué? ©", "Nº 5 ½ «Été» ¿qué? ©"),
        ("Ａｂｃ", "Abc"),
    ],
)
def test_what_iso_8859_1_does_not_have_is_spelt(text, latin):
    assert to_latin(text) == latin


@pytest.mark.parametrize(
    ("text", "ascii"),
    [
        ("Å å", "A a"),
        ("Straße", "Strasse"),
        ("Łódź", "Lodz"),
        ("Ærø", "Aero"),
        ("½ ©", "1/2 (C)"),
        ("“x”", '"x"'),
    ],
)
def test_to_ascii_spells_the_letters_of_iso_8859_1_too(text, ascii):
    assert to_ascii(text) == ascii


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        ("  two \t lines\r\nof\u2028text  ", "two lines of text"),
        ("a\0b\x7fc\x85d", "a b c d"),
        ("no\xa0break, thin\u2009and\u3000wide", "no break, thin and wide"),
        ("soft\xadhyphen, zero\u200bwidth, \ufeffmark", "softhyphen, zerowidth, mark"),
        ("\uf8ff", ""),
        ("\u0301\ufe0f\u200d", ""),
        ("\ud800", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("convert", [to_latin, to_ascii])
def test_a_text_is_on_one_line_and_without_what_is_not_seen(text, latin, convert):
    assert convert(text) == latin


def test_what_is_written_with_combining_marks_is_the_same():
    decomposed = unicodedata.normalize("NFD", "Café Ångström Łódź Dvořák")
    assert decomposed != "Café Ångström Łódź Dvořák"
    assert to_latin(decomposed) == "Café Ångström Lódz Dvorák"
    assert to_latin("x\u0302") == "x"


def test_is_latin_is_what_iso_8859_1_prints():
    assert is_latin(PRINTED)
    assert is_latin("")
    assert not any(map(is_latin, (*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "Ā", "€", "’")))


@given(st.text(PRINTED.replace("\xa0", "").replace("\xad", "")))
def test_a_latin_text_stays_itself_but_for_blanks(text):
    assert to_latin(text) == " ".join(text.split())


@given(st.text() | st.text(st.characters(categories=("Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Co", "Cs"))))
def test_any_text_can_be_shown(text):
    latin, ascii = to_latin(text), to_ascii(text)
    assert is_latin(latin)
    assert is_latin(ascii)
    assert ascii.isascii()
    for each in (latin, ascii):
        assert each == " ".join(each.split())
    assert to_latin(latin) == latin
    assert to_ascii(ascii) == ascii
