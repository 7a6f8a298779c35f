import numpy as np
import pytest

from promptlab.metrics import counting
from promptlab.metrics.counting import DefectCounts
from promptlab.metrics.maps import LEVELS
from promptlab.metrics.pixel import PixelHistogram


def counts_of(*pixels):
    bins, sizes = np.array(pixels, np.int64).reshape(-1, 2).T
    return DefectCounts.of(bins, sizes)


def test_defects_are_summed_by_bin():
    counts = counts_of((7, 2), (3, 1), (7, 4))
    assert counts.bins.tolist() == [3, 7]
    assert counts.positives.tolist() == [1, 2]
    assert counts.weights.tolist() == [2**44, 2**43 + 2**42]


def test_defects_add_up_to_those_of_the_whole():
    pixels = [(7, 2), (LEVELS, 3), (7, 2), (0, 5)]
    assert counts_of(*pixels[:2]) + counts_of(*pixels[2:]) == counts_of(*pixels)
    assert counts_of(*pixels) != counts_of(*pixels[1:])
    with pytest.raises(TypeError, match="unhashable"):
        hash(counts_of())


def test_tables_add_up_neighbours_but_not_the_score_one():
    positives, weights = counts_of((4, 1), (7, 1), (8, 1), (LEVELS, 1)).tables(2)
    assert len(positives) == LEVELS // 4 + 1
    assert np.flatnonzero(positives).tolist() == [1, 2, LEVELS // 4]
    assert positives[1] == 2
    assert (weights == positives * 2**44).all()


def test_counts_do_not_depend_on_how_often_waiting_pixels_are_summed(monkeypatch):
    rng = np.random.default_rng(0)
    maps = rng.integers(0, 9, (6, 8, 12)).astype(np.float32) / 8
    masks = rng.random(maps.shape) < 0.3
    whole = PixelHistogram.of(maps, masks)
    monkeypatch.setattr(counting, "_PENDING", 5)
    assert PixelHistogram.of(maps, masks) == whole


@pytest.mark.parametrize("bins", [[0], [LEVELS], [5, 6, 9], [0, 1, LEVELS - 1, LEVELS], [1, 3]])
def test_ranking_has_a_group_for_each_defect_bin_and_for_what_lies_between(bins):
    scores = np.array([[*range(12), *bins, LEVELS - 2, LEVELS]]) / LEVELS
    mask = np.zeros(scores.shape, bool)
    mask[0, 12 : 12 + len(bins)] = True
    ranking = PixelHistogram.of([scores], [mask]).ranking()
    edges = sorted({0, *bins, *(each + 1 for each in bins if each < LEVELS)})
    group = np.searchsorted(edges, scores * LEVELS, side="right") - 1
    for found, chosen in ((ranking.negatives, ~mask), (ranking.positives, mask)):
        assert found[::-1].tolist() == np.bincount(group[chosen], minlength=len(edges)).tolist()
