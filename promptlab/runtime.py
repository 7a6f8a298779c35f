"""What this machine offers and how much of it we use: threads, device, broken wheels.

The only place that sets thread counts. torch is imported inside functions, so that
``promptlab --help`` stays instant.
"""

import importlib.util
import os
from functools import cache
from pathlib import Path
from typing import Literal

from promptlab.errors import ConfigError

__all__ = [
    "Device",
    "Engine",
    "choose_device",
    "limit_threads",
    "repair_torchvision",
    "usable_cores",
]

Device = Literal["auto", "cpu", "cuda", "mps"]
Engine = Literal["plain", "ray"]
"""Where images are encoded and scored: in this process, or over a Ray cluster."""


def limit_threads(threads: int | None = None) -> int:
    """Give torch ``threads`` threads (default: one per usable core, at most 8); return them.

    Measured: on two cores a second busy pool (the language model's) makes both several times
    slower, so the local language model always has one thread and finishes before encoding.
    """
    import torch  # noqa: PLC0415

    usable = threads or usable_cores()
    torch.set_num_threads(usable)
    return usable


def usable_cores() -> int:
    """Return how many cores this process may use, at most 8."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(8, cores)


def choose_device(device: Device = "auto") -> str:
    """Return the torch device to use: the one asked for, else the fastest that is there.

    Raises:
        ConfigError: when the device asked for is not available on this machine.
    """
    import torch  # noqa: PLC0415

    available = ["cpu"]
    if torch.backends.mps.is_available():
        available.insert(0, "mps")
    if torch.cuda.is_available():
        available.insert(0, "cuda")
    if device == "auto":
        return available[0]
    if device not in available:
        raise ConfigError(
            f"backbone.device must be available here, but got {device!r}; "
            f"use one of: {', '.join(available)}, or auto."
        )
    return device


@cache
def repair_torchvision() -> None:
    """Make ``import torchvision`` work where its compiled operators cannot be loaded.

    A torchvision wheel built for CUDA beside a CPU torch fails at import, because it describes
    operators that were never defined; transformers and open_clip then fail with it. Both need
    only its Python transforms, so the two missing operators are declared without a body: calling
    one still raises. Nothing is done where torchvision is absent or sound.
    """
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return
    import torch  # noqa: PLC0415

    compiled = sorted(Path(spec.origin).parent.glob("_C*.so"))
    try:
        for library in compiled:
            torch.ops.load_library(str(library))
    except OSError:
        declared = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _KEPT_ALIVE.append(declared)


_KEPT_ALIVE: list[object] = []
"""A torch.library.Library undoes its definitions when it is collected."""
