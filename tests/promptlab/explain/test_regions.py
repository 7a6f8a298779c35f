import numpy as np
import pytest

from promptlab.explain.regions import find_regions, place_in_words, rule_in_words


def scene(*blobs: tuple[slice, slice, float], size: tuple[int, int] = (30, 60)) -> np.ndarray:
    """A background of 0.1, an object of 0.5 and on it some rectangles."""
    drawn = np.full(size, 0.1, dtype=np.float32)
    drawn[5:25, 10:50] = 0.5
    for rows, columns, value in blobs:
        drawn[rows, columns] = value
    return drawn


def test_find_regions_cuts_connected_pieces_the_highest_first() -> None:
    low, high = (slice(6, 12), slice(13, 19)), (slice(16, 24), slice(30, 45))
    found = find_regions(scene((*low, 0.9), (*high, 0.91)))
    assert [int(region.sum()) for region in found] == [8 * 15, 6 * 6]
    assert found[0][high].all()
    assert found[1][low].all()


def test_find_regions_parts_a_defect_from_its_object() -> None:
    defect = (slice(10, 14), slice(20, 26))
    (found,) = find_regions(scene((*defect, 0.9)))
    assert found[defect].all()
    assert found.sum() == 4 * 6


def test_find_regions_takes_all_of_a_map_of_two_levels() -> None:
    (found,) = find_regions(scene())
    assert found.sum() == 20 * 40


def test_find_regions_joins_pieces_that_touch_at_a_corner() -> None:
    touching = (slice(6, 10), slice(12, 16), 0.9), (slice(10, 14), slice(16, 20), 0.9)
    assert len(find_regions(scene(*touching))) == 1


def test_find_regions_leaves_specks_out_but_never_the_peak() -> None:
    speck, blob = (slice(7, 8), slice(12, 13)), (slice(16, 24), slice(30, 45))
    (only,) = find_regions(scene((*speck, 0.9), (*blob, 0.91)), least_share=0.01)
    assert only[blob].all()
    found = find_regions(scene((*speck, 0.91), (*blob, 0.9)), least_share=0.01)
    assert [int(region.sum()) for region in found] == [1, 8 * 15]


def test_find_regions_takes_the_share_asked_for() -> None:
    ramp = np.arange(100, dtype=np.float32).reshape(10, 10) / 100
    (found,) = find_regions(ramp, top_share=0.2)
    assert found.sum() == 20
    assert found[8:].all()


def test_find_regions_has_none_in_a_flat_map() -> None:
    noise = np.linspace(0, 1e-6, 1800, dtype=np.float32).reshape(30, 60)
    assert find_regions(0.5 + noise) == ()


def test_rule_in_words_says_which_cut() -> None:
    assert "Otsu" in rule_in_words(None)
    assert rule_in_words(0.05) == "connected pieces of the map's highest 5 %"


@pytest.mark.parametrize(
    ("rows", "columns", "words"),
    [
        (slice(0, 2), slice(0, 2), "upper left"),
        (slice(0, 2), slice(25, 35), "upper centre"),
        (slice(13, 17), slice(58, 60), "middle right"),
        (slice(13, 17), slice(28, 32), "centre"),
        (slice(28, 30), slice(0, 2), "lower left"),
        (slice(1, 29), slice(2, 58), "whole image"),
        (slice(14, 16), slice(0, 60), "centre"),
    ],
)
def test_place_in_words_keeps_rows_and_columns_apart(
    rows: slice, columns: slice, words: str
) -> None:
    mask = np.zeros((30, 60), dtype=bool)
    mask[rows, columns] = True
    assert place_in_words(mask) == words


def test_a_thin_piece_from_edge_to_edge_is_not_the_whole_image() -> None:
    assert place_in_words(np.eye(30, dtype=bool)) == "across the image"
    assert place_in_words(np.ones((30, 30), dtype=bool)) == "whole image"
