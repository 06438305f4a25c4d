"""What every stage promises, whatever it does: one table of stages, one set of tests."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from dsp.stages import KINDS, is_neutral, name_of, stage_of, stages_of
from dsp.stream import process_all, run
from tests.dsp.stage_examples import EXAMPLES

RATES = [22_050, 44_100, 48_000, 96_000, 192_000]
BY_NAME = [pytest.param(example, id=f"{name_of(example)}-{place}") for place, example in enumerate(EXAMPLES)]
every_stage = pytest.mark.parametrize("example", BY_NAME)


def loud(frames, channels=2, seed=1):
    """Noise and a low tone, uncorrelated channels, with clicks and a pause."""
    rng = np.random.default_rng(seed)
    audio = 0.3 * rng.standard_normal((frames, channels))
    audio += 0.4 * np.sin(np.arange(frames) * 0.02)[:, None]
    audio[frames // 3 : frames // 2] *= 1e-4
    audio[:: max(1, frames // 5)] += 0.8
    return audio


def cut(audio, sizes):
    edges = np.minimum(np.cumsum([0, *sizes]), len(audio))
    return [*(audio[a:b] for a, b in pairwise(edges)), audio[edges[-1] :]]


def in_blocks(stage, blocks):
    return np.concatenate([*(stage.process(np.ascontiguousarray(block)) for block in blocks), stage.flush()])


def test_every_kind_of_stage_has_an_example():
    assert {type(example) for example in EXAMPLES} == set(KINDS)


def test_examples_do_something():
    assert not any(is_neutral(example) for example in EXAMPLES)


@every_stage
@settings(max_examples=6, deadline=None)
@given(sizes=st.lists(st.integers(0, 9000), max_size=8))
def test_blocks_change_no_bit(example, sizes):
    audio = loud(30_000)
    whole = process_all(stage_of(example, 44_100, 2), audio)
    parts = in_blocks(stage_of(example, 44_100, 2), cut(audio, sizes))
    assert_array_equal(whole, parts)


@every_stage
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", RATES)
def test_length_is_kept_and_all_is_finite(example, rate, channels):
    audio = loud(rate // 4 + 7, channels)
    out = process_all(stage_of(example, rate, channels), audio)
    assert out.shape == audio.shape
    assert out.dtype == np.float64
    assert np.isfinite(out).all()


@every_stage
@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_next_to_nothing_passes(example, frames):
    audio = np.full((frames, 2), 0.5)
    out = process_all(stage_of(example, 44_100, 2), audio)
    assert out.shape == (frames, 2)
    assert np.isfinite(out).all()


@every_stage
def test_silence_stays_silent(example):
    out = process_all(stage_of(example, 44_100, 2), np.zeros((50_000, 2)))
    assert not out.any()


@every_stage
def test_silence_behind_sound_becomes_digital_silence(example):
    """No state creeps through denormal numbers for ever."""
    audio = np.concatenate([loud(20_000), np.zeros((44_100 * 8, 2))])
    tail = process_all(stage_of(example, 44_100, 2), audio)[-2000:]
    tiny = np.finfo(np.float64).tiny
    assert not ((tail != 0.0) & (np.abs(tail) < tiny)).any()
    assert np.abs(tail).max() < 1e-9


@every_stage
def test_what_is_far_below_hearing_makes_no_denormal_numbers(example):
    audio = 1e-15 * loud(40_000)
    out = process_all(stage_of(example, 44_100, 2), audio)
    assert np.isfinite(out).all()
    assert np.abs(out).max() < 1e-12


@every_stage
def test_dc_comes_through_finite_and_bounded(example):
    out = process_all(stage_of(example, 44_100, 2), np.full((60_000, 2), 0.25))
    assert np.isfinite(out).all()
    assert np.abs(out).max() < 2.0


@every_stage
def test_the_same_goes_in_twice_and_comes_out_twice(example):
    audio = loud(25_000)
    first, second = (process_all(stage_of(example, 48_000, 2), audio) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@every_stage
def test_what_is_no_number_is_refused(example):
    audio = loud(5000)
    audio[2500, 1] = np.nan
    with pytest.raises(ValueError, match="not a number"):
        list(run(stage_of(example, 44_100, 2), [audio]))


def test_a_chain_leaves_out_what_is_neutral():
    assert len(stages_of(EXAMPLES, 44_100, 2)) == len(EXAMPLES)
