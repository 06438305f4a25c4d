"""Everything about an album that is known before any audio is processed: reels, marks, sides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.build.mixes import parted
from pipeline.build.request import KINDS, Options
from pipeline.checks import mix_faults
from pipeline.deliver.cd import cd_limits
from pipeline.deliver.cover import Cover, prepare_cover
from pipeline.deliver.sides import Side, side_faults, sides_of
from pipeline.faults import Fault, Faults
from pipeline.formats import RATES
from pipeline.intake import MixFacts
from pipeline.manifest.load import Manifest
from pipeline.reels import Reel, groups, reels_of
from pipeline.resolve import resolved_chains
from pipeline.timeline import CrossfadeTooLongError, MarksTooCloseError, Timeline, lay


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """Everything about an album that is known before any audio is processed."""

    manifest: Manifest
    facts: tuple[MixFacts, ...]
    hashes: tuple[str, ...]
    reels: tuple[Reel, ...]
    timeline: Timeline
    sides: tuple[Side, ...]


def plan_album(
    manifest: Manifest, known: Sequence[MixFacts], hashes: Sequence[str], wanted: Mapping[str, bool]
) -> Album:
    """Reels, marks and sides; `Faults` for what the mixes or the media cannot hold.

    `known` and `hashes` are of all sources: the mixes, then the references.
    """
    facts, compared = parted(manifest, known)
    faults = mix_faults(manifest, facts)
    if faults:
        raise Faults(faults)
    rate = session_rate(manifest, facts)
    chains = resolved_chains(manifest, groups(manifest), facts, compared, rate)
    reels = reels_of(manifest, facts, hashes, chains)
    timeline = _laid(manifest, reels, rate)
    sides = sides_of(manifest, timeline) if wanted["vinyl"] else ()
    faults = cd_limits(manifest, timeline) if wanted["cd"] else []
    faults += side_faults(manifest, timeline, sides)
    if faults:
        raise Faults(faults)
    return Album(
        manifest=manifest,
        facts=tuple(facts),
        hashes=tuple(hashes[: len(facts)]),
        reels=tuple(reels),
        timeline=timeline,
        sides=sides,
    )


def _laid(manifest: Manifest, reels: Sequence[Reel], rate: int) -> Timeline:
    try:
        return lay(reels, rate)
    except CrossfadeTooLongError as error:
        route = ("tracks", manifest.pieces[error.track - 1].mix, "then")
        hint = "make it shorter, or write a gap"
        raise Faults([manifest.fault(route, str(error), hint)]) from None
    except MarksTooCloseError as error:
        hint = "move a cut or an index; where the next track fades in, that has begun"
        raise Faults([manifest.fault(manifest.pieces[error.track - 1].route, str(error), hint)]) from None


def album_cover(manifest: Manifest) -> Cover | None:
    """The manifest's artwork made ready; a Fault at its place when none can be made of it."""
    if not manifest.album.artwork:
        return None
    try:
        return prepare_cover(manifest.path(manifest.album.artwork))
    except Fault as fault:
        raise manifest.fault(("album", "artwork"), fault.problem, fault.hint) from None


def wanted_kinds(manifest: Manifest, options: Options) -> dict[str, bool]:
    asked = {
        "cd": manifest.deliver.cd is not None,
        "digital": bool(manifest.deliver.digital),
        "vinyl": manifest.deliver.vinyl is not None,
    }
    for kind in options.only:
        if not asked[kind]:
            raise Fault(f"--only {kind}: the manifest does not deliver {kind}", place=str(manifest.file))
    return {kind: asked[kind] and (not options.only or kind in options.only) for kind in KINDS}


def session_rate(manifest: Manifest, facts: Iterable[MixFacts]) -> int:
    """The manifest's, or the lowest of the usual rates that no mix is above."""
    if manifest.session.rate != "auto":
        return int(manifest.session.rate)
    highest = max(known.rate for known in facts)
    return next((rate for rate in RATES if rate >= highest), RATES[-1])
