"""Orders: what each ranks by, what never stands in a list, what the dials do, and how lists differ."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.errors import SettingError
from collab.models.ease import ItemWeights
from collab.models.fold_in import Predictions
from collab.recommend.orders import (
    FAMILIAR_FROM,
    ORDERS,
    RATING_WEIGHT,
    Dials,
    RankChange,
    allowed,
    moves,
    rank,
    score_of,
    varied,
)

COUNTS = np.array([500, 90, 80, 70, 60, 50, 40, 30, 25, 5, 0])
N = len(COUNTS)
GENRES = ["", "Drama", "Comedy", "Drama|War", "Comedy", "War", "Drama", "", "Comedy|War", "Drama", "Drama"]


def make_items():
    """Row 0, nine films with ever fewer ratings (2 and 6 of one title), one without any."""
    titles = ["#na#", *(f"Film {row} (19{80 + row})" for row in range(1, N))]
    titles[6] = titles[2]
    years = pd.array([pd.NA, *range(1981, 1981 + N - 2), pd.NA], dtype="Int64")
    return pd.DataFrame({"title": titles, "year": years, "genres": GENRES, "n_ratings": COUNTS})


ITEMS = make_items()


def make_predictions(score, deviation=1.0):
    score = np.asarray(score, dtype=np.float64)
    deviation = np.broadcast_to(np.asarray(deviation, dtype=np.float64), score.shape)
    low, mean, high = (np.clip(score + sign * 1.2816 * deviation, 1, 5) for sign in (-1, 0, 1))
    return Predictions(mean, deviation, low, high, score)


def make_together(seed=0):
    """Weights out of the air: any will do for what must always hold."""
    weights = np.random.default_rng(seed).normal(0, 0.1, (N - 2, N - 2)).astype(np.float32)
    np.fill_diagonal(weights, 0)
    return ItemWeights(np.arange(1, N - 1), weights, np.array([-1, *range(N - 2), -1]), COUNTS / 1000, 4.0)


PREDICTIONS = make_predictions(np.linspace(2, 4.5, N), np.tile([0.5, 1.5], N)[:N])
TOGETHER = make_together()
ratings = st.dictionaries(st.integers(1, N - 1), st.sampled_from([1.0, 3.0, 5.0]), max_size=5)
any_dials = st.builds(
    Dials,
    popularity=st.sampled_from([-1.0, -0.3, 0.0, 1.0]),
    variety=st.sampled_from([0.0, 0.4, 1.0]),
    years=st.sampled_from([None, (1982, 1986)]),
    genres=st.sampled_from([(), ("War",), ("Comedy", "War")]),
    minimum_count=st.sampled_from([0, 20, 45]),
    familiar=st.sampled_from([None, True, False]),
)


def test_each_order_ranks_by_its_own_number():
    predictions, item_weights = make_predictions([3.0, 4.0, 6.0], [1.0, 2.0, 0.5]), np.array([0.1, 0.2, -0.3])
    counts = np.array([7, 8, 9])
    score = {order: score_of(order, predictions, counts, item_weights) for order in ORDERS}
    assert score["rating"].tolist() == [3, 4, 6] and score["popular"].tolist() == [7, 8, 9]
    assert score["safe"] == pytest.approx([3 - 1.2816, 4 - 2.5631, 6 - 0.6408], abs=1e-3)
    assert score["long-shot"] == pytest.approx([3 + 1.2816, 4 + 2.5631, 6 + 0.6408], abs=1e-3)
    assert score["watch"] == pytest.approx(np.log([0.1, 0.2, 1e-6]) + RATING_WEIGHT * np.array([3, 4, 6]))


def test_watch_takes_what_was_watched_together():
    with pytest.raises(SettingError, match="take 'rating'"):
        rank("watch", PREDICTIONS, ITEMS, {1: 5.0})
    with pytest.raises(SettingError, match="not at hand"):
        rank("rating", PREDICTIONS, ITEMS, {1: 5.0}, dials=Dials(familiar=True))
    with pytest.raises(SettingError, match="no order 'best'"):
        rank("best", PREDICTIONS, ITEMS, {})
    found = rank("rating", PREDICTIONS, ITEMS, {1: 5.0})
    assert found["seen"].isna().all() and found["item_index"].tolist()[:2] == [8, 7]


@pytest.mark.parametrize(
    ("values", "words"),
    [({"popularity": 1.5}, "popularity"), ({"variety": -0.1}, "variety"), ({"years": (1990, 1980)}, "1990 to 1980")],
)
def test_dials_out_of_range_are_refused(values, words):
    with pytest.raises(SettingError, match=words):
        Dials(**values)


@settings(deadline=None)
@given(st.sampled_from(ORDERS), ratings, st.sets(st.integers(1, N - 1), max_size=4), any_dials, st.integers(1, 12))
def test_a_list_holds_only_what_it_may(order, rated, dismissed, dials, n):
    found = rank(order, PREDICTIONS, ITEMS, rated, dismissed, known=TOGETHER, dials=dials, n=n)
    gone = ITEMS.title.iloc[[*rated, *dismissed]]
    assert not found.title.isin(gone).any() and found.item_index.is_unique and len(found) <= n
    assert (found.n_ratings >= max(1, dials.minimum_count)).all() and (found.item_index > 0).all()
    if dials.years:
        assert found.year.between(*dials.years).all()
    if dials.genres:
        assert all(set(dials.genres) & set(film.genres.split("|")) for film in found.itertuples())
    if dials.familiar is not None:
        assert ((found.seen >= FAMILIAR_FROM) == dials.familiar).all()
    left = allowed(ITEMS, [*rated, *dismissed], dials, TOGETHER.chance_of_seen(rated))
    assert len(found) == min(n, len(left))
    if not dials.popularity and not dials.variety:
        assert found.score.is_monotonic_decreasing
    empty = rank(order, PREDICTIONS, ITEMS, rated, range(1, N), known=TOGETHER)
    assert empty.empty and empty.dtypes.to_dict() == found.dtypes.to_dict()


@settings(deadline=None)
@given(st.sampled_from(ORDERS), ratings, any_dials, st.randoms(use_true_random=False))
def test_a_list_does_not_depend_on_the_order_of_ratings(order, rated, dials, random):
    shuffled = list(rated.items())
    random.shuffle(shuffled)
    one, other = (
        rank(order, PREDICTIONS, ITEMS, given_, known=TOGETHER, dials=dials) for given_ in (rated, dict(shuffled))
    )
    pd.testing.assert_frame_equal(one, other)


def test_ties_go_to_the_more_often_rated_then_to_the_lower_index():
    items = ITEMS.assign(n_ratings=[500, 30, 40, 30, 40, 30, 30, 30, 30, 30, 0], title=[f"{row}" for row in range(N)])
    found = rank("rating", make_predictions(np.full(N, 3.0)), items, {}, n=4)
    assert found["item_index"].tolist() == [2, 4, 1, 3]


def test_the_popularity_dial_moves_the_list_one_way():
    means = [
        rank("rating", PREDICTIONS, ITEMS, {}, dials=Dials(popularity=dial), n=3).n_ratings.mean()
        for dial in (-1.0, 0.0, 0.5, 1.0)
    ]
    assert means == sorted(means) and means[0] < means[-1]


def test_variety_begins_with_the_best_and_leaves_out_what_is_alike():
    """Two equal films and one of another kind, a little worse: half variety takes the other kind second."""
    score, vectors = np.array([3.0, 2.9, 1.0]), np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert varied(score, vectors, 0.0, 3).tolist() == [0, 1, 2]
    assert varied(score, vectors, 0.5, 3).tolist() == [0, 2, 1]
    assert varied(score, vectors, 0.4, 2).tolist() == [0, 1]  # .6 · .95 − .4 = .17 against 0
    assert varied(np.zeros(0), np.zeros((0, 2)), 0.5, 3).tolist() == []
    assert varied(np.ones(3), np.zeros((3, 2)), 1.0, 3).tolist() == [0, 1, 2]


def test_variety_takes_genres_or_what_it_is_given():
    dials = Dials(variety=0.9)
    by_genre = rank("popular", PREDICTIONS, ITEMS, {}, dials=dials, n=3)
    assert by_genre["item_index"].tolist() == [1, 2, 5]  # Drama, Comedy, War
    alike = np.ones((N, 1))
    alike[7] = 0.0
    assert rank("popular", PREDICTIONS, ITEMS, {}, dials=dials, vectors=alike, n=2)["item_index"].tolist() == [1, 7]


def test_dials_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Dials().variety = 1.0


lists = st.lists(st.integers(1, 15), unique=True, max_size=10)


def test_moves_by_hand():
    stayed, gone = moves([7, 3, 9, 4], [3, 5, 7, 4])
    assert stayed == [RankChange(3, 1, 0), RankChange(5, None, 1), RankChange(7, 0, 2), RankChange(4, 3, 3)]
    assert gone == [RankChange(9, 2, None)]


@given(lists, lists)
def test_every_film_is_told_once(before, after):
    stayed, gone = moves(before, after)
    assert [move.item_index for move in stayed] == after
    assert [move.item_index for move in gone] == [film for film in before if film not in after]
    for move in [*stayed, *gone]:
        assert (before[move.before] if move.before is not None else None) in (move.item_index, None)
        assert (move.before is None) == (move.item_index not in before)
    _, new = moves(after, before)  # the way back
    assert {move.item_index for move in new} == {move.item_index for move in stayed if move.before is None}


def test_a_film_twice_in_a_list_is_refused():
    with pytest.raises(ValueError, match="twice"):
        moves([1, 1], [2])
