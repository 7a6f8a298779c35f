"""Run records of chosen numbers, for figures and pages."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from promptlab.config import FusionConfig
from promptlab.explain import Explanation, PromptEvidence
from promptlab.results import RunRecord
from promptlab.types import State

Values = Mapping[str, float | None]


def run_of(
    name: str,
    values: Values,
    *,
    baseline: Values | None = None,
    config: Mapping[str, object] | None = None,
    data: str = "synthetic",
    gain: tuple[float, float, float] | None = None,
    per_state: int = 8,
) -> RunRecord:
    """A record of image AUROCs by category, each with an interval of -0.05 and +0.03."""

    def table(values: Values) -> dict[str, object]:
        def metric(value: float | None) -> dict[str, object]:
            if value is None:
                return {"value": None, "reason": "one label only"}
            return {"value": value, "low": value - 0.05, "high": value + 0.03}

        counts = {"n_normal": 2, "n_abnormal": 2, "n_masked": 0}
        defined = [value for value in values.values() if value is not None]
        return {
            "mean": {"image_auroc": sum(defined) / len(defined) if defined else None},
            "categories": {
                category: {"metrics": {"image_auroc": metric(value)}, **counts}
                for category, value in values.items()
            },
        }

    counts = {"digest": "", "n_normal": per_state, "n_abnormal": per_state, "sources": {}}
    content = {
        "name": name, "seed": 0, "config": {"name": name, **(config or {})}, "seconds": {},
        "prompts": {category: {**counts, "file": "prompts/x.jsonl"} for category in values},
        "provenance": {"promptlab_version": "0", "commit": None, "dirty": None, "versions": {},
                       "created": ""},
        "backbone": {"name": "", "id": "", "weights_digest": "", "device": "", "logit_scale": 1.0},
        "dataset": {"name": data, "limit": None, "images": 4, "digest": ""},
        "results": table(values), "baseline": table(baseline or values),
        "gain": gain and {"mean": dict(zip(("value", "low", "high"), gain, strict=True)),
                          "categories": {}},
    }  # fmt: skip
    return RunRecord.model_validate_json(json.dumps(content))


def explained(normal: Mapping[float, float], abnormal: Mapping[float, float]) -> Explanation:
    """An explanation of prompts given as similarity -> weight."""
    prompts = [
        PromptEvidence(
            text=f"{state.name.lower()} {nth}", state=state, source="winclip", similarity=value,
            rank=nth, weight=weight, why_dropped="" if weight else "the rule",
        )
        for state, given in ((State.NORMAL, normal), (State.ABNORMAL, abnormal))
        for nth, (value, weight) in enumerate(sorted(given.items(), reverse=True), 1)
    ]  # fmt: skip
    return Explanation(
        path=Path("image_{1}.png"), category="gear", backbone="tiny", scorer="mean",
        aligner="patch", image_score=0.75, global_score=0.7, local_score=0.8,
        fusion=FusionConfig(), rule="the rule", prompts=tuple(prompts), regions=(), region_rule="",
        image=np.zeros((4, 6, 3), dtype=np.uint8),
        anomaly_map=np.full((4, 6), 0.5, dtype=np.float32),
    )  # fmt: skip
