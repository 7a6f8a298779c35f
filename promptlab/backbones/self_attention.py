"""Self-self attention: patches attend by values, queries or keys alone instead of queries to keys.

Works on the parts of a block's attention. Knows neither blocks nor models.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

__all__ = ["SelfAttention", "attend_by_all", "attend_by_value"]

_GEM_ITERATIONS = 1
"""As in GEM's published code."""

Heads = Float[Tensor, "batch head token width"]


@dataclass(frozen=True)
class SelfAttention:
    """One block's attention, in parts."""

    norm: Callable[[Tensor], Tensor]
    """The norm before it: "batch token channel" both."""
    project: Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]
    """Normed tokens to queries, keys and values: "batch token channel" each."""
    out: Callable[[Tensor], Tensor]
    """Attended values, heads side by side, to what is added to the tokens."""
    heads: int

    def update(
        self, tokens: Float[Tensor, "batch token channel"], method: str
    ) -> Float[Tensor, "batch token channel"]:
        """Return what the block adds to its tokens under a method: ``value`` or ``gem``."""
        normed = self.norm(tokens)
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.project(normed)
        )
        if method == "value":
            attended = attend_by_value(value)
        else:
            attended = attend_by_all(query, key, value, length=normed.norm(dim=-1).mean(-1))
        return self.out(attended.transpose(1, 2).flatten(2))


def attend_by_value(value: Heads) -> Heads:
    """Return softmax(V V' / sqrt(width)) V (CLIP Surgery, arXiv 2304.05653, section 3.2)."""
    scores: Tensor = value @ value.mT / value.shape[-1] ** 0.5
    return scores.softmax(-1) @ value


def attend_by_all(
    query: Heads, key: Heads, value: Heads, *, length: Float[Tensor, " batch"]
) -> Heads:
    """Return the mean of query-query, key-key and value-value attention to the values.

    GEM (arXiv 2312.00878, section 3.3): each side is brought to unit length and replaced by its
    own attention, then attends to the values. The inverse temperature is the image's mean token
    ``length`` before the projections, over sqrt(width).
    """
    sharpness = (length / value.shape[-1] ** 0.5)[:, None, None, None]
    attended = []
    for side in (value, key, query):
        unit = normalize(side, dim=-1)
        for _ in range(_GEM_ITERATIONS):
            unit = normalize((sharpness * unit @ unit.mT).softmax(-1) @ unit, dim=-1)
        attended.append((sharpness * unit @ unit.mT).softmax(-1) @ value)
    return torch.stack(attended).mean(0)
