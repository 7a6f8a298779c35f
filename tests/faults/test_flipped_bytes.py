"""A flipped byte in a feature file, an answer cache or a record is never used."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from fakes import TinyBackbone, write_mvtec

from promptlab import workbench
from promptlab.config import ExperimentConfig
from promptlab.errors import LLMError, RecordError
from promptlab.evaluate import run_experiment
from promptlab.features import FeatureStore
from promptlab.prompts.answers import Answer, open_answers
from promptlab.results import read_record
from promptlab.workbench import Workbench

FLIPS = 300


def flipped(content: bytes, *, seed: int, flips: int = FLIPS) -> Iterator[bytes]:
    """Yield copies with one byte changed, then a few that end early."""
    moments = random.Random(seed)
    for _ in range(flips):
        changed = bytearray(content)
        changed[moments.randrange(len(content))] ^= moments.randrange(1, 256)
        yield bytes(changed)
    yield from (content[: moments.randrange(len(content))] for _ in range(flips // 10))


def test_a_flipped_feature_file_is_not_there(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    pieces = {"patch": torch.arange(60).reshape(20, 3).half(), "grid": torch.tensor([4, 5])}
    store.write("lite/abcd.base", pieces)
    (entry,) = tmp_path.rglob("*.safetensors")
    refused = 0
    for content in flipped(entry.read_bytes(), seed=1):
        entry.write_bytes(content)
        read = store.read("lite/abcd.base")
        refused += read is None
        if read is not None:  # spaces that pad the header, for one
            assert all(torch.equal(read[name], pieces[name]) for name in pieces)
    assert refused > FLIPS * 0.8


def test_a_flipped_answer_cache_gives_the_answer_or_none(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    kept = {f"key{i}": Answer(f"a crack of kind {i} in it", "2026-01-01", i, 7) for i in range(40)}
    with open_answers(path) as answers:
        for key, answer in kept.items():
            answers.put(key, answer)
    lost = 0
    for content in flipped(path.read_bytes(), seed=2, flips=200):
        path.write_bytes(content)
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
        try:
            with open_answers(path) as answers:
                got = {key: answers.get(key) for key in kept}
        except LLMError:  # refused, in one line
            got = dict.fromkeys(kept)
        for key, answer in got.items():
            assert answer in (None, kept[key])
        lost += None in got.values()
    assert lost > 20


def test_a_flipped_record_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbench, "load_backbone", lambda *_, **__: TinyBackbone())
    root = write_mvtec(tmp_path / "data", count=2)
    config = ExperimentConfig.model_validate(
        {
            "name": "flip",
            "dataset": {"name": "mvtec", "root": str(root)},
            "metrics": {"pixel_size": 16, "bootstrap": 0},
        }
    )
    folder, record = run_experiment(config, Workbench(), parent=tmp_path)
    assert read_record(folder) == record
    path = folder / "record.json"
    whole = path.read_bytes()
    for content in flipped(whole, seed=3):
        path.write_bytes(content)
        if content.rstrip() != whole.rstrip():
            with pytest.raises(RecordError, match=r"^[^\n]*$"):
                read_record(folder)


def test_the_answer_cache_is_a_sound_database_after_many_writers(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    with open_answers(path) as one, open_answers(path) as two:
        for i in range(20):
            (one, two)[i % 2].put(f"k{i // 2}", Answer("x", "", 0, 0))
    link = sqlite3.connect(path)
    assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    link.close()
