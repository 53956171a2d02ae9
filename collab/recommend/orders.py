"""Orders: rankings of items for different purposes, the dials that adjust them, and how lists differ.

    watch       what you would watch and like: log(item-item score) + RATING_WEIGHT · predicted rating
    rating      what you would rate highest: the predicted rating
    safe        a safe bet: the lower end of the rating's interval
    long-shot   high but uncertain: the upper end of the rating's interval
    popular     the number of training ratings, the same for everybody

`watch` is a sum of two terms, and each has its own exact parts: the item-item score (`ItemWeights.parts`) and the rating
(`collab.models.fold_in`). Its one constant was chosen on the 143 dev people of `tests.benchmarks.cold_start`. On the items that
a person has rated, the item mean still ranks at least as well: `watch` predicts what is watched and liked, `rating` how much it
is liked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.genres import genre_flags, genres_of
from collab.data.tables import item_rows, most_rated_items, trained_items
from collab.errors import SettingError
from collab.models.ease import ItemWeights
from collab.models.fold_in import Predictions
from collab.models.levels import REACH

WATCH, RATING, SAFE, LONG_SHOT, POPULAR = ORDERS = ("watch", "rating", "safe", "long-shot", "popular")

RATING_WEIGHT = 0.5
"""The weight of a predicted star against the logarithm of the item-item score."""

LEAST_SCORE = 1e-6  # lower bound of the item-item score, so that its logarithm exists
FAMILIAR_FROM = 0.3
"""The probability of having been seen from which an item is one that "you may know"."""

POOL = 100
"""Number of top items from which a varied list is chosen."""


@dataclass(frozen=True)
class Dials:
    """Adjustments of a list.

    `popularity`: −1 obscure, 0 neutral, 1 popular. `variety`: 0 the best items, 1 the most different ones. `years`: first and
    last, None for all; an item without a year is in no range. `genres`: an item has at least one of them; empty for all.
    `minimum_count` of training ratings. `familiar`: only items that the person probably has seen (True) or not (False); None for
    both. Raises SettingError for a value out of range.
    """

    popularity: float = 0.0
    variety: float = 0.0
    years: tuple[int, int] | None = None
    genres: Collection[str] = ()
    minimum_count: int = 20
    familiar: bool | None = None

    def __post_init__(self) -> None:
        if not -1 <= self.popularity <= 1:
            raise SettingError(f"popularity is {self.popularity:g}; it goes from -1 (obscure) to 1 (popular)")
        if not 0 <= self.variety <= 1:
            raise SettingError(f"variety is {self.variety:g}; it goes from 0 (the best) to 1 (the most different)")
        if self.years and self.years[0] > self.years[1]:
            raise SettingError(f"the years {self.years[0]} to {self.years[1]} are none; the first comes first")


AS_IT_COMES = Dials()


def at_hand(order: str, known: ItemWeights | None) -> str:
    """`order`, or `rating` in place of `watch` where there are no item-item weights. Raises SettingError for an unknown one."""
    if order not in ORDERS:
        raise SettingError(f"there is no order {order!r}; there are {', '.join(ORDERS)}")
    return RATING if order == WATCH and known is None else order


def score_of(
    order: str, predictions: Predictions, popularity: np.ndarray, item_weights: np.ndarray | None
) -> np.ndarray:
    """The score of every item in `order`, (n_items,): higher is better.

    `popularity` (n_items,) is any measure that grows with the training ratings; `item_weights` is the person's
    `ItemWeights.score`, needed by `watch`. Raises SettingError for an unknown order, and for `watch` without that score.
    """
    reach = REACH * predictions.standard_deviation
    match order:
        case "watch":
            if item_weights is None:
                raise SettingError(
                    "the order 'watch' takes the run's training ratings, which are not at hand; take 'rating'"
                )
            return np.log(np.maximum(item_weights, LEAST_SCORE)) + RATING_WEIGHT * predictions.score
        case "rating":
            return predictions.score
        case "safe":
            return predictions.score - reach
        case "long-shot":
            return predictions.score + reach
        case "popular":
            return np.asarray(popularity, dtype=np.float64)
    raise SettingError(f"there is no order {order!r}; there are {', '.join(ORDERS)}")


def rank(
    order: str,
    predictions: Predictions,
    items: pd.DataFrame,
    rated: Mapping[int, float],
    dismissed: Collection[int] = (),
    *,
    known: ItemWeights | None = None,
    dials: Dials = AS_IT_COMES,
    vectors: np.ndarray | None = None,
    not_seen: Collection[int] = (),
    n: int = 10,
) -> pd.DataFrame:
    """The top `n` items in `order` for a person with the ratings `rated`, stars by item_index.

    Columns: item_index, title, predicted, uncertainty, low, high (stars), score (before the dials), seen (the probability of
    having been seen; NaN without `known`), n_ratings, year, genres. Excluded are items rated or `dismissed` and those of the same
    title, row 0, and items without a training rating. Ties: more ratings first, then the lower index. The order of the ratings
    does not matter. For a varied list, `vectors` (n_items, d) define the similarity of items, by cosine; without them the genres
    do. Items `not_seen` stay candidates, with a probability of having been seen of 0. Raises SettingError as `score_of` does, and
    for a `familiar` dial without `known`.
    """
    item_weights = known.score(rated) if known is not None else None
    seen = known.chance_of_seen(rated, item_weights) if known is not None else np.full(len(items), np.nan)
    if known is not None:
        seen[list(not_seen)] = 0.0
    counts = items["n_ratings"].to_numpy()
    score = score_of(order, predictions, counts, item_weights)
    candidates = allowed(items, [*rated, *dismissed], dials, seen)
    ranked = candidates[
        np.lexsort((candidates, -counts[candidates], -_bent(score, counts, candidates, dials.popularity)))
    ]
    if dials.variety and len(ranked) > 1:
        pool = ranked[: max(POOL, n)]
        alike = genre_flags(items["genres"].iloc[pool]).to_numpy(np.float64) if vectors is None else vectors[pool]
        ranked = pool[varied(_bent(score, counts, pool, dials.popularity), alike, dials.variety, n)]
    chosen = ranked[:n]
    facts = {name: items[name].array.take(chosen) for name in ("title", "n_ratings", "year", "genres")}
    return pd.DataFrame(
        {
            "item_index": chosen,
            "title": facts.pop("title"),
            "predicted": predictions.mean[chosen],
            "uncertainty": predictions.standard_deviation[chosen],
            "low": predictions.low[chosen],
            "high": predictions.high[chosen],
            "score": score[chosen],
            "seen": seen[chosen],
            **facts,
        }
    )


def popular(items: pd.DataFrame, n: int = 10, minimum_count: int = 20, dismissed: Collection[int] = ()) -> pd.DataFrame:
    """The `n` items with the most training ratings, for a person whose taste is not known yet.

    Columns: item_index, title, mean_rating, damped_mean, n_ratings, year, genres. These are not predictions: the means are over
    all users. Items `dismissed` are excluded, with all items of the same title.
    """
    columns = ["title", "mean_rating", "damped_mean", "n_ratings", "year", "genres"]
    most_rated = most_rated_items(items, len(items) if dismissed else n)
    if dismissed:
        titles = items["title"]
        most_rated = most_rated[~titles.iloc[most_rated].isin(titles.iloc[list(dismissed)]).to_numpy()][:n]
    listed = item_rows(items, most_rated, columns)
    return listed[listed["n_ratings"] >= minimum_count].reset_index(drop=True)


@dataclass(frozen=True)
class RankChange:
    """An item's place in a list, counted from 0, `before` and `after` a change; None where it is not in the list."""

    item_index: int
    before: int | None
    after: int | None


def moves(before: Sequence[int], after: Sequence[int]) -> tuple[list[RankChange], list[RankChange]]:
    """How a list of item indices changed: every item of `after`, in its order, and those of `before` that dropped out, in theirs.

    Raises ValueError where a list contains an item twice.
    """
    place_before, place_after = ({item: place for place, item in enumerate(listed)} for listed in (before, after))
    if len(place_before) < len(before) or len(place_after) < len(after):
        raise ValueError("a film stands twice in a list whose moves are asked for")
    return (
        [RankChange(item, place_before.get(item), place) for place, item in enumerate(after)],
        [RankChange(item, place, None) for place, item in enumerate(before) if item not in place_after],
    )


def allowed(items: pd.DataFrame, answered: Collection[int], dials: Dials, seen: np.ndarray) -> np.ndarray:
    """The item indices that may be listed, ascending; `seen` (n_items,) are the probabilities of having been seen."""
    keep = np.zeros(len(items), dtype=bool)
    keep[trained_items(items, dials.minimum_count)] = True
    if answered:
        titles = items["title"].array
        keep &= ~titles.isin(titles.take(list(answered)))
    if dials.years:
        first, last = dials.years
        keep &= items["year"].between(first, last).fillna(False).to_numpy(dtype=bool)
    if dials.genres:
        wanted = set(dials.genres)
        keep[keep] = [bool(wanted & set(genres_of(genres))) for genres in items["genres"].to_numpy(dtype=object)[keep]]
    if dials.familiar is not None:
        if np.isnan(seen).any():
            raise SettingError("what somebody may know takes the run's training ratings, which are not at hand")
        keep &= (seen >= FAMILIAR_FROM) == dials.familiar
    return np.flatnonzero(keep)


def varied(score: np.ndarray, vectors: np.ndarray, variety: float, n: int) -> np.ndarray:
    """The places of `n` of the items with `score` (n_items,), in the order in which they are chosen.

    Maximal marginal relevance (Carbonell & Goldstein 1998): the next item is the one with the highest

        (1 − variety) · score − variety · (highest cosine with an item already chosen)

    with scores scaled to 0 … 1 and `vectors` (n_items, d); a zero vector has cosine 0 with all others.
    """
    spread = np.ptp(score) if len(score) else 0.0
    worth = (score - score.min()) / spread if spread > 0 else np.zeros(len(score))
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(length > 0, length, 1.0)  # (n_items, d)
    alike, left, taken = np.zeros(len(score)), np.ones(len(score), dtype=bool), []
    for _ in range(min(n, len(score))):
        gain = np.where(left, (1 - variety) * worth - variety * alike, -np.inf)
        best = int(np.argmax(gain))
        likeness = unit @ unit[best]
        alike = np.maximum(alike, likeness) if taken else likeness
        left[best] = False
        taken.append(best)
    return np.array(taken, dtype=np.int64)


def _bent(score: np.ndarray, counts: np.ndarray, item_index: np.ndarray, popularity: float) -> np.ndarray:
    """The scores of the items `item_index` (n,) after the popularity dial: at ±1, a standard deviation of log count among
    these items weighs as much as two standard deviations of the score."""
    found = score[item_index]
    if not popularity or not len(found):
        return found
    heard_of = np.log(counts[item_index])
    spread = heard_of.std()
    return found + 2 * popularity * found.std() * (heard_of - heard_of.mean()) / spread if spread > 0 else found
