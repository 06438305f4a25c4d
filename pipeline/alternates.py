"""Alternates beside their main mixes: what is wrong with them, and whether they run together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dsp.stream import Block
from pipeline.audiofile import open_mix
from pipeline.checks import HI_RES_RATE
from pipeline.faults import Fault
from pipeline.intake import MixFacts
from pipeline.manifest.load import Manifest
from pipeline.manifest.tracks import AlternateMix

REACH_S = 1.0
# Recordings of other songs come to 0.006 over their length and to 0.02 over a few seconds; what lies 18 dB
# below the rest of its mix, as a soft voice does, to 0.04, and instrumentals to 0.8 and more.
UNLIKE = 0.03


@dataclass(frozen=True, slots=True)
class Fit:
    """How an alternate lies beside its main mix.

    `shift_frames` is how much later it comes, None where that cannot be told. `likeness` is 0 for two
    recordings that have nothing in common, 1 for the same. `length_frames` is how much longer it is. `rate`
    is that of both.
    """

    shift_frames: int | None
    likeness: float
    length_frames: int
    rate: int


def alternate_faults(
    manifest: Manifest, mixes: Sequence[MixFacts | None], alternates: Sequence[MixFacts | None]
) -> list[Fault]:
    """All faults, in the order of the manifest; what could not be read (None) is passed over.

    `mixes` are the facts of the main mixes, `alternates` those of `manifest.alternates`.
    """
    found: list[Fault] = []
    for alternate, known in zip(manifest.alternates, alternates, strict=True):
        main = mixes[alternate.mix]
        if main and known:
            found += _rate_faults(manifest, alternate, main, known)
            found += _start_faults(manifest, alternate, known)
            found += _word_faults(manifest, alternate, main, known)
    return found


def _fault(manifest: Manifest, alternate: AlternateMix, problem: str, hint: str) -> Fault:
    return manifest.fault((*alternate.route, "mix"), problem, hint)


def _rate_faults(
    manifest: Manifest, alternate: AlternateMix, main: MixFacts, known: MixFacts
) -> Iterator[Fault]:
    if known.rate != main.rate:
        problem = f"this has {known.rate} Hz, the main mix {main.rate} Hz"
        yield _fault(manifest, alternate, problem, f"export it at {main.rate / 1000:g} kHz")


def _start_faults(manifest: Manifest, alternate: AlternateMix, known: MixFacts) -> Iterator[Fault]:
    """Nothing is left of a track that begins behind the end; one such track will do."""
    pieces = (piece for piece in manifest.pieces if piece.mix == alternate.mix)
    late = next((piece for piece in pieces if piece.start_s >= known.seconds), None)
    if late:
        problem = f"it ends at {known.seconds:.3f} s, and track {late.number} begins at {late.start_s:g} s"
        hint = "times are those of the main mix: export both from the same start"
        yield _fault(manifest, alternate, problem, hint)


def _word_faults(
    manifest: Manifest, alternate: AlternateMix, main: MixFacts, known: MixFacts
) -> Iterator[Fault]:
    """High-resolution formats are not made from CD words, not even where the main mix has longer ones."""
    asked = [form for form in manifest.deliver.digital if form.rate >= HI_RES_RATE]
    poorer = known.word_bits <= 16 < main.word_bits and not known.silent
    if asked and poorer and not manifest.deliver.allow_upsampling:
        problem = f"{asked[0]} would be made from {known.word_bits} bits; the main mix has {main.word_bits}"
        hint = "export it with 24 bits, or write allow_upsampling: true under deliver"
        yield _fault(manifest, alternate, problem, hint)


class _Counted:
    """Blocks, and how many frames they had."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self.frames = 0

    def __iter__(self) -> Iterator[Block]:
        for block in self._blocks:
            self.frames += len(block)
            yield block

    def to_the_end(self) -> int:
        """All frames, those that nobody has asked for too."""
        for _ in self:
            pass
        return self.frames


def fit(main: Path, alternate: Path) -> Fit:
    """Compare two mixes of one rate over their whole length; Fault when one cannot be read."""
    from dsp.alignment import align  # late: slow to load, and most albums have no alternates

    with open_mix(main) as first, open_mix(alternate) as second:
        rate = first.info.rate
        ours, theirs = _Counted(first.blocks()), _Counted(second.blocks())
        found = align(ours, theirs, rate, reach_s=REACH_S)
        length_frames = theirs.to_the_end() - ours.to_the_end()
    return Fit(
        shift_frames=round(found.shift_frames) if found else None,
        likeness=found.likeness if found else 0.0,
        length_frames=length_frames,
        rate=rate,
    )


def remarks_on(fit: Fit, version: str) -> list[str]:
    """In an engineer's words; nothing of an alternate that lies on its main mix to the frame."""
    named = f"the {_spoken(version)} version"
    if fit.shift_frames is None or fit.likeness < UNLIKE:
        found = [f"{named} cannot be aligned with the main mix: is it the same song?"]
    elif fit.shift_frames:
        when = "later" if fit.shift_frames > 0 else "earlier"
        found = [f"{named} comes {_amount(fit.shift_frames, fit.rate)} {when} than the main mix"]
    else:
        found = []
    if fit.length_frames:
        how = "longer" if fit.length_frames > 0 else "shorter"
        found.append(f"{named} is {_amount(fit.length_frames, fit.rate)} {how} than the main mix")
    return found


def _amount(frames: int, rate: int) -> str:
    seconds = abs(frames) / rate
    time = f"{seconds:.1f} s" if seconds >= 1.0 else f"{1000.0 * seconds:.1f} ms"
    return f"{abs(frames)} frame{'s' if abs(frames) > 1 else ''} ({time})"


def _spoken(version: str) -> str:
    """`Instrumental` within a sentence; `TV track` and `Radio Edit` stay as they are."""
    return version[:1].lower() + version[1:] if version[1:].islower() else version
