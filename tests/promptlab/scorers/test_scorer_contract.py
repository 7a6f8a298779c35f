import re
from dataclasses import dataclass
from functools import partial

import pytest
import torch

from promptlab.scorers import SCORERS
from promptlab.scorers.base import PromptWeights, Scorer
from promptlab.scorers.contextual import ContextualScorer
from promptlab.scorers.contract import (
    CHECKS,
    check_documented,
    check_embeddings_independent,
    check_prompts_unordered,
    check_weights,
)
from promptlab.scorers.mean import MeanScorer
from promptlab.scorers.softmax import SoftmaxScorer

SHIPPED = {
    **{name: SCORERS[name] for name in SCORERS.available()},
    "overlap_hard": partial(ContextualScorer, mode="overlap_hard"),
    "overlap_soft": partial(ContextualScorer, mode="overlap_soft"),
    "softmax_balanced": partial(SoftmaxScorer, balanced=True),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scorer_keeps_contract(name, check):
    check(SHIPPED[name])


@dataclass(frozen=True)
class Undocumented(MeanScorer):
    pass


@dataclass(frozen=True)
class Favouring(MeanScorer):
    """Breaks the contract: the first prompt of each state has all the weight."""

    def weigh(self, similarities):
        first = torch.zeros_like(similarities.normal), torch.zeros_like(similarities.abnormal)
        for weights in first:
            weights[..., 0] = 1
        return PromptWeights(*first)


@dataclass(frozen=True)
class Unnormalised(MeanScorer):
    """Breaks the contract: weights add up to the number of prompts."""

    def weigh(self, similarities):
        return PromptWeights(
            torch.ones_like(similarities.normal), torch.ones_like(similarities.abnormal)
        )


@dataclass(frozen=True)
class Standardising(MeanScorer):
    """Breaks the contract: scores are centred over the batch."""

    def score(self, similarities, weights):
        scores = super().score(similarities, weights)
        return (scores - scores.mean() + 0.5).clamp(0, 1)


@pytest.mark.parametrize(
    ("check", "broken", "words"),
    [
        (check_documented, Undocumented, "must have a docstring"),
        (check_prompts_unordered, Favouring, "not close"),
        (check_weights, Unnormalised, "not close"),
        (check_embeddings_independent, Standardising, "not close"),
    ],
)
def test_check_fails_on_a_breach(check, broken: type[Scorer], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        check(broken)


def test_rule_is_the_docstrings_first_sentence_by_default():
    assert MeanScorer().rule == (
        "Compare with the renormalised mean text embedding of each state (WinCLIP, section 4.1)."
    )


@pytest.mark.parametrize(
    ("scorer", "words"),
    [
        (ContextualScorer(share=0.1, keep=3), "Keep the 10 % of each state's prompts .* least 3"),
        (ContextualScorer(mode="overlap_hard", keep=2), "Drop prompts inside .* at least the 2"),
        (ContextualScorer(mode="overlap_soft"), "the deeper it lies .* drop none"),
        (SCORERS["contextual_rank"](), "drop one that beats exactly half"),
    ],
)
def test_rule_says_what_the_parameters_do(scorer: Scorer, words: str) -> None:
    assert re.search(words, scorer.rule)
