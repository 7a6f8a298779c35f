import numpy as np
import pytest
from langchain_core.vectorstores.utils import maximal_marginal_relevance

from promptlab.prompts.selection import even_places, mmr_places, random_places


def unit(rows):
    vectors = np.asarray(rows, dtype=float)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_even_places():
    assert even_places(7, 3) == [0, 2, 4]
    assert even_places(2, 5) == [0, 1]


def test_random_places_draws_without_replacement():
    drawn = random_places(9, 4, rng=np.random.default_rng(0))

    assert len({*drawn}) == 4
    assert {*drawn} <= {*range(9)}
    assert random_places(2, 4, rng=np.random.default_rng(0)) == [0, 1]


def test_mmr_places_when_two_say_the_same_takes_the_one_that_differs():
    # Three directions at 0, 0 and 60 degrees: the first is most typical, then the third.
    vectors = unit([[1, 0], [1, 0], [0.5, np.sqrt(0.75)]])

    assert mmr_places(vectors, 2) == [0, 2]
    assert mmr_places(vectors, 2, relevance=1.0) == [0, 1]
    assert mmr_places(vectors, 9) == [0, 2, 1]
    assert mmr_places(vectors, 0) == []


@pytest.mark.parametrize("relevance", [0.2, 0.5, 0.9])
def test_mmr_places_equals_langchains(relevance):
    vectors = unit(np.random.default_rng(3).normal(size=(20, 5)))

    theirs = maximal_marginal_relevance(vectors.mean(0), list(vectors), relevance, k=8)

    assert mmr_places(vectors, 8, relevance=relevance) == theirs
