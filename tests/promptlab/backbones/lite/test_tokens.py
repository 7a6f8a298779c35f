import math

import pytest
import torch

from promptlab.backbones.lite.stem import StemFeatures
from promptlab.backbones.lite.tokens import TokenBuilder, gather_raw, measure_novelty


def test_gather_raw_puts_each_patch_into_its_own_row_when_the_image_is_not_square():
    fine, middle, coarse = (
        torch.zeros(1, 24, 8, 12),
        torch.zeros(1, 40, 4, 6),
        torch.zeros(1, 112, 2, 3),
    )
    # patch (row 1, column 2) is number 5: rows 4-7 and columns 8-11 at stride 4.
    fine[0, 0, 4, 8] = 16.0
    fine[0, 1, 7, 11] = -16.0
    middle[0, 3, 3, 4] = 7.0
    coarse[0, 9, 1, 2] = 5.0
    raw = gather_raw(StemFeatures(fine, middle, coarse))
    assert raw.shape == (1, 6, 344)
    patch = raw[0, 5]
    assert patch[0] == 1.0  # mean of channel 0: 16 / 16
    assert patch[24] == 16.0  # maximum
    assert patch[48] == 0.0  # minimum
    assert patch[1] == -1.0
    assert patch[49] == -16.0
    assert patch[72 + 3 * 4 + 2] == 7.0  # channel 3, second row, first column of its 2 x 2 cells
    assert patch[232 + 9] == 5.0
    assert raw[0, :5].abs().sum() == 0


def test_fit_keeps_the_leading_direction():
    generator = torch.Generator().manual_seed(0)
    raw = 0.01 * torch.randn(4000, 344, generator=generator)
    raw[:, 0] = torch.randn(4000, generator=generator)
    raw[:, 1] = raw[:, 0]
    builder = TokenBuilder(1)
    builder.fit(raw)
    # Floor .05 makes the faint channels' standardised deviation 1 / 6; the first two have .95.
    direction = builder.basis[:, 0] / builder.basis[:, 0].norm()
    assert direction[0].item() == pytest.approx(math.sqrt(0.5), abs=0.01)
    assert direction[1].item() == pytest.approx(math.sqrt(0.5), abs=0.01)
    assert builder.channels == 7


def test_novelty_is_highest_at_the_odd_patch():
    features = torch.ones(1, 25, 8)
    features[0, :, 1] = torch.linspace(0, 0.1, 25)
    features[0, 13] = torch.tensor([-1.0, 1, -1, 1, -1, 1, -1, 1])
    raw, standard = measure_novelty(features)
    assert raw.shape == standard.shape == (1, 25)
    assert raw[0].argmax() == standard[0].argmax() == 13


def test_novelty_of_two_orthogonal_groups_by_hand():
    # Six patches, four nearest: with the mean removed only in part, the lone patch keeps a
    # cosine below that of the others.
    features = torch.zeros(1, 6, 2)
    features[0, :5, 0] = 1.0
    features[0, 5, 1] = 1.0
    centred = features[0] - 0.7 * features[0].mean(0)
    unit = centred / centred.norm(dim=1, keepdim=True)
    lone = 1 - (unit[5] @ unit[0]).item()
    crowd = 0.0  # each of the five has four equal neighbours
    raw, _ = measure_novelty(features)
    assert raw[0, 5].item() == pytest.approx(4 * lone, rel=1e-5)
    assert raw[0, 0].item() == pytest.approx(4 * crowd, abs=1e-5)
