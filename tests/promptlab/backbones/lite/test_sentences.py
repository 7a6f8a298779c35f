import torch

from promptlab.backbones.lite import sentences as module
from promptlab.backbones.lite.sentences import embed_sentences


def test_embedded_sentences_come_from_the_store_the_second_time(tmp_path, monkeypatch):
    calls = []

    class Encoder:
        def encode(self, texts):
            calls.append(list(texts))
            return torch.tensor([[float(len(text))] * 384 for text in texts])

    monkeypatch.setattr(module, "load_sentence_encoder", Encoder)
    first = embed_sentences(["a", "bbb", "a"], tmp_path)
    second = embed_sentences(["bbb", "cc"], tmp_path)
    assert first[:, 0].tolist() == [1.0, 3.0, 1.0]
    assert second[:, 0].tolist() == [3.0, 2.0]
    assert calls == [["a", "bbb"], ["cc"]]
