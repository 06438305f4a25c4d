"""One setting or more of every stage, none of them neutral, for the tests that all of them pass."""

import numpy as np

from dsp.chain_limiter import ChainLimiterSettings
from dsp.deess import DeessSettings
from dsp.dynamics import GlueSettings
from dsp.eq import EqBand
from dsp.gain import OutputSettings
from dsp.linear_eq import LinearEqSettings
from dsp.multiband import BandSettings, MultibandSettings
from dsp.repair import RepairFindings, RepairSettings
from dsp.saturation import ClipSettings, SaturateSettings
from dsp.stages import RepairSpec
from dsp.stereo import StereoSettings
from dsp.tape import TapeSettings
from dsp.tone import matching_curve

BELL = EqBand(type="bell", freq_hz=2800, gain_db=3, q=1.2)
SHELF = EqBand(type="low_shelf", freq_hz=120, gain_db=-4)
ON_SIDE = EqBand(type="high_pass", freq_hz=90, on="side")
DYNAMIC = EqBand(type="bell", freq_hz=3000, gain_db=-6, threshold_db=-30)

BRIGHTER = matching_curve(np.zeros(31), np.linspace(-6, 6, 31), 0.5, 2.0)
FINDINGS = RepairFindings(hum_hz=50.02, hum_harmonics=(1, 2, 3))

EXAMPLES = (
    RepairSpec(RepairSettings(dc=True, declick=True, dehum=True, fade_ends_ms=5), FINDINGS),
    RepairSpec(RepairSettings(declick=True, declick_threshold=6), RepairFindings()),
    BRIGHTER,
    GlueSettings(threshold_db=-30, ratio=3),
    GlueSettings(threshold_db=-30, ratio=3, auto_release=True, on="mid", mix=0.6),
    MultibandSettings(),
    MultibandSettings(
        crossovers_hz=(300.0,), bands=(BandSettings(ratio=3, threshold_db=-40), BandSettings()), mix=0.5
    ),
    DeessSettings(),
    DeessSettings(threshold_db=-50, relative_db=-30, on="side"),
    (BELL, SHELF),
    (BELL, ON_SIDE, DYNAMIC),
    LinearEqSettings(bands=(BELL, SHELF, ON_SIDE)),
    SaturateSettings(drive_db=9),
    SaturateSettings(drive_db=12, even=0.5, mix=0.3),
    TapeSettings(),
    TapeSettings(speed_ips=7.5, drive_db=6, mix=0.5, on="left"),
    ClipSettings(ceiling_db=-6),
    StereoSettings(widths=(0.5, 1.4), crossovers_hz=(400.0,), mono_below_hz=120.0),
    StereoSettings(widths=(0.7,)),
    ChainLimiterSettings(ceiling_dbtp=-9),
    OutputSettings(gain_db=-3),
)
