"""The truth table of rebuilds: what existed, what changes, what runs, why, and what is written."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from dsp import stages
from dsp.dynamics import GlueSettings
from pipeline import versions
from tests.albums import codes_of, music
from tests.end_to_end import Album, contents, done
from tests.pipeline.build.revisions import (
    ALL,
    BESIDE,
    CD,
    COMPARE,
    COVER,
    CUE_A,
    CUE_B,
    DISC,
    EVERYTHING,
    FLAC,
    FLACS,
    INSTRUMENTAL,
    JOINT,
    LIMITED_ALL,
    MASTER_ALL,
    NOTE,
    RENDER_ALL,
    RENDER_INSTRUMENTAL,
    SIDE_A,
    SIDE_B,
    SOUND,
    TITLES,
    VERSION,
    VINYL_ALL,
    Bases,
    DiscFiles,
    bare,
    built,
    called,
    copied,
    cut,
    files,
    island,
    limited,
    listen,
    master,
)
from tests.pipeline.build.truths import (
    ALBUM_GAIN,
    ANCHOR,
    BOW,
    CABLE,
    DECK,
    DECKS,
    GAIN,
    LAID,
    LAID_ON_A,
    LEVEL,
    MARKS_A,
    MIX,
    ON_A,
    ON_B,
    ON_DISC,
    SAMPLED,
    Change,
    Row,
    all_of,
    based_on,
    damaged,
    edited,
    entry_of,
    flip,
    holds,
    mix,
    plain,
    together,
)

# --- changes: of the manifest


def said_otherwise(album: Album) -> None:
    """Other text, the same meaning."""
    text = album.manifest.read_text(encoding="utf-8")
    head, tracks, rest = re.split(r"^(?=tracks:|vinyl:)", text, flags=re.MULTILINE)
    text = f"# once more\n{rest}\n{tracks}{head}".replace("gap: 0.4", "gap: .40").replace("-20}", "-20.0}")
    text = text.replace("{title: Cable, mix: mixes/c.wav", "{mix: mixes/c.wav,  title: 'Cable'")
    album.manifest.write_text(text, encoding="utf-8")


def reordered(*order: str) -> Change:
    """Tracks by the first letter of their titles; sides as many of them as before."""

    def change(album: Album) -> None:
        text = album.manifest.read_text(encoding="utf-8")
        head, tracks, rest = re.split(r"(?<=^tracks:\n)|^(?=vinyl:)", text, flags=re.MULTILINE)
        entries = re.split(r"^(?=  - )", tracks, flags=re.MULTILINE)[1:]
        by_title = {re.search(r"title: (.+?)[,\n]", entry)[1]: entry for entry in entries}
        text = head + "".join(by_title[title] for title in order) + rest
        album.manifest.write_text(text, encoding="utf-8")

    return change


# --- changes: of mixes


def louder_passage(audio: np.ndarray) -> np.ndarray:
    changed = audio.copy()
    changed[44_100:88_200] *= 1.5
    return changed


def touched(album: Album) -> None:
    os.utime(album.folder / "mixes" / "a_v1.wav")


def with_metadata(album: Album) -> None:
    """A LIST chunk behind the samples. Source: Multimedia Programming Interface, 1991, RIFF."""
    path = album.folder / "mixes" / "a_v1.wav"
    data = path.read_bytes()
    chunk = b"LIST" + (16).to_bytes(4, "little") + b"INFOISFT" + (4).to_bytes(4, "little") + b"daw\0"
    path.write_bytes(data[:4] + (len(data) - 8 + len(chunk)).to_bytes(4, "little") + data[8:] + chunk)


def in_longer_words(album: Album) -> None:
    path = album.folder / "mixes" / "c.wav"
    soundfile.write(path, codes_of(path, 16) << 16, 44_100, "PCM_24")


def in_another_container(album: Album) -> None:
    path = album.folder / "mixes" / "b.wav"
    soundfile.write(path.with_suffix(".flac"), codes_of(path, 24) << 8, 44_100, "PCM_24")
    path.unlink()
    album.edit("mixes/b.wav", "mixes/b.flac")


def called_v2(album: Album) -> None:
    (album.folder / "mixes" / "a_v1.wav").rename(album.folder / "mixes" / "a_v2.wav")
    album.edit("a_v1.wav", "a_v2.wav")


# A mix with another polarity is other audio of the same loudness, so that no gain moves.
SECOND = together(mix("a_v2.wav", -ANCHOR), edited(("a_v1.wav", "a_v2.wav")))


# --- changes: of what was built


def entries(album: Album, holding: str) -> list[Path]:
    """The cache's entries with a file of that name."""
    found = (album.folder / ".deadwax" / "cache" / "entries").glob(f"*/*/{holding}")
    return sorted(path.parent for path in found)


def lost(what: str, track: int, detail: str = "") -> Change:
    return lambda album: shutil.rmtree(entry_of(album, what, track, detail))


def damaged_facts(album: Album) -> None:
    for entry in entries(album, "facts.json"):
        flip(entry / "facts.json")


def lost_cache(album: Album) -> None:
    shutil.rmtree(album.folder / ".deadwax" / "cache")


def delivered(change: Callable[[Path], None]) -> Change:
    return lambda album: change(album.delivery)


# --- changes: of the program


def raised_glue(patch: pytest.MonkeyPatch) -> None:
    kind = stages.KINDS[GlueSettings]
    patch.setitem(stages.KINDS, GlueSettings, kind._replace(version=kind.version + 1))


def other_numpy(patch: pytest.MonkeyPatch) -> None:
    known = dict(versions.audio_libraries()) | {"numpy": "99.0"}
    patch.setattr(versions, "audio_libraries", lambda: tuple(known.items()))


def other_typst(patch: pytest.MonkeyPatch) -> None:
    known = dict(versions.file_libraries()) | {"typst": "99.0"}
    patch.setattr(versions, "file_libraries", lambda: tuple(known.items()))


# --- what the albums are that rows begin with

TONE = ("threshold_db: -24}]", "threshold_db: -24}, tone: {toward: album, strength: 1}]")
MP3 = edited(("flac 24/48", "flac 24/48, mp3 320"))
BASES = {
    "plain": plain,
    "album gain": based_on("plain", edited(ALBUM_GAIN)),
    "two formats": based_on("plain", MP3),
    "tone": based_on("plain", edited(TONE)),
    "second": based_on("plain", SECOND),
    "approved": based_on(
        "plain",
        lambda album: done("approve", "--all", "--by", "P. Ear", "--manifest", album.manifest) and None,
    ),
}


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bases]:
    folder = tmp_path_factory.mktemp("bases")
    yield Bases(folder, BASES)
    shutil.rmtree(folder)


# --- words

LIBRARY = "this version of Deadwax, or a library, writes it otherwise"

FIRST = files(1) | DISC.samples | SIDE_A | NOTE
PAIR = files(2, 3) | DISC.samples | SIDE_A | NOTE
RENUMBERED = DiscFiles("cd", "TT-2")
ANCHORS = master(1) | master(1, VERSION)

ADDED = (
    FLACS | files(5) | {f"{CD}/06 Ebb.wav", f"{FLAC}/06 Ebb.flac"}
    | LAID | DISC.titles | SIDE_B | CUE_B | NOTE
)  # fmt: skip

OF_NO_TRACK = (*ON_DISC, "side A", "side A cue sheet", "side B", "side B cue sheet", "cutting note", *COVER)


ROWS = {
    # --- nothing that is heard
    "nothing": Row(revision=1),
    "a mix is touched": Row(change=touched, revision=1),
    "mixes have other metadata, another container": Row(
        change=together(with_metadata, in_another_container), heard=2, revision=1
    ),
    "a mix is called otherwise": Row(change=called_v2, revision=1),
    "the manifest says the same otherwise": Row(change=said_otherwise, revision=1),
    # --- mixes
    "a mix has longer words": Row(  # which are in the coding history of what is made of it
        change=in_longer_words,
        heard=1,
        why={"03": "mix or dither", "cd image": "mix or dither"},
        writes=called(CD, 3) | DISC.image,
    ),
    "a mix is another": Row(
        change=SECOND,
        heard=1,
        why={"01": "mix changed: v1 → v2"} | ON_A,
        may=LEVEL,
        runs=master(1) | island(1, 1) | COMPARE,
        writes=FIRST,
        verified=True,
    ),
    "a passage is louder": Row(
        change=mix("a_v1.wav", louder_passage(ANCHOR)),
        heard=1,
        why={"01": MIX} | ON_A,
        may=LEVEL | {BESIDE: ""},
        runs=master(1) | island(1, 1) | RENDER_INSTRUMENTAL | COMPARE,
        plans=master(1) | island(1, 1),
        sides="AB",
        writes=FIRST | INSTRUMENTAL,
        plan_writes=FIRST,
        reasons={
            "01 (Instrumental): render, flac 24/48": "gain +",
            "01: render, flac 24/48": "mix changed; gain",
        },
    ),
    "a mix is 12 sectors longer": Row(
        change=mix("a_v1.wav", np.concatenate([ANCHOR, ANCHOR[: 12 * 588]])),
        heard=1,
        why={
            "01": MIX,
            BESIDE: "another stretch of the mix",
        }
        | dict.fromkeys(LAID_ON_A, "01 is 12 sectors longer")
        | MARKS_A,
        may=LEVEL,
        runs=ANCHORS | island(1, 1) | RENDER_INSTRUMENTAL | COMPARE,
        sides="AB",
        writes=FIRST | INSTRUMENTAL | LAID | CUE_A,
    ),
    "the mix at the end is 12 sectors longer": Row(
        change=mix("e.wav", np.concatenate([DECK[JOINT:], DECK[JOINT : JOINT + 12 * 588]])),
        heard=1,
        why={"04": MIX, "05": MIX, "cd TOC": "marks"}
        | dict.fromkeys((*SAMPLED, "side B", "cutting note"), "05 is 12 sectors longer"),
        may=LEVEL,
        runs=master(4) | island(4, 5),
        writes=DECKS | DISC.end | FLACS,  # which have the album's loudness in their tags
        plan_writes=DECKS | DISC.end,
    ),
    "the mix that crossfades is another": Row(
        change=mix("b.wav", -BOW),
        heard=1,
        why={"02": MIX, "03": "crossfades from 02"} | ON_A,
        may=LEVEL,
        runs=master(2) | island(2, 3),
        sides="AB",
        writes=PAIR,
        reasons={"02 to 03: render, flac 24/48": "mix changed; crossfades from 02"},
    ),
    "the mix that is crossfaded into is another": Row(
        change=mix("c.wav", -CABLE, subtype="PCM_16"),
        heard=1,
        why={"02": "crossfades into 03", "03": MIX} | ON_A,
        may=LEVEL,
        runs=master(3) | island(2, 3),
        sides="AB",
        writes=PAIR,
    ),
    "a mix inside a segue is another": Row(
        change=mix("e.wav", -DECK[JOINT:]),
        heard=1,
        why={"04": MIX, "05": MIX} | ON_B,
        may=LEVEL,
        runs=master(4) | island(4, 5),
        writes=DECKS,
    ),
    "a mix is too loud for the lathe": Row(
        change=mix("b.wav", music(4.6, crest=12, seed=2)),
        heard=1,
        why={"02": MIX, "03": "crossfades from 02"} | ON_A,
        may=LEVEL,
        runs=master(2) | limited(2, 3) | VINYL_ALL,
        plans=master(2) | island(2, 3),
        writes=PAIR | SIDE_B | FLACS,  # which have the album's peak in their tags
        plan_writes=PAIR,
        reasons={"04 to 05 (vinyl): render, wav 24/44.1": "gain "},
    ),
    "a mix of a higher rate": Row(
        change=mix("b.wav", music(4.6, 48_000, seed=2), 48_000),
        heard=1,
        why=all_of("session rate 44.1 kHz → 48 kHz")
        | dict.fromkeys(("03", *SAMPLED, "side A", "side B", "cutting note"), ""),
        may=LEVEL,
        runs=ANCHORS
        | master(2)
        | master(4)
        | LIMITED_ALL
        | cut(1, 1, "48")
        | cut(2, 3, "48")
        | cut(4, 5, "48"),
        writes=SOUND,
    ),
    # --- words about the music
    "a title": Row(
        change=edited(("title: Bow", "title: Arrow")),
        why={
            "02": "title changed",
            "cd image": "markers changed",
            "cd cue sheet": "titles",
            "cd TOC": "titles",
            "cd DDP fileset": "titles",
            "cd PQ sheet": "what it says",
            "side A": "names of markers changed",
            "side A cue sheet": "titles",
            "cutting note": "note",
        },
        # 41 characters of titles become 43, with the zeros behind them: 4 packs of CD-Text before and after.
        writes=called(FLAC, 2, title="Arrow")
        | called(CD, 2, title="Arrow")
        | DISC.image
        | DISC.titles
        | CUE_A
        | SIDE_A
        | NOTE,
    ),
    "an ISRC": Row(
        change=edited(("GBAYE2600001", "GBAYE2600009")),
        why={
            "01": "ISRC changed",
            "cd cue sheet": "titles",
            "cd TOC": "ISRC",
            "cd DDP fileset": "ISRC",
            "cd PQ sheet": "what it says",
            "side A cue sheet": "titles",
            "cutting note": "note",
        },
        writes=files(1) | DISC.titles | DISC.ddp("PQDESCR") | CUE_A | NOTE,
    ),
    "the album's title": Row(
        change=edited(("title: Truth", "title: Fable")),
        why=all_of("album")
        | dict.fromkeys(("cd cue sheet", "side A cue sheet", "side B cue sheet"), "album")
        | {"cd image": "", "cd TOC": "titles", "cd DDP fileset": "titles", "cd PQ sheet": "what it says"}
        | {"cutting note": "note"},
        writes=FLACS
        | called(CD, *ALL)
        | DISC.image
        | DISC.cue
        | DISC.tracks_cue
        | DISC.text
        | CUE_A
        | CUE_B
        | NOTE,
    ),
    "the catalogue number": Row(
        change=edited(("TT-1", "TT-2")),
        why=all_of("catalog changed")
        | {"cd image": "ISRC or UPC", "cd cue sheet": "file names", "cd TOC": "file names"}
        | {"cd DDP fileset": "master ID", "cd PQ sheet": "what it says", "cutting note": "note"},
        writes=FLACS
        | RENUMBERED.image
        | RENUMBERED.cue
        | RENUMBERED.toc
        | DISC.ddp("DDPID", "CHECKSUM.MD5")
        | DISC.page
        | DISC.table
        | NOTE,
    ),
    "a UPC": Row(  # with which CD-Text has a pack more
        change=edited(("catalog: TT-1", "catalog: TT-1, upc: '4006381333931'")),
        why=all_of("upc changed")
        | dict.fromkeys(("cd cue sheet", "side A cue sheet", "side B cue sheet"), "album")
        | {"cd image": "ISRC or UPC", "cd TOC": "UPC", "cd DDP fileset": "UPC"}
        | {"cd PQ sheet": "what it says"},
        writes=FLACS | DISC.image | DISC.titles | DISC.ddp("DDPID", "DDPMS", "PQDESCR") | CUE_A | CUE_B,
    ),
    "a label": Row(
        change=edited(("catalog: TT-1", "catalog: TT-1, label: Any")),
        why=all_of("label changed") | {"cd PQ sheet": "what it says", "cutting note": "note"},
        writes=FLACS | DISC.page | NOTE,
        idle=DISC.table,
    ),
    "a day of release": Row(
        change=edited(("2026-12-04", "2026-12-11")),
        why=all_of("date changed")
        | dict.fromkeys(("cd cue sheet", "side A cue sheet", "side B cue sheet"), "album")
        | {"cd image": "date changed", "cd PQ sheet": "what it says", "cutting note": "note"},
        writes=FLACS
        | called(CD, *ALL)
        | DISC.image
        | DISC.cue
        | DISC.tracks_cue
        | DISC.page
        | CUE_A
        | CUE_B
        | NOTE,
        idle=DISC.table,
    ),
    "a composer": Row(  # whom the disc has, too
        change=edited(("title: Bow,", "title: Bow, composer: Any,")),
        why={"02": "composer changed", "cd cue sheet": "titles", "cd TOC": "titles"}
        | {"cd DDP fileset": "titles", "cd PQ sheet": "what it says", "side A cue sheet": "titles"},
        writes=called(FLAC, 2) | DISC.cue | DISC.tracks_cue | DISC.text | DISC.ddp("DDPMS") | CUE_A,
    ),
    "a message": Row(
        change=edited(("catalog: TT-1", "catalog: TT-1, message: Ahoy")),
        why={"cd TOC": "titles", "cd DDP fileset": "titles", "cd PQ sheet": "what it says"},
        writes=DISC.text | DISC.ddp("DDPMS"),
    ),
    "an index": Row(
        change=edited(("title: Bow,", "title: Bow, index: [2.5],")),
        why={"02": "markers changed", "cd image": "markers changed", "cd DDP fileset": "marks"}
        | {"cd PQ sheet": "what it says"}
        | MARKS_A,
        writes=called(CD, 2) | DISC.image | DISC.marks | DISC.tracks_cue | DISC.ddp("DDPMS") | CUE_A,
    ),
    "the artwork": Row(
        change=lambda album: Image.new("RGB", (200, 200), "red").save(album.folder / "cover.png"),
        why=all_of("cover changed") | {f"{FLAC}/cover.jpg": "cover"},
        writes=FLACS | COVER,
    ),
    # --- treatment
    "a setting of a chain": Row(
        change=edited(("threshold_db: -24", "threshold_db: -30")),
        why={"01": "glue: threshold_db -24 → -30", BESIDE: "glue: threshold_db -24 → -30"} | ON_A,
        may=LEVEL,
        runs=ANCHORS | island(1, 1) | RENDER_INSTRUMENTAL,
        writes=FIRST | INSTRUMENTAL,
    ),
    "a setting of the default chain": Row(
        change=edited(("gain_db: 0.5", "gain_db: 0.8")),
        why={"02": "eq changed", "03": "crossfades from 02"} | ON_A,
        may=LEVEL,
        runs=master(2) | island(2, 3),
        writes=PAIR,
    ),
    "a stage more": Row(
        change=edited(("[saturate: {drive_db: 2}]", "[saturate: {drive_db: 2}, clip: {ceiling_db: -9}]")),
        why={"04": "clip added", "05": "clip added"} | ON_B,
        may=LEVEL,
        runs=master(4) | island(4, 5),
        writes=DECKS | FLACS,  # which have the album's loudness in their tags
        plan_writes=DECKS,
    ),
    "a stage that does nothing": Row(
        change=edited(("{drive_db: 2}]", "{drive_db: 2}, output: {gain_db: 0}]")),
        why={"04": "output added", "05": "output added"} | ON_B,
        may=LEVEL,
        runs=master(4),
        plans=master(4) | island(4, 5),
        writes=NOTE,
        plan_writes=DECKS,
    ),
    "a limiter": Row(
        change=edited(
            ("glue: {threshold_db: -24}]", "glue: {threshold_db: -24}]\n    limiter: {release_ms: 300}")
        ),
        why={"01": "limiter changed", BESIDE: "limiter changed"} | dict.fromkeys(SAMPLED, "01 changed"),
        may=GAIN,
        runs=limited(1, 1) | RENDER_INSTRUMENTAL,
        writes=files(1) | INSTRUMENTAL | DISC.samples,
    ),
    "a pause": Row(
        change=edited(("glue: {threshold_db: -24}]", "glue: {threshold_db: -24}]\n    then: {gap: 0.6}")),
        why={"01": "the pause behind it is another", BESIDE: "pause behind it is another"}
        | dict.fromkeys(LAID_ON_A, "01 is 15 sectors longer")
        | MARKS_A,
        may=GAIN,
        runs=island(1, 1) | RENDER_INSTRUMENTAL,
        writes=FIRST | INSTRUMENTAL | LAID | CUE_A,
    ),
    "a crossfade": Row(
        change=edited(("crossfade: 0.52", "crossfade: 0.32")),
        why={"02": "fade out changed", "03": "fade in changed"}
        | dict.fromkeys(LAID_ON_A, "02 is 15 sectors longer")
        | MARKS_A,
        may=GAIN,
        runs=island(2, 3),
        sides="AB",
        writes=PAIR | LAID | CUE_A | FLACS,
        plan_writes=PAIR | LAID | CUE_A,
    ),
    "a fade": Row(
        change=edited(("fade_out: {seconds: 1}", "fade_out: {seconds: 2}")),
        why={"04": "fade out changed", "05": "fade out changed"} | ON_B,
        may=GAIN,
        runs=island(4, 5),
        writes=DECKS | FLACS,
        plan_writes=DECKS,
    ),
    "a trim": Row(
        change=edited(("glue: {threshold_db: -24}]", "glue: {threshold_db: -24}]\n    trim: {start: 0.04}")),
        why={"01": "", BESIDE: ""} | dict.fromkeys(LAID_ON_A, "01 is 3 sectors shorter") | MARKS_A,
        may=GAIN,
        runs=island(1, 1) | RENDER_INSTRUMENTAL,
        writes=FIRST | INSTRUMENTAL | LAID | CUE_A,
    ),
    # --- running order
    "another order": Row(
        change=reordered("Bow", "Cable", "Anchor", "Deck One", "Deck Two"),
        why={"01": "track number changed", "02": "track number changed", "03": "track number changed"}
        | {"03 Instrumental": "track number changed"}
        | dict.fromkeys((*ON_DISC, "side A", "side A cue sheet", "cutting note"), ""),
        runs=listen(2, 3),  # one has a pause behind it now, the other none
        writes={
            f"{FLAC}/{name}.flac" for name in ("01 Bow", "02 Cable", "03 Anchor", "03 Anchor (Instrumental)")
        }
        | {f"{CD}/{name}.wav" for name in ("01 Bow", "02 Cable", "03 Anchor")}
        | DISC.samples
        | DISC.marks
        | DISC.titles
        | SIDE_A
        | CUE_A
        | NOTE,
        verified=True,
    ),
    "a track less": Row(
        change=together(
            reordered("Bow", "Cable", "Deck One", "Deck Two"),
            edited(("A: [1, 2, 3], B: [4, 5]", "A: [1, 2], B: [3, 4]")),
        ),
        why=dict.fromkeys(("01", "02", "03", "04"), "number of tracks")
        | dict.fromkeys((*ON_DISC, "side A", "cutting note"), "")
        | {"side A cue sheet": "", "side B": "", "side B cue sheet": ""}
        | {"01 Anchor": "no longer on the album"},
        sides="A",
        idle=SIDE_B,  # its row has the numbers of its tracks
        writes={f"{FLAC}/{name}.flac" for name in ("01 Bow", "02 Cable", "03 Deck One", "04 Deck Two")}
        | {f"{CD}/{name}.wav" for name in ("01 Bow", "02 Cable", "03 Deck One", "04 Deck Two")}
        | LAID
        | DISC.titles
        | SIDE_A
        | CUE_A
        | CUE_B
        | NOTE,
    ),
    "a track more at the end": Row(
        change=together(
            mix("f.wav", music(4.1, seed=6)),
            edited(
                ("vinyl: {sides", "  - {title: Ebb, mix: mixes/f.wav}\nvinyl: {sides"),
                ("B: [4, 5]", "B: [4, 5, 6]"),
            ),
        ),
        heard=1,
        why=all_of("number of tracks")
        | {"04": "", "05": "pause behind it is another", "06": "new"}
        | dict.fromkeys((*SAMPLED, "side B", "cutting note"), "→ ")
        | {"cd cue sheet": "", "cd TOC": "", "side B cue sheet": ""},
        may=LEVEL,
        runs={"06 Ebb: master"} | island(6, 6) | island(4, 5),
        writes=ADDED,
        plan_writes=ADDED | called(CD, 4),  # which may be another until it is rendered
    ),
    "a track more at the front": Row(
        change=together(
            mix("f.wav", music(4.1, seed=6)),
            edited(
                ("tracks:\n", "tracks:\n  - {title: Ebb, mix: mixes/f.wav}\n"),
                ("A: [1, 2, 3], B: [4, 5]", "A: [1, 2, 3, 4], B: [5, 6]"),
            ),
        ),
        heard=1,
        why=dict.fromkeys(("02", "03", "04", "05", "06", "02 Instrumental"), "number")
        | {"01": "new"}
        | dict.fromkeys(LAID_ON_A, "→ ")
        | dict.fromkeys(("cd cue sheet", "cd TOC", "side A cue sheet", "side B", "side B cue sheet"), ""),
        may=LEVEL,
        runs={"01 Ebb: master"} | island(1, 1),
        idle=SIDE_B,
        writes={f"{FLAC}/{number:02} {title}.flac" for number, title in enumerate(("Ebb", *TITLES), 1)}
        | {f"{CD}/{number:02} {title}.wav" for number, title in enumerate(("Ebb", *TITLES), 1)}
        | {f"{FLAC}/02 Anchor (Instrumental).flac"}
        | LAID
        | DISC.titles
        | SIDE_A
        | CUE_A
        | CUE_B
        | NOTE,
    ),
    # --- level
    "the target": Row(
        change=edited(("-20}", "-21}")),
        why=all_of("gain ") | ON_A | ON_B,
        may=GAIN,
        runs=RENDER_ALL,
        writes=SOUND,
    ),
    "one gain for all, and a mix is louder": Row(
        base="album gain",
        change=mix("e.wav", 1.4 * DECK[JOINT:]),
        heard=1,
        why={"04": MIX, "05": MIX} | ON_B,
        may=all_of("one gain for all, and 04 must be measured first", (1, 2, 3)) | LEVEL,
        runs=master(4) | RENDER_ALL,
        plans=master(4) | island(4, 5),
        writes=SOUND,
        plan_writes=DECKS,
        revision=3,
    ),
    "one gain for all, kept by the command line": Row(
        base="album gain",
        change=mix("e.wav", 1.4 * DECK[JOINT:]),
        flags=("--keep-gains",),
        heard=1,
        why={"04": MIX, "05": MIX} | ON_B,
        may=LEVEL,
        runs=master(4) | island(4, 5),
        writes=DECKS | FLACS,
        plan_writes=DECKS,
        revision=3,
    ),
    "one gain for all, frozen": Row(
        base="album gain",
        change=together(
            mix("e.wav", 1.4 * DECK[JOINT:]), edited(("match: album", "match: album, freeze: yes"))
        ),
        heard=1,
        why={"04": MIX, "05": MIX} | ON_B,
        may=LEVEL,
        runs=master(4) | island(4, 5),
        writes=DECKS | FLACS,
        plan_writes=DECKS,
        revision=3,
    ),
    "an offset, frozen": Row(
        change=edited(
            ("{target_lufs: -20}", "{target_lufs: -20, freeze: yes}"),
            ("mixes/a_v1.wav\n", "mixes/a_v1.wav\n    level: {offset_lu: 1}\n"),
        ),
        why={"01": "gain ", BESIDE: "gain "} | ON_A,
        may=GAIN,
        runs=island(1, 1) | RENDER_INSTRUMENTAL,
        sides="AB",
        writes=FIRST | FLACS,  # which have the album's loudness in their tags
        plan_writes=FIRST | INSTRUMENTAL,
    ),
    # --- what is delivered
    "a format more": Row(
        change=MP3,
        why=all_of("mp3 320 is new"),
        may=GAIN,
        runs={f"{tracks}: render, mp3 320" for tracks in ("01", "01 (Instrumental)", "02 to 03", "04 to 05")},
        writes={path.replace(FLAC, "digital/mp3-320").replace(".flac", ".mp3") for path in FLACS},
        verified=True,
    ),
    "a format less": Row(
        base="two formats",
        change=edited((", mp3 320", "")),
        why={"digital/mp3-320": "no longer asked for"},
        revision=3,
    ),
    "no record": Row(change=edited((", vinyl: {}}", "}")), why={"vinyl": "no longer asked for"}),
    "another lathe": Row(
        change=edited(("vinyl: {sides", "vinyl: {lathe: {land_um: 8}, sides")),
        why={"cutting note": "note"},
        sides="AB",
        writes=NOTE,
    ),
    "a filter of the lathe's console": Row(
        change=edited(("vinyl: {sides", "vinyl: {lathe: {highpass_hz: 20}, sides")),
        why={"cutting note": "note"},
        runs=listen(1, 2, 3, 4, 5),
        writes=NOTE,
    ),
    "other sides": Row(
        change=edited(("A: [1, 2, 3], B: [4, 5]", "A: [1], B: [2, 3, 4, 5]")),
        why=dict.fromkeys(("side A", "side A cue sheet", "side B", "side B cue sheet", "cutting note"), ""),
        runs=listen(1, 3),
        writes=SIDE_A | SIDE_B | CUE_A | CUE_B | NOTE,
    ),
    "an inscription": Row(change=edited(("{A: one}", "{A: two}")), why={"cutting note": "note"}, writes=NOTE),
    "an alternate more": Row(
        change=together(
            mix("b_clean.wav", 0.8 * BOW),
            edited(
                (
                    "then: {crossfade: 0.52}}",
                    "then: {crossfade: 0.52}, alternates: {clean: mixes/b_clean.wav}}",
                )
            ),
        ),
        heard=1,
        why={"02 Clean": "new"},
        runs={"02 Bow (Clean): master", "02 (Clean): render, flac 24/48"}
        | {"mixes/b_clean.wav: lay beside the main mix"},
        writes={f"{FLAC}/02 Bow (Clean).flac"},
    ),
    "an alternate is another": Row(
        change=mix("a_inst.wav", -0.8 * ANCHOR),
        heard=1,
        why={BESIDE: MIX},
        runs=master(1, VERSION) | RENDER_INSTRUMENTAL | COMPARE,
        writes=INSTRUMENTAL,
    ),
    # --- what was built is not there, or damaged
    "a master is lost": Row(
        change=lost("master", 2),
        why={"02": "not in the cache"},
        runs=master(2),
        revision=1,
    ),
    "a rendering is lost": Row(
        change=lost("render", 4, "flac 24/48"),
        why={"04": "not in the cache", "05": "not in the cache"},
        runs={"04 to 05: render, flac 24/48"},
        revision=1,
    ),
    "a master is damaged, and nobody needs its audio": Row(
        change=damaged("master", 2, "", "audio.f32"), revision=1
    ),
    "a master is damaged, and its audio is needed": Row(
        change=together(damaged("master", 2, "", "audio.f32"), edited(("-20}", "-21}"))),
        why=all_of("gain ") | ON_A | ON_B,
        may=GAIN,
        runs=RENDER_ALL | master(2),
        plans=RENDER_ALL,
        writes=SOUND,
        reasons={"02 Bow: master": "damaged in the cache"},
    ),
    "a rendering is damaged": Row(
        change=damaged("render", 1, "wav 16/44.1", "00.wav"),
        why={"01": "damaged in the cache"},
        runs={"01: render, wav 16/44.1"},
        reasons={"01: render, wav 16/44.1": "damaged in the cache"},
        revision=1,
    ),
    "facts are damaged": Row(change=damaged_facts, heard=6, revision=1),
    "what says what is in an entry is damaged": Row(
        change=damaged("master", 4, "", "entry.json"),
        why={"04": "damaged in the cache", "05": "damaged in the cache"},
        runs=master(4),
        revision=1,
    ),
    "the cache is lost": Row(
        change=lost_cache,
        heard=6,
        why=all_of("not in the cache"),
        runs=MASTER_ALL | master(1, VERSION) | RENDER_ALL | COMPARE,
        sums={"disc: checksums"},
        revision=1,
    ),
    "the delivery is lost": Row(
        change=lambda album: shutil.rmtree(album.delivery),
        why=all_of("missing or changed in the delivery")
        | dict.fromkeys(
            OF_NO_TRACK,
            "missing or changed in the delivery",
        ),
        writes=EVERYTHING,
        sums=set(),
        revision=1,
    ),
    "a file is lost": Row(
        change=delivered(lambda delivery: (delivery / FLAC / "02 Bow.flac").unlink()),
        why={"02": "missing or changed in the delivery"},
        writes=called(FLAC, 2),
        revision=1,
    ),
    "a file is damaged": Row(
        change=delivered(lambda delivery: flip(delivery / CD / "02 Bow.wav")),
        writes=called(CD, 2),
        plan_writes=set(),  # a plan reads no delivered audio
        reasons={f"{CD}/02 Bow.wav": "missing or changed in the delivery"},
        revision=1,
    ),
    # --- the program
    "a stage is another": Row(
        code=raised_glue,
        why={
            "01": "this version of Deadwax makes it otherwise",
            BESIDE: "this version of Deadwax makes it otherwise",
        }
        | ON_A,
        may=LEVEL,
        runs=ANCHORS,
        plans=ANCHORS | island(1, 1) | RENDER_INSTRUMENTAL,
        plan_writes=FIRST | INSTRUMENTAL,
        revision=1,
    ),
    "a library that computes is another": Row(
        code=other_numpy,
        heard=6,
        why=all_of(" → 99.0") | ON_A | ON_B,
        may=LEVEL,
        runs=MASTER_ALL | master(1, VERSION) | RENDER_ALL | COMPARE,
        plan_writes=SOUND,
        revision=1,
    ),
    "a library that writes is another": Row(
        code=other_typst,
        why=all_of(LIBRARY)
        | dict.fromkeys(
            OF_NO_TRACK,
            LIBRARY,
        ),
        idle=EVERYTHING,
        revision=1,
    ),
    # --- more revisions than one
    "back to the mix before": Row(
        base="second",
        change=edited(("a_v2.wav", "a_v1.wav")),
        why={"01": "mix changed: v2 → v1"} | ON_A,
        writes=FIRST,
        sums=set(),
        revision=3,
    ),
    "everything is approved": Row(
        change=lambda album: (
            done("approve", "--all", "--by", "P. Ear", "--manifest", album.manifest) and None
        ),
        revision=1,
        readme="FINAL: every track is approved, by P. Ear.",
    ),
    "what was approved is another": Row(
        base="approved",
        change=mix("b.wav", -BOW),
        heard=1,
        why={"02": MIX, "03": "crossfades from 02"} | ON_A,
        may=LEVEL,
        runs=master(2) | island(2, 3),
        sides="AB",
        writes=PAIR,
        dropped=(2, 3),
        readme="DRAFT: not approved yet: tracks 2, 3.",
    ),
    "tone is moved toward the album": Row(
        base="tone",
        change=mix("e.wav", 1.4 * DECK[JOINT:]),
        heard=1,
        why={
            "04": MIX,
            "05": MIX,
            "01": "tone: what it moves toward",
            BESIDE: "tone: what it moves toward",
        }
        | ON_A
        | ON_B,
        may=LEVEL,
        runs=master(4) | ANCHORS | island(1, 1) | island(4, 5) | RENDER_INSTRUMENTAL,
        writes=DECKS | FIRST | INSTRUMENTAL | FLACS,
        plan_writes=DECKS | FIRST | INSTRUMENTAL,
        revision=3,
    ),
    "tone is moved toward what the album was": Row(
        base="tone",
        change=mix("e.wav", 1.4 * DECK[JOINT:]),
        flags=("--keep-gains",),
        heard=1,
        why={"04": MIX, "05": MIX} | ON_B,
        may=LEVEL,
        runs=master(4) | island(4, 5),
        sides="AB",
        writes=DECKS | FLACS,
        plan_writes=DECKS,
        revision=3,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_has_changed_is_made_again_and_nothing_else(
    name: str, bases: Bases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds(ROWS[name], bases, tmp_path, monkeypatch)


def test_a_part_elsewhere_renders_nothing(bases: Bases, tmp_path: Path) -> None:
    album = copied(bases["plain"], tmp_path / "album")
    clean = bare(album, tmp_path / "clean")
    build = built(album, ("--only", "cd"), tmp_path / "plant")
    assert build.ran == {}
    assert build.written.keys() == called(CD, *ALL) | DISC.everything
    built(clean, ("--only", "cd"), tmp_path / "clean plant")
    assert contents(tmp_path / "plant") == contents(tmp_path / "clean plant")


def test_what_went_elsewhere_makes_no_revision_here(bases: Bases, tmp_path: Path) -> None:
    album = copied(bases["plain"], tmp_path / "album")
    built(album, ("--only", "cd"), tmp_path / "plant")
    touched(album)
    build = built(album)
    assert (build.ran, build.written) == ({}, {})
    assert build.outcome
    assert build.outcome.revision == 1
