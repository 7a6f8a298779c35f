"""The encoding rows with a tiny model, and no anomalib."""

import json

import pytest

from promptlab.bench import encoding
from promptlab.runtime import repair_torchvision

repair_torchvision()

open_clip = pytest.importorskip("open_clip")

TINY = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "patch_size": 8, "layers": 3, "width": 32, "head_width": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 2},
}


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    path = tmp_path / "tiny-bench.json"
    path.write_text(json.dumps(TINY))
    open_clip.add_model_config(path)
    monkeypatch.setattr(encoding, "VIT", "tiny-bench")
    monkeypatch.setattr(encoding, "_WIDTH", 32)
    monkeypatch.delenv("PROMPTLAB_ANOMALIB_PYTHON", raising=False)


@pytest.mark.parametrize("capable", [True, False])
def test_measure_gives_a_row_per_goal_and_names_what_is_missing(tiny, monkeypatch, capable):
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: capable)
    rows, anomalib = encoding.measure(short=True)
    assert anomalib is None
    assert len(rows) == (7 if capable else 5)
    skipped = [row.note for row in rows if row.value is None]
    assert skipped[-1].endswith("PROMPTLAB_ANOMALIB_PYTHON names no environment with it")
    assert len(skipped) == (1 if capable else 2)
    changed = [row.value for row in rows if row.unit == "difference"]
    assert changed == [] or 0 < changed[0] < 0.05


def test_anomalib_python_is_a_file_that_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PROMPTLAB_ANOMALIB_PYTHON", str(tmp_path / "python"))
    assert encoding.anomalib_python() is None
    (tmp_path / "python").touch()
    assert encoding.anomalib_python() == str(tmp_path / "python")
