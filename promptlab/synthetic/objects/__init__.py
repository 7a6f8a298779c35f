"""Pictures of single objects on a background: ``OBJECTS`` maps a category to its renderer."""

from collections.abc import Mapping
from types import MappingProxyType

from promptlab.synthetic.canvas import Renderer
from promptlab.synthetic.objects.balls import BALLS
from promptlab.synthetic.objects.components import COMPONENTS
from promptlab.synthetic.objects.devices import DEVICES
from promptlab.synthetic.objects.electronics import ELECTRONICS
from promptlab.synthetic.objects.fasteners import FASTENERS
from promptlab.synthetic.objects.fittings import FITTINGS
from promptlab.synthetic.objects.food import FOOD
from promptlab.synthetic.objects.groceries import GROCERIES
from promptlab.synthetic.objects.homeware import HOMEWARE
from promptlab.synthetic.objects.machined import MACHINED
from promptlab.synthetic.objects.medical import MEDICAL
from promptlab.synthetic.objects.metalware import METALWARE
from promptlab.synthetic.objects.packaged import PACKAGED
from promptlab.synthetic.objects.tools import TOOLS

__all__ = ["OBJECTS", "WIDE_OBJECTS"]

WIDE_OBJECTS: Mapping[str, Renderer] = MappingProxyType(
    {
        **TOOLS,
        **FITTINGS,
        **METALWARE,
        **GROCERIES,
        **HOMEWARE,
        **BALLS,
        **COMPONENTS,
        **DEVICES,
        **MEDICAL,
    }
)
"""Those that only training uses, see ``catalogue.WIDE``."""

# The order counts: seeded draws choose among the names.
OBJECTS: Mapping[str, Renderer] = MappingProxyType(
    {
        **FASTENERS,
        **ELECTRONICS,
        **MACHINED,
        **FOOD,
        **PACKAGED,
        **WIDE_OBJECTS,
    }
)
