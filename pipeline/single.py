"""`deadwax master`: one mix through the same path as an album, into one file."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from dsp.stream import Block
from pipeline import lint
from pipeline.build.cache import Cache
from pipeline.build.masters import levelled
from pipeline.build.mixes import Hashed, read_facts, sources
from pipeline.build.plan import Album, plan_album
from pipeline.build.renders import Rendering, Session, limited
from pipeline.build.request import KINDS
from pipeline.build.run import Advance, Runner, Task, Watcher, Workers
from pipeline.build.trace import Before
from pipeline.encode import wave_container
from pipeline.faults import Fault, Faults
from pipeline.files import file_stamp, sha256_file
from pipeline.formats import LOSSLESS, LOSSY, AudioFormat, parse_format
from pipeline.level import ReelLevel
from pipeline.manifest.load import Manifest, in_own_file
from pipeline.measure import FileMeters, Measure, master_figures, rounded
from pipeline.render import read_rendered, render, under_ceiling
from pipeline.shaped import CHANNELS

FLOAT = "float"
NO_DELIVERY = dict.fromkeys(KINDS, False)
FILE = "single.wav"


@dataclass(frozen=True, slots=True)
class Single:
    """What became of the mix. `chain` is what its stages report."""

    level: ReelLevel
    measure: Measure
    limiting_max_db: float
    frames: int
    rate: int
    chain: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...] = ()


def format_of(text: str, out: Path) -> AudioFormat | None:
    """The format that `--format` names; without it 24 bits, as the file's ending says, at the mix's rate (0).

    None is 32-bit float. Fault when the ending is that of another format.
    """
    ending = out.suffix.lower().removeprefix(".")
    if text == FLOAT:
        form, extension = None, "wav"
    elif text:
        try:
            form = parse_format(text)
        except ValueError as error:
            raise Fault(f"--format: {error}", hint="or float, for 32-bit float") from None
        extension = form.extension
    else:
        codec = next((codec for codec, usual in LOSSLESS.items() if usual == ending), "")
        if ending in LOSSY.values():
            raise Fault(f'"{out.name}" does not say how many kbit/s', hint='write such as --format "mp3 320"')
        if not codec:
            known = ", ".join(f".{each}" for each in sorted({"wav", "flac"}))
            raise Fault(
                f'"{out.name}" does not say which format', hint=f"write --format, or end it in {known}"
            )
        form, extension = AudioFormat(codec, 0, 24), ending
    if ending != extension:
        raise Fault(
            f'"{out.name}" does not end in .{extension}', hint="give the file the ending of its format"
        )
    return form


def master_one(manifest: Manifest, out: Path, wanted: str, watcher: Watcher) -> Single:
    """Master the one mix of `manifest` into `out`, in the format that `wanted` names.

    The file begins and ends with the mix: unlike a track of an album it is not filled up to a CD sector.

    Raises:
        Faults: what the user can put right.
        OSError: the machine is at fault.
    """
    mix = manifest.path(manifest.tracks[0].mix)
    named = [source.path for source in sources(manifest)[1:]] + [manifest.file]
    if out.exists() and any(path.exists() and out.samefile(path) for path in named if path != mix):
        raise Fault("the chain needs this file", place=str(out), hint="name another file")
    if out.exists() and out.samefile(mix):
        raise Fault("the master would take the place of its mix", place=str(out), hint="name another file")
    form = format_of(wanted, out)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".deadwax-") as aside:
        runner = Runner(Cache(Path(aside)), Workers(1), watcher)
        album = _planned(manifest, runner)
        if form and not form.rate:
            form = replace(form, rate=album.timeline.rate)
        found = levelled(album, runner, Before(None, ()))
        level = found.session.levels[0]
        made = _Made(album, found.session, form, Path(aside) / FILE)
        runner.run("rendering", [made.task(runner.cache)])
        made.file.replace(out)
    chain = found.readings[0]["chain"] if found.readings[0] else ()
    notes = tuple(_notes(manifest, level, made))
    return Single(level, made.measure, made.limiting_db, made.frames, made.rate, chain, notes)


def _notes(manifest: Manifest, level: ReelLevel, made: "_Made") -> Iterator[str]:
    """What should be known of a master that could be made."""
    if level.note:
        yield level.note
    if made.lossy and made.measure.true_peak_dbtp > 0.0:
        yield f"over full scale when decoded ({made.measure.true_peak_dbtp:+.1f} dBTP); lower the ceiling"
    yield from (fault.problem for fault in lint.written(manifest))


def _planned(manifest: Manifest, runner: Runner) -> Album:
    try:
        found = sources(manifest)
        stamps = {source.path: file_stamp(source.path) for source in found}
        hashed = Hashed([sha256_file(source.path) for source in found], stamps)
        return plan_album(manifest, read_facts(manifest, hashed, runner), hashed, NO_DELIVERY)
    except Faults as found:
        raise in_own_file(found) from None


class _Made:
    """The one file, and what is known of it once its task has run."""

    def __init__(self, album: Album, session: Session, form: AudioFormat | None, file: Path) -> None:
        self.file = file
        self.rate = form.rate if form else album.timeline.rate
        self._form = form
        self._rendering = _exact(session, form or AudioFormat("wav", self.rate, 24))
        self.frames = self._rendering.spec.segment_frames[0]
        self.lossy = form is not None and not form.lossless

    def task(self, cache: Cache) -> Task:
        each = zip(self._rendering.spec.reels, self._rendering.shaped_keys, strict=True)
        shaped = {reel.shaped: cache.path(key) for reel, key in each}

        def work(folders: Mapping[str, Path], advance: Advance) -> None:
            (folder,) = folders.values()
            if self._form:
                self._render(self._form, shaped, folder, advance)
            else:
                self._write_float(shaped, advance)

        key = self._rendering.key(self._rendering.formats[0])
        return Task(keys=(key,), label=self.file.name, seconds=self._rendering.seconds, work=work)

    def _render(self, form: AudioFormat, shaped: dict[str, Path], folder: Path, advance: Advance) -> None:
        render(self._rendering.spec, shaped, {form: folder}, advance)
        (track,) = read_rendered(folder)
        self.measure, self.limiting_db = track.measure, track.limiting_max_db
        track.path.replace(self.file)

    def _write_float(self, shaped: dict[str, Path], advance: Advance) -> None:
        meters, limiting_db = under_ceiling(self._rendering.spec, shaped, self._floats, advance)
        self.measure, self.limiting_db = meters.reading, limiting_db[0]

    def _floats(self, blocks: Iterator[Block]) -> FileMeters:
        meters = FileMeters(self.rate, CHANNELS)
        container = wave_container(self.frames, CHANNELS, 32)
        with soundfile.SoundFile(self.file, "w", self.rate, CHANNELS, "FLOAT", format=container) as file:
            _without_date(file)
            for block in blocks:
                samples = block.astype(np.float32)
                file.write(samples)
                meters.process(samples.astype(np.float64))
        meters.flush()
        return meters


def _without_date(file: soundfile.SoundFile) -> None:
    """libsndfile puts a PEAK chunk with the time of day into float files unless it is told not to."""
    add_peak_chunk = 0x1050
    soundfile._snd.sf_command(file._file, add_peak_chunk, soundfile._ffi.NULL, 0)


def _exact(session: Session, form: AudioFormat) -> Rendering:
    """The rendering that an album would have of this mix, as long as its sound."""
    (rendering,) = limited(session, [form])
    (reel,) = rendering.spec.reels
    frames = round((reel.stop_frame - reel.first_frame) * form.rate / reel.rate)
    return replace(rendering, spec=replace(rendering.spec, segment_frames=(frames,)))


def single_data(made: Single) -> dict[str, Any]:
    """What `--json` prints: the figures of delivery.json for one track; those of silence are null."""
    return {
        "length_seconds": made.frames / made.rate,
        "frames": made.frames,
        "rate": made.rate,
        "gain_db": rounded(made.level.gain_db),
        "limiting_max_db": rounded(made.limiting_max_db),
        "notes": list(made.notes),
        "chain": list(made.chain),
        "master": master_figures(made.measure),
    }
