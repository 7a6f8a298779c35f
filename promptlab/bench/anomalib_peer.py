"""Time anomalib's WinCLIP; run by the Python of anomalib's own environment, knows no promptlab.

    PYTHON anomalib_peer.py FOLDER REPEATS THREADS

FOLDER holds visual.safetensors (the weights of the image encoder) and images.safetensors
("images"). Printed is one JSON object: seconds per image of `encode_image` and of the whole model,
image by image as anomalib's predictions come. encoded.safetensors is added, to compare.
"""

import importlib.util
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from safetensors.torch import load_file, save_file

__all__ = ["main"]


def main(folder: Path, repeats: int) -> None:
    """Encode and score the images, one by one."""
    from anomalib.models.image.winclip import torch_model  # noqa: PLC0415 - after the declaration

    torch_model.PRETRAINED = None  # nothing is downloaded
    model = torch_model.WinClipModel().eval()
    model.clip.visual.load_state_dict(load_file(folder / "visual.safetensors"))
    images = load_file(folder / "images.safetensors")["images"]
    with torch.no_grad():
        model.setup("thing")
        encoding, scoring = [], []
        for _ in range(repeats):
            for image in images.split(1):
                encoding.append(_seconds(model.encode_image, image))
                scoring.append(_seconds(model, image))
        whole, windows, _ = model.encode_image(images)
    made = {"global": whole, "windows2": windows[0], "windows3": windows[1]}
    contents = {name: tensor.float().contiguous().clone() for name, tensor in made.items()}
    save_file(contents, folder / "encoded.safetensors")
    result = {"encode": median(encoding), "score": median(scoring)}
    sys.stdout.write(json.dumps(result) + "\n")


def _seconds(work: Callable[[torch.Tensor], object], argument: torch.Tensor) -> float:
    begun = time.perf_counter()
    work(argument)
    return time.perf_counter() - begun


def declare_torchvision_operators() -> object:
    """Do what promptlab.runtime.repair_torchvision does: a CUDA torchvision beside a CPU torch."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return None
    try:
        for library in sorted(Path(spec.origin).parent.glob("_C*.so")):
            torch.ops.load_library(str(library))
    except OSError:
        declared = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return declared
    return None


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[3]))
    KEPT_ALIVE = declare_torchvision_operators()
    main(Path(sys.argv[1]), int(sys.argv[2]))
