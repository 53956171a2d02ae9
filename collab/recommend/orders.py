"""Orders: the same films ranked by what somebody wants from a list, the dials that bend it, and how lists differ.

    watch       what you would watch and like: log(item-item score) + RATING_WEIGHT · predicted rating
    rating      what you would rate highest: the predicted rating
    safe        the lower end of its interval: a safe bet
    long-shot   the upper end of its interval: it may be wonderful, and nobody knows
    popular     the number of training ratings, the same for everybody

`watch` is a sum in logarithms, so its two reasons are told apart: the item-item score, whose parts add up
(`ItemWeights.parts`), and the rating, whose parts add up (`collab.models.fold_in`). Its one constant was chosen on the 143 dev
people of `tests.benchmarks.cold_start`; the item mean still orders the films that somebody did rate at least as well: `watch`
answers what would be watched and liked, `rating` how much it would be liked.
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
"""What a predicted star is worth in the logarithm of the item-item score."""

LEAST_SCORE = 1e-6  # of the item-item score, so that it has a logarithm
FAMILIAR_FROM = 0.3
"""The chance of having seen it from which a film is one that "you may know"."""

POOL = 100
"""So many of the best films are looked at where a varied list is asked for."""


@dataclass(frozen=True)
class Dials:
    """How a list is bent. `popularity`: −1 obscure, 0 as it comes, 1 popular. `variety`: 0 the best films, 1 the most different
    ones. `years`: first and last, None for all; a film without a year is in no range. `genres`: a film has at least one of
    them; empty for all. `minimum_count` of training ratings. `familiar`: only films that the person probably has seen (True) or
    not (False); None for both. Raises SettingError for a value out of range."""

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
    """The number that `order` ranks every film by, (n_items,): higher is better.

    `popularity` (n_items,) grows with the training ratings; `together` is the person's `ItemWeights.score`, which `watch` takes.
    Raises SettingError for an unknown order, and for `watch` without that score.
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
    """The `n` first films in `order` for a person with the ratings `rated`, stars by item_index.

    Columns: item_index, title, predicted, uncertainty, low, high (stars), score (what was ranked by, before the dials),
    seen (the chance of having seen it; NaN without `known`), n_ratings, year, genres. Never among them: films rated or
    `dismissed` and those of the same title, row 0, films without a training rating. Of equal scores the more often rated film
    comes first, then the lower index. The order of the ratings does not matter. `vectors` (n_items, d) says which films are
    alike, by cosine, where a varied list is asked for; without them genres do. Of the films `not_seen` the person has said so:
    they stay candidates, and their chance is 0. Raises SettingError as `score_of` does, and
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
    """The `n` films with the most training ratings, for a person of whose taste nothing is known yet.

    Columns: item_index, title, mean_rating, damped_mean, n_ratings, year, genres. There is no prediction among them:
    the means are everybody's. Films `dismissed` are left out, with all the films of the same title.
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
    """A film's place in a list, counted from 0: `before` and `after` the change; None where it does not stand in the list."""

    item_index: int
    before: int | None
    after: int | None


def moves(before: Sequence[int], after: Sequence[int]) -> tuple[list[RankChange], list[RankChange]]:
    """How a list of item indices changed: every film of `after` in its order, then those of `before` that fell out, in theirs.

    Raises ValueError where a film stands in one list twice.
    """
    place_before, place_after = ({film: place for place, film in enumerate(films)} for films in (before, after))
    if len(place_before) < len(before) or len(place_after) < len(after):
        raise ValueError("a film stands twice in a list whose moves are asked for")
    return (
        [RankChange(film, place_before.get(film), place) for place, film in enumerate(after)],
        [RankChange(film, place, None) for place, film in enumerate(before) if film not in place_after],
    )


def allowed(items: pd.DataFrame, answered: Collection[int], dials: Dials, seen: np.ndarray) -> np.ndarray:
    """The item indices that may stand in a list, ascending; `seen` (n_items,) are the chances of having seen them."""
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
    """The places of `n` films out of those with `score` (n_items,), best first, in the order in which they are taken.

    Maximal marginal relevance (Carbonell & Goldstein 1998): the next film is the one with the highest

        (1 − variety) · score − variety · (highest cosine with a film already taken)

    with scores on 0 … 1 and `vectors` (n_items, d); a zero vector is like nothing.
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
    """The scores of the films `item_index` (n,) after the popularity dial: at ±1 a standard deviation of log count, among
    these films, weighs as much as two of the score."""
    found = score[item_index]
    if not popularity or not len(found):
        return found
    heard_of = np.log(counts[item_index])
    spread = heard_of.std()
    return found + 2 * popularity * found.std() * (heard_of - heard_of.mean()) / spread if spread > 0 else found
