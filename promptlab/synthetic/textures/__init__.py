"""Pictures of flat materials: ``TEXTURES`` maps a category to its renderer."""

from collections.abc import Mapping
from types import MappingProxyType

from promptlab.synthetic.canvas import Renderer
from promptlab.synthetic.textures.boards import BOARDS
from promptlab.synthetic.textures.cloths import CLOTHS
from promptlab.synthetic.textures.metallic import METALLIC
from promptlab.synthetic.textures.mineral import MINERAL
from promptlab.synthetic.textures.organic import ORGANIC
from promptlab.synthetic.textures.outdoor import OUTDOOR
from promptlab.synthetic.textures.sheets import SHEETS
from promptlab.synthetic.textures.stones import STONES
from promptlab.synthetic.textures.woven import WOVEN

__all__ = ["TEXTURES", "WIDE_TEXTURES"]

WIDE_TEXTURES: Mapping[str, Renderer] = MappingProxyType(
    {
        **BOARDS,
        **STONES,
        **OUTDOOR,
        **SHEETS,
        **CLOTHS,
    }
)
"""Those that only training uses, see ``catalogue.WIDE``."""

# The order counts: seeded draws choose among the names.
TEXTURES: Mapping[str, Renderer] = MappingProxyType(
    {
        **WOVEN,
        **ORGANIC,
        **METALLIC,
        **MINERAL,
        **WIDE_TEXTURES,
    }
)
