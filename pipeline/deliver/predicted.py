"""A side and the prediction of its cut, with what a person calls the places on it."""

from bisect import bisect_right
from dataclasses import dataclass
from operator import itemgetter

from dsp.groove import Prediction


@dataclass(frozen=True, slots=True, eq=False)
class PredictedSide:
    """`tracks` are (position, title, start in seconds), the first at the start of the side.

    `judgement` is what the profile of the plant says of the length; `asked_db` is the level that is asked for
    the loudest passage of the record.
    """

    letter: str
    seconds: float
    tracks: tuple[tuple[str, str, float], ...]
    prediction: Prediction
    judgement: str
    asked_db: float = 0.0

    def place(self, time_s: float) -> tuple[str, float]:
        """Position of the track that a time of the side is in, and seconds from that track's start."""
        number = max(0, bisect_right(self.tracks, time_s, key=itemgetter(2)) - 1)
        position, _, start_s = self.tracks[number]
        return position, max(0.0, time_s - start_s)
