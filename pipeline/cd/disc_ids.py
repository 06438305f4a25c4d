"""The identifiers by which databases know a disc, made of its table of contents.

Everywhere `starts` are the sectors of index 01 of track 1, 2, …, and `lead_out` is that of the lead-out, all
absolute: a track 1 without hidden audio starts at 150. Tracks are numbered from 1.
"""

import base64
import hashlib
from collections.abc import Sequence

from pipeline.cd.disc import PREGAP_SECTORS, SECTORS_PER_SECOND
from pipeline.cd.disc import TRACKS_MAX as TRACKS_MAX


def ids_of(starts: Sequence[int], lead_out: int) -> dict[str, str]:
    """All three, under their names in a listing; of 1 to 99 tracks."""
    return {
        "musicbrainz_id": musicbrainz_id(starts, lead_out),
        "cddb_id": cddb_id(starts, lead_out),
        "accuraterip_id": accuraterip_id(starts, lead_out),
    }


def musicbrainz_id(starts: Sequence[int], lead_out: int) -> str:
    """28 characters. Source: MusicBrainz, "Disc ID Calculation"."""
    absent = [0] * (TRACKS_MAX - len(starts))
    offsets = "".join(f"{sector:08X}" for sector in (lead_out, *starts, *absent))
    digest = hashlib.sha1(f"{1:02X}{len(starts):02X}{offsets}".encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest, b"._").decode().replace("=", "-")


def musicbrainz_toc(starts: Sequence[int], lead_out: int) -> str:
    """What the MusicBrainz web service takes as `toc=`: first and last track, lead-out, starts, + between."""
    return "+".join(map(str, (1, len(starts), lead_out, *starts)))


def cddb_id(starts: Sequence[int], lead_out: int) -> str:
    """Eight hexadecimal digits: checksum of the starts, seconds from start to end, tracks.

    Source: the CDDB howto of freedb.org; confirmed with libdiscid.
    """
    seconds = [start // SECTORS_PER_SECOND for start in starts]
    digits = sum(int(digit) for second in seconds for digit in str(second))
    length = lead_out // SECTORS_PER_SECOND - seconds[0]
    return f"{digits % 255:02x}{length:04x}{len(starts):02x}"


def accuraterip_id(starts: Sequence[int], lead_out: int) -> str:
    """Sum of the starts, sum of the starts by their numbers, and the CDDB id; the lead-out counts as a start.

    Source: the AccurateRip addresses that rippers ask for (Exact Audio Copy, whipper).
    """
    offsets = [sector - PREGAP_SECTORS for sector in (*starts, lead_out)]
    plain = sum(offsets) % 2**32
    numbered = sum(max(offset, 1) * number for number, offset in enumerate(offsets, 1)) % 2**32
    return f"{plain:08x}-{numbered:08x}-{cddb_id(starts, lead_out)}"
