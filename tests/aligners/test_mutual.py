"""Distances between unlabelled images, on numbers that can be checked by hand and by loops."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cosine_similarity

from aligners import mutual as module
from aligners.base import LocalFeatures
from aligners.contract import example_features, permute_images
from aligners.mutual import MutualScoring

PLAIN = MutualScoring(tokens=("patch",), sides=(1,), share=1.0)


def features(*images, grid=None):
    tokens = torch.tensor(images)
    return LocalFeatures(
        grid=grid or (1, tokens.shape[1]),
        global_embedding=torch.ones(len(images), 2),
        patch_tokens=tokens,
        projection=torch.ones(2, tokens.shape[-1]),
    )


def judged(method, everyone):
    """Let all images be peers of all."""
    return method.remember([everyone]).distances(everyone, range(len(everyone.patch_tokens)))


def test_distances_are_the_mean_over_the_other_images():
    three = features([[1.0, 0.0], [2.0, 0.0]], [[0.0, 1.0], [3.0, 0.0]], [[-1.0, 0.0], [0.0, 2.0]])
    # Itself is no witness: image 0 is judged by 1 (cosines 1 and 1) and 2 (0 and 0), and so on.
    expected = torch.tensor([[0.25, 0.25], [0.25, 0.25], [0.75, 0.25]])
    torch.testing.assert_close(judged(PLAIN, three), expected)


def test_distances_equal_a_loop_over_kinds_sides_peers_and_places():
    method = MutualScoring(tokens=("patch", "value"), sides=(1, 3), share=0.5)
    everyone = example_features(method.requires, batch=6, grid=(2, 3))
    rows, columns = everyone.grid

    def smooth(tokens, side):
        reach = side // 2
        cells = tokens.unflatten(0, everyone.grid)
        return [
            cells[max(0, r - reach) : r + reach + 1, max(0, c - reach) : c + reach + 1]
            .flatten(0, 1)
            .mean(0)
            for r in range(rows)
            for c in range(columns)
        ]

    expected = torch.zeros(6, rows * columns)
    for kind in method.tokens:
        for side in method.sides:
            images = [smooth(image, side) for image in everyone.tokens(kind)]
            for i, image in enumerate(images):
                for p, token in enumerate(image):
                    nearest = sorted(
                        min(
                            (1 - float(cosine_similarity(token, other, dim=0))) / 2
                            for other in peer
                        )
                        for j, peer in enumerate(images)
                        if j != i
                    )
                    expected[i, p] += sum(nearest[:2]) / 2 / 4  # round(0.5 * 5) = 2 peers
    torch.testing.assert_close(judged(method, everyone), expected)


def test_distances_do_not_depend_on_order_or_batches():
    everyone = example_features(PLAIN.requires, batch=5)
    order = torch.tensor([3, 0, 4, 2, 1])
    whole = judged(PLAIN, everyone)
    torch.testing.assert_close(judged(PLAIN, permute_images(everyone, order)), whole[order])
    parts = [permute_images(everyone, torch.tensor(rows)) for rows in ([0, 1, 2], [3, 4])]
    bank = PLAIN.remember(iter(parts))
    found = [bank.distances(parts[0], [0, 1, 2]), bank.distances(parts[1], [3, 4])]
    torch.testing.assert_close(torch.cat(found), whole)


def test_peers_are_compared_a_few_at_a_time_without_changing_a_distance(monkeypatch):
    everyone = example_features(PLAIN.requires, batch=5)
    whole = judged(PLAIN, everyone)
    monkeypatch.setattr(module, "_PRODUCTS_PER_PASS", 1)
    torch.testing.assert_close(judged(PLAIN, everyone), whole)


def test_a_defect_that_one_image_has_is_far_and_one_that_all_have_is_not():
    normal = [[1.0, 0.1 * i, 0.0] for i in range(4)]
    broken = [*normal[:3], [0.0, 0.0, 1.0]]
    everyone = features(normal, normal, normal, broken, grid=(2, 2))
    everyone.patch_tokens.add_(
        0.01 * torch.randn(4, 4, 3, generator=torch.Generator().manual_seed(0))
    )
    far = judged(replace(PLAIN, share=0.3), everyone)
    assert far.argmax() == 15
    all_broken = features(broken, broken, broken, grid=(2, 2))
    all_broken.patch_tokens.add_(0.01 * torch.arange(3.0)[:, None, None])
    assert judged(PLAIN, all_broken).max() < 1e-3


def test_copies_of_an_image_are_witnesses_and_the_image_is_none():
    image, other = [[1.0, 0.0]], [[0.0, 1.0]]
    everyone = features(image, image, image, other)
    expected = torch.tensor([[0.5 / 3]] * 3 + [[0.5]])
    torch.testing.assert_close(judged(PLAIN, everyone), expected)


def test_an_image_that_is_no_peer_is_judged_by_all_peers():
    bank = PLAIN.remember([features([[1.0, 0.0]], [[0.0, 1.0]])])
    new = features([[1.0, 0.0]], [[1.0, 0.0]])
    torch.testing.assert_close(bank.distances(new, [None, 0]), torch.tensor([[0.25], [0.5]]))


@pytest.mark.parametrize(
    ("images", "expected"),
    [(100, (0, 1, 2, 3, 4, 5, 6)), (7, (0, 1, 2, 3, 4, 5, 6)), (3, (0, 2, 4)), (2, (0, 3))],
)
def test_peers_are_evenly_spaced(images, expected):
    assert replace(PLAIN, images=images).choose(7) == expected


@pytest.mark.parametrize("peers", [[], [features([[1.0, 0.0]])]])
def test_one_image_has_nobody_to_be_judged_by(peers):
    with pytest.raises(ValueError, match=rf"must be at least 2, but are {len(peers)}; set mutual"):
        PLAIN.remember(peers)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sides": (2,)}, "sides must be odd, such as 1 and 3, but got 2"),
        ({"sides": ()}, "must name at least one"),
        ({"tokens": ()}, "must name at least one"),
        ({"tokens": ("vlaue",)}, "tokens must be patch, value"),
        ({"share": 0.0}, r"share must be in \(0, 1\], but got 0"),
        ({"images": 1}, "images must be at least 2, but got 1"),
    ],
)
def test_wrong_parameters_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        MutualScoring(**changes)


def test_tokens_that_are_needed_are_asked_for():
    assert MutualScoring().requires.value_tokens
    assert MutualScoring(tokens=("value:6", "patch")).requires.tokens == ("value:6",)
