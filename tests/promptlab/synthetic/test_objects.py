import numpy as np
import pytest

from promptlab.synthetic.canvas import PALETTE, Rendered
from promptlab.synthetic.catalogue import CORE, HELD_OUT
from promptlab.synthetic.objects import OBJECTS
from promptlab.synthetic.objects.scene import BACKGROUNDS, Scene, turn

# Subjects that may fill the view.
FILLING = {"pcb", "zipper"}
# Subjects so thin that they cover little of it.
SLIM = {"drillbit", "hook", "nail"}


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("size", [(112, 130), (120, 100)])
def test_object_lies_on_its_background(name: str, size: tuple[int, int]) -> None:
    for seed in range(2):
        rendered = OBJECTS[name](np.random.default_rng(seed), size)
        assert rendered.picture.shape == (*size, 3)
        assert rendered.picture.dtype == rendered.coverage.dtype == np.float32
        assert np.isfinite(rendered.picture).all()
        assert rendered.picture.min() >= 0
        assert rendered.picture.max() <= 255
        assert rendered.coverage.shape == size
        assert rendered.coverage.min() >= 0
        assert rendered.coverage.max() <= 1
        assert rendered.colour in PALETTE
        assert rendered.behind is not None
        assert rendered.behind.shape == (*size, 3)
        share = rendered.coverage.mean()
        assert share >= (0.02 if name in SLIM else 0.05)
        assert share <= (1 if name in FILLING else 0.95)


@pytest.mark.parametrize("name", OBJECTS)
def test_object_repeats_for_a_seed_and_differs_between_seeds(name: str) -> None:
    first, again, other = (
        OBJECTS[name](np.random.default_rng(seed), (100, 110)) for seed in (4, 4, 5)
    )
    assert np.array_equal(first.picture, again.picture)
    assert np.array_equal(first.coverage, again.coverage)
    assert np.abs(first.picture - other.picture).mean() > 1


def _scene(seed: int = 0) -> Scene:
    grey = np.full((80, 100, 3), 128, np.float32)
    return Scene(np.random.default_rng(seed), (80, 100), fill=(0.5, 0.5), tilt=0.0, background=grey)


def test_scene_reach_is_half_the_share_of_the_shorter_side() -> None:
    assert _scene().reach == pytest.approx(20)


def test_scene_box_has_the_area_of_its_sides() -> None:
    # Half sides 0.8 and 0.4 at 20 pixels a unit: 32 by 16 pixels, plus OpenCV's border.
    assert _scene().box((0.8, 0.4)).sum() == pytest.approx(512, rel=0.15)
    rounded = _scene().box((0.8, 0.8), corner=0.8).sum()
    assert rounded == pytest.approx(np.pi * 16**2, rel=0.1)


def test_scene_add_covers_and_cut_uncovers() -> None:
    scene = _scene()
    scene.add(scene.circle(0, 0, 1), np.asarray([200, 0, 0], np.float32))
    assert scene.coverage.sum() == pytest.approx(np.pi * 400, rel=0.02)
    scene.cut(scene.circle(0, 0, 0.5))
    assert scene.coverage.sum() == pytest.approx(np.pi * 300, rel=0.03)
    rendered: Rendered = scene.done("red")
    centre = tuple(round(v) for v in scene.centre)
    assert rendered.coverage[centre[1], centre[0]] == 0
    assert rendered.picture[centre[1], centre[0], 0] <= 128


def test_scene_mark_stays_on_the_object() -> None:
    scene = _scene()
    scene.mark(np.ones((80, 100), np.float32), np.asarray([0, 0, 0], np.float32))
    assert np.all(scene.picture == 128)


def test_scene_accepts_a_part_outside_the_view() -> None:
    scene = _scene()
    scene.add(scene.circle(50, 50, 1), np.asarray([0, 0, 0], np.float32), bevel=0.1)
    assert np.all(scene.picture == 128)


def test_turn_gives_a_square_when_asked_for_four_corners() -> None:
    assert np.allclose(turn(4, radius=2), [(2, 0), (0, 2), (-2, 0), (0, -2)])


def test_backgrounds_show_only_core_textures_that_training_may_see() -> None:
    assert set(BACKGROUNDS) <= CORE - HELD_OUT
