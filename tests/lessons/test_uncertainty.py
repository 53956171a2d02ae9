"""A belief and its update by hand, and against the sums that PMF minimises."""

import numpy as np
import pytest

from collab.lessons.uncertainty import Belief, drawn_ratings, likelihood, penalty_of, update

PRIOR = Belief(0.0, 1.0)


def test_by_hand():
    """Prior 0 ± 1, two ratings 1 and 2 with noise 1: precision 1 + 2 = 3, mean (0 + 3) / 3 = 1."""
    after = update(PRIOR, np.array([1.0, 2.0]), 1.0)
    assert (after.mean, after.deviation) == pytest.approx((1.0, 3**-0.5))
    alone = likelihood(np.array([1.0, 2.0]), 1.0)
    assert (alone.mean, alone.deviation) == pytest.approx((1.5, 2**-0.5))
    # prior 1 ± 0.5, one rating 3, noise 1: precision 4 + 1, mean (4 · 1 + 3) / 5
    assert update(Belief(1.0, 0.5), np.array([3.0]), 1.0).mean == pytest.approx(1.4)


def test_without_ratings_the_prior_is_left():
    assert update(PRIOR, np.zeros(0), 1.0) == PRIOR
    assert likelihood(np.zeros(0), 1.0) is None


def test_one_after_the_other_is_all_at_once():
    ratings = drawn_ratings(7, 0.8, 0.9)
    step_by_step = PRIOR
    for rating in ratings:
        step_by_step = update(step_by_step, np.array([rating]), 0.9)
    at_once = update(PRIOR, ratings, 0.9)
    assert (step_by_step.mean, step_by_step.deviation) == pytest.approx((at_once.mean, at_once.deviation))


def test_top_of_the_belief_is_prior_times_likelihood_and_the_least_penalised_sum():
    ratings, places = drawn_ratings(4, 0.8, 0.9), np.linspace(-3, 3, 60_001)
    after, alone = update(PRIOR, ratings, 0.9), likelihood(ratings, 0.9)
    product = PRIOR.density(places) * alone.density(places)
    assert places[product.argmax()] == pytest.approx(after.mean, abs=1e-4)
    assert product / product.sum() == pytest.approx(after.density(places) * 1e-4, abs=1e-7)
    penalised = ((ratings[:, None] - places) ** 2).sum(axis=0) + penalty_of(PRIOR, 0.9) * places**2
    assert places[penalised.argmin()] == pytest.approx(after.mean, abs=1e-4)


def test_more_ratings_come_after_the_first():
    assert drawn_ratings(9, 0.8, 1.0)[:3] == pytest.approx(drawn_ratings(3, 0.8, 1.0))
