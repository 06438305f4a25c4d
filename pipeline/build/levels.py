"""The gains of an album, solved once for the same envelopes: that takes as long as all else of a build that
renders nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict

from dsp.envelope import Envelope
from pipeline import versions
from pipeline.build.cache import Cache
from pipeline.build.keys import key_of
from pipeline.build.run import Runner
from pipeline.level import Levelling, ReelLevel, solve
from pipeline.reels import Reel
from pipeline.timeline import Timeline

LEVELS = "levels.json"


def solved(
    runner: Runner,
    keys: Sequence[str],
    reels: Sequence[Reel],
    envelopes: Sequence[Envelope | None],
    timeline: Timeline,
    levelling: Levelling,
    held_db: Sequence[float | None] = (),
) -> list[ReelLevel]:
    """What `pipeline.level.solve` finds; `keys` is where the cache has the shaped audio of each reel.

    What a dry run finds is not kept.
    """
    cache = runner.cache
    if not all(cache.holds(key) for key in keys):
        return solve(reels, envelopes, timeline, levelling, held_db)
    contents = [cache.output(key) for key in keys]
    slots = [slot for island in timeline.islands for slot in island.slots]
    code = (versions.LEVEL, versions.audio_libraries())
    key = key_of("levels", code, contents, reels, slots, levelling, list(held_db))
    runner.used.add(key)
    if cache.holds(key):
        return _read(cache, key)
    levels = solve(reels, envelopes, timeline, levelling, held_db)
    if not runner.dry:
        with cache.making([key]) as folders:
            (folders[key] / LEVELS).write_text(json.dumps([asdict(level) for level in levels]))
    return levels


def _read(cache: Cache, key: str) -> list[ReelLevel]:
    return [ReelLevel(**level) for level in json.loads((cache.path(key) / LEVELS).read_text())]
