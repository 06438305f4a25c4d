"""What no CD can hold, what whoever presses it does not take, and what he is going to ask about.

What lies under the standard is judged by the stricter of two readings wherever programs differ: a plant's
reader may have the other one.
"""

from collections.abc import Iterator
from itertools import pairwise

from pipeline.cd.disc import (
    PREGAP_SECTORS,
    SECTORS_PER_SECOND,
    TRACK_LEAST_S,
    TRACK_LEAST_SECTORS,
    TRACKS_MAX,
    Disc,
    DiscTrack,
)
from pipeline.cd.msf import msf
from pipeline.disc_profiles import STANDARD, profile
from pipeline.faults import Fault
from pipeline.manifest.cd import CdDelivery
from pipeline.manifest.load import Manifest
from pipeline.manifest.places import Route

CD = ("deliver", "cd")
FURTHER_DISC = "put tracks on a further disc (disc: 2), or leave cd out of deliver"
APART = "put marks 1/75 s apart or more; offsets of deliver.cd move them too"
INDEXES_MAX = 99


def disc_faults(manifest: Manifest, disc: Disc, profile_name: str) -> list[Fault]:
    """What has to be put right before there is a disc.

    99:59:74 is the highest address that a disc has; no profile lets a programme come near it.

    Args:
        profile_name: one of `pipeline.disc_profiles`.

    Source: IEC 60908, as programs that write and read DDP filesets enforce it (the manual page of cue2ddp,
    REAPER's notes on DDP); indexes apart by 4 s only in CDRWin's help, so that is a remark.
    """
    found = [*_too_many_tracks(manifest, disc), *_too_long(manifest, disc, profile_name)]
    found += _too_early(manifest, disc)
    for track, end_sector in zip(disc.tracks, _ends(disc), strict=True):
        found += _track_faults(manifest, disc, track, end_sector)
    return found


def disc_remarks(manifest: Manifest, disc: Disc, profile_name: str) -> list[Fault]:
    """What should be known before it is sent off. Of codes the first disc speaks for all.

    Pauses of more than 3 s, which some recorders of CD-Rs refuse, are everyday and not told.
    """
    return [
        *_long(manifest, disc, profile_name),
        *_close_indexes(manifest, disc),
        *_held_indexes(manifest, disc),
        *(_no_codes(manifest) if disc.number == 1 else ()),
    ]


def _too_many_tracks(manifest: Manifest, disc: Disc) -> Iterator[Fault]:
    if len(disc.tracks) > TRACKS_MAX:
        problem = f"a CD holds {TRACKS_MAX} tracks, {called(disc)} has {len(disc.tracks)}"
        yield manifest.fault(_route(manifest, disc), problem, FURTHER_DISC)


def _too_long(manifest: Manifest, disc: Disc, profile_name: str) -> Iterator[Fault]:
    limit, sectors = profile(profile_name), disc.programme_sectors
    if sectors > limit.fail_sectors:
        whose = "" if profile_name == STANDARD else f"by profile {profile_name} "
        holds = f"{whose}a CD holds {msf(limit.fail_sectors)} of programme"
        problem = f"{holds}, {called(disc)} is {msf(sectors)} long (minutes, seconds, sectors)"
        yield manifest.fault(_route(manifest, disc), problem, FURTHER_DISC + _longer(profile_name, sectors))


def _longer(profile_name: str, sectors: int) -> str:
    """The profile that has room for so much, where another one was chosen."""
    if profile_name == STANDARD or sectors > profile(STANDARD).fail_sectors:
        return ""
    return f"; or profile: {STANDARD}, if your plant presses it"


def _too_early(manifest: Manifest, disc: Disc) -> Iterator[Fault]:
    first = disc.tracks[0]
    if first.start_sector < PREGAP_SECTORS:
        problem = f"{named(disc, first)} starts at {msf(first.start_sector)}; before it are at least 2 s"
        yield manifest.fault(route_of(manifest, first), problem, "make offsets of deliver.cd smaller")


def _track_faults(manifest: Manifest, disc: Disc, track: DiscTrack, end_sector: int) -> Iterator[Fault]:
    route, name = route_of(manifest, track), named(disc, track)
    if (sectors := end_sector - track.start_sector) < TRACK_LEAST_SECTORS:
        yield manifest.fault(route, *_too_short(name, sectors, track.stop_sector - end_sector))
    if len(track.index_sectors) + 1 > INDEXES_MAX:
        problem = f"{name} has more than {INDEXES_MAX} indexes"
        yield manifest.fault((*route, "index"), problem, "a CD holds no more")
    marks = [(f"index {index:02}", sector) for index, sector in track.marks]
    if track.index_sectors:
        marks.append(("its end", end_sector))
    for (before, earlier), (behind, later) in pairwise(marks):
        if later <= earlier:
            problem = f"{name}: {behind} at {msf(later)} is not after {before} at {msf(earlier)}"
            yield manifest.fault((*route, "index") if track.index_sectors else route, problem, APART)


def _too_short(name: str, sectors: int, pause_sectors: int) -> tuple[str, str]:
    """What is wrong, and what helps. The pause is that behind it, where it begins with an index 00."""
    length_s = sectors / SECTORS_PER_SECOND
    problem = f"{name} is {length_s:.2f} s long; on a CD a track is at least {TRACK_LEAST_S} s"
    if not pause_sectors:
        return problem, "make it longer, or leave cd out of deliver"
    counted = "make it longer, or have the pause counted in: deliver.cd.gaps: after"
    enough = sectors + pause_sectors >= TRACK_LEAST_SECTORS
    return f"{problem}, its pause not counted", counted if enough else "make it longer"


def _long(manifest: Manifest, disc: Disc, profile_name: str) -> Iterator[Fault]:
    limit, sectors = profile(profile_name), disc.programme_sectors
    if limit.warn_sectors < sectors <= limit.fail_sectors:
        what = f"{called(disc)} is {msf(sectors)} long, more than {msf(limit.warn_sectors)}: {limit.remark}"
        hint = f"ask whoever presses it (profile {profile_name})"
        yield manifest.fault(_route(manifest, disc), what, hint)


def _close_indexes(manifest: Manifest, disc: Disc) -> Iterator[Fault]:
    """One for all tracks: plants do not mind."""
    close = [
        track
        for track, end_sector in zip(disc.tracks, _ends(disc), strict=True)
        if track.index_sectors and _closest(track, end_sector) < TRACK_LEAST_SECTORS
    ]
    if close:
        numbers = ", ".join(str(track.number) for track in close)
        whose = f"disc {disc.number}, " if disc.count > 1 else ""
        problem = f"{whose}track{'s' * (len(close) > 1)} {numbers}: indexes less than {TRACK_LEAST_S} s apart"
        hint = "a DDP takes them; some recorders of CD-Rs do not"
        yield manifest.fault((*route_of(manifest, close[0]), "index"), problem, hint)


def _held_indexes(manifest: Manifest, disc: Disc) -> Iterator[Fault]:
    """Of those that are to stand earlier than they can: on the sector behind the mark before."""
    offset = (manifest.deliver.cd or CdDelivery()).offsets.index_sectors
    for track in disc.tracks if offset else ():
        for (before, earlier), (index, later) in pairwise(track.marks):
            if before and later == earlier + 1:
                stands = f"{named(disc, track)}: index {index:02} stands 1/75 s behind index {before:02}"
                problem = f"{stands}; index_sectors: {offset} moves it no further"
                yield manifest.fault((*route_of(manifest, track), "index"), problem)


def _closest(track: DiscTrack, end_sector: int) -> int:
    marks = (track.start_sector, *track.index_sectors, end_sector)
    return min(later - earlier for earlier, later in pairwise(marks))


def _no_codes(manifest: Manifest) -> Iterator[Fault]:
    """One line of what a plant expects to find. That only some tracks have an ISRC is told elsewhere."""
    absent = [] if manifest.album.upc else ["no UPC"]
    absent += [] if any(piece.isrc for piece in manifest.pieces) else ["no ISRCs"]
    if absent:
        hint = "a plant expects them, though it presses without"
        yield manifest.fault(("album", "upc") if "no UPC" in absent else CD, " and ".join(absent), hint)


def _ends(disc: Disc) -> list[int]:
    """Where each track ends by the stricter reading: at the next one's index 00 where it has one."""
    behind = (*disc.tracks[1:], None)
    return [
        track.stop_sector if later is None or later.pause_sector is None else later.pause_sector
        for track, later in zip(disc.tracks, behind, strict=True)
    ]


def called(disc: Disc) -> str:
    """A disc in a sentence."""
    return f"disc {disc.number}" if disc.count > 1 else "this album"


def named(disc: Disc, track: DiscTrack) -> str:
    """A track in a sentence, by its number on the disc."""
    return f"disc {disc.number}, track {track.number}" if disc.count > 1 else f"track {track.number}"


def _route(manifest: Manifest, disc: Disc) -> Route:
    """What a disc as a whole is at fault for: where its first track is, where there are others."""
    return route_of(manifest, disc.tracks[0]) if disc.count > 1 else CD


def route_of(manifest: Manifest, track: DiscTrack) -> Route:
    """Where in the manifest a track is."""
    return manifest.pieces[track.track - 1].route
