"""Tracks laid end to end in one file: a CD image, the side of a record."""

from collections.abc import Callable, Sequence
from pathlib import Path

from dsp.dither import int_to_float
from dsp.stream import Stage
from pipeline.audiofile import PcmHash, read_codes
from pipeline.encode import open_encoder
from pipeline.formats import AudioFormat
from pipeline.measure import FileMeters
from pipeline.render import Rendered


def write_joined(
    tracks: Sequence[Rendered],
    frames: int,
    form: AudioFormat,
    path: Path,
    listeners: Callable[[int], Sequence[Stage]] = lambda _: (),
) -> Rendered:
    """Copy the first `frames` of the tracks, integers as they are, into one lossless file.

    `listeners` gives the meters that hear the n-th track, from 0, as it passes.
    """
    meters = FileMeters(form.rate, 2)
    digest = PcmHash(form.render_bits, 2)
    left = frames
    with open_encoder(path, form, 2, frames) as encoder:
        for number, track in enumerate(tracks):
            hearing = [meters, *listeners(number)]
            for codes in read_codes(track.path, form.render_bits):
                kept = codes[:left]
                left -= len(kept)
                encoder.write(kept)
                digest.update(kept)
                audio = int_to_float(kept, form.render_bits)
                for meter in hearing:
                    meter.process(audio)
            for meter in hearing[1:]:
                meter.flush()
    meters.flush()
    return Rendered(path, frames, digest.hexdigest(), meters.reading, meters.block_energy, 0.0, 0)
