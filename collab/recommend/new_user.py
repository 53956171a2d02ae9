"""Newcomer: from the ratings of somebody whom a trained model never saw to the films that it would pick, in one call.

The command line and the Rate page both stand on `picks`.
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
"""What somebody can tell before any rating: groups of films that they like (`collab.recommend.item_groups`), and age, gender
and occupation (`collab.models.fold_in.background`)."""

NEW_USER_NOISE = 1.1
"""How much larger the noise variance of somebody new is than the mean of the trained people's, as a Bayesian model knows it:
the model has adapted to those."""


@dataclass(frozen=True, eq=False)
class NewUser:
    """What a trained model brings to a new person: the prior, and its side of the films.

    `told` is what the person said before any rating, in that order: its name, and what was believed before it.
    """

    prior: Belief
    items: Items
    rating_scale: RatingScale
    told: tuple[tuple[str, Belief], ...] = ()

    def with_prior(self, prior: Belief, told: str = "") -> NewUser:
        """The same with another belief beforehand, as `collab.models.fold_in.Background.inform` and
        `collab.recommend.item_groups.after_groups` give it; `told` is a name for what the person said. The same person where
        the prior is the one that it was."""
        if prior is self.prior:
            return self
        return dataclasses.replace(self, prior=prior, told=(*self.told, (told, self.prior)))

    @cached_property
    def plain(self) -> NewUser:
        """The same for somebody who has told nothing: the average person."""
        return dataclasses.replace(self, prior=self.told[0][1], told=()) if self.told else self

    def after(self, rated: Mapping[int, float]) -> Belief:
        """What is believed of the person after the ratings `rated`, stars by item_index."""
        return fold_in(self.prior, self.items, *_arrays(rated))

    def predictions(self, belief: Belief) -> tuple[Predictions, Predictions]:
        """How such a person would rate every film; and the same as if nothing were unknown but the person's taste."""
        found = predict(belief, self.items, self.rating_scale)
        if not self.has_item_uncertainty:
            return found, found
        return found, predict(belief, dataclasses.replace(self.items, covariances=None), self.rating_scale)

    def predict(self, rated: Mapping[int, float]) -> tuple[Predictions, Predictions]:
        """`predictions` after the ratings `rated`, stars by item_index."""
        return self.predictions(self.after(rated))

    def person_parts(self, rated: Mapping[int, float]) -> np.ndarray:
        """What each rating, in the order of `rated`, adds to what is believed of the person, (n, n_factors + 1)
        (`collab.models.fold_in.person_parts`)."""
        return person_parts(self.prior, self.after(rated), self.items, *_arrays(rated))

    def star_parts(self, rated: Mapping[int, float], picked: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What the scores of the films `picked` (m,) are made of: the rated films (n,), the part of each (n, m) and what was
        predicted before the first of them (m,), in stars (`collab.models.fold_in.star_parts`)."""
        return (_arrays(rated)[0], *star_parts(self.prior, self.person_parts(rated), self.items, picked))

    def told_parts(self, picked: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """What each thing that was `told` added to the scores of the films `picked` (m,) before the first rating, in stars: its
        name and (m,). What would be predicted had nothing been told, and all of these, add up to the last of `star_parts`."""
        described, biases = self.items.described(picked), self.items.biases[picked]
        beliefs = [before for _, before in self.told] + [self.prior]
        scores = [self.items.curve(biases + described @ belief.mean)[0] for belief in beliefs]
        return [(name, after - before) for (name, _), (before, after) in zip(self.told, pairwise(scores), strict=True)]

    @cached_property
    def before(self) -> tuple[Predictions, Predictions]:
        """`predictions` for a person who has not rated anything."""
        return self.predictions(self.prior)

    @property
    def has_item_uncertainty(self) -> bool:
        """Whether the model knows how well it knows its films."""
        return self.items.covariances is not None

    @property
    def noise_variance(self) -> float:
        """What a rating deviates by even where all else is known, in squared stars."""
        return self.items.noise_variance


@dataclass(frozen=True, eq=False)
class OwnFoldIn:
    """The same for a model that folds a new person in by itself (`collab.models.contract.FoldsIn`)."""

    model: FoldsIn
    noise_variance: float
    rating_scale: RatingScale
    has_item_uncertainty = False
    told = ()

    @property
    def plain(self) -> OwnFoldIn:
        """The average person: this very one, of whom nothing can be told."""
        return self

    def predict(self, rated: Mapping[int, float]) -> tuple[Predictions, Predictions]:
        """How the person would rate every film after the ratings `rated`, stars by item_index; and the same with the model's
        error on the held-out ratings for noise, if the model has chances of its own for the levels."""
        rating, variance, chances = self.model.fold_in_user(*_arrays(rated), self.noise_variance)
        of_taste = np.sqrt(variance + self.noise_variance)
        deviation = of_taste
        if chances is not None:  # the model says itself how unsteadily people rate
            deviation = np.sqrt((chances * np.square(self.rating_scale.levels - rating[:, None])).sum(axis=1))
        found = predictions_around(rating, deviation, self.rating_scale, chances)
        return found, dataclasses.replace(found, standard_deviation=of_taste)

    @cached_property
    def before(self) -> tuple[Predictions, Predictions]:
        """`foresee` for a person who has not rated anything."""
        return self.predict({})


@dataclass(frozen=True, eq=False)
class Picks:
    """What a model would pick for a person, and how far off its predictions typically are.

    `films` is `orders.rank`'s table in the order `order` with a column `words` ("4.2, probably 3 to 5"), the ends `likely_low`,
    `likely_high` of that range, and `familiar`: the person may know it; `chances` (n_items, n_levels) says how likely each rating
    level is for each of them: `own_chances` if the model predicts them itself, else they are read off a normal distribution.

    `typical_error` is the root of the mean predicted variance over the candidates, in stars;
    `error_before` the same before the first rating. `learned` is the share of what was unknown of this person's taste that the
    answers removed: of the variance that comes from it, in squared stars, averaged over the candidates.
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
    """What `model`, trained on the ratings that the tables `users` and `items` count, brings to a new person.

    A model with biases expects of them what the training ratings are on average (`centre_prior`).

    A model that takes its films for known has `valid_mse`, its error on the held-out ratings in squared stars, as noise. A
    Bayesian one knows the noise of every trained user: a new person has their mean times NEW_USER_NOISE. (The held-out error
    would count what is unknown of the films twice: on the 143 people of `tests.benchmarks.cold_start` the 80 % intervals of
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
    films = Items(model.item_factors, model.item_biases, covariances, model.y_range, noise_variance)
    if model.has_biases:
        prior = centre_prior(prior, films, items["n_ratings"], items["mean_rating"])
    return NewUser(prior, films, rating_scale)


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
    """The `n` first films in `order` (`collab.recommend.orders`) for a person with the ratings `rated`, stars by item_index.

    `items` is the run's items table, `together` the item-item weights on the run's training rows. Without them `watch` falls
    back to `rating`; the answer names the order that ranked. Films rated or `dismissed` are left out, with all the films of the
    same title; films `not_seen` stay candidates. With `n_familiar` and the weights the list has two parts, each in its order:
    films that the person probably has not seen, then `n_familiar` that they may know; where one part is too short the other
    takes its places.
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
        films = ranked(dials)
    else:
        new, familiar = (ranked(dataclasses.replace(dials, familiar=each)) for each in (False, True))
        n_new = max(n - n_familiar, n - len(familiar))
        films = pd.concat([new[:n_new], familiar[: n - min(n_new, len(new))]], ignore_index=True)
    chosen = films["item_index"].to_numpy()
    own = now[0].chances
    chances = (
        level_probabilities(now[0].score[chosen], films["uncertainty"] ** 2, known.rating_scale)
        if own is None
        else own[chosen]
    )
    low, high = likely_range(chances, known.rating_scale)
    films = films.assign(
        likely_low=low,
        likely_high=high,
        words=list(map(in_words, films["predicted"], low, high)),
        familiar=films["seen"] >= FAMILIAR_FROM,
    )
    answered = np.flatnonzero(items["title"].isin(items["title"].iloc[[*rated, *dismissed]]))
    candidates = np.setdiff1d(trained_items(items, dials.minimum_count), answered)
    return Picks(films, order, chances, own is not None, *_how_sure(known, now, candidates))


def _how_sure(
    known: NewUser | OwnFoldIn, now: tuple[Predictions, Predictions], candidates: np.ndarray
) -> tuple[float, float, float]:
    """The typical error `now`, that before the first rating, and the share learned, as `Picks` has them."""
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
