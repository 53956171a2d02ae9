"""Taste place: a person's place by hand, its outline, the part of every rating in it, and models without factors of a person."""

from types import SimpleNamespace

import numpy as np
import pytest

from collab.data.ratings import RatingScale
from collab.explore.components import item_axes, item_matrix
from collab.models.contract import FoldInPredictions
from collab.models.fold_in import Belief
from collab.recommend.new_user import OwnFoldIn
from collab.recommend.taste_place import (
    ahead,
    ellipse,
    movers,
    place_of,
    prior_share,
    slopes,
    stretch,
    trained_places,
)
from tests.recommend.test_taste_profile import N_FACTORS, N_ITEMS, make

ITEMS = np.arange(1, N_ITEMS)
RATED = {1: 5.0, 4: 1.0, 6: 4.0}
MODELS = {"plain": make(), "sigmoid": make((0.5, 5.5)), "bayes": make(doubt=0.2)}


def by_itself(known):
    """The same predictions from a model that does not say how it gets them."""

    def answer(film, stars, noise):
        predictions = known.predict(dict(zip(film.tolist(), stars.tolist(), strict=True)))[0]
        return FoldInPredictions(predictions.score, np.zeros(N_ITEMS))

    return OwnFoldIn(SimpleNamespace(fold_in_user=answer), 0.8, RatingScale(1.0, 5.0, 1.0))


@pytest.mark.parametrize("known", MODELS.values(), ids=MODELS)
def test_the_place_is_what_is_believed_of_the_factors_on_the_axes_of_the_film_map(known):
    plane, belief = item_axes(item_matrix(known.items.factors, ITEMS), 2), known.after(RATED)
    place = place_of(known, RATED, plane, ITEMS)
    axes = item_axes(item_matrix(known.items.factors, ITEMS), 2).components
    np.testing.assert_allclose(place.mean, axes @ (belief.mean - known.prior.mean)[:-1])
    np.testing.assert_allclose(place.covariance, axes @ belief.covariance[:-1, :-1] @ axes.T)
    np.testing.assert_allclose(place.parts.sum(axis=0), place.mean, atol=1e-6)
    assert 0 <= place.explained_share <= 1


@pytest.mark.parametrize("known", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("rated", [{}, RATED])
def test_what_was_told_before_any_rating_has_its_own_part(known, rated):
    shift = np.linspace(-0.4, 0.8, N_FACTORS + 1)
    stated = known.with_prior(Belief(known.prior.mean + shift, 0.5 * known.prior.covariance), "groups")
    assert stated.plain.stated == () and stated.plain.prior is known.prior and known.plain is known
    plane = item_axes(item_matrix(known.items.factors, ITEMS), 2)
    place, axes = (
        place_of(stated, rated, plane, ITEMS),
        item_axes(item_matrix(known.items.factors, ITEMS), 2).components,
    )
    np.testing.assert_allclose(place.mean, axes @ (stated.after(rated).mean - known.prior.mean)[:-1], atol=1e-9)
    np.testing.assert_allclose(place.prior_part, axes @ shift[:-1], atol=1e-9)
    np.testing.assert_allclose(place.parts.sum(axis=0) + place.prior_part, place.mean, atol=1e-6)
    assert movers(place, rated)["share"].sum() + prior_share(place) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("known", MODELS.values(), ids=MODELS)
def test_without_a_rating_the_place_is_the_middle(known):
    place = place_of(known, {}, item_axes(item_matrix(known.items.factors, ITEMS), 2), ITEMS)
    assert (place.mean == 0).all() and place.parts.shape == (0, 2) and np.isnan(place.explained_share)
    assert (
        movers(place, {}).empty and ahead(place, item_axes(item_matrix(known.items.factors, ITEMS), 2), ITEMS, ()).empty
    )


def test_slopes_of_a_plain_dot_product_are_the_place():
    known = MODELS["plain"]
    plane = item_axes(item_matrix(known.items.factors, ITEMS), 2)
    exact, found = (place_of(each, RATED, plane, ITEMS) for each in (known, by_itself(known)))
    np.testing.assert_allclose(found.mean, exact.mean, atol=1e-6)
    assert (
        found.explained_share == pytest.approx(exact.explained_share)
        and found.covariance is None
        and found.parts is None
    )
    table = movers(found, RATED)
    assert table.item_index.tolist() == list(RATED) and table[["x", "y", "share"]].isna().all(axis=None)
    np.testing.assert_allclose(
        slopes(np.array([1.0, 3.0, 5.0, 3.0]), np.array([[0, 0], [1, 0], [1, 1], [0, 1]])), [2, 2]
    )


def test_trained_users_have_places_of_the_same_kind():
    known = MODELS["plain"]
    users = np.random.default_rng(3).normal(size=(5, N_FACTORS))
    model = SimpleNamespace(
        user_factors=users,
        predict=lambda user, film: (users[user] * known.items.factors[film]).sum(axis=1) + known.items.biases[film],
    )
    plane = item_axes(item_matrix(known.items.factors, ITEMS), 2)
    places = trained_places(known, model, np.array([1, 2, 4]), plane, ITEMS)
    np.testing.assert_allclose(places, (users[[1, 2, 4]] - known.prior.mean[:-1]) @ plane.components.T)
    np.testing.assert_allclose(
        trained_places(by_itself(known), model, np.array([1, 2, 4]), plane, ITEMS), places, atol=1e-6
    )
    assert np.mean(np.sum((places * stretch(plane, places)) ** 2, axis=1)) == pytest.approx(
        np.mean(np.sum(plane.coordinates**2, axis=1))
    )
    assert stretch(plane, np.zeros((3, 2))) == 1


def test_the_outline_holds_8_of_10_draws():
    covariance = np.array([[2.0, 0.6], [0.6, 0.5]])
    line = ellipse(covariance)
    distance = np.einsum("ij,ij->i", line @ np.linalg.inv(covariance), line)
    np.testing.assert_allclose(distance, -2 * np.log(0.2))
    drawn = np.random.default_rng(0).multivariate_normal([0, 0], covariance, 100_000)
    inside = np.einsum("ij,ij->i", drawn @ np.linalg.inv(covariance), drawn) <= distance[0]
    assert inside.mean() == pytest.approx(0.8, abs=0.005)
    assert np.abs(ellipse(np.zeros((2, 2)))).max() == 0  # nothing unknown, as on an axis that a model does not have


def test_what_each_rating_did_adds_up_and_films_ahead_lie_that_way():
    known = MODELS["sigmoid"]
    plane = item_axes(item_matrix(known.items.factors, ITEMS), 2)
    place = place_of(known, RATED, plane, ITEMS)
    table = movers(place, RATED)
    assert table.share.sum() == pytest.approx(1, abs=1e-5) and set(table.item_index) == set(RATED)
    assert np.hypot(table.x, table.y).is_monotonic_decreasing
    assert {film: stars for film, stars in zip(table.item_index, table.stars, strict=True)} == RATED
    films = ahead(place, plane, ITEMS, RATED, 3)
    along = plane.coordinates @ place.mean
    free = [film for film in ITEMS[np.argsort(-along)] if film not in RATED and along[film - 1] > 0]
    assert films.item_index.tolist() == free[:3]
    np.testing.assert_array_equal(films[["x", "y"]], plane.coordinates[films.item_index - 1])
