"""The moments of a side to listen to, in words: where, what is found there, and what would do."""

from dsp.lathe import LatheSettings
from pipeline.deliver.cut_facts import CutEvent, CutUnlisted, SideCut
from pipeline.deliver.note_words import clock, placed, signed
from pipeline.deliver.severity import UNTRACEABLE_PERCENT, severity_word

# What is found, and where its notice lies.
FOUND = {
    "shallow": "shallow, {value} µm wide ({limit})",
    "wide": "shallow, {value} µm ({limit}); wide, but not bass",
    "deep": "deep, {value} µm wide ({limit})",
    "slope": "steep slope, {value} ({limit})",
    "curvature": "tight curve, {value} ({limit})",
    "tracing": "tracing, {value} % ({limit})",
    "sibilance": "sibilance, tracing {value} % ({limit})",
    "acceleration": "acceleration, {value} g ({limit})",
    "heat": "heat, {value} g RMS ({limit})",
    "land": "land, {value} µm a turn ({limit})",
}
# Digits behind the point of what is found; whole micrometres and g of the others.
FIGURES = {"slope": 2, "curvature": 2, "tracing": 1, "sibilance": 1}
# How the level comes down where it has to.
REMEDIES = {
    "deep": "{db} below 100 Hz",
    "slope": "{db} overall",
    "curvature": "{db} above 5 kHz",
    "tracing": "{db} above 5 kHz",
    "sibilance": "{db} at 5–10 kHz",
    "acceleration": "{db} above 8 kHz",
    "heat": "{db} above 5 kHz",
}
# One of a kind, and more of them.
KINDS = {
    "shallow": ("shallow moment", "shallow moments"),
    "deep": ("deep moment", "deep moments"),
    "slope": ("steep slope", "steep slopes"),
    "curvature": ("tight curve", "tight curves"),
    "tracing": ("moment of tracing", "moments of tracing"),
    "sibilance": ("sibilant", "sibilants"),
    "acceleration": ("moment of acceleration", "moments of acceleration"),
    "heat": ("moment of heat", "moments of heat"),
    "land": ("moment short of land", "moments short of land"),
}
# The worst of them; the checklist has all.
ECHOES_MOST = 4


def moment(rank: int, event: CutEvent, lathe: LatheSettings) -> dict[str, str]:
    """A row of the list of moments."""
    return {
        "rank": str(rank),
        "time": clock(event.time_s),
        "position": event.position,
        "track_time": clock(event.track_time_s),
        "diameter": f"{event.diameter_mm:.0f}",
        "severity": severity_word(event.severity_db),
        "found": _found(event),
        "off": f"{event.severity_db:.1f} dB" if event.severity_db > 0 else "none",
        "needs": _needs(event, lathe),
    }


def _found(event: CutEvent) -> str:
    if event.kind == "sibilance" and event.value < event.limit:
        return f"sibilance, tight curve (tracing {event.value:.1f} %)"
    if event.kind in ("tracing", "sibilance") and event.value > UNTRACEABLE_PERCENT:
        return f"{event.kind}, untraceable ({event.limit:g} %)"
    if event.kind == "shallow" and event.value == 0:
        return "the groove is gone; wide, but not bass" if event.wide else "the groove is gone"
    figure = f"{event.value:.{FIGURES.get(event.kind, 0)}f}"
    return FOUND["wide" if event.wide else event.kind].format(value=figure, limit=f"{event.limit:g}")


def _needs(event: CutEvent, lathe: LatheSettings) -> str:
    """What would do, or where to keep watch."""
    if event.kind == "land":
        return "give it land by hand"
    if event.severity_db <= 0:
        return _watch(event, lathe)
    if event.kind == "shallow":
        return _deeper(event, lathe)
    return REMEDIES[event.kind].format(db=_less(event))


def _watch(event: CutEvent, lathe: LatheSettings) -> str:
    """Where less of the equaliser than is assumed would do, that as well."""
    enough_hz = event.elliptical_hz
    if event.kind != "shallow" or enough_hz is None or enough_hz >= lathe.elliptical_hz:
        return "nothing: watch"
    return f"watch: {enough_hz} Hz would be enough" if enough_hz else "watch: no elliptical would do too"


def _deeper(event: CutEvent, lathe: LatheSettings) -> str:
    """What keeps the groove wide enough: more of the equaliser, or a deeper cut."""
    if event.elliptical_hz is not None and event.elliptical_hz > lathe.elliptical_hz:
        return f"elliptical {event.elliptical_hz} Hz"
    ways = [f"{_less(event)} of L−R"] if event.wide else []
    if event.cure_um is not None:
        ways.append(f"cut {event.cure_um:.0f} µm deep")
    return ", or ".join(ways)


def _less(event: CutEvent) -> str:
    return f"−{event.severity_db:.1f} dB"


def unlisted_text(unlisted: tuple[CutUnlisted, ...]) -> str:
    """`And 11 more tight curves, +7.7 dB and less.`; nothing where all are listed."""
    return f"And {'; '.join(map(_more, unlisted))}." if unlisted else ""


def _more(rest: CutUnlisted) -> str:
    one, many = KINDS[rest.kind]
    if rest.count == 1:
        return f"1 more {one}, {signed(rest.worst_db)} dB"
    return f"{rest.count} more {many}, {signed(rest.worst_db)} dB and less"


def echo_texts(cut: SideCut) -> list[str]:
    """Passages that a neighbouring groove may be heard in, and by how much they are softer; as time goes."""
    worst = sorted(cut.echoes, key=lambda echo: -echo.below_db)[:ECHOES_MOST]
    return [
        f"{placed(echo.time_s, echo.position, echo.track_time_s)} {echo.side}-echo, {echo.below_db:.0f} dB"
        for echo in sorted(worst, key=lambda echo: echo.time_s)
    ]
