"""A second run of an encoded set beside the first: everything comes from the feature store."""

import tempfile
from pathlib import Path
from time import perf_counter

from promptlab.bench.rows import Row, below, faster
from promptlab.config import ExperimentConfig
from promptlab.datasets.synthetic import synthesise
from promptlab.evaluate import run_experiment
from promptlab.features import FeatureStore
from promptlab.synthetic.catalogue import HELD_OUT
from promptlab.workbench import Workbench

__all__ = ["measure"]


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
        _run(config, folder / "warm", folder / "other")  # loads weights and libraries
        first, encoded = _run(config, folder / "store", folder / "first")
        second, again = _run(config, folder / "store", folder / "second")
    work = f"second run of {encoded} images (lite, fine_grained)"
    return [
        faster(work, "first run", ours=second, theirs=first, goal=20),
        below(work, "nothing", float(again), unit="images encoded", goal=0),
    ]


def _run(config: ExperimentConfig, store: Path, out: Path) -> tuple[float, int]:
    """Return the seconds of a run, and how many images it encoded."""
    workbench = Workbench(store=FeatureStore(store))
    workbench.backbone(config)
    begun = perf_counter()
    run_experiment(config, workbench, parent=out.parent, folder=out)
    seconds = perf_counter() - begun
    judged = [workbench.judge(config, name) for name in workbench.categories(config)]
    return seconds, sum(each.encoded for each in judged)
