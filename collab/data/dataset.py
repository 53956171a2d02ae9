"""Dataset: the raw rows of a data set as read, and the encoding of its ids as row numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from collab.data.ratings import Ratings, RatingScale, Vocabulary
from collab.errors import SettingError

ITEMS_BY = ("title", "id")


@dataclass(frozen=True)
class Dataset:
    """A data set as read, already validated.

    `ratings` holds user_id, item_id (str), rating (float32) and, if known, time (int64, seconds since 1970); row i is rating i of
    the file. `items` holds item_id, title, year (Int64, NA if unknown) and genres ("Action|Comedy", "" if there are none).
    `users` holds user_id, age, gender, occupation, or is None where the data set does not describe them.
    `folds` maps the name of an official fold to a function that reads its held-out row numbers.
    """

    name: str
    title: str
    ratings: pd.DataFrame
    items: pd.DataFrame
    users: pd.DataFrame | None
    rating_scale: RatingScale
    synthetic: bool = False
    note: str = ""
    folds: Mapping[str, Callable[[], np.ndarray]] = field(default_factory=dict)

    @property
    def has_times(self) -> bool:
        return "time" in self.ratings

    @cached_property
    def fingerprint(self) -> str:
        """First 16 hex digits of the SHA-256 over all ratings and titles: the same data give the same fingerprint."""
        digest = hashlib.sha256()
        for column in (self.ratings.user_id, self.ratings.item_id, self.items.item_id, self.items.title):
            digest.update("\n".join(column).encode())
        digest.update(self.ratings.rating.to_numpy("<f4").tobytes())
        if self.has_times:
            digest.update(self.ratings.time.to_numpy("<i8").tobytes())
        return digest.hexdigest()[:16]


def encode(dataset: Dataset, items_by: str = "title") -> Ratings:
    """The data set's ratings with ids encoded as row numbers.

    `items_by="title"` merges ids that share a title, as the chapter does; "id" keeps them apart.
    The vocabularies come from all rows, including those held out later. Raises SettingError for another `items_by`.
    """
    labels = item_labels(dataset, items_by).reindex(dataset.ratings.item_id)
    users, items = Vocabulary.of(dataset.ratings.user_id), Vocabulary.of(labels)
    return Ratings(
        users,
        items,
        users.index_of(dataset.ratings.user_id),
        items.index_of(labels),
        dataset.ratings.rating.to_numpy(),
        dataset.ratings.time.to_numpy() if dataset.has_times else np.zeros(len(dataset.ratings), np.int64),
        dataset.rating_scale,
    )


def item_labels(dataset: Dataset, items_by: str) -> pd.Series:
    """The vocabulary label of every item id: its title, or the id itself."""
    if items_by not in ITEMS_BY:
        raise SettingError(f"items can be kept by {' or '.join(ITEMS_BY)}, not by {items_by!r}")
    by_id = dataset.items.set_index("item_id")
    return by_id.title if items_by == "title" else pd.Series(by_id.index, index=by_id.index)


def items_in_order(dataset: Dataset, ratings: Ratings, items_by: str) -> pd.DataFrame:
    """The items of the data set by label, in the order of the vocabulary of `ratings`; row 0 has only missing values."""
    items = dataset.items.assign(label=item_labels(dataset, items_by).to_numpy()).drop_duplicates("label")
    return items.set_index("label").reindex(list(ratings.items.labels))
