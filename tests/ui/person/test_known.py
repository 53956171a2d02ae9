"""Taste: answers find their films, and cards keep their places."""

import pandas as pd
import pytest

from collab.data.ratings import RatingScale
from collab.services.profiles import Answer
from collab.ui.person.known import Known, answers_known, next_films

WHOLE_STARS = RatingScale(1.0, 5.0, 1.0)


@pytest.fixture
def items():
    """Row 0, eight films with ever fewer ratings, one of them under two ids, and one that was never trained."""
    titles = ["#na#", *(f"Film {place} (199{place})" for place in range(1, 8)), "Film 1 (1991)", "Untrained (1990)"]
    counts = [0, 80, 70, 60, 50, 40, 30, 10, 5, 0]
    return pd.DataFrame(
        {
            "title": titles,
            "year": pd.array([pd.NA] + [1990] * 9, dtype="Int64"),
            "genres": "Drama",
            "n_ratings": counts,
            "mean_rating": 3.5,
            "damped_mean": 3.5,
        }
    )


def known_of(items, *rows):
    """What is known of answers (title, rating, place)."""
    answers = [Answer(title, rating, time) for time, (title, rating, _) in enumerate(rows)]
    return answers_known(answers, [place for *_, place in rows], items, WHOLE_STARS)


def test_answers_are_sorted_into_rated_not_seen_and_lacking(items):
    known = known_of(items, ("Film 2 (1992)", 4.0, 2), ("Film 3 (1993)", None, 3), ("Elsewhere (2001)", 5.0, None))
    assert known.rated == {2: 4.0} and known.not_seen == {3} and known.lacking == ("Elsewhere (2001)",)
    assert known.answered == {2, 3} and known.titles == {2: "Film 2 (1992)", 3: "Film 3 (1993)"}


def test_films_that_are_not_to_be_picked_are_neither_rated_nor_unseen(items):
    answers = [Answer("Film 2 (1992)", None, 0, "seen"), Answer("Film 3 (1993)", None, 1, "not interested")]
    known = answers_known([*answers, Answer("Film 4 (1994)", None, 2)], [2, 3, 4], items, WHOLE_STARS)
    assert (known.dismissed, known.seen, known.not_seen, known.rated) == ({2, 3}, {2}, {4}, {})
    assert known.answered == {2, 3, 4}


def test_ratings_are_cut_to_the_scale_of_the_run(items):
    known = known_of(items, ("Film 2 (1992)", 0.5, 2), ("Film 3 (1993)", 4.5, 3))
    assert known.rated == {2: 1.0, 3: 4.5}


def test_of_two_answers_to_one_film_the_later_counts(items):
    known = known_of(items, ("Film 2 (1992)", 5.0, 2), ("film 2 (1992)", 2.0, 2))
    assert known.rated == {2: 2.0} and known.titles == {2: "film 2 (1992)"}


def test_a_doubled_title_is_answered_with_all_its_rows(items):
    assert known_of(items, ("Film 1 (1991)", 5.0, 1)).answered == {1, 8}


def test_no_answer_is_known_as_nothing(items):
    assert answers_known([], [], items, WHOLE_STARS) == Known({}, *[frozenset()] * 3, (), frozenset(), {})


def test_the_most_rated_films_are_asked_first(items):
    asked = next_films(items, [], frozenset(), 3)
    assert asked["title"].tolist() == ["Film 1 (1991)", "Film 2 (1992)", "Film 3 (1993)"]
    assert asked["item_index"].tolist() == [1, 2, 3]


def test_an_answered_film_gives_its_place_to_the_next_and_nothing_else_moves(items):
    shown = ["Film 1 (1991)", "Film 2 (1992)", "Film 3 (1993)"]
    assert next_films(items, shown, {2}, 3)["title"].tolist() == ["Film 1 (1991)", "Film 4 (1994)", "Film 3 (1993)"]


def test_a_film_that_comes_back_keeps_the_place_it_is_given(items):
    shown = ["Film 4 (1994)", "Film 2 (1992)", "Film 3 (1993)"]
    assert next_films(items, shown, frozenset(), 3)["title"].tolist() == shown


def test_free_places_go_to_the_best_films_and_then_to_the_most_rated(items):
    """Film 6 is best, then film 1 under its second id, which stands for both; the answered film 5 is no candidate any more."""
    wanted = []

    def best(n):
        wanted.append(n)
        return [6, 8, 5]

    asked = next_films(items, ["Film 2 (1992)", "Film 5 (1995)"], {5}, 4, best)
    assert asked["title"].tolist() == ["Film 2 (1992)", "Film 6 (1996)", "Film 1 (1991)", "Film 3 (1993)"]
    assert wanted == [8]
    assert next_films(items, asked["title"].tolist(), {5}, 4, best)["title"].tolist() == asked["title"].tolist()
    assert wanted == [8]  # nothing was free, nothing was computed


def test_unknown_and_doubled_places_are_filled(items):
    asked = next_films(items, ["Of another run (1950)", "Film 2 (1992)", "Film 2 (1992)"], frozenset(), 3)
    assert asked["title"].tolist() == ["Film 1 (1991)", "Film 2 (1992)", "Film 3 (1993)"]


def test_fewer_films_than_places(items):
    assert next_films(items, [], frozenset(range(1, 7)) | {8}, 3)["title"].tolist() == ["Film 7 (1997)"]
    assert next_films(items, [], frozenset(range(1, 10)), 3).empty
