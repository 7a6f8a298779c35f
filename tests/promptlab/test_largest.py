import pytest
import torch

from promptlab.largest import largest


def test_largest_equals_a_full_sort_and_leaves_the_values_alone():
    values = torch.randn(3, 5, 40, generator=torch.Generator().manual_seed(0))
    before = values.clone()
    for count in (1, 7, 40):
        assert largest(values, count).equal(values.sort(dim=-1).values[..., -count:])
    assert values.equal(before)


def test_many_rows_over_several_threads_are_the_same():
    values = torch.randn(7, 150, 300, generator=torch.Generator().manual_seed(0))
    assert largest(values, 9).equal(values.sort(dim=-1).values[..., -9:])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_ties_come_as_often_as_they_are_there(count):
    values = torch.tensor([[2.0, 5.0, 5.0, 1.0]])
    assert largest(values, count).tolist() == [[2.0, 5.0, 5.0][-count:]]


def test_largest_of_no_rows_has_no_rows():
    assert largest(torch.empty(0, 4), 2).shape == (0, 2)
