"""Delivery formats as people write them: `flac 16/44.1`, `wav 24/96`, `mp3 320`, `opus 160`."""

import re
from dataclasses import dataclass

RATES = (44_100, 48_000, 88_200, 96_000, 176_400, 192_000)
LOSSLESS = {"wav": "wav", "flac": "flac", "alac": "m4a"}
LOSSY = {"mp3": "mp3", "aac": "m4a", "opus": "opus"}
LOSSY_RATE = {"mp3": 44_100, "aac": 44_100, "opus": 48_000}
KBPS = {
    "mp3": (128, 160, 192, 224, 256, 320),
    "aac": (96, 128, 160, 192, 256, 320),
    "opus": (64, 96, 128, 160, 192, 256),
}


@dataclass(frozen=True, slots=True, order=True)
class AudioFormat:
    """One way to write a track: `bits` for a lossless codec, `kbps` for a lossy one."""

    codec: str
    rate: int
    bits: int | None = None
    kbps: int | None = None

    @property
    def lossless(self) -> bool:
        return self.codec in LOSSLESS

    @property
    def extension(self) -> str:
        return (LOSSLESS | LOSSY)[self.codec]

    @property
    def render_bits(self) -> int:
        """Word length of the integers that the encoder is given."""
        return self.bits or 24

    @property
    def folder(self) -> str:
        """`flac-16-44.1`, `mp3-320`: the folder under `digital/`."""
        return str(self).replace(" ", "-").replace("/", "-")

    def __str__(self) -> str:
        return (
            f"{self.codec} {self.bits}/{self.rate / 1000:g}" if self.lossless else f"{self.codec} {self.kbps}"
        )


def parse_format(text: str) -> AudioFormat:
    """`flac 24/96` → AudioFormat; ValueError says what would be right."""
    match = re.fullmatch(r"\s*([a-z0-9]+)\s+(\d+)(?:/(\d+(?:\.\d+)?))?\s*", text.lower())
    codec = match[1] if match else ""
    if not match or codec not in LOSSLESS | LOSSY:
        raise ValueError(
            f'"{text}" is no format; write such as "flac 16/44.1", "wav 24/96", "mp3 320" or "opus 160"'
        )
    if codec in LOSSY:
        return _lossy(text, codec, int(match[2]), match[3])
    return _lossless(text, codec, int(match[2]), match[3])


def _lossy(text: str, codec: str, kbps: int, rest: str | None) -> AudioFormat:
    if rest or kbps not in KBPS[codec]:
        offered = ", ".join(map(str, KBPS[codec]))
        raise ValueError(f'"{text}": {codec} takes a bit rate in kbit/s, one of {offered}')
    return AudioFormat(codec, LOSSY_RATE[codec], kbps=kbps)


def _lossless(text: str, codec: str, bits: int, khz: str | None) -> AudioFormat:
    rate = round(float(khz) * 1000) if khz else 0
    if bits not in (16, 24) or rate not in RATES:
        offered = ", ".join(f"{rate / 1000:g}" for rate in RATES)
        raise ValueError(
            f'"{text}": {codec} takes bits/kHz, such as "{codec} 24/96" (16 or 24 bits; {offered} kHz)'
        )
    return AudioFormat(codec, rate, bits=bits)
