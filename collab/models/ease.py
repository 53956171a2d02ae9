"""Item-item: what somebody will probably watch and like, as a sum over the films that they rated.

A person is a row x over the films: 1 for a film liked, UNLIKED for one watched and not liked, 0 for the others. With X the
rows of the training people, the weights B (zero diagonal) that foretell each row best from itself,

    minimise |X − X B|² + λ |B|²,   in closed form   P = (XᵀX + λ 1)⁻¹,   B_ij = −P_ij / P_jj  (i ≠ j)

give film j of a new person the score  PRIOR · popularity_j + Σ_i x_i B_ij  over the rated films i: every one has its own exact
part. Source: Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019, equations 2 and 8. The prior is ours; without
it one rating would say nothing at all of most films.

The constants were chosen on the 143 people of `tests.benchmarks.cold_start` alone. A new person's row is nearly empty, those of
the training people are full: hence the strong λ, in proportion to their number; twice that ranks as well and shows fewer films.
With UNLIKED 0 (only likes count), 0.2 and 1 (watched is watched; stars do not count) on both sides, EASE alone reached an
NDCG@10 of .483, .493 and .438 after ten random ratings, .382, .373 and .284 after ten of popular films; in the order `watch` of
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
"""B is square and dense; so many of the most rated films have a place in it."""

UNLIKED = 0.2
STRENGTH = 1.25  # λ for each training person
PRIOR = 0.01

SEEN_SLOPE, SEEN_MEAN = 0.24, -3.2
"""Of `ItemWeights.chance_of_seen`, which says how they were found."""


@dataclass(frozen=True, eq=False)
class ItemWeights:
    """The weights B (n_items, n_items), float32, of the item indices `films` (n_items,), and what goes with them.

    `place` (n_items,) finds a film's row, −1 for a film without one; `popularity` (n_items,) is the share of the training people
    who rated it; a rating of `liked_from` stars or more counts as liked.
    """

    items: np.ndarray
    weights: np.ndarray
    place: np.ndarray
    popularity: np.ndarray
    liked_from: float

    def score(self, rated: Mapping[int, float]) -> np.ndarray:
        """The score of every film, (n_items,), for a person with the ratings `rated`, stars by item_index."""
        _, rows, x = self._known(rated)
        score = PRIOR * self.popularity
        if len(rows):
            score[self.items] += x.astype(np.float32) @ self.weights[rows]
        return score

    def parts(self, rated: Mapping[int, float], item_index: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What the score of the films `item_index` (n,) is made of: the rated films that have a part, item indices (k,); the
        part of each of them (k, n); and that of the films' popularity (n,). Parts and popularity add up to `score`."""
        films, rows, x = self._known(rated)
        item_index = np.asarray(item_index, dtype=np.int64)
        place = self.place[item_index]
        parts = np.where(place >= 0, x[:, None] * self.weights[np.ix_(rows, np.maximum(place, 0))], 0.0)
        return films, parts, PRIOR * self.popularity[item_index]

    def chance_of_seen(self, rated: Mapping[int, float], score: np.ndarray | None = None) -> np.ndarray:
        """How probably the person has seen each film, (n_items,), in (0, 1); "seen" is "rated" in the data. `score` where it is
        at hand.

            logit(chance) = logit(popularity) + SEEN_SLOPE · (log(score / popularity) − SEEN_MEAN)

        Without a rating the chance is the popularity. Slope and mean are the logistic regression on the films that the 143 dev
        people had not been shown, after 5, 10 and 15 ratings, random ones and of popular films. Of the films with a chance of 5
        to 10, 10 to 20, 20 to 30 and 30 to 50 % after ten, 7, 14, 24 and 37 % had been rated (popular films: 6, 13, 24, 42 %).
        """
        score = self.score(rated) if score is None else score
        share = np.clip(self.popularity, 1e-4, 1 - 1e-4)
        logit = np.log(share / (1 - share))
        if rated:
            logit += SEEN_SLOPE * (np.log(np.maximum(score, 1e-3 * share) / share) - SEEN_MEAN)
        return 1 / (1 + np.exp(-logit))

    def _known(self, rated: Mapping[int, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The rated films that have a row, ascending, so that sums are rounded alike whatever the order was; their rows and
        their places in x."""
        films = np.array(sorted(rated), dtype=np.int64)
        films = films[self.place[films] >= 0]
        return films, self.place[films], signal(np.array([rated[film] for film in films.tolist()]), self.liked_from)


def signal(stars: np.ndarray, liked_from: float) -> np.ndarray:
    """1 where `stars` (n,) reach `liked_from`, else UNLIKED."""
    return np.where(np.asarray(stars, dtype=np.float64) >= liked_from, 1.0, UNLIKED)


def train_item_weights(train: Ratings, maximum_items: int = MAXIMUM_ITEMS) -> ItemWeights:
    """The weights among the `maximum_items` most rated films of `train` (equal counts: lower index first).

    A film that somebody rated twice counts once, with the higher of the two signals. Time grows with the cube of the films:
    0.2 s for 1,664 of them, 2.3 s for 5,000, on one core.
    """
    like = liked_from(train.rating_scale)
    shape = (train.n_users, train.n_items)
    order = np.lexsort((train.rating, train.item_index, train.user_index))
    user, item, stars = (column[order] for column in (train.user_index, train.item_index, train.rating))
    last = np.append((np.diff(user) != 0) | (np.diff(item) != 0), True) if len(user) else np.zeros(0, bool)
    user, item, stars = user[last], item[last], stars[last]
    counts = np.bincount(item, minlength=train.n_items)
    n_people = max(1, len(np.unique(user)))
    films = np.argsort(-counts[1:], kind="stable")[:maximum_items] + 1
    films = np.sort(films[counts[films] > 0])
    place = np.full(train.n_items, -1)
    place[films] = np.arange(len(films))
    rows = scipy.sparse.csr_array((signal(stars, like).astype(np.float32), (user, item)), shape=shape)[:, films]
    gram = (rows.T @ rows).toarray()  # (n_items, n_items)
    gram[np.diag_indices_from(gram)] += STRENGTH * n_people
    inverse = _inverse(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return ItemWeights(films, weights, place, counts / n_people, like)


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """The inverse of a symmetric positive definite matrix, by Cholesky: half the work of the general way."""
    if not len(matrix):
        return matrix
    triangle = scipy.linalg.cholesky(matrix, overwrite_a=True, check_finite=False)
    (potri,) = scipy.linalg.get_lapack_funcs(("potri",), (triangle,))
    inverse, _ = potri(triangle, lower=False, overwrite_c=True)
    return np.ascontiguousarray(np.triu(inverse) + np.triu(inverse, 1).T)
