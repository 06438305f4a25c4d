"""Albums in small, for tests of the pipeline: programmes, mixes, reels, shaped audio, manifests."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from dsp.envelope import Envelope, EnvelopeMeter
from dsp.limiter import LimiterSettings
from dsp.stream import Block, process_all
from pipeline.build.plan import session_rate
from pipeline.deliver.release import Deliverable, DeliveredFile
from pipeline.faults import Fault
from pipeline.files import sha256_file
from pipeline.formats import AudioFormat
from pipeline.intake import MixFacts, examine
from pipeline.manifest.load import Manifest, read
from pipeline.reels import Part, Reel, groups, reels_of
from pipeline.render import ReelRender, RenderSpec, render
from pipeline.resolve import album_spectrum_db, resolved_chains
from pipeline.shaped import AUDIO, write_block, write_readings
from pipeline.timeline import Island, Segment, Timeline, sector_frames

HEAD = "album: {title: T, artist: A}\n"


def noise(seconds: float, rate: int = 44_100, peak: float = 0.5, seed: int = 5) -> Block:
    """White, stereo, of uniform density."""
    return np.random.default_rng(seed).uniform(-peak, peak, (round(seconds * rate), 2))


def on_grid(audio: Block, bits: int) -> Block:
    """The nearest samples that a word of `bits` bits holds."""
    return np.round(audio * 2.0 ** (bits - 1)) / 2.0 ** (bits - 1)


def music(
    seconds: float, rate: int = 44_100, *, crest: float = 3.0, swell: float = 0.0, seed: int = 3
) -> Block:
    """Something like a song: dark noise with a hit every 0.4 s, and a loudness that swells.

    The hits are `crest` times as high as the rest; `swell` is by how much the softest passage is softer.
    """
    frames = round(seconds * rate)
    time = np.arange(frames) / rate
    dark = sosfilt(butter(1, 800, fs=rate, output="sos"), noise(seconds, rate, 1.0, seed), axis=0)
    hits = 1.0 + (crest - 1.0) * np.exp(-(time % 0.4) / 0.02)
    swells = 1.0 - swell * 0.5 * (1.0 - np.cos(2.0 * np.pi * time / 12.0))
    song = dark * (hits * swells)[:, None]
    return np.ascontiguousarray(0.5 * song / np.abs(song).max())


def reel(seconds: float = 10.0, rate: int = 44_100, **changes: Any) -> Reel:
    """A reel of one mix; no trim, no chain, no gap, nothing behind it."""
    frames = round(seconds * rate)
    usual: dict[str, Any] = {
        "parts": (Part(Path("mix.wav"), "0" * 64, 0, frames),),
        "rate": rate,
        "word_bits": 24,
        "mono": False,
        "chain": (),
        "limiter": LimiterSettings(),
        "start_s": 0.0,
        "stop_s": frames / rate,
        "cuts_s": (0.0,),
        "first_track": 1,
    }
    usual |= changes
    return Reel(**{"indexes_s": ((),) * len(usual["cuts_s"])} | usual)


def envelope(audio: Block, rate: int = 44_100) -> Envelope:
    meter = EnvelopeMeter(rate, audio.shape[1])
    process_all(meter, audio)
    return meter.reading


def write_shaped(folder: Path, audio: Block, rate: int = 44_100) -> Path:
    """What `master` leaves of a reel."""
    folder.mkdir(parents=True)
    with (folder / AUDIO).open("wb") as file:
        write_block(file, audio)
    write_readings(folder, envelope(audio, rate), {"chain": []})
    return folder


def reel_render(frames: int, shaped: str = "shaped", **changes: Any) -> ReelRender:
    usual: dict[str, Any] = {
        "shaped": shaped,
        "rate": 44_100,
        "first_frame": 0,
        "stop_frame": frames,
        "gain_db": 0.0,
        "limiter": None,
        "fade_in": None,
        "fade_out": None,
        "start_sector": 0,
    }
    return ReelRender(**usual | changes)


def render_spec(reels: Sequence[ReelRender], sectors: Sequence[int], **changes: Any) -> RenderSpec:
    """Reels and files of 44.1 kHz, -1 dBTP, TPDF, unless `changes` say otherwise."""
    usual: dict[str, Any] = {
        "rate": 44_100,
        "ceiling_dbtp": -1.0,
        "reserve_db": 0.0,
        "guard": None,
        "dither": "tpdf",
        "exact_bits": (),
        "mono": False,
        "segment_reels": (0,) * len(sectors),
        "seed": 7,
    }
    usual |= changes
    frames = tuple(each * sector_frames(usual["rate"]) for each in sectors)
    return RenderSpec(reels=tuple(reels), **{"segment_frames": frames} | usual)


def rendered(
    spec: RenderSpec, shaped: dict[str, Path], forms: Sequence[AudioFormat], folder: Path
) -> dict[AudioFormat, Path]:
    """Render into a folder for each format."""
    folders = {form: folder / form.folder for form in forms}
    for each in folders.values():
        each.mkdir(parents=True)
    render(spec, shaped, folders, lambda _: None)
    return folders


def write_all(deliverables: Iterable[Deliverable], folder: Path) -> list[DeliveredFile]:
    """Write them as a build does: in their order, each told the checksums of those before it."""
    rows: list[DeliveredFile] = []
    sums: dict[str, str] = {}
    for each in deliverables:
        path = folder / each.path
        path.parent.mkdir(parents=True, exist_ok=True)
        rows.append(each.write(path, sums))
        sums[each.path] = sha256_file(path)
    return rows


def reels_in(album: Manifest, facts: Sequence[MixFacts], hashes: Sequence[str]) -> list[Reel]:
    """The reels of an album whose chains need no reference."""
    rate, spectrum_db = session_rate(album, facts), album_spectrum_db(facts)
    chains = resolved_chains(album, groups(album), facts, {}, rate, spectrum_db)
    return reels_of(album, facts, hashes, chains)


def codes_of(path: Path, bits: int) -> NDArray[np.int32]:
    """The integers of a lossless file, by libsndfile alone."""
    samples: NDArray[np.int32] = soundfile.read(path, dtype="int32", always_2d=True)[0]
    return samples >> (32 - bits)


def write_mix(path: Path, audio: Block, rate: int = 44_100, subtype: str = "PCM_24") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio, rate, subtype)
    return path


def manifest(folder: Path, tracks: str, head: str = HEAD) -> Manifest:
    """The manifest that `tracks`, lines of YAML, make together with `head`; its mixes are in `folder`."""
    text = f"{head}tracks:\n{tracks}"
    (folder / "album.yaml").write_text(text)
    return read(text.encode(), folder / "album.yaml")


def facts_of(album: Manifest) -> list[MixFacts]:
    return [examine(album.path(track.mix), lambda _: None) for track in album.tracks]


def placed(faults: Sequence[Fault], folder: Path) -> list[tuple[str, str]]:
    """(place, path) of each, the place without the folder and the name of the manifest."""
    return [(fault.place.removeprefix(f"{folder / 'album.yaml'}:"), fault.path) for fault in faults]


def timeline(islands: Sequence[Sequence[int]], gap: int = 150) -> Timeline:
    """Islands as lists of the lengths of their tracks, in sectors; a gap is behind each island."""
    made, at, number = [], 0, 1
    for lengths in islands:
        segments = []
        for place, length in enumerate(lengths):
            stop = at + length + (gap if place + 1 == len(lengths) else 0)
            segments.append(Segment(number, at, at + length, stop))
            at, number = stop, number + 1
        made.append(Island((), tuple(segments)))
    return Timeline(44_100, tuple(made))
