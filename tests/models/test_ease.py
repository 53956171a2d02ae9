"""The item-item model: its closed form, its exact parts, and what it may not depend on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from collab.data.ratings import Ratings, RatingScale, Vocabulary, liked_from
from collab.models import ease as module
from collab.models.ease import PRIOR, UNLIKED, train_item_weights

STARS = RatingScale(1.0, 5.0, 1.0)


def ratings_of(rows, n_users=4, n_items=4):
    """Ratings out of (user, item, stars); the vocabularies hold numbers."""
    user, item, stars = map(np.array, zip(*rows, strict=True))
    users, items = (Vocabulary.of([str(number) for number in range(1, n + 1)]) for n in (n_users, n_items))
    return Ratings(users, items, user, item, stars, np.zeros(len(rows)), STARS)


def made(n_users=60, n_items=12, seed=0):
    """Two kinds of people and films, odd and even, and some who rate across; film 12 nobody rated."""
    generator = np.random.default_rng(seed)
    rows = []
    for user in range(1, n_users + 1):
        for item in range(1, n_items):
            if generator.random() < (0.8 if (user + item) % 2 == 0 else 0.15):
                rows.append((user, item, generator.integers(1, 6)))
    return ratings_of(rows, n_users, n_items)


TRAIN = made()
KNOWN = train_item_weights(TRAIN)
some_ratings = st.dictionaries(st.integers(0, 12), st.sampled_from([1.0, 3.0, 4.0, 5.0]), max_size=9)


def test_weights_on_paper(monkeypatch):
    """Two people like films 1 and 2, a third likes film 1 and did not like film 2; λ = 3.

    Rows (1, 1), (1, 1), (1, .2): XᵀX + 3 = [[6, 2.2], [2.2, 5.04]]. The inverse, up to its determinant:
    [[5.04, −2.2], [−2.2, 6]]. B_12 = 2.2 / 6, B_21 = 2.2 / 5.04:
    foretelling film 2 from film 1 divides by what film 1 has, and the other way round.
    """
    monkeypatch.setattr(module, "STRENGTH", 1.0)
    known = train_item_weights(ratings_of([(1, 1, 5), (1, 2, 4), (2, 1, 4), (2, 2, 5), (3, 1, 4), (3, 2, 3)]))
    assert known.items.tolist() == [1, 2]
    assert known.weights == pytest.approx(np.array([[0, 2.2 / 6], [2.2 / 5.04, 0]]))
    assert known.popularity.tolist() == [0, 1, 1, 0, 0]
    score = known.score({1: 2.0})
    assert score == pytest.approx([0, PRIOR, PRIOR + UNLIKED * 2.2 / 6, 0, 0])


def test_each_film_is_a_ridge_regression_on_the_others():
    rows = np.zeros((TRAIN.n_users, TRAIN.n_items))
    rows[TRAIN.user_index, TRAIN.item_index] = np.where(TRAIN.rating >= 4, 1.0, UNLIKED)
    for film in (1, 6, 11):
        others = np.setdiff1d(KNOWN.items, film)
        expected = Ridge(alpha=module.STRENGTH * 60, fit_intercept=False).fit(rows[:, others], rows[:, film]).coef_
        column = KNOWN.weights[KNOWN.place[others], KNOWN.place[film]]
        assert column == pytest.approx(expected, abs=1e-5)


def test_people_of_one_kind_get_films_of_that_kind():
    score = KNOWN.score({1: 5.0, 3: 4.0})
    assert min(score[[5, 7, 9, 11]]) > max(score[[2, 4, 6, 8, 10]])


@settings(deadline=None)
@given(some_ratings)
def test_parts_and_popularity_add_up_to_the_score(rated):
    item_index = np.arange(13)
    films, parts, popularity = KNOWN.parts(rated, item_index)
    assert parts.shape == (len(films), 13) and set(films.tolist()) <= set(rated)
    assert parts.sum(axis=0) + popularity == pytest.approx(KNOWN.score(rated), abs=1e-6)
    assert all(parts[row, film] == 0 for row, film in enumerate(films))  # no film speaks for itself


@settings(deadline=None)
@given(some_ratings, st.randoms(use_true_random=False))
def test_the_order_of_ratings_does_not_matter_and_none_leaves_a_trace(rated, random):
    shuffled = list(rated.items())
    random.shuffle(shuffled)
    before = KNOWN.score(rated)
    KNOWN.score({**rated, 5: 1.0})
    assert np.array_equal(KNOWN.score(dict(shuffled)), before)
    assert np.array_equal(KNOWN.chance_of_seen(dict(shuffled)), KNOWN.chance_of_seen(rated))


def test_only_the_most_rated_films_have_weights_and_the_others_their_popularity():
    few = train_item_weights(TRAIN, maximum_items=5)
    counts = np.bincount(TRAIN.item_index, minlength=13)
    assert len(few.items) == 5 and counts[few.items].min() >= np.sort(counts)[-5]
    left_out = np.setdiff1d(np.arange(13), few.items)
    assert few.score({int(few.items[0]): 5.0, int(left_out[1]): 5.0})[left_out] == pytest.approx(
        PRIOR * counts[left_out] / 60
    )
    assert KNOWN.place[[0, 12]].tolist() == [-1, -1]  # nobody, and a film that nobody rated


def test_a_film_rated_twice_counts_once_with_the_better_rating():
    once = train_item_weights(ratings_of([(1, 1, 5), (1, 2, 4), (2, 1, 4)]))
    twice = train_item_weights(ratings_of([(1, 1, 2), (1, 2, 4), (1, 1, 5), (2, 1, 4)]))
    assert np.array_equal(once.weights, twice.weights) and np.array_equal(once.popularity, twice.popularity)


def test_no_ratings_give_no_weights():
    empty = train_item_weights(TRAIN.take(np.zeros(0, dtype=np.int64)))
    assert empty.weights.shape == (0, 0) and not empty.score({3: 5.0}).any()


def test_liked_is_three_quarters_up_the_scale():
    assert liked_from(STARS) == 4.0
    assert 3.5 < liked_from(RatingScale(0.5, 5.0, 0.5)) <= 4.0


def test_chance_of_seen_begins_with_popularity_and_follows_the_taste():
    chance = KNOWN.chance_of_seen({})
    assert chance[1:12] == pytest.approx(KNOWN.popularity[1:12])
    assert (chance > 0).all() and (chance < 1).all()
    odd, even = KNOWN.chance_of_seen({1: 5.0, 3: 4.0}), KNOWN.chance_of_seen({2: 5.0, 4: 4.0})
    assert (odd[[5, 7, 9, 11]] > even[[5, 7, 9, 11]]).all() and (odd[[6, 8, 10]] < even[[6, 8, 10]]).all()
    assert np.array_equal(KNOWN.chance_of_seen({1: 5.0}), KNOWN.chance_of_seen({1: 5.0}, KNOWN.score({1: 5.0})))
