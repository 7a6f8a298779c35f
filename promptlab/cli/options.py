"""Options that several commands take in the same words."""

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, get_args

import click

from promptlab.runtime import Device, Engine

__all__ = ["engine_options", "judging_options"]

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
