"""Options that several commands take in the same words."""

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, get_args

import click

from promptlab.runtime import Device, Engine

__all__ = ["engine_option", "judging_options"]

P = ParamSpec("P")
R = TypeVar("R")


def engine_option(command: Callable[P, R]) -> Callable[P, R]:
    """Add where images are encoded and scored."""
    return click.option(
        "--engine",
        type=click.Choice(get_args(Engine)),
        default="plain",
        show_default=True,
        help="ray: encode images and score categories on the Ray cluster at $RAY_ADDRESS, else on"
        " one of this machine's cores; the numbers are the same.",
    )(command)


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
