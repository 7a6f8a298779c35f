"""Stand-ins that are real implementations, small enough to reason about by hand."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from promptlab.backbones.base import Backbone, EncodedImages

PATCH = 8


class TinyBackbone(Backbone):
    """Tokens are a patch's mean and spread of grey; text is 'bright' or, if damaged, 'uneven'.

    Joint space: (mean, spread, 1). Everything is exact arithmetic, nothing is trained.
    """

    name = "tiny"
    weights_digest = "0" * 64
    image_size = (32, 48)
    logit_scale = 10.0
    max_text_tokens = 16

    def __init__(self) -> None:
        self.images_encoded = 0
        self.texts_encoded = 0

    @property
    def projection(self) -> Tensor:
        return torch.eye(3)

    def preprocess(self, image: Image.Image) -> Tensor:
        height, width = self.image_size
        pixels = np.asarray(image.resize((width, height)), dtype=np.float32) / 255
        return torch.from_numpy(pixels).permute(2, 0, 1)

    def encode_images(self, images: Tensor, *, value_tokens: bool = False) -> EncodedImages:
        self.images_encoded += len(images)
        tokens, grid = self._tokens(images)
        return EncodedImages(
            global_embedding=tokens.amax(1),
            patch_tokens=tokens,
            grid=grid,
            value_tokens=tokens if value_tokens else None,
        )

    def encode_windows(self, images: Tensor, windows: Tensor) -> Tensor:
        return self._tokens(images)[0][:, windows].mean(2)

    def encode_text(self, texts: Sequence[str]) -> Tensor:
        self.texts_encoded += len(texts)
        damaged = [any(word in text for word in ("damage", "defect", "flaw")) for text in texts]
        clean = ["without" in text or "flawless" in text for text in texts]
        uneven = [d and not c for d, c in zip(damaged, clean, strict=True)]
        shift = [len(text) / 1000 for text in texts]
        rows = [[s, 1.0, s] if u else [1.0, s, s] for u, s in zip(uneven, shift, strict=True)]
        return torch.tensor(rows)

    def count_tokens(self, text: str) -> int:
        return len(text.split()) + 2

    @staticmethod
    def _tokens(images: Tensor) -> tuple[Tensor, tuple[int, int]]:
        grey = images.mean(1)
        patches = grey.unfold(1, PATCH, PATCH).unfold(2, PATCH, PATCH)
        rows, columns = patches.shape[1:3]
        flat = patches.reshape(len(images), rows * columns, -1)
        spread = flat.std(-1) * 4
        return torch.stack([flat.mean(-1), spread, torch.ones_like(spread)], -1), (rows, columns)


def write_mvtec(root: Path, *, categories: Sequence[str] = ("plate",), count: int = 6) -> Path:
    """Write a tiny data set in MVTec AD layout: plain grey is good, a chequered square is not."""
    for number, category in enumerate(categories):
        rng = np.random.default_rng(number)
        for i in range(count):
            picture = np.full((40, 64, 3), 170 + i, np.uint8)
            picture += rng.integers(0, 6, picture.shape, dtype=np.uint8)
            _save(root / category / "test" / "good" / f"{i:03d}.png", picture)
            top, left = int(rng.integers(0, 24)), int(rng.integers(0, 48))
            mask = np.zeros((40, 64), np.uint8)
            mask[top : top + 14, left : left + 14] = 255
            spoiled = picture.copy()
            spoiled[(mask > 0) & (np.indices((40, 64)).sum(0) % 2 == 0)] = 20
            _save(root / category / "test" / "hole" / f"{i:03d}.png", spoiled)
            _save(root / category / "ground_truth" / "hole" / f"{i:03d}_mask.png", mask)
    return root


def _save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
