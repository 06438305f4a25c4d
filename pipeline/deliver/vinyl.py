"""Vinyl premasters: a 24-bit file for each side at the session rate, its cue sheet, and the cutting note."""

from collections.abc import Sequence
from pathlib import Path

from dsp.metrics import LowEnd, Sibilance
from dsp.stream import Stage
from pipeline import __version__
from pipeline.deliver.cd import cue_sheet
from pipeline.deliver.cue import cue_text
from pipeline.deliver.cutting_note import CuttingNote, NoteSide, NoteTrack, note_markdown, write_note_pdf
from pipeline.deliver.joined import write_joined
from pipeline.deliver.release import DeliveredFile, Release, audio_file, relative
from pipeline.deliver.side_limits import limits
from pipeline.deliver.sides import Side
from pipeline.files import sha256_file
from pipeline.formats import AudioFormat
from pipeline.manifest.chain import Insert
from pipeline.reels import Reel
from pipeline.render import Rendered
from pipeline.timeline import SECTORS_PER_SECOND, Segment, sector_frames

# Plants take no true peak over 0 dBTP; half a dB is left for their own conversion.
PEAK_MAX_DBTP = -0.5


def deliver_vinyl(
    release: Release, sides: Sequence[Side], folder: Path
) -> tuple[list[DeliveredFile], tuple[str, ...]]:
    """Fill `vinyl/` under `folder`; returns its files, and what should be known of the note."""
    own = folder / "vinyl"
    own.mkdir()
    files: list[DeliveredFile] = []
    noted: list[NoteSide] = []
    for side in sides:
        path, whole, tracks = _write_side(release, side, own)
        form = _form(release)
        files.append(audio_file(relative(path, folder), "vinyl", "side", form, whole, side=side.letter))
        cue = path.with_suffix(".cue")
        cue.write_bytes(cue_text(cue_sheet(release, side.segments, path.name)).encode())
        files.append(DeliveredFile(path=relative(cue, folder), kind="vinyl", role="cue", side=side.letter))
        noted.append(_note_side(release, side, path, tracks))
    notes, warnings = _write_note(release, noted, own, folder)
    return files + notes, warnings


def _form(release: Release) -> AudioFormat:
    return AudioFormat("wav", release.timeline.rate, bits=24)


def _write_side(release: Release, side: Side, own: Path) -> tuple[Path, Rendered, tuple[NoteTrack, ...]]:
    """The side's file and what was heard of each track while it was written."""
    rate = release.timeline.rate
    path = own / f"Side {side.letter}.wav"
    tracks = [release.unlimited[segment.track - 1] for segment in side.segments]
    low_ends = [LowEnd(rate) for _ in tracks]
    sibilance = [Sibilance(rate) for _ in tracks]

    def listeners(number: int) -> tuple[Stage, ...]:
        return low_ends[number], sibilance[number]

    whole = write_joined(tracks, side.sectors * sector_frames(rate), _form(release), path, listeners)
    heard = zip(low_ends, sibilance, strict=True)
    noted = tuple(_note_track(release, side, n, low, harsh) for n, (low, harsh) in enumerate(heard))
    return path, whole, noted


def _note_track(release: Release, side: Side, place: int, low_end: LowEnd, sibilance: Sibilance) -> NoteTrack:
    segment = side.segments[place]
    piece = release.pieces[segment.track - 1]
    measure = release.unlimited[segment.track - 1].measure
    album = release.manifest.album
    reel = release.reels[release.reel_of(segment.track)]
    start_s = (segment.start_sector - side.segments[0].start_sector) / SECTORS_PER_SECOND
    last = place + 1 == len(side.segments)
    gap_sectors = 0 if last else segment.stop_sector - segment.sound_stop_sector
    first_of_reel, last_of_reel = reel.track_numbers[0], reel.track_numbers[-1]
    low = low_end.reading
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
        low_correlation=low.correlation,
        low_side_to_mid_db=low.side_to_mid_db,
        sibilance=tuple((start_s + moment.time_s, moment.excess_db) for moment in sibilance.moments),
    )


def _join(reel: Reel, segment: Segment) -> str:
    """How a track goes on without a pause."""
    if segment.track != reel.track_numbers[-1]:
        return "runs on"
    return f"crossfade {reel.crossfade.seconds:.1f} s" if reel.crossfade else ""


def _note_side(release: Release, side: Side, path: Path, tracks: tuple[NoteTrack, ...]) -> NoteSide:
    return NoteSide(
        letter=side.letter,
        file_name=path.name,
        sha256=sha256_file(path),
        rate=release.timeline.rate,
        bits=24,
        tracks=tracks,
        total_s=side.seconds,
        inscription=release.manifest.vinyl.inscription.get(side.letter, ""),
    )


def _write_note(
    release: Release, sides: Sequence[NoteSide], own: Path, folder: Path
) -> tuple[list[DeliveredFile], tuple[str, ...]]:
    note = _note(release, sides)
    markdown, pdf = own / "cutting-note.md", own / "cutting-note.pdf"
    markdown.write_text(note_markdown(note), encoding="utf-8", newline="\n")
    warnings = write_note_pdf(note, pdf)
    files = [
        DeliveredFile(path=relative(path, folder), kind="vinyl", role="cutting note")
        for path in (markdown, pdf)
    ]
    return files, warnings


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
