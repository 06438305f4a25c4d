"""Times in minutes, seconds and sectors."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cd.msf import msf, sectors_of


# CD addresses: 75 sectors a second (IEC 60908); 74:00:00 is 333 000 and 79:57:74 is 359 849 sectors.
@pytest.mark.parametrize(
    ("sectors", "text"),
    [
        (0, "00:00:00"),
        (74, "00:00:74"),
        (75, "00:01:00"),
        (4500, "01:00:00"),
        (333_000, "74:00:00"),
        (359_849, "79:57:74"),
        (449_999, "99:59:74"),
        (450_000, "100:00:00"),
    ],
)
def test_times(sectors: int, text: str) -> None:
    assert msf(sectors) == text
    assert sectors_of(text) == sectors


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 10**7))
def test_times_come_back(sectors: int) -> None:
    assert sectors_of(msf(sectors)) == sectors


@pytest.mark.parametrize(
    "text", ["00:00:75", "00:60:00", "0:00:00", "00:00", "-1:00:00", "00:00:00.5", "٠٠:٠٠:٠٠", ""]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        sectors_of(text)


def test_no_time_before_the_start() -> None:
    with pytest.raises(ValueError, match="no time before"):
        msf(-1)
