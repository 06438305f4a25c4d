"""Tags: what a file says about itself.

One list of fields, named as in Vorbis comments, is what every container is written from and read back
into; what a container adds or cannot hold is said here, how it stores them in `tag_containers`.
WAV files get no tags: stores take them bare.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.deliver import tag_containers
from pipeline.deliver.tag_containers import Fields
from pipeline.faults import Fault
from pipeline.manifest.languages import iso_639_2

# ReplayGain 2.0 is relative to the first; Opus gains to the second (RFC 7845, section 5.2.1).
REPLAYGAIN_LUFS, R128_LUFS = -18.0, -23.0

ROLE_FIELDS = {
    "producer": "PRODUCER",
    "mixer": "MIXER",
    "engineer": "ENGINEER",
    "mastering_engineer": "MASTERING",
    "arranger": "ARRANGER",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackTags:
    """What one delivered track says about itself. An empty text, an empty tuple or None is left out.

    `date` is ISO 8601: a year, a month or a day. `language` is ISO 639-1 or 639-2, with a region or without.
    Gains are ReplayGain 2.0 in dB (-18 LUFS minus the loudness), peaks linear, 1.0 being full scale.
    `track` and `track_total` are those on its disc. `credits` maps a role to names; a role that tags have no
    field for is written as a performer's. `arrangers` are the track's own, in place of those of the credits.
    `cover` is a JPEG or PNG file.
    """

    title: str
    artist: str
    album: str
    album_artist: str = ""
    sort_artist: str = ""
    track: int = 1
    track_total: int = 1
    disc: int = 1
    disc_total: int = 1
    date: str = ""
    isrc: str = ""
    upc: str = ""
    catalog: str = ""
    label: str = ""
    c_line: str = ""
    p_line: str = ""
    composers: tuple[str, ...] = ()
    lyricists: tuple[str, ...] = ()
    arrangers: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    language: str = ""
    version: str = ""
    explicit: bool | None = None
    comment: str = ""
    credits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    track_gain_db: float | None = None
    track_peak: float | None = None
    album_gain_db: float | None = None
    album_peak: float | None = None
    cover: bytes | None = None


def write_tags(path: Path, codec: str, tags: TrackTags) -> None:
    """Replace every tag of an encoded file; the audio is left as it is.

    The same file and the same tags give the same bytes, whatever was tagged before.

    Args:
        codec: flac, mp3, aac, alac or opus.

    Raises:
        Fault: a text or the cover cannot be stored, or the file is not of that codec.
    """
    tag_containers.write(path, codec, expected(tags, codec), tags.cover)


def read_tags(path: Path, codec: str) -> Fields:
    """Every tag of a file by its Vorbis name, a foreign one by its own; COVER is the picture's SHA-256."""
    return tag_containers.read(path, codec)


def expected(tags: TrackTags, codec: str) -> Fields:
    """What `read_tags` finds in a file of `codec` that carries `tags`."""
    fields = _common_fields(tags)
    if codec in ("flac", "opus"):
        fields |= _vorbis_extras(tags, fields)
    elif codec == "mp3":
        fields |= _id3_limits(tags, fields)
    fields |= _r128_gain(tags) if codec == "opus" else _replay_gain(tags)
    if tags.cover is not None:
        fields["COVER"] = [hashlib.sha256(tags.cover).hexdigest()]
    return {name: values for name, values in fields.items() if values}


def _common_fields(tags: TrackTags) -> Fields:
    single = {
        "TITLE": tags.title,
        "ARTIST": tags.artist,
        "ARTISTSORT": tags.sort_artist if tags.artist == tags.album_artist else "",
        "ALBUM": tags.album,
        "ALBUMARTIST": tags.album_artist,
        "ALBUMARTISTSORT": tags.sort_artist,
        "TRACKNUMBER": str(tags.track),
        "TRACKTOTAL": str(tags.track_total),
        "DISCNUMBER": str(tags.disc),
        "DISCTOTAL": str(tags.disc_total),
        "DATE": tags.date,
        "ISRC": tags.isrc,
        "BARCODE": tags.upc,
        "CATALOGNUMBER": tags.catalog,
        "LABEL": tags.label,
        "COPYRIGHT": _copyright(tags),
        "LANGUAGE": tags.language,
        "SUBTITLE": tags.version,
        "ITUNESADVISORY": "" if tags.explicit is None else str(int(tags.explicit)),
        "COMMENT": tags.comment,
    }
    lists = {"COMPOSER": tags.composers, "LYRICIST": tags.lyricists, "GENRE": tags.genres} | _credits(tags)
    fields = {name: [text] if text else [] for name, text in single.items()}
    fields |= {name: [text for text in texts if text] for name, texts in lists.items()}
    _refuse_unstorable(fields)
    return fields


def _credits(tags: TrackTags) -> dict[str, tuple[str, ...]]:
    fields = {name: tuple(tags.credits.get(role, ())) for role, name in ROLE_FIELDS.items()}
    if tags.arrangers:
        fields["ARRANGER"] = tags.arrangers
    others = {
        role.replace("_", " "): names for role, names in tags.credits.items() if role not in ROLE_FIELDS
    }
    return fields | {
        "PERFORMER": tuple(f"{name} ({role})" for role, names in others.items() for name in names)
    }


def _copyright(tags: TrackTags) -> str:
    """Both lines in the one field that there is; ID3 wants the year first and shows a © before it."""
    work, recording = tags.c_line.lstrip("© "), tags.p_line.lstrip("℗ ")
    return ", ".join(part for part in (work, f"℗ {recording}" if recording else "") if part)


def _refuse_unstorable(fields: Fields) -> None:
    """NUL separates values in ID3, and a lone surrogate is in no encoding."""
    for name, texts in fields.items():
        for text in texts:
            if re.search("[\0\ud800-\udfff]", text):
                raise Fault(f"{name} has a character that no tag can hold: {text!a}", hint="remove it")


def _vorbis_extras(tags: TrackTags, fields: Fields) -> Fields:
    """Some readers know only TOTALTRACKS, and few know MASTERING."""
    return {
        "TOTALTRACKS": [str(tags.track_total)],
        "TOTALDISCS": [str(tags.disc_total)],
        "ENGINEER": list(dict.fromkeys(fields["ENGINEER"] + fields["MASTERING"])),
    }


def _id3_limits(tags: TrackTags, fields: Fields) -> Fields:
    """ID3v2.3: one value a frame, a slash between names (section 4.2.1); no month without its day (TDAT)."""
    joined = {name: ["/".join(fields[name])] for name in ("COMPOSER", "LYRICIST", "GENRE") if fields[name]}
    whole_day = len(tags.date) == len("2026-12-04")
    date = [tags.date if whole_day else tags.date[:4]] if tags.date else []
    return joined | {"DATE": date, "LANGUAGE": [iso_639_2(tags.language)] if tags.language else []}


def _replay_gain(tags: TrackTags) -> Fields:
    """Gain in dB with two decimals, linear peak with six, as the ReplayGain 2.0 text has them."""
    fields: Fields = {}
    for scope, gain_db, peak in (
        ("TRACK", tags.track_gain_db, tags.track_peak),
        ("ALBUM", tags.album_gain_db, tags.album_peak),
    ):
        if gain_db is not None:
            # Adding 0.0 turns -0.0, which would be written as "-0.00", into 0.0.
            fields[f"REPLAYGAIN_{scope}_GAIN"] = [f"{round(gain_db, 2) + 0.0:.2f} dB"]
        if peak is not None:
            fields[f"REPLAYGAIN_{scope}_PEAK"] = [f"{peak:.6f}"]
    return fields | ({"REPLAYGAIN_REFERENCE_LOUDNESS": [f"{REPLAYGAIN_LUFS:.2f} LUFS"]} if fields else {})


def _r128_gain(tags: TrackTags) -> Fields:
    """Signed 16-bit steps of 1/256 dB; there is no field for a peak (RFC 7845, section 5.2.1)."""
    fields: Fields = {}
    for scope, gain_db in (("TRACK", tags.track_gain_db), ("ALBUM", tags.album_gain_db)):
        if gain_db is not None:
            steps = round(256 * (gain_db + R128_LUFS - REPLAYGAIN_LUFS))
            fields[f"R128_{scope}_GAIN"] = [str(min(max(steps, -32768), 32767))]
    return fields
