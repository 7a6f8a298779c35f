"""The values an explanation is made of, and the decision in one sentence.

Computes nothing about the image; `promptlab.explain.build` does.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from promptlab.config import FusionConfig
from promptlab.types import State

__all__ = ["Carrier", "Explanation", "PromptEvidence", "Region"]


@dataclass(frozen=True)
class PromptEvidence:
    """What one prompt had to do with the whole image's score."""

    text: str
    state: State
    source: str
    similarity: float
    """Cosine similarity to the whole image."""
    rank: int
    """1: the most similar prompt of its state."""
    weight: float
    """The weights of a state's prompts add up to one."""
    why_dropped: str
    """The scorer's rule; empty for a prompt that was kept."""

    @property
    def kept(self) -> bool:
        """Whether the scorer gave the prompt any weight."""
        return not self.why_dropped


@dataclass(frozen=True)
class Carrier:
    """A prompt that sets a region apart from the rest of its image."""

    text: str
    state: State
    weight: float
    similarity: float
    """Mean cosine similarity to the places of the region."""
    lift: float
    """That similarity minus the prompt's mean over all places of the image."""


@dataclass(frozen=True, eq=False)
class Region:
    """One connected piece of the map's highest part."""

    place: str
    """Where it lies, in words, such as ``upper left`` or ``across the image``."""
    share: float
    """Its share of the image's area."""
    mean_score: float
    peak_score: float
    carriers: tuple[Carrier, ...]
    """Of each state the prompts that set it apart most, the strongest first."""
    mask: Bool[np.ndarray, "height width"]


@dataclass(frozen=True, eq=False)
class Explanation:
    """Everything that decided one image's score and map; a notebook shows it as tables."""

    path: Path
    category: str
    backbone: str
    scorer: str
    aligner: str
    image_score: float
    global_score: float
    local_score: float
    fusion: FusionConfig
    rule: str
    """What decides a prompt's weight, in the scorer's words."""
    prompts: tuple[PromptEvidence, ...]
    """In the prompt set's order."""
    regions: tuple[Region, ...]
    """The highest first; empty for a flat map."""
    region_rule: str
    """How the map was cut into regions, in words."""
    image: UInt8[np.ndarray, "height width 3"]
    """A thumbnail; map and masks have its size."""
    anomaly_map: Float32[np.ndarray, "height width"]

    def ranked(self, state: State) -> tuple[PromptEvidence, ...]:
        """Return the prompts of one state, the most similar first."""
        mine = (prompt for prompt in self.prompts if prompt.state == state)
        return tuple(sorted(mine, key=lambda prompt: prompt.rank))

    def kept(self, state: State) -> int:
        """Return how many prompts of one state had a weight."""
        return sum(prompt.kept for prompt in self.prompts if prompt.state == state)

    @property
    def shares(self) -> tuple[float, float]:
        """What share of the image score the whole image and the map have."""
        total = self.fusion.global_ + self.fusion.local
        return self.fusion.global_ / total, self.fusion.local / total

    @property
    def decision(self) -> str:
        """Say in one sentence what came out and from what."""
        whole, local = self.shares
        counts = " and ".join(
            f"{self.kept(state)} of {len(self.ranked(state))} {state.name.lower()}"
            for state in State
        )
        highest = "the map is flat"
        if self.regions:
            first = self.regions[0]
            place = first.place if first.place.startswith("across") else f"in the {first.place}"
            highest = f"the map is highest {place} ({100 * first.share:.1f} % of the image)"
        pooled = f"highest {100 * self.fusion.top:g} %"
        if self.fusion.pool == "soft":
            pooled = f"soft maximum, softness {self.fusion.softness:g},"
        return (
            f"{_lean(self.image_score)}: image score {self.image_score:.3f} = "
            f"{whole:.2f} x {self.global_score:.3f} (whole image) + {local:.2f} x "
            f"{self.local_score:.3f} ({pooled} of the map)"
            f"{', weighed as log odds' if self.fusion.join == 'odds' else ''}, "
            f"with {counts} prompts in play; {highest}."
        )

    def _repr_html_(self) -> str:
        from promptlab.explain.html import render_html  # noqa: PLC0415 - it needs this module

        return render_html(self)


def _lean(score: float) -> str:
    """Say which state is likelier; 0.5 is where they tie, not a threshold tuned on anything."""
    if abs(score - 0.5) < 0.005:
        return "Undecided (0.5 is the tie of both states, not a tuned threshold)"
    side = "abnormal" if score > 0.5 else "normal"
    return f"Leans {side} (0.5 is the tie of both states, not a tuned threshold)"
