"""A small album, and what a plan and a build of it do after something has changed.

Five tracks with little in common: 01 has a chain and an instrumental, and is mono; 02 crossfades into 03,
which nothing touches; 04 and 05 are one performance. 01, 02 to 03 and 04 to 05 are rendered apart.
"""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.build.album import Outcome, build
from pipeline.build.request import Options
from tests.albums import music, write_mix
from tests.end_to_end import Album, contents, done

TITLES = ("Anchor", "Bow", "Cable", "Deck One", "Deck Two")
JOINT = 4 * 44_100 + 12_345
MANIFEST = """\
album: {title: Truth, artist: Tables, catalog: TT-1, date: 2026-12-04, artwork: cover.png}
level: {target_lufs: -20}
defaults:
  chain: [eq: [{type: high_shelf, freq_hz: 9000, gain_db: 0.5}]]
  then: {gap: 0.4}
tracks:
  - title: Anchor
    mix: mixes/a_v1.wav
    isrc: GBAYE2600001
    chain: [glue: {threshold_db: -24}]
    alternates: {instrumental: mixes/a_inst.wav}
  - {title: Bow, mix: mixes/b.wav, isrc: GBAYE2600002, then: {crossfade: 0.52}}
  - {title: Cable, mix: mixes/c.wav, isrc: GBAYE2600003, chain: []}
  - {title: Deck One, mix: mixes/d.wav, isrc: GBAYE2600004, chain: [saturate: {drive_db: 2}], then: segue}
  - {title: Deck Two, mix: mixes/e.wav, isrc: GBAYE2600005, fade_out: {seconds: 1}}
vinyl: {sides: {A: [1, 2, 3], B: [4, 5]}, inscription: {A: one}}
deliver: {cd: {}, digital: [flac 24/48], vinyl: {}}
"""


def write_album(folder: Path) -> Album:
    mixes = folder / "mixes"
    write_mix(mixes / "a_v1.wav", music(4.12, seed=1)[:, :1])
    write_mix(mixes / "a_inst.wav", 0.8 * music(4.12, seed=1)[:, :1])
    write_mix(mixes / "b.wav", music(4.6, seed=2))
    write_mix(mixes / "c.wav", music(4.12, seed=3), subtype="PCM_16")
    # Its hits are the peak of the album, whatever becomes of the others: that is in the tags of every file.
    performance = music(8.4, crest=6, seed=4)
    write_mix(mixes / "d.wav", performance[:JOINT])
    write_mix(mixes / "e.wav", performance[JOINT:])
    Image.new("RGB", (200, 200), "blue").save(folder / "cover.png")
    album = Album(folder)
    album.manifest.write_text(MANIFEST, encoding="utf-8")
    return album


# --- what can be run and written, by the names that users see

CD, FLAC = "cd/tracks", "digital/flac-24-48"
SIDE_A, SIDE_B = {"vinyl/Side A.wav"}, {"vinyl/Side B.wav"}
CUE_A, CUE_B = {"vinyl/Side A.cue"}, {"vinyl/Side B.cue"}
NOTE = {"vinyl/cutting-note.md", "vinyl/cutting-note.pdf"}
COVER = {f"{FLAC}/cover.jpg"}
PERFORMED_WITH_THE_NEXT = "Deck One"
ISLANDS = ((1, 1), (2, 3), (4, 5))
VERSION = "Instrumental"
BESIDE = "01 Instrumental"


def called(folder: str, *numbers: int, title: str = "") -> set[str]:
    """The files of tracks in a folder."""
    ending = "flac" if folder == FLAC else "wav"
    return {f"{folder}/{number:02} {title or TITLES[number - 1]}.{ending}" for number in numbers}


def files(*numbers: int) -> set[str]:
    """The files of tracks, in every format."""
    return called(CD, *numbers) | called(FLAC, *numbers)


@dataclass(frozen=True)
class DiscFiles:
    """The files of one CD, but those of its tracks, by what they say."""

    folder: str
    stem: str

    def ddp(self, *names: str) -> set[str]:
        return {f"{self.folder}/ddp/{name}" for name in names}

    @property
    def image(self) -> set[str]:
        """The samples, behind a header with the disc's title, its tracks' titles and starts."""
        return {f"{self.folder}/image/{self.stem}.wav"}

    @property
    def cue(self) -> set[str]:
        """Of the image: titles, ISRCs, marks; the lead-out is in no cue sheet."""
        return {f"{self.folder}/image/{self.stem}.cue"}

    @property
    def tracks_cue(self) -> set[str]:
        """Of the track files: titles, ISRCs, indexes inside of tracks; and whether there are pauses."""
        return {f"{self.folder}/tracks/{self.stem}.cue"}

    @property
    def toc(self) -> set[str]:
        return {f"{self.folder}/image/{self.stem}.toc"}

    @property
    def page(self) -> set[str]:
        """The PQ sheet for people: everything, checksums of the fileset too."""
        return {f"{self.folder}/pq-sheet.pdf"}

    @property
    def table(self) -> set[str]:
        """The PQ sheet for programs: marks, checksums of tracks, titles and names, codes."""
        return {f"{self.folder}/pq-sheet.csv"}

    @property
    def fileset(self) -> set[str]:
        return self.ddp("DDPID", "DDPMS", "CDTEXT.BIN", "PQDESCR", "IMAGE.DAT", "CHECKSUM.MD5")

    # What has to be written when something is another.

    @property
    def samples(self) -> set[str]:
        """A sample: sums of all audio are in the list of checksums and on the PQ sheet."""
        return self.image | self.ddp("IMAGE.DAT", "CHECKSUM.MD5") | self.page | self.table

    @property
    def end(self) -> set[str]:
        """The lead-out."""
        return self.toc | self.ddp("DDPMS", "PQDESCR", "CHECKSUM.MD5") | self.page | self.table

    @property
    def marks(self) -> set[str]:
        """A mark, and no sample."""
        return self.cue | self.toc | self.ddp("PQDESCR", "CHECKSUM.MD5") | self.page | self.table

    @property
    def text(self) -> set[str]:
        """What only CD-Text says; it is as long as it was."""
        return self.toc | self.ddp("CDTEXT.BIN", "CHECKSUM.MD5") | self.page | self.table

    @property
    def titles(self) -> set[str]:
        """What the cue sheets have, too."""
        return self.text | self.cue | self.tracks_cue

    @property
    def everything(self) -> set[str]:
        return self.image | self.cue | self.tracks_cue | self.toc | self.fileset | self.page | self.table


DISC = DiscFiles("cd", "TT-1")
INSTRUMENTAL = {f"{FLAC}/01 Anchor (Instrumental).flac"}
ALL = (1, 2, 3, 4, 5)
FLACS = called(FLAC, *ALL) | INSTRUMENTAL
AUDIO = files(*ALL) | INSTRUMENTAL | SIDE_A | SIDE_B
SOUND = AUDIO | DISC.samples | NOTE
EVERYTHING = SOUND | DISC.everything | CUE_A | CUE_B | COVER


def master(number: int, version: str = "") -> set[str]:
    return {f"{number:02} {TITLES[number - 1]}{f' ({version})' if version else ''}: master"}


def limited(first: int, last: int) -> set[str]:
    """What an island is rendered to, but for vinyl."""
    tracks = f"{first:02}" if first == last else f"{first:02} to {last:02}"
    return {f"{tracks}: render, wav 16/44.1", f"{tracks}: render, flac 24/48"}


def cut(first: int, last: int, rate: str = "44.1") -> set[str]:
    """What an island is rendered to for vinyl, and listened to."""
    tracks = f"{first:02}" if first == last else f"{first:02} to {last:02}"
    return {f"{tracks} (vinyl): render, wav 24/{rate}"} | listen(*range(first, last + 1))


def listen(*numbers: int) -> set[str]:
    return {f"{number:02}: listen for the lathe" for number in numbers}


def island(first: int, last: int) -> set[str]:
    return limited(first, last) | cut(first, last)


RENDER_INSTRUMENTAL = {"01 (Instrumental): render, flac 24/48"}
COMPARE = {"mixes/a_inst.wav: lay beside the main mix"}
MASTER_ALL = master(1) | master(2) | master(3) | master(4)
VINYL_ALL = cut(1, 1) | cut(2, 3) | cut(4, 5)
LIMITED_ALL = limited(1, 1) | limited(2, 3) | limited(4, 5) | RENDER_INSTRUMENTAL
RENDER_ALL = VINYL_ALL | LIMITED_ALL


# --- what is seen of a plan and of a build


class Recorder:
    """A watcher that keeps what was begun, and why."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, str]] = []

    def stage(self, name: str, total_seconds: float) -> None:
        pass

    def started(self, label: str, reason: str) -> None:
        self.begun.append((label, reason))

    def advanced(self, seconds: float) -> None:
        pass


@dataclass(frozen=True)
class Plan:
    """`run` and `may` are reasons by what they are of; `tasks` are master and render of tracks."""

    run: Mapping[str, str]
    may: Mapping[str, str]
    tasks: frozenset[tuple[str, str]]
    writes: frozenset[str]
    dropped: tuple[int, ...]


def planned(album: Album, flags: tuple[str, ...] = ()) -> Plan:
    data = json.loads(done("plan", album.manifest, "--json", "--jobs", "1", *flags).stdout)
    lines = [line | {"subject": _subject(line)} for line in data["lines"]]
    each = [(line["subject"], task) for line in lines if line["state"] == "run" for task in line["tasks"]]
    return Plan(
        run={line["subject"]: "; ".join(line["why"]) for line in lines if line["state"] == "run"},
        may={line["subject"]: "; ".join(line["why"]) for line in lines if line["state"] == "may run"},
        tasks=frozenset((subject, task) for subject, task in each if task in ("master", "render")),
        writes=frozenset(task for _, task in each if task not in ("master", "render", "remove")),
        dropped=tuple(row["track"] for row in data["approvals_dropped"]),
    )


def _subject(line: Mapping[str, Any]) -> str:
    """`01`, `01 Instrumental`, `cd image`; both spellings of the cutting note are one."""
    if line["track"] is None:
        return str(line["subject"]).partition(" (")[0]
    return " ".join(filter(None, (f"{line['track']:02}", line["version"])))


_MASTER = re.compile(r"(\d\d) (.+?)(?: \((\w+)\))?: master")
_RENDER = re.compile(r"(\d\d)(?: to (\d\d))?(?: \((\w+)\))?: render, .+")


def tasks_of(labels: set[str]) -> set[tuple[str, str]]:
    """Labels of what runs in a build, as a plan has it: by track and version, once for all formats."""
    found = set()
    for label in labels:
        if named := _MASTER.fullmatch(label):
            first, last = int(named[1]), int(named[1]) + (named[2] == PERFORMED_WITH_THE_NEXT)
            found |= {(_versioned(track, named[3]), "master") for track in range(first, last + 1)}
        elif named := _RENDER.fullmatch(label):
            tracks = range(int(named[1]), int(named[2] or named[1]) + 1)
            version = named[3] if named[3] != "vinyl" else None
            found |= {(_versioned(track, version), "render") for track in tracks}
    return found


def _versioned(track: int, version: str | None) -> str:
    return f"{track:02} {version}" if version else f"{track:02}"


@dataclass(frozen=True)
class Built:
    """`ran` and `written` with the reasons that were given."""

    outcome: Outcome | None
    ran: Mapping[str, str]
    written: Mapping[str, str]


def built(album: Album, flags: tuple[str, ...] = (), output: Path | None = None) -> Built:
    options = Options(output=output, jobs=1, keep_gains="--keep-gains" in flags, only=_only(flags))
    recorder = Recorder()
    outcome = build(album.manifest, options, recorder)
    assert len({label for label, _ in recorder.begun}) == len(recorder.begun)  # nothing is done twice
    written = {
        label.removesuffix(": write"): why for label, why in recorder.begun if label.endswith(": write")
    }
    ran = {label: why for label, why in recorder.begun if not label.endswith(": write")}
    if outcome:
        assert {task.label for task in outcome.ran} <= ran.keys()
        assert outcome.written == len(written)
    return Built(outcome, ran, written)


def _only(flags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(flags[flags.index("--only") + 1].split(",")) if "--only" in flags else frozenset()


# --- copies


def copied(album: Album, folder: Path) -> Album:
    """The same to be changed. What builds and these tests only ever replace as a whole is linked."""
    cache, delivery = album.folder / ".deadwax" / "cache", album.delivery
    shutil.copytree(album.folder, folder, ignore=lambda path, _: _linked(Path(path), cache, delivery))
    for each in (cache, delivery):
        target = folder / each.relative_to(album.folder)
        shutil.copytree(each, target, copy_function=_link, dirs_exist_ok=True)
    return Album(folder)


def _linked(path: Path, *folders: Path) -> list[str]:
    return [name.name for name in path.iterdir()] if path in folders else []


def _link(old: str, new: str) -> None:
    Path(new).hardlink_to(old)


def bare(album: Album, folder: Path) -> Album:
    """What somebody has who kept manifest, mixes, approvals and history, and neither cache nor delivery."""
    shutil.copytree(album.folder, folder, ignore=shutil.ignore_patterns(".deadwax", "delivery"))
    with suppress(FileNotFoundError):
        shutil.copytree(album.folder / ".deadwax" / "history", folder / ".deadwax" / "history")
    return Album(folder)


def stamps(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Of every file: time, inode, size."""
    found = {path.relative_to(folder).as_posix(): path.stat() for path in folder.rglob("*") if path.is_file()}
    return {path: (stat.st_mtime_ns, stat.st_ino, stat.st_size) for path, stat in found.items()}


@dataclass
class Bases:
    """Albums that rows begin with, each built once, and what clean builds gave."""

    folder: Path
    prepare: Mapping[str, Callable[["Bases", Path], Album]]
    _made: dict[str, Album] = field(default_factory=dict)
    _clean: dict[str, dict[str, str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Album:
        if name not in self._made:
            album = self.prepare[name](self, self.folder / name)
            built(album)
            self._made[name] = album
        return self._made[name]

    def clean(self, album: Album, flags: tuple[str, ...]) -> dict[str, str]:
        """What a build of `album`, which is bare, delivers; the same is built once."""
        key = json.dumps([contents(album.folder), flags], sort_keys=True)
        if key not in self._clean:
            built(album, flags)
            self._clean[key] = contents(album.delivery)
        shutil.rmtree(album.folder)
        return self._clean[key]
