"""The cover: whatever artwork there is → the one JPEG that stores and players take."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.faults import Fault

if TYPE_CHECKING:
    from PIL.Image import Image

# Stores ask for 3000 pixels and some take no more than 4000; players have no use for more.
LONGEST_PX = 3000
# The least of the common distributors (YouTube, Bandcamp, Soundrop); most ask for 3000.
ADVISED_PX = 1400
JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Cover:
    """`data` is a JPEG file in sRGB, 8 bits a colour, without a profile or camera notes."""

    data: bytes
    width: int
    height: int
    warnings: tuple[str, ...] = ()


def prepare_cover(path: Path) -> Cover:
    """The artwork as `cover.jpg`; the same file gives the same bytes.

    An embedded profile is converted to sRGB, transparency laid on white, an orientation note carried out, and
    more than 3000 pixels are reduced. Nothing is enlarged or cropped.

    Raises:
        Fault: not readable, too large to be honest, or not square; OSError: the machine cannot read the file.
    """
    image = _read(path)
    width, height = image.size
    if width != height:
        raise Fault(
            f"the cover is not square: {width} × {height} pixels",
            place=str(path),
            hint="crop or extend it; stores refuse other shapes",
        )
    colours, said = _srgb(image)
    colours = _reduced(colours)
    out = io.BytesIO()
    # Whole chroma resolution (subsampling 0): lettering in colour stays sharp.
    colours.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0, optimize=True)
    return Cover(out.getvalue(), *colours.size, warnings=(*_size_warning(width), *said))


def _read(path: Path) -> "Image":
    """The upright, decoded image. Pillow's own limit decides what is a decompression bomb."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                image.load()
                return ImageOps.exif_transpose(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Fault(
            f"the cover has more than {Image.MAX_IMAGE_PIXELS} pixels",
            place=str(path),
            hint=f"{LONGEST_PX} × {LONGEST_PX} are enough",
        ) from None
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        # Of what is no image at all, Pillow says so with the whole path.
        reason = "" if isinstance(error, UnidentifiedImageError) else f" ({error})"
        raise Fault(
            f"the cover is not readable as an image{reason}",
            place=str(path),
            hint="save it as PNG, JPEG or TIFF",
        ) from error


def _srgb(image: "Image") -> "tuple[Image, tuple[str, ...]]":
    """8-bit RGB on white, and what there is to say about the conversion."""
    image = _eight_bits(image)
    opaque = _without_alpha(image)
    profile = image.info.get("icc_profile")
    if profile:
        return _from_profile(opaque, profile)
    guessed = (
        ("the cover is CMYK without a profile: its colours are a guess",) if image.mode == "CMYK" else ()
    )
    return (opaque if opaque.mode == "RGB" else opaque.convert("RGB")), guessed


def _eight_bits(image: "Image") -> "Image":
    """Pillow clips what is wider than 8 bits instead of scaling it."""
    if not image.mode.startswith("I"):
        return image
    narrow = image.convert("I").point(lambda value: value / 257).convert("L")
    narrow.info = image.info
    return narrow


def _without_alpha(image: "Image") -> "Image":
    """Transparency laid on white, as a page would show it."""
    from PIL import Image

    if not image.has_transparency_data:
        return image.convert("RGB") if image.mode in ("P", "1") else image
    layers = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, layers).convert("RGB")


def _from_profile(image: "Image", profile: bytes) -> "tuple[Image, tuple[str, ...]]":
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (OSError, ImageCms.PyCMSError) as error:
        return image.convert("RGB"), (f"the cover's colour profile is unusable and was ignored ({error})",)
    assert converted is not None  # only an in-place conversion returns nothing
    return converted, ()


def _reduced(image: "Image") -> "Image":
    from PIL.Image import Resampling

    if image.width <= LONGEST_PX:
        return image
    return image.resize((LONGEST_PX, LONGEST_PX), Resampling.LANCZOS)


def _size_warning(width: int) -> tuple[str, ...]:
    if width >= ADVISED_PX:
        return ()
    return (
        f"the cover is only {width} pixels wide: stores ask for {LONGEST_PX}, many refuse under {ADVISED_PX}",
    )
