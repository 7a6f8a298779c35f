"""What parts are made of: bare, plated and painted metal, plastic, tinted glass."""

from collections.abc import Sequence

import numpy as np

from promptlab.synthetic.canvas import RGB, Colour, Number, Picture, blend, coordinates, pick_colour
from promptlab.synthetic.fields import choose, grain, shade, tinted
from promptlab.synthetic.objects.scene import Scene
from promptlab.synthetic.textures import TEXTURES

__all__ = [
    "CLEAR",
    "GOLD",
    "coated",
    "ground_level",
    "inky",
    "metal",
    "moulded",
    "plain_steel",
    "plated",
    "tinned",
    "tinted_glass",
]

GOLD = np.asarray([206, 168, 88], np.float32)
CLEAR: RGB = (206.0, 214.0, 216.0)


def metal(scene: Scene) -> tuple[str, Picture]:
    """Return the colour name and surface of a metal part."""
    rng, size = scene.rng, scene.size
    rendered = TEXTURES[choose(rng, ("brushed", "steel", "steel"))](rng, size)
    picture = rendered.picture
    x, _ = coordinates(size, angle=rng.uniform(0, 6.283), centre=(size[1] / 2, size[0] / 2))
    picture = shade(picture, 1 + np.float32(rng.uniform(0, 0.5) / min(size)) * x)
    name = rendered.colour
    if name == "grey" and rng.random() < 0.15:
        name, picture = "yellow", picture * np.asarray([1.18, 0.98, 0.58], np.float32)
    return name, scene.distinct(picture)


def moulded(scene: Scene, names: Sequence[str] | None = None) -> tuple[str, Picture]:
    """Return the colour name and surface of a part of plastic, lacquer or another smooth stuff."""
    name, colour = pick_colour(scene.rng, names)
    noise = grain(scene.rng, scene.size, sigma=0.8, strength=scene.rng.uniform(0.005, 0.035))
    return name, scene.distinct(shade(colour, noise))


def coated(
    scene: Scene,
    names: Sequence[str] | None = ("black", "white", "red", "blue"),
    *,
    painted: float = 0.15,
) -> tuple[str, Picture]:
    """Return the colour name and surface of a part of bare metal or, at times, painted metal."""
    return moulded(scene, names) if scene.rng.random() < painted else metal(scene)


def plain_steel(scene: Scene) -> Picture:
    """Return even steel, which costs less than a textured one, for the small parts."""
    level = tinted(scene.rng, scene.rng.uniform(60, 210))
    return shade(level, np.ones(scene.size, np.float32))


def ground_level(scene: Scene) -> float:
    """Return about how bright the background is."""
    return float(scene.behind[::4, ::4].mean())


def tinned(scene: Scene) -> Colour:
    """Return the colour of bare wire and contacts, apart from the background."""
    ground, level = ground_level(scene), scene.rng.uniform(120, 215)
    if abs(level - ground) < 30:
        level = ground + 45 if ground < 150 else ground - 60
    return tinted(scene.rng, level)


def plated(scene: Scene) -> tuple[str, Picture | Colour]:
    """Return the colour name and surface of a metal part, often a plain one."""
    return metal(scene) if scene.rng.random() < 0.4 else ("grey", tinned(scene))


def inky(scene: Scene) -> Colour:
    """Return the grey of a thin wire that shows through glass before the background."""
    return tinted(scene.rng, 215 if ground_level(scene) < 100 else 55)


def tinted_glass(scene: Scene, tint: Colour | RGB, density: Number) -> Picture:
    """Return the background seen through tinted glass; density 1 is opaque."""
    return blend(scene.behind, tint, np.full(scene.size, density, np.float32))
