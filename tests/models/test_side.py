"""`side`: what it knows of new films and people, of time, and that it saves what it needs."""

import dataclasses

import numpy as np
import pytest
import torch

from collab.data.features import Features
from collab.models import build_model
from collab.models.nets import SideSettings
from collab.models.side_columns import NO_TIME, TIME_BANDS, SideColumns
from collab.training.fit import fit

LOVED, HATED = [1.0, 0.0], [0.0, 1.0]
N_ITEMS = 24


@pytest.fixture
def ratings(make_ratings):
    """Women love the first kind of film, men the second; the last two films, one of each kind, have no rating."""
    rows = [
        (user, film, 5 if (user + film) % 2 == 0 else 2)
        for user in range(1, 41)
        for film in range(1, N_ITEMS + 1)
        if (user * 7 + film) % 3
    ]
    made = make_ratings([*rows, (41, N_ITEMS + 1, 3), (42, N_ITEMS + 2, 3)])
    return made.take(np.arange(len(rows)))


@pytest.fixture
def features(ratings):
    def kinds(n):
        return np.array([[0.0, 0.0], *(LOVED if row % 2 else HATED for row in range(1, n))], dtype=np.float32)

    return Features(kinds(ratings.n_users), kinds(ratings.n_items))


def trained(ratings, features, **changes):
    settings = SideSettings(epochs=40, batch_size=32, **changes)
    model = build_model("side", settings, ratings.n_users, ratings.n_items, ratings.rating_scale, features)
    fit(model, ratings, ratings)
    return model


def test_a_new_film_of_a_loved_kind_is_predicted_higher(ratings, features):
    model = trained(ratings, features, unknown_share=0.3)
    odd_film, even_film = N_ITEMS + 1, N_ITEMS + 2
    woman, man = model.predict(1, [odd_film, even_film]), model.predict(2, [odd_film, even_film])
    assert woman[0] > woman[1] + 1 and man[1] > man[0] + 1
    # a new person of whom only the kind is known
    new_woman, new_man = 41, 42
    assert model.predict(new_woman, 3) > model.predict(new_man, 3) + 1


def test_without_side_information_new_films_are_all_alike(ratings, features):
    model = trained(ratings, features, side_information=False)
    assert model.columns is None
    films = model.predict(1, [0, N_ITEMS + 1, N_ITEMS + 2])
    assert films[0] == films[1] == films[2]
    assert not any(name.startswith("known_") for name in model.weights())


def test_a_trained_one_needs_no_features_to_come_back(ratings, features):
    model = trained(ratings, features)
    other = build_model("side", model.settings, ratings.n_users, ratings.n_items, ratings.rating_scale)
    other.load(model.weights())
    everything = np.arange(ratings.n_users)[:, None], np.arange(ratings.n_items)
    assert np.array_equal(other.predict(*everything), model.predict(*everything))
    assert np.array_equal(other.predict(1, 2, ratings.time[5]), model.predict(1, 2, ratings.time[5]))
    assert np.array_equal(
        other.fold_in_user(np.array([1]), np.array([5.0]), 0.8).rating,
        model.fold_in_user(np.array([1]), np.array([5.0]), 0.8).rating,
    )


def test_columns_are_user_film_and_time(ratings, features):
    columns = SideColumns(ratings.n_users, ratings.n_items, features)
    bands = columns.begin(ratings)
    assert columns.n_columns == 2 + 2 + TIME_BANDS
    assert np.bincount(bands, minlength=TIME_BANDS) == pytest.approx(
        np.full(TIME_BANDS, len(ratings) / TIME_BANDS), abs=1
    )
    assert (np.diff(bands) >= 0).all()  # the rows are in the order of their times
    found = columns.of(torch.tensor([1, 0]), torch.tensor([2, 0]), torch.tensor([0, 3]))
    assert found[0].tolist() == [*LOVED, *HATED, 1.0, *[0.0] * (TIME_BANDS - 1)]
    assert not found[1, :4].any() and found[1, 4 + 3] == 1


def test_without_a_time_it_is_that_of_the_last_rating(ratings, features):
    columns = SideColumns(ratings.n_users, ratings.n_items, features)
    bands = columns.begin(ratings)
    for user in (1, 20, 40):
        assert columns.user_bands[user] == bands[ratings.user_index == user].max()
    assert columns.user_bands[0] == columns.user_bands[41] == NO_TIME  # somebody new: no column says when
    assert not columns.of(*torch.tensor([[0], [0], [NO_TIME]])).any()


def test_the_time_of_a_rating_counts_where_it_is_given(ratings, features):
    late = dataclasses.replace(ratings, rating=np.where(np.arange(len(ratings)) > len(ratings) / 2, 5.0, 1.0))
    model = trained(late, features)
    assert model.predict(1, 1, ratings.time[-1]) > model.predict(1, 1, ratings.time[0]) + 1
    assert model.predict(1, 1) == model.predict(1, 1, ratings.time[ratings.user_index == 1].max())


def test_hidden_users_teach_the_row_of_the_unknown(ratings, features):
    model = trained(ratings, features, unknown_share=0.3)
    for table in (model.user_factors, model.item_factors):
        assert np.array_equal(table[0], table[-1]) and not np.allclose(
            table[0], table[1 : N_ITEMS + 1].mean(0), atol=1e-4
        )
