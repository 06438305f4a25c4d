"""What `delivery.json` says of the discs of a delivery, and whether that can be a CD.

Nothing that made the delivery is asked: the rules of the Red Book and the ids are said here again. Only how
times are written, the check digit of an EAN and the shape of a track are shared with what made it.
"""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.cd.disc import PREGAP_SECTORS, SECTORS_PER_SECOND, DiscText, DiscTrack
from pipeline.cd.msf import msf
from pipeline.faults import Fault
from pipeline.listing import LISTING
from pipeline.manifest.codes import check_digit
from pipeline.manifest.places import Route, dotted, shown

Row = Mapping[str, Any]
# Track and index, and the sector that they are at.
Marks = Mapping[tuple[int, int], int]
TRACKS_MOST = 99
TRACK_SECTORS_LEAST = 4 * SECTORS_PER_SECOND
# 79:59:74, the last a lead-out can begin at on a disc of 80 minutes.
LEAD_OUT_MOST_SECTORS = (79 * 60 + 59) * SECTORS_PER_SECOND + 74
MASTER_ID_MOST = 48
ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
FOLDER = re.compile(r"cd(/disc-[1-9][0-9]?)?")
COPY = ("no", "yes", "scms")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTrack(DiscTrack):
    """A track, its marks and what its samples come to."""

    crc32: str
    accuraterip_v1: str
    accuraterip_v2: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A disc as `discs` of delivery.json has it; `folder` is relative to the delivery."""

    number: int
    folder: str
    upc: str
    master_id: str
    copy: str
    pregap_sectors: int
    lead_out_sector: int
    musicbrainz_id: str
    cddb_id: str
    accuraterip_id: str
    image_md5: str
    image_crc32: str
    tracks: tuple[ListedTrack, ...]
    texts: tuple[DiscText, ...]

    @property
    def starts(self) -> tuple[int, ...]:
        return tuple(track.start_sector for track in self.tracks)

    @property
    def isrcs(self) -> tuple[str, ...]:
        return tuple(track.isrc for track in self.tracks)

    @property
    def marks(self) -> Marks:
        return {(track.number, index): at for track in self.tracks for index, at in track.marks}

    @property
    def goes_forward(self) -> bool:
        """Whether the tracks lie one behind the other, the first of them behind the pause of the pre-gap."""
        edges = (*self.starts, self.lead_out_sector)
        stops = tuple(track.stop_sector for track in self.tracks)
        return edges[0] >= PREGAP_SECTORS and stops == edges[1:] and all(a < b for a, b in pairwise(edges))


def listed_discs(listing: Row) -> tuple[list[Listed], list[Fault]]:
    """The discs that `delivery.json` tells of as they should be told of, and a fault for each other one.

    Deliveries of older versions have none.
    """
    discs = listing.get("discs", [])
    if not isinstance(discs, list):
        return [], [_nonsense(("discs",))]
    read: list[Listed] = []
    faults = []
    for place, disc in enumerate(discs):
        found = _listed(disc, place)
        if isinstance(found, Fault):
            faults.append(found)
        elif any(found.folder == other.folder for other in read):
            faults.append(_nonsense(("discs", place, "folder")))
        else:
            read.append(found)
    return read, faults


def _listed(disc: object, place: int) -> Listed | Fault:
    try:
        found = _reader().validate_json(json.dumps(disc), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return _nonsense(("discs", place, *first["loc"]))
    except (ValueError, RecursionError):
        return _nonsense(("discs", place))
    wrong = _no_disc(found)
    return _nonsense(("discs", place, *wrong)) if wrong else found


@cache
def _reader() -> TypeAdapter[Listed]:
    return TypeAdapter(Listed)


def _no_disc(disc: Listed) -> Route:
    """Where the right types hold what cannot be of any disc; nothing when they do not."""
    if not FOLDER.fullmatch(disc.folder):
        return ("folder",)
    if disc.copy not in COPY:
        return ("copy",)
    if not disc.tracks:
        return ("tracks",)
    for place, track in enumerate(disc.tracks):
        if track.number != place + 1 or track.track < 1:
            return ("tracks", place)
        if min(track.stop_sector, *(sector for _, sector in track.marks)) < 0:
            return ("tracks", place)
    for place, text in enumerate(disc.texts):
        if len(text.tracks) != len(disc.tracks):
            return ("texts", place, "tracks")
    return () if disc.lead_out_sector >= 0 else ("lead_out_sector",)


def _nonsense(route: Route) -> Fault:
    return Fault("makes no sense", place=LISTING, path=dotted(route), hint="build again")


def rule_faults(discs: list[Listed], listing: Row) -> list[Fault]:
    """What no CD may be like, and where `delivery.json` contradicts itself."""
    faults = []
    for disc in discs:
        problems = [*_mark_rules(disc), *_code_rules(disc), *_id_rules(disc), *_album_rules(disc, listing)]
        faults += [Fault(problem, place=LISTING, path=f"disc {disc.number}") for problem in problems]
    repeated = Counter(isrc for disc in discs for isrc in disc.isrcs if isrc)
    faults += [
        Fault(f"{isrc} is the ISRC of {count} tracks", place=LISTING)
        for isrc, count in sorted(repeated.items())
        if count > 1
    ]
    return faults


def _mark_rules(disc: Listed) -> Iterator[str]:
    """Source: IEC 60908; 80 minutes and four seconds are what plants hold it to."""
    if len(disc.tracks) > TRACKS_MOST:
        yield f"has {len(disc.tracks)} tracks; a CD has {TRACKS_MOST} at most"
    if disc.tracks[0].pause_sector != 0 or disc.starts[0] < PREGAP_SECTORS:
        yield "the pause before track 1 is not from 00:00:00 to 00:02:00 or later"
    if disc.pregap_sectors != disc.starts[0]:
        yield f"the pre-gap is {disc.pregap_sectors} sectors long; track 1 begins at {msf(disc.starts[0])}"
    yield from _order_rules(disc)
    if disc.lead_out_sector > LEAD_OUT_MOST_SECTORS:
        lead_out, most = msf(disc.lead_out_sector), msf(LEAD_OUT_MOST_SECTORS)
        yield f"the lead-out is at {lead_out}; a CD of 80 minutes has it at {most} at the latest"


def _order_rules(disc: Listed) -> Iterator[str]:
    marks = [(track.number, sector) for track in disc.tracks for _, sector in track.marks]
    for (_, before), (number, after) in pairwise([*marks, (0, disc.lead_out_sector)]):
        if after <= before:
            what = f"track {number}" if number else "the lead-out"
            yield f"a mark of {what} is at {msf(after)}, and the one before it at {msf(before)}"
    ends = [track.start_sector if track.pause_sector is None else track.pause_sector for track in disc.tracks]
    stops = (*disc.starts[1:], disc.lead_out_sector)
    for track, stop, end in zip(disc.tracks, stops, (*ends[1:], disc.lead_out_sector), strict=True):
        if track.stop_sector != stop:
            yield f"track {track.number} ends at {msf(track.stop_sector)}; what is next begins at {msf(stop)}"
        if end - track.start_sector < TRACK_SECTORS_LEAST:
            yield f"track {track.number} is less than 4 s long"


def _code_rules(disc: Listed) -> Iterator[str]:
    if disc.upc and not is_ean(disc.upc):
        yield f'"{disc.upc}" is no EAN of 13 digits'
    if len(disc.master_id) > MASTER_ID_MOST or not (
        disc.master_id.isascii() and disc.master_id.isprintable()
    ):
        yield f"the master id is not {MASTER_ID_MOST} characters of ASCII or less"
    for track in disc.tracks:
        if track.isrc and not ISRC.fullmatch(track.isrc):
            yield f'"{track.isrc}" of track {track.number} is not an ISRC'


def _id_rules(disc: Listed) -> Iterator[str]:
    if not disc.goes_forward:
        return
    for name, right, said in (
        ("MusicBrainz", _musicbrainz_id(disc), disc.musicbrainz_id),
        ("CDDB", _cddb_id(disc), disc.cddb_id),
        ("AccurateRip", _accuraterip_id(disc), disc.accuraterip_id),
    ):
        if said != right:
            yield f"its {name} id is {shown(said)}; by its marks it is {right}"


def _musicbrainz_id(disc: Listed) -> str:
    """Source: MusicBrainz, "Disc ID Calculation"."""
    table = [disc.lead_out_sector, *disc.starts, *[0] * TRACKS_MOST][: 1 + TRACKS_MOST]
    text = f"01{len(disc.tracks):02X}" + "".join(f"{sector:08X}" for sector in table)
    digest = hashlib.sha1(text.encode("ascii"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii").translate(str.maketrans("+/=", "._-"))


def _cddb_id(disc: Listed) -> str:
    """Source: the CDDB howto of freedb.org."""
    seconds = [start // SECTORS_PER_SECOND for start in disc.starts]
    digits = sum(map(int, "".join(map(str, seconds))))
    length = disc.lead_out_sector // SECTORS_PER_SECOND - seconds[0]
    return f"{(digits % 255 << 24) + (length << 8) + len(seconds):08x}"


def _accuraterip_id(disc: Listed) -> str:
    """Source: the AccurateRip addresses that rippers ask for (Exact Audio Copy, whipper)."""
    plain = numbered = 0
    for number, sector in enumerate((*disc.starts, disc.lead_out_sector), start=1):
        plain += sector - PREGAP_SECTORS
        numbered += number * max(1, sector - PREGAP_SECTORS)
    return f"{plain % 2**32:08x}-{numbered % 2**32:08x}-{_cddb_id(disc)}"


def is_ean(code: str) -> bool:
    """Whether these are 13 digits, not all of them zeros, the last of which checks the others."""
    digits = re.fullmatch(r"[0-9]{13}", code)
    return bool(digits) and bool(code.strip("0")) and check_digit(code[:12]) == code[12]


def _album_rules(disc: Listed, listing: Row) -> Iterator[str]:
    """What is said of the album's tracks is said of the disc's."""
    album = album_tracks(listing)
    for track in disc.tracks:
        known = album.get(track.track)
        if known is None:
            yield f"track {track.number} is track {track.track} of the album, of which nothing is said"
        elif known.get("disc") != disc.number:
            yield f'track {track.number} is on it here, and not by "tracks"'
        elif (known.get("isrc") or "") != track.isrc:
            yield f'the ISRC of track {track.number} is "{track.isrc}" here, and not that of "tracks"'


def album_tracks(listing: Row) -> dict[int, Row]:
    """`tracks` of `delivery.json` by number; those that are damaged are left out."""
    tracks = listing.get("tracks")
    rows = tracks if isinstance(tracks, list) else []
    return {row["number"]: row for row in rows if isinstance(row, dict) and type(row.get("number")) is int}


def differs(what: str, found: object, said: object) -> Iterator[str]:
    """That a file says something otherwise than `delivery.json`."""
    if found != said:
        yield f"{what} is {shown(found)}; {LISTING} says {shown(said)}"


def mark_problems(found: Marks, wanted: Marks) -> Iterator[str]:
    """Each mark that a file has elsewhere than `delivery.json`, or that only one of them has."""
    for mark in sorted(found.keys() | wanted.keys()):
        name = f"index {mark[1]:02} of track {mark[0]}"
        if mark not in found:
            yield f"has no {name}; {LISTING} has it at {msf(wanted[mark])}"
        elif mark not in wanted:
            yield f"has an {name} at {msf(found[mark])}; {LISTING} has none"
        elif found[mark] != wanted[mark]:
            yield f"{name} is at {msf(found[mark])}; {LISTING} says {msf(wanted[mark])}"
