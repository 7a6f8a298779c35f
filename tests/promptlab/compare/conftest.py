from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import TinyBackbone, write_mvtec

from promptlab import workbench
from promptlab.compare import sources
from promptlab.config import ExperimentConfig
from promptlab.errors import LLMError
from promptlab.prompts.clean import Dropped
from promptlab.prompts.generate import Generated
from promptlab.prompts.promptset import Prompt, PromptSet
from promptlab.prompts.traffic import Usage
from promptlab.types import State


@pytest.fixture
def backbone(monkeypatch: pytest.MonkeyPatch) -> TinyBackbone:
    tiny = TinyBackbone()
    monkeypatch.setattr(workbench, "load_backbone", lambda *_, **__: tiny)
    return tiny


@pytest.fixture
def config(tmp_path: Path, backbone: TinyBackbone) -> ExperimentConfig:
    return ExperimentConfig.model_validate(
        {
            "name": "tiny",
            "dataset": {
                "name": "mvtec",
                "root": write_mvtec(tmp_path / "data", categories=("disc", "plate")),
            },
            "metrics": {"pixel_size": 32, "bootstrap": 40},
            "compare": {
                "llms": ["gguf:smollm2"],
                "per_state": [2, 3],
                "draws": 3,
                "static": ["curated"],
            },
        }
    )


class FakeGenerator:
    """Writes three prompts a state that name noun and seed; fails for the seeds it is told to."""

    def __init__(self, *failing: int) -> None:
        self.failing = failing
        self.asked: list[tuple[str, int]] = []

    def __call__(self, llm: str, category: str, *, seed: int, **_: object) -> Generated:
        self.asked.append((category, seed))
        if seed in self.failing:
            raise LLMError(f"{llm} must answer, but seed {seed} did not.")
        # The tiny backbone reads "flaw" as damage. Seed 2 says the reverse of the others.
        words = [f"even {category}", f"{category} with a flaw"]
        texts = words if seed != 2 else words[::-1]
        prompts = tuple(
            Prompt(f"{texts[state]} {seed}{'.' * n}", state, "fake")
            for state in State
            for n in range(1, 4)
        )
        return Generated(
            prompt_set=PromptSet(category, prompts),
            dropped=(Dropped("a nut", "does not name the category"),),
            drawn=7,
            kept=6,
            requests=7,
            cached=0,
            failed=(),
            faults={"timed out": 1},
            usage=Usage(100, 10),
            cost_usd=0.25,
            seconds=0.0,
            answer_seconds=2.0,
            complete=True,
            form="lines",
            answers=(),
        )


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeGenerator]:
    def use(*failing: int) -> FakeGenerator:
        fake = FakeGenerator(*failing)
        monkeypatch.setattr(sources, "generate_prompts", fake)
        return fake

    return use
