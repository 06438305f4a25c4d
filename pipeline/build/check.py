"""`deadwax check`: everything that is wrong or unwise, all at once; nothing is written."""

import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dsp.comparison import Comparison, Figures, figures
from dsp.comparison import compared as compare
from pipeline import lint
from pipeline.alternates import alternate_faults, remarks_on
from pipeline.build.cache import Cache
from pipeline.build.mixes import Hashed, examine_tasks, facts_key, known_facts, parted, source_hashes
from pipeline.build.plan import Album, album_cover, plan_album, wanted_kinds
from pipeline.build.request import STORE, Options, output_of
from pipeline.build.run import Runner, Watcher, Workers
from pipeline.cd.disc import Disc
from pipeline.checks import mix_faults
from pipeline.deliver.disc_checks import cd_remarks
from pipeline.deliver.side_remarks import unwise as unwise_sides
from pipeline.faults import Fault, Faults
from pipeline.intake import MixFacts
from pipeline.listing import read_listing
from pipeline.manifest.load import Manifest, load
from pipeline.manifest.scaffold import UNKNOWN_ARTIST
from pipeline.remarks import remarks


@dataclass(frozen=True, slots=True)
class Checked:
    """`manifest` is None when it could not be read at all; `facts` by mix, None for one that could not be.

    `unwise` is what is legal and not advisable, each with its place. `comparisons` are with a reference,
    by mix; None where there is none. `hidden` is what is known of what is before track 1 of a CD, `discs` are
    what becomes of the album on CDs; none while something is wrong.
    """

    manifest: Manifest | None
    facts: tuple[MixFacts | None, ...]
    faults: tuple[Fault, ...]
    unwise: tuple[Fault, ...] = ()
    comparisons: tuple[Comparison | None, ...] = ()
    hidden: tuple[MixFacts | None, ...] = ()
    discs: tuple[Disc, ...] = ()


def check_album(file: Path, jobs: int | None, watcher: Watcher) -> Checked:
    """Look at the manifest and every mix. What earlier builds know of the mixes is used."""
    try:
        manifest = load(file)
    except Faults as wrong:
        return Checked(None, (), wrong.faults)
    store = manifest.folder / STORE
    jobs = jobs or os.cpu_count() or 1
    hashed = source_hashes(manifest, store, jobs=jobs, remember=False)
    cache = Cache(store / "cache", read_only=True)
    with tempfile.TemporaryDirectory() as folder:
        aside = Runner(Cache(Path(folder)), Workers(jobs), watcher)
        known, faults = _facts(manifest, hashed, cache, aside)
        facts = parted(manifest, known)
        faults += mix_faults(manifest, facts.mixes)
        faults += alternate_faults(manifest, facts.mixes, facts.alternates)
        faults += mix_faults(manifest.hidden, facts.hidden) if manifest.hidden else []
        album = _album(manifest, [each for each in known if each], hashed, faults)
        beside = _beside(manifest, album, cache, aside) if album else []
        beside += cd_remarks(manifest, album.discs) if album else []
    cover_faults, unwise = _cover(manifest)
    faults += cover_faults
    unwise += _unwise_words(manifest) + _unwise_mixes(manifest, facts.mixes) + beside
    unwise += lint.written(manifest) + lint.mixed(manifest, facts.mixes)
    unwise += unwise_sides(manifest)
    unwise += _unwise_masters(manifest, hashed.sha256)
    if manifest.hidden:
        unwise += _unwise_mixes(manifest.hidden, facts.hidden) + lint.mixed(manifest.hidden, facts.hidden)
    return Checked(
        manifest=manifest,
        facts=tuple(facts.mixes),
        faults=tuple(faults),
        unwise=tuple(unwise),
        comparisons=tuple(_comparisons(manifest, facts.mixes, facts.references)),
        hidden=tuple(facts.hidden),
        discs=album.discs if album else (),
    )


def _album(
    manifest: Manifest, known: Sequence[MixFacts], hashed: Hashed, faults: list[Fault]
) -> Album | None:
    """The album laid, where nothing is wrong so far; what is wrong then is added to `faults`."""
    if faults:
        return None
    try:
        return plan_album(manifest, known, hashed, wanted_kinds(manifest, Options()))
    except Faults as wrong:
        faults += wrong.faults
        return None


def _beside(manifest: Manifest, album: Album, cache: Cache, aside: Runner) -> list[Fault]:
    """What does not lie beside its main mix to the frame, and alternates that nobody will get."""
    if not manifest.alternates:
        return []
    # Late: what masters and renders is slow to load, and nothing else is asked of it here.
    from pipeline.build.alternates import fit_tasks, read_fit

    tasks = fit_tasks(album)
    aside.run("comparing alternates", [task for _, task in tasks if not cache.holds(task.keys[0])])
    found = [
        manifest.fault((*alternate.route, "mix"), text)
        for alternate, task in tasks
        for text in remarks_on(
            read_fit(_holding(task.keys[0], cache, aside.cache)[0], task), alternate.version
        )
    ]
    if not manifest.deliver.digital:
        problem = "alternates are delivered in digital formats, and none is asked for"
        found.append(manifest.fault(manifest.alternates[0].route, problem, "name some under deliver"))
    return found


def _holding(key: str, *caches: Cache) -> list[Cache]:
    return [cache for cache in caches if cache.holds(key)]


def _cover(manifest: Manifest) -> tuple[list[Fault], list[Fault]]:
    """Its faults, and what is unwise about it."""
    try:
        cover = album_cover(manifest)
    except Fault as fault:
        return [fault], []
    said = cover.warnings if cover else ()
    return [], [manifest.fault(("album", "artwork"), text) for text in said]


def _unwise_words(manifest: Manifest) -> list[Fault]:
    found = []
    if manifest.album.artist == UNKNOWN_ARTIST:
        found.append(manifest.fault(("album", "artist"), f'the artist is still "{UNKNOWN_ARTIST}"'))
    seen: dict[Path, int] = {}
    for mix, track in enumerate(manifest.tracks):
        path = manifest.path(track.mix).resolve()
        if path in seen and not (track.cuts or "trim" in track.model_fields_set):
            where = ("tracks", mix, "mix")
            found.append(manifest.fault(where, f"the same mix as tracks[{seen[path]}], all of it"))
        seen.setdefault(path, mix)
    coded = [piece for piece in manifest.pieces if piece.isrc]
    if coded and len(coded) < len(manifest.pieces):
        bare = next(piece for piece in manifest.pieces if not piece.isrc)
        found.append(manifest.fault(bare.route, f"track {bare.number} has no ISRC, though others have"))
    return found


def _unwise_mixes(manifest: Manifest, facts: Sequence[MixFacts | None]) -> list[Fault]:
    return [
        manifest.fault(("tracks", mix, "mix"), text)
        for mix, known in enumerate(facts)
        if known
        for text in remarks(manifest, mix, known)
    ]


def _unwise_masters(manifest: Manifest, hashes: Sequence[str]) -> list[Fault]:
    """What the last build has shown, where nothing was changed since."""
    try:
        last = read_listing(output_of(manifest.file, Options()))
        by_mix = [hashes[piece.mix] for piece in manifest.pieces]
        same = [track["mix"]["sha256"] for track in last["tracks"]] == by_mix
        if same and last["manifest_sha256"] == manifest.text_sha256:
            return lint.mastered(manifest, last["tracks"])
    except (Fault, Faults, OSError, KeyError, TypeError, AttributeError):
        pass  # no delivery, or none that this version wrote
    return []


def _comparisons(
    manifest: Manifest, facts: Sequence[MixFacts | None], compared: Mapping[str, MixFacts | None]
) -> Iterator[Comparison | None]:
    """Each mix with the reference that its tone is moved toward, or with the session's."""
    for mix, known in enumerate(facts):
        named = [insert.tone.toward for _, insert in manifest.written_chain(mix) if insert.tone]
        names = [*(name for name in named if name in compared), manifest.session.reference]
        reference = next((compared[name] for name in names if name), None)
        yield compare(_figures(known), _figures(reference)) if known and reference else None


def _figures(facts: MixFacts) -> Figures:
    """Silence has no PLR."""
    plr_db = facts.plr_db if math.isfinite(facts.lufs_i) else -math.inf
    return figures(facts.lufs_i, plr_db, facts.balance)


def _facts(
    manifest: Manifest, hashed: Hashed, known: Cache, aside: Runner
) -> tuple[list[MixFacts | None], list[Fault]]:
    """What the cache does not hold is examined into a folder that is thrown away."""
    faults: list[Fault] = []
    unknown = [task for task in examine_tasks(manifest, hashed) if not known.holds(task.keys[0])]
    try:
        aside.run("examining", unknown, compiling=True)
    except Faults as wrong:
        faults += wrong.faults
    holding = [_holding(facts_key(sha256), known, aside.cache) for sha256 in hashed.sha256]
    each = zip(hashed.sha256, holding, strict=True)
    return [known_facts(caches[0], sha256) if caches else None for sha256, caches in each], faults


def check_data(checked: Checked) -> dict[str, Any]:
    """The result as one JSON document; figures of silence are null."""
    tracks = checked.manifest.tracks if checked.manifest else ()
    return {
        "faults": [asdict(fault) for fault in checked.faults],
        "unwise": [asdict(each) for each in checked.unwise],
        "mixes": [
            {
                "path": track.mix,
                "warnings": remarks(checked.manifest, mix, known),
                "facts": _finite(asdict(known)),
                "against_reference": asdict(comparison) if comparison else None,
            }
            for mix, (track, known, comparison) in enumerate(
                zip(tracks, checked.facts, checked.comparisons, strict=True)
            )
            if known and checked.manifest
        ],
        "discs": [
            {
                "number": disc.number,
                "tracks": len(disc.tracks),
                "programme_sectors": disc.programme_sectors,
            }
            for disc in checked.discs
        ],
    }


def _finite(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: None if value == float("-inf") else value for name, value in facts.items()}
