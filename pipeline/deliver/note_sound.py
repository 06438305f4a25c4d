"""The sound report of a cutting note: figures of the tracks, and what a cutter would stop at."""

import math

from pipeline.deliver.note_facts import NoteSide, NoteTrack
from pipeline.deliver.note_words import placed, plain, signed

# Where plants stop: pressingbusiness.co and gmrecords.eu (true peak), gmrecords.eu and discwizards
# (loudness), gmrecords.eu and wolfpack (phase of the bass).
TRUE_PEAK_MOST_DBTP = 0.0
LOUD_LUFS = -10.0
CORRELATION_LEAST = 0.0
# Of a mono mix nothing but the dither differs between the channels.
MONO_DB = -80.0
# As many as an engineer would look for on one side.
MOMENTS_MOST = 8
LOW_END = "correlation", "side_to_mid"


def sound(track: NoteTrack) -> dict[str, str]:
    """The figures of a track, as texts; silence has none."""
    low = _low_end(track) if math.isfinite(track.true_peak_dbtp) else dict.fromkeys(LOW_END, "–")
    return {
        "position": track.position,
        "lufs_i": signed(track.lufs_i),
        "lufs_s_max": signed(track.lufs_s_max),
        "true_peak": signed(track.true_peak_dbtp),
        "plr": plain(track.plr_db if math.isfinite(track.lufs_i) else math.nan),
        "crest": plain(track.crest_db if math.isfinite(track.true_peak_dbtp) else math.nan),
    } | low


def _low_end(track: NoteTrack) -> dict[str, str]:
    side_to_mid = "mono" if track.low_side_to_mid_db < MONO_DB else signed(track.low_side_to_mid_db)
    return dict(zip(LOW_END, (signed(track.low_correlation, 2), side_to_mid), strict=True))


def flags(track: NoteTrack) -> list[str]:
    """What a cutter would stop at."""
    found = []
    if track.true_peak_dbtp > TRUE_PEAK_MOST_DBTP:
        found.append(f"true peak {signed(track.true_peak_dbtp)} dBTP, over {TRUE_PEAK_MOST_DBTP:.1f}")
    if track.lufs_i > LOUD_LUFS:
        found.append(f"{signed(track.lufs_i)} LUFS is very loud for a record")
    if round(track.low_correlation, 2) < CORRELATION_LEAST:
        found.append(
            f"very wide or out of phase below 150 Hz (correlation {signed(track.low_correlation, 2)})"
        )
    return [f"{track.position}: {text}" for text in found]


def sibilance(side: NoteSide) -> list[dict[str, str]]:
    """The strongest moments of the side, in the order of time."""
    moments = [(*moment, track) for track in side.tracks for moment in track.sibilance]
    strongest = sorted(moments, key=lambda moment: -moment[1])[:MOMENTS_MOST]
    return [
        {
            "at": placed(time_s, track.position, time_s - track.start_s),
            "excess": f"{signed(excess_db)} dB",
        }
        for time_s, excess_db, track in sorted(strongest, key=lambda moment: moment[0])
    ]
