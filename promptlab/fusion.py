"""How the whole image and its map become one image score; explained in docs/FUSION.md.

Every number in and out is a probability. Knows no scorer, no aligner and no prompt.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from promptlab.config import FusionConfig

__all__ = ["fuse_scores", "pool_map"]

_EDGE = 1e-7
"""Probabilities are kept so far from 0 and 1 before their log odds are taken (float32 has no
number between 1 - 6e-8 and 1)."""


def pool_map(
    patch_map: Float[Tensor, "batch patch"], fusion: FusionConfig
) -> Float[Tensor, " batch"]:
    """Return one probability for each map, by `fusion.pool`.

    - ``top``: the mean of the highest `fusion.top` of its values, at least one of them.
    - ``soft``: its log odds' mean in which high values weigh more,
      T log(mean exp(log odds / T)) with T = `fusion.softness`: from the maximum (T towards 0) to
      the mean (T towards infinity).
    """
    if fusion.pool == "top":
        highest = max(1, round(fusion.top * patch_map.shape[-1]))
        return patch_map.topk(highest, dim=-1).values.mean(-1)
    steps = torch.logit(patch_map, _EDGE) / fusion.softness
    mean = torch.logsumexp(steps, -1) - math.log(patch_map.shape[-1])
    return torch.sigmoid(fusion.softness * mean)


def fuse_scores(
    whole: Float[Tensor, " batch"], local: Float[Tensor, " batch"], fusion: FusionConfig
) -> Float[Tensor, " batch"]:
    """Return the weighted mean of both scores, or of their log odds, by `fusion.join`."""
    if fusion.join == "probability":
        return _mean(whole, local, fusion)
    return torch.sigmoid(_mean(torch.logit(whole, _EDGE), torch.logit(local, _EDGE), fusion))


def _mean(
    whole: Float[Tensor, " batch"], local: Float[Tensor, " batch"], fusion: FusionConfig
) -> Float[Tensor, " batch"]:
    return (fusion.global_ * whole + fusion.local * local) / (fusion.global_ + fusion.local)
