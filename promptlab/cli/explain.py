"""`promptlab explain`: why one image got its score."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptlab.cli.console import ExampleCommand, print_json, print_table, say
from promptlab.cli.options import judging_of, judging_options
from promptlab.errors import ConfigError
from promptlab.files import atomic_path
from promptlab.runtime import Device

if TYPE_CHECKING:
    from promptlab.explain import Explanation

__all__ = ["explain"]

PICTURES = (".png", ".pdf", ".svg")
SHOWN = 8
"""Prompts per state that the table lists; --json lists all."""


@click.command(
    cls=ExampleCommand,
    examples="""
    promptlab explain photo.png --category bottle --prompts prompts/
    promptlab explain photo.png --category bottle --prompts set.jsonl --scorer contextual
    promptlab explain photo.png --category bottle --prompts prompts/ --config best.yaml
    promptlab explain photo.png --category bottle --prompts prompts/ --out why.pdf --json
    """,
)
@click.argument("image", type=click.Path(path_type=Path))
@judging_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Picture, .png, .pdf or .svg [default: IMAGE's name with -explained.png, here].",
)
@click.option(
    "--top-share",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Cut regions at this share of the map [default: at Otsu's threshold, taken twice].",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def explain(
    *,
    image: Path,
    category: str,
    prompt_path: Path,
    out: Path | None,
    config: Path | None,
    backbone_name: str | None,
    scorer: str | None,
    aligner: str | None,
    top_share: float | None,
    device: Device,
    as_json: bool,
) -> None:
    """Say which prompts were kept and dropped for IMAGE and which carry each region of its map.

    Prints tables and writes one picture.
    """
    picture = out or Path(f"{image.stem}-explained.png")
    if picture.suffix.lower() not in PICTURES:
        raise ConfigError(
            f"--out must end in one of {', '.join(PICTURES)}, but got {picture.name!r}."
        )
    from promptlab.explain import explain_image  # noqa: PLC0415
    from promptlab.features import FeatureStore  # noqa: PLC0415
    from promptlab.prompts.files import read_prompts  # noqa: PLC0415
    from promptlab.runtime import limit_threads  # noqa: PLC0415

    limit_threads()
    judging = judging_of(config, backbone=backbone_name, scorer=scorer, aligner=aligner)
    explanation = explain_image(
        image,
        read_prompts(prompt_path, category),
        judging.load_backbone(device),
        scorer=judging.scorer,
        aligner=judging.aligner,
        fusion=judging.fusion,
        store=FeatureStore(),
        top_share=top_share,
    )
    _write_picture(picture, explanation)
    if as_json:
        print_json(json.dumps(_summary(explanation, picture)))
        return
    _print_tables(explanation)
    say(explanation.decision)
    say(f"picture: {picture}")


def _write_picture(path: Path, explanation: "Explanation") -> None:
    from promptlab.plots import explanation_figure, house_style  # noqa: PLC0415 - slow to import

    figure = explanation_figure(explanation)
    with atomic_path(path) as temporary, house_style():
        figure.savefig(temporary, format=path.suffix[1:].lower(), dpi=150)


def _print_tables(explanation: "Explanation") -> None:
    from promptlab.types import State  # noqa: PLC0415

    say(f"scorer {explanation.scorer}: {explanation.rule}")
    for state in (State.ABNORMAL, State.NORMAL):
        ranked = explanation.ranked(state)
        rows = [
            [
                prompt.text,
                f"{prompt.similarity:.3f}",
                f"{prompt.weight:.3f}",
                "kept" if prompt.kept else "dropped",
            ]
            for prompt in ranked[:SHOWN]
        ]
        title = f"{state.name.lower()}: {explanation.kept(state)} of {len(ranked)} prompts kept"
        print_table(title, ["prompt", "similarity", "weight", ""], rows, numbers=True)
    rows = [
        [
            f"{nth} {region.place}, {100 * region.share:.1f} %" if not first else "",
            f"{region.mean_score:.3f}" if not first else "",
            carrier.state.name.lower(),
            carrier.text,
            f"{carrier.similarity:.3f}",
            f"{carrier.lift:+.3f}",
        ]
        for nth, region in enumerate(explanation.regions, 1)
        for first, carrier in enumerate(region.carriers)
    ]
    if rows:
        columns = ["region", "score", "state", "carried by", "similarity", "lift"]
        print_table(f"regions: {explanation.region_rule}", columns, rows)


def _summary(explanation: "Explanation", picture: Path) -> dict[str, object]:
    return {
        "path": str(explanation.path),
        "picture": str(picture),
        "category": explanation.category,
        "backbone": explanation.backbone,
        "scorer": explanation.scorer,
        "aligner": explanation.aligner,
        "decision": explanation.decision,
        "image_score": explanation.image_score,
        "global_score": explanation.global_score,
        "local_score": explanation.local_score,
        "fusion": explanation.fusion.model_dump(mode="json", by_alias=True),
        "rule": explanation.rule,
        "prompts": [
            {
                "text": prompt.text,
                "state": prompt.state.name.lower(),
                "source": prompt.source,
                "similarity": prompt.similarity,
                "rank": prompt.rank,
                "weight": prompt.weight,
                "kept": prompt.kept,
                "why_dropped": prompt.why_dropped,
            }
            for prompt in explanation.prompts
        ],
        "region_rule": explanation.region_rule,
        "regions": [
            {
                "place": region.place,
                "share": region.share,
                "mean_score": region.mean_score,
                "peak_score": region.peak_score,
                "carriers": [
                    {
                        "text": carrier.text,
                        "state": carrier.state.name.lower(),
                        "weight": carrier.weight,
                        "similarity": carrier.similarity,
                        "lift": carrier.lift,
                    }
                    for carrier in region.carriers
                ],
            }
            for region in explanation.regions
        ],
    }
