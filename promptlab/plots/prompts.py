"""Figures of prompts: how similar they are to an image, and where they lie in the text space."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from promptlab.errors import PromptError, RecordError
from promptlab.explain import Explanation
from promptlab.plots.style import (
    ABNORMAL,
    INK,
    NORMAL,
    SOFT,
    Picture,
    house_style,
    shorten,
    spread,
)
from promptlab.prompts.promptset import PromptSet
from promptlab.types import State

__all__ = ["prompt_map", "similarity_distributions"]

_COLOURS = {State.NORMAL: NORMAL, State.ABNORMAL: ABNORMAL}
_MARKERS = {State.NORMAL: "o", State.ABNORMAL: "^"}
_SOURCES = ("o", "s", "^", "D", "v", "P", "X", "*")


@house_style()
def similarity_distributions(explanations: Sequence[Explanation]) -> Figure:
    """Show how similar each prompt is to each image, and the overlap band of the two states.

    A filled mark is a prompt that the scorer kept, an empty one was dropped. The band reaches from
    the larger of both states' minima to the smaller of both maxima: there a similarity speaks for
    neither state.

    Raises:
        RecordError: when there is no explanation.
    """
    if not explanations:
        raise RecordError("similarity distributions need at least one explanation, but got none.")
    count = len(explanations)
    figure = Picture(figsize=(7.6, 1.1 + 1.25 * count), layout="constrained")
    axes = figure.subplots(count, 1, squeeze=False, sharex=True)[:, 0]
    for ax, explanation in zip(axes, explanations, strict=True):
        _draw_similarities(ax, explanation)
    axes[-1].set_xlabel("cosine similarity of a prompt to the image")
    axes[-1].xaxis.set_major_locator(MaxNLocator(7))
    handles: list[Line2D | Patch] = [
        Line2D([], [], marker=_MARKERS[state], linestyle="", color=_COLOURS[state],
               markeredgecolor=INK, markeredgewidth=0.4, label=f"{state.name.lower()} prompt")
        for state in State
    ]  # fmt: skip
    if any(not prompt.kept for one in explanations for prompt in one.prompts):
        handles.append(Line2D([], [], marker="o", linestyle="", color="white", markeredgecolor=SOFT,
                              label="dropped (empty)", markeredgewidth=0.8))  # fmt: skip
    handles.append(Line2D([], [], color=INK, linewidth=1.6, label="mean of those kept"))
    handles.append(Patch(facecolor="#e5e7eb", edgecolor=SOFT, hatch="////", label="overlap band"))
    figure.legend(handles=handles, loc="outside upper left", ncols=5, columnspacing=1.4)
    return figure


@house_style()
def prompt_map(prompts: PromptSet, embeddings: Float[np.ndarray, "prompt dim"]) -> Figure:
    """Show the text embeddings of a prompt set in the plane of their two largest variances.

    Colour is the state, shape the source; the large crosses are the means of the states. Distances
    in the plane are shorter than they are: the axes say how much of the variance each shows.

    Args:
        prompts: the set.
        embeddings: of its prompts, in the set's order.

    Raises:
        PromptError: when there are not as many embeddings as prompts, or fewer than three.
    """
    if len(embeddings) != len(prompts.prompts) or len(embeddings) < 3:
        raise PromptError(
            "a prompt map needs one embedding per prompt and at least three prompts, but got "
            f"{len(embeddings)} embeddings of {len(prompts.prompts)} prompts."
        )
    centred = embeddings - embeddings.mean(0)
    _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    plane = centred @ directions[:2].T
    shares = lengths[:2] ** 2 / (lengths**2).sum()
    figure = Picture(figsize=(7.2, 4.6), layout="constrained")
    ax = figure.add_subplot()
    sources = list(dict.fromkeys(prompt.source for prompt in prompts.prompts))
    states = np.array([prompt.state for prompt in prompts.prompts])
    origin = np.array([sources.index(prompt.source) for prompt in prompts.prompts])
    for state in State:
        for nth in range(len(sources)):
            at = plane[(states == state) & (origin == nth)]
            ax.scatter(
                at[:, 0], at[:, 1], marker=_SOURCES[nth % len(_SOURCES)], s=26,
                color=_COLOURS[state], edgecolors=INK, linewidths=0.4, alpha=0.85,
            )  # fmt: skip
        x, y = plane[states == state].mean(0)
        ax.scatter(x, y, marker="X", s=330, color="white", linewidths=0, zorder=4)
        ax.scatter(
            x, y, marker="X", s=170, color=_COLOURS[state], edgecolors=INK, linewidths=1.3, zorder=5
        )
    ax.set_aspect("equal")
    ax.set(
        xlabel=f"first principal axis ({100 * shares[0]:.0f} % of the variance)",
        ylabel=f"second principal axis ({100 * shares[1]:.0f} %)",
    )
    handles = _map_handles(sources)
    figure.legend(handles=handles, loc="outside upper left", ncols=5 if len(handles) < 6 else 3)
    return figure


def _draw_similarities(ax: Axes, explanation: Explanation) -> None:
    values = {
        state: np.array([one.similarity for one in explanation.ranked(state)]) for state in State
    }
    low = max(each.min() for each in values.values())
    high = min(each.max() for each in values.values())
    if low <= high:
        ax.axvspan(low, high, facecolor="#e5e7eb", edgecolor=SOFT, hatch="////", linewidth=0.6)
    for row, state in enumerate((State.ABNORMAL, State.NORMAL)):
        kept = np.array([one.kept for one in explanation.ranked(state)])
        heights = row + spread(len(kept), 0.62)
        look: dict[str, Any] = {"s": 17, "marker": _MARKERS[state], "zorder": 3}
        ax.scatter(
            values[state][~kept], heights[~kept], **look, facecolors="white",
            edgecolors=SOFT, linewidths=0.7,
        )  # fmt: skip
        ax.scatter(
            values[state][kept], heights[kept], **look, color=_COLOURS[state], edgecolors=INK,
            linewidths=0.4,
        )  # fmt: skip
        weights = np.array([one.weight for one in explanation.ranked(state)])
        ax.vlines(float(weights @ values[state]), row - 0.42, row + 0.42, color=INK, linewidth=1.6,
                  zorder=4)  # fmt: skip
    ax.set_yticks([0, 1], ["abnormal", "normal"])
    ax.set_ylim(1.55, -0.55)
    name = shorten(explanation.path.name, 24)
    kept_counts = ", ".join(
        f"{explanation.kept(state)} of {len(values[state])} {state.name.lower()} kept"
        for state in State
    )
    ax.set_title(
        f"{name}, {explanation.scorer}: score {explanation.image_score:.3f}; {kept_counts}",
        loc="left",
        fontsize=8.5,
    )


def _map_handles(sources: Sequence[str]) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = [
        Patch(facecolor=_COLOURS[state], edgecolor=INK, linewidth=0.4, label=state.name.lower())
        for state in State
    ]
    handles.append(Line2D([], [], marker="X", linestyle="", color="white", markeredgecolor=INK,
                          markeredgewidth=1.3, markersize=10, label="mean of a state"))  # fmt: skip
    return handles + [
        Line2D([], [], marker=_SOURCES[nth % len(_SOURCES)], linestyle="", color="white",
               markeredgecolor=INK, label=shorten(source, 32))
        for nth, source in enumerate(sources)
    ]  # fmt: skip
