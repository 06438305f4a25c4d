"""Chains as they are run: what in them depends on the mixes, on references and on the rate is looked up."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dsp.repair import RepairFindings, RepairSettings
from dsp.stages import RepairSpec, is_neutral, stage_of
from dsp.tone import matching_curve, mean_spectrum_db
from pipeline.faults import Fault, Faults
from pipeline.intake import MixFacts
from pipeline.manifest.chain import ALBUM, Insert, ToneSettings
from pipeline.manifest.load import Manifest
from pipeline.manifest.places import Route
from pipeline.plugin import PluginSettings, PluginSpec, content_files, located, resolved

CHANNELS = 2
References = Mapping[str, MixFacts]
Written = Callable[[int], list[tuple[Route, Insert]]]


def references(manifest: Manifest) -> dict[str, Route]:
    """The recordings that the manifest compares with, each with where it is first named."""
    found: dict[str, Route] = {}
    if manifest.session.reference:
        found[manifest.session.reference] = ("session", "reference")
    for route, insert in _inserts(manifest):
        if insert.tone and insert.tone.toward != ALBUM:
            found.setdefault(insert.tone.toward, (*route, "toward"))
    return found


def _inserts(manifest: Manifest) -> Iterator[tuple[Route, Insert]]:
    """Every stage that anything goes through, with where it is written."""
    for view in filter(None, (manifest, manifest.hidden)):
        for mix in range(len(view.tracks)):
            for route, insert in (*view.written_chain(mix), *view.vinyl_chain(mix)):
                yield view.written_at(route), insert


def plugin_files(manifest: Manifest) -> list[Path]:
    """Every file of the plug-ins that the manifest names, and their presets; those that are there."""
    plugins = [insert.plugin for _, insert in _inserts(manifest) if insert.plugin]
    names = {name for plugin in plugins for name in (plugin.path, plugin.preset) if name}
    return sorted(file for name in names for file in content_files(located(name, manifest.folder)))


def album_spectrum_db(facts: Sequence[MixFacts]) -> tuple[float, ...]:
    """What `tone: {toward: album}` moves toward: the mean of all mixes in third octaves."""
    return tuple(_spectrum_db(facts).tolist())


def resolved_chains(
    manifest: Manifest,
    groups: Sequence[range],
    facts: Sequence[MixFacts],
    known: References,
    rate: int,
    album_db: Sequence[float],
    written: Written | None = None,
) -> list[tuple[Any, ...]]:
    """The chain of each reel; `groups` are the mixes of each, `rate` is that of the session.

    `album_db` is what tone is moved toward where the manifest says album; `written` gives what a mix goes
    through, where that is not the release's chain.

    Raises:
        Faults: stages that cannot be had at this rate; plug-ins that are not there.
    """
    faults: dict[Fault, None] = {}  # a fault of the defaults is one, however many tracks have them
    chains = []
    for group in groups:
        chain = []
        for route, insert in (written or manifest.written_chain)(group[0]):
            try:
                settings = _resolved(
                    manifest, insert.settings, [facts[mix] for mix in group], known, album_db
                )
                _try(settings, rate)
                chain.append(settings)
            except Fault as fault:
                keys = tuple(fault.path.split(".", 1)) if fault.path else ()
                faults[manifest.fault((*route, *keys), fault.problem, fault.hint)] = None
        chains.append(tuple(chain))
    if faults:
        raise Faults(list(faults))
    return chains


def _resolved(
    manifest: Manifest, settings: Any, own: Sequence[MixFacts], known: References, album_db: Sequence[float]
) -> Any:
    match settings:
        case RepairSettings():
            return RepairSpec(settings, _findings(own))
        case ToneSettings():
            target = (
                np.asarray(album_db) if settings.toward == ALBUM else _spectrum_db([known[settings.toward]])
            )
            return matching_curve(_spectrum_db(own), target, settings.strength, settings.max_db)
        case PluginSettings():
            return resolved(settings, manifest.folder)
    return settings


def _try(settings: Any, rate: int) -> None:
    if is_neutral(settings) or isinstance(settings, PluginSpec):
        return
    try:
        stage_of(settings, rate, CHANNELS)
    except ValueError as error:
        raise Fault(str(error), hint=f"the session is at {rate / 1000:g} kHz") from None


def _findings(mixes: Sequence[MixFacts]) -> RepairFindings:
    """Of several mixes joined, the mean of their DC and the hum of the first that has any."""
    frames = sum(mix.frames for mix in mixes)
    dc = np.sum([np.asarray(_both(mix.dc_means)) * mix.frames for mix in mixes], axis=0) / max(1, frames)
    humming = next((mix for mix in mixes if mix.hum_hz), mixes[0])
    return RepairFindings(
        dc=tuple(dc.tolist()), hum_hz=humming.hum_hz, hum_harmonics=tuple(humming.hum_harmonics)
    )


def _both(means: Sequence[float]) -> tuple[float, ...]:
    """Mono becomes dual mono."""
    return tuple(means) * (CHANNELS // len(means))


def _spectrum_db(mixes: Sequence[MixFacts]) -> np.ndarray:
    return mean_spectrum_db([mix.balance.level_dbfs for mix in mixes])
