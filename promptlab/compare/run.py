"""Compare sources of prompts on one data set: what each is worth, what it took, what is chance.

Every source is judged on the same images with the same backbone, scorer, aligner and fusion. The
baseline is WinCLIP's ensemble under that same scorer, so that a difference is the prompts'.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from time import perf_counter

import numpy as np
from jaxtyping import Float

from promptlab.compare.judge import (
    CategoryScores,
    judge_sets,
    measure_set,
    read_masks,
    resample_pixels,
)
from promptlab.compare.record import (
    COMPARE_FILE,
    METRICS,
    CompareRecord,
    CompareRow,
    DrawResult,
    Spread,
    refuse_existing,
    write_comparison,
)
from promptlab.compare.resampling import mean_resamples, over_draws
from promptlab.compare.sources import (
    BASELINE,
    Source,
    Writer,
    public_name,
    reasons,
    sources_of,
)
from promptlab.config import CompareConfig, ExperimentConfig
from promptlab.errors import ConfigError
from promptlab.features import FeatureStore
from promptlab.metrics.ranking import RankingFormula, auroc, average_precision
from promptlab.metrics.resampling import holm, paired_interval, percentile_interval
from promptlab.prompts.files import prompt_file_name, write_prompt_set
from promptlab.prompts.promptset import PromptSet
from promptlab.results import BackboneRecord, MetricValue, PairedValue, new_run_folder, provenance
from promptlab.sentences import sentence_vectors
from promptlab.types import Progress, silent
from promptlab.workbench import Workbench

__all__ = ["compare_sources", "judged_part"]

_FORMULAS: Mapping[str, RankingFormula] = {"image_auroc": auroc, "image_ap": average_precision}
_PIXELS = ("pixel_auroc", "aupro")
_Draw = tuple[Source, int | None]


@dataclass
class _Gathered:
    """Scores of all draws over all categories."""

    sets: dict[str, dict[_Draw, PromptSet]]
    """By category."""
    errors: dict[_Draw, str]
    judged: dict[str, CategoryScores]
    metrics: dict[_Draw, dict[str, float | None]]
    pixels: dict[_Draw, dict[str, list[Float[np.ndarray, " sample"]]]]
    """Resamples of the pixel metrics, by category where there are masks."""


def compare_sources(
    config: ExperimentConfig,
    *,
    parent: Path,
    folder: Path | None = None,
    answers: Path | None = None,
    progress: Progress = silent,
) -> tuple[Path, CompareRecord]:
    """Judge all sources of an experiment's ``compare`` section; write record, table and prompts.

    A language model that fails makes a row that says why; the others go on.

    Args:
        config: the experiment.
        parent: where a new folder is made when none is given.
        folder: where the results go; it must not hold a comparison yet.
        answers: the answer cache's file; None: the default one.
        progress: told about long work.

    Raises:
        ConfigError: when there is no ``compare`` section, or the experiment is few-shot.
        LLMError, PromptError: when a model's, template's or source's name is wrong.
        RecordError: when the folder holds a comparison already.
    """
    chosen = _section(config)
    if folder is not None:
        refuse_existing(folder, COMPARE_FILE)
    sources = sources_of(config, chosen)
    begun = perf_counter()
    workbench = Workbench(answers=answers, progress=progress)
    writer = Writer(
        config,
        chosen,
        backbone=workbench.backbone(config),
        embed=sentence_vectors,
        answers=answers,
        progress=progress,
    )
    gathered = _write(config, workbench, sources, writer)
    seconds = {"prompts": perf_counter() - begun}
    _judge(config, workbench, gathered, progress)
    folder = folder or new_run_folder(parent, f"{config.name}-compare")
    files = _keep_prompts(folder, gathered)
    rows = _rows(config, sources, gathered, files=files, writer=writer, workbench=workbench)
    record = CompareRecord(
        **judged_part(config, workbench, gathered.judged),
        seconds={**seconds, "total": perf_counter() - begun},
        baseline=BASELINE,
        rows=rows,
    )
    write_comparison(folder, record)
    return folder, record


def judged_part(
    config: ExperimentConfig, workbench: Workbench, judged: Mapping[str, CategoryScores]
) -> dict[str, object]:
    """Return what the records of comparisons and audits share."""
    backbone = workbench.backbone(config)
    return {
        "name": config.name,
        "seed": config.seed,
        "config": config.model_dump(mode="json", by_alias=True),
        "provenance": provenance(),
        "backbone": BackboneRecord(
            name=backbone.name,
            id=backbone.id,
            weights_digest=backbone.weights_digest,
            device=config.backbone.device,
            logit_scale=backbone.logit_scale,
        ),
        "dataset": workbench.dataset(config).name,
        "categories": {name: len(one.samples) for name, one in judged.items()},
        "skipped": sum(len(one.skipped) for one in judged.values()),
    }


def _section(config: ExperimentConfig) -> CompareConfig:
    if config.compare is None:
        raise ConfigError(
            "a comparison needs a compare section in the experiment file, but there is none; add "
            "for example compare: {llms: ['gguf:smollm2'], static: [winclip, curated]}."
        )
    return config.compare


def _write(
    config: ExperimentConfig, workbench: Workbench, sources: Sequence[Source], writer: Writer
) -> _Gathered:
    """Get all prompts before any image is encoded: what can fail comes first."""
    found = _Gathered({}, {}, {}, {}, {})
    nouns = workbench.dataset(config).nouns
    for category in workbench.categories(config):
        found.sets[category] = {}
        for source in sources:
            for seed in source.seeds:
                made, error = writer.prompts(source, seed, category, noun=nouns[category])
                if made is None:
                    found.errors.setdefault((source, seed), error)
                else:
                    found.sets[category][source, seed] = made
    for of_category in found.sets.values():  # a draw counts only if it has every category
        for draw in found.errors:
            of_category.pop(draw, None)
    return found


def _judge(
    config: ExperimentConfig, workbench: Workbench, gathered: _Gathered, progress: Progress
) -> None:
    """Score and measure category by category; patch maps of one category are held at a time."""
    store = FeatureStore()
    by_category: dict[_Draw, list[dict[str, float]]] = {}
    for place, (category, sets) in enumerate(gathered.sets.items()):
        named = {_key(draw): one for draw, one in sets.items()}
        judged = judge_sets(
            config, category, named, workbench=workbench, store=store, progress=progress
        )
        masks = read_masks(judged, config)
        for nth, draw in enumerate(sets):
            measured = measure_set(judged, _key(draw), config, masks=masks).named
            values = {name: measured[name].value for name in METRICS}
            by_category.setdefault(draw, []).append(values)
            if masks is not None and config.metrics.bootstrap:
                resampled = resample_pixels(judged, _key(draw), config, masks=masks, nth=place)
                for name, each in resampled.items():
                    own = gathered.pixels.setdefault(draw, {})
                    own.setdefault(name, []).append(each)
            progress(f"measure {category}", nth + 1, len(sets))
        gathered.judged[category] = judged.without_maps()
    for draw, listed in by_category.items():
        gathered.metrics[draw] = {name: _mean(one[name] for one in listed) for name in METRICS}


def _rows(
    config: ExperimentConfig,
    sources: Sequence[Source],
    gathered: _Gathered,
    *,
    files: Mapping[_Draw, dict[str, str]],
    writer: Writer,
    workbench: Workbench,
) -> tuple[CompareRow, ...]:
    samples = {
        source: {name: _resamples(config, source, gathered, name) for name in METRICS}
        for source in sources
    }
    base = Source(BASELINE, "static")
    judged = [source for source in sources if source != base and _done(source, gathered)]
    gains: dict[Source, dict[str, PairedValue]] = {source: {} for source in sources}
    for name in METRICS:
        of_metric = {
            source: gain
            for source in judged
            if (gain := _gain(config, gathered, source, base, samples, name=name)) is not None
        }
        for source, gain in _corrected(of_metric).items():
            gains[source][name] = gain
    nouns = dict(workbench.dataset(config).nouns)
    rows = []
    for source in sources:
        draws = tuple(
            _draw_result(source, seed, gathered, files=files, writer=writer, nouns=nouns)
            for seed in source.seeds
        )
        rows.append(_row(source, draws, samples[source], gains[source]))
    return tuple(rows)


def _row(
    source: Source,
    draws: tuple[DrawResult, ...],
    samples: Mapping[str, Float[np.ndarray, " sample"] | None],
    gains: dict[str, PairedValue],
) -> CompareRow:
    done = [draw for draw in draws if draw.metrics]
    values = {name: _value(done, name, samples.get(name)) for name in METRICS}
    costs = [draw.cost_usd for draw in draws]
    errors = [draw.error for draw in draws if draw.error]
    dropped: Counter[str] = Counter()
    for draw in draws:
        dropped.update(draw.dropped)
    return CompareRow(
        source=public_name(source),
        template=source.template,
        per_state=source.per_state,
        **values,
        spread=_spread(done) if source.kind == "llm" else {},
        gains=gains,
        n_draws=len(done),
        drawn=sum(draw.drawn for draw in draws),
        kept=sum(draw.kept for draw in draws),
        dropped=dict(dropped.most_common()),
        input_tokens=sum(draw.input_tokens for draw in draws),
        output_tokens=sum(draw.output_tokens for draw in draws),
        seconds=sum(draw.seconds for draw in draws),
        cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
        complete=all(draw.complete for draw in draws),
        error=f"{len(errors)} of {len(draws)} draws failed: {errors[0]}" if errors else "",
        draws=draws,
    )


def _draw_result(
    source: Source,
    seed: int | None,
    gathered: _Gathered,
    *,
    files: Mapping[_Draw, dict[str, str]],
    writer: Writer,
    nouns: dict[str, str],
) -> DrawResult:
    draw = (source, seed)
    metrics = gathered.metrics.get(draw, {})
    error = gathered.errors.get(draw, "")
    own = {category: sets[draw] for category, sets in gathered.sets.items() if draw in sets}
    digests = {category: prompts.digest for category, prompts in own.items()}
    if source.kind != "llm":
        kept = sum(len(prompts.prompts) for prompts in own.values())
        return DrawResult(
            seed=None,
            metrics=metrics,
            drawn=kept,
            kept=kept,
            prompts=files.get(draw, {}),
            digests=digests,
            complete=not error,
            error=error,
        )
    efforts = writer.effort(source, seed, nouns)
    costs = [made.cost_usd for made in efforts]
    faults: Counter[str] = Counter()
    for made in efforts:
        faults.update(made.faults)
    return DrawResult(
        seed=seed,
        metrics=metrics,
        drawn=sum(made.drawn for made in efforts),
        kept=sum(made.kept for made in efforts),
        dropped=reasons(efforts),
        faults=dict(faults),
        failed=sum(len(made.failed) for made in efforts),
        input_tokens=sum(made.usage.input_tokens for made in efforts),
        output_tokens=sum(made.usage.output_tokens for made in efforts),
        seconds=sum(made.answer_seconds for made in efforts),
        cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
        complete=not error and all(made.complete for made in efforts),
        prompts=files.get(draw, {}),
        digests=digests,
        error=error,
    )


def _resamples(
    config: ExperimentConfig, source: Source, gathered: _Gathered, name: str
) -> Float[np.ndarray, " sample"] | None:
    """Resample a row's metric over images and draws; None without intervals or results."""
    if not config.metrics.bootstrap or not _done(source, gathered):
        return None
    draws = [(source, seed) for seed in source.seeds if (source, seed) in gathered.metrics]
    values = [_of_draw(config, draw, gathered, name) for draw in draws]
    defined = [value for value in values if value is not None]
    return over_draws(np.stack(defined), seed=config.seed) if defined else None


def _of_draw(
    config: ExperimentConfig, draw: _Draw, gathered: _Gathered, name: str
) -> Float[np.ndarray, " sample"] | None:
    if name not in _FORMULAS:
        by_category = gathered.pixels.get(draw, {}).get(name)
        return np.mean(by_category, axis=0) if by_category else None
    return mean_resamples(
        [one.labels for one in gathered.judged.values()],
        [one.sets[_key(draw)].image for one in gathered.judged.values()],
        _FORMULAS[name],
        samples=config.metrics.bootstrap,
        seed=config.seed,
    )


def _gain(
    config: ExperimentConfig,
    gathered: _Gathered,
    source: Source,
    base: Source,
    samples: Mapping[Source, Mapping[str, Float[np.ndarray, " sample"] | None]],
    *,
    name: str,
) -> PairedValue | None:
    """Return how much better a source is than the baseline; None where a metric is undefined."""
    metrics = gathered.metrics
    ours = _mean(metrics[source, seed][name] for seed in source.seeds if (source, seed) in metrics)
    theirs = metrics[base, None][name]
    if ours is None or theirs is None:
        return None
    value = ours - theirs
    resampled, beside = samples[source][name], samples[base][name]
    if resampled is None or beside is None or not config.metrics.bootstrap:
        return PairedValue(value=value)
    found = paired_interval(resampled - beside)
    return PairedValue(value=value, low=found.low, high=found.high, p=found.p)


def _corrected(gains: Mapping[Source, PairedValue]) -> dict[Source, PairedValue]:
    """Correct the p values of one metric for the number of rows."""
    tested = {source: gain.p for source, gain in gains.items() if gain.p is not None}
    corrected = dict(zip(tested, holm([*tested.values()]), strict=True))
    return {
        source: gain.model_copy(update={"p_holm": corrected.get(source)})
        for source, gain in gains.items()
    }


def _done(source: Source, gathered: _Gathered) -> bool:
    return any((source, seed) in gathered.metrics for seed in source.seeds)


def _value(
    draws: Sequence[DrawResult], name: str, samples: Float[np.ndarray, " sample"] | None
) -> MetricValue:
    value = _mean(draw.metrics[name] for draw in draws)
    if value is None:
        reason = "no masks, or nothing was judged" if name in _PIXELS else "nothing was judged"
        return MetricValue(value=None, reason=reason)
    if samples is None:
        return MetricValue(value=value)
    found = percentile_interval(samples)
    return MetricValue(value=value, low=found.low, high=found.high)


def _spread(draws: Sequence[DrawResult]) -> dict[str, Spread]:
    spreads = {}
    for name in METRICS:
        values = [value for draw in draws if (value := draw.metrics[name]) is not None]
        if values:
            sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
            spreads[name] = Spread(sd=sd, low=min(values), high=max(values))
    return spreads


def _keep_prompts(folder: Path, gathered: _Gathered) -> dict[_Draw, dict[str, str]]:
    files: dict[_Draw, dict[str, str]] = {}
    for category, sets in gathered.sets.items():
        for (source, seed), prompts in sets.items():
            name = public_name(source) + ("" if seed is None else f"-{source.per_state}-seed{seed}")
            if source.template:
                name = f"{Path(source.template).stem}-{name}"
            path = f"prompts/{prompt_file_name(category, name)}"
            write_prompt_set(folder / path, prompts)
            files.setdefault((source, seed), {})[category] = path
    return files


def _key(draw: _Draw) -> str:
    source, seed = draw
    return f"{source.label}#{seed}"


def _mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of the defined values; None when there is none."""
    defined = [value for value in values if value is not None and not isnan(value)]
    return float(np.mean(defined)) if defined else None
