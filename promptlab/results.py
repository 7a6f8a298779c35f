"""The record of a run: one JSON file that says what was done, with what, and what came out.

Records are append-only: a run writes a new folder and never changes an old one. This module
knows the schema and the folder; it computes nothing.
"""

import csv
import json
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from promptlab import __version__
from promptlab.errors import RecordError
from promptlab.files import atomic_path, digest_bytes, printable, write_text

__all__ = [
    "GRID_FILE",
    "PROMPT_USES_FILE",
    "RECORD_FILE",
    "SCORES_FILE",
    "SWEEP_FILE",
    "Arm",
    "BackboneRecord",
    "BestTrial",
    "CategoryResult",
    "Comparison",
    "DatasetRecord",
    "FoldRecord",
    "FrontPoint",
    "Gain",
    "GridCell",
    "GridRecord",
    "ImageScore",
    "MetricValue",
    "PairedValue",
    "PromptSetRecord",
    "PromptUse",
    "Provenance",
    "ReferenceImage",
    "ResultTable",
    "RunRecord",
    "SearchSide",
    "Skipped",
    "SweepRecord",
    "SweepReport",
    "TrialRecord",
    "is_grid",
    "new_run_folder",
    "provenance",
    "read_grid",
    "read_prompt_uses",
    "read_record",
    "read_scores",
    "read_sweep",
    "refuse_record",
    "sealed_json",
    "write_grid",
    "write_prompt_uses",
    "write_record",
    "write_scores",
]

GRID_FILE = "grid.json"
PROMPT_USES_FILE = "prompt_weights.csv"
RECORD_FILE = "record.json"
SCORES_FILE = "scores.csv"
SWEEP_FILE = "sweep.json"


Kept = TypeVar("Kept", bound=BaseModel)

_SEAL = re.compile(r',\n  "digest": "([0-9a-f]{64})"\n}\s*\Z')


_Text = Annotated[
    str, BeforeValidator(lambda text: printable(text) if isinstance(text, str) else text)
]
"""Text that may quote a file name, whose odd bytes JSON cannot hold."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class MetricValue(_Frozen):
    """One metric with its bootstrap interval; null with a reason where undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


class Skipped(_Frozen):
    """One input that was not used, and why."""

    path: _Text
    reason: _Text


class CategoryResult(_Frozen):
    """What came out for one category."""

    metrics: dict[str, MetricValue]
    n_normal: int
    n_abnormal: int
    n_masked: int
    skipped: tuple[Skipped, ...] = ()


class ResultTable(_Frozen):
    """Results of every category and their mean over the categories where a metric is defined."""

    mean: dict[str, float | None]
    categories: dict[str, CategoryResult]


class Gain(_Frozen):
    """Image AUROC of a run minus that of its baseline, with paired bootstrap intervals."""

    mean: MetricValue
    categories: dict[str, MetricValue]


class PairedValue(_Frozen):
    """A metric minus the same metric of a reference on the same images, mean over categories.

    The interval is over images and, where a language model wrote several samples, over those.
    """

    value: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """Two-sided, from the paired bootstrap."""
    p_holm: float | None = None
    """Corrected for all comparisons of the metric beside it (Holm 1979)."""


class PromptSetRecord(_Frozen):
    """Which prompts a category was judged with; their texts are in the run's prompts folder."""

    digest: str
    n_normal: int
    n_abnormal: int
    sources: dict[str, int]
    file: str
    notes: tuple[str, ...] = ()
    """What each language model gave: drawn, kept, dropped and why."""


class BackboneRecord(_Frozen):
    """Which encoder compared images and prompts."""

    name: str
    id: str
    weights_digest: str
    device: str
    logit_scale: float


class ReferenceImage(_Frozen):
    """One normal image that a few-shot run compared with."""

    path: _Text
    digest: str
    """SHA-256 of the file."""
    held_out: bool
    """Whether it is a test image, which was then not judged."""


class DatasetRecord(_Frozen):
    """Which images were judged."""

    name: str
    limit: int | None
    images: int
    digest: str
    """SHA-256 over the paths and labels of the images in order, for comparing two runs."""
    problems: tuple[Skipped, ...] = ()


class Provenance(_Frozen):
    """What made a record."""

    promptlab_version: str
    commit: str | None
    dirty: bool | None
    versions: dict[str, str]
    created: str


class RunRecord(_Frozen):
    """Everything needed to understand, compare and repeat one run."""

    format: Literal[1] = 1
    name: str
    seed: int
    config: dict[str, Any]
    provenance: Provenance
    backbone: BackboneRecord
    dataset: DatasetRecord
    references: dict[str, tuple[ReferenceImage, ...]] = {}
    """By category; empty in a zero-shot run."""
    prompts: dict[str, PromptSetRecord]
    results: ResultTable
    baseline: ResultTable
    """WinCLIP's ensemble with the mean scorer on the same images, aligner and fusion."""
    gain: Gain | None = None
    """Over the baseline; null when the run is the baseline."""
    oracle_metrics: tuple[str, ...] = ("image_f1_max", "pixel_f1_max")
    """Metrics whose threshold was chosen on the test labels."""
    transductive: bool = False
    """Whether an image's scores depend on the other (unlabelled) images that were judged."""
    seconds: dict[str, float]

    @property
    def label(self) -> str:
        """What tables and plots call the run."""
        return _mark(self.name, transductive=self.transductive)


class GridCell(_Frozen):
    """One cell of a grid: its choices, its metrics and what it gains over its reference."""

    choices: dict[str, str]
    folder: str
    """The cell's run folder, inside the grid's."""
    transductive: bool = False
    mean: dict[str, float | None]
    categories: dict[str, dict[str, float | None]]
    against: str | None
    """Folder of the reference cell; null when the cell is one."""
    gains: dict[str, PairedValue]

    @property
    def label(self) -> str:
        """What tables call the cell."""
        return _mark(" / ".join(self.choices.values()), transductive=self.transductive)


class GridRecord(_Frozen):
    """All cells of a grid beside one another."""

    format: Literal[1] = 1
    name: str
    axes: tuple[str, ...]
    config: dict[str, Any]
    """Of the first cell; the others differ on the axes."""
    provenance: Provenance
    backbone: str
    """Its id: name, image size and weights."""
    images: dict[str, int]
    """By category, of the first cell."""
    cells: tuple[GridCell, ...]


class ImageScore(_Frozen):
    """One line of the scores file."""

    path: _Text
    category: str
    label: Literal["normal", "abnormal"]
    defect: str
    image_score: float
    global_score: float
    local_score: float


class PromptUse(_Frozen):
    """One line of the file of prompt weights: what a prompt counted over a category's images."""

    category: str
    state: Literal["normal", "abnormal"]
    text: str
    mean_weight: float
    """The weights of a state's prompts add up to one on every image, so their means do too."""
    kept_share: float
    """On what share of the images the scorer gave the prompt any weight."""


def provenance() -> Provenance:
    """Describe the code that runs now: package versions, and the commit when in a checkout."""
    packages = ("torch", "transformers", "sentence-transformers", "langchain", "optuna", "numpy")
    versions = {}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    commit = _git("rev-parse", "HEAD")
    status = _git("status", "--porcelain", "--untracked-files=no")
    return Provenance(
        promptlab_version=__version__,
        commit=commit,
        dirty=None if status is None else bool(status),
        versions=versions,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def new_run_folder(parent: Path, name: str) -> Path:
    """Make and return a new folder ``<parent>/<name>-<time>[-n]``."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    for suffix in ["", *(f"-{n}" for n in range(2, 1000))]:
        folder = parent / f"{name}-{stamp}{suffix}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise RecordError(f"a run needs a free folder name, but {parent} is full of {name}-{stamp}*.")


def refuse_record(folder: Path) -> None:
    """Check that a run folder holds no record yet.

    Raises:
        RecordError: when it does.
    """
    path = folder / RECORD_FILE
    if path.exists():
        raise RecordError(
            f"records are never overwritten, but {path} exists; choose another --out."
        )


def write_record(folder: Path, record: RunRecord) -> Path:
    """Write the record into its run folder, atomically; refuse to replace one."""
    refuse_record(folder)
    path = folder / RECORD_FILE
    write_text(path, sealed_json(record))
    return path


def sealed_json(record: BaseModel) -> str:
    """Return a record as JSON that ends with the SHA-256 of everything before it.

    Reading refuses a sealed record of which a byte changed.
    """
    body = record.model_dump_json(indent=2).removesuffix("\n}")
    return f'{body},\n  "digest": "{digest_bytes(body.encode("utf-8"))}"\n}}\n'


def read_record(path: Path) -> RunRecord:
    """Read a record, given its file or its run folder.

    Raises:
        RecordError: when it is missing, damaged or of another format.
    """
    return _read(path, RECORD_FILE, RunRecord)


def write_grid(folder: Path, record: GridRecord) -> Path:
    """Write a grid's record into its folder, atomically."""
    path = folder / GRID_FILE
    write_text(path, sealed_json(record))
    return path


def is_grid(path: Path) -> bool:
    """Whether a record file, or a folder, is that of a grid."""
    file = path / GRID_FILE if path.is_dir() else path
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and "axes" in content


def read_grid(path: Path) -> GridRecord:
    """Read a grid's record, given its file or its folder.

    Raises:
        RecordError: when it is missing, damaged or of another format.
    """
    return _read(path, GRID_FILE, GridRecord)


def write_scores(folder: Path, scores: Iterable[ImageScore]) -> Path:
    """Write one CSV line per judged image."""
    return _write_lines(folder / SCORES_FILE, ImageScore, scores)


def read_scores(folder: Path) -> list[ImageScore]:
    """Read the scores file of a run folder.

    Raises:
        RecordError: when it is missing or damaged.
    """
    return _read_lines(folder / SCORES_FILE, ImageScore, what="image")


def write_prompt_uses(folder: Path, uses: Iterable[PromptUse]) -> Path:
    """Write one CSV line per category and prompt."""
    return _write_lines(folder / PROMPT_USES_FILE, PromptUse, uses)


def read_prompt_uses(folder: Path) -> list[PromptUse]:
    """Read the prompt weights of a run folder; a run of an older version has none.

    Raises:
        RecordError: when the file is damaged.
    """
    path = folder / PROMPT_USES_FILE
    return _read_lines(path, PromptUse, what="prompt") if path.exists() else []


def _write_lines(path: Path, kind: type[Kept], lines: Iterable[Kept]) -> Path:
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(kind.model_fields))
        writer.writeheader()
        for line in lines:
            writer.writerow(line.model_dump())
    return path


def _read_lines(path: Path, kind: type[Kept], *, what: str) -> list[Kept]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows: Sequence[Mapping[str, Any]] = list(csv.DictReader(file))
        return [kind.model_validate(row) for row in rows]
    except (OSError, UnicodeDecodeError, ValidationError, csv.Error) as error:
        raise RecordError(f"{path} must hold one line per {what}: {error}.") from error


def _mark(name: str, *, transductive: bool) -> str:
    return f"{name} (transductive)" if transductive else name


def _git(*arguments: str) -> str | None:
    """Ask git about the checkout this package runs from; None outside one."""
    package = Path(__file__).resolve().parent
    try:
        answer = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", "-C", str(package), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


class TrialRecord(_Frozen):
    """One trial of a sweep; the value is null unless the trial is complete."""

    number: int
    state: Literal["complete", "pruned", "fail"]
    value: float | None
    """Of the first goal."""
    params: dict[str, Any]
    """Dotted config path -> value, or the name of a value that has no short form."""
    seconds: float
    values: tuple[float, ...] = ()
    """Of every goal of a pareto list."""
    fold: int = 0
    """Place in `SweepRecord.folds`; 0 where there are none."""
    note: str = ""
    """Why a trial has no value, where it is not simply pruned."""


class BestTrial(_Frozen):
    """The parameters with the highest value on the search categories."""

    params: dict[str, Any]
    value: float
    number: int | None = None
    fold: int = 0
    values: tuple[float, ...] = ()


class Comparison(_Frozen):
    """The winner against something else on the report categories, image by image."""

    gain: Gain
    """In image AUROC, with paired bootstrap intervals."""
    p_value: float | None
    """Two-sided, of the mean gain, from the paired bootstrap."""


Arm = Literal["default", "best", "baseline"]
"""What a sweep reports side by side."""


class SweepReport(_Frozen):
    """Results on the report categories, which the search never saw."""

    default: ResultTable
    best: ResultTable
    baseline: ResultTable
    transductive: tuple[Arm, ...] = ()
    """Whose scores depend on the other (unlabelled) images that were judged."""
    over_default: Comparison | None = None
    over_baseline: Comparison | None = None
    """Null when the winner is that configuration itself, or without bootstrap."""

    def label(self, arm: Arm, name: str) -> str:
        """Return what tables call an arm: its name, and that it is transductive where it is."""
        return _mark(name, transductive=arm in self.transductive)


class SearchSide(_Frozen):
    """Results on the search categories: these chose the winner, so they flatter it."""

    default: ResultTable
    best: ResultTable


class FrontPoint(_Frozen):
    """One trial that no other beats on every goal."""

    number: int
    params: dict[str, Any]
    searched: tuple[float, ...]
    """Value of each goal on the search categories."""
    reported: tuple[float | None, ...]
    """And on the report categories."""
    fold: int = 0


class FoldRecord(_Frozen):
    """One search of a sweep over folds."""

    study: str
    search_categories: tuple[str, ...]
    report_categories: tuple[str, ...]
    best: BestTrial
    default_value: float | None
    baseline_value: float | None = None
    reported: float | None = None
    """What the fold's winner reaches on its report categories, in the first goal."""
    reported_default: float | None = None


class SweepRecord(_Frozen):
    """Everything needed to understand and repeat one sweep."""

    format: Literal[1] = 1
    study: str
    config: dict[str, Any]
    seed: int
    sampler: str
    pruner: str = "none"
    objective: tuple[str, ...]
    """Metrics whose mean over the search categories was maximised, or a pareto list's goals."""
    pareto: bool = False
    oracle: bool = False
    """Whether the search saw categories that are reported on: then nothing here is a result."""
    search_categories: tuple[str, ...]
    report_categories: tuple[str, ...]
    folds: tuple[FoldRecord, ...] = ()
    trials: tuple[TrialRecord, ...]
    best: BestTrial
    default_value: float | None
    """What the configuration without any override reaches on the search categories."""
    baseline_value: float | None = None
    report: SweepReport
    searched: SearchSide | None = None
    """Null over folds, where every category is searched by some and reported by one."""
    front: tuple[FrontPoint, ...] = ()
    """Of a pareto list: every unbeaten trial, best first goal first."""
    importances: dict[str, float] = {}
    """Share of each parameter in what makes a good trial (PED-ANOVA); empty: too few trials."""
    best_config: dict[str, Any] | None = None
    """The winner as an experiment of its own."""
    seconds_per_trial: float
    provenance: Provenance


def read_sweep(path: Path) -> SweepRecord:
    """Read the record of a sweep, given its file or its folder.

    Raises:
        RecordError: when it is missing, damaged or of another format.
    """
    return _read(path, SWEEP_FILE, SweepRecord)


def _unsealed(text: str, file: Path) -> str:
    """Check and remove a record's seal; records from before there was one have none."""
    seal = _SEAL.search(text)
    if seal is None:
        return text
    body = text[: seal.start()]
    if digest_bytes(body.encode("utf-8")) != seal.group(1):
        raise RecordError(
            f"{file} must be as it was written, but was changed or damaged since; run the same "
            "command again."
        )
    return f"{body}\n}}"


def _read(path: Path, name: str, kind: type[Kept]) -> Kept:
    file = path / name if path.is_dir() else path
    try:
        return kind.model_validate_json(_unsealed(file.read_text(encoding="utf-8"), file))
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(
            f"a folder of results must hold a readable {name}, but {file}: {error}."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise RecordError(
            f"{file} is damaged or of another version (at {where or 'the start'}: {first['msg']});"
            " run the same command again."
        ) from None
