"""The names of all categories, their groups, and rendering by name."""

import numpy as np

from promptlab.errors import ConfigError, suggest
from promptlab.synthetic.canvas import Rendered, Size
from promptlab.synthetic.objects import OBJECTS
from promptlab.synthetic.textures import TEXTURES

__all__ = [
    "CATEGORIES",
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
    "render",
]

CATEGORIES: tuple[str, ...] = (*TEXTURES, *OBJECTS)

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

FASTENERS = frozenset(["hexnut", "flangenut", "washer", "screw", "bolthead"])
METALS = FASTENERS | frozenset(
    [
        "brushed",
        "steel",
        "perforated",
        "mesh",
        "gear",
        "spring",
        "bearing",
        "coin",
        "plate",
        "pipe",
        "casting",
    ]
)
TEXTILES = frozenset(["fabric", "twill", "knit", "carpet", "basket", "zipper"])
SOFT = TEXTILES | frozenset(
    [
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
    ]
)
STONES = frozenset(["tile", "concrete", "marble", "asphalt", "brick", "ceramic"])
PLASTICS = frozenset(
    ["plastic", "painted", "rubber", "foam", "sponge", "cap", "button", "connector", "oring"]
)
PLASTICS |= frozenset(["syringe"])
ELECTRONICS = frozenset(["cable", "chip", "transistor", "pcb", "connector", "battery", "solarcell"])
ELECTRONICS |= frozenset(["resistor", "capacitor", "led", "fuse", "relay", "coil", "usbplug"])
FOOD = frozenset(["foodnut", "cashew", "egg", "cookie", "macaroni", "fruit"])
PACKAGING = frozenset(["bottle", "juicebottle", "cap", "label", "capsule", "pill", "candle"])
PACKAGING |= frozenset(["blisterpack"])


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
