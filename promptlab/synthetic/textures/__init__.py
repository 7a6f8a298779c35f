"""Pictures of flat materials: ``TEXTURES`` maps a category to its renderer."""

from collections.abc import Mapping
from types import MappingProxyType

from promptlab.synthetic.canvas import Renderer
from promptlab.synthetic.textures.building import BUILDING
from promptlab.synthetic.textures.metallic import METALLIC
from promptlab.synthetic.textures.mineral import MINERAL
from promptlab.synthetic.textures.organic import ORGANIC
from promptlab.synthetic.textures.technical import TECHNICAL
from promptlab.synthetic.textures.woven import WOVEN

__all__ = ["TEXTURES"]

TEXTURES: Mapping[str, Renderer] = MappingProxyType(
    {
        **WOVEN,
        **ORGANIC,
        **METALLIC,
        **MINERAL,
        **BUILDING,
        **TECHNICAL,
    }
)
