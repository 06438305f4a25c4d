"""What a person sees of a comparison of two revisions: only what differs, and a sentence on all the rest."""

import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from dsp.difference import Passage
from pipeline.build.differences import Diff, Vinyl, name_of, sides, verdict
from pipeline.build.nulling import SHAPED, Heard, Nulled
from pipeline.build.songs import Change, Song
from pipeline.timeline import SECTORS_PER_SECOND

WIDTH, LABEL = 108, 12
MOST_PASSAGES = 5
# What differs in masters is told besides when it begins or ends by so much outside of what it follows from.
NEAR_S = 0.25
# Figures are told that differ by so much, in their units; levels and tones that are not 0 when rounded.
STEP, HUNDREDTH, TENTH = 0.01, 0.005, 0.05
# Words and units of figures.
FIGURES = {
    "lufs_i": ("loudness", "LUFS"),
    "lufs_s_max": ("loudest 3 s", "LUFS"),
    "true_peak_dbtp": ("true peak", "dBTP"),
    "plr_db": ("PLR", "dB"),
    "lra_lu": ("LRA", "LU"),
    "width_db": ("width", "dB"),
    "correlation": ("correlation", ""),
    "gain_db": ("gain", "dB"),
    "limiting_max_db": ("limiting", "dB"),
}
# Tags that follow from other lines.
FOLLOWING = frozenset(("track number", "track gain", "track peak"))
# Reasons that have lines of their own.
TOLD = ("mix changed", "gain ", "limiter changed")


def print_diff(diff: Diff) -> None:
    """A paragraph for each song that has changed, then what is of the whole album, then the verdict."""
    for line in diff_lines(diff):
        print(line)


def diff_lines(diff: Diff) -> Iterator[str]:
    """Plain text, no line over 110 characters where words are shorter than that."""
    if diff.idle:
        yield f"nothing to build; what {name_of(diff.now)} changed:"
    yield f"{name_of(diff.before)} → {name_of(diff.now)}"
    told = {each.number: lines for each in diff.songs if (lines := list(_about(each)))}
    for each in diff.songs:
        if each.number in told:
            yield f"{each.number:02} {each.title}"
            yield from _lines(told[each.number])
    for track in diff.came:
        yield f"new: {track['number']:02} {track['title']}, {_time(track['length_seconds'])}"
    for track in diff.gone:
        yield f"gone: {track['number']:02} {track['title']}"
    yield from _moved([each for each in diff.songs if each.number not in told])
    yield from (_seam(each, diff) for each in diff.seams)
    yield from (f"every track: {_changed(each)}" for each in diff.words)
    yield from _vinyl(diff.vinyl) if diff.vinyl else ()
    for line in diff.cd:
        yield from textwrap.wrap(f"cd: {line}", WIDTH, subsequent_indent="    ", break_on_hyphens=False)
    yield from textwrap.wrap(verdict(diff), WIDTH)
    yield _files(diff)


def _lines(told: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Each label once, however many lines are of it."""
    last = ""
    for label, text in told:
        yield from _line("" if label == last else label, text)
        last = label


def _line(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"  {label:{LABEL}}",
        subsequent_indent=" " * (LABEL + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _about(song: Song) -> Iterator[tuple[str, str]]:
    """Labels and what they are of, of all but where the song lies."""
    number, start, length = song.places
    told = [
        *_mix(song.mix),
        *(("audio", text) for text in _audio(song)),
        *_length(length),
        *(_figures(song) if song.same_audio is not True else ()),
        *(("limiter", _changed(each)) for each in song.limiter),
        *_tags(song),
        *(("alternate", _alternate(each, song.changed_alternates)) for each in song.alternates),
    ]
    if told and number.before != number.now:
        yield "number", f"{number.before:02} → {number.now:02}"
    yield from told
    if told and start.before != start.now:
        yield "start", _times(start)


def _mix(mix: Change) -> Iterator[tuple[str, str]]:
    was, now = mix.before, mix.now
    if was["path"] == now["path"]:
        if was["sha256"] != now["sha256"]:
            yield "mix", f"{now['path']}, another file"
    elif was["sha256"] == now["sha256"]:
        yield "mix", f"{was['path']} → {now['path']}, the same file"
    else:
        yield "mix", f"{was['path']} → {now['path']}"


def _length(length: Change) -> Iterator[tuple[str, str]]:
    sectors = round((length.now - length.before) * SECTORS_PER_SECOND)
    if sectors:
        yield "length", f"{_times(length)}, {abs(sectors)} sector{'s' * (abs(sectors) != 1)}"


def _audio(song: Song) -> Iterator[str]:
    if song.same_audio is True:
        return
    if not song.heard.only_pause and (why := [reason for reason in song.why if not reason.startswith(TOLD)]):
        yield "; ".join(why)
    if song.heard.nulled:
        yield from _heard(song.heard)
    elif song.same_audio is None:
        yield "no format is in both"
    else:
        yield f"differs; {song.heard.why_not}"


def _heard(heard: Heard) -> Iterator[str]:
    """Shift, polarity and level, then where it differs besides, then how deep the null is.

    Level is that of the masters, where they are known: what is louder may have less gain.
    """
    behind = [each for each in (heard.shaped, heard.mastered) if each]
    first, last = behind[0], behind[-1]
    more = _besides(first, last) if first is not last else []
    moved = [*_shift(first), *(["polarity inverted"] if first.difference.inverted else [])]
    whole = [*moved, *_gain(last.difference.gain_db)]
    where = "" if heard.mastered else f" {SHAPED}"
    somewhere = first.difference.passages or more
    if heard.only_pause:
        yield "the same but for the pause behind it"
    elif whole:
        yield f"{', '.join(whole)}{where}{'' if somewhere or where else '; otherwise the same'}"
    elif not somewhere:
        yield f"differs by no more than {'dither' if heard.mastered else 'rounding'}{where}"
    yield from _passages(first.difference.passages, first)
    yield from _passages(more, last, "as mastered " if first.difference.passages else "")
    yield from map(_depth, behind)
    if not heard.mastered:
        yield f"masters: {heard.why_not}"


def _besides(shaped: Nulled, mastered: Nulled) -> list[Passage]:
    """Where masters differ and what they were made from does not."""
    return [
        each
        for each in mastered.difference.passages
        if not any(
            passage.start_s - NEAR_S <= each.start_s and each.stop_s <= passage.stop_s + NEAR_S
            for passage in shaped.difference.passages
        )
    ]


def _passages(passages: Sequence[Passage], nulled: Nulled, of: str = "") -> Iterator[str]:
    yield from (f"{of}{_passage(each, nulled)}" for each in passages[:MOST_PASSAGES])
    if len(passages) > MOST_PASSAGES:
        in_all_s = sum(each.stop_s - each.start_s for each in passages)
        last = f"the last ends at {_time(passages[-1].stop_s)}, {in_all_s:.2f} s in all"
        yield f"and {len(passages) - MOST_PASSAGES} more passages; {last}"


def _depth(nulled: Nulled) -> str:
    found = nulled.difference
    how = nulled.of if nulled.of == SHAPED else f"{nulled.of} ({nulled.form})"
    worst = "" if found.worst_s is None else f"{_worst(found.worst_null_db)} around {_time(found.worst_s)}, "
    return f"{_null(found.null_db)}, {worst}{how}"


def _shift(nulled: Nulled) -> Iterator[str]:
    """`1 sample (0.02 ms) of the mix later`"""
    frames = abs(nulled.shift_frames)
    if frames:
        named = f"{frames:g} sample{'' if frames == 1 else 's'} ({1000 * frames / nulled.mix_rate:.2f} ms)"
        yield f"{named} of the mix {'later' if nulled.shift_frames > 0 else 'earlier'}"


def _gain(gain_db: float) -> Iterator[str]:
    if abs(gain_db) >= HUNDREDTH:
        yield f"{gain_db:+.2f} dB"


def _passage(passage: Passage, nulled: Nulled) -> str:
    stretch = f"{_time(passage.start_s)} to {_time(passage.stop_s)}"
    if passage.null_db is None:
        found = nulled.difference
        return f"{stretch} is {'new' if found.second_frames > found.first_frames else 'gone'}"
    how = "".join(_gain(passage.gain_db or 0.0)) or _null(passage.null_db)
    return f"{stretch} differs: {how}"


def _worst(null_db: float) -> str:
    return f"{_null(null_db).removeprefix('null ')} at its worst,"


def _null(null_db: float) -> str:
    """How deep it is."""
    if null_db == math.inf:
        return "silence before"
    return "null complete" if null_db == -math.inf else f"null {null_db:.1f} dB"


def _figures(song: Song) -> Iterator[tuple[str, str]]:
    for each in song.figures:
        label, unit = FIGURES[each.name]
        if each.before is None or each.now is None:
            if each.before != each.now:
                yield label, f"{_figure(each.before)} → {_figure(each.now)} {unit}".rstrip()
        elif abs(each.now - each.before) >= STEP:
            more = f"({round(each.now, 2) - round(each.before, 2):+.2f})"
            yield label, f"{_figure(each.before)} → {_figure(each.now)} {unit} {more}".replace("  ", " ")
    tones = [
        f"{hz / 1000:g} kHz {level_db:+.1f}" if hz >= 1000 else f"{hz:g} Hz {level_db:+.1f}"
        for hz, level_db in song.tone_db.items()
        if level_db is not None and abs(level_db) >= TENTH
    ]
    if tones:
        yield "tone", f"{', '.join(tones)} dB at the same level"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _tags(song: Song) -> Iterator[tuple[str, str]]:
    derived = FOLLOWING if song.same_audio is not True else FOLLOWING - {"track gain", "track peak"}
    texts = [_changed(each) for each in song.words if each.name not in derived]
    if texts:
        yield "tags", ", ".join(texts)


def _changed(each: Change) -> str:
    """`title "A" → "B"`; what nobody can read is only called another."""
    if each.name == "cover":
        return "another cover"
    return f"{each.name} {_value(each.before)} → {_value(each.now)}"


def _value(value: str | None) -> str:
    """Figures and switches as they are, words in quotation marks."""
    if not value:
        return "none"
    return value if value in ("on", "off") or re.fullmatch(r"[-+]?[\d.]+( dB)?", value) else f'"{value}"'


def _alternate(each: Change, changed: Sequence[str]) -> str:
    if each.before is None or each.now is None:
        return f"{each.name} is {'new' if each.before is None else 'gone'}"
    how = "differs" if each.name in changed else "sounds the same"
    return f"{each.name} {how}; {' → '.join(dict.fromkeys((each.before['path'], each.now['path'])))}"


def _moved(songs: Sequence[Song]) -> Iterator[str]:
    """Songs that only lie elsewhere, those together that have moved alike."""

    def step(song: Song) -> tuple[int, int]:
        number, start, _ = song.places
        return number.now - number.before, round((start.now - start.before) * SECTORS_PER_SECOND)

    for (by, sectors), group in groupby(songs, step):
        own = list(group)
        if by or sectors:
            first, last = own[0], own[-1]
            named = (
                f"{first.number:02} {first.title}"
                if first is last
                else f"{first.number:02} to {last.number:02}"
            )
            yield f"{named}: {', '.join(_steps(own, by, sectors))}"


def _steps(songs: Sequence[Song], by: int, sectors: int) -> Iterator[str]:
    if by:
        was = [song.number - by for song in songs]
        yield f"was {was[0]:02}" + (f" to {was[-1]:02}" if len(was) > 1 else "")
    if sectors:
        start = songs[0].places[1]
        yield f"start {_time(abs(start.now - start.before))} {'later' if sectors > 0 else 'earlier'}"


def _seam(each: Change, diff: Diff) -> str:
    number = int(each.name)
    title = next(song.title for song in diff.songs if song.number == number)
    return f"after {number:02} {title}: {each.before or 'the end'} → {each.now or 'the end'}"


def _vinyl(vinyl: Vinyl) -> Iterator[str]:
    """`vinyl: sides A and B differ (all sides 0.1 dB softer: -2.9 → -3.0 dB)`, then other tracks."""
    softer = "".join(_all_sides(vinyl.gain_db))
    if vinyl.changed:
        yield f"vinyl: {sides(vinyl.changed)} differ{'s' * (len(vinyl.changed) == 1)}{softer}"
    for each in vinyl.tracks:
        yield f"vinyl: side {each.name} {_range(each.before)} → {_range(each.now)}"


def _all_sides(gain_db: Change) -> Iterator[str]:
    """In tenths where that tells them apart."""
    if gain_db.before is None or gain_db.now is None:
        return
    for digits in (1, 2):
        was, now = (round(each, digits) + 0.0 for each in (gain_db.before, gain_db.now))
        if was != now:
            how = f"{abs(now - was):.{digits}f} dB {'louder' if now > was else 'softer'}"
            yield f" (all sides {how}: {was:.{digits}f} → {now:.{digits}f} dB)"
            return


def _range(numbers: Sequence[int]) -> str:
    """`1–3`, whose order is that of the album."""
    return f"{numbers[0]}–{numbers[-1]}" if len(numbers) > 1 else "".join(map(str, numbers))


def _files(diff: Diff) -> str:
    """`3 of 44 files differ, 1 is new, 2 are gone.`"""
    files = diff.files
    told = [
        f"{len(paths)}{of} {one if len(paths) == 1 else many}"
        for paths, of, one, many in (
            (files.changed, f" of {files.total} files", "differs", "differ"),
            (files.renamed, "", "renamed", "renamed"),
            (files.new, "", "is new", "are new"),
            (files.gone, "", "is gone", "are gone"),
            (files.unknown, "", "cannot be told", "cannot be told"),
        )
        if paths
    ]
    if not files.changed:
        told.insert(0, f"none of {files.total} files differs")
    return f"{', '.join(told).capitalize()}."


def _times(change: Change) -> str:
    more_s = round(change.now, 3) - round(change.before, 3)
    return f"{_time(change.before)} → {_time(change.now)} ({more_s:+.3f} s)"


def _time(seconds: float) -> str:
    """3:41.507"""
    milliseconds = round(seconds * 1000)
    return f"{milliseconds // 60_000}:{milliseconds // 1000 % 60:02d}.{milliseconds % 1000:03d}"
