"""The embedded backbone beside its own frozen stem."""

from functools import partial

import torch

from promptlab.backbones.lite.backbone import load_lite
from promptlab.backbones.lite.stem import load_stem
from promptlab.bench.rows import Row, time_in_turns, within

__all__ = ["measure"]


def measure(*, short: bool) -> list[Row]:
    """Return the row of the `lite` goal."""
    side, batch = (224, 4) if short else (320, 8)
    backbone, stem = load_lite((side, side)), load_stem()
    images = torch.randn(batch, 3, side, side, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        whole, alone = partial(backbone.encode_images, images), partial(stem, images)
        whole(), alone()
        ours, limit = time_in_turns(whole, alone, repeats=3 if short else 9)
    work = f"lite, encode {batch} images of {side} px"
    return [within(work, "its stem alone", ours=ours, limit=limit, goal=1.4)]
