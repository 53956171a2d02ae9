"""The feedback simulation: what must hold in every world, and what holds in the mean of a few."""

import numpy as np
import pytest

from collab.errors import SettingError
from collab.lessons import feedback
from collab.lessons.feedback import DAMPING, EXPLORATION, LOVED, N_PEOPLE, NONE, choose, effective_number, make_world

SEEDS = range(3)


def mean_rounds(n_lovers, remedy, n_rounds=3):
    """Variety and loved share after each round, means over the seeds, (2, n_rounds + 1)."""
    found = [list(feedback.simulate(n_lovers, remedy, seed, n_rounds)) for seed in SEEDS]
    return np.mean([[(each.variety, each.loved_share) for each in rounds] for rounds in found], axis=0).T


def test_effective_number_by_hand():
    assert effective_number(np.array([5, 5, 0, 5, 5])) == pytest.approx(4)
    assert effective_number(np.array([0, 7])) == pytest.approx(1)
    assert effective_number(np.array([2, 1, 1])) == pytest.approx(2**1.5)  # an entropy of 1.5 bits


def test_the_same_seed_gives_the_same_rounds_and_another_does_not():
    first, again, other = (list(feedback.simulate(5, EXPLORATION, seed, 1)) for seed in (1, 1, 2))
    assert first[1:] == again[1:] and first[1:] != other[1:]


def test_lovers_come_on_top_of_the_same_people():
    with_them, without = make_world(30, 4), make_world(0, 4)
    assert len(without.taste) == N_PEOPLE and len(with_them.taste) == N_PEOPLE + 30
    for name in ("taste", "stars", "first"):
        assert np.array_equal(getattr(with_them, name)[:N_PEOPLE], getattr(without, name))
    loved = with_them.genre == LOVED
    assert with_them.taste[N_PEOPLE:, loved].mean() > with_them.taste[:N_PEOPLE, loved].mean() + 1
    with pytest.raises(SettingError, match="61 lovers"):
        make_world(61, 0)


@pytest.mark.parametrize("remedy", feedback.REMEDIES)
def test_nobody_is_shown_a_film_twice(remedy, monkeypatch):
    seen = []
    monkeypatch.setattr(feedback, "train", lambda stars, rated: seen.append(rated) or np.where(rated, 9.0, 1.0))
    list(feedback.simulate(3, remedy, 0, 5))
    n_rated = np.array([rated.sum(axis=1) for rated in seen])
    assert np.all(np.diff(n_rated, axis=0) == feedback.N_SHOWN)  # every film shown is a new one


def test_damping_prefers_the_rarely_rated_of_two_alike():
    rated = np.zeros((3, 6), dtype=bool)
    rated[1:, :3] = True
    shown = choose(np.full((3, 6), 4.0), rated, DAMPING, np.random.default_rng(0))
    assert shown[0].tolist() == [False, False, False, True, True, True]
    with pytest.raises(SettingError, match="no remedy 'prayer'"):
        choose(np.full((3, 6), 4.0), rated, "prayer", np.random.default_rng(0))


def test_variety_falls_without_a_remedy_and_exploration_keeps_more():
    alone, explored = mean_rounds(20, NONE), mean_rounds(20, EXPLORATION)
    assert alone[0, 1:].max() < alone[0, 0] / 5
    assert np.all(explored[0, 1:] > alone[0, 1:])


def test_more_lovers_more_of_their_genre_for_everybody_else():
    share = [mean_rounds(n_lovers, NONE, 3)[1, 3] for n_lovers in (0, 10, 40)]
    assert share[0] < share[1] < share[2]
    assert mean_rounds(40, DAMPING, 3)[1, 3] < share[2]
