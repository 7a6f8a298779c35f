"""Everything an experiment needs, made once and kept: images, prompts, features, similarities.

A workbench serves any number of configurations. What two of them share is computed once: features
live in the feature store on disk, similarities of a prompt pool in memory, so that a sweep's trial
is a slice of the pool, a scorer, a fusion and the metrics.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from aligners.base import Aligner, LocalFeatures
from aligners.memory import MemoryBank, remember
from promptlab.backbones import load_backbone
from promptlab.backbones.base import Backbone
from promptlab.config import BackboneConfig, ExperimentConfig, FileSource, LLMSource, StaticSource
from promptlab.datasets.dataset import Dataset
from promptlab.datasets.images import image_size, load_mask
from promptlab.datasets.load import load_dataset
from promptlab.detector import (
    DrawnMaps,
    Evidence,
    Prediction,
    Witness,
    build_aligner,
    build_mutual,
    build_scorer,
    build_summary,
    join_predictions,
    predict,
)
from promptlab.errors import DataError
from promptlab.evidence import (
    PeerDistances,
    collect,
    compare_with_peers,
    encode_bank,
    gather_batches,
    split,
    stored_bytes,
)
from promptlab.features import FeatureStore, encode_images
from promptlab.metrics.category import (
    CategoryMetrics,
    compare_in_200_steps,
    evaluate_category,
)
from promptlab.prompts.ensemble import static_prompts
from promptlab.prompts.files import read_prompts
from promptlab.prompts.generate import Generated, generate_prompts
from promptlab.prompts.promptset import PromptSet, merge
from promptlab.prompts.traffic import Spent
from promptlab.sentences import sentence_vectors
from promptlab.types import Progress, Sample, Size, State, silent

__all__ = ["CategoryPrompts", "Judged", "Workbench", "measure", "resize_mask"]

Made = TypeVar("Made")


@dataclass(frozen=True)
class CategoryPrompts:
    """The pooled prompts of a category, before any subset is taken."""

    pool: PromptSet
    notes: tuple[str, ...]
    """What each language model gave: drawn, kept, dropped and why."""


@dataclass(frozen=True)
class Judged:
    """The images of one category with their predictions, in the data set's order."""

    samples: tuple[Sample, ...]
    prediction: Prediction
    maps: DrawnMaps | None
    masks: tuple[Bool[np.ndarray, "height width"] | None, ...] | None
    """None for an image without a mask; None for all when the set has no mask at all."""
    prompts: PromptSet
    skipped: Mapping[Path, str]
    encoded: int
    """How many images had to be encoded rather than read from the feature store."""
    seconds: Mapping[str, float]
    references: tuple[Sample, ...] = ()
    """The normal images that a few-shot run compared with; none of them was judged."""

    @property
    def labels(self) -> Int[np.ndarray, " image"]:
        """The state of each image."""
        return np.array([int(sample.label) for sample in self.samples])


@dataclass(frozen=True)
class _Compared:
    """Similarities of a category's readable images to its whole pool, under one aligner."""

    pool: PromptSet
    evidence: Evidence
    samples: tuple[Sample, ...]
    skipped: Mapping[Path, str]
    encoded: int
    seconds: float


class Workbench:
    """Serves configurations; keeps what they share.

    Args:
        store: where features are kept.
        answers: the language models' answer cache file; None: the default one.
        progress: told about long work.
        memory: bytes of similarities kept in memory, over all categories; what comes after them
            lies in temporary files.
    """

    def __init__(
        self,
        *,
        store: FeatureStore | None = None,
        answers: Path | None = None,
        progress: Progress = silent,
        memory: int = 2 * 2**30,
    ) -> None:
        self._store = store or FeatureStore()
        self._answers = answers
        self._spent = Spent()
        self._progress = progress
        self._made: dict[tuple[object, ...], object] = {}
        self._compared: dict[tuple[object, ...], list[_Compared]] = {}
        self._left = memory

    def backbone(self, config: ExperimentConfig) -> Backbone:
        """Return the configured backbone, loaded once."""
        return self._backbone(config.backbone, config.backbone.image_size)

    def companions(self, config: ExperimentConfig) -> tuple[Backbone, ...]:
        """Return the backbone at the further image sizes that take part in maps."""
        return tuple(self._backbone(config.backbone, size) for size in config.backbone.map_sizes)

    def _backbone(
        self, config: BackboneConfig, image_size: int | tuple[int, int] | None
    ) -> Backbone:
        return self._once(
            Backbone,  # type: ignore[type-abstract]
            ("backbone", config.name, image_size, config.device, config.precision),
            lambda: load_backbone(
                config.name,
                image_size=_size(image_size),
                device=config.device,
                precision=config.precision,
            ),
        )

    def dataset(self, config: ExperimentConfig) -> Dataset:
        """Return the configured images, listed once (the synthetic set is drawn at first use)."""
        chosen = config.dataset

        def load() -> Dataset:
            self._progress(f"list images of {chosen.name}", 0, 0)
            return load_dataset(
                chosen.name,
                root=chosen.root,
                categories=chosen.categories,
                limit=chosen.limit,
                seed=config.seed,
            )

        return self._once(Dataset, _dataset_key(config), load)

    def categories(self, config: ExperimentConfig) -> tuple[str, ...]:
        """Return the data set's categories, in order."""
        return self.dataset(config).categories

    def references(self, config: ExperimentConfig, category: str) -> tuple[Sample, ...]:
        """Return the normal reference images of a few-shot run; none in a zero-shot run."""
        return self.dataset(config).references(category, config.few_shot.k, seed=config.seed)

    def prompts(self, config: ExperimentConfig, category: str) -> CategoryPrompts:
        """Return the pool of a category's prompts from all configured sources."""
        noun = self.dataset(config).nouns[category]
        return self._once(
            CategoryPrompts,
            _prompts_key(config, category, noun),
            lambda: self._gather_prompts(config, category, noun),
        )

    def borrow(self, config: ExperimentConfig, dataset: Dataset, prompts: CategoryPrompts) -> None:
        """Take what another workbench read and asked for one category, instead of doing it again.

        Args:
            config: the experiment both serve.
            dataset: of one category.
            prompts: that category's pool.
        """
        ((category, noun),) = dataset.nouns.items()
        self._made[_dataset_key(config)] = dataset
        self._made[_prompts_key(config, category, noun)] = prompts

    def score(
        self, jobs: Mapping[str, ExperimentConfig], *, maps: bool = True
    ) -> Iterator[tuple[str, Judged, CategoryMetrics]]:
        """Judge and measure categories, each with its configuration, in order, as asked for.

        The maps are let go once they are measured.

        Raises:
            DataError: when no image of a category can be read.
            ConfigError: when a scorer's or aligner's name or parameter is wrong.
        """
        for category, config in jobs.items():
            judged = self.judge(config, category, maps=maps)
            begun = perf_counter()
            metrics = measure(judged, config)
            seconds = {**judged.seconds, "metrics": perf_counter() - begun}
            yield category, replace(judged, maps=None, seconds=seconds), metrics

    def judge(self, config: ExperimentConfig, category: str, *, maps: bool = True) -> Judged:
        """Score the images of one category; draw maps and read masks where there are masks.

        Raises:
            DataError: when no image of the category can be read.
            ConfigError: when a scorer's or aligner's name or parameter is wrong.
        """
        compared = self._compare(config, category)
        begun = perf_counter()
        chosen = self.prompts(config, category).pool.subset(
            config.prompts.per_state,
            select=config.prompts.select,
            rng=np.random.default_rng(config.seed),
            embed=sentence_vectors,
        )
        prediction = _predict(compared, chosen, config)
        masks = self._masks(config, compared.samples) if maps else None
        side = config.metrics.pixel_size
        drawn = (
            DrawnMaps(prediction.patch_map, size=(side, side), sigma=config.fusion.sigma)
            if masks is not None
            else None
        )
        return Judged(
            samples=compared.samples,
            prediction=prediction,
            maps=drawn,
            masks=masks,
            prompts=chosen,
            skipped=compared.skipped,
            encoded=compared.encoded,
            seconds={"encode": compared.seconds, "score": perf_counter() - begun},
            references=self.references(config, category),
        )

    def _gather_prompts(
        self, config: ExperimentConfig, category: str, noun: str
    ) -> CategoryPrompts:
        pools, notes = [], []
        for source in config.prompts.sources:
            if isinstance(source, StaticSource):
                pools.append(static_prompts(source.name, category, noun=noun))
            elif isinstance(source, FileSource):
                pools.append(read_prompts(source.path, category))
            else:
                pool, note = self._generate(source, category, noun, config)
                pools.append(pool)
                notes.append(note)
        return CategoryPrompts(merge(pools), tuple(notes))

    def _generate(
        self, source: LLMSource, category: str, noun: str, config: ExperimentConfig
    ) -> tuple[PromptSet, str]:
        backbone = self.backbone(config)
        made = generate_prompts(
            source.llm,
            category,
            noun=noun,
            template=source.template,
            per_state=source.per_state,
            seed=config.seed if source.seed is None else source.seed,
            temperature=source.temperature,
            form=source.form,
            traffic=source.traffic,
            count_tokens=backbone.count_tokens,
            max_tokens=backbone.max_text_tokens,
            cache=self._answers,
            spent=self._spent,
            progress=self._progress,
        )
        return made.prompt_set, _told(made, source)

    def _compare(self, config: ExperimentConfig, category: str) -> _Compared:
        """Encode images and prompts where needed and compare them, once per pool and aligner.

        A pool whose prompts are all part of one that was compared already is a slice of it.
        """
        pool = self.prompts(config, category).pool
        backbone = self.backbone(config)
        references = self.references(config, category)
        key = (
            backbone.id,
            *(each.id for each in self.companions(config)),
            category,
            config.dataset.model_dump_json(),
            config.seed,
            config.aligner.model_dump_json(),
            config.mutual.model_dump_json(include={"params"}) if config.mutual.weight else None,
            *(reference.path for reference in references),
        )
        known = self._compared.pop(key, [])
        self._compared[key] = known  # the last one, for it was used last
        for compared in known:
            if _holds(compared.pool, pool):
                return compared
        self._make_room(category, key)
        made = self._compare_now(config, category, backbone, pool)
        self._left -= stored_bytes(made.evidence)
        known.append(made)
        return made

    def _make_room(self, category: str, wanted: tuple[object, ...]) -> None:
        """Forget what a category was compared with under other aligners, once memory is short.

        A sweep over a range of an aligner's parameter has a new one in every trial.
        """
        others = [key for key in self._compared if category in key and key != wanted]
        sizes = {key: sum(stored_bytes(c.evidence) for c in self._compared[key]) for key in others}
        needed = max(sizes.values(), default=0)
        for key in others:  # the one that was not used for longest comes first
            if self._left >= needed:
                return
            self._left += sizes[key]
            del self._compared[key]

    @torch.inference_mode()
    def _compare_now(
        self,
        config: ExperimentConfig,
        category: str,
        backbone: Backbone,
        pool: PromptSet,
    ) -> _Compared:
        begun = perf_counter()
        aligner = build_aligner(config.aligner)
        references = self.references(config, category)
        samples = tuple(s for s in self.dataset(config).of(category) if s not in references)
        memory = self._remember(backbone, aligner, references)
        peers, encoded_before = self._peers(config, category, samples, aligner)
        bank = encode_bank(backbone, pool, store=self._store)
        positions: list[int] = []
        skipped: dict[Path, str] = {}
        encoded = 0
        paths = [sample.path for sample in samples]

        def parts() -> Iterator[Evidence]:
            nonlocal encoded
            for batch in gather_batches(
                (backbone, *self.companions(config)),
                paths,
                bank,
                aligner=aligner,
                store=self._store,
                memory=memory,
                peers=peers,
            ):
                skipped.update({paths[i]: reason for i, reason in batch.unreadable.items()})
                encoded += batch.encoded
                positions.extend(batch.positions)
                if batch.evidence is not None:
                    yield batch.evidence
                elif not positions and len(skipped) == len(paths):
                    raise DataError(
                        f"a category needs readable images, but all {len(paths)} of {category!r} "
                        f"failed (first: {next(iter(skipped.values()))})."
                    )
                self._progress(f"encode {category}", len(positions) + len(skipped), len(paths))

        evidence = collect(parts(), images=len(paths), memory=self._left)
        return _Compared(
            pool=pool,
            evidence=evidence,
            samples=tuple(samples[i] for i in positions),
            skipped=skipped,
            encoded=max(encoded, encoded_before),
            seconds=perf_counter() - begun,
        )

    def _remember(
        self, backbone: Backbone, aligner: Aligner, references: Sequence[Sample]
    ) -> MemoryBank | None:
        """Return the memory of the reference images; None without any."""
        paths = [sample.path for sample in references]
        kept: list[LocalFeatures] = []
        for batch in encode_images(backbone, paths, requires=aligner.requires, store=self._store):
            for reason in batch.unreadable.values():
                raise DataError(f"every reference image must be readable: {reason}")
            kept.extend([batch.features] if batch.features else [])
        return remember(kept) if kept else None

    def _peers(
        self,
        config: ExperimentConfig,
        category: str,
        samples: tuple[Sample, ...],
        aligner: Aligner,
    ) -> tuple[PeerDistances | None, int]:
        """Return how far images are from one another, and how many were encoded for it now.

        None where they do not judge one another. It depends on no prompt and no aligner: a sweep
        over those asks once.
        """
        mutual = build_mutual(config.mutual)
        if mutual is None:
            return None, 0
        backbones = (self.backbone(config), *self.companions(config))
        key = ("peers", *(each.id for each in backbones), mutual, *(each.path for each in samples))
        known = key in self._made
        peers = self._once(
            PeerDistances,
            key,
            lambda: compare_with_peers(
                backbones,
                [sample.path for sample in samples],
                aligner=aligner,
                mutual=mutual,
                store=self._store,
                progress=lambda work, *count: self._progress(f"{work} {category}", *count),
            ),
        )
        return peers, 0 if known else peers.encoded

    def _masks(
        self, config: ExperimentConfig, samples: tuple[Sample, ...]
    ) -> tuple[Bool[np.ndarray, "height width"] | None, ...] | None:
        """Return the masks at the size maps are measured at, read once."""
        if not any(sample.mask_path for sample in samples):
            return None
        side = config.metrics.pixel_size
        key = ("mask", side, *(str(sample.path) for sample in samples))
        return self._once(tuple, key, lambda: tuple(_mask_of(sample, side) for sample in samples))

    def _once(self, kind: type[Made], key: tuple[object, ...], make: Callable[[], Made]) -> Made:
        """Return what ``key`` stands for, made at the first call."""
        if key not in self._made:
            self._made[key] = make()
        made = self._made[key]
        if not isinstance(made, kind):
            raise TypeError(f"{key[0]} must be a {kind.__name__}, but is a {type(made).__name__}")
        return made


def measure(judged: Judged, config: ExperimentConfig) -> CategoryMetrics:
    """Measure one judged category as the configuration asks."""
    limit = config.metrics.aupro_fpr_limit
    metrics = evaluate_category(
        judged.labels,
        judged.prediction.image_score.numpy(),
        maps=judged.maps,
        masks=judged.masks,
        fpr_limit=limit,
        bootstrap=config.metrics.bootstrap,
        rng=np.random.default_rng(config.seed),
    )
    if not config.metrics.compat_200:
        return metrics
    coarse = compare_in_200_steps(judged.labels, judged.maps, judged.masks, fpr_limit=limit)
    return replace(metrics, aupro_200=coarse)


def _dataset_key(config: ExperimentConfig) -> tuple[object, ...]:
    return ("dataset", config.dataset.model_dump_json(), config.seed)


def _prompts_key(config: ExperimentConfig, category: str, noun: str) -> tuple[object, ...]:
    sources = (source.model_dump_json() for source in config.prompts.sources)
    return ("prompts", category, noun, config.seed, config.backbone.name, *sources)


def _told(made: Generated, source: LLMSource) -> str:
    """Say what a language model gave, in one line for the record."""
    dropped = Counter(line.reason for line in made.dropped).most_common()
    parts = [f"{source.llm}: {made.drawn} lines drawn, {made.kept} kept"]
    parts += [f"dropped {count}: {reason}" for reason, count in dropped]
    parts += [f"{count} faults: {kind}" for kind, count in made.faults.items()]
    if made.failed:
        parts.append(f"{len(made.failed)} requests failed ({made.failed[0]})")
    if not made.complete:
        parts.append(f"fewer than the {source.per_state} per state that were asked for")
    return "; ".join(parts)


def _predict(compared: _Compared, chosen: PromptSet, config: ExperimentConfig) -> Prediction:
    """Score all images with some prompts of the pool, a few images at a time."""
    normal, abnormal = (_places(compared.pool, chosen, state) for state in State)
    scorer, summary = build_scorer(config.scorer), None
    weights: dict[Witness, float] = {
        "references": config.few_shot.weight,
        "peers": config.mutual.weight,
    }
    parts: list[Prediction] = []
    for part in split(compared.evidence):
        evidence = part.at_temperature(config.scorer.temperature)
        if not parts and config.prompts.summary != "none":  # it depends on the prompts alone
            summary = build_summary(config.prompts, evidence.select(normal, abnormal))
        found = predict(
            evidence,
            scorer,
            config.fusion,
            chosen=(normal, abnormal),
            summary=summary,
            context=config.scorer.context,
            distance_weights=weights,
        )
        parts.append(found)
    return join_predictions(parts)


def _holds(pool: PromptSet, other: PromptSet) -> bool:
    """Say whether a pool holds every prompt of another one."""
    return all(set(other.texts(state)) <= set(pool.texts(state)) for state in State)


def _places(pool: PromptSet, chosen: PromptSet, state: State) -> Tensor:
    """Return where the chosen prompts of a state stand in the pool."""
    place = {text: i for i, text in enumerate(pool.texts(state))}
    return torch.tensor([place[text] for text in chosen.texts(state)])


def resize_mask(
    mask: Bool[np.ndarray, "rows columns"], size: Size
) -> Bool[np.ndarray, "height width"]:
    """Resize a mask by nearest neighbour, as the field does."""
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int)
        for old, new in zip(mask.shape, size, strict=True)
    )
    return mask[np.ix_(rows, columns)]


def _mask_of(sample: Sample, side: int) -> Bool[np.ndarray, "side side"] | None:
    if sample.mask_path is None:
        return None
    return resize_mask(load_mask(sample.mask_path, image_size(sample.path)), (side, side))


def _size(configured: int | tuple[int, int] | None) -> Size | None:
    return (configured, configured) if isinstance(configured, int) else configured
