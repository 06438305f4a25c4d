"""CPU time is charged to the section that a thread is in, and to nothing twice."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.gain import Gain
from dsp.stream import Chain, run
from pipeline.spent import REST, Timed, charge, collecting, spent, timed


def burn(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_what_is_inside_is_not_charged_to_what_is_around():
    with collecting() as found:
        burn(0.02)
        with spent("outer"):
            burn(0.02)
            with spent("inner"):
                burn(0.04)
            burn(0.02)
    assert found["inner"] >= 0.04
    assert found["outer"] >= 0.04
    assert found[REST] >= 0.02


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["decode", "eq", "limiter", "up"]), max_size=12))
def test_the_sections_add_up_to_what_the_thread_has_spent(steps):
    before = time.thread_time()
    with collecting() as found:
        open_sections = []
        for step in steps:
            if step != "up":
                open_sections.append(spent(step))
                open_sections[-1].__enter__()
            elif open_sections:
                open_sections.pop().__exit__(None, None, None)
            burn(0.001)
        while open_sections:
            open_sections.pop().__exit__(None, None, None)
    whole = time.thread_time() - before
    assert sum(found.values()) <= whole
    assert sum(found.values()) == pytest.approx(whole, abs=0.001)


def test_a_section_that_fails_is_left():
    with collecting() as found:
        with pytest.raises(ValueError, match="wrong"), spent("decode"):
            raise ValueError("wrong")
        burn(0.02)
    assert found[REST] >= 0.02


def test_where_nobody_collects_nothing_is_charged():
    with spent("decode"):
        charge("encode mp3", 1.0)
    with collecting() as found:
        pass
    assert set(found) <= {REST}


def test_who_collects_inside_takes_it_from_nobody():
    with collecting() as outer:
        with collecting() as inner, spent("eq"):
            burn(0.01)
        with spent("glue"):
            pass
    assert inner["eq"] >= 0.01
    assert "eq" not in outer
    assert "glue" in outer


def test_threads_have_accounts_of_their_own():
    found = {}

    def work(name):
        with collecting() as own, spent(name):
            burn(0.01)
        found[name] = set(own)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"one": {"one", REST}, "two": {"two", REST}}


def test_another_process_is_charged_by_hand():
    with collecting() as found:
        charge("encode mp3", 1.5)
        charge("encode mp3", 0.5)
    assert found["encode mp3"] == 2.0


def test_stages_and_items_pass_as_they_are():
    audio = np.random.default_rng(1).standard_normal((1000, 2))
    chain = Chain([Timed("gain", Gain(-6.0, 2))])
    with collecting() as found:
        out = np.concatenate(list(run(chain, timed("decode", iter([audio[:300], audio[300:]])))))
    np.testing.assert_array_equal(out, audio * 10 ** (-6.0 / 20))
    assert {"gain", "decode"} <= set(found)
