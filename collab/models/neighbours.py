"""Similar users, or similar items: the model `neighbours`, the chapter's first definition of collaborative filtering."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse

from collab.data.ratings import Ratings
from collab.models import shared_settings as shared
from collab.models.baselines import biases_only, global_mean
from collab.models.bias import InOneStep
from collab.models.contract import USER_TABLE, FoldInPredictions, Layer, Step
from collab.models.settings import check, setting

DAMPING = 5.0  # of the biases, as in the baseline beside every loss
ROWS_AT_ONCE = 128  # how many users or items are compared with all others at a time
DIGITS = 6  # of a similarity, so that two that differ only by rounding are equal
ENTRIES_AT_ONCE = 2_000_000  # how many similarities are weighted at a time: 8 MB
USERS, ITEMS, COSINE, PEARSON = "users", "films", "cosine", "pearson"


@dataclass(frozen=True)
class NeighboursSettings:
    """Settings of `neighbours`."""

    of: str = setting(
        USERS,
        "Neighbours among",
        "Users: people of the same taste say what you would give. Films: so do your own ratings of films that people rate alike.",
        choices=(USERS, ITEMS),
        in_name="of {}",
    )
    n_neighbours: int = setting(
        40,
        "Neighbours",
        "How many of the most alike have a say in a rating; more are steadier, and less alike.",
        low=1,
        high=200,
        step=1,
        log=True,
        in_name="{} neighbours",
    )
    shrinkage: int = setting(
        100,
        "Shrinkage",
        "A likeness seen in n ratings counts n / (n + shrinkage) of itself; more trusts only what many ratings show.",
        low=0,
        high=500,
        step=5,
        in_name="shrinkage {}",
    )
    damping: float = setting(
        0.5,  # of 0, ¼, ½, 1, 2 and 4 the best or second best on rows inside the training part, and for new users
        "Damping",
        "What neighbours say counts S / (S + damping) of itself, S being their likenesses added up; more keeps to the biases "
        "where few answer, 0 is their plain weighted mean.",
        low=0.0,
        high=5.0,
        step=0.25,
        always_shown=False,
    )
    minimum_overlap: int = setting(
        2,
        "Least in common",
        "Two who have fewer ratings in common than this are never neighbours; more leaves out chance likeness, and rare films.",
        low=1,
        high=50,
        step=1,
        always_shown=False,
    )
    similarity: str = setting(
        COSINE,
        "Likeness",
        "Cosine compares how far ratings lie from what the biases expect; Pearson compares their ups and downs alone.",
        choices=(COSINE, PEARSON),
        always_shown=False,
    )
    seed: int = shared.seed(shared.NO_CHANCE)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, eq=False)
class PredictionTerms:
    """One prediction as a sum: `expected` is μ + b_u + b_i; each of the neighbours `neighbour_index` (n,), most similar first,
    adds the residual `left` (n,) of its rating after its own biases, in stars, weighted by its `similarity` (n,), all above 0."""

    expected: float
    damping: float
    neighbour_index: np.ndarray
    similarity: np.ndarray
    left: np.ndarray

    @property
    def weighted_mean(self) -> float:
        """Σ s d / (Σ s + damping), 0 without a neighbour."""
        total = float(self.similarity.sum(dtype=np.float64)) + self.damping
        return float(self.similarity.astype(np.float64) @ self.left) / total if total > 0 else 0.0

    @property
    def predicted(self) -> float:
        return self.expected + self.weighted_mean


class Neighbours(InOneStep):
    """ŷ_ui = μ + b_u + b_i + Σ_v s_uv d_vi / (Σ_v s_uv + damping), over the `n_neighbours` users v most similar to u who rated i.

    d_vi = r_vi − μ − b_v − b_i is the residual of a rating after the damped biases (`collab.models.baselines.biases_only`).
    With sums over the n items that both have rated, and c the mean of d over them with Pearson, 0 with the cosine,

        s_uv = n / (n + shrinkage) · Σ (d_ui − c_u)(d_vi − c_v) / √(Σ (d_ui − c_u)² · Σ (d_vi − c_v)²)

    Only s above zero count, and only from `minimum_overlap` common items on; ties with the last neighbour are included.
    The damping acts as one more neighbour that agrees with the biases; without it a single neighbour decides alone, however
    low its similarity, as for a new user after the first ratings.
    With `of` ITEMS, items take the place of users, the neighbours being items that u has rated. Nothing is minimised.
    Without a neighbour the prediction is μ + b_u + b_i; users and items without a training rating have the bias 0. A pair rated
    twice counts with its mean. Source: Koren 2010, "Factor in the neighbors", section 2.2; Herlocker et al. 1999 for users.

    The model is its training ratings: they are saved with it, and the similarities are recomputed from them.
    """

    name = "neighbours"
    has_biases = True

    def __init__(self, settings: NeighboursSettings, n_users: int, n_items: int) -> None:
        self.settings = settings
        self.user_biases, self.item_biases = np.zeros(n_users, np.float32), np.zeros(n_items, np.float32)
        self._left = scipy.sparse.csr_array((n_users, n_items), dtype=np.float32)  # the d of rated pairs
        self._compute_similarities()

    def _solve(self, train: Ratings) -> Iterator[Step]:
        mean = global_mean(train)
        user_biases, item_biases = biases_only(train, DAMPING)
        self.user_biases[:], self.item_biases[:] = mean + user_biases, item_biases
        left = train.rating - (self.user_biases[train.user_index] + self.item_biases[train.item_index])
        total, n = (
            scipy.sparse.csr_array((values, (train.user_index, train.item_index)), shape=self._left.shape)
            for values in (left, np.ones(len(train), np.float32))
        )
        total.data /= n.data  # both have the same pattern
        self._left = total
        self._compute_similarities()
        error = self.predict(train.user_index, train.item_index) - train.rating
        yield Step(float(error @ error), len(train))

    def _compute_similarities(self) -> None:
        """Compute the similarities: `_kin` holds a row of residuals per user (or item), `_similarity` is (n_kin, n_kin)."""
        self._kin = self._left if self.settings.of == USERS else self._left.T.tocsr()
        self._by_partner = self._kin.tocsc()
        eligible = np.flatnonzero(
            np.diff(self._kin.indptr) >= self.settings.minimum_overlap
        )  # the others have no neighbour
        table, parts = self._kin[eligible], []
        for start in range(0, len(eligible), ROWS_AT_ONCE):
            block = similarities(table[start : start + ROWS_AT_ONCE], table[start:], self.settings)
            found = scipy.sparse.coo_array(np.triu(block, 1))  # each pair once, none with itself
            parts.append((found.data, eligible[start + found.row], eligible[start + found.col]))
        data, row, column = map(np.concatenate, zip(*parts, strict=True)) if parts else np.zeros((3, 0), int)
        shape = (self._kin.shape[0],) * 2
        one_way = scipy.sparse.csr_array((data.astype(np.float32), (row, column)), shape=shape)
        self._similarity = (one_way + one_way.T).tocsr()

    def predict(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """Predicted ratings in stars, float32, shape of the two index arrays (broadcast against each other)."""
        users, items = np.broadcast_arrays(user_index, item_index)
        rows = users.ravel(), items.ravel()
        kin, partner = rows if self.settings.of == USERS else rows[::-1]
        correction = np.zeros(len(kin), np.float32)
        order = np.argsort(partner, kind="stable")
        for same in np.split(order, np.flatnonzero(np.diff(partner[order])) + 1):  # predictions with one partner
            if len(same):
                column = slice(*self._by_partner.indptr[partner[same[0]] :][:2])
                others, left = self._by_partner.indices[column], self._by_partner.data[column]  # rated with it
                rows_at_once = ENTRIES_AT_ONCE // (len(others) + 1) + 1
                for part in np.split(same, range(rows_at_once, len(same), rows_at_once)):
                    alike = self._similarity[kin[part]][:, others].toarray()  # (n, n_others)
                    correction[part] = weighted(alike, left, self.settings)
        total = self.user_biases[users] + self.item_biases[items] + correction.reshape(users.shape)
        return total.astype(np.float32)

    def similarity_to(self, neighbour_index: int) -> tuple[np.ndarray, np.ndarray]:
        """The similarity of one user (or item, where neighbours are items) to all: s (n_kin,), 0 where they are no neighbours,
        and the number of ratings in common (n_kin,), 0 for itself."""
        own = self._kin[[neighbour_index]]
        ones = _with_data(self._kin, np.ones_like(self._kin.data))
        n_common = (ones @ _with_data(own, np.ones_like(own.data)).T).toarray()[:, 0].astype(np.int64)
        n_common[neighbour_index] = 0
        return self._similarity[[neighbour_index]].toarray()[0], n_common

    def terms_of(self, user_index: int, item_index: int) -> PredictionTerms:
        """The sum behind one prediction: its neighbours, their similarities and their residuals."""
        kin, partner = (user_index, item_index) if self.settings.of == USERS else (item_index, user_index)
        column = slice(*self._by_partner.indptr[partner : partner + 2])
        others, left = self._by_partner.indices[column], self._by_partner.data[column]
        alike = nearest(self._similarity[[kin]][:, others].toarray(), self.settings.n_neighbours)[0]
        chosen = np.flatnonzero(alike)
        chosen = chosen[np.argsort(-alike[chosen], kind="stable")]
        expected = float(self.user_biases[user_index] + self.item_biases[item_index])
        return PredictionTerms(expected, self.settings.damping, others[chosen], alike[chosen], left[chosen])

    def fold_in_user(self, item_index: np.ndarray, ratings: np.ndarray, noise_variance: float) -> FoldInPredictions:
        """The biases and the neighbours' correction; the variance is that of the user's bias, noise_variance / (n + DAMPING).

        The bias is the damped mean of the ratings' deviations; similarities to the trained users are computed as in training.
        """
        order = np.lexsort((ratings, item_index))  # so that sums round the same in any order
        item_index, ratings = np.asarray(item_index)[order], np.asarray(ratings, dtype=np.float64)[order]
        n_items, beyond = len(self.item_biases), ratings - float(self.user_biases[0]) - self.item_biases[item_index]
        own_bias = beyond.sum() / (len(ratings) + DAMPING)
        left = (beyond - own_bias).astype(np.float32)
        if self.settings.of == USERS:
            row = scipy.sparse.csr_array((left, (np.zeros_like(item_index), item_index)), shape=(1, n_items))
            alike = similarities(row, self._kin, self.settings)[0]  # (n_users,)
            near = np.flatnonzero(alike)
            theirs = self._kin[near]
            rated = _with_data(theirs, np.ones_like(theirs.data)).T.toarray()  # (n_items, n_near) 1 or 0
            correction = weighted(rated * alike[near], theirs.T.toarray(), self.settings)
        else:
            correction = weighted(self._similarity[:, item_index].toarray(), left, self.settings)
        variance = np.full(n_items, noise_variance / (len(ratings) + DAMPING))
        return FoldInPredictions(float(self.user_biases[0]) + own_bias + self.item_biases + correction, variance)

    def weights(self) -> dict[str, np.ndarray]:
        """Both tables of biases, and the residuals of the training ratings after them: row, column and value of each."""
        left = self._left.tocoo()
        return {
            "user_biases": self.user_biases.copy(),
            "item_biases": self.item_biases.copy(),
            "left_over": np.stack([left.row, left.col, left.data]).astype(np.float32),  # exact up to 2²⁴ rows
        }

    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Restore the tables that `weights` returned, and recompute the similarities."""
        self.user_biases[:], self.item_biases[:] = weights["user_biases"], weights["item_biases"]
        row, column, value = weights["left_over"]
        self._left = scipy.sparse.csr_array((value, (row.astype(int), column.astype(int))), shape=self._left.shape)
        self._compute_similarities()

    def layers(self) -> list[Layer]:
        """The parts of the model."""
        return [
            Layer("user biases and mean", "damped mean", self.user_biases.shape, USER_TABLE),
            Layer.of("item_biases", "damped mean", self.item_biases.shape),
            Layer("rest of the ratings", "user, film, rest", (3, self._left.nnz)),
            Layer(f"{self.settings.n_neighbours} neighbours among {self.settings.of}", "weighted mean", ()),
        ]


def similarities(
    some: scipy.sparse.csr_array, everybody: scipy.sparse.csr_array, settings: NeighboursSettings
) -> np.ndarray:
    """s of `Neighbours` between the rows of `some` (m, n_partners) and of `everybody` (n, n_partners): (m, n) float32, 0 or more.

    Both hold residuals, blank where there is no rating; a row of `some` that is also in `everybody` is similar to itself.
    """
    some, everybody = some.astype(np.float64), everybody.astype(np.float64)
    own_ones, ones = (_with_data(each, np.ones_like(each.data)) for each in (some, everybody))
    own_squares, squares = (_with_data(each, each.data**2) for each in (some, everybody))
    n_common = (own_ones @ ones.T).toarray()  # (m, n), like all that follow
    product = (some @ everybody.T).toarray()
    own_square, square = (own_squares @ ones.T).toarray(), (own_ones @ squares.T).toarray()
    if settings.similarity == PEARSON:
        own_sum, total = (some @ ones.T).toarray(), (own_ones @ everybody.T).toarray()
        n_safe = np.maximum(n_common, 1)
        product -= own_sum * total / n_safe
        own_square -= own_sum**2 / n_safe
        square -= total**2 / n_safe
    length = np.sqrt(np.maximum(own_square, 0) * np.maximum(square, 0))
    enough = (n_common >= settings.minimum_overlap) & (product > 0) & (length > 1e-6)
    shrunk = n_common / np.maximum(n_common + settings.shrinkage, 1)
    found = np.where(enough, shrunk * product / np.where(enough, length, 1), 0)
    return found.round(DIGITS).astype(np.float32)


def weighted(alike: np.ndarray, value: np.ndarray, settings: NeighboursSettings) -> np.ndarray:
    """The damped mean of `value` over each row's `n_neighbours` largest similarities `alike` (n, n_kin), weighted by them: (n,).

    `value` is shared by all rows (n_kin,) or one per row (n, n_kin). A similarity of 0 does not count; ties with the last
    neighbour do. 0 without a neighbour.
    """
    alike = nearest(alike, settings.n_neighbours)
    total = alike.sum(axis=1)
    return (alike * value).sum(axis=1) / np.where(total > 0, total + np.float32(settings.damping), np.float32(1))


def nearest(alike: np.ndarray, n_neighbours: int) -> np.ndarray:
    """The similarities `alike` (n, n_kin) with 0 for all but each row's `n_neighbours` largest and ties with the last of them."""
    if alike.shape[1] <= n_neighbours:
        return alike
    last = np.partition(alike, -n_neighbours, axis=1)[:, [-n_neighbours]]  # (n, 1)
    return np.where(alike >= last, alike, np.float32(0))


def _with_data(table: scipy.sparse.csr_array, data: np.ndarray) -> scipy.sparse.csr_array:
    return scipy.sparse.csr_array((data, table.indices, table.indptr), shape=table.shape)


def dense(users: Iterable[Any], train: Ratings) -> np.ndarray:
    """The ratings of a few `users` as rows (n, n_items), NaN where there is none; the mean where an item was rated twice."""
    rows = []
    for user in users:
        theirs = train.user_index == user
        total = np.bincount(train.item_index[theirs], train.rating[theirs], minlength=train.n_items)
        n = np.bincount(train.item_index[theirs], minlength=train.n_items)
        rows.append(np.where(n > 0, total / np.maximum(n, 1), np.nan))
    return np.array(rows)
