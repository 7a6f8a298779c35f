"""What a comparison and an audit write: JSON that says what was done, and CSV tables of it.

Knows the schema and the files; computes nothing.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from promptlab.errors import RecordError
from promptlab.files import atomic_path, write_text
from promptlab.results import BackboneRecord, MetricValue, PairedValue, Provenance

__all__ = [
    "AUDIT_FILE",
    "COMPARE_FILE",
    "METRICS",
    "AuditRecord",
    "AuditRow",
    "CompareRecord",
    "CompareRow",
    "DrawResult",
    "Spread",
    "read_audit",
    "read_comparison",
    "refuse_existing",
    "write_audit",
    "write_comparison",
]

COMPARE_FILE = "compare.json"
AUDIT_FILE = "audit.json"
METRICS = ("image_auroc", "image_ap", "pixel_auroc", "aupro")


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class Spread(_Frozen):
    """How a metric differs from draw to draw of one language model."""

    sd: float | None
    """Standard deviation over the draws (n - 1); null for one draw."""
    low: float
    high: float
    """Of the worst and the best draw."""


class DrawResult(_Frozen):
    """One prompt set per category: one sample of a language model, or a fixed set."""

    seed: int | None
    """None for prompts that are not drawn."""
    metrics: dict[str, float | None] = {}
    """Means over the categories where they are defined."""
    drawn: int = 0
    kept: int = 0
    dropped: dict[str, int] = {}
    """Reason -> lines."""
    faults: dict[str, int] = {}
    """Kind -> requests, also those that a retry mended."""
    failed: int = 0
    """Requests that never had an answer."""
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    """Sum over the answers, from when they were first given."""
    cost_usd: float | None = 0.0
    complete: bool = True
    """Whether every category reached the number of prompts asked for."""
    prompts: dict[str, str] = {}
    """Category -> prompt file in the comparison's folder."""
    digests: dict[str, str] = {}
    """Category -> digest of its prompt set."""
    error: str = ""


class CompareRow(_Frozen):
    """One source of prompts: a fixed set, or a language model with a template and a count."""

    source: str
    template: str | None
    per_state: int | None
    """null: as many as the source has."""
    image_auroc: MetricValue
    image_ap: MetricValue
    pixel_auroc: MetricValue
    aupro: MetricValue
    spread: dict[str, Spread] = {}
    """Metric -> over the draws; empty for prompts that are not drawn."""
    gains: dict[str, PairedValue] = {}
    """Metric -> difference from the baseline on the same images; empty for the baseline itself, and
    where nothing could be judged."""
    n_draws: int
    drawn: int
    kept: int
    dropped: dict[str, int]
    input_tokens: int
    output_tokens: int
    seconds: float
    cost_usd: float | None
    complete: bool
    error: str = ""
    draws: tuple[DrawResult, ...]

    @property
    def gain(self) -> PairedValue | None:
        """The gain in image AUROC."""
        return self.gains.get("image_auroc")

    @property
    def label(self) -> str:
        """Source, template and count in one line."""
        parts = [self.source, self.template, None if self.per_state is None else self.per_state]
        return " / ".join(str(part) for part in parts if part is not None)


class _Judged(_Frozen):
    format: Literal[1] = 1
    name: str
    seed: int
    config: dict[str, Any]
    provenance: Provenance
    backbone: BackboneRecord
    dataset: str
    categories: dict[str, int]
    """Category -> images judged."""
    skipped: int
    """Images that could not be read."""
    seconds: dict[str, float]


class CompareRecord(_Judged):
    """A comparison."""

    baseline: str
    rows: tuple[CompareRow, ...]


class AuditRow(_Frozen):
    """One way of taking language away from one source of prompts."""

    source: str
    variant: str
    repeats: int
    image_auroc: MetricValue
    image_auroc_global: float
    """Of the image embedding alone."""
    pixel_auroc: float | None
    repeat_low: float
    repeat_high: float
    """Image AUROC of the lowest and the highest repeat."""
    kept: float | None
    """Share of the original's distance from 0.5 that is left, null where there was none; to either
    side for shuffled states and invented words, else above."""
    rank_correlation: float
    """Spearman's, of the image scores with the original ones; mean over categories, repeats."""
    example_normal: str
    example_abnormal: str


class AuditRecord(_Judged):
    """An audit of what language decides."""

    rows: tuple[AuditRow, ...]
    text_share: dict[str, float | None]
    """Source -> share of the AUROC above chance that goes with the meaning of the words."""
    verdicts: dict[str, str]
    """Source -> plain sentences."""


def refuse_existing(folder: Path, name: str) -> None:
    """Check that a folder holds no earlier result.

    Raises:
        RecordError: when it does.
    """
    if (folder / name).exists():
        raise RecordError(
            f"results are never overwritten, but {folder / name} exists; choose another --out."
        )


def write_comparison(folder: Path, record: CompareRecord) -> None:
    """Write the record and its table."""
    _write(folder / COMPARE_FILE, record)
    _write_table(folder / "compare.csv", [_compare_line(row) for row in record.rows])


def write_audit(folder: Path, record: AuditRecord) -> None:
    """Write the record and its table."""
    _write(folder / AUDIT_FILE, record)
    _write_table(folder / "audit.csv", [_audit_line(row) for row in record.rows])


def read_comparison(path: Path) -> CompareRecord:
    """Read a comparison, given its file or its folder.

    Raises:
        RecordError: when it is missing, damaged or of another format.
    """
    return CompareRecord.model_validate(_read(path, COMPARE_FILE, CompareRecord))


def read_audit(path: Path) -> AuditRecord:
    """Read an audit, given its file or its folder.

    Raises:
        RecordError: when it is missing, damaged or of another format.
    """
    return AuditRecord.model_validate(_read(path, AUDIT_FILE, AuditRecord))


def _write(path: Path, record: BaseModel) -> None:
    write_text(path, record.model_dump_json(indent=1) + "\n")


def _read(path: Path, name: str, kind: type[BaseModel]) -> BaseModel:
    file = path / name if path.is_dir() else path
    try:
        return kind.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(
            f"a folder of results must hold a readable {name}, but {file}: {error}."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the start"
        raise RecordError(
            f"{file} is damaged or of another version (at {where}: {first['msg']}); run the same "
            "command again."
        ) from None


def _write_table(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _compare_line(row: CompareRow) -> dict[str, object]:
    line: dict[str, object] = {
        "source": row.source,
        "template": row.template,
        "per_state": row.per_state,
        "draws": row.n_draws,
    }
    for name in METRICS:
        line |= _interval(name, getattr(row, name))
        line[f"{name}_sd_over_draws"] = row.spread[name].sd if name in row.spread else None
        found = row.gains.get(name)
        gain = found.model_dump() if found else dict.fromkeys(PairedValue.model_fields)
        parts = {key: "" if key == "value" else f"_{key}" for key in gain}
        line |= {f"{name}_gain{parts[key]}": value for key, value in gain.items()}
    line |= {name: getattr(row, name) for name in ("drawn", "kept")}
    line["dropped"] = _counted(row.dropped)
    faults: Counter[str] = Counter()
    for draw in row.draws:
        faults.update(draw.faults)
    line["faults"] = _counted(faults)
    line["requests_failed"] = sum(draw.failed for draw in row.draws)
    counted = ("input_tokens", "output_tokens", "seconds", "cost_usd", "complete", "error")
    return line | {name: getattr(row, name) for name in counted}


def _counted(reasons: Mapping[str, int]) -> str:
    return "; ".join(f"{count} {reason}" for reason, count in reasons.items())


def _audit_line(row: AuditRow) -> dict[str, object]:
    plain = row.model_dump(exclude={"image_auroc"})
    return {**_interval("image_auroc", row.image_auroc), **plain}


def _interval(name: str, value: MetricValue) -> dict[str, object]:
    parts: Iterable[tuple[str, object]] = (
        (name, value.value),
        (f"{name}_low", value.low),
        (f"{name}_high", value.high),
    )
    return dict(parts)
