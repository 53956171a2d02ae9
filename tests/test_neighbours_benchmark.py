"""What the benchmark of neighbours concludes from lists, by hand; it measures no time."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from tests.benchmarks.neighbours import Judge, jaccard, kept, lists_by

GENRES = np.array([[0, 0, 0], [1, 1, 0], [1, 0, 0], [0, 1, 1], [0, 0, 0]], dtype=float)
# Held out: users 1 and 2 like film 1; user 1 likes film 2 too, user 3 films 2 and 3.
LIKES = scipy.sparse.csc_array((np.ones(5), ([1, 2, 1, 3, 3], [1, 1, 2, 2, 3])), shape=(4, 5))


@pytest.fixture
def judge():
    return Judge(GENRES, LIKES, np.array([1]), np.array([0, 30, 25, 40, 3]), pd.DataFrame(), pd.DataFrame())


def test_genres_in_common_on_paper():
    assert jaccard(GENRES[1], GENRES[[1, 2, 3, 4]]) == pytest.approx([1, 1 / 2, 1 / 3, 0])
    assert jaccard(GENRES[4], GENRES[[4]]).tolist() == [0]


def test_quality_on_paper(judge):
    """Films 2 and 4 are named for film 1. Its two fans make four pairs; one of them liked film 2: 250 of 1,000. By activity
    and popularity: user 1 has one more like, user 2 none; film 2 has two of the three likes of other films, film 4 none: ⅔."""
    found = judge.quality({1: np.array([2, 4])})
    assert found.genres == pytest.approx((1 / 2 + 0) / 2) and found.few == 0.5
    assert found.co_liked == pytest.approx(250) and found.lift == pytest.approx(1 / (2 / 3))


def test_a_film_that_nobody_liked_there_says_nothing(judge):
    found = judge.quality({4: np.array([1, 2])})
    assert np.isnan(found.co_liked) and np.isnan(found.lift) and found.genres == 0


def test_lists_leave_out_the_film_itself_and_the_rare(judge):
    lists = lists_by(lambda film: np.array([9.0, 8, 1, 2, 3]), judge)
    assert {film: near.tolist() for film, near in lists.items()} == {1: [3, 2]}
    assert lists_by(lambda film: np.zeros(5), judge, 1)[1].tolist() == [3, 2, 4]  # equal: the most rated first
    assert kept({1: np.array([3, 2])}, {1: np.array([2, 4])}) == 0.5
