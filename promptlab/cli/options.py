"""Options that several commands take in the same words."""

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, get_args

import click

from promptlab.runtime import Device

__all__ = ["judging_options"]

P = ParamSpec("P")
R = TypeVar("R")


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
        click.option("--backbone", "backbone_name", default="lite", show_default=True),
        click.option("--scorer", default="mean", show_default=True),
        click.option("--aligner", default="fine_grained", show_default=True),
        click.option(
            "--device", type=click.Choice(get_args(Device)), default="auto", show_default=True
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
