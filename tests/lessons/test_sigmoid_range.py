"""The range of predictions by hand."""

import math

import pytest

from collab.lessons.sigmoid_range import in_range, score_for, slope


def test_by_hand():
    assert in_range(0.0, 0.0, 5.5) == 2.75
    assert score_for(5.0, 0.0, 5.5) == pytest.approx(math.log(10))  # 5 : 0.5
    assert in_range(math.log(10), 0.0, 5.5) == pytest.approx(5.0)
    assert slope(0.0, 0.0, 5.5) == pytest.approx(5.5 / 4)


def test_no_score_reaches_the_end():
    assert score_for(5.0, 0.0, 5.0) == math.inf and score_for(0.0, 0.0, 5.0) == -math.inf
    assert in_range(30.0, 0.0, 5.0) < 5.0


@pytest.mark.parametrize("score", [-2.0, 0.0, 1.5])
def test_slope_is_the_difference_quotient(score):
    step = 1e-6
    rise = in_range(score + step, 0.0, 5.5) - in_range(score - step, 0.0, 5.5)
    assert slope(score, 0.0, 5.5) == pytest.approx(rise / (2 * step), rel=1e-6)
