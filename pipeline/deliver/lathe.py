"""What a lathe is sensitive to, heard of each track of a side before anything is predicted of its cut."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import soundfile

from dsp.disc import SECTORS_PER_SECOND
from dsp.dither import int_to_float
from dsp.groove import VU_SECTORS, vu_db
from dsp.groove_meter import GrooveMeter
from dsp.lathe import LatheSettings
from dsp.metrics import LowEnd, Sibilance
from dsp.sector_table import SectorTable
from dsp.stream import BLOCK_FRAMES, Block
from pipeline.audiofile import read_codes
from pipeline.formats import AudioFormat
from pipeline.render import Rendered

# What filters of the model still know of the track before, and see of the track behind.
HISTORY_S = 0.5
AHEAD_S = 1 / 75


@dataclass(frozen=True, slots=True)
class Heard:
    """Of one track: its low end, (seconds from its start, dB over the limit) where it is sibilant, and the
    highest reading of a VU meter in dBFS.
    """

    low_correlation: float = 1.0
    low_side_to_mid_db: float = float("-inf")
    sibilance: tuple[tuple[float, float], ...] = ()
    vu_db: float = float("-inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A track as it lies on a side: `frames` of it, then `pause_frames` of silence.

    `before` is the rendering of the track before, `before_frames` of it, and `before_pause_frames` of silence
    behind that; None where the pause is so long that nothing of it is heard any more. `after` is the
    rendering that it runs on into, None where there is a pause.
    """

    track: Rendered
    frames: int
    pause_frames: int = 0
    before: Rendered | None = None
    before_frames: int = 0
    before_pause_frames: int = 0
    after: Rendered | None = None


def listen(
    stretch: Stretch, form: AudioFormat, lathe: LatheSettings, progress: Callable[[float], None]
) -> tuple[Heard, SectorTable]:
    """Hear a track, and what it does to the groove; `progress` is told seconds."""
    low_end, sibilance = LowEnd(form.rate), Sibilance(form.rate)
    groove = GrooveMeter(form.rate, lathe=lathe)
    history = _history(stretch, round(HISTORY_S * form.rate))
    groove.process(history)
    for audio in _first(stretch.track, stretch.frames, form):
        for meter in (low_end, sibilance, groove):
            meter.process(audio)
        progress(len(audio) / form.rate)
    for start in range(0, stretch.pause_frames, BLOCK_FRAMES):
        groove.process(np.zeros((min(BLOCK_FRAMES, stretch.pause_frames - start), 2)))
    if stretch.after:
        for audio in _first(stretch.after, round(AHEAD_S * form.rate), form):
            groove.process(audio)
    for meter in (low_end, sibilance, groove):
        meter.flush()
    low = low_end.reading
    moments = tuple((moment.time_s, moment.excess_db) for moment in sibilance.moments)
    first = len(history) * SECTORS_PER_SECOND // form.rate
    sectors = (stretch.frames + stretch.pause_frames) * SECTORS_PER_SECOND // form.rate
    table = groove.table
    # A meter's 300 ms reach back into the track before.
    loudest_db = vu_db(table.part(max(0, first - VU_SECTORS), first + sectors))
    heard = Heard(low.correlation, low.side_to_mid_db, moments, loudest_db)
    return heard, table.part(first, first + sectors)


def _first(track: Rendered, frames: int, form: AudioFormat) -> Iterator[Block]:
    """The first `frames` of a rendered track."""
    for codes in read_codes(track.path, form.render_bits):
        yield int_to_float(codes[:frames], form.render_bits)
        frames -= len(codes)
        if frames <= 0:
            return


def _history(stretch: Stretch, frames: int) -> Block:
    """The last `frames` before a track, or what there is of them."""
    track, stop = stretch.before, stretch.before_frames
    if track is None:
        return np.empty((0, 2))
    start = max(0, stop - max(0, frames - stretch.before_pause_frames))
    with soundfile.SoundFile(os.fsencode(track.path) if os.name == "posix" else str(track.path)) as file:
        file.seek(start)
        sound = file.read(stop - start, dtype="float64", always_2d=True)
    return np.concatenate([sound, np.zeros((stretch.before_pause_frames, 2))])
