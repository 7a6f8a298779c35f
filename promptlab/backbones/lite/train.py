"""Train the weights of `lite` from nothing: ``python -m promptlab.backbones.lite.train``.

Generates twin images, runs the frozen part over them, embeds the captions, fits the tower and the
text head, writes the weights. Every stage leaves its result in the cache and is taken up again
after an interruption. The same recipe on the same machine gives the same weights, bit for bit.
"""

import argparse
import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from torch import nn

from promptlab.backbones.lite.batches import CaptionTable, draw_batch, index_captions
from promptlab.backbones.lite.bundle import LiteWeights, save_weights
from promptlab.backbones.lite.dataset import Group, build_data, data_folder, load_split, read_tokens
from promptlab.backbones.lite.objective import (
    MAX_LOGIT_SCALE,
    Batch,
    Student,
    measure_losses,
    total_loss,
)
from promptlab.backbones.lite.recipe import Recipe, TrainingRecipe, read_recipe
from promptlab.files import atomic_path, cache_folder
from promptlab.runtime import limit_threads

__all__ = ["Progress", "main", "train"]

CHECKPOINT_EVERY = 200
LOG_EVERY = 20
log = logging.getLogger(__name__)


@dataclass
class Progress:
    """What a checkpoint holds: everything that the next step depends on."""

    step: int
    student: Student
    average: Student
    """Mean of the weights over the last part of training; what is kept in the end."""
    optimizers: tuple[tuple[float, torch.optim.Optimizer], ...]
    """With the learning rate that each has after warming up."""

    def save(self, path: Path) -> None:
        """Write the checkpoint atomically."""
        state = {
            "step": self.step,
            "student": self.student.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [each.state_dict() for _, each in self.optimizers],
        }
        with atomic_path(path) as temporary:
            torch.save(state, temporary)

    def load(self, path: Path) -> None:
        """Take up a checkpoint."""
        state = torch.load(path, weights_only=True)
        self.step = state["step"]
        self.student.load_state_dict(state["student"])
        self.average.load_state_dict(state["average"])
        for (_, optimizer), stored in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(stored)


def start(recipe: Recipe, seed: int | None = None) -> Progress:
    """Draw the starting weights from a seed, by default the recipe's."""
    student, average = Student(recipe.model), Student(recipe.model)
    student.initialise(torch.Generator().manual_seed(recipe.seed if seed is None else seed))
    average.requires_grad_(False)
    average.load_state_dict(student.state_dict())
    return Progress(0, student, average, make_optimizers(student, recipe.training))


def make_optimizers(
    student: Student, training: TrainingRecipe
) -> tuple[tuple[float, torch.optim.Optimizer], ...]:
    """Return Muon for the matrices and AdamW for all else, each with its highest rate.

    Muon: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; its steps
    are scaled to the size of AdamW's (Liu et al., "Muon is scalable for LLM training", 2025).
    """
    matrices = [p for p in student.parameters() if p.ndim == 2]
    others = [p for p in student.parameters() if p.ndim != 2]
    muon = torch.optim.Muon(
        matrices,
        lr=training.matrix_rate,
        weight_decay=training.weight_decay,
        adjust_lr_fn="match_rms_adamw",
    )
    adam = torch.optim.AdamW(others, lr=training.learning_rate, weight_decay=0.0, betas=(0.9, 0.98))
    return ((training.matrix_rate, muon), (training.learning_rate, adam))


def train(
    recipe: Recipe,
    groups: Sequence[Group],
    table: CaptionTable,
    *,
    folder: Path,
    seed: int | None = None,
) -> Progress:
    """Fit the trained part; take up the checkpoint in ``folder`` if there is one.

    Args:
        recipe: what to do.
        groups: the training images.
        table: the captions.
        folder: where checkpoints and the history of the losses go.
        seed: of starting weights and batches; default: the recipe's.
    """
    progress = start(recipe, seed)
    name = recipe.digest[:16] if seed is None else f"{recipe.digest[:16]}-{seed}"
    checkpoint = folder / f"checkpoint-{name}.pt"
    if checkpoint.is_file():
        progress.load(checkpoint)
    history = checkpoint.with_suffix(".jsonl")
    while progress.step < recipe.training.steps:
        rng = np.random.default_rng((recipe.seed if seed is None else seed, progress.step))
        losses = take_step(progress, draw_batch(groups, table, recipe.training, rng), recipe)
        if progress.step % LOG_EVERY == 0:
            line = json.dumps({"step": progress.step, **losses})
            log.info(line)
            with history.open("a", encoding="utf-8") as lines:
                lines.write(line + "\n")
        if progress.step % CHECKPOINT_EVERY == 0 or progress.step == recipe.training.steps:
            progress.save(checkpoint)
    return progress


def take_step(progress: Progress, batch: Batch, recipe: Recipe) -> dict[str, float]:
    """Take one optimiser step and fold the new weights into the average."""
    training = recipe.training
    schedule = rate_share(training, progress.step)
    for rate, optimizer in progress.optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate * schedule
    losses = measure_losses(progress.student, batch)
    late = progress.step >= training.late_from
    total = total_loss(losses, training.late_weights if late else training.weights)
    progress.student.zero_grad(set_to_none=True)
    total.backward()
    nn.utils.clip_grad_norm_(progress.student.parameters(), 1.0)
    for _, optimizer in progress.optimizers:
        optimizer.step()
    progress.student.scale.data.clamp_(max=MAX_LOGIT_SCALE)
    progress.step += 1
    fold_average(progress, since=round(training.average_from * training.steps))
    named = {"total": total, **losses}
    return {name: round(value.item(), 4) for name, value in named.items()}


def rate_share(training: TrainingRecipe, step: int) -> float:
    """Return a step's share of the highest rate: linear warm-up, then a cosine to a hundredth."""
    warm = min(1.0, (step + 1) / training.warm_up)
    cosine = 0.5 * (1 + math.cos(math.pi * step / training.steps))
    return warm * (0.01 + 0.99 * cosine)


@torch.no_grad()
def fold_average(progress: Progress, *, since: int) -> None:
    """Keep the running mean of the weights from step ``since`` on; before, the weights."""
    count = max(1, progress.step - since)
    pairs = zip(progress.average.parameters(), progress.student.parameters(), strict=True)
    for mean, current in pairs:
        mean.lerp_(current, 1 / count)


def finish(recipe: Recipe, progress: Progress, folder: Path, output: Path) -> str:
    """Write the averaged weights; return their digest."""
    student = progress.average
    weights = LiteWeights(
        tokens=read_tokens(recipe, folder),
        tower=student.tower,
        text=student.text,
        logit_scale=student.scale.exp().item(),
        digest="",
    )
    return save_weights(output, weights, recipe_digest=recipe.digest)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all stages of the recipe."""
    parser = argparse.ArgumentParser(prog="promptlab.backbones.lite.train", description=__doc__)
    parser.add_argument("--recipe", type=Path, help="YAML; default: the packaged recipe")
    parser.add_argument("--output", type=Path, help="default: the packaged weights' place")
    parser.add_argument(
        "--seed", type=int, help="another seed for weights and batches, on the same images"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes that generate images")
    chosen = parser.parse_args(arguments)
    if chosen.seed is not None and chosen.output is None:
        parser.error("--seed needs --output: the packaged weights have the recipe's seed")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    recipe = read_recipe(chosen.recipe)
    packaged = Path(str(files("promptlab.backbones.lite") / "weights" / "lite.safetensors"))
    folder = data_folder(recipe, cache_folder())
    log.info("recipe %s, features in %s", recipe.digest[:16], folder)
    build_data(recipe, folder, workers=chosen.workers)
    limit_threads()
    table = index_captions(recipe, folder)
    log.info("%d captions; %s", len(table.captions), json.dumps(asdict(recipe.training)))
    groups = load_split(recipe, folder, "train")
    progress = train(recipe, groups, table, folder=folder, seed=chosen.seed)
    digest = finish(recipe, progress, folder, chosen.output or packaged)
    log.info("weights %s", digest)


if __name__ == "__main__":
    main()
