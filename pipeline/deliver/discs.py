"""The discs of a release: where on each the audio lies, where its marks stand, what it says of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.cd.disc import HIDDEN, MASTER_ID_MOST, PREGAP_SECTORS, Disc, DiscPart, DiscTrack
from pipeline.cd.latin import to_ascii
from pipeline.cd.msf import msf
from pipeline.deliver.disc_texts import disc_texts
from pipeline.deliver.sides import parts_of
from pipeline.faults import Fault
from pipeline.manifest.cd import CdDelivery
from pipeline.manifest.load import Manifest
from pipeline.timeline import SECTORS_PER_SECOND, Segment, Timeline


def discs_of(manifest: Manifest, timeline: Timeline, hidden_sectors: int = 0) -> tuple[Disc, ...]:
    """Every CD of the album; `hidden_sectors` is how long what is heard before track 1 of the first is."""
    settings = manifest.deliver.cd or CdDelivery()
    found = []
    for number in range(1, manifest.discs + 1):
        segments = [each for each in timeline.segments if manifest.pieces[each.track - 1].disc == number]
        laid = _laid(segments, settings, _lead_in(manifest, settings, hidden_sectors * (number == 1)))
        found.append(
            Disc(
                number=number,
                count=manifest.discs,
                tracks=tuple(_tracks(laid, settings, manifest)),
                parts=_parts(laid),
                lead_out_sector=laid[-1].stop,
                upc=manifest.album.upc or "",
                master_id=_master_id(manifest, number),
                copy=settings.copies,
                texts=disc_texts(manifest, [manifest.pieces[each.track - 1] for each in segments]),
            )
        )
    return tuple(found)


def disc_folder(disc: Disc) -> str:
    """Where in a delivery the files of a disc are."""
    return "cd" if disc.count == 1 else f"cd/disc-{disc.number}"


def length_line(disc: Disc) -> str:
    """`CD 2: 12 tracks, 43:20:11 (minutes, seconds, sectors)`"""
    named = f"CD {disc.number}" if disc.count > 1 else "CD"
    count = len(disc.tracks)
    length = msf(disc.programme_sectors)
    return f"{named}: {count} track{'s' * (count > 1)}, {length} (minutes, seconds, sectors)"


def split_faults(manifest: Manifest, timeline: Timeline) -> list[Fault]:
    """Discs that end within a song."""
    starts = {part.segments[0].track for part in parts_of(timeline)}
    return [
        manifest.fault(
            ("tracks", after.mix, "disc"),
            f"disc {before.disc} ends where track {before.number} runs into track {after.number} by a "
            "crossfade, a segue or a cut",
            "begin the disc elsewhere; a mix with cuts can be listed twice, each with its trim",
        )
        for before, after in pairwise(manifest.pieces)
        if before.disc != after.disc and after.number not in starts
    ]


# --- where it lies


@dataclass(frozen=True, slots=True)
class _Sound:
    """What is heard of a track in the image: from `start` up to `sound_stop`; the pause ends at `stop`.

    `lead` is how much earlier its mark may stand: what is silent before it, as far as that is wanted.
    """

    track: int
    start: int
    sound_stop: int
    stop: int
    lead: int
    indexes: tuple[int, ...] = ()


def _lead_in(manifest: Manifest, settings: CdDelivery, hidden_sectors: int) -> list[_Sound]:
    """What is hidden before track 1, if anything is."""
    hidden = manifest.album.hidden
    if not hidden or not hidden_sectors:
        return []
    stop = PREGAP_SECTORS + hidden_sectors
    gap = max(round(hidden.gap * SECTORS_PER_SECOND), settings.offsets.start_sectors)
    return [_Sound(HIDDEN, PREGAP_SECTORS, stop, stop + gap, 0)]


def _laid(segments: Sequence[Segment], settings: CdDelivery, before: list[_Sound]) -> list[_Sound]:
    """The sounds of a disc, one behind the other; the last is followed by no pause."""
    offsets, laid = settings.offsets, list(before)
    start = laid[-1].stop if laid else PREGAP_SECTORS + offsets.start_sectors
    silent = laid[-1].stop - laid[-1].sound_stop if laid else offsets.start_sectors
    for place, segment in enumerate(segments):
        last = place + 1 == len(segments)
        shift = start - segment.start_sector
        sound_stop = segment.sound_stop_sector + shift
        pause = 0 if settings.gaps == "none" else segment.stop_sector - segment.sound_stop_sector
        stop = sound_stop + (offsets.end_sectors if last else pause)
        indexes = tuple(index + shift for index in segment.indexes)
        laid.append(
            _Sound(segment.track, start, sound_stop, stop, min(silent, offsets.start_sectors), indexes)
        )
        start, silent = stop, pause
    return laid


def _parts(laid: Sequence[_Sound]) -> tuple[DiscPart, ...]:
    return tuple(
        DiscPart(
            track=each.track,
            start_sector=each.start,
            sound_sectors=each.sound_stop - each.start,
            sectors=each.stop - each.start,
        )
        for each in laid
    )


def _tracks(laid: Sequence[_Sound], settings: CdDelivery, manifest: Manifest) -> list[DiscTrack]:
    sounds = [each for each in laid if each.track != HIDDEN]
    starts = [each.start - each.lead for each in sounds]
    stops = [*starts[1:], sounds[-1].stop]
    before: list[_Sound | None] = [None, *sounds[:-1]]
    return [
        DiscTrack(
            number=place + 1,
            track=each.track,
            pause_sector=_pause(before[place], starts[place], settings),
            start_sector=starts[place],
            index_sectors=_indexes(each, starts[place], settings.offsets.index_sectors),
            stop_sector=stops[place],
            isrc=manifest.pieces[each.track - 1].isrc or "",
        )
        for place, each in enumerate(sounds)
    ]


def _pause(before: _Sound | None, start: int, settings: CdDelivery) -> int | None:
    """Index 00: where the sound before has ended. That of the first track is where the disc begins."""
    if before is None:
        return 0
    ended = before.sound_stop + settings.offsets.end_sectors
    return ended if settings.gaps == "before" and ended < start else None


def _indexes(sound: _Sound, start: int, offset: int) -> tuple[int, ...]:
    """Index 02 and on, each behind the one before, however much earlier they are to stand."""
    marks = [start]
    for index in sound.indexes:
        marks.append(max(index - offset, marks[-1] + 1))
    return tuple(marks[1:])


# --- what it is called


def _master_id(manifest: Manifest, number: int) -> str:
    """The catalogue number, or the title; on several discs with their number. Plants file by it."""
    tail = f" CD{number}" if manifest.discs > 1 else ""
    name = to_ascii(manifest.album.catalog or manifest.album.title)
    return f"{name[: MASTER_ID_MOST - len(tail)].strip()}{tail}".strip()
