import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from promptlab.config import FusionConfig
from promptlab.fusion import fuse_scores, pool_map

MAPS = torch.tensor([[0.1, 0.5, 0.9, 0.2], [0.3, 0.3, 0.3, 0.3]])


def odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def test_top_is_the_mean_of_the_highest_share() -> None:
    assert pool_map(MAPS, FusionConfig(top=0.5)).tolist() == pytest.approx([0.7, 0.3])


def test_top_takes_one_value_at_least() -> None:
    assert pool_map(MAPS, FusionConfig(top=0.01)).tolist() == pytest.approx([0.9, 0.3])


def test_soft_is_the_formula_of_its_docstring() -> None:
    found = pool_map(MAPS, FusionConfig(pool="soft", softness=2))
    terms = [math.exp(odds(value) / 2) for value in (0.1, 0.5, 0.9, 0.2)]
    assert found[0].item() == pytest.approx(logistic(2 * math.log(sum(terms) / 4)), rel=1e-5)
    assert found[1].item() == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("softness", "expected"),
    [(1e-3, 0.9), (1e4, logistic(sum(map(odds, (0.1, 0.5, 0.9, 0.2))) / 4))],
)
def test_soft_goes_from_maximum_to_mean(softness: float, expected: float) -> None:
    found = pool_map(MAPS[:1], FusionConfig(pool="soft", softness=softness))
    assert found.item() == pytest.approx(expected, abs=2e-3)


def test_odds_are_averaged_by_weight() -> None:
    fusion = FusionConfig.model_validate({"global": 1, "local": 3, "join": "odds"})
    found = fuse_scores(torch.tensor([0.5]), torch.tensor([0.9]), fusion)
    assert found.item() == pytest.approx(logistic(0.75 * odds(0.9)))


def test_odds_keep_an_order_that_probabilities_flatten() -> None:
    """Two maps near 1 differ more in log odds than two whole images near one half."""
    whole, local = torch.tensor([0.5, 0.51]), torch.tensor([0.9999, 0.999])
    first, second = fuse_scores(whole, local, FusionConfig(join="odds")).tolist()
    assert first > second
    first, second = fuse_scores(whole, local, FusionConfig()).tolist()
    assert first < second


@given(
    whole=st.floats(0, 1, width=32),
    local=st.floats(0, 1, width=32),
    share=st.floats(0, 1),
    join=st.sampled_from(["probability", "odds"]),
)
def test_a_joined_score_lies_between_its_parts(
    whole: float, local: float, share: float, join: str
) -> None:
    fusion = FusionConfig.model_validate({"global": 1 - share, "local": share, "join": join})
    found = fuse_scores(torch.tensor([whole]), torch.tensor([local]), fusion).item()
    assert min(whole, local) - 2e-7 <= found <= max(whole, local) + 2e-7


@given(values=st.lists(st.floats(0, 1, width=32), min_size=1, max_size=9), soft=st.booleans())
def test_a_pooled_score_lies_within_the_map(values: list[float], soft: bool) -> None:
    fusion = FusionConfig(pool="soft" if soft else "top")
    found = pool_map(torch.tensor([values]), fusion).item()
    assert min(values) - 2e-7 <= found <= max(values) + 2e-7


@pytest.mark.parametrize("wrong", [{"softness": 0}, {"join": "odd"}, {"pool": "max"}])
def test_wrong_values_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FusionConfig.model_validate(wrong)
