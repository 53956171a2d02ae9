"""New users: predictions and picks of a trained model for a person it was not trained on, from their ratings.

The command line and the Rate page both use `picks`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd

from collab.data.ratings import RatingScale
from collab.data.tables import trained_items
from collab.models.contract import FoldsIn, Model
from collab.models.ease import ItemWeights
from collab.models.fold_in import (
    Belief,
    Items,
    Predictions,
    centre_prior,
    fold_in,
    person_parts,
    predict,
    predictions_around,
    star_parts,
    user_prior,
)
from collab.models.levels import in_words, level_probabilities, likely_range
from collab.recommend.orders import AS_IT_COMES, FAMILIAR_FROM, WATCH, Dials, at_hand, rank

GROUPS, ABOUT = "groups", "about"
"""What a person can tell before any rating: groups of items that they like (`collab.recommend.item_groups`), and age, gender
and occupation (`collab.models.fold_in.background`)."""

NEW_USER_NOISE = 1.1
"""The ratio of a new user's noise variance to the mean of the trained users' in a Bayesian model, which has adapted to the
latter."""


@dataclass(frozen=True, eq=False)
class NewUser:
    """A trained model, prepared for a new user: the prior, and the model's item parameters.

    `stated` lists what the person told before any rating, in order: its name, and the prior before it.
    """

    prior: Belief
    items: Items
    rating_scale: RatingScale
    stated: tuple[tuple[str, Belief], ...] = ()

    def with_prior(self, prior: Belief, stated: str = "") -> NewUser:
        """A copy with another prior, from `collab.models.fold_in.Background.inform` or
        `collab.recommend.item_groups.after_groups`; `stated` names what the person told. Returns self where `prior` is
        unchanged."""
        if prior is self.prior:
            return self
        return dataclasses.replace(self, prior=prior, stated=(*self.stated, (stated, self.prior)))

    @cached_property
    def plain(self) -> NewUser:
        """The same without what was told: the average person."""
        return dataclasses.replace(self, prior=self.stated[0][1], stated=()) if self.stated else self

    def after(self, rated: Mapping[int, float]) -> Belief:
        """The posterior after the ratings `rated`, stars by item_index."""
        return fold_in(self.prior, self.items, *_arrays(rated))

    def predictions(self, belief: Belief) -> tuple[Predictions, Predictions]:
        """Predictions for every item under `belief`; and the same with the item parameters taken as exactly known."""
        found = predict(belief, self.items, self.rating_scale)
        if not self.has_item_uncertainty:
            return found, found
        return found, predict(belief, dataclasses.replace(self.items, covariances=None), self.rating_scale)

    def predict(self, rated: Mapping[int, float]) -> tuple[Predictions, Predictions]:
        """`predictions` after the ratings `rated`, stars by item_index."""
        return self.predictions(self.after(rated))

    def person_parts(self, rated: Mapping[int, float]) -> np.ndarray:
        """The contribution of each rating, in the order of `rated`, to the posterior mean, (n, n_factors + 1)
        (`collab.models.fold_in.person_parts`)."""
        return person_parts(self.prior, self.after(rated), self.items, *_arrays(rated))

    def star_parts(self, rated: Mapping[int, float], picked: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The scores of the items `picked` (m,) as sums, in stars: the rated items (n,), the part of each (n, m), and the scores
        before the first rating (m,) (`collab.models.fold_in.star_parts`)."""
        return (_arrays(rated)[0], *star_parts(self.prior, self.person_parts(rated), self.items, picked))

    def stated_parts(self, picked: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """What each entry of `stated` adds to the scores of the items `picked` (m,) before the first rating, in stars: its
        name and (m,). The scores of `plain` before any rating, plus all of these, are the last result of `star_parts`."""
        described, biases = self.items.described(picked), self.items.biases[picked]
        beliefs = [before for _, before in self.stated] + [self.prior]
        scores = [self.items.curve(biases + described @ belief.mean)[0] for belief in beliefs]
        return [
            (name, after - before) for (name, _), (before, after) in zip(self.stated, pairwise(scores), strict=True)
        ]

    @cached_property
    def before(self) -> tuple[Predictions, Predictions]:
        """`predictions` before the first rating."""
        return self.predictions(self.prior)

    @property
    def has_item_uncertainty(self) -> bool:
        """Whether the model has covariances of its item parameters."""
        return self.items.covariances is not None

    @property
    def noise_variance(self) -> float:
        """The variance of a rating when everything else is known, in squared stars."""
        return self.items.noise_variance


@dataclass(frozen=True, eq=False)
class OwnFoldIn:
    """The counterpart of `NewUser` for a model with a fold-in of its own (`collab.models.contract.FoldsIn`)."""

    model: FoldsIn
    noise_variance: float
    rating_scale: RatingScale
    has_item_uncertainty = False
    stated = ()

    @property
    def plain(self) -> OwnFoldIn:
        """The average person: self, since nothing can be told to such a model."""
        return self

    def predict(self, rated: Mapping[int, float]) -> tuple[Predictions, Predictions]:
        """Predictions for every item after the ratings `rated`, stars by item_index; and the same with the error on the held-out
        ratings as noise, which differs only for a model with level probabilities of its own."""
        rating, variance, chances = self.model.fold_in_user(*_arrays(rated), self.noise_variance)
        of_taste = np.sqrt(variance + self.noise_variance)
        deviation = of_taste
        if chances is not None:  # the model has its own noise
            deviation = np.sqrt((chances * np.square(self.rating_scale.levels - rating[:, None])).sum(axis=1))
        found = predictions_around(rating, deviation, self.rating_scale, chances)
        return found, dataclasses.replace(found, standard_deviation=of_taste)

    @cached_property
    def before(self) -> tuple[Predictions, Predictions]:
        """`predict` before the first rating."""
        return self.predict({})


@dataclass(frozen=True, eq=False)
class Picks:
    """A model's picks for a person, and the typical error of its predictions.

    `items` is `orders.rank`'s table in the order `order` with the columns `words` ("4.2, probably 3 to 5"), `likely_low` and
    `likely_high` (the ends of that range), and `familiar` (the person may know it). `chances` (n_items, n_levels) are the
    probabilities of the rating levels for these items. They are the model's own if `own_chances`, else those of a normal
    distribution.

    `typical_error` is the root of the mean predicted variance over the candidates, in stars; `error_before` is the same before
    the first rating. `learned` is the share of the uncertainty about this person's taste that the answers removed: of the
    variance due to taste, in squared stars, averaged over the candidates.
    """

    items: pd.DataFrame
    order: str
    chances: np.ndarray
    own_chances: bool
    typical_error: float
    error_before: float
    learned: float


def new_user(
    model: Model, users: pd.DataFrame, items: pd.DataFrame, valid_mse: float, rating_scale: RatingScale
) -> NewUser | OwnFoldIn:
    """Prepare `model` for a new user. The tables `users` and `items` are those of its training ratings.

    With biases, the prior is centred so that predictions match the training ratings on average (`centre_prior`).

    For a model without covariances the noise is `valid_mse`, its error on the held-out ratings in squared stars. A Bayesian
    model has a noise variance for every trained user; a new user gets their mean times NEW_USER_NOISE. (The held-out error
    would count the uncertainty about the items twice: on the 143 people of `tests.benchmarks.cold_start` the 80 % intervals of
    `bayes` then hold up to 84 % of the ratings.)
    Raises SettingError with fewer than two trained users.
    """
    if isinstance(model, FoldsIn):
        return OwnFoldIn(model, valid_mse, rating_scale)
    trained, covariances = users["n_ratings"].to_numpy() > 0, model.item_covariances
    user_covariances, noise_variance = None, valid_mse
    if covariances is not None:
        user_covariances = model.user_covariances
        noise_variance = NEW_USER_NOISE * float(model.noise_variances[trained].mean(dtype=np.float64))
    prior = user_prior(model.user_factors, model.user_biases, trained, user_covariances)
    item_side = Items(model.item_factors, model.item_biases, covariances, model.y_range, noise_variance)
    if model.has_biases:
        prior = centre_prior(prior, item_side, items["n_ratings"], items["mean_rating"])
    return NewUser(prior, item_side, rating_scale)


def picks(
    known: NewUser | OwnFoldIn,
    items: pd.DataFrame,
    rated: Mapping[int, float],
    n: int = 10,
    *,
    order: str = WATCH,
    item_weights: ItemWeights | None = None,
    dials: Dials = AS_IT_COMES,
    not_seen: Collection[int] = (),
    dismissed: Collection[int] = (),
    n_familiar: int | None = None,
) -> Picks:
    """The top `n` items in `order` (`collab.recommend.orders`) for a person with the ratings `rated`, stars by item_index.

    `items` is the run's items table, `item_weights` are the item-item weights from the run's training rows. Without them `watch`
    falls back to `rating`; the result names the order that was used. Items rated or `dismissed` are excluded, with all items of
    the same title; items `not_seen` stay candidates. With `n_familiar` and the weights the list has two parts, each ranked in
    `order`: items that the person probably has not seen, then `n_familiar` that they may know. Where one part is too short, the
    other fills its places.
    Raises SettingError for an unknown order.
    """
    order = at_hand(order, item_weights)
    now = known.predict(rated)
    factors = known.items.factors if isinstance(known, NewUser) else np.zeros(0)

    def ranked(some: Dials) -> pd.DataFrame:
        return rank(
            order,
            now[0],
            items,
            rated,
            dismissed,
            known=item_weights,
            dials=some,
            vectors=factors if factors.any() else None,
            not_seen=not_seen,
            n=n,
        )

    if n_familiar is None or item_weights is None or dials.familiar is not None:
        table = ranked(dials)
    else:
        new, familiar = (ranked(dataclasses.replace(dials, familiar=each)) for each in (False, True))
        n_new = max(n - n_familiar, n - len(familiar))
        table = pd.concat([new[:n_new], familiar[: n - min(n_new, len(new))]], ignore_index=True)
    chosen = table["item_index"].to_numpy()
    own = now[0].chances
    chances = (
        level_probabilities(now[0].score[chosen], table["uncertainty"] ** 2, known.rating_scale)
        if own is None
        else own[chosen]
    )
    low, high = likely_range(chances, known.rating_scale)
    table = table.assign(
        likely_low=low,
        likely_high=high,
        words=list(map(in_words, table["predicted"], low, high)),
        familiar=table["seen"] >= FAMILIAR_FROM,
    )
    answered = np.flatnonzero(items["title"].isin(items["title"].iloc[[*rated, *dismissed]]))
    candidates = np.setdiff1d(trained_items(items, dials.minimum_count), answered)
    return Picks(table, order, chances, own is not None, *_how_sure(known, now, candidates))


def _how_sure(
    known: NewUser | OwnFoldIn, now: tuple[Predictions, Predictions], candidates: np.ndarray
) -> tuple[float, float, float]:
    """`typical_error`, `error_before` and `learned` of `Picks`."""
    variance, taste, variance_before, taste_before = (
        _mean_variance(each, candidates) for predictions in (now, known.before) for each in predictions
    )
    taste, taste_before = (max(each - known.noise_variance, 0.0) for each in (taste, taste_before))
    return variance**0.5, variance_before**0.5, 1 - taste / taste_before if taste_before > 0 else 0.0


def _mean_variance(predictions: Predictions, item_index: np.ndarray) -> float:
    deviation = predictions.standard_deviation[item_index]
    return float(np.mean(deviation**2)) if len(deviation) else float("nan")


def _arrays(rated: Mapping[int, float]) -> tuple[np.ndarray, np.ndarray]:
    """The item indices and the stars of `rated`, (n,) each, in its order."""
    return np.array(list(rated), dtype=np.int64), np.array(list(rated.values()), dtype=np.float64)
