"""The streaming contract: joining, running and chaining, with stages that hold frames back."""

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal

from dsp.gain import Gain
from dsp.stream import Chain, blocks_of, join, process_all, run
from tests.dsp.signals import cuts, in_pieces, noise


class Late:
    """Holds a number of frames back, changes nothing."""

    def __init__(self, frames, channels=2):
        self.frames = frames
        self.held = np.empty((0, channels))

    def process(self, block):
        held = np.concatenate([self.held, block])
        ready = max(0, len(held) - self.frames)
        self.held = held[ready:]
        return held[:ready]

    def flush(self):
        return self.held


class Delta:
    """Each frame less the one before: shows at once what was lost, doubled or swapped."""

    def __init__(self, channels=2):
        self.last = np.zeros((1, channels))

    def process(self, block):
        joined = np.concatenate([self.last, block])
        self.last = joined[-1:]
        return np.diff(joined, axis=0)

    def flush(self):
        return np.empty((0, self.last.shape[1]))


@given(cuts=cuts)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_chain_of_late_stages_loses_nothing(cuts):
    audio = noise(3000)
    chain = Chain([Late(700), Delta(), Late(0), Late(5000), Gain(0.0, 2), Late(1)])
    assert_array_equal(in_pieces(chain, audio, cuts), np.diff(audio, axis=0, prepend=np.zeros((1, 2))))


def test_what_one_stage_still_holds_goes_through_those_behind_it():
    audio = noise(10)
    chain = Chain([Late(100), Gain(6.0, 2), Late(100)])
    assert len(chain.process(audio)) == 0
    assert_array_equal(chain.flush(), Gain(6.0, 2).process(audio))


def test_chain_without_stages_returns_the_audio_itself():
    audio = noise(10)
    assert process_all(Chain([]), audio) is audio


def test_chains_nest():
    audio = noise(100)
    nested = Chain([Chain([Late(7)]), Chain([]), Chain([Late(30), Delta()])])
    assert_array_equal(in_pieces(nested, audio, [50]), process_all(Chain([Late(37), Delta()]), audio))


def test_join():
    audio = noise(9, 3)
    empty = audio[:0]
    assert_array_equal(join([empty, audio[:4], empty, audio[4:]]), audio)
    assert join([empty, audio, empty]) is audio  # no copy
    assert join([empty, empty]).shape == (0, 3)


@pytest.mark.parametrize(("frames", "lengths"), [(4, [4, 4, 2]), (5, [5, 5]), (10, [10]), (11, [10])])
def test_blocks_of(frames, lengths):
    audio = noise(10)
    blocks = list(blocks_of(audio, frames))
    assert [len(block) for block in blocks] == lengths
    assert_array_equal(np.concatenate(blocks), audio)


def test_blocks_of_nothing():
    assert list(blocks_of(noise(0))) == []


def test_run_yields_the_tail_and_no_empty_blocks():
    audio = noise(1000)
    blocks = list(run(Late(250), blocks_of(audio, 100)))
    assert [len(block) for block in blocks] == [50, *[100] * 7, 250]
    assert_array_equal(np.concatenate(blocks), audio)


def test_run_of_nothing():
    assert list(run(Late(250), [])) == []
