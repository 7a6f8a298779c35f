"""patch, value, gem, global and window on numbers that can be checked by hand."""

import pytest
import torch

from aligners.base import LocalFeatures, Requirements, WindowEmbeddings
from aligners.contract import anomaly_map, example_features
from aligners.gem import GemAligner
from aligners.global_ import GlobalAligner
from aligners.patch import PatchAligner
from aligners.value import ValueAligner
from aligners.window import WindowAligner
from aligners.windows import square_windows

FEATURES = LocalFeatures(
    grid=(1, 2),
    global_embedding=torch.tensor([[3.0, 4.0]]),
    patch_tokens=torch.tensor([[[1.0, 0.0, 0.0], [0.0, 2.0, 1.0]]]),
    projection=torch.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]]),
    value_tokens=torch.tensor([[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]),
    other_tokens={
        "value:2": torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 2.0]]]),
        "gem:3": torch.tensor([[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]]),
    },
)


def test_patch_projects_patch_tokens():
    (view,) = PatchAligner().align(FEATURES)
    assert view.embeddings.tolist() == [[[1, 0], [7, 2]]]


def test_value_projects_value_tokens():
    (view,) = ValueAligner().align(FEATURES)
    assert view.embeddings.tolist() == [[[2, 1], [3, 0]]]
    assert ValueAligner().requires == Requirements(value_tokens=True)


def test_value_of_several_blocks_projects_their_tokens():
    (view,) = ValueAligner(blocks=2).align(FEATURES)
    assert view.embeddings.tolist() == [[[3, 1], [6, 0]]]
    assert ValueAligner(blocks=2).requires == Requirements(tokens=("value:2",))


def test_gem_projects_gem_tokens():
    (view,) = GemAligner(blocks=3).align(FEATURES)
    assert view.embeddings.tolist() == [[[3, 0], [1, 0]]]
    assert GemAligner().requires == Requirements(tokens=("gem:6",))


@pytest.mark.parametrize("aligner", [GemAligner, ValueAligner])
def test_no_blocks_are_refused(aligner):
    with pytest.raises(ValueError, match="blocks must be at least 1, but got 0; "):
        aligner(blocks=0)


def test_global_repeats_the_images_embedding():
    (view,) = GlobalAligner().align(FEATURES)
    assert view.embeddings.tolist() == [[[3, 4], [3, 4]]]


def test_global_map_is_constant():
    features = example_features(Requirements())
    found = anomaly_map(GlobalAligner(), features)
    assert torch.equal(found, found[:, :1].expand_as(found))


def test_window_gives_one_harmonic_view_per_scale_and_one_of_the_image():
    aligner = WindowAligner(scales=(3, 2))
    features = example_features(aligner.requires)
    views = aligner.align(features)
    assert {(view.mean, view.join) for view in views} == {("harmonic", "harmonic")}
    assert [len(view.members) for view in views] == [6, 12, 1]
    assert torch.equal(views[1].embeddings, features.windows_of(2).embeddings)
    assert torch.equal(views[2].embeddings[:, 0], features.global_embedding)
    assert views[2].members.all()


def test_window_leaves_the_image_out_and_joins_arithmetically_when_told():
    aligner = WindowAligner(image_scale=False, join="arithmetic")
    views = aligner.align(example_features(aligner.requires))
    assert [view.join for view in views] == ["arithmetic", "arithmetic"]


def test_window_map_is_the_harmonic_mean_of_scales_and_image_score():
    # WinCLIP's map where one window per scale covers all: 3 / (1/s2 + 1/s3 + 1/image score).
    scores = torch.tensor([0.2, 0.3, 0.6])
    # anomaly_map scores against (-1, 1) / sqrt 2: an angle of arccos(2 s - 1) to it gives s.
    angles = torch.acos(2 * scores - 1)
    along, across = torch.tensor([-1.0, 1.0]) / 2**0.5, torch.tensor([1.0, 1.0]) / 2**0.5
    one, two, image = angles.cos()[:, None] * along + angles.sin()[:, None] * across
    everywhere = torch.ones(1, 2, dtype=torch.bool)
    features = LocalFeatures(
        grid=(1, 2),
        global_embedding=image[None],
        patch_tokens=torch.ones(1, 2, 2),
        projection=torch.eye(2),
        windows=(
            WindowEmbeddings(2, everywhere, one[None, None]),
            WindowEmbeddings(3, everywhere, two[None, None]),
        ),
    )
    found = anomaly_map(WindowAligner(), features)
    torch.testing.assert_close(found, torch.full((1, 2), 3 / (1 / 0.2 + 1 / 0.3 + 1 / 0.6)))


def test_window_map_of_one_window_over_all_is_its_score():
    members = square_windows((2, 2), 2).members
    windows = WindowEmbeddings(2, members, torch.tensor([[[1.0, 1.0]]]))
    features = LocalFeatures(
        grid=(2, 2),
        global_embedding=torch.ones(1, 2),
        patch_tokens=torch.ones(1, 4, 2),
        projection=torch.eye(2),
        windows=(windows,),
    )
    # The text direction is (-1, 1): orthogonal, so the score is a half.
    found = anomaly_map(WindowAligner(scales=(2,)), features)
    torch.testing.assert_close(found, torch.full((1, 4), 0.5))


def test_window_refuses_no_scales():
    with pytest.raises(ValueError, match=r"but got \(\); use for example"):
        WindowAligner(scales=())
