"""One image explained: the image, its map with regions, the prompts that spoke, the decision."""

import textwrap
from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from promptlab.explain import Explanation, PromptEvidence
from promptlab.plots.style import ABNORMAL, INK, NORMAL, SOFT, Picture, house_style, shorten
from promptlab.types import State

__all__ = ["explanation_figure"]

_COLOURS = {State.NORMAL: NORMAL, State.ABNORMAL: ABNORMAL}


@house_style()
def explanation_figure(explanation: Explanation, *, prompts: int = 6) -> Figure:
    """Show an image, its anomaly map with outlined regions, and each state's top prompts.

    A bar is a prompt's similarity to the image minus the mean over all prompts, so that both
    states share one zero; an empty bar is a dropped prompt. The numbers are the similarity and
    the weight.

    Args:
        explanation: of one image.
        prompts: how many of each state, the most similar first.
    """
    aspect = explanation.image.shape[0] / explanation.image.shape[1]
    tall = min(max(4.3 * aspect, 1.8), 5.2)
    rows = min(prompts, max(len(explanation.ranked(state)) for state in State))
    low = 0.9 + 0.36 * rows
    figure = Picture(figsize=(10, tall + low + 1.0), layout="constrained")
    top, below = figure.subfigures(2, 1, squeeze=False, height_ratios=(tall + 1.0, low))[:, 0]
    title = f"{explanation.path.name}, judged as {explanation.category}"
    top.suptitle(f"{title}\n{textwrap.fill(explanation.decision, 118)}", fontsize=9.5)
    _draw_maps(top.subplots(1, 2), explanation)
    panels = below.subplots(1, 2, sharex=True)
    for ax, state in zip(panels, (State.ABNORMAL, State.NORMAL), strict=True):
        _draw_prompts(ax, explanation, state=state, count=rows)
    shown = [prompt for state in State for prompt in explanation.ranked(state)[:rows]]
    if not all(prompt.kept for prompt in shown):
        dropped = Patch(facecolor="white", edgecolor=INK, linewidth=0.6, label="dropped")
        below.legend(handles=[dropped], loc="outside lower right")
    return figure


def _draw_maps(axes: Iterable[Axes], explanation: Explanation) -> None:
    """Draw the image beside its map; regions are outlined, and numbered at their peaks."""
    left, right = axes
    left.imshow(explanation.image)
    shown = right.imshow(explanation.anomaly_map, cmap="inferno")
    for ax in (left, right):
        ax.set_axis_off()
        for nth, region in enumerate(explanation.regions, 1):
            ax.contour(region.mask, levels=[0.5], colors="black", linewidths=2.2)
            ax.contour(region.mask, levels=[0.5], colors="white", linewidths=1.0)
            inside = np.where(region.mask, explanation.anomaly_map, -np.inf)
            row, column = np.unravel_index(inside.argmax(), inside.shape)
            ax.text(
                float(column), float(row), str(nth), ha="center", va="center", color="white",
                fontsize=8,
                bbox={"boxstyle": "circle,pad=0.2", "facecolor": INK, "linewidth": 0},
            )  # fmt: skip
    lines = [
        f"{nth}  {region.place}, {100 * region.share:.1f} %: {shorten(region.carriers[0].text, 42)}"
        for nth, region in enumerate(explanation.regions, 1)
    ]
    left.set_title("\n".join(lines) or "no region: the map is flat", loc="left", fontsize=8)
    right.figure.colorbar(shown, ax=right, shrink=0.8, label="anomaly score of a pixel (0 to 1)")


def _draw_prompts(ax: Axes, explanation: Explanation, *, state: State, count: int) -> None:
    """Draw the most similar prompts of one state as bars around the mean of all prompts."""
    everyone = [prompt.similarity for prompt in explanation.prompts]
    middle = sum(everyone) / len(everyone)
    chosen = explanation.ranked(state)[:count]
    for row, prompt in enumerate(chosen):
        ax.barh(
            row, prompt.similarity - middle, height=0.66, edgecolor=INK, linewidth=0.6,
            facecolor=_COLOURS[state] if prompt.kept else "white",
        )  # fmt: skip
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set_yticks(range(len(chosen)), [_label(prompt) for prompt in chosen], fontsize=7.5)
    ax.set_ylim(count - 0.5, -0.5)
    ax.locator_params(axis="x", nbins=4)
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    total = len(explanation.ranked(state))
    ax.set_title(
        f"{state.name.lower()}: {explanation.kept(state)} of {total} prompts kept", loc="right"
    )
    ax.tick_params(axis="x", labelsize=7.5, colors=SOFT)
    ax.set_xlabel(
        "similarity minus the mean of all prompts\n(in brackets: the similarity itself)", fontsize=8
    )


def _label(prompt: PromptEvidence) -> str:
    """Return the prompt's text in at most two lines, with its numbers."""
    lines = textwrap.wrap(shorten(prompt.text, 84), 44)
    lines[-1] += f"  ({prompt.similarity:.3f}, weight {prompt.weight:.2f})"
    return "\n".join(lines)
