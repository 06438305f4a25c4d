"""What a mastering engineer would grumble about: legal, and still worth a second look.

Each rule has a name in the manifest's `lint` section, where it can be turned off, and says why it is one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dsp.eq import EqBand
from pipeline.faults import Fault
from pipeline.intake import MixFacts
from pipeline.manifest.chain import Insert
from pipeline.manifest.load import Manifest
from pipeline.manifest.places import Route
from pipeline.reels import groups

EQ_DB = 2.0
GLUE_MEAN_DB = 3.0
LIMITING_DB = 4.0
CREST_DB = 8.0
CEILING_DBTP = -0.1
# Spotify's "Loud" setting; everybody else plays at -14 or softer.
LOUDEST_SERVICE_LUFS = -11.0
WITHOUT_CREST_S = 3.0

REASONS = {
    "eq_moves": "a fault of that size is better put right in the mix: ask for one",
    "glue": "that is no longer glue: raise the threshold, or ask whether the mix should be so uneven",
    "widening": "what is widened loses its middle in mono, and a lathe cannot cut much of it",
    "limiting": "it will be heard: lower the target, or clip and saturate a little before",
    "crest": "it was crushed before it came here, for good: ask for a mix without a limiter on it",
    "ceiling": "lossy encoders and converters go over what is so close to full scale",
    "target": "no service plays louder than that: it will only be turned down",
}


def written(manifest: Manifest) -> list[Fault]:
    """What can be told from the manifest alone, in its order."""
    return [*_level(manifest), *(fault for route, insert in _inserts(manifest).items()
                                 for fault in _insert(manifest, route, insert))]  # fmt: skip


def mixed(manifest: Manifest, facts: Sequence[MixFacts | None]) -> list[Fault]:
    """What can be told from the mixes; one that could not be read (None) is passed over."""
    if not manifest.lint.crest:
        return []
    return [
        _grumble(manifest, "crest", ("tracks", mix, "mix"), f"a mix of {known.crest_db:.1f} dB crest factor")
        for mix, known in enumerate(facts)
        if known and 0.0 < known.crest_db < CREST_DB and known.seconds > WITHOUT_CREST_S
    ]


def mastered(manifest: Manifest, tracks: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """What a build has shown, of each reel at its first track; `tracks` are those of its delivery.json."""
    goes_on = {mix for group in groups(manifest) for mix in group[1:]}
    found: list[Fault] = []
    for piece, track in zip(manifest.pieces, tracks, strict=True):
        if piece.cut or piece.mix in goes_on:
            continue
        route = ("tracks", piece.mix)
        limiting_db = track["limiting_max_db"]
        if manifest.lint.limiting and limiting_db > LIMITING_DB:
            found.append(
                _grumble(manifest, "limiting", route, f"{_named(track)}: {limiting_db:.1f} dB of limiting")
            )
        for stage in track["chain"]:
            mean_db = stage.get("reduction_mean_db", 0.0)
            if manifest.lint.glue and stage["stage"] == "glue" and mean_db > GLUE_MEAN_DB:
                problem = f"{_named(track)}: the glue takes off {mean_db:.1f} dB on average"
                found.append(_grumble(manifest, "glue", route, problem))
    return found


def _named(track: Mapping[str, Any]) -> str:
    return f"track {track['number']}"


def _grumble(manifest: Manifest, rule: str, route: Route, problem: str) -> Fault:
    return manifest.fault(route, problem, f"{REASONS[rule]} (lint: {{{rule}: off}} says no more of it)")


def _level(manifest: Manifest) -> Iterator[Fault]:
    level = manifest.level
    if manifest.lint.ceiling and level.ceiling_dbtp > CEILING_DBTP:
        problem = f"a ceiling of {level.ceiling_dbtp:g} dBTP"
        yield _grumble(manifest, "ceiling", ("level", "ceiling_dbtp"), problem)
    if not manifest.lint.target or level.match == "off":
        return
    if level.target_lufs > LOUDEST_SERVICE_LUFS:
        problem = f"a target of {level.target_lufs:g} LUFS is louder than {LOUDEST_SERVICE_LUFS:g}"
        yield _grumble(manifest, "target", ("level", "target_lufs"), problem)
    for mix, track in enumerate(manifest.tracks):
        own = track.level.target_lufs
        if own is not None and own > LOUDEST_SERVICE_LUFS:
            problem = f"a target of {own:g} LUFS is louder than {LOUDEST_SERVICE_LUFS:g}"
            yield _grumble(manifest, "target", ("tracks", mix, "level", "target_lufs"), problem)


def _inserts(manifest: Manifest) -> dict[Route, Insert]:
    """Every entry of every chain, by where it is written."""
    chains = [manifest.written_chain(mix) for mix in range(len(manifest.tracks))]
    return {route: insert for chain in chains for route, insert in chain}


def _insert(manifest: Manifest, route: Route, insert: Insert) -> Iterator[Fault]:
    bands: Sequence[EqBand] = insert.eq or insert.linear_eq or ()
    for place, band in enumerate(bands if manifest.lint.eq_moves else ()):
        if abs(band.gain_db) > EQ_DB and not band.is_dynamic:
            problem = f"an EQ move of {band.gain_db:+g} dB"
            yield _grumble(manifest, "eq_moves", (*route, place, "gain_db"), problem)
    widest = max(insert.stereo.widths, default=1.0) if insert.stereo else 1.0
    if manifest.lint.widening and widest > 1.0:
        yield _grumble(
            manifest, "widening", (*route, "widths"), f"the sides are made {widest:g} times as wide"
        )
