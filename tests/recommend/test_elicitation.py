"""Asking: the chance that a film was seen and what its rating would tell, by hand and by property."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.data.ratings import RatingScale
from collab.models.contract import FoldInPredictions
from collab.models.fold_in import Belief, Items
from collab.recommend.elicitation import (
    DAMPING,
    Audience,
    Interview,
    TastePosterior,
    at_random,
    audience,
    by_chance_of_seen,
    by_helf,
    by_information,
    by_popularity,
    information_gained,
    unknown,
)
from collab.recommend.new_user import NewUser, OwnFoldIn

STARS = RatingScale(1.0, 5.0, 1.0)
N_ITEMS = 12


@pytest.fixture(scope="module")
def watched(make_ratings):
    """Forty people: odd ones saw odd films, even ones even films; film 1 everybody, film 12 a single person."""
    generator = np.random.default_rng(0)
    rows = [(user, 1, 4 + user % 2) for user in range(1, 41)]
    for user in range(1, 41):
        films = [film for film in range(2, N_ITEMS) if film % 2 == user % 2 and generator.random() < 0.7]
        rows += [(user, film, int(generator.integers(1, 6))) for film in films]
    return make_ratings([*rows, (1, 12, 3), (1, 12, 4)])


@pytest.fixture(scope="module")
def people(watched):
    return audience(watched)


def film(watched, name):
    return int(watched.items.index_of([str(name)])[0])


def known_of(n_items, y_range=None, doubt=None, noise=0.8, seed=3):
    generator = np.random.default_rng(seed)
    covariances = None if doubt is None else np.repeat(np.eye(4)[None] * doubt, n_items, 0)
    root = generator.normal(size=(4, 4))
    prior = Belief(np.array([0.2, -0.1, 0.0, 3.4 if y_range is None else 0.4]), root @ root.T / 4)
    tables = generator.normal(size=(n_items, 3)), generator.normal(0, 0.3, n_items)
    return NewUser(prior, Items(*tables, covariances, y_range, noise), STARS)


def test_shares_and_covariance_of_who_saw_what(watched, people):
    everybody, once = film(watched, 1), film(watched, 12)
    assert (
        people.share[0] == 0 and people.share[everybody] == 1 and people.share[once] == 1 / 40
    )  # rated twice, seen once
    table = np.zeros((41, watched.n_items))
    table[watched.user_index, watched.item_index] = 1
    expected = np.cov(table[1:, people.items].T, bias=True)
    np.testing.assert_allclose(people.covariance, expected, atol=1e-12)


def test_chance_of_a_film_on_paper():
    """Two films that half the people saw, the same half: covariance 1/4 everywhere. Seen one: 1/2 + 1/4 / (1/4 + ε) · 1/2."""
    people = Audience(
        np.array([0, 0.5, 0.5, 0.1]), np.array([1, 2]), np.full((2, 2), 0.25), np.array([-1, 0, 1, -1]), np.zeros(4)
    )
    moved = 0.5 * 0.25 / (0.25 + DAMPING)
    assert people.chances([1], [])[2] == pytest.approx(0.5 + moved)
    assert people.chances([], [1])[2] == pytest.approx(0.5 - moved)
    assert people.chances([1], [2])[3] == 0.1  # too little known to follow
    assert people.chances([3], []).tolist() == people.share.tolist()


def test_both_answers_tell_what_else_was_seen(watched, people):
    odd, even, other_odd = (film(watched, name) for name in (3, 4, 5))
    before, seen, unseen = people.chances([], []), people.chances([odd], []), people.chances([], [odd])
    assert seen[other_odd] > before[other_odd] > unseen[other_odd]
    assert seen[even] < before[even] < unseen[even]
    assert before.tolist() == people.share.tolist()


def test_information_is_what_a_rating_takes_away(people):
    """Against the posterior itself: without a sigmoid the variance after a rating does not depend on the stars."""
    for doubt in (None, 0.0):
        known = known_of(len(people.share), doubt=doubt)
        rated = {3: 4.0, 6: 1.0}
        found = TastePosterior(known, rated, people.share).information()
        start = unknown(known, rated, people.share)
        for index in (1, 5, 8):
            left = unknown(known, {**rated, index: 5.0}, people.share)
            assert found[index] == pytest.approx((start - left) * people.share.sum())
            assert information_gained(known, rated, {**rated, index: 1.0}, people.share) == pytest.approx(
                1 - left / start
            )


def test_doubtful_films_tell_less(people):
    sure, unsure = (known_of(len(people.share), doubt=doubt) for doubt in (0.0, 0.5))
    assert (
        TastePosterior(unsure, {2: 5.0}, people.share).information()[1:]
        < TastePosterior(sure, {2: 5.0}, people.share).information()[1:]
    ).all()


def test_information_through_the_sigmoid(people):
    """At the prior mean, with the slopes there: one step of Gauss and Newton, taken by hand."""
    known = known_of(len(people.share), y_range=(0.0, 5.5))
    described = np.column_stack([known.items.factors, np.ones(len(people.share))])
    share = 1 / (1 + np.exp(-(known.items.biases + described @ known.prior.mean)))
    sloped = described * (5.5 * share * (1 - share))[:, None]
    prior = known.prior.covariance
    for index in (1, 7):
        after = np.linalg.inv(np.linalg.inv(prior) + np.outer(sloped[index], sloped[index]) / 0.8)
        gone = np.einsum("i,ij,jk,ik->", people.share, sloped, prior - after, sloped)
        assert TastePosterior(known, {}, people.share).information()[index] == pytest.approx(gone)


def test_the_question_is_chance_times_root_of_information(watched, people):
    known = known_of(watched.n_items)
    interview = Interview(known, people, {film(watched, 3): 5.0}, [film(watched, 4)])
    worth = people.chances(interview.rated, interview.not_seen)
    worth = worth * np.sqrt(TastePosterior(known, interview.rated, people.share).information())
    worth[interview.answered] = 0
    assert by_information(interview, 1).tolist() == [int(worth.argmax())]


def test_several_questions_do_not_ask_the_same_thing(people):
    """Films 1 and 2 are twins and tell most; the second question goes to another."""
    known = known_of(len(people.share))
    factors = known.items.factors.copy()
    factors[1:3], factors[3:] = [3.0, 0.0, 0.0], factors[3:] * [0.1, 1.0, 1.0]
    films = Items(factors, np.zeros(len(factors)), None, known.items.y_range, 0.05)
    twins = dataclasses.replace(known, items=films, prior=Belief(known.prior.mean, np.eye(4)))
    same = dataclasses.replace(
        people, share=np.where(people.share > 0, 0.5, 0), items=people.items[:0], place=people.place * 0 - 1
    )
    first, second = by_information(Interview(twins, same, {}, ()), 2)
    assert first in (1, 2) and second not in (1, 2)


def test_popularity_and_helf_by_hand(watched, people):
    known = known_of(watched.n_items)
    counts = np.bincount(np.unique(watched.user_index * 100 + watched.item_index) % 100, minlength=watched.n_items)
    asked = by_popularity(Interview(known, people, {}, ()), watched.n_items)
    assert asked[0] == film(watched, 1) and (np.diff(counts[asked]) <= 0).all()
    index = film(watched, 1)  # 20 people gave 4 and 20 gave 5: entropy log 2 / log 5, frequency 1
    entropy = np.log(2) / np.log(5)
    assert people.helf[index] == pytest.approx(2 * entropy / (entropy + 1))
    assert people.helf[0] == 0


class FoldingModel:
    """Knows a little more with every rating, and nothing of films."""

    def fold_in_user(self, item_index, ratings, noise_variance):
        return FoldInPredictions(np.full(13, 3.0), np.full(13, 1 / (1 + len(ratings))))


def test_a_model_that_folds_in_by_itself_is_asked_by_chance_alone(watched, people):
    known = OwnFoldIn(FoldingModel(), 0.8, STARS)
    interview = Interview(known, people, {3: 5.0}, [4])
    assert by_information(interview, 3).tolist() == by_chance_of_seen(interview, 3).tolist()
    assert information_gained(known, {}, {3: 5.0}, people.share) == pytest.approx(0.5)


answers = st.dictionaries(st.integers(1, 11), st.sampled_from([None, 1.0, 3.0, 5.0]))


@given(answers, st.integers(1, 15))
def test_every_strategy_asks_what_is_not_answered_once_and_always_the_same(people, given_answers, n):
    rated = {index: stars for index, stars in given_answers.items() if stars is not None}
    not_seen = [index for index, stars in given_answers.items() if stars is None]
    interview = Interview(known_of(len(people.share)), people, rated, not_seen, seed=5)
    turned = dataclasses.replace(interview, rated=dict(reversed(rated.items())), not_seen=not_seen[::-1])
    for strategy in (by_information, by_chance_of_seen, by_popularity, by_helf, at_random):
        asked = strategy(interview, n)
        assert len(asked) == len(set(asked.tolist())) == min(n, N_ITEMS - len(given_answers))
        assert not set(asked.tolist()) & {0, *given_answers}
        assert strategy(turned, n).tolist() == asked.tolist()


def test_seeds_differ_in_what_is_left_to_chance(people):
    known = known_of(len(people.share))
    first, second = (at_random(Interview(known, people, {}, (), seed), 12).tolist() for seed in (0, 1))
    assert first != second and sorted(first) == sorted(second)


def test_what_was_not_seen_teaches_nothing_about_stars(people):
    known = known_of(len(people.share))
    assert information_gained(known, {3: 5.0}, {3: 5.0}, people.share) == 0
    assert (
        information_gained(known, {3: 5.0, 4: 1.0}, {3: 5.0}, people.share)
        < 0
        < information_gained(known, {}, {3: 5.0}, people.share)
        < 1
    )
