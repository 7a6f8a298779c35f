import numpy as np
import pytest

from promptlab.metrics.resampling import holm, paired_interval


def test_holm_equals_the_hand_calculation():
    # Sorted: .005 * 4, .01 * 3, .03 * 2, .04 * 1; the last may not be below the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.6, 0.9]) == (1.0, 1.0)
    assert holm([]) == ()


def test_paired_p_is_never_zero_and_never_above_one():
    assert paired_interval(np.full(99, 0.2)).p == pytest.approx(0.02)
    assert paired_interval(np.full(99, -0.2)).p == pytest.approx(0.02)
    assert paired_interval(np.zeros(99)).p == 1.0
