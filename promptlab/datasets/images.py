"""Files to pixels: one way to load an image, one way to load a mask.

PIL's ``size`` is (width, height); every array and `Size` here is (height, width).
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import numpy as np
from jaxtyping import Bool
from PIL import Image, ImageOps

from promptlab.errors import DataError
from promptlab.types import Size

__all__ = [
    "FOREIGN_SUFFIXES",
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "image_size",
    "is_blank",
    "load_image",
    "load_mask",
]

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})
FOREIGN_SUFFIXES = frozenset(
    {".gif", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".dng", ".cr2", ".cr3", ".nef", ".arw"}
)
"""Pictures too, but in formats that are not read: to be told of, not to be passed over."""
MAX_PIXELS = 128_000_000
"""Larger images are refused: 384 MB as RGB, and often a decompression bomb."""

_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
_WARNING_FILTERS = Lock()
"""`warnings.catch_warnings` changes the whole process: one thread at a time."""
_EXIF_ORIENTATION = 0x0112
_TRANSPOSING = frozenset({5, 6, 7, 8})
_PNG_NOTES = (b"eXIf", b"Raw profile type", b"XML:com.adobe.xmp")
"""How a PNG's chunks with an orientation begin; their names are never compressed."""


def load_image(path: Path) -> Image.Image:
    """Return the first frame as RGB, upright as its EXIF data says.

    16-bit and float images are scaled to 8 bits: 16-bit ones by 257 (65535 becomes 255), 32-bit
    integers and floats, whose range no format fixes, from their minimum and maximum. Transparency
    is laid over black, so that invisible colours stay invisible.

    Raises:
        DataError: when the file is missing, empty, no image, truncated or larger than
            `MAX_PIXELS`.
    """
    with _opened(path) as image:
        sixteen_bit = image.mode.startswith("I;16") or (image.format == "PNG" and image.mode == "I")
        upright = ImageOps.exif_transpose(image)
        return _from_16_bit(upright) if sixteen_bit else _to_rgb(upright)


def load_mask(path: Path, size: Size) -> Bool[np.ndarray, "height width"]:
    """Return where a mask image is not zero: grey level, palette index or any of R, G and B.

    Args:
        path: the mask, or a folder of masks that count together; transparency is ignored.
        size: (height, width) of the image that the mask belongs to.

    Raises:
        DataError: as `load_image`, or when a mask has another size than its image, or the folder
            holds none.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES)
        if not files:
            raise DataError(f"a folder of masks must hold one, but {path} holds none; remove it.")
        return np.asarray(np.logical_or.reduce([load_mask(file, size) for file in files]))
    mask = _marked(path)
    if mask.shape != size:
        raise DataError(
            f"a mask must have its image's (height, width) {size}, but {path} has {mask.shape}; "
            "replace it by the mask that belongs to the image."
        )
    return mask


def is_blank(path: Path) -> bool:
    """Return whether a mask marks nothing.

    Raises:
        DataError: as `load_image`.
    """
    return not _marked(path).any()


def _marked(path: Path) -> Bool[np.ndarray, "height width"]:
    with _opened(path) as image:
        upright = ImageOps.exif_transpose(image)
        one_band = len(upright.getbands()) == 1
        values = np.asarray(upright if one_band else upright.convert("RGB"))
    return np.asarray(values != 0 if one_band else values.any(-1))


def image_size(path: Path) -> Size:
    """Return an image's (height, width), upright, without decoding its pixels.

    Raises:
        DataError: as `load_image`, except for damage in the pixels.
    """
    with _opened(path) as image:
        width, height = image.size
        noted = image.format != "PNG" or _notes_an_orientation(path)
        sideways = noted and image.getexif().get(_EXIF_ORIENTATION) in _TRANSPOSING
    return (width, height) if sideways else (height, width)


def _notes_an_orientation(path: Path) -> bool:
    """Say whether a PNG may hold an orientation.

    It may stand behind the pixels, so that Pillow decodes all of them to look.
    """
    content = path.read_bytes()
    return any(mark in content for mark in _PNG_NOTES)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image; whatever goes wrong in the block becomes a one-line DataError."""
    try:
        with _open_header(path) as image:
            _refuse_bomb(path, image)
            yield image
    except DataError:
        raise
    except FileNotFoundError as error:
        raise DataError(f"{path} must exist, but does not; restore it or drop it.") from error
    except Image.DecompressionBombError as error:
        raise DataError(_too_large(path)) from error
    # Decoders of foreign bytes raise what they like: struct.error, SyntaxError, IndexError, ...
    except Exception as error:
        what = "is empty" if _is_empty(path) else f"cannot be decoded ({_first_line(error)})"
        remedy = "convert" if path.suffix.lower() in FOREIGN_SUFFIXES else "replace"
        raise DataError(
            f"{path} must be a readable image (PNG, JPEG, BMP, TIFF or WebP), but {what}; "
            f"{remedy} or remove it."
        ) from error


def _open_header(path: Path) -> Image.Image:
    """Open without Pillow's warning of large images: `MAX_PIXELS` decides instead."""
    with _WARNING_FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(path, formats=_FORMATS)


def _refuse_bomb(path: Path, image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise DataError(_too_large(path, f"{image.height}x{image.width}"))


def _too_large(path: Path, size: str = "more") -> str:
    return (
        f"images may have at most {MAX_PIXELS:,} pixels, but {path} has {size}; "
        "shrink it or cut it into tiles."
    )


def _from_16_bit(image: Image.Image) -> Image.Image:
    levels = np.asarray(image).astype(np.float64)
    return Image.fromarray((levels / 257).round().astype(np.uint8)).convert("RGB")


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in {"I", "F"}:
        return _stretched(np.asarray(image, np.float64)).convert("RGB")
    if image.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in image.info:
        visible = image.convert("RGBA")
        ground = Image.new("RGBA", visible.size, (0, 0, 0, 255))
        return Image.alpha_composite(ground, visible).convert("RGB")
    return image.convert("RGB")


def _stretched(values: np.ndarray) -> Image.Image:
    finite = np.isfinite(values)
    low, high = values.min(where=finite, initial=np.inf), values.max(where=finite, initial=-np.inf)
    span = high - low if high > low else 1.0
    scaled = np.where(finite, (values - low) / span, 0.0)
    return Image.fromarray((scaled * 255).round().astype(np.uint8))


def _is_empty(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == 0


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
