"""Does language decide? The same images under prompts that say less and less.

Ablation of the text, after the finding that language conditions current detectors superficially
(arXiv 2606.01992): prompts as they are; states swapped (a score that follows the text turns
round); the category's noun removed, or that of another category; sentences dealt anew to the
states; invented words.

Texts without meaning tell images apart too, one way round or the other: any direction in the joint
space does to some degree. By symmetry their mean AUROC is near 0.5, whatever the model, so what
counts is how far from 0.5 they come. What the prompts reach beyond that is the meaning of words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from time import perf_counter

import numpy as np
from jaxtyping import Float

from promptlab.compare.judge import CategoryScores, judge_sets, measure_set, read_masks
from promptlab.compare.record import (
    AUDIT_FILE,
    AuditRecord,
    AuditRow,
    refuse_existing,
    write_audit,
)
from promptlab.compare.resampling import mean_resamples
from promptlab.compare.run import judged_part
from promptlab.compare.sources import Source, Writer, public_name, sources_of
from promptlab.compare.variants import nonsense, other_noun, renamed, shuffled, swapped
from promptlab.config import CompareConfig, ExperimentConfig
from promptlab.errors import PromptError
from promptlab.features import FeatureStore
from promptlab.metrics.image import image_auroc
from promptlab.metrics.ranking import auroc
from promptlab.metrics.resampling import percentile_interval
from promptlab.prompts.promptset import PromptSet
from promptlab.results import MetricValue, new_run_folder
from promptlab.sentences import sentence_vectors
from promptlab.types import Progress, State, silent
from promptlab.workbench import Workbench

__all__ = ["VARIANTS", "audit_sources", "text_share", "verdict"]

VARIANTS = (
    "as is",
    "states swapped",
    "noun removed",
    "other nouns",
    "states shuffled",
    "nonsense words",
)
_REPEATS = 8
"""Of variants that chance decides."""
_BLIND = VARIANTS[4:]
"""These say nothing about the states, so that either side of 0.5 is as good."""
_OTHER_NOUNS = 2
_NOTHING = 0.55
"""Below this image AUROC there is nothing to take apart."""
_NOUNS = ("screw", "carpet", "toothbrush", "wooden board", "capsule", "cable", "cashew", "candle")
_Sets = dict[str, list[PromptSet]]


@dataclass(frozen=True)
class _Repeat:
    """One judged variant: means over categories, and what resampling needs."""

    auroc: float
    auroc_global: float
    pixel_auroc: float | None
    rank_correlation: float
    samples: Float[np.ndarray, " sample"] | None


def audit_sources(
    config: ExperimentConfig,
    *,
    parent: Path,
    folder: Path | None = None,
    answers: Path | None = None,
    progress: Progress = silent,
) -> tuple[Path, AuditRecord]:
    """Judge every source's prompts, and what the variants leave of them; write record and table.

    Of a language model the first draw is audited, with the first prompt count. Without a
    ``compare`` section WinCLIP's ensemble is.

    Args:
        config: the experiment.
        parent: where a new folder is made when none is given.
        folder: where the results go; it must not hold an audit yet.
        answers: the answer cache's file; None: the default one.
        progress: told about long work.

    Raises:
        LLMError, PromptError: when a source's name is wrong or it gives no prompts.
        RecordError: when the folder holds an audit already.
    """
    if folder is not None:
        refuse_existing(folder, AUDIT_FILE)
    chosen = config.compare or CompareConfig()
    chosen = chosen.model_copy(update={"draws": 1, "per_state": chosen.per_state[:1]})
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
    sources = sources_of(config, chosen)
    variants = _all_variants(config, workbench, sources, writer)
    judged, repeats = _judge(config, workbench, variants, progress)
    rows, shares, verdicts = [], {}, {}
    for name in repeats:
        own = _rows(name, repeats[name], next(iter(variants.values()))[name])
        rows += own
        shares[name] = text_share(own)
        verdicts[name] = verdict(own)
    record = AuditRecord(
        **judged_part(config, workbench, judged),
        seconds={"total": perf_counter() - begun},
        rows=tuple(rows),
        text_share=shares,
        verdicts=verdicts,
    )
    folder = folder or new_run_folder(parent, f"{config.name}-audit")
    write_audit(folder, record)
    return folder, record


def text_share(rows: Sequence[AuditRow]) -> float | None:
    """Return the share of the AUROC above chance that goes with the meaning of the words.

    1 - mean of what is kept with shuffled states and with invented words, each within 0 and 1.
    None where the original is not above chance.
    """
    by_name = {row.variant: row for row in rows}
    kept = [by_name[name].kept for name in _BLIND]
    left = [min(max(one, 0.0), 1.0) for one in kept if one is not None]
    return 1 - sum(left) / len(left) if left else None


def verdict(rows: Sequence[AuditRow]) -> str:
    """Say in plain sentences what the audit of one source found."""
    by_name = {row.variant: row for row in rows}
    start = by_name["as is"].image_auroc.value or 0.0
    share = text_share(rows)
    if share is None:
        return (
            f"Image AUROC is {100 * start:.1f}, hardly above chance: there is nothing for language "
            "to decide."
        )
    swap = by_name["states swapped"].image_auroc.value or 0.0
    turned = (start - swap) / (2 * start - 1)
    said = [
        f"The prompts come {100 * (start - 0.5):.1f} points of image AUROC above chance, texts "
        f"without meaning {100 * (start - 0.5) * (1 - share):.1f} to either side: "
        f"{_plainly(share)} (about {100 * share:.0f} % goes with the meaning of the words)."
    ]
    mirror = "as it should" if turned >= 0.8 else "only in part" if turned >= 0.3 else "hardly"
    said.append(
        f"With the states swapped it turns {mirror} ({100 * swap:.1f}; a mirror would be "
        f"{100 * (1 - start):.1f})."
    )
    bare, other = by_name["noun removed"], by_name["other nouns"]
    said.append(
        f"Without the category's noun {100 * (bare.kept or 0.0):.0f} % is left (rank correlation "
        f"{bare.rank_correlation:.2f}), with nouns of other categories "
        f"{100 * (other.kept or 0.0):.0f} % ({other.rank_correlation:.2f})."
    )
    return " ".join(said)


def _plainly(share: float) -> str:
    if share >= 0.8:
        return "language decides"
    if share >= 0.4:
        return "language decides in part"
    return "language decides little more than the direction"


def _all_variants(
    config: ExperimentConfig, workbench: Workbench, sources: Sequence[Source], writer: Writer
) -> dict[str, dict[str, _Sets]]:
    """Return category -> source -> variant -> its repeats."""
    found: dict[str, dict[str, _Sets]] = {}
    nouns = workbench.dataset(config).nouns
    for category in workbench.categories(config):
        found[category] = {}
        for source in sources:
            prompts, _ = writer.prompts(source, source.seeds[0], category, noun=nouns[category])
            if prompts is not None:
                made = _variants_of(prompts, nouns[category], seed=config.seed)
                found[category][_name(source)] = made
    whole = set.intersection(*(set(one) for one in found.values()))
    return {
        category: {name: one for name, one in by_source.items() if name in whole}
        for category, by_source in found.items()
    }


def _variants_of(prompts: PromptSet, noun: str, *, seed: int) -> _Sets:
    fewest = min(len(prompts.texts(state)) for state in State)
    if fewest < 2:
        raise PromptError(
            f"an audit deals sentences anew to the states, so each needs at least 2, but one of "
            f"{prompts.category!r} has {fewest}; add prompts."
        )
    rng = np.random.default_rng((seed, 1))
    others = [one for one in _NOUNS if one not in noun and noun not in one][:_OTHER_NOUNS]
    made = (
        [prompts],
        [swapped(prompts)],
        [renamed(prompts, noun, "object")],
        other_noun(prompts, noun, others),
        [shuffled(prompts, rng=rng) for _ in range(_REPEATS)],
        [nonsense(prompts, rng=rng) for _ in range(_REPEATS)],
    )
    return dict(zip(VARIANTS, made, strict=True))


def _judge(
    config: ExperimentConfig,
    workbench: Workbench,
    variants: Mapping[str, Mapping[str, _Sets]],
    progress: Progress,
) -> tuple[dict[str, CategoryScores], dict[str, dict[str, list[_Repeat]]]]:
    """Score all variants of all sources; return the scores, and source -> variant -> repeats."""
    store = FeatureStore()
    judged: dict[str, CategoryScores] = {}
    pixels: dict[str, list[float]] = {}
    for category, by_source in variants.items():
        sets = {
            _key(source, variant, nth): one
            for source, own in by_source.items()
            for variant, repeats in own.items()
            for nth, one in enumerate(repeats)
        }
        scores = judge_sets(
            config, category, sets, workbench=workbench, store=store, progress=progress
        )
        masks = read_masks(scores, config)
        for key in sets if masks is not None else ():
            value = measure_set(scores, key, config, masks=masks).pixel_auroc.value
            pixels.setdefault(key, []).append(value)
        judged[category] = scores.without_maps()
    first = next(iter(variants.values()))
    repeats = {
        source: {
            variant: [
                _repeat(config, judged, pixels, source, _key(source, variant, nth))
                for nth in range(len(own))
            ]
            for variant, own in by_variant.items()
        }
        for source, by_variant in first.items()
    }
    return judged, repeats


def _repeat(
    config: ExperimentConfig,
    judged: Mapping[str, CategoryScores],
    pixels: Mapping[str, list[float]],
    source: str,
    key: str,
) -> _Repeat:
    original = _key(source, VARIANTS[0], 0)
    every = list(judged.values())
    scores = [one.sets[key] for one in every]
    labels = [one.labels for one in every]
    defined = [value for value in pixels.get(key, []) if not isnan(value)]
    samples = config.metrics.bootstrap
    return _Repeat(
        auroc=_mean_auroc(labels, [one.image for one in scores]),
        auroc_global=_mean_auroc(labels, [one.global_ for one in scores]),
        pixel_auroc=float(np.mean(defined)) if defined else None,
        rank_correlation=float(
            np.mean([_correlation(one.sets[key].image, one.sets[original].image) for one in every])
        ),
        samples=mean_resamples(
            labels, [one.image for one in scores], auroc, samples=samples, seed=config.seed
        )
        if samples
        else None,
    )


def _rows(
    source: str, repeats: Mapping[str, Sequence[_Repeat]], sets: Mapping[str, Sequence[PromptSet]]
) -> list[AuditRow]:
    start = repeats[VARIANTS[0]][0].auroc
    rows = []
    for variant, own in repeats.items():
        values = [one.auroc for one in own]
        value = float(np.mean(values))
        pixels = [one.pixel_auroc for one in own if one.pixel_auroc is not None]
        resampled = [one.samples for one in own if one.samples is not None]
        found = percentile_interval(np.mean(resampled, axis=0)) if resampled else None
        rows.append(
            AuditRow(
                source=source,
                variant=variant,
                repeats=len(own),
                image_auroc=MetricValue(
                    value=value,
                    low=found.low if found else None,
                    high=found.high if found else None,
                ),
                image_auroc_global=float(np.mean([one.auroc_global for one in own])),
                pixel_auroc=float(np.mean(pixels)) if pixels else None,
                repeat_low=min(values),
                repeat_high=max(values),
                kept=_kept(variant, values, start),
                rank_correlation=float(np.mean([one.rank_correlation for one in own])),
                example_normal=sets[variant][0].texts(State.NORMAL)[0],
                example_abnormal=sets[variant][0].texts(State.ABNORMAL)[0],
            )
        )
    return rows


def _kept(variant: str, values: Sequence[float], start: float) -> float | None:
    """Return the distance from chance that is left, as a share of the original's."""
    if start < _NOTHING:
        return None
    above = [abs(value - 0.5) if variant in _BLIND else value - 0.5 for value in values]
    return float(np.mean(above) / (start - 0.5))


def _mean_auroc(labels: Sequence[np.ndarray], scores: Sequence[Float[np.ndarray, " _"]]) -> float:
    values = [image_auroc(each, one).value for each, one in zip(labels, scores, strict=True)]
    return float(np.mean(values))


def _correlation(one: Float[np.ndarray, " image"], other: Float[np.ndarray, " image"]) -> float:
    """Return Spearman's rank correlation; 0 where one side is constant and so ranks nothing."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: Float[np.ndarray, " image"]) -> Float[np.ndarray, " image"]:
    """Return the rank of each value; tied ones share the mean of theirs."""
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[group])


def _key(source: str, variant: str, nth: int) -> str:
    return f"{source}|{variant}|{nth}"


def _name(source: Source) -> str:
    parts = (public_name(source), source.template)
    return " / ".join(part for part in parts if part is not None)
