"""Encoding with ViT-B-16-plus-240 and random weights, beside anomalib and the processor's limit.

The windows of sides 2 and 3 are 2,670 tokens of an image, against 226 of the image itself. Nothing
is downloaded. A GPU is not measured.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import normalize

from aligners.windows import square_windows
from promptlab.backbones.openclip import OpenClipBackbone, OpenClipCheckpoint
from promptlab.backbones.vit import Normalisation, Precision
from promptlab.bench.rows import Row, below, faster, skipped, time_in_turns, within
from promptlab.runtime import repair_torchvision, usable_cores

__all__ = ["VIT", "anomalib_python", "measure", "random_vit"]

VIT = "ViT-B-16-plus-240"
_SIDES = (2, 3)
_WIDTH, _HIDDEN, _LAYERS = 896, 3584, 12
_CALL = "PROMPTLAB_ANOMALIB_PYTHON names no environment with it"


def measure(*, short: bool) -> tuple[list[Row], float | None]:
    """Return the rows of the encoding goals, and anomalib's seconds per image, if it is there."""
    if find_spec("open_clip") is None:
        return [skipped(f"encode with {VIT}", "all", "open_clip is not installed")], None
    batch, repeats = (1, 1) if short else (2, 2)
    checkpoint = _random_checkpoint()
    backbone, weights = _backbone(checkpoint, "fp32"), checkpoint.model.visual.state_dict()
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(batch, 3, *backbone.image_size, generator=generator)
    plain = partial(backbone.encode_images, images)
    plain()  # what is done once
    valued = partial(backbone.encode_images, images, value_tokens=True)
    windows = partial(_encode, backbone, images)
    sparse = partial(_encode, backbone, images, sides=(2,), stride=2)
    plain_s, value_s, windows_s, sparse_s, rate = time_in_turns(
        plain, valued, windows, sparse, _multiply, repeats=repeats
    )
    rows = [
        within(
            f"{VIT}, value path, batch of {batch}",
            "plain forward",
            ours=value_s,
            limit=plain_s,
            goal=1.2,
        ),
        within(
            f"{VIT}, image and windows of side 2, every second, batch of {batch}",
            "plain forward",
            ours=sparse_s,
            limit=plain_s,
            goal=3,
        ),
        _against_limit(windows_s, rate, batch),
        *_bf16(checkpoint, images),
    ]
    theirs, found = _ask_anomalib(weights, images[:1], short=short)
    work = f"{VIT}, image and all windows of sides 2 and 3, per image"
    if theirs is None:
        rows.append(skipped(work, "anomalib's WinClip, one by one", _CALL))
        return rows, None
    ours = windows_s / batch
    rows.append(
        faster(work, "anomalib's WinClip, one by one", ours=ours, theirs=theirs["encode"], goal=1)
    )
    rows.append(_difference(backbone, images, found))
    return rows, theirs["score"]


def anomalib_python() -> str | None:
    """Return the Python of anomalib's environment; None where there is none."""
    named = os.environ.get("PROMPTLAB_ANOMALIB_PYTHON", "")
    return named if Path(named).is_file() else None


def random_vit() -> OpenClipBackbone:
    """Return the backbone of these measurements, in fp32; open_clip must be installed."""
    return _backbone(_random_checkpoint(), "fp32")


def _random_checkpoint() -> OpenClipCheckpoint:
    """Return a model with random weights."""
    repair_torchvision()
    import open_clip  # noqa: PLC0415 - optional, and only after the repair

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = open_clip.create_model(VIT)
    colours = Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    return OpenClipCheckpoint(model, open_clip.get_tokenizer(VIT), colours)


def _backbone(checkpoint: OpenClipCheckpoint, precision: Precision) -> OpenClipBackbone:
    return OpenClipBackbone(
        f"open_clip:{VIT}", checkpoint, image_size=None, device="cpu", precision=precision
    )


def _encode(
    backbone: OpenClipBackbone,
    images: Float[Tensor, "batch 3 height width"],
    *,
    sides: tuple[int, ...] = _SIDES,
    stride: int = 1,
) -> dict[str, Tensor]:
    encoded = backbone.encode_images(images)
    made = {"global": encoded.global_embedding}
    for side in sides:
        indices = square_windows(encoded.grid, side, stride=stride).indices
        made[f"windows{side}"] = backbone.encode_windows(images, indices)
    return made


def _multiply(dtype: torch.dtype = torch.float32) -> None:
    """Do one layer's largest matrix product for 2,670 tokens."""
    tokens = torch.ones(2670, _WIDTH, dtype=dtype)
    weights = torch.ones(_WIDTH, _HIDDEN, dtype=dtype)
    for _ in range(4):
        tokens @ weights


def _against_limit(seconds: float, product_seconds: float, batch: int) -> Row:
    """Compare the rate of all matrix products with that of one large one.

    Counted are the products with weights only, and of the windows' last layer what their class
    tokens need: attention itself, norms and activations take time but do not count.
    """
    rate = 4 * 2 * 2670 * _WIDTH * _HIDDEN / product_seconds
    square, mixing = 2 * _WIDTH * _WIDTH, 4 * _WIDTH * _HIDDEN
    layer = 4 * square + mixing  # operations of a token
    needed = (226 * _LAYERS + 2670 * (_LAYERS - 1)) * layer
    needed += 2670 * 3 * square + 365 * (square + mixing)  # 196 + 169 windows
    share = batch * needed / seconds / rate
    return Row(
        f"{VIT}, image and all windows, fp32: {rate / 1e9:.0f} GFLOP/s reachable",
        "torch's matrix-product rate here",
        share,
        "of the rate",
        ">= 0.7",
        share >= 0.7,
        seconds,
    )


def _bf16(checkpoint: OpenClipCheckpoint, images: Tensor) -> list[Row]:
    """Measure bf16 where the processor has it: the capability test is torch's own."""
    work, reference = f"{VIT} in bf16, image and some windows", "the same in fp32"
    if not torch.cpu._is_avx512_bf16_supported():
        return [skipped(work, reference, "this processor has no bf16 instructions")]
    fast, slow = (_backbone(checkpoint, precision) for precision in ("bf16", "fp32"))
    made: list[dict[str, Tensor]] = []

    def encode(backbone: OpenClipBackbone) -> None:
        made.append(_encode(backbone, images, sides=(2,), stride=2))

    brief = partial(_multiply, dtype=torch.bfloat16)
    ours, theirs, product, precise = time_in_turns(
        partial(encode, fast), partial(encode, slow), brief, _multiply, repeats=1
    )
    difference = _largest(*made)
    return [
        faster(work, reference, ours=ours, theirs=theirs, goal=1.8),
        faster("torch's own product in bf16", reference, ours=product, theirs=precise, goal=1.8),
        below(f"{VIT} in bf16", reference, difference, unit="difference", goal=0.01),
    ]


def _largest(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> float:
    """Return the largest difference of two ways of encoding, embeddings at unit length."""
    return max(
        float((normalize(found[name], dim=-1) - normalize(other, dim=-1)).abs().max())
        for name, other in wanted.items()
    )


def _ask_anomalib(
    weights: Mapping[str, Tensor], images: Tensor, *, short: bool
) -> tuple[Mapping[str, float] | None, Mapping[str, Tensor]]:
    python = anomalib_python()
    if python is None:
        return None, {}
    script = Path(__file__).with_name("anomalib_peer.py")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_file(dict(weights), folder / "visual.safetensors")
        save_file({"images": images}, folder / "images.safetensors")
        command = [python, str(script), name, "1" if short else "2", str(usable_cores())]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            return None, {}
        return json.loads(done.stdout.splitlines()[-1]), load_file(folder / "encoded.safetensors")


def _difference(backbone: OpenClipBackbone, images: Tensor, found: Mapping[str, Tensor]) -> Row:
    largest = _largest(_encode(backbone, images[: len(found["global"])]), found)
    return below(
        "embeddings of image and windows", "anomalib's", largest, unit="difference", goal=1e-4
    )
