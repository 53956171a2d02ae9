"""Features of films and people: on paper, and on the real data."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from collab.data.dataset import Dataset, encode
from collab.data.features import AGE_EDGES, YEAR_BANDS, features_of, features_of_person
from collab.data.ratings import RatingScale


@pytest.fixture
def dataset():
    """Three people, four films; two ids share a title, one film has neither genre nor year."""
    return Dataset(
        "toy",
        "Toy",
        pd.DataFrame(
            {
                "user_id": ["1", "2", "3", "1"],
                "item_id": ["10", "11", "12", "13"],
                "rating": np.array([1, 2, 3, 4], dtype=np.float32),
                "time": np.zeros(4, dtype=np.int64),
            }
        ),
        pd.DataFrame(
            {
                "item_id": ["10", "11", "12", "13"],
                "title": ["A (1950)", "B (1990)", "B (1990)", "C"],
                "year": pd.array([1950, 1990, 1990, None], dtype="Int64"),
                "genres": ["Comedy|Horror", "Horror", "Horror", ""],
            }
        ),
        pd.DataFrame(
            {"user_id": ["1", "2", "3"], "age": [14, 15, 70], "gender": ["F", "M", "F"], "occupation": ["a", "b", "a"]}
        ),
        RatingScale(1.0, 5.0, 1.0),
    )


def test_films_have_genres_and_a_band_of_years(dataset):
    ratings = encode(dataset)
    films = features_of(dataset, ratings).items
    assert ratings.items.labels == ("#na#", "A (1950)", "B (1990)", "C")
    np.testing.assert_allclose(films[:, 0], [0, 0.5**0.5, 0, 0])  # Comedy, shared with Horror
    np.testing.assert_allclose(films[:, 1], [0, 0.5**0.5, 1, 0])
    years = films[:, 2:]
    assert years.sum(1).tolist() == [0, 1, 1, 0]
    assert years[1].argmax() < years[2].argmax()
    assert films.dtype == np.float32


def test_people_have_a_band_of_age_a_gender_and_an_occupation(dataset):
    people = features_of(dataset, encode(dataset)).users
    bands = people[:, : len(AGE_EDGES) + 1]
    assert [bands[row].argmax() for row in (1, 2, 3)] == [0, 1, len(AGE_EDGES)]  # 15 belongs to the second band
    assert people[1:, -4:].tolist() == [[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    assert not people[0].any()


def test_ids_are_kept_apart_where_the_items_are(dataset):
    films = features_of(dataset, encode(dataset, "id"), "id").items
    assert films.shape[0] == 5
    assert np.array_equal(films[2], films[3])


def test_nothing_is_known_of_people_where_the_data_are_silent(dataset):
    assert features_of(dataclasses.replace(dataset, users=None), encode(dataset)).users is None


def test_the_real_films_and_people_are_described(movielens_100k):
    ratings = encode(movielens_100k)
    found = features_of(movielens_100k, ratings)
    assert found.users.shape == (944, len(AGE_EDGES) + 1 + 2 + 21)
    assert (found.users[1:].sum(1) == 3).all()
    assert found.items.shape[0] == ratings.n_items
    assert found.items.shape[1] <= 19 + YEAR_BANDS
    assert not found.items[0].any() and found.items[1:].any(1).mean() > 0.99
    alien = found.items[ratings.items.index_of(["Alien (1979)"])[0]]
    assert np.sort(alien)[-5:].tolist() == pytest.approx([0.5, 0.5, 0.5, 0.5, 1.0])  # four genres, one year


def test_a_person_is_described_as_a_user_of_the_data_set(movielens_100k):
    features = features_of(movielens_100k, encode(movielens_100k)).users
    labels = list(encode(movielens_100k).users.labels)
    for person in movielens_100k.users.iloc[[0, 100, 500]].itertuples():
        found = features_of_person(movielens_100k, person.age, person.gender, person.occupation)
        assert found.tolist() == features[labels.index(person.user_id)].tolist()
    assert np.isnan(features_of_person(movielens_100k, None, None, "astronaut")).all()
    assert np.isfinite(features_of_person(movielens_100k, None, "F", None)).sum() == 2
