"""From manifest to DDP and back: what `deadwax ddp` takes out of a fileset is what went in.

Audio is compared sample by sample with the track files, marks with the album's clock and with the sheets
that do not come from the fileset. The readers are soundfile and regular expressions.
"""

import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tests.albums import music, write_mix
from tests.end_to_end import done, listing, write_whole_album

CHECKOUT = Path(__file__).resolve().parents[2]
PREGAP = 150
Marks = list[dict[int, int]]


@dataclass(frozen=True)
class Disc:
    """A disc of a delivery and what was taken out of its fileset."""

    folder: Path
    exported: Path
    number: int


# --- albums


def whole(folder: Path) -> None:
    """Titles in four scripts, a segue inside a sector, a crossfade, a gap of no whole sector, an index."""
    write_whole_album(folder)


def demo(folder: Path) -> None:
    source = CHECKOUT / "projects" / "demo"
    subprocess.run([sys.executable, source / "make_mixes.py", folder / "mixes"], check=True, cwd=folder)
    text = (source / "album.yaml").read_text(encoding="utf-8")
    (folder / "album.yaml").write_text(text.replace("  artwork: cover.png", "  #"), encoding="utf-8")


def real(folder: Path) -> None:
    shared = CHECKOUT.parent / "shared"
    if not (shared / "audio").is_dir():
        pytest.skip("no folder shared/audio beside the checkout")
    text = (CHECKOUT / "projects" / "real" / "album.yaml").read_text(encoding="utf-8")
    (folder / "album.yaml").write_text(text.replace("../../../shared", shared.as_posix()), encoding="utf-8")


def songs(folder: Path, lengths: list[float]) -> None:
    for number, seconds in enumerate(lengths, 1):
        write_mix(folder / "mixes" / f"{number}.wav", music(seconds, seed=number), subtype="PCM_16")


def album(
    tracks: str, more: str = "", settings: str = "{}", lengths: tuple[float, ...] = (4.5, 5.01, 6.0)
) -> Callable[[Path], None]:
    """Songs of these lengths; what they have in common is said here, what matters by the others."""

    def write(folder: Path) -> None:
        songs(folder, list(lengths))
        head = f"album: {{title: Round Trip, artist: Nobody, upc: 036000291452{more}}}\n"
        rest = f"level: {{match: off}}\ndefaults: {{limiter: off}}\ndeliver: {{cd: {settings}}}\n"
        (folder / "album.yaml").write_text(f"{head}{rest}tracks:\n{tracks}", encoding="utf-8")

    return write


PLAIN = "  - mixes/1.wav\n  - mixes/2.wav\n  - mixes/3.wav\n"
INDEXES = """\
  - {mix: mixes/1.wav, index: [1.5, 2.75], isrc: GBAYE2600001}
  - {mix: mixes/2.wav, index: ["0:01.01"], isrc: GBAYE2600002}
  - mixes/3.wav
"""
SEGUE = "  - {mix: mixes/1.wav, then: segue}\n  - {mix: mixes/2.wav, then: segue}\n  - mixes/3.wav\n"
ODD_GAPS = """\
  - {mix: mixes/1.wav, then: {gap: 1.2345}}
  - {mix: mixes/2.wav, then: {gap: 0.3333}}
  - mixes/3.wav
"""
TWO_DISCS = "  - mixes/1.wav\n  - {mix: mixes/2.wav, disc: 2}\n  - mixes/3.wav\n"
UNICODE = """\
  - {mix: mixes/1.wav, title: Ærø “blå” ½}
  - {mix: mixes/2.wav, title: 夜のフェリー, artist: Кто там}
  - {mix: mixes/3.wav, title: "Tide: Two / שלום 🚢"}
"""
NINETY_NINE = "  - mix: mixes/1.wav\n    cuts:\n" + "".join(
    f"      - {{title: Cut {number}, at: {number * 4.1:.2f}}}\n" for number in range(99)
)
SECOND = (
    "{text: {second: {language: de, titles: [Eins, Zwei, Drei]}, genre: yes, disc_id: yes}, copies: scms}"
)
ALBUMS = {
    "the demo": demo,
    "the real album": real,
    "an album of everything": whole,
    "a hidden track": album(PLAIN, ", hidden: {mix: mixes/2.wav, gap: 1.37}"),
    "indexes in two tracks": album(INDEXES),
    "a segue": album(SEGUE),
    "gaps of no whole sectors": album(ODD_GAPS),
    "pauses in the track before": album(ODD_GAPS, settings="{gaps: after}"),
    "no pauses": album(ODD_GAPS, settings="{gaps: none}"),
    "offsets": album(INDEXES, settings="{offsets: {start_sectors: 15, end_sectors: 20, index_sectors: 5}}"),
    "99 tracks": album(NINETY_NINE, lengths=(99 * 4.1,)),
    "titles in many scripts": album(UNICODE),
    "no CD-Text": album(PLAIN, settings="{cd_text: off}"),
    "a second language": album(PLAIN, ", catalog: X-1, genre: Folk", SECOND),
    "two discs": album(TWO_DISCS),
    "a hidden track and two discs": album(TWO_DISCS, ", hidden: mixes/3.wav"),
}  # fmt: skip


@pytest.fixture(scope="module", params=list(ALBUMS))
def discs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Disc]:
    """One of the albums, built, and each of its filesets taken apart."""
    return taken_apart(tmp_path_factory.mktemp("album"), ALBUMS[request.param])


def taken_apart(folder: Path, write: Callable[[Path], None]) -> list[Disc]:
    write(folder)
    done("build", folder / "album.yaml", "--only", "cd")
    found = []
    for disc in listing(folder / "delivery")["discs"]:
        of_disc = folder / "delivery" / disc["folder"]
        exported = folder / f"exported {disc['number']}"
        done("ddp", of_disc / "ddp", "--export", exported)
        found.append(Disc(of_disc, exported, disc["number"]))
    return found


def delivery_of(disc: Disc) -> Path:
    """The folder that has delivery.json."""
    return next(folder for folder in disc.folder.parents if (folder / "delivery.json").exists())


# --- readers


def codes(path: Path) -> NDArray[np.int16]:
    samples: NDArray[np.int16] = soundfile.read(path, dtype="int16", always_2d=True)[0]
    return samples


def hash_of(path: Path) -> str:
    """Of the samples, which need not fit into memory."""
    digest = hashlib.sha256()
    with soundfile.SoundFile(path) as file:
        for block in file.blocks(1 << 20, dtype="int16"):
            digest.update(block.tobytes())
    return digest.hexdigest()


def wavs(folder: Path) -> list[Path]:
    return sorted((folder / "tracks").glob("*.wav"))


def sheet(folder: Path) -> str:
    """The text of the one cue sheet of an image."""
    (path,) = folder.glob("*.cue")
    return path.read_bytes().decode()


def marks_of(text: str) -> Marks:
    """The indexes of each track of a cue sheet, in sectors of its file."""
    found: Marks = []
    for line in text.splitlines():
        if re.match(r"\s*TRACK ", line):
            found.append({})
        elif match := re.match(r"\s*INDEX (\d\d) (\d\d):(\d\d):(\d\d)$", line):
            index, minutes, seconds, sectors = map(int, match.groups())
            found[-1][index] = (minutes * 60 + seconds) * 75 + sectors
    return found


# --- what comes back


def test_the_audio_is_that_of_the_tracks(discs: list[Disc]) -> None:
    for disc in discs:
        own, back = wavs(disc.folder), wavs(disc.exported)
        assert len(own) == len(back) > 0
        for one, other in zip(own, back, strict=True):
            assert one.name[:2] == other.name[:2]
            assert np.array_equal(codes(one), codes(other)), one.name
        (image,) = (disc.folder / "image").glob("*.wav")
        (back_image,) = disc.exported.glob("*.wav")
        assert np.array_equal(codes(image), codes(back_image))
        assert np.array_equal(np.concatenate([codes(path) for path in back]), codes(back_image))


def test_the_marks_are_those_of_the_image_s_sheet(discs: list[Disc]) -> None:
    for disc in discs:
        own, back = sheet(disc.folder / "image"), sheet(disc.exported)
        assert marks_of(own) == marks_of(back)
        for command in ("CATALOG", "ISRC", "FLAGS"):
            assert re.findall(rf"{command} .*", own) == re.findall(rf"{command} .*", back)


def test_tracks_start_where_the_album_s_clock_says(discs: list[Disc]) -> None:
    """Unless the disc's own settings put them elsewhere, which other tests know by arithmetic."""
    delivery = delivery_of(discs[0])
    told = listing(delivery)
    manifest = (delivery.parent / "album.yaml").read_text(encoding="utf-8")
    if "gaps: none" in manifest or "offsets" in manifest:
        return
    for disc in discs:
        starts = [75 * each["start_seconds"] for each in told["tracks"] if each["disc"] == disc.number]
        back = [track[1] for track in marks_of(sheet(disc.exported))]
        assert [start - back[0] for start in back] == pytest.approx([s - starts[0] for s in starts], abs=1e-6)


def test_the_image_lasts_as_long_as_its_marks(discs: list[Disc]) -> None:
    """A row of PQDESCR is 64 bytes; the last is the lead-out, and so is where the image ends."""
    for disc in discs:
        pq = (disc.folder / "ddp" / "PQDESCR").read_text(encoding="ascii")
        minutes, seconds, sectors = (int(pq[-64:][10 + 2 * n : 12 + 2 * n]) for n in range(3))
        lead_out = (minutes * 60 + seconds) * 75 + sectors
        assert (disc.folder / "ddp" / "IMAGE.DAT").stat().st_size == 2352 * lead_out


def test_a_fileset_is_found_faultless(discs: list[Disc]) -> None:
    for disc in discs:
        assert "no faults" in done("ddp", disc.folder / "ddp").output
    folder = delivery_of(discs[0])
    if sum(track["length_seconds"] for track in listing(folder)["tracks"]) < 60:
        done("verify", folder)


# --- by arithmetic


def marks(write: Callable[[Path], None], folder: Path) -> list[Marks]:
    return [marks_of(sheet(disc.exported)) for disc in taken_apart(folder, write)]


def test_gaps_come_to_the_nearest_sector(tmp_path: Path) -> None:
    """4.5 s are 337.5 sectors, with 1.2345 s 430.0875; 5.01 s are 375.75, with 0.3333 s 400.7475."""
    (found,) = marks(ALBUMS["gaps of no whole sectors"], tmp_path)
    assert found == [{1: 0}, {0: 338, 1: 430}, {0: 430 + 376, 1: 430 + 401}]


def test_indexes_are_never_late(tmp_path: Path) -> None:
    """1.5 s are 112.5 sectors, 2.75 s 206.25, 1.01 s 75.75."""
    (found,) = marks(ALBUMS["indexes in two tracks"], tmp_path)
    assert found[0] == {1: 0, 2: 112, 3: 206}
    second = found[1][1]
    assert found[1] == {0: 338, 1: second, 2: second + 75}


def test_what_is_hidden_comes_first(tmp_path: Path) -> None:
    """5.01 s are 376 sectors, 1.37 s are 103."""
    (found,) = marks(ALBUMS["a hidden track"], tmp_path)
    assert found[0] == {0: 0, 1: 376 + 103}


def test_the_longest_disc_that_there_is(tmp_path: Path) -> None:
    """79:57:74 of programme, 846 MB of a tone."""
    lengths = [120_000, 120_000, 119_849]
    tone = (3e3 * np.sin(2 * np.pi * 441 * np.arange(44_100 * 30) / 44_100)).astype(np.int16)
    (tmp_path / "mixes").mkdir()
    for number, sectors in enumerate(lengths, 1):
        with soundfile.SoundFile(tmp_path / f"mixes/{number}.wav", "w", 44_100, 2, "PCM_16") as file:
            left = sectors * 588
            while left:
                block = np.repeat(tone[:left, None], 2, axis=1)
                file.write(block)
                left -= len(block)
    album(SEGUE, lengths=())(tmp_path)
    (disc,) = taken_apart(tmp_path, lambda _: None)
    assert marks_of(sheet(disc.exported)) == [{1: 0}, {1: 120_000}, {1: 240_000}]
    for number, (own, back) in enumerate(zip(wavs(disc.folder), wavs(disc.exported), strict=True), 1):
        assert hash_of(tmp_path / f"mixes/{number}.wav") == hash_of(own) == hash_of(back)
    assert (disc.folder / "ddp" / "IMAGE.DAT").stat().st_size == (359_849 + PREGAP) * 2352
