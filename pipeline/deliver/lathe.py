"""What a lathe is sensitive to, heard of each track of a side before the note is written."""

from collections.abc import Callable
from dataclasses import dataclass

from dsp.dither import int_to_float
from dsp.metrics import LowEnd, Sibilance
from pipeline.audiofile import read_codes
from pipeline.formats import AudioFormat
from pipeline.render import Rendered


@dataclass(frozen=True, slots=True)
class Heard:
    """Of one track: its low end, and (seconds from its start, dB over the limit) where it is sibilant."""

    low_correlation: float = 1.0
    low_side_to_mid_db: float = float("-inf")
    sibilance: tuple[tuple[float, float], ...] = ()


def listen(track: Rendered, frames: int, form: AudioFormat, progress: Callable[[float], None]) -> Heard:
    """Hear the first `frames` of a rendered track; `progress` is told seconds."""
    low_end, sibilance = LowEnd(form.rate), Sibilance(form.rate)
    left = frames
    for codes in read_codes(track.path, form.render_bits):
        audio = int_to_float(codes[:left], form.render_bits)
        left -= len(audio)
        for meter in (low_end, sibilance):
            meter.process(audio)
        progress(len(audio) / form.rate)
    for meter in (low_end, sibilance):
        meter.flush()
    low = low_end.reading
    moments = tuple((moment.time_s, moment.excess_db) for moment in sibilance.moments)
    return Heard(low.correlation, low.side_to_mid_db, moments)
