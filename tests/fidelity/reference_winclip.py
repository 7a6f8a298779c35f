"""Write what anomalib's WinCLIP computes; run by the Python of anomalib's own environment.

    PYTHON reference_winclip.py FOLDER

FOLDER holds weights.safetensors, images.safetensors ("images", the last one is the reference) and
prompts.json ({"normal": [...], "abnormal": [...]}); expected.safetensors is added. anomalib needs
an older open_clip than promptlab, so the two never share a process.
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file


def declare_torchvision_operators():
    """Do what promptlab.runtime.repair_torchvision does: a CUDA torchvision beside a CPU torch."""
    folder = Path(importlib.util.find_spec("torchvision").origin).parent
    try:
        for library in sorted(folder.glob("_C*.so")):
            torch.ops.load_library(str(library))
    except OSError:
        declared = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return declared
    return None


@torch.no_grad()
def main(folder):
    from anomalib.models.image.winclip import torch_model  # noqa: PLC0415 - after the declaration

    prompts = json.loads((folder / "prompts.json").read_text())
    images = load_file(folder / "images.safetensors")["images"]
    torch_model.PRETRAINED = None  # nothing is downloaded
    torch_model.create_prompt_ensemble = lambda _: (prompts["normal"], prompts["abnormal"])
    model = torch_model.WinClipModel().eval()
    model.clip.load_state_dict(load_file(folder / "weights.safetensors"))
    whole, windows, patches = model.encode_image(images)

    def encoded(batch):
        """Give the embeddings made above: of all images, or of the reference alone."""
        chosen = slice(len(images) - len(batch), None)
        return whole[chosen], [each[chosen] for each in windows], patches[chosen]

    model.encode_image = encoded
    model.setup("thing")
    zero_shot = model(images)
    model.setup(reference_images=images[-1:])
    one_shot = model(images)
    expected = {
        "global": whole,
        "windows2": windows[0],
        "windows3": windows[1],
        "patches": patches,
        "text": model.text_embeddings,
        "zero_shot_map": zero_shot.anomaly_map,
        "zero_shot_score": zero_shot.pred_score,
        "one_shot_map": one_shot.anomaly_map,
        "one_shot_score": one_shot.pred_score,
    }
    contents = {name: tensor.float().contiguous().clone() for name, tensor in expected.items()}
    save_file(contents, folder / "expected.safetensors")


if __name__ == "__main__":
    KEPT_ALIVE = declare_torchvision_operators()
    main(Path(sys.argv[1]))
