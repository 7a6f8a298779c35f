"""Names of the kinds of patch tokens: what an aligner may ask for and a backbone may offer.

- ``patch``: the last block's tokens.
- ``value``: in the last block each patch attends to itself only (MaskCLIP, arXiv 2112.01071).
- ``value:N``: value-value attention in the last N blocks (CLIP Surgery, arXiv 2304.05653; AnoCLIP,
  arXiv 2308.15939).
- ``gem:N``: the mean of query-query, key-key and value-value attention in the last N blocks (GEM,
  arXiv 2312.00878; FADE's patch tokens).

Every backbone has the first two; those with a number need a vision transformer.
"""

import re

from aligners.base import Requirements

__all__ = ["required_for", "split_kind"]

_NUMBERED = re.compile(r"(value|gem):([1-9]\d*)")


def split_kind(kind: str) -> tuple[str, int]:
    """Return the method and the number of blocks of a numbered kind.

    >>> split_kind("gem:6")
    ('gem', 6)

    Raises:
        ValueError: when ``kind`` is not a numbered kind.
    """
    found = _NUMBERED.fullmatch(kind)
    if found is None:
        raise ValueError(
            f"tokens must be patch, value, value:N or gem:N with N blocks, but got {kind!r}; "
            "use for example gem:6."
        )
    return found[1], int(found[2])


def required_for(kind: str, *, window_sides: tuple[int, ...] = ()) -> Requirements:
    """Return what an aligner requires that uses one kind of tokens, and windows.

    Raises:
        ValueError: when there is no such kind.
    """
    if kind in {"patch", "value"}:
        return Requirements(value_tokens=kind == "value", window_sides=window_sides)
    split_kind(kind)
    return Requirements(window_sides=window_sides, tokens=(kind,))
