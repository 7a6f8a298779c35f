"""Run every cell of a grid on one workbench and say what each choice is worth.

Each cell is compared with the grid's reference on the same images: paired intervals, p values
corrected for the number of comparisons.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from promptlab.detector import build_aligner, build_mutual, build_scorer
from promptlab.errors import PromptLabError
from promptlab.evaluate import Outcome, examine
from promptlab.grid import Cell, Grid
from promptlab.metrics.resampling import holm
from promptlab.paired import PAIRED_METRICS, PairedGain, gain_over
from promptlab.results import (
    GridCell,
    GridRecord,
    PairedValue,
    RunRecord,
    new_run_folder,
    provenance,
    write_grid,
)
from promptlab.workbench import Workbench

__all__ = ["CellResult", "run_grid"]


@dataclass(frozen=True)
class CellResult:
    """One cell of a grid and its finished run."""

    cell: Cell
    outcome: Outcome

    @property
    def folder(self) -> Path:
        """The cell's run folder."""
        return self.outcome.folder

    @property
    def record(self) -> RunRecord:
        """The cell's record."""
        return self.outcome.record


def run_grid(
    grid: Grid, workbench: Workbench, *, parent: Path, folder: Path | None = None
) -> tuple[Path, GridRecord, tuple[CellResult, ...]]:
    """Run every cell of a grid; each has its own run folder inside ``folder``.

    Scorers and aligners of all cells are built first, so that a wrong name stops nothing midway.
    An error names its cell.

    Returns:
        The folder, the grid's record (written into it) and every cell.
    """
    for cell in grid.cells:
        with _naming(cell):
            build_scorer(cell.config.scorer)
            build_aligner(cell.config.aligner)
            build_mutual(cell.config.mutual)
    folder = folder or new_run_folder(parent, grid.name)
    done = []
    for cell in grid.cells:
        with _naming(cell):
            done.append(
                CellResult(
                    cell,
                    examine(cell.config, workbench, parent=folder, folder=folder / cell.folder),
                )
            )
    first = done[0].outcome
    record = GridRecord(
        name=grid.name,
        axes=grid.axes,
        config=first.record.config,
        provenance=provenance(),
        backbone=first.record.backbone.id,
        images={name: len(one.images) for name, one in first.measured.items()},
        cells=_compare(grid, done),
    )
    write_grid(folder, record)
    return folder, record, tuple(done)


def _compare(grid: Grid, done: Sequence[CellResult]) -> tuple[GridCell, ...]:
    """Pair every cell with its reference; correct each metric's p values over the grid."""
    outcomes = {one.cell.folder: one.outcome for one in done}
    references = {one.cell.folder: grid.reference_of(one.cell).folder for one in done}
    gains: dict[str, dict[str, PairedGain]] = {
        name: _gains(outcomes[name], outcomes[reference]) if name != reference else {}
        for name, reference in references.items()
    }
    corrected = {metric: _correct(gains, metric) for metric in PAIRED_METRICS}
    return tuple(
        GridCell(
            choices=dict(one.cell.choices),
            folder=one.cell.folder,
            transductive=one.record.transductive,
            mean=one.record.results.mean,
            categories={
                name: {metric: value.value for metric, value in result.metrics.items()}
                for name, result in one.record.results.categories.items()
            },
            against=None if not gains[one.cell.folder] else references[one.cell.folder],
            gains={
                metric: _value(gain, corrected[metric].get(one.cell.folder))
                for metric, gain in gains[one.cell.folder].items()
            },
        )
        for one in done
    )


def _gains(ours: Outcome, theirs: Outcome) -> dict[str, PairedGain]:
    metrics = ours.record.config["metrics"]
    found = {
        metric: gain_over(
            ours.measured,
            theirs.measured,
            metric,
            samples=metrics["bootstrap"],
            seed=ours.record.seed,
            fpr_limit=metrics["aupro_fpr_limit"],
        )
        for metric in PAIRED_METRICS
    }
    return {metric: gain for metric, gain in found.items() if gain is not None}


def _correct(gains: Mapping[str, Mapping[str, PairedGain]], metric: str) -> dict[str, float]:
    """Return the corrected p value of every cell that has one."""
    intervals = {name: each[metric].interval for name, each in gains.items() if metric in each}
    raw = {name: interval.p for name, interval in intervals.items() if interval is not None}
    return dict(zip(raw, holm(list(raw.values())), strict=True))


def _value(gain: PairedGain, corrected: float | None) -> PairedValue:
    if gain.interval is None:
        return PairedValue(value=gain.value)
    interval = gain.interval
    return PairedValue(
        value=gain.value, low=interval.low, high=interval.high, p=interval.p, p_holm=corrected
    )


@contextmanager
def _naming(cell: Cell) -> Iterator[None]:
    """Let an error say which cell it belongs to."""
    try:
        yield
    except PromptLabError as error:
        raise type(error)(f"cell {cell.label}: {error}") from error
