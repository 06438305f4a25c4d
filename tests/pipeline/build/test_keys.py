"""Keys: one for each meaning, on any machine; and the hashes of mixes, read once."""

import hashlib
import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.eq import EqBand
from dsp.limiter import LimiterSettings
from pipeline.build.keys import HashBook, canonical, key_of, refuse_changed
from pipeline.faults import Fault
from pipeline.files import file_stamp, sha256_file, write_whole
from pipeline.formats import AudioFormat, parse_format
from pipeline.master import MasterSpec
from pipeline.reels import Fade, Part
from tests.albums import manifest, reel_render, render_spec

CHECKOUT = Path(__file__).resolve().parents[3]
REEL = reel_render(1000, "a" * 64, limiter=LimiterSettings(), fade_out=Fade("linear", 1.0))
SPEC = render_spec([REEL], [75], guard=LimiterSettings())


@dataclass(frozen=True)
class One:
    value: object


@dataclass(frozen=True)
class Other:
    value: object


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.5, float(".50")),
        (1, 1.0),
        (-3, -3.0),
        ((1, 2), [1.0, 2.0]),
        ({"b": 1, "a": 2}, {"a": 2, "b": 1}),
        (One(2), One(2.0)),
        (Path("/mixes/a.wav"), Path("elsewhere/b.wav")),
        (LimiterSettings(release_ms=80), LimiterSettings(release_ms=80.0, lookahead_ms=5)),
        (parse_format("flac 24/96"), AudioFormat("flac", 96_000, bits=24)),
    ],
)
def test_one_meaning_has_one_key(one, other):
    assert key_of("kind", 1, one) == key_of("kind", 1, other)


DISTINCT = [
    0.5, 0.25, 1, -1, True, False, None, "", "1", "1.0", "true", "None", (), ("",), (1,), (1, 1), ((1,),),
    {}, {"a": 1}, {"a": None}, {"b": 1}, One(1), Other(1), One(None), One("1"), 2**53, 2**53 + 1, 2**64 - 1,
    1e300, 1e-300,
    LimiterSettings(), LimiterSettings(release_ms=119.999), Fade("linear", 1.0), Fade("s_curve", 1.0),
    EqBand(type="bell", freq_hz=100, gain_db=1), EqBand(type="bell", freq_hz=100, gain_db=-1),
]  # fmt: skip


def test_different_things_have_different_keys():
    assert len({key_of("kind", 1, thing) for thing in DISTINCT}) == len(DISTINCT)


def test_kind_version_and_number_of_inputs_count():
    keys = {
        key_of("a", 1),
        key_of("a", 2),
        key_of("b", 1),
        key_of("a", 1, 1),
        key_of("a", 1, 1, 1),
        key_of("a", 1, (1, 1)),
    }
    assert len(keys) == 6
    assert all(len(key) == 64 and set(key) <= set("0123456789abcdef") for key in keys)


@pytest.mark.parametrize(
    "change",
    [
        {"rate": 48_000},
        {"ceiling_dbtp": -1.5},
        {"reserve_db": 0.1},
        {"guard": None},
        {"guard": LimiterSettings(release_ms=121)},
        {"dither": "shaped"},
        {"exact_bits": (24,)},
        {"segment_frames": (74,)},
        {"segment_frames": (37, 38)},
        {"segment_reels": (1,)},
        {"seed": 8},
        {"reels": (replace(REEL, shaped="b" * 64),)},
        {"reels": (replace(REEL, rate=48_000),)},
        {"reels": (replace(REEL, first_frame=1),)},
        {"reels": (replace(REEL, stop_frame=999),)},
        {"reels": (replace(REEL, gain_db=1e-9),)},
        {"reels": (replace(REEL, limiter=None),)},
        {"reels": (replace(REEL, fade_in=Fade("linear", 1.0), fade_out=None),)},
        {"reels": (replace(REEL, start_sector=1),)},
        {"reels": SPEC.reels * 2},
    ],
)
def test_everything_that_a_render_depends_on_is_in_its_key(change):
    assert set(change) <= set(SPEC.__dataclass_fields__)
    assert key_of("render", 1, replace(SPEC, **change)) != key_of("render", 1, SPEC)


def test_a_mix_counts_by_its_content_not_by_its_place():
    def key(path, sha256, start=0, stop=100):
        return key_of("master", 1, MasterSpec((Part(Path(path), sha256, start, stop),), 44_100, 96_000, ()))

    assert key("/here/a.wav", "1" * 64) == key("there/renamed.wav", "1" * 64)
    assert (
        len(
            {
                key("a.wav", "1" * 64),
                key("a.wav", "2" * 64),
                key("a.wav", "1" * 64, 1),
                key("a.wav", "1" * 64, 0, 99),
            }
        )
        == 4
    )


def test_numbers_count_by_their_value_however_they_are_written(tmp_path):
    """From the manifest's text to the key."""
    (tmp_path / "a.wav").touch()
    keys = set()
    for text in ("ratio: 2, mix: .50", "ratio: 2.0, mix: 0.5", "mix: 5e-1, ratio: 2.00"):
        ratio, mix = sorted(text.split(", "), reverse=True)
        album = manifest(
            tmp_path, f"- {{mix: a.wav, chain: [{{glue: {{{ratio}}}}}, {{saturate: {{{mix}}}}}]}}"
        )
        chain = album.treatment(album.tracks[0]).chain
        keys.add(key_of("master", 1, tuple(insert.settings for insert in chain)))
    assert len(keys) == 1


def test_what_has_no_end_has_a_form_that_any_json_can_hold():
    """Silence is -inf LUFS, and a trace is kept as JSON, which knows no infinity."""
    text = json.dumps(canonical([math.inf, -math.inf]), allow_nan=False)
    assert canonical(json.loads(text)) == canonical([math.inf, -math.inf])
    assert len({key_of("kind", 1, value) for value in (math.inf, -math.inf, 0.0)}) == 3


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())


@given(
    st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
)
def test_any_plain_data_has_a_form_that_survives_json(value):
    form = canonical(value)
    assert json.loads(json.dumps(form)) == form
    assert canonical(form) == form


def test_keys_do_not_depend_on_the_process():
    """Nor on the seed of its hashes, which orders sets."""
    program = (
        "from pipeline.build.keys import key_of; from dsp.limiter import LimiterSettings;"
        "print(key_of('kind', 1, LimiterSettings(), {'b': 1, 'a': [2, None]}, 'é'))"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=CHECKOUT,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    assert keys == {key_of("kind", 1, LimiterSettings(), {"b": 1, "a": [2, None]}, "é")}


# --- hashes of mixes


@pytest.fixture
def mix(tmp_path):
    path = tmp_path / "mix.wav"
    path.write_bytes(b"first mix")
    os.utime(path, (1e9, 1e9))  # the clock of a file system may stand still for some milliseconds
    return path


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def test_a_file_is_hashed(mix):
    assert sha256_file(mix) == sha256(b"first mix") == HashBook(mix.with_name("book")).sha256(mix)


@pytest.mark.parametrize("content", [b"other mix", b"a longer mix", b""])
def test_a_changed_mix_is_noticed(mix, content):
    book = HashBook(mix.with_name("book"))
    book.sha256(mix)
    mix.write_bytes(content)
    assert book.sha256(mix) == sha256(content)


def test_a_mix_that_was_replaced_is_noticed(mix):
    """By a file of the same size and the same date."""
    book = HashBook(mix.with_name("book"))
    book.sha256(mix)
    stat = mix.stat()
    other = mix.with_name("other.wav")
    other.write_bytes(b"other mix")
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(mix)
    assert book.sha256(mix) == sha256(b"other mix")


def test_an_unchanged_mix_is_not_read_again(mix):
    """Seen by what it costs: written in place with its date put back, the change goes unnoticed."""
    book = HashBook(mix.with_name("book"))
    book.sha256(mix)
    book.save()
    stat = mix.stat()
    mix.write_bytes(b"other mix")
    os.utime(mix, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert book.sha256(mix) == sha256(b"first mix")
    assert HashBook(mix.with_name("book")).sha256(mix) == sha256(b"first mix")


def test_who_wants_every_mix_read_gets_it(mix):
    """Whatever the stamps say; and what was found is remembered for those who do not."""
    book = HashBook(mix.with_name("book"))
    book.sha256(mix)
    book.save()
    stat = mix.stat()
    mix.write_bytes(b"other mix")
    os.utime(mix, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    again = HashBook(mix.with_name("book"), rehash=True)
    assert again.sha256(mix) == sha256(b"other mix")
    again.save()
    assert HashBook(mix.with_name("book")).sha256(mix) == sha256(b"other mix")


def test_a_file_that_is_being_written_is_refused(mix):
    """What was read of it is no recording; a vanished one is told of apart."""
    stamp = file_stamp(mix)
    refuse_changed(mix, stamp)
    mix.write_bytes(b"first mix, longer")
    with pytest.raises(Fault, match=r"^mix\.wav has changed while it was read") as raised:
        refuse_changed(mix, stamp)
    assert raised.value.hint == "wait for the export to end and build again"
    mix.unlink()
    with pytest.raises(Fault, match=r"^mix\.wav has vanished while it was read") as raised:
        refuse_changed(mix, stamp)
    assert raised.value.hint == "put it back and build again"


@pytest.mark.parametrize("content", ["", "{", "\0"])
def test_a_damaged_book_is_forgotten(mix, content):
    mix.with_name("book").write_text(content)
    assert HashBook(mix.with_name("book")).sha256(mix) == sha256(b"first mix")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "file.json"
    write_whole(path, "old")
    write_whole(path, "new é")
    assert path.read_text(encoding="utf-8") == "new é"
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half\ud800")
    assert path.read_text(encoding="utf-8") == "new é"
