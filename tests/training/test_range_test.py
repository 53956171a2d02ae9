"""The learning-rate range test: its rule by hand, its curve on a real model, and that it leaves no trace."""

import time

import numpy as np
import pytest
import torch

from collab.data.dataset import encode
from collab.models import build_model
from collab.models.contract import Step
from collab.models.dot import DotBiasSettings
from collab.training.range_test import FEWEST_STEPS, HIGHEST, LOWEST, MOST_STEPS, n_steps_for, range_test, suggest


class Bowl:
    """A model whose loss is a given function of the rate."""

    def __init__(self, loss_at):
        self.loss_at, self.taken = loss_at, 0

    def steps_at(self, train, rates, momentum):
        for rate in rates:
            self.taken += 1
            yield Step(4 * self.loss_at(rate), 4, rate, momentum)


@pytest.fixture(scope="module")
def ratings(sample):
    return encode(sample)


def test_suggests_a_tenth_of_the_rate_with_the_lowest_loss():
    rates = np.array([1e-4, 1e-3, 1e-2, 1e-1])
    assert suggest(rates, np.array([4.0, 3.0, 1.0, 2.0])) == 1e-3
    assert suggest(rates, np.array([4.0, 3.0, 1.0, 0.5])) == 1e-2
    assert suggest(rates, np.array([4.0, 1.0, 2.0, 2.0])) == 1e-4
    assert suggest(rates, np.array([1.0, 2.0, 2.0, 2.0])) is None  # it never fell
    assert suggest(rates[:1], np.array([1.0])) is None


def test_smoothing_by_hand():
    found = range_test(Bowl(lambda rate: 4.0), None, 2)
    assert found.smoothed == pytest.approx([4.0, 4.0])  # corrected for its start: a flat loss stays flat
    found = range_test(Bowl(lambda rate: 4.0 if rate < 1e-3 else 2.0), None, 2)
    assert found.smoothed == pytest.approx([4.0, (0.9 * 0.4 + 0.1 * 2) / (1 - 0.81)])


def test_rates_grow_in_equal_ratios_and_end_where_the_loss_runs_away():
    found = range_test(Bowl(lambda rate: 1.0 if rate < 0.01 else 100.0), None, 200)
    assert found.rates[0] == LOWEST and np.allclose(np.diff(np.log(found.rates)), np.log(HIGHEST / LOWEST) / 199)
    assert 0.01 <= found.rates[-1] < 0.011  # the first bad step is the last
    assert len(found.rates) == len(found.losses) == len(found.smoothed)


def test_a_loss_that_is_no_number_ends_the_test():
    found = range_test(Bowl(lambda rate: 2 - rate if rate < 0.1 else float("nan")), None, 100)
    assert found.rates[-1] < 0.1 and np.isfinite(found.smoothed).all() and found.suggested is not None
    assert range_test(Bowl(lambda rate: float("inf")), None, 100).suggested is None


def test_leaves_no_trace(ratings):
    """The model afterwards is the one before, to the bit, and so is what it learns next."""
    settings = DotBiasSettings(n_factors=5, epochs=1, batch_size=512)
    tested, untouched = (build_model("dot-bias", settings, ratings.n_users, ratings.n_items) for _ in range(2))
    before = torch.get_rng_state()
    range_test(tested, ratings)
    assert torch.equal(torch.get_rng_state(), before)
    for model in (tested, untouched):
        for steps in model.train_epochs(ratings):
            for _ in steps:
                pass
    assert all(np.array_equal(table, untouched.weights()[name]) for name, table in tested.weights().items())


@pytest.mark.parametrize("batch_size", [64, 256, 1024, 8192])
def test_curve_of_the_real_model(ratings, batch_size):
    """The loss falls, then rises; the suggestion lies where people train this model, and the same seed gives the same."""
    model = build_model("dot-bias", DotBiasSettings(batch_size=batch_size), ratings.n_users, ratings.n_items)
    first, second = (range_test(model, ratings, 120) for _ in range(2))
    assert np.array_equal(first.losses, second.losses)
    assert first.smoothed.min() < 0.9 * first.smoothed[0] and first.smoothed[-1] > first.smoothed.min()
    assert 1e-3 <= first.suggested <= 5e-2


def test_lasts_about_a_second_at_most(ratings):
    n_rows = ratings.n_users + ratings.n_items
    assert n_steps_for(256, 50, n_rows) == MOST_STEPS and n_steps_for(8192, 512, n_rows) == FEWEST_STEPS
    model = build_model("dot-bias", DotBiasSettings(), ratings.n_users, ratings.n_items)
    start = time.process_time()
    range_test(model, ratings, n_steps_for(64, 50, n_rows))
    assert time.process_time() - start < 1.0
