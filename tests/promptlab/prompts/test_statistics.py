import numpy as np
import pytest

from promptlab.errors import PromptError
from promptlab.prompts.statistics import set_statistics

EAST, NORTH = [1.0, 0.0], [0.0, 1.0]


def test_set_statistics_when_the_states_are_apart():
    found = set_statistics(np.array([EAST, EAST]), np.array([NORTH, NORTH]))

    assert (found.diversity_normal, found.diversity_abnormal) == (0.0, 0.0)
    assert (found.separation, found.overlap) == (1.0, 0.0)


def test_set_statistics_when_the_states_say_the_same():
    # Each state holds both directions; an equal prompt of the other state is nearest to each.
    found = set_statistics(np.array([EAST, NORTH]), np.array([EAST, NORTH]))

    assert (found.diversity_normal, found.diversity_abnormal) == (1.0, 1.0)
    assert found.separation == pytest.approx(0.0)
    assert found.overlap == 1.0


def test_set_statistics_when_a_state_has_one_prompt():
    assert set_statistics(np.array([EAST]), np.array([NORTH])).diversity_normal is None


def test_set_statistics_when_a_state_is_empty():
    with pytest.raises(PromptError, match="got 0 normal and 1 abnormal"):
        set_statistics(np.zeros((0, 2)), np.array([NORTH]))
