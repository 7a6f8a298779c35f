"""Figures, thumbnails and maps as data addresses that a page can hold.

Knows images and base64; does not know what they mean.
"""

import base64
import io
from dataclasses import dataclass
from pathlib import PurePath

import cv2
import matplotlib as mpl
import numpy as np
from jaxtyping import Bool, Float32, UInt8
from matplotlib.figure import Figure
from PIL import Image

from promptlab.gallery import Example
from promptlab.plots import house_style

__all__ = ["Legend", "Photo", "Plot", "embed_example", "embed_plot", "make_legend"]

_COLOURS = (mpl.colormaps["inferno"](np.linspace(0.12, 1.0, 256))[:, :3] * 255).astype(np.uint8)
# Low scores are clear, so that the image shows through where nothing was found.
_OPACITIES = bytes(int(255 * min(1.0, (step / 200) ** 1.5)) for step in range(256))


@dataclass(frozen=True)
class Plot:
    """A figure in the page; ``alt`` says in words what is drawn."""

    source: str
    width: int
    """In CSS pixels: a little above print size, so that its words are as large as the page's."""
    alt: str
    caption: str


@dataclass(frozen=True)
class Photo:
    """One example: a thumbnail, its map on a shared scale, and the outline of the true defect."""

    source: str
    width: int
    height: int
    map_source: str
    outline: str
    """An SVG path in pixels of the thumbnail; empty without a mask."""
    title: str
    alt: str
    score: str
    path: str
    file: str
    normal_prompt: str
    abnormal_prompt: str


@dataclass(frozen=True)
class Legend:
    """The colour scale that the maps of a category share."""

    source: str
    low: float
    high: float


def embed_plot(figure: Figure, *, alt: str, caption: str) -> Plot:
    """Return a figure as an SVG picture with its words."""
    content = io.BytesIO()
    with house_style():
        figure.savefig(content, format="svg", metadata={"Date": None})
    source = _address("image/svg+xml", content.getvalue())
    return Plot(source, round(115 * figure.get_figwidth()), alt, caption)


def embed_example(example: Example, legend: Legend | None) -> Photo:
    """Return one example of a gallery, its map coloured by the category's legend."""
    content = io.BytesIO()
    Image.fromarray(example.image).save(content, format="JPEG", quality=88)
    height, width = example.image.shape[:2]
    rank, label = example.kind.split(" ", 1)
    outlined = example.mask is not None and example.mask.any()
    score = f"{example.image_score:.3f}"
    return Photo(
        source=_address("image/jpeg", content.getvalue()),
        width=width,
        height=height,
        map_source=_map_source(example, legend),
        outline=_outline(example.mask) if example.mask is not None else "",
        title=f"{label.capitalize()}, scored {'high' if rank == 'highest' else 'low'}",
        alt=(
            f"{label} image of {example.category} with image score {score}, among the {rank} of "
            f"the {label} images{'; the true defect is outlined' if outlined else ''}"
        ),
        score=score,
        path=example.path,
        file=PurePath(example.path).name,
        normal_prompt=example.top_normal_prompt,
        abnormal_prompt=example.top_abnormal_prompt,
    )


def make_legend(examples: list[Example]) -> Legend | None:
    """Return the scale from the lowest to the highest score in the maps; None without maps."""
    maps = [example.anomaly_map for example in examples if example.anomaly_map is not None]
    if not maps:
        return None
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(8, axis=0)
    return Legend(
        source=_coloured(ramp, clear=False),
        low=min(float(one.min()) for one in maps),
        high=max(float(one.max()) for one in maps),
    )


def _map_source(example: Example, legend: Legend | None) -> str:
    if example.anomaly_map is None or legend is None:
        return ""
    return _coloured(_steps(example.anomaly_map, legend), clear=True)


def _steps(
    anomaly_map: Float32[np.ndarray, "height width"], legend: Legend
) -> UInt8[np.ndarray, "height width"]:
    share = (anomaly_map - legend.low) / max(legend.high - legend.low, 1e-12)
    return (share * 255).round().clip(0, 255).astype(np.uint8)


def _coloured(steps: UInt8[np.ndarray, "height width"], *, clear: bool) -> str:
    picture = Image.fromarray(steps)
    picture.putpalette(_COLOURS.tobytes())
    content = io.BytesIO()
    if clear:
        picture.save(content, format="PNG", optimize=True, transparency=_OPACITIES)
    else:
        picture.save(content, format="PNG", optimize=True)
    return _address("image/png", content.getvalue())


def _outline(mask: Bool[np.ndarray, "height width"]) -> str:
    """Return the edges of the marked regions, holes included, as one SVG path."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    paths = []
    for contour in contours:
        points = " ".join(f"{x + 0.5:g},{y + 0.5:g}" for x, y in contour[:, 0].tolist())
        paths.append(f"M{points}Z")
    return "".join(paths)


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
