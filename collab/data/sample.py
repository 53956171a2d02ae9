"""The built-in sample: well-known films and synthetic users, whose ratings come from factors that training can recover.

The films are real; everything else is random. Fame and esteem in the film list are rough guesses, there so that the
sample looks plausible: famous films are rated often, esteemed ones well. Counts and stars are distributed as in MovieLens
100K, but no row is taken from it.

The rows are the same on every machine. Draws are raw PCG64 words, which numpy keeps stable between versions. Every
number that is summed lies on a binary grid coarse enough for float64 to hold the sum exactly, in any order. All other
operations are among those that IEEE 754 rounds correctly (no exp, no log).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from collab.data.dataset import Dataset
from collab.data.genres import genres_of
from collab.data.ratings import RatingScale

ITEMS = Path(__file__).with_name("sample_films.csv")
SEED = 1920
N_USERS = 650
START = 1_704_067_200  # 1 January 2024, 00:00 UTC: after the newest film
DAY = 86_400

# Share of 1, 2, 3 and 4 stars in MovieLens 100K, in ten-thousandths (histogram of u.data); the rest are 5 stars.
STAR_SHARES = (611, 1137, 2715, 3417)
# Quantiles of the number of ratings per film and per user: (percent of them below, number of ratings).
ITEM_COUNTS = (
    (0, 1),
    (7, 1),
    (13, 2),
    (20, 4),
    (30, 8),
    (40, 15),
    (50, 25),
    (60, 40),
    (70, 62),
    (80, 94),
    (90, 152),
    (96, 230),
    (100, 400),
)
USER_COUNTS = (
    (0, 20),
    (10, 21),
    (20, 26),
    (30, 33),
    (40, 43),
    (50, 56),
    (60, 76),
    (70, 104),
    (80, 136),
    (90, 188),
    (97, 285),
    (100, 440),
)
AGES = ((0, 15), (10, 20), (25, 25), (50, 31), (75, 43), (95, 58), (100, 74))  # (percent younger, years)
OCCUPATIONS = (
    "artist",
    "doctor",
    "educator",
    "engineer",
    "executive",
    "homemaker",
    "lawyer",
    "librarian",
    "marketing",
    "programmer",
    "salesman",
    "scientist",
    "technician",
    "writer",
    "other",
)  # from 24 to 65; younger users are students, older ones retired

# What a genre adds to a film's tastes, in quarters: spectacle, family, dread, laughter, heart, past
GENRE_PULLS = {
    "Action": (4, 0, 0, 0, -2, 0),
    "Adventure": (3, 1, -1, 0, -1, 0),
    "Animation": (0, 4, -1, 0, 0, 0),
    "Children's": (0, 4, -2, 1, 0, 0),
    "Comedy": (-1, 0, -1, 4, 0, 0),
    "Crime": (0, -2, 2, 0, 0, 1),
    "Documentary": (-2, 0, 0, -1, 0, 1),
    "Drama": (-2, -1, 0, -2, 3, 0),
    "Fantasy": (2, 2, 0, 0, 0, 0),
    "Film-Noir": (-1, -1, 2, -1, 0, 3),
    "Horror": (0, -1, 4, 0, -2, 0),
    "Musical": (-1, 2, -1, 1, 2, 1),
    "Mystery": (-1, -1, 3, -1, 0, 0),
    "Romance": (-2, 0, -1, 1, 4, 0),
    "Sci-Fi": (4, 0, 1, 0, -2, -1),
    "Thriller": (1, -2, 3, -1, -1, 0),
    "War": (1, -1, 0, -2, 1, 2),
    "Western": (1, 0, 0, 0, -1, 3),
}
TASTE_SPREAD = (0.4375, 0.375, 0.34375, 0.28125, 0.28125, 0.1875)  # standard deviation of users, per taste
QUALITY_STEP = 0.05078125  # stars per point of esteem
USER_SPREAD = 0.5  # stars: standard deviation of user biases
NOISE_SPREAD = 0.65625  # stars: standard deviation of what no model can predict


@dataclass(frozen=True)
class PlantedTruth:
    """What the ratings are generated from: liking = user_biases + item_quality + user_tastes · item_tastes + noise, stars.

    Row i of the item arrays is item_id i + 1, row u of the user arrays user_id u + 1. `item_quality` (n_items,),
    `item_tastes` (n_items, 6), `user_tastes` (n_users, 6), `user_biases` (n_users,): float64, read-only, of mean 0
    within 1/2048.
    """

    item_quality: np.ndarray
    item_tastes: np.ndarray
    user_tastes: np.ndarray
    user_biases: np.ndarray

    @property
    def affinity(self) -> np.ndarray:
        """user_tastes · item_tastes, exact, (n_users, n_items)."""
        return self.user_tastes @ self.item_tastes.T


class _Draws:
    """Random numbers that are the same on every machine: raw words, converted by integer arithmetic."""

    def __init__(self, seed: int) -> None:
        self._words = np.random.PCG64(seed)

    def uniform(self, *shape: int) -> np.ndarray:
        """Between 0 and 1, both excluded."""
        words = self._words.random_raw(int(np.prod(shape))) >> np.uint64(12)
        return (words.astype(np.float64).reshape(shape) + 0.5) * 2.0**-52

    def below(self, limit: int, n: int) -> np.ndarray:
        """Whole numbers from 0 to limit - 1, (n,)."""
        return (self._words.random_raw(n) % np.uint64(limit)).astype(np.int64)

    def bell(self, *shape: int) -> np.ndarray:
        """Mean 0, standard deviation 1, nearly normal: the sum of twelve uniform draws of 16 bits."""
        words = self._words.random_raw(3 * int(np.prod(shape)))
        pieces = words.view(np.uint16).reshape(*shape, 12).sum(axis=-1, dtype=np.int64)
        return (pieces - 6 * 65_535) / 65_536


def load_sample() -> Dataset:
    """The sample as a data set, marked as synthetic."""
    return Dataset(
        name="sample",
        title="Built-in sample",
        ratings=sample_ratings(),
        items=sample_items(),
        users=sample_users(),
        rating_scale=RatingScale(1.0, 5.0, 1.0),
        synthetic=True,
        note="synthetic ratings",
        folds={},
    )


def sample_items() -> pd.DataFrame:
    """The films: item_id, title, year (Int64), genres ("Action|Comedy")."""
    films = _films()
    return pd.DataFrame(
        {"item_id": _ids(len(films)), "title": films.title, "year": films.year.astype("Int64"), "genres": films.genres}
    )


def sample_users() -> pd.DataFrame:
    """The synthetic users: user_id, age, gender, occupation."""
    age, draws = _ages(), _Draws(SEED + 1)
    work = np.array(OCCUPATIONS)[draws.below(len(OCCUPATIONS), N_USERS)]
    occupation = np.select([age < 24, age > 65], ["student", "retired"], work)
    gender = np.where(draws.below(2, N_USERS) == 0, "F", "M")
    return pd.DataFrame(
        {
            "user_id": _ids(N_USERS),
            "age": age,
            "gender": pd.Series(gender, dtype="str"),
            "occupation": pd.Series(occupation, dtype="str"),
        }
    )


@cache
def planted_truth() -> PlantedTruth:
    """The parameters behind the ratings: a film's depend on its genres, year and esteem, a user's taste for the past on age."""
    films, draws = _films(), _Draws(SEED)
    genres = films.genres.map(genres_of)
    quarters = np.array([np.sum([GENRE_PULLS[genre] for genre in named], axis=0) for named in genres])  # (n_items, 6)
    pulls = quarters / (4 * np.sqrt(genres.str.len().to_numpy()))[:, None]
    pulls[:, 5] += np.clip((1988 - films.year.to_numpy()) / 16, -2, 2)  # past
    item_tastes = _centred(pulls + 0.25 * draws.bell(*pulls.shape))
    item_quality = _centred(QUALITY_STEP * films.esteem.to_numpy() + 0.125 * draws.bell(len(films)))
    user_tastes = draws.bell(N_USERS, 6) * TASTE_SPREAD
    user_tastes[:, 5] += (_ages() - 34) / 64
    return PlantedTruth(item_quality, item_tastes, _centred(user_tastes), _centred(USER_SPREAD * draws.bell(N_USERS)))


def sample_ratings() -> pd.DataFrame:
    """The ratings, earliest first: user_id, item_id, rating (float32, whole stars), time (int64, Unix seconds)."""
    truth, draws = planted_truth(), _Draws(SEED + 2)
    affinity = truth.affinity
    user, item = _rated_pairs(affinity, draws)
    liking = (
        truth.user_biases[user] + truth.item_quality[item] + affinity[user, item] + NOISE_SPREAD * draws.bell(len(user))
    )
    cuts = np.sort(liking)[np.cumsum(STAR_SHARES) * len(liking) // 10_000]
    stars = 1 + np.searchsorted(cuts, liking, side="right")
    time = _times(user, draws)
    order = np.lexsort((item, user, time))
    return pd.DataFrame(
        {
            "user_id": _ids(N_USERS)[user[order]],
            "item_id": _ids(len(truth.item_quality))[item[order]],
            "rating": stars[order].astype(np.float32),
            "time": time[order],
        }
    )


def _rated_pairs(affinity: np.ndarray, draws: _Draws) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers (user, item) of every rating, grouped by user, each user's in the order in which they rate.

    The odds that u rates i are activity_u · reach_i · pull_ui. Reach is fitted so that films get about their target
    counts; every user then takes exactly their target number, before films that nobody took are added, so activity only
    helps to fit reach.
    """
    n_users, n_items = affinity.shape
    fame = _films().fame.to_numpy() * 16 + draws.below(48, n_items)  # some randomness among films of similar fame
    item_counts = np.empty(n_items, dtype=np.int64)
    item_counts[np.argsort(fame, kind="stable")] = _spread(ITEM_COUNTS, n_items)
    user_counts = _spread(USER_COUNTS, n_users)[np.argsort(draws.uniform(n_users), kind="stable")]
    lean = np.clip(affinity / 4, -0.75, 0.75)
    pull = (1 + lean) / (1 - lean)  # about exp(affinity / 2), without exp: people see more of what they like
    activity, reach = user_counts / n_items, item_counts / n_users * 8.0
    for _ in range(6):
        activity = activity * user_counts / _expected(activity, reach, pull).sum(axis=1)
        reach = reach * item_counts / _expected(activity, reach, pull).sum(axis=0)
    chance = draws.uniform(n_users, n_items)
    waiting = chance / (1 - chance) / (reach * pull)  # (n_users, n_items): the smallest come first
    order = np.argsort(waiting, axis=1, kind="stable")
    taken = np.arange(n_items) < user_counts[:, None]
    user, item = np.nonzero(taken)[0], order[taken]
    left_out = np.setdiff1d(np.arange(n_items), item)  # films nobody took: the user who came nearest rates them too
    user, item = np.append(user, waiting[:, left_out].argmin(axis=0)), np.append(item, left_out)
    together = np.argsort(user, kind="stable")
    return user[together], item[together]


def _expected(activity: np.ndarray, reach: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """Probability of every pair (n_users, n_items), on a grid so that sums are exact."""
    odds = activity[:, None] * reach * pull
    return np.rint(odds / (1 + odds) * 2.0**32) * 2.0**-32


def _times(user: np.ndarray, draws: _Draws) -> np.ndarray:
    """Seconds since 1970, in the order of `user`: users start at a random time of the year, rate in bursts, and some return."""
    n_ratings = len(user)
    gap = 3 + draws.below(40, n_ratings)
    returns = draws.below(128, n_ratings) == 0
    gap += np.where(returns, DAY + draws.below(20 * DAY, n_ratings), 0)
    first = np.flatnonzero(np.diff(user, prepend=-1))  # the first row of each user
    gap[first] = 0
    since_first = np.cumsum(gap)
    since_first -= since_first[first][user]
    return START + draws.below(340 * DAY, N_USERS)[user] + since_first


@cache
def _films() -> pd.DataFrame:
    """The film list: title, year, genres, and the guesses fame and esteem (0 to 100)."""
    return pd.read_csv(ITEMS, dtype={"title": "str", "genres": "str"})


def _ages() -> np.ndarray:
    return _spread(AGES, N_USERS)[np.argsort(_Draws(SEED + 3).uniform(N_USERS), kind="stable")]


def _ids(n: int) -> pd.Index:
    return pd.Index(np.arange(1, n + 1).astype(str), dtype="str")


def _centred(values: np.ndarray) -> np.ndarray:
    """`values` minus their column means, on a grid of 1/1024, so that products and sums are exact in float64."""
    on_grid = np.rint(values * 1024)
    centred = (on_grid - np.rint(on_grid.sum(axis=0) / len(values))) / 1024
    centred.flags.writeable = False
    return centred


def _spread(knots: tuple[tuple[int, int], ...], n: int) -> np.ndarray:
    """n ascending whole numbers, interpolated linearly between the `knots` (percent, value)."""
    percent, value = np.array(knots).T
    place = (2 * np.arange(n) + 1) * 50  # the middle of each n-th part, in percent times n: all integers
    left = np.searchsorted(percent * n, place, side="right") - 1
    run, rise = np.diff(percent)[left] * n, np.diff(value)[left]
    return value[left] + (2 * rise * (place - percent[left] * n) + run) // (2 * run)
