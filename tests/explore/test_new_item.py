"""A new film: on a checkerboard of kinds of people and films, by hand, and that known films and new ones are answered alike."""

import numpy as np
import pandas as pd
import pytest

from collab.data.features import Features, item_encoder_of
from collab.errors import RunError
from collab.explore.new_item import NewItem, audience_space, closest_items, group_table, predict_new_item
from collab.models import build_model
from collab.models.nets import SideSettings
from collab.training.fit import fit

N_USERS, N_ITEMS = 40, 24
KINDS = {0: ("Western", 1960), 1: ("Horror", 1990)}


@pytest.fixture(scope="module")
def world(make_ratings):
    """Even users love westerns and odd users horror films; everything that `side` was trained on."""
    rows = [
        (user, film, 5 if (user + film) % 2 == 0 else 2)
        for user in range(1, N_USERS + 1)
        for film in range(1, N_ITEMS + 1)
        if (user * 7 + film) % 3
    ]
    ratings = make_ratings(rows)
    kinds = [KINDS[film % 2] for film in range(1, N_ITEMS + 1)]
    items = pd.DataFrame(
        {
            "label": ratings.items.labels,
            "title": ["#na#", *(f"Film {film}" for film in range(1, N_ITEMS + 1))],
            "year": pd.array([None, *(year for _, year in kinds)], dtype="Int64"),
            "genres": ["", *(genre for genre, _ in kinds)],
            "n_ratings": np.bincount(ratings.item_index, minlength=ratings.n_items),
            "mean_rating": 3.5,
        }
    )
    users = pd.DataFrame(
        {"user_id": ratings.users.labels, "n_ratings": np.bincount(ratings.user_index, minlength=ratings.n_users)}
    )
    features = Features(None, item_encoder_of(items).features(items.genres, items.year))
    settings = SideSettings(epochs=40, batch_size=32, unknown_share=0.3)
    model = build_model("side", settings, ratings.n_users, ratings.n_items, ratings.rating_scale, features)
    fit(model, ratings, ratings)
    return model, users, items


@pytest.fixture(scope="module")
def space(world):
    return audience_space(*world, N_ITEMS)


@pytest.mark.parametrize("kind", [0, 1])
def test_a_new_film_finds_its_audience_and_the_films_of_its_kind(world, space, kind):
    model, _, items = world
    genre, year = KINDS[kind]
    film = predict_new_item(model, space, items, [genre], year)
    loves = space.user_index % 2 == kind
    assert film.ratings[loves].min() > film.ratings[~loves].max() + 1
    assert film.leanings[loves].min() > 0 > film.leanings[~loves].max()
    groups = group_table(film, np.where(loves, "fans", "others"))
    assert groups["group"].tolist() == ["fans", "others"] and groups["n_users"].tolist() == [N_USERS // 2] * 2
    table = closest_items(space, film, items, [], N_ITEMS)
    assert set(table["genres"].head(N_ITEMS // 2)) == {genre}
    assert table["closeness"].head(N_ITEMS // 2).min() > 0.8 and table["closeness"].tail(N_ITEMS // 2).max() < -0.8
    first, second, third = table["item_index"].head(3)
    assert closest_items(space, film, items, [first, third], 1)["item_index"].tolist() == [second]


def test_a_film_of_both_kinds_and_one_of_none_lie_between(world, space):
    model, _, items = world
    loves = space.user_index % 2 == 0
    ends = [
        predict_new_item(model, space, items, [KINDS[kind][0]], KINDS[kind][1]).leanings[loves].mean()
        for kind in (0, 1)
    ]
    for genres, year in ((["Western", "Horror"], None), ([], None), (["Opera"], None)):
        leaning = predict_new_item(model, space, items, genres, year).leanings[loves].mean()
        assert min(ends) < leaning < max(ends)
    nothing, unheard_of = (predict_new_item(model, space, items, genres, None) for genres in ([], ["Opera"]))
    assert np.array_equal(nothing.ratings, unheard_of.ratings) and nothing.average_person == unheard_of.average_person


def test_a_year_beyond_the_films_is_that_of_the_last_band(world, space):
    model, _, items = world
    last, beyond = (predict_new_item(model, space, items, ["Horror"], year) for year in (1990, 2050))
    assert np.array_equal(last.ratings, beyond.ratings)


def test_a_new_film_is_answered_like_an_untrained_one_of_the_same_description(world):
    model, _, items = world
    described = model.columns.items.numpy()[[0, 1, 2]]
    new = model.for_new_items(described)
    assert new.n_items == 3 and model.n_items == len(items)  # the net itself does not change
    assert new.predict(1, 0) == model.predict(1, 0)  # nothing known: the unknown film
    assert new.predict(1, 1) != model.predict(1, 1)  # without the film's own embedding
    before = model.items.clone()
    model.items[1] = model.items[0]  # as if it had never been trained
    try:
        assert new.predict(1, 1) == model.predict(1, 1)
    finally:
        model.items[:] = before


def test_leanings_add_up_to_nothing_for_everybody_and_every_film(space):
    np.testing.assert_allclose(space.leanings.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(space.leanings.mean(axis=1), 0, atol=1e-9)


def test_a_table_of_films_that_is_not_the_model_s_is_refused(world, space):
    model, _, items = world
    with pytest.raises(RunError, match="not those it was trained on"):
        predict_new_item(model, space, items.assign(genres="Western"), ["Western"], 1960)


def test_groups_by_hand():
    film = NewItem(3.0, np.array([4.0, 2.0, 3.0, 5.0]), np.array([0.5, -0.3, -0.1, -0.1]), np.zeros(1))
    table = group_table(film, ["a", "a", "b", "c"], least=1)
    assert table["group"].tolist() == ["a", "b", "c"]
    assert table["leaning"].tolist() == pytest.approx([0.1, -0.1, -0.1])
    assert table["predicted"].tolist() == [3.0, 3.0, 5.0] and table["n_users"].tolist() == [2, 1, 1]
    assert group_table(film, ["a", "a", "b", "c"], least=2)["group"].tolist() == ["a"]
