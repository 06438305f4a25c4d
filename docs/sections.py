"""What the page of stages is made of: the stages, what is around them, and what their docstrings explain."""

import inspect
import re
from dataclasses import dataclass
from typing import Any

from dsp import (
    clicks,
    correlation,
    crossover,
    deess,
    dither,
    dynamic_band,
    dynamics,
    eq,
    filters,
    fir,
    gain,
    gain_computer,
    hum,
    interpolate,
    limiter,
    linear_eq,
    loudness,
    multiband,
    oversample,
    placement,
    psr,
    repair,
    resample,
    saturation,
    spectrum,
    stereo,
    stream,
    tape,
    tone,
    true_peak,
)
from pipeline import plugin
from pipeline.manifest.model import Level, Session
from pipeline.manifest.reference import settings_table, stage_sections

# Modules and classes whose docstrings explain a stage, in the order of reading; a word before one names it.
METHODS: dict[str, tuple[Any, ...]] = {
    "repair": (
        repair, repair.Repair, ("DC", repair.RemoveDc), clicks, clicks.Declick, hum, hum.HumMeter,
        ("Ends", repair.FadeCutEnds),
    ),
    "tone": (tone, tone.Tone),
    "glue": (dynamics,),
    "multiband": (multiband,),
    "deess": (deess, deess.Deess),
    "eq": (eq, eq.Eq, eq.EqBand),
    "linear_eq": (linear_eq, linear_eq.LinearEqSettings, linear_eq.LinearEq),
    "saturate": (saturation, saturation.SaturateSettings, saturation.Saturate),
    "tape": (tape, tape.TapeSettings),
    "clip": (saturation.ClipSettings, saturation.Clip),
    "stereo": (stereo, stereo.Stereo, ("Widening", stereo.WidthLimit)),
    "plugin": (plugin,),
    "output": (gain, gain.Gain),
    "limiter": (limiter, gain_computer),
    "conversion": (resample, resample.Resampler),
    "dither": (dither, dither.Quantiser),
    "loudness": (loudness, loudness.KWeightedEnergy, ("K-weighting", loudness.k_weighting_sos)),
    "true peak": (true_peak, interpolate),
    "meters": (
        ("PSR", psr), psr.running_psr_db, ("Correlation", correlation), correlation.Correlation,
        ("Third octaves", spectrum), spectrum.ThirdOctaves,
    ),
    "streams": (stream,),
    "placement": (placement, placement.Parallel, placement.OnOne),
    "filter designs": (filters, filters.matched_sos),
    "FIR filters": (fir, fir.FirFilter, ("Minimum phase", fir.minimum_phase)),
    "dynamic bands": (dynamic_band,),
    "crossover": (crossover, crossover.Crossover),
    "oversampling": (oversample,),
}  # fmt: skip

MADE_OF = {
    "tone": ("FIR filters",),
    "multiband": ("crossover", "glue"),
    "deess": ("dynamic bands",),
    "eq": ("filter designs", "dynamic bands"),
    "linear_eq": ("filter designs", "FIR filters"),
    "saturate": ("oversampling",),
    "tape": ("filter designs", "oversampling", "FIR filters"),
    "clip": ("oversampling",),
    "stereo": ("crossover",),
    "limiter": ("true peak",),
}

# Said of a stage besides.
REMARKS = {
    "limiter": (
        "The same limiter stands behind the gain and the conversion of every delivery; there it is set by "
        "`limiter` of a track or of `defaults`, and its ceiling by `level`."
    ),
}

# What is no entry of a chain, and is measured like one: what it is for, where it is set, and by which keys.
AROUND = {
    "conversion": (
        "from a mix's rate to the session's, and from there to a delivery's",
        "session",
        ("rate",),
    ),
    "dither": ("from float to the word length of a file", "session", ("dither",)),
    "loudness": ("the meter that decides every gain", "level", ("target_lufs", "match", "measure")),
    "true peak": ("the meter that decides every ceiling", "level", ("ceiling_dbtp",)),
    "meters": ("what else is said of every master", "", ()),
}
SETTERS = {"session": Session, "level": Level}
# Paragraphs about arguments and the like, and those that only say whose settings these are.
OF_THE_CODE = r"(Args|Returns?|Raises|Attributes)\b|(The|One band of an?) `\w+:` (stage|section)"
# Between words an underscore is none.
MARKUP = r"[*<\[\]|]|(?<!\w)_|_(?!\w)"
# A formula's beginning, which is no sentence's.
FORMULA = r"[\w\[\]]+ = "
# The shape of an array, ahead of what is in it.
SHAPE = r"^\((?:[\w…]+,)+ ?[\w…]*\):? "
SHARED = (
    "streams", "placement", "filter designs", "FIR filters", "dynamic bands", "crossover", "oversampling",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the page and what is under it before anything is measured; all of it Markdown."""

    name: str
    purpose: str = ""
    settings: str = ""

    @property
    def method(self) -> str:
        """Paragraphs from docstrings, and what else to read."""
        read = [explained(each) for each in METHODS.get(self.name, ())]
        if self.name in REMARKS:
            read.append(REMARKS[self.name])
        if self.name in MADE_OF:
            read.append(f"Made of: {', '.join(map(link, MADE_OF[self.name]))}.")
        return "\n\n".join(read)


def of_the_chain() -> list[Section]:
    """Every stage that a chain can have, in the order of the manifest's keys."""
    return [Section(stage.name, sentence(stage.purpose), stage.settings) for stage in stage_sections()]


def around_the_chain() -> list[Section]:
    return [
        Section(name, sentence(purpose), _set_in(where, keys) if keys else "")
        for name, (purpose, where, keys) in AROUND.items()
    ]


def _set_in(where: str, keys: tuple[str, ...]) -> str:
    return f"In `{where}`:\n\n{settings_table(SETTERS[where], keys)}"


def shared() -> list[Section]:
    """What several stages are made of."""
    return [Section(name) for name in SHARED]


def anchor(heading: str) -> str:
    """What a heading is linked by on the pages of code hosts."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def link(name: str) -> str:
    return f"[{name}](#{anchor(name)})"


def sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def explained(named: Any) -> str:
    """The docstring of a module, class or function as paragraphs of Markdown, behind a word if it has one.

    What only those who read the code want is left out.
    """
    word, thing = named if isinstance(named, tuple) else ("", named)
    paragraphs = re.split(r"\n\s*\n", inspect.getdoc(thing) or "")
    kept = [each for each in paragraphs if not re.match(OF_THE_CODE, each)]
    text = "\n\n".join(map(markdown, kept))
    return f"**{word}.** {text}" if word else text


def markdown(paragraph: str) -> str:
    """A paragraph on one line; what Markdown would take for markup is escaped outside of code."""
    flowing = re.sub(SHAPE, "", " ".join(paragraph.replace("``", "`").split()))
    if not re.match(FORMULA, flowing):
        flowing = flowing[0].upper() + flowing[1:]
    parts = flowing.split("`")
    parts[::2] = [re.sub(MARKUP, r"\\\g<0>", part) for part in parts[::2]]
    return re.sub(r"^Source: ", "*Source:* ", "`".join(parts))
