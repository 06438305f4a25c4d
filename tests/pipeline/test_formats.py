"""Formats as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats import KBPS, LOSSLESS, LOSSY_RATE, RATES, AudioFormat, parse_format
from pipeline.timeline import SECTORS_PER_SECOND

ALL = [AudioFormat(codec, rate, bits=bits) for codec in LOSSLESS for rate in RATES for bits in (16, 24)]
ALL += [AudioFormat(codec, LOSSY_RATE[codec], kbps=kbps) for codec, rates in KBPS.items() for kbps in rates]


@pytest.mark.parametrize("form", ALL, ids=str)
def test_what_is_shown_is_read_back(form):
    assert parse_format(str(form)) == form
    assert parse_format(f"  {str(form).upper()} ") == form


def test_folders_are_distinct_and_plain():
    folders = [form.folder for form in ALL]
    assert len(set(folders)) == len(ALL)
    assert {"flac-16-44.1", "wav-24-96", "mp3-320", "alac-16-88.2"} <= set(folders)
    assert not [folder for folder in folders if set(folder) & set(' /\\:*?"<>|')]


@pytest.mark.parametrize(
    ("text", "form", "extension"),
    [
        ("flac 16/44.1", AudioFormat("flac", 44_100, bits=16), "flac"),
        ("wav 24/192", AudioFormat("wav", 192_000, bits=24), "wav"),
        ("ALAC 24/176.4", AudioFormat("alac", 176_400, bits=24), "m4a"),
        ("flac 24/44.10", AudioFormat("flac", 44_100, bits=24), "flac"),
        ("mp3 320", AudioFormat("mp3", 44_100, kbps=320), "mp3"),
        ("aac  256", AudioFormat("aac", 44_100, kbps=256), "m4a"),
        ("opus 160", AudioFormat("opus", 48_000, kbps=160), "opus"),
    ],
)
def test_formats(text, form, extension):
    assert parse_format(text) == form
    assert form.extension == extension


def test_a_lossy_encoder_is_given_all_bits():
    assert [parse_format(text).render_bits for text in ("mp3 320", "flac 16/44.1", "wav 24/96")] == [
        24,
        16,
        24,
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", '"" is no format; write such as "flac 16/44.1"'),
        ("flac", '"flac" is no format'),
        ("ogg 160", '"ogg 160" is no format'),
        ("flac 16/44,1", '"flac 16/44,1" is no format'),
        ("mp3 319", '"mp3 319": mp3 takes a bit rate in kbit/s, one of 128, 160, 192, 224, 256, 320'),
        ("mp3 16/44.1", '"mp3 16/44.1": mp3 takes a bit rate'),
        ("opus 320", '"opus 320": opus takes a bit rate in kbit/s, one of 64, 96, 128, 160, 192, 256'),
        ("flac 24", '"flac 24": flac takes bits/kHz, such as "flac 24/96"'),
        ("wav 32/96", '"wav 32/96": wav takes bits/kHz'),
        ("wav 24/50", "44.1, 48, 88.2, 96, 176.4, 192 kHz"),
    ],
)
def test_what_is_wrong_is_named(text, said):
    with pytest.raises(ValueError) as raised:
        parse_format(text)
    assert said in str(raised.value)


@given(st.lists(st.sampled_from(ALL)))
def test_formats_have_an_order(forms):
    ordered = sorted(forms)
    assert [form.codec for form in ordered] == sorted(form.codec for form in forms)


@pytest.mark.parametrize("rate", RATES)
def test_a_sector_is_whole_at_every_rate(rate):
    assert rate % SECTORS_PER_SECOND == 0
