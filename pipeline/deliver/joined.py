"""Tracks laid end to end in one file: a CD image, the side of a record."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from dsp.dither import int_to_float
from dsp.loudness import LoudnessMeter
from dsp.true_peak import GUARD_FRAMES, TruePeakMeter
from pipeline.audiofile import PcmHash, read_codes
from pipeline.encode import open_encoder
from pipeline.formats import AudioFormat
from pipeline.render import Rendered

CHANNELS = 2


@dataclass(frozen=True, slots=True)
class Joined:
    """What is known of such a file; levels are -inf for silence."""

    frames: int
    pcm_sha256: str
    lufs_i: float
    true_peak_dbtp: float


def write_joined(tracks: Sequence[Rendered], frames: int, form: AudioFormat, path: Path) -> Joined:
    """Copy the first `frames` of the tracks, integers as they are, into one lossless file."""
    digest = PcmHash(form.render_bits, CHANNELS)
    loudness = LoudnessMeter(form.rate, CHANNELS)
    peak_dbtp, left = -math.inf, frames
    with open_encoder(path, form, CHANNELS, frames) as encoder:
        for run in _runs(tracks):
            meter = TruePeakMeter(form.rate, CHANNELS) if len(run) > 1 else None
            for track in run:
                for codes in read_codes(track.path, form.render_bits):
                    kept = codes[:left]
                    left -= len(kept)
                    encoder.write(kept)
                    digest.update(kept)
                    audio = loudness.process(int_to_float(kept, form.render_bits))
                    if meter:
                        meter.process(audio)
            if meter:
                meter.flush()
            peak_dbtp = max(peak_dbtp, meter.reading_dbtp if meter else run[0].measure.true_peak_dbtp)
    loudness.flush()
    return Joined(frames, digest.hexdigest(), loudness.reading.integrated_lufs, peak_dbtp)


def _runs(tracks: Sequence[Rendered]) -> list[list[Rendered]]:
    """The tracks parted where silence is between them: there each keeps the true peak that it has alone."""
    runs: list[list[Rendered]] = [[]]
    for track in tracks:
        runs[-1].append(track)
        if _ends_silent(track):
            runs.append([])
    return [run for run in runs if run]


def _ends_silent(track: Rendered) -> bool:
    """Digital silence for as long as interpolation looks back."""
    with soundfile.SoundFile(os.fsencode(track.path) if os.name == "posix" else str(track.path)) as file:
        file.seek(max(0, track.frames - GUARD_FRAMES))
        return not file.read(dtype="int32").any()
