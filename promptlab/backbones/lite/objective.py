"""One training step's loss: which embeddings meet which captions, and with what weight."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from promptlab.backbones.lite.losses import (
    drift_loss,
    kind_loss,
    neutral_loss,
    sigmoid_loss,
    state_loss,
    type_loss,
)
from promptlab.backbones.lite.recipe import LossWeights
from promptlab.backbones.lite.tower import TextHead, Tower, TowerConfig

__all__ = ["Batch", "Student", "measure_losses", "total_loss"]

COVERED = 0.06
"""Above this covered share a patch is abnormal (a thin line covers 6 %); below it, unknown."""
MAX_LOGIT_SCALE = 4.0
"""Upper bound of the learned logarithm of the scale."""
START_SCALE, START_BIAS = 2.3, -3.0


@dataclass(frozen=True)
class Batch:
    """Pairs of twins (row ``2 i`` normal, row ``2 i + 1`` abnormal) and captions for them."""

    tokens: Float[Tensor, "image patch token"]
    grid: tuple[int, int]
    coverage: Float[Tensor, "image patch"]
    sentences: Float[Tensor, "caption 384"]
    truth: Bool[Tensor, "image caption"]
    hard: Bool[Tensor, "image caption"]
    """Fits in everything but perhaps the state."""
    names_defect: Bool[Tensor, " caption"]
    """Names certain kinds of defect, and only those."""
    normal: Int[Tensor, "pair kept"]
    """For each pair, captions (by column) that are true of the normal image only."""
    abnormal: Int[Tensor, "pair kept"]
    neutral: Int[Tensor, " neutral"]
    """Captions (by column) that say nothing of the state."""
    names: Int[Tensor, " category"]
    """Captions (by column) that only name a category, one for each."""
    kinds: Int[Tensor, "kind said"]
    """Captions (by column) that name a kind of defect as narrowly as the wording can."""
    shows: Bool[Tensor, "image kind"]
    """Which kinds of defect an image has."""
    unrelated: Float[Tensor, "unrelated 384"]
    """Embeddings of sentences about things that no image shows."""
    patches: Int[Tensor, "image chosen"]
    """Patches for the patch loss."""
    windows: Int[Tensor, "image window member"]


class Student(nn.Module):
    """The trained modules together with the scale and bias of the logits."""

    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        self.tower = Tower(config)
        self.text = TextHead(config)
        self.scale = nn.Parameter(torch.tensor(START_SCALE))
        self.bias = nn.Parameter(torch.tensor(START_BIAS))

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the starting weights; scale and bias keep their constants."""
        self.tower.initialise(generator)
        self.text.initialise(generator)


def measure_losses(student: Student, batch: Batch) -> dict[str, Float[Tensor, ""]]:
    """Return every loss of a batch by name; ``pair`` is the sigmoid loss."""
    tower, scale = student.tower, student.scale.exp()
    captions = student.text(batch.sentences)
    entered = tower.embed(batch.tokens, batch.grid)
    encoded = tower.encode(entered)
    images = functional.normalize(encoded.global_embedding, dim=-1)
    logits = scale * images @ captions.T + student.bias

    kinds = functional.normalize(captions[batch.kinds].mean(1), dim=-1)
    stateless = torch.cat([captions[batch.neutral], student.text(batch.unrelated)])
    fits = batch.truth[:, batch.names]

    abnormal = torch.arange(len(images)) % 2 == 1
    rivals = batch.hard & batch.names_defect & abnormal[:, None]
    direction = scale * (captions[batch.abnormal] - captions[batch.normal])
    direction = direction.repeat_interleave(2, dim=0)  # one for each image of a pair

    chosen = batch.patches
    value = encoded.value_tokens.gather(1, _spread(chosen, encoded.value_tokens.shape[-1]))
    patch = functional.normalize(tower.project(value), dim=-1)
    covered = batch.coverage.gather(1, chosen)
    window, window_covered = _encode_windows(tower, entered, batch)

    region, has_region = _pool_region(patch, covered)
    unlike = stateless - stateless.roll(len(stateless) // 2, 0)

    return {
        "pair": sigmoid_loss(logits, batch.truth, batch.hard),
        "type": type_loss(logits, batch.truth, rivals),
        "image_state": _score_state(images[:, None], direction, abnormal[:, None].float()),
        "patch_state": _score_state(patch, direction, covered),
        "window_state": _score_state(window, direction, window_covered),
        "kind": kind_loss(scale * images @ kinds.T, batch.shows),
        "region_type": type_loss(
            scale * region @ captions.T + student.bias,
            batch.truth,
            batch.hard & batch.names_defect & has_region,
        ),
        "region_kind": kind_loss(scale * region @ kinds.T, batch.shows & has_region),
        "category": type_loss(logits[:, batch.names], fits, torch.ones_like(fits)),
        "neutral": neutral_loss(images[::2], images[1::2], stateless),
        "drift": drift_loss(images[1::2] - images[::2], unlike),
    }


def total_loss(losses: dict[str, Float[Tensor, ""]], weights: LossWeights) -> Float[Tensor, ""]:
    """Return the weighted sum; the sigmoid loss has weight one."""
    total = losses["pair"]
    for name, value in losses.items():
        if name != "pair":
            total = total + getattr(weights, name) * value
    return total


def _score_state(
    embeddings: Float[Tensor, "image part dim"],
    direction: Float[Tensor, "image kept dim"],
    covered: Float[Tensor, "image part"],
) -> Float[Tensor, ""]:
    """Return the state loss of parts of images; parts barely touched by a defect do not count."""
    difference = embeddings @ direction.transpose(1, 2)
    known = (covered == 0) | (covered > COVERED)
    is_abnormal = (covered > COVERED)[..., None].expand_as(difference)
    return state_loss(difference[known].flatten(), is_abnormal[known].flatten())


def _pool_region(
    patch: Float[Tensor, "image chosen dim"], covered: Float[Tensor, "image chosen"]
) -> tuple[Float[Tensor, "image dim"], Bool[Tensor, "image 1"]]:
    """Return the mean embedding of each image's defective patches, and whether it has any."""
    inside = (covered > COVERED).to(patch.dtype)[..., None]
    region = functional.normalize((patch * inside).sum(1) + 1e-6, dim=-1)
    return region, inside.sum(1) > 0


def _encode_windows(
    tower: Tower, entered: Float[Tensor, "image patch width"], batch: Batch
) -> tuple[Float[Tensor, "image window dim"], Float[Tensor, "image window"]]:
    """Encode each image's own windows; a window is as covered as its most covered patch."""
    images, windows, members = batch.windows.shape
    index = batch.windows.flatten(1)
    parts = entered.gather(1, _spread(index, entered.shape[-1])).reshape(
        images * windows, members, -1
    )
    embedded = functional.normalize(tower.encode(parts).global_embedding, dim=-1)
    covered = batch.coverage.gather(1, index).unflatten(1, (windows, members)).amax(-1)
    return embedded.unflatten(0, (images, windows)), covered


def _spread(index: Int[Tensor, "image chosen"], width: int) -> Int[Tensor, "image chosen width"]:
    return index[..., None].expand(-1, -1, width)
