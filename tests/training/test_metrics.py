"""Errors of predictions and the worth of lists: on paper, and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, mean_squared_error, ndcg_score

from collab.training.metrics import coverage, errors, ndcg_at_k

STARS = st.floats(0, 5.5, width=32)


def test_errors_of_three_ratings_on_paper():
    found = errors(np.array([1.0, 2.0, 4.0]), np.array([1.0, 4.0, 3.0]))  # off by 0, −2 and 1
    assert found.mse == pytest.approx(5 / 3)
    assert found.rmse == pytest.approx((5 / 3) ** 0.5)
    assert found.mae == pytest.approx(1.0)
    assert found.n_ratings == 3


@given(st.lists(st.tuples(STARS, STARS), min_size=1))
def test_errors_are_those_of_scikit_learn(pairs):
    predicted, rating = np.array(pairs, dtype=np.float64).T
    found = errors(predicted.astype(np.float32), rating.astype(np.float32))
    assert found.mse == pytest.approx(mean_squared_error(rating, predicted), rel=1e-9, abs=1e-12)
    assert found.rmse == pytest.approx(found.mse**0.5)
    assert found.mae == pytest.approx(mean_absolute_error(rating, predicted), rel=1e-9, abs=1e-12)


def test_many_small_errors_add_up_in_double_precision():
    rating = np.full(1_000_000, 4.0, dtype=np.float32)
    exact = float(np.float32(3.9) - 4.0) ** 2
    assert errors(np.full_like(rating, 3.9), rating).mse == pytest.approx(exact, rel=1e-9)


def test_ndcg_of_a_list_on_paper():
    """The first and the third of the list are relevant, a third relevant film is missing: (1 + 1/2) / (1 + 1/log2 3 + 1/2)."""
    found = ndcg_at_k(np.array([7, 1, 9, 2]), np.array([9, 7, 5]), k=4)
    assert found == pytest.approx(1.5 / (1.5 + 1 / np.log2(3)))
    assert ndcg_at_k(np.array([7, 9]), np.array([9, 7]), k=2) == 1.0
    assert np.isnan(ndcg_at_k(np.array([7, 1]), np.array([])))


@given(st.permutations(range(8)), st.sets(st.integers(0, 7), min_size=1), st.integers(1, 10))
def test_ndcg_is_that_of_scikit_learn(ranked, relevant, k):
    truth, score = np.zeros((1, 8)), np.zeros((1, 8))
    truth[0, list(relevant)] = 1
    score[0, ranked] = np.arange(8)[::-1]
    found = ndcg_at_k(np.array(ranked), np.array(list(relevant)), k)
    assert found == pytest.approx(ndcg_score(truth, score, k=k))


def test_coverage_counts_every_film_once():
    assert coverage([np.array([1, 2]), np.array([2, 3])], 8) == 3 / 8
    assert coverage([], 8) == 0
