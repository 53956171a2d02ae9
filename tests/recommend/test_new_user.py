"""Newcomer: picks follow the ratings of somebody new, say how sure they are, and leave out what is rated."""

import math
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.data.ratings import RatingScale
from collab.errors import SettingError
from collab.models.contract import FoldInPredictions
from collab.models.ease import ItemWeights
from collab.models.fold_in import Belief, Items, centre_prior, fold_in, predict, user_prior
from collab.recommend.new_user import NEW_USER_NOISE, new_user, picks
from collab.recommend.orders import FAMILIAR_FROM, RATING, WATCH, Dials, rank
from collab.recommend.reasons import rating_reasons, rounded, watched_reasons, weightiest

STARS = RatingScale(1.0, 5.0, 1.0)
HALF_STARS = RatingScale(0.5, 5.0, 0.5)
N_USERS = 200


@pytest.fixture
def items():
    """Row 0, eight films with ever fewer ratings, one of them under two ids, and one that was never trained."""
    titles = ["#na#", *(f"Film {place} (199{place})" for place in range(1, 8)), "Film 1 (1991)", "Untrained (1990)"]
    return pd.DataFrame(
        {
            "title": titles,
            "year": pd.array([pd.NA] + [1990] * 9, dtype="Int64"),
            "genres": "Drama",
            "n_ratings": [0, 80, 70, 60, 50, 40, 30, 10, 5, 0],
            "mean_rating": [np.nan, *np.linspace(4.5, 2.5, 8), np.nan],
        }
    )


@pytest.fixture
def users():
    return pd.DataFrame({"n_ratings": np.arange(N_USERS)})


def make_model(y_range=(0.0, 5.5), doubt=None):
    """Two kinds of films, odd and even rows; people like one kind or the other. `doubt`: variance of a film's factor and bias."""
    side = np.where(np.arange(10) % 2, 1.0, -1.0)
    return SimpleNamespace(
        user_factors=np.random.default_rng(0).normal(size=(N_USERS, 1)),
        user_biases=np.zeros(N_USERS) if y_range else np.full(N_USERS, 3.5),
        item_factors=side[:, None],
        item_biases=np.full(10, 0.3),
        item_covariances=None if doubt is None else np.repeat(np.eye(2)[None] * doubt, 10, 0),
        user_covariances=None if doubt is None else np.repeat(np.eye(2)[None] * 0.1, N_USERS, 0),
        noise_variances=None
        if doubt is None
        else np.array([50.0, *np.linspace(0.6, 1.0, N_USERS - 1)]) / NEW_USER_NOISE,
        y_range=y_range,
        has_biases=True,
    )


@pytest.fixture
def known(users, items):
    return new_user(make_model(), users, items, 0.8, STARS)


@pytest.fixture
def bayesian(users, items):
    return new_user(make_model(None, doubt=0.2), users, items, 0.9, STARS)


def test_noise_is_the_held_out_error_or_the_mean_of_what_the_model_knows(known, bayesian):
    assert known.noise_variance == 0.8
    assert bayesian.noise_variance == pytest.approx(
        0.8
    )  # of the trained users: row 0 does not count, nor does the error


def test_average_prediction_for_somebody_new_is_the_average_training_rating(known, bayesian, items):
    for person in (known, bayesian):
        rated = items.n_ratings > 0
        given = items.mean_rating[rated] @ items.n_ratings[rated] / items.n_ratings.sum()
        assert person.before[0].score @ items.n_ratings / items.n_ratings.sum() == pytest.approx(given, abs=1e-6)


def test_a_model_without_biases_keeps_its_mean(users, items):
    model = make_model()
    model.has_biases, model.user_biases = False, np.zeros(N_USERS)
    assert new_user(model, users, items, 0.8, STARS).prior.mean[-1] == 0


def test_one_call_is_prior_fold_in_and_predict(known, bayesian, users, items):
    for person, model in ((known, make_model()), (bayesian, make_model(None, doubt=0.2))):
        films = Items(model.item_factors, model.item_biases, model.item_covariances, model.y_range, 0.8)
        prior = user_prior(
            model.user_factors, model.user_biases, users.n_ratings.to_numpy() > 0, model.user_covariances
        )
        prior = centre_prior(prior, films, items.n_ratings, items.mean_rating)
        posterior = fold_in(prior, films, [3, 2], [5.0, 1.0])
        expected = predict(posterior, films, STARS)
        found = picks(person, items, {3: 5.0, 2: 1.0}, n=10, dials=Dials(minimum_count=20)).items
        np.testing.assert_allclose(found.predicted, expected.mean[found.item_index])
        np.testing.assert_allclose(found.uncertainty, expected.standard_deviation[found.item_index])


def test_picks_follow_the_ratings_and_leave_rated_films_out(known, items):
    odd = picks(known, items, {3: 5.0}, n=10, dials=Dials(minimum_count=20)).items
    even = picks(known, items, {2: 5.0}, n=10, dials=Dials(minimum_count=20)).items
    assert set(odd["item_index"][:2]) == {1, 5} and set(even["item_index"][:2]) == {4, 6}
    assert 3 not in odd["item_index"].tolist() and not {7, 8, 9} & set(odd["item_index"])


def make_together(items):
    """Films three places apart are watched together; every second person rated film 1, fewer the next ones."""
    weights = np.zeros((8, 8), np.float32)
    weights[np.arange(5), np.arange(3, 8)] = 0.5
    popularity = items["n_ratings"].to_numpy() / 160
    return ItemWeights(np.arange(1, 9), weights, np.array([-1, *range(8), -1]), popularity, 4.0)


def test_what_is_watched_together_ranks_by_default_and_the_rating_where_it_is_not_known(known, items):
    item_weights = make_together(items)
    for order, weights, ranked_by in (
        (WATCH, item_weights, WATCH),
        (WATCH, None, RATING),
        (RATING, item_weights, RATING),
    ):
        found = picks(known, items, {2: 5.0}, order=order, item_weights=weights)
        expected = rank(ranked_by, known.predict({2: 5.0})[0], items, {2: 5.0}, known=weights)
        assert found.order == ranked_by
        pd.testing.assert_frame_equal(found.items[list(expected)], expected)
    assert picks(known, items, {2: 5.0}, item_weights=item_weights).items["item_index"][0] == 5
    with pytest.raises(SettingError, match="no order 'best'"):
        picks(known, items, {2: 5.0}, order="best")


def test_new_films_stand_before_those_that_the_person_may_know(known, items):
    item_weights = make_together(items)  # after one rating films 1 and 5 are probably known
    found = picks(known, items, {2: 5.0}, n=4, item_weights=item_weights, n_familiar=1).items
    assert found["familiar"].tolist() == [False, False, False, True]
    assert (found["seen"] >= FAMILIAR_FROM).tolist() == found["familiar"].tolist()
    only = picks(known, items, {2: 5.0}, n=20, item_weights=item_weights, n_familiar=20).items
    assert only["familiar"].is_monotonic_increasing and only["item_index"].is_unique
    assert set(only["item_index"]) == set(
        picks(known, items, {2: 5.0}, n=20, item_weights=item_weights).items["item_index"]
    )
    stated = picks(known, items, {2: 5.0}, n=20, item_weights=item_weights, n_familiar=2, not_seen=[1]).items
    assert not stated.set_index("item_index")["familiar"][1]  # its place is among the new ones: the person has said so


def test_reasons_add_up_to_what_they_explain(known, bayesian, items):
    rated, films = {3: 5.0, 2: 1.0, 5: 4.0, 1: 3.0, 6: 2.0}, np.array([4, 7, 8])
    item_weights = make_together(items)
    explained = [(watched_reasons(item_weights, rated, films), item_weights.score(rated))]
    for person in (known, bayesian):
        explained.append((rating_reasons(person, rated, films), person.predict(rated)[0].score))
        for reason, before in zip(explained[-1][0], person.before[0].score[films], strict=True):
            assert reason.start == pytest.approx(before, abs=1e-6)
            assert len(reason.parts) == 4 and reason.n_others == 1
            assert all(abs(part) >= abs(reason.others) for _, part in reason.parts)
    for reasons, score in explained:
        for reason, total in zip(reasons, score[films], strict=True):
            assert reason.total == pytest.approx(total, abs=1e-5)
            added = reason.start + sum(part for _, part in reason.parts) + reason.others
            assert added == pytest.approx(reason.total, abs=1e-9)
    assert dict(explained[0][0][1].parts) == {}  # film 7 goes with film 4, which is not rated
    assert dict(explained[0][0][2].parts) == {5: pytest.approx(0.5)}


def test_what_was_told_is_a_part_of_the_reason_and_all_parts_add_up(known, bayesian):
    films, taste = np.array([4, 7, 8]), np.array([0.8, 0.1])
    for person in (known, bayesian):
        first = person.with_prior(Belief(person.prior.mean + taste, person.prior.covariance), "first")
        second = first.with_prior(Belief(first.prior.mean - 2 * taste, first.prior.covariance / 2), "second")
        plain, after_first, before = (each.before[0].score[films] for each in (person, first, second))
        for rated in ({}, {3: 5.0, 2: 1.0}):
            score = second.predict(rated)[0].score[films]
            for place, reason in enumerate(rating_reasons(second, rated, films)):
                assert [name for name, _ in reason.stated] == ["first", "second"]
                assert reason.start == pytest.approx(plain[place], abs=1e-6)
                assert reason.stated[0][1] == pytest.approx(after_first[place] - plain[place], abs=1e-6)
                assert reason.stated[1][1] == pytest.approx(before[place] - after_first[place], abs=1e-6)
                added = reason.start + sum(part for _, part in (*reason.stated, *reason.parts)) + reason.others
                assert added == pytest.approx(reason.total, abs=1e-9)
                assert reason.total == pytest.approx(score[place], abs=1e-5)
        assert first.stated[0][1] is person.prior and person.stated == ()
        assert second.with_prior(second.prior, "nothing new") is second


def test_a_model_that_folds_in_by_itself_gives_no_reason(users, items):
    assert rating_reasons(new_user(FoldingModel(), users, items, 0.64, STARS), {3: 5.0}, np.array([5])) is None


def test_the_film_that_weighs_most_in_the_picks_comes_first(known, items, users):
    rated, films, item_weights = {3: 5.0, 2: 1.0, 1: 4.0}, np.array([4, 5, 6]), make_together(items)
    assert weightiest(known, item_weights, rated, films) == [
        1,
        3,
        2,
    ]  # 1 has .5 of film 4, 3 as much of 6, 2 a fifth of that
    by_stars = np.abs(known.star_parts(rated, films)[1]).sum(axis=1)
    assert weightiest(known, None, rated, films) == np.array([3, 2, 1])[np.argsort(-by_stars)].tolist()
    assert weightiest(new_user(FoldingModel(), users, items, 0.64, STARS), None, rated, films) == [1, 2, 3]
    assert (
        weightiest(known, item_weights, rated, films[:0]) == [1, 2, 3]
        and weightiest(known, item_weights, {}, films) == []
    )


@given(st.lists(st.floats(-9, 9), max_size=9), st.integers(0, 3))
def test_what_is_printed_of_a_sum_adds_up(parts, digits):
    printed, total = rounded(parts, digits)
    unit = Decimal(1).scaleb(-digits)
    assert sum(Decimal(f"{part:.{digits}f}") for part in printed) == Decimal(f"{total:.{digits}f}")
    assert abs(total - math.fsum(parts)) <= unit / 2 + Decimal("1e-9")
    assert all(
        abs(Decimal(near) - Decimal(part)) < unit + Decimal("1e-9") for near, part in zip(printed, parts, strict=True)
    )


def test_the_largest_remainders_are_rounded_up():
    # usual rounding gives 0.33 three times and 1.00: the first of the equal ones takes the hundredth that is missing
    assert rounded([1 / 3, 1 / 3, 1 / 3], 2) == ([0.34, 0.33, 0.33], 1.0)
    assert rounded([3.504, 0.114, -0.214], 2) == ([3.5, 0.11, -0.21], 3.4)  # remainders of .4, .4 and .6


def test_a_doubled_title_is_left_out_with_all_its_rows(known, items):
    assert (
        "Film 1 (1991)" not in picks(known, items, {1: 5.0}, n=10, dials=Dials(minimum_count=1)).items["title"].tolist()
    )


def test_every_pick_says_its_likely_range_in_words(known, items):
    films = picks(known, items, {3: 5.0}, n=10, dials=Dials(minimum_count=20)).items
    for film in films.itertuples():
        assert film.words == f"{film.predicted:.1f}, probably {film.likely_low:g} to {film.likely_high:g}"
        assert film.likely_low <= film.predicted <= film.likely_high


@pytest.mark.parametrize("scale", [STARS, HALF_STARS])
def test_every_pick_has_a_chance_for_every_level(users, items, scale):
    found = picks(
        new_user(make_model(), users, items, 0.8, scale), items, {3: 5.0}, n=10, dials=Dials(minimum_count=20)
    )
    assert found.chances.shape == (len(found.items), len(scale.levels))
    assert found.chances.sum(axis=1) == pytest.approx(1)
    assert (np.diff(found.chances @ scale.levels) <= 1e-12).all()  # best first
    for chances, film in zip(found.chances, found.items.itertuples(), strict=True):
        assert chances[(scale.levels >= film.likely_low) & (scale.levels <= film.likely_high)].sum() >= 0.8


def test_more_is_learned_with_every_rating_and_the_noise_stays(known, bayesian, items):
    for person in (known, bayesian):
        one = picks(person, items, {3: 5.0}, n=10, dials=Dials(minimum_count=1))
        two = picks(person, items, {3: 5.0, 2: 1.0}, n=10, dials=Dials(minimum_count=1))
        assert 0.8**0.5 < two.typical_error < one.error_before and 0.8**0.5 < one.typical_error < one.error_before
        assert 0 < one.learned < two.learned < 1
        if person is known:  # a pronounced taste makes more of what is unknown of the films
            assert two.typical_error < one.typical_error


def test_doubt_about_films_widens_every_pick_and_is_nothing_to_learn(users, items):
    sure, unsure = (new_user(make_model(None, doubt), users, items, 0.8, STARS) for doubt in (0.0, 0.5))
    rated = {3: 5.0, 2: 1.0}
    narrow, wide = (picks(person, items, rated, n=10, dials=Dials(minimum_count=1)) for person in (sure, unsure))
    assert wide.items["uncertainty"].min() > narrow.items["uncertainty"].max()
    assert wide.chances.max() < narrow.chances.max()
    many = picks(unsure, items, dict.fromkeys(range(1, 7), 4.0), n=10, dials=Dials(minimum_count=1))
    assert wide.learned < many.learned and many.typical_error > (0.8 + 0.5) ** 0.5


def test_without_a_candidate_there_is_no_pick(known, items):
    found = picks(known, items, {3: 5.0}, n=10, dials=Dials(minimum_count=1000))
    assert found.items.empty and found.chances.shape == (0, 5) and np.isnan(found.typical_error)


class FoldingModel:
    """Everybody likes film 5 best, and people are a little better known with every rating."""

    def fold_in_user(self, item_index, ratings, noise_variance):
        rating = np.where(np.arange(10) == 5, 6.0, 3.0) + 0.1 * ratings.sum()
        return FoldInPredictions(rating, np.full(10, noise_variance / (1 + len(ratings))))


def test_a_model_that_folds_in_by_itself_is_asked(users, items):
    person = new_user(FoldingModel(), users, items, 0.64, STARS)
    found = picks(person, items, {3: 5.0}, n=10, dials=Dials(minimum_count=20))
    best, second = found.items.iloc[0], found.items.iloc[1]
    assert best.item_index == 5 and 3 not in found.items.item_index.tolist()
    assert best.score == pytest.approx(6.5) and best.predicted == 5.0 and best.high == 5.0  # cut to the scale
    assert second.predicted == pytest.approx(3.5)
    assert second.uncertainty == pytest.approx((0.64 + 0.32) ** 0.5)
    assert second.high - second.predicted == pytest.approx(1.2816 * second.uncertainty, rel=1e-3)
    assert found.error_before == pytest.approx((0.64 * 2) ** 0.5) and found.learned == pytest.approx(0.5)


class NamingModel(FoldingModel):
    """The same, with chances: one star or five, as likely as makes the rating."""

    def fold_in_user(self, item_index, ratings, noise_variance):
        five = np.where(np.arange(10) == 5, 0.9, 0.5)
        chances = np.zeros((10, 5))
        chances[:, 0], chances[:, 4] = 1 - five, five
        return FoldInPredictions(chances @ STARS.levels, np.full(10, noise_variance / (1 + len(ratings))), chances)


def test_chances_that_a_model_names_itself_are_taken(users, items):
    found = picks(
        new_user(NamingModel(), users, items, 0.64, STARS), items, {3: 5.0}, n=10, dials=Dials(minimum_count=20)
    )
    best = found.items.iloc[0]
    assert found.own_chances and best.item_index == 5
    np.testing.assert_allclose(found.chances[0], [0.1, 0, 0, 0, 0.9])
    assert best.predicted == pytest.approx(4.6) and best.uncertainty == pytest.approx(
        (0.1 * 3.6**2 + 0.9 * 0.4**2) ** 0.5
    )
    assert (best.likely_low, best.likely_high) == (5.0, 5.0)
    assert found.learned == pytest.approx(0.5)  # of the taste, whatever the noise
