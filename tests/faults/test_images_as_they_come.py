"""Every kind of image file has a defined result: pixels, or one line that says why not."""

import io
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from fakes import TinyBackbone
from PIL import Image, ImageOps

from aligners.base import Requirements
from promptlab.datasets.images import MAX_PIXELS, image_size, load_image
from promptlab.errors import DataError
from promptlab.features import FeatureStore, encode_images

GREY = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
ORIENTATION = 0x0112


def png(width: int, height: int, *, depth: int, kind: int, rows: bytes) -> bytes:
    """Return a PNG by hand, for kinds that Pillow reads but does not write."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content
            + struct.pack(">I", zlib.crc32(name + content))
        )  # fmt: skip

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


def test_48_bit_png_keeps_the_high_bytes(tmp_path: Path) -> None:
    row = b"\x00" + struct.pack(">6H", 0xAB12, 0x0000, 0xFFFF, 0x00FF, 0x8000, 0x7FFF)
    (tmp_path / "a.png").write_bytes(png(2, 1, depth=16, kind=2, rows=row))
    assert np.asarray(load_image(tmp_path / "a.png")).tolist() == [[[0xAB, 0, 255], [0, 128, 127]]]


def test_16_bit_grey_with_alpha_is_laid_over_black(tmp_path: Path) -> None:
    row = b"\x00" + struct.pack(">4H", 0xFFFF, 0xFFFF, 0xFFFF, 0x0000)
    (tmp_path / "a.png").write_bytes(png(2, 1, depth=16, kind=4, rows=row))
    assert np.asarray(load_image(tmp_path / "a.png"))[..., 0].tolist() == [[255, 0]]


@pytest.mark.parametrize("order", ["<", ">"])
def test_16_bit_tiff_of_either_byte_order(tmp_path: Path, order: str) -> None:
    image = Image.fromarray(np.array([[0, 65535, 257]], np.uint16))
    if order == ">":
        image = Image.frombytes("I;16B", (3, 1), struct.pack(">3H", 0, 65535, 257))
    image.save(tmp_path / "a.tif")
    assert np.asarray(load_image(tmp_path / "a.tif"))[..., 0].tolist() == [[0, 255, 1]]


def test_cmyk_jpeg_becomes_rgb(tmp_path: Path) -> None:
    Image.new("CMYK", (16, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    red = np.asarray(load_image(tmp_path / "a.jpg")).astype(int)
    assert red.shape == (8, 16, 3)
    assert abs(red - [255, 0, 0]).max() <= 6


def test_the_first_frame_of_an_animation_counts(tmp_path: Path) -> None:
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    for name in ("a.webp", "a.png"):
        frames[0].save(
            tmp_path / name, save_all=True, append_images=frames[1:], lossless=True, duration=50
        )
        assert np.asarray(load_image(tmp_path / name))[..., 0].tolist() == GREY.tolist()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_upright_in_all_eight_orientations(tmp_path: Path, orientation) -> None:
    pixels = np.kron(GREY, np.ones((16, 16), np.uint8))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / "a.jpg"
    Image.fromarray(pixels).save(path, exif=exif, quality=95)
    with Image.open(path) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored))
    got = np.asarray(load_image(path))
    assert got.shape[:2] == image_size(path) == ((32, 48) if orientation < 5 else (48, 32))
    assert np.array_equal(got[..., 0], expected)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "I", "F", "I;16"])
def test_every_mode_that_a_file_can_have_becomes_rgb(tmp_path: Path, mode: str) -> None:
    made = Image.fromarray(GREY)
    image = Image.new(mode, (3, 2), 0) if mode == "I;16" else made.convert(mode)
    saved = 0
    for suffix in ("png", "tif", "bmp", "webp"):
        path = tmp_path / f"{mode.replace(';', '')}.{suffix}"
        try:
            image.save(path)
        except (OSError, KeyError):  # a format without this mode
            continue
        saved += 1
        assert load_image(path).size == (3, 2)
        assert load_image(path).mode == "RGB"
    assert saved


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2, 3)])
def test_one_pixel_and_hair_lines_are_encoded(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, (9, 9, 9)).save(tmp_path / "a.png")
    store = FeatureStore(tmp_path / "cache")
    (batch,) = encode_images(
        TinyBackbone(), [tmp_path / "a.png"], requires=Requirements(), store=store
    )
    assert batch.positions == (0,)


def test_100_megapixels_are_read(tmp_path: Path) -> None:
    rows = (b"\x00" + bytes(10_000 // 8)) * 10_000
    (tmp_path / "a.png").write_bytes(png(10_000, 10_000, depth=1, kind=0, rows=rows))
    assert load_image(tmp_path / "a.png").size == (10_000, 10_000)


@pytest.mark.parametrize("side", [12_000, 50_000, 2_000_000])
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path, side: int) -> None:
    assert side * side > MAX_PIXELS
    path = tmp_path / "bomb.png"
    path.write_bytes(png(side, side, depth=8, kind=2, rows=bytes(100)))
    with pytest.raises(DataError, match=r"at most 128,000,000 pixels, but .*bomb\.png has"):
        load_image(path)


def whole_files() -> dict[str, bytes]:
    noise = np.random.default_rng(0).integers(0, 256, (24, 40, 3), np.uint8)
    files = {}
    for kind in ("PNG", "JPEG", "BMP", "TIFF", "WEBP"):
        buffer = io.BytesIO()
        exif = Image.Exif()
        exif[ORIENTATION] = 6
        Image.fromarray(noise).save(buffer, kind, exif=exif)
        files[kind] = buffer.getvalue()
    return files


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF", "WEBP"])
@pytest.mark.filterwarnings("ignore")  # Pillow warns of some damage that it can live with
def test_damaged_files_are_read_or_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    """100 files that end early, 300 with one to four bytes changed, of each format."""
    content, moments = whole_files()[kind], random.Random(kind)
    path, read = tmp_path / f"a.{kind.lower()}", 0
    for attempt in range(400):
        changed = bytearray(content)
        if attempt < 100:
            del changed[moments.randrange(len(content)) :]
        else:
            for _ in range(moments.randint(1, 4)):
                changed[moments.randrange(min(len(content), 600))] ^= moments.randrange(1, 256)
        path.write_bytes(changed)
        for look in (load_image, image_size):
            try:
                read += bool(look(path))
            except DataError as error:
                if "\n" in str(error):
                    raise
    assert read < 800
