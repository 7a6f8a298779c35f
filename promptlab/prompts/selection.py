"""Which prompts of a set are used: evenly spaced, drawn at random, or typical yet different.

Pure arithmetic on positions and embeddings; knows no sentences.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

__all__ = ["Embed", "even_places", "mmr_places", "random_places"]

Embed = Callable[[Sequence[str]], Float[np.ndarray, "prompt dim"]]
"""Sentences to unit vectors."""


def even_places(total: int, wanted: int) -> list[int]:
    """Return ``wanted`` of ``total`` places, evenly spaced.

    >>> even_places(6, 3)
    [0, 2, 4]
    """
    return [(i * total) // wanted for i in range(wanted)] if wanted < total else [*range(total)]


def random_places(total: int, wanted: int, *, rng: np.random.Generator) -> list[int]:
    """Draw ``wanted`` of ``total`` places without replacement."""
    if wanted >= total:
        return [*range(total)]
    return [int(i) for i in rng.choice(total, size=wanted, replace=False)]


def mmr_places(
    vectors: Float[np.ndarray, "prompt dim"], wanted: int, *, relevance: float = 0.5
) -> list[int]:
    """Choose places by maximal marginal relevance, in the order chosen.

    The next place has the highest r · cos(v, centre) - (1 - r) · max over the chosen of cos(v, c),
    where the centre is the mean of all vectors (Carbonell and Goldstein, SIGIR 1998, with the mean
    as the query). Ties go to the earlier place.

    Args:
        vectors: of unit length, one per prompt.
        wanted: how many; no more than there are are given.
        relevance: r; 1 is the most typical ones only, 0 the most different ones only.
    """
    centre = vectors.mean(0)
    typical = vectors @ (centre / max(float(np.linalg.norm(centre)), 1e-12))
    alike = vectors @ vectors.T
    chosen = [int(np.argmax(typical))] if len(vectors) and wanted else []
    while len(chosen) < min(wanted, len(vectors)):
        worth = relevance * typical - (1 - relevance) * alike[:, chosen].max(1)
        worth[chosen] = -np.inf
        chosen.append(int(np.argmax(worth)))
    return chosen
