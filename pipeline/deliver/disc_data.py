"""A disc as `delivery.json` has it."""

from dataclasses import asdict
from typing import Any

from pipeline.cd.disc import DiscSums, DiscText, DiscTrack, TrackSums
from pipeline.cd.disc_ids import accuraterip_id, cddb_id, musicbrainz_id
from pipeline.deliver.discs import disc_folder
from pipeline.deliver.release import DiscMaster


def disc_data(master: DiscMaster) -> dict[str, Any]:
    """Marks, codes, words and checksums; these are null where they are not known."""
    disc = master.disc
    toc = (disc.starts, disc.lead_out_sector)
    return {
        "number": disc.number,
        "folder": disc_folder(disc),
        "upc": disc.upc,
        "master_id": disc.master_id,
        "copy": disc.copy,
        "pregap_sectors": disc.tracks[0].start_sector,
        "lead_out_sector": disc.lead_out_sector,
        "musicbrainz_id": musicbrainz_id(*toc),
        "cddb_id": cddb_id(*toc),
        "accuraterip_id": accuraterip_id(*toc),
        "image_md5": master.sums.image_md5 if master.sums else None,
        "image_crc32": master.sums.image_crc32 if master.sums else None,
        "tracks": [_track(track, _sums(master.sums, track)) for track in disc.tracks],
        "texts": [_text(text) for text in disc.texts],
    }


def _sums(sums: DiscSums | None, track: DiscTrack) -> TrackSums | None:
    return sums.tracks[track.number - 1] if sums else None


def _track(track: DiscTrack, sums: TrackSums | None) -> dict[str, Any]:
    known = asdict(sums) if sums else dict.fromkeys(TrackSums.__dataclass_fields__)
    return {**asdict(track), "index_sectors": list(track.index_sectors), **known}


def _text(text: DiscText) -> dict[str, Any]:
    plain = asdict(text)
    return {**plain, "genre": list(text.genre) if text.genre else None, "tracks": list(plain["tracks"])}
