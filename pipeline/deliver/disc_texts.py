"""What a disc says of itself in CD-Text, in each language, from the words of the manifest."""

from collections.abc import Sequence
from dataclasses import fields, replace

from pipeline.cd.disc import DiscText, Words
from pipeline.cd.latin import to_ascii, to_latin
from pipeline.cd.text_names import with_disc_names
from pipeline.cd.text_packs import LANGUAGES, canonical
from pipeline.cd.text_writer import genre_code
from pipeline.manifest.cd import CdDelivery, CdText, Spelling
from pipeline.manifest.languages import iso_639_1
from pipeline.manifest.load import Manifest
from pipeline.manifest.tracks import Piece

STANDARD_LANGUAGE = "en"


def disc_texts(manifest: Manifest, pieces: Sequence[Piece]) -> tuple[DiscText, ...]:
    """One for each language; `pieces` are those of the disc. None where no CD-Text is wanted."""
    settings = manifest.deliver.cd or CdDelivery()
    if not settings.cd_text:
        return ()
    text = settings.text
    spelt: list[tuple[Spelling, str]] = [(text, first_language(manifest))]
    spelt += [(text.second, canonical(text.second.language))] if text.second else []
    return tuple(_text(manifest, pieces, text, spelling, language) for spelling, language in spelt)


def first_language(manifest: Manifest) -> str:
    """What the manifest says, or English where that is nothing that CD-Text has a code for.

    It has one for "unknown", 0x00, which also stands for a block that is not there: readers may take it so.
    """
    asked = iso_639_1(asked_language(manifest))
    return canonical(asked) if asked in LANGUAGES else STANDARD_LANGUAGE


def asked_language(manifest: Manifest) -> str:
    """What the manifest says, empty where that is nothing."""
    return (manifest.deliver.cd or CdDelivery()).text.language or manifest.album.language or ""


def _text(
    manifest: Manifest, pieces: Sequence[Piece], text: CdText, spelling: Spelling, language: str
) -> DiscText:
    tracks = tuple(_kept(in_latin(track_words_in(manifest, piece, spelling)), text) for piece in pieces)
    disc = _kept(in_latin(disc_words_in(manifest, spelling)), text)
    return DiscText(
        language=language,
        disc=with_disc_names(disc, tracks),
        tracks=tracks,
        genre=_genre(manifest) if text.genre else None,
        disc_id=to_ascii(manifest.album.catalog or "") if text.disc_id else "",
    )


def _kept(words: Words, text: CdText) -> Words:
    """Without what is not wanted."""
    return replace(words, **{each.name: "" for each in fields(Words) if each.name not in text.fields})


def _genre(manifest: Manifest) -> tuple[int, str] | None:
    genres = manifest.album.genre
    return (genre_code(genres[0]), to_ascii(genres[0])) if genres else None


def disc_words(manifest: Manifest) -> Words:
    """What a release says of itself."""
    album = manifest.album
    return Words(title=album.title, performer=album.artist, message=album.message or "")


def track_words(piece: Piece) -> Words:
    """What a track says of itself; who wrote the words is called a songwriter on a CD."""
    return Words(
        title=piece.title,
        performer=piece.artist,
        songwriter=", ".join(piece.lyricist),
        composer=", ".join(piece.composer),
        arranger=", ".join(piece.arranger),
        message=piece.message or "",
    )


def disc_words_in(manifest: Manifest, spelling: Spelling) -> Words:
    """The same as `spelling` would have it."""
    words = disc_words(manifest)
    return replace(words, title=spelling.title or words.title, performer=spelling.artist or words.performer)


def track_words_in(manifest: Manifest, piece: Piece, spelling: Spelling) -> Words:
    """The same of a track; one that has the album's artist has that of `spelling`."""
    words = track_words(piece)
    album_s = spelling.artist if piece.artist == manifest.album.artist else None
    title = spelling.titles[piece.number - 1] if spelling.titles else words.title
    return replace(words, title=title, performer=album_s or words.performer)


def in_latin(words: Words) -> Words:
    """The same in the characters that CD-Text has."""
    return Words(**{each.name: to_latin(getattr(words, each.name)) for each in fields(Words)})
