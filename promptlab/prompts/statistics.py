"""What a prompt set looks like in an embedding space: how diverse, how far its states are apart.

Pure arithmetic on unit vectors; which model made them is for others to say.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from promptlab.errors import PromptError

__all__ = ["SetStatistics", "set_statistics"]


@dataclass(frozen=True)
class SetStatistics:
    """Numbers of one prompt set in one embedding space."""

    diversity_normal: float | None
    """Mean cosine distance between two normal prompts; None: there is only one."""
    diversity_abnormal: float | None
    separation: float
    """Cosine distance between the mean normal and the mean abnormal prompt."""
    overlap: float
    """Share of prompts whose nearest other prompt speaks of the other state; 0.5 would be chance
    for two states of equal size that do not differ."""


def set_statistics(
    normal: Float[np.ndarray, "normal dim"], abnormal: Float[np.ndarray, "abnormal dim"]
) -> SetStatistics:
    """Measure a set from the unit vectors of its prompts.

    Raises:
        PromptError: when a state has no prompt.
    """
    if not len(normal) or not len(abnormal):
        raise PromptError(
            f"statistics need prompts of both states, but got {len(normal)} normal and "
            f"{len(abnormal)} abnormal ones; add at least one."
        )
    vectors = np.concatenate([normal, abnormal])
    state = np.repeat([0, 1], [len(normal), len(abnormal)])
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -np.inf)
    nearest = alike.argmax(1)
    return SetStatistics(
        diversity_normal=_diversity(normal),
        diversity_abnormal=_diversity(abnormal),
        separation=1.0 - _cosine(normal.mean(0), abnormal.mean(0)),
        overlap=float(np.mean(state[nearest] != state)),
    )


def _diversity(vectors: Float[np.ndarray, "prompt dim"]) -> float | None:
    count = len(vectors)
    if count < 2:
        return None
    alike = vectors @ vectors.T
    return float(1.0 - (alike.sum() - np.trace(alike)) / (count * (count - 1)))


def _cosine(one: Float[np.ndarray, " dim"], other: Float[np.ndarray, " dim"]) -> float:
    return float(one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-12))
