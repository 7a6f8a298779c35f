"""A grid of experiments in one YAML file: lists become axes, their product becomes cells.

A section that is a list is an axis (``scorer: [mean, contextual]``), and so is every entry of the
``grid`` section: a dotted path with a list of values, or with named values where a value has no
short name of its own (``prompts.sources: {static: […], llm: […]}``). Knows the file, not what
running a cell takes.
"""

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from promptlab.config import ExperimentConfig, parse_config, put_value, read_content
from promptlab.errors import ConfigError, suggest

__all__ = ["MAX_CELLS", "Cell", "Grid", "load_grid"]

MAX_CELLS = 10_000
"""More are a slip of the pen: a list in every section multiplies."""

_SECTIONS = (
    "dataset",
    "backbone",
    "prompts",
    "scorer",
    "aligner",
    "fusion",
    "few_shot",
    "mutual",
    "metrics",
)
"""Where a list can only mean an axis."""
_NAMED = ("dataset", "backbone", "scorer", "aligner")
"""Where a bare word is short for ``{name: word}``."""


@dataclass(frozen=True)
class Cell:
    """One experiment of a grid, and the value it has on each axis."""

    config: ExperimentConfig
    choices: Mapping[str, str]
    """Axis -> the value's name."""

    @property
    def label(self) -> str:
        """The choices in one line, for messages."""
        return ", ".join(f"{axis}={value}" for axis, value in self.choices.items())

    @property
    def folder(self) -> str:
        """The choices as a folder's name."""
        return _slug(self.choices)


@dataclass(frozen=True)
class Grid:
    """All cells of an experiment file; one cell and no axis where the file has no list."""

    name: str
    axes: tuple[str, ...]
    cells: tuple[Cell, ...]
    against: Mapping[str, str] = field(default_factory=dict)
    """Axis -> the value that its other values are compared with."""

    def reference_of(self, cell: Cell) -> Cell:
        """Return the cell that a cell is compared with (itself when it is a reference)."""
        wanted = {**cell.choices, **self.against}
        return next(each for each in self.cells if dict(each.choices) == wanted)


def load_grid(path: Path, overrides: Sequence[str] = ()) -> Grid:
    """Read an experiment file, apply overrides and make every cell of its grid.

    Raises:
        ConfigError: when the file or an axis is malformed or a cell breaks a rule (it is named).
    """
    content = read_content(path, overrides)
    wanted = content.pop("against", None)
    axes = _take_axes(content, path)
    against = _take_reference(wanted, axes, path)
    _refuse_hidden(overrides, axes)
    count = prod(len(values) for values in axes.values())
    if count > MAX_CELLS:
        raise ConfigError(
            f"{path}: a grid must have at most {MAX_CELLS:,} cells, but has {count:,}; shorten its "
            "lists, or search with a sweep."
        )
    cells = []
    for chosen in product(*(values.items() for values in axes.values())):
        choices = {axis: label for axis, (label, _) in zip(axes, chosen, strict=True)}
        cell = copy.deepcopy(content)
        for axis, (_, value) in sorted(
            zip(axes, chosen, strict=True), key=lambda pair: pair[0].count(".")
        ):
            put_value(cell, axis, copy.deepcopy(value))
        if choices and isinstance(cell.get("name"), str):
            cell["name"] += f".{_slug(choices)}"
        shown = ", ".join(f"{axis}={label}" for axis, label in choices.items())
        origin = f"{path}, cell {shown}" if choices else str(path)
        cells.append(Cell(parse_config(cell, origin=origin, folder=path.parent), choices))
    _refuse_same_folder(cells, path)
    name = cells[0].config.name if not axes else str(content["name"])
    return Grid(name, tuple(axes), tuple(cells), against)


def _take_axes(content: dict[str, Any], path: Path) -> dict[str, dict[str, Any]]:
    """Remove the axes from an experiment's keys; return axis -> value's name -> value."""
    found: dict[str, object] = {
        section: content.pop(section)
        for section in _SECTIONS
        if isinstance(content.get(section), list)
    }
    grid = content.pop("grid", {})
    if not isinstance(grid, dict):
        raise ConfigError(
            f"{path}: grid must map dotted keys to lists, but got {type(grid).__name__}; "
            "write for example grid: {aligner.params.ridge: [0.1, 1.0]}."
        )
    twice = sorted({*found} & {*grid})
    if twice:
        raise ConfigError(
            f"{path}: {twice[0]!r} must be an axis once, but is a list and in grid; remove one."
        )
    return {str(axis): _values(str(axis), values) for axis, values in {**found, **grid}.items()}


def _take_reference(
    wanted: object, axes: Mapping[str, Mapping[str, object]], path: Path
) -> dict[str, str]:
    """Check what cells are compared with; by default the first value of every axis."""
    if wanted is None:
        return {axis: next(iter(values)) for axis, values in axes.items()}
    if not isinstance(wanted, dict) or not wanted:
        raise ConfigError(
            f"{path}: against must map axes of the grid to one of their values, but got "
            f"{wanted!r}; write for example against: {{scorer: mean}}."
        )
    for axis, label in wanted.items():
        if axis not in axes:
            raise ConfigError(
                f"{path}: unknown axis {axis!r} in against; {suggest(str(axis), list(axes))}"
            )
        if str(label) not in axes[axis]:
            raise ConfigError(
                f"{path}: unknown value {label!r} of axis {axis!r} in against; "
                f"{suggest(str(label), list(axes[axis]))}"
            )
    return {str(axis): str(label) for axis, label in wanted.items()}


def _values(axis: str, values: object) -> dict[str, Any]:
    """Return an axis' values by name."""
    if not isinstance(values, (list, dict)) or not values:
        raise ConfigError(
            f"grid axis {axis!r} must be a list of values or a mapping of named values, but got "
            f"{values!r}."
        )
    if isinstance(values, dict):
        named = {str(name): value for name, value in values.items()}
    else:
        labels = [_label(axis, value) for value in values]
        if len(set(labels)) < len(labels):
            raise ConfigError(
                f"grid axis {axis!r} must have different values, but got {', '.join(labels)}; "
                "remove one, or name them: {name: value}."
            )
        named = dict(zip(labels, values, strict=True))
    return {
        name: {"name": value} if axis in _NAMED and isinstance(value, str) else value
        for name, value in named.items()
    }


def _label(axis: str, value: object) -> str:
    """Name a value of a list: itself, its items, or its ``name`` with its parameters."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return "-".join(_label(axis, item) for item in value)
    if isinstance(value, dict):
        params = value.get("params", {}) if "name" in value else value
        if isinstance(params, dict) and not any(isinstance(v, dict) for v in params.values()):
            shown = [f"{name}={_label(axis, item)}" for name, item in params.items()]
            return " ".join([str(value["name"]), *shown] if "name" in value else shown)
    raise ConfigError(
        f"a value of grid axis {axis!r} has no short name of its own, but is in a list; "
        "name the values: {name: value, …}."
    )


def _slug(choices: Mapping[str, str]) -> str:
    return "-".join(re.sub(r"[^A-Za-z0-9._]+", "_", label)[:48] for label in choices.values())


def _refuse_hidden(overrides: Sequence[str], axes: Mapping[str, object]) -> None:
    """Refuse an override that an axis would overwrite silently."""
    for override in overrides:
        key = override.partition("=")[0].strip()
        for axis in axes:
            if key != axis and f"{key}.".startswith(f"{axis}."):
                raise ConfigError(
                    f"--set {key} has no effect, because {axis!r} is an axis of the grid; "
                    f"set the axis itself, as in --set '{axis}=[…]'."
                )


def _refuse_same_folder(cells: Sequence[Cell], path: Path) -> None:
    folders: dict[str, Cell] = {}
    for cell in cells:
        other = folders.setdefault(cell.folder, cell)
        if other is not cell:
            raise ConfigError(
                f"{path}: each cell needs a folder of its own, but {other.label!r} and "
                f"{cell.label!r} both give {cell.folder!r}; name the values of an axis: "
                "{name: value}."
            )
