"""Captions as tables, and the batches of a training run: step ``n`` is a function of the seed.

Nothing here is remembered between steps, so a run can resume at any of them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from promptlab.backbones.lite.dataset import Group
from promptlab.backbones.lite.objective import COVERED, Batch
from promptlab.backbones.lite.recipe import Recipe, TrainingRecipe
from promptlab.backbones.lite.text import load_sentence_encoder
from promptlab.errors import ConfigError
from promptlab.files import atomic_path
from promptlab.synthetic.captions import build_captions, nonsense_pairs
from promptlab.synthetic.catalogue import CATEGORIES, HELD_OUT
from promptlab.synthetic.defects import DEFECTS
from promptlab.synthetic.scene import Scene
from promptlab.synthetic.truth import STATES, Caption, is_true, truth_matrix

__all__ = ["CaptionTable", "draw_batch", "embed_sentences", "index_captions"]

Use = Literal["normal", "specific", "general", "neutral"]
Index = dict[tuple[str, str, Use, str], Int[np.ndarray, " _"]]
SCOPES = ("generic", "material", "category")
SCOPE_SHARES = (0.25, 0.15, 0.6)
GENERAL_SHARE = 0.4
"""How often the second caption of a defective image only says that it is damaged."""
CHOSEN_PATCHES = 48
UNRELATED = 24
WINDOWS = ((2, 6), (4, 2))
"""(side, how many of them an image), used in turn."""
TRIES = 12
CAPTION_SEED = 4
"""Keeps the captions' randomness apart from that of the images."""
STORE_EVERY = 4096


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


def index_captions(recipe: Recipe, folder: Path) -> CaptionTable:
    """Build the captions, embed their sentences once, index them."""
    rng = np.random.default_rng((recipe.seed, CAPTION_SEED))
    captions = build_captions(rng)
    if len(captions) > recipe.data.captions:
        kept = rng.choice(len(captions), recipe.data.captions, replace=False)
        captions = tuple(captions[at] for at in np.sort(kept))
    unrelated = sorted({text for pair in nonsense_pairs() for text in pair})
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
    return CaptionTable(tuple(captions), relaxed, sentences, unrelated, index, names)


def _use_of(caption: Caption) -> Use:
    if caption.states == frozenset(STATES):
        return "neutral"
    if "normal" in caption.states:
        return "normal"
    return "specific" if caption.specific else "general"


def embed_sentences(texts: Sequence[str], folder: Path) -> Float[Tensor, "prompt 384"]:
    """Return sentence embeddings; only sentences that the folder's store lacks are encoded."""
    path = folder / "sentences.safetensors"
    known = _read_store(path) if path.is_file() else {}
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    encoder = load_sentence_encoder() if missing else None
    for start in range(0, len(missing), STORE_EVERY):
        part = missing[start : start + STORE_EVERY]
        if encoder is not None:
            known.update(zip(part, encoder.encode(part).half(), strict=True))
        state = {"sentences": torch.stack(list(known.values()))}
        with atomic_path(path) as temporary:
            save_file(state, temporary, metadata={"texts": json.dumps(list(known))})
    return torch.stack([known[text] for text in texts]).float()


def _read_store(path: Path) -> dict[str, Tensor]:
    with safe_open(path, framework="pt") as store:
        texts = json.loads(store.metadata()["texts"])
        return dict(zip(texts, store.get_tensor("sentences"), strict=True))


def draw_batch(
    groups: Sequence[Group],
    table: CaptionTable,
    training: TrainingRecipe,
    rng: np.random.Generator,
) -> Batch:
    """Draw twins of one image size, captions that are true of them, patches and windows."""
    weights = np.array([len(group.facts) for group in groups], dtype=np.float64)
    group = groups[rng.choice(len(groups), p=weights / weights.sum())]
    pairs = rng.choice(len(group.facts) // 2, training.batch_pairs, replace=False)
    rows = np.stack([2 * pairs, 2 * pairs + 1], axis=1).ravel()
    scenes = [group.facts[row] for row in rows]
    coverage = group.coverage[rows].float()

    kept = training.captions_per_image
    normal = [[_draw(table, scene, "normal", rng) for _ in range(kept)] for scene in scenes[::2]]
    abnormal = [_draw_abnormal(table, scene, kept, rng) for scene in scenes[1::2]]
    neutral = [_draw(table, scene, "neutral", rng) for scene in scenes[::2]]
    kinds = [_draw_kind(table, scenes[1].category, kind, rng) for kind in DEFECTS]
    names = [int(rng.choice(candidates)) for candidates in table.names.values()]
    chosen = np.concatenate([np.ravel(normal), np.ravel(abnormal), neutral, names, kinds])
    captions = [table.captions[at] for at in chosen]

    half = training.batch_pairs * kept
    first_name = 2 * half + training.batch_pairs
    sentences = table.sentences[chosen]
    side, count = WINDOWS[int(rng.integers(len(WINDOWS)))]
    return Batch(
        tokens=_drop_channels(group.tokens[rows].float(), training.channel_dropout, rng),
        grid=group.grid,
        coverage=coverage,
        sentences=sentences + training.text_noise * _normal(rng, sentences.shape),
        truth=torch.from_numpy(truth_matrix(captions, scenes)),
        hard=torch.from_numpy(truth_matrix([table.relaxed[at] for at in chosen], scenes)),
        names_defect=torch.tensor([each.specific for each in captions]),
        normal=torch.arange(half).unflatten(0, (training.batch_pairs, kept)),
        abnormal=torch.arange(half, 2 * half).unflatten(0, (training.batch_pairs, kept)),
        neutral=torch.arange(2 * half, first_name),
        names=torch.arange(first_name, first_name + len(names)),
        unrelated=_mix_unrelated(table, rng),
        patches=_choose_patches(coverage, rng),
        windows=_choose_windows(coverage, group.grid, side=side, count=count, rng=rng),
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


def _draw_kind(table: CaptionTable, category: str, kind: str, rng: np.random.Generator) -> int:
    """Draw a caption that names a kind of defect and fits any category: a rival for all."""
    candidates = table.index[category, kind, "specific", "generic"]
    return int(candidates[rng.integers(len(candidates))])


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
