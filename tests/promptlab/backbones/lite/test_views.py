from dataclasses import replace

import numpy as np
import pytest
import torch

from promptlab.backbones.lite.dataset import BLANK, NOTHING, Group
from promptlab.backbones.lite.views import _choose_members, draw_views
from promptlab.synthetic.scene import Scene


@pytest.fixture
def numbered():
    """Four pairs on a 6 x 8 grid; a token holds its patch's number, a defect covers two patches."""
    tokens = torch.arange(48, dtype=torch.float16)[None, :, None].repeat(8, 1, 1)
    coverage = torch.zeros(8, 48, dtype=torch.float16)
    coverage[1::2, 20:22] = 0.5
    scenes = [
        Scene(BLANK, NOTHING, "screw", ("crack",) if row % 2 else (), "red", "bottom", 0.3)
        for row in range(8)
    ]
    return Group((6, 8), tokens, coverage, tuple(scenes), None)


def test_views_are_rectangles_of_patches_and_the_same_for_twins(numbered):
    shapes = set()
    for seed in range(12):
        view = draw_views(numbered, 3, smallest=0.7, rng=np.random.default_rng(seed))
        rows, cols = view.grid
        shapes.add(view.grid)
        numbers = view.tokens[..., 0].reshape(6, rows, cols)
        assert torch.equal(numbers[::2], numbers[1::2])
        assert (numbers.diff(dim=2) == 1).all()
        assert (numbers.diff(dim=1) == 8).all()
        assert torch.equal(view.coverage[1::2] > 0, (view.tokens[1::2, :, 0] // 2) == 10)
        assert not view.coverage[::2].any()
    assert len(shapes) > 3
    assert all(4 <= rows <= 6 and 6 <= cols <= 8 for rows, cols in shapes)


def test_whole_images_keep_what_is_known_of_them(numbered):
    view = draw_views(numbered, 4, smallest=1.0, rng=np.random.default_rng(0))
    assert view.grid == (6, 8)
    assert {(bool(scene.defects), scene.place, scene.extent) for scene in view.scenes} == {
        (False, "bottom", 0.3),
        (True, "bottom", 0.3),
    }


def test_place_and_extent_are_those_of_the_view(numbered):
    for seed in range(8):
        view = draw_views(numbered, 4, smallest=0.7, rng=np.random.default_rng(seed))
        rows, cols = view.grid
        if (rows, cols) == (6, 8):
            continue
        covered = view.coverage[1].reshape(rows, cols).nonzero()
        height = (covered[:, 0].float().mean() / rows).item()
        scene = view.scenes[1]
        assert scene.extent == pytest.approx(view.coverage[1].mean().item())
        assert ("top" in scene.place) == (height < 0.38)
        assert ("bottom" in scene.place) == (height > 0.62)
        assert view.scenes[0].place == "bottom"  # nothing is known anew of a normal image


def test_members_hold_the_defect_when_a_place_was_tried_that_does():
    defects = np.zeros((1, 6, 8))
    defects[0, 0, 0] = 1
    members = _choose_members(defects, (6, 7), np.random.default_rng(0))  # two places only
    assert members[0, 0] == 0
    assert members.shape == (1, 42)


def test_a_second_defect_kind_is_kept(numbered):
    facts = tuple(
        replace(scene, defects=("crack", "stain")) if scene.defects else scene
        for scene in numbered.facts
    )
    view = draw_views(replace(numbered, facts=facts), 2, smallest=0.7, rng=np.random.default_rng(2))
    assert [scene.defects for scene in view.scenes] == [(), ("crack", "stain")] * 2
