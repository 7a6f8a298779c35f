"""The command line: one module per family of commands. Nothing heavy is imported at start."""

from promptlab.cli.main import main

__all__ = ["main"]
