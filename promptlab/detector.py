"""From features and prompts to image scores and anomaly maps.

Pure arithmetic on tensors that are already encoded: similarities, a scorer, an aligner's views,
and the fusion of global and local evidence. Knows nothing of files, data sets or labels.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import TypeAdapter, ValidationError
from torch import Tensor
from torch.nn.functional import conv1d, interpolate, normalize, pad

from aligners import ALIGNERS
from aligners.base import Aligner, LocalView, join_maps
from aligners.mutual import MutualScoring
from aligners.registry import Registry, UnknownNameError
from promptlab.config import (
    AlignerConfig,
    FusionConfig,
    MutualConfig,
    PromptsConfig,
    ScorerConfig,
)
from promptlab.errors import ConfigError
from promptlab.fusion import fuse_scores, pool_map
from promptlab.scorers import SCORERS
from promptlab.scorers.base import PromptWeights, Scorer, Similarities
from promptlab.scorers.summary import PromptSummary, summarise
from promptlab.types import Size

__all__ = [
    "DrawnMaps",
    "Evidence",
    "Prediction",
    "TextBank",
    "ViewEvidence",
    "Witness",
    "build_aligner",
    "build_mutual",
    "build_scorer",
    "build_summary",
    "compare",
    "draw_maps",
    "gather_evidence",
    "join_predictions",
    "join_resolutions",
    "predict",
]

Part = TypeVar("Part")

Witness = Literal["references", "peers"]
"""Other images that take part: normal reference images, or all that are judged together."""

_MAPS_AT_ONCE = 8


@dataclass(frozen=True)
class TextBank:
    """Unit-length text embeddings of one category's prompts, by state."""

    normal_texts: tuple[str, ...]
    abnormal_texts: tuple[str, ...]
    normal: Float[Tensor, "normal dim"]
    abnormal: Float[Tensor, "abnormal dim"]
    lengths: tuple[Float[Tensor, " normal"], Float[Tensor, " abnormal"]] | None = None
    """Of the embeddings before they were brought to unit length; None: all alike."""

    @classmethod
    def of(
        cls,
        normal_texts: tuple[str, ...],
        abnormal_texts: tuple[str, ...],
        embeddings: Float[Tensor, "prompt dim"],
    ) -> "TextBank":
        """Return the bank of raw text embeddings: first all normal ones, then the abnormal."""
        normal, abnormal = embeddings.split([len(normal_texts), len(abnormal_texts)])
        return cls(
            normal_texts,
            abnormal_texts,
            normalize(normal, dim=-1),
            normalize(abnormal, dim=-1),
            lengths=(normal.norm(dim=-1), abnormal.norm(dim=-1)),
        )


@dataclass(frozen=True)
class ViewEvidence:
    """Similarities of every place of an aligner's view, and how places make a map."""

    view: LocalView
    similarities: Similarities
    grid: tuple[int, int]
    """Rows and columns of the patches that the view's map has values for."""


@dataclass(frozen=True)
class Evidence:
    """All that decides the scores of a batch of images, before any scorer."""

    global_: Similarities
    views: tuple[ViewEvidence, ...]
    grid: tuple[int, int]
    """Of the anomaly map; maps of a view with another grid are resized to it."""
    text_lengths: tuple[Float[Tensor, " normal"], Float[Tensor, " abnormal"]] | None = None
    """As in `TextBank`."""
    distances: Mapping[Witness, Float[Tensor, "batch patch"]] = field(default_factory=dict)
    """How far each patch is from what other images show, where they take part."""

    def select(
        self, normal: Int[Tensor, " normal"], abnormal: Int[Tensor, " abnormal"]
    ) -> "Evidence":
        """Return the evidence of a subset of the prompts: a slice, nothing is encoded."""
        # One bank of prompts: all similarities share its Gram matrices.
        normal_gram = self.global_.normal_gram[normal][:, normal]
        abnormal_gram = self.global_.abnormal_gram[abnormal][:, abnormal]

        def sliced(similarities: Similarities) -> Similarities:
            return replace(
                similarities,
                normal=_chosen(similarities.normal, normal),
                abnormal=_chosen(similarities.abnormal, abnormal),
                normal_gram=normal_gram,
                abnormal_gram=abnormal_gram,
            )

        lengths = self.text_lengths
        sliced_lengths = (lengths[0][normal], lengths[1][abnormal]) if lengths else None
        return replace(self._mapped(sliced), text_lengths=sliced_lengths)

    def images(self, start: int, stop: int) -> "Evidence":
        """Return the evidence of some images: a view, nothing is copied."""
        found = self._mapped(
            lambda each: replace(
                each, normal=each.normal[start:stop], abnormal=each.abnormal[start:stop]
            )
        )
        return found.with_distances(lambda far: far[start:stop])

    def at_temperature(self, temperature: float | None) -> "Evidence":
        """Return the evidence with another softmax temperature; None: the backbone's own."""
        if temperature is None:
            return self
        return self._mapped(lambda each: replace(each, logit_scale=1 / temperature))

    def summarised(self, summary: PromptSummary | None) -> "Evidence":
        """Return the evidence of the vectors that stand for the prompts; None: as it is."""
        return self if summary is None else self._mapped(summary.apply)

    def with_distances(self, change: Callable[[Tensor], Tensor]) -> "Evidence":
        """Return the evidence with its distance maps changed."""
        return replace(self, distances={name: change(far) for name, far in self.distances.items()})

    def _mapped(self, change: Callable[[Similarities], Similarities]) -> "Evidence":
        views = (replace(view, similarities=change(view.similarities)) for view in self.views)
        return replace(self, global_=change(self.global_), views=tuple(views))


@dataclass(frozen=True)
class Prediction:
    """Scores of a batch; every number is in [0, 1] and larger means more anomalous."""

    image_score: Float[Tensor, " batch"]
    global_score: Float[Tensor, " batch"]
    local_score: Float[Tensor, " batch"]
    patch_map: Float[Tensor, "batch rows columns"]
    weights: PromptWeights
    top_normal: Int[Tensor, " batch"]
    """Which normal prompt with a weight is most similar to the image."""
    top_abnormal: Int[Tensor, " batch"]


def build_scorer(config: ScorerConfig) -> Scorer:
    """Make the configured scorer, its parameters checked against its dataclass.

    Raises:
        ConfigError: when the name or a parameter is unknown, or a value breaks a rule.
    """
    return _build(SCORERS, "scorer", config.name, config.params)


def build_aligner(config: AlignerConfig) -> Aligner:
    """Make the configured aligner, its parameters checked against its dataclass.

    Raises:
        ConfigError: when the name or a parameter is unknown, or a value breaks a rule.
    """
    return _build(ALIGNERS, "aligner", config.name, config.params)


def build_mutual(config: MutualConfig) -> MutualScoring | None:
    """Make the configured mutual scoring, its parameters checked; None where it weighs nothing.

    Raises:
        ConfigError: when a parameter is unknown, or a value breaks a rule.
    """
    made = _make(MutualScoring, "mutual", "mutual scoring", config.params)
    return made if config.weight > 0 else None


def build_summary(config: PromptsConfig, evidence: Evidence) -> PromptSummary | None:
    """Make the configured summary of the prompts of some evidence; None: prompts as they are."""
    if config.summary == "none":
        return None
    return summarise(
        evidence.global_, config.summary, centres=config.centres, lengths=evidence.text_lengths
    )


def compare(
    embeddings: Float[Tensor, "*lead dim"], bank: TextBank, logit_scale: float
) -> Similarities:
    """Return the cosine similarity of each embedding to each prompt."""
    unit = normalize(embeddings, dim=-1)
    return Similarities(
        normal=unit @ bank.normal.T,
        abnormal=unit @ bank.abnormal.T,
        normal_gram=bank.normal @ bank.normal.T,
        abnormal_gram=bank.abnormal @ bank.abnormal.T,
        logit_scale=logit_scale,
    )


def gather_evidence(
    global_embedding: Float[Tensor, "batch dim"],
    views: Sequence[LocalView],
    bank: TextBank,
    *,
    grid: tuple[int, int],
    logit_scale: float,
) -> Evidence:
    """Compare images and their places with every prompt of the bank."""
    return Evidence(
        global_=compare(global_embedding, bank, logit_scale),
        views=tuple(
            ViewEvidence(view, compare(view.embeddings, bank, logit_scale), grid) for view in views
        ),
        grid=grid,
        text_lengths=bank.lengths,
    )


def join_resolutions(parts: Sequence[Evidence]) -> Evidence:
    """Join evidence of the same images at several image sizes; all count alike in the map.

    The global similarities are the first's. The map has the finest grid of all.
    """
    if len(parts) == 1:
        return parts[0]
    grid = max(part.grid[0] for part in parts), max(part.grid[1] for part in parts)
    views: list[ViewEvidence] = []
    for part in parts:
        start = max((each.view.group for each in views), default=-1) + 1
        total = sum({each.view.group: each.view.weight for each in part.views}.values())
        for each in part.views:
            group, weight = start + each.view.group, each.view.weight / total
            views.append(replace(each, view=replace(each.view, group=group, weight=weight)))
    resized = parts[0].with_distances(lambda far: _resize(far, parts[0].grid, grid))
    return replace(resized, views=tuple(views), grid=grid)


@torch.inference_mode()
def predict(
    evidence: Evidence,
    scorer: Scorer,
    fusion: FusionConfig,
    *,
    chosen: tuple[Int[Tensor, " normal"], Int[Tensor, " abnormal"]] | None = None,
    summary: PromptSummary | None = None,
    context: Literal["image", "patch"] = "image",
    distance_weights: Mapping[Witness, float] = MappingProxyType({}),
) -> Prediction:
    """Score a batch.

    The image score joins the whole image's score and the map's (`promptlab.fusion`). Where other
    images are witnesses, with R their distance map and r its weight: map = (1 - r) · map of the
    scorer + r · R, and global = (1 - r) · scorer(global) + r · max R (WinCLIP+, arXiv 2303.14814,
    section 4.3, r = 1/2); first the references, then the peers.

    Args:
        evidence: of the prompts themselves.
        scorer: what scores it.
        fusion: how global and local evidence are weighed.
        chosen: which normal and which abnormal prompts count; None: all. The same as judging
            ``evidence.select(*chosen)``, but where the scorer allows it nothing is copied.
        summary: of the prompts; the scorer then sees its vectors only.
        context: ``image``: the weights that an image gave the prompts are reused for its places;
            ``patch``: each place finds its own.
        distance_weights: r of each witness; 1/2 where none is given.
    """
    if chosen and (summary or context == "patch" or not scorer.ignores_unweighted):
        evidence, chosen = evidence.select(*chosen), None
    own = (replace(evidence, views=()).select(*chosen) if chosen else evidence).global_
    seen = evidence.summarised(summary)
    judged = own if chosen else seen.global_
    found = scorer.weigh(judged)
    global_score = scorer.score(judged, found)
    spread = _spread(found, chosen, seen.global_) if chosen else found
    reused = PromptWeights(spread.normal[..., None, :], spread.abnormal[..., None, :])

    def score(similarities: Similarities) -> Tensor:
        own = scorer.weigh(similarities) if context == "patch" else reused
        return scorer.score(similarities, own)

    maps = [
        _resize(each.view.to_map(score(each.similarities)), each.grid, evidence.grid)
        for each in seen.views
    ]
    patch_map = join_maps([each.view for each in seen.views], maps)
    for witness, far in evidence.distances.items():
        weight = distance_weights.get(witness, 0.5)
        patch_map = torch.lerp(patch_map, far, weight)
        global_score = torch.lerp(global_score, far.amax(-1), weight)
    weights = found if summary is None else summary.spread(found)
    local_score = pool_map(patch_map, fusion)
    return Prediction(
        image_score=fuse_scores(global_score, local_score, fusion),
        global_score=global_score,
        local_score=local_score,
        patch_map=patch_map.unflatten(-1, evidence.grid),
        weights=weights,
        top_normal=_most_similar(own.normal, weights.normal),
        top_abnormal=_most_similar(own.abnormal, weights.abnormal),
    )


def join_predictions(parts: Sequence[Prediction]) -> Prediction:
    """Return the prediction of several batches, in order."""

    def joined(name: str) -> Tensor:
        return torch.cat([getattr(part, name) for part in parts])

    names = [each.name for each in fields(Prediction) if each.name != "weights"]
    weights = PromptWeights(
        torch.cat([part.weights.normal for part in parts]),
        torch.cat([part.weights.abnormal for part in parts]),
    )
    return Prediction(weights=weights, **{name: joined(name) for name in names})


class DrawnMaps:
    """The anomaly maps of many images, drawn a few at a time as they are read."""

    def __init__(
        self, patch_map: Float[Tensor, "image rows columns"], *, size: Size, sigma: float
    ) -> None:
        self._patch_map = patch_map
        self._size = size
        self._sigma = sigma

    def __len__(self) -> int:
        return len(self._patch_map)

    def __iter__(self) -> Iterator[Float[np.ndarray, "height width"]]:
        for part in self._patch_map.split(_MAPS_AT_ONCE):
            yield from draw_maps(part, size=self._size, sigma=self._sigma).numpy()


@torch.inference_mode()
def draw_maps(
    patch_map: Float[Tensor, "batch rows columns"], *, size: Size, sigma: float
) -> Float[Tensor, "batch height width"]:
    """Upsample patch maps bilinearly to pixels and smooth them: two matrix products.

    Args:
        patch_map: one score per patch.
        size: (height, width) of the anomaly map, in pixels.
        sigma: standard deviation of the Gaussian, as a share of the shorter side.
    """
    rows, columns = patch_map.shape[-2:]
    deviation = sigma * min(size)
    reach = min(round(3 * deviation), min(size) - 1)
    rise, run = (
        _drawing(count, side, deviation=deviation, reach=reach).to(patch_map)
        for count, side in zip((rows, columns), size, strict=True)
    )
    drawn = rise @ patch_map @ run.mT
    return drawn.clamp(0, 1) if reach >= 1 else drawn


def _drawing(
    count: int, side: int, *, deviation: float, reach: int
) -> Float[Tensor, "{side} {count}"]:
    """Return the matrix that upsamples and smooths one axis; both are linear and separable."""
    drawn = interpolate(
        torch.eye(count, dtype=torch.float64)[None], size=side, mode="linear", align_corners=False
    )
    if reach >= 1:
        offsets = torch.arange(-reach, reach + 1, dtype=torch.float64)
        kernel = torch.exp(-0.5 * (offsets / deviation) ** 2)
        padded = pad(drawn, (reach, reach), mode="reflect")
        drawn = conv1d(padded.transpose(0, 1), (kernel / kernel.sum()).view(1, 1, -1))
        drawn = drawn.transpose(0, 1)
    return drawn[0].mT


def _chosen(
    similarities: Float[Tensor, "*lead prompt"], places: Int[Tensor, " chosen"]
) -> Float[Tensor, "*lead chosen"]:
    """Return the columns of some prompts; all of them in order are not copied.

    Where each prompt's similarities to the places of an image lie side by side (as
    `promptlab.evidence.collect` keeps them), whole rows are copied: 20 times faster.
    """
    if torch.equal(places, torch.arange(similarities.shape[-1], device=places.device)):
        return similarities
    if similarities.ndim > 2:
        return similarities.mT.index_select(-2, places).mT
    return similarities[..., places]


def _spread(
    weights: PromptWeights,
    chosen: tuple[Int[Tensor, " normal"], Int[Tensor, " abnormal"]],
    pool: Similarities,
) -> PromptWeights:
    """Return weights of a pool's prompts: zero for those that were not chosen."""

    def among(all_: Tensor, some: Tensor, places: Tensor) -> Tensor:
        return torch.zeros_like(all_).index_copy_(-1, places, some)

    return PromptWeights(
        among(pool.normal, weights.normal, chosen[0]),
        among(pool.abnormal, weights.abnormal, chosen[1]),
    )


def _resize(
    maps: Float[Tensor, "batch patch"], grid: tuple[int, int], wanted: tuple[int, int]
) -> Float[Tensor, "batch _"]:
    """Resize flat maps bilinearly from one grid to another."""
    if grid == wanted:
        return maps
    square = maps.unflatten(-1, grid)[:, None]
    return interpolate(square, size=wanted, mode="bilinear", align_corners=False).flatten(1)


def _most_similar(
    similarities: Float[Tensor, "batch prompt"], weights: Float[Tensor, "batch prompt"]
) -> Int[Tensor, " batch"]:
    return similarities.masked_fill(weights <= 0, -torch.inf).argmax(-1)


def _build(registry: Registry[Part], kind: str, name: str, params: Mapping[str, Any]) -> Part:
    try:
        part = registry[name]
    except UnknownNameError as error:
        raise ConfigError(f"{kind}.name: {error}") from None
    return _make(part, kind, f"the {kind} {name!r}", params)


def _make(part: type[Part], kind: str, called: str, params: Mapping[str, Any]) -> Part:
    fields = getattr(part, "__dataclass_fields__", {})
    unknown = sorted(set(params) - set(fields))
    if unknown:
        allowed = ", ".join(fields) or "none"
        raise ConfigError(f"unknown key '{kind}.params.{unknown[0]}'; {called} takes: {allowed}.")
    try:
        return TypeAdapter(part).validate_python(dict(params))
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join([kind, "params", *(str(step) for step in first["loc"])])
        message = str(first["msg"]).removeprefix("Value error, ")
        raise ConfigError(f"{path}: {message}, but got {first['input']!r}.") from None
