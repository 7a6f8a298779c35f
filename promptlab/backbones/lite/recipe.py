"""The recipe of the weights as values: read from YAML, unknown keys refused, digested."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

import yaml

from promptlab.backbones.lite.tower import TowerConfig
from promptlab.errors import ConfigError, suggest
from promptlab.files import digest_bytes
from promptlab.synthetic.catalogue import CORE, HELD_OUT, WIDE
from promptlab.types import Size

__all__ = [
    "POOLS",
    "DataRecipe",
    "LossWeights",
    "Recipe",
    "ShardShare",
    "TrainingRecipe",
    "read_recipe",
]


POOLS: Mapping[str, frozenset[str]] = MappingProxyType({"core": CORE, "wide": WIDE})
"""Categories by the name that a recipe calls them by."""


@dataclass(frozen=True)
class ShardShare:
    """A share of the training shards: which categories they show, at what image size."""

    categories: str
    """``core`` or ``wide``, see ``promptlab.synthetic.catalogue``."""
    size: Size
    share: float

    def __post_init__(self) -> None:
        if self.categories not in POOLS:
            raise ConfigError(
                f"recipe.data.shards: categories must be one of {', '.join(POOLS)}, but got "
                f"{self.categories!r}; {suggest(self.categories, POOLS)}"
            )


@dataclass(frozen=True)
class DataRecipe:
    """How many images are generated, and at what sizes."""

    training_pairs: int
    validation_pairs: int
    held_out_pairs: int
    fit_pairs: int
    shard_pairs: int
    captions: int
    """At most this many, drawn from all that the generator makes."""
    shards: tuple[ShardShare, ...]
    """The first one's size is also that of the images to evaluate on."""


@dataclass(frozen=True)
class LossWeights:
    """Weights of the losses beside the sigmoid loss, which has weight one."""

    type: float
    image_state: float
    patch_state: float
    window_state: float
    kind: float
    region_type: float
    region_kind: float
    category: float
    neutral: float
    drift: float


@dataclass(frozen=True)
class TrainingRecipe:
    """How the tower and text head are fitted."""

    steps: int
    batch_pairs: int
    matrix_rate: float
    """Highest learning rate of Muon, which fits the weight matrices."""
    learning_rate: float
    """Highest learning rate of AdamW, which fits what is not a matrix."""
    warm_up: int
    weight_decay: float
    average_from: float
    channel_dropout: float
    text_noise: float
    captions_per_image: int
    smallest_view: float
    """Least share of the rows, and of the columns, that a training view keeps."""
    weights: LossWeights
    late_from: int
    """The step from which `late_weights` hold: neutrality needs categories to be known first."""
    late_weights: LossWeights


@dataclass(frozen=True)
class Recipe:
    """All that decides the weights."""

    seed: int
    data: DataRecipe
    training: TrainingRecipe
    model: TowerConfig = field(default_factory=TowerConfig)

    @property
    def categories(self) -> frozenset[str]:
        """All that training shows."""
        pools = (POOLS[share.categories] for share in self.data.shards)
        return frozenset().union(*pools) - HELD_OUT

    @property
    def data_digest(self) -> str:
        """SHA-256 over what decides a shard of a given number; more shards keep the old ones."""
        data = self.data
        return _digest([self.seed, data.fit_pairs, data.shard_pairs, self.model.components])

    @property
    def digest(self) -> str:
        """SHA-256 over the whole recipe."""
        return _digest(asdict(self))


def read_recipe(path: Path | None = None) -> Recipe:
    """Read a recipe file, by default the one the packaged weights were made with."""
    packaged = files("promptlab.backbones.lite") / "recipe.yaml"
    text = path.read_text(encoding="utf-8") if path else packaged.read_text(encoding="utf-8")
    recipe: Recipe = _build(Recipe, yaml.safe_load(text), "recipe")
    return recipe


def _build(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - any recipe type
    """Make a (nested) dataclass from a mapping."""
    if not is_dataclass(kind):
        return _convert(kind, value, where)
    if not isinstance(value, dict):
        raise ConfigError(f"{where} must be a mapping, but got {value!r}; see recipe.yaml.")
    names = [each.name for each in fields(kind)]
    for name in value:
        if name not in names:
            raise ConfigError(f"unknown key {where}.{name}; {suggest(str(name), names)}")
    hints = get_type_hints(kind)
    made = {name: _build(hints[name], entry, f"{where}.{name}") for name, entry in value.items()}
    required = (
        each.name
        for each in fields(kind)
        if each.default is MISSING and each.default_factory is MISSING
    )
    if lacking := [name for name in required if name not in value]:
        raise ConfigError(f"{where} lacks {', '.join(lacking)}; see recipe.yaml for an example.")
    return kind(**made)  # type: ignore[operator]


def _convert(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - any recipe type
    if kind == tuple[ShardShare, ...]:
        return tuple(_build(ShardShare, each, where) for each in value)
    if kind == Size:
        return tuple(int(side) for side in value)
    if kind is str:
        return str(value)
    # YAML reads 1.5e-3 as text when the mantissa has no dot or the exponent no sign.
    return float(value) if kind is float else int(value)


def _digest(content: object) -> str:
    return digest_bytes(json.dumps(content, sort_keys=True).encode())
