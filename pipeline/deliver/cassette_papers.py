"""The papers of a cassette: what the manifest, the sides and the measurements have to say in them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from dsp.loudness import integrated_lufs
from dsp.spectrum import NOMINAL_HZ
from pipeline import __version__
from pipeline.deliver.cassette_note import (
    CassetteNote,
    JCard,
    TapeSide,
    TapeTrack,
    j_card_text,
    note_markdown,
    write_note_pdf,
)
from pipeline.deliver.note_words import signed
from pipeline.deliver.release import Deliverable, DeliveredFile, Release, Sums, laid, row, text_file
from pipeline.deliver.sides import Side
from pipeline.manifest.cassette import OFF, CassetteDelivery
from pipeline.manifest.times import clock_text
from pipeline.manifest.tracks import Piece
from pipeline.measure import Measure
from pipeline.render import Rendered
from pipeline.timeline import SECTORS_PER_SECOND, Segment

TREBLE_HZ, BOTTOM_HZ = 8000, 20
CALLED = {"side": "side {side}, {form}", "cue": "cue sheet of side {side}", "j-card": "text for the J-card"}


def paper_files(
    release: Release, sides: Sequence[Side], files: Sequence[Deliverable], leader_s: float
) -> list[Deliverable]:
    """J-card and note; `files` are those that come before them in the folder."""
    card = _card_file(release, sides)
    return [card, *_note_files(release, sides, [*files, card], leader_s)]


def _asked(release: Release) -> CassetteDelivery:
    return release.manifest.deliver.cassette or CassetteDelivery()


# --- the J-card


def _card_file(release: Release, sides: Sequence[Side]) -> Deliverable:
    card = _card(release, sides)
    return text_file(
        j_card_text(card), path="cassette/j-card.txt", kind="cassette", role="j-card", inputs=asdict(card)
    )


def _card(release: Release, sides: Sequence[Side]) -> JCard:
    album = release.manifest.album
    return JCard(
        artist=album.artist,
        title=album.title,
        sides=tuple((side.letter, clock_text(side.seconds), _songs(release, side)) for side in sides),
        credits=(*_written(release, sides), *_credits(release)),
        small_print=tuple(_small_print(release)),
    )


def _songs(release: Release, side: Side) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (f"{side.letter}{place}", _called(release, segment), clock_text(_sound_s(segment)))
        for place, segment in enumerate(side.segments, 1)
    )


def _called(release: Release, segment: Segment) -> str:
    """`Breakwater (Live) – Guests`"""
    piece = release.pieces[segment.track - 1]
    version = f" ({piece.version})" if piece.version else ""
    return f"{piece.title}{version}{_by(piece, release.manifest.album.artist)}"


def _by(piece: Piece, artist: str) -> str:
    return f" – {piece.artist}" if piece.artist != artist else ""


def _sound_s(segment: Segment) -> float:
    return (segment.sound_stop_sector - segment.start_sector) / SECTORS_PER_SECOND


def _written(release: Release, sides: Sequence[Side]) -> list[tuple[str, str]]:
    """Who wrote music and words; behind the names the songs, where they are not by the same people."""
    positions = {
        segment.track: f"{side.letter}{place}"
        for side in sides
        for place, segment in enumerate(side.segments, 1)
    }
    music = _people({positions[piece.number]: piece.composer for piece in release.pieces})
    words = _people({positions[piece.number]: piece.lyricist for piece in release.pieces})
    if music == words:
        return [("Music and words", music)] if music else []
    return [(what, people) for what, people in (("Music", music), ("Words", words)) if people]


def _people(by_song: Mapping[str, tuple[str, ...]]) -> str:
    songs: dict[tuple[str, ...], list[str]] = {}
    for position, names in by_song.items():
        songs.setdefault(names, []).append(position)
    if len(songs) == 1:
        return ", ".join(next(iter(songs)))
    return "; ".join(f"{', '.join(names)} ({', '.join(own)})" for names, own in songs.items() if names)


def _credits(release: Release) -> list[tuple[str, str]]:
    credits = release.manifest.album.credits.items()
    return [(role.replace("_", " ").capitalize(), ", ".join(names)) for role, names in credits]


def _small_print(release: Release) -> list[str]:
    album, cassette = release.manifest.album, _asked(release)
    dolby = "" if cassette.noise_reduction == OFF else f"Dolby {cassette.noise_reduction} NR"
    return [
        line
        for line in (
            f"© {album.c_line}" if album.c_line else "",
            f"℗ {album.p_line}" if album.p_line else "",
            " · ".join(filter(None, (album.label, album.catalog))),
            " · ".join(filter(None, (dolby, cassette.tape and f"tape: {cassette.tape}"))),
        )
        if line
    ]


# --- the note


def _note_files(
    release: Release, sides: Sequence[Side], files: Sequence[Deliverable], leader_s: float
) -> list[Deliverable]:
    note = _note(release, sides, files, leader_s)

    def markdown(path: Path, sums: Sums) -> DeliveredFile:
        path.write_text(note_markdown(note.with_sums(sums)), encoding="utf-8", newline="\n")
        return row(in_markdown)

    def pdf(path: Path, sums: Sums) -> DeliveredFile:
        return row(in_pdf, notes=write_note_pdf(note.with_sums(sums), path))

    numbers = [segment.track for side in sides for segment in side.segments]
    # Of the files whose checksums it has, all but the audio, which is named as a build names it.
    others = {each.path: {k: v for k, v in each.inputs.items() if k != "audio"} for each in files}
    inputs = laid(_on(release, numbers), numbers, _asked(release).form) | {"note": note, "files": others}
    about: dict[str, Any] = {"kind": "cassette", "role": "cassette note", "inputs": inputs}
    in_markdown = Deliverable(path="cassette/cassette-note.md", write=markdown, **about)
    in_pdf = Deliverable(path="cassette/cassette-note.pdf", write=pdf, **about)
    return [in_markdown, in_pdf]


def _on(release: Release, numbers: Sequence[int]) -> list[Rendered]:
    tracks = release.limited[_asked(release).form]
    return [tracks[number - 1] for number in numbers]


def _note(
    release: Release, sides: Sequence[Side], files: Sequence[Deliverable], leader_s: float
) -> CassetteNote:
    album, cassette = release.manifest.album, _asked(release)
    form = f"{cassette.bits} bit, {cassette.form.rate / 1000:g} kHz, stereo"
    return CassetteNote(
        artist=album.artist,
        title=album.title,
        catalog=album.catalog or "",
        label=album.label or "",
        date=release.date,
        length_minutes=cassette.length_minutes,
        tape=cassette.tape or "",
        noise_reduction="" if cassette.noise_reduction == OFF else cassette.noise_reduction,
        leader_s=leader_s,
        sides=tuple(_tape_side(release, side, leader_s) for side in sides),
        files=tuple(
            (each.path.rpartition("/")[2], CALLED[each.role].format(side=each.side, form=form), "")
            for each in files
        ),
        contact=", ".join(album.credits.get("mastering_engineer", ())),
        credits=tuple(_credits(release)),
        done=_done(release, leader_s),
        not_done=_not_done(cassette),
        notes=cassette.notes or "",
        version=__version__,
    )


def _tape_side(release: Release, side: Side, leader_s: float) -> TapeSide:
    tracks = _on(release, [segment.track for segment in side.segments])
    return TapeSide(
        letter=side.letter,
        tracks=tuple(
            _tape_track(release, side, place, track.measure, leader_s) for place, track in enumerate(tracks)
        ),
        total_s=leader_s + side.seconds,
        lufs_i=integrated_lufs(np.concatenate([track.block_energy for track in tracks])),
        true_peak_dbtp=max(track.measure.true_peak_dbtp for track in tracks),
    )


def _tape_track(release: Release, side: Side, place: int, measure: Measure, leader_s: float) -> TapeTrack:
    segment = side.segments[place]
    start_s = leader_s + segment.start_sector / SECTORS_PER_SECOND
    return TapeTrack(
        position=f"{side.letter}{place + 1}",
        title=_called(release, segment),
        start_s=start_s,
        end_s=start_s + _sound_s(segment),
        gap_after_s=(segment.stop_sector - segment.sound_stop_sector) / SECTORS_PER_SECOND,
        join="" if place + 1 == len(side.segments) else _join(release, segment.track),
        lufs_i=measure.lufs_i,
        lufs_s_max=measure.lufs_s_max,
        true_peak_dbtp=measure.true_peak_dbtp,
        treble_db=_share_db(measure, TREBLE_HZ, math.inf),
        bottom_db=_share_db(measure, BOTTOM_HZ, BOTTOM_HZ),
    )


def _join(release: Release, track: int) -> str:
    """How a track goes on without a pause."""
    reel = release.reels[release.reel_of(track)]
    if track != reel.track_numbers[-1]:
        return "runs on"
    return f"crossfade {reel.crossfade.seconds:.1f} s" if reel.crossfade else ""


def _share_db(measure: Measure, low_hz: float, high_hz: float) -> float:
    """Power of the third octaves from one frequency to another, against that of all of them."""
    power = 10.0 ** (np.asarray(measure.thirds_dbfs) / 10.0)
    own = [low_hz <= hz <= high_hz for hz in NOMINAL_HZ]
    part = float(power[own].sum() / power.sum()) if power.any() else 0.0
    return 10.0 * math.log10(part) if part else -math.inf


def _done(release: Release, leader_s: float) -> tuple[str, ...]:
    manifest, cassette = release.manifest, _asked(release)
    treated = [manifest.treatment(track) for track in manifest.tracks]
    stages = dict.fromkeys(insert.name for each in treated for insert in each.chain)
    dither = manifest.session.dither if cassette.bits == 16 else "tpdf"
    gap = cassette.gap
    sentences = {
        f"Mastered with {', '.join(stages)}." if stages else "The mixes went through no chain.": True,
        f"Peaks are limited to {signed(manifest.level.ceiling_dbtp)} dBTP.": all(t.limiter for t in treated),
        f"Dither to {cassette.bits} bit: {dither.replace('_', ' ')}.": dither != "none",
        f"{leader_s:.1f} s of silence in front of the first song of each side.": bool(leader_s),
        "The pauses are those of the album." if gap is None else f"The pauses are {gap:.1f} s long.": True,
        "Times count from the start of the file.": True,
    }
    return tuple(sentence for sentence, said in sentences.items() if said)


def _not_done(cassette: CassetteDelivery) -> tuple[str, ...]:
    dolby = cassette.noise_reduction
    return (
        "No line-up tone is included.",
        "No noise reduction is wanted."
        if dolby == OFF
        else f"The files are not encoded: Dolby {dolby} is for the recorder to do.",
        "No high-pass and no filter of the highs for the tape, but for what the chains of the release have.",
    )
