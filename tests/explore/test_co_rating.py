"""Similar films by who rated both: on paper, against scipy and a plain loop, and by what must always hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from collab.errors import SettingError
from collab.explore.co_rating import ALIKE, SEEN, agreement, co_rating, shared, shared_raters, similarity_by
from collab.explore.similarity import mean_overlap, times_found

# Film 1 is rated by users a, b, c; film 2 by a, b; film 3 by c, d; film 4 by d alone.
PAPER = [
    ("a", 1, 5), ("a", 2, 4), ("b", 1, 4), ("b", 2, 2), ("c", 1, 2), ("c", 3, 4), ("d", 3, 5), ("d", 4, 5),
]  # fmt: skip


@pytest.fixture(scope="module")
def paper(make_ratings):
    return co_rating(make_ratings(PAPER))


@pytest.fixture(scope="module")
def random_ratings(make_ratings):
    generator = np.random.default_rng(0)
    rows = [
        (f"u{user}", film, int(generator.integers(1, 6)))
        for user in range(40)
        for film in range(12)
        if generator.random() < 0.4
    ]
    return make_ratings(rows)


def test_who_rated_both_on_paper(paper):
    assert shared_raters(paper, 1).tolist() == [0, 3, 2, 1, 0]
    expected = [0, 1, 2 / (3 * 2) ** 0.5, 1 / (3 * 2) ** 0.5, 0]
    assert similarity_by(paper, 1) == pytest.approx(expected)


def test_how_both_were_rated_on_paper(paper):
    """a's mean is 4½: ½ and −½; b's 3: 1 and −1. So (−¼ − 1) / √(1¼ · 1¼) = −1 for films 1 and 2; c: −1 and 1, the same."""
    assert similarity_by(paper, 1, ALIKE) == pytest.approx([0, 1, -1, -1, 0])
    assert similarity_by(paper, 1, ALIKE, beta=2) == pytest.approx([0, 3 / 5, -2 / 4, -1 / 3, 0])


def test_what_two_films_share_on_paper(paper):
    found = shared(paper, 1, 2)
    assert (found.n_first, found.n_second, found.n_both) == (3, 2, 2)
    assert (found.n_liked_first, found.n_liked_second, found.n_liked_both) == (2, 1, 1)  # of a and b; 4 stars or more
    assert np.isnan(found.correlation)  # of two people


def test_a_film_that_was_rated_twice_counts_once(make_ratings):
    known = co_rating(make_ratings([("a", 1, 5), ("a", 1, 2), ("a", 2, 4), ("b", 2, 4)]))
    assert known.n_raters.tolist() == [0, 1, 2] and shared_raters(known, 2).tolist() == [0, 1, 2]
    assert shared(known, 1, 2).n_liked_first == 0  # 3½ stars


def test_another_way_of_counting_is_refused(paper):
    with pytest.raises(SettingError, match="who rated both or how both were rated, not by 'guess'"):
        similarity_by(paper, 1, "guess")


def test_against_a_plain_loop(random_ratings):
    known, ratings = co_rating(random_ratings), random_ratings
    stars = np.full((ratings.n_users, ratings.n_items), np.nan)
    stars[ratings.user_index, ratings.item_index] = ratings.rating
    left = stars - np.nanmean(stars[1:], axis=1, keepdims=True)[np.r_[0, : len(stars) - 1]]
    for first, second in ((1, 2), (3, 7), (12, 4)):
        both = ~np.isnan(stars[:, first]) & ~np.isnan(stars[:, second])
        x, y = left[both, first], left[both, second]
        assert similarity_by(known, first, ALIKE)[second] == pytest.approx(x @ y / np.sqrt(x @ x * (y @ y)), abs=1e-5)
        found = shared(known, first, second)
        assert found.n_both == both.sum() and found.correlation == pytest.approx(pearsonr(x, y).statistic, abs=1e-5)
        assert found.n_liked_both == ((stars[both, first] >= 4) & (stars[both, second] >= 4)).sum()


@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from([SEEN, ALIKE]), st.floats(0, 50))
def test_co_rating_is_the_same_both_ways_and_bounded(random_ratings, first, second, kind, beta):
    known = co_rating(random_ratings)
    one, other = similarity_by(known, first, kind, beta), similarity_by(known, second, kind, beta)
    assert one[second] == pytest.approx(other[first], abs=1e-6) and (np.abs(one) <= 1 + 1e-9).all()


# --- agreement and stability ---------------------------------------------------------------------------------------------


def test_agreement_on_paper():
    """Lists of two: {1, 2} and {1, 3} out of four candidates."""
    first, second = np.array([9, 0.9, 0.8, 0.1, 0.0]), np.array([9, 0.7, 0.2, 0.6, 0.1])
    found = agreement(first, second, np.array([1, 2, 3, 4]), k=2)
    assert (found.n_common, found.by_chance, found.n_union, found.n_candidates) == (1, 1.0, 3, 4)
    assert found.spearman == pytest.approx(spearmanr([0.9, 0.8, 0.1], [0.7, 0.2, 0.6]).statistic)
    assert found.spearman_all == pytest.approx(spearmanr(first[1:], second[1:]).statistic)


def test_a_list_agrees_with_itself():
    values = np.random.default_rng(0).normal(size=50)
    found = agreement(values, values, np.arange(1, 50))
    assert (found.n_common, found.k, found.n_union) == (10, 10, 10)
    assert found.spearman == found.spearman_all == pytest.approx(1) and found.by_chance == pytest.approx(100 / 49)


def test_agreement_of_too_few_films_has_no_correlation():
    found = agreement(np.ones(4), np.ones(4), np.array([1, 2]))
    assert (found.n_common, found.k, found.by_chance) == (2, 2, 2) and np.isnan(found.spearman)


def test_two_random_lists_share_what_chance_gives():
    generator = np.random.default_rng(1)
    shares = [agreement(*generator.normal(size=(2, 101)), np.arange(1, 101)).n_common for _ in range(400)]
    assert np.mean(shares) == pytest.approx(1.0, abs=0.15)


def test_stability_on_paper():
    lists = [np.array([1, 2, 3]), np.array([3, 2, 9]), np.array([3, 8, 7])]
    assert times_found(np.array([3, 2, 1, 5]), lists).tolist() == [3, 2, 1, 0]
    assert mean_overlap(lists) == pytest.approx((2 / 3 + 1 / 3 + 1 / 3) / 3)
    assert np.isnan(mean_overlap(lists[:1])) and np.isnan(mean_overlap([np.array([]), np.array([])]))
    assert times_found(np.array([4]), []).tolist() == [0]
