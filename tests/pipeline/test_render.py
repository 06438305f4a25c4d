"""Pass 2: what is in the files, compared with arithmetic on the shaped audio."""

import json

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from benchmarks.bars.analysis import ideal_true_peak, to_db
from dsp.limiter import LimiterSettings
from pipeline import shaped as shaped_files
from pipeline.build.run import Stopped
from pipeline.formats import AudioFormat, parse_format
from pipeline.level import CEILING_RESERVE_DB
from pipeline.reels import Fade
from pipeline.render import MEASURES, add_up, read_rendered, render, under_ceiling
from pipeline.second_opinion import SecondTruePeak
from pipeline.timeline import sector_frames
from tests.albums import (
    codes_of,
    music,
    noise,
    on_grid,
    reel_render,
    render_spec,
    rendered,
    write_mix,
    write_shaped,
)
from tests.end_to_end import done, listing

SECTOR = 588
CD, HI_RES = parse_format("wav 16/44.1"), parse_format("wav 24/96")
WAV_24 = parse_format("wav 24/44.1")
LSB_24 = 2.0**-23


def codes(folder, form):
    """Every track of an island, one after the other."""
    paths = sorted(folder.glob(f"*.{form.extension}"))
    return np.concatenate([codes_of(path, form.render_bits) for path in paths])


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """Shaped reels by name: a song at 96 kHz, the rest at 44.1 kHz; `exact` is on the grid of 16 bits."""
    folder = tmp_path_factory.mktemp("shaped")
    return {
        "song": write_shaped(folder / "song", music(6.0, 96_000), 96_000),
        "first": write_shaped(folder / "first", noise(3.0, peak=0.3, seed=1)),
        "second": write_shaped(folder / "second", noise(2.5, peak=0.3, seed=2)),
        "loud": write_shaped(folder / "loud", music(4.0, crest=1.5) * 1.6),
        "exact": write_shaped(folder / "exact", on_grid(noise(1.0, peak=1.0), 16)),
    }


# --- sums of streams


@st.composite
def streams(draw):
    """Up to four streams: a start, whole numbers, and where they are cut into blocks."""
    found = []
    for seed in range(draw(st.integers(0, 4))):
        frames = draw(st.one_of(st.integers(0, 5_000), st.integers(30_000, 80_000)))
        audio = np.random.default_rng(seed).integers(-9, 9, (frames, 2)).astype(np.float64)
        cuts = sorted(draw(st.lists(st.integers(0, frames), max_size=4)))
        found.append((draw(st.integers(0, 90_000)), np.split(audio, cuts)))
    return found


@given(streams())
@settings(max_examples=60)
def test_streams_add_up(parts):
    lengths = [start + sum(map(len, blocks)) for start, blocks in parts]
    expected = np.zeros((max(lengths, default=0), 2))
    for start, blocks in parts:
        audio = np.concatenate(blocks)
        expected[start : start + len(audio)] += audio
    found = [np.zeros((0, 2)), *add_up([(start, iter(blocks)) for start, blocks in parts])]
    assert_array_equal(np.concatenate(found), expected)


# --- one performance, cut at its marks


@pytest.mark.parametrize("form", [CD, HI_RES], ids=str)
@pytest.mark.parametrize("limiter", [None, LimiterSettings()], ids=["no limiter", "limiter"])
def test_tracks_laid_end_to_end_are_the_performance(session, tmp_path, form, limiter):
    """At 44.1 kHz converted on the way, at 96 kHz not; limited, dithered; marks change no sample."""
    one = reel_render(
        6 * 96_000, "song", rate=96_000, gain_db=3.0, limiter=limiter, fade_out=Fade("s_curve", 1.0)
    )
    setup = {"rate": form.rate}
    whole = rendered(render_spec([one], [460], **setup), session, [form], tmp_path / "whole")[form]
    cut = rendered(render_spec([one], [101, 1, 150, 208], **setup), session, [form], tmp_path / "cut")[form]
    assert [len(codes_of(path, form.bits)) for path in sorted(cut.glob("*.wav"))] == [
        sectors * sector_frames(form.rate) for sectors in (101, 1, 150, 208)
    ]
    assert_array_equal(codes(cut, form), codes(whole, form))


def test_what_is_behind_the_sound_is_digital_silence(session, tmp_path):
    """2.5 s of sound, 187.5 sectors, in two tracks with a pause, and a third with nothing in it."""
    spec = render_spec([reel_render(110_250, "second")], [100, 140, 20])
    folder = rendered(spec, session, [CD], tmp_path)[CD]
    samples = codes(folder, CD)
    assert len(samples) == 260 * SECTOR
    assert not samples[110_250:].any()
    assert samples[110_240:110_250].any()


@pytest.mark.parametrize("curve", ["equal_power", "linear"])
def test_a_crossfade_is_both_reels_times_their_curves(session, tmp_path, curve):
    """The second begins 150 sectors in: 1 s of the first is left, which both fades take."""
    fade = Fade(curve, 1.0)
    reels = [
        reel_render(132_300, "first", gain_db=-2.0, fade_out=fade),
        reel_render(100_000, "second", first_frame=10_250, stop_frame=110_250, gain_db=1.0, fade_in=fade,
                    start_sector=150),
    ]  # fmt: skip
    folder = rendered(render_spec(reels, [150, 171]), session, [WAV_24], tmp_path)[WAV_24]
    up = np.arange(44_100) / 44_099
    rising, falling = (
        (np.sin(np.pi / 2 * up), np.cos(np.pi / 2 * up)) if curve == "equal_power" else (up, 1 - up)
    )
    first = noise(3.0, peak=0.3, seed=1).astype("<f4") * 10 ** (-2 / 20)
    second = noise(2.5, peak=0.3, seed=2).astype("<f4")[10_250:] * 10 ** (1 / 20)
    first[-44_100:] *= falling[:, None]
    second[:44_100] *= rising[:, None]
    expected = np.zeros((321 * SECTOR, 2))
    expected[:132_300] += first
    expected[150 * SECTOR : 150 * SECTOR + 100_000] += second
    found = codes(folder, WAV_24) * LSB_24
    assert_allclose(found, expected, atol=1.51 * LSB_24)  # TPDF of one LSB either way, then rounding
    assert not found[150 * SECTOR + 100_000 :].any()


# --- nothing needless touches a sample


@pytest.mark.parametrize("form", [CD, parse_format("flac 16/44.1"), WAV_24], ids=str)
def test_an_untouched_mix_arrives_bit_for_bit(session, tmp_path, form):
    spec = render_spec([reel_render(44_100, "exact")], [75], exact_bits=(16, 24))
    folder = rendered(spec, session, [form], tmp_path)[form]
    mix = on_grid(noise(1.0, peak=1.0), 16)
    assert_array_equal(codes(folder, form), mix * 2.0 ** (form.bits - 1))


def test_anything_else_is_dithered_once_per_word_length(session, tmp_path):
    spec = render_spec([reel_render(44_100, "exact", gain_db=-3.0)], [75])
    forms = [CD, parse_format("flac 16/44.1"), WAV_24, parse_format("alac 24/44.1")]
    folders = rendered(spec, session, forms, tmp_path)
    assert_array_equal(codes(folders[CD], CD), codes(folders[forms[1]], forms[1]))
    mix = on_grid(noise(1.0, peak=1.0), 16) * 10 ** (-3 / 20)
    for form in (CD, WAV_24):
        error = codes(folders[form], form) - mix * 2.0 ** (form.bits - 1)
        # The error of TPDF dither is 0.5 LSB rms, that of bare rounding 0.29, of dithering twice 0.64.
        assert np.sqrt(np.mean(error**2)) == pytest.approx(0.5, abs=0.01)
    rows = {form: read_rendered(folder)[0] for form, folder in folders.items()}
    assert rows[WAV_24].pcm_sha256 == rows[forms[3]].pcm_sha256 != rows[CD].pcm_sha256


def test_dither_of_16_bits_is_as_asked_and_of_24_always_plain(session, tmp_path):
    spec = {kind: render_spec([reel_render(44_100, "exact", gain_db=-3.0)], [75], dither=kind)
            for kind in ("tpdf", "shaped", "none")}  # fmt: skip
    folders = {kind: rendered(spec[kind], session, [CD, WAV_24], tmp_path / kind) for kind in spec}
    cd = {kind: codes(folder[CD], CD) for kind, folder in folders.items()}
    assert not np.array_equal(cd["tpdf"], cd["shaped"])
    assert_array_equal(cd["none"], np.round(on_grid(noise(1.0, peak=1.0), 16) * 10 ** (-3 / 20) * 32_768))
    for kind in ("shaped", "none"):
        assert_array_equal(codes(folders[kind][WAV_24], WAV_24), codes(folders["tpdf"][WAV_24], WAV_24))


# --- limiter and guard


def overlapping(gain_db):
    """Two reels up to 0.8 with 1 s in common, sectors 150 to 225: the same second, so that it adds up."""
    fade = Fade("equal_power", 1.0)
    back = {"first_frame": 88_200, "stop_frame": 176_400, "start_sector": 150}
    return [
        reel_render(132_300, "loud", gain_db=gain_db, fade_out=fade),
        reel_render(88_200, "loud", gain_db=gain_db, fade_in=fade, **back),
    ]


def overlap_codes(session, folder, form, gain_db, guard):
    spec = render_spec(overlapping(gain_db), [150, 150], guard=guard)
    return codes(rendered(spec, session, [form], folder)[form], form)


def true_peak_dbtp(samples, bits):
    meter = SecondTruePeak(44_100, 2)  # sixteenfold, at any rate
    meter.process(samples / 2.0 ** (bits - 1))
    return meter.reading_dbtp


def test_the_guard_touches_only_what_a_crossfade_adds_up_over_the_ceiling(session, tmp_path):
    guard = LimiterSettings(release_ms=10, lookahead_ms=2)
    free, guarded = (
        overlap_codes(session, tmp_path / name, WAV_24, 0.0, each)
        for name, each in (("free", None), ("guarded", guard))
    )
    over = np.flatnonzero(np.abs(free * LSB_24).max(axis=1) > 10 ** (-1 / 20))
    assert len(over)
    assert 150 * SECTOR <= over[0] <= over[-1] < 225 * SECTOR
    # Before: look-ahead and what the peak detector sees around a frame. Behind: until the release is over.
    first, last = over[0] - 100 - 32 * 20, over[-1] + round(44.1 * 10 * np.log(2**30))
    assert_array_equal(guarded[:first], free[:first])
    assert_array_equal(guarded[last:], free[last:])
    assert (guarded[over[0]] != free[over[0]]).any()
    assert true_peak_dbtp(free, 24) > -0.9
    assert true_peak_dbtp(guarded, 24) < -0.98


def test_the_guard_of_a_soft_crossfade_does_nothing(session, tmp_path):
    free, guarded = (
        overlap_codes(session, tmp_path / name, CD, -9.0, guard)
        for name, guard in (("free", None), ("guarded", LimiterSettings()))
    )
    assert_array_equal(free, guarded)


@pytest.mark.parametrize("text", ["wav 16/44.1", "wav 24/48", "wav 24/96"])
def test_the_ceiling_holds_behind_conversion_and_dither(session, tmp_path, text):
    form = parse_format(text)
    one = reel_render(6 * 96_000, "song", rate=96_000, gain_db=12.0, limiter=LimiterSettings())
    spec = render_spec([one], [450], rate=form.rate, ceiling_dbtp=-1.05)
    folder = rendered(spec, session, [form], tmp_path)[form]
    assert -1.2 < true_peak_dbtp(codes(folder, form), form.bits) <= -1.0
    (track,) = read_rendered(folder)
    assert track.measure.true_peak_dbtp <= -1.0
    assert 5.0 < track.limiting_max_db < 9.0


def test_each_track_is_told_of_the_limiting_of_its_own_reel(session, tmp_path):
    reels = [
        reel_render(88_200, "loud", gain_db=4.0, limiter=LimiterSettings()),
        reel_render(88_200, "second", limiter=LimiterSettings(), start_sector=150),
        reel_render(88_200, "loud", gain_db=9.0, start_sector=300),
    ]
    spec = render_spec(reels, [100, 50, 150, 150], segment_reels=(0, 0, 1, 2))
    tracks = read_rendered(rendered(spec, session, [WAV_24], tmp_path)[WAV_24])
    assert tracks[0].limiting_max_db == tracks[1].limiting_max_db > 0.0
    assert [track.limiting_max_db for track in tracks[2:]] == [0.0, 0.0]
    over = np.abs(music(4.0, crest=1.5)[:88_200] * 1.6 * 10 ** (9 / 20)) > 1.0
    assert tracks[0].clipped_samples == pytest.approx(over.sum(), abs=2)


# --- the ceiling, under torture


def matched_signs(frames, length=400):
    """One burst in silence, of samples whose signs all add up half-way between two of them: +12 dB."""
    burst = np.sign(np.sinc(np.arange(-length, length) + 0.5))
    audio = np.zeros((frames, 2))
    audio[frames // 2 - length : frames // 2 + length] = burst[:, None] * [1.0, -0.9]
    return audio


def torture(rate):
    """White noise up to half the rate, 6 dB over a ceiling of -1 dBTP by its samples alone; then a burst."""
    over = 10 ** ((-1.0 + 6.0) / 20)
    hiss = np.random.default_rng(5).uniform(-over, over, (rate, 2))
    return np.concatenate([hiss, over * matched_signs(rate // 2)])


@pytest.fixture(scope="module")
def tortures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("torture")
    return {
        rate: {"torture": write_shaped(folder / str(rate), torture(rate), rate)} for rate in (44_100, 96_000)
    }


def torture_spec(rate, **changes):
    one = reel_render(rate + rate // 2, "torture", rate=rate, limiter=LimiterSettings())
    return render_spec([one], [113], **{"rate": rate, "reserve_db": CEILING_RESERVE_DB} | changes)


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize(
    ("bits", "dither"), [(16, "none"), (16, "tpdf"), (16, "shaped_light"), (16, "shaped"), (24, "tpdf")]
)
def test_the_ceiling_holds_under_torture(tortures, tmp_path, rate, bits, dither):
    """In the delivered integers, by interpolation that shares nothing with the limiter's own meter."""
    form = AudioFormat("wav", rate, bits)
    spec = torture_spec(rate, dither=dither)
    folder = rendered(spec, tortures[rate], [form], tmp_path)[form]
    audio = codes(folder, form) / 2.0 ** (bits - 1)
    assert -1.5 < to_db(ideal_true_peak(audio)) <= -1.0 + 0.01
    (track,) = read_rendered(folder)
    assert track.measure.true_peak_dbtp <= -1.0
    assert track.clipped_samples == 0


def test_formats_asked_together_or_one_by_one_have_the_same_bits(tortures, tmp_path):
    """What one of them needs must not move the samples of another."""
    spec = torture_spec(44_100, dither="shaped")
    forms = [CD, WAV_24, *map(parse_format, ("flac 16/44.1", "flac 24/44.1", "alac 24/44.1"))]
    together = rendered(spec, tortures[44_100], forms, tmp_path / "together")
    for form in forms:
        alone = rendered(spec, tortures[44_100], [form], tmp_path / form.folder)[form]
        names = sorted(path.name for path in alone.iterdir())
        assert names == sorted(path.name for path in together[form].iterdir())
        for name in names:
            assert (alone / name).read_bytes() == (together[form] / name).read_bytes()


def passes(spec, shaped):
    """The programme of each attempt."""
    found = []

    def write(blocks):
        found.append(np.concatenate(list(blocks)))
        return found[-1]

    told = []
    written, limiting_db = under_ceiling(spec, shaped, write, told.append)
    assert written is found[-1]
    return found, limiting_db, sum(told)


def test_what_is_over_is_limited_again_from_the_start_and_is_no_progress(tortures):
    """A second attempt, somewhat lower; what is under the ceiling is not done twice."""
    found, _, told_s = passes(torture_spec(44_100), tortures[44_100])
    assert len(found) > 1
    assert told_s == pytest.approx(1.5, abs=1e-3)
    peaks = [ideal_true_peak(audio) for audio in found]
    assert to_db(peaks[0]) > -1.0 > to_db(peaks[-1]) - 0.01
    found, limiting_db, _ = passes(torture_spec(44_100, ceiling_dbtp=-0.9, reserve_db=0.5), tortures[44_100])
    assert len(found) == 1
    assert limiting_db[0] > 6.0


def test_a_reel_without_a_limiter_is_left_alone(tortures):
    """Nor is one that has a limiter rendered again because of its neighbour, which has none."""
    bare = reel_render(66_150, "torture", gain_db=1.0)
    (found,), limiting_db, _ = passes(render_spec([bare], [113]), tortures[44_100])
    assert_array_equal(found, torture(44_100).astype("<f4").astype(float) * 10 ** (1.0 / 20))
    assert limiting_db == [0.0]
    limited = reel_render(66_150, "torture", limiter=LimiterSettings(), start_sector=150)
    (found,), limiting_db, _ = passes(render_spec([bare, limited], [113, 113]), tortures[44_100])
    assert limiting_db[0] == 0.0 < limiting_db[1]
    assert np.abs(found[:66_150]).max() > 1.9


def test_samples_over_full_scale_are_clipped_and_counted_without_a_limiter(tortures, tmp_path):
    bare = reel_render(66_150, "torture")
    spec = render_spec([bare], [113], dither="none")
    folder = rendered(spec, tortures[44_100], [CD], tmp_path)[CD]
    audio = torture(44_100).astype("<f4").astype(float)
    rounded = np.rint(audio * 2**15)
    expected = np.clip(rounded, -(2**15), 2**15 - 1)
    assert_array_equal(codes(folder, CD)[:66_150], expected)
    (track,) = read_rendered(folder)
    assert track.clipped_samples == (rounded != expected).sum()


TORTURED = """\
album: {title: T, artist: A}
level: {target_lufs: -8}
tracks:
  - {title: Hiss, mix: hiss.wav}
  - {title: Song, mix: song.wav}
deliver: {digital: [flac 16/44.1, wav 24/44.1, wav 24/96], allow_upsampling: yes}
"""


def test_the_ceiling_holds_in_every_file_of_a_delivery(tmp_path):
    """At both rates and word lengths."""
    write_mix(tmp_path / "hiss.wav", 0.3 * noise(2.0, peak=1.0))
    write_mix(tmp_path / "song.wav", music(3.0, crest=6.0))
    (tmp_path / "album.yaml").write_text(TORTURED)
    done("build", tmp_path / "album.yaml")
    delivery = tmp_path / "delivery"
    assert max(track["limiting_max_db"] for track in listing(delivery)["tracks"]) > 3.0
    for folder, bits in (("flac-16-44.1", 16), ("wav-24-44.1", 24), ("wav-24-96", 24)):
        paths = sorted((delivery / "digital" / folder).glob("0*"))
        peaks_db = [to_db(ideal_true_peak(codes_of(path, bits) / 2.0 ** (bits - 1))) for path in paths]
        assert len(paths) == 2
        assert -1.2 < max(peaks_db) <= -1.0 + 0.01


# --- the same again


def test_two_renders_are_the_same_bytes(session, tmp_path):
    forms = [CD, *map(parse_format, ("flac 24/44.1", "alac 16/44.1", "mp3 320", "aac 256"))]
    one = [reel_render(132_300, "first", gain_db=1.0, limiter=LimiterSettings())]
    runs = [rendered(render_spec(one, [100, 130]), session, forms, tmp_path / name) for name in "ab"]
    for form in forms:
        first, second = ({path.name: path.read_bytes() for path in run[form].iterdir()} for run in runs)
        assert first == second
        assert {f"00.{form.extension}", f"01.{form.extension}", MEASURES} <= first.keys()


def test_how_shaped_audio_is_read_changes_nothing(session, tmp_path, monkeypatch):
    usual = overlap_codes(session, tmp_path / "usual", CD, 0.0, LimiterSettings())
    monkeypatch.setattr(shaped_files, "BLOCK_FRAMES", 1_009)
    assert_array_equal(overlap_codes(session, tmp_path / "small", CD, 0.0, LimiterSettings()), usual)


def test_other_seeds_dither_otherwise(session, tmp_path):
    specs = [render_spec([reel_render(44_100, "first")], [75], seed=seed) for seed in (1, 2**64 - 1)]
    one, other = (codes(rendered(spec, session, [CD], tmp_path / str(spec.seed))[CD], CD) for spec in specs)
    assert not np.array_equal(one, other)
    assert np.abs(one - other).max() <= 2


# --- what is known of the files


def test_figures_are_those_of_the_file(session, tmp_path):
    spec = render_spec([reel_render(132_300, "first")], [100, 130])
    folder = rendered(spec, session, [CD], tmp_path)[CD]
    tracks = read_rendered(folder)
    assert [track.frames for track in tracks] == [100 * SECTOR, 130 * SECTOR]
    for track in tracks:
        samples, _ = soundfile.read(track.path)
        assert track.measure.sample_peak == np.abs(samples).max()
        assert track.measure.rms == pytest.approx(np.sqrt(np.mean(samples**2)), rel=1e-9)
        assert track.measure.dc == pytest.approx(samples.mean(axis=0), abs=1e-12)
        left, right = samples.T
        alike = (left @ right) / np.sqrt((left @ left) * (right @ right))
        assert track.measure.correlation == pytest.approx(alike, abs=1e-9)
        assert track.measure.correlation_min <= track.measure.correlation
        # 400 ms every 100 ms, those that lie within the file
        assert len(track.block_energy) == 1 + (track.frames - 17_640) // 4_410


def test_a_lossy_file_is_measured_as_it_decodes(session, tmp_path):
    mp3 = parse_format("mp3 128")
    folder = rendered(render_spec([reel_render(132_300, "first")], [225]), session, [mp3], tmp_path)[mp3]
    (track,) = read_rendered(folder)
    decoded, rate = soundfile.read(track.path)
    assert rate == 44_100
    assert track.measure.sample_peak == pytest.approx(np.abs(decoded).max(), abs=1e-4)
    assert track.measure.sample_peak != pytest.approx(0.3, abs=0.01)  # what went in
    assert track.frames == 225 * SECTOR


def test_silence_has_a_measure(session, tmp_path):
    spec = render_spec([reel_render(44_100, "exact", gain_db=-200.0)], [75], dither="none")
    (track,) = read_rendered(rendered(spec, session, [CD], tmp_path)[CD])
    assert (track.measure.lufs_i, track.measure.sample_peak) == (-np.inf, 0.0)
    assert (track.measure.plr_db, track.measure.crest_db) == (0.0, 0.0)
    assert json.loads((track.path.parent / MEASURES).read_text())


def test_progress_is_told_the_programme(session, tmp_path):
    told = []
    render(render_spec(overlapping(-3.0), [150, 150]), session, {CD: tmp_path}, told.append)
    assert sum(told) == pytest.approx(4.0)


def test_a_render_that_is_stopped_leaves_no_half_file(session, tmp_path):
    def stop(_seconds):
        raise Stopped

    form = AudioFormat("flac", 44_100, bits=16)
    with pytest.raises(Stopped):
        render(render_spec([reel_render(132_300, "first")], [20, 205]), session, {form: tmp_path}, stop)
    (only,) = tmp_path.glob("*.flac")
    assert len(codes_of(only, 16)) == 20 * SECTOR
