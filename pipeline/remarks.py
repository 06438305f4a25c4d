"""What should be said about each mix of an album: what is wrong with it and the manifest does not answer."""

from dataclasses import replace

from pipeline.intake import MixFacts, warnings
from pipeline.manifest.chain import Crossfade
from pipeline.manifest.load import Manifest


def remarks(manifest: Manifest, mix: int, facts: MixFacts) -> list[str]:
    """In an engineer's words."""
    return warnings(_unanswered(manifest, mix, facts))


def _unanswered(manifest: Manifest, mix: int, facts: MixFacts) -> MixFacts:
    """The facts without what the chain repairs, and with the ends that will be heard."""
    repairs = [insert.repair for _, insert in manifest.written_chain(mix) if insert.repair]
    own, trim = manifest.treatment(manifest.tracks[mix]), manifest.tracks[mix].trim
    before = manifest.treatment(manifest.tracks[mix - 1]) if mix else None
    runs_in = before is not None and (before.segue or isinstance(before.then, Crossfade))
    runs_out = own.segue or isinstance(own.then, Crossfade)
    fades_ends = any(repair.fade_ends_ms for repair in repairs)
    start_is_made = bool(trim.start or own.fade_in or runs_in or manifest.tracks[mix].cuts)
    end_is_made = bool(trim.end or own.fade_out or runs_out)
    return replace(
        facts,
        dc=0.0 if any(repair.dc for repair in repairs) else facts.dc,
        clicks_s=() if any(repair.declick for repair in repairs) else facts.clicks_s,
        hum_hz=0.0 if any(repair.dehum for repair in repairs) else facts.hum_hz,
        cut_start=facts.cut_start and not (start_is_made or fades_ends),
        cut_end=facts.cut_end and not (end_is_made or fades_ends),
        silence_start_s=0.0 if trim.start else facts.silence_start_s,
        silence_end_s=0.0 if trim.end else facts.silence_end_s,
    )
