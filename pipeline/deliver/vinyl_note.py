"""The cutting note of a release: what the manifest, the sides and the prediction have to say."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.deliver.cutting_note import note_markdown, write_note_pdf
from pipeline.deliver.grooves import Loop, bands_of, loops_of
from pipeline.deliver.lathe import Heard
from pipeline.deliver.note_facts import CuttingNote, LockedGroove, NoteSide, NoteTrack
from pipeline.deliver.release import Deliverable, DeliveredFile, Release, Sums, laid, row
from pipeline.deliver.side_cut import SideCut
from pipeline.deliver.side_files import side_name
from pipeline.deliver.sides import Side
from pipeline.deliver.vinyl import PEAK_MAX_DBTP, side_format, tracks_on
from pipeline.manifest.chain import Insert
from pipeline.manifest.places import Route
from pipeline.manifest.vinyl import Vinyl
from pipeline.reels import Reel
from pipeline.side_limits import limits
from pipeline.timeline import SECTORS_PER_SECOND, Segment


def note_files(
    release: Release,
    sides: Sequence[Side],
    heard: Mapping[int, Heard],
    cuts: Mapping[str, SideCut | None],
) -> list[Deliverable]:
    """The note as Markdown and PDF; `heard` is by track, `cuts` by side."""
    note = _note(release, [_side(release, side, heard, cuts.get(side.letter)) for side in sides])

    def markdown(path: Path, sums: Sums) -> DeliveredFile:
        path.write_text(note_markdown(_with_sums(note, sums)), encoding="utf-8", newline="\n")
        return row(in_markdown)

    def pdf(path: Path, sums: Sums) -> DeliveredFile:
        return row(in_pdf, notes=write_note_pdf(_with_sums(note, sums), path))

    tracks = [track for side in sides for track in tracks_on(release, side)]
    numbers = [segment.track for side in sides for segment in side.segments]
    inputs = laid(tracks, numbers, side_format(release.timeline.rate)) | {"note": note}
    about: dict[str, Any] = {"kind": "vinyl", "role": "cutting note", "inputs": inputs}
    in_markdown = Deliverable(path="vinyl/cutting-note.md", write=markdown, **about)
    in_pdf = Deliverable(path="vinyl/cutting-note.pdf", write=pdf, **about)
    return [in_markdown, in_pdf]


def _with_sums(note: CuttingNote, sums: Sums) -> CuttingNote:
    """The checksum of a side's file is known once that is written."""
    sides = (replace(side, sha256=sums[f"vinyl/{side.file_name}"]) for side in note.sides)
    return replace(note, sides=tuple(sides))


def _side(release: Release, side: Side, heard: Mapping[int, Heard], cut: SideCut | None) -> NoteSide:
    bands = bands_of(release.manifest, side)
    loops = loops_of(release.manifest, release.vinyl_reels, [side])
    return NoteSide(
        letter=side.letter,
        file_name=side_name(side),
        sha256="",
        rate=release.timeline.rate,
        bits=24,
        tracks=tuple(
            _track(release, side, place, heard[segment.track], bands[place])
            for place, segment in enumerate(side.segments)
        ),
        total_s=side.seconds,
        inscription=release.manifest.vinyl.inscription.get(side.letter, ""),
        cut=cut,
        locked_groove=_locked(loops.get(side.letter)),
    )


def _locked(loop: Loop | None) -> LockedGroove | None:
    return (
        LockedGroove(start_s=loop.start_s, length_s=loop.length_s / loop.turns, turns=loop.turns)
        if loop
        else None
    )


def _track(release: Release, side: Side, place: int, heard: Heard, band: bool) -> NoteTrack:
    segment = side.segments[place]
    piece = release.pieces[segment.track - 1]
    measure = release.unlimited[segment.track - 1].measure
    reel = release.reels[release.reel_of(segment.track)]
    start_s = segment.start_sector / SECTORS_PER_SECOND
    last = place + 1 == len(side.segments)
    first_of_reel, last_of_reel = reel.track_numbers[0], reel.track_numbers[-1]
    return NoteTrack(
        position=f"{side.letter}{place + 1}",
        number=piece.number,
        title=piece.title
        if piece.artist == release.manifest.album.artist
        else f"{piece.title} ({piece.artist})",
        isrc=piece.isrc or "",
        start_s=start_s,
        end_s=segment.sound_stop_sector / SECTORS_PER_SECOND,
        gap_after_s=(segment.stop_sector - segment.sound_stop_sector) / SECTORS_PER_SECOND,
        join="" if last else _join(reel, segment),
        band=band,
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


def _note(release: Release, sides: Sequence[NoteSide]) -> CuttingNote:
    album, vinyl = release.manifest.album, release.manifest.vinyl
    return CuttingNote(
        artist=album.artist,
        title=album.title,
        catalog=album.catalog or "",
        label=album.label or "",
        date=release.date,
        format=vinyl.format,
        rpm=vinyl.rpm,
        sides=tuple(sides),
        contact=vinyl.contact or ", ".join(album.credits.get("mastering_engineer", ())),
        credits=tuple((role.replace("_", " "), ", ".join(names)) for role, names in album.credits.items()),
        limits=limits(vinyl.format, vinyl.rpm, vinyl.profile),
        profile=vinyl.profile,
        level_db=vinyl.level_db,
        transfer=vinyl.transfer,
        mono_bass_hz=vinyl.mono_bass_hz,
        done=_done(release),
        not_done=_not_done(release),
        notes=vinyl.notes or "",
        version=__version__,
    )


def _done(release: Release) -> tuple[str, ...]:
    vinyl = release.manifest.vinyl
    chains = (release.manifest.vinyl_chain(mix) for mix in range(len(release.manifest.tracks)))
    filters = [insert for _, insert in vinyl.filters]
    stages = dict.fromkeys(insert.name for chain in chains for _, insert in chain if insert not in filters)
    for_vinyl = " for vinyl" if vinyl.chain is not None else ""
    mastered = (
        f"Mastered{for_vinyl} with {', '.join(stages)}." if stages else "The mixes went through no chain."
    )
    pauses = (
        "the pauses are those of the album"
        if vinyl.gap is None
        else f"the pauses are {vinyl.gap:g} s, and not those of the album"
    )
    sentences = [mastered, *_filtered(vinyl), f"Gaps and fades are in the files; {pauses}."]
    if release.vinyl_gain_db < 0.0:
        sentences.append(
            f"All sides are turned down alike by {-release.vinyl_gain_db:.1f} dB, so that no true peak is "
            f"over −{-PEAK_MAX_DBTP:g} dBTP."
        )
    if _limited(release):
        ceiling_dbtp = min(release.manifest.level.ceiling_dbtp, PEAK_MAX_DBTP)
        some = "" if all(reel.limiter for reel in release.reels) else ", where tracks have a limiter"
        sentences.append(f"Peaks are limited to −{-ceiling_dbtp:g} dBTP{some}.")
    return tuple(sentences)


def _filtered(vinyl: Vinyl) -> list[str]:
    """The filters of the sides, each in a sentence."""
    sentences = {
        "High-pass at {:g} Hz, 12 dB an octave.": vinyl.highpass_hz,
        "Low-pass at {:g} Hz, 12 dB an octave.": vinyl.lowpass_hz,
        "Elliptical equaliser: the difference of the channels is 3 dB down at {:g} Hz, and falls by 6 dB an "
        "octave.": vinyl.mono_bass_hz,
    }
    return [sentence.format(freq_hz) for sentence, freq_hz in sentences.items() if freq_hz]


def _limited(release: Release) -> bool:
    """Whether a limiter stands behind any track on the sides."""
    return release.manifest.vinyl.limiter and any(reel.limiter for reel in release.reels)


def _not_done(release: Release) -> tuple[str, ...]:
    vinyl = release.manifest.vinyl
    stages = {insert.name for _, insert in _own_stages(release)}
    left = {
        "mono bass": not vinyl.mono_bass_hz and "stereo" not in stages,
        "high-pass": not vinyl.highpass_hz and "eq" not in stages and "linear_eq" not in stages,
        "low-pass": not vinyl.lowpass_hz and "eq" not in stages and "linear_eq" not in stages,
        "de-essing": "deess" not in stages and "multiband" not in stages,
    }
    named = [name for name, missing in left.items() if missing]
    not_done = []
    if not _limited(release) and "limiter" not in stages:
        not_done.append("No peak limiting: the peaks of the digital release are still here.")
    if named:
        not_done.append(
            f"No {', no '.join(named)} for the cut, but for what the chains of the release have: as your "
            "lathe needs it."
        )
    return tuple(not_done)


def _own_stages(release: Release) -> list[tuple[Route, Insert]]:
    """Stages of the chain that is written for the sides alone."""
    mixes = range(len(release.manifest.tracks))
    chains = (release.manifest.vinyl_chain(mix) for mix in mixes)
    return [entry for chain in chains for entry in chain if entry[0][:2] == ("vinyl", "chain")]
