"""What a sweep may change: read, checked against the configuration, counted and shown.

A dimension is one config field. Parameters of a scorer or an aligner exist only where a part that
has them is chosen. Everything is checked before the first trial; nothing here knows Optuna.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import floor, prod
from typing import Any, Literal

from aligners import ALIGNERS
from aligners.mutual import MutualScoring
from aligners.registry import UnknownNameError
from promptlab.config import AlignerConfig, ExperimentConfig, ScorerConfig, with_overrides
from promptlab.detector import build_aligner, build_mutual, build_scorer
from promptlab.errors import ConfigError, PromptLabError, suggest
from promptlab.scorers import SCORERS

__all__ = [
    "Dimension",
    "Value",
    "apply_point",
    "count_points",
    "default_point",
    "grid_points",
    "read_space",
]

Value = bool | int | float | str | None
"""What a sampler draws; a choice without a short form is drawn by its name."""

_MEASURING = ("sweep", "metrics", "dataset", "name")
"""Sections that say what is measured, and on what: changing them would compare nothing."""


@dataclass(frozen=True)
class Dimension:
    """One config field that a sweep may set."""

    path: str
    kind: Literal["int", "float", "choice"]
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    step: float | None = None
    choices: tuple[Value, ...] = ()
    settings: tuple[Any, ...] = ()
    """What each choice sets; empty: the choice itself."""
    only_for: tuple[str, ...] = ()
    """Names of the scorers (aligners) that have this parameter; empty: it always exists."""

    @property
    def part(self) -> str:
        """The section whose chosen name decides whether a parameter exists."""
        return self.path.partition(".params.")[0]

    def exists(self, drawn: Mapping[str, Value], config: ExperimentConfig) -> bool:
        """Say whether the part that was drawn, or is configured, has this parameter."""
        if not self.only_for:
            return True
        chosen = drawn.get(f"{self.part}.name", getattr(config, self.part).name)
        return chosen in self.only_for

    def holds(self, value: object) -> bool:
        """Say whether the dimension could give this value."""
        if self.kind == "choice":
            return any(value == choice and type(value) is type(choice) for choice in self.choices)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if not self.low <= value <= self.high or (self.kind == "int" and value != int(value)):
            return False
        steps = (value - self.low) / (self.step or 1)
        return self.step is None or abs(steps - round(steps)) < 1e-9

    def setting(self, drawn: Value) -> Any:  # noqa: ANN401 - whatever the field takes
        """Return what a drawn value sets the field to."""
        if not self.settings:
            return drawn
        return self.settings[self.choices.index(drawn)]

    def values(self) -> tuple[Value, ...] | None:
        """Return every value; None for a continuous range."""
        if self.kind == "choice":
            return self.choices
        if self.kind == "int":
            return tuple(range(int(self.low), int(self.high) + 1, int(self.step or 1)))
        if self.step is None:
            return None
        count = floor((self.high - self.low) / self.step + 1e-9) + 1
        return tuple(self.low + i * self.step for i in range(count))

    def __str__(self) -> str:
        if self.kind == "choice":
            return ", ".join("null" if one is None else str(one) for one in self.choices)
        scale = " on a logarithmic scale" if self.log else ""
        step = f" in steps of {self.step:g}" if self.step is not None else ""
        return f"{self.kind} {self.low:g} to {self.high:g}{scale}{step}"


def read_space(config: ExperimentConfig) -> tuple[Dimension, ...]:
    """Check a sweep's space against the configuration; names come before their parameters.

    Raises:
        ConfigError: when there is no sweep section, a path does not exist, no scorer or aligner of
            the space has a parameter, or a value breaks a rule.
    """
    if config.sweep is None:
        raise ConfigError(
            f"a sweep needs a 'sweep:' section, but experiment {config.name!r} has none; add "
            "search_categories, report_categories and space."
        )
    dimensions = [_read(path, rule) for path, rule in config.sweep.space.items()]
    dimensions.sort(key=lambda dimension: ".params." in dimension.path)
    space = tuple(_condition(dimension, dimensions, config) for dimension in dimensions)
    for dimension in space:
        _check(dimension, config)
    return space


def count_points(space: Sequence[Dimension], config: ExperimentConfig) -> int | None:
    """Return how many different configurations a space holds; None: a range is continuous."""
    total = 0
    for _, rest in _branches(space, config):
        counts = [None if (every := one.values()) is None else len(every) for one in rest]
        finite = [count for count in counts if count is not None]
        if len(finite) < len(counts):
            return None
        total += prod(finite)
    return total


def grid_points(space: Sequence[Dimension], config: ExperimentConfig) -> Iterator[dict[str, Value]]:
    """Yield every configuration of a finite space once, in the order of the file.

    Raises:
        ConfigError: when a range is continuous.
    """
    for dimension in space:
        if dimension.values() is None:
            raise ConfigError(
                f"the grid sampler needs a finite space, but sweep.space.{dimension.path} is "
                f"{dimension}; add 'step:' beside the range, or list its values as a choice."
            )
    for names, rest in _branches(space, config):
        for values in product(*(one.values() or () for one in rest)):
            yield {**names, **dict(zip((one.path for one in rest), values, strict=True))}


def apply_point(
    config: ExperimentConfig, space: Sequence[Dimension], point: Mapping[str, Value]
) -> ExperimentConfig:
    """Set drawn values; a part of another name starts from that part's own defaults.

    Raises:
        ConfigError: when the values break a rule together.
    """
    by_path = {dimension.path: dimension for dimension in space}
    changes = {path: by_path[path].setting(drawn) for path, drawn in point.items()}
    for part in ("scorer", "aligner"):
        if changes.get(f"{part}.name", getattr(config, part).name) != getattr(config, part).name:
            changes = {f"{part}.params": {}, **changes}
    return with_overrides(config, changes) if changes else config


def default_point(config: ExperimentConfig, space: Sequence[Dimension]) -> dict[str, Value]:
    """Return the configuration's own values where the space holds them: the first trial."""
    point: dict[str, Value] = {}
    for dimension in space:
        if not dimension.exists({}, config):
            continue
        own = _own_value(config, dimension)
        if dimension.settings and own in dimension.settings:
            point[dimension.path] = dimension.choices[dimension.settings.index(own)]
        elif not dimension.settings and dimension.holds(own):
            point[dimension.path] = own
    return point


def _branches(
    space: Sequence[Dimension], config: ExperimentConfig
) -> Iterator[tuple[dict[str, Value], list[Dimension]]]:
    """Yield every choice of names with the other dimensions that exist under it."""
    deciding = [one for one in space if one.path in ("scorer.name", "aligner.name")]
    for chosen in product(*(one.choices for one in deciding)):
        names = dict(zip((one.path for one in deciding), chosen, strict=True))
        yield names, [one for one in space if one not in deciding and one.exists(names, config)]


def _own_value(config: ExperimentConfig, dimension: Dimension) -> Any:  # noqa: ANN401
    """Return what the configuration has at a dimension's path, a part's own default included."""
    node: Any = config.model_dump(mode="json", by_alias=True)
    for key in dimension.path.split("."):
        if isinstance(node, list):
            node = node[int(key)]
        else:
            node = node.get(key) if isinstance(node, dict) else None
    if node is None and dimension.only_for:
        part = build_scorer(config.scorer) if dimension.part == "scorer" else build_aligner(
            config.aligner
        )  # fmt: skip
        node = getattr(part, dimension.path.partition(".params.")[2])
    if node is None and dimension.part == "mutual":
        node = getattr(MutualScoring(**config.mutual.params), dimension.path.split(".")[2], None)
    return list(node) if isinstance(node, tuple) else node


def _read(path: str, rule: Mapping[str, Any]) -> Dimension:
    """Read one entry of the space."""
    if path.partition(".")[0] in _MEASURING:
        raise ConfigError(
            f"sweep.space.{path} must be part of the method, but {path.partition('.')[0]!r} says "
            "what is measured; trials that differ in it cannot be compared: remove it."
        )
    kinds = [kind for kind in ("int", "float", "choice") if kind in rule]
    known = len(kinds) == 1 and set(rule) <= {kinds[0], "step"}
    values = rule.get("choice")
    if known and isinstance(values, list | dict) and values and "step" not in rule:
        if isinstance(values, dict):
            return _choice(path, {str(name): one for name, one in values.items()})
        labels = [_label(one) for one in values]
        if len({*labels}) == len(labels):
            return _choice(path, dict(zip(labels, values, strict=True)))
    if known and kinds != ["choice"]:
        found = _range(path, kinds[0], rule[kinds[0]], rule.get("step"))
        if found is not None:
            return found
    raise ConfigError(
        f"sweep.space.{path} must be {{int: [low, high]}}, {{float: [low, high]}} with low < high, "
        "either with 'log' as third element (then low > 0) or with 'step: size' beside it, or "
        f"{{choice: [different values]}} or {{choice: {{name: value}}}}, but got {rule}."
    )


def _choice(path: str, settings: Mapping[Value, Any]) -> Dimension:
    plain = all(label == value for label, value in settings.items())
    kept = () if plain else tuple(settings.values())
    return Dimension(path, "choice", choices=tuple(settings), settings=kept)


def _label(value: object) -> Value:
    """Return a choice as it is drawn: itself, or as JSON where it is a list or a mapping."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return json.dumps(value)


def _range(path: str, kind: str, edges: object, step: object) -> Dimension | None:
    """Read a range of numbers; None when it is malformed."""
    if not isinstance(edges, list) or len(edges) not in (2, 3):
        return None
    low, high, *rest = edges
    whole = (int,) if kind == "int" else (int, float)
    numbers = [low, high] if step is None else [low, high, step]
    if not all(isinstance(one, whole) and not isinstance(one, bool) for one in numbers):
        return None
    if low >= high or rest not in ([], ["log"]) or (rest and (low <= 0 or step is not None)):
        return None
    if step is not None and not 0 < float(str(step)) <= high - low:
        return None
    size = None if step is None else float(str(step))
    kept: Literal["int", "float"] = "int" if kind == "int" else "float"
    return Dimension(path, kept, low=float(low), high=float(high), log=bool(rest), step=size)


def _condition(
    dimension: Dimension, space: Sequence[Dimension], config: ExperimentConfig
) -> Dimension:
    """Find the scorers or aligners of the space that have a parameter."""
    name = dimension.path.partition(".params.")[2]
    if not name or dimension.part not in ("scorer", "aligner"):
        return dimension
    registry: Any = SCORERS if dimension.part == "scorer" else ALIGNERS
    chosen = next((one.choices for one in space if one.path == f"{dimension.part}.name"), None)
    names = [str(one) for one in chosen or (getattr(config, dimension.part).name,)]
    try:
        fields = {one: getattr(registry[one], "__dataclass_fields__", {}) for one in names}
    except UnknownNameError as error:
        raise ConfigError(f"sweep.space.{dimension.part}.name: {error}") from None
    having = tuple(one for one in names if name in fields[one])
    if not having:
        known = {field for one in fields.values() for field in one}
        raise ConfigError(
            f"sweep.space.{dimension.path}: no {dimension.part} of the space ({', '.join(names)}) "
            f"has a parameter {name!r}; {suggest(name, known)}"
        )
    return Dimension(**{**vars(dimension), "only_for": having})


def _check(dimension: Dimension, config: ExperimentConfig) -> None:
    """Check the edges of a dimension against the models and, for parts, their classes."""
    edges: tuple[Any, ...] = dimension.settings or dimension.choices
    if dimension.kind == "int":
        edges = (int(dimension.low), int(dimension.high))
    elif dimension.kind == "float":
        edges = (dimension.low, dimension.high)
    for edge in edges:
        try:
            with_overrides(config, {dimension.path: edge})
            _build(dimension, edge, config)
        except (PromptLabError, TypeError) as error:
            raise ConfigError(f"sweep.space.{dimension.path}: {error}") from None


def _build(dimension: Dimension, edge: Any, config: ExperimentConfig) -> None:  # noqa: ANN401
    """Make every part that a value decides, so that a wrong one is found now."""
    if dimension.path.startswith("mutual.params"):
        build_mutual(with_overrides(config, {dimension.path: edge}).mutual)
    if dimension.part not in ("scorer", "aligner", "scorer.name", "aligner.name"):
        return
    part, _, field = dimension.path.partition(".")
    own = getattr(config, part)
    names = [str(edge)] if field == "name" else list(dimension.only_for) or [own.name]
    for name in names:
        params = dict(own.params) if name == own.name else {}
        if dimension.only_for:
            params[dimension.path.partition(".params.")[2]] = edge
        if part == "scorer":
            build_scorer(ScorerConfig(name=name, params=params))
        else:
            build_aligner(AlignerConfig(name=name, params=params))
