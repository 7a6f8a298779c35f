"""An explanation as HTML for notebooks: one picture, one sentence, tables with bars.

Every word that comes from a prompt, a path or a plug-in is escaped. Knows no scores beyond those
it is given.
"""

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from jaxtyping import UInt8
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from promptlab.types import State

if TYPE_CHECKING:
    from promptlab.explain.explanation import Explanation

__all__ = ["SHOWN", "render_html"]

SHOWN = 8
"""Prompts per state in a table, the most similar ones."""


def render_html(explanation: "Explanation") -> str:
    """Return one HTML fragment that needs nothing else."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    similarities = [prompt.similarity for prompt in explanation.prompts]
    return environment.get_template("explanation.html.jinja").render(
        explanation=explanation,
        picture=_data_address(_outlined(explanation)),
        sides=[
            (state.name.lower(), explanation.kept(state), explanation.ranked(state))
            for state in (State.ABNORMAL, State.NORMAL)
        ],
        shown=SHOWN,
        low=min(similarities),
        range=max(max(similarities) - min(similarities), 1e-9),
    )


def _outlined(explanation: "Explanation") -> UInt8[np.ndarray, "height width 3"]:
    """Draw each region's outline, white on black so that it shows on any image."""
    drawn = explanation.image.copy()
    for region in explanation.regions:
        outlines, _ = cv2.findContours(
            region.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        cv2.drawContours(drawn, outlines, -1, (0, 0, 0), 3)
        cv2.drawContours(drawn, outlines, -1, (255, 255, 255), 1)
    return drawn


def _data_address(image: UInt8[np.ndarray, "height width 3"]) -> str:
    content = io.BytesIO()
    Image.fromarray(image).save(content, format="PNG")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode("ascii")
