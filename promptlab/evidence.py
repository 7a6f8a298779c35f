"""Images and prompts to evidence, batch by batch: the one way from files to similarities.

Encodes what the feature store lacks and compares it with every prompt. Knows no scorer, no label
and no threshold; `promptlab.detector` makes scores of what comes out.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from aligners.base import Aligner, LocalFeatures, Requirements, merge_requirements
from aligners.memory import MemoryBank
from aligners.mutual import MutualScoring
from promptlab.backbones.base import Backbone
from promptlab.detector import (
    Evidence,
    TextBank,
    Witness,
    gather_evidence,
    join_resolutions,
)
from promptlab.errors import DataError
from promptlab.features import (
    EncodedBatch,
    FeatureStore,
    batch_size_of,
    encode_images,
    encode_texts,
)
from promptlab.files import cache_folder
from promptlab.prompts.promptset import PromptSet
from promptlab.scorers.base import Similarities
from promptlab.types import Progress, State, silent

__all__ = [
    "EvidenceBatch",
    "PeerDistances",
    "collect",
    "compare_with_peers",
    "encode_bank",
    "gather_batches",
    "requirements_of",
    "split",
    "stored_bytes",
]

_PART_BYTES = 128 * 2**20
"""Similarities scored at once: what is made of them stays small, and the calls are worth it."""


@dataclass(frozen=True)
class PeerDistances:
    """How far the places of images are from what most others show."""

    of: Mapping[int, Float[Tensor, " patch"]]
    """By where each readable image stood in the sequence of paths."""
    encoded: int
    """How many images had to be encoded for that, at least in part."""


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


def requirements_of(aligner: Aligner, mutual: MutualScoring | None) -> Requirements:
    """Return what images must be encoded with, for all that reads their features."""
    return merge_requirements([aligner.requires, *([mutual.requires] if mutual else [])])


@torch.inference_mode()
def compare_with_peers(
    backbones: Sequence[Backbone],
    paths: Sequence[Path],
    *,
    aligner: Aligner,
    mutual: MutualScoring,
    store: FeatureStore,
    progress: Progress = silent,
) -> PeerDistances:
    """Let images judge one another; it takes neither prompts nor an aligner.

    Args:
        backbones: as `gather_batches` takes them; the first one's tokens are compared.
        paths: of the images.
        aligner: reads their features later; what it needs is encoded in the same go.
        mutual: how they do.
        store: where features are kept.
        progress: told how many images are encoded, then compared.

    Raises:
        DataError: when a single image can be read.
    """
    size = batch_size_of(*backbones)

    def batches(
        work: str, chosen: Sequence[Path], requires: Requirements
    ) -> Iterator[EncodedBatch]:
        done = 0
        for batch in encode_images(
            backbones[0], chosen, requires=requires, store=store, batch_size=size
        ):
            yield batch
            done += len(batch.positions) + len(batch.unreadable)
            progress(work, done, len(chosen))

    readable: list[int] = []
    unreadable: dict[int, str] = {}
    encoded = 0
    for batch in batches("encode", paths, requirements_of(aligner, mutual)):
        readable.extend(batch.positions)
        unreadable |= batch.unreadable
        encoded += batch.encoded
    if not readable:
        return PeerDistances({}, encoded)
    _refuse_too_few(readable, unreadable)
    places = [readable[i] for i in mutual.choose(len(readable))]
    bank = mutual.remember(
        _features(batches("read", [paths[i] for i in places], mutual.requires)),
        device=backbones[0].projection.device,
    )
    own = {position: place for place, position in enumerate(places)}
    found: dict[int, Tensor] = {}
    for batch in batches("compare", paths, mutual.requires):
        if batch.features is not None:
            far = bank.distances(batch.features, [own.get(i) for i in batch.positions])
            found.update(zip(batch.positions, far, strict=True))
    return PeerDistances(found, encoded)


def _refuse_too_few(readable: Sequence[int], unreadable: Mapping[int, str]) -> None:
    if len(readable) > 1:
        return
    reason = next(iter(unreadable.values()), "")
    why = f" ({len(unreadable)} cannot be read; first: {reason})" if unreadable else ""
    raise DataError(
        f"images that judge one another must be at least 2, but are {len(readable)}{why}; set "
        "mutual.weight to 0."
    )


def gather_batches(
    backbones: Sequence[Backbone],
    paths: Sequence[Path],
    bank: TextBank,
    *,
    aligner: Aligner,
    store: FeatureStore,
    memory: MemoryBank | None = None,
    peers: PeerDistances | None = None,
) -> Iterator[EvidenceBatch]:
    """Yield the evidence of images in order, holding one batch of features at a time.

    With a memory of reference images, or with peers, each image's distances to others are part of
    its evidence. A transductive aligner sees all images first; their features then come from the
    store.

    Args:
        backbones: one, or the same at several image sizes; the first gives the global embedding
            too, the others local evidence only.
        paths: of the images.
        bank: the prompts.
        aligner: makes local embeddings of what every backbone tells.
        store: where features are kept.
        memory: of reference images, as the first backbone sees them.
        peers: what `compare_with_peers` found for the same paths.
    """
    size = batch_size_of(*backbones)

    def encode(each: Backbone) -> Iterator[EncodedBatch]:
        return encode_images(each, paths, requires=aligner.requires, store=store, batch_size=size)

    def pool(each: Backbone) -> Iterator[LocalFeatures]:
        return _features(encode(each))

    fitted = [aligner.fit(partial(pool, each)) for each in backbones]
    for batches in zip(*map(encode, backbones), strict=True):
        first = batches[0]
        yield EvidenceBatch(
            first.positions,
            _gather(batches, fitted, bank, backbones[0].logit_scale, memory, peers),
            first.unreadable,
            max(each.encoded for each in batches),
        )


def _features(batches: Iterator[EncodedBatch]) -> Iterator[LocalFeatures]:
    return (batch.features for batch in batches if batch.features is not None)


@torch.inference_mode()
def _gather(
    batches: Sequence[EncodedBatch],
    aligners: Sequence[Aligner],
    bank: TextBank,
    logit_scale: float,
    memory: MemoryBank | None,
    peers: PeerDistances | None,
) -> Evidence | None:
    """Gather one batch's evidence from all resolutions; None when no image could be read."""
    seen = [batch.features for batch in batches if batch.features is not None]
    if len(seen) < len(batches):
        return None
    found = [
        gather_evidence(
            features.global_embedding,
            aligner.align(features),
            bank,
            grid=features.grid,
            logit_scale=logit_scale,
        )
        for features, aligner in zip(seen, aligners, strict=True)
    ]
    distances: dict[Witness, Tensor] = {}
    if memory is not None:
        distances["references"] = memory.distances(seen[0])
    if peers is not None:
        distances["peers"] = torch.stack([peers.of[i] for i in batches[0].positions])
    return join_resolutions([replace(found[0], distances=distances), *found[1:]])


def collect(parts: Iterable[Evidence], *, images: int, memory: int) -> Evidence:
    """Join batches; of the views keep how places make a map, not their embeddings.

    Each prompt's similarities to the places of an image lie side by side, so that a subset of the
    prompts is a few long copies.

    Args:
        parts: the evidence of each batch, at least one, in order.
        images: how many images there are at most; room is made once.
        memory: bytes that may be kept in memory; more goes into a temporary file, mapped into
            memory as it is read.
    """
    kept: Evidence | None = None
    filled = 0
    for part in parts:
        if kept is None:
            kept = _room_for(
                part, images, in_file=stored_bytes(part) * images > memory * _rows(part)
            )
        for room, rows in zip(_tensors(kept), _tensors(part), strict=True):
            room[filled : filled + len(rows)] = rows
        filled += _rows(part)
    if kept is None:
        raise ValueError("collect needs at least one batch, but got none; encode some images.")
    return kept.images(0, filled)


def split(evidence: Evidence) -> Iterator[Evidence]:
    """Yield the evidence of a few images at a time, as views."""
    images = _rows(evidence)
    step = max(1, _PART_BYTES * images // max(1, stored_bytes(evidence)))
    for start in range(0, images, step):
        yield evidence.images(start, min(start + step, images))


def stored_bytes(evidence: Evidence) -> int:
    """Return how many bytes the similarities take."""
    return sum(each.numel() * each.element_size() for each in _tensors(evidence))


def _rows(evidence: Evidence) -> int:
    return len(evidence.global_.normal)


def _tensors(evidence: Evidence) -> list[Tensor]:
    """Return all tensors with one row per image, in a fixed order."""
    similarities = [evidence.global_, *(each.similarities for each in evidence.views)]
    found = [tensor for each in similarities for tensor in (each.normal, each.abnormal)]
    return [*found, *evidence.distances.values()]


def _room_for(part: Evidence, images: int, *, in_file: bool) -> Evidence:
    """Return evidence of the same form for many images, not filled yet."""

    def room(like: Tensor) -> Tensor:
        shape = (images, *like.shape[1:])
        if like.ndim < 3:
            return like.new_empty(shape)
        turned = (images, like.shape[2], like.shape[1])
        made = _mapped(turned, like) if in_file else like.new_empty(turned)
        return made.mT

    def roomy(each: Similarities) -> Similarities:
        return replace(each, normal=room(each.normal), abnormal=room(each.abnormal))

    views = []
    for each in part.views:
        view = replace(each.view, embeddings=each.view.embeddings[:, :, :0])
        views.append(replace(each, view=view, similarities=roomy(each.similarities)))
    roomier = part.with_distances(room)
    return replace(roomier, global_=roomy(part.global_), views=tuple(views))


def _mapped(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Return a tensor whose memory is a file; the file goes when the tensor does."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".similarities.") as file:
        count = int(torch.Size(shape).numel())
        flat = torch.from_file(file.name, shared=True, size=count, dtype=like.dtype)
    return flat.view(shape)
