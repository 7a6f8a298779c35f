"""A second run of an encoded set beside the first: everything comes from the feature store."""

import tempfile
from importlib.util import find_spec
from math import nan
from pathlib import Path
from time import perf_counter

import torch

from promptlab.backbones.base import Backbone
from promptlab.bench.encoding import VIT, random_vit
from promptlab.bench.rows import Row, below, faster, skipped
from promptlab.config import ExperimentConfig
from promptlab.datasets.synthetic import synthesise
from promptlab.evaluate import run_experiment
from promptlab.features import FeatureStore
from promptlab.results import RECORD_FILE, read_record
from promptlab.synthetic.catalogue import HELD_OUT
from promptlab.workbench import Workbench

__all__ = ["measure"]

_COMPARED = ("image_auroc", "pixel_auroc", "aupro")


def measure(*, short: bool) -> list[Row]:
    """Return the rows of the goals on a second run."""
    pairs = 3 if short else 30
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chosen = tuple(sorted(HELD_OUT))[:2]
        synthesise(folder / "data", categories=chosen, per_category=pairs, size=(224, 288), seed=0)
        config = ExperimentConfig.model_validate(
            {"name": "bench", "dataset": {"name": "synthetic", "root": folder / "data"}}
        )
        few = config.model_copy(update={"dataset": config.dataset.model_copy(update={"limit": 4})})
        _run(few, FeatureStore(folder / "warm"), folder / "other")  # loads weights and libraries
        first, encoded = _run(config, FeatureStore(folder / "store"), folder / "first")
        second, again = _run(config, FeatureStore(folder / "store"), folder / "second")
        precise = FeatureStore(folder / "precise", dtype=torch.float32)
        _run(config, precise, folder / "third")
        larger = _beside_larger_encoder(config, folder, images=2 if short else 12)
        half, full = (read_record(folder / name / RECORD_FILE) for name in ("second", "third"))
    work = f"second run of {encoded} images (lite, fine_grained)"
    return [
        faster(work, "first run", ours=second, theirs=first, goal=20),
        larger,
        below(work, "nothing", float(again), unit="images encoded", goal=0),
        below(
            f"float16 features, largest change of the mean {', '.join(_COMPARED)}",
            "float32 features",
            max(_change(half.results.mean[name], full.results.mean[name]) for name in _COMPARED),
            unit="difference",
            goal=1e-3,
        ),
    ]


def _beside_larger_encoder(config: ExperimentConfig, folder: Path, *, images: int) -> Row:
    """Run one category twice with an encoder that costs what published ones do."""
    work = f"second run of {images} images ({VIT}, random weights, fine_grained)"
    if find_spec("open_clip") is None:
        return skipped(work, "first run", "open_clip is not installed")
    dataset = config.dataset.model_copy(update={"categories": (min(HELD_OUT),), "limit": images})
    few = config.model_copy(update={"dataset": dataset})
    backbone = random_vit()
    first, second = (
        _run(few, FeatureStore(folder / "larger"), folder / name, backbone=backbone)[0]
        for name in ("fourth", "fifth")
    )
    return faster(work, "first run", ours=second, theirs=first, goal=20)


def _change(one: float | None, other: float | None) -> float:
    return nan if one is None or other is None else abs(one - other)


class _WithBackbone(Workbench):
    """Serves with a backbone that no name stands for."""

    def __init__(self, backbone: Backbone, *, store: FeatureStore) -> None:
        super().__init__(store=store)
        self._given = backbone

    def backbone(self, config: ExperimentConfig) -> Backbone:  # noqa: ARG002 - takes any
        return self._given


def _run(
    config: ExperimentConfig, store: FeatureStore, out: Path, *, backbone: Backbone | None = None
) -> tuple[float, int]:
    """Return the seconds of a run, and how many images it encoded."""
    workbench = _WithBackbone(backbone, store=store) if backbone else Workbench(store=store)
    workbench.backbone(config)
    begun = perf_counter()
    run_experiment(config, workbench, parent=out.parent, folder=out)
    seconds = perf_counter() - begun
    judged = [workbench.judge(config, name) for name in workbench.categories(config)]
    return seconds, sum(each.encoded for each in judged)
