"""How long an MP3 says it is: the delay and the padding that players leave out.

Source: Gabriel Bouvigne, "MP3 Info Tag revision 1 specifications" (the LAME tag), which lies in the frame
before the audio, behind the Xing header.
"""

from pathlib import Path

FRAME = 1152
# Where things are, in bytes from "Info": the number of MPEG frames; twelve bits each of delay and padding; a
# CRC of everything before it.
FRAMES, PADDING, CRC = slice(8, 12), slice(141, 144), slice(154, 156)
MOST_PADDING = (1 << 12) - 1


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
        padding = int.from_bytes(tag[FRAMES], "big") * FRAME - delay - frames
        if not 0 <= padding <= MOST_PADDING:
            raise ValueError(f"{path} would have {padding} frames of padding")
        head[start + PADDING.start : start + PADDING.stop] = (delay << 12 | padding).to_bytes(3, "big")
        crc = _crc16(head[: start + CRC.start])
        head[start + CRC.start : start + CRC.stop] = crc.to_bytes(2, "big")
        file.seek(0)
        file.write(head)


def _crc16(data: bytes | bytearray) -> int:
    """CRC-16/ARC: polynomial 0x8005, reflected, from 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
