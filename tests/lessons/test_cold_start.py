"""The remedies for a cold start: by hand, by known structure, and that ratings help on real people."""

import dataclasses

import numpy as np
import pytest

from collab.data.dataset import encode
from collab.errors import DataError
from collab.lessons.cold_start import (
    ABOUT,
    AVERAGE,
    AVERAGE_USER,
    BIASES,
    GENRES,
    N_TESTED,
    REVEALED,
    TASTE,
    fit_genre_regression,
    hold_out,
    liked_genres,
    measure,
)
from collab.models.bayes import BayesSettings

QUICK = BayesSettings(n_factors=4, epochs=6, kernel_rank=0)


@pytest.fixture(scope="module")
def invented(sample):
    return sample, encode(sample)


def test_liked_genres_by_hand():
    genres = np.array([[1, 0, 0], [1, 0, 1], [0, 1, 0], [0, 0, 0]])
    liked = liked_genres(np.array([0, 1, 2]), np.array([5.0, 5.0, 2.0]), genres)
    assert liked.tolist() == [1, 0, 1]  # mean 4: the first +2 over 2 films, the third +1 over one, the second −2
    assert liked_genres(np.array([0, 1, 2]), np.array([5.0, 5.0, 2.0]), genres, 1).tolist() == [1, 0, 0]
    assert liked_genres(np.array([0, 2]), np.array([3.0, 3.0]), genres).tolist() == [0, 0, 0]  # nothing stands out


def test_genre_question_finds_what_the_answers_mean():
    liked = (np.random.default_rng(0).random((4000, 3)) < 0.5).astype(float)
    slopes = np.array([[1.0, 0.0], [0.0, -2.0], [0.0, 0.0]])
    question = fit_genre_regression(liked, liked @ slopes + [0.5, 3.0])
    assert question.person(np.array([1.0, 1.0, 0.0])) == pytest.approx([1.5, 1.0], abs=0.05)
    assert question.person(question.usual) == pytest.approx(question.mean)


def test_people_held_out_whole_and_nothing_tested_is_told(invented):
    _, ratings = invented
    people = hold_out(ratings, 30, 0)
    assert len({each.user_index for each in people}) == len(people) == 30
    for each in people:
        assert len(each.tested_items) == N_TESTED and len(each.known_items) >= max(REVEALED)
        assert not set(each.tested_items) & set(each.known_items)
    with pytest.raises(DataError, match="fewer than two people"):
        hold_out(ratings.take(np.arange(10)), 30, 0)


def test_known_structure_shows_in_every_remedy(invented):
    found = measure(*invented, n_people=60, settings=QUICK)  # invented people with tastes by genre and age
    assert found.n_drawn == 60 and found.mse((TASTE, 0)) == found.mse(AVERAGE_USER)
    assert found.mse((TASTE, 10)) < found.mse((TASTE, 3)) < found.mse(AVERAGE_USER)
    verdicts = {found.gain(answer, AVERAGE_USER).verdict for answer in ((TASTE, 10), (GENRES, 0))}
    assert verdicts == {"better"}
    assert found.mse((ABOUT, 0)) < found.mse(AVERAGE_USER) and found.mse((BIASES, 10)) < found.mse((BIASES, 0))


def test_data_that_know_nothing_of_people_or_genres_offer_fewer_remedies(invented):
    dataset, ratings = invented
    bare = dataclasses.replace(dataset, users=None, items=dataset.items.assign(genres=""))
    found = measure(bare, ratings, n_people=10, settings=dataclasses.replace(QUICK, epochs=1))
    assert {remedy for remedy, _ in found.squared} == {AVERAGE, BIASES, TASTE}


def test_ratings_beat_the_average_user_on_real_people(movielens_100k):
    ratings = encode(movielens_100k)
    some = ratings.take(np.flatnonzero(ratings.user_index <= 400))
    found = measure(movielens_100k, some, settings=QUICK)
    assert found.gain((TASTE, 10), AVERAGE_USER).verdict == "better"
