"""Groups of users: bands of age, what the data say, and the favourite genre by hand."""

import numpy as np
import pandas as pd
import pytest

from collab.explore.user_groups import NO_FAVOURITE, UNKNOWN_GROUP, age_words, demographic_groups, favourite_genres


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (14, "under 15"),
        (15, "15 to 19"),
        (39, "35 to 39"),
        (40, "40 to 49"),
        (60, "60 and over"),
        (None, UNKNOWN_GROUP),
    ],
)
def test_an_age_in_words(age, said):
    assert age_words(age) == said


def test_people_are_put_together_by_what_the_data_say():
    people = pd.DataFrame(
        {"user_id": ["1", "2"], "age": [14, None], "gender": ["F", ""], "occupation": ["doctor", None]}
    )
    groups = demographic_groups(people, ["2", "1", "3"])
    assert list(groups) == ["age", "gender", "occupation"]
    assert groups["age"].tolist() == [UNKNOWN_GROUP, "under 15", UNKNOWN_GROUP]
    assert groups["gender"].tolist() == [UNKNOWN_GROUP, "women", UNKNOWN_GROUP]
    assert groups["occupation"].tolist() == [UNKNOWN_GROUP, "doctor", UNKNOWN_GROUP]
    assert demographic_groups(None, ["1"]) == {}


def test_the_favourite_genre_is_the_one_furthest_above_the_own_mean(make_ratings):
    ratings = make_ratings([(1, 1, 5), (1, 2, 3), (1, 3, 1), (2, 1, 2), (2, 2, 4), (3, 1, 4), (3, 3, 4)])
    genres = ["", "Drama|War", "Drama", "Comedy"]
    # the first: mean 3, Drama (2 + 0) / (2 + 5), War 2 / (1 + 5); the second: mean 3, Drama 0, War −1/6
    assert favourite_genres(ratings, genres, np.array([1, 2, 3])).tolist() == ["War", NO_FAVOURITE, NO_FAVOURITE]
    assert favourite_genres(ratings, ["", "Drama|War", "Drama", "Comedy"], np.array([3, 1])).tolist() == [
        NO_FAVOURITE,
        "War",
    ]
    assert favourite_genres(ratings, [""] * 4, np.array([1])).tolist() == [NO_FAVOURITE]
