"""The names of all categories, their groups, and rendering by name."""

import numpy as np

from promptlab.errors import ConfigError, suggest
from promptlab.synthetic.canvas import Rendered, Size
from promptlab.synthetic.objects import OBJECTS, WIDE_OBJECTS
from promptlab.synthetic.textures import TEXTURES, WIDE_TEXTURES

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


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CATEGORIES: tuple[str, ...] = (*TEXTURES, *OBJECTS)

WIDE = frozenset([*WIDE_TEXTURES, *WIDE_OBJECTS])
"""Categories that only training uses: they are there to make it meet more kinds of things."""

CORE = frozenset(CATEGORIES) - WIDE
"""The categories of every other use: evaluation, and the materials of other pictures."""

# Never used in training, so that generalisation to unseen categories can be measured.
HELD_OUT = _words("gear marble cardboard button cookie honeycomb toothbrush knit bearing rubber")

FASTENERS = _words("hexnut flangenut washer screw bolthead nail rivet")
METALS = FASTENERS | _words(
    "brushed steel perforated mesh gear spring bearing coin plate pipe casting "
    "treadplate galvanised corrugated grating heatsink "
    "wrench key blade drillbit hinge hook spoon chainlink padlock impeller can"
)
TEXTILES = _words("fabric twill knit carpet basket zipper corduroy felt burlap netting")
SOFT = TEXTILES | _words(
    "leather paper cardboard sponge foam rubber pattern label leaf oring tire turf bubblewrap"
)
STONES = _words(
    "tile concrete marble asphalt brick ceramic "
    "granite slate travertine plaster shingles cobblestone"
)
PLASTICS = _words(
    "plastic painted rubber foam sponge cap button connector oring bubblewrap syringe"
)
ELECTRONICS = _words(
    "cable chip transistor pcb connector battery solarcell heatsink wafer "
    "resistor capacitor led fuse relay coil usbplug"
)
FOOD = _words(
    "foodnut cashew egg cookie macaroni fruit potato carrot bread bean citrus pretzel chocolate"
)
PACKAGING = _words(
    "bottle juicebottle cap label capsule pill candle bubblewrap burlap can blisterpack"
)


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
