"""Slabs of natural stone."""

import math
from collections.abc import Mapping

import cv2
import numpy as np

from promptlab.synthetic.canvas import Rendered, Renderer, Size, blend, coordinates, smooth_noise
from promptlab.synthetic.fields import (
    Dyes,
    cells,
    choose,
    dyed,
    fraction,
    glow,
    grain,
    hillshade,
    per_index,
    ramp,
    sampled,
    shade,
    solid,
    spread,
    streaks,
    tinted,
    unit,
    warped,
)

__all__ = ["STONES"]

_GRANITES: Dyes = (
    ("grey", (150.0, 150.0, 150.0)),
    ("white", (206.0, 204.0, 198.0)),
    ("black", (52.0, 52.0, 55.0)),
    ("pink", (186.0, 140.0, 126.0)),
    ("beige", (196.0, 174.0, 142.0)),
    ("brown", (124.0, 88.0, 72.0)),
)
_SLATES: Dyes = (
    ("grey", (98.0, 102.0, 108.0)),
    ("black", (54.0, 57.0, 62.0)),
    ("blue", (76.0, 90.0, 112.0)),
    ("green", (92.0, 106.0, 94.0)),
    ("purple", (102.0, 86.0, 98.0)),
    ("brown", (122.0, 98.0, 78.0)),
)
_TRAVERTINES: Dyes = (
    ("beige", (214.0, 194.0, 160.0)),
    ("beige", (226.0, 212.0, 188.0)),
    ("white", (226.0, 222.0, 212.0)),
    ("brown", (164.0, 128.0, 94.0)),
    ("grey", (172.0, 166.0, 158.0)),
)


def granite(rng: np.random.Generator, size: Size) -> Rendered:
    """Render granite: interlocked grains of feldspar, grey quartz and clustered black mica."""
    u = unit(size)
    name, base = dyed(rng, _GRANITES)
    across = rng.uniform(34, 95)
    fine, _ = cells(rng, size, across, jitter=1.0)
    coarse, _ = cells(rng, size, across * rng.uniform(0.25, 0.5), jitter=1.0)
    value = per_index(rng, fine.astype(np.float32))
    cluster = smooth_noise(rng, size, cells=(6, 18, 40), decay=0.8)
    crystal = per_index(rng, coarse.astype(np.float32)) > rng.uniform(0.3, 1.6)
    tone = 1 + value * np.float32(rng.uniform(0.05, 0.12))
    picture = shade(base, tone)
    quartz = tinted(rng, np.clip(base.mean() * rng.uniform(0.6, 1.2) + 12, 40, 215), tint=3)
    picture = blend(picture, quartz, (np.sin(value * 9) > rng.uniform(0.1, 0.7)).astype(np.float32))
    pale = np.clip(base * np.float32(1.18) + 12, 0, 250)
    picture = blend(picture, shade(pale, tone), crystal * np.float32(0.85))
    mica = (value + np.float32(rng.uniform(0.4, 1.0)) * cluster) > rng.uniform(0.9, 1.9)
    flake = tinted(rng, rng.uniform(22, 60)) if base.mean() > 80 else tinted(rng, 135.0)
    picture = blend(picture, flake, mica * np.float32(0.9))
    picture = warped(rng, picture, cells=(int(across * 1.4),), amount=0.22 * min(size) / across)
    picture = cv2.GaussianBlur(picture, (0, 0), max(0.5, 0.55 * u))
    gloss = glow(rng, size, widths=(0.15, 0.5)) * np.float32(max(0.0, rng.uniform(-25, 30)))
    return solid(
        shade(picture, grain(rng, size, sigma=0.0, strength=0.03)) + gloss[..., None], name
    )


def slate(rng: np.random.Generator, size: Size) -> Rendered:
    """Render slate: split layers with low terraces, or a finer cleft, in dark mineral tints."""
    u = unit(size)
    name, base = dyed(rng, _SLATES)
    light_from = rng.uniform(0, 2 * math.pi)
    angle = rng.uniform(0, math.pi)
    x, y = coordinates(size, angle=angle, centre=(size[1] / 2, size[0] / 2))
    rough = smooth_noise(rng, size, cells=(2, 4, 9, 20, 45), decay=0.58)
    # Zoomed so far that the turned picture stays within the noise: mirrored layers would show.
    zoom = abs(math.cos(angle)) + max(size) / min(size) * abs(math.sin(angle))
    x, y = x * np.float32(rng.uniform(0.35, 1) / zoom), y / np.float32(zoom)
    stretched = sampled(rough, x + size[1] / 2, y + size[0] / 2)
    step = np.float32(rng.uniform(0.35, 0.9))
    stair = stretched / step
    # Flat treads with short risers between: the layers in which slate splits.
    riser = np.clip((fraction(stair) - np.float32(0.86)) / np.float32(0.14), 0, 1)
    height = (np.floor(stair) + riser) * np.float32(rng.uniform(0.5, 1.7) * u)
    height = cv2.GaussianBlur(height.astype(np.float32), (0, 0), max(0.6, 0.7 * u))
    fine = smooth_noise(rng, size, cells=(18, 45, 90), decay=0.8)
    height = height + fine * np.float32(rng.uniform(0.2, 0.5) * u)
    height = height + stretched * np.float32(2.5 * u)
    light = hillshade(height, gain=rng.uniform(0.35, 0.8), light=light_from)
    tone = per_index(rng, np.floor(stair), sigma=0.04) + np.float32(0.05) * stretched
    picture = shade(base, light + tone)
    if rng.random() < 0.35:
        # Iron and clay tint whole zones of a slab, with no outline that a stain would have.
        zone = spread(smooth_noise(rng, size, cells=(1, 2)) + stretched) * np.float32(0.4)
        picture = blend(picture, shade(dyed(rng, _SLATES)[1], light + tone), zone)
    return solid(shade(picture, grain(rng, size, sigma=0.4, strength=0.035)), name)


def travertine(rng: np.random.Generator, size: Size) -> Rendered:
    """Render travertine: wavy layers or clouds, with long pores that are open or filled."""
    u = unit(size)
    name, base = dyed(rng, _TRAVERTINES)
    layered = rng.random() < 0.7
    x, y = coordinates(size, angle=choose(rng, (0.0, 0.0, math.pi / 2)) + rng.normal(0, 0.08))
    bend = smooth_noise(rng, size, cells=(1, 3, 8, 20), decay=0.45)
    y = y + bend * np.float32(rng.uniform(2, 9) * u) + size[0]
    x = x + size[1]
    bands = streaks(rng, size, length=350 * u, width=rng.uniform(7, 20) * u, upright=False)
    bands += np.float32(0.6) * streaks(rng, size, length=160 * u, width=2.5 * u, upright=False)
    layers = sampled(bands, x, y)
    cloud = smooth_noise(rng, size, cells=(3, 7, 16, 40), decay=0.7)
    share = np.float32(rng.uniform(0.7, 1.0) if layered else rng.uniform(0, 0.25))
    figure = share * layers + (1 - share) * cloud
    light = 1 + np.float32(rng.uniform(0.03, 0.075)) * figure
    warm = base * np.asarray([0.86, 0.74, 0.58], np.float32)
    picture = shade(ramp(base, warm, np.clip(figure * np.float32(0.35), 0, 0.7)), light)
    long = rng.uniform(7, 20) if layered else rng.uniform(4, 8)
    spots = streaks(rng, size, length=long * u, width=rng.uniform(2.5, 4.5) * u, upright=False)
    where = sampled(spots, x, y) + np.float32(0.5) * layers
    pores = np.clip((where - np.float32(rng.uniform(1.7, 2.6))) * 3, 0, 1)
    pores = cv2.GaussianBlur(pores, (0, 0), max(0.5, 0.5 * u))
    if rng.random() < 0.6:
        picture = shade(picture, hillshade(-pores * np.float32(3 * u), gain=0.5, light=math.pi / 2))
        picture = blend(picture, base * np.float32(rng.uniform(0.3, 0.6)), pores * 0.85)
    else:
        picture = blend(picture, base * np.float32(rng.uniform(0.86, 1.06)), pores * 0.8)
    return solid(shade(picture, grain(rng, size, sigma=0.5, strength=0.02)), name)


STONES: Mapping[str, Renderer] = {
    "granite": granite,
    "slate": slate,
    "travertine": travertine,
}
