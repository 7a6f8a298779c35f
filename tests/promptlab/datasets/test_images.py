import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from promptlab.datasets import images
from promptlab.datasets.images import image_size, load_image, load_mask
from promptlab.errors import DataError

GREY = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
"""Two rows, three columns: not square, so that a transposed axis shows."""


def saved(path, image, **kwargs):
    image.save(path, **kwargs)
    return path


def loaded(path):
    return np.asarray(load_image(path))


def test_load_image_returns_rgb_of_height_and_width(tmp_path):
    pixels = np.dstack([GREY, GREY + 1, GREY + 2])
    image = load_image(saved(tmp_path / "a.png", Image.fromarray(pixels)))
    assert image.size == (3, 2)
    np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "tiff", "webp"])
def test_load_image_repeats_grey_in_every_format(tmp_path, suffix):
    lossless = {"lossless": True} if suffix == "webp" else {}
    path = saved(tmp_path / f"a.{suffix}", Image.fromarray(GREY), **lossless)
    np.testing.assert_array_equal(loaded(path), np.dstack([GREY] * 3))


def test_load_image_reads_jpeg(tmp_path):
    path = saved(tmp_path / "a.jpg", Image.fromarray(np.full((2, 3), 90, np.uint8)))
    assert abs(loaded(path).astype(int) - 90).max() <= 2


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_load_image_scales_16_bits_by_257(tmp_path, suffix):
    levels = np.array([[0, 257, 514], [65535, 128, 129]], np.uint16)
    path = saved(tmp_path / f"a.{suffix}", Image.fromarray(levels))
    np.testing.assert_array_equal(loaded(path)[..., 0], [[0, 1, 2], [255, 0, 1]])


def test_load_image_stretches_floats_and_leaves_nan_black(tmp_path):
    values = np.array([[-1.0, 0.0, 1.0], [3.0, np.nan, np.inf]], np.float32)
    path = saved(tmp_path / "a.tif", Image.fromarray(values))
    np.testing.assert_array_equal(loaded(path)[..., 0], [[0, 64, 128], [255, 0, 0]])


def test_load_image_gives_black_when_all_floats_are_equal(tmp_path):
    path = saved(tmp_path / "a.tif", Image.fromarray(np.full((2, 3), 7, np.float32)))
    assert not loaded(path).any()


def test_load_image_lays_transparency_over_black(tmp_path):
    pixels = np.zeros((2, 3, 4), np.uint8)
    pixels[..., 0], pixels[0, 0, 3], pixels[1, 2, 3] = 200, 255, 51
    path = saved(tmp_path / "a.png", Image.fromarray(pixels))
    np.testing.assert_array_equal(loaded(path)[..., 0], [[200, 0, 0], [0, 0, 40]])


def test_load_image_looks_up_the_colours_of_a_palette(tmp_path):
    image = Image.fromarray(np.array([[0, 1, 1], [1, 0, 0]], np.uint8))
    image.putpalette([10, 20, 30, 40, 50, 60])
    np.testing.assert_array_equal(loaded(saved(tmp_path / "a.png", image))[0, 1], [40, 50, 60])


def test_load_image_converts_cmyk(tmp_path):
    path = saved(tmp_path / "a.tif", Image.new("CMYK", (3, 2), (0, 0, 0, 255)))
    assert not loaded(path).any()


def test_load_image_takes_the_first_page(tmp_path):
    pages = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    path = saved(tmp_path / "a.tif", pages[0], save_all=True, append_images=pages[1:])
    np.testing.assert_array_equal(loaded(path)[..., 0], GREY)


def test_load_image_turns_upright_as_exif_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the scene is at the right of the stored rows
    path = saved(tmp_path / "a.png", Image.fromarray(GREY), exif=exif)
    np.testing.assert_array_equal(loaded(path)[..., 0], np.rot90(GREY, -1))
    assert image_size(path) == (3, 2)


def test_image_size_is_height_and_width(tmp_path):
    assert image_size(saved(tmp_path / "a.png", Image.fromarray(GREY))) == (2, 3)


def test_image_size_of_a_png_decodes_no_pixel(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.png", Image.fromarray(GREY))
    monkeypatch.setattr(PngImageFile, "load", lambda _: pytest.fail("pixels were decoded"))
    assert image_size(path) == (2, 3)


def test_image_size_finds_an_orientation_behind_the_pixels(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    content = saved(tmp_path / "a.png", Image.fromarray(GREY), exif=exif).read_bytes()
    start = content.index(b"eXIf") - 4
    stop = start + 12 + int.from_bytes(content[start : start + 4])
    end = content.index(b"IEND") - 4
    path = tmp_path / "b.png"
    path.write_bytes(content[:start] + content[stop:end] + content[start:stop] + content[end:])
    assert image_size(path) == (3, 2)


def test_load_image_reads_one_pixel(tmp_path):
    assert load_image(saved(tmp_path / "a.png", Image.new("1", (1, 1), 1))).size == (1, 1)


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "is empty"), (b"not an image", "cannot be decoded"), (b"\x89PNG\r\n", "cannot be de")],
)
def test_load_image_refuses_what_is_no_image(tmp_path, content, what):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"must be a readable image .* but {what}.*; replace or re"):
        load_image(path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif", "webp"])
def test_load_image_refuses_a_truncated_file_in_one_line(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    path = saved(tmp_path / f"a.{suffix}", Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=r"cannot be decoded") as caught:
        load_image(path)
    assert "\n" not in str(caught.value)


def test_load_image_refuses_formats_it_does_not_know(tmp_path):
    path = saved(tmp_path / "a.gif", Image.fromarray(GREY))
    with pytest.raises(DataError, match="cannot be decoded"):
        load_image(path)


def test_load_image_refuses_a_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"a\.png must exist, but does not; restore it or drop it"):
        load_image(tmp_path / "a.png")


def test_load_image_refuses_a_folder(tmp_path):
    with pytest.raises(DataError, match="must be a readable image"):
        load_image(tmp_path)


def test_load_image_refuses_too_many_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 5)
    path = saved(tmp_path / "a.png", Image.fromarray(GREY))
    with pytest.raises(DataError, match=r"at most 5 pixels, but .* has 2x3; shrink it or cut it"):
        load_image(path)


def test_load_image_refuses_a_decompression_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2)
    path = saved(tmp_path / "a.png", Image.fromarray(GREY))
    with pytest.raises(DataError, match=r"at most 128,000,000 pixels, but .* has more; shrink it"):
        load_image(path)


def test_load_image_leaves_its_own_limit_to_max_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4)  # 6 pixels: a warning of Pillow's
    assert load_image(saved(tmp_path / "a.png", Image.fromarray(GREY))).size == (3, 2)


MASK = np.array([[0, 1, 0], [0, 0, 1]], np.uint8)


def palette_mask():
    image = Image.fromarray(MASK)
    image.putpalette([0, 0, 0, 128, 0, 0])
    return image


@pytest.mark.parametrize(
    "image",
    [
        Image.fromarray(MASK),
        Image.fromarray(MASK * 255),
        Image.fromarray(MASK.astype(bool)),
        Image.fromarray(MASK.astype(np.uint16)),
        Image.fromarray(np.dstack([MASK * 0, MASK, MASK * 0])),
        Image.fromarray(np.dstack([MASK] * 3 + [np.full_like(MASK, 255)])),
        palette_mask(),
    ],
    ids=["ones", "white", "bits", "16-bit", "green", "opaque", "palette"],
)
def test_load_mask_is_true_where_the_file_is_not_zero(tmp_path, image):
    mask = load_mask(saved(tmp_path / "m.png", image), (2, 3))
    np.testing.assert_array_equal(mask, MASK.astype(bool))


def test_load_mask_refuses_another_size_than_the_image(tmp_path):
    path = saved(tmp_path / "m.png", Image.fromarray(MASK.T.copy()))
    with pytest.raises(DataError, match=r"\(2, 3\), but .*m.png has \(3, 2\); replace it"):
        load_mask(path, (2, 3))


def test_load_mask_refuses_a_damaged_file(tmp_path):
    (tmp_path / "m.png").write_bytes(b"")
    with pytest.raises(DataError, match="but is empty"):
        load_mask(tmp_path / "m.png", (2, 3))
