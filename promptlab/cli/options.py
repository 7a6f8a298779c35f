"""Options that several commands take in the same words."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar, get_args

import click

from promptlab.errors import ConfigError
from promptlab.runtime import Device, Engine

if TYPE_CHECKING:
    from promptlab.backbones.base import Backbone
    from promptlab.config import (
        AlignerConfig,
        BackboneConfig,
        FusionConfig,
        MutualConfig,
        ScorerConfig,
    )

__all__ = ["Judging", "engine_options", "judging_of", "judging_options"]

P = ParamSpec("P")
R = TypeVar("R")


def engine_options(command: Callable[P, R]) -> Callable[P, R]:
    """Add where images are encoded and scored, and by how many threads."""
    options = (
        click.option(
            "--engine",
            type=click.Choice(get_args(Engine)),
            default="plain",
            show_default=True,
            help="ray: encode images and score categories on the Ray cluster at $RAY_ADDRESS, else"
            " on one of this machine's cores; with as many --threads the numbers are the same.",
        ),
        click.option(
            "--threads",
            type=click.IntRange(min=1),
            help="Threads of this process, or of each of the cluster's workers, of which a node"
            " has as many as its cores allow [default: one per core here, at most 8].",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True)
class Judging:
    """How images of no data set are judged."""

    backbone: "BackboneConfig"
    scorer: "ScorerConfig"
    aligner: "AlignerConfig"
    fusion: "FusionConfig"
    mutual: "MutualConfig"

    def load_backbone(self, device: Device) -> "Backbone":
        """Load the backbone on a device."""
        from promptlab.backbones import load_backbone  # noqa: PLC0415 - imports torch

        chosen = self.backbone
        return load_backbone(
            chosen.name, image_size=chosen.size, device=device, precision=chosen.precision
        )


def judging_of(
    config: Path | None,
    *,
    backbone: str | None,
    scorer: str | None,
    aligner: str | None,
    together: bool = False,
) -> Judging:
    """Return what an experiment file says, the defaults where there is none, names on top.

    Args:
        config: the experiment file.
        backbone: a name that counts instead of the file's; so do the next two.
        scorer: as above.
        aligner: as above.
        together: images are judged together, so that they can judge one another.

    Raises:
        ConfigError: when the file breaks a rule, or asks for what needs a data set or a record.
    """
    from promptlab.config import (  # noqa: PLC0415 - imports pydantic
        AlignerConfig,
        BackboneConfig,
        FusionConfig,
        MutualConfig,
        ScorerConfig,
        load_config,
    )

    found = Judging(
        BackboneConfig(), ScorerConfig(), AlignerConfig(), FusionConfig(), MutualConfig()
    )
    if config is not None:
        read = load_config(config)
        for key, unsupported in (
            ("few_shot.k", read.few_shot.k > 0),
            ("prompts.summary", read.prompts.summary != "none"),
            ("backbone.map_sizes", bool(read.backbone.map_sizes)),
        ):
            if unsupported:
                raise ConfigError(
                    f"{config}: {key} works in `promptlab run` only, but is set; remove it to "
                    "judge images without it."
                )
        if read.mutual.weight > 0 and not together:
            raise ConfigError(
                f"{config}: mutual.weight takes other images to judge one by, but one alone is "
                "judged here; set it to 0, or use `promptlab score` on a folder."
            )
        found = Judging(read.backbone, read.scorer, read.aligner, read.fusion, read.mutual)
    return Judging(
        found.backbone if backbone is None else BackboneConfig(name=backbone),
        found.scorer if scorer is None else ScorerConfig(name=scorer),
        found.aligner if aligner is None else AlignerConfig(name=aligner),
        found.fusion,
        found.mutual,
    )


def judging_options(command: Callable[P, R]) -> Callable[P, R]:
    """Add what decides how an image is judged: prompts, backbone, scorer, aligner, device."""
    options = (
        click.option("--category", required=True, help="Category of the prompt set to use."),
        click.option(
            "--prompts",
            "prompt_path",
            required=True,
            type=click.Path(path_type=Path),
            help="A prompt-set file, or a folder of them.",
        ),
        click.option(
            "--config",
            type=click.Path(path_type=Path),
            help="Judge by backbone, scorer, aligner and fusion of this experiment file, such as"
            " a sweep's --export.",
        ),
        click.option("--backbone", "backbone_name", help="[default: the file's, else lite]"),
        click.option("--scorer", help="[default: the file's, else mean]"),
        click.option("--aligner", help="[default: the file's, else fine_grained]"),
        click.option(
            "--device", type=click.Choice(get_args(Device)), default="auto", show_default=True
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
