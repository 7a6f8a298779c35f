"""Captions as tables, and the batches of a training run: step ``n`` is a function of the seed.

Nothing here is remembered between steps, so a run can resume at any of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from promptlab.backbones.lite.dataset import Group
from promptlab.backbones.lite.objective import COVERED, Batch
from promptlab.backbones.lite.recipe import Recipe, TrainingRecipe
from promptlab.backbones.lite.sentences import embed_sentences
from promptlab.backbones.lite.text import load_sentence_encoder
from promptlab.backbones.lite.unrelated import unrelated_sentences
from promptlab.backbones.lite.views import draw_views
from promptlab.errors import ConfigError
from promptlab.synthetic.captions import build_captions
from promptlab.synthetic.catalogue import CATEGORIES, HELD_OUT
from promptlab.synthetic.defects import DEFECTS
from promptlab.synthetic.scene import Scene
from promptlab.synthetic.truth import STATES, Caption, is_true, truth_matrix

__all__ = ["CaptionTable", "draw_batch", "index_captions"]

Use = Literal["normal", "specific", "general", "neutral"]
Index = dict[tuple[str, str, Use, str], Int[np.ndarray, " _"]]
SCOPES = ("generic", "material", "category")
SCOPE_SHARES = (0.25, 0.15, 0.6)
GENERAL_SHARE = 0.4
"""How often the second caption of a defective image only says that it is damaged."""
CHOSEN_PATCHES = 48
UNRELATED = 32
KIND_CAPTIONS = 2
"""Captions whose mean stands for a kind of defect."""
WINDOWS = ((2, 6), (4, 2))
"""(side, how many of them an image), used in turn."""
TRIES = 12
CAPTION_SEED = 4
"""Keeps the captions' randomness apart from that of the images."""


@dataclass(frozen=True)
class CaptionTable:
    """All captions with their sentence embeddings, and an index to draw true ones quickly."""

    captions: tuple[Caption, ...]
    relaxed: tuple[Caption, ...]
    """The same captions with state, place and size left open."""
    sentences: Float[Tensor, "caption 384"]
    unrelated: Float[Tensor, "unrelated 384"]
    """Sentences about things that no image shows."""
    index: Index
    """Captions by category, state, use and scope."""
    names: dict[str, Int[np.ndarray, " _"]]
    """Captions that name a category and nothing else."""
    kinds: dict[str, Int[np.ndarray, " _"]]
    """Captions of any category that name one kind of defect as narrowly as the wording can."""


def index_captions(recipe: Recipe, folder: Path) -> CaptionTable:
    """Build the captions, embed their sentences once, index them."""
    rng = np.random.default_rng((recipe.seed, CAPTION_SEED))
    captions = build_captions(rng, recipe.categories)
    if len(captions) > recipe.data.captions:
        kept = rng.choice(len(captions), recipe.data.captions, replace=False)
        captions = tuple(captions[at] for at in np.sort(kept))
    vocabulary = load_sentence_encoder().list_words()
    unrelated = unrelated_sentences(vocabulary, rng, folder.parent)
    texts = [*(caption.text for caption in captions), *unrelated]
    embedded = embed_sentences(texts, folder.parent)
    return make_table(captions, embedded[: len(captions)], unrelated=embedded[len(captions) :])


def make_table(
    captions: Sequence[Caption],
    sentences: Float[Tensor, "caption 384"],
    *,
    unrelated: Float[Tensor, "unrelated 384"],
) -> CaptionTable:
    """Index captions whose sentences are embedded."""
    every = frozenset(STATES)
    relaxed = tuple(replace(each, states=every, place=None, size=None) for each in captions)
    uses = np.array([_use_of(caption) for caption in captions])
    scopes = np.array([caption.scope for caption in captions])
    states = {s: np.array([s in caption.states for caption in captions]) for s in STATES}
    index: Index = {}
    names = {}
    bare = (uses == "neutral") & (scopes == "category")
    bare &= np.array([caption.colour is None for caption in captions])
    for category in sorted(set(CATEGORIES) - set(HELD_OUT)):
        fits = np.array([category in caption.categories for caption in captions])
        if (fits & bare).any():
            names[category] = np.flatnonzero(fits & bare)
        for state in STATES:
            for use in ("normal", "specific", "general", "neutral"):
                kept = fits & states[state] & (uses == use)
                for scope in SCOPES:
                    index[category, state, use, scope] = np.flatnonzero(kept & (scopes == scope))
    kinds = {kind: _narrowest(captions, kind) for kind in DEFECTS}
    return CaptionTable(tuple(captions), relaxed, sentences, unrelated, index, names, kinds)


def _narrowest(captions: Sequence[Caption], kind: str) -> Int[np.ndarray, " _"]:
    """Find the captions about nothing in particular that name a kind with the fewest others."""
    found = [
        (len(caption.states), at)
        for at, caption in enumerate(captions)
        if caption.scope == "generic"
        and caption.specific
        and kind in caption.states
        and caption.place is None
        and caption.size is None
    ]
    fewest = min((count for count, _ in found), default=0)
    return np.array([at for count, at in found if count == fewest], np.int64)


def _use_of(caption: Caption) -> Use:
    if caption.states == frozenset(STATES):
        return "neutral"
    if "normal" in caption.states:
        return "normal"
    return "specific" if caption.specific else "general"


def draw_batch(
    groups: Sequence[Group],
    table: CaptionTable,
    training: TrainingRecipe,
    rng: np.random.Generator,
) -> Batch:
    """Draw twins of one image size, captions that are true of them, patches and windows."""
    weights = np.array([len(group.facts) for group in groups], dtype=np.float64)
    group = groups[rng.choice(len(groups), p=weights / weights.sum())]
    view = draw_views(group, training.batch_pairs, smallest=training.smallest_view, rng=rng)
    scenes = view.scenes

    kept = training.captions_per_image
    normal = [[_draw(table, scene, "normal", rng) for _ in range(kept)] for scene in scenes[::2]]
    abnormal = [_draw_abnormal(table, scene, kept, rng) for scene in scenes[1::2]]
    neutral = [_draw(table, scene, "neutral", rng) for scene in scenes[::2]]
    names = [int(rng.choice(candidates)) for candidates in table.names.values()]
    kinds = [rng.choice(candidates, KIND_CAPTIONS) for candidates in table.kinds.values()]
    chosen = np.concatenate([np.ravel(normal), np.ravel(abnormal), neutral, names, *kinds])
    captions = [table.captions[at] for at in chosen]

    half = training.batch_pairs * kept
    first_name = 2 * half + training.batch_pairs
    first_kind = first_name + len(names)
    sentences = table.sentences[chosen]
    side, count = WINDOWS[int(rng.integers(len(WINDOWS)))]
    return Batch(
        tokens=_drop_channels(view.tokens, training.channel_dropout, rng),
        grid=view.grid,
        coverage=view.coverage,
        sentences=sentences + training.text_noise * _normal(rng, sentences.shape),
        truth=torch.from_numpy(truth_matrix(captions, scenes)),
        hard=torch.from_numpy(truth_matrix([table.relaxed[at] for at in chosen], scenes)),
        names_defect=torch.tensor([each.specific for each in captions]),
        normal=torch.arange(half).unflatten(0, (training.batch_pairs, kept)),
        abnormal=torch.arange(half, 2 * half).unflatten(0, (training.batch_pairs, kept)),
        neutral=torch.arange(2 * half, first_name),
        names=torch.arange(first_name, first_kind),
        kinds=torch.arange(first_kind, len(chosen)).unflatten(0, (len(kinds), KIND_CAPTIONS)),
        shows=torch.tensor([[kind in scene.defects for kind in table.kinds] for scene in scenes]),
        unrelated=_mix_unrelated(table, rng),
        patches=_choose_patches(view.coverage, rng),
        windows=_choose_windows(view.coverage, view.grid, side=side, count=count, rng=rng),
    )


def _draw_abnormal(
    table: CaptionTable, scene: Scene, count: int, rng: np.random.Generator
) -> list[int]:
    """Draw captions of a defective scene; the first names what is wrong with it."""
    drawn = [_draw(table, scene, "specific", rng)]
    while len(drawn) < count:
        use: Use = "general" if rng.random() < GENERAL_SHARE else "specific"
        drawn.append(_draw(table, scene, use, rng))
    return drawn


def _draw(table: CaptionTable, scene: Scene, use: Use, rng: np.random.Generator) -> int:
    """Draw a caption that is true of a scene; some name a colour, place or size and may not fit."""
    states = sorted(scene.states)
    for _ in range(TRIES):
        state = states[rng.integers(len(states))]
        scope = SCOPES[rng.choice(len(SCOPES), p=SCOPE_SHARES)]
        candidates = table.index[scene.category, state, use, scope]
        if len(candidates):
            at = int(candidates[rng.integers(len(candidates))])
            if is_true(table.captions[at], scene):
                return at
    for scope in SCOPES:
        for at in table.index[scene.category, states[0], use, scope]:
            if is_true(table.captions[at], scene):
                return int(at)
    raise ConfigError(
        f"every scene needs a {use} caption, but none is true of a {scene.category} that is "
        f"{', '.join(states)}; raise data.captions in the recipe."
    )


def _mix_unrelated(table: CaptionTable, rng: np.random.Generator) -> Float[Tensor, "unrelated 384"]:
    """Draw unrelated sentences, and as many random mixtures of three: a wider choice than any list.

    Mixing weights may be negative, so the mixtures also cover differences between sentences.
    """
    plain = table.unrelated[rng.choice(len(table.unrelated), UNRELATED)]
    parts = table.unrelated[rng.choice(len(table.unrelated), (UNRELATED, 3))]
    mixed = (parts * _normal(rng, (UNRELATED, 3, 1))).sum(1)
    return torch.cat([plain, functional.normalize(mixed, dim=-1)])


def _drop_channels(
    tokens: Float[Tensor, "image patch token"], share: float, rng: np.random.Generator
) -> Float[Tensor, "image patch token"]:
    """Set random channels to zero, the same ones in both twins."""
    keep = torch.from_numpy(rng.random((len(tokens) // 2, 1, tokens.shape[2])) >= share)
    return tokens * keep.repeat_interleave(2, dim=0)


def _normal(rng: np.random.Generator, shape: Sequence[int]) -> Tensor:
    return torch.from_numpy(rng.standard_normal(tuple(shape), dtype=np.float32))


def _choose_patches(
    coverage: Float[Tensor, "image patch"], rng: np.random.Generator
) -> Int[Tensor, "image chosen"]:
    """Choose patches at random: abnormal ones first, those barely touched by a defect last."""
    key = torch.from_numpy(rng.random(tuple(coverage.shape), dtype=np.float32))
    key = key + (coverage > COVERED).float() - ((coverage > 0) & (coverage <= COVERED)).float()
    return key.topk(min(CHOSEN_PATCHES, coverage.shape[1]), dim=1).indices


def _choose_windows(
    coverage: Float[Tensor, "image patch"],
    grid: tuple[int, int],
    *,
    side: int,
    count: int,
    rng: np.random.Generator,
) -> Int[Tensor, "image window member"]:
    """Choose square windows; in an image with a defect, half of them meet it."""
    rows, cols = grid
    shape = (len(coverage), count)
    top = rng.integers(0, rows - side + 1, shape)
    left = rng.integers(0, cols - side + 1, shape)
    bad = coverage.numpy() > COVERED
    meets = (np.arange(count) < count // 2) & bad.any(1, keepdims=True)
    hit = (rng.random((*shape, bad.shape[1]), dtype=np.float32) * bad[:, None]).argmax(-1)
    near_top = np.clip(hit // cols - rng.integers(0, side, shape), 0, rows - side)
    near_left = np.clip(hit % cols - rng.integers(0, side, shape), 0, cols - side)
    corner = np.where(meets, near_top * cols + near_left, top * cols + left)
    offsets = (np.arange(side)[:, None] * cols + np.arange(side)).ravel()
    return torch.from_numpy(corner[..., None] + offsets)
