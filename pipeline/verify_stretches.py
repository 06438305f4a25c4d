"""The part of `verify` that listens: stretches of a file that something must be true of, in one pass."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from pipeline.audiofile import Codes, PcmHash


class Stretch(Protocol):
    """Frames from `start` up to `stop`."""

    start: int
    stop: int

    def hear(self, codes: Codes, at: int) -> None:
        """Some of them, (frames, channels), the first of which is frame `at`; they come in order."""

    def problems(self) -> Iterator[str]:
        """What is not true, when all of it has been heard."""


class Listener:
    """Lets stretches hear a file while its samples pass."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        self._stretches = list(stretches)
        self._frames = 0

    def update(self, codes: Codes) -> None:
        """(frames, channels), any number of frames."""
        for each in self._stretches:
            first, last = max(0, each.start - self._frames), each.stop - self._frames
            if first < min(last, len(codes)):
                each.hear(codes[first:last], self._frames + first)
        self._frames += len(codes)

    def problems(self) -> list[str]:
        return [problem for each in self._stretches for problem in each.problems()]


class Silence:
    """That there is none but zeros; `what` is what messages call it."""

    def __init__(self, start: int, stop: int, what: str) -> None:
        self.start, self.stop = start, stop
        self._what = what
        self._sound: int | None = None

    def hear(self, codes: Codes, at: int) -> None:
        loud = codes.any(axis=1)
        if self._sound is None and loud.any():
            self._sound = at + int(loud.argmax())

    def problems(self) -> Iterator[str]:
        if self._sound is not None:
            yield f"{self._what} is not silent at frame {self._sound}"


class Same:
    """That the samples, as words of `bits`, have the SHA-256 `wanted`.

    `otherwise` says what it means when they do not; empty when it is told elsewhere.
    """

    def __init__(
        self, start: int, stop: int, wanted: str, otherwise: Callable[[], str], *, bits: int, channels: int
    ) -> None:
        self.start, self.stop = start, stop
        self._wanted, self._otherwise = wanted, otherwise
        self._digest = PcmHash(bits, channels)

    def hear(self, codes: Codes, at: int) -> None:
        self._digest.update(codes)

    def problems(self) -> Iterator[str]:
        if self._digest.hexdigest() != self._wanted and (problem := self._otherwise()):
            yield problem
