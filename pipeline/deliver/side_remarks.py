"""What should be known of the sides of a record before they are sent off."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.deliver.severity import SEVERE_DB
from pipeline.deliver.sides import Side, minutes
from pipeline.faults import Fault
from pipeline.manifest.load import Manifest
from pipeline.side_limits import LONG, limits

if TYPE_CHECKING:
    from pipeline.deliver.cut_facts import SideCut


def unwise(manifest: Manifest) -> Iterator[Fault]:
    """What a cutter will ask for, of a manifest that has words about its record."""
    if not (manifest.deliver.vinyl and manifest.vinyl.model_fields_set):
        return
    if not manifest.album.catalog:
        problem = "no catalogue number: there is nothing to write into the dead wax"
        yield manifest.fault(("album", "catalog"), problem, "give the record one")
    if not (manifest.vinyl.contact or manifest.album.credits.get("mastering_engineer")):
        problem = "nobody is named whom the cutter could ask"
        yield manifest.fault(("vinyl", "contact"), problem, "write contact: name and address")


def side_remarks(
    manifest: Manifest, sides: Sequence[Side], cuts: "Mapping[str, SideCut | None]"
) -> Iterator[str]:
    """Sides that are long, that do not fit as they are asked for, and that will give trouble."""
    vinyl = manifest.vinyl
    own = limits(vinyl.format, vinyl.rpm, vinyl.profile)
    for side in sides:
        if own.judgement(side.seconds) == LONG:
            yield (
                f"side {side.letter} is {minutes(side.seconds)} long; from {minutes(own.warn_s)} on it is "
                f"cut quieter (profile {own.profile})"
            )
    known = {letter: cut for letter, cut in cuts.items() if cut}
    for letter, cut in known.items():
        if not cut.fits:
            yield f"side {letter} does not fit at {cut.asked_db:+.1f} dB: {_loudest(cut)}"
    severe = [letter for letter, cut in known.items() if _worst_db(cut) >= SEVERE_DB]
    if severe:
        plural = "s" if severe[1:] else ""
        yield (
            f"side{plural} {', '.join(severe)}: severe moments are predicted; the cutting note and deadwax "
            "vinyl say where"
        )


def _loudest(cut: "SideCut") -> str:
    if not math.isfinite(cut.level_db):
        return "no level is low enough"
    return f"{cut.level_db:+.1f} dB is the loudest that there is room for"


def _worst_db(cut: "SideCut") -> float:
    return max((event.severity_db for event in cut.events), default=-math.inf)
