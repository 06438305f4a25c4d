"""Everything about an album that is known before any audio is processed: reels, marks, sides."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.alternates import alternate_faults
from pipeline.build.mixes import Hashed, Parted, parted
from pipeline.build.request import KINDS, Options
from pipeline.cd.disc import Disc
from pipeline.checks import mix_faults
from pipeline.deliver.cover import Cover, prepare_cover
from pipeline.deliver.disc_checks import cd_faults
from pipeline.deliver.discs import discs_of
from pipeline.deliver.grooves import loop_faults
from pipeline.deliver.sides import SIDES, Side, cut_faults, length_faults, letter_faults, sides_of
from pipeline.faults import Fault, Faults
from pipeline.formats import RATES
from pipeline.intake import MixFacts
from pipeline.manifest.load import Manifest
from pipeline.manifest.tracks import AlternateMix
from pipeline.reels import Reel, alternate_reel, groups, reels_of
from pipeline.resolve import album_spectrum_db, resolved_chains
from pipeline.timeline import CrossfadeTooLongError, MarksTooCloseError, Timeline, lay


@dataclass(frozen=True, slots=True)
class AlternateReel:
    """An alternate in place of its main mix: `reel` is the one of number `number` with that mix in it."""

    alternate: AlternateMix
    number: int
    reel: Reel
    facts: MixFacts
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenReel:
    """What is hidden before track 1, alone on a clock of its own; `manifest` has it for its only track."""

    manifest: Manifest
    reel: Reel
    timeline: Timeline
    facts: MixFacts
    sha256: str

    @property
    def sectors(self) -> int:
        return self.timeline.segments[0].sectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """Everything about an album that is known before any audio is processed.

    `stamps` are those of the sources when their hashes were taken, `spectrum_db` is what tone is moved
    toward where that is the album. `vinyl_reels` have the chains of the sides, and lie on `vinyl_timeline`.
    `sides` are those of the record, `tape` those of the cassette, `discs` those of the CD.
    """

    manifest: Manifest
    stamps: Mapping[Path, list[int]]
    spectrum_db: tuple[float, ...]
    facts: tuple[MixFacts, ...]
    hashes: tuple[str, ...]
    reels: tuple[Reel, ...]
    alternates: tuple[AlternateReel, ...]
    timeline: Timeline
    vinyl_reels: tuple[Reel, ...]
    vinyl_timeline: Timeline
    sides: tuple[Side, ...]
    tape: tuple[Side, ...]
    discs: tuple[Disc, ...]
    hidden: HiddenReel | None


def plan_album(
    manifest: Manifest,
    known: Sequence[MixFacts],
    hashed: Hashed,
    wanted: Mapping[str, bool],
    held_spectrum_db: Sequence[float] | None = None,
    *,
    any_length: bool = False,
) -> Album:
    """Reels, marks and sides; `Faults` for what the mixes or the media cannot hold.

    `known` and `hashed` are of all sources. `held_spectrum_db` is what tone was moved toward before, where
    that is to stay. `any_length`: a side may be longer than a record holds.
    """
    facts, digests = parted(manifest, known), parted(manifest, hashed.sha256)
    faults = mix_faults(manifest, facts.mixes) + alternate_faults(manifest, facts.mixes, facts.alternates)
    if manifest.hidden:
        faults += mix_faults(manifest.hidden, facts.hidden)
    if faults:
        raise Faults(faults)
    rate = session_rate(manifest, facts.mixes)
    spectrum_db = tuple(held_spectrum_db or album_spectrum_db(facts.mixes))
    chains = resolved_chains(manifest, groups(manifest), facts.mixes, facts.references, rate, spectrum_db)
    reels = reels_of(manifest, facts.mixes, [mix.audio_sha256 for mix in facts.mixes], chains)
    timeline = _laid(manifest, reels, rate)
    vinyl_reels, vinyl_timeline = reels, timeline
    if wanted["vinyl"] and manifest.vinyl.reworks:
        chains = resolved_chains(
            manifest, groups(manifest), facts.mixes, facts.references, rate, spectrum_db, manifest.vinyl_chain
        )
        vinyl_reels = [replace(reel, chain=own) for reel, own in zip(reels, chains, strict=True)]
        vinyl_timeline = _laid(manifest, vinyl_reels, rate)
    sides = sides_of(manifest, vinyl_timeline) if wanted["vinyl"] else ()
    hidden = _hidden(manifest, facts, digests, rate, spectrum_db) if wanted["cd"] else None
    discs = discs_of(manifest, timeline, hidden.sectors if hidden else 0) if wanted["cd"] else ()
    faults = cd_faults(manifest, timeline, discs)
    faults += cut_faults(manifest, vinyl_timeline, sides, SIDES)
    faults += [] if any_length else length_faults(manifest, sides)
    faults += letter_faults(manifest, sides) if wanted["vinyl"] else []
    tape: tuple[Side, ...] = ()
    if wanted["cassette"]:
        from pipeline.deliver.cassette import cassette_faults, cassette_sides  # late: few make one

        tape = cassette_sides(manifest, timeline)
        faults += cassette_faults(manifest, timeline, tape)
    faults += loop_faults(manifest, vinyl_reels, sides) if wanted["vinyl"] else []
    if faults:
        raise Faults(faults)
    return Album(
        manifest=manifest,
        stamps=hashed.stamps,
        spectrum_db=spectrum_db,
        facts=tuple(facts.mixes),
        hashes=tuple(digests.mixes),
        reels=tuple(reels),
        alternates=tuple(_alternates(manifest, reels, facts, digests)) if wanted["digital"] else (),
        timeline=timeline,
        vinyl_reels=tuple(vinyl_reels),
        vinyl_timeline=vinyl_timeline,
        sides=sides,
        tape=tape,
        discs=discs,
        hidden=hidden,
    )


def _hidden(
    manifest: Manifest,
    facts: Parted[MixFacts],
    digests: Parted[str],
    rate: int,
    spectrum_db: Sequence[float],
) -> HiddenReel | None:
    own = manifest.hidden
    if own is None:
        return None
    known = facts.hidden
    chains = resolved_chains(own, groups(own), known, facts.references, rate, spectrum_db)
    (reel,) = reels_of(own, known, [known[0].audio_sha256], chains)
    reel = replace(reel, gap_s=0.0)
    return HiddenReel(
        manifest=own, reel=reel, timeline=_laid(own, [reel], rate), facts=known[0], sha256=digests.hidden[0]
    )


def _alternates(
    manifest: Manifest, reels: Sequence[Reel], facts: Parted[MixFacts], digests: Parted[str]
) -> Iterator[AlternateReel]:
    each = zip(manifest.alternates, facts.alternates, digests.alternates, strict=True)
    for alternate, known, sha256 in each:
        number, group = next(
            (number, group) for number, group in enumerate(groups(manifest)) if alternate.mix in group
        )
        place = alternate.mix - group[0]
        mixes = [facts.mixes[mix] for mix in group]
        mixes[place] = known
        path = manifest.path(alternate.path)
        reel = alternate_reel(reels[number], place, mixes, path, known.audio_sha256)
        yield AlternateReel(alternate, number, reel, known, sha256)


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
        "cassette": manifest.deliver.cassette is not None,
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
