"""`promptlab data`: list, fetch, make and check data sets."""

import json
from collections import Counter
from pathlib import Path

import click

from promptlab.cli.cache import cache
from promptlab.cli.console import ExampleCommand, print_json, print_table, progress, say
from promptlab.files import printable

__all__ = ["data"]


@click.group()
def data() -> None:
    """List, fetch, make and check data sets."""


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
@click.option("--categories", help="Comma-separated [default: ten that `lite` never trained on].")
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
    promptlab data download visa
    promptlab data download visa --accept-licence
    promptlab data download mpdd --archive ~/Downloads/MPDD.zip --accept-licence --root data/mpdd
    """,
)
@click.argument("name")
@click.option("--root", type=click.Path(path_type=Path), help="A new folder [default: the cache].")
@click.option("--accept-licence", is_flag=True, help="You read the licence and keep to it.")
@click.option(
    "--archive",
    type=click.Path(path_type=Path),
    help="One that you fetched: nothing is downloaded.",
)
def download(*, name: str, root: Path | None, accept_licence: bool, archive: Path | None) -> None:
    """Fetch a data set, compare its digest and unpack it; go on where a broken download stopped.

    Without --accept-licence: say what it is, under which licence, and where it comes from.
    """
    from promptlab.datasets.download import fetch  # noqa: PLC0415
    from promptlab.datasets.load import describe  # noqa: PLC0415
    from promptlab.datasets.sources import SOURCES, dataset_folder  # noqa: PLC0415
    from promptlab.datasets.unpack import install, refuse_existing  # noqa: PLC0415
    from promptlab.errors import DataError  # noqa: PLC0415

    describe(name)  # an unknown name is refused here
    source, folder = SOURCES[name], root or dataset_folder(name)
    say(f"{name}: {source.what}")
    say(f"licence: {source.licence}")
    say(f"from: {source.page or 'your own disk'}{source.address and f' ({source.address})'}")
    if source.install:
        say(f"to get it: {source.install}")
        return
    if not source.page:
        say("nothing to fetch: set dataset.root")
        return
    if not (source.address or archive):
        raise DataError(
            f"{name} must be fetched by a person, since its licence or its page asks for it; get "
            f"it from {source.page}, then: promptlab data download {name} --archive FILE "
            f"--accept-licence (or put its files into {folder} yourself)."
        )
    if not accept_licence:
        raise click.UsageError(
            "read the licence, then give --accept-licence to say that you keep to it."
        )
    refuse_existing(folder)
    with progress() as report:
        path = archive or fetch(source, dataset_folder(".archives"), progress=report)
        digest, known = install(source, path, folder, progress=report)
    if archive is None:
        path.unlink()
    say(f"{digest}: {'as published' if known else 'UNVERIFIED, nobody published it; written down'}")
    say(f"{name}: {folder}")


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
    images = len(dataset.samples) + len(dataset.train)
    if as_json:
        rows = [
            {
                "path": str(problem.path),
                "kind": problem.kind,
                "what": problem.what,
                "remedy": problem.remedy,
            }
            for problem in problems
        ]
        print_json(json.dumps({"images": images, "problems": rows}))
    elif problems:
        table = [
            [problem.kind, printable(problem.path), problem.what, problem.remedy]
            for problem in sorted(problems, key=lambda each: (each.kind, each.path))
        ]
        print_table("", ["kind", "path", "what", "remedy"], table)
    counts = Counter(problem.kind for problem in problems)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    say(f"{images} images checked, {len(problems)} problems{told and f': {told}'}")
    if problems:
        context.exit(1)


data.add_command(cache)
