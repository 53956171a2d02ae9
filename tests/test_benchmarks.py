"""What the benchmarks conclude from their measurements, by hand; no test measures a time."""

import numpy as np
import pytest

from collab.data.ratings import Ratings, RatingScale, Vocabulary
from collab.errors import SettingError
from collab.models import preset_of
from collab.recommend.item_groups import ItemGroup
from tests.benchmarks import accuracy, cold_start_asking, curves, fastai_chapter, new_users
from tests.benchmarks.conditions import N_TIMES, Part, enough

PEER = [curves.Point(1, 0.1, 0.90), curves.Point(2, 0.2, 0.80), curves.Point(3, 0.4, 0.85)]
OURS = [curves.Point(1, 0.15, 0.95), curves.Point(2, 0.3, 0.75)]


def ratings_of(users, items, stars):
    """Ratings of three users and three films, whole stars from 1 to 5."""
    named = Vocabulary.of(["1", "2", "3"])
    return Ratings(named, named, users, items, stars, np.zeros(len(stars)), RatingScale(1.0, 5.0, 1.0))


@pytest.fixture
def part():
    """The first user rated all films, the second two, the third one; a held-out rating for each of them."""
    train = ratings_of([1, 1, 1, 2, 2, 3], [1, 2, 3, 1, 2, 1], [5, 5, 4, 4, 3, 1])
    return Part(None, "by hand", "title", 0, train, ratings_of([1, 2, 3], [1, 2, 3], [5, 4, 1]))


def test_a_curve_keeps_its_lowest_loss_so_far():
    assert curves.lowest_by(PEER, 0.05) == float("inf")
    assert [curves.lowest_by(PEER, moment) for moment in (0.1, 0.25, 9.0)] == [0.90, 0.80, 0.80]


def test_ours_is_ahead_from_where_it_stays_below():
    assert curves.ahead_from(OURS, PEER) == 0.3
    assert curves.ahead_from(OURS, [*PEER, curves.Point(4, 0.5, 0.7)]) == float("inf")
    assert curves.ahead_from(OURS, []) == 0.15


def test_every_curve_is_in_the_chart():
    drawn = curves.chart({"ours": [curves.Point(1, 0.15, 0.85), *OURS[1:]], "theirs": PEER})
    assert "a ours   b theirs" in drawn and drawn.count("a") >= 2 and "0.3" in drawn


def test_the_first_point_that_reaches_a_loss_is_the_earliest_not_the_lowest():
    found = [
        fastai_chapter.Point(2, 1, 0.82, 0.1),
        fastai_chapter.Point(2, 2, 0.80, 0.2),
        fastai_chapter.Point(5, 5, 0.79, 0.5),
    ]
    assert fastai_chapter.first_to_reach(found, 0.81) is found[1]
    assert fastai_chapter.first_to_reach(found, 0.70) is None


def test_fits_are_repeated_until_a_median_of_five_can_be_taken():
    assert enough([7, 8, 9]) == [7, 8, 9, 7, 8]
    assert enough(list(range(10))) == list(range(10)) and N_TIMES == 5


def test_the_seeds_of_the_final_check_are_not_the_usual_ones():
    assert accuracy.seeds_of("0,2,5-7") == [0, 2, 5, 6, 7]
    assert not set(accuracy.seeds_of(accuracy.SEEDS)) & set(accuracy.seeds_of(accuracy.FINAL_SEEDS))


def test_a_model_is_named_by_family_preset_and_side_information():
    assert accuracy.settings_of("dot-bias:chapter") == ("dot-bias", preset_of("dot-bias", "chapter"))
    name, settings = accuracy.settings_of("bayes-sampled:best-side")
    assert name == "bayes-sampled" and not settings.side_information and settings.n_factors == 24
    assert accuracy.settings_of("bayes:fast+side")[1].side_information
    with pytest.raises(SettingError, match="no preset 'slow'"):
        accuracy.settings_of("bayes:slow")


def test_every_group_is_counted_on_training_rows(part):
    found = accuracy.groups(part)
    assert found["all"].all()
    assert found["users, most active quarter"].tolist() == [True, False, False]
    assert found["users, least active quarter"].tolist() == [False, False, True]
    assert found["films with 0 to 4 ratings"].all() and not found["films with 5 to 19 ratings"].any()


def test_certainty_of_some_rows_looks_at_these_alone(part):
    given = part.valid.rating  # 5, 4, 1: all foretold, but the last with no idea how surely
    variance = np.array([1e-4, 1e-4, 1e6])
    sure = accuracy.certainty(given, variance, part, np.array([True, True, False]))
    assert sure.log_loss == pytest.approx(0.0, abs=1e-9) and sure.within_50 == 1.0
    # of six training ratings two are a 5 and two a 4; the level that is missing counts half
    assert sure.histogram_log_loss == pytest.approx(-np.log(2 / 6.5))
    assert accuracy.certainty(given, variance, part).log_loss == pytest.approx(np.log(2) / 3, abs=1e-3)


def test_screens_count_until_an_answer_and_never_is_infinite():
    courses = [cold_start_asking.Course(screens, [], [], 0.0, 0.0) for screens in ([1, 4], [2], [])]
    assert cold_start_asking.until(courses, 2).tolist() == [4, np.inf, np.inf]
    assert cold_start_asking.until(courses, 1).tolist() == [1, 2, np.inf]


def test_a_person_picks_the_groups_whose_films_they_rated_above_the_mean():
    groups = [ItemGroup(np.array(films), np.array(films), np.zeros(1)) for films in ([1, 2], [3], [4, 5], [6])]
    person = cold_start_asking.Askable(0, {1: 5.0, 2: 5.0, 3: 5.0, 4: 1.0}, np.array([6]), np.array([5.0]))
    assert cold_start_asking.picked_by(person, groups, np.full(7, 3.0)) == [0, 1]  # 4/4, 2/3, −2/3, 0


def test_people_of_the_choice_and_of_the_final_check_are_different_and_hidden(movielens_folders):
    choosing, *_ = new_users.folds(final=False)
    final = list(new_users.folds(final=True))
    together = np.concatenate([fold.users for fold in (choosing, *final)])
    assert [len(fold.users) for fold in (choosing, *final)] == [143, 200, 200, 200, 200]
    assert sorted(together.tolist()) == list(range(1, 944))
    for fold in (choosing, *final):
        assert not np.isin(fold.train.user_index, fold.users).any() and not fold.features.users[fold.users].any()
