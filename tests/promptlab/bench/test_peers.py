import numpy as np
import pytest

from promptlab.bench.peers import looped_aupro, official_aupro
from promptlab.bench.pixel_metrics import draw_case
from promptlab.metrics.pixel import PixelHistogram, aupro_200, exact_ranking, pixel_metrics


@pytest.fixture(scope="module")
def case() -> tuple[np.ndarray, np.ndarray]:
    return draw_case(images=3, side=48)


def test_official_aupro_is_what_sorting_gives(case: tuple[np.ndarray, np.ndarray]) -> None:
    exact = pixel_metrics(exact_ranking(*case)).aupro.value
    assert official_aupro(*case) == pytest.approx(exact, abs=1e-9)


def test_looped_aupro_is_what_aupro_200_gives(case: tuple[np.ndarray, np.ndarray]) -> None:
    pytest.importorskip("skimage")
    found = aupro_200(PixelHistogram.of(*case)).value
    assert looped_aupro(*case) == pytest.approx(found, abs=1e-6)


def test_draw_case_gives_maps_that_fill_the_unit_interval() -> None:
    maps, masks = draw_case(images=5, side=64)
    assert (maps.min(), maps.max()) == (0, 1)
    assert masks.any((1, 2)).tolist() == [True, True, True, False, False]
