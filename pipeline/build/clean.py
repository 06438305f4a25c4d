"""`deadwax clean`: the cache without what the last revisions do not need."""

from itertools import islice
from pathlib import Path

from pipeline.build import history
from pipeline.build.cache import Cache
from pipeline.build.opened import store_of
from pipeline.build.request import Options
from pipeline.build.run import Watcher
from pipeline.manifest.load import load


def clean(file: Path, keep: int, options: Options, watcher: Watcher) -> tuple[int, int]:
    """Drop what none of the last `keep` revisions of each release was made from; (freed, left) in bytes."""
    manifest = load(file)
    with store_of(manifest, options, watcher) as store:
        cache = Cache(store / "cache")
        every = [history.revisions(store, release) for release in history.releases(store)]
        known = [revision for own in every for revision in islice(reversed(own), keep)]
        freed = cache.prune({key for revision in known for key in revision["entries"]})
        return freed, cache.size()
