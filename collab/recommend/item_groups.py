"""Groups of well-known items for a first screen, from which a person picks before rating anything.

Items are grouped by direction: two items are similar where liking one more than average goes with liking the other more than
average. With C the covariance of the trained users' factors and C = L Lᵀ, an item's direction is that of Lᵀ(q_i − mean q);
*k*-means clusters the unit vectors.

Picked groups change the prior of a person, not their ratings. With a the mean centre of the picked groups minus that of all
groups shown, x = a · (p − m) is how much more than the average person someone likes the picked groups. A person who picks them is
treated as one of the share LIKING of users with the largest x. The mean and covariance are then those of a normal distribution
truncated in one direction, in closed form (`after_groups`).
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
"""Number of best-known items that are grouped."""

N_GROUPS = 8

N_SHOWN = 4
"""Number of items that represent a group."""

LIKING = 0.5
"""The share of users assumed to like a group as much as a person who picks it."""


@dataclass(frozen=True, eq=False)
class ItemGroup:
    """A group of items that the same people like: the item indices that represent it, `shown`, best first; those of all its
    `items`; and `centre` (n_factors,), their mean factors minus the mean of all grouped items."""

    shown: np.ndarray
    items: np.ndarray
    centre: np.ndarray


def item_groups(
    prior: Belief, item_factors: np.ndarray, share: np.ndarray, n_groups: int = N_GROUPS, seed: int = 0
) -> list[ItemGroup]:
    """`n_groups` groups of the best-known items by `share` (n_items,), the share of users who rated them; largest group first.

    A group is represented by the items closest to its centre, weighted by how well known they are. Raises SettingError where
    there are fewer distinct directions than groups, as in a model without factors.
    """
    item_index = np.argsort(-share, kind="stable")[: min(N_ITEMS, np.count_nonzero(share))]
    factors = np.asarray(item_factors, dtype=np.float64)[item_index]
    factors = factors - factors.mean(axis=0)
    root = np.linalg.cholesky(prior.covariance[:-1, :-1]) if factors.shape[1] else np.zeros((0, 0))
    direction = factors @ root
    length = np.linalg.norm(direction, axis=1)
    clear = length > 1e-9
    item_index, factors, direction = item_index[clear], factors[clear], direction[clear] / length[clear, None]
    if len(np.unique(direction.round(9), axis=0)) < n_groups:
        raise SettingError(f"{n_groups} groups of films take as many that differ; this run has {len(item_index)}")
    member = KMeans(n_groups, n_init=4, random_state=seed).fit_predict(direction)
    groups = []
    for number in range(n_groups):
        chosen = member == number
        middle = direction[chosen].mean(axis=0)
        worth = direction[chosen] @ middle * np.sqrt(share[item_index[chosen]])
        shown = item_index[chosen][np.argsort(-worth, kind="stable")[:N_SHOWN]]
        groups.append(ItemGroup(shown, item_index[chosen], factors[chosen].mean(axis=0)))
    return sorted(groups, key=lambda group: (-len(group.items), int(group.shown[0])))


def after_groups(prior: Belief, groups: Sequence[ItemGroup], picked: Collection[int], liking: float = LIKING) -> Belief:
    """The prior of a person who picked the groups in the places `picked`; `prior` itself for none, or for all.

    With σ² = aᵀ C a, z the point above which a share `liking` of a standard normal distribution lies, φ its density and
    λ = φ(z) / liking, the users above z have the mean m + λ C a / σ and the covariance C − λ (λ − z) C a aᵀ C / σ²
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
