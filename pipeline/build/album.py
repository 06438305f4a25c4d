"""The main job: from a manifest to a published delivery, re-doing only what has changed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline import lint
from pipeline.build import masters, renders
from pipeline.build.cache import Cache
from pipeline.build.mixes import read_facts, source_hashes, sources
from pipeline.build.plan import Album, album_cover, plan_album, wanted_kinds
from pipeline.build.publish import recover, refuse_foreign, refuse_to_drop, staging
from pipeline.build.request import STORE, Options, is_done, output_of, published_book, request_key, stamps
from pipeline.build.run import Runner, Task, Watcher
from pipeline.deliver.cd import CD_FORMAT, deliver_cd
from pipeline.deliver.cover import Cover
from pipeline.deliver.digital import deliver_digital
from pipeline.deliver.paperwork import revision_after, write_paperwork
from pipeline.deliver.release import DeliveredFile, Release
from pipeline.deliver.sides import Side
from pipeline.deliver.vinyl import PEAK_MAX_DBTP, deliver_vinyl
from pipeline.faults import Faults
from pipeline.formats import AudioFormat
from pipeline.level import unlimited_peak_dbtp
from pipeline.listing import audio_seconds, read_listing
from pipeline.manifest.load import Manifest, load
from pipeline.remarks import remarks
from pipeline.resolve import plugin_files
from pipeline.verify import quick_faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a build ended: what was published where, which tasks ran, how many were up to date."""

    output: Path
    release: Release
    ran: tuple[Task, ...]
    kept: int
    warnings: tuple[str, ...]


def build(file: Path, options: Options, watcher: Watcher) -> Outcome | None:
    """Build and publish one album; None when another build did just that while this one waited.

    Raises:
        Faults: what the user can put right, all of it; the last delivery is as it was.
        OSError: the machine is at fault.
    """
    manifest = load(file)
    output = output_of(file, options)
    refuse_foreign(output)
    store = manifest.folder / STORE
    store.mkdir(exist_ok=True)
    with _locked(store / "lock", watcher):
        recover(output)
        if is_done(file, options):
            return None
        return _build(manifest, output, store, options, watcher)


@contextmanager
def _locked(file: Path, watcher: Watcher) -> Iterator[None]:
    """Holds the album's lock; waits, and says so, while another build has it."""
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        watcher.stage("waiting for another build of this album", 0.0)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _build(manifest: Manifest, output: Path, store: Path, options: Options, watcher: Watcher) -> Outcome:
    wanted = wanted_kinds(manifest, options)
    if options.only:
        refuse_to_drop(output, wanted)
    request = request_key(manifest.file, options)
    inputs = stamps(_inputs(manifest))
    hashes = source_hashes(manifest, store)
    cache = Cache(store / "cache")
    cache.sweep()
    runner = Runner(cache, options.jobs, watcher)
    facts = read_facts(manifest, hashes, runner)
    album = plan_album(manifest, facts, hashes, wanted)
    cover = album_cover(manifest)
    release = _produce(album, wanted, cover, runner)
    with staging(output) as folder:
        watcher.stage("delivering", 0.0)
        files, notes = _deliver(release, album.sides, wanted, folder)
        write_paperwork(release, files, revision_after(output, release), folder)
        _check(folder, watcher)
        grumbles = lint.mastered(manifest, read_listing(folder)["tracks"])
    published_book(manifest.file).record(output, request, inputs)
    return Outcome(
        output=output,
        release=release,
        ran=tuple(runner.ran),
        kept=runner.kept,
        warnings=(*_warnings(release, cover), *notes, *map(str, grumbles)),
    )


def _inputs(manifest: Manifest) -> list[Path]:
    paths = [source.path for source in sources(manifest)]
    paths += [manifest.path(manifest.album.artwork)] if manifest.album.artwork else []
    return [*paths, *plugin_files(manifest)]


def _produce(album: Album, wanted: Mapping[str, bool], cover: Cover | None, runner: Runner) -> Release:
    """Master, level and render."""
    session, readings, envelopes = masters.levelled(album, runner)
    levels = session.levels
    limited = renders.limited(session, _formats(album.manifest, wanted))
    side_form = AudioFormat("wav", album.timeline.rate, bits=24)
    vinyl_gain_db, for_vinyl = 0.0, []
    if wanted["vinyl"] and album.manifest.vinyl.limiter:
        for_vinyl = renders.limited(session, [side_form])
    elif wanted["vinyl"]:
        peaks = [unlimited_peak_dbtp(island, levels, envelopes) for island in album.timeline.islands]
        vinyl_gain_db = min(0.0, PEAK_MAX_DBTP - max(peaks))
        for_vinyl = renders.unlimited(session, side_form, vinyl_gain_db)
    runner.run("rendering", [renders.task(each, runner.cache, "") for each in (*limited, *for_vinyl)])
    return Release(
        manifest=album.manifest,
        facts=album.facts,
        mix_hashes=album.hashes,
        reels=album.reels,
        levels=tuple(levels),
        readings=readings,
        timeline=album.timeline,
        limited=renders.rendered_tracks(limited, runner.cache),
        unlimited=renders.rendered_tracks(for_vinyl, runner.cache).get(side_form, ()),
        vinyl_gain_db=vinyl_gain_db,
        cover=cover.data if cover else None,
    )


def _formats(manifest: Manifest, wanted: Mapping[str, bool]) -> list[AudioFormat]:
    return [CD_FORMAT] * wanted["cd"] + list(manifest.deliver.digital) * wanted["digital"]


def _deliver(
    release: Release, sides: Sequence[Side], wanted: Mapping[str, bool], folder: Path
) -> tuple[list[DeliveredFile], tuple[str, ...]]:
    """Everything but the paperwork; returns its files, and what should be known of them."""
    files = deliver_cd(release, folder) if wanted["cd"] else []
    warnings: tuple[str, ...] = ()
    if wanted["digital"]:
        files += deliver_digital(release, release.manifest.deliver.digital, folder)
    if wanted["vinyl"]:
        vinyl, warnings = deliver_vinyl(release, sides, folder)
        files += vinyl
    return files, warnings


def _check(folder: Path, watcher: Watcher) -> None:
    """The quick proof that ends a build: every file read back."""
    watcher.stage("verifying", audio_seconds(read_listing(folder)))
    faults = quick_faults(folder, watcher.advanced)
    if faults:
        raise Faults(faults)


def _warnings(release: Release, cover: Cover | None) -> tuple[str, ...]:
    """What went well enough to deliver and should still be known."""
    count = sum(len(remarks(release.manifest, mix, facts)) for mix, facts in enumerate(release.facts))
    plural = "s" if count > 1 else ""
    found = [f"{count} remark{plural} on the mixes: deadwax check says more"] if count else []
    mixes = [(piece.number, release.facts[piece.mix]) for piece in release.pieces]
    found += [
        f"track {number}: made from a lossy mix ({facts.codec}); ask for the real one"
        for number, facts in mixes
        if facts.lossy
    ]
    for number, level in enumerate(release.levels):
        if level.note:
            found.append(f"track {release.reels[number].first_track}: {level.note}")
    for form, tracks in release.limited.items():
        hot = [
            n for n, track in enumerate(tracks, 1) if not form.lossless and track.measure.true_peak_dbtp > 0.0
        ]
        if hot:
            found.append(
                f"{form}: over full scale when decoded (track {', '.join(map(str, hot))}); lower ceiling_dbtp"
            )
        clipped = [n for n, track in enumerate(tracks, 1) if track.clipped_samples]
        if clipped:
            found.append(f"{form}: samples clipped (track {', '.join(map(str, clipped))}); use the limiter")
    return (*found, *(cover.warnings if cover else ()))
