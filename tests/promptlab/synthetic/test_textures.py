import numpy as np
import pytest

from promptlab.synthetic.canvas import PALETTE
from promptlab.synthetic.textures import TEXTURES


@pytest.mark.parametrize("name", TEXTURES)
@pytest.mark.parametrize("size", [(96, 130), (150, 100)])
def test_texture_fills_the_picture(name: str, size: tuple[int, int]) -> None:
    for seed in range(2):
        rendered = TEXTURES[name](np.random.default_rng(seed), size)
        assert rendered.picture.shape == (*size, 3)
        assert rendered.picture.dtype == np.float32
        assert np.isfinite(rendered.picture).all()
        assert rendered.picture.min() >= 0
        assert rendered.picture.max() <= 255
        assert np.all(rendered.coverage == 1)
        assert rendered.colour in PALETTE
        assert rendered.behind is None


@pytest.mark.parametrize("name", TEXTURES)
def test_texture_repeats_for_a_seed_and_differs_between_seeds(name: str) -> None:
    first, again, other = (
        TEXTURES[name](np.random.default_rng(seed), (96, 110)).picture for seed in (4, 4, 5)
    )
    assert np.array_equal(first, again)
    assert np.abs(first - other).mean() > 1


@pytest.mark.parametrize("name", TEXTURES)
def test_texture_is_not_flat(name: str) -> None:
    assert TEXTURES[name](np.random.default_rng(1), (120, 96)).picture.std() > 0.8
