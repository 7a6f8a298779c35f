"""Images and prompts to evidence, batch by batch: the one way from files to similarities.

Encodes what the feature store lacks and compares it with every prompt. Knows no scorer, no label
and no threshold; `promptlab.detector` makes scores of what comes out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from aligners.base import Aligner, LocalFeatures
from aligners.memory import MemoryBank
from promptlab.backbones.base import Backbone
from promptlab.detector import Evidence, TextBank, gather_evidence, join_resolutions
from promptlab.features import EncodedBatch, FeatureStore, encode_images, encode_texts
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
    companions: Sequence[Backbone] = (),
) -> Iterator[EvidenceBatch]:
    """Yield the evidence of images in order, holding one batch of features at a time.

    With a memory of reference images, each image's distances to it are part of its evidence. A
    transductive aligner sees all images first; their features then come from the store.

    Args:
        backbone: gives the global embedding, and local ones.
        paths: of the images.
        bank: the prompts.
        aligner: makes local embeddings of what every backbone tells.
        store: where features are kept.
        memory: of reference images, as ``backbone`` sees them.
        companions: the same backbone at other image sizes, which gives local evidence only.
    """
    resolutions = [backbone, *companions]

    def encode(each: Backbone) -> Iterator[EncodedBatch]:
        return encode_images(each, paths, requires=aligner.requires, store=store)

    fitted = [aligner.fit(partial(_features, encode, each)) for each in resolutions]
    for batches in zip(*map(encode, resolutions), strict=True):
        first = batches[0]
        yield EvidenceBatch(
            first.positions,
            _gather(batches, fitted, bank, backbone.logit_scale, memory),
            first.unreadable,
            max(each.encoded for each in batches),
        )


def _features(
    encode: Callable[[Backbone], Iterator[EncodedBatch]], backbone: Backbone
) -> Iterator[LocalFeatures]:
    return (batch.features for batch in encode(backbone) if batch.features is not None)


@torch.inference_mode()
def _gather(
    batches: Sequence[EncodedBatch],
    aligners: Sequence[Aligner],
    bank: TextBank,
    logit_scale: float,
    memory: MemoryBank | None,
) -> Evidence | None:
    """Gather one batch's evidence from all resolutions; None when no image could be read."""
    found = []
    for batch, aligner in zip(batches, aligners, strict=True):
        if batch.features is None:
            return None
        found.append(
            gather_evidence(
                batch.features.global_embedding,
                aligner.align(batch.features),
                bank,
                grid=batch.features.grid,
                logit_scale=logit_scale,
            )
        )
    evidence = found[0]
    if memory is not None and batches[0].features is not None:
        evidence = replace(evidence, reference_map=memory.distances(batches[0].features))
    return join_resolutions([evidence, *found[1:]])
