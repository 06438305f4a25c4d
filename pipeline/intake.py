"""What each mix is, and what is wrong with it: one streaming pass over the file."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dsp.clicks import ClickMeter
from dsp.correlation import correlation_of
from dsp.defects import FLOAT_BITS, DefectMeter
from dsp.gain import gain_to_db
from dsp.hum import HumMeter
from dsp.loudness import LoudnessMeter
from dsp.spectrum import Balance, ThirdOctaves
from dsp.stream import Chain
from dsp.true_peak import TruePeakMeter
from pipeline.audio_hash import AudioHash
from pipeline.audiofile import MixInfo, open_mix
from pipeline.faults import Fault
from pipeline.spent import spent, timed

# -60 dBFS. Many recordings have -80, and nobody hears that.
DC_WARNING = 1e-3
SILENCE_WARNING_S = 3.0
MOST_CLICKS = 200
LARGEST = 1e6
# Below this less is left in mono than either channel has.
OUT_OF_PHASE = -0.2
# Clicks this close, in whichever channel, are heard as one.
ONE_CLICK_S = 0.01


@dataclass(frozen=True, slots=True)
class MixFacts:
    """A mix in figures. Loudness of a mono mix is that of the dual mono that it becomes.

    `clicks_s` are the times of the first 200 clicks. Hum of 0 Hz is none. `cut_start` and `cut_end`: it
    does not begin or end near silence. `audio_sha256` is of rate, channels and samples alone: another
    container, other metadata or unused bits leave it as it is.
    """

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
    dc_means: tuple[float, ...]
    correlation: float
    low_correlation: float
    mid_power: tuple[float, ...]
    difference_power: tuple[float, ...]
    clicks_s: tuple[float, ...]
    hum_hz: float
    hum_harmonics: tuple[int, ...]
    hum_dbfs: float
    cut_start: bool
    cut_end: bool
    audio_sha256: str

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    @property
    def plr_db(self) -> float:
        """Peak to loudness ratio; 0 for silence."""
        return self.true_peak_dbtp - self.lufs_i if math.isfinite(self.lufs_i) else 0.0

    @property
    def balance(self) -> Balance:
        """Third octaves."""
        return Balance(np.asarray(self.mid_power), np.asarray(self.difference_power))


class _Meters:
    """Everything that a mix is asked, in one pass."""

    def __init__(self, rate: int, channels: int) -> None:
        self.defects = DefectMeter(channels)
        self.loudness = LoudnessMeter(rate, channels)
        self.true_peak = TruePeakMeter(rate, channels)
        self.thirds = ThirdOctaves(rate, channels)
        self.clicks = ClickMeter(rate, channels)
        self.hum = HumMeter(rate, channels)
        # Behind the first, which refuses what is no number.
        self.rest = Chain([self.loudness, self.true_peak, self.thirds, self.clicks, self.hum])


def examine(path: Path, progress: Callable[[float], None]) -> MixFacts:
    """Measure a mix; Fault when it cannot be mastered from."""
    with open_mix(path) as mix:
        info = mix.info
        meters = _Meters(info.rate, info.channels)
        digest = AudioHash(info.rate, info.channels)
        frames = 0
        for block in timed("decode", mix.blocks()):
            frames += len(block)
            with spent("meters"):
                meters.defects.process(block)
                _refuse_unusable(meters.defects, frames, info.rate)
                meters.rest.process(block)
            with spent("hash"):
                digest.update(block)
            progress(len(block) / info.rate)
        with spent("meters"):
            meters.rest.flush()
            return _facts(info, frames, meters, digest.hexdigest())


def _refuse_unusable(defects: DefectMeter, frames: int, rate: int) -> None:
    """Floats that hold unscaled integers are up to 187 dB over full scale, where no limiter reaches."""
    count = defects.non_finite
    if count:
        raise Fault(
            f"{count} samples are not numbers (NaN or infinity), the first before {frames / rate:.1f} s",
            hint="export the mix again; a plug-in has failed there",
        )
    if defects.sample_peak > LARGEST:
        raise Fault("it is more than 120 dB over full scale", hint="export it again, as floats up to 1.0")


def _facts(info: MixInfo, frames: int, meters: _Meters, audio_sha256: str) -> MixFacts:
    loudness, defects, thirds = meters.loudness.reading, meters.defects.reading, meters.thirds.reading
    hum, sums = meters.hum.reading, meters.loudness.sums
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
        true_peak_dbtp=meters.true_peak.reading_dbtp,
        sample_peak_dbfs=gain_to_db(defects.sample_peak),
        clipped_runs=defects.clipped_runs,
        dc=max(defects.dc, key=abs),
        silence_start_s=defects.sound_start / info.rate,
        silence_end_s=(frames - defects.sound_stop) / info.rate,
        dual_mono=defects.dual_mono,
        inverted=defects.inverted,
        one_sided=defects.one_sided,
        silent=defects.sound_stop == 0,
        crest_db=gain_to_db(defects.sample_peak / sums.rms) if sums.rms else 0.0,
        dc_means=defects.dc,
        correlation=correlation_of(sums, info.rate).overall,
        low_correlation=meters.thirds.low_end.correlation,
        mid_power=tuple(thirds.mid.tolist()),
        difference_power=tuple(thirds.difference.tolist()),
        clicks_s=_times([click.time_s for click in meters.clicks.reading])[:MOST_CLICKS],
        hum_hz=hum.hz,
        hum_harmonics=hum.harmonics,
        hum_dbfs=max(hum.levels_dbfs, default=-math.inf),
        cut_start=defects.cut_start,
        cut_end=defects.cut_end,
        audio_sha256=audio_sha256,
    )


def _times(clicks_s: Sequence[float]) -> tuple[float, ...]:
    """When clicks are heard, in order."""
    heard: list[float] = []
    for at_s in sorted(clicks_s):
        if not heard or at_s - heard[-1] > ONE_CLICK_S:
            heard.append(at_s)
    return tuple(heard)


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
        found.append(f"DC offset of {gain_to_db(abs(facts.dc)):.0f} dBFS; repair: {{dc: yes}} takes it out")
    if not facts.silent and max(facts.silence_start_s, facts.silence_end_s) > SILENCE_WARNING_S:
        found.append(
            f"silence of {facts.silence_start_s:.1f} s before and {facts.silence_end_s:.1f} s behind; trim it"
        )
    found += _repairs(facts)
    if facts.one_sided:
        found.append("one channel is silent")
    if not facts.inverted and min(facts.correlation, facts.low_correlation) < OUT_OF_PHASE:
        found.append(
            f"left and right are out of phase (correlation {facts.correlation:.1f}, below 150 Hz "
            f"{facts.low_correlation:.1f}): it thins out in mono, and a lathe cannot cut such bass"
        )
    if facts.inverted:
        found.append("one channel is the other upside down: it vanishes in mono")
    if facts.dual_mono:
        found.append("both channels are the same: a mono mix in a stereo file")
    return found


def _repairs(facts: MixFacts) -> list[str]:
    """What the repair stage can put right."""
    found = []
    if facts.clicks_s:
        first = ", ".join(f"{at_s:.2f} s" for at_s in facts.clicks_s[:3])
        more = ", …" * (len(facts.clicks_s) > 3)
        count = _several(len(facts.clicks_s), "click") + " or more" * (len(facts.clicks_s) == MOST_CLICKS)
        found.append(f"what sounds like {count}, at {first}{more}; listen: repair: {{declick: yes}} fills in")
    if facts.hum_hz:
        found.append(
            f"hum of {facts.hum_hz:.2f} Hz and harmonics, up to {facts.hum_dbfs:.0f} dBFS; "
            "repair: {dehum: yes} takes it out"
        )
    where = " and ".join(["start"] * facts.cut_start + ["end"] * facts.cut_end)
    if where:
        found.append(f"cut off at its {where}; repair: {{fade_ends_ms: 10}} or a fade makes that silent")
    return found


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}"


def word_length(facts: MixFacts) -> str:
    """`24`, `16 in 24`, `32 float`: the word as filed, and what of it is used."""
    if facts.is_float:
        return f"{facts.bits} float" + ("" if facts.word_bits == FLOAT_BITS else f" ({facts.word_bits})")
    return f"{facts.word_bits} in {facts.bits}" if facts.word_bits < facts.bits else str(facts.bits)
