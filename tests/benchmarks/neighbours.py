"""How good the neighbours of a film are, by every option of the page Similar: genres in common, and held-out co-rating.

    python -m tests.benchmarks.neighbours             # beside random and popular films, and item-item weights

MovieLens 100K, random 20 % held out, split and model seeds 0, 1, 2, items are titles; `dot-bias` *fast* and `bayes` *fast*. Asked
are all films with 20 training ratings or more; a list is the ten nearest, of films with 20 or more unless it says otherwise.

Genre overlap: the mean Jaccard index of the film's genres and a neighbour's; no option sees genres. Held-out co-rating: on rows
that no model saw, of the people who liked the film there (4 stars or more), how many liked the neighbour there; per 1,000 pairs
of such a person and a neighbour. Popular films are liked by many: *lift* is the same number over what it would be if likes fell
by the activity of the people and the popularity of the films alone (n_u · n_j / n, of held-out likes). Few ratings: mean share
of neighbours with fewer than 20 training ratings. Kept: mean share of a list that the same option finds at another model seed on
the same split (seeds 0 and 1 on split 0). ± is the deviation between the three splits.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse

from collab.data.ratings import liked_from
from collab.data.tables import describe_items, describe_users
from collab.explore.co_rating import ALIKE, SEEN, co_rating, similarity_by
from collab.explore.similarity import ItemSpace, Options, at_item, closeness_to, item_space
from collab.models import preset_of
from collab.models.ease import train_item_weights
from tests.benchmarks.conditions import Part, fitted, parts, pin

SEEDS = (0, 1, 2)
MODELS = ("dot-bias", "bayes")
N, ENOUGH, BETA = 10, 20, 100.0
OPTIONS = {
    "cosine, any film": Options(minimum_count=1),
    "cosine": Options(),
    "cosine, centred": Options(centred=True),
    "cosine, β = 20": Options(beta=20.0),
    "cosine, β = 100": Options(beta=BETA),
    "cosine, β = 100, any film": Options(beta=BETA, minimum_count=1),
    "cosine, centred, β = 100": Options(centred=True, beta=BETA),
    "dot": Options("dot"),
    "euclidean": Options("euclidean"),
    "euclidean, β = 20": Options("euclidean", beta=20.0),
}
CAUTIOUS = {
    "cautious": Options("cautious"),
    "cautious, any film": Options("cautious", minimum_count=1),
    "cautious, centred": Options("cautious", centred=True),
}
Ranking = Callable[[int], np.ndarray]
"""How close every film is to a film (n_items,), larger is closer."""


@dataclass(frozen=True)
class Quality:
    """What is measured of one option on one split; see the module's docstring."""

    genres: float
    co_liked: float
    lift: float
    few: float


@dataclass(frozen=True, eq=False)
class Judge:
    """What neighbours are judged by: `genres` (n_items, n_genres) of 0 and 1; `likes`, the held-out likes (n_users, n_items); the
    films asked, training counts, and the items table."""

    genres: np.ndarray
    likes: scipy.sparse.csc_array
    asked: np.ndarray
    n_ratings: np.ndarray
    items: pd.DataFrame
    users: pd.DataFrame

    def quality(self, lists: Mapping[int, np.ndarray]) -> Quality:
        """The means over the films asked; held-out co-rating over all pairs of a person who liked a film and its neighbour."""
        overlaps, few, hits, expected, n_pairs = [], [], 0.0, 0.0, 0.0
        by_user, by_film = (np.asarray(self.likes.sum(axis=axis)).ravel() for axis in (1, 0))
        total = by_film.sum()
        for film, near in lists.items():
            overlaps.append(jaccard(self.genres[film], self.genres[near]).mean())
            few.append((self.n_ratings[near] < ENOUGH).mean())
            fans = self.likes.indices[self.likes.indptr[film] : self.likes.indptr[film + 1]]
            if len(fans):
                hits += float(self.likes[:, near][fans].sum())
                # the film itself is one of the fan's likes
                expected += float((by_user[fans] - 1).sum() * by_film[near].sum() / (total - by_film[film]))
                n_pairs += len(fans) * len(near)
        return Quality(
            float(np.mean(overlaps)),
            1000 * hits / n_pairs if n_pairs else float("nan"),
            hits / expected if expected else float("nan"),
            float(np.mean(few)),
        )


def jaccard(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """|A ∩ B| / |A ∪ B| of a set, (n_genres,) of 0 and 1, with n others: (n,). 0 for two empty sets."""
    common, union = (others * one).sum(axis=1), np.maximum(others, one).sum(axis=1)
    return np.divide(common, union, out=np.zeros(len(others)), where=union > 0)


def judge_of(part: Part) -> Judge:
    """What the split says of neighbours."""
    items = describe_items(part.dataset, part.train, part.items_by)
    genres = items["genres"].str.get_dummies("|").to_numpy(dtype=np.float64)
    valid = part.valid
    liked = valid.rating >= liked_from(valid.rating_scale)
    pairs = np.unique(np.stack([valid.user_index[liked], valid.item_index[liked]]), axis=1)
    likes = scipy.sparse.csc_array(
        (np.ones(pairs.shape[1]), tuple(pairs)), shape=(part.train.n_users, part.train.n_items)
    )
    n_ratings = items["n_ratings"].to_numpy()
    asked = np.flatnonzero(n_ratings >= ENOUGH)
    return Judge(genres, likes, asked[asked > 0], n_ratings, items, describe_users(part.train))


def lists_by(ranking: Ranking, judge: Judge, minimum_count: int = ENOUGH) -> dict[int, np.ndarray]:
    """The ten nearest of every film asked; equal ones by count, then by index."""
    candidates = np.flatnonzero(judge.n_ratings >= max(1, minimum_count))
    candidates = candidates[candidates > 0]
    found = {}
    for film in judge.asked.tolist():
        others = candidates[candidates != film]
        values = ranking(film)[others]
        found[film] = others[np.lexsort((others, -judge.n_ratings[others], -values))[:N]]
    return found


def by_space(space: ItemSpace, options: Options, judge: Judge) -> Ranking:
    """The films of a model under some options."""
    sign = -1.0 if options.measure == "euclidean" else 1.0
    return lambda film: sign * closeness_to(space, at_item(space, film, options), options, judge.n_ratings)


def without_a_model(part: Part, judge: Judge) -> dict[str, Ranking]:
    """The base rates and what the ratings say by themselves."""
    generator = np.random.default_rng(part.seed)
    known, weights = co_rating(part.train), train_item_weights(part.train)

    def by_weights(film: int) -> np.ndarray:
        row = np.full(len(judge.n_ratings), -np.inf)
        row[weights.items] = weights.weights[weights.place[film]]
        return row

    return {
        "random films": lambda film: generator.random(len(judge.n_ratings)),
        "most rated films": lambda film: judge.n_ratings.astype(np.float64),
        SEEN: lambda film: similarity_by(known, film, SEEN),
        f"{ALIKE}, β = 20": lambda film: similarity_by(known, film, ALIKE, 20.0),
        f"{ALIKE}, β = 100": lambda film: similarity_by(known, film, ALIKE, BETA),
        "item-item weights": by_weights,
    }


def spaces(name: str, part: Part, judge: Judge, seed: int) -> ItemSpace:
    """Where the films lie after one training."""
    model, _ = fitted(name, dataclasses.replace(preset_of(name, "fast"), seed=seed), part)
    return item_space(model, judge.items, judge.users)


def kept(one: dict[int, np.ndarray], other: dict[int, np.ndarray]) -> float:
    """The mean share of a film's list that the other way finds too."""
    return float(np.mean([np.isin(near, other[film]).mean() for film, near in one.items()]))


def tell(label: str, found: list[Quality], share_kept: float | None = None) -> None:
    """Print the means over the splits, with their deviations."""
    columns = []
    for name, digits in (("genres", 3), ("co_liked", 1), ("lift", 2), ("few", 3)):
        values = [getattr(each, name) for each in found]
        deviation = statistics.stdev(values) if len(values) > 1 else 0.0
        columns.append(f"{statistics.mean(values):8.{digits}f} ± {deviation:.{digits}f}")
    print(f"    {label:28}" + "  ".join(columns) + ("" if share_kept is None else f"  {share_kept:8.2f}"), flush=True)


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print(
        f"core {pin()}, one thread; titles; random 20 %, seeds {SEEDS}; {N} neighbours of films with {ENOUGH} ratings"
    )
    splits = parts(SEEDS)
    judges = [judge_of(part) for part in splits]
    print(f"    {'':28}genre overlap    liked, of 1,000        lift         few ratings     kept")
    print(f"without a model ({len(judges[0].asked):,} films asked on split 0)")
    rankings = [without_a_model(part, judge) for part, judge in zip(splits, judges, strict=True)]
    for label in rankings[0]:
        tell(
            label,
            [judge.quality(lists_by(ranking[label], judge)) for ranking, judge in zip(rankings, judges, strict=True)],
        )
    for name in MODELS:
        print(f"{name} fast")
        own = [spaces(name, part, judge, part.seed) for part, judge in zip(splits, judges, strict=True)]
        another = spaces(name, splits[0], judges[0], 1)
        for label, options in (OPTIONS | (CAUTIOUS if own[0].spread is not None else {})).items():
            lists = [
                lists_by(by_space(space, options, judge), judge, options.minimum_count)
                for space, judge in zip(own, judges, strict=True)
            ]
            again = lists_by(by_space(another, options, judges[0]), judges[0], options.minimum_count)
            tell(
                label,
                [judge.quality(each) for judge, each in zip(judges, lists, strict=True)],
                kept(lists[0], again),
            )


if __name__ == "__main__":
    main()
