"""What each mix is, and what is wrong with it: one streaming pass over the file."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dsp.defects import FLOAT_BITS, DefectMeter, Defects
from dsp.gain import gain_to_db
from dsp.loudness import Loudness, LoudnessMeter
from dsp.metrics import Crest
from dsp.stream import Chain
from dsp.true_peak import TruePeakMeter
from pipeline.audiofile import MixInfo, open_mix
from pipeline.faults import Fault

# -60 dBFS. Many recordings have -80, and nobody hears that.
DC_WARNING = 1e-3
SILENCE_WARNING_S = 3.0


@dataclass(frozen=True, slots=True)
class MixFacts:
    """A mix in figures. Loudness of a mono mix is that of the dual mono that it becomes."""

    container: str
    codec: str
    rate: int
    bits: int
    is_float: bool
    word_bits: int
    channels: int
    frames: int
    lossy: bool
    lufs_i: float
    lufs_s_max: float
    lra_lu: float
    true_peak_dbtp: float
    sample_peak_dbfs: float
    clipped_runs: int
    dc: float
    silence_start_s: float
    silence_end_s: float
    dual_mono: bool
    inverted: bool
    one_sided: bool
    silent: bool
    crest_db: float

    @property
    def seconds(self) -> float:
        return self.frames / self.rate


def examine(path: Path, progress: Callable[[float], None]) -> MixFacts:
    """Measure a mix; Fault when it cannot be mastered from."""
    with open_mix(path) as mix:
        info = mix.info
        loudness = LoudnessMeter(info.rate, info.channels)
        true_peak = TruePeakMeter(info.rate, info.channels)
        defects, crest = DefectMeter(info.channels), Crest(info.channels)
        meters = Chain([defects, loudness, true_peak, crest])
        frames = 0
        for block in mix.blocks():
            frames += len(block)
            meters.process(block)
            _refuse_non_finite(defects, frames, info.rate)
            progress(len(block) / info.rate)
        meters.flush()
    return _facts(info, frames, loudness.reading, true_peak.reading_dbtp, defects.reading, crest.reading_db)


def _refuse_non_finite(defects: DefectMeter, frames: int, rate: int) -> None:
    count = defects.non_finite
    if count:
        raise Fault(
            f"{count} samples are not numbers (NaN or infinity), the first before {frames / rate:.1f} s",
            hint="export the mix again; a plug-in has failed there",
        )


def _facts(
    info: MixInfo,
    frames: int,
    loudness: Loudness,
    true_peak_dbtp: float,
    defects: Defects,
    crest_db: float,
) -> MixFacts:
    # A mono file counts one channel; mastered as dual mono it is 3 dB louder.
    dual_mono_lu = 10.0 * math.log10(2.0) if info.channels == 1 else 0.0
    return MixFacts(
        container=info.container,
        codec=info.codec,
        rate=info.rate,
        bits=info.bits,
        is_float=info.is_float,
        word_bits=defects.word_bits,
        channels=info.channels,
        frames=frames,
        lossy=info.lossy,
        lufs_i=loudness.integrated_lufs + dual_mono_lu,
        lufs_s_max=loudness.short_term_max_lufs + dual_mono_lu,
        lra_lu=loudness.range_lu,
        true_peak_dbtp=true_peak_dbtp,
        sample_peak_dbfs=gain_to_db(defects.sample_peak),
        clipped_runs=defects.clipped_runs,
        dc=max(defects.dc, key=abs),
        silence_start_s=defects.sound_start / info.rate,
        silence_end_s=(frames - defects.sound_stop) / info.rate,
        dual_mono=defects.dual_mono,
        inverted=defects.inverted,
        one_sided=defects.one_sided,
        silent=defects.sound_stop == 0,
        crest_db=crest_db,
    )


def warnings(facts: MixFacts) -> list[str]:
    """What is legal but unwise, in an engineer's words."""
    found = []
    if facts.lossy:
        found.append(f"{facts.codec} is a lossy format: no master should come from it; ask for the real mix")
    if facts.silent:
        found.append("silent: nothing in it is above -80 dBFS")
    if facts.clipped_runs:
        found.append(f"clipped in {facts.clipped_runs} places (three or more equal samples at the top)")
    if facts.true_peak_dbtp > 0.0:
        found.append(
            f"true peak {facts.true_peak_dbtp:+.1f} dBTP: the mix is over full scale between samples"
        )
    if not (facts.is_float or facts.silent) and facts.word_bits <= 16 < facts.bits:
        found.append(f"{facts.bits}-bit file, but only {facts.word_bits} bits are used: padded on the way")
    if abs(facts.dc) > DC_WARNING:
        found.append(f"DC offset of {gain_to_db(abs(facts.dc)):.0f} dBFS")
    if not facts.silent and max(facts.silence_start_s, facts.silence_end_s) > SILENCE_WARNING_S:
        found.append(
            f"silence of {facts.silence_start_s:.1f} s before and {facts.silence_end_s:.1f} s behind; trim it"
        )
    if facts.one_sided:
        found.append("one channel is silent")
    if facts.inverted:
        found.append("one channel is the other upside down: it vanishes in mono")
    if facts.dual_mono:
        found.append("both channels are the same: a mono mix in a stereo file")
    return found


def word_length(facts: MixFacts) -> str:
    """`24`, `16 in 24`, `32 float`: the word as filed, and what of it is used."""
    if facts.is_float:
        return f"{facts.bits} float" + ("" if facts.word_bits == FLOAT_BITS else f" ({facts.word_bits})")
    return f"{facts.word_bits} in {facts.bits}" if facts.word_bits < facts.bits else str(facts.bits)
