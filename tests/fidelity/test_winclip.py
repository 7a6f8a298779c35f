"""`mean` + `window` is WinCLIP: equal to anomalib's, on the same random weights.

anomalib pins an older open_clip: it runs in an environment of its own (`make anomalib`), whose
Python PROMPTLAB_ANOMALIB_PYTHON names. Without it these tests are skipped.
"""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch.nn.functional import normalize

from aligners.base import LocalFeatures, WindowEmbeddings
from aligners.memory import remember
from aligners.window import WindowAligner
from aligners.windows import square_windows
from promptlab.backbones.openclip import load_openclip
from promptlab.config import FusionConfig, PromptsConfig
from promptlab.detector import TextBank, build_summary, draw_maps, gather_evidence, predict
from promptlab.prompts.ensemble import static_prompts
from promptlab.runtime import repair_torchvision
from promptlab.scorers.mean import MeanScorer
from promptlab.types import State

PYTHON = os.environ.get("PROMPTLAB_ANOMALIB_PYTHON", "")
REFERENCE = Path(__file__).with_name("reference_winclip.py")
MODEL = "ViT-B-16-plus-240"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path(PYTHON).is_file(),
        reason="anomalib is absent: run `make anomalib` and set PROMPTLAB_ANOMALIB_PYTHON",
    ),
]


def write_weights(path):
    """Write random weights under which places, images and prompts differ clearly."""
    repair_torchvision()
    open_clip = pytest.importorskip("open_clip")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = open_clip.create_model(MODEL)
        for parameter in model.parameters():
            parameter.data *= 2
    save_file(model.state_dict(), path)


def draw_images():
    """Draw two noisy pictures, one with a dark patch; the second is the reference too."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(60, 200, (2, 60, 80, 3), dtype=np.uint8)
    pictures[0, 20:40, 10:40] = 15
    return [Image.fromarray(picture) for picture in pictures]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("winclip")
    write_weights(folder / "weights.safetensors")
    backbone = load_openclip(f"{MODEL}/{folder / 'weights.safetensors'}")
    pixels = torch.stack([backbone.preprocess(image) for image in draw_images()])
    save_file({"images": pixels}, folder / "images.safetensors")
    pool = static_prompts("winclip", "bolt")
    normal, abnormal = (pool.texts(state)[::30] for state in State)
    prompts = {"normal": normal, "abnormal": abnormal}
    (folder / "prompts.json").write_text(json.dumps(prompts))
    ran = subprocess.run(
        [PYTHON, REFERENCE, folder], capture_output=True, text=True, timeout=900, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    expected = load_file(folder / "expected.safetensors")
    (folder / "weights.safetensors").unlink()  # 0.8 GB
    return SimpleNamespace(
        expected=expected,
        features=encode(backbone, pixels),
        bank=TextBank.of(normal, abnormal, backbone.encode_text([*normal, *abnormal])),
    )


def encode(backbone, pixels):
    encoded = backbone.encode_images(pixels)
    windows = []
    for side in (2, 3):
        members, indices = square_windows(encoded.grid, side)
        windows.append(WindowEmbeddings(side, members, backbone.encode_windows(pixels, indices)))
    return LocalFeatures(
        grid=encoded.grid,
        global_embedding=encoded.global_embedding,
        patch_tokens=encoded.patch_tokens,
        projection=backbone.projection,
        windows=tuple(windows),
    )


def score(case, *, summary, temperature=0.07, shots=0):
    """Score as the command line does, with anomalib's temperature unless told otherwise."""
    views = WindowAligner().align(case.features)
    evidence = gather_evidence(
        case.features.global_embedding, views, case.bank, grid=case.features.grid, logit_scale=1.0
    ).at_temperature(temperature)
    if shots:
        memory = remember([last_image(case.features)])
        evidence = replace(evidence, distances={"references": memory.distances(case.features)})
    return predict(
        evidence,
        MeanScorer(),
        FusionConfig.model_validate({"global": 1, "local": 0}),
        summary=build_summary(PromptsConfig(summary=summary), evidence),
    )


def last_image(features):
    return LocalFeatures(
        grid=features.grid,
        global_embedding=features.global_embedding[-1:],
        patch_tokens=features.patch_tokens[-1:],
        projection=features.projection,
        windows=tuple(
            WindowEmbeddings(each.side, each.members, each.embeddings[-1:])
            for each in features.windows
        ),
    )


def close(found, expected):
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


def test_text_embeddings_equal_anomalibs(case):
    raw = [
        (unit * length[:, None]).mean(0)
        for unit, length in zip(
            (case.bank.normal, case.bank.abnormal), case.bank.lengths, strict=True
        )
    ]
    close(normalize(torch.stack(raw), dim=-1), normalize(case.expected["text"], dim=-1))


def test_image_patch_and_window_embeddings_equal_anomalibs(case):
    found, expected = case.features, case.expected
    pairs = [
        (found.global_embedding, expected["global"]),
        (found.patch_tokens, expected["patches"]),
        (found.windows_of(2).embeddings, expected["windows2"]),
        (found.windows_of(3).embeddings, expected["windows3"]),
    ]
    for ours, theirs in pairs:
        close(normalize(ours, dim=-1), normalize(theirs, dim=-1))
    # The comparison means something only where windows differ from one another.
    assert normalize(expected["windows2"], dim=-1).std(1).mean() > 1e-3


@pytest.mark.parametrize(("shots", "name"), [(0, "zero_shot"), (1, "one_shot")])
def test_maps_and_image_scores_equal_anomalibs(case, shots, name):
    prediction = score(case, summary="mean_raw", shots=shots)
    close(draw_maps(prediction.patch_map, size=(240, 240), sigma=0.0), case.expected[f"{name}_map"])
    close(prediction.image_score, case.expected[f"{name}_score"])
    assert case.expected[f"{name}_map"].std() > 1e-3


def test_papers_way_differs_from_anomalibs_only_by_the_switches(case):
    theirs = case.expected["zero_shot_map"]
    for changed in ({"summary": "none"}, {"summary": "mean_raw", "temperature": 0.01}):
        ours = draw_maps(score(case, **changed).patch_map, size=(240, 240), sigma=0.0)
        assert (ours - theirs).abs().max() > 1e-4
