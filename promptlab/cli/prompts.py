"""`promptlab prompts`: write prompt sets with a language model or from a library; check them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from promptlab.cli.console import ExampleCommand, print_json, print_table, progress, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptlab.backbones.base import Backbone
    from promptlab.config import TrafficConfig
    from promptlab.prompts.generate import Generated
    from promptlab.prompts.lint import Finding
    from promptlab.prompts.promptset import PromptSet
    from promptlab.prompts.selection import Embed

__all__ = ["prompts"]

_WARNINGS = 5
"""Of one kind that `lint` prints."""


@click.group()
def prompts() -> None:
    """Write prompts with a language model or from a library; show, check and compare them."""


@prompts.command(
    cls=ExampleCommand,
    examples="""
    promptlab prompts generate --llm gguf:smollm2 --category bottle --per-state 24 --out prompts
    promptlab prompts generate --llm openai:gpt-4o-mini --category screw --max-requests 9 --out new
    promptlab prompts generate --llm openai:qwen@http://127.0.0.1:8000/v1 --category screw --out new
    promptlab prompts generate --static winclip --category "metal plate" --out prompts
    """,
)
@click.option(
    "--llm", metavar="SPEC", help="gguf:smollm2, gguf:FILE, hf:FOLDER, openai:MODEL[@URL], ..."
)
@click.option("--static", metavar="NAME", help="A prompt library: winclip or curated.")
@click.option("--category", required=True, help="Object or texture class, such as 'metal nut'.")
@click.option("--noun", help="What prompts call it [default: the category in words].")
@click.option("--template", metavar="T", help="Request template, by name or file.")
@click.option("--per-state", type=click.IntRange(min=1), default=24, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--temperature", type=click.FloatRange(min=0), default=0.9, show_default=True)
@click.option(
    "--form",
    type=click.Choice(("auto", "lines", "structured")),
    default="auto",
    show_default=True,
    help="How answers are written; auto: by what the model can do.",
)
@click.option("--backbone", "backbone_name", help="Drop prompts that it would cut.")
@click.option("--concurrency", type=click.IntRange(min=1), help="Requests at a time.")
@click.option("--rate", type=float, metavar="N", help="Requests per second, at most.")
@click.option("--timeout", type=float, metavar="S", help="Seconds until a request has failed.")
@click.option("--retries", type=click.IntRange(min=0), help="How often a request is sent again.")
@click.option("--max-requests", type=click.IntRange(min=1), help="Cap on requests sent.")
@click.option("--max-usd", type=float, metavar="USD", help="Cap on dollars; needs --prices.")
@click.option(
    "--prices",
    type=click.Path(path_type=Path),
    help="YAML: MODEL: {input: USD, output: USD}, per million tokens.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep the raw answers, to replay them with --llm recorded:FILE.",
)
@click.option("--force", is_flag=True, help="Replace a prompt set that holds other prompts.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
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
    temperature: float,
    form: Literal["auto", "lines", "structured"],
    backbone_name: str | None,
    concurrency: int | None,
    rate: float | None,
    timeout: float | None,
    retries: int | None,
    max_requests: int | None,
    max_usd: float | None,
    prices: Path | None,
    record: Path | None,
    force: bool,
    as_json: bool,
    out: Path,
) -> None:
    """Write a prompt set for one category."""
    if (llm is None) == (static is None):
        raise click.UsageError("give exactly one of --llm SPEC and --static NAME.")
    if static is not None and record is not None:
        raise click.UsageError("--record keeps a language model's answers, but --static has none.")
    from promptlab.prompts.files import prompt_file_name, write_prompt_set  # noqa: PLC0415
    from promptlab.types import State  # noqa: PLC0415

    told: dict[str, object] = {}
    if static is not None:
        from promptlab.prompts.ensemble import static_prompts  # noqa: PLC0415

        made = static_prompts(static, category, noun=noun)
    else:
        given = {
            "max_concurrency": concurrency,
            "requests_per_second": rate,
            "timeout": timeout,
            "retries": retries,
            "max_requests": max_requests,
            "max_usd": max_usd,
        }
        result = _ask(
            str(llm),
            category,
            noun=noun,
            template=template,
            per_state=per_state,
            seed=seed,
            temperature=temperature,
            form=form,
            traffic=_traffic(given, prices),
            backbone=_backbone(backbone_name),
        )
        made, told = result.prompt_set, _effort(result)
        if record is not None:
            _keep_answers(record, str(llm), template, result)
    path = out / prompt_file_name(category, made.prompts[0].source)
    if not force:
        _refuse_other_prompts(path, made)
    write_prompt_set(path, made)
    if as_json:
        counts = {state.name.lower(): len(made.texts(state)) for state in State}
        print_json(json.dumps({"file": str(path), "digest": made.digest, **counts, **told}))
    say(f"prompt set: {path}")


def _refuse_other_prompts(path: Path, made: "PromptSet") -> None:
    """Keep what somebody may have edited by hand."""
    from promptlab.errors import PromptError  # noqa: PLC0415
    from promptlab.prompts.files import read_prompt_set  # noqa: PLC0415

    if path.exists() and read_prompt_set(path).digest != made.digest:
        raise PromptError(
            f"prompt sets are not overwritten, but {path} exists and holds other prompts; choose "
            "another --out, or replace it with --force."
        )


def _keep_answers(path: Path, llm: str, template: str | None, made: "Generated") -> None:
    from promptlab.prompts.llm import default_template, parse_llm  # noqa: PLC0415
    from promptlab.prompts.recorded import Recording, write_recording  # noqa: PLC0415

    prompts = made.prompt_set.prompts
    origin = prompts[0].provenance
    name = origin.llm if origin else parse_llm(llm).name
    write_recording(
        path, Recording(name, template or default_template(llm), made.answers, made.form)
    )
    say(f"answers: {path}")


def _effort(made: "Generated") -> dict[str, object]:
    """Return what an LLM took, for JSON."""
    from collections import Counter  # noqa: PLC0415

    return {
        "drawn": made.drawn,
        "kept": made.kept,
        "complete": made.complete,
        "dropped": dict(Counter(one.reason for one in made.dropped).most_common()),
        "requests": made.requests,
        "cached": made.cached,
        "failed": list(made.failed),
        "faults": dict(made.faults),
        "input_tokens": made.usage.input_tokens,
        "output_tokens": made.usage.output_tokens,
        "cost_usd": made.cost_usd,
        "seconds": made.seconds,
        "form": made.form,
    }


def _traffic(given: "Mapping[str, object]", prices: Path | None) -> "TrafficConfig":
    """Make the traffic rules of the options that were given."""
    import yaml  # noqa: PLC0415
    from pydantic import ValidationError  # noqa: PLC0415

    from promptlab.config import TrafficConfig  # noqa: PLC0415
    from promptlab.errors import ConfigError  # noqa: PLC0415

    rules = {name: value for name, value in given.items() if value is not None}
    if prices is not None:
        try:
            rules["prices"] = yaml.safe_load(prices.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            text = " ".join(str(error).split())
            raise ConfigError(f"--prices must be a YAML file, but {prices}: {text}.") from error
    try:
        return TrafficConfig.model_validate(rules)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise ConfigError(f"{where}: {first['msg']}, but got {first['input']!r}.") from None


def _ask(
    llm: str,
    category: str,
    *,
    noun: str | None,
    template: str | None,
    per_state: int,
    seed: int,
    temperature: float,
    form: Literal["auto", "lines", "structured"],
    traffic: "TrafficConfig",
    backbone: "Backbone | None",
) -> "Generated":
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
            temperature=temperature,
            form=form,
            traffic=traffic,
            count_tokens=backbone.count_tokens if backbone else None,
            max_tokens=backbone.max_text_tokens if backbone else 77,
            progress=report,
        )
    say(
        f"drawn {result.drawn}, kept {result.kept}, in {result.seconds:.1f} s; {result.requests} "
        f"answers, {result.cached} of them from the cache; {result.tokens} tokens, {_cost(result)}"
    )
    for reason, count in Counter(one.reason for one in result.dropped).most_common():
        say(f"  dropped {count}: {reason}")
    for kind, count in result.faults.items():
        say(f"  {count} faults: {kind}")
    if result.failed:
        say(f"  {len(result.failed)} requests failed for good ({result.failed[0]})")
    if not result.complete:
        say(f"note: fewer than {per_state} prompts per state survived; the set is kept as it is.")
    return result


def _cost(made: "Generated") -> str:
    return "price not known" if made.cost_usd is None else f"${made.cost_usd:.4f}"


@prompts.command(cls=ExampleCommand, examples="promptlab prompts show prompts/")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
def show(*, paths: tuple[Path, ...]) -> None:
    """Print prompt-set files, or all in a folder, as tables."""
    from promptlab.prompts.files import prompt_files, read_prompt_set  # noqa: PLC0415

    for file in prompt_files(paths):
        shown = read_prompt_set(file)
        rows = [[prompt.text, prompt.state.name.lower(), prompt.source] for prompt in shown.prompts]
        print_table(f"{shown.category} ({file})", ["prompt", "state", "source"], rows)


@prompts.command(
    cls=ExampleCommand,
    examples="""
    promptlab prompts lint prompts/
    promptlab prompts lint mine.jsonl --backbone lite --dataset mvtec --root data/mvtec
    """,
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--noun", help="What prompts call the category [default: the category in words].")
@click.option("--least", type=click.IntRange(min=1), default=4, show_default=True)
@click.option("--backbone", "backbone_name", help="Check lengths by this backbone's tokens.")
@click.option("--dataset", metavar="NAME", help="Look for the names of its defect folders.")
@click.option("--root", type=click.Path(path_type=Path), help="The data set's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def lint(
    *,
    paths: tuple[Path, ...],
    noun: str | None,
    least: int,
    backbone_name: str | None,
    dataset: str | None,
    root: Path | None,
    as_json: bool,
) -> None:
    """Say what is wrong with prompt files; exit status 1 when anything is an error."""
    from promptlab.prompts.files import prompt_files  # noqa: PLC0415
    from promptlab.prompts.lint import LintRules, lint_file  # noqa: PLC0415

    defects = _defect_names(dataset, root)
    backbone = _backbone(backbone_name)
    rules = LintRules(
        noun=noun,
        least=least,
        count_tokens=backbone.count_tokens if backbone else None,
        max_tokens=backbone.max_text_tokens if backbone else 77,
        defects=defects,
    )
    files = prompt_files(paths)
    findings = [finding for file in files for finding in lint_file(file, rules)]
    errors = sum(finding.level == "error" for finding in findings)
    if as_json:
        print_json(json.dumps({"findings": [asdict(finding) for finding in findings]}))
    else:
        for one in _shortened(findings):
            click.echo(f"{one.where}: {one.level}: {one.rule}: {one.detail}")
        say(f"{len(files)} files, {errors} errors, {len(findings) - errors} warnings")
    if errors:
        click.get_current_context().exit(1)


def _shortened(findings: "list[Finding]") -> "Iterator[Finding]":
    """Give the first warnings of each kind: WinCLIP's list has over a hundred near-duplicates."""
    from collections import Counter  # noqa: PLC0415

    seen: Counter[str] = Counter()
    for one in findings:
        seen[one.rule] += one.level == "warning"
        if one.level == "error" or seen[one.rule] <= _WARNINGS:
            yield one
    for rule, count in seen.items():
        if count > _WARNINGS:
            say(f"note: {count - _WARNINGS} more warnings are {rule}; --json lists all.")


@prompts.command(
    cls=ExampleCommand,
    examples="""
    promptlab prompts stats prompts/
    promptlab prompts stats prompts/ --backbone lite --json
    """,
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--backbone", "backbone_name", help="Measure with its text encoder too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def stats(*, paths: tuple[Path, ...], backbone_name: str | None, as_json: bool) -> None:
    """Measure how diverse prompts are and how far normal and abnormal ones are apart."""
    from promptlab.prompts.files import prompt_files, read_prompt_set  # noqa: PLC0415
    from promptlab.prompts.statistics import set_statistics  # noqa: PLC0415
    from promptlab.sentences import sentence_vectors  # noqa: PLC0415
    from promptlab.types import State  # noqa: PLC0415

    encoders: dict[str, Embed] = {"sentence-transformers": sentence_vectors}
    backbone = _backbone(backbone_name)
    if backbone is not None:
        encoders[backbone.name] = _text_tower(backbone)
    found = []
    for file in prompt_files(paths):
        shown = read_prompt_set(file)
        texts = [shown.texts(state) for state in State]
        for name, embed in encoders.items():
            measured = set_statistics(*(embed(each) for each in texts))
            counts = {"n_normal": len(texts[0]), "n_abnormal": len(texts[1])}
            row = {"file": str(file), "encoder": name, **counts, **asdict(measured)}
            found.append(row)
    if as_json:
        print_json(json.dumps({"sets": found}))
        return
    columns = [*found[0]]
    rows = [[_shown(row[column]) for column in columns] for row in found]
    print_table("cosine distances; overlap: nearest prompt is of the other state", columns, rows)


@prompts.command(
    cls=ExampleCommand, examples="promptlab prompts diff old/bottle.jsonl new/bottle.jsonl"
)
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def diff(*, first: Path, second: Path, as_json: bool) -> None:
    """Say which prompts were added, removed, reworded or moved to the other state."""
    from promptlab.prompts.difference import compare_sets  # noqa: PLC0415
    from promptlab.prompts.files import read_prompt_set  # noqa: PLC0415

    one, other = read_prompt_set(first), read_prompt_set(second)
    changes = compare_sets(one, other)
    if as_json:
        rows = [{**asdict(change), "state": change.state.name.lower()} for change in changes]
        digests = {"first": one.digest, "second": other.digest}
        print_json(json.dumps({**digests, "changes": rows}))
        return
    marks = {"added": "+", "removed": "-", "reworded": "~", "moved": ">"}
    for change in changes:
        before = f"   (was: {change.before})" if change.before else ""
        click.echo(f"{marks[change.kind]} {change.state.name.lower()}: {change.text}{before}")
    say(f"{len(changes)} changes; digests {one.digest[:12]} and {other.digest[:12]}")


def _backbone(name: str | None) -> "Backbone | None":
    if name is None:
        return None
    from promptlab.backbones import load_backbone  # noqa: PLC0415 - imports torch

    return load_backbone(name)


def _text_tower(backbone: "Backbone") -> "Embed":
    """Return the backbone's text encoder as sentences to unit vectors."""
    from promptlab.features import FeatureStore, encode_texts  # noqa: PLC0415 - imports torch

    store = FeatureStore()
    return lambda texts: encode_texts(backbone, texts, store=store).numpy()


def _defect_names(dataset: str | None, root: Path | None) -> dict[str, tuple[str, ...]]:
    """Return the names of a data set's defect folders by category."""
    if dataset is None:
        return {}
    from promptlab.datasets.load import load_dataset  # noqa: PLC0415 - imports pillow

    listed = load_dataset(dataset, root=root)
    return {
        category: tuple(sorted({one.defect for one in listed.of(category) if one.defect}))
        for category in listed.categories
    }


def _shown(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "-" if value is None else str(value)
