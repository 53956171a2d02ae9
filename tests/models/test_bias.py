"""The baselines as models: the same figures as beside every loss, and what they say of somebody new."""

import numpy as np
import pandas as pd
import pytest

from collab.data.tables import describe_users
from collab.models.baselines import biases_only
from collab.models.bias import Bias, BiasSettings, Mean, MeanSettings
from collab.recommend.new_user import new_user
from collab.training.fit import fit
from collab.training.metrics import baselines


@pytest.fixture
def ratings(make_ratings):
    generator = np.random.default_rng(2)
    return make_ratings(generator.integers([1, 1, 1], [13, 31, 6], size=(200, 3)).tolist())


@pytest.fixture
def parts(ratings):
    return ratings.take(np.arange(150)), ratings.take(np.arange(150, 200))


@pytest.mark.parametrize("model, baseline", [(Mean, "global_mean"), (Bias, "biases_only")])
def test_reaches_what_the_baseline_reaches(parts, model, baseline):
    train, valid = parts
    settings = MeanSettings() if model is Mean else BiasSettings()
    outcome = fit(model(settings, train.n_users, train.n_items), train, valid)
    assert outcome.state == "finished" and len(outcome.epochs) == 1
    assert outcome.valid.mse == pytest.approx(baselines(train, valid)[baseline].mse, rel=1e-5)


def test_four_ratings_on_paper(make_ratings):
    """Ratings 5, 3 of one and 3, 1 of the other: mean 3; with damping 2 and both films rated by both, b_u = ±(2 / 4)."""
    train = make_ratings([("1", "1", 5), ("1", "2", 3), ("2", "1", 3), ("2", "2", 1)])
    model = Bias(BiasSettings(damping=2.0), 3, 3)
    fit(model, train, train)
    np.testing.assert_allclose(model.user_biases, [3.0, 3.5, 2.5], atol=1e-6)
    np.testing.assert_allclose(model.item_biases, [0.0, 0.5, -0.5], atol=1e-6)
    assert model.predict(np.array([1, 2, 0]), np.array([1, 1, 2])) == pytest.approx([4.0, 3.0, 2.5], abs=1e-6)


def test_more_damping_makes_everybody_more_average(parts):
    train, _ = parts
    strong, weak = (np.abs(biases_only(train, damping)[1]).mean() for damping in (20.0, 2.0))
    found = [Bias(BiasSettings(damping=damping), train.n_users, train.n_items) for damping in (20.0, 2.0)]
    for model in found:
        fit(model, train, train)
    assert [np.abs(model.item_biases).mean() for model in found] == pytest.approx([strong, weak], rel=1e-5)
    assert strong < weak


def films_of(train):
    """The counts and means of the films, as a run's items table has them."""
    n_ratings = np.bincount(train.item_index, minlength=train.n_items)
    total = np.bincount(train.item_index, weights=train.rating, minlength=train.n_items)
    return pd.DataFrame({"n_ratings": n_ratings, "mean_rating": total / np.where(n_ratings > 0, n_ratings, np.nan)})


def test_somebody_kind_is_predicted_higher_and_better_known(parts):
    train, _ = parts
    model = Bias(BiasSettings(), train.n_users, train.n_items)
    fit(model, train, train)
    person = new_user(model, describe_users(train), films_of(train), 0.9, train.rating_scale)
    (kind, _), (strict, _), (before, _) = (
        person.predict({1: 5.0, 2: 5.0}),
        person.predict({1: 1.0, 2: 1.0}),
        person.before,
    )
    assert (kind.score > before.score).all() and (strict.score < before.score).all()
    assert np.ptp(kind.score - before.score) == pytest.approx(0, abs=1e-5)  # for every film alike
    assert (kind.standard_deviation < before.standard_deviation).all()
    assert (before.standard_deviation > 0.9**0.5).all()


def test_the_mean_has_nothing_to_learn_of_a_person(parts):
    train, _ = parts
    model = Mean(MeanSettings(), train.n_users, train.n_items)
    fit(model, train, train)
    person = new_user(model, describe_users(train), films_of(train), 1.2, train.rating_scale)
    found, _ = person.predict({1: 5.0, 2: 5.0})
    assert found.score == pytest.approx(train.rating.mean(), abs=1e-6)
    assert found.standard_deviation == pytest.approx(1.2**0.5)
