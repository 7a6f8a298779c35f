"""The `promptlab` group: finds commands, turns errors into one line and an exit status."""

import errno
import importlib
import sys
from collections.abc import Sequence

import click

from promptlab import __version__
from promptlab.errors import ConfigError, PromptLabError, suggest

__all__ = ["main"]

_COMMANDS = {
    "doctor": ("promptlab.cli.doctor", "What works here: device, backbones, LLMs, data, keys."),
    "data": ("promptlab.cli.data", "List, make and check data sets."),
    "prompts": ("promptlab.cli.prompts", "Write prompts with a language model, or show them."),
    "run": ("promptlab.cli.run", "Run one experiment and write its record."),
    "compare": ("promptlab.cli.compare", "Sources of prompts side by side, and what text decides."),
    "sweep": ("promptlab.cli.sweep", "Search on some categories, report on others."),
    "score": ("promptlab.cli.score", "Score your own images with a prompt set."),
    "explain": ("promptlab.cli.explain", "Say why one image got its score, with a picture."),
    "bench": ("promptlab.cli.bench", "Measure speed beside public peers."),
    "report": ("promptlab.cli.report", "Make one self-contained HTML page of runs and sweeps."),
}
"""Command -> module that defines it under its own name, and its line in --help."""


class _LazyGroup(click.Group):
    """Imports a command's module only when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(_COMMANDS[cmd_name][0]), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{cmd_name} must be a click command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"unknown command {args[0]!r}; {suggest(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])
        with formatter.section("Examples"):
            for line in (
                "promptlab doctor",
                "promptlab prompts generate --llm gguf:smollm2 --category bottle --out prompts",
                "promptlab run experiments/configs/quickstart.yaml",
                "promptlab COMMAND --help",
            ):
                formatter.write(f"  {line}\n")


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="promptlab")
@click.option("--debug", is_flag=True, help="Show tracebacks and debug messages.")
def cli(*, debug: bool) -> None:
    """Find the prompts, scorer, aligner and fusion that detect defects without training."""
    import logging  # noqa: PLC0415

    level = logging.DEBUG if debug else logging.WARNING
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    logging.getLogger("promptlab").setLevel(level)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status.

    0: done; 2: bad usage or configuration; 1: anything else; 130: interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = ["--debug"] * debug + [word for word in words if word != "--debug"]
    try:
        status = cli.main(args=words, prog_name="promptlab", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("promptlab: interrupted; run the same command to go on.", err=True)
        sys.exit(130)
    except PromptLabError as error:
        if debug:
            raise
        click.echo(f"promptlab: error: {error}", err=True)
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    except Exception as error:
        if debug:
            raise
        click.echo(f"promptlab: {_told(error)}", err=True)
        sys.exit(1)
    if status:  # what a command passed to context.exit
        sys.exit(status)


def _told(error: Exception) -> str:
    """Say in one line what nobody expected, and what helps where that is known."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            "error: a disk is full; free some, or choose another --out or PROMPTLAB_CACHE, and run "
            "the same command again."
        )
    if isinstance(error, OSError) and error.errno in (errno.EROFS, errno.EACCES):
        return f"error: {error.filename} must be accessible, but: {error.strerror}."
    text = " ".join(str(error).split())
    if isinstance(error, ModuleNotFoundError):
        return f"error: {text}; promptlab doctor names what is missing and the command for it."
    return f"unexpected {type(error).__name__}: {text}; --debug shows where."
