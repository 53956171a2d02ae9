"""Asking: which film to put before a person next, so that few screens teach much of their taste.

A question costs a screen whether or not it is answered: somebody who has not seen a film says so, and teaches nothing about
their stars, but something about which films they may have seen. So the best question is the one with the largest

    chance that this person has seen the film × √(how much their rating would tell).

*The chance.* Who has seen what among the people of the training is a table of 0 and 1 with means p and covariance S over films.
A person's answers so far, 1 for a rating and 0 for "haven't seen it", at the films a, move every other film's chance to

    p + S_·a (S_aa + ε 1)⁻¹ (answers − p_a)

the best linear guess (`Audience.chances`). *How much it would tell.* What is unknown of a person, C their covariance, is spread
over the films as Σ_j p_j g'_j² d_jᵀ C d_j, in squared stars: the variance of the predicted ratings that comes from the taste,
popular films counted more (`unknown`). A rating of film i with v_i, the predicted variance of that rating, noise included,
takes from it

    g'_i² d_iᵀ C A C d_i / v_i,   A = Σ_j p_j g'_j² d_j d_jᵀ

(A-optimal design: Chaloner & Verdinelli 1995, *Bayesian experimental design: a review*, section 2.2). The notation is that of
`collab.models.fold_in`. What the stars will be does not matter for it, only which film is rated. The root was found by trial:
on the 143 people of `tests.benchmarks.cold_start` it takes 27 screens to ten answers where the plain product takes 31 and
popularity 35, and the error after ten answers is the same within .002.
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
"""Films whose chances follow the answers; those rated less often keep their share."""

DAMPING = 0.02
"""ε: how far a single answer is trusted, in squared chances."""

LEAST_CHANCE = 1e-4
"""No film is ever quite out of the question; a linear guess may well fall below 0."""


def items_to_ask(items: pd.DataFrame, answered: Collection[int], n: int = 10) -> pd.DataFrame:
    """The `n` films to be rated next: the most rated ones whose item indices are not in `answered`.

    Columns: item_index, title, n_ratings, year, genres. Rated and "haven't seen it" are both answers.
    """
    candidates = most_rated_items(items, len(items))
    candidates = candidates[~np.isin(candidates, list(answered))]
    return item_rows(items, candidates[:n], ["title", "n_ratings", "year", "genres"])


@dataclass(frozen=True, eq=False)
class Audience:
    """Who has seen what, among the people of a training.

    `share` (n_items,) of them rated each film (0 for `#na#` and untrained films); `films` (m,) are the most rated ones, with
    their covariance (m, m) as 0/1 columns, and `place` (n_items,) says where a film stands among them, −1 for the others.
    `helf` (n_items,) is each film's harmonic mean of entropy and logarithm of its count, 0 to 1.
    """

    share: np.ndarray
    items: np.ndarray
    covariance: np.ndarray
    place: np.ndarray
    helf: np.ndarray

    def chances(self, rated: Collection[int], not_seen: Collection[int]) -> np.ndarray:
        """How likely somebody with these answers, item indices, has seen each film, (n_items,)."""
        chances = self.share.copy()
        asked = np.array([*rated, *not_seen], dtype=np.int64)
        seen = np.repeat([1.0, 0.0], [len(rated), len(not_seen)])
        known = self.place[asked] >= 0
        asked, seen = asked[known], seen[known]
        if len(asked):
            at = self.place[asked]
            among = self.covariance[np.ix_(at, at)] + DAMPING * np.eye(len(at))
            chances[self.items] += self.covariance[:, at] @ np.linalg.solve(among, seen - self.share[asked])
        return np.where(self.share > 0, np.clip(chances, LEAST_CHANCE, 1.0), 0.0)


def audience(train: Ratings) -> Audience:
    """The audience of the training ratings `train`; a film rated twice by the same person counts once."""
    pairs = np.unique(train.user_index.astype(np.int64) * train.n_items + train.item_index)
    user, item = np.divmod(pairs, train.n_items)
    people, user = np.unique(user, return_inverse=True)
    counts = np.bincount(item, minlength=train.n_items)
    counts[0] = 0  # the unknown film
    share = counts / len(people)
    films = np.argsort(-counts, kind="stable")[: min(N_KNOWN, np.count_nonzero(counts))]
    place = np.full(train.n_items, -1)
    place[films] = np.arange(len(films))
    known = place[item] >= 0
    table = np.zeros((len(people), len(films)), dtype=np.float32)
    table[user[known], place[item[known]]] = 1.0
    covariance = (table.T @ table).astype(np.float64) / len(people) - np.outer(share[films], share[films])
    return Audience(share, films, covariance, place, _helf(train, share, len(people)))


def unknown(known: NewUser | OwnFoldIn, rated: Mapping[int, float], share: np.ndarray) -> float:
    """What is not known of the taste of a person with the ratings `rated`, stars by item_index: the variance of their predicted
    ratings that it causes, in squared stars, averaged over films that count by their `share` (n_items,) of the audience."""
    _, taste = known.predict(rated)
    return float((taste.standard_deviation**2 - known.noise_variance) @ share / share.sum())


def information_gained(
    known: NewUser | OwnFoldIn, before: Mapping[int, float], after: Mapping[int, float], share: np.ndarray
) -> float:
    """The part of what was `unknown` that went with the answers between `before` and `after`: 0.12 means 12 % less.

    "Haven't seen it" is no rating and teaches 0. Below 0 where an answer was taken back; where a model has a sigmoid, also where
    it turns out that the person's ratings lie on its steep part.
    """
    start = unknown(known, before, share)
    return 1 - unknown(known, after, share) / start if start > 0 else 0.0


class TasteBelief:
    """What is believed of a person's taste, in the coordinates in which a film's question is one vector."""

    def __init__(self, known: NewUser | OwnFoldIn, rated: Mapping[int, float], share: np.ndarray) -> None:
        self.n_items, self.described = len(share), None
        if isinstance(known, OwnFoldIn):
            return
        belief = known.after(rated)
        full, taste = known.predictions(belief)
        films = known.items
        self.described = films.described(np.arange(self.n_items)) * films.slope(full.score)[:, None]  # g' d
        self.spread = (self.described.T * share) @ self.described  # (k + 1, k + 1) A
        self.covariance = belief.covariance
        # of the rating of each film what is neither taste nor changed by answers
        self.rest = full.standard_deviation**2 - taste.standard_deviation**2 + known.noise_variance

    def information(self) -> np.ndarray:
        """How much of `unknown`, as a sum over the share, a rating of each film would take away, in squared stars, (n_items,).

        For a model that folds people in by itself nothing is known of that: every film counts 1.
        """
        if self.described is None:
            return np.ones(self.n_items)
        towards = self.described @ self.covariance  # (n_items, k + 1)
        own = np.einsum("ij,ij->i", towards, self.described)
        gone = np.einsum("ij,ij->i", towards @ self.spread, towards)
        return np.maximum(gone, 0) / (own + self.rest)

    def suppose(self, film: int, chance: float) -> None:
        """Count `film` as asked and, with the `chance`, answered."""
        if self.described is not None:
            towards = self.covariance @ self.described[film]
            away = chance / (self.described[film] @ towards + self.rest[film])
            self.covariance = self.covariance - away * np.outer(towards, towards)


@dataclass(frozen=True, eq=False)
class Interview:
    """Where the questions stand: what the model brings, the audience, and the person's answers so far.

    `rated` maps an item_index to stars, `not_seen` holds item indices; `seed` is for what is left to chance. Films `dismissed`
    are not asked; that the person has `seen` some of these without giving them stars tells which others they may know.
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
        """The item indices of all films that are not to be asked any more."""
        return [*self.rated, *self.not_seen, *self.dismissed]

    def chances(self) -> np.ndarray:
        """How likely this person has seen each film, (n_items,); 0 where they have said it."""
        chances = self.audience.chances([*self.rated, *self.seen], self.not_seen)
        chances[self.answered] = 0.0
        return chances


Strategy = Callable[[Interview, int], np.ndarray]
"""From an interview and n: the item indices of the n films to ask next, best first, none of them answered; fewer where no more
are left."""


def by_information(interview: Interview, n: int) -> np.ndarray:
    """Chance of having seen it × root of what a rating would tell.

    Each of several films is chosen as if those before it had been asked, so that they do not all ask the same thing.
    """
    chances = interview.chances()
    belief = TasteBelief(interview.known, interview.rated, interview.audience.share)
    chosen: list[int] = []
    for _ in range(min(n, np.count_nonzero(chances))):
        film = int(np.argmax(chances * np.sqrt(belief.information())))
        belief.suppose(film, chances[film])
        chosen.append(film)
        chances[film] = 0.0
    return np.array(chosen, dtype=np.int64)


def by_chance_of_seen(interview: Interview, n: int) -> np.ndarray:
    """The films that this person has most likely seen: fewest screens, whatever is learned from them."""
    return _highest(interview.chances(), interview, n)


def by_popularity(interview: Interview, n: int) -> np.ndarray:
    """The films that most people have rated, the same for everybody."""
    return _highest(interview.audience.share, interview, n)


def by_helf(interview: Interview, n: int) -> np.ndarray:
    """Well-known films on which people differ: harmonic mean of entropy and log frequency (Rashid, Karypis & Riedl 2008,
    *Learning preferences of new users in recommender systems*)."""
    return _highest(interview.audience.helf, interview, n)


def at_random(interview: Interview, n: int) -> np.ndarray:
    """Any film, in one order for each seed."""
    return _highest(np.random.default_rng(interview.seed).random(len(interview.audience.share)), interview, n)


def _highest(score: np.ndarray, interview: Interview, n: int) -> np.ndarray:
    """The `n` films still to be asked with the highest `score` (n_items,), of equal ones the lower index first."""
    waiting = interview.audience.share > 0
    waiting[interview.answered] = False
    candidates = np.flatnonzero(waiting)
    return candidates[np.argsort(-score[candidates], kind="stable")[:n]]


def _helf(train: Ratings, share: np.ndarray, n_people: int) -> np.ndarray:
    """Harmonic mean of the entropy of every film's ratings and the logarithm of its count, both 0 to 1, (n_items,)."""
    n_levels = len(train.rating_scale.levels)
    cells = train.item_index.astype(np.int64) * n_levels + train.rating_scale.places(train.rating)
    histogram = np.bincount(cells, minlength=train.n_items * n_levels).reshape(train.n_items, n_levels)
    chances = histogram / np.maximum(histogram.sum(axis=1, keepdims=True), 1)
    entropy = -(chances * np.log(np.where(chances > 0, chances, 1.0))).sum(axis=1) / np.log(n_levels)
    frequency = np.log(np.maximum(share * n_people, 1.0)) / max(np.log(n_people), 1e-12)
    total = entropy + frequency
    return np.where((total > 0) & (share > 0), 2 * entropy * frequency / np.where(total > 0, total, 1.0), 0.0)
