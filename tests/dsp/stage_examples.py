"""One setting or more of every stage, none of them neutral, for the tests that all of them pass."""

from dsp.dynamics import GlueSettings
from dsp.eq import EqBand
from dsp.gain import OutputSettings
from dsp.saturation import ClipSettings, SaturateSettings

BELL = EqBand(type="bell", freq_hz=2800, gain_db=3, q=1.2)
SHELF = EqBand(type="low_shelf", freq_hz=120, gain_db=-4)

EXAMPLES = (
    GlueSettings(threshold_db=-30, ratio=3),
    (BELL, SHELF),
    SaturateSettings(drive_db=9),
    ClipSettings(ceiling_db=-6),
    OutputSettings(gain_db=-3),
)
