"""Tracks with everything said: the album's and the default's words where they have none of their own."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import PurePath

from dsp.limiter import LimiterSettings
from pipeline.manifest.chain import Chain, ChainChange, Crossfade, Fade, Gap, Insert, changed, entries
from pipeline.manifest.model import Album
from pipeline.manifest.names import title_from
from pipeline.manifest.places import Route
from pipeline.manifest.song import Alternate, Cut, Defaults, Hidden, Track

STANDARD_GAP = Gap(gap=2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What one mix goes through, and what follows it. No limiter and no fade are None."""

    chain: tuple[Insert, ...]
    limiter: LimiterSettings | None
    then: Gap | Crossfade | str
    fade_in: Fade | None
    fade_out: Fade | None

    @property
    def segue(self) -> bool:
        """The next mix goes on with this performance."""
        return self.then == "segue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One numbered track of the album: a mix, or one cut of it.

    `number` counts through the album, `number_on_disc` on its CD. `mix` and `cut` are its places in the
    manifest, from 0. Times are seconds in the mix; `end_s` is None where the mix decides.
    """

    number: int
    disc: int
    number_on_disc: int
    mix: int
    cut: int | None
    title: str
    artist: str
    version: str | None
    composer: tuple[str, ...]
    lyricist: tuple[str, ...]
    arranger: tuple[str, ...]
    message: str | None
    isrc: str | None
    genre: tuple[str, ...]
    language: str | None
    explicit: bool | None
    start_s: float
    end_s: float | None
    index_s: tuple[float, ...]

    @property
    def route(self) -> Route:
        """Where it is in the manifest, for `Manifest.at`."""
        return ("tracks", self.mix) if self.cut is None else ("tracks", self.mix, "cuts", self.cut)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternateMix:
    """Another version of what one mix becomes.

    `mix` is the main mix's place in the manifest, from 0; `path` is as it is written. `explicit` is None
    where each track's own word counts.
    """

    mix: int
    name: str
    version: str
    path: str
    isrc: str | None
    explicit: bool | None

    @property
    def route(self) -> Route:
        """Where it is in the manifest, for `Manifest.at`."""
        return ("tracks", self.mix, "alternates", self.name)


def resolved(track: Track, defaults: Defaults) -> Treatment:
    """The track's own words before the defaults'; its own limiter or fade replaces the default whole."""
    limiter = track.limiter or defaults.limiter or LimiterSettings()
    return Treatment(
        chain=_chain(track.chain, defaults.chain),
        limiter=None if isinstance(limiter, str) else limiter,
        then=track.then or defaults.then or STANDARD_GAP,
        fade_in=_fade(track.fade_in or defaults.fade_in),
        fade_out=_fade(track.fade_out or defaults.fade_out),
    )


def _chain(own: Chain | ChainChange | None, default: Chain) -> Chain:
    return tuple(insert for _, insert in written_chain(0, own, default))


def written_chain(mix: int, own: Chain | ChainChange | None, default: Chain) -> list[tuple[Route, Insert]]:
    """The chain of a mix, each entry with where it is written."""
    inherited = entries(("defaults", "chain"), default)
    return changed(("tracks", mix, "chain"), own, inherited)


def _fade(fade: Fade | None) -> Fade | None:
    return fade if fade and fade.seconds > 0 else None


def pieces(album: Album, tracks: tuple[Track, ...]) -> tuple[Piece, ...]:
    """Every track of the album, numbered from 1."""
    discs = discs_of(tracks)
    on_disc: Counter[int] = Counter()
    found: list[Piece] = []
    for mix, track in enumerate(tracks):
        for cut in range(len(track.cuts)) or (None,):
            on_disc[discs[mix]] += 1
            found.append(_piece(album, track, len(found) + 1, (discs[mix], on_disc[discs[mix]]), mix, cut))
    return tuple(found)


def discs_of(tracks: tuple[Track, ...]) -> list[int]:
    """Which CD each mix is on: the one it names, or that of the mix before it."""
    found = [1]
    for track in tracks:
        found.append(track.disc or found[-1])
    return found[1:]


def hidden_piece(album: Album, hidden: Hidden) -> Piece:
    """What is before track 1 as a track; its number is 0."""
    return _piece(album, hidden.track, 0, (1, 0), 0, None)


def _piece(
    album: Album, track: Track, number: int, on_disc: tuple[int, int], mix: int, cut: int | None
) -> Piece:
    own: Track | Cut = track if cut is None else track.cuts[cut]
    start_s, end_s = _span(track, cut)
    explicit = (said for said in (own.explicit, track.explicit, album.explicit) if said is not None)
    return Piece(
        number=number,
        disc=on_disc[0],
        number_on_disc=on_disc[1],
        mix=mix,
        cut=cut,
        title=own.title or title_from(PurePath(track.mix).stem),
        artist=own.artist or track.artist or album.artist,
        version=own.version or track.version,
        composer=own.composer or track.composer,
        lyricist=own.lyricist or track.lyricist,
        arranger=own.arranger or track.arranger,
        message=own.message or track.message,
        isrc=own.isrc,
        genre=own.genre or track.genre or album.genre,
        language=own.language or track.language or album.language,
        explicit=next(explicit, None),
        start_s=start_s,
        end_s=end_s,
        index_s=own.index,
    )


def alternates(tracks: tuple[Track, ...]) -> tuple[AlternateMix, ...]:
    """Every alternate of the album, in the order of the manifest."""
    named = [(mix, each) for mix, track in enumerate(tracks) for each in track.alternates.items()]
    return tuple(_alternate(mix, name, alternate) for mix, (name, alternate) in named)


def _alternate(mix: int, name: str, alternate: Alternate) -> AlternateMix:
    return AlternateMix(
        mix=mix,
        name=name,
        version=alternate.version or version_from(name),
        path=alternate.mix,
        isrc=alternate.isrc,
        explicit=alternate.explicit,
    )


def version_from(name: str) -> str:
    """`a_cappella` → `A cappella`: what an alternate of this name is called, empty when that is nothing."""
    plain = " ".join(name.replace("_", " ").split())
    return plain[:1].upper() + plain[1:]


def alternate_piece(piece: Piece, alternate: AlternateMix) -> Piece:
    """The track as this alternate has it: another recording, with a version and a code of its own."""
    return replace(
        piece,
        version=", ".join(filter(None, (piece.version, alternate.version))),
        isrc=alternate.isrc,
        explicit=piece.explicit if alternate.explicit is None else alternate.explicit,
    )


def _span(track: Track, cut: int | None) -> tuple[float, float | None]:
    """Where a piece begins and ends in the mix."""
    if cut is None:
        return track.trim.start, track.trim.end
    ends = [following.at for following in track.cuts[cut + 1 :]]
    return track.cuts[cut].at, ends[0] if ends else track.trim.end
