"""Sentences that have nothing to do with materials, objects or defects.

A regulariser uses them: unrelated text must say nothing about the state. Subjects that evaluation
uses as unrelated prompts do not occur.
"""

from itertools import product

__all__ = ["nonsense_pairs"]

_ANIMALS = (
    "a horse", "a sheep", "an elephant", "a giraffe", "a penguin", "an owl", "a rabbit",
    "a dolphin", "a brown bear", "a flock of geese", "a squirrel", "a parrot", "a camel",
)  # fmt: skip
_ANIMAL_SCENES = (
    "in a green meadow", "near a river", "at sunset", "in the snow", "behind a fence",
    "drinking water", "looking at the camera",
)  # fmt: skip
_VEHICLES = (
    "a yellow bus", "a steam train", "a bicycle", "an airplane", "a fire engine", "a tractor",
    "a hot air balloon", "a motorcycle", "a ferry", "a helicopter", "a tram",
)  # fmt: skip
_VEHICLE_SCENES = (
    "waiting at the station", "in the mountains", "in heavy traffic", "on a sunny morning",
    "crossing a bridge", "in front of a hotel",
)  # fmt: skip
_PEOPLE = (
    "two children", "an old man", "a football team", "a street musician", "a woman with a hat",
    "three tourists", "a school class", "a young couple", "a wedding party",
)  # fmt: skip
_ACTIONS = (
    "dancing in the park", "reading a newspaper", "walking along the beach",
    "playing chess", "waiting for the rain to stop", "having breakfast outside",
)  # fmt: skip
_MEALS = (
    "a bowl of soup", "a birthday cake", "a bowl of rice with curry",
    "a cup of coffee", "a pizza with olives", "a jug of lemonade", "a breakfast tray",
)  # fmt: skip
_TABLES = (
    "on a restaurant table", "in a kitchen", "at a garden party", "next to a candlelit dinner",
    "served by a waiter",
)  # fmt: skip
_WEATHER = (
    "thick fog over the valley", "a thunderstorm above the sea", "a rainbow after the rain",
    "snow falling on the village", "a clear sky full of stars", "strong wind in the palm trees",
    "a quiet lake at dawn", "autumn in the forest", "a desert at noon", "waves on a rocky coast",
    "the skyline of a large city", "a castle on a hill", "fireworks at midnight",
    "a lighthouse in the evening", "a crowded market square", "an empty concert hall",
    "a field of sunflowers", "a waterfall in the jungle", "a narrow street with cafes",
    "a mountain hut in winter",
)  # fmt: skip


def nonsense_pairs() -> tuple[tuple[str, str], ...]:
    """Return pairs of unrelated sentences; a pair stands for a normal and an abnormal prompt."""
    sentences = [f"{who} {where}" for who, where in product(_ANIMALS, _ANIMAL_SCENES)]
    sentences += [f"{who} {where}" for who, where in product(_VEHICLES, _VEHICLE_SCENES)]
    sentences += [f"{who} {what}" for who, what in product(_PEOPLE, _ACTIONS)]
    sentences += [f"{what} {where}" for what, where in product(_MEALS, _TABLES)]
    sentences += _WEATHER
    sentences += [f"a photo of {scene}" for scene in _WEATHER]
    sentences += [f"a photo of {animal}" for animal in _ANIMALS]
    sentences += [f"a picture of {vehicle}" for vehicle in _VEHICLES]
    # A stride that shares no factor with the count pairs each with a distant one, once.
    count = len(sentences)
    stride = next(step for step in range(count // 3, count) if count % step)
    return tuple((text, sentences[(at + stride) % count]) for at, text in enumerate(sentences))
