"""Tracks laid end to end in one file: a CD image, the side of a record."""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from dsp.dither import int_to_float
from dsp.loudness import Loudness, LoudnessMeter
from dsp.stream import BLOCK_FRAMES
from dsp.true_peak import GUARD_FRAMES, TruePeakMeter
from pipeline.audiofile import Codes, PcmHash, read_codes
from pipeline.deliver.release import Deliverable, DeliveredFile, audio_row
from pipeline.encode import Encoder, open_encoder
from pipeline.formats import AudioFormat
from pipeline.render import Rendered
from pipeline.wave import Chunk

CHANNELS = 2


@dataclass(frozen=True, slots=True)
class JoinedPart:
    """The first `frames` of track `number`, and `silence_frames` of digital silence behind them.

    A pause that the rendering has, and that is to stay, is left out of `frames` and counted as silence.
    """

    track: Rendered
    frames: int
    silence_frames: int = 0
    number: int = field(kw_only=True)

    @property
    def length_frames(self) -> int:
        return self.frames + self.silence_frames


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedSegment:
    """Where a part came to lie: `frames` from `start_frame` on, the last `silence_frames` of them silent.

    `pcm_sha256` is of those before the silence.
    """

    track: int
    start_frame: int
    frames: int
    silence_frames: int
    pcm_sha256: str


@dataclass(frozen=True, slots=True)
class Joined:
    """What is known of such a file; levels are -inf for silence.

    The segments touch; what is before the first is digital silence.
    """

    frames: int
    pcm_sha256: str
    loudness: Loudness
    true_peak_dbtp: float
    segments: tuple[JoinedSegment, ...]

    @property
    def lufs_i(self) -> float:
        return self.loudness.integrated_lufs


def joined_row(deliverable: Deliverable, form: AudioFormat, joined: Joined, **more: Any) -> DeliveredFile:
    """The row of such a file."""
    return audio_row(
        deliverable,
        form,
        frames=joined.frames,
        pcm_sha256=joined.pcm_sha256,
        lufs_i=joined.lufs_i,
        true_peak_dbtp=joined.true_peak_dbtp,
        segments=tuple(asdict(segment) for segment in joined.segments),
        **more,
    )


def laid_codes(parts: Sequence[JoinedPart], bits: int, leader_frames: int = 0) -> Iterator[Codes]:
    """The same as integers, block by block: (frames, 2) of `bits`."""
    yield from _silence(leader_frames)
    for part in parts:
        left = part.frames
        for codes in read_codes(part.track.path, bits):
            yield codes[:left]
            left -= len(codes[:left])
        yield from _silence(part.silence_frames)


def write_joined(
    parts: Sequence[JoinedPart],
    form: AudioFormat,
    path: Path,
    *,
    leader_frames: int = 0,
    chunks: Sequence[Chunk] = (),
) -> Joined:
    """Copy the parts, integers as they are, into one lossless file, behind a leader of digital silence.

    `chunks` go into the header of a WAV. ValueError when a track has fewer frames than its part asks for.
    """
    frames = leader_frames + sum(part.length_frames for part in parts)
    segments, peak_dbtp = [], -math.inf
    with open_encoder(path, form, CHANNELS, frames, chunks) as encoder:
        tape = _Tape(encoder, form)
        tape.pause(leader_frames)
        for run in _runs(parts):
            meter = TruePeakMeter(form.rate, CHANNELS) if _must_be_measured(run) else None
            segments += [_lay(part, tape, meter) for part in run]
            if meter:
                meter.flush()
            peak_dbtp = max(peak_dbtp, meter.reading_dbtp if meter else run[0].track.measure.true_peak_dbtp)
    return Joined(frames, tape.digest.hexdigest(), tape.loudness, peak_dbtp, tuple(segments))


class _Tape:
    """The file while it is written, its hash and its loudness."""

    def __init__(self, encoder: Encoder, form: AudioFormat) -> None:
        self.digest = PcmHash(form.render_bits, CHANNELS)
        self.form = form
        self.frames = 0
        self._encoder = encoder
        self._meter = LoudnessMeter(form.rate, CHANNELS)

    def write(self, codes: Codes, meter: TruePeakMeter | None = None) -> None:
        self._encoder.write(codes)
        self.digest.update(codes)
        audio = self._meter.process(int_to_float(codes, self.form.render_bits))
        if meter:
            meter.process(audio)
        self.frames += len(codes)

    def pause(self, frames: int, meter: TruePeakMeter | None = None) -> None:
        for codes in _silence(frames):
            self.write(codes, meter)

    @property
    def loudness(self) -> Loudness:
        """Of everything; nothing may be written afterwards."""
        self._meter.flush()
        return self._meter.reading


def _silence(frames: int) -> Iterator[Codes]:
    for start in range(0, frames, BLOCK_FRAMES):
        yield np.zeros((min(frames - start, BLOCK_FRAMES), CHANNELS), np.int32)


def _lay(part: JoinedPart, tape: _Tape, meter: TruePeakMeter | None) -> JoinedSegment:
    start, left = tape.frames, part.frames
    digest = PcmHash(tape.form.render_bits, CHANNELS)
    for codes in read_codes(part.track.path, tape.form.render_bits):
        kept = codes[:left]
        left -= len(kept)
        digest.update(kept)
        tape.write(kept, meter)
    tape.pause(part.silence_frames, meter)
    return JoinedSegment(
        track=part.number,
        start_frame=start,
        frames=part.length_frames,
        silence_frames=part.silence_frames,
        pcm_sha256=digest.hexdigest(),
    )


def _runs(parts: Sequence[JoinedPart]) -> list[list[JoinedPart]]:
    """The parts, parted where silence is between them: there each keeps the true peak that it has alone."""
    runs: list[list[JoinedPart]] = [[]]
    for part in parts:
        runs[-1].append(part)
        if _ends_silent(part):
            runs.append([])
    return [run for run in runs if run]


def _ends_silent(part: JoinedPart) -> bool:
    """Digital silence for as long as interpolation looks back."""
    more = max(0, GUARD_FRAMES - part.silence_frames)
    return part.frames >= more and _is_silent(part.track, part.frames - more, part.frames)


def _must_be_measured(run: Sequence[JoinedPart]) -> bool:
    """Unless it is one track of which nothing but silence is left out, and whose true peak is known."""
    first = run[0]
    return len(run) > 1 or not _is_silent(first.track, first.frames, first.track.frames)


def _is_silent(track: Rendered, start: int, stop: int) -> bool:
    """Whether its frames from `start` up to `stop` are digital silence; those that it has not are."""
    if start >= stop:
        return True
    with soundfile.SoundFile(os.fsencode(track.path) if os.name == "posix" else str(track.path)) as file:
        file.seek(min(start, file.frames))
        blocks = file.blocks(BLOCK_FRAMES, frames=stop - start, dtype="int32")
        return not any(block.any() for block in blocks)
