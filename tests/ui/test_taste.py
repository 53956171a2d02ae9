"""Taste: answers find their films, cards keep their places, and picks follow the answers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from collab.cold_start import user_prior
from collab.ratings import RatingScale
from collab.services.profiles import Answer
from collab.ui.taste import Known, answers_known, next_films, picks

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


@dataclass
class Record:
    scale: RatingScale


@dataclass
class Factors:
    item_factors: np.ndarray
    item_biases: np.ndarray
    y_range: tuple[float, float] | None = (0.0, 5.5)


@dataclass
class Run:
    items: pd.DataFrame
    model: Factors
    record: Record
    valid_mse: float = 0.8


@pytest.fixture
def run(items):
    """Two kinds of films, odd and even rows; people like one kind or the other."""
    side = np.where(np.arange(len(items)) % 2, 1.0, -1.0)
    return Run(items, Factors(side[:, None], np.full(len(items), 0.3)), Record(WHOLE_STARS))


@pytest.fixture
def prior():
    tastes = np.random.default_rng(0).normal(size=(200, 1))
    return user_prior(tastes, np.zeros(200), np.arange(200) > 0)


def known_of(items, *rows):
    """What is known of answers (title, rating, place)."""
    answers = [Answer(title, rating, time) for time, (title, rating, _) in enumerate(rows)]
    return answers_known(answers, [place for *_, place in rows], items, WHOLE_STARS)


def test_answers_are_sorted_into_rated_not_seen_and_lacking(items):
    known = known_of(items, ("Film 2 (1992)", 4.0, 2), ("Film 3 (1993)", None, 3), ("Elsewhere (2001)", 5.0, None))
    assert known.rated == {2: 4.0} and known.not_seen == {3} and known.lacking == ("Elsewhere (2001)",)
    assert known.answered == {2, 3} and known.titles == {2: "Film 2 (1992)", 3: "Film 3 (1993)"}


def test_ratings_are_cut_to_the_scale_of_the_run(items):
    known = known_of(items, ("Film 2 (1992)", 0.5, 2), ("Film 3 (1993)", 4.5, 3))
    assert known.rated == {2: 1.0, 3: 4.5}


def test_of_two_answers_to_one_film_the_later_counts(items):
    known = known_of(items, ("Film 2 (1992)", 5.0, 2), ("film 2 (1992)", 2.0, 2))
    assert known.rated == {2: 2.0} and known.titles == {2: "film 2 (1992)"}


def test_a_doubled_title_is_answered_with_all_its_rows(items):
    assert known_of(items, ("Film 1 (1991)", 5.0, 1)).answered == {1, 8}


def test_no_answer_is_known_as_nothing(items):
    assert answers_known([], [], items, WHOLE_STARS) == Known({}, frozenset(), (), frozenset(), {})


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


def test_unknown_and_doubled_places_are_filled(items):
    asked = next_films(items, ["Of another run (1950)", "Film 2 (1992)", "Film 2 (1992)"], frozenset(), 3)
    assert asked["title"].tolist() == ["Film 1 (1991)", "Film 2 (1992)", "Film 3 (1993)"]


def test_fewer_films_than_places(items):
    assert next_films(items, [], frozenset(range(1, 7)) | {8}, 3)["title"].tolist() == ["Film 7 (1997)"]
    assert next_films(items, [], frozenset(range(1, 10)), 3).empty


def test_picks_follow_the_answers_and_leave_rated_films_out(run, prior, items):
    odd = picks(run, prior, known_of(items, ("Film 3 (1993)", 5.0, 3)), n=10, minimum_count=20)
    even = picks(run, prior, known_of(items, ("Film 2 (1992)", 5.0, 2)), n=10, minimum_count=20)
    assert set(odd.films["item_index"][:2]) == {1, 5} and set(even.films["item_index"][:2]) == {4, 6}
    assert 3 not in odd.films["item_index"].tolist() and not {7, 8, 9} & set(odd.films["item_index"])


def test_a_doubled_title_is_left_out_with_all_its_rows(run, prior, items):
    found = picks(run, prior, known_of(items, ("Film 1 (1991)", 5.0, 1)), n=10, minimum_count=1)
    assert "Film 1 (1991)" not in found.films["title"].tolist()


def test_a_film_not_seen_stays_a_candidate_and_teaches_nothing(run, prior, items):
    with_it = picks(
        run, prior, known_of(items, ("Film 3 (1993)", 5.0, 3), ("Film 5 (1995)", None, 5)), n=10, minimum_count=20
    )
    without = picks(run, prior, known_of(items, ("Film 3 (1993)", 5.0, 3)), n=10, minimum_count=20)
    pd.testing.assert_frame_equal(with_it.films, without.films)
    assert 5 in with_it.films["item_index"].tolist()


def test_every_pick_says_its_likely_range_in_words(run, prior, items):
    films = picks(run, prior, known_of(items, ("Film 3 (1993)", 5.0, 3)), n=10, minimum_count=20).films
    for film in films.itertuples():
        assert film.words == f"{film.predicted:.1f}, probably {film.likely_low:g} to {film.likely_high:g}"
        assert film.likely_low <= film.predicted <= film.likely_high


def test_uncertainty_falls_with_every_answer_and_never_below_the_noise(run, prior, items):
    one = picks(run, prior, known_of(items, ("Film 3 (1993)", 5.0, 3)), n=10, minimum_count=1)
    two = picks(
        run, prior, known_of(items, ("Film 3 (1993)", 5.0, 3), ("Film 2 (1992)", 1.0, 2)), n=10, minimum_count=1
    )
    assert run.valid_mse**0.5 < two.typical_error < one.typical_error < one.error_before
    assert 0 < one.learned < two.learned < 1


def test_without_a_candidate_there_is_no_pick(run, prior, items):
    found = picks(run, prior, known_of(items, ("Film 3 (1993)", 5.0, 3)), n=10, minimum_count=1000)
    assert found.films.empty and np.isnan(found.typical_error)
