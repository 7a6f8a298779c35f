"""One verdict beside another as HTML: score, map and its change, prompts kept and dropped.

Every word that comes from a prompt is escaped. Knows no widget.
"""

import base64
import io
from pathlib import Path

import matplotlib as mpl
import numpy as np
from jaxtyping import UInt8
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from promptlab.explain import PromptEvidence
from promptlab.explorer.judge import Verdict
from promptlab.types import State

__all__ = ["render"]

_LEAST_CHANGE = 0.02
"""The colours of a change reach at least so far, so that rounding does not look like a change."""


def render(
    picture: UInt8[np.ndarray, "height width 3"],
    now: Verdict,
    *,
    before: Verdict,
    problem: str = "",
    seconds: float = 0.0,
) -> str:
    """Return one verdict beside another as an HTML fragment; every word in it is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    change = now.anomaly_map - before.anomaly_map
    reach = max(float(np.abs(change).max()), _LEAST_CHANGE)
    coloured = mpl.colormaps["inferno"](now.anomaly_map)
    changed = mpl.colormaps["PuOr_r"]((change / reach + 1) / 2)
    return environment.get_template("view.html.jinja").render(
        picture=_address(picture),
        drawn=_address((coloured[..., :3] * 255).astype(np.uint8)),
        changed=_address((changed[..., :3] * 255).astype(np.uint8)),
        reach=reach,
        moved=float(np.abs(change).max()),
        now=now,
        before=before,
        sides=[_side(now, before, state) for state in (State.ABNORMAL, State.NORMAL)],
        problem=problem,
        milliseconds=1000 * seconds,
    )


def _side(now: Verdict, before: Verdict, state: State) -> dict[str, object]:
    """Return one state's prompts, the heaviest first, and what became of each."""
    mine = [one for one in now.prompts if one.state == state]
    earlier = {one.text: one for one in before.prompts if one.state == state}
    most = max((one.weight for one in mine), default=1.0) or 1.0
    order = sorted(mine, key=lambda one: (-one.weight, one.rank))
    return {
        "name": state.name.lower(),
        "kept": len(now.kept(state)),
        "count": len(mine),
        "lines": [(one, one.weight / most, _news(one, earlier.get(one.text))) for one in order],
        "gone": [text for text in earlier if text not in {one.text for one in mine}],
    }


def _news(now: PromptEvidence, before: PromptEvidence | None) -> str:
    if before is None:
        return "new"
    if now.kept == before.kept:
        return ""
    return "now kept" if now.kept else "now dropped"


def _address(image: UInt8[np.ndarray, "height width 3"]) -> str:
    content = io.BytesIO()
    Image.fromarray(image).save(content, format="JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode("ascii")
