"""Artwork → cover.jpg: what stores ask for, seen in the JPEG itself."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from pipeline.deliver.cover import prepare_cover
from pipeline.faults import Fault


def saved(image: Image.Image, path: Path, **options: Any) -> Path:
    image.save(path, **options)
    return path


def jpeg(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    assert image.format == "JPEG"
    return image


def gradient(size: int) -> Image.Image:
    """A smooth picture, so that JPEG keeps its colours within a few steps."""
    ramp = np.linspace(0, 255, size).astype(np.uint8)
    red, green = np.meshgrid(ramp, ramp)
    return Image.fromarray(np.stack([red, green, np.full_like(red, 90)], axis=2), "RGB")


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "bmp", "gif"])
def test_any_common_format_becomes_the_same_picture(tmp_path: Path, suffix: str) -> None:
    art = gradient(256)
    cover = prepare_cover(saved(art, tmp_path / f"art.{suffix}"))
    image = jpeg(cover.data)
    assert (image.mode, image.size, (cover.width, cover.height)) == ("RGB", (256, 256), (256, 256))
    difference = np.abs(np.asarray(image, dtype=int) - np.asarray(art, dtype=int)).mean()
    assert difference < (8 if suffix == "gif" else 3)  # GIF has 256 colours


def test_nothing_but_the_picture_is_in_the_file(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera maker"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    art = saved(gradient(64), tmp_path / "art.jpg", exif=exif, icc_profile=profile, comment=b"by me")
    image = jpeg(prepare_cover(art).data)
    assert len(image.getexif()) == 0
    assert {"icc_profile", "exif", "comment", "xmp"}.isdisjoint(image.info)


def test_same_artwork_gives_same_bytes(tmp_path: Path) -> None:
    art = saved(gradient(300), tmp_path / "art.png")
    assert prepare_cover(art) == prepare_cover(art)


def test_large_artwork_is_reduced_and_small_is_not_enlarged(tmp_path: Path) -> None:
    large = prepare_cover(saved(Image.new("RGB", (3200, 3200), "navy"), tmp_path / "large.png"))
    assert jpeg(large.data).size == (large.width, large.height) == (3000, 3000)
    exact = prepare_cover(saved(Image.new("RGB", (1400, 1400), "navy"), tmp_path / "exact.png"))
    assert (exact.width, exact.warnings, large.warnings) == (1400, (), ())
    small = prepare_cover(saved(Image.new("RGB", (1399, 1399), "navy"), tmp_path / "small.png"))
    assert small.width == 1399
    assert small.warnings == (
        "the cover is only 1399 pixels wide: stores ask for 3000, many refuse under 1400",
    )


def test_reduction_keeps_the_mean_colour(tmp_path: Path) -> None:
    """A checkerboard of one pixel is grey from afar; picking every nth pixel would make it black or white."""
    board = (np.indices((6000, 6000)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = jpeg(prepare_cover(saved(Image.fromarray(board, "L"), tmp_path / "board.png")).data)
    assert np.asarray(image)[50:-50, 50:-50].mean() == pytest.approx(127.5, abs=1.5)


def middle(data: bytes) -> list[int]:
    image = jpeg(data)
    return [int(value) for value in np.asarray(image)[image.height // 2, image.width // 2]]


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    assert middle(prepare_cover(saved(clear, tmp_path / "clear.png")).data) == [255, 255, 255]
    half = Image.new("RGBA", (64, 64), (255, 0, 0, 128))
    assert middle(prepare_cover(saved(half, tmp_path / "half.png")).data) == pytest.approx(
        [255, 127, 127], abs=3
    )


def test_wide_greys_are_scaled_and_not_clipped(tmp_path: Path) -> None:
    grey = Image.fromarray(np.full((64, 64), 0x8080, dtype=np.uint16))
    assert middle(prepare_cover(saved(grey, tmp_path / "grey.png")).data) == pytest.approx([128] * 3, abs=1)


def test_embedded_profile_is_converted(tmp_path: Path) -> None:
    """A profile whose red and blue are swapped: taken seriously, blue artwork is red in sRGB."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", srgb[128:132])[0]
    tags = {bytes(srgb[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    srgb[red : red + 4], srgb[blue : blue + 4] = b"bXYZ", b"rXYZ"
    art = saved(Image.new("RGB", (64, 64), "blue"), tmp_path / "art.png", icc_profile=bytes(srgb))
    assert middle(prepare_cover(art).data) == pytest.approx([255, 0, 0], abs=3)


def test_unusable_profile_is_said(tmp_path: Path) -> None:
    art = saved(Image.new("RGB", (1400, 1400), "blue"), tmp_path / "art.png", icc_profile=b"no profile")
    cover = prepare_cover(art)
    assert len(cover.warnings) == 1 and "colour profile is unusable and was ignored" in cover.warnings[0]
    assert middle(cover.data) == pytest.approx([0, 0, 255], abs=3)


def test_cmyk_without_a_profile_is_a_guess(tmp_path: Path) -> None:
    cover = prepare_cover(saved(Image.new("CMYK", (1400, 1400), (0, 255, 255, 0)), tmp_path / "art.tif"))
    assert cover.warnings == ("the cover is CMYK without a profile: its colours are a guess",)
    assert middle(cover.data) == pytest.approx([255, 0, 0], abs=3)


def test_orientation_note_is_carried_out(tmp_path: Path) -> None:
    art = Image.new("RGB", (64, 64), "white")
    art.paste("black", (0, 0, 64, 32))  # black above
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    turned = jpeg(prepare_cover(saved(art, tmp_path / "art.jpg", exif=exif, quality=95)).data)
    assert np.asarray(turned)[48].mean() < 10 < 245 < np.asarray(turned)[16].mean()


# Faults


def refusal(path: Path) -> Fault:
    with pytest.raises(Fault) as caught:
        prepare_cover(path)
    assert caught.value.place == str(path)
    return caught.value


def test_other_shapes_are_refused(tmp_path: Path) -> None:
    fault = refusal(saved(Image.new("RGB", (3000, 2999)), tmp_path / "art.png"))
    assert fault.problem == "the cover is not square: 3000 × 2999 pixels"


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "art.png"
    page.write_text("<html>")
    assert "not readable as an image" in refusal(page).problem


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_damaged_images_are_refused(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    path = saved(Image.fromarray(noise, "RGB"), tmp_path / f"art.{suffix}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "not readable as an image" in refusal(path).problem


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_image_bomb_is_refused_unread(tmp_path: Path, side: int) -> None:
    """A hundred bytes that claim to be 0.3 or 10 GB of pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = tmp_path / "bomb.png"
    chunks = [png_chunk(b"IHDR", header), png_chunk(b"IDAT", zlib.compress(b"")), png_chunk(b"IEND", b"")]
    bomb.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    assert "the cover has more than 89478485 pixels" in refusal(bomb).problem


def test_absent_artwork_is_not_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        prepare_cover(tmp_path / "absent.png")
