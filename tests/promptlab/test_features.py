import logging
import os
import subprocess
import sys
import weakref
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fakes import TinyBackbone, write_mvtec
from PIL import Image
from torch import Tensor

from aligners.base import Requirements
from aligners.windows import square_windows
from promptlab import features
from promptlab.backbones.base import EncodedImages
from promptlab.datasets.images import load_image
from promptlab.features import EncodedBatch, FeatureStore, encode_images, encode_texts

EVERYTHING = Requirements(value_tokens=True, window_sides=(2, 3))


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return sorted((write_mvtec(tmp_path / "data", count=3) / "plate" / "test").rglob("*.png"))


def encode(backbone: TinyBackbone, paths: list[Path], store: FeatureStore) -> list[EncodedBatch]:
    return list(encode_images(backbone, paths, requires=EVERYTHING, store=store, batch_size=4))


def test_encode_images_gives_what_the_aligner_requires(paths: list[Path]) -> None:
    first, second = encode(TinyBackbone(), paths, FeatureStore())
    assert first.positions == (0, 1, 2, 3)
    assert second.positions == (4, 5)
    features = first.features
    assert features is not None
    assert features.grid == (4, 6)
    assert features.patch_tokens.shape == (4, 24, 3)
    assert features.value_tokens is not None
    assert [windows.side for windows in features.windows] == [2, 3]
    assert features.windows[0].embeddings.shape == (4, 3 * 5, 3)


def test_encode_images_encodes_nothing_twice(paths: list[Path]) -> None:
    backbone, store = TinyBackbone(), FeatureStore()
    fresh = encode(backbone, paths, store)
    again = encode(backbone, paths, store)
    assert [batch.encoded for batch in fresh] == [4, 2]
    assert [batch.encoded for batch in again] == [0, 0]
    assert backbone.images_encoded == 6
    for one, two in zip(fresh, again, strict=True):
        assert one.features is not None
        assert two.features is not None
        assert torch.equal(one.features.patch_tokens, two.features.patch_tokens)


class Neighbourly(TinyBackbone):
    """As real encoders do in their last bits: the others in a batch change an image's features."""

    def encode_images(self, images: Tensor, *, value_tokens: bool = False) -> EncodedImages:
        encoded = super().encode_images(images, value_tokens=value_tokens)
        return replace(encoded, global_embedding=encoded.global_embedding + len(images))


@pytest.mark.parametrize("whole", [True, False])
def test_a_batch_that_was_cut_in_two_can_be_encoded_as_a_whole(
    paths: list[Path], tmp_path: Path, whole: bool
) -> None:
    options = {"requires": Requirements(), "batch_size": 4}
    never_cut = [
        batch.features.global_embedding
        for batch in encode_images(Neighbourly(), paths, store=FeatureStore(tmp_path), **options)
        if batch.features is not None
    ]
    store = FeatureStore()
    list(encode_images(Neighbourly(), paths[:4], store=store, **options))
    for path in sorted(store.folder.rglob("*.safetensors"))[:2]:
        path.unlink()  # the worker died before it wrote them
    again = [
        batch.features.global_embedding
        for batch in encode_images(Neighbourly(), paths, store=store, whole=whole, **options)
        if batch.features is not None
    ]
    same = [torch.equal(one, other) for one, other in zip(never_cut, again, strict=True)]
    assert same == [whole, True]


def test_encode_images_adds_only_the_missing_piece(paths: list[Path]) -> None:
    backbone, store = TinyBackbone(), FeatureStore()
    list(encode_images(backbone, paths, requires=Requirements(), store=store))
    (batch,) = encode_images(backbone, paths, requires=EVERYTHING, store=store)
    assert batch.encoded == 6
    assert batch.features is not None
    assert batch.features.value_tokens is not None


def test_encode_images_makes_a_damaged_entry_again(
    paths: list[Path], own_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    backbone, store = TinyBackbone(), FeatureStore()
    encode(backbone, paths, store)
    entry = next(own_cache.rglob("*.base.safetensors"))
    content = bytearray(entry.read_bytes())
    content[-1] ^= 255
    entry.write_bytes(bytes(content))
    with caplog.at_level(logging.WARNING):
        batches = encode(backbone, paths, store)
    assert sum(batch.encoded for batch in batches) == 1
    assert "damaged" in caplog.text


def test_encode_images_reports_what_cannot_be_read(paths: list[Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    empty.write_bytes(b"")
    (batch,) = encode_images(
        TinyBackbone(),
        [paths[0], empty, tmp_path / "gone.png"],
        requires=Requirements(),
        store=FeatureStore(),
    )
    assert batch.positions == (0,)
    assert sorted(batch.unreadable) == [1, 2]
    assert "gone.png" in batch.unreadable[2]


def test_encode_images_works_without_a_cache_when_it_cannot_be_written(
    paths: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    batches = encode(TinyBackbone(), paths, FeatureStore(blocked))
    assert sum(len(batch.positions) for batch in batches) == 6
    assert "features are not cached" in caplog.text


def test_encode_texts_encodes_each_sentence_once_and_at_unit_length() -> None:
    backbone, store = TinyBackbone(), FeatureStore()
    first = encode_texts(backbone, ["a plate", "a damaged plate"], store=store)
    both = encode_texts(backbone, ["a damaged plate", "a flaw", "a plate"], store=store)
    assert backbone.texts_encoded == 3
    assert torch.allclose(both.norm(dim=-1), torch.ones(3))
    assert torch.equal(both[[2, 0]], first)


class WithGem(TinyBackbone):
    def encode_tokens(self, images: Tensor, kinds: Sequence[str]) -> Mapping[str, Tensor]:
        return {kind: self._tokens(images)[0] * int(kind[-1]) for kind in kinds}


def test_encode_images_stores_each_kind_of_tokens_as_its_own_piece(
    paths: list[Path], own_cache: Path
) -> None:
    backbone, store = WithGem(), FeatureStore()
    for kinds, encoded in ((("gem:2",), 2), (("gem:2",), 0), (("gem:2", "value:3"), 2)):
        requires = Requirements(tokens=kinds)
        (batch,) = encode_images(backbone, paths[:2], requires=requires, store=store)
        assert batch.encoded == encoded
        assert batch.features is not None
        assert set(batch.features.other_tokens) == set(kinds)
    features = batch.features
    assert torch.allclose(features.tokens("gem:2"), 2 * features.patch_tokens, rtol=1e-2)
    assert torch.allclose(features.tokens("value:3"), 3 * features.patch_tokens, rtol=1e-2)
    names = {path.name.partition(".")[2] for path in own_cache.rglob("*.safetensors")}
    assert names == {"base.safetensors", "gem-2.safetensors", "value-3.safetensors"}


def test_encode_texts_keeps_lengths_when_told() -> None:
    backbone, store = TinyBackbone(), FeatureStore()
    raw = encode_texts(backbone, ["a damaged plate"], store=store, unit=False)
    assert torch.allclose(raw, backbone.encode_text(["a damaged plate"]))


ENCODE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fakes import TinyBackbone
from aligners.base import Requirements
from aligners.windows import square_windows
from promptlab.features import FeatureStore, encode_images
wanted = Requirements(value_tokens=True, window_sides=(2, 3))
paths = sorted(Path(sys.argv[2]).rglob("*.png"))
store = FeatureStore(Path(sys.argv[3]))
for _ in range(3):
    batches = encode_images(TinyBackbone(), paths, requires=wanted, store=store, batch_size=2)
    print(sum(float(batch.features.patch_tokens.double().sum()) for batch in batches))
"""


def test_two_processes_share_a_store_while_both_encode_the_same_images(
    paths: list[Path], tmp_path: Path
) -> None:
    support = Path(__file__).parent.parent / "support"
    store = tmp_path / "shared"
    command = [sys.executable, "-c", ENCODE, support, paths[0].parent.parent, store]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    printed = [process.communicate(timeout=300) for process in running]
    assert [process.returncode for process in running] == [0, 0], printed
    sums = {line for out, _ in printed for line in out.split()}
    assert len(sums) == 1
    assert not list(store.rglob("*.part"))
    backbone = TinyBackbone()
    encode(backbone, paths, FeatureStore(store))
    assert backbone.images_encoded == 0


def test_encode_images_bounds_the_pixels_of_a_batch(paths: list[Path]) -> None:
    backbone = TinyBackbone()
    backbone.image_size = (1280, 640)
    batches = encode_images(backbone, paths[:5], requires=Requirements(), store=FeatureStore())
    assert [batch.positions for batch in batches] == [(0, 1), (2, 3), (4,)]


def test_encode_images_of_windows_some_patches_apart_is_a_piece_of_its_own(
    paths: list[Path], own_cache: Path
) -> None:
    backbone, store = TinyBackbone(), FeatureStore()
    apart = Requirements(window_sides=(2,), window_stride=2)
    (batch,) = encode_images(backbone, paths[:1], requires=apart, store=store)
    assert batch.features is not None
    every, some = square_windows((4, 6), 2), batch.features.windows_of(2)
    assert some.members.shape == (2 * 3, 24)
    tokens = batch.features.patch_tokens[0]
    expected = torch.stack([tokens[member].mean(0) for member in some.members])
    assert torch.allclose(some.embeddings[0], expected, rtol=1e-2)
    (whole,) = encode_images(
        backbone, paths[:1], requires=Requirements(window_sides=(2,)), store=store
    )
    assert whole.features is not None
    assert whole.features.windows_of(2).members.shape == every.members.shape


def test_prune_removes_what_is_named_or_long_unused(paths: list[Path], own_cache: Path) -> None:
    backbone, store = TinyBackbone(), FeatureStore()
    encode(backbone, paths, store)
    (usage,) = store.usage()
    assert usage.files == 6 * 4
    assert usage.bytes == sum(p.stat().st_size for p in own_cache.rglob("*.safetensors"))
    assert store.prune(pattern="other*") == store.prune(pattern="../*") == 0
    old = next(own_cache.rglob("*.base.safetensors"))
    os.utime(old, (0, 0))
    size = old.stat().st_size
    assert store.prune(older_than_days=1.0) == size
    assert store.prune() == usage.bytes - size
    assert store.usage() == ()
    encode(backbone, paths, store)
    assert backbone.images_encoded == 12


def test_reading_features_keeps_them_from_being_pruned_as_old(
    paths: list[Path], own_cache: Path
) -> None:
    store = FeatureStore()
    encode(TinyBackbone(), paths, store)
    for entry in own_cache.rglob("*.safetensors"):
        os.utime(entry, (0, 0))
    encode(TinyBackbone(), paths, store)
    assert store.prune(older_than_days=1.0) == 0


def test_encode_images_holds_two_decoded_images_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for the encoder has its size; photographs may be a thousand times larger."""
    alive, peak = Counter[str](), [0]

    def load(path: Path) -> Image.Image:
        image = load_image(path)
        alive["now"] += 1
        weakref.finalize(image, alive.subtract, ["now"])
        peak[0] = max(peak[0], alive["now"])
        return image

    monkeypatch.setattr(features, "load_image", load)
    many = sorted(write_mvtec(tmp_path / "many", count=16).rglob("test/*/*.png"))
    store = FeatureStore(tmp_path / "none")
    batches = encode_images(
        TinyBackbone(), many, requires=Requirements(), store=store, batch_size=16
    )
    assert sum(len(batch.positions) for batch in batches) == 32
    assert 1 <= peak[0] <= 2
