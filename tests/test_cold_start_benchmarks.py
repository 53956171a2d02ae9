"""What the benchmark of cold start measures people, opponents and goals by, on paper and beside scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from collab.data.ratings import Ratings, RatingScale, Vocabulary
from collab.models.fold_in import Belief, Items
from collab.recommend.new_user import NewUser
from tests.benchmarks import cold_start_opponents
from tests.benchmarks.cold_start_errors import REACH, Measured, fitted_widths, measure, pairs_of, together
from tests.benchmarks.cold_start_goals import at_least, at_most, print_goals, share, upper_end
from tests.benchmarks.cold_start_opponents import DAMPING, Biases, foretold, item_mean, ridge
from tests.benchmarks.new_users import Interval, Person, between, interval, resampled

SCALE = RatingScale(1.0, 5.0, 1.0)


def measured(uncut, away):
    """Intervals alone, after one number of ratings."""
    uncut = np.array(uncut, dtype=float)[:, None]
    return Measured(uncut, uncut, uncut, uncut, [[np.array(each, dtype=float) for each in away]])


@pytest.fixture
def person():
    """Rated twenty films with 1 to 5 stars, one after the other."""
    order = np.arange(20)
    return Person(7, order + 1, 1.0 + order % 5, {"random": order[::-1], "popular": order})


def test_an_interval_that_holds_0_is_said_not_to_be_significant():
    assert interval(np.full(9, 0.25)).text(2) == "+0.25 [+0.25, +0.25]"
    assert str(Interval(0.0123, -0.0004, 0.02)) == "+0.012 [-0.000, +0.020] n.s."
    assert Interval(-2.0, -3.0, -1.0).significant and not Interval(0.0, 0.0, 0.0).significant


def test_who_has_no_difference_is_nobody():
    some = np.random.default_rng(0).normal(size=40)
    assert interval(np.append(some, [np.nan, np.nan])) == interval(some)


def test_every_draw_counts_as_many_people_as_there_are():
    draws = resampled(30)
    assert (draws.sum(axis=1) == 30).all() and draws.mean() == 1
    found = between(0.0, np.arange(1001) / 1000)
    assert (found.low, found.high) == pytest.approx((0.025, 0.975))


def test_ratings_are_revealed_in_their_order(person):
    assert person.revealed("popular", 3) == {1: 1.0, 2: 2.0, 3: 3.0}
    assert list(person.revealed("random", 2)) == [20, 19]


def test_biases_by_hand():
    biases = Biases(3.0, np.array([0.0, 0.5, -1.0]), 0.8, SCALE)
    found = biases({1: 5.0, 2: 3.0}, 0)  # 1.5 and 1 above what is expected of anybody
    bias = 2.5 / (2 + DAMPING)
    assert found.mean.tolist() == pytest.approx([3 + bias, 3.5 + bias, 2 + bias])
    assert found.standard_deviation**2 == pytest.approx(0.8 * (1 + 1 / (2 + DAMPING)))
    assert biases({}, 0).standard_deviation ** 2 == pytest.approx(0.8 * (1 + 1 / DAMPING))


def test_biases_learn_from_ratings():
    n, names = 400, Vocabulary.of([str(number) for number in range(1, 41)])
    users, items = np.divmod(np.arange(n), 10)
    stars = np.where(items < 5, 5.0, 1.0)  # the mean is 3, each film two away from it
    biases = Biases.of(Ratings(names, names, users + 1, items + 1, stars, np.zeros(n), SCALE))
    assert biases.mean == pytest.approx(3.0)
    assert biases.item_biases[[1, 10]] == pytest.approx([2 * 40 / (40 + DAMPING), -2 * 40 / (40 + DAMPING)])
    assert 0 < biases.noise_variance < 0.5  # what damping holds back: nothing else is noise here


def test_the_item_mean_is_everybodys(person):
    train = Ratings(*[Vocabulary.of(["1"])] * 2, [1], [1], [4.0], [0.0], SCALE)
    method = item_mean(train, np.array([3.0, 4.0]))
    assert method({1: 1.0}, 0) is method({}, 3) and np.isnan(method({}, 3).low).all()


def test_the_ridge_is_scikit_learns():
    generator = np.random.default_rng(1)
    factors, item_biases = generator.normal(size=(30, 4)), generator.normal(size=30)
    prior = Belief(np.append(generator.normal(size=4), 3.5), np.diag(generator.uniform(0.1, 1, 5)))
    known = NewUser(prior, Items(factors, item_biases, np.ones((30, 5, 5)), None, 0.7), SCALE)
    rated = dict(zip(range(0, 20, 2), generator.uniform(1, 5, 10).tolist(), strict=True))
    rows = np.column_stack([factors, np.ones(30)])
    theirs = Ridge(alpha=0.7 / 0.2, fit_intercept=False)
    level = item_biases + 3.5  # the mean of people's biases stays with the films
    theirs.fit(rows[list(rated)], np.array(list(rated.values())) - level[list(rated)])
    assert ridge(known, 0.2).predict(rated)[0].score == pytest.approx(theirs.predict(rows) + level)


def test_a_library_is_asked_once_for_each_set_of_ratings(person, monkeypatch):
    asked = {}

    def ask(python, script, arrays, settings):
        asked.update(arrays)
        n_queries = len(arrays["start"]) - 1
        return {"predicted": np.arange(n_queries)[:, None] + np.zeros((1, 21)), "seconds": np.ones(n_queries)}

    monkeypatch.setattr(cold_start_opponents, "ask_peer", ask)
    train = Ratings(*[Vocabulary.of(["1"])] * 2, [1], [1], [4.0], [0.0], SCALE)
    method, seconds = cold_start_opponents.lenskit("python", train, [person], (0, 1, 20))
    # nothing rated and everything rated are the same in both orders
    assert asked["start"].tolist() == [0, 0, 1, 21, 22] and len(seconds) == 4
    assert asked["given_item"][[0, 21]].tolist() == [1, 20] or asked["given_item"][[0, 21]].tolist() == [20, 1]
    for reveal in ("random", "popular"):
        for k in (0, 1, 20):
            rated = person.revealed(reveal, k)
            query = int(method(rated, person.user).score[0])
            first, end = asked["start"][query : query + 2]
            given = zip(asked["given_item"][first:end], asked["given_rating"][first:end], strict=True)
            assert dict(given) == rated


def test_only_ratings_beyond_the_15th_are_predicted(person):
    found = measure(lambda rated, user: foretold(np.full(21, 3.0), 1.0, SCALE), [person], "popular")
    assert found.squared[0].tolist() == pytest.approx([2.0] * 6)  # 1 to 5 stars, each once
    assert found.inside[0].tolist() == pytest.approx([0.6] * 6)  # 3 ± 1.28
    assert found.uncut[0, 0] == pytest.approx(2 * REACH) and found.away[0][0].tolist() == [2, 1, 0, 1, 2]
    both = together([found, found])
    assert both.squared.shape == (2, 6) and len(both.away) == 6 and len(both.away[0]) == 2


def test_a_fitted_width_holds_the_share_asked_for():
    found = measured([2 * REACH], [np.arange(1, 11)])
    assert fitted_widths(found, 0, np.ones((1, 1))) == pytest.approx([2 * 8])  # eight of ten lie within 8 deviations
    assert fitted_widths(found, 0, np.ones((1, 1)), coverage=0.5) == pytest.approx([2 * 5])


def test_in_a_fitted_width_everybody_counts_the_same():
    found = measured([2 * REACH, 4 * REACH], [[1.0], np.full(99, 3.0)])
    widths = fitted_widths(found, 0, np.array([[1, 1], [2, 0], [0, 2]]), coverage=0.5)
    assert widths == pytest.approx([3 * 1, 2 * 1, 4 * 3])


def test_methods_that_did_not_run_are_not_compared():
    assert pairs_of(dict.fromkeys(["biases", "dot-bias fast"])) == [("dot-bias fast", "biases")]
    found = pairs_of(dict.fromkeys(["biases", "bayes fast", "bayes fast, points", "LensKit"]))
    assert found == [("bayes fast", other) for other in ("biases", "bayes fast, points", "LensKit")]


def test_goals_are_judged_by_what_was_found_not_by_what_is_printed(capsys):
    goals = [
        at_least("a gain", 0.045, Interval(0.04496, 0.03, 0.06)),
        at_least("a gain", 0.045, Interval(0.045, -0.01, 0.1)),
        upper_end("no worse", 0.01, Interval(-0.02, -0.05, 0.011), above=False),
        upper_end("reaches 0", 0.0, Interval(-0.02, -0.05, 0.011), above=True),
        share("holds", 0.77, 0.83, [0.78, 0.8301]),
        share("coverage", 0.1, 1.0, [0.12]),
        at_most("time", 2.0, 1.23, "ms"),
    ]
    assert [goal.reached for goal in goals] == [False, True, False, True, False, True, True]
    assert [goal.wanted for goal in goals[-3:]] == ["77 to 83 %", "≥ 10 %", "≤ 2 ms"]
    assert goals[4].found == "78.0 to 83.0 %" and goals[5].found == "12.0 %"
    print_goals(goals, "somebody")
    printed = capsys.readouterr().out
    assert "4 of 7 reached" in printed and printed.count("MISSED") == 3 and printed.count("n.s.") == 4
