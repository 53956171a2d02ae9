"""The parts of a prediction add up to what the model predicts."""

import dataclasses

import numpy as np
import pytest

from collab.lessons.biases import Sums, damped_sums, sums_of
from collab.models import MODELS, build_model, preset_of
from collab.training.fit import fit


def test_by_hand():
    sums = Sums(
        np.array([[0.5, 0.0], [1.0, 2.0]]),
        np.array([[0.0, 0.0], [0.5, -1.0]]),
        np.array([0.25, 1.0]),
        np.array([0.5, 0.25]),
        None,
    )
    parts = sums.parts(1, 1)
    assert (parts.base, parts.user, parts.film, parts.taste) == (0.75, 0.75, -0.25, -1.5)
    assert parts.score == sums.stars(parts.score) == -0.25
    assert dataclasses.replace(sums, y_range=(0.0, 5.5)).stars(0.0) == 2.75


@pytest.fixture
def ratings(make_ratings):
    generator = np.random.default_rng(2)
    return make_ratings(generator.integers([1, 1, 1], [25, 31, 6], size=(300, 3)).tolist())


@pytest.mark.parametrize("name", ["bias", "dot-bias", "dot-bias-plain", "bayes"])
def test_parts_add_up_to_the_prediction(ratings, name):
    settings = preset_of(name)
    if name != "bias":
        settings = dataclasses.replace(settings, epochs=2)
    model = build_model(name, settings, ratings.n_users, ratings.n_items, None)  # None: not cut to the scale
    fit(model, ratings, ratings)
    sums = sums_of(model)
    for user, film in ((1, 1), (5, 20), (0, 3)):
        assert sums.stars(sums.parts(user, film).score) == pytest.approx(
            float(model.predict(np.array(user), np.array(film))), abs=1e-4
        )


def test_others_are_no_plain_sum(ratings):
    for name in sorted(set(MODELS) - {"bias", "dot-bias", "dot-bias-plain", "bayes", "bayes-sampled", "side"}):
        model = build_model(name, preset_of(name), ratings.n_users, ratings.n_items, ratings.rating_scale)
        assert sums_of(model) is None, name


def test_damped_base_is_the_mean(ratings):
    sums = damped_sums(ratings)
    parts = sums.parts(1, 1)
    assert parts.base == pytest.approx(float(ratings.rating.mean())) and parts.taste == 0.0
