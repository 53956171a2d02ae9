"""A new film of which genres and year alone are known: how people would rate it, who would like it, and which films it is like.

The model is a net with side information (`side`). For such a film it has the embedding of the unknown film, which stood for
films hidden in training, and what it learned of genres and years. A film is seen through the ratings that the model predicts:

    ŷ_uf                                     of user u for film f
    usual_u = mean over the films of ŷ_uf    how kindly u rates
    l_fu = (ŷ_uf − usual_u) − its mean over the users

The leaning l_fu, in stars, is taste alone: whose turn it is when kind raters and good films are taken out. Two films are alike
where the same people lean towards them (the correlation of their leanings), and the map shows the leanings' principal components.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.components import Pca, film_axes
from collab.errors import RunError
from collab.features import film_words_of
from collab.models.embedding_net import EmbeddingNet
from collab.tables import most_rated_items, trained_items


@dataclass(frozen=True, eq=False)
class AudienceSpace:
    """N known films as the U trained users would rate them, by the model.

    `user_index` (U,), `item_index` (N,), `usual` (U,) in stars, `leanings` (N, U) in stars, `pca` the films on two components.
    `described` (N, 2) is where the same films would lie if the model knew their genres and year alone.
    """

    user_index: np.ndarray
    item_index: np.ndarray
    usual: np.ndarray
    leanings: np.ndarray
    pca: Pca
    described: np.ndarray

    @property
    def place_error(self) -> float:
        """How far films are off their place where genres and year alone are known: root mean squared distance between the two
        places, as a share of the films' root mean squared distance from the middle. NaN where all lie in the middle.

        These films took part in training: it says what genres and year leave open, not how well a film never seen is placed.
        """
        reach = np.square(self.pca.coordinates).sum()
        return float(np.sqrt(np.square(self.described - self.pca.coordinates).sum() / reach)) if reach else np.nan


@dataclass(frozen=True, eq=False)
class NewFilm:
    """What the model says of a new film: `average_person` the rating of somebody of whom nothing is known, `ratings` (U,) and
    `leanings` (U,) of the trained users, in stars; `closeness` (N,) to the films of the space, −1 … 1; `coordinates` (2,)."""

    average_person: float
    ratings: np.ndarray
    leanings: np.ndarray
    closeness: np.ndarray
    coordinates: np.ndarray


def audience_space(model: EmbeddingNet, users: pd.DataFrame, items: pd.DataFrame, n_films: int) -> AudienceSpace:
    """The `n_films` most rated films as the model sees them; `users` and `items` are the tables of its run."""
    user_index, item_index = trained_items(users), most_rated_items(items, n_films)
    ratings = model.predict(user_index, item_index[:, None]).astype(np.float64)  # (N, U)
    usual = ratings.mean(axis=0)
    leanings = _leanings(ratings, usual)
    pca = film_axes(leanings, 2)
    films = items.iloc[item_index]
    alone = model.for_new_films(_features(model, items, films["genres"], films["year"]))
    described = _leanings(alone.predict(user_index, np.arange(len(films))[:, None]).astype(np.float64), usual)
    return AudienceSpace(user_index, item_index, usual, leanings, pca, _place(pca, leanings, described))


def foresee(
    model: EmbeddingNet, space: AudienceSpace, items: pd.DataFrame, genres: Sequence[str], year: float | None
) -> NewFilm:
    """What the model says of a film with these `genres` and this `year`; `items` is the table of its run.

    A genre that no film of the run has says nothing, as does a year that is None. A year beyond those of the films counts as the
    band of years at that end.
    """
    film = model.for_new_films(_features(model, items, ["|".join(genres)], [year]))
    ratings = film.predict(space.user_index, 0).astype(np.float64)  # (U,)
    leanings = _leanings(ratings[None], space.usual)
    lengths = np.linalg.norm(space.leanings, axis=1) * np.linalg.norm(leanings)
    closeness = np.divide(space.leanings @ leanings[0], lengths, out=np.zeros(len(lengths)), where=lengths > 0)
    place = _place(space.pca, space.leanings, leanings)[0]
    return NewFilm(float(film.predict(0, 0)), ratings, leanings[0], np.clip(closeness, -1.0, 1.0), place)


def film_table(space: AudienceSpace, film: NewFilm, items: pd.DataFrame) -> pd.DataFrame:
    """The films of the space, the closest to the new film first.

    Columns: item_index, title, closeness, n_ratings, mean_rating, genres, year, x, y (the place on the map).
    """
    table = items.iloc[space.item_index][["title", "n_ratings", "mean_rating", "genres", "year"]].reset_index(drop=True)
    table.insert(0, "item_index", space.item_index)
    table.insert(2, "closeness", film.closeness)
    table["x"], table["y"] = space.pca.coordinates.T
    return table.sort_values("closeness", ascending=False, kind="stable").reset_index(drop=True)


def group_table(film: NewFilm, groups: Sequence[str], least: int = 5) -> pd.DataFrame:
    """Who would like the film: a row a group of users with `least` members, the one that leans most towards it first.

    `groups` (U,) names the group of every user of the space. Columns: group, n_users, predicted and leaning, the means over them.
    """
    table = pd.DataFrame({"group": np.asarray(groups, dtype=str), "predicted": film.ratings, "leaning": film.leanings})
    found = table.groupby("group").agg(
        n_users=("leaning", "size"), predicted=("predicted", "mean"), leaning=("leaning", "mean")
    )
    found = found[found["n_users"] >= least].sort_values("leaning", ascending=False, kind="stable")
    return found.reset_index()


def user_table(space: AudienceSpace, film: NewFilm, users: pd.DataFrame) -> pd.DataFrame:
    """The users of the space, the one who leans most towards the film first.

    Columns: user_index, user_id, n_ratings, usual, predicted, leaning.
    """
    table = users.iloc[space.user_index][["user_id", "n_ratings"]].reset_index(drop=True)
    table.insert(0, "user_index", space.user_index)
    table["usual"], table["predicted"], table["leaning"] = space.usual, film.ratings, film.leanings
    return table.sort_values("leaning", ascending=False, kind="stable").reset_index(drop=True)


def _features(model: EmbeddingNet, items: pd.DataFrame, genres: Sequence[str], years: Sequence[float]) -> np.ndarray:
    """The features of films as the run describes its own; RunError where its table of films is not the one it was trained on."""
    words = film_words_of(items)
    found = words.features(genres, years)
    if not np.array_equal(words.features(items["genres"], items["year"]), model.columns.items.numpy()):
        raise RunError(
            "genres and years in the run’s table of films are not those it was trained on, so a new film cannot be described; "
            "train it again"
        )
    return found


def _leanings(ratings: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Predicted ratings (n, U) without what users usually give (U,) and without the films' own level."""
    above = ratings - usual
    return above - above.mean(axis=1, keepdims=True)


def _place(pca: Pca, known: np.ndarray, leanings: np.ndarray) -> np.ndarray:
    """Leanings (n, U) on the components of the leanings `known` (N, U), (n, 2)."""
    return (leanings - known.mean(axis=0)) @ pca.components.T
