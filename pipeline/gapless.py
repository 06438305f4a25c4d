"""How long an MP3 says it is: the delay and the padding that players leave out.

Source: Gabriel Bouvigne, "MP3 Info Tag revision 1 specifications" (the LAME tag), which lies in the frame
before the audio, behind the Xing header.
"""

import hashlib
import os
from pathlib import Path

FRAME = 1152
# Where things are, in bytes from "Info": which of the next are there; the number of MPEG frames; the bytes of
# all frames, this one among them; twelve bits each of delay and padding; a CRC of everything before it.
FLAGS, FRAMES, BYTES = slice(4, 8), slice(8, 12), slice(12, 16)
PADDING, CRC = slice(141, 144), slice(154, 156)
MOST_PADDING = (1 << 12) - 1
_ALL_THERE = 0xF


def mend_padding(path: Path, frames: int) -> None:
    """Let an MP3 of constant bit rate say that it holds `frames` frames of audio.

    ffmpeg counts no more than one MPEG frame of padding where its encoder has put more, which is so at
    four lengths in a hundred: there players would play up to 47 frames of silence between two songs.

    Raises:
        ValueError: the file has no such tag, or more padding than one can say.
    """
    with path.open("r+b") as file:
        head = bytearray(file.read(FRAME))
        start = head.find(b"Info")
        if start < 0 or len(head) < start + CRC.stop:
            raise ValueError(f"{path} has no Info tag")
        tag = head[start:]
        delay = int.from_bytes(tag[PADDING], "big") >> 12
        padding = _number(tag[FRAMES]) * FRAME - delay - frames
        if not 0 <= padding <= MOST_PADDING:
            raise ValueError(f"{path} would have {padding} frames of padding")
        head[start + PADDING.start : start + PADDING.stop] = (delay << 12 | padding).to_bytes(3, "big")
        crc = _crc16(head[: start + CRC.start])
        head[start + CRC.start : start + CRC.stop] = crc.to_bytes(2, "big")
        file.seek(0)
        file.write(head)


def told_frames(path: Path) -> int | None:
    """How many frames of audio an MP3 says that it holds, of those that are tagged as ours are.

    None unless the tag is whole, and the file exactly as long as that says: then it was not cut off, and any
    decoder that knows the tag finds that many frames.
    """
    with path.open("rb") as file:
        start = _behind_id3(file.read(10))
        file.seek(start)
        head = file.read(FRAME)
        frames_bytes = file.seek(0, os.SEEK_END) - start
    at = head.find(b"Info")
    tag = head[at:]
    if at < 0 or len(tag) < CRC.stop or _number(tag[FLAGS]) != _ALL_THERE:
        return None
    if (_number(tag[BYTES]), _number(tag[CRC])) != (frames_bytes, _crc16(head[: at + CRC.start])):
        return None
    delay, padding = divmod(_number(tag[PADDING]), 1 << 12)
    return _number(tag[FRAMES]) * FRAME - delay - padding


def stream_sha256(path: Path) -> str:
    """64 hex digits: of all that lies behind the tag in front of an MP3, if there is one."""
    with path.open("rb") as file:
        file.seek(_behind_id3(file.read(10)))
        return hashlib.file_digest(file, "sha256").hexdigest()


def _behind_id3(head: bytes) -> int:
    """Where a tag ends that stands before the first frame: its length has four digits of seven bits."""
    if not head.startswith(b"ID3"):
        return 0
    return 10 + sum(digit << shift for digit, shift in zip(head[6:], (21, 14, 7, 0), strict=False))


def _number(raw: bytes | bytearray) -> int:
    return int.from_bytes(raw, "big")


def _crc16(data: bytes | bytearray) -> int:
    """CRC-16/ARC: polynomial 0x8005, reflected, from 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
