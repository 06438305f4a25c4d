"""Every bar of quality is met: the same measurements that `benchmarks/quality.py` prints."""

import pytest

from benchmarks.bars import all_bars


@pytest.mark.parametrize("bar", all_bars(), ids=lambda bar: f"{bar.field}: {bar.claim}")
def test_bar_is_met(bar):
    figure = bar.measure()
    assert bar.is_met_by(figure), f"{figure:g} {bar.unit}, where {bar.limit:g} {bar.unit} is the bar"


def test_a_bar_is_missed_by_what_is_beyond_it_and_by_what_is_no_number():
    bar = next(bar for bar in all_bars() if not bar.at_least)
    assert bar.is_met_by(bar.limit)
    assert not bar.is_met_by(bar.limit + 1e-9)
    assert not bar.is_met_by(float("nan"))
