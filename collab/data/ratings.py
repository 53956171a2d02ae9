"""Vocabulary and Ratings: who rated what, with ids encoded as row numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

UNKNOWN = "#na#"  # row 0 of every vocabulary, as in the chapter: a user or item that is not in the data


@dataclass(frozen=True)
class RatingScale:
    """The ratings that the data allow: `low`, `low + step`, …, `high` (in stars)."""

    low: float
    high: float
    step: float

    @cached_property
    def levels(self) -> np.ndarray:
        """All allowed ratings in order, float32, shape (n_levels,)."""
        n_levels = round((self.high - self.low) / self.step) + 1
        return (self.low + self.step * np.arange(n_levels)).astype(np.float32)

    def allows(self, rating: np.ndarray) -> np.ndarray:
        """True where a rating is one of the levels, shape of `rating`."""
        given = np.asarray(rating)
        finite = np.where(np.isfinite(given), given, self.low - self.step).astype(np.float64)
        steps = (finite - self.low) / self.step
        # against a small step the rounding of the numbers themselves is large
        eps = np.finfo(given.dtype if given.dtype == np.float32 else np.float64).eps
        slack = 4 * eps * max(abs(self.low), abs(self.high)) / self.step
        nearest = np.round(steps)
        return (nearest >= 0) & (nearest <= len(self.levels) - 1) & (np.abs(steps - nearest) <= slack)

    def places(self, rating: np.ndarray) -> np.ndarray:
        """The index of each rating among the levels, int64, shape of `rating`."""
        return np.rint((np.asarray(rating, dtype=np.float64) - self.low) / self.step).astype(np.int64)

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g} in steps of {self.step:g}"


@dataclass(frozen=True)
class Vocabulary:
    """Labels of a table's rows: `labels[0]` is `#na#`, the others are sorted and unique."""

    labels: tuple[str, ...]

    @classmethod
    def of(cls, values: Sequence[str] | pd.Series) -> Vocabulary:
        """The vocabulary of the distinct `values`; if all are whole numbers, they are sorted as numbers."""
        distinct = pd.unique(pd.Series(values, dtype="str"))
        numeric = all(value.isdecimal() for value in distinct)
        return cls((UNKNOWN, *sorted(distinct, key=int if numeric else None)))

    @cached_property
    def _index(self) -> pd.Index:
        return pd.Index(self.labels)

    def index_of(self, values: Sequence[str] | pd.Series) -> np.ndarray:
        """Row number of each value, int32, shape (n,); 0 for a value that is not in the vocabulary."""
        return np.maximum(self._index.get_indexer(pd.Series(values, dtype="str")), 0).astype(np.int32)

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Ratings:
    """Immutable columns of the same length n: `user_index`, `item_index` (int32), `rating` (float32), `time` (int64 s).

    As encoded, row i is rating i of the file: merging ids that share a title changes `item_index` and drops no row.
    """

    users: Vocabulary
    items: Vocabulary
    user_index: np.ndarray
    item_index: np.ndarray
    rating: np.ndarray
    time: np.ndarray
    rating_scale: RatingScale

    def __post_init__(self) -> None:
        for name, dtype in (
            ("user_index", np.int32),
            ("item_index", np.int32),
            ("rating", np.float32),
            ("time", np.int64),
        ):
            column = np.array(getattr(self, name), dtype=dtype)  # a private copy, which callers cannot change
            column.flags.writeable = False
            object.__setattr__(self, name, column)
        assert len(self.user_index) == len(self.item_index) == len(self.rating) == len(self.time)

    def __len__(self) -> int:
        return len(self.rating)

    @cached_property
    def has_times(self) -> bool:
        """Whether it is known when the ratings were given; else all times are 0."""
        return bool(self.time.any())

    @property
    def n_users(self) -> int:
        """Rows of a user table, including `#na#`."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Rows of an item table, including `#na#`."""
        return len(self.items)

    def take(self, rows: np.ndarray) -> Ratings:
        """The ratings in `rows` (0-based row numbers), with the same vocabularies."""
        return Ratings(
            self.users,
            self.items,
            self.user_index[rows],
            self.item_index[rows],
            self.rating[rows],
            self.time[rows],
            self.rating_scale,
        )


def liked_from(scale: RatingScale) -> float:
    """The lowest rating that counts as liked: three quarters up the scale, 4 on a scale of 1 to 5."""
    return scale.low + 0.75 * (scale.high - scale.low)
