"""Wood as boards and strands of other materials show it: tones and straight grain."""

import numpy as np

from promptlab.synthetic.canvas import Coverage, Number, Size
from promptlab.synthetic.fields import Dyes, sampled, streaks, unit

__all__ = ["WOODS", "timber"]

WOODS: Dyes = (
    ("beige", (216.0, 184.0, 138.0)),
    ("beige", (204.0, 168.0, 118.0)),
    ("orange", (196.0, 138.0, 82.0)),
    ("brown", (150.0, 100.0, 64.0)),
    ("brown", (104.0, 70.0, 48.0)),
    ("grey", (150.0, 140.0, 128.0)),
)


def timber(
    rng: np.random.Generator, size: Size, across: Coverage, along: Coverage, strength: Number
) -> Coverage:
    """Return the brightness of straight-grained wood, given each pixel's place in its board."""
    u = unit(size)
    sheet = np.float32(0.5) * streaks(rng, size, length=240 * u, width=5 * u, upright=True)
    sheet += np.float32(0.35) * streaks(rng, size, length=45 * u, width=1.3, upright=True)
    pores = streaks(rng, size, length=9 * u, width=1.4, upright=True)
    sheet -= np.float32(0.8) * np.clip(pores - np.float32(1.5), 0, 1)
    return np.float32(1) + np.float32(strength) * sampled(sheet, across, along)
