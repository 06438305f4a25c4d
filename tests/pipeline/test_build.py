"""Whole builds: the promises that hold for every delivery, and what a build does when it is disturbed."""

import gc
import os
import re
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
import soundfile
from filelock import FileLock
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from PIL import Image

from pipeline.build import masters, renders
from pipeline.build.cache import Cache
from pipeline.build.mixes import known_facts, source_hashes
from pipeline.build.plan import plan_album, wanted_kinds
from pipeline.build.request import Options
from pipeline.build.run import Runner, Workers
from pipeline.build.trace import Before
from pipeline.console import Screen
from pipeline.deliver.cue import parse_cue
from pipeline.formats import parse_format
from pipeline.manifest.load import load
from pipeline.render import render
from tests.albums import codes_of, music, write_mix
from tests.end_to_end import (
    Album,
    contents,
    deadwax,
    done,
    listing,
    rows,
    stamps,
    start,
    write_small_album,
    write_whole_album,
)

SECTOR = 588
Codes = NDArray[np.int32]


def steps(output: str) -> tuple[int, int]:
    """(run, up to date), by the last line of a build."""
    found = re.search(r"\((\d+) steps run, (\d+) up to date; \d+ files written, \d+ kept\)", output)
    assert found
    return int(found[1]), int(found[2])


def delivered(delivery: Path, **wanted: str | int) -> list[Codes]:
    """The integers of each lossless file that is so."""
    return [codes_of(delivery / row["path"], row["bits"]) for row in rows(delivery, **wanted)]


# --- the same in, the same out


def test_jobs_and_folders_change_no_byte(whole_album: Album, tmp_path: Path) -> None:
    """Cold caches; two jobs in this process made the one, one job in a process of its own the other."""
    write_whole_album(tmp_path / "elsewhere")
    with start("build", tmp_path / "elsewhere" / "album.yaml", "--jobs", "1") as process:
        _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert contents(tmp_path / "elsewhere" / "delivery") == contents(whole_album.delivery)


def test_a_second_build_touches_nothing(small_copy: Album) -> None:
    done("build", small_copy.manifest)
    before = stamps(small_copy.folder)
    result = done("build", small_copy.manifest)
    assert result.output == f"{small_copy.delivery}: up to date, nothing to do\n"
    assert stamps(small_copy.folder) == before


def test_a_touched_mix_is_looked_at_and_nothing_is_made(small_copy: Album) -> None:
    done("build", small_copy.manifest)
    before = contents(small_copy.delivery)
    os.utime(small_copy.folder / "mixes" / "1.wav")
    assert steps(done("build", small_copy.manifest).stdout)[0] == 0
    assert contents(small_copy.delivery) == before


def test_a_delivery_that_was_touched_is_made_again(small_copy: Album) -> None:
    done("build", small_copy.manifest)
    before = contents(small_copy.delivery)
    (small_copy.delivery / "cd" / "image" / "ZL-1.cue").unlink()
    (small_copy.delivery / "cd" / ".DS_Store").touch()
    assert steps(done("build", small_copy.manifest).stdout)[0] == 0
    assert contents(small_copy.delivery) == before


def test_a_file_that_was_edited_where_it_lies_is_made_again(small_copy: Album) -> None:
    """It may be the cache's own file under another name."""
    done("build", small_copy.manifest)
    path = small_copy.delivery / next(
        row["path"] for row in listing(small_copy.delivery)["files"] if row["codec"] == "wav"
    )
    right = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(len(right) // 2)
        file.write(bytes(byte ^ 1 for byte in right[len(right) // 2 :][:100]))
    assert path.read_bytes() != right
    done("build", small_copy.manifest)
    assert path.read_bytes() == right


def test_what_somebody_put_into_a_delivery_is_not_thrown_away(small_copy: Album) -> None:
    (small_copy.delivery / "notes.txt").write_text("buy milk")
    result = deadwax("build", small_copy.manifest)
    assert result.exit_code == 1
    assert result.stderr == (
        f"{small_copy.delivery}: notes.txt is not of the delivery, and would be removed with it; "
        "move it out of the folder\n"
    )
    assert (small_copy.delivery / "notes.txt").read_text() == "buy milk"


def test_a_changed_title_tags_anew_and_renders_nothing(small_copy: Album) -> None:
    before = rows(small_copy.delivery, role="track")
    small_copy.edit("title: Zwei,", "title: Due,")
    assert steps(done("build", small_copy.manifest).stdout) == (0, 7)
    after = rows(small_copy.delivery, role="track")
    assert [row["pcm_sha256"] for row in after] == [row["pcm_sha256"] for row in before]
    assert [row["path"] for row in after] == [row["path"].replace("Zwei", "Due") for row in before]
    assert [row["tags"].get("TITLE") for row in after if row["track"] == 2] == [["Due"]] * 3
    for folder, names in (("image", ["", ""]), ("tracks", ["01 Eins.wav", "02 Due.wav"])):
        sheet = parse_cue((small_copy.delivery / "cd" / folder / "ZL-1.cue").read_bytes().decode())
        assert [(track.title, track.file_name) for track in sheet.tracks] == [
            *zip(("Eins", "Due"), names, strict=True)
        ]
    assert "Due" in (small_copy.delivery / "README.txt").read_text(encoding="utf-8")
    assert not list(small_copy.delivery.rglob("*Zwei*"))
    assert listing(small_copy.delivery)["revision"] == 2
    done("verify", small_copy.delivery)


def test_a_longer_mix_moves_no_sample_of_the_next_track(small_copy: Album) -> None:
    before = {row["path"]: row["pcm_sha256"] for row in rows(small_copy.delivery, role="track")}
    write_mix(small_copy.folder / "mixes" / "1.wav", music(4.777, seed=7), subtype="PCM_16")
    result = done("build", small_copy.manifest, "--verbose")
    assert re.findall(r"^  (.+): (examine|master|render)", result.stderr, re.MULTILINE) == [
        ("mixes/1.wav", "examine"),
        ("01 Eins", "master"),
        ("01", "render"),
    ]
    after = {row["path"]: row["pcm_sha256"] for row in rows(small_copy.delivery, role="track")}
    assert [path for path in before if before[path] != after[path]] == [
        "cd/tracks/01 Eins.wav",
        "digital/flac-16-44.1/01 Eins.flac",
    ]


def test_another_level_renders_from_what_was_mastered(small_copy: Album) -> None:
    small_copy.edit("target_lufs: -16", "target_lufs: -17")
    result = done("build", small_copy.manifest, "--verbose")
    assert re.findall(r"^  (.+): (examine|master|render)", result.stderr, re.MULTILINE) == [
        ("01", "render"),
        ("02", "render"),
    ]


# --- nothing needless touches a sample

UNTOUCHED = """\
album: {title: T, artist: A}
level: {match: off}
defaults: {limiter: off, then: {gap: 0.5}}
tracks: [1.wav, 2.wav, 3.wav]
"""


def noise_mix(path: Path, frames: int, rate: int, bits: int, channels: int = 2, peak: float = 1.0) -> Codes:
    """Integers up to `peak`; written as they are."""
    top = round(peak * 2 ** (bits - 1))
    codes = np.random.default_rng(frames).integers(-top, top, (frames, channels), dtype=np.int32)
    soundfile.write(path, codes << (32 - bits), rate, f"PCM_{bits}")
    return codes


def test_a_mono_mix_comes_out_mono(tmp_path: Path) -> None:
    """Through chain, gain, limiter, conversion and dither; beside it a stereo mix, which does not."""
    write_mix(tmp_path / "1.wav", music(5.0, 48_000)[:, :1], 48_000)
    write_mix(tmp_path / "2.wav", music(5.0))
    (tmp_path / "album.yaml").write_text(
        "album: {title: T, artist: A}\ntracks: [1.wav, 2.wav]\n"
        "defaults: {chain: [{glue: {threshold_db: -30}}, {saturate: {}}, {clip: {}}]}\n"
        "deliver: {cd: {}, digital: [wav 24/48], vinyl: {}}\nvinyl: {sides: {A: [1], B: [2]}}\n"
    )
    done("build", tmp_path / "album.yaml")
    delivery = tmp_path / "delivery"
    for wanted in ({"kind": "cd", "role": "track"}, {"kind": "digital"}, {"kind": "vinyl", "codec": "wav"}):
        mono, stereo = delivered(delivery, **wanted)
        assert mono.any()
        assert_array_equal(mono[:, 0], mono[:, 1])
        assert (stereo[:, 0] != stereo[:, 1]).any()
    note = (delivery / "vinyl" / "cutting-note.md").read_text(encoding="utf-8")
    assert re.search(r"^\| A1 \|.*\| mono \|$", note, re.MULTILINE)


def test_16_bits_at_44_1_khz_arrive_bit_for_bit(tmp_path: Path) -> None:
    """A whole number of sectors, one frame more, a mono mix that ends anywhere; with a 96 kHz mix beside."""
    mixes = [
        noise_mix(tmp_path / "1.wav", 300 * SECTOR, 44_100, 16),
        noise_mix(tmp_path / "2.wav", 310 * SECTOR + 1, 44_100, 16),
        noise_mix(tmp_path / "3.wav", 320 * SECTOR - 77, 44_100, 16, channels=1),
    ]
    fine = noise_mix(tmp_path / "4.wav", 400_001, 96_000, 24)
    text = UNTOUCHED.replace("3.wav]", "3.wav, 4.wav]")
    text += "deliver: {cd: {}, digital: [flac 16/44.1, wav 24/44.1, wav 24/96], allow_upsampling: yes}\n"
    (tmp_path / "album.yaml").write_text(text)
    done("build", tmp_path / "album.yaml")
    for kind, codec, bits in (("cd", "wav", 16), ("digital", "flac", 16), ("digital", "wav", 24)):
        wanted = {"kind": kind, "codec": codec, "bits": bits, "rate": 44_100}
        tracks = delivered(tmp_path / "delivery", role="track", **wanted)[:3]
        # The pause of half a second is 37.5 sectors, and every file ends on a sector.
        for codes, mix, sectors in zip(tracks, mixes, (300 + 38, 310 + 38, 320 + 37), strict=True):
            assert len(codes) == sectors * SECTOR
            assert_array_equal(codes[: len(mix)], np.broadcast_to(mix << (bits - 16), (len(mix), 2)))
            assert not codes[len(mix) :].any()
    last = delivered(tmp_path / "delivery", role="track", rate=96_000)[3]
    assert_array_equal(last[: len(fine)], fine)
    assert not last[len(fine) :].any()


def test_24_bits_at_96_khz_arrive_bit_for_bit(tmp_path: Path) -> None:
    """So do 16 bits in 24. With peaks that a lathe can take, the sides are these tracks laid end to end."""
    mixes = [
        noise_mix(tmp_path / "1.wav", 96_000, 96_000, 24, peak=0.4),
        noise_mix(tmp_path / "2.wav", 100_001, 96_000, 24, peak=0.4),
        noise_mix(tmp_path / "3.wav", 110_000, 96_000, 16, peak=0.4) << 8,
    ]
    text = UNTOUCHED.replace("3.wav]", "{mix: 3.wav, trim: {start: 0.1}}]")
    text += "vinyl: {sides: {A: [1, 2], B: [3]}}\n"
    text += "deliver: {digital: [wav 24/96], vinyl: {}, allow_upsampling: yes}\n"
    (tmp_path / "album.yaml").write_text(text)
    done("build", tmp_path / "album.yaml")
    mixes[2] = mixes[2][9_600:]
    tracks = delivered(tmp_path / "delivery", role="track")
    for codes, mix in zip(tracks, mixes, strict=True):
        assert_array_equal(codes[: len(mix)], mix)
        assert not codes[len(mix) :].any()
    side_a, side_b = delivered(tmp_path / "delivery", role="side")
    # A side ends with the sector that its last sound is in: what follows is the other side's business.
    assert len(side_a) == len(tracks[0]) + -(-len(mixes[1]) // 1280) * 1280
    assert_array_equal(side_a, np.concatenate(tracks[:2])[: len(side_a)])
    assert_array_equal(side_b, tracks[2])


# --- the tracks are the programme


def samples_of(path: Path) -> bytes:
    """What is behind the header of a WAV: its samples, and nothing after them."""
    data = path.read_bytes()
    at = 12
    while data[at : at + 4] != b"data":
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    samples = data[at + 8 :]
    assert len(samples) == int.from_bytes(data[at + 4 : at + 8], "little")
    return samples


def test_cd_tracks_are_the_image(whole_album: Album) -> None:
    """Byte for byte behind the headers; in the fileset behind the two seconds before track 1."""
    delivery = whole_album.delivery
    tracks = [samples_of(delivery / row["path"]) for row in rows(delivery, kind="cd", role="track")]
    (image,) = rows(delivery, role="image")
    assert b"".join(tracks) == samples_of(delivery / image["path"])
    whole = (delivery / "cd" / "ddp" / "IMAGE.DAT").read_bytes()
    assert whole == bytes(2 * 176_400) + b"".join(tracks)


def test_tracks_are_the_programme_without_marks(whole_album: Album, tmp_path: Path) -> None:
    """Over a segue and a crossfade: every island rendered as one file is its tracks laid end to end."""
    manifest = load(whole_album.manifest)
    cache = Cache(whole_album.folder / ".deadwax" / "cache")
    hashed = source_hashes(manifest, whole_album.folder / ".deadwax", jobs=2, remember=False)
    facts = [known_facts(cache, sha256) for sha256 in hashed.sha256]
    album = plan_album(manifest, facts, hashed, wanted_kinds(manifest, Options()))
    levelled = masters.levelled(
        album, Runner(cache, Workers(1), Screen(quiet=True), dry=True), Before(None, ())
    )
    session = levelled.session
    shaped = dict(zip(session.shaped, map(cache.path, session.shaped_keys), strict=True))
    form = parse_format("wav 24/96")
    whole = []
    for number, rendering in enumerate(renders.limited(session, [form])):
        assert cache.holds(rendering.key(form))  # by this very spec the delivered tracks were rendered
        unmarked = replace(
            rendering.spec, segment_frames=(sum(rendering.spec.segment_frames),), segment_reels=(0,)
        )
        folder = tmp_path / str(number)
        folder.mkdir()
        render(unmarked, shaped, {form: folder}, lambda _: None)
        whole.append(codes_of(folder / "00.wav", 24))
    assert [len(island.segments) for island in album.timeline.islands] == [1, 1, 2, 2]
    tracks = delivered(whole_album.delivery, codec="wav", role="track", kind="digital")
    assert_array_equal(np.concatenate(tracks), np.concatenate(whole))


# --- a live set, one gain for the album

LIVE = """\
album: {title: Live, artist: A, catalog: L-1}
session: {dither: tpdf}
level: {match: album, target_lufs: -24}
tracks:
  - mix: mixes/live.wav
    then: {gap: 0.2}
    cuts:
      - {title: Harbour, at: 0, index: [1.01, 2]}
      - {title: Lanterns, at: "0:04.505", isrc: GBAYE2600003}
      - {title: Encore, at: 9, index: [10]}
  - {mix: mixes/soft.wav, level: {offset_lu: -1.5}}
deliver: {cd: {}}
"""


def test_a_live_set_is_cut_without_a_seam_and_levelled_as_one(tmp_path: Path) -> None:
    live, soft = music(13.5, swell=0.7, seed=1), 0.4 * music(5.0, seed=2)
    write_mix(tmp_path / "mixes" / "live.wav", live)
    write_mix(tmp_path / "mixes" / "soft.wav", soft)
    (tmp_path / "album.yaml").write_text(LIVE)
    done("build", tmp_path / "album.yaml")
    sheet = parse_cue((tmp_path / "delivery" / "cd" / "image" / "L-1.cue").read_bytes().decode())
    # A mark is never behind what it marks: 4.505 s is sector 337.875; the pause is where the set has ended.
    assert [(track.title, track.indexes) for track in sheet.tracks] == [
        ("Harbour", ((1, 0), (2, 75), (3, 150))),
        ("Lanterns", ((1, 337),)),
        ("Encore", ((1, 675), (2, 750))),
        ("soft", ((0, 1013), (1, 1028))),
    ]
    tracks = listing(tmp_path / "delivery")["tracks"]
    gains = [track["gain_db"] for track in tracks]
    assert gains == [gains[0]] * 3 + [pytest.approx(gains[0] - 1.5, abs=1e-4)]
    image = codes_of(tmp_path / "delivery" / "cd" / "image" / "L-1.wav", 16) / 2.0**15
    # As loud as the mix and a gain make it, to the last bit but dither: no limiting, no seam at a cut.
    assert max(track["limiting_max_db"] for track in tracks) == 0.0
    expected = live * 10 ** (gains[0] / 20)
    assert np.abs(image[: len(live)] - expected).max() < 2.6 * 2.0**-15
    assert_array_equal(np.concatenate(delivered(tmp_path / "delivery", role="track")) / 2.0**15, image)


# --- what is in a delivery


def test_a_delivery_is_complete(whole_album: Album) -> None:
    names = [
        "01 Départ",
        "02 Who's there - Кто там",
        "03 Tide- One",
        "04 Tide- Two",
        "05 夜のフェリー",
        "06 First Light",
    ]
    digital = {"flac-16-44.1": "flac", "wav-24-96": "wav", "alac-16-44.1": "m4a", "mp3-320": "mp3", "aac-256": "m4a", "opus-160": "opus"}  # fmt: skip # noqa: E501
    fileset = ("DDPID", "DDPMS", "PQDESCR", "CDTEXT.BIN", "IMAGE.DAT", "CHECKSUM.MD5")
    assert set(contents(whole_album.delivery)) == {
        "CHANGES.md", "README.txt", "SHA256SUMS", "delivery.json",
        "cd/image/DRR-015.wav", "cd/image/DRR-015.cue", "cd/image/DRR-015.toc", "cd/tracks/DRR-015.cue",
        "cd/pq-sheet.pdf", "cd/pq-sheet.csv",
        *(f"cd/ddp/{name}" for name in fileset),
        *(f"cd/tracks/{name}.wav" for name in names),
        *(f"digital/{folder}/{name}.{end}" for folder, end in digital.items() for name in names),
        *(f"digital/{folder}/cover.jpg" for folder in digital),
        *(f"vinyl/Side {side}.{end}" for side in "AB" for end in ("wav", "cue")),
        "vinyl/cutting-note.md", "vinyl/cutting-note.pdf",
    }  # fmt: skip


def test_the_listing_has_every_field(whole_album: Album) -> None:
    """Interface, section 3."""
    data = listing(whole_album.delivery)
    assert data.keys() >= {"deadwax", "revision", "manifest_sha256", "album", "tracks", "discs", "files"}
    assert data["album"] == {
        "title": "Überfahrt “夜”", "artist": "The Harbour Lights",
        "upc": "4006381333931", "catalog": "DRR-015",
    }  # fmt: skip
    track_fields = {"number", "disc", "title", "isrc", "mix", "start_seconds", "length_seconds", "gain_db",
                    "limiting_max_db", "master"}  # fmt: skip
    mix_fields = {"path", "sha256", "rate", "bits", "channels", "frames"}
    figures = {"lufs_i", "lufs_m_max", "lufs_s_max", "lra_lu", "true_peak_dbtp", "plr_db", "psr_min_db",
               "crest_db", "correlation", "correlation_min", "low_correlation"}  # fmt: skip
    for track in data["tracks"]:
        assert track.keys() >= track_fields
        assert track["mix"].keys() >= mix_fields
        assert track["master"].keys() >= figures
        assert all(isinstance(track["master"][figure], float) for figure in figures)
        assert len(track["master"]["thirds_dbfs"]) == 31
        assert all(
            level is None or isinstance(level, float) for level in track["master"]["thirds_dbfs"].values()
        )
    disc_fields = {"number", "folder", "upc", "master_id", "copy", "pregap_sectors", "lead_out_sector",
                   "musicbrainz_id", "cddb_id", "accuraterip_id", "image_md5", "image_crc32", "tracks",
                   "texts"}  # fmt: skip
    on_disc_fields = {"number", "track", "pause_sector", "start_sector", "index_sectors", "stop_sector",
                      "isrc", "crc32", "accuraterip_v1", "accuraterip_v2"}  # fmt: skip
    assert [disc.keys() for disc in data["discs"]] == [disc_fields]
    assert [track.keys() for track in data["discs"][0]["tracks"]] == [on_disc_fields] * 6
    file_fields = {"path", "kind", "role", "track", "side", "codec", "rate", "bits", "channels", "frames",
                   "bytes", "sha256", "lufs_i", "true_peak_dbtp"}  # fmt: skip
    sums = contents(whole_album.delivery)
    for row in data["files"]:
        assert row.keys() >= file_fields
        assert row["sha256"] == sums[row["path"]]
        assert row["bytes"] == (whole_album.delivery / row["path"]).stat().st_size
    assert {row["path"] for row in data["files"]} == sums.keys() - {"delivery.json", "SHA256SUMS"}


def test_the_clock_of_the_listing_is_that_of_the_files(whole_album: Album) -> None:
    tracks = listing(whole_album.delivery)["tracks"]
    lengths = [track["length_seconds"] for track in tracks]
    assert [track["start_seconds"] for track in tracks] == pytest.approx([0, *accumulate(lengths[:-1])])
    for row in rows(whole_album.delivery, role="track"):
        assert row["frames"] == round(lengths[row["track"] - 1] * row["rate"])


def test_lossless_files_are_under_the_ceiling_and_sides_under_the_cutters(whole_album: Album) -> None:
    limited = [row for row in rows(whole_album.delivery, role="track") if row["bits"]]
    assert len(limited) == 4 * 6
    assert max(row["true_peak_dbtp"] for row in limited) <= -1.0
    # Not by chance: some of the tracks were limited, and come close.
    assert max(row["true_peak_dbtp"] for row in limited) > -1.1
    sides = rows(whole_album.delivery, role="side")
    assert [side["side"] for side in sides] == ["A", "B"]
    assert -1.0 < max(side["true_peak_dbtp"] for side in sides) <= -0.5


def test_covers_are_square_jpegs_and_alike(whole_album: Album) -> None:
    covers = rows(whole_album.delivery, role="cover")
    assert len({row["sha256"] for row in covers}) == 1
    with Image.open(whole_album.delivery / covers[0]["path"]) as cover:
        assert (cover.format, cover.size, cover.mode) == ("JPEG", (1400, 1400), "RGB")
    tagged = [
        row for row in rows(whole_album.delivery, role="track", kind="digital") if row["codec"] != "wav"
    ]
    assert {tuple(row["tags"]["COVER"]) for row in tagged} == {(covers[0]["sha256"],)}


def test_only_what_is_asked_for_is_made(small_copy: Album, tmp_path: Path) -> None:
    output = tmp_path / "for the plant"
    done("build", small_copy.manifest, "--only", "cd, cd", "--output", output)
    assert {path.split("/")[0] for path in contents(output)} == {
        "CHANGES.md",
        "README.txt",
        "SHA256SUMS",
        "cd",
        "delivery.json",
    }
    whole = contents(small_copy.delivery)
    assert {path: whole[path] for path in contents(output) if "/" in path} == {
        path: digest for path, digest in contents(output).items() if "/" in path
    }
    done("verify", output)


def test_a_part_does_not_replace_the_whole(small_copy: Album) -> None:
    before = contents(small_copy.delivery)
    small_copy.edit("catalog: ZL-1", "catalog: ZL-2")
    result = deadwax("build", small_copy.manifest, "--only", "cd")
    held = "digital" + (" and vinyl" if any(path.startswith("vinyl") for path in before) else "")
    assert result.exit_code == 1
    assert result.stderr == (
        f"{small_copy.delivery} also holds {held}, which --only would remove; "
        "leave out --only, as what is there is not rendered again, or choose another --output\n"
    )
    assert contents(small_copy.delivery) == before


def test_a_silent_track_is_delivered_and_verified(tmp_path: Path) -> None:
    """At another rate it is dither and nothing else, and no two meters agree about its peak."""
    write_mix(tmp_path / "1.wav", np.zeros((5 * 44_100, 2)))
    (tmp_path / "album.yaml").write_text(
        "album: {title: T, artist: A}\ntracks: [1.wav]\ndeliver: {cd: {}, digital: [wav 24/48]}\n"
    )
    assert "silent: no gain can bring it to a loudness" in done("build", tmp_path / "album.yaml").stdout
    done("verify", tmp_path / "delivery")


def test_a_chain_beyond_all_numbers_is_a_fault(tmp_path: Path) -> None:
    write_mix(tmp_path / "1.wav", music(4.5))
    chain = ", ".join(["{output: {gain_db: 24}}"] * 40)
    text = f"album: {{title: T, artist: A}}\ntracks: [1.wav]\ndefaults: {{chain: [{chain}]}}\n"
    (tmp_path / "album.yaml").write_text(text)
    result = deadwax("build", tmp_path / "album.yaml")
    assert result.exit_code == 1
    assert (
        f"{tmp_path / 'album.yaml'}:2:10: tracks[0].mix: its chain drives it beyond any number; "
        "look at the gains in it\n"
    ) in result.stderr


# --- when something is wrong with what is there


@pytest.mark.parametrize("damage", ["flip", "cut", "lose", "forget"])
def test_a_damaged_cache_is_made_again(small_copy: Album, tmp_path: Path, damage: str) -> None:
    entries = list((small_copy.folder / ".deadwax" / "cache" / "entries").glob("*/*"))
    for entry in entries:
        victim = max(entry.iterdir(), key=lambda path: path.stat().st_size)
        data = victim.read_bytes()
        if damage == "flip":
            victim.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        elif damage == "cut":
            victim.write_bytes(data[: len(data) // 2])
        elif damage == "lose":
            victim.unlink()
        else:
            (entry / "entry.json").write_text("{")
    result = done("build", small_copy.manifest, "--output", tmp_path / "again")
    assert steps(result.stdout) == (7, 0)
    assert contents(tmp_path / "again") == contents(small_copy.delivery)


@pytest.mark.parametrize("name", ["hashes.json", "published.json"])
def test_damaged_notes_are_forgotten(small_copy: Album, name: str) -> None:
    before = contents(small_copy.delivery)
    (small_copy.folder / ".deadwax" / name).write_text('{"half')
    assert steps(done("build", small_copy.manifest).stdout) == (0, 7)
    assert contents(small_copy.delivery) == before


def test_a_folder_of_others_is_not_replaced(small_copy: Album, tmp_path: Path) -> None:
    output = tmp_path / "Desktop"
    output.mkdir()
    (output / "thesis.txt").write_text("almost done")
    (tmp_path / "file").touch()
    for target in (output, tmp_path / "file"):
        result = deadwax("build", small_copy.manifest, "--output", target)
        assert (result.exit_code, result.stdout) == (1, "")
        assert (
            result.stderr == f"{target} exists and is no delivery; move it away, or choose another --output\n"
        )
    assert contents(output).keys() == {"thesis.txt"}


def test_an_empty_folder_is_taken(small_copy: Album, tmp_path: Path) -> None:
    output = tmp_path / "empty"
    output.mkdir()
    done("build", small_copy.manifest, "--output", output)
    assert contents(output) == contents(small_copy.delivery)


def test_the_folder_that_one_is_in_is_not_replaced(
    small_copy: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shell and program would be in a folder that is gone."""
    monkeypatch.chdir(small_copy.delivery / "cd")
    small_copy.edit("Zwei,", "Due,")
    before = stamps(small_copy.delivery)
    for target in (".", "..", small_copy.delivery):
        result = deadwax("build", "../../album.yaml", "--output", target)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"{target} is the folder that you are in, and a delivery is replaced")
    assert stamps(small_copy.delivery) == before


def test_a_link_to_a_folder_stays_one(small_copy: Album, tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    link = tmp_path / "link"
    link.symlink_to("server/delivery")
    for _ in range(2):
        done("build", small_copy.manifest, "--output", link)
        small_copy.manifest.write_text(
            small_copy.manifest.read_text(encoding="utf-8") + "# again\n", encoding="utf-8"
        )
    assert link.is_symlink()
    assert contents(tmp_path / "server" / "delivery").keys() == contents(small_copy.delivery).keys()
    assert sorted(path.name for path in (tmp_path / "server").iterdir()) == ["delivery"]


def test_two_builds_at_once_both_succeed(tmp_path: Path) -> None:
    write_small_album(tmp_path)
    (tmp_path / ".deadwax").mkdir()
    with FileLock(tmp_path / ".deadwax" / "lock"):
        processes = [start("build", tmp_path / "album.yaml") for _ in range(2)]
        for process in processes:
            assert process.stderr
            assert process.stderr.readline() == "waiting for another build of this album\n"
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    done("verify", tmp_path / "delivery")


# --- when a build is stopped, or the machine gives out


def untidied(album: Album) -> list[str]:
    """What a build has left beside or in the album, and should not have."""
    aside = album.folder / ".deadwax" / "cache" / "aside"
    left = [*album.folder.glob(".delivery*"), *album.folder.rglob("*.part")]
    return [path.name for path in (*left, *(aside.iterdir() if aside.is_dir() else ()))]


def begun(album: Album, stage: str) -> "subprocess.Popen[str]":
    """A build with everything to do that has come to that stage."""
    album.edit("{target_lufs: -16}", "{target_lufs: -18}\ndefaults: {chain: [glue: {ratio: 2}]}")
    album.edit("mp3 320]}", "aac 256, opus 160], vinyl: {}}")
    process = start(
        "build", album.manifest, "--jobs", "1",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job may ignore it
    )  # fmt: skip
    assert process.stderr
    while process.stderr.readline().strip() != stage:
        assert process.poll() is None
    return process


@pytest.mark.parametrize(
    ("name", "stage"),
    [("SIGINT", "rendering"), ("SIGINT", "delivering"), ("SIGKILL", "delivering")],
)
def test_a_build_that_is_stopped_leaves_the_last_delivery(small_copy: Album, stage: str, name: str) -> None:
    before = contents(small_copy.delivery)
    process = begun(small_copy, stage)
    os.killpg(process.pid, signal.Signals[name])
    out, err = process.communicate(timeout=120)
    assert contents(small_copy.delivery) == before
    assert out == ""
    if name == "SIGINT":
        assert process.returncode == 130
        assert err == "interrupted: the delivery that stands is whole, finished steps are kept\n"
        assert untidied(small_copy) == []
    else:
        assert process.returncode == -signal.SIGKILL
    # Two mixes each examined, mastered, rendered for 44.1 kHz, for 48 kHz and for vinyl, and listened to; two
    # sides whose cut is predicted; a disc whose checksums are taken.
    run, kept = steps(done("build", small_copy.manifest).stdout)
    assert run + kept == 15
    assert kept >= {"rendering": 4, "delivering": 15}[stage]
    assert untidied(small_copy) == []
    done("verify", small_copy.delivery)


def test_impatience_prints_no_traceback(small_copy: Album) -> None:
    process = begun(small_copy, "mastering")
    for _ in range(4):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.02)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, "")
    assert err == "interrupted: the delivery that stands is whole, finished steps are kept\n"


def test_a_path_that_cannot_be_is_the_machines_fault(small_copy: Album, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    before = contents(small_copy.delivery)
    result = deadwax("build", small_copy.manifest, "--output", tmp_path / "file" / "delivery")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines()[-1].endswith("Not a directory")
    assert contents(small_copy.delivery) == before


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not shutil.which("mount"):
        pytest.skip("no mount to make a small disk with")
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small disk may not be mounted here: {mounted.stderr.strip()}")
    yield folder
    gc.collect()  # the frames of a failed build hold files open
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize(
    ("free", "stage"), [(2_000_000, "mastering"), (4_400_000, "rendering"), (8_000_000, "delivering")]
)
def test_a_full_disk_is_the_machines_fault(small_album: Album, disk: Path, free: int, stage: str) -> None:
    album = small_album.copied(disk / "album")
    shutil.rmtree(album.folder / ".deadwax")
    before = contents(album.delivery)
    with (disk / "other things").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - free)
    result = deadwax("build", album.manifest, "--jobs", "2")
    *progress, said = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (3, "")
    assert progress[-1] == stage
    assert "No space left on device" in said
    assert contents(album.delivery) == before
    assert untidied(album) == []
    (disk / "other things").unlink()
    done("build", album.manifest)
    assert contents(album.delivery) == before


def test_a_limit_on_files_is_the_machines_fault(small_copy: Album) -> None:
    """As a quota would be. Half a megabyte: no mix of 4 s fits."""
    before = contents(small_copy.delivery)
    shutil.rmtree(small_copy.folder / ".deadwax")
    with start(
        "build",
        small_copy.manifest,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, 1 << 19)),
    ) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (3, "")
    assert err.splitlines()[-1].endswith("File too large")
    assert "Traceback" not in err
    assert contents(small_copy.delivery) == before
    assert untidied(small_copy) == []
