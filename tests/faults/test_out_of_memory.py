"""The device has too little memory: smaller batches, then one clear line."""

import logging
from pathlib import Path

import pytest
import torch
from fakes import TinyBackbone, write_mvtec
from torch import Tensor

from aligners.base import Requirements
from promptlab.backbones.base import EncodedImages
from promptlab.errors import BackboneError
from promptlab.features import FeatureStore, encode_images, encode_texts

CUDA = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
MPS = RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)")
CPU = RuntimeError("[enforce fail at alloc_cpu.cpp:125] DefaultCPUAllocator: can't allocate memory")


class SmallDevice(TinyBackbone):
    """Holds so many images or texts at a time."""

    def __init__(self, room: int, error: BaseException = CUDA) -> None:
        super().__init__()
        self.room, self.error, self.batches = room, error, []

    def encode_images(self, images: Tensor, *, value_tokens: bool = False) -> EncodedImages:
        self._refuse(len(images))
        return super().encode_images(images, value_tokens=value_tokens)

    def encode_text(self, texts: list[str]) -> Tensor:
        self._refuse(len(texts))
        return super().encode_text(texts)

    def _refuse(self, count: int) -> None:
        self.batches.append(count)
        if count > self.room:
            raise self.error


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return sorted(write_mvtec(tmp_path / "data", count=4).rglob("test/*/*.png"))


def encoded(backbone: TinyBackbone, paths: list[Path], folder: Path) -> Tensor:
    store, requires = FeatureStore(folder), Requirements(value_tokens=True, window_sides=(2,))
    (batch,) = encode_images(backbone, paths, requires=requires, store=store)
    assert batch.positions == tuple(range(8))
    return batch.features.patch_tokens


@pytest.mark.parametrize("error", [CUDA, MPS, CPU, MemoryError()], ids=str)
def test_images_are_encoded_in_smaller_batches(
    paths: list[Path], tmp_path: Path, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    small = SmallDevice(3, error)
    with caplog.at_level(logging.WARNING):
        got = encoded(small, paths, tmp_path / "small")
    assert torch.equal(got, encoded(TinyBackbone(), paths, tmp_path / "large"))
    assert small.batches == [8, 4, 2, 2, 4, 2, 2]
    assert "out of memory with a batch of 8; going on with half as many" in caplog.text


def test_texts_are_encoded_in_smaller_batches(tmp_path: Path) -> None:
    texts = [f"a damaged plate {i}" for i in range(5)]
    small = encode_texts(SmallDevice(2), texts, store=FeatureStore(tmp_path / "small"))
    assert torch.equal(small, encode_texts(TinyBackbone(), texts, store=FeatureStore(tmp_path)))


def test_one_image_too_many_is_one_clear_line(paths: list[Path], tmp_path: Path) -> None:
    with pytest.raises(
        BackboneError, match=r"one item at a time, but is out of memory \(CUDA out "
    ):
        encoded(SmallDevice(0), paths, tmp_path / "small")


def test_another_error_of_the_device_is_passed_on(paths: list[Path], tmp_path: Path) -> None:
    broken = SmallDevice(3, RuntimeError("an illegal memory access was encountered"))
    with pytest.raises(RuntimeError, match="illegal memory access"):
        encoded(broken, paths, tmp_path / "small")
    assert broken.batches == [8]
