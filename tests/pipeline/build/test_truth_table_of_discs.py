"""The truth table of rebuilds of CDs: how marks are laid and what is said, hidden tracks, several discs."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.albums import music
from tests.pipeline.build.revisions import (
    ALL,
    CD,
    CUE_A,
    CUE_B,
    DISC,
    FLAC,
    FLACS,
    JOINT,
    NOTE,
    RENDER_ALL,
    SIDE_A,
    SIDE_B,
    SOUND,
    Bases,
    DiscFiles,
    called,
    island,
    listen,
    master,
)
from tests.pipeline.build.truths import (
    ALBUM_GAIN,
    DECK,
    DECKS,
    LAID,
    LEVEL,
    MARKS,
    MIX,
    ON_B,
    ON_CD,
    SAMPLED,
    Row,
    all_of,
    based_on,
    damaged,
    edited,
    holds,
    mix,
    plain,
    together,
)

# --- what the albums are that rows begin with

HULL = music(4.12, seed=7)
HIDDEN_LINE = "\n  hidden: {mix: mixes/h.wav, title: Keel, gap: 1},"
KEEL = together(mix("h.wav", HULL), edited(("album: {", f"album: {{{HIDDEN_LINE}")))
SPLIT = edited(("mixes/d.wav,", "mixes/d.wav, disc: 2,"))


BASES = {
    "plain": plain,
    "hidden": based_on("plain", KEEL),
    "hidden, album gain": based_on("hidden", edited(ALBUM_GAIN)),
    "two discs": based_on("plain", SPLIT),
}


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bases]:
    folder = tmp_path_factory.mktemp("bases")
    yield Bases(folder, BASES)
    shutil.rmtree(folder)


# --- words

HIDDEN = called(CD, 0, title="Keel")
KEEL_RENDERED = {"00: render, wav 16/44.1"}
KEEL_MADE = KEEL_RENDERED | {"00 Keel: master"}

DISC_1, DISC_2 = DiscFiles("cd/disc-1", "TT-1 disc 1"), DiscFiles("cd/disc-2", "TT-1 disc 2")
OF_A_DISC = ("image", "cue sheet", "TOC", "DDP fileset", "PQ sheet")
FOLDERS = ("", "/ddp", "/image", "/tracks")
DECKS_ON_DISC_2 = {f"{DISC_2.folder}/tracks/{name}.wav" for name in ("01 Deck One", "02 Deck Two")}
SPLIT_FLACS = {
    f"{FLAC}/{name}.flac"
    for name in ("1-01 Anchor", "1-01 Anchor (Instrumental)", "1-02 Bow", "1-03 Cable", "2-01 Deck One",
                 "2-02 Deck Two")
}  # fmt: skip


ROWS = {
    # --- how marks and pauses are laid, what is said, what is made
    "pauses are of the tracks before": Row(
        change=edited(("cd: {}", "cd: {gaps: after}")),
        why=MARKS | {"cd DDP fileset": "marks", "cd PQ sheet": "what it says"},
        writes=DISC.marks | DISC.tracks_cue | DISC.ddp("DDPMS"),
    ),
    "no pauses": Row(
        change=edited(("cd: {}", "cd: {gaps: none}")),
        why={"01": "pauses", "03": "pauses"} | dict.fromkeys(SAMPLED, "pauses") | MARKS,
        writes=called(CD, 1, 3) | LAID | DISC.tracks_cue,
    ),
    "tracks start early": Row(  # but where one runs on into the next
        change=edited(("cd: {}", "cd: {offsets: {start_sectors: 10}}")),
        why=dict.fromkeys(("01", "02", "03", "04"), "offsets") | dict.fromkeys(SAMPLED, "pauses") | MARKS,
        writes=called(CD, 1, 2, 3, 4) | LAID,
    ),
    "tracks end late": Row(
        change=edited(("cd: {}", "cd: {offsets: {end_sectors: 5}}")),
        why={"05": "offsets"} | dict.fromkeys(SAMPLED, "pauses") | MARKS,
        writes=called(CD, 5) | LAID,
    ),
    "copies are permitted": Row(
        change=edited(("cd: {}", "cd: {copies: yes}")),
        why=dict.fromkeys(("cd cue sheet", "cd TOC", "cd DDP fileset"), "copy flag")
        | {"cd PQ sheet": "what it says"},
        writes=DISC.marks | DISC.tracks_cue,
    ),
    "one copy is permitted": Row(  # for which a TOC has no word
        change=edited(("cd: {}", "cd: {copies: scms}")),
        why=dict.fromkeys(("cd cue sheet", "cd TOC", "cd DDP fileset"), "copy flag")
        | {"cd PQ sheet": "what it says"},
        writes=(DISC.marks | DISC.tracks_cue) - DISC.toc,
        idle=DISC.toc,
    ),
    "a second language": Row(
        change=edited(("cd: {}", "cd: {text: {second: {language: de, title: Wahrheit}}}")),
        why={"cd TOC": "titles", "cd DDP fileset": "titles", "cd PQ sheet": "what it says"},
        writes=DISC.text | DISC.ddp("DDPMS"),
    ),
    "no CD-Text": Row(
        change=edited(("cd: {}", "cd: {cd_text: off}")),
        why={"cd TOC": "titles", "cd DDP fileset": "length of", "cd PQ sheet": "what it says"}
        | {"cd/ddp": "1 file; no longer asked for"},
        writes=DISC.toc | DISC.ddp("DDPMS", "CHECKSUM.MD5") | DISC.page | DISC.table,
    ),
    "no fileset": Row(
        change=edited(("cd: {}", "cd: {ddp: no}")),
        why={"cd PQ sheet": "what it says", "cd/ddp": "6 files; no longer asked for"},
        writes=DISC.page,
        idle=DISC.table,
    ),
    "plain WAVs": Row(
        change=edited(("cd: {}", "cd: {bwf: no}")),
        why=dict.fromkeys(("01", "02", "03", "04", "05", "cd image"), "title"),
        writes=called(CD, *ALL) | DISC.image,
    ),
    "something hidden before the first track": Row(
        change=KEEL,
        heard=1,
        why={"00": "new"} | dict.fromkeys(SAMPLED, "→ 6 tracks") | MARKS,
        runs=KEEL_MADE,
        writes=HIDDEN | LAID | DISC.tracks_cue,
        verified=True,
    ),
    "what is hidden is another mix": Row(
        base="hidden",
        change=mix("h.wav", -HULL),
        heard=1,
        why={"00": MIX} | ON_CD,
        runs=KEEL_MADE,
        writes=HIDDEN | DISC.samples - DISC.table,
        idle=DISC.table,
        revision=3,
    ),
    "what is hidden is 12 sectors longer": Row(
        base="hidden",
        change=mix("h.wav", np.concatenate([HULL, HULL[: 12 * 588]])),
        heard=1,
        why={"00": MIX} | dict.fromkeys(SAMPLED, "00 is 12 sectors longer") | MARKS,
        runs=KEEL_MADE,
        writes=HIDDEN | LAID,
        revision=3,
    ),
    "what is hidden fades out": Row(
        base="hidden",
        change=edited(("title: Keel,", "title: Keel, fade_out: {seconds: 1},")),
        why={"00": "fade out changed"} | ON_CD,
        runs=KEEL_RENDERED,
        writes=HIDDEN | DISC.samples - DISC.table,
        idle=DISC.table,
        revision=3,
    ),
    "the gap behind what is hidden": Row(
        base="hidden",
        change=edited(("gap: 1}", "gap: 1.2}")),
        why={"00": "pauses"} | dict.fromkeys(SAMPLED, "pauses") | MARKS,
        writes=HIDDEN | LAID,
        revision=3,
    ),
    "the title of what is hidden": Row(
        base="hidden",
        change=edited(("title: Keel,", "title: Kelp,")),
        why={"00": "title changed", "cd image": "markers changed", "cd PQ sheet": "what it says"},
        writes=called(CD, 0, title="Kelp") | DISC.image | DISC.page | DISC.table,
        revision=3,
    ),
    "nothing is hidden any more": Row(
        base="hidden",
        change=edited((HIDDEN_LINE, "")),
        why={"cd/tracks": "1 file; no longer asked for"} | dict.fromkeys(SAMPLED, "→ 5 tracks") | MARKS,
        writes=LAID | DISC.tracks_cue,
        sums=set(),
        revision=3,
    ),
    "one gain for all, what is hidden too": Row(
        base="hidden, album gain",
        change=mix("e.wav", 1.4 * DECK[JOINT:]),
        heard=1,
        why={"04": MIX, "05": MIX} | ON_B,
        may={"00": "one gain for all, and 04"}
        | all_of("one gain for all, and 04 must be measured first", (1, 2, 3))
        | LEVEL,
        runs=master(4) | RENDER_ALL | KEEL_RENDERED,
        plans=master(4) | island(4, 5),
        writes=SOUND | HIDDEN,
        plan_writes=DECKS,
        revision=4,
    ),
    "what is hidden is damaged in the cache": Row(
        base="hidden",
        change=damaged("render", 0, "wav 16/44.1", "00.wav"),
        why={"00": "damaged in the cache"},
        runs=KEEL_RENDERED,
        reasons={"00: render, wav 16/44.1": "damaged in the cache"},
        revision=2,
    ),
    # --- several CDs
    "a second disc": Row(
        change=SPLIT,
        why=all_of("number of discs")
        | {f"cd disc {number} {what}": "new" for number in (1, 2) for what in OF_A_DISC}
        | {"cd/tracks": "no longer asked for", "cd/image": "3 files; no longer asked for"}
        | {"cd/ddp": "6 files; no longer asked for", "cd": "2 files; no longer asked for"},
        writes=SPLIT_FLACS
        | {f"{DISC_1.folder}/tracks/03 Cable.wav"}  # which had a pause behind it
        | DECKS_ON_DISC_2
        | DISC_1.everything
        | DISC_2.everything,
        verified=True,
    ),
    "one disc again": Row(
        base="two discs",
        change=edited((", disc: 2", "")),
        why=all_of("number of discs")
        | {f"cd {what}": "new" for what in OF_A_DISC}
        | {f"cd/disc-{number}{folder}": "no longer asked for" for number in (1, 2) for folder in FOLDERS},
        writes=FLACS | called(CD, 3, 4, 5) | DISC.everything,
        sums=set(),
        revision=3,
    ),
    "a mix on the second disc is another": Row(
        base="two discs",
        change=mix("e.wav", -DECK[JOINT:]),
        heard=1,
        why={"04": MIX, "05": MIX, "side B": "changed", "cutting note": "changed"}
        | dict.fromkeys(("cd disc 2 image", "cd disc 2 DDP fileset", "cd disc 2 PQ sheet"), "changed"),
        may=LEVEL,
        runs=master(4) | island(4, 5),
        writes={f"{FLAC}/2-01 Deck One.flac", f"{FLAC}/2-02 Deck Two.flac"}
        | DECKS_ON_DISC_2
        | DISC_2.samples
        | SIDE_B
        | NOTE,
        revision=3,
    ),
    "a title on the first disc": Row(
        base="two discs",
        change=edited(("title: Bow", "title: Arrow")),
        why={
            "02": "title changed",
            "cd disc 1 image": "markers changed",
            "cd disc 1 cue sheet": "titles",
            "cd disc 1 TOC": "titles",
            "cd disc 1 DDP fileset": "titles",
            "cd disc 1 PQ sheet": "what it says",
            "side A": "names of markers changed",
            "side A cue sheet": "titles",
            "cutting note": "note",
        },
        # 24 characters of titles become 26, with the zeros behind them: a pack of CD-Text more.
        writes={f"{FLAC}/1-02 Arrow.flac", f"{DISC_1.folder}/tracks/02 Arrow.wav"}
        | DISC_1.image
        | DISC_1.titles
        | DISC_1.ddp("DDPMS")
        | CUE_A
        | SIDE_A
        | NOTE,
        revision=3,
    ),
    "a track more on the first disc": Row(
        base="two discs",
        change=together(
            mix("f.wav", music(4.1, seed=6)),
            edited(
                ("  - {title: Deck One", "  - {title: Ebb, mix: mixes/f.wav}\n  - {title: Deck One"),
                ("A: [1, 2, 3], B: [4, 5]", "A: [1, 2, 3, 4], B: [5, 6]"),
            ),
        ),
        heard=1,
        why=all_of("number of tracks", (1, 2, 3))
        | {"03": "pauses", "04": "new"}
        | {f"cd disc 1 {what}": "" for what in OF_A_DISC}
        | {f"cd disc 2 {what}": "" for what in ("image", "DDP fileset", "PQ sheet")}
        | dict.fromkeys(("side A", "side A cue sheet", "side B", "side B cue sheet", "cutting note"), ""),
        may=LEVEL,
        runs={"04 Ebb: master"} | island(4, 4) | listen(3),  # which has a pause behind it now
        writes={path for path in SPLIT_FLACS if "/1-" in path}
        | {f"{FLAC}/1-04 Ebb.flac"}
        | {f"{DISC_1.folder}/tracks/{name}.wav" for name in ("03 Cable", "04 Ebb")}
        | DISC_1.samples
        | DISC_1.marks
        | DISC_1.end
        | DISC_1.titles
        | SIDE_A
        | CUE_A
        | CUE_B
        | NOTE,
        idle=DISC_2.samples | SIDE_B,  # where tracks have other numbers on the album
        revision=3,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_has_changed_is_made_again_and_nothing_else(
    name: str, bases: Bases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds(ROWS[name], bases, tmp_path, monkeypatch)
