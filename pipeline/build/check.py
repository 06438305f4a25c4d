"""`deadwax check`: everything that is wrong or unwise, all at once; nothing is written."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline import lint
from pipeline.build.cache import Cache
from pipeline.build.mixes import examine_task, facts_key, known_facts, mix_hashes
from pipeline.build.plan import album_cover, plan_album, wanted_kinds
from pipeline.build.request import STORE, Options, output_of
from pipeline.build.run import Runner, Watcher
from pipeline.checks import mix_faults
from pipeline.faults import Fault, Faults
from pipeline.intake import MixFacts, warnings
from pipeline.listing import read_listing
from pipeline.manifest.load import Manifest, load
from pipeline.manifest.scaffold import UNKNOWN_ARTIST


@dataclass(frozen=True, slots=True)
class Checked:
    """`manifest` is None when it could not be read at all; `facts` by mix, None for one that could not be.

    `unwise` is what is legal and not advisable, each with its place.
    """

    manifest: Manifest | None
    facts: tuple[MixFacts | None, ...]
    faults: tuple[Fault, ...]
    unwise: tuple[Fault, ...] = ()


def check_album(file: Path, jobs: int | None, watcher: Watcher) -> Checked:
    """Look at the manifest and every mix. What earlier builds know of the mixes is used."""
    try:
        manifest = load(file)
    except Faults as wrong:
        return Checked(None, (), wrong.faults)
    store = manifest.folder / STORE
    hashes = mix_hashes(manifest, store, remember=False)
    facts, faults = _facts(manifest, hashes, Cache(store / "cache"), jobs or os.cpu_count() or 1, watcher)
    faults += mix_faults(manifest, facts)
    cover_faults, unwise = _cover(manifest)
    faults += cover_faults
    unwise += _unwise_words(manifest) + _unwise_mixes(manifest, facts)
    unwise += lint.written(manifest) + lint.mixed(manifest, facts) + _unwise_masters(manifest, hashes)
    if not faults:
        try:
            plan_album(
                manifest, [known for known in facts if known], hashes, wanted_kinds(manifest, Options())
            )
        except Faults as wrong:
            faults += wrong.faults
    return Checked(manifest, tuple(facts), tuple(faults), tuple(unwise))


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
        for text in warnings(known)
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


def _facts(
    manifest: Manifest, hashes: list[str], known: Cache, jobs: int, watcher: Watcher
) -> tuple[list[MixFacts | None], list[Fault]]:
    """What the cache does not hold is examined into a folder that is thrown away."""
    faults: list[Fault] = []
    with tempfile.TemporaryDirectory() as folder:
        fresh = Cache(Path(folder))
        unknown = [n for n, sha256 in enumerate(hashes) if not known.holds(facts_key(sha256))]
        try:
            Runner(fresh, jobs, watcher).run(
                "examining", [examine_task(manifest, n, hashes[n]) for n in unknown]
            )
        except Faults as wrong:
            faults += wrong.faults
        facts = [
            next(
                (known_facts(cache, sha256) for cache in (known, fresh) if cache.holds(facts_key(sha256))),
                None,
            )
            for sha256 in hashes
        ]
    return facts, faults


def check_data(checked: Checked) -> dict[str, Any]:
    """The result as one JSON document; figures of silence are null."""
    tracks = checked.manifest.tracks if checked.manifest else ()
    return {
        "faults": [asdict(fault) for fault in checked.faults],
        "unwise": [asdict(each) for each in checked.unwise],
        "mixes": [
            {"path": track.mix, "warnings": warnings(known), "facts": _finite(asdict(known))}
            for track, known in zip(tracks, checked.facts, strict=True)
            if known
        ],
    }


def _finite(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: None if value == float("-inf") else value for name, value in facts.items()}
