"""What commands share: progress on a terminal or as lines, tables, and one-line errors."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from promptlab.types import Progress

__all__ = ["ExampleCommand", "percent", "points", "print_json", "print_table", "progress", "say"]

LINE_EVERY_SECONDS = 5.0


class ExampleCommand(click.Command):
    """A command whose help ends with examples that are shown as they are typed."""

    def __init__(self, *args: Any, examples: str = "", **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, unwrapped."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples.strip().splitlines():
                    formatter.write(f"{'':{formatter.current_indent}}{line.strip()}\n")


def say(message: str) -> None:
    """Tell the person at the terminal; standard output stays free for results."""
    click.echo(message, err=True)


def print_json(text: str) -> None:
    """Print one JSON object on standard output."""
    click.echo(text)


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = False
) -> None:
    """Print a table on standard output; ``numbers``: all but the first column are right-aligned."""
    from rich.console import Console  # noqa: PLC0415 - keeps start-up instant
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if numbers and i else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    width = None if sys.stdout.isatty() else 200
    Console(width=width, highlight=False).print(table)


def percent(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """Write a fraction in percent, with its interval; a dash where undefined.

    >>> percent(0.9134, 0.9, 0.925), percent(None)
    ('91.3 [90.0, 92.5]', '-')
    """
    if value is None:
        return "-"
    interval = "" if low is None or high is None else f" [{100 * low:.1f}, {100 * high:.1f}]"
    return f"{100 * value:.1f}{interval}"


def points(
    value: float | None, low: float | None = None, high: float | None = None, p: float | None = None
) -> str:
    """Write a difference of fractions in percentage points, with interval and p value.

    >>> points(0.02, -0.01, 0.05, 0.2), points(None)
    ('+2.0 [-1.0, +5.0] p 0.2', '-')
    """
    if value is None:
        return "-"
    interval = "" if low is None or high is None else f" [{100 * low:+.1f}, {100 * high:+.1f}]"
    return f"{100 * value:+.1f}{interval}" + ("" if p is None else f" p {p:.2g}")


@contextmanager
def progress(*, quiet: bool = False) -> "Iterator[Progress]":
    """Give a reporter of long work: bars on a terminal, else a line every few seconds.

    What follows a task's first ": " may change from call to call.
    """
    if quiet:
        from promptlab.types import silent  # noqa: PLC0415

        yield silent
    elif sys.stderr.isatty():
        with _bars() as report:
            yield report
    else:
        yield _Lines()


@contextmanager
def _bars() -> "Iterator[Progress]":
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as shown:
        tasks = {}

        def report(task: str, done: int, total: int) -> None:
            name = task.partition(": ")[0]
            if name not in tasks:
                tasks[name] = shown.add_task(task, total=total or None)
            shown.update(tasks[name], description=task, completed=done, total=total or None)

        yield report


class _Lines:
    """Progress as plain lines: the first, the last, and one every few seconds."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def __call__(self, task: str, done: int, total: int) -> None:
        now, name = time.monotonic(), task.partition(": ")[0]
        due = now - self._last.get(name, -LINE_EVERY_SECONDS) >= LINE_EVERY_SECONDS
        if due or done == total:
            self._last[name] = now
            say(f"{task}: {done}/{total or '?'}" if done or total else task)
