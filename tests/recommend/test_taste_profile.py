"""Taste profile: genres, level and bias on paper, their doubt against draws, and the average person at zero exactly."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.data.ratings import RatingScale
from collab.models.contract import FoldInPredictions
from collab.models.fold_in import Belief, Items, Predictions
from collab.recommend.new_user import NewUser, OwnFoldIn
from collab.recommend.taste_profile import (
    Difference,
    bias_difference,
    genre_table,
    given_and_everyone,
    level,
    predicted_distribution,
)

STARS = RatingScale(1.0, 5.0, 1.0)
N_ITEMS, N_FACTORS = 9, 3


def make(y_range=None, doubt=None, seed=0):
    """A newcomer with random films and prior; `doubt`: the scale of the films' covariances."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(N_FACTORS + 1, N_FACTORS + 1)) * 0.3
    covariances = None
    if doubt is not None:
        roots = rng.normal(size=(N_ITEMS, N_FACTORS + 1, N_FACTORS + 1)) * doubt
        covariances = roots @ roots.transpose(0, 2, 1)
    prior = Belief(rng.normal(size=N_FACTORS + 1) * 0.2, root @ root.T + 0.05 * np.eye(N_FACTORS + 1))
    factors, biases = rng.normal(size=(N_ITEMS, N_FACTORS)), rng.normal(size=N_ITEMS) * 0.3
    return NewUser(prior, Items(factors, biases, covariances, y_range, 0.8), STARS)


@pytest.fixture
def items():
    genres = ["", "Drama", "Drama|War", "War", "Comedy", "Comedy|Drama", "", "Comedy", "Rare|Drama"]
    return pd.DataFrame(
        {
            "title": ["#na#", *(f"Film {place}" for place in range(1, N_ITEMS))],
            "genres": genres,
            "n_ratings": [0, 50, 40, 30, 25, 22, 21, 20, 3],
            "mean_rating": [np.nan, 4.0, 3.5, 3.0, 2.5, 4.5, 3.0, 2.0, 5.0],
        }
    )


def row(table, genre):
    return table.set_index("genre").loc[genre]


def test_a_genre_on_paper(items):
    """Without a sigmoid the person is w with mean m, covariance V: Drama is films 1, 2 and 5 (8 has too few ratings)."""
    known, rated = make(), {1: 5.0, 4: 1.0}
    belief = known.after(rated)
    table = genre_table(known, rated, items, 20)
    assert set(table.genre) == {"Drama", "War", "Comedy"}
    described = np.column_stack([known.items.factors, np.ones(N_ITEMS)])
    mean = described[[1, 2, 5]].mean(axis=0)
    drama = row(table, "Drama")
    assert drama.difference == pytest.approx(mean @ (belief.mean - known.prior.mean))
    assert drama.deviation == pytest.approx(np.sqrt(mean @ belief.covariance @ mean))
    assert drama.predicted - drama.average == pytest.approx(drama.difference)
    assert (drama.n_items, drama.n_rated) == (3, 1) and row(table, "Comedy").n_rated == 1
    assert drama.high - drama.low == pytest.approx(2 * 1.2816 * drama.deviation, rel=1e-4)
    assert table.difference.is_monotonic_decreasing
    every = level(known, rated, np.arange(1, 8))
    beyond = row(genre_table(known, rated, items, 20, beyond_level=True), "Drama")
    assert beyond.difference == pytest.approx(drama.difference - every.value)
    away = mean - described[1:8].mean(axis=0)
    assert beyond.deviation == pytest.approx(np.sqrt(away @ belief.covariance @ away))


def test_rarer_films_count_where_asked_for(items):
    table = genre_table(make(), {8: 5.0}, items, 1)
    assert row(table, "Rare").n_items == row(table, "Rare").n_rated == 1 and row(table, "Drama").n_items == 4
    assert genre_table(make(), {8: 5.0}, items, 20).set_index("genre").loc["Drama", "n_rated"] == 1
    assert genre_table(make(), {}, items, 1000).empty


def test_doubt_of_a_genre_is_that_of_draws_of_person_and_films(items):
    """Bayesian: people and films drawn from what is believed; the bias of a film is in both predictions and cancels."""
    known, rated = make(doubt=0.3), {1: 5.0, 3: 2.0, 7: 4.0}
    belief, rng, n = known.after(rated), np.random.default_rng(1), 200_000
    people = rng.multivariate_normal(belief.mean, belief.covariance, n) - known.prior.mean
    films = [1, 2, 5]
    drawn = np.zeros(n)
    for film in films:
        mean = np.append(known.items.factors[film], known.items.biases[film])
        factors = rng.multivariate_normal(mean, known.items.covariances[film], n)[:, :-1]
        drawn += (np.einsum("ij,ij->i", factors, people[:, :-1]) + people[:, -1]) / len(films)
    drama = row(genre_table(known, rated, items, 20), "Drama")
    assert drama.difference == pytest.approx(drawn.mean(), abs=0.01)
    assert drama.deviation == pytest.approx(drawn.std(), rel=0.02)


def test_doubt_inside_a_sigmoid_is_that_of_draws_where_it_is_small(items):
    known = make((0.5, 5.5))
    known = known.with_prior(Belief(known.prior.mean, known.prior.covariance / 50))
    rated = {1: 5.0, 4: 1.0}
    belief = known.after(rated)
    people = np.random.default_rng(2).multivariate_normal(belief.mean, belief.covariance, 100_000)
    described = np.column_stack([known.items.factors, np.ones(N_ITEMS)])[[1, 2, 5]]
    rating = 0.5 + 5 / (1 + np.exp(-(people @ described.T + known.items.biases[[1, 2, 5]])))
    drama = row(genre_table(known, rated, items, 20), "Drama")
    assert drama.deviation == pytest.approx(rating.mean(axis=1).std(), rel=0.03)
    assert drama.predicted == pytest.approx(rating.mean(), abs=0.01)


@pytest.mark.parametrize("known", [make(), make((0.5, 5.5)), make(doubt=0.2)], ids=["plain", "sigmoid", "bayes"])
def test_nobody_is_the_average_person_exactly(known, items):
    table = genre_table(known, {}, items, 1)
    assert (table.difference == 0).all() and (table.predicted == table.average).all()
    assert not table.clear.any() and (table.deviation > 0).all()
    assert level(known, {}, np.arange(1, 9)).value == bias_difference(known, {}, np.arange(1, 9)).value == 0
    assert np.isnan(given_and_everyone({}, items)).all()


@settings(max_examples=25)
@given(st.permutations([(1, 5.0), (2, 1.0), (4, 3.0), (7, 4.0)]), st.sampled_from([None, (0.5, 5.5)]))
def test_the_order_of_the_ratings_does_not_matter(order, y_range):
    known = make(y_range)
    items = pd.DataFrame({"genres": ["", *["A|B", "B"] * 4], "n_ratings": [0, *[30] * 8], "mean_rating": 3.0})
    first, again = (genre_table(known, dict(each), items) for each in (sorted(order), order))
    pd.testing.assert_frame_equal(first, again)


def test_kindness_on_paper():
    known, rated = make(), {1: 5.0, 2: 5.0}
    belief, films = known.after(rated), np.array([1, 2, 3])
    kind = bias_difference(known, rated, films)
    assert kind.value == pytest.approx(belief.mean[-1] - known.prior.mean[-1])
    assert kind.deviation == pytest.approx(np.sqrt(belief.covariance[-1, -1]))
    inside = make((0.5, 5.5))
    belief = inside.after(rated)
    score = inside.predict(rated)[0].score[films]
    steep = np.mean((score - 0.5) * (5.5 - score) / 5)
    assert bias_difference(inside, rated, films).value == pytest.approx(
        steep * (belief.mean[-1] - inside.prior.mean[-1])
    )


def test_clear_of_zero_is_outside_the_interval():
    assert Difference(1.29, 1.0).clear is True and Difference(-1.27, 1.0).clear is False
    assert Difference(1e-7, 0.0).clear is False and Difference(1.0, float("nan")).clear is None


def test_a_model_that_folds_in_by_itself_has_differences_without_a_doubt(items):
    def answer(film, stars, noise):
        return FoldInPredictions(np.arange(N_ITEMS) / 2 + 0.5 * len(film), np.zeros(N_ITEMS))

    known = OwnFoldIn(SimpleNamespace(fold_in_user=answer), 0.8, STARS)
    table = genre_table(known, {1: 5.0, 2: 3.0}, items)
    assert table.difference.tolist() == [1.0] * 3 and table.genre.tolist() == ["Comedy", "Drama", "War"]
    assert table[["deviation", "low", "high", "clear"]].isna().all(axis=None)
    assert level(known, {1: 5.0}, np.array([1, 2])).value == 0.5
    assert level(known, {1: 5.0}, np.array([], dtype=int)).value == 0


def test_every_film_is_in_one_column_of_the_distribution():
    def predictions(mean):
        return Predictions(*[np.array(mean)] * 5)

    now, average = predictions([1.0, 1.24, 1.25, 4.99, 5.0]), predictions([3.0] * 5)
    table = predicted_distribution(now, average, np.arange(5), STARS)
    assert len(table) == 16 and table.n.sum() == table.n_average.sum() == 5
    assert table.n.iloc[[0, 1, -1]].tolist() == [2, 1, 2] and table.n_average[table.low == 3.0].item() == 5
    assert len(predicted_distribution(now, average, np.arange(5), RatingScale(0.5, 5.0, 0.5))) == 18


def test_given_stars_stand_beside_everybodys_for_the_same_films(items):
    assert given_and_everyone({1: 5.0, 3: 2.0}, items) == (3.5, 3.5)
