"""What the trained part of `lite` is asked for: pure functions of embeddings and truth.

All embeddings here have unit length; ``logits`` are cosines times a learned scale.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

__all__ = [
    "drift_loss",
    "kind_loss",
    "neutral_loss",
    "sigmoid_loss",
    "state_loss",
    "type_loss",
]

DRIFT_FLOOR = 1e-6
VARIANCE_FLOOR = 1e-4
"""Added to a variance of cosines, so that captions which fit nothing cannot divide by zero."""


def sigmoid_loss(
    logits: Float[Tensor, "image caption"],
    truth: Bool[Tensor, "image caption"],
    hard: Bool[Tensor, "image caption"],
) -> Float[Tensor, ""]:
    """Return the pairwise sigmoid loss, averaged separately over three kinds of pair.

    True pairs, false pairs where only the state is wrong (``hard``) and all other false pairs
    weigh the same, however many there are; without that the rare hard ones would be ignored.
    After Zhai et al., "Sigmoid Loss for Language Image Pre-Training", ICCV 2023.
    """
    wrong = functional.softplus(logits)
    return (
        _mean_where(functional.softplus(-logits), truth)
        + _mean_where(wrong, ~truth & hard)
        + _mean_where(wrong, ~truth & ~hard)
    )


def type_loss(
    logits: Float[Tensor, "image caption"],
    truth: Bool[Tensor, "image caption"],
    rivals: Bool[Tensor, "image caption"],
) -> Float[Tensor, ""]:
    """Return how badly each image's kind of defect is told from other kinds.

    ``rivals`` marks, for images with a defect, the captions that fit the image and name a defect;
    ``truth`` says which of them are right. Two parts: the sigmoid terms of right and wrong
    captions, averaged separately, and a softmax over each image's rivals, in which all its right
    captions count as one class. Images without both a right and a wrong rival are left out.
    """
    right, wrong = rivals & truth, rivals & ~truth
    usable = (right.any(1) & wrong.any(1))[:, None]
    right, wrong = right & usable, wrong & usable
    pairs = _mean_where(functional.softplus(-logits), right) + _mean_where(
        functional.softplus(logits), wrong
    )
    low = torch.finfo(logits.dtype).min / 2
    among = logits.masked_fill(~(right | wrong), low).logsumexp(1)
    hit = logits.masked_fill(~right, low).logsumexp(1)
    return pairs + _mean_where(among - hit, usable[:, 0])


def state_loss(
    difference: Float[Tensor, " sample"], abnormal: Bool[Tensor, " sample"]
) -> Float[Tensor, ""]:
    """Return the binary loss on the score that detection uses.

    Args:
        difference: scale times (cosine to an abnormal caption minus cosine to a normal one); what
            the softmax over the two states is the sigmoid of.
        abnormal: whether the image, window or patch shows a defect.
    """
    return _mean_where(functional.softplus(-difference), abnormal) + _mean_where(
        functional.softplus(difference), ~abnormal
    )


def neutral_loss(
    normal: Float[Tensor, "pair dim"],
    abnormal: Float[Tensor, "pair dim"],
    captions: Float[Tensor, "caption dim"],
) -> Float[Tensor, ""]:
    """Return how much a defect moves the similarity to captions that say nothing of the state.

    For each caption, the mean squared difference between twins over twice the variance between
    normal images: 1 where twins are as unlike as strangers, 0 where a defect changes nothing. The
    ratio is what an unrelated prompt's AUROC depends on, whatever the scale.
    """
    before, after = normal @ captions.T, abnormal @ captions.T
    change = (after - before).square().mean(0)
    return (change / (2 * before.var(0) + VARIANCE_FLOOR)).mean()


def kind_loss(
    logits: Float[Tensor, "image kind"], shows: Bool[Tensor, "image kind"]
) -> Float[Tensor, ""]:
    """Return the cross-entropy of naming an image's kinds of defect among all kinds.

    Unlike `type_loss` it knows no near-synonyms: "a hole" is true of a needle's prick, and there a
    right answer, but here the prick must score higher. Several kinds in one image count as one
    class; images without a defect are left out.
    """
    low = torch.finfo(logits.dtype).min / 2
    hit = logits.masked_fill(~shows, low).logsumexp(1)
    return _mean_where(logits.logsumexp(1) - hit, shows.any(1))


def drift_loss(
    change: Float[Tensor, "pair dim"], directions: Float[Tensor, "direction dim"]
) -> Float[Tensor, ""]:
    """Return how much a defect moves embeddings one way along directions that should be neutral.

    For each direction the squared mean over the mean square of the change between twins: 1 where
    every defect moves the same way, 0 where moves cancel. `neutral_loss` compares the size of
    moves to the variance over all categories; small moves that all go one way pass it and still
    decide within one category.
    """
    along = change @ directions.T
    return (along.mean(0).square() / (along.square().mean(0) + DRIFT_FLOOR)).mean()


def _mean_where(values: Tensor, where: Tensor) -> Tensor:
    """Mean over the chosen entries; zero when there is none, so that the term drops out."""
    chosen = where.to(values.dtype)
    return (values * chosen).sum() / chosen.sum().clamp_min(1)
