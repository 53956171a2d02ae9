"""Groups of well-known films for a first screen: somebody who picks the groups that they like need not rate a film yet.

Films are grouped by direction: two films are alike where liking one more than the average person does goes with liking the
other more. With C the covariance of the trained users' factors and C = L Lᵀ, a film's direction is that of Lᵀ(q_i − mean q);
*k*-means on the unit vectors makes the groups.

Picked groups change what is believed of a person, not their ratings. With a the mean centre of the groups picked minus that of
all groups shown, x = a · (p − m) says how much more than the average person somebody likes what was picked, and whoever picks is
taken for one of the trained people in whom x is among the largest LIKING. Their mean and covariance are those of a normal
distribution cut off in one direction, in closed form (`after_groups`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from sklearn.cluster import KMeans

from collab.errors import SettingError
from collab.models.fold_in import Belief

N_ITEMS = 200
"""So many of the best-known films are grouped."""

N_GROUPS = 8

N_SHOWN = 4
"""Films that stand for a group."""

LIKING = 0.5
"""The share of people who like a group as much as somebody who picks it."""


@dataclass(frozen=True, eq=False)
class ItemGroup:
    """Films that the same people like: item indices `shown`, which stand for it, best first; all its `films`; and their mean
    factors beside the mean of all grouped films, `centre` (n_factors,)."""

    shown: np.ndarray
    items: np.ndarray
    centre: np.ndarray


def item_groups(
    prior: Belief, item_factors: np.ndarray, share: np.ndarray, n_groups: int = N_GROUPS, seed: int = 0
) -> list[ItemGroup]:
    """`n_groups` groups of the films that the largest `share` (n_items,) of people know, the largest group first.

    A group is shown by the films nearest to its middle, the better known the better. Raises SettingError where there are fewer
    different films than groups, or factors that say nothing.
    """
    films = np.argsort(-share, kind="stable")[: min(N_ITEMS, np.count_nonzero(share))]
    factors = np.asarray(item_factors, dtype=np.float64)[films]
    factors = factors - factors.mean(axis=0)
    root = np.linalg.cholesky(prior.covariance[:-1, :-1]) if factors.shape[1] else np.zeros((0, 0))
    direction = factors @ root
    length = np.linalg.norm(direction, axis=1)
    clear = length > 1e-9
    films, factors, direction = films[clear], factors[clear], direction[clear] / length[clear, None]
    if len(np.unique(direction.round(9), axis=0)) < n_groups:
        raise SettingError(f"{n_groups} groups of films take as many that differ; this run has {len(films)}")
    member = KMeans(n_groups, n_init=4, random_state=seed).fit_predict(direction)
    groups = []
    for number in range(n_groups):
        chosen = member == number
        middle = direction[chosen].mean(axis=0)
        worth = direction[chosen] @ middle * np.sqrt(share[films[chosen]])
        shown = films[chosen][np.argsort(-worth, kind="stable")[:N_SHOWN]]
        groups.append(ItemGroup(shown, films[chosen], factors[chosen].mean(axis=0)))
    return sorted(groups, key=lambda group: (-len(group.items), int(group.shown[0])))


def after_groups(prior: Belief, groups: Sequence[ItemGroup], picked: Collection[int], liking: float = LIKING) -> Belief:
    """What is believed of a person who picked those of the `groups`, by place; the prior itself for none, or for all.

    With σ² = aᵀ C a, z the point above which a share `liking` of a standard normal distribution lies, φ its density and
    λ = φ(z) / liking, the people above z have the mean m + λ C a / σ and the covariance C − λ (λ − z) C a aᵀ C / σ²
    (Johnson, Kotz & Balakrishnan 1994, *Continuous univariate distributions* 1, section 10.1).
    """
    chosen = sorted(set(picked))
    if not chosen:
        return prior
    centres = np.array([group.centre for group in groups])
    towards = np.append(centres[chosen].mean(axis=0) - centres.mean(axis=0), 0.0)  # (k + 1,) a
    along = prior.covariance @ towards
    spread = float(towards @ along)
    if not spread > 1e-12:
        return prior
    cut = NormalDist().inv_cdf(1 - liking)
    steep = NormalDist().pdf(cut) / liking
    less = steep * (steep - cut) / spread
    return Belief(prior.mean + steep / spread**0.5 * along, prior.covariance - less * np.outer(along, along))
