"""What every aligner must do, as checks that a plug-in's author can run too.

    >>> from aligners.patch import PatchAligner
    >>> for check in CHECKS:
    ...     check(PatchAligner)

Each check takes the class, builds it with its defaults and raises AssertionError on a breach.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import normalize
from torch.testing import assert_close

from aligners.base import Aligner, LocalFeatures, Requirements, WindowEmbeddings, join_maps
from aligners.windows import square_windows

__all__ = ["CHECKS", "anomaly_map", "example_features", "permute_images", "permute_patches"]


def example_features(
    requires: Requirements,
    *,
    batch: int = 3,
    grid: tuple[int, int] = (4, 5),
    channel: int = 12,
    dim: int = 8,
) -> LocalFeatures:
    """Return random features, the same at every call, that meet the requirements."""
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator)

    patches = grid[0] * grid[1]
    layouts = [
        (side, square_windows(grid, side, stride=requires.window_stride).members)
        for side in requires.window_sides
    ]
    return LocalFeatures(
        grid=grid,
        global_embedding=draw(batch, dim),
        patch_tokens=draw(batch, patches, channel) + draw(batch, 1, channel),
        projection=draw(dim, channel),
        value_tokens=draw(batch, patches, channel) if requires.value_tokens else None,
        windows=tuple(
            WindowEmbeddings(side, members, draw(batch, len(members), dim))
            for side, members in layouts
        ),
        other_tokens={kind: draw(batch, patches, channel) for kind in requires.tokens},
    )


def permute_images(features: LocalFeatures, order: Int[Tensor, " batch"]) -> LocalFeatures:
    """Return the features of the same images in another order (or of some of them)."""
    value = features.value_tokens
    return replace(
        features,
        global_embedding=features.global_embedding[order],
        patch_tokens=features.patch_tokens[order],
        value_tokens=None if value is None else value[order],
        windows=tuple(replace(w, embeddings=w.embeddings[order]) for w in features.windows),
        other_tokens={kind: tokens[order] for kind, tokens in features.other_tokens.items()},
    )


def permute_patches(features: LocalFeatures, order: Int[Tensor, " patch"]) -> LocalFeatures:
    """Return the features with renumbered patches; windows keep the patches they have."""
    value = features.value_tokens
    return replace(
        features,
        patch_tokens=features.patch_tokens[:, order],
        value_tokens=None if value is None else value[:, order],
        windows=tuple(replace(w, members=w.members[:, order]) for w in features.windows),
        other_tokens={kind: tokens[:, order] for kind, tokens in features.other_tokens.items()},
    )


def anomaly_map(aligner: Aligner, features: LocalFeatures) -> Float[Tensor, "batch patch"]:
    """Return the joined map of all views, scored against one fixed text direction."""
    text = torch.linspace(-1, 1, features.projection.shape[0])
    views = aligner.align(features)
    maps = [v.to_map(normalize(v.embeddings, dim=-1) @ text / text.norm() / 2 + 0.5) for v in views]
    return join_maps(views, maps)


def check_documented(cls: type[Aligner]) -> None:
    """The class says what it does."""
    if not (cls.__doc__ or "").strip() or (cls.__doc__ or "").startswith(f"{cls.__name__}("):
        raise AssertionError(f"{cls.__name__} must have a docstring, but has none; write one line.")


def check_configuration(cls: type[Aligner]) -> None:
    """The class is a frozen dataclass that its own field values rebuild."""
    aligner = cls()
    if not (is_dataclass(aligner) and type(aligner).__dataclass_params__.frozen):
        raise AssertionError(f"{cls.__name__} must be a frozen dataclass; decorate it as one.")
    again = cls(**{field.name: getattr(aligner, field.name) for field in fields(aligner)})
    if again != aligner:
        raise AssertionError(f"{again} must equal {aligner}, of whose values it was made.")


def check_shapes(cls: type[Aligner]) -> None:
    """Every view has the joint space's dimension; the map is finite and has one value per patch."""
    aligner = cls()
    features = example_features(aligner.requires)
    for view in aligner.align(features):
        places = features.patch_tokens.shape[1] if view.members is None else len(view.members)
        expected = (3, places, features.projection.shape[0])
        if view.embeddings.shape != expected:
            raise AssertionError(f"a view must be {expected}, but is {view.embeddings.shape}.")
    found = anomaly_map(aligner, features)
    if found.shape != features.patch_tokens.shape[:2] or not found.isfinite().all():
        raise AssertionError(f"the map must be finite, one value per patch, but got {found}.")


def check_deterministic(cls: type[Aligner]) -> None:
    """The same features give the same map, bit for bit."""
    features = example_features(cls().requires)
    assert_close(anomaly_map(cls(), features), anomaly_map(cls(), features), rtol=0, atol=0)


def check_inputs_kept(cls: type[Aligner]) -> None:
    """Nothing is written into the features."""
    features, untouched = example_features(cls().requires), example_features(cls().requires)
    cls().align(features)
    for name in ("global_embedding", "patch_tokens", "projection", "value_tokens"):
        if getattr(untouched, name) is not None:
            assert_close(getattr(features, name), getattr(untouched, name), rtol=0, atol=0)
    for kind, tokens in features.other_tokens.items():
        assert_close(tokens, untouched.other_tokens[kind], rtol=0, atol=0)
    for windows, before in zip(features.windows, untouched.windows, strict=True):
        assert_close(windows.embeddings, before.embeddings, rtol=0, atol=0)
        assert_close(windows.members, before.members)


def check_images_independent(cls: type[Aligner]) -> None:
    """An image's map does not depend on the others of its batch, or on their order."""
    features, order = example_features(cls().requires), torch.tensor([2, 0])
    found = anomaly_map(cls(), permute_images(features, order))
    assert_close(found, anomaly_map(cls(), features)[order], rtol=0, atol=1e-5)


def check_patches_unordered(cls: type[Aligner]) -> None:
    """Renumbering the patches renumbers the map."""
    features = example_features(cls().requires)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(1))
    found = anomaly_map(cls(), permute_patches(features, order))
    assert_close(found, anomaly_map(cls(), features)[:, order], rtol=0, atol=1e-5)


CHECKS: Final[tuple[Callable[[type[Aligner]], None], ...]] = (
    check_documented,
    check_configuration,
    check_shapes,
    check_deterministic,
    check_inputs_kept,
    check_images_independent,
    check_patches_unordered,
)
