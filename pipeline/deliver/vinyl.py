"""Vinyl premasters: a 24-bit file for each side at the session rate, its cue sheet, and the cutting note."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.deliver.cd import cue_file, cue_sheet
from pipeline.deliver.cutting_note import CuttingNote, NoteSide, NoteTrack, note_markdown, write_note_pdf
from pipeline.deliver.joined import write_joined
from pipeline.deliver.lathe import Heard
from pipeline.deliver.release import Deliverable, DeliveredFile, Release, Sums, audio_row, laid, row
from pipeline.deliver.side_limits import limits
from pipeline.deliver.sides import Side, kept_frames
from pipeline.formats import AudioFormat
from pipeline.manifest.chain import Insert
from pipeline.reels import Reel
from pipeline.render import Rendered
from pipeline.timeline import SECTORS_PER_SECOND, Segment

# Plants take no true peak over 0 dBTP; half a dB is left for their own conversion.
PEAK_MAX_DBTP = -0.5


def side_format(rate: int) -> AudioFormat:
    """Side files have the session's rate."""
    return AudioFormat("wav", rate, bits=24)


def vinyl_files(release: Release, sides: Sequence[Side], heard: Mapping[int, Heard]) -> list[Deliverable]:
    """All of `vinyl/`; `heard` is by track number."""
    files = []
    for side in sides:
        files.append(_side_file(release, side))
        sheet = cue_sheet(release, side.segments, f"Side {side.letter}.wav")
        files.append(cue_file(sheet, f"vinyl/Side {side.letter}.cue", "vinyl", side.letter))
    return files + _note_files(release, sides, heard)


def _on(release: Release, side: Side) -> tuple[Rendered, ...]:
    return tuple(release.unlimited[segment.track - 1] for segment in side.segments)


def _side_file(release: Release, side: Side) -> Deliverable:
    form, tracks = side_format(release.timeline.rate), _on(release, side)
    numbers, frames = zip(*kept_frames(side, form.rate), strict=True)

    def write(path: Path, _: Sums) -> DeliveredFile:
        return audio_row(deliverable, form, **asdict(write_joined(tracks, sum(frames), form, path)))

    deliverable = Deliverable(
        path=f"vinyl/Side {side.letter}.wav",
        kind="vinyl",
        role="side",
        side=side.letter,
        inputs=laid(tracks, numbers, form) | {"frames": list(frames)},
        write=write,
        reads=tracks,
    )
    return deliverable


def _note_track(release: Release, side: Side, place: int, heard: Heard) -> NoteTrack:
    segment = side.segments[place]
    piece = release.pieces[segment.track - 1]
    measure = release.unlimited[segment.track - 1].measure
    album = release.manifest.album
    reel = release.reels[release.reel_of(segment.track)]
    start_s = (segment.start_sector - side.segments[0].start_sector) / SECTORS_PER_SECOND
    last = place + 1 == len(side.segments)
    gap_sectors = 0 if last else segment.stop_sector - segment.sound_stop_sector
    first_of_reel, last_of_reel = reel.track_numbers[0], reel.track_numbers[-1]
    return NoteTrack(
        position=f"{side.letter}{place + 1}",
        number=piece.number,
        title=piece.title if piece.artist == album.artist else f"{piece.title} ({piece.artist})",
        isrc=piece.isrc or "",
        start_s=start_s,
        end_s=start_s + (segment.sound_stop_sector - segment.start_sector) / SECTORS_PER_SECOND,
        gap_after_s=gap_sectors / SECTORS_PER_SECOND,
        join="" if last else _join(reel, segment),
        # In a crossfade there is no instant at which a band could be cut.
        band=not last and segment.track == last_of_reel and reel.crossfade is None,
        fade_in_s=reel.fade_in.seconds if reel.fade_in and segment.track == first_of_reel else 0.0,
        fade_out_s=reel.fade_out.seconds if reel.fade_out and segment.track == last_of_reel else 0.0,
        lufs_i=measure.lufs_i,
        lufs_s_max=measure.lufs_s_max,
        true_peak_dbtp=measure.true_peak_dbtp,
        plr_db=measure.plr_db,
        crest_db=measure.crest_db,
        low_correlation=heard.low_correlation,
        low_side_to_mid_db=heard.low_side_to_mid_db,
        sibilance=tuple((start_s + time_s, excess_db) for time_s, excess_db in heard.sibilance),
    )


def _join(reel: Reel, segment: Segment) -> str:
    """How a track goes on without a pause."""
    if segment.track != reel.track_numbers[-1]:
        return "runs on"
    return f"crossfade {reel.crossfade.seconds:.1f} s" if reel.crossfade else ""


def _note_side(release: Release, side: Side, heard: Mapping[int, Heard]) -> NoteSide:
    """The side as the note has it; the checksum of its file is known once that is written."""
    return NoteSide(
        letter=side.letter,
        file_name=f"Side {side.letter}.wav",
        sha256="",
        rate=release.timeline.rate,
        bits=24,
        tracks=tuple(
            _note_track(release, side, place, heard[segment.track])
            for place, segment in enumerate(side.segments)
        ),
        total_s=side.seconds,
        inscription=release.manifest.vinyl.inscription.get(side.letter, ""),
    )


def _note_files(release: Release, sides: Sequence[Side], heard: Mapping[int, Heard]) -> list[Deliverable]:
    note = _note(release, [_note_side(release, side, heard) for side in sides])

    def markdown(path: Path, sums: Sums) -> DeliveredFile:
        path.write_text(note_markdown(_with_sums(note, sums)), encoding="utf-8", newline="\n")
        return row(in_markdown)

    def pdf(path: Path, sums: Sums) -> DeliveredFile:
        return row(in_pdf, notes=write_note_pdf(_with_sums(note, sums), path))

    tracks = [track for side in sides for track in _on(release, side)]
    numbers = [segment.track for side in sides for segment in side.segments]
    inputs = laid(tracks, numbers, side_format(release.timeline.rate)) | {"note": note}
    about: dict[str, Any] = {"kind": "vinyl", "role": "cutting note", "inputs": inputs}
    in_markdown = Deliverable(path="vinyl/cutting-note.md", write=markdown, **about)
    in_pdf = Deliverable(path="vinyl/cutting-note.pdf", write=pdf, **about)
    return [in_markdown, in_pdf]


def _with_sums(note: CuttingNote, sums: Sums) -> CuttingNote:
    sides = (replace(side, sha256=sums[f"vinyl/{side.file_name}"]) for side in note.sides)
    return replace(note, sides=tuple(sides))


def _note(release: Release, sides: Sequence[NoteSide]) -> CuttingNote:
    album, vinyl = release.manifest.album, release.manifest.vinyl
    engineer = ", ".join(album.credits.get("mastering_engineer", ()))
    return CuttingNote(
        artist=album.artist,
        title=album.title,
        catalog=album.catalog or "",
        label=album.label or "",
        date=release.date,
        format=vinyl.format,
        rpm=vinyl.rpm,
        sides=tuple(sides),
        contact=engineer,
        credits=tuple((role.replace("_", " "), ", ".join(names)) for role, names in album.credits.items()),
        limits=limits(vinyl.format, vinyl.rpm),
        done=_done(release),
        not_done=_not_done(release),
        notes=vinyl.notes or "",
        version=__version__,
    )


def _done(release: Release) -> tuple[str, ...]:
    stages = dict.fromkeys(insert.name for chain in _chains(release) for insert in chain)
    mastered = f"Mastered with {', '.join(stages)}." if stages else "The mixes went through no chain."
    sentences = [mastered, "Gaps and fades are in the files; the pauses are those of the album."]
    if release.vinyl_gain_db < 0.0:
        sentences.append(
            f"All sides are turned down alike by {-release.vinyl_gain_db:.1f} dB, so that no true peak is "
            f"over −{-PEAK_MAX_DBTP:g} dBTP."
        )
    if release.manifest.vinyl.limiter:
        sentences.append(f"Peaks are limited to {release.manifest.level.ceiling_dbtp:g} dBTP.")
    return tuple(sentences)


def _not_done(release: Release) -> tuple[str, ...]:
    not_done = [
        "No mono bass, no de-essing, no high-pass or low-pass for the cut, but for what the chains of the "
        "release have: as your lathe needs it."
    ]
    if not release.manifest.vinyl.limiter:
        not_done.insert(0, "No peak limiting: the peaks of the digital release are still here.")
    return tuple(not_done)


def _chains(release: Release) -> list[tuple[Insert, ...]]:
    return [release.manifest.treatment(track).chain for track in release.manifest.tracks]
