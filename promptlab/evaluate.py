"""Run one experiment: judge every category, measure, and write the record beside its baseline.

The baseline (WinCLIP's prompt ensemble with the mean scorer, everything else as configured) is
measured in the same run, so that no result stands alone.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image

from promptlab.config import ExperimentConfig, PromptsConfig, ScorerConfig
from promptlab.datasets.dataset import Dataset
from promptlab.datasets.images import load_image
from promptlab.detector import build_aligner, draw_maps
from promptlab.files import digest_file, printable
from promptlab.gallery import Example, Kind, choose_examples, write_gallery
from promptlab.metrics.category import CategoryMetrics
from promptlab.metrics.image import image_auroc, paired_gain
from promptlab.metrics.ranking import Metric, auroc
from promptlab.paired import Measured
from promptlab.prompts.files import prompt_file_name, write_prompt_set
from promptlab.prompts.promptset import PromptSet
from promptlab.results import (
    BackboneRecord,
    CategoryResult,
    DatasetRecord,
    Gain,
    ImageScore,
    MetricValue,
    PromptSetRecord,
    PromptUse,
    ReferenceImage,
    ResultTable,
    RunRecord,
    Skipped,
    new_run_folder,
    provenance,
    refuse_record,
    write_prompt_uses,
    write_record,
    write_scores,
)
from promptlab.types import State
from promptlab.workbench import Judged, Workbench, resize_mask

__all__ = [
    "THUMBNAIL",
    "Outcome",
    "baseline_of",
    "examine",
    "is_transductive",
    "paired_gains",
    "run_experiment",
    "tabulate",
]

THUMBNAIL = 320
"""Longer side of the pictures a run keeps for its report, in pixels."""


@dataclass(frozen=True)
class Outcome:
    """A finished run: its folder and record, and what paired comparisons need of it."""

    folder: Path
    record: RunRecord
    measured: Mapping[str, Measured]
    """By category."""


def is_transductive(config: ExperimentConfig) -> bool:
    """Say whether an image's scores depend on the other (unlabelled) images that are judged."""
    return config.mutual.weight > 0 or build_aligner(config.aligner).transductive


def baseline_of(config: ExperimentConfig) -> ExperimentConfig:
    """Return the configuration with WinCLIP's ensemble and the mean scorer."""
    return config.model_copy(update={"prompts": PromptsConfig(), "scorer": ScorerConfig()})


def tabulate(measured: Mapping[str, CategoryMetrics], judged: Mapping[str, Judged]) -> ResultTable:
    """Put metrics into the form of a record, with each single source of evidence beside."""
    categories = {}
    for category, metrics in measured.items():
        labels, prediction = judged[category].labels, judged[category].prediction
        named = {
            **metrics.named,
            "image_auroc_global": image_auroc(labels, prediction.global_score.numpy()),
            "image_auroc_local": image_auroc(labels, prediction.local_score.numpy()),
        }
        if metrics.aupro_200 is not None:
            named["aupro_200"] = metrics.aupro_200
        categories[category] = CategoryResult(
            metrics={name: _value(metric) for name, metric in named.items()},
            n_normal=metrics.n_normal,
            n_abnormal=metrics.n_abnormal,
            n_masked=metrics.n_masked,
            skipped=_skipped(judged[category].skipped),
        )
    return ResultTable(mean=_means(categories), categories=categories)


def run_experiment(
    config: ExperimentConfig,
    workbench: Workbench,
    *,
    parent: Path,
    folder: Path | None = None,
) -> tuple[Path, RunRecord]:
    """Do as `examine`, and return only the run folder and its record."""
    outcome = examine(config, workbench, parent=parent, folder=folder)
    return outcome.folder, outcome.record


def examine(
    config: ExperimentConfig,
    workbench: Workbench,
    *,
    parent: Path,
    folder: Path | None = None,
) -> Outcome:
    """Judge all categories and write record, scores, prompts and gallery.

    Args:
        config: the experiment.
        workbench: what encodes and remembers.
        parent: where a new run folder is made when none is given.
        folder: the run folder; it must not hold a record yet.
    """
    if folder is not None:
        refuse_record(folder)  # before the old run's scores and gallery could be replaced
    begun = perf_counter()
    categories = workbench.categories(config)
    for category in categories:  # all answers of the language model before any encoding
        workbench.prompts(config, category)
    seconds = {"prompts": perf_counter() - begun}
    measured, results, judged, spent = _judge_all(config, workbench, categories)
    baseline, gain = results, None
    if (other := baseline_of(config)) != config:
        _, baseline, beside, _ = _judge_all(other, workbench, categories)
        gain = paired_gains(judged, beside, config)
    folder = folder or new_run_folder(parent, config.name)
    write_scores(folder, [line for one in judged.values() for line in _score_lines(one)])
    write_prompt_uses(folder, [line for one in judged.values() for line in _prompt_uses(one)])
    write_gallery(
        folder, [example for one in judged.values() for example in _examples(one, config)]
    )
    backbone = workbench.backbone(config)
    record = RunRecord(
        name=config.name,
        seed=config.seed,
        config=config.model_dump(mode="json", by_alias=True),
        provenance=provenance(),
        backbone=BackboneRecord(
            name=backbone.name,
            id=backbone.id,
            weights_digest=backbone.weights_digest,
            device=config.backbone.device,
            logit_scale=backbone.logit_scale,
        ),
        dataset=_dataset_record(workbench.dataset(config), config, judged),
        references=_references(workbench.dataset(config), judged),
        prompts={
            category: _write_prompts(
                folder, judged[category].prompts, workbench.prompts(config, category).notes
            )
            for category in categories
        },
        results=results,
        baseline=baseline,
        gain=gain,
        transductive=is_transductive(config),
        seconds={**seconds, **spent, "total": perf_counter() - begun},
    )
    write_record(folder, record)
    scored = {
        name: Measured(
            tuple(str(sample.path) for sample in one.samples),
            one.labels,
            one.prediction.image_score.numpy(),
            measured[name],
        )
        for name, one in judged.items()
    }
    return Outcome(folder, record, scored)


def _judge_all(
    config: ExperimentConfig, workbench: Workbench, categories: Sequence[str]
) -> tuple[dict[str, CategoryMetrics], ResultTable, dict[str, Judged], dict[str, float]]:
    judged: dict[str, Judged] = {}
    measured: dict[str, CategoryMetrics] = {}
    for category, one, metrics in workbench.score(dict.fromkeys(categories, config)):
        judged[category], measured[category] = one, metrics
    table = tabulate(measured, judged)
    spent = {
        part: sum(one.seconds[part] for one in judged.values())
        for part in ("encode", "score", "metrics")
    }
    return measured, table, judged, spent


def paired_gains(
    judged: Mapping[str, Judged], beside: Mapping[str, Judged], config: ExperimentConfig
) -> Gain:
    """Compare two ways of judging the same images, by category and on average."""
    values = {category: _gain_over([category], judged, beside, config) for category in judged}
    return Gain(mean=_gain_over(list(judged), judged, beside, config), categories=values)


def _gain_over(
    categories: Sequence[str],
    judged: Mapping[str, Judged],
    beside: Mapping[str, Judged],
    config: ExperimentConfig,
) -> MetricValue:
    labels = [judged[name].labels for name in categories]
    ours, theirs = (
        [side[name].prediction.image_score.numpy() for name in categories]
        for side in (judged, beside)
    )
    gains = [
        image_auroc(each, one).value - image_auroc(each, other).value
        for each, one, other in zip(labels, ours, theirs, strict=True)
    ]
    samples = config.metrics.bootstrap
    interval = (
        paired_gain(labels, ours, theirs, auroc, samples=samples, seed=config.seed)
        if samples
        else None
    )
    return _value(Metric(float(np.mean(gains)), interval=interval))


def _means(categories: Mapping[str, CategoryResult]) -> dict[str, float | None]:
    """Average each metric over the categories that define it."""
    names = {name: None for result in categories.values() for name in result.metrics}
    means: dict[str, float | None] = {}
    for name in names:
        values = [result.metrics[name].value for result in categories.values()]
        defined = [value for value in values if value is not None]
        means[name] = float(np.mean(defined)) if defined else None
    return means


def _value(metric: Metric) -> MetricValue:
    if isnan(metric.value):
        return MetricValue(value=None, reason=metric.reason)
    interval = metric.interval
    if interval is None or isnan(interval.low):
        return MetricValue(value=metric.value)
    return MetricValue(value=metric.value, low=interval.low, high=interval.high)


def _skipped(skipped: Mapping[Path, str]) -> tuple[Skipped, ...]:
    return tuple(Skipped(path=str(path), reason=reason) for path, reason in skipped.items())


def _score_lines(judged: Judged) -> list[ImageScore]:
    scores = judged.prediction
    return [
        ImageScore(
            path=str(sample.path),
            category=sample.category,
            label="abnormal" if sample.label == State.ABNORMAL else "normal",
            defect=sample.defect,
            image_score=float(scores.image_score[i]),
            global_score=float(scores.global_score[i]),
            local_score=float(scores.local_score[i]),
        )
        for i, sample in enumerate(judged.samples)
    ]


def _prompt_uses(judged: Judged) -> list[PromptUse]:
    weights = judged.prediction.weights
    return [
        PromptUse(
            category=judged.samples[0].category,
            state=name,
            text=text,
            mean_weight=float(of_state[:, i].mean()),
            kept_share=float((of_state[:, i] > 0).float().mean()),
        )
        for name, state, of_state in (
            ("normal", State.NORMAL, weights.normal),
            ("abnormal", State.ABNORMAL, weights.abnormal),
        )
        for i, text in enumerate(judged.prompts.texts(state))
    ]


def _references(
    dataset: Dataset, judged: Mapping[str, Judged]
) -> dict[str, tuple[ReferenceImage, ...]]:
    return {
        category: tuple(
            ReferenceImage(
                path=str(sample.path),
                digest=digest_file(sample.path),
                held_out=sample in dataset.samples,
            )
            for sample in one.references
        )
        for category, one in judged.items()
        if one.references
    }


def _dataset_record(
    dataset: Dataset, config: ExperimentConfig, judged: Mapping[str, Judged]
) -> DatasetRecord:
    listing = hashlib.sha256()
    held_out = {sample for one in judged.values() for sample in one.references}
    samples = [sample for sample in dataset.samples if sample not in held_out]
    for sample in samples:
        line = f"{sample.category}/{sample.path.name}/{sample.label}\n"
        listing.update(line.encode("utf-8", "surrogateescape"))  # names may be any bytes
    return DatasetRecord(
        name=dataset.name,
        limit=config.dataset.limit,
        images=len(samples),
        digest=listing.hexdigest(),
        problems=tuple(
            Skipped(path=str(problem.path), reason=f"{problem.what}; {problem.remedy}")
            for problem in dataset.problems
        ),
    )


def _write_prompts(folder: Path, prompts: PromptSet, notes: tuple[str, ...]) -> PromptSetRecord:
    sources = [prompt.source for prompt in prompts.prompts]
    name = f"prompts/{prompt_file_name(prompts.category, 'used')}"
    write_prompt_set(folder / name, prompts)
    return PromptSetRecord(
        digest=prompts.digest,
        n_normal=len(prompts.texts(State.NORMAL)),
        n_abnormal=len(prompts.texts(State.ABNORMAL)),
        sources={source: sources.count(source) for source in dict.fromkeys(sources)},
        file=name,
        notes=notes,
    )


def _examples(judged: Judged, config: ExperimentConfig, *, count: int = 8) -> list[Example]:
    """Choose and prepare the images of a category that a person should look at."""
    chosen = choose_examples(judged.labels, judged.prediction.image_score.numpy(), count=count)
    return [_example(judged, config, position, kind) for position, kind in chosen]


def _example(judged: Judged, config: ExperimentConfig, position: int, kind: Kind) -> Example:
    sample, prediction = judged.samples[position], judged.prediction
    picture = load_image(sample.path)
    picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    size = (picture.height, picture.width)
    patch_map = prediction.patch_map[position : position + 1]
    mask = judged.masks[position] if judged.masks is not None else None
    normal, abnormal = (judged.prompts.texts(state) for state in State)
    return Example(
        category=sample.category,
        kind=kind,
        image=np.asarray(picture),
        anomaly_map=draw_maps(patch_map, size=size, sigma=config.fusion.sigma)[0].numpy(),
        mask=None if mask is None else resize_mask(mask, size),
        image_score=float(prediction.image_score[position]),
        path=printable(sample.path),
        top_normal_prompt=normal[int(prediction.top_normal[position])],
        top_abnormal_prompt=abnormal[int(prediction.top_abnormal[position])],
    )
