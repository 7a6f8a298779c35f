from dataclasses import replace

import pytest
import torch
from torch.nn.functional import normalize

from aligners.base import Requirements
from aligners.contract import example_features, permute_images
from aligners.fine_grained import FineGrainedAligner
from aligners.patch import PatchAligner

# 12 windows of side 2 on a 4 by 5 grid: independent in 16 channels, dependent in 6.
WIDE = example_features(Requirements(window_sides=(2, 3), value_tokens=True), channel=32)
NARROW = example_features(Requirements(window_sides=(2, 3), value_tokens=True), channel=6)


def averages(features, sides):
    members = torch.cat([features.windows_of(side).members for side in sides]).double()
    return members / members.sum(1, keepdim=True)


def targets(features, sides):
    chosen = torch.cat([features.windows_of(side).embeddings for side in sides], 1)
    return normalize(chosen.double(), dim=-1)


def by_least_squares(features, image, *, sides, ridge, centre, prior):
    """Solve the stacked system for [A b] with torch.linalg.lstsq, one image, no dual."""
    tokens = features.patch_tokens[image].double()
    projection = features.projection.double()
    a0 = projection / (tokens @ projection.T).norm(dim=-1).mean() * prior
    means = averages(features, sides) @ tokens
    offset = means.mean(0) if centre else torch.zeros(tokens.shape[1]).double()
    penalty = ridge * (means - offset).square().sum(1).mean()
    channel = tokens.shape[1]
    root = penalty.sqrt() * torch.eye(channel).double()
    left = torch.cat([means, root])
    right = torch.cat([targets(features, sides)[image], root @ a0.T])
    if centre:  # an unpenalised column for the intercept
        column = torch.cat([torch.ones(len(means), 1), torch.zeros(channel, 1)]).double()
        left = torch.cat([left, column], 1)
        tokens = torch.cat([tokens, torch.ones(len(tokens), 1).double()], 1)
    return tokens @ torch.linalg.lstsq(left, right, driver="gelsd").solution


@pytest.mark.parametrize("features", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("centre", [False, True])
@pytest.mark.parametrize("prior", ["projection", "zero"])
@pytest.mark.parametrize(("ridge", "sides"), [(1.0, (2,)), (0.1, (2, 3)), (10.0, (3,))])
def test_closed_form_equals_least_squares(features, centre, prior, ridge, sides):
    aligner = FineGrainedAligner(ridge=ridge, scales=sides, centre=centre, prior=prior)
    (view,) = aligner.align(features)
    for image in range(3):
        expected = by_least_squares(
            features,
            image,
            sides=sides,
            ridge=ridge,
            centre=centre,
            prior=float(prior == "projection"),
        )
        torch.testing.assert_close(view.embeddings[image].double(), expected, rtol=0, atol=1e-5)


def test_large_ridge_equals_patch():
    (view,) = FineGrainedAligner(ridge=1e9, centre=False).align(WIDE)
    (patch,) = PatchAligner().align(WIDE)
    torch.testing.assert_close(
        normalize(view.embeddings, dim=-1), normalize(patch.embeddings, dim=-1), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("centre", [False, True])
def test_small_ridge_reproduces_independent_windows(centre):
    (view,) = FineGrainedAligner(ridge=1e-9, centre=centre).align(WIDE)
    found = averages(WIDE, (2,)) @ view.embeddings.double()
    torch.testing.assert_close(found, targets(WIDE, (2,)), rtol=0, atol=1e-5)


def test_value_tokens_are_mapped_when_local_is_value():
    swapped = replace(WIDE, patch_tokens=WIDE.value_tokens)
    (by_value,) = FineGrainedAligner(local="value").align(WIDE)
    (by_patch,) = FineGrainedAligner().align(swapped)
    assert torch.equal(by_value.embeddings, by_patch.embeddings)
    assert FineGrainedAligner(local="value").requires == Requirements(
        value_tokens=True, window_sides=(2,)
    )


def test_scale_of_tokens_does_not_matter():
    larger = replace(WIDE, patch_tokens=1000 * WIDE.patch_tokens)
    (view,) = FineGrainedAligner().align(WIDE)
    (again,) = FineGrainedAligner().align(larger)
    torch.testing.assert_close(again.embeddings, view.embeddings, rtol=0, atol=1e-5)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_blank_image_gives_one_finite_embedding(value):
    blank = replace(WIDE, patch_tokens=torch.full_like(WIDE.patch_tokens, value))
    (view,) = FineGrainedAligner(ridge=1e-6).align(blank)
    assert view.embeddings.isfinite().all()
    torch.testing.assert_close(view.embeddings, view.embeddings[:, :1].expand_as(view.embeddings))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ridge": 0.0}, "ridge must be above 0, but got 0.0; use a small value"),
        ({"ridge": float("nan")}, "ridge must be above 0, but got nan"),
        ({"scales": (2, 2)}, r"different window sides .* but got \(2, 2\)"),
    ],
)
def test_refuses_parameter(parameters, message):
    with pytest.raises(ValueError, match=message):
        FineGrainedAligner(**parameters)


def halves(features):
    order = torch.arange(3)
    return [permute_images(features, order[:2]), permute_images(features, order[2:])]


@pytest.mark.parametrize("centre", [False, True])
@pytest.mark.parametrize("prior", ["projection", "zero"])
def test_dataset_scope_equals_least_squares_over_all_images(centre, prior):
    aligner = FineGrainedAligner(ridge=0.5, centre=centre, prior=prior, scope="dataset")
    (view,) = aligner.fit(lambda: iter(halves(NARROW))).align(NARROW)
    tokens, members = NARROW.patch_tokens.double(), averages(NARROW, (2,))
    base = tokens @ NARROW.projection.double().T
    base = base / base.norm(dim=-1).mean(-1)[:, None, None] * float(prior == "projection")
    means = members @ tokens
    residuals = targets(NARROW, (2,)) - members @ base
    offset = means.mean(1, keepdim=True) if centre else torch.zeros(3, 1, 1).double()
    shift = residuals.mean(1, keepdim=True) if centre else torch.zeros(3, 1, 1).double()
    centred = means - offset
    root = (0.5 * centred.square().sum(-1).mean(-1).sum()).sqrt() * torch.eye(6).double()
    left = torch.cat([centred.flatten(0, 1), root])
    right = torch.cat([(residuals - shift).flatten(0, 1), torch.zeros(6, 8).double()])
    change = torch.linalg.lstsq(left, right, driver="gelsd").solution
    expected = base + shift + (tokens - offset) @ change
    torch.testing.assert_close(view.embeddings.double(), expected, rtol=0, atol=1e-5)


def test_dataset_scope_of_one_image_equals_image_scope():
    alone = permute_images(WIDE, torch.tensor([1]))
    (found,) = FineGrainedAligner(scope="dataset").fit(lambda: [alone]).align(alone)
    (expected,) = FineGrainedAligner().align(alone)
    torch.testing.assert_close(found.embeddings, expected.embeddings, rtol=0, atol=1e-5)


def test_dataset_scope_is_said_to_be_transductive():
    aligner = FineGrainedAligner(scope="dataset")
    assert aligner.transductive
    assert not FineGrainedAligner().transductive
    assert not aligner.fit(lambda: [WIDE]).transductive


def test_dataset_scope_refuses_to_align_before_fitting():
    with pytest.raises(ValueError, match=r"`align` was called before `fit`; call `align` on what"):
        FineGrainedAligner(scope="dataset").align(WIDE)


def test_dataset_scope_refuses_an_empty_pool():
    with pytest.raises(ValueError, match="needs at least one image, but got none"):
        FineGrainedAligner(scope="dataset").fit(list)


def test_stride_asks_for_fewer_windows_and_fits_those_it_is_given():
    aligner = FineGrainedAligner(ridge=1e-9, stride=2)
    assert aligner.requires == Requirements(window_sides=(2,), window_stride=2)
    features = example_features(aligner.requires, channel=32)
    assert len(features.windows_of(2).members) == 4  # of 12 on a 4 by 5 grid
    (view,) = aligner.align(features)
    found = averages(features, (2,)) @ view.embeddings.double()
    torch.testing.assert_close(found, targets(features, (2,)), rtol=0, atol=1e-5)


def test_stride_below_1_is_refused():
    with pytest.raises(ValueError, match="stride must be at least 1, but got 0; 1 takes all"):
        FineGrainedAligner(stride=0)
