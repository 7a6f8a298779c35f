"""`promptlab data`: list, make and check data sets."""

import json
from pathlib import Path

import click

from promptlab.cli.cache import cache
from promptlab.cli.console import ExampleCommand, print_json, print_table, progress, say

__all__ = ["data"]


@click.group()
def data() -> None:
    """List, make and check data sets."""


@data.command(
    name="list", cls=ExampleCommand, examples="promptlab data list\npromptlab data list --json"
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_(*, as_json: bool) -> None:
    """List the data sets that a configuration can name."""
    from promptlab.datasets.load import DATASETS, describe  # noqa: PLC0415

    if as_json:
        print_json(json.dumps({"datasets": {name: describe(name) for name in sorted(DATASETS)}}))
        return
    print_table("", ["name", "what"], [[name, describe(name)] for name in sorted(DATASETS)])


@data.command(
    cls=ExampleCommand,
    examples="""
    promptlab data synth --out data/synthetic
    promptlab data synth --out data/nuts --categories hexnut,washer --per-category 50 --size 320x240
    """,
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
@click.option("--categories", help="Comma-separated [default: those `lite` never trained on].")
@click.option(
    "--per-category",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Pairs: one image without and one with a defect.",
)
@click.option("--size", default="224x288", show_default=True, metavar="HxW", help="In pixels.")
@click.option("--seed", type=int, default=0, show_default=True)
def synth(*, out: Path, categories: str | None, per_category: int, size: str, seed: int) -> None:
    """Draw the deterministic synthetic set, with masks, in MVTec AD layout."""
    from promptlab.datasets.synthetic import synthesise  # noqa: PLC0415
    from promptlab.synthetic.catalogue import HELD_OUT  # noqa: PLC0415

    try:
        height, width = (int(side) for side in size.lower().split("x"))
    except ValueError:
        raise click.UsageError(
            f"--size must be HEIGHTxWIDTH such as 224x288, but got {size!r}."
        ) from None
    chosen = tuple(categories.split(",")) if categories else tuple(sorted(HELD_OUT))
    with progress() as report:
        synthesise(
            out,
            categories=chosen,
            per_category=per_category,
            size=(height, width),
            seed=seed,
            progress=report,
        )
    say(f"{len(chosen)} categories of {per_category} pairs: {out}")


@data.command(
    cls=ExampleCommand,
    examples="""
    promptlab data verify elpv
    promptlab data verify mvtec --root data/mvtec --json
    """,
)
@click.argument("name")
@click.option("--root", type=click.Path(path_type=Path), help="Folder of the data set.")
@click.option("--categories", help="Comma-separated [default: all].")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def verify(
    context: click.Context, *, name: str, root: Path | None, categories: str | None, as_json: bool
) -> None:
    """Read every image and mask; print what is missing, corrupt, mis-sized or unpaired.

    Exit status 1 when something is wrong.
    """
    from promptlab.datasets.load import load_dataset  # noqa: PLC0415
    from promptlab.datasets.verify import verify_dataset  # noqa: PLC0415

    chosen = tuple(categories.split(",")) if categories else None
    dataset = load_dataset(name, root=root, categories=chosen)
    with progress() as report:
        problems = verify_dataset(dataset, progress=report)
    if as_json:
        rows = [
            {"path": str(problem.path), "what": problem.what, "remedy": problem.remedy}
            for problem in problems
        ]
        print_json(json.dumps({"images": len(dataset.samples), "problems": rows}))
    elif problems:
        table = [[str(problem.path), problem.what, problem.remedy] for problem in problems]
        print_table("", ["path", "what", "remedy"], table)
    say(f"{len(dataset.samples)} images checked, {len(problems)} problems")
    if problems:
        context.exit(1)


data.add_command(cache)
