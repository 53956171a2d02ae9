"""The crosstab against the one of pandas, and by hand."""

import numpy as np
import pandas as pd
import pytest

from collab.data.ratings import Ratings, RatingScale, Vocabulary
from collab.explore.crosstab import blank_share, by_count, crosstab, spread


@pytest.fixture
def ratings():
    """Three users, four films, six lines; the last line rates anew what the first one rated."""
    return Ratings(
        Vocabulary.of(["1", "2", "3"]),
        Vocabulary.of(["A", "B", "C", "D"]),
        np.array([1, 1, 2, 3, 3, 1]),
        np.array([1, 2, 1, 1, 3, 1]),
        np.array([1.0, 2.0, 3.0, 4.0, 5.0, 4.5]),
        np.zeros(6),
        RatingScale(0.5, 5.0, 0.5),
    )


def test_equals_the_crosstab_of_pandas(ratings):
    lines = pd.DataFrame({"user": ratings.user_index, "film": ratings.item_index, "rating": ratings.rating})
    expected = pd.crosstab(lines.user, lines.film, lines.rating, aggfunc="last")
    np.testing.assert_array_equal(crosstab(ratings, np.array([1, 2, 3]), np.array([1, 2, 3])), expected.to_numpy())


def test_corner_and_blanks_by_hand(ratings):
    assert by_count(ratings.user_index, 4).tolist() == [1, 3, 2]
    assert by_count(ratings.item_index, 5).tolist() == [1, 2, 3]
    np.testing.assert_array_equal(crosstab(ratings, np.array([3, 2]), np.array([3])), [[5.0], [np.nan]])
    assert blank_share(ratings) == pytest.approx(1 - 5 / 12)


def test_spread_keeps_the_ends():
    ranked = np.array([9, 4, 7, 1, 3])
    assert spread(ranked, 3).tolist() == [9, 7, 3]
    assert spread(ranked, 9).tolist() == ranked.tolist()
