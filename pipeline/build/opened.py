"""An album opened for work: manifest read, mixes known, marks laid, the last revision at hand."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.approvals import Approval, kept, read_approvals
from pipeline.build import history
from pipeline.build.cache import Cache
from pipeline.build.history import Records, Revision
from pipeline.build.lock import locked
from pipeline.build.mixes import read_facts, source_hashes, sources
from pipeline.build.plan import Album, album_cover, plan_album, wanted_kinds
from pipeline.build.publish import recover
from pipeline.build.request import KINDS, STORE, Options, approvals_name, output_of
from pipeline.build.run import Runner, Watcher, Workers
from pipeline.build.sound import is_sound
from pipeline.build.trace import Before
from pipeline.deliver.cover import Cover
from pipeline.faults import Fault, Faults
from pipeline.identity import same_song
from pipeline.listing import LISTING, read_listing
from pipeline.manifest.load import Manifest
from pipeline.resolve import plugin_files

Fallen = tuple[tuple[Mapping[str, Any], Approval], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Everything that a build, a plan and a diff begin with.

    `known` are all revisions, `last` the one that stands in `output`, None where nothing does; `before` is
    what reasons are told from: that, or the last of all.
    """

    manifest: Manifest
    options: Options
    output: Path
    store: Path
    runner: Runner
    wanted: Mapping[str, bool]
    album: Album
    hashes: tuple[str, ...]
    cover: Cover | None
    known: Records
    last: Revision | None
    before: Before
    approvals: tuple[Approval, ...]

    @property
    def cache(self) -> Cache:
        return self.runner.cache

    def fallen(self, tracks: Sequence[Revision]) -> tuple[tuple[Approval, ...], Fallen]:
        """The approvals that go on, and those that the audio has outlived; `tracks` as deliveries have them.

        They are read again: mastering takes its time, and somebody may have written in the file meanwhile.
        """
        given = read_approvals(self.manifest.folder, approvals_name(self.manifest.file))
        was = {track["number"]: self.before.track(track["number"]) for track in tracks} if self.last else {}
        return kept(given, tracks, {number: each["audio"] for number, each in was.items() if each})

    @property
    def hold(self) -> bool:
        """Whether gains stay those of the last delivery, and what tone is moved toward."""
        return holds(self.manifest, self.options)


def holds(manifest: Manifest, options: Options) -> bool:
    """Whether only what is revised may move."""
    return options.keep_gains or manifest.level.freeze


@contextmanager
def store_of(manifest: Manifest, options: Options, watcher: Watcher) -> Iterator[Path]:
    """The album's `.deadwax`, under its lock; what a killed build left behind is put right first."""
    store = manifest.folder / STORE
    store.mkdir(exist_ok=True)
    with locked(store, watcher, wait=options.wait):
        recover(store, output_of(manifest.file, options))
        Cache(store / "cache").sweep()
        yield store


def open_album(
    manifest: Manifest,
    store: Path,
    options: Options,
    watcher: Watcher,
    *,
    dry: bool = False,
    sides_alone: bool = False,
    workers: Workers | None = None,
) -> Opened:
    """Examine what is not known of the mixes, and lay the album; when `dry`, the runner will run nothing.

    `workers` are threads of our own where they are not given.
    `sides_alone`: nothing but the sides of a record is looked at, of whatever length, delivered or not.

    Raises:
        Faults: what the user can put right.
    """
    output = output_of(manifest.file, options)
    wanted = {kind: kind == "vinyl" for kind in KINDS} if sides_alone else wanted_kinds(manifest, options)
    hashed = source_hashes(manifest, store, jobs=options.jobs, rehash=options.rehash)
    runner = Runner(Cache(store / "cache", read_only=dry), workers or Workers(options.jobs), watcher)
    facts = read_facts(manifest, hashed, runner)
    known = history.revisions(store, history.release_of(manifest.file))
    name = history.output_name(output, manifest.folder)
    last = _standing(output, known.last_at(name))
    if not sides_alone:
        _refuse_other(manifest, store, name, last, songs_of(manifest, hashed.sha256))
    revision = last or known.last()
    album = plan_album(
        manifest,
        facts,
        hashed,
        wanted,
        _spectrum_db(revision) if holds(manifest, options) else None,
        any_length=sides_alone,
    )
    runner.dry = dry
    return Opened(
        manifest=manifest,
        options=options,
        output=output,
        store=store,
        runner=runner,
        wanted=wanted,
        album=album,
        hashes=tuple(hashed.sha256),
        cover=album_cover(manifest),
        known=known,
        last=last,
        before=Before(revision, songs_of(manifest, hashed.sha256)),
        approvals=read_approvals(manifest.folder, approvals_name(manifest.file)),
    )


def _spectrum_db(revision: Revision | None) -> list[float] | None:
    levels_db = (revision or {}).get("spectrum_db")
    return [-math.inf if level_db is None else level_db for level_db in levels_db] if levels_db else None


def songs_of(manifest: Manifest, hashes: Sequence[str]) -> list[dict[str, Any]]:
    """The tracks as far as telling songs apart goes; `hashes` are of the mixes, at least."""
    return [
        {
            "number": piece.number,
            "title": piece.title,
            "isrc": piece.isrc,
            "mix": {"path": manifest.tracks[piece.mix].mix, "sha256": hashes[piece.mix]},
        }
        for piece in manifest.pieces
    ]


def _refuse_other(
    manifest: Manifest, store: Path, name: str, last: Revision | None, songs: Sequence[Revision]
) -> None:
    """Fault when another release stands in the output folder, of a manifest beside ours or from elsewhere."""
    if last is None or not (manifest.folder / name / LISTING).is_file():
        return
    hint = "choose another --output, or move it away"
    for other in history.releases(store):
        if other != history.release_of(manifest.file):
            theirs = history.revisions(store, other).last_at(name)
            if theirs and theirs["revision"] == last["revision"] and not last["traces"]:
                problem = f"{name} holds the delivery of {other or history.USUAL}.yaml"
                raise Fault(problem, place=str(manifest.file), hint=hint)
    if last["traces"] or any(same_song(was, now) for was in last["tracks"] for now in songs):
        return
    album = read_listing(manifest.folder / name)["album"]
    if (album.get("title"), album.get("artist")) != (manifest.album.title, manifest.album.artist):
        problem = f'{name} holds another release: "{album.get("title")}" by {album.get("artist")}'
        raise Fault(problem, place=str(manifest.file), hint=hint)


def _standing(output: Path, recorded: Revision | None) -> Revision | None:
    """The revision in the output folder; what that says itself where its record is lost."""
    return _adopted(output, newer_than=recorded["revision"] if recorded else 0) or recorded


def _adopted(output: Path, newer_than: int) -> Revision | None:
    """A delivery that there is no record of, as far as it tells itself what it was made from."""
    try:
        listing = read_listing(output)
        if int(listing["revision"]) <= newer_than:
            return None
        tracks = [{"audio": {}} | track for track in listing["tracks"]]
        found = {
            "revision": int(listing["revision"]),
            "outputs": [],
            "tracks": tracks,
            "files": [
                {"version": None, "key": "", "inputs": {}, "notes": []} | row for row in listing["files"]
            ],
            "traces": [],
            "gains": [
                {"tracks": [track["number"]], "gain_db": track["gain_db"], "offset_lu": None}
                for track in tracks
            ],
            "entries": [],
            "published": "",
            "deadwax": "",
            **({"discs": listing["discs"]} if "discs" in listing else {}),
        }
    except (Fault, Faults, KeyError, TypeError, ValueError, OverflowError):
        return None
    return found if is_sound(found) else None


def inputs_of(manifest: Manifest) -> list[Path]:
    """Every file that a delivery is made from, but the manifest."""
    paths = [source.path for source in sources(manifest)]
    paths += [manifest.path(manifest.album.artwork)] if manifest.album.artwork else []
    return [*paths, *plugin_files(manifest)]
