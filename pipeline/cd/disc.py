"""One CD as it is going to be: where its audio lies, its marks, its codes, its words.

Sectors, 1/75 s, are counted from absolute time 00:00:00, where the pre-gap of track 1 begins: sector n of
the image is time n.
"""

from dataclasses import dataclass

SECTORS_PER_SECOND = 75
SECTOR_FRAMES = 588
SECTOR_BYTES = 2352
# The pause before track 1 that every disc has. It is in a DDP image, and in no other file.
PREGAP_SECTORS = 2 * SECTORS_PER_SECOND
# What IEC 60908 has room for, as programs that write and read DDP filesets enforce it.
TRACKS_MAX = 99
TRACK_LEAST_S = 4
TRACK_LEAST_SECTORS = TRACK_LEAST_S * SECTORS_PER_SECOND
# 79:57:74, which puts the lead-out of an 80-minute disc on 79:59:74.
PROGRAMME_MOST_SECTORS = (79 * 60 + 57) * SECTORS_PER_SECOND + 74
# What the fields of a DDP fileset hold: characters of the master id, digits of the pre-gap of track 1.
MASTER_ID_MOST = 48
MAP_PREGAP_MOST_SECTORS = 9999
# The number among those of the album that stands for what is heard before track 1.
HIDDEN = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What CD-Text can say of a disc or of a track; empty is nothing."""

    title: str = ""
    performer: str = ""
    songwriter: str = ""
    composer: str = ""
    arranger: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscText:
    """The words of a disc in one language, in characters of ISO 8859-1.

    `language` is an ISO 639-1 code, of several for one language that of `text_packs.canonical`. `genre` is a
    code of CD-Text and its text, None for none; `disc_id` the catalogue number.
    """

    language: str = "en"
    disc: Words
    tracks: tuple[Words, ...]
    genre: tuple[int, str] | None = None
    disc_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscTrack:
    """A track: `number` on the disc, `track` on the album.

    `pause_sector` is its index 00, None where it has none; `start_sector` index 01, `index_sectors` 02 and
    on. `stop_sector` is index 01 of the next track, or the lead-out.
    """

    number: int
    track: int
    pause_sector: int | None
    start_sector: int
    index_sectors: tuple[int, ...] = ()
    stop_sector: int
    isrc: str = ""

    @property
    def sectors(self) -> int:
        return self.stop_sector - self.start_sector

    @property
    def marks(self) -> tuple[tuple[int, int], ...]:
        """(index, sector) of every index, from 00 or 01 on."""
        pause = () if self.pause_sector is None else ((0, self.pause_sector),)
        return (*pause, *enumerate((self.start_sector, *self.index_sectors), 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscPart:
    """A rendered track in the image: `sectors` from `start_sector` on, of which `sound_sectors` are its own.

    The others are digital silence. `track` is its number on the album, `HIDDEN` for what is hidden before
    track 1.
    """

    track: int
    start_sector: int
    sound_sectors: int
    sectors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """One disc of a release.

    `parts` touch; what is before the first is silence. `copy` is what the flags say of digital copies: `no`,
    `yes` or `scms`. There is one text for each language, none without CD-Text.
    """

    number: int = 1
    count: int = 1
    tracks: tuple[DiscTrack, ...]
    parts: tuple[DiscPart, ...]
    lead_out_sector: int
    upc: str = ""
    master_id: str = ""
    copy: str = "no"
    texts: tuple[DiscText, ...] = ()

    @property
    def hidden(self) -> bool:
        """Whether something is heard before track 1."""
        return self.parts[0].track == HIDDEN

    @property
    def programme_sectors(self) -> int:
        """From 00:02:00, where hidden audio begins, to the lead-out."""
        return self.lead_out_sector - PREGAP_SECTORS

    @property
    def starts(self) -> tuple[int, ...]:
        """Index 01 of every track: what a table of contents has, besides the lead-out."""
        return tuple(track.start_sector for track in self.tracks)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSums:
    """What the samples of a track come to, from its index 01 up to the next track's.

    CRC-32 of the bytes, and AccurateRip's two sums, each as eight hexadecimal digits.
    """

    crc32: str
    accuraterip_v1: str
    accuraterip_v2: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscSums:
    """What the samples of a whole image come to, with its pre-gap, and of each track."""

    image_md5: str
    image_crc32: str
    tracks: tuple[TrackSums, ...]
