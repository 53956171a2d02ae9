"""EASE, an item-item model: what a user will probably watch and like, as a sum over the items that they rated.

A user is a row x over the items: 1 for a liked item, UNLIKED for one rated but not liked, 0 for the others. With X the rows of
the training users, the weights B (zero diagonal) that best reconstruct each row from itself,

    minimise |X − X B|² + λ |B|²,   in closed form   P = (XᵀX + λ 1)⁻¹,   B_ij = −P_ij / P_jj  (i ≠ j)

give item j of a new user the score  PRIOR · popularity_j + Σ_i x_i B_ij  over the rated items i: each has its own exact part.
Source: Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019, equations 2 and 8. The prior is ours; without it
one rating would say nothing about most items.

The constants were chosen on the 143 users of `tests.benchmarks.cold_start` alone. A new user's row is nearly empty, those of
the training users are full: hence the strong λ, in proportion to their number; twice that ranks as well and shows fewer items.
With UNLIKED 0 (only likes count), 0.2 and 1 (stars do not count) in training and scoring, EASE alone reached an NDCG@10 of
.483, .493 and .438 after ten random ratings, .382, .373 and .284 after ten of popular items; in the order `watch` of
`collab.recommend.orders` .502, .516 and .503, and .387, .387 and .356 (candidates of that benchmark: *not shown*; without
PRIOR). PRIOR raises it after one random rating from .311 to .387.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse

from collab.data.ratings import Ratings, liked_from

MAXIMUM_ITEMS = 5000
"""B is square and dense, so it covers only this many of the most rated items."""

UNLIKED = 0.2
STRENGTH = 1.25  # λ per training user
PRIOR = 0.01

SEEN_SLOPE, SEEN_MEAN = 0.24, -3.2
"""Constants of `ItemWeights.chance_of_seen`, which says how they were fitted."""


@dataclass(frozen=True, eq=False)
class ItemWeights:
    """The weights B (n_kept, n_kept), float32, of the item indices `items` (n_kept,), and what scoring needs besides.

    `place` (n_items,) is an item's row in B, −1 for an item without one; `popularity` (n_items,) is the share of the training
    users who rated it; a rating of `liked_from` stars or more counts as liked.
    """

    items: np.ndarray
    weights: np.ndarray
    place: np.ndarray
    popularity: np.ndarray
    liked_from: float

    def score(self, rated: Mapping[int, float]) -> np.ndarray:
        """The score of every item, (n_items,), for a user with the ratings `rated`, stars by item_index."""
        _, rows, x = self._known(rated)
        score = PRIOR * self.popularity
        if len(rows):
            score[self.items] += x.astype(np.float32) @ self.weights[rows]
        return score

    def parts(self, rated: Mapping[int, float], item_index: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The parts of the scores of the items `item_index` (n,): the rated items that have a part, item indices (k,); the part
        of each of them (k, n); and that of the popularity (n,). All parts add up to `score`."""
        items, rows, x = self._known(rated)
        item_index = np.asarray(item_index, dtype=np.int64)
        place = self.place[item_index]
        parts = np.where(place >= 0, x[:, None] * self.weights[np.ix_(rows, np.maximum(place, 0))], 0.0)
        return items, parts, PRIOR * self.popularity[item_index]

    def chance_of_seen(self, rated: Mapping[int, float], score: np.ndarray | None = None) -> np.ndarray:
        """The probability that the user has seen each item, (n_items,), in (0, 1); in the data "seen" means "rated". Pass
        `score` where it is already computed.

            logit(chance) = logit(popularity) + SEEN_SLOPE · (log(score / popularity) − SEEN_MEAN)

        Without a rating the chance is the popularity. Slope and mean are from a logistic regression on the items that the 143
        dev users had not been shown, after 5, 10 and 15 ratings of random and of popular items. Of the items with a chance of 5
        to 10, 10 to 20, 20 to 30 and 30 to 50 % after ten, 7, 14, 24 and 37 % had been rated (popular items: 6, 13, 24, 42 %).
        """
        score = self.score(rated) if score is None else score
        share = np.clip(self.popularity, 1e-4, 1 - 1e-4)
        logit = np.log(share / (1 - share))
        if rated:
            logit += SEEN_SLOPE * (np.log(np.maximum(score, 1e-3 * share) / share) - SEEN_MEAN)
        return 1 / (1 + np.exp(-logit))

    def _known(self, rated: Mapping[int, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The rated items that have a row, ascending, so that sums round the same in any order; their rows, and their values
        in x."""
        items = np.array(sorted(rated), dtype=np.int64)
        items = items[self.place[items] >= 0]
        return items, self.place[items], signal(np.array([rated[item] for item in items.tolist()]), self.liked_from)


def signal(stars: np.ndarray, liked_from: float) -> np.ndarray:
    """1 where `stars` (n,) reach `liked_from`, else UNLIKED."""
    return np.where(np.asarray(stars, dtype=np.float64) >= liked_from, 1.0, UNLIKED)


def train_item_weights(train: Ratings, maximum_items: int = MAXIMUM_ITEMS) -> ItemWeights:
    """The weights among the `maximum_items` most rated items of `train` (equal counts: lower index first).

    An item that a user rated twice counts once, with the higher of the two signals. Time grows with the cube of the number of
    items: 0.2 s for 1,664 of them, 2.3 s for 5,000, on one core.
    """
    like = liked_from(train.rating_scale)
    shape = (train.n_users, train.n_items)
    order = np.lexsort((train.rating, train.item_index, train.user_index))
    user, item, stars = (column[order] for column in (train.user_index, train.item_index, train.rating))
    last = np.append((np.diff(user) != 0) | (np.diff(item) != 0), True) if len(user) else np.zeros(0, bool)
    user, item, stars = user[last], item[last], stars[last]
    counts = np.bincount(item, minlength=train.n_items)
    n_raters = max(1, len(np.unique(user)))
    kept = np.argsort(-counts[1:], kind="stable")[:maximum_items] + 1
    kept = np.sort(kept[counts[kept] > 0])
    place = np.full(train.n_items, -1)
    place[kept] = np.arange(len(kept))
    rows = scipy.sparse.csr_array((signal(stars, like).astype(np.float32), (user, item)), shape=shape)[:, kept]
    gram = (rows.T @ rows).toarray()  # (n_kept, n_kept)
    gram[np.diag_indices_from(gram)] += STRENGTH * n_raters
    inverse = _inverse(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return ItemWeights(kept, weights, place, counts / n_raters, like)


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """The inverse of a symmetric positive definite matrix, by Cholesky: half the work of a general inverse."""
    if not len(matrix):
        return matrix
    triangle = scipy.linalg.cholesky(matrix, overwrite_a=True, check_finite=False)
    (potri,) = scipy.linalg.get_lapack_funcs(("potri",), (triangle,))
    inverse, _ = potri(triangle, lower=False, overwrite_c=True)
    return np.ascontiguousarray(np.triu(inverse) + np.triu(inverse, 1).T)
