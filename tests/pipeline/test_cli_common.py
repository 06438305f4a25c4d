"""Ctrl-C at the command line."""

import signal
from collections.abc import Iterator

import pytest
import typer

from pipeline import cli_common
from pipeline.cli_common import INTERRUPTED, plain_errors


@pytest.fixture(autouse=True)
def own_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupted_twice() -> list[str]:
    """What comes of it within a command that goes on in spite of the first."""
    came = []
    with pytest.raises(typer.Exit) as ended, plain_errors():
        for which in ("first", "second"):
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                came.append(which)
        raise KeyboardInterrupt
    assert ended.value.exit_code == INTERRUPTED
    return came


def test_one_interrupt_at_a_time_counts() -> None:
    assert interrupted_twice() == ["first"]


def test_one_that_comes_when_nothing_has_ended_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_common, "PATIENCE_S", 0.0)
    assert interrupted_twice() == ["first", "second"]


def test_whoever_was_not_interrupted_can_be_afterwards() -> None:
    with plain_errors():
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
