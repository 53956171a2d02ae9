"""Similar users: the three steps on a handful of ratings, and their sums against the model's own predictions."""

import numpy as np
import pytest

from collab.lessons.similar_users import trace, train_neighbours
from collab.models.neighbours import ITEMS, USERS, NeighboursSettings, dense


@pytest.fixture
def few(make_ratings):
    # 1 and 2 agree against 3 and 4; film 15 is unknown to 1
    stars = {1: (5, 4, 1, 2), 2: (5, 5, 1, 1, 5), 3: (1, 2, 5, 4, 1), 4: (2, 1, 4, 5, 2)}
    return make_ratings([(user, 11 + place, star) for user, row in stars.items() for place, star in enumerate(row)])


def test_those_who_agree_are_found_and_what_they_liked_is_picked(few):
    model = train_neighbours(few, NeighboursSettings(shrinkage=4, damping=0))
    found = trace(model, few, 1, np.arange(1, few.n_items))
    assert found.users.tolist() == [1, 2] and found.n_common.tolist() == [4]
    assert found.picks.tolist() == [5] and found.n_shared == 4
    assert np.isnan(found.rating[0, -1]) and found.rating[1, -1] == 5
    assert found.predicted == pytest.approx(model.predict(np.array([1]), np.array([5])))
    # a single neighbour: the prediction is what the biases expect plus all that he is above them
    say = model.terms_of(1, 5)
    assert say.neighbour_index.tolist() == [2]
    assert say.weighted_mean == pytest.approx(5 - float(model.user_biases[2] + model.item_biases[5]), abs=1e-5)


@pytest.mark.parametrize("of", [USERS, ITEMS])
def test_every_sum_is_the_prediction(make_ratings, of):
    generator = np.random.default_rng(2)
    ratings = make_ratings(
        [(pair // 18, pair % 18, generator.integers(1, 6)) for pair in generator.permutation(20 * 18)[:220]]
    )
    model = train_neighbours(ratings, NeighboursSettings(of=of, n_neighbours=3))
    users, films = np.meshgrid(np.arange(ratings.n_users), np.arange(ratings.n_items), indexing="ij")
    sums = [model.terms_of(user, film).predicted for user, film in zip(users.flat, films.flat, strict=True)]
    assert model.predict(users, films).ravel() == pytest.approx(sums, abs=1e-5)


def test_likeness_and_common_ratings_by_counting(few):
    model = train_neighbours(few)
    similarity, n_common = model.similarity_to(1)
    assert n_common.tolist() == [0, 0, 4, 4, 4] and similarity[1] == 0
    assert similarity[2] > 0 and similarity[3] == similarity[4] == 0


def test_table_has_the_mean_of_a_film_rated_twice(make_ratings):
    table = dense([1, 2], make_ratings([(1, 11, 4), (1, 11, 5), (2, 12, 3)]))
    assert table[0, 1] == 4.5 and np.isnan(table[0, 2]) and table[1, 2] == 3
