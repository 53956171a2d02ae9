"""Certainty: chances of levels on paper, ranges that hold enough, and promises measured on ratings that keep them or do not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.data.ratings import RatingScale
from collab.models.levels import in_words, level_probabilities, likely_range
from collab.training.calibration import calibration

STARS = RatingScale(1.0, 5.0, 1.0)
HALF_STARS = RatingScale(0.5, 5.0, 0.5)


def test_chances_of_the_levels_on_paper():
    """Mean 3 and deviation 1: the level 3 is within half a deviation (.3829), 4 from there to one and a half (.2417)."""
    chances = level_probabilities(np.array([3.0, 1.0, 9.0]), np.array([1.0, 1e-6, 1.0]), STARS)
    np.testing.assert_allclose(chances[0], [0.0668, 0.2417, 0.3829, 0.2417, 0.0668], atol=1e-4)
    np.testing.assert_allclose(chances[1], [1, 0, 0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(chances.sum(1), 1.0)
    assert chances[2].argmax() == 4
    assert level_probabilities(np.array([3.0]), np.array([1.0]), HALF_STARS).shape == (1, 10)


@given(st.floats(-20, 20), st.floats(0.01, 100), st.sampled_from([STARS, HALF_STARS]))
def test_chances_add_up_and_follow_the_prediction(mean, variance, scale):
    chances, higher = level_probabilities([mean, mean + 1], [variance, variance], scale)
    assert chances.sum() == pytest.approx(1) and (chances >= 0).all()
    assert higher @ scale.levels >= chances @ scale.levels - 1e-9


@pytest.mark.parametrize(
    ("mean", "deviation", "expected"),
    [
        (4.2, 0.95, (3, 5)),  # shares of 1 … 5: .00 .03 .19 .40 .38; the likeliest two hold .78, three .97
        (3.6, 0.95, (3, 5)),  # .01 .11 .33 .37 .17: 3 to 5 hold .88, 2 to 4 only .82
        (3.0, 0.1, (3, 3)),
        (4.9, 0.9, (4, 5)),
        (3.0, 50.0, (1, 5)),
    ],
)
def test_likely_range_is_the_fewest_levels_that_hold_enough(mean, deviation, expected):
    low, high = likely_range(level_probabilities([mean], [deviation**2], STARS), STARS)
    assert (low[0], high[0]) == expected


def test_likely_range_of_half_stars_and_of_nothing():
    low, high = likely_range(level_probabilities([3.7, 1.0], [0.04, 0.0225], HALF_STARS), HALF_STARS)
    assert low.tolist() == [3.5, 1.0] and high.tolist() == [4.0, 1.0]
    low, high = likely_range(np.zeros((0, 5)), STARS)
    assert len(low) == len(high) == 0


def test_words():
    assert in_words(4.2, 3.0, 5.0) == "4.2, probably 3 to 5"
    assert in_words(3.71, 3.5, 4.0) == "3.7, probably 3.5 to 4"
    assert in_words(4.0, 4.0, 4.0) == "4.0, probably 4"


def test_calibration_on_paper():
    """Mean 3, deviation 1: a rating of 3 is inside all intervals, 4 (1 away) outside that of 50 %, 5 (2 away) outside all.

    Chances as above: -log .3829, .2417, .0668. Training ratings 3, 3, 3, 4 and nothing else: 1, 2, 5 count as half a rating.
    """
    found = calibration(np.full(3, 3.0), np.ones(3), np.array([3.0, 4.0, 5.0]), np.array([3.0, 3.0, 3.0, 4.0]), STARS)
    assert (found.within_50, found.within_80, found.within_95) == pytest.approx((1 / 3, 2 / 3, 2 / 3))
    assert found.log_loss == pytest.approx(-np.log([0.3829, 0.2417, 0.0668]).mean(), abs=1e-3)
    assert found.histogram_log_loss == pytest.approx(-np.log(np.array([3, 1, 0.5]) / 5.5).mean())


def test_honest_predictions_are_found_calibrated_and_boasting_ones_are_not():
    generator = np.random.default_rng(0)
    mean = generator.uniform(2, 4, 20_000)
    drawn = generator.normal(mean, 0.9)
    wide = RatingScale(-5.0, 11.0, 0.5)  # nothing is cut
    rating, train = np.rint(2 * drawn) / 2, np.rint(2 * drawn[::-1]) / 2
    honest = calibration(mean, np.full(len(mean), 0.81 + 0.25 / 12), rating, train, wide)
    assert (honest.within_50, honest.within_80, honest.within_95) == pytest.approx((0.5, 0.8, 0.95), abs=0.02)
    assert honest.log_loss < honest.histogram_log_loss
    boasting = calibration(mean, np.full(len(mean), 0.1), rating, train, wide)
    assert boasting.within_80 < 0.5 and boasting.log_loss > honest.log_loss


def test_an_impossible_rating_costs_much_but_not_everything():
    found = calibration(np.array([1.0]), np.array([1e-6]), np.array([5.0]), np.array([1.0]), STARS)
    assert found.log_loss == pytest.approx(-np.log(1e-12))


def test_chances_of_a_models_own_are_measured_as_they_are():
    own = np.array([[0.1, 0, 0, 0, 0.9], [0.5, 0.2, 0.1, 0.1, 0.1]])
    found = calibration(np.full(2, 3.0), np.ones(2), np.array([5.0, 2.0]), np.array([3.0]), STARS, own)
    assert found.log_loss == pytest.approx(-np.log([0.9, 0.2]).mean())
    assert found.within_80 == 0.5  # 5 is two deviations away, 2 one: the intervals are those of mean and variance
