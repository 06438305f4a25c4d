"""Faults that need the mixes to be seen: what the manifest asks of them and they cannot give."""

from collections.abc import Iterator, Sequence

from pipeline.faults import Fault
from pipeline.formats import AudioFormat
from pipeline.intake import MixFacts
from pipeline.manifest.chain import Crossfade
from pipeline.manifest.load import Manifest
from pipeline.manifest.places import Route
from pipeline.reels import groups

# Below the first a format promises no more than a CD does; from the second on, more than 96 kHz holds.
HI_RES_RATE, HIGHER_RATE = 88_200, 176_400


def mix_faults(manifest: Manifest, facts: Sequence[MixFacts | None]) -> list[Fault]:
    """All faults, in the order of the manifest; a mix that could not be read (None) is passed over."""
    found: list[Fault] = []
    for mix, known in enumerate(facts):
        if known:
            found += _time_faults(manifest, mix, known)
            found += _fade_faults(manifest, mix, known)
    for group in groups(manifest):
        found += _segue_faults(manifest, group, facts)
    found += _target_faults(manifest)
    return [*found, *_upsampling_faults(manifest, facts)]


def _time_faults(manifest: Manifest, mix: int, facts: MixFacts) -> Iterator[Fault]:
    """Times behind the end of the mix."""
    track = manifest.tracks[mix]
    times: list[tuple[Route, float]] = [(("trim", "start"), track.trim.start)]
    times.append((("trim", "end"), track.trim.end or 0.0))
    times += [(("index", n), at_s) for n, at_s in enumerate(track.index)]
    for n, cut in enumerate(track.cuts):
        times += [(("cuts", n, "at"), cut.at)]
        times += [(("cuts", n, "index", i), at_s) for i, at_s in enumerate(cut.index)]
    for route, at_s in times:
        beyond = at_s > facts.seconds if route == ("trim", "end") else at_s >= facts.seconds
        if beyond and at_s > 0.0:
            problem = f"{at_s:g} s is behind the end of the mix ({facts.seconds:.3f} s)"
            yield manifest.fault(("tracks", mix, *route), problem, "times are counted from the mix's start")


def _fade_faults(manifest: Manifest, mix: int, facts: MixFacts) -> Iterator[Fault]:
    track = manifest.tracks[mix]
    treatment = manifest.treatment(track)
    length_s = (track.trim.end or facts.seconds) - track.trim.start
    for name, fade in (("fade_in", treatment.fade_in), ("fade_out", treatment.fade_out)):
        if fade and fade.seconds > length_s > 0.0:
            route = ("tracks", mix, name)
            problem = f"the fade of {fade.seconds:g} s is longer than the track ({length_s:.1f} s)"
            yield manifest.fault(route, problem, "make it shorter")
    last = mix + 1 == len(manifest.tracks)
    # Fades of `defaults` give way to a crossfade; one that a track asks for contradicts it.
    if isinstance(treatment.then, Crossfade) and track.fade_out and not last:
        yield manifest.fault(("tracks", mix, "fade_out"), "a track that crossfades has that as its fade out",
                             "leave out fade_out or crossfade")  # fmt: skip
    before = manifest.treatment(manifest.tracks[mix - 1]) if mix else None
    if before and isinstance(before.then, Crossfade) and track.fade_in:
        yield manifest.fault(("tracks", mix, "fade_in"), "the crossfade from the track before is its fade in",
                             "leave out fade_in, or the crossfade")  # fmt: skip


def _segue_faults(manifest: Manifest, group: range, facts: Sequence[MixFacts | None]) -> Iterator[Fault]:
    """Mixes joined into one performance have one rate, one treatment and no fade where they meet."""
    for mix in group[1:]:
        here, before = facts[mix], facts[mix - 1]
        if here and before and here.rate != before.rate:
            yield manifest.fault(
                ("tracks", mix, "mix"),
                f"a segue joins mixes of one rate; this has {here.rate} Hz, the one before {before.rate} Hz",
                "export both at one rate, or write a gap or crossfade",
            )
        for key in ("chain", "limiter", "level", "fade_in"):
            if key in manifest.tracks[mix].model_fields_set:
                yield manifest.fault(
                    ("tracks", mix, key),
                    f"this mix goes on with track {_number(manifest, mix) - 1} and has its {key}",
                    f"say {key} there, or write a gap or crossfade in place of segue",
                )
    for mix in group[:-1]:
        if "fade_out" in manifest.tracks[mix].model_fields_set:
            yield manifest.fault(
                ("tracks", mix, "fade_out"),
                "a mix that runs into the next by segue has no fade out",
                "leave it out, or write a crossfade",
            )


def _target_faults(manifest: Manifest) -> Iterator[Fault]:
    """Only where each track is brought to a target can it have one of its own."""
    for mix, track in enumerate(manifest.tracks):
        if track.level.target_lufs is not None and manifest.level.match != "tracks":
            yield manifest.fault(
                ("tracks", mix, "level", "target_lufs"),
                f"a track has no target of its own under match: {manifest.level.match}",
                "write offset_lu, or match: tracks",
            )


def _number(manifest: Manifest, mix: int) -> int:
    return next(piece.number for piece in manifest.pieces if piece.mix == mix)


def _upsampling_faults(manifest: Manifest, facts: Sequence[MixFacts | None]) -> Iterator[Fault]:
    """High-resolution formats are not made from mixes that are none: stores call it fraud."""
    if manifest.deliver.allow_upsampling or manifest.is_hidden:  # which is on a CD alone
        return
    for place, form in enumerate(manifest.deliver.digital):
        if form.rate < HI_RES_RATE:
            continue
        poor = [mix for mix, known in enumerate(facts) if known and _is_less(known, form)]
        if poor:
            named = "; ".join(_described(manifest, mix, facts[mix]) for mix in poor[:3])
            more = f"; and {len(poor) - 3} more" if len(poor) > 3 else ""
            yield manifest.fault(
                ("deliver", "digital", place),
                f"{form} would be upsampled: {named}{more}",
                f"such a file is made from mixes of 24 bits and at least {_needed_rate(form) / 1000:g} kHz; "
                "leave it out, or write allow_upsampling: true under deliver",
            )


def _needed_rate(form: AudioFormat) -> int:
    """88.2 kHz will do for 96, and 176.4 for 192."""
    return HIGHER_RATE if form.rate >= HIGHER_RATE else HI_RES_RATE


def _is_less(facts: MixFacts, form: AudioFormat) -> bool:
    """Silence has no word length to go by."""
    return facts.rate < _needed_rate(form) or (facts.word_bits <= 16 and not facts.silent)


def _described(manifest: Manifest, mix: int, facts: MixFacts | None) -> str:
    assert facts
    return f"track {_number(manifest, mix)} is {facts.word_bits}/{facts.rate / 1000:g}"
