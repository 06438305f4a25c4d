"""Make an album to be measured with: `python benchmarks/album_generator.py FOLDER [--tracks 10] …`.

Writes FOLDER/album.yaml and FOLDER/mixes/NN.wav: 24-bit stereo, all of one length and none like another,
played by a band of synthesisers. The same numbers give the same bytes. Memory does not grow with the length.
"""

import argparse
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import yaml

from benchmarks.band import Sound, new_song, play

FULL_SCALE_24 = 2**23 - 1
# A WAV file counts its bytes in 32 bits; longer ones are RF64.
WAV_BYTES = 2**32 - 4096
ADJECTIVES = (
    "Slow",
    "Electric",
    "Northern",
    "Borrowed",
    "Paper",
    "Second",
    "Hollow",
    "Copper",
    "Late",
    "Wide",
)
NOUNS = ("Harbour", "Summer", "Machine", "Lantern", "River", "Parade", "Window", "Orbit", "Garden", "Signal")
CHAIN = [
    {
        "eq": [
            {"type": "high_pass", "freq_hz": 30, "slope_db_per_octave": 12},
            {"type": "bell", "freq_hz": 250, "gain_db": -1.5, "q": 1},
            {"type": "bell", "freq_hz": 3000, "gain_db": 1, "q": 0.8},
            {"type": "high_shelf", "freq_hz": 9000, "gain_db": 1},
        ]
    },
    {"glue": {"threshold_db": -18, "ratio": 2, "attack_ms": 10, "release_ms": 120, "knee_db": 6}},
]


def title_of(number: int) -> str:
    """A hundred that differ, for a start."""
    place = number - 1
    title = f"{ADJECTIVES[place % 10]} {NOUNS[(place + place // 10) % 10]}"
    return title if place < 100 else f"{title} {place // 100 + 1}"


def mix_name(number: int) -> str:
    return f"mixes/{number:02d}.wav"


def manifest_data(tracks: int, rate: int) -> dict[str, Any]:
    """What album.yaml says; 24 bits at the rate of the mixes are delivered too."""
    return {
        "deadwax": 1,
        "album": {
            "title": "Measured Steps",
            "artist": "The Yardsticks",
            "date": date(2026, 12, 4),
            "label": "Dead Reckoning",
            "catalog": "DRR-015",
            "upc": "4006381333931",
            "genre": "Rock",
            "language": "zxx",
            "c_line": "2026 Dead Reckoning",
            "p_line": "2026 Dead Reckoning",
        },
        "level": {"target_lufs": -12, "match": "tracks", "ceiling_dbtp": -1},
        "defaults": {
            "chain": CHAIN,
            "limiter": {"release_ms": 100, "lookahead_ms": 3},
            "then": {"gap": 2.0},
        },
        "tracks": [
            {
                "title": title_of(number),
                "mix": mix_name(number),
                "isrc": f"GBAYE26{number:05d}",
                "composer": "A. Name",
            }
            for number in range(1, tracks + 1)
        ],
        "deliver": {"digital": [f"wav 24/{rate / 1000:g}", "wav 16/44.1", "flac 16/44.1", "mp3 320"]},
    }


def write_mix(path: Path, blocks: Iterable[Sound], rate: int, frames: int) -> None:
    """24 bits."""
    kind = "WAV" if frames * 6 < WAV_BYTES else "RF64"
    with soundfile.SoundFile(path, "w", rate, 2, "PCM_24", format=kind) as file:
        for block in blocks:
            file.write(np.rint(block * np.float32(FULL_SCALE_24)).astype(np.int32) << 8)


def write_album(
    folder: Path, tracks: int = 10, minutes: float = 40.0, rate: int = 96_000, seed: int = 1
) -> Path:
    """Mixes and manifest; `minutes` are those of all tracks together. Returns the manifest."""
    (folder / "mixes").mkdir(parents=True, exist_ok=True)
    frames = round(minutes * 60 * rate / tracks)
    for number in range(1, tracks + 1):
        chance = np.random.default_rng([seed, number])
        write_mix(folder / mix_name(number), play(new_song(rate, chance), frames, chance), rate, frames)
    manifest = folder / "album.yaml"
    manifest.write_text(yaml.safe_dump(manifest_data(tracks, rate), allow_unicode=True, sort_keys=False))
    return manifest


def main() -> None:
    parser = argparse.ArgumentParser(description="Make an album to be measured with.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tracks", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=40.0, help="of all tracks together")
    parser.add_argument("--rate", type=int, default=96_000)
    parser.add_argument("--seed", type=int, default=1)
    print(write_album(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
