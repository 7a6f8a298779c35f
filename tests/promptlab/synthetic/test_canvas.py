import math

import numpy as np
import pytest

from promptlab.synthetic.canvas import (
    PALETTE,
    blend,
    blob_outline,
    coordinates,
    disc,
    ellipses,
    pick_colour,
    polygon,
    relief,
    smooth_noise,
    stroke,
    strokes,
    towards_light,
    union,
    white_noise,
)


def test_blend_mixes_by_alpha_when_given_picture_or_colour() -> None:
    under = np.full((1, 3, 3), 100, np.float32)
    alpha = np.asarray([[0.0, 0.25, 1.0]], np.float32)
    # 100 + (20 - 100) * 0.25 = 80
    assert blend(under, (20.0, 20.0, 20.0), alpha)[0, :, 0].tolist() == [100, 80, 20]
    over = np.full((1, 3, 3), 20, np.float32)
    assert np.array_equal(blend(under, over, alpha), blend(under, (20.0, 20.0, 20.0), alpha))


@pytest.mark.parametrize("radius", [3.0, 10, 20.5])
def test_disc_area_equals_pi_r_squared(radius: float) -> None:
    area = disc((60, 90), (45.3, 29.6), radius).sum()
    assert area == pytest.approx(math.pi * radius**2, rel=0.01)


def test_disc_is_empty_when_outside_the_picture() -> None:
    assert disc((20, 30), (-50, 10), 5).sum() == 0


def test_coordinates_count_pixels_when_not_turned() -> None:
    x, y = coordinates((2, 3))
    assert x[0].tolist() == [0, 1, 2]
    assert np.broadcast_to(y, (2, 3))[:, 0].tolist() == [0, 1]
    assert x.shape == y.shape == (2, 3)


def test_coordinates_swap_axes_when_turned_a_quarter() -> None:
    # First axis then points down: x' = y - 1, second points left: y' = 1 - x.
    x, y = coordinates((3, 3), angle=math.pi / 2, centre=(1, 1))
    assert x[2, 0] == pytest.approx(1, abs=1e-6)
    assert y[2, 0] == pytest.approx(1, abs=1e-6)
    assert x.dtype == y.dtype == np.float32


def test_relief_is_one_on_flat_and_bright_towards_the_light() -> None:
    square = np.zeros((60, 80), np.float32)
    square[20:40, 20:60] = 1
    factor = relief(square, width=4, gain=0.5, light=0.0)
    assert factor[30, 40] == 1
    assert factor[5, 5] == 1
    # Light from the right: the right bevel faces it. Half a slope of 1 is the limit.
    assert 1.3 < factor[30, 57] <= 1.5
    assert 0.5 <= factor[30, 22] < 0.7


def test_relief_is_one_everywhere_when_gain_is_zero() -> None:
    assert np.all(relief(disc((40, 50), (20, 20), 9), width=3, gain=0, light=1.0) == 1)


def test_towards_light_is_the_slope_of_a_ramp() -> None:
    ramp = np.tile(np.arange(20, dtype=np.float32)[::-1], (10, 1))
    # Falling by one per pixel towards the light at the right: it faces it with slope 1.
    assert towards_light(ramp, 0.0)[5, 10] == pytest.approx(1)
    assert towards_light(ramp, math.pi)[5, 10] == pytest.approx(-1)
    assert towards_light(ramp, math.pi / 2)[5, 10] == pytest.approx(0, abs=1e-6)
    assert towards_light(ramp, 0.0, span=3)[5, 10] == pytest.approx(3)


def test_strokes_are_the_union_of_their_lines() -> None:
    lines = np.asarray([[(4, 4), (30, 4)], [(4, 12), (30, 20)]], np.float64)
    each = [stroke((24, 40), line, 3) for line in lines]
    assert np.array_equal(strokes((24, 40), lines, 3), union(*each))


def test_ellipses_turn_about_their_centres() -> None:
    centres, halves = np.asarray([(20.0, 10.0)]), np.asarray([(8.0, 2.0)])
    lying = ellipses((30, 40), centres, halves, np.asarray([0.0]))
    assert lying[10, 26] == 1
    assert lying[16, 20] == 0
    standing = ellipses((30, 40), centres, halves, np.asarray([math.pi / 2]))
    assert standing[16, 20] == 1
    assert standing[10, 26] == 0


def test_polygon_and_stroke_cover_their_middle_only() -> None:
    square = polygon((50, 70), [(10, 10), (30, 10), (30, 30), (10, 30)])
    assert square[20, 20] == 1
    assert square[40, 60] == 0
    assert square.sum() == pytest.approx(400, rel=0.15)
    line = stroke((50, 70), [(5, 25), (60, 25)], 3)
    assert line[25, 30] == 1
    assert line[40, 30] == 0


def test_blob_outline_is_a_circle_when_regular() -> None:
    outline = blob_outline(np.random.default_rng(0), (7, 9), 4, irregularity=0.0)
    distance = np.hypot(outline[:, 0] - 7, outline[:, 1] - 9)
    assert distance == pytest.approx(np.full(len(outline), 4.0))


def test_blob_outline_keeps_the_axis_ratio_when_elongated() -> None:
    outline = blob_outline(np.random.default_rng(0), (0, 0), 4, irregularity=0.0, elongation=4.0)
    distance = np.hypot(outline[:, 0], outline[:, 1])
    assert distance.max() / distance.min() == pytest.approx(4.0)


@pytest.mark.parametrize("size", [(40, 96), (96, 40), (64, 64)])
def test_smooth_noise_is_standardised(size: tuple[int, int]) -> None:
    noise = smooth_noise(np.random.default_rng(0), size)
    assert noise.shape == size
    assert noise.dtype == np.float32
    assert noise.mean() == pytest.approx(0, abs=1e-4)
    assert noise.std() == pytest.approx(1, abs=1e-3)


def test_white_noise_has_unit_deviation_when_blurred() -> None:
    noise = white_noise(np.random.default_rng(0), (50, 80), sigma=2.0)
    assert noise.std() == pytest.approx(1, abs=1e-3)
    neighbours = np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]
    assert neighbours > 0.8


def test_pick_colour_stays_near_the_palette() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        name, rgb = pick_colour(rng, ("red", "blue"))
        assert name in ("red", "blue")
        assert np.abs(rgb - np.asarray(PALETTE[name])).max() < 80
        assert rgb.dtype == np.float32
