"""Together: films for an evening of several people, out of what each of them would think of every film.

Each person is predicted for alone: their own ratings are folded in, nobody else's. A way then makes one number of all:

    average                   the mean
    least-misery              the lowest: a group is as content as its least content person
    average-without-misery    the mean, among the films that nobody is predicted to rate below a threshold

What is combined is the predicted rating in stars (order `rating`), or what each of them would watch and like (order `watch` of
`collab.recommend.orders`). The latter are logarithms whose spread differs from person to person, with a floor that some reach
often; so each person's order is put on one scale first (`normal_scores`), and nobody's counts more than another's.

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
"""Two people are compared on so many of the most rated films: most people have heard of those."""

NOT_AT_ALL = 1e-9
"""Stars; predictions that vary by less do not vary, and correlate with nothing."""


@dataclass(frozen=True, eq=False)
class Member:
    """One person of the group: what was `foreseen` of them after their ratings `rated` (stars by item_index), the same
    `before` the first of them, which is the average person's, and the films that they `dismissed`."""

    foreseen: Predictions
    before: Predictions
    rated: Mapping[int, float]
    dismissed: Collection[int] = ()

    @cached_property
    def stars(self) -> np.ndarray:
        """What the person thinks of every film, (n_items,): the stars given where they rated it, else the predicted ones."""
        return _with_given(self.foreseen.mean, self.rated)


@dataclass(frozen=True, eq=False)
class GroupPicks:
    """Films for a group of m people, best first, and what each of them would think of each.

    `films` has the columns item_index, title, score (combined), n_ratings, year, genres. `stars`, `low` and `high` (m, n): the
    predicted ratings, and the ends of the fewest neighbouring levels that hold the rating with at least 80 %; where the person
    has `given` (m, n) stars, all three are these.
    `place` (m, n) is the film's place in the person's own order among all `candidates` (item indices), 1 the first; `alone`
    (m, n) holds the item indices of those that would be picked for each alone. `order` names the order that ranked. `n_too_low`
    films were left out because somebody would rate them below the threshold; `reachable` is the highest threshold that leaves
    one, NaN without a candidate.
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
    """How alike two people, named by their places, are predicted to rate `n_items` films: Pearson correlations, NaN where one of
    them does not vary. `of_ratings` also counts what all people agree on; `of_taste` is about what each departs from the average
    person."""

    first: int
    second: int
    of_ratings: float
    of_taste: float
    n_items: int


def combine(
    scores: np.ndarray, way: str, predicted: np.ndarray | None = None, least: float | None = None
) -> np.ndarray:
    """One number a film, (n_items,), out of the `scores` (n_people, n_items), whatever the order of the people.

    `average-without-misery` gives −∞ where one of the ratings `predicted` (n_people, n_items) is below `least` stars.
    Raises SettingError for an unknown way.
    """
    if way not in WAYS:
        raise SettingError(f"there is no way {way!r} to combine people; there are {', '.join(WAYS)}")
    scores = np.sort(np.asarray(scores, dtype=np.float64), axis=0)  # sums are rounded alike in any order of people
    if way == LEAST_MISERY:
        return scores[0]
    mean = scores.mean(axis=0)
    return mean if way == AVERAGE else np.where(np.min(predicted, axis=0) < least, -np.inf, mean)


def normal_scores(score: np.ndarray) -> np.ndarray:
    """Scores (n,) put on one scale by their order alone: the quantiles of a standard normal distribution at (rank − ½) / n.

    Equal scores stay equal. (van der Waerden's normal scores take them at rank / (n + 1).)
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
    """The `n` first films for all `members`, in `order` combined by `way`.

    Never among them: films that one of them rated or dismissed, and those of the same title; films that the `dials` leave out (of
    these, least count, years and genres count here). With `again` films that some have seen and liked, but not all, are
    candidates too, with the stars they gave in place of a prediction. `known` is what was watched together; without it `watch`
    falls back to `rating`. `least` stars is the threshold of `average-without-misery`. Of equal scores the more often rated film
    comes first, then the lower index. Raises SettingError for an unknown way or order.
    """
    if order not in JOINT_ORDERS:
        raise SettingError(f"there is no order {order!r} for several people; there are {', '.join(JOINT_ORDERS)}")
    order = at_hand(order, known)
    counts = items["n_ratings"].to_numpy()
    candidates = _candidates(members, items, rating_scale, dials, again)
    # ranked among all films of that count, so that two films keep their order when years or genres are chosen
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
    films = candidates[chosen]
    given = np.array([np.isin(films, list(member.rated)) for member in members])
    ranges = np.array([_likely(member.foreseen, films, rating_scale) for member in members])  # (n_people, 2, n)
    low, high = np.where(given[:, None], stars[:, None, chosen], ranges).swapaxes(0, 1)
    facts = {name: items[name].array.take(films) for name in ("title", "n_ratings", "year", "genres")}
    return GroupPicks(
        items=pd.DataFrame(
            {"item_index": films, "title": facts.pop("title"), "score": joint[chosen], **facts},
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
    """What the list is to each person, one row each, all means of stars, predicted ones or given.

    `together` over the films of the list, `alone` over as many picked for that person alone in the same order, `anything` over
    all candidates. `gain` is together − anything.
    """
    rows = []
    for member, stars, alone in zip(members, group_picks.stars, group_picks.alone, strict=True):
        films = alone[: len(stars)], group_picks.candidates
        rows.append((_mean(stars), *(_mean(member.stars[each]) for each in films)))
    table = pd.DataFrame(rows, columns=["together", "alone", "anything"])
    return table.assign(gain=table["together"] - table["anything"])


def agreements(members: Sequence[Member], items: pd.DataFrame) -> list[Agreement]:
    """Each pair of people compared on the N_WELL_KNOWN most rated films."""
    films = most_rated_items(items, N_WELL_KNOWN)
    ratings = [member.foreseen.score[films] for member in members]
    tastes = [(member.foreseen.score - member.before.score)[films] for member in members]
    return [
        Agreement(
            first,
            second,
            _correlation(ratings[first], ratings[second]),
            _correlation(tastes[first], tastes[second]),
            len(films),
        )
        for first, second in combinations(range(len(members)), 2)
    ]


def only_one_likes(
    members: Sequence[Member], candidates: np.ndarray, rating_scale: RatingScale, n: int = 3
) -> list[np.ndarray]:
    """For each person the item indices of at most `n` candidates that nobody rated and they alone would like, the widest gap
    first.

    To like is a predicted rating of `collab.models.ease.liked_from` stars or more; the gap is that to the most content of the
    others.
    """
    like = liked_from(rating_scale)
    candidates = candidates[~np.isin(candidates, [film for member in members for film in member.rated])]
    predicted = np.array([member.foreseen.mean[candidates] for member in members])
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
    """What the person's own order ranks every film by, (n_items,), on a scale that can be combined; −∞ for films with fewer
    ratings than `minimum_count`."""
    foreseen = replace(member.foreseen, score=_with_given(member.foreseen.score, member.rated))
    if order == RATING:
        return foreseen.score
    films = trained_items(items, minimum_count)
    score = np.full(len(items), -np.inf)
    score[films] = normal_scores(score_of(order, foreseen, counts, known.score(member.rated))[films])
    return score


def _candidates(
    members: Sequence[Member], items: pd.DataFrame, rating_scale: RatingScale, dials: Dials, again: bool
) -> np.ndarray:
    """The item indices that may be picked, ascending; `again` as of `pick_together`."""
    rated = {film for member in members for film in member.rated}
    liked: set[int] = set()
    if again:
        like = liked_from(rating_scale)
        liked = {
            film
            for film in rated
            if all(member.rated.get(film, like) >= like for member in members)
            and not all(film in member.rated for member in members)
        }
    answered = (rated - liked).union(*(member.dismissed for member in members))
    candidates = allowed(items, sorted(answered), dials, np.full(len(items), np.nan))
    if not liked:
        return candidates
    titles = items["title"].array  # of a title that stands there twice the film that was rated
    twice = titles.take(candidates).isin(titles.take(sorted(liked))) & ~np.isin(candidates, sorted(liked))
    return candidates[~twice]


def _with_given(stars: np.ndarray, rated: Mapping[int, float]) -> np.ndarray:
    found = np.array(stars, dtype=np.float64)
    found[list(rated)] = list(rated.values())
    return found


def _best_first(score: np.ndarray, candidates: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.lexsort((candidates, -counts[candidates], -score))


def _likely(foreseen: Predictions, films: np.ndarray, rating_scale: RatingScale) -> tuple[np.ndarray, np.ndarray]:
    chances = (
        level_probabilities(foreseen.score[films], foreseen.standard_deviation[films] ** 2, rating_scale)
        if foreseen.chances is None
        else foreseen.chances[films]
    )
    return likely_range(chances, rating_scale)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    if len(one) < 2 or min(one.std(), other.std()) < NOT_AT_ALL:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
