"""`promptlab score`: one's own images, one line each."""

import csv
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptlab.cli.console import ExampleCommand, progress, say
from promptlab.cli.options import judging_of, judging_options
from promptlab.files import atomic_path, printable
from promptlab.runtime import Device

if TYPE_CHECKING:
    from promptlab.score import ScoredImage

__all__ = ["score"]

COLUMNS = ("path", "image_score", "top_normal_prompt", "top_abnormal_prompt", "problem")


@click.command(
    cls=ExampleCommand,
    examples="""
    promptlab score photos/ --category bottle --prompts prompts/ --out scores.csv
    promptlab score photos/ --category bottle --prompts prompts/ --config best.yaml
    promptlab score photos/ --category bottle --prompts prompts/ --mutual 0.9
    promptlab score part1.png part2.png --category "metal plate" --prompts set.jsonl --maps maps/
    """,
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@judging_options
@click.option(
    "--mutual",
    type=click.FloatRange(0, 1),
    help="Let images of one thing judge one another, with so much weight beside the prompts; at"
    " least some dozens are needed [default: the file's, else 0].",
)
@click.option("--out", type=click.Path(path_type=Path), help="CSV file [default: standard output].")
@click.option("--maps", type=click.Path(path_type=Path), help="Folder for anomaly maps (PNG).")
@click.option("--strict", is_flag=True, help="Exit with status 1 when an image was unreadable.")
def score(
    *,
    paths: tuple[Path, ...],
    category: str,
    prompt_path: Path,
    mutual: float | None,
    out: Path | None,
    maps: Path | None,
    config: Path | None,
    backbone_name: str | None,
    scorer: str | None,
    aligner: str | None,
    device: Device,
    strict: bool,
) -> None:
    """Score images (files or folders) with the prompts of one category.

    Unreadable images get a line with the reason and are counted at the end.
    """
    from promptlab.features import FeatureStore  # noqa: PLC0415
    from promptlab.prompts.files import read_prompts  # noqa: PLC0415
    from promptlab.runtime import limit_threads  # noqa: PLC0415
    from promptlab.score import find_images, score_images  # noqa: PLC0415

    limit_threads()
    images = find_images(paths)
    judging = judging_of(
        config, backbone=backbone_name, scorer=scorer, aligner=aligner, together=True
    )
    prompts, backbone = read_prompts(prompt_path, category), judging.load_backbone(device)
    together = judging.mutual
    if mutual is not None:
        together = together.model_copy(update={"weight": mutual})
    problems = 0
    writing = atomic_path(out) if out else nullcontext(None)
    with progress() as report, writing as temporary:
        results = score_images(
            images,
            prompts,
            backbone,
            scorer=judging.scorer,
            aligner=judging.aligner,
            fusion=judging.fusion,
            mutual=together,
            store=FeatureStore(),
            progress=report,
        )
        target = temporary.open("w", newline="", encoding="utf-8") if temporary else sys.stdout
        writer = csv.writer(target)
        writer.writerow(COLUMNS)
        for done, result in enumerate(results, 1):
            writer.writerow(_line(result))
            problems += bool(result.problem)
            if maps is not None and result.anomaly_map is not None:
                _write_map(maps / _map_name(done, result.path), result, judging.fusion.sigma)
            report("score", done, len(images))
        if temporary:
            target.close()
    say(f"scored {len(images) - problems} of {len(images)} images; {problems} unreadable")
    if strict and problems:
        sys.exit(1)


def _line(result: "ScoredImage") -> list[str]:
    score = "" if result.image_score is None else f"{result.image_score:.6f}"
    prompts = [result.top_normal_prompt, result.top_abnormal_prompt]
    return [printable(result.path), score, *prompts, printable(result.problem)]


def _map_name(number: int, path: Path) -> str:
    """Return a name that any file system takes: most allow 255 bytes."""
    stem = printable(path.stem).encode()[:200].decode(errors="ignore")
    return f"{number:05d}-{stem}.png"


def _write_map(path: Path, result: "ScoredImage", sigma: float) -> None:
    """Write the anomaly map in the image's own size: 0 is normal, 255 anomalous."""
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    from promptlab.datasets.images import load_image  # noqa: PLC0415
    from promptlab.detector import draw_maps  # noqa: PLC0415

    width, height = load_image(result.path).size
    patches = torch.from_numpy(result.anomaly_map)[None]
    drawn = draw_maps(patches, size=(height, width), sigma=sigma)[0].numpy()
    with atomic_path(path) as temporary:
        Image.fromarray(np.round(drawn * 255).astype(np.uint8)).save(temporary, format="PNG")
