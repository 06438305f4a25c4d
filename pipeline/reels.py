"""What is mastered as one: a reel is one mix, or several that a segue joins into one performance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from dsp.limiter import LimiterSettings
from dsp.stages import is_neutral
from pipeline.formats import RATES
from pipeline.intake import MixFacts
from pipeline.manifest.chain import Crossfade, Gap
from pipeline.manifest.chain import Fade as ManifestFade
from pipeline.manifest.load import Manifest


@dataclass(frozen=True, slots=True)
class Fade:
    """A fade in or out, or one half of a crossfade."""

    curve: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Part:
    """The stretch of one mix that goes into a reel, in frames of that mix; `padding` of silence follows."""

    path: Path
    sha256: str
    start_frame: int
    stop_frame: int
    padding: int = 0

    @property
    def frames(self) -> int:
        return self.stop_frame - self.start_frame + self.padding


@dataclass(frozen=True, slots=True, kw_only=True)
class Reel:
    """One chain, one chain state, one gain, no seam. Times are seconds of the joined mixes.

    `start_s` and `stop_s` top and tail it behind the chain. `cuts_s` is where each of its tracks
    begins, `indexes_s` the further index marks of each. `gap_s` or `crossfade` say what follows.
    `word_bits` is the shortest word that holds every sample of the mixes, `mono` that both channels are one.
    """

    parts: tuple[Part, ...]
    rate: int
    word_bits: int
    mono: bool
    chain: tuple[Any, ...]
    limiter: LimiterSettings | None
    start_s: float
    stop_s: float
    cuts_s: tuple[float, ...]
    indexes_s: tuple[tuple[float, ...], ...]
    first_track: int
    fade_in: Fade | None = None
    fade_out: Fade | None = None
    gap_s: float = 0.0
    crossfade: Fade | None = None
    target_lufs: float = -14.0
    offset_lu: float = 0.0

    @property
    def source_frames(self) -> int:
        return sum(part.frames for part in self.parts)

    @property
    def untouched(self) -> bool:
        """True when no stage of the chain does anything."""
        return all(is_neutral(settings) for settings in self.chain)

    def working_rate(self, session_rate: int) -> int:
        """The session's, but for a mix that no chain touches: converting that would change it for nothing."""
        return self.rate if self.untouched and self.rate in RATES else session_rate

    @property
    def track_numbers(self) -> range:
        return range(self.first_track, self.first_track + len(self.cuts_s))


def groups(manifest: Manifest) -> list[range]:
    """Which mixes, by their place in the manifest, make up each reel."""
    found, first = [], 0
    for place, track in enumerate(manifest.tracks):
        if not manifest.treatment(track).segue or place + 1 == len(manifest.tracks):
            found.append(range(first, place + 1))
            first = place + 1
    return found


def reels_of(
    manifest: Manifest,
    facts: Sequence[MixFacts],
    hashes: Sequence[str],
    chains: Sequence[tuple[Any, ...]],
) -> list[Reel]:
    """The reels of an album whose faults have been ruled out; facts and hashes are by mix, chains by reel."""
    return [
        _reel(manifest, group, facts, hashes, chain)
        for group, chain in zip(groups(manifest), chains, strict=True)
    ]


def _reel(
    manifest: Manifest,
    group: range,
    facts: Sequence[MixFacts],
    hashes: Sequence[str],
    chain: tuple[Any, ...],
) -> Reel:
    rate = facts[group[0]].rate
    parts = [_part(manifest, mix, group, facts[mix], hashes[mix]) for mix in group]
    # Where each mix begins in the joined one, and so what turns a time in the mix into a time of the reel.
    starts = [0, *accumulate(part.frames for part in parts)]
    shift_s = {mix: (starts[n] - parts[n].start_frame) / rate for n, mix in enumerate(group)}
    pieces = [piece for piece in manifest.pieces if piece.mix in group]
    head, tail = (manifest.treatment(manifest.tracks[mix]) for mix in (group[0], group[-1]))
    end_s = manifest.tracks[group[-1]].trim.end
    level = manifest.tracks[group[0]].level
    then = tail.then
    return Reel(
        parts=tuple(parts),
        rate=rate,
        word_bits=_word_bits([facts[mix] for mix in group]),
        mono=_mono([facts[mix] for mix in group]),
        chain=chain,
        limiter=head.limiter,
        start_s=pieces[0].start_s,
        stop_s=starts[-1] / rate if end_s is None else end_s + shift_s[group[-1]],
        cuts_s=tuple(piece.start_s + shift_s[piece.mix] for piece in pieces),
        indexes_s=tuple(tuple(at_s + shift_s[piece.mix] for at_s in piece.index_s) for piece in pieces),
        first_track=pieces[0].number,
        fade_in=_fade(head.fade_in),
        fade_out=_fade(tail.fade_out),
        gap_s=then.gap if isinstance(then, Gap) else 0.0,
        crossfade=Fade(then.curve, then.crossfade) if isinstance(then, Crossfade) else None,
        target_lufs=manifest.level.target_lufs if level.target_lufs is None else level.target_lufs,
        offset_lu=level.offset_lu,
    )


def _word_bits(mixes: Sequence[MixFacts]) -> int:
    return max(mix.word_bits for mix in mixes)


def _mono(mixes: Sequence[MixFacts]) -> bool:
    return all(mix.channels == 1 or mix.dual_mono for mix in mixes)


def alternate_reel(reel: Reel, place: int, facts: Sequence[MixFacts], path: Path, sha256: str) -> Reel:
    """The reel with an alternate in place of one of its mixes; nothing in it lies elsewhere by a frame.

    Args:
        place: which part of the reel the alternate takes the place of, from 0.
        facts: of the mix of each part, at `place` those of the alternate; all of one rate.
        path, sha256: of the alternate. What is longer than the part is cut, what is shorter is padded.
    """
    main = reel.parts[place]
    stop_frame = max(main.start_frame, min(main.stop_frame, facts[place].frames))
    padding = main.stop_frame - stop_frame
    part = Part(path, sha256, main.start_frame, stop_frame, padding)
    return replace(
        reel,
        parts=(*reel.parts[:place], part, *reel.parts[place + 1 :]),
        word_bits=_word_bits(facts),
        mono=_mono(facts),
    )


def _part(manifest: Manifest, mix: int, group: range, facts: MixFacts, sha256: str) -> Part:
    """Joints are cut here, before the chain; the reel's own ends are topped and tailed behind it."""
    trim = manifest.tracks[mix].trim
    first = next(piece for piece in manifest.pieces if piece.mix == mix)
    start_s = 0.0 if mix == group[0] else first.start_s
    stop = facts.frames if mix == group[-1] or trim.end is None else round(trim.end * facts.rate)
    return Part(
        manifest.path(manifest.tracks[mix].mix), sha256, round(start_s * facts.rate), min(stop, facts.frames)
    )


def _fade(fade: ManifestFade | None) -> Fade | None:
    return Fade(fade.curve, fade.seconds) if fade else None
