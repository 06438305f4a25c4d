"""A small album, rendered once, for the tests of what is delivered."""

import io

import pytest
from PIL import Image

from pipeline.build.cache import Cache
from pipeline.build.discs import sums_tasks, with_sums
from pipeline.build.renders import Session, limited, rendered_tracks, task
from pipeline.build.trace import Before
from pipeline.deliver.discs import discs_of
from pipeline.deliver.image import CD_FORMAT
from pipeline.deliver.release import DiscMaster, Release
from pipeline.formats import parse_format
from pipeline.level import Levelling, solve
from pipeline.shaped import read_envelope, read_readings
from pipeline.timeline import lay
from tests.albums import facts_of, manifest, music, reels_in, write_mix, write_shaped

HEAD = """\
album:
  {title: Night Ferry, artist: The Harbour Lights, sort_artist: "Harbour Lights, The", date: 2026-12-04,
   catalog: DRR-014, upc: "4006381333931", label: Dead Reckoning, genre: [Folk rock, Ballad], language: en,
   c_line: 2026 Dead Reckoning, p_line: 2025 Elsewhere, explicit: no, credits: {producer: P. One}}
"""
# 4, 4.5, 5 and 4 s; a gap, a crossfade, two tracks in one mix, silence.
TRACKS = """\
  - {title: Departure, mix: one.wav, isrc: GBAYE2600001, composer: A. Name, index: [1.5, "0:02.5"]}
  - {mix: two.wav, title: Break/water, artist: Guests, version: Live, then: {crossfade: 0.5}}
  - mix: three.wav
    cuts: [{title: Ebb, at: 0}, {title: Flow, at: 2.01, explicit: yes, language: de, genre: Noise}]
  - {mix: silence.wav, title: Still, level: {offset_lu: 1}}
"""
FORMATS = tuple(map(parse_format, ("flac 24/48", "wav 24/48", "mp3 320")))


def jpeg():
    out = io.BytesIO()
    Image.new("RGB", (16, 16), "teal").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(scope="session")
def release(tmp_path_factory):
    folder = tmp_path_factory.mktemp("release")
    mixes = {
        "one": music(4.0, 48_000),
        "two": 0.4 * music(4.5, 48_000, seed=4),
        "three": music(5.0, 48_000, seed=5),
        "silence": 0 * music(4.0, 48_000),
    }
    for name, mix in mixes.items():
        write_mix(folder / f"{name}.wav", mix, 48_000)
    album = manifest(folder, TRACKS, HEAD)
    facts = facts_of(album)
    hashes = [f"{number:064}" for number in range(len(facts))]
    reels, cache = reels_in(album, facts, hashes), Cache(folder / "cache")
    shaped = [
        write_shaped(cache.path(digest), mix, 48_000)
        for digest, mix in zip(hashes, mixes.values(), strict=True)
    ]
    timeline = lay(reels, 48_000)
    levels = solve(reels, [read_envelope(each) for each in shaped], timeline, Levelling())
    session = Session(
        timeline=timeline, reels=reels, levels=levels, shaped=hashes, shaped_keys=hashes, ceiling_dbtp=-1.0,
        dither="tpdf",
    )  # fmt: skip
    renderings = limited(session, [CD_FORMAT, *FORMATS])
    run_all([task(rendering, cache) for rendering in renderings], cache)
    made = Release(
        manifest=album,
        facts=tuple(facts),
        mix_hashes=tuple(hashes),
        reels=tuple(reels),
        levels=tuple(levels),
        readings=tuple(read_readings(each) for each in shaped),
        timeline=timeline,
        limited=rendered_tracks(renderings, cache, Before(None, ())),
        cover=jpeg(),
        discs=tuple(map(DiscMaster, discs_of(album, timeline))),
    )
    tasks = sums_tasks(made)
    run_all(tasks, cache)
    return with_sums(made, tasks, cache)


def run_all(tasks, cache):
    for each in tasks:
        with cache.making(list(each.keys)) as folders:
            each.work(folders, lambda _: None)
