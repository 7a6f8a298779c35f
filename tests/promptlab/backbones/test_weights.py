import pytest
import torch
from huggingface_hub import HfApi

from promptlab.backbones.weights import digest_tensors, require_hub
from promptlab.errors import BackboneError


def test_digest_depends_on_every_value_and_not_on_order():
    tensors = {"a": torch.arange(3.0), "b": torch.ones((), dtype=torch.bfloat16)}
    same = {"b": tensors["b"].clone(), "a": tensors["a"].clone()}
    other = {**tensors, "a": torch.tensor([0.0, 1.0, 2.001])}
    assert digest_tensors(tensors) == digest_tensors(same)
    assert digest_tensors(tensors) != digest_tensors(other)


def test_hub_that_answers_is_enough(monkeypatch):
    asked = []
    monkeypatch.setattr(HfApi, "model_info", lambda *args, **options: asked.append((args, options)))
    require_hub("someone/clip", remedy="do this")
    ((_, name), options) = asked[0]
    assert name == "someone/clip"
    assert options["timeout"] <= 10


def test_error_without_text_gives_its_kind(monkeypatch):
    def refuse(*_, **__):
        raise TimeoutError

    monkeypatch.setattr(HfApi, "model_info", refuse)
    with pytest.raises(BackboneError, match=r"is neither \(TimeoutError\); do this, or use the ba"):
        require_hub("someone/clip", remedy="do this")
