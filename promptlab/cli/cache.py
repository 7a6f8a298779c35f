"""`promptlab data cache`: what the feature store takes, by backbone; makes it smaller."""

import json

import click

from promptlab.cli.console import ExampleCommand, print_json, print_table, say

__all__ = ["cache"]


@click.command(
    cls=ExampleCommand,
    examples="""
    promptlab data cache
    promptlab data cache --prune-older 30
    promptlab data cache --prune 'lite@224x224*'
    """,
)
@click.option("--prune", metavar="PATTERN", help="Delete the features of backbones by name.")
@click.option(
    "--prune-older",
    "days",
    type=click.FloatRange(min=0),
    metavar="DAYS",
    help="Delete features that no run has read or written for so long.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def cache(*, prune: str | None, days: float | None, as_json: bool) -> None:
    """Show the cached features of each backbone; delete those that are named.

    What is deleted is encoded again when a run needs it.
    """
    from promptlab.features import FeatureStore  # noqa: PLC0415 - imports torch

    store = FeatureStore()
    removed = None
    if prune is not None or days is not None:
        removed = store.prune(pattern=prune or "*", older_than_days=days)
    entries = store.usage()
    total = sum(entry.bytes for entry in entries)
    if as_json:
        rows = [{"backbone": e.backbone, "files": e.files, "bytes": e.bytes} for e in entries]
        content = {"folder": str(store.folder), "backbones": rows, "bytes": total}
        print_json(json.dumps({**content, "removed_bytes": removed}))
    else:
        table = [[e.backbone, f"{e.files:,}", _megabytes(e.bytes)] for e in entries]
        print_table("", ["backbone", "files", "MB"], table, numbers=True)
    if removed is not None:
        say(f"removed: {_megabytes(removed)} MB")
    say(f"{_megabytes(total)} MB in {store.folder}")


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f}"
