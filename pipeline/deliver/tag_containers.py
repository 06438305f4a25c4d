"""How FLAC, Opus, MP3 and MP4 store a list of tag fields, and give it back.

The frames and atoms follow MusicBrainz Picard's tag mapping, which most players follow too. What is
read is named as it was written, so that a file can be compared with what it should say.
"""

# mypy: disallow-untyped-calls=False
# (mutagen has no annotations to speak of: its objects are Any below.)

import base64
import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline.faults import Fault

# Field name, as in Vorbis comments → its values. COVER stands for the picture: its SHA-256.
Fields = dict[str, list[str]]

# Room for a later edit; a constant, because mutagen's own choice depends on what the file held before.
PADDING_BYTES = 1024
# A FLAC metadata block gives its length in 24 bits (RFC 9639, section 8.1).
FLAC_BLOCK_LIMIT = (1 << 24) - 1


def write(path: Path, codec: str, fields: Fields, cover: bytes | None) -> None:
    """Replace the tags of a file by `fields` and `cover`; Fault when it is not of that codec."""
    from mutagen import MutagenError

    writers = {
        "flac": _write_flac,
        "opus": _write_opus,
        "mp3": _write_id3,
        "aac": _write_mp4,
        "alac": _write_mp4,
    }
    text = {name: values for name, values in fields.items() if name != "COVER"}
    try:
        writers[codec](path, text, cover)
    except MutagenError as error:
        raise _meaning(error, path, codec) from error


def read(path: Path, codec: str) -> Fields:
    """The tags of a file; Fault when it is not of that codec."""
    from mutagen import MutagenError

    readers = {"flac": _read_flac, "opus": _read_opus, "mp3": _read_id3, "aac": _read_mp4, "alac": _read_mp4}
    try:
        return readers[codec](path)
    except MutagenError as error:
        raise _meaning(error, path, codec) from error


def _meaning(error: Exception, path: Path, codec: str) -> Exception:
    """mutagen wraps what the system says, too (with its number), and a full disk is no fault of the file."""
    cause = error.__context__
    if isinstance(cause, OSError) and cause.errno is not None:
        return cause
    return Fault(f"is not readable as {codec} ({error})", place=str(path))


# Vorbis comments: FLAC and Opus


def _write_flac(path: Path, fields: Fields, cover: bytes | None) -> None:
    from mutagen.flac import FLAC

    file: Any = FLAC(path)
    if file.tags is None:
        file.add_tags()
    _set_comments(file.tags, fields)
    file.clear_pictures()
    if cover is not None:
        # Appended, so behind the comments: Windows reads no comments behind a picture.
        file.add_picture(_flac_picture(path, cover))
    file.save(deleteid3=True, padding=lambda _: PADDING_BYTES)


def _write_opus(path: Path, fields: Fields, cover: bytes | None) -> None:
    from mutagen.oggopus import OggOpus

    file: Any = OggOpus(path)
    _set_comments(file.tags, fields)
    if cover is not None:
        # Ogg has no picture block of its own; by custom FLAC's stands in a comment.
        file.tags["METADATA_BLOCK_PICTURE"] = base64.b64encode(_picture(cover).write()).decode("ascii")
    file.save(padding=lambda _: PADDING_BYTES)


def _set_comments(comments: Any, fields: Fields) -> None:
    comments.clear()
    for name, values in fields.items():
        comments[name] = values


def _read_flac(path: Path) -> Fields:
    from mutagen.flac import FLAC

    file: Any = FLAC(path)
    return _comment_fields(file.tags or ()) | _cover_field(picture.data for picture in file.pictures)


def _read_opus(path: Path) -> Fields:
    from mutagen.flac import Picture
    from mutagen.oggopus import OggOpus

    file: Any = OggOpus(path)
    fields = _comment_fields(file.tags)
    blocks = fields.pop("METADATA_BLOCK_PICTURE", [])
    return fields | _cover_field(Picture(base64.b64decode(block)).data for block in blocks)


def _comment_fields(comments: Iterable[tuple[str, str]]) -> Fields:
    fields: Fields = {}
    for name, value in comments:
        fields.setdefault(name.upper(), []).append(value)
    return fields


# ID3v2.3: MP3

# TSOP and TSO2 are not in the 2.3 standard, but iTunes and most players read them there.
_ID3_TEXT = {
    "TITLE": "TIT2",
    "ARTIST": "TPE1",
    "ARTISTSORT": "TSOP",
    "ALBUM": "TALB",
    "ALBUMARTIST": "TPE2",
    "ALBUMARTISTSORT": "TSO2",
    "ISRC": "TSRC",
    "LABEL": "TPUB",
    "COPYRIGHT": "TCOP",
    "COMPOSER": "TCOM",
    "LYRICIST": "TEXT",
    "GENRE": "TCON",
    "LANGUAGE": "TLAN",
    "SUBTITLE": "TIT3",
}
_ID3_PAIR = {"TRCK": ("TRACKNUMBER", "TRACKTOTAL"), "TPOS": ("DISCNUMBER", "DISCTOTAL")}
_ID3_ROLE = {
    "PRODUCER": "producer",
    "MIXER": "mix",
    "ENGINEER": "engineer",
    "MASTERING": "mastering",
    "ARRANGER": "arranger",
}
_LATIN_1, _UTF_16 = 0, 1


def _write_id3(path: Path, fields: Fields, cover: bytes | None) -> None:
    from mutagen.id3 import APIC, ID3

    tag: Any = ID3()
    for frame in _id3_frames(fields):
        tag.add(frame)
    if cover is not None:
        tag.add(APIC(encoding=_LATIN_1, mime=_picture(cover).mime, type=3, desc="", data=cover))
    tag.save(path, v1=0, v2_version=3, padding=lambda _: PADDING_BYTES)


def _id3_frames(fields: Fields) -> Iterator[Any]:
    """Frames in a fixed order; text in UTF-16, numbers in Latin-1 (ID3v2.3, section 3.3)."""
    from mutagen import id3

    kinds: Any = id3
    left = dict(fields)
    for code, (number, total) in _ID3_PAIR.items():
        yield kinds.Frames[code](_LATIN_1, [f"{left.pop(number)[0]}/{left.pop(total)[0]}"])
    for name in [name for name in left if name in _ID3_TEXT]:
        yield kinds.Frames[_ID3_TEXT[name]](_UTF_16, left.pop(name))
    for date in left.pop("DATE", []):
        yield kinds.TYER(_LATIN_1, [date[:4]])
        if len(date) == len("2026-12-04"):
            yield kinds.TDAT(_LATIN_1, [date[8:10] + date[5:7]])
    for text in left.pop("COMMENT", []):
        yield kinds.COMM(_UTF_16, "eng", "", [text])
    people = [[role, person] for name, role in _ID3_ROLE.items() for person in left.get(name, [])]
    people += [_role_and_name(text) for text in left.pop("PERFORMER", [])]
    if people:
        yield kinds.IPLS(_UTF_16, people)
    for name, values in left.items():
        # "mastering" is no usual role among the involved people, so it stands alone as well.
        if name not in _ID3_ROLE or name == "MASTERING":
            yield kinds.TXXX(_UTF_16, name, ["/".join(values)])


def _role_and_name(performer: str) -> list[str]:
    """`Ann (bass (fretless))` → [`bass (fretless)`, `Ann`]: the role opens where its last bracket does."""
    depth = 1
    for start in range(len(performer) - 2, 0, -1):
        depth += {")": 1, "(": -1}.get(performer[start], 0)
        if depth == 0 and performer[start - 1 : start + 1] == " (":
            return [performer[start + 1 : -1], performer[: start - 1]]
    # Brackets that do not pair.
    name, _, role = performer[:-1].partition(" (")
    return [role, name]


def _read_id3(path: Path) -> Fields:
    from mutagen.id3 import ID3

    tag: Any = ID3(path, translate=False)
    fields = _id3_date(tag)
    for frame in tag.values():
        for name, values in _id3_fields(frame):
            fields.setdefault(name, []).extend(values)
    return fields | _cover_field(picture.data for picture in tag.getall("APIC"))


def _id3_date(tag: Any) -> Fields:
    """The year is one frame, day and month another: `2026` and `0412` → 2026-12-04."""
    year, day = (str(tag[code]) if code in tag else "" for code in ("TYER", "TDAT"))
    return {"DATE": [f"{year}-{day[2:]}-{day[:2]}" if day else year]} if year or day else {}


def _id3_fields(frame: Any) -> list[tuple[str, list[str]]]:
    names = {code: name for name, code in _ID3_TEXT.items()} | {"COMM": "COMMENT"}
    kind = frame.FrameID
    if kind in ("APIC", "TYER", "TDAT") or frame.HashKey == "TXXX:MASTERING":
        return []
    if kind in _ID3_PAIR:
        return [(name, [part]) for name, part in zip(_ID3_PAIR[kind], frame.text[0].split("/"), strict=False)]
    if kind == "IPLS":
        return [_person(role, name) for role, name in frame.people]
    if kind == "TXXX":
        return [(frame.desc, list(frame.text))]
    return [(names.get(kind, frame.HashKey), [str(text) for text in getattr(frame, "text", [frame])])]


def _person(role: str, name: str) -> tuple[str, list[str]]:
    fields = {role: name for name, role in _ID3_ROLE.items()}
    return (fields[role], [name]) if role in fields else ("PERFORMER", [f"{name} ({role})"])


# MP4: AAC and ALAC

_MP4_TEXT = {
    "TITLE": "\xa9nam",
    "ARTIST": "\xa9ART",
    "ARTISTSORT": "soar",
    "ALBUM": "\xa9alb",
    "ALBUMARTIST": "aART",
    "ALBUMARTISTSORT": "soaa",
    "DATE": "\xa9day",
    "COPYRIGHT": "cprt",
    "COMPOSER": "\xa9wrt",
    "GENRE": "\xa9gen",
    "COMMENT": "\xa9cmt",
}
_MP4_PAIR = {"trkn": ("TRACKNUMBER", "TRACKTOTAL"), "disk": ("DISCNUMBER", "DISCTOTAL")}
_FREE = "----:com.apple.iTunes:"
# Encoder delay and padding, for gapless play: the encoder's, and no tag of ours.
_GAPLESS = _FREE + "iTunSMPB"


def _write_mp4(path: Path, fields: Fields, cover: bytes | None) -> None:
    from mutagen.mp4 import MP4, MP4Cover

    file: Any = MP4(path)
    if file.tags is None:
        file.add_tags()
    for atom in [atom for atom in file.tags if atom != _GAPLESS]:
        del file.tags[atom]
    file.tags.update(_mp4_atoms(fields))
    if cover is not None:
        kinds = {"image/png": MP4Cover.FORMAT_PNG, "image/jpeg": MP4Cover.FORMAT_JPEG}
        file.tags["covr"] = [MP4Cover(cover, kinds[_picture(cover).mime])]
    file.save(padding=lambda _: PADDING_BYTES)


def _mp4_atoms(fields: Fields) -> dict[str, list[Any]]:
    left = dict(fields)
    atoms: dict[str, list[Any]] = {
        atom: [tuple(int(left.pop(name)[0]) for name in pair)] for atom, pair in _MP4_PAIR.items()
    }
    if advisory := left.pop("ITUNESADVISORY", None):
        atoms["rtng"] = [int(advisory[0])]
    for name, values in left.items():
        if name in _MP4_TEXT:
            atoms[_MP4_TEXT[name]] = list(values)
        else:
            atoms[_FREE + name] = [value.encode("utf-8") for value in values]
    return atoms


def _read_mp4(path: Path) -> Fields:
    from mutagen.mp4 import MP4

    file: Any = MP4(path)
    atoms = {atom: values for atom, values in (file.tags or {}).items() if atom != _GAPLESS}
    fields = _cover_field(bytes(cover) for cover in atoms.pop("covr", ()))
    for atom, pair in _MP4_PAIR.items():
        for numbers in atoms.pop(atom, ()):
            fields |= {name: [str(number)] for name, number in zip(pair, numbers, strict=True)}
    names = {atom: name for name, atom in _MP4_TEXT.items()} | {"rtng": "ITUNESADVISORY"}
    for atom, values in atoms.items():
        fields[names.get(atom, atom.removeprefix(_FREE))] = [_mp4_text(value) for value in _as_list(values)]
    return fields


def _as_list(values: Any) -> list[Any]:
    """mutagen gives a flag (`cpil`) as a bool where all others are lists."""
    return values if isinstance(values, list) else [values]


def _mp4_text(value: Any) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


# Pictures


def _flac_picture(path: Path, cover: bytes) -> Any:
    picture = _picture(cover)
    size = len(picture.write())
    if size > FLAC_BLOCK_LIMIT:
        raise Fault(
            f"the cover is too large for a FLAC file: {size} bytes, and {FLAC_BLOCK_LIMIT} is the most",
            place=str(path),
            hint="take a smaller image",
        )
    return picture


def _picture(cover: bytes) -> Any:
    """A FLAC picture block of a front cover; its size and depth are those of the image."""
    from mutagen.flac import Picture
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(cover), formats=("JPEG", "PNG"))
    except UnidentifiedImageError:
        raise Fault(
            "the cover is neither a JPEG nor a PNG file", hint="tag with the prepared cover.jpg"
        ) from None
    picture: Any = Picture()
    picture.type, picture.mime, picture.data = 3, f"image/{str(image.format).lower()}", cover
    picture.width, picture.height = image.size
    picture.depth = 8 * len(image.getbands())
    return picture


def _cover_field(covers: Iterable[bytes]) -> Fields:
    digests = [hashlib.sha256(cover).hexdigest() for cover in covers]
    return {"COVER": digests} if digests else {}
