"""Several aligners at once: their maps, each from its own embeddings, become one weighted mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aligners.base import (
    ALIGNERS,
    Aligner,
    LocalFeatures,
    LocalView,
    Pool,
    Requirements,
    merge_requirements,
)

__all__ = ["BlendAligner", "Part"]


@dataclass(frozen=True)
class Part:
    """One aligner of a blend, as it is written in an experiment file."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 1.0


@ALIGNERS.register("blend")
@dataclass(frozen=True)
class BlendAligner(Aligner):
    """Fuse the maps of several aligners, or of several layers by one (`value` with more blocks).

    By default the value path and windows: evidence of single patches and of their surroundings.
    """

    parts: tuple[Part, ...] = (Part("value"), Part("window"))

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("blend: there must be at least one part, but got none.")
        if not (min(p.weight for p in self.parts) >= 0 and sum(p.weight for p in self.parts) > 0):
            raise ValueError(
                "blend: weights must be at least 0 and add up to more, but got "
                f"{[part.weight for part in self.parts]}; the default is 1."
            )
        self._made()

    @property
    def requires(self) -> Requirements:
        """Return what all parts require."""
        return merge_requirements(each.requires for each in self._made())

    @property
    def transductive(self) -> bool:
        """Return whether a part is."""
        return any(each.transductive for each in self._made())

    def fit(self, pool: Pool) -> Aligner:
        """Return the blend of the fitted parts."""
        if not self.transductive:
            return self
        return _Fitted(self, tuple(each.fit(pool) for each in self._made()))

    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return the views of every part, a group each."""
        return _align(self.parts, self._made(), features)

    def _made(self) -> tuple[Aligner, ...]:
        return tuple(_make(part) for part in self.parts)


@dataclass(frozen=True)
class _Fitted(Aligner):
    """What `BlendAligner.fit` returns."""

    parent: BlendAligner
    fitted: tuple[Aligner, ...]

    @property
    def requires(self) -> Requirements:
        """Return what the blend requires."""
        return self.parent.requires

    def align(self, features: LocalFeatures) -> tuple[LocalView, ...]:
        """Return the views of every part, a group each."""
        return _align(self.parent.parts, self.fitted, features)


def _align(
    parts: tuple[Part, ...], made: tuple[Aligner, ...], features: LocalFeatures
) -> tuple[LocalView, ...]:
    views: list[LocalView] = []
    for part, aligner in zip(parts, made, strict=True):
        start = max((view.group for view in views), default=-1) + 1
        own = aligner.align(features)
        total = sum({view.group: view.weight for view in own}.values())
        for view in own:
            weight = part.weight * view.weight / total
            views.append(replace(view, group=start + view.group, weight=weight))
    return tuple(views)


def _make(part: Part) -> Aligner:
    """Make a part's aligner; lists, which YAML writes for tuples, become tuples.

    Raises:
        ValueError: when it has no such parameter, or a value breaks a rule.
    """
    params = {k: tuple(v) if isinstance(v, list) else v for k, v in part.params.items()}
    try:
        return ALIGNERS[part.name](**params)
    except (KeyError, TypeError) as error:
        raise ValueError(f"blend: {error}") from None
