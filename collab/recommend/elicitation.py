"""Elicitation: which item to ask a person to rate next, so that few screens reveal much of their taste.

A question costs a screen whether or not it is answered. "Haven't seen it" gives no stars, but it tells which other items the
person may have seen. So the best question is the one with the largest

    probability that this person has seen the item × √(information in their rating).

*The probability.* Who has seen what among the training users is a 0/1 matrix with means p and covariance S over items. A
person's answers so far at the items a, 1 for a rating and 0 for "haven't seen it", update the probability of every item to

    p + S_·a (S_aa + ε 1)⁻¹ (answers − p_a),

the best linear prediction (`Audience.chances`). *The information.* With C the posterior covariance of a person, the uncertainty
about their taste is Σ_j p_j g'_j² d_jᵀ C d_j, in squared stars: the variance of the predicted ratings that is due to taste,
weighted by popularity (`unknown`). A rating of item i, with predicted variance v_i (noise included), reduces it by

    g'_i² d_iᵀ C A C d_i / v_i,   A = Σ_j p_j g'_j² d_j d_jᵀ

(A-optimal design: Chaloner & Verdinelli 1995, *Bayesian experimental design: a review*, section 2.2). The notation is that of
`collab.models.fold_in`. The reduction depends on which item is rated, not on the stars. The square root is empirical: on the 143
people of `tests.benchmarks.cold_start` it takes 27 screens to reach ten answers, the plain product 31 and popularity 35, and
the error after ten answers is the same within .002.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.ratings import Ratings
from collab.data.tables import item_rows, most_rated_items
from collab.recommend.new_user import NewUser, OwnFoldIn

N_KNOWN = 1200
"""Number of most rated items whose probabilities are updated by the answers; the others keep their share."""

DAMPING = 0.02
"""ε: the ridge on S_aa, in squared probabilities; the larger, the less a single answer counts."""

MINIMUM_PROBABILITY = 1e-4
"""Lower bound of the probabilities, since a linear prediction may fall below 0."""


def items_to_ask(items: pd.DataFrame, answered: Collection[int], n: int = 10) -> pd.DataFrame:
    """The `n` items to be rated next: the most rated ones whose item indices are not in `answered`.

    Columns: item_index, title, n_ratings, year, genres. A rating and "haven't seen it" are both answers.
    """
    candidates = most_rated_items(items, len(items))
    candidates = candidates[~np.isin(candidates, list(answered))]
    return item_rows(items, candidates[:n], ["title", "n_ratings", "year", "genres"])


@dataclass(frozen=True, eq=False)
class Audience:
    """Who has seen what among the training users.

    `share` (n_items,) is the share of users who rated each item (0 for `#na#` and untrained items). `items` (m,) are the most
    rated ones, `covariance` (m, m) is that of their 0/1 columns, and `place` (n_items,) is an item's position among them, −1 for
    the others. `helf` (n_items,) is the harmonic mean of each item's entropy and the logarithm of its count, 0 to 1.
    """

    share: np.ndarray
    items: np.ndarray
    covariance: np.ndarray
    place: np.ndarray
    helf: np.ndarray

    def chances(self, rated: Collection[int], not_seen: Collection[int]) -> np.ndarray:
        """The probability that a person with these answers (item indices) has seen each item, (n_items,)."""
        chances = self.share.copy()
        asked = np.array([*rated, *not_seen], dtype=np.int64)
        seen = np.repeat([1.0, 0.0], [len(rated), len(not_seen)])
        known = self.place[asked] >= 0
        asked, seen = asked[known], seen[known]
        if len(asked):
            at = self.place[asked]
            among = self.covariance[np.ix_(at, at)] + DAMPING * np.eye(len(at))
            chances[self.items] += self.covariance[:, at] @ np.linalg.solve(among, seen - self.share[asked])
        return np.where(self.share > 0, np.clip(chances, MINIMUM_PROBABILITY, 1.0), 0.0)


def audience(train: Ratings) -> Audience:
    """The audience of the training ratings `train`; an item that a user rated twice counts once."""
    pairs = np.unique(train.user_index.astype(np.int64) * train.n_items + train.item_index)
    user, item = np.divmod(pairs, train.n_items)
    people, user = np.unique(user, return_inverse=True)
    counts = np.bincount(item, minlength=train.n_items)
    counts[0] = 0  # the unknown item
    share = counts / len(people)
    most_rated = np.argsort(-counts, kind="stable")[: min(N_KNOWN, np.count_nonzero(counts))]
    place = np.full(train.n_items, -1)
    place[most_rated] = np.arange(len(most_rated))
    known = place[item] >= 0
    table = np.zeros((len(people), len(most_rated)), dtype=np.float32)
    table[user[known], place[item[known]]] = 1.0
    covariance = (table.T @ table).astype(np.float64) / len(people) - np.outer(share[most_rated], share[most_rated])
    return Audience(share, most_rated, covariance, place, _helf(train, share, len(people)))


def unknown(known: NewUser | OwnFoldIn, rated: Mapping[int, float], share: np.ndarray) -> float:
    """The uncertainty about the taste of a person with the ratings `rated` (stars by item_index): the variance of their predicted
    ratings that is due to taste, in squared stars, as the mean over items weighted by `share` (n_items,)."""
    _, taste = known.predict(rated)
    return float((taste.standard_deviation**2 - known.noise_variance) @ share / share.sum())


def information_gained(
    known: NewUser | OwnFoldIn, before: Mapping[int, float], after: Mapping[int, float], share: np.ndarray
) -> float:
    """The relative reduction of `unknown` by the answers between `before` and `after`: 0.12 means 12 % less.

    "Haven't seen it" is no rating and yields 0. Below 0 where an answer was taken back, and, for a model with a sigmoid, where
    the person's ratings turn out to lie on its steep part.
    """
    start = unknown(known, before, share)
    return 1 - unknown(known, after, share) / start if start > 0 else 0.0


class TastePosterior:
    """The posterior covariance of a person's taste, with each item as one vector of predicted-rating gradients."""

    def __init__(self, known: NewUser | OwnFoldIn, rated: Mapping[int, float], share: np.ndarray) -> None:
        self.n_items, self.described = len(share), None
        if isinstance(known, OwnFoldIn):
            return
        belief = known.after(rated)
        full, taste = known.predictions(belief)
        items = known.items
        self.described = items.described(np.arange(self.n_items)) * items.slope(full.score)[:, None]  # g' d
        self.spread = (self.described.T * share) @ self.described  # (k + 1, k + 1) A
        self.covariance = belief.covariance
        # the part of each rating's variance that is not due to taste and that answers do not change
        self.rest = full.standard_deviation**2 - taste.standard_deviation**2 + known.noise_variance

    def information(self) -> np.ndarray:
        """How much a rating of each item would reduce `unknown`, as a sum weighted by share, in squared stars, (n_items,).

        For a model with a fold-in of its own this is not available: 1 for every item.
        """
        if self.described is None:
            return np.ones(self.n_items)
        towards = self.described @ self.covariance  # (n_items, k + 1)
        own = np.einsum("ij,ij->i", towards, self.described)
        gone = np.einsum("ij,ij->i", towards @ self.spread, towards)
        return np.maximum(gone, 0) / (own + self.rest)

    def suppose(self, film: int, chance: float) -> None:
        """Update the covariance as if `film` were asked, and answered with the probability `chance`."""
        if self.described is not None:
            towards = self.covariance @ self.described[film]
            away = chance / (self.described[film] @ towards + self.rest[film])
            self.covariance = self.covariance - away * np.outer(towards, towards)


@dataclass(frozen=True, eq=False)
class Interview:
    """The state of an elicitation: the model's new user, the audience, and the person's answers so far.

    `rated` maps an item_index to stars, `not_seen` holds item indices; `seed` is that of random strategies. Items `dismissed`
    are not asked. Those of them that the person has `seen` without rating them count as seen in the probabilities.
    """

    known: NewUser | OwnFoldIn
    audience: Audience
    rated: Mapping[int, float]
    not_seen: Collection[int]
    seed: int = 0
    dismissed: Collection[int] = ()
    seen: Collection[int] = ()

    @property
    def answered(self) -> list[int]:
        """The item indices of all items that are not asked again."""
        return [*self.rated, *self.not_seen, *self.dismissed]

    def chances(self) -> np.ndarray:
        """The probability that this person has seen each item, (n_items,); 0 for the answered items."""
        chances = self.audience.chances([*self.rated, *self.seen], self.not_seen)
        chances[self.answered] = 0.0
        return chances


Strategy = Callable[[Interview, int], np.ndarray]
"""Returns, for an interview and n, the item indices of the n unanswered items to ask next, best first; fewer where fewer are
left."""


def by_information(interview: Interview, n: int) -> np.ndarray:
    """The probability of having seen the item × the square root of the information in a rating.

    Each item is chosen as if those before it had been asked, so that the questions are not redundant.
    """
    chances = interview.chances()
    belief = TastePosterior(interview.known, interview.rated, interview.audience.share)
    chosen: list[int] = []
    for _ in range(min(n, np.count_nonzero(chances))):
        item = int(np.argmax(chances * np.sqrt(belief.information())))
        belief.suppose(item, chances[item])
        chosen.append(item)
        chances[item] = 0.0
    return np.array(chosen, dtype=np.int64)


def by_chance_of_seen(interview: Interview, n: int) -> np.ndarray:
    """The items that this person has most likely seen: fewest screens, regardless of information."""
    return _highest(interview.chances(), interview, n)


def by_popularity(interview: Interview, n: int) -> np.ndarray:
    """The items that most users have rated, the same for every person."""
    return _highest(interview.audience.share, interview, n)


def by_helf(interview: Interview, n: int) -> np.ndarray:
    """Well-known items on which users differ: harmonic mean of entropy and log frequency (Rashid, Karypis & Riedl 2008,
    *Learning preferences of new users in recommender systems*)."""
    return _highest(interview.audience.helf, interview, n)


def at_random(interview: Interview, n: int) -> np.ndarray:
    """Random items, in an order fixed by the seed."""
    return _highest(np.random.default_rng(interview.seed).random(len(interview.audience.share)), interview, n)


def _highest(score: np.ndarray, interview: Interview, n: int) -> np.ndarray:
    """The `n` unanswered items with the highest `score` (n_items,); ties: lower index first."""
    waiting = interview.audience.share > 0
    waiting[interview.answered] = False
    candidates = np.flatnonzero(waiting)
    return candidates[np.argsort(-score[candidates], kind="stable")[:n]]


def _helf(train: Ratings, share: np.ndarray, n_people: int) -> np.ndarray:
    """Harmonic mean of the entropy of each item's ratings and the logarithm of its count, both scaled to 0 … 1, (n_items,)."""
    n_levels = len(train.rating_scale.levels)
    cells = train.item_index.astype(np.int64) * n_levels + train.rating_scale.places(train.rating)
    histogram = np.bincount(cells, minlength=train.n_items * n_levels).reshape(train.n_items, n_levels)
    chances = histogram / np.maximum(histogram.sum(axis=1, keepdims=True), 1)
    entropy = -(chances * np.log(np.where(chances > 0, chances, 1.0))).sum(axis=1) / np.log(n_levels)
    frequency = np.log(np.maximum(share * n_people, 1.0)) / max(np.log(n_people), 1e-12)
    total = entropy + frequency
    return np.where((total > 0) & (share > 0), 2 * entropy * frequency / np.where(total > 0, total, 1.0), 0.0)
