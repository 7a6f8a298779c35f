"""Pictures of single objects on a background: ``OBJECTS`` maps a category to its renderer."""

from collections.abc import Mapping
from types import MappingProxyType

from promptlab.synthetic.canvas import Renderer
from promptlab.synthetic.objects.components import COMPONENTS
from promptlab.synthetic.objects.electronics import ELECTRONICS
from promptlab.synthetic.objects.fasteners import FASTENERS
from promptlab.synthetic.objects.food import FOOD
from promptlab.synthetic.objects.hardware import HARDWARE
from promptlab.synthetic.objects.household import HOUSEHOLD
from promptlab.synthetic.objects.machined import MACHINED
from promptlab.synthetic.objects.packaged import PACKAGED

__all__ = ["OBJECTS"]

OBJECTS: Mapping[str, Renderer] = MappingProxyType(
    {
        **FASTENERS,
        **ELECTRONICS,
        **MACHINED,
        **FOOD,
        **PACKAGED,
        **HARDWARE,
        **HOUSEHOLD,
        **COMPONENTS,
    }
)
