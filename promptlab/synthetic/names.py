"""What captions call the categories, and the groups of categories that share a word.

Knows nothing of states; every name is a noun phrase that follows "a photo of a".
"""

from collections.abc import Mapping
from types import MappingProxyType

from promptlab.synthetic.catalogue import (
    CATEGORIES,
    ELECTRONICS,
    FASTENERS,
    FOOD,
    METALS,
    PLASTICS,
    STONES,
    TEXTILES,
)
from promptlab.synthetic.textures import TEXTURES

__all__ = ["CATEGORY_NAMES", "COLOUR_NAMES", "GENERIC_NAMES", "GROUPS"]

_NAMES: dict[str, str] = {
    "fabric": "fabric, woven fabric, cloth, textile, piece of cloth, fabric weave",
    "twill": "twill, denim, twill fabric, jeans fabric, textile",
    "knit": "knitted fabric, knitwear, wool knit",
    "leather": "leather, leather hide, grained leather, piece of leather",
    "wood": "wood, wooden board, wood plank, wooden surface, timber",
    "tile": "tile, ceramic tile, floor tile, stone tile, terrazzo tile",
    "mesh": "wire mesh, grid, metal grid, wire grid, lattice",
    "honeycomb": "honeycomb, honeycomb panel, hexagonal core",
    "carpet": "carpet, rug, carpet pile, woven carpet",
    "brushed": "brushed metal, brushed aluminium, brushed steel, metal surface",
    "steel": "steel sheet, steel plate, metal sheet, sheet metal, metal surface",
    "concrete": "concrete, concrete wall, cement surface, concrete pavement",
    "paper": "paper, sheet of paper, paper sheet",
    "cardboard": "cardboard, corrugated cardboard, carton",
    "plastic": "plastic, plastic sheet, plastic panel, plastic surface",
    "marble": "marble, marble slab, polished marble",
    "rubber": "rubber, rubber sheet, rubber mat",
    "sponge": "sponge, porous sponge, cleaning sponge",
    "perforated": "perforated metal, perforated sheet, punched metal plate",
    "painted": "painted surface, painted panel, lacquered panel, coated surface",
    "pattern": "printed pattern, patterned wallpaper, printed fabric, decorative pattern",
    "basket": "wicker, basket weave, rattan weave, wickerwork",
    "foam": "foam, polystyrene foam, styrofoam, foam board",
    "asphalt": "asphalt, road surface, gravel, tarmac",
    "brick": "brick wall, bricks, brickwork, masonry",
    "glass": "glass, glass pane, sheet of glass, glass surface",
    "ceramic": "ceramic, ceramic surface, ferrite tile, magnetic tile, ground ceramic",
    "solarcell": "solar cell, photovoltaic cell, solar panel cell, silicon cell",
    "hexnut": "hex nut, nut, metal nut, hexagonal nut, steel nut",
    "flangenut": "flange nut, metal nut, lobed nut, star-shaped nut",
    "washer": "washer, metal washer, flat washer, metal ring",
    "oring": "o-ring, seal ring, gasket, sealing ring",
    "gear": "gear, cog wheel, toothed wheel",
    "screw": "screw, metal screw, threaded screw, bolt, screw with a thread",
    "bolthead": "bolt head, screw head, bolt, machine screw head",
    "bottle": "bottle, glass bottle, bottle opening, bottle seen from above, bottle mouth",
    "capsule": "capsule, medicine capsule, gel capsule, drug capsule",
    "pill": "pill, tablet, medicine tablet, round pill",
    "cable": "cable, cable cross-section, electrical cable, cut cable with wires",
    "chip": "microchip, integrated circuit, IC chip, chip package",
    "transistor": "transistor, three-legged transistor, transistor on a board",
    "toothbrush": "toothbrush, toothbrush head, brush head with bristles",
    "zipper": "zipper, zip fastener, zipper teeth, zip",
    "pcb": "printed circuit board, circuit board, PCB, electronic board",
    "foodnut": "hazelnut, nut, hazelnut kernel, whole hazelnut",
    "cashew": "cashew, cashew nut, cashew kernel",
    "candle": "candle, tea light, wax candle",
    "button": "button, shirt button, sewing button",
    "coin": "coin, metal coin, token",
    "bearing": "ball bearing, bearing, roller bearing",
    "battery": "battery, battery cell, AA battery, round cell",
    "egg": "egg, chicken egg, eggshell",
    "cookie": "cookie, biscuit, chocolate chip cookie",
    "macaroni": "macaroni, pasta, elbow macaroni, piece of pasta",
    "fruit": "fruit, apple, round fruit, ripe fruit",
    "leaf": "leaf, tree leaf, plant leaf",
    "plate": "metal plate, metal bracket, mounting plate, plate with drilled holes",
    "pipe": "pipe, tube, round pipe, cylindrical tube",
    "cap": "bottle cap, plastic cap, ribbed cap, lid",
    "label": "label, printed label, sticker, paper label",
    "spring": "spring, coil spring, metal spring",
    "casting": "metal casting, cast part, cast metal part, casting",
    "tire": "tire, tyre, vehicle tire, tire with tread",
    "juicebottle": "juice bottle, bottle of juice, bottle with a label, bottle",
    "wrench": "wrench, spanner, metal wrench, hand tool",
    "key": "key, door key, metal key, house key",
    "blade": "blade, razor blade, cutting blade, knife blade, metal blade",
    "drillbit": "drill bit, drill, twist drill, metal drill bit",
    "nail": "nail, metal nail, iron nail, steel nail",
    "rivet": "rivet, metal rivet, blind rivet, pop rivet",
    "hinge": "hinge, door hinge, metal hinge, cabinet hinge",
    "hook": "hook, metal hook, hanging hook, steel hook",
    "spoon": "spoon, metal spoon, table spoon, piece of cutlery",
    "chainlink": "chain, metal chain, link of a chain, linked chain",
    "padlock": "padlock, lock, metal padlock, lock with a shackle",
    "impeller": "impeller, fan wheel, propeller, fan with blades, rotor",
    "connector": "connector, pin connector, electrical connector, plug connector",
    "cork": "cork, cork board, cork sheet, pressed cork, cork panel",
    "chipboard": "chipboard, particle board, oriented strand board, OSB board, wood chip board",
    "plywood": "plywood, plywood board, plywood sheet, laminated wood, veneer board",
    "bamboo": "bamboo, bamboo mat, bamboo panel, bamboo surface",
    "parquet": "parquet, parquet floor, wooden floor, hardwood floor, parquet flooring",
    "granite": "granite, granite slab, polished granite, granite countertop, speckled stone",
    "slate": "slate, slate slab, slate stone, natural slate, slate surface",
    "travertine": "travertine, travertine slab, travertine stone, porous limestone",
    "plaster": "plaster, plaster wall, stucco, rough render, plastered wall",
    "shingles": "shingle roof, roof shingles, shingles, roofing, roof covering",
    "cobblestone": "cobblestone pavement, cobblestones, paving stones, stone pavement, "
    "stone setts",  # codespell:ignore setts
    "turf": "artificial turf, artificial grass, synthetic grass, turf, grass carpet",
    "carbonfibre": "carbon fibre, carbon fiber, carbon fibre weave, carbon fibre laminate",
    "treadplate": "tread plate, checker plate, diamond plate, metal floor plate",
    "galvanised": "galvanised sheet, galvanized steel, zinc-coated sheet, zinc spangle surface",
    "corrugated": "corrugated metal sheet, corrugated iron, profiled roof sheet, ribbed metal",
    "grating": "metal grating, expanded metal, bar grating, steel grating",
    "heatsink": "heat sink, heatsink, cooling fins, finned heat sink",
    "wafer": "semiconductor wafer, silicon wafer, wafer with dies, processed wafer",
    "bubblewrap": "bubble wrap, bubble film, air bubble film, sheet of bubble wrap",
    "netting": "net, netting, rope net, nylon net, cord net",
    "corduroy": "corduroy, corduroy fabric, ribbed velvet, textile",
    "felt": "felt, fleece, wool felt, felt sheet",
    "burlap": "burlap, jute sacking, hessian, jute fabric, sackcloth",
    "potato": "potato, raw potato, potato tuber, spud",
    "carrot": "carrot, fresh carrot, orange root vegetable, carrot root",
    "bread": "slice of bread, bread, bread slice, sliced bread, piece of bread",
    "bean": "bean, coffee bean, roasted bean, kidney bean",
    "citrus": "citrus slice, orange slice, lemon slice, slice of orange, cut citrus fruit",
    "pretzel": "pretzel, salted pretzel, soft pretzel, baked pretzel",
    "chocolate": "chocolate bar, bar of chocolate, chocolate, slab of chocolate",
    "cup": "cup, mug, coffee cup, coffee mug, tea cup",
    "saucer": "saucer, dinner plate, crockery plate, porcelain plate, dish",
    "can": "tin can, can, food can, metal can, can lid",
    "soap": "bar of soap, soap, soap bar, piece of soap",
    "ball": "ball, golf ball, tennis ball, sports ball, ping-pong ball",
    "resistor": "resistor, axial resistor, resistor with colour bands, carbon film resistor",
    "capacitor": "capacitor, electrolytic capacitor, aluminium capacitor, capacitor can",
    "led": "light-emitting diode, LED, LED lamp, diode",
    "fuse": "fuse, glass fuse, glass tube fuse, cartridge fuse",
    "relay": "relay, electrical relay, power relay, relay module",
    "coil": "wire coil, inductor, copper coil, wound coil, coil of copper wire",
    "usbplug": "USB plug, USB connector, USB cable end, USB cable plug",
    "lightbulb": "light bulb, bulb, lamp bulb, electric bulb",
    "gauge": "dial gauge, gauge, dial, round dial, dial face",
    "lens": "lens, glass lens, optical lens, round lens",
    "syringe": "syringe, medical syringe, plastic syringe, injection syringe",
    "blisterpack": "blister pack, pill blister, blister of pills, tablet blister pack",
}

CATEGORY_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {category: tuple(_NAMES[category].split(", ")) for category in CATEGORIES}
)
"""Names of every category, held-out ones too; the first is the canonical one."""

GENERIC_NAMES = (
    "surface", "material", "object", "product", "part", "item", "sample", "piece", "specimen",
    "component", "workpiece",
)  # fmt: skip

COLOUR_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"grey": ("grey", "gray"), "black": ("black",), "beige": ("beige", "tan")}
)
"""Synonyms of colours; all others have only their own name."""


def _known(names: str) -> frozenset[str]:
    """Return the categories that exist, so that a word list may outlive the catalogue."""
    return frozenset(names.split()) & frozenset(CATEGORIES)


GROUPS: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = (
    (
        METALS,
        ("metal part", "metal object", "metallic part", "metal component", "piece of metal"),
    ),
    (TEXTILES, ("textile product", "woven material", "textile material", "soft goods")),
    (
        ELECTRONICS,
        ("electronic component", "electronic part", "electrical part", "electronic device"),
    ),
    (
        FOOD,
        ("food item", "food product", "piece of food", "edible item"),
    ),
    (
        FASTENERS,
        ("fastener", "hardware part", "machine element"),
    ),
    (
        _known("capsule pill blisterpack"),
        ("medicine", "pharmaceutical product", "drug", "medication"),
    ),
    (
        frozenset(TEXTURES),
        ("texture", "material surface", "textured surface", "flat surface", "surface texture"),
    ),
    (
        frozenset(CATEGORIES) - frozenset(TEXTURES),
        ("manufactured object", "single object", "small object", "individual item"),
    ),
    (
        STONES,
        ("building material", "construction material", "stone surface"),
    ),
    (
        PLASTICS,
        ("plastic part", "polymer part", "molded part"),
    ),
    (
        _known(
            "wood leaf fruit leather egg foodnut cashew cork plywood bamboo parquet potato carrot "
            "bean citrus"
        ),
        ("natural material", "organic material", "natural product"),
    ),
    (
        _known("fruit potato carrot citrus"),
        ("vegetable or fruit", "piece of produce", "fresh produce item"),
    ),
    (_known("cup saucer"), ("piece of crockery", "piece of tableware", "ceramic ware")),
    (_known("paper cardboard label"), ("paper product", "packaging material", "paper material")),
)
"""Groups of categories, held-out ones too, and the names they share."""
