"""Films left out whole: nothing of them is in the training, the simple answers by hand, and that kinds of films are found."""

import numpy as np
import pytest

from collab.data.features import Features
from collab.errors import DataError
from collab.explore.left_out_items import (
    DAMPING,
    GENRES,
    LEAST,
    LEAST_FOR_MEAN,
    MEAN,
    RIDGE,
    SIDE,
    USER_BIAS,
    LeftOut,
    leave_out,
    measure,
    simple_answers,
)
from collab.models.baselines import biases_only
from collab.models.nets import SideSettings

N_USERS, N_ITEMS = 40, 60


@pytest.fixture(scope="module")
def checkerboard(make_ratings):
    """Even users love even films, odd users odd ones; the features of a film say its kind."""
    made = make_ratings(
        [
            (user, film, 5 if (user + film) % 2 == 0 else 2)
            for user in range(1, N_USERS + 1)
            for film in range(1, N_ITEMS + 1)
            if (user * 7 + film) % 3
        ]
    )
    kinds = np.array([[0, 0], *([film % 2, 1 - film % 2] for film in range(1, N_ITEMS + 1))], dtype=np.float32)
    return made, Features(None, kinds)


def test_nothing_of_the_films_left_out_is_trained_on(checkerboard):
    ratings, _ = checkerboard
    left = leave_out(ratings, 4, seed=0)
    assert len(left.item_index) == 4 and set(left.rated.item_index) == set(left.item_index)
    assert not np.isin(left.train.item_index, left.item_index).any()
    assert len(left.train) + len(left.rated) == len(ratings)
    assert np.array_equal(leave_out(ratings, 4, seed=0).item_index, left.item_index)
    assert not np.array_equal(leave_out(ratings, 4, seed=1).item_index, left.item_index)
    assert len(leave_out(ratings, 1000, seed=0).item_index) == N_ITEMS // 8


def test_too_few_films_are_refused(make_ratings):
    with pytest.raises(DataError, match=f"1 films have {LEAST} ratings"):
        leave_out(make_ratings([(user, 1, 3) for user in range(9)]), 10, 0)


def test_simple_answers_by_hand(make_ratings):
    ratings = make_ratings([(1, 1, 4), (2, 1, 4), (1, 2, 2), (2, 2, 2), (1, 3, 5), (2, 3, 1)])
    out = ratings.item_index == 3
    left = LeftOut(np.array([3]), ratings.take(np.flatnonzero(~out)), ratings.take(np.flatnonzero(out)))
    films = np.array([[0, 0], [1, 0], [0, 1], [1, 0]], dtype=np.float32)
    answers = simple_answers(left, films, 2)
    assert answers[MEAN].tolist() == [3.0, 3.0]
    assert answers[USER_BIAS] == pytest.approx([3.0, 3.0])  # both users rate at the mean
    assert answers[GENRES] == pytest.approx([3 + 2 / (2 + DAMPING)] * 2)  # the first film, of the same genre: +1 twice
    assert answers[RIDGE][0] > 3 and answers[RIDGE][0] == pytest.approx(answers[RIDGE][1])
    assert biases_only(left.train)[0] == pytest.approx([0, 0, 0])


def test_side_information_finds_who_likes_a_film_that_was_left_out(checkerboard):
    found = measure(*checkerboard, 2, SideSettings(epochs=30, batch_size=32, unknown_share=0.3), n_items=6)
    assert found.n_drawn == 6
    assert found.mse(MEAN) == pytest.approx(2.25, abs=0.1)  # the spread of 5 and 2
    assert found.mse(SIDE) < 0.3 * min(found.mse(MEAN), found.mse(USER_BIAS), found.mse(GENRES), found.mse(RIDGE))
    gain = found.gain(SIDE, MEAN)
    assert gain.high < 0 and gain.difference == pytest.approx(found.mse(SIDE) - found.mse(MEAN))
    assert found.gain(MEAN, MEAN).difference == 0
    assert len(found.item_means) == np.sum(np.bincount(found.drawn) >= LEAST_FOR_MEAN) == 6
    assert found.off_by < 0.5 and found.mean_off_by < 0.2  # as many love a film as do not
