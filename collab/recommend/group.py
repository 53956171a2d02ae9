"""Group recommendation: items for several people, from the predictions for each of them.

Each person is predicted separately: only their own ratings are folded in. An aggregation then combines the scores:

    average                   the mean
    least-misery              the lowest: a group is as satisfied as its least satisfied member
    average-without-misery    the mean, among the items that nobody is predicted to rate below a threshold

The scores are predicted ratings in stars (order `rating`), or those of what each person would watch and like (order `watch` of
`collab.recommend.orders`). The latter are logarithms whose spread differs between people, with a floor that some often reach. So
each person's scores are first put on a common scale (`normal_scores`), and everybody counts equally.

Sources: O'Connor, Cosley, Konstan & Riedl, PolyLens: A recommender system for groups of users, ECSCW 2001 (least misery);
Masthoff, Group recommender systems: combining individual models, Recommender Systems Handbook, 2011 (all three).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import rankdata

from collab.data.ratings import RatingScale, liked_from
from collab.data.tables import most_rated_items, trained_items
from collab.errors import SettingError
from collab.models.ease import ItemWeights
from collab.models.fold_in import Predictions
from collab.models.levels import level_probabilities, likely_range
from collab.recommend.orders import AS_IT_COMES, RATING, WATCH, Dials, allowed, at_hand, score_of

AVERAGE, LEAST_MISERY, WITHOUT_MISERY = WAYS = ("average", "least-misery", "average-without-misery")
JOINT_ORDERS = (WATCH, RATING)

LEAST_PEOPLE, MOST_PEOPLE = 2, 4

N_WELL_KNOWN = 300
"""Number of most rated items on which two people are compared: most people have heard of these."""

NOT_AT_ALL = 1e-9
"""Standard deviation in stars below which predictions count as constant, and their correlation is undefined."""


@dataclass(frozen=True, eq=False)
class Member:
    """One person of the group: the predictions `foreseen` after their ratings `rated` (stars by item_index), those `before` the
    first rating, which are the average person's, and the items that they `dismissed`."""

    predictions: Predictions
    before: Predictions
    rated: Mapping[int, float]
    dismissed: Collection[int] = ()

    @cached_property
    def stars(self) -> np.ndarray:
        """The person's stars for every item, (n_items,): their own rating where there is one, else the predicted one."""
        return _with_given(self.predictions.mean, self.rated)


@dataclass(frozen=True, eq=False)
class GroupPicks:
    """Items for a group of m people, best first, and the predictions for each person.

    `items` has the columns item_index, title, score (combined), n_ratings, year, genres. `stars`, `low` and `high` (m, n) are the
    predicted ratings, and the ends of the shortest run of levels that holds the rating with a probability of at least 80 %. All
    three are the person's own stars where `given` (m, n) is True.
    `place` (m, n) is an item's rank, from 1, in the person's own order of all `candidates` (item indices). `alone` (m, n) holds
    the item indices of the picks for each person alone. `order` names the order that was used. `n_too_low` items were left out
    because a person is predicted to rate them below the threshold. `reachable` is the highest threshold that keeps an item, NaN
    without candidates.
    """

    items: pd.DataFrame
    stars: np.ndarray
    low: np.ndarray
    high: np.ndarray
    given: np.ndarray
    place: np.ndarray
    alone: np.ndarray
    candidates: np.ndarray
    order: str
    n_too_low: int
    reachable: float


@dataclass(frozen=True)
class Agreement:
    """How similarly two people, `first` and `second` by place, are predicted to rate `n_items` items: Pearson correlations, NaN
    where either is constant. `of_ratings` includes what all people agree on; `of_taste` correlates the deviations from the
    average person."""

    first: int
    second: int
    of_ratings: float
    of_taste: float
    n_items: int


def combine(
    scores: np.ndarray, way: str, predicted: np.ndarray | None = None, least: float | None = None
) -> np.ndarray:
    """Combine the `scores` (n_people, n_items) into one per item, (n_items,), independent of the order of the people.

    `average-without-misery` gives −∞ where one of the ratings `predicted` (n_people, n_items) is below `least` stars.
    Raises SettingError for an unknown `way`.
    """
    if way not in WAYS:
        raise SettingError(f"there is no way {way!r} to combine people; there are {', '.join(WAYS)}")
    scores = np.sort(np.asarray(scores, dtype=np.float64), axis=0)  # sums then round alike in any order of people
    if way == LEAST_MISERY:
        return scores[0]
    mean = scores.mean(axis=0)
    return mean if way == AVERAGE else np.where(np.min(predicted, axis=0) < least, -np.inf, mean)


def normal_scores(score: np.ndarray) -> np.ndarray:
    """Scores (n,) mapped to a common scale by rank: the quantiles of a standard normal distribution at (rank − ½) / n.

    Equal scores stay equal. (Van der Waerden's normal scores use rank / (n + 1).)
    """
    return ndtri((rankdata(score) - 0.5) / max(1, len(score)))


def pick_together(
    members: Sequence[Member],
    items: pd.DataFrame,
    rating_scale: RatingScale,
    n: int = 10,
    *,
    way: str = AVERAGE,
    order: str = WATCH,
    known: ItemWeights | None = None,
    dials: Dials = AS_IT_COMES,
    least: float = 3.0,
    again: bool = False,
) -> GroupPicks:
    """The top `n` items for all `members`, by their scores in `order`, combined by `way`.

    Excluded are items that a member rated or dismissed, items of the same title, and items that the `dials` exclude (only minimum
    count, years and genres apply here). With `again`, items that some but not all members have rated, and all of these liked,
    are candidates too, with their stars in place of predictions. `known` are the item-item weights; without them `watch` falls
    back to `rating`. `least` stars is the threshold of `average-without-misery`. Ties: more ratings first, then the lower
    index. Raises SettingError for an unknown way or order.
    """
    if order not in JOINT_ORDERS:
        raise SettingError(f"there is no order {order!r} for several people; there are {', '.join(JOINT_ORDERS)}")
    order = at_hand(order, known)
    counts = items["n_ratings"].to_numpy()
    candidates = _candidates(members, items, rating_scale, dials, again)
    # ranked among all items with that count, so that choosing years or genres does not reorder items
    scores = np.array([_own_score(member, order, counts, known, dials.minimum_count, items) for member in members])
    scores = scores[:, candidates]  # (n_people, n_candidates)
    stars = np.array([member.stars[candidates] for member in members])
    joint = combine(scores, way, stars, least)
    best = _best_first(joint, candidates, counts)
    kept = best[np.isfinite(joint[best])]
    chosen = kept[:n]
    own = [_best_first(each, candidates, counts) for each in scores]
    place = np.empty(scores.shape, dtype=np.int64)
    for row, places in zip(own, place, strict=True):
        places[row] = np.arange(1, len(row) + 1)
    item_index = candidates[chosen]
    given = np.array([np.isin(item_index, list(member.rated)) for member in members])
    ranges = np.array([_likely(member.predictions, item_index, rating_scale) for member in members])  # (n_people, 2, n)
    low, high = np.where(given[:, None], stars[:, None, chosen], ranges).swapaxes(0, 1)
    facts = {name: items[name].array.take(item_index) for name in ("title", "n_ratings", "year", "genres")}
    return GroupPicks(
        items=pd.DataFrame(
            {"item_index": item_index, "title": facts.pop("title"), "score": joint[chosen], **facts},
        ),
        stars=stars[:, chosen],
        low=low,
        high=high,
        given=given,
        place=place[:, chosen],
        alone=np.array([candidates[row[:n]] for row in own]),
        candidates=candidates,
        order=order,
        n_too_low=len(best) - len(kept),
        reachable=float(stars.min(axis=0).max()) if len(candidates) else float("nan"),
    )


def gains(group_picks: GroupPicks, members: Sequence[Member]) -> pd.DataFrame:
    """The value of the list to each person, one row per person: mean stars, predicted or given.

    `together` is the mean over the list, `alone` over as many items picked for that person alone in the same order, `anything`
    over all candidates. `gain` is together − anything.
    """
    rows = []
    for member, stars, alone in zip(members, group_picks.stars, group_picks.alone, strict=True):
        chosen = alone[: len(stars)], group_picks.candidates
        rows.append((_mean(stars), *(_mean(member.stars[each]) for each in chosen)))
    table = pd.DataFrame(rows, columns=["together", "alone", "anything"])
    return table.assign(gain=table["together"] - table["anything"])


def agreements(members: Sequence[Member], items: pd.DataFrame) -> list[Agreement]:
    """The agreement of each pair of people on the N_WELL_KNOWN most rated items."""
    item_index = most_rated_items(items, N_WELL_KNOWN)
    ratings = [member.predictions.score[item_index] for member in members]
    tastes = [(member.predictions.score - member.before.score)[item_index] for member in members]
    return [
        Agreement(
            first,
            second,
            _correlation(ratings[first], ratings[second]),
            _correlation(tastes[first], tastes[second]),
            len(item_index),
        )
        for first, second in combinations(range(len(members)), 2)
    ]


def only_one_likes(
    members: Sequence[Member], candidates: np.ndarray, rating_scale: RatingScale, n: int = 3
) -> list[np.ndarray]:
    """For each person, the item indices of at most `n` unrated candidates that only they would like, widest gap first.

    An item is liked at a predicted rating of `collab.data.ratings.liked_from` stars or more. The gap is that to the highest
    prediction among the others.
    """
    like = liked_from(rating_scale)
    candidates = candidates[~np.isin(candidates, [item for member in members for item in member.rated])]
    predicted = np.array([member.predictions.mean[candidates] for member in members])
    found = []
    for place, own in enumerate(predicted):
        others = np.delete(predicted, place, axis=0).max(axis=0)
        fits = np.flatnonzero((own >= like) & (others < like))
        widest = fits[np.argsort(-(own - others)[fits], kind="stable")]
        found.append(candidates[widest[:n]])
    return found


def _own_score(
    member: Member, order: str, counts: np.ndarray, known: ItemWeights | None, minimum_count: int, items: pd.DataFrame
) -> np.ndarray:
    """The person's own score of every item, (n_items,), on a scale that can be combined. In the order `watch`, −∞ for items with
    fewer ratings than `minimum_count`."""
    predictions = replace(member.predictions, score=_with_given(member.predictions.score, member.rated))
    if order == RATING:
        return predictions.score
    item_index = trained_items(items, minimum_count)
    score = np.full(len(items), -np.inf)
    score[item_index] = normal_scores(score_of(order, predictions, counts, known.score(member.rated))[item_index])
    return score


def _candidates(
    members: Sequence[Member], items: pd.DataFrame, rating_scale: RatingScale, dials: Dials, again: bool
) -> np.ndarray:
    """The item indices that may be picked, ascending; `again` as in `pick_together`."""
    rated = {item for member in members for item in member.rated}
    liked: set[int] = set()
    if again:
        like = liked_from(rating_scale)
        liked = {
            item
            for item in rated
            if all(member.rated.get(item, like) >= like for member in members)
            and not all(item in member.rated for member in members)
        }
    answered = (rated - liked).union(*(member.dismissed for member in members))
    candidates = allowed(items, sorted(answered), dials, np.full(len(items), np.nan))
    if not liked:
        return candidates
    titles = items["title"].array  # of duplicate titles keep the item that was rated
    twice = titles.take(candidates).isin(titles.take(sorted(liked))) & ~np.isin(candidates, sorted(liked))
    return candidates[~twice]


def _with_given(stars: np.ndarray, rated: Mapping[int, float]) -> np.ndarray:
    found = np.array(stars, dtype=np.float64)
    found[list(rated)] = list(rated.values())
    return found


def _best_first(score: np.ndarray, candidates: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.lexsort((candidates, -counts[candidates], -score))


def _likely(
    predictions: Predictions, item_index: np.ndarray, rating_scale: RatingScale
) -> tuple[np.ndarray, np.ndarray]:
    chances = (
        level_probabilities(
            predictions.score[item_index], predictions.standard_deviation[item_index] ** 2, rating_scale
        )
        if predictions.chances is None
        else predictions.chances[item_index]
    )
    return likely_range(chances, rating_scale)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    if len(one) < 2 or min(one.std(), other.std()) < NOT_AT_ALL:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
