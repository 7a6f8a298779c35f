"""Painters of 23 kinds of defect, and which of them a category can have.

Each paints one defect inside an object and returns the changed picture; masks are computed from
the change (``promptlab.synthetic.scene``). Knows nothing of lighting or captions.
"""

from collections.abc import Mapping
from types import MappingProxyType

from promptlab.synthetic.catalogue import METALS, SOFT, TEXTILES
from promptlab.synthetic.defects.lines import crack, crease, cut, frayed, scratch, thread
from promptlab.synthetic.defects.shapes import bent, chip, misplaced, missing, swap, twist
from promptlab.synthetic.defects.spots import (
    bubble,
    burn,
    contamination,
    dent,
    discoloration,
    glue,
    hole,
    poke,
    rust,
    smear,
    stain,
)
from promptlab.synthetic.defects.subject import DefectPainter, Subject
from promptlab.synthetic.textures import TEXTURES

__all__ = ["DEFECTS", "LINE_DEFECTS", "DefectPainter", "Subject", "plausible_defects"]

DEFECTS: Mapping[str, DefectPainter] = MappingProxyType(
    {
        "scratch": scratch,
        "crack": crack,
        "hole": hole,
        "cut": cut,
        "dent": dent,
        "stain": stain,
        "contamination": contamination,
        "discoloration": discoloration,
        "rust": rust,
        "burn": burn,
        "thread": thread,
        "glue": glue,
        "poke": poke,
        "smear": smear,
        "crease": crease,
        "bent": bent,
        "twist": twist,
        "missing": missing,
        "chip": chip,
        "swap": swap,
        "misplaced": misplaced,
        "frayed": frayed,
        "bubble": bubble,
    }
)

LINE_DEFECTS = frozenset({"scratch", "crack", "cut", "thread", "crease", "frayed"})
"""Defects whose area says little about their size: a long crack covers few pixels."""


def plausible_defects(category: str) -> tuple[str, ...]:
    """Return the kinds of defect that a category can have, in the order of ``DEFECTS``."""
    allowed = {
        "rust": category in METALS,
        "crease": category in SOFT or category in TEXTILES,
        "frayed": category in TEXTILES,
        "missing": category not in TEXTURES,
    }
    return tuple(kind for kind in DEFECTS if allowed.get(kind, True))
