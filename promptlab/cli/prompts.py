"""`promptlab prompts`: write prompt sets with a language model or from a library; show them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptlab.cli.console import ExampleCommand, print_table, progress, say

if TYPE_CHECKING:
    from promptlab.prompts.promptset import PromptSet

__all__ = ["prompts"]


@click.group()
def prompts() -> None:
    """Write prompts with a language model or from a library, and show them."""


@prompts.command(
    cls=ExampleCommand,
    examples="""
    promptlab prompts generate --llm gguf:smollm2 --category bottle --per-state 24 --out prompts
    promptlab prompts generate --llm openai:gpt-4o-mini --category screw --out prompts
    promptlab prompts generate --static winclip --category "metal plate" --out prompts
    """,
)
@click.option("--llm", metavar="SPEC", help="gguf:smollm2, gguf:FILE, openai:MODEL[@URL], ...")
@click.option("--static", metavar="NAME", help="A prompt library: winclip or curated.")
@click.option("--category", required=True, help="Object or texture class, such as 'metal nut'.")
@click.option("--noun", help="What prompts call it [default: the category in words].")
@click.option("--template", metavar="T", help="Request template, by name or file.")
@click.option("--per-state", type=click.IntRange(min=1), default=24, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder.")
def generate(
    *,
    llm: str | None,
    static: str | None,
    category: str,
    noun: str | None,
    template: str | None,
    per_state: int,
    seed: int,
    out: Path,
) -> None:
    """Write a prompt set for one category."""
    if (llm is None) == (static is None):
        raise click.UsageError("give exactly one of --llm SPEC and --static NAME.")
    from promptlab.prompts.files import prompt_file_name, write_prompt_set  # noqa: PLC0415

    if static is not None:
        from promptlab.prompts.ensemble import static_prompts  # noqa: PLC0415

        made = static_prompts(static, category, noun=noun)
    else:
        made = _ask(str(llm), category, noun, template, per_state, seed)
    path = out / prompt_file_name(category, made.prompts[0].source)
    write_prompt_set(path, made)
    say(f"prompt set: {path}")


def _ask(
    llm: str, category: str, noun: str | None, template: str | None, per_state: int, seed: int
) -> "PromptSet":
    """Ask the language model and tell what was dropped and why."""
    from collections import Counter  # noqa: PLC0415

    from promptlab.prompts.generate import generate_prompts  # noqa: PLC0415 - imports LangChain

    with progress() as report:
        result = generate_prompts(
            llm,
            category,
            noun=noun,
            template=template,
            per_state=per_state,
            seed=seed,
            progress=report,
        )
    say(f"drawn {result.drawn}, kept {result.kept}, in {result.seconds:.1f} s")
    for reason, count in Counter(one.reason for one in result.dropped).most_common():
        say(f"  dropped {count}: {reason}")
    if result.failed:
        say(f"  {len(result.failed)} requests failed ({result.failed[0]})")
    if not result.complete:
        say(f"note: fewer than {per_state} prompts per state survived; the set is kept as it is.")
    return result.prompt_set


@prompts.command(cls=ExampleCommand, examples="promptlab prompts show prompts/")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
def show(*, paths: tuple[Path, ...]) -> None:
    """Print prompt-set files, or all in a folder, as tables."""
    from promptlab.errors import PromptError  # noqa: PLC0415
    from promptlab.prompts.files import read_prompt_set  # noqa: PLC0415

    files: list[Path] = []
    suffixes = (".jsonl", ".yaml", ".yml")
    for path in paths:
        if path.is_dir():
            files.extend(each for each in sorted(path.iterdir()) if each.suffix in suffixes)
        else:
            files.append(path)
    if not files:
        raise PromptError(f"there must be prompt sets to show, but {paths[0]} holds none.")
    for file in files:
        shown = read_prompt_set(file)
        rows = [[prompt.text, prompt.state.name.lower(), prompt.source] for prompt in shown.prompts]
        print_table(f"{shown.category} ({file})", ["prompt", "state", "source"], rows)
