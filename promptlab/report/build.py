"""Build the page: read run and sweep folders, lay their parts out, write one file.

The page asks nobody for anything: pictures are data addresses, the content security policy allows
the one style sheet and the one script by their digests and forbids the rest, and every word that
comes from a record, a prompt or a path is escaped.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from promptlab.errors import RecordError
from promptlab.files import write_text
from promptlab.gallery import Example, read_gallery
from promptlab.plots import metric_bars, metric_label, score_distributions
from promptlab.prompts.files import read_prompt_set
from promptlab.prompts.promptset import PromptSet
from promptlab.report.links import Link, link_files
from promptlab.report.pictures import (
    Legend,
    Photo,
    Plot,
    embed_example,
    embed_plot,
    make_legend,
)
from promptlab.report.sweeps import SweepSection, load_sweep
from promptlab.report.tables import Table, make_comparison, make_table
from promptlab.report.words import duration, listing, summarise_run
from promptlab.results import (
    PROMPT_USES_FILE,
    RECORD_FILE,
    SCORES_FILE,
    SWEEP_FILE,
    PromptSetRecord,
    PromptUse,
    RunRecord,
    Skipped,
    read_prompt_uses,
    read_record,
    read_scores,
)
from promptlab.types import State

__all__ = ["build_report"]

BASELINE = "WinCLIP baseline"
_HERE = Path(__file__).parent
_PLOTTED = ("image_auroc", "aupro")


@dataclass(frozen=True)
class _Wall:
    """The examples of one category."""

    category: str
    legend: Legend | None
    photos: tuple[Photo, ...]


@dataclass(frozen=True)
class _PromptLine:
    """One prompt and what it counted over the images of its category."""

    text: str
    source: str
    weight: float | None
    """Mean weight divided by the largest of its state, for a bar from 0 to 1."""
    mean_weight: float | None
    kept_share: float | None


@dataclass(frozen=True)
class _Prompts:
    """The prompts of one category, with what the record says of them."""

    record: PromptSetRecord
    category: str
    columns: tuple[tuple[str, tuple["_PromptLine", ...]], ...]
    """(state, its prompts) for both states."""
    weighed: bool
    """Whether the run kept its prompts' weights; runs of older versions did not."""
    origins: tuple[str, ...]
    """How language models came to write prompts, a line per source."""


@dataclass(frozen=True)
class _Run:
    anchor: str
    source: str
    links: tuple[Link, ...]
    record: RunRecord
    summary: str
    table: Table
    plots: tuple[Plot, ...]
    walls: tuple[_Wall, ...]
    prompts: tuple[_Prompts, ...]
    skipped: tuple[Skipped, ...]
    config: str


def build_report(sources: Sequence[Path], out: Path) -> Path:
    """Write one self-contained HTML file about run and sweep folders, atomically.

    Returns:
        The path written.

    Raises:
        RecordError: when there is no source, or one is missing, damaged, or neither a run nor a
            sweep.
        PromptError: when a run's prompt file is missing or damaged.
    """
    if not sources:
        raise RecordError("a report needs at least one run or sweep folder, but got none.")
    runs, sweeps = [], []
    for number, source in enumerate(sources, start=1):
        if (source / RECORD_FILE).is_file():
            runs.append(_load_run(source, f"run-{number}", beside=out.parent))
        elif (source / SWEEP_FILE).is_file():
            sweeps.append(load_sweep(source, f"sweep-{number}", beside=out.parent))
        else:
            raise RecordError(
                f"a report needs folders that `promptlab run` or `promptlab sweep` wrote, but "
                f"{source} holds neither {RECORD_FILE} nor {SWEEP_FILE}."
            )
    write_text(out, _render(runs, sweeps))
    return out


def _render(runs: Sequence[_Run], sweeps: Sequence[SweepSection]) -> str:
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_HERE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = duration
    style, script = ((_HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    names = [run.record.name for run in runs] + [sweep.record.study for sweep in sweeps]
    records = [run.record for run in runs]
    several = len(runs) > 1
    return environment.get_template("page.html.jinja").render(
        title=f"promptlab: {listing(list(dict.fromkeys(names)))}",
        runs=runs,
        sweeps=sweeps,
        compared=_plot_metrics(records) if several else (),
        comparison=make_comparison(records, baseline=BASELINE) if several else None,
        style=style,
        script=script,
        style_digest=_digest(style),
        script_digest=_digest(script),
        baseline=BASELINE,
    )


def _load_run(folder: Path, anchor: str, *, beside: Path) -> _Run:
    record, scores = read_record(folder), read_scores(folder)
    uses: dict[tuple[str, str, str], PromptUse] = {
        (one.category, one.state, one.text): one for one in read_prompt_uses(folder)
    }
    distribution = embed_plot(
        score_distributions(scores),
        alt="Image scores of normal and abnormal images, category by category.",
        caption=(
            "Image scores: a dot is an image, a box the middle half of its label, the line the "
            "median. The less the two labels overlap, the better."
        ),
    )
    results = record.results.categories.values()
    return _Run(
        anchor=anchor,
        source=str(folder),
        links=link_files(folder, (RECORD_FILE, SCORES_FILE, PROMPT_USES_FILE), beside),
        record=record,
        summary=summarise_run(record),
        table=make_table(
            {"This run": record.results, BASELINE: record.baseline}, oracle=record.oracle_metrics
        ),
        plots=(*_plot_metrics([record]), distribution),
        walls=_walls(read_gallery(folder)),
        prompts=tuple(_load_prompts(folder, *item, uses) for item in record.prompts.items()),
        skipped=(*record.dataset.problems, *(skip for one in results for skip in one.skipped)),
        config=_as_yaml(record.config),
    )


def _plot_metrics(records: Sequence[RunRecord]) -> tuple[Plot, ...]:
    """Draw the headline metrics that at least one record defines."""
    names = [
        name
        for name in _PLOTTED
        if any(record.results.mean.get(name) is not None for record in records)
    ]
    return tuple(
        embed_plot(
            metric_bars(records, name),
            alt=f"Bars: {metric_label(name)} of each category, beside {BASELINE}.",
            caption=(
                f"{metric_label(name)[0].upper()}{metric_label(name)[1:]} by category, beside "
                f"{BASELINE}. The numbers are in the table{'s' if len(records) > 1 else ''}."
            ),
        )
        for name in names
    )


def _walls(examples: Sequence[Example]) -> tuple[_Wall, ...]:
    walls = []
    ordered = sorted(examples, key=lambda example: example.category)  # stable: kinds stay in order
    for category, members in groupby(ordered, key=lambda example: example.category):
        group = list(members)
        legend = make_legend(group)
        photos = tuple(embed_example(example, legend) for example in group)
        walls.append(_Wall(category, legend, photos))
    return tuple(walls)


def _load_prompts(
    folder: Path,
    category: str,
    record: PromptSetRecord,
    uses: Mapping[tuple[str, str, str], PromptUse],
) -> _Prompts:
    # The name only: a record from elsewhere must not lead out of its run folder.
    prompts = read_prompt_set(folder / "prompts" / Path(record.file).name)
    columns = []
    for state in State:
        name = state.name.lower()
        mine = [one for one in prompts.prompts if one.state == state]
        known = [uses.get((category, name, one.text)) for one in mine]
        most = max((use.mean_weight for use in known if use is not None), default=0.0)
        lines = (
            _PromptLine(
                text=one.text,
                source=one.source,
                weight=None if use is None or most <= 0 else use.mean_weight / most,
                mean_weight=None if use is None else use.mean_weight,
                kept_share=None if use is None else use.kept_share,
            )
            for one, use in zip(mine, known, strict=True)
        )
        columns.append((name, tuple(sorted(lines, key=lambda line: -(line.mean_weight or 0.0)))))
    weighed = any(line.weight is not None for _, lines in columns for line in lines)
    return _Prompts(record, category, tuple(columns), weighed, _origins(prompts))


def _origins(prompts: PromptSet) -> tuple[str, ...]:
    lines = (
        f"{one.source}: written by {one.provenance.llm}, request template "
        f"{one.provenance.template} (version {one.provenance.template_version}), temperature "
        f"{one.provenance.temperature:g}, seed {one.provenance.seed}, {one.provenance.date[:10]}"
        for one in prompts.prompts
        if one.provenance is not None
    )
    return tuple(dict.fromkeys(lines))


def _as_yaml(config: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=100)


def _digest(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
