"""What every scorer must do, as checks that a plug-in's author can run too.

    >>> from promptlab.scorers.mean import MeanScorer
    >>> for check in CHECKS:
    ...     check(MeanScorer)

Each check takes the class, or any callable that builds the scorer (such as a `functools.partial`
with parameters), and raises AssertionError on a breach.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import normalize
from torch.testing import assert_close

from promptlab.scorers.base import PromptWeights, Scorer, Similarities

__all__ = ["CHECKS", "example_similarities", "permute_prompts"]

Build = Callable[[], Scorer]
_NORMAL, _ABNORMAL = 13, 9


def example_similarities(
    *lead: int, normal: int = _NORMAL, abnormal: int = _ABNORMAL, logit_scale: float = 20.0
) -> Similarities:
    """Return similarities of random embeddings to random prompts, the same at every call."""
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> Tensor:
        return normalize(torch.randn(*shape, 16, generator=generator), dim=-1)

    fine, bad = draw(normal), draw(abnormal)
    embeddings = draw(*lead)
    return Similarities(
        normal=embeddings @ fine.T,
        abnormal=embeddings @ bad.T,
        normal_gram=fine @ fine.T,
        abnormal_gram=bad @ bad.T,
        logit_scale=logit_scale,
    )


def permute_prompts(
    similarities: Similarities, normal: Int[Tensor, " normal"], abnormal: Int[Tensor, " abnormal"]
) -> Similarities:
    """Return the similarities to the same prompts in another order (or to some of them)."""
    return replace(
        similarities,
        normal=similarities.normal[..., normal],
        abnormal=similarities.abnormal[..., abnormal],
        normal_gram=similarities.normal_gram[normal][:, normal],
        abnormal_gram=similarities.abnormal_gram[abnormal][:, abnormal],
    )


def check_documented(build: Build) -> None:
    """The class says what it does, and so its `rule` does."""
    cls = type(build())
    if not (cls.__doc__ or "").strip() or (cls.__doc__ or "").startswith(f"{cls.__name__}("):
        raise AssertionError(f"{cls.__name__} must have a docstring, but has none; write one line.")
    if not build().rule.strip():
        raise AssertionError(
            f"{cls.__name__}.rule must say what decides the weights, but is empty."
        )


def check_configuration(build: Build) -> None:
    """The class is a frozen dataclass that its own field values rebuild."""
    scorer = build()
    cls = type(scorer)
    if not (is_dataclass(scorer) and cls.__dataclass_params__.frozen):
        raise AssertionError(f"{cls.__name__} must be a frozen dataclass; decorate it as one.")
    again = cls(**{field.name: getattr(scorer, field.name) for field in fields(scorer)})
    if again != scorer:
        raise AssertionError(f"{again} must equal {scorer}, of whose values it was made.")


def check_weights(build: Build) -> None:
    """Weights have the prompts' shape, are not negative, and each state's add up to one."""
    similarities = example_similarities(5)
    weights = build().weigh(similarities)
    for found, like in (
        (weights.normal, similarities.normal),
        (weights.abnormal, similarities.abnormal),
    ):
        if found.shape != like.shape or bool((found < 0).any()):
            raise AssertionError(f"weights must be {tuple(like.shape)} and >= 0, but got {found}.")
        assert_close(found.sum(-1), torch.ones(5))


def check_probability(build: Build) -> None:
    """Scores are finite and in [0, 1], one per embedding, at any inverse temperature."""
    for logit_scale in (0.01, 20.0, 1e4):
        scores = _judge(build(), example_similarities(5, logit_scale=logit_scale))
        inside = scores.isfinite() & (scores >= 0) & (scores <= 1)
        if scores.shape != (5,) or not bool(inside.all()):
            raise AssertionError(f"scores must be five numbers in [0, 1], but got {scores}.")


def check_deterministic(build: Build) -> None:
    """The same similarities give the same scores, bit for bit."""
    similarities = example_similarities(5)
    assert_close(_judge(build(), similarities), _judge(build(), similarities), rtol=0, atol=0)


def check_inputs_kept(build: Build) -> None:
    """Nothing is written into the similarities."""
    similarities, untouched = example_similarities(5), example_similarities(5)
    _judge(build(), similarities)
    for name in ("normal", "abnormal", "normal_gram", "abnormal_gram"):
        assert_close(getattr(similarities, name), getattr(untouched, name), rtol=0, atol=0)


def check_prompts_unordered(build: Build) -> None:
    """Reordering the prompts reorders their weights and changes no score."""
    similarities, scorer = example_similarities(5), build()
    generator = torch.Generator().manual_seed(1)
    normal = torch.randperm(_NORMAL, generator=generator)
    abnormal = torch.randperm(_ABNORMAL, generator=generator)
    permuted = permute_prompts(similarities, normal, abnormal)
    before, after = scorer.weigh(similarities), scorer.weigh(permuted)
    assert_close(after.normal, before.normal[..., normal])
    assert_close(after.abnormal, before.abnormal[..., abnormal])
    assert_close(_judge(scorer, permuted), _judge(scorer, similarities))


def check_embeddings_independent(build: Build) -> None:
    """Leading dimensions are free, and no embedding's score depends on another's."""
    similarities = example_similarities(5, 7)
    one = replace(
        similarities, normal=similarities.normal[2, 3], abnormal=similarities.abnormal[2, 3]
    )
    found = _judge(build(), similarities)
    if found.shape != (5, 7):
        raise AssertionError(f"scores must have the leading shape (5, 7), but got {found.shape}.")
    assert_close(_judge(build(), one), found[2, 3])


def check_context_serves_places(build: Build) -> None:
    """An image's weights score its places, broadcast as well as written out."""
    scorer, places = build(), example_similarities(5, 7)
    image = replace(places, normal=places.normal[:, 0], abnormal=places.abnormal[:, 0])
    weights = scorer.weigh(image)
    context = PromptWeights(weights.normal[:, None], weights.abnormal[:, None])
    written_out = PromptWeights(
        context.normal.expand_as(places.normal), context.abnormal.expand_as(places.abnormal)
    )
    found: Float[Tensor, "5 7"] = scorer.score(places, context)
    assert_close(found, scorer.score(places, written_out))


def check_few_prompts(build: Build) -> None:
    """One prompt per state is enough, and then has all the weight."""
    similarities = example_similarities(5, normal=1, abnormal=1)
    weights = build().weigh(similarities)
    assert_close(weights.normal, torch.ones(5, 1))
    assert_close(weights.abnormal, torch.ones(5, 1))
    if not bool(_judge(build(), similarities).isfinite().all()):
        raise AssertionError("scores must be finite with one prompt per state, but are not.")


def _judge(scorer: Scorer, similarities: Similarities) -> Float[Tensor, "*lead"]:
    return scorer.score(similarities, scorer.weigh(similarities))


CHECKS: Final[tuple[Callable[[Build], None], ...]] = (
    check_documented,
    check_configuration,
    check_weights,
    check_probability,
    check_deterministic,
    check_inputs_kept,
    check_prompts_unordered,
    check_embeddings_independent,
    check_context_serves_places,
    check_few_prompts,
)
