"""The ceiling is held by the delivered integers themselves: every rate, every word length, every dither."""

import numpy as np
import pytest
import soundfile

from benchmarks.bars.analysis import ideal_true_peak, to_db
from benchmarks.bars.limiter import dense_mix
from tests.albums import write_mix
from tests.end_to_end import deadwax

CEILING_DBTP = -1.0
OVER_DB = 0.01
RATES = ("44.1", "48", "88.2", "96", "176.4", "192")
FORMATS = [f"wav {bits}/{rate}" for bits in (16, 24) for rate in RATES]
MANIFEST = """\
album: {{title: Dense, artist: A}}
session: {{dither: {dither}}}
level: {{match: off, ceiling_dbtp: {ceiling}}}
tracks:
  - mix: mix.wav
    chain: [output: {{gain_db: 12}}, clip: {{ceiling_db: -1}}, output: {{gain_db: {behind}}}]
deliver: {{digital: [{formats}], allow_upsampling: yes}}
"""


def worst_over_db(folder):
    files = sorted(folder.rglob("*.wav"))
    assert files
    audio = (soundfile.read(file, always_2d=True)[0] for file in files)
    return max(to_db(ideal_true_peak(each)) for each in audio) - CEILING_DBTP


def delivered(folder, mix, formats, dither="shaped_light", behind=0):
    write_mix(folder / "mix.wav", mix, 96_000)
    text = MANIFEST.format(dither=dither, ceiling=CEILING_DBTP, formats=", ".join(formats), behind=behind)
    (folder / "album.yaml").write_text(text)
    result = deadwax("build", folder / "album.yaml")
    assert result.exit_code == 0, result.stderr
    return folder / "delivery"


def test_a_dense_mix_driven_12_db_into_clip_and_limiter_is_under_it_at_every_rate(tmp_path):
    assert worst_over_db(delivered(tmp_path, dense_mix(96_000, 4.0), FORMATS)) <= OVER_DB


@pytest.mark.parametrize("dither", ["shaped_light", "shaped", "tpdf", "none"])
def test_so_is_white_noise_with_every_dither(tmp_path, dither):
    noise = 0.1 * np.random.default_rng(4).standard_normal((96_000 * 2, 2))
    delivery = delivered(tmp_path, noise, ["wav 16/44.1", "wav 24/96", "wav 16/192"], dither, behind=6)
    assert worst_over_db(delivery) <= OVER_DB
