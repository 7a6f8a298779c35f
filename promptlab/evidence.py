"""Images and prompts to evidence, batch by batch: the one way from files to similarities.

Encodes what the feature store lacks and compares it with every prompt. Knows no scorer, no label
and no threshold; `promptlab.detector` makes scores of what comes out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from aligners.base import Aligner
from aligners.memory import MemoryBank
from promptlab.backbones.base import Backbone
from promptlab.detector import Evidence, TextBank, gather_evidence
from promptlab.features import FeatureStore, encode_images, encode_texts
from promptlab.prompts.promptset import PromptSet
from promptlab.types import State

__all__ = ["EvidenceBatch", "encode_bank", "gather_batches"]


@dataclass(frozen=True)
class EvidenceBatch:
    """Evidence of the images of one batch that could be read, and what was wrong with others."""

    positions: tuple[int, ...]
    """Where each image of the evidence stood in the sequence of paths."""
    evidence: Evidence | None
    """None when no image of the batch could be read."""
    unreadable: Mapping[int, str]
    """Position -> one-line reason."""
    encoded: int
    """How many images had to be encoded, at least in part, rather than read from the store."""


def encode_bank(backbone: Backbone, prompts: PromptSet, *, store: FeatureStore) -> TextBank:
    """Return the text embeddings of a prompt set, by state and in its order."""
    normal, abnormal = (prompts.texts(state) for state in State)
    embeddings = encode_texts(backbone, [*normal, *abnormal], store=store, unit=False)
    return TextBank.of(normal, abnormal, embeddings)


def gather_batches(
    backbone: Backbone,
    paths: Sequence[Path],
    bank: TextBank,
    *,
    aligner: Aligner,
    store: FeatureStore,
    memory: MemoryBank | None = None,
) -> Iterator[EvidenceBatch]:
    """Yield the evidence of images in order, holding one batch of features at a time.

    With a memory of reference images, each image's distances to it are part of its evidence.
    """
    for batch in encode_images(backbone, paths, requires=aligner.requires, store=store):
        evidence = None
        if batch.features is not None:
            with torch.inference_mode():
                evidence = gather_evidence(
                    batch.features.global_embedding,
                    aligner.align(batch.features),
                    bank,
                    grid=batch.features.grid,
                    logit_scale=backbone.logit_scale,
                )
                if memory is not None:
                    evidence = replace(evidence, reference_map=memory.distances(batch.features))
        yield EvidenceBatch(batch.positions, evidence, batch.unreadable, batch.encoded)
