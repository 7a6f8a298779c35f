"""Sentences as vectors that no backbone decides: the packaged sentence-transformers model.

For selecting diverse prompts and for statistics of prompt sets. all-MiniLM-L6-v2 (Reimers and
Gurevych, "Sentence-BERT", EMNLP 2019; Wang et al., "MiniLM", NeurIPS 2020).
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from promptlab.backbones.lite.text import SentenceEncoder

__all__ = ["sentence_vectors"]


def sentence_vectors(texts: Sequence[str]) -> Float[np.ndarray, "prompt dim"]:
    """Return one unit vector per sentence; the model is loaded at the first call.

    Raises:
        MissingDependencyError: when the model's package is not installed.
    """
    return _encoder().encode(texts).cpu().numpy()


@cache
def _encoder() -> "SentenceEncoder":
    from promptlab.backbones.lite.text import load_sentence_encoder  # noqa: PLC0415 - seconds

    return load_sentence_encoder()
