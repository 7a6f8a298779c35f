"""Distances from reference images, on numbers that can be checked by hand and against loops."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cosine_similarity

from aligners import memory as module
from aligners.base import LocalFeatures, Requirements, WindowEmbeddings
from aligners.contract import example_features, permute_images
from aligners.memory import remember

FEATURES = example_features(Requirements(window_sides=(2, 3)), batch=4)
QUERY, ONE, TWO = (permute_images(FEATURES, torch.tensor(order)) for order in ([0, 1], [2], [3]))


def features(patches, windows=None):
    everywhere = torch.ones(1, len(patches), dtype=torch.bool)
    return LocalFeatures(
        grid=(1, len(patches)),
        global_embedding=torch.ones(1, 2),
        patch_tokens=torch.tensor([patches]),
        projection=torch.eye(2),
        windows=()
        if windows is None
        else (WindowEmbeddings(2, everywhere, torch.tensor(windows)),),
    )


def test_distances_are_half_the_smallest_cosine_distance():
    bank = remember([features([[2.0, 0.0], [0.0, 3.0]])])
    found = bank.distances(features([[-1.0, 0.0], [1.0, 1.0], [0.0, 0.5]]))
    # Cosines to the nearest: 0, 1 / sqrt 2, 1.
    torch.testing.assert_close(found, torch.tensor([[0.5, (1 - 0.5**0.5) / 2, 0.0]]))


def test_distances_are_the_mean_over_patches_and_windows():
    bank = remember([features([[1.0, 0.0], [1.0, 0.0]], [[[1.0, 0.0]]])])
    found = bank.distances(features([[-1.0, 0.0], [1.0, 0.0]], [[[0.0, 1.0]]]))
    torch.testing.assert_close(found, torch.tensor([[(1 + 0.5) / 2, (0 + 0.5) / 2]]))


def test_distances_equal_a_loop_over_places_and_references():
    bank = remember([ONE, TWO])
    expected = []
    for image in range(2):
        patches = [
            min(
                (1 - float(cosine_similarity(token, other, dim=0))) / 2
                for reference in (ONE, TWO)
                for other in reference.patch_tokens[0]
            )
            for token in QUERY.patch_tokens[image]
        ]
        maps = [torch.tensor(patches)]
        for windows in QUERY.windows:
            scores = [
                min(
                    (1 - float(cosine_similarity(window, other, dim=0))) / 2
                    for reference in (ONE, TWO)
                    for other in reference.windows_of(windows.side).embeddings[0]
                )
                for window in windows.embeddings[image]
            ]
            covering = [[scores[w] for w in places.nonzero()[:, 0]] for places in windows.members.T]
            maps.append(torch.tensor([len(s) / sum(1 / each for each in s) for s in covering]))
        expected.append(sum(maps) / 3)
    torch.testing.assert_close(bank.distances(QUERY), torch.stack(expected))


def test_distances_do_not_depend_on_how_much_is_held_at_once(monkeypatch):
    bank = remember([ONE, TWO])
    expected = bank.distances(QUERY)
    monkeypatch.setattr(module, "_PRODUCTS_PER_PASS", 100)
    torch.testing.assert_close(bank.distances(QUERY), expected)


def test_a_reference_is_at_no_distance_from_itself():
    assert remember([ONE]).distances(ONE).abs().max() < 1e-6


def test_more_references_never_raise_a_distance():
    assert (remember([ONE, TWO]).distances(QUERY) <= remember([ONE]).distances(QUERY)).all()


def test_remember_refuses_no_reference():
    with pytest.raises(ValueError, match="at least one reference image, but got none"):
        remember([])


def test_distances_refuse_features_without_the_remembered_windows():
    with pytest.raises(ValueError, match=r"windows of side 2 must be encoded"):
        remember([ONE]).distances(replace(QUERY, windows=()))
