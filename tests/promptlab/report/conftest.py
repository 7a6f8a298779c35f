"""Run and sweep folders with hostile words in every place a user can write to."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from promptlab.gallery import Example, write_gallery
from promptlab.prompts.files import write_prompt_set
from promptlab.prompts.promptset import Prompt, PromptSet, Provenance
from promptlab.report.build import build_report
from promptlab.results import (
    ImageScore,
    PromptUse,
    ResultTable,
    RunRecord,
    SweepRecord,
    write_prompt_uses,
    write_record,
    write_scores,
)
from promptlab.types import State

HOSTILE = "<script>alert(1)</script> \"quoted\" & 'single' $x_{1}$ \\input{a}"
HOSTILE_PROMPT = "a photo of <img src=x onerror=alert(2)> with $\\frac$ </script>"
MADE = {
    "promptlab_version": "0.1.0",
    "commit": "0123456789abcdef",
    "dirty": True,
    "versions": {"torch": "2.5.0", "numpy": "2.1.0"},
    "created": "2026-11-23T12:00:00+00:00",
}


def table(values: dict[str, float], *, n_masked: int = 0) -> dict[str, object]:
    """A table of image AUROC per category, ±0.04, with pixel metrics undefined."""
    no_masks = {"value": None, "reason": "no image has a mask"}
    return {
        "mean": {"image_auroc": sum(values.values()) / len(values), "aupro": None},
        "categories": {
            name: {
                "metrics": {
                    "image_auroc": {"value": value, "low": value - 0.04, "high": value + 0.04},
                    "image_f1_max": {"value": 0.7},
                    "aupro": no_masks,
                },
                "n_normal": 3,
                "n_abnormal": 2,
                "n_masked": n_masked,
                "skipped": [{"path": HOSTILE, "reason": "it is not an image"}],
            }
            for name, value in values.items()
        },
    }


def record(**changes: object) -> RunRecord:
    content = {
        "name": "quickstart",
        "seed": 7,
        "config": {"scorer": {"name": HOSTILE}, "aligner": {"name": "patch"}},
        "provenance": MADE,
        "backbone": {
            "name": "lite", "id": "lite-1", "weights_digest": "ab" * 32, "device": "cpu",
            "logit_scale": 40.0,
        },
        "dataset": {"name": HOSTILE, "limit": None, "images": 10, "digest": "cd" * 32},
        "prompts": {
            "mono": {
                "digest": "ef" * 32, "n_normal": 1, "n_abnormal": 2, "file": "prompts/mono.jsonl",
                "sources": {HOSTILE: 3}, "notes": [HOSTILE],
            }
        },
        "results": table({"mono": 0.84, "poly": 0.66}),
        "baseline": table({"mono": 0.81, "poly": 0.50}),
        "seconds": {"encode": 1.25},
    }  # fmt: skip
    return RunRecord.model_validate_json(json.dumps({**content, **changes}))


def score(category: str, label: str, value: float) -> ImageScore:
    return ImageScore(
        path=HOSTILE, category=category, label=label, defect="", image_score=value,
        global_score=value, local_score=value,
    )  # fmt: skip


def example(**changes: object) -> Example:
    """A non-square image, 20 x 30, with a map and a mask."""
    mask = np.zeros((20, 30), dtype=bool)
    mask[5:9, 10:16] = True
    content = {
        "category": "mono",
        "kind": "highest abnormal",
        "image": np.full((20, 30, 3), 128, dtype=np.uint8),
        "anomaly_map": np.linspace(0.25, 0.75, 600, dtype=np.float32).reshape(20, 30),
        "mask": mask,
        "image_score": 0.8125,
        "path": f"images/{HOSTILE}",
        "top_normal_prompt": HOSTILE_PROMPT,
        "top_abnormal_prompt": "a cracked cell",
    }
    return Example(**{**content, **changes})


def sweep(**changes: object) -> SweepRecord:
    content = {
        "study": "quicksweep",
        "config": {"fusion": {"local": 0.5}, "scorer": {"name": "contextual"}},
        "seed": 0,
        "sampler": "TPE",
        "objective": ["image_auroc"],
        "search_categories": ["mono"],
        "report_categories": ["poly"],
        "trials": [
            {"number": 0, "state": "complete", "value": 0.7, "seconds": 0.1,
             "params": {"fusion.local": 0.1, "scorer.name": HOSTILE}},
            {"number": 1, "state": "pruned", "value": None, "seconds": 0.1, "params": {}},
            {"number": 2, "state": "complete", "value": 0.8, "seconds": 0.1,
             "params": {"fusion.local": 0.9, "scorer.name": "mean"}},
        ],
        "best": {"params": {"fusion.local": 0.9, "scorer.name": "mean"}, "value": 0.8},
        "default_value": 0.75,
        "report": {
            "default": table({"poly": 0.60}),
            "best": table({"poly": 0.62}),
            "baseline": table({"poly": 0.55}),
        },
        "seconds_per_trial": 0.1,
        "provenance": MADE,
    }  # fmt: skip
    return SweepRecord.model_validate_json(json.dumps({**content, **changes}))


def write_run(folder: Path, made: RunRecord, examples: list[Example]) -> Path:
    write_record(folder, made)
    labels = ["normal", "normal", "normal", "abnormal", "abnormal"]
    write_scores(
        folder,
        [score(c, label, 0.1 * i) for c in ("mono", "poly") for i, label in enumerate(labels)],
    )
    written = Provenance(HOSTILE, "describe", 1, 0, 0.9, "2026-11-23T12:00:00Z", "0.1.0", "ab" * 32)
    prompts = (
        Prompt(HOSTILE_PROMPT, State.NORMAL, HOSTILE, written),
        Prompt("a cracked cell", State.ABNORMAL, HOSTILE),
        Prompt("a broken cell", State.ABNORMAL, HOSTILE),
    )
    write_prompt_set(folder / "prompts" / "mono.jsonl", PromptSet("mono", prompts))
    uses = [
        PromptUse(category="mono", state=one.state.name.lower(), text=one.text, mean_weight=weight,
                  kept_share=share)
        for one, weight, share in zip(prompts, (1.0, 0.25, 0.75), (1.0, 0.5, 1.0), strict=True)
    ]  # fmt: skip
    write_prompt_uses(folder, uses)
    write_gallery(folder, examples)
    return folder


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    return write_run(
        tmp_path / "run", record(), [example(), example(kind="lowest normal", mask=None)]
    )


@pytest.fixture(scope="session")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of one run and one sweep."""
    folder = tmp_path_factory.mktemp("report")
    examples = [example(), example(kind="lowest normal", mask=None)]
    run = write_run(folder / "run", record(), examples)
    (folder / "sweep.json").write_text(sweep().model_dump_json(), encoding="utf-8")
    out = build_report([run, folder], folder / "new" / "report.html")
    return out.read_text(encoding="utf-8")


@pytest.fixture
def make_record() -> Callable[..., RunRecord]:
    return record


@pytest.fixture
def make_sweep() -> Callable[..., SweepRecord]:
    return sweep


@pytest.fixture
def make_table_of() -> Callable[..., ResultTable]:
    return lambda values: ResultTable.model_validate(table(values))


@pytest.fixture
def make_example() -> Callable[..., Example]:
    return example
