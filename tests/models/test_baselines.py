"""The baselines: four ratings on paper, and the ridge problem solved directly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.data.dataset import encode
from collab.data.splitting import split_by
from collab.models.baselines import biases_only, global_mean
from collab.training.metrics import baselines

FOUR = [("Ann", "Alien", 5), ("Ann", "Babe", 3), ("Bob", "Alien", 4), ("Bob", "Babe", 2)]


def solve_ridge(ratings, damping):
    """User and item biases that minimise Σ(r − μ − b_u − b_i)² + damping · (Σb_u² + Σb_i²), from the normal equations."""
    n_rows, n_users = len(ratings), ratings.n_users
    design = np.zeros((n_rows, n_users + ratings.n_items))
    design[np.arange(n_rows), ratings.user_index] = 1
    design[np.arange(n_rows), n_users + ratings.item_index] = 1
    residual = ratings.rating.astype(np.float64) - ratings.rating.mean(dtype=np.float64)
    solution = np.linalg.solve(design.T @ design + damping * np.eye(design.shape[1]), design.T @ residual)
    return solution[:n_users], solution[n_users:]


def test_four_ratings_on_paper(make_ratings):
    """μ = 3½. By symmetry b_Ann = −b_Bob and b_Alien = −b_Babe, so each bias is its residuals' sum over 2 + damping.

    Ann is 1½ and −½ off the mean: together 1, so b_Ann = 1/7. Alien is 1½ and ½ off: together 2, so b_Alien = 2/7.
    """
    ratings = make_ratings(FOUR)
    user_biases, item_biases = biases_only(ratings, damping=5.0)
    assert global_mean(ratings) == pytest.approx(3.5)
    np.testing.assert_allclose(user_biases, [0, 1 / 7, -1 / 7], atol=1e-6)
    np.testing.assert_allclose(item_biases, [0, 2 / 7, -2 / 7], atol=1e-6)


def test_errors_of_the_baselines_on_paper(make_ratings):
    everybody = make_ratings([*FOUR, ("Cid", "Alien", 5), ("Cid", "Casino", 3)])
    found = baselines(train=everybody.take(np.arange(4)), valid=everybody.take(np.array([4, 5])))
    # Cid and Casino have no training rating: they get 3½ + 2/7 for Alien and 3½ for Casino
    assert found["global_mean"].mse == pytest.approx((1.5**2 + 0.5**2) / 2)
    assert found["biases_only"].mse == pytest.approx(((1.5 - 2 / 7) ** 2 + 0.5**2) / 2)
    assert found["biases_only"].mae == pytest.approx((1.5 - 2 / 7 + 0.5) / 2)
    assert found["global_mean"].n_ratings == found["biases_only"].n_ratings == 2


@given(st.integers(0, 10_000), st.sampled_from([0.5, 5.0, 25.0]))
def test_biases_solve_the_ridge_problem(make_ratings, seed, damping):
    rows = np.random.default_rng(seed).integers([1, 1, 1], [9, 13, 6], size=(60, 3)).tolist()
    ratings = make_ratings(rows)
    found = biases_only(ratings, damping, sweeps=400)
    for biases, expected in zip(found, solve_ridge(ratings, damping), strict=True):
        np.testing.assert_allclose(biases, expected, atol=1e-6)


def test_the_usual_sweeps_are_enough_on_movielens(movielens_100k):
    ratings = encode(movielens_100k)
    for biases, converged in zip(biases_only(ratings), biases_only(ratings, sweeps=300), strict=True):
        assert np.abs(biases - converged).max() < 0.001  # stars


def test_baselines_on_movielens_stand_where_others_found_them(movielens_100k):
    """Others found RMSE 1.126 for the global mean, 0.936 and 0.937 for biases only, each on a random 20 % of its own.

    From split to split the MSE of biases only has a standard deviation of 0.009, so the mean RMSE of three lies within 0.01.
    """
    ratings = encode(movielens_100k)
    found = []
    for seed in range(3):
        split = split_by("random:0.2", movielens_100k, seed)
        found.append(baselines(ratings.take(split.train), ratings.take(split.valid)))
    assert np.mean([each["global_mean"].rmse for each in found]) == pytest.approx(1.126, abs=0.01)
    assert np.mean([each["biases_only"].rmse for each in found]) == pytest.approx(0.9365, abs=0.01)
