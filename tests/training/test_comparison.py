"""The paired comparison: by hand, by known structure, by property, and how often its interval holds the truth."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from collab.training.comparison import BETTER, NOT_TOLD_APART, WORSE, compare


def test_by_hand():
    """Two users; the three possible draws of two users are AA, AB and BB."""
    first, second = np.array([1.0, 1.0, 4.0]), np.array([2.0, 2.0, 1.0])
    found = compare(first, second, np.array([5, 5, 9]))
    assert found.difference == pytest.approx((-1 - 1 + 3) / 3)
    assert (found.low, found.high) == (-1.0, 3.0)  # AA alone gives −1, BB alone gives 3
    assert (found.n_rows, found.n_users, found.verdict) == (3, 2, NOT_TOLD_APART)


def test_same_models_are_not_told_apart():
    errors = np.random.default_rng(0).random(100)
    found = compare(errors, errors, np.arange(100) // 10)
    assert (found.difference, found.low, found.high, found.verdict) == (0.0, 0.0, 0.0, NOT_TOLD_APART)


def test_a_model_that_is_always_closer_is_better():
    errors, users = np.random.default_rng(1).random(200), np.arange(200) // 4
    assert compare(errors, errors + 0.1, users).verdict == BETTER
    assert compare(errors + 0.1, errors, users).verdict == WORSE


def test_one_user_tells_nothing_of_others():
    found = compare(np.zeros(5), np.ones(5), np.zeros(5, dtype=int))
    assert found.difference == -1 and found.verdict == NOT_TOLD_APART and found.high == np.inf


def test_interval_agrees_with_drawing_users_one_by_one():
    generator = np.random.default_rng(2)
    users = np.repeat(np.arange(30), generator.integers(1, 12, 30))
    by_row = generator.normal(0.1, 1, len(users)) + generator.normal(0, 0.5, 30)[users]
    found = compare(by_row, np.zeros_like(by_row), users, n_draws=4000)
    rows_of = [by_row[users == user] for user in range(30)]
    means = [np.concatenate([rows_of[user] for user in generator.integers(0, 30, 30)]).mean() for _ in range(4000)]
    assert np.quantile(means, (0.025, 0.975)) == pytest.approx([found.low, found.high], abs=0.03)


def test_interval_holds_the_truth_as_often_as_it_says():
    """Errors of one person go together: an interval over single rows would hold the truth in about half of the cases."""
    generator, held, users = np.random.default_rng(3), 0, np.repeat(np.arange(80), 10)
    for trial in range(200):
        by_row = generator.normal(0, 1, 80)[users] + generator.normal(0, 1, 800)
        found = compare(by_row, np.zeros(800), users, seed=trial, n_draws=400)
        held += found.low <= 0 <= found.high
    assert 0.89 <= held / 200 <= 0.99


ERRORS = strategies.lists(
    strategies.tuples(strategies.floats(0, 20), strategies.floats(0, 20), strategies.integers(0, 5)),
    min_size=1,
    max_size=40,
)


@hypothesis.given(rows=ERRORS, seed=strategies.integers(0, 1000))
def test_properties(rows, seed):
    first, second, users = (np.array(column) for column in zip(*rows, strict=True))
    found, turned = (compare(*pair, users, seed=seed, n_draws=200) for pair in ((first, second), (second, first)))
    assert found == compare(first, second, users, seed=seed, n_draws=200)  # the same seed gives the same interval
    assert found.difference == pytest.approx(np.mean(first) - np.mean(second), abs=1e-9)
    assert turned.difference == pytest.approx(-found.difference, abs=1e-9)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-9)
    assert found.low <= found.high and found.n_users == len(set(users.tolist()))
    shuffled = np.random.default_rng(0).permutation(len(rows))
    again = compare(first[shuffled], second[shuffled], users[shuffled], seed=seed, n_draws=200)
    assert (again.low, again.high) == pytest.approx(
        (found.low, found.high), abs=1e-9
    )  # the order of the rows is nothing
