import pytest
import torch

from aligners.windows import check_scales, square_windows


def test_square_windows_of_side_2_on_2_by_3_grid():
    windows = square_windows((2, 3), 2)
    assert windows.indices.tolist() == [[0, 1, 3, 4], [1, 2, 4, 5]]
    assert windows.members.int().tolist() == [[1, 1, 0, 1, 1, 0], [0, 1, 1, 0, 1, 1]]


@pytest.mark.parametrize(("grid", "side", "count"), [((15, 15), 2, 196), ((15, 15), 3, 169)])
def test_square_windows_count_is_winclips(grid, side, count):
    assert len(square_windows(grid, side).indices) == count


def test_square_windows_cover_every_patch_as_often_as_they_should():
    cover = square_windows((4, 5), 2).members.sum(0).view(4, 5)
    edge = torch.tensor([1, 2, 2, 1]).outer(torch.tensor([1, 2, 2, 2, 1]))
    assert torch.equal(cover, edge)


@pytest.mark.parametrize("side", [0, 3])
def test_square_windows_refuses_side_that_does_not_fit(side):
    with pytest.raises(ValueError, match=f"got {side} for a grid of 2x5; use smaller window"):
        square_windows((2, 5), side)


@pytest.mark.parametrize("scales", [(), (0,), (2, 2)])
def test_check_scales_refuses(scales):
    with pytest.raises(ValueError, match="different window sides of at least 1 patch, but got"):
        check_scales(scales)


def test_square_windows_some_patches_apart_are_some_of_all():
    every, some = square_windows((7, 5), 2), square_windows((7, 5), 2, stride=2)
    starts = [row * 5 + column for row in (0, 2, 4) for column in (0, 2)]
    assert some.indices[:, 0].tolist() == starts
    assert {tuple(each) for each in some.indices.tolist()} <= {
        tuple(each) for each in every.indices.tolist()
    }
