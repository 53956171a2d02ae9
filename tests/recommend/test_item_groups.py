"""Groups of films: known kinds are found again, and a pick moves the prior as the people who like it differ from the average."""

import numpy as np
import pytest

from collab.errors import SettingError
from collab.models.fold_in import Belief
from collab.recommend.item_groups import N_SHOWN, after_groups, item_groups

KINDS = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])


@pytest.fixture
def prior():
    return Belief(np.array([0.1, -0.2, 3.5]), np.array([[1.0, 0.2, 0.1], [0.2, 0.5, 0.0], [0.1, 0.0, 0.3]]))


@pytest.fixture
def films():
    """Forty films of four kinds by turns, the later the less known; row 0 and the last ten are known to nobody."""
    generator = np.random.default_rng(0)
    factors = KINDS[np.arange(51) % 4] * generator.uniform(0.5, 2, (51, 1)) + generator.normal(0, 0.05, (51, 2))
    share = np.linspace(0.9, 0.1, 51)
    share[0], share[41:] = 0, 0
    return factors, share


def test_films_of_a_kind_stand_together(prior, films):
    groups = item_groups(prior, *films, n_groups=4)
    assert sorted(len(group.items) for group in groups) == [10, 10, 10, 10]
    for group in groups:
        assert len(set((group.items % 4).tolist())) == 1
        assert len(group.shown) == N_SHOWN and set(group.shown.tolist()) <= set(group.items.tolist())
        assert group.shown.mean() < group.items.mean()  # the better known ones
    together = np.concatenate([group.items for group in groups])
    assert sorted(together.tolist()) == list(range(1, 41))
    again = item_groups(prior, *films, n_groups=4)
    assert [group.shown.tolist() for group in again] == [group.shown.tolist() for group in groups]


def test_a_pick_is_the_mean_and_covariance_of_the_people_who_like_it_most(prior, films):
    """Against two hundred thousand people drawn from the prior."""
    groups = item_groups(prior, *films, n_groups=4)
    picked = after_groups(prior, groups, [1, 2], liking=0.25)
    drawn = np.random.default_rng(0).multivariate_normal(prior.mean, prior.covariance, 200_000)
    towards = (groups[1].centre + groups[2].centre) / 2 - np.mean([group.centre for group in groups], axis=0)
    liking = drawn[:, :-1] @ towards
    chosen = drawn[liking >= np.quantile(liking, 0.75)]
    assert picked.mean == pytest.approx(chosen.mean(axis=0), abs=0.01)
    assert picked.covariance == pytest.approx(np.cov(chosen.T), abs=0.02)
    assert np.linalg.eigvalsh(prior.covariance - picked.covariance).min() > -1e-12


def test_picking_nothing_or_everything_says_nothing(prior, films):
    groups = item_groups(prior, *films, n_groups=4)
    assert after_groups(prior, groups, []) is prior
    assert after_groups(prior, groups, [0, 1, 2, 3]) is prior


def test_too_few_films_make_no_groups(prior, films):
    factors, share = films
    with pytest.raises(SettingError, match="8 groups of films"):
        item_groups(prior, factors, np.where(np.arange(51) < 6, share, 0))
    with pytest.raises(SettingError, match="8 groups of films"):
        item_groups(Belief(np.zeros(1), np.eye(1)), np.zeros((51, 0)), share)
