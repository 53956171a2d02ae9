"""Together: how predictions of several people become one list, by hand and by what must always hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, pearsonr

from collab.data.ratings import RatingScale
from collab.errors import SettingError
from collab.models.ease import ItemWeights
from collab.models.fold_in import Predictions
from collab.recommend.group import (
    AVERAGE,
    JOINT_ORDERS,
    LEAST_MISERY,
    WAYS,
    WITHOUT_MISERY,
    Member,
    agreements,
    combine,
    gains,
    normal_scores,
    only_one_likes,
    pick_together,
)
from collab.recommend.orders import RATING, WATCH, Dials, rank

SCALE = RatingScale(1.0, 5.0, 1.0)
COUNTS = np.array([0, 90, 80, 70, 60, 50, 40, 30, 25, 5, 0])
N = len(COUNTS)
GENRES = ["", "Drama", "Comedy", "Drama|War", "Comedy", "War", "Drama", "", "Comedy|War", "Drama", "Drama"]
TITLES = ["#na#", *(f"Film {row} (19{80 + row})" for row in range(1, N))]
TITLES[6] = TITLES[2]
ITEMS = pd.DataFrame(
    {
        "title": TITLES,
        "year": pd.array([pd.NA, *range(1981, 1981 + N - 2), pd.NA], dtype="Int64"),
        "genres": GENRES,
        "n_ratings": COUNTS,
    }
)
CANDIDATES = range(1, 9)  # with 20 ratings or more


def predictions(score, deviation=0.6):
    score = np.asarray(score, dtype=np.float64)
    deviation = np.broadcast_to(deviation, score.shape).astype(np.float64)
    low, mean, high = (np.clip(score + sign * deviation, 1, 5) for sign in (-1, 0, 1))
    return Predictions(mean, deviation, low, high, score)


AVERAGE_PERSON = predictions(np.linspace(2.5, 4.0, N))


def member(score, rated=None, dismissed=(), deviation=0.6):
    return Member(predictions(score, deviation), AVERAGE_PERSON, rated or {}, dismissed)


def weights(seed=0):
    """Item-item weights out of the air: any will do for what must always hold."""
    drawn = np.random.default_rng(seed).normal(0, 0.1, (N - 2, N - 2)).astype(np.float32)
    np.fill_diagonal(drawn, 0)
    return ItemWeights(np.arange(1, N - 1), drawn, np.array([-1, *range(N - 2), -1]), COUNTS / 1000, 4.0)


TOGETHER = weights()
people = st.builds(
    lambda seed, rated, dismissed: member(
        np.round(np.random.default_rng(seed).uniform(0.5, 5.5, N), 1), rated, tuple(dismissed - rated.keys())
    ),
    st.integers(0, 9),
    st.dictionaries(st.integers(1, N - 1), st.sampled_from([1.0, 4.0, 5.0]), max_size=3),
    st.frozensets(st.integers(1, N - 1), max_size=2),
)
groups = st.lists(people, min_size=2, max_size=4)
choices = {"way": st.sampled_from(WAYS), "order": st.sampled_from(JOINT_ORDERS)}


def listed(group_picks):
    return group_picks.items["item_index"].tolist()


def test_two_people_and_three_films_by_hand():
    scores = np.array([[5.0, 3.0, 4.0], [1.0, 3.5, 4.0]])
    assert combine(scores, AVERAGE).tolist() == [3.0, 3.25, 4.0]
    assert combine(scores, LEAST_MISERY).tolist() == [1.0, 3.0, 4.0]
    assert combine(scores, WITHOUT_MISERY, scores, 3.0).tolist() == [-np.inf, 3.25, 4.0]
    assert combine(scores, WITHOUT_MISERY, scores, 1.0).tolist() == [3.0, 3.25, 4.0]
    with pytest.raises(SettingError, match="no way 'sum'"):
        combine(scores, "sum")


def test_the_threshold_is_of_the_predicted_ratings_whatever_is_combined():
    ranks, stars = np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([[4.0, 2.9], [3.0, 5.0]])
    assert combine(ranks, WITHOUT_MISERY, stars, 3.0).tolist() == [1.5, -np.inf]


def test_normal_scores_by_hand():
    """Four scores, two of them equal: they share the middle of their ranks."""
    assert normal_scores(np.array([7.0, -1e6, 0.1, 0.1])) == pytest.approx(norm.ppf([0.875, 0.125, 0.5, 0.5]))
    assert normal_scores(np.zeros(0)).tolist() == []


def test_a_list_by_predicted_rating_by_hand():
    ada = [0, 5.0, 4.0, 2.0, 3.0, 4.2, 1.0, 1.0, 1.0, 5.0, 5.0]
    bob = [0, 2.0, 4.0, 4.2, 3.0, 3.8, 1.0, 1.0, 4.4, 5.0, 5.0]
    group = [member(ada, {7: 3.0}), member(bob)]
    best = {
        AVERAGE: [2, 5, 1, 3],  # 4, 4 (fewer ratings), 3.5, 3.1
        LEAST_MISERY: [2, 5, 4, 1],  # 4, 3.8, 3, 2
        WITHOUT_MISERY: [2, 5, 4],
    }
    for way, films in best.items():
        group_picks = pick_together(group, ITEMS, SCALE, 4, way=way, order=RATING)
        assert listed(group_picks) == films, way
    group_picks = pick_together(group, ITEMS, SCALE, 2, order=RATING)
    assert group_picks.items["score"].tolist() == [4.0, 4.0] and group_picks.stars.tolist() == [[4.0, 4.2], [4.0, 3.8]]
    # Ada's own: 1, 5, 2; Bob's own: 8, 3, 2, 5; film 7 is out, 9 and 10 have too few ratings
    assert group_picks.place.tolist() == [[3, 2], [3, 4]] and group_picks.alone.tolist() == [[1, 5], [8, 3]]
    assert group_picks.candidates.tolist() == [1, 2, 3, 4, 5, 6, 8]
    assert group_picks.low.tolist() == [[3, 4], [3, 3]] and group_picks.high.tolist() == [[5, 5], [5, 4]]
    gain = gains(group_picks, group)
    assert gain["together"].tolist() == pytest.approx([4.1, 3.9])
    assert gain["alone"].tolist() == pytest.approx([4.6, 4.3])
    assert gain["anything"].tolist() == pytest.approx([20.2 / 7, 22.4 / 7])
    assert gain["gain"].tolist() == pytest.approx([4.1 - 20.2 / 7, 3.9 - 22.4 / 7])


def test_where_nobody_may_be_unhappy_it_says_what_is_in_reach():
    group = [member(np.full(N, 3.3)), member([3.4, *np.linspace(2, 4, N - 1)])]
    none = pick_together(group, ITEMS, SCALE, way=WITHOUT_MISERY, least=3.5)
    assert none.items.empty and none.n_too_low == len(CANDIDATES) and none.reachable == pytest.approx(3.3)
    assert none.stars.shape == (2, 0) and np.isnan(gains(none, group)["together"]).all()
    some = pick_together(group, ITEMS, SCALE, way=WITHOUT_MISERY, least=none.reachable)
    assert len(some.items) and (some.stars >= none.reachable).all()
    nothing = pick_together(group, ITEMS, SCALE, dials=Dials(minimum_count=1000))
    assert nothing.items.empty and nothing.n_too_low == 0 and np.isnan(nothing.reachable)


@given(group=groups, **choices)
def test_the_order_of_the_people_does_not_matter(group, way, order):
    forth, back = (
        pick_together(each, ITEMS, SCALE, way=way, order=order, known=TOGETHER) for each in (group, group[::-1])
    )
    pd.testing.assert_frame_equal(forth.items, back.items, check_exact=True)
    for name in ("stars", "low", "high", "place"):
        assert np.array_equal(getattr(forth, name), getattr(back, name)[::-1])


@given(people, st.integers(2, 4), st.sampled_from([AVERAGE, LEAST_MISERY]), choices["order"])
@settings(max_examples=60)
def test_copies_of_one_person_get_that_persons_own_order(person, n_people, way, order):
    group_picks = pick_together([person] * n_people, ITEMS, SCALE, way=way, order=order, known=TOGETHER)
    alone = rank(order, person.predictions, ITEMS, person.rated, person.dismissed, known=TOGETHER)
    assert listed(group_picks) == alone["item_index"].tolist()
    assert np.array_equal(group_picks.alone[0], listed(group_picks))
    assert (group_picks.place == np.arange(1, len(alone) + 1)).all()


@given(group=groups, again=st.booleans(), **choices)
def test_what_one_rated_or_dismissed_is_never_there(group, again, way, order):
    group_picks = pick_together(group, ITEMS, SCALE, way=way, order=order, known=TOGETHER, again=again)
    shown = set(group_picks.items["title"])
    dismissed = {TITLES[film] for each in group for film in each.dismissed}
    rated = {TITLES[film] for each in group for film in each.rated}
    assert not shown & dismissed and (again or not shown & rated) and (COUNTS[listed(group_picks)] >= 20).all()
    assert group_picks.given.any() == bool(shown & rated)


def test_films_that_some_have_liked_may_be_seen_again():
    ada = member(np.full(N, 3.0), {1: 5.0, 2: 4.0, 3: 2.0, 4: 5.0, 5: 4.0})
    bob = member(np.full(N, 3.0), {4: 1.0, 5: 5.0}, dismissed=(2,))
    group_picks = pick_together([ada, bob], ITEMS, SCALE, order=RATING, again=True)
    assert listed(group_picks)[0] == 1 and group_picks.stars[:, 0].tolist() == [5.0, 3.0]
    assert group_picks.given[:, 0].tolist() == [True, False]
    assert (group_picks.low[0, 0], group_picks.high[0, 0]) == (5.0, 5.0) and group_picks.high[1, 0] > group_picks.low[
        1, 0
    ]
    assert set(listed(group_picks)) == {1, 7, 8}  # 2, 6 dismissed by Bob, 3 and 4 rated low, 5 seen by both
    assert gains(group_picks, [ada, bob])["together"].tolist() == pytest.approx([11 / 3, 3.0])
    found = only_one_likes([ada, bob], group_picks.candidates, SCALE)
    assert [each.tolist() for each in found] == [[], []]  # film 1 is hers already
    liked_twice = member(np.full(N, 3.0), {6: 5.0})
    group_picks = pick_together([liked_twice, member(np.full(N, 3.0))], ITEMS, SCALE, again=True, order=RATING)
    assert 6 in listed(group_picks) and 2 not in listed(group_picks)  # one film of that title


def test_nobodys_spread_counts_more():
    """Bob's scores lie a hundred times as far apart as Ada's; the first place of each still weighs the same."""
    ada = member(np.linspace(3.00, 3.10, N))
    bob = member(np.linspace(5.0, -5.0, N))
    flat = ItemWeights(TOGETHER.items, np.zeros_like(TOGETHER.weights), TOGETHER.place, np.full(N, 0.1), 4.0)
    group_picks = pick_together([ada, bob], ITEMS, SCALE, known=flat)
    assert group_picks.order == WATCH
    assert group_picks.items["score"].tolist() == pytest.approx(np.zeros(8), abs=1e-12)  # opposite orders cancel
    assert listed(group_picks) == list(CANDIDATES)  # so the more often rated film comes first


def test_years_and_genres_do_not_turn_two_films_round():
    group = [member(np.random.default_rng(seed).uniform(1, 5, N), {7: 5.0}) for seed in (1, 2)]
    whole = listed(pick_together(group, ITEMS, SCALE, known=TOGETHER))
    some = listed(pick_together(group, ITEMS, SCALE, known=TOGETHER, dials=Dials(genres=("Comedy", "War"))))
    assert some == [film for film in whole if film in some] and set(some) == {2, 3, 4, 5, 8}


def test_without_what_was_watched_together_ratings_rank():
    group_picks = pick_together([member(np.arange(N)), member(np.arange(N))], ITEMS, SCALE, order=WATCH)
    assert group_picks.order == RATING and listed(group_picks)[0] == 8
    with pytest.raises(SettingError, match="no order 'popular' for several people"):
        pick_together([member(np.arange(N))] * 2, ITEMS, SCALE, order="popular")


def test_agreement_against_scipy():
    rng = np.random.default_rng(3)
    scores = [rng.uniform(1, 5, N) for _ in range(2)]
    unmoved = Member(AVERAGE_PERSON, AVERAGE_PERSON, {})
    first, second, third = agreements([member(scores[0]), member(scores[1]), unmoved], ITEMS)
    films = list(range(1, 10))  # those with a training rating
    assert (first.first, first.second, first.n_items) == (0, 1, 9) and (third.first, third.second) == (1, 2)
    assert first.of_ratings == pytest.approx(pearsonr(scores[0][films], scores[1][films])[0])
    tastes = [score[films] - AVERAGE_PERSON.score[films] for score in scores]
    assert first.of_taste == pytest.approx(pearsonr(*tastes)[0])
    assert np.isfinite(second.of_ratings) and np.isnan(
        second.of_taste
    )  # who says what everyone says has no taste of their own


def test_films_that_only_one_would_like_by_hand():
    ada = [0, 5.0, 4.0, 4.5, 3.0, 4.9, 1.0, 1.0, 1.0, 5.0, 5.0]
    bob = [0, 4.0, 3.9, 1.0, 4.5, 3.9, 1.0, 1.0, 4.4, 5.0, 5.0]
    group = [member(ada), member(bob, {8: 1.0})]
    candidates = np.arange(1, 9)
    assert [each.tolist() for each in only_one_likes(group, candidates, SCALE)] == [[3, 5, 2], [4]]
    assert [each.tolist() for each in only_one_likes(group, candidates, SCALE, 1)] == [[3], [4]]
