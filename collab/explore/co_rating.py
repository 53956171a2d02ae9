"""Item similarity without a model, from co-ratings, and how far it agrees with a model's neighbours.

Uses training rows alone. An item that a user rated twice counts once, with the mean of the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse
import scipy.stats

from collab.data.ratings import Ratings, liked_from
from collab.errors import SettingError

SEEN, ALIKE = "who rated both", "how both were rated"
KINDS = (SEEN, ALIKE)


@dataclass(frozen=True, eq=False)
class CoRating:
    """Who rated what, as sparse matrices (n_users, n_items), float32, in CSC format.

    `seen` holds a 1 for every rating, `liked` a 1 for every rating of `liked_from` stars or more, `left` the stars minus the
    user's mean; `n_raters` (n_items,).
    """

    seen: scipy.sparse.csc_array
    liked: scipy.sparse.csc_array
    left: scipy.sparse.csc_array
    n_raters: np.ndarray
    liked_from: float


@dataclass(frozen=True)
class Shared:
    """Raters shared by two items: users who rated the first, the second, both; and, among those who rated both, users who liked
    the first, the second, both.

    `correlation`, over the users who rated both, is that of the stars minus each user's mean; NaN for fewer than three users or
    where these do not vary.
    """

    n_first: int
    n_second: int
    n_both: int
    n_liked_first: int
    n_liked_second: int
    n_liked_both: int
    correlation: float


@dataclass(frozen=True)
class Agreement:
    """Agreement of two lists of neighbours: `n_common` of the first `k` items; `by_chance`, the expected number for two random
    lists of the `n_candidates`; Spearman's rank correlation over the `n_union` items of either list, and over all candidates, NaN
    where it is undefined."""

    k: int
    n_common: int
    by_chance: float
    spearman: float
    n_union: int
    spearman_all: float
    n_candidates: int


def co_rating(train: Ratings) -> CoRating:
    """The co-ratings of the training rows."""
    shape = (train.n_users, train.n_items)
    key = train.user_index.astype(np.int64) * train.n_items + train.item_index
    different, place = np.unique(key, return_inverse=True)
    stars = np.bincount(place, train.rating) / np.bincount(place) if len(key) else np.zeros(0)
    user, item = different // train.n_items, different % train.n_items
    n_rated = np.bincount(user, minlength=train.n_users)
    means = np.bincount(user, stars, minlength=train.n_users) / np.maximum(n_rated, 1)
    like = liked_from(train.rating_scale)
    entries = {
        "seen": np.ones(len(stars)),
        "liked": (stars >= like).astype(float),
        "left": stars - means[user],
    }
    tables = {
        name: scipy.sparse.csc_array((values.astype(np.float32), (user, item)), shape=shape)
        for name, values in entries.items()
    }
    tables["liked"].eliminate_zeros()
    return CoRating(**tables, n_raters=np.bincount(item, minlength=train.n_items), liked_from=like)


def similarity_by(known: CoRating, item_index: int, kind: str = SEEN, beta: float = 0.0) -> np.ndarray:
    """The similarity of every item to item `item_index` from co-ratings: (n_items,), float64.

    SEEN: n_ab / √(n_a n_b), the cosine of the two items' columns of 0 (not rated) and 1 (rated). ALIKE: the cosine of the stars
    minus each user's mean, over the users who rated both, times n_ab / (n_ab + β): Sarwar et al., Item-Based Collaborative
    Filtering Recommendation Algorithms, WWW 2001, section 3.1.3, with shrinkage. 0 where nobody rated both. Raises SettingError
    for another kind.
    """
    if kind not in KINDS:
        raise SettingError(f"co-rating can be counted by {' or '.join(KINDS)}, not by {kind!r}")
    n_both = shared_raters(known, item_index)
    if kind == SEEN:
        lengths = np.sqrt(known.n_raters * float(known.n_raters[item_index]))
        return np.divide(n_both, lengths, out=np.zeros(len(n_both)), where=lengths > 0)
    own, theirs = known.left[:, [item_index]], known.left
    products = _column(theirs.T @ own)
    squares = theirs.power(2)
    squared = _column(squares.T @ known.seen[:, [item_index]])  # of the other item, over the users who rated both
    squared_own = _column(known.seen.T @ squares[:, [item_index]])
    lengths = np.sqrt(squared * squared_own)
    cosine = np.divide(products, lengths, out=np.zeros(len(products)), where=lengths > 1e-9)
    return np.clip(cosine, -1, 1) * n_both / np.maximum(n_both + beta, 1)


def shared_raters(known: CoRating, item_index: int) -> np.ndarray:
    """How many users rated both item `item_index` and each item: (n_items,), float64."""
    return _column(known.seen.T @ known.seen[:, [item_index]])


def shared(known: CoRating, first: int, second: int) -> Shared:
    """The raters that two items share."""
    seen, liked, left = (
        [_column(table[:, [item]]) for item in (first, second)] for table in (known.seen, known.liked, known.left)
    )
    both = (seen[0] > 0) & (seen[1] > 0)
    n_both = int(both.sum())
    correlation = float("nan")
    pair = [column[both].astype(np.float64) for column in left]
    if n_both >= 3 and all(np.ptp(column) > 1e-6 for column in pair):
        correlation = float(np.corrcoef(*pair)[0, 1])
    return Shared(
        int(seen[0].sum()),
        int(seen[1].sum()),
        n_both,
        int(liked[0][both].sum()),
        int(liked[1][both].sum()),
        int((liked[0] * liked[1]).sum()),
        correlation,
    )


def agreement(first: np.ndarray, second: np.ndarray, candidates: np.ndarray, k: int = 10) -> Agreement:
    """How far two rankings of the `candidates` (n,) agree; `first` and `second` (n_items,) are larger for closer items.

    Over the union of the two lists the rank correlation is biased below zero, because an item is there for its high rank in
    one of them. Over all candidates it is not.
    """
    lists = [candidates[np.argsort(-values[candidates], kind="stable")[:k]] for values in (first, second)]
    common, union = np.intersect1d(*lists), np.union1d(*lists)
    by_chance = k * k / len(candidates) if len(candidates) > k else float(len(candidates))
    return Agreement(
        k=min(k, len(candidates)),
        n_common=len(common),
        by_chance=by_chance,
        spearman=_spearman(first[union], second[union]),
        n_union=len(union),
        spearman_all=_spearman(first[candidates], second[candidates]),
        n_candidates=len(candidates),
    )


def _spearman(first: np.ndarray, second: np.ndarray) -> float:
    if len(first) < 3 or not (np.ptp(first) > 0 and np.ptp(second) > 0):
        return float("nan")
    return float(scipy.stats.spearmanr(first, second).statistic)


def _column(table: scipy.sparse.sparray) -> np.ndarray:
    return table.toarray().ravel().astype(np.float64)
