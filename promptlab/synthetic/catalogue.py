"""The names of all categories, their groups, and rendering by name."""

import numpy as np

from promptlab.errors import ConfigError, suggest
from promptlab.synthetic.canvas import Rendered, Size
from promptlab.synthetic.objects import OBJECTS
from promptlab.synthetic.textures import TEXTURES

__all__ = [
    "CATEGORIES",
    "CORE",
    "ELECTRONICS",
    "FASTENERS",
    "FOOD",
    "HELD_OUT",
    "METALS",
    "PACKAGING",
    "PLASTICS",
    "SOFT",
    "STONES",
    "TEXTILES",
    "WIDE",
    "render",
]

CATEGORIES: tuple[str, ...] = (*TEXTURES, *OBJECTS)

WIDE: frozenset[str] = frozenset()
"""Categories that only training uses: they are there to make it meet more kinds of things."""

CORE: frozenset[str] = frozenset(CATEGORIES) - WIDE
"""The categories of every other use: evaluation, and the materials of other pictures."""

# Never used in training, so that generalisation to unseen categories can be measured.
HELD_OUT = frozenset(
    [
        "gear",
        "marble",
        "cardboard",
        "button",
        "cookie",
        "honeycomb",
        "toothbrush",
        "knit",
        "bearing",
        "rubber",
    ]
)

FASTENERS = frozenset(
    [
        "hexnut",
        "flangenut",
        "nail",
        "rivet",
        "washer",
        "screw",
        "bolthead",
    ]
)
METALS = FASTENERS | frozenset(
    [
        "brushed",
        "steel",
        "perforated",
        "mesh",
        "wrench",
        "key",
        "blade",
        "drillbit",
        "hinge",
        "hook",
        "spoon",
        "chainlink",
        "padlock",
        "impeller",
        "gear",
        "spring",
        "bearing",
        "coin",
        "plate",
        "pipe",
        "casting",
        "treadplate",
        "galvanised",
        "corrugated",
        "grating",
        "heatsink",
        "can",
    ]
)
TEXTILES = frozenset(["fabric", "twill", "knit", "carpet", "basket", "zipper"]) | frozenset(
    ["corduroy", "felt", "burlap", "netting"]
)
SOFT = TEXTILES | frozenset(
    [
        "turf",
        "leather",
        "paper",
        "cardboard",
        "sponge",
        "foam",
        "rubber",
        "pattern",
        "label",
        "leaf",
        "oring",
        "tire",
        "bubblewrap",
    ]
)
STONES = frozenset(["tile", "concrete", "marble", "asphalt", "brick", "ceramic"]) | frozenset(
    ["granite", "slate", "travertine", "plaster", "shingles", "cobblestone"]
)
PLASTICS = frozenset(
    ["plastic", "painted", "rubber", "foam", "sponge", "cap", "button", "connector", "oring"]
) | frozenset(["bubblewrap"])
ELECTRONICS = frozenset(["cable", "chip", "transistor", "pcb", "connector", "battery", "solarcell"])
ELECTRONICS |= frozenset(["heatsink", "wafer"])
FOOD = frozenset(["foodnut", "cashew", "egg", "cookie", "macaroni", "fruit"])
PACKAGING = frozenset(["bottle", "juicebottle", "cap", "label", "capsule", "pill", "candle"])
PACKAGING |= frozenset(["bubblewrap", "burlap"])
FOOD = frozenset(["foodnut", "cashew", "egg", "cookie", "macaroni", "fruit"]) | frozenset(
    ["potato", "carrot", "bread", "bean", "citrus", "pretzel", "chocolate"]
)
PACKAGING = frozenset(
    ["bottle", "juicebottle", "cap", "label", "capsule", "pill", "candle"]
) | frozenset(["can"])


def render(category: str, rng: np.random.Generator, size: Size) -> Rendered:
    """Render a normal picture of ``category``.

    Raises:
        ConfigError: The category is unknown.
    """
    renderer = TEXTURES.get(category) or OBJECTS.get(category)
    if renderer is None:
        raise ConfigError(
            f"category must be one of the generator's; got {category!r}; "
            f"{suggest(category, CATEGORIES)}"
        )
    return renderer(rng, size)
