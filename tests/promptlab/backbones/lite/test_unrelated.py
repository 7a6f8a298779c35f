import numpy as np
import torch

from promptlab.backbones.lite import unrelated as module
from promptlab.backbones.lite.unrelated import (
    EVALUATED,
    make_sentences,
    pick_words,
    state_words,
    unrelated_sentences,
)


def test_words_near_a_state_and_evaluated_ones_are_left_out():
    embedded = torch.zeros(4, 384)
    embedded[:, 0] = torch.tensor([0.39, 0.41, 0.0, 1.0])
    states = torch.zeros(2, 384)
    states[0, 0] = states[1, 1] = 1
    assert pick_words(["violin", "bruise", "dog", "crack"], embedded, states) == ("violin",)


def test_state_words_cover_both_states_and_kinds_of_defect():
    words = state_words()
    assert {"flawless", "defective", "a scratch", "rusty", "dents"} <= set(words)
    assert len(set(words)) == len(words)


def test_sentences_name_every_word_and_no_evaluated_one():
    words = ("violin", "owl", "teacher")
    sentences = list(make_sentences(words, np.random.default_rng(0)))
    assert [word in text for word, text in zip(words, sentences, strict=True)] == [True] * 3
    assert not any(EVALUATED & set(text.split()) for text in sentences)
    many = make_sentences(("owl",) * 40, np.random.default_rng(1))
    assert not any("a owl" in text for text in many)


def test_written_and_made_sentences_are_joined_once(tmp_path, monkeypatch):
    def embed(texts, store):
        assert store == tmp_path
        return torch.eye(384)[torch.arange(len(texts)) % 384]

    monkeypatch.setattr(module, "embed_sentences", embed)
    monkeypatch.setattr(module, "state_words", lambda: ("scratch",))
    found = unrelated_sentences(("violin", "owl", "dog"), np.random.default_rng(0), tmp_path)
    assert len(set(found)) == len(found)
    assert "a photo of a horse" in found
    assert any("violin" in text for text in found)
    assert not any("dog" in text.split() for text in found)
