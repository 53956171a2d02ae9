"""Which rows of a run's tables are meant: users by user_id; items by title, also as people spell it, or by item_id."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from collab.data.dataset import item_labels
from collab.data.ratings import UNKNOWN
from collab.data.titles import match_titles
from collab.errors import DataError, RunError
from collab.services.environment import Environment
from collab.services.run_files import TrainedRun
from collab.services.run_rows import data_of


@dataclass(frozen=True, eq=False)
class RunNames:
    """The users and items of a run by name; None and NaN name the unknown one, row 0. An item_id needs the data set."""

    run: TrainedRun
    environment: Environment

    def users(self, users: Any) -> np.ndarray:
        """The user_index of each user_id, int32, (n,). Raises DataError for one that the data set does not have."""
        ids = _texts(users)
        index = pd.Index(self.run.users["user_id"]).get_indexer(ids)
        if (index < 0).any():
            raise DataError(
                f"{self.run.record.data_title} has no user {ids[index < 0][0]!r}; give None for somebody unknown, or ask "
                "recommend with their ratings"
            )
        return index.astype(np.int32)

    def items(self, items: Any) -> np.ndarray:
        """The item_index of each title or, if there is no such title, item_id, int32, (n,). Raises DataError for one that is
        neither."""
        codes, distinct = pd.factorize(_texts(items))
        index = self._labels.get_indexer(distinct)
        if (index < 0).any():
            spoken, _ = match_titles(distinct, self.titles)
            index = np.where(index < 0, [-1 if each is None else each for each in spoken], index)
        if (index < 0).any():
            with contextlib.suppress(RunError):  # without the data set only titles are known
                index = np.where(index < 0, self._by_id(distinct), index)
        if (index < 0).any():
            raise self._not_known(distinct[index < 0][0])
        return index[codes].astype(np.int32)

    def items_of(self, frame: pd.DataFrame, *others: str) -> np.ndarray:
        """The item_index of each row of a frame, int32, (n,), by its column item_id or else title.

        Raises DataError if these, or one of the `others`, are missing, and for an item that the data set does not have;
        RunError for an item_id without the data set.
        """
        lacking = [name for name in others if name not in frame]
        if "item_id" not in frame and "title" not in frame:
            lacking.append("item_id or title")
        if lacking:
            raise DataError(f"the frame has no column {', '.join(lacking)}; it has {', '.join(map(str, frame))}")
        if "item_id" not in frame:
            return self.items(frame["title"])
        ids = _texts(frame["item_id"])
        index = self._by_id(ids)
        if (index < 0).any():
            raise self._not_known(ids[index < 0][0])
        return index.astype(np.int32)

    def trained(self, item_index: np.ndarray) -> np.ndarray:
        """`item_index` (n,) itself. Raises DataError for an item that the run was not trained on."""
        untrained = item_index[self.run.items["n_ratings"].to_numpy()[item_index] == 0]
        if len(untrained):
            raise self._not_known(self.run.items["title"][untrained[0]])
        return item_index

    @cached_property
    def titles(self) -> list[str]:
        """Titles by item_index; "" for an item without a training rating, so that its title is not found."""
        items = self.run.items
        return [title if n > 0 else "" for title, n in zip(items["title"], items["n_ratings"], strict=True)]

    @cached_property
    def _labels(self) -> pd.Index:
        return pd.Index(self.run.items["label"])

    def _by_id(self, ids: np.ndarray) -> np.ndarray:
        """The item_index of each item_id, (n,); −1 for one that the data set does not have. Raises RunError if that is gone."""
        dataset, _ = data_of(self.run.record, self.environment)
        label_of = {UNKNOWN: UNKNOWN, **item_labels(dataset, self.run.record.items_by)}
        return self._labels.get_indexer([label_of.get(each) for each in ids])

    def _not_known(self, item: str) -> DataError:
        items = self.run.items
        films = items[items["n_ratings"] > 0].sort_values("n_ratings", ascending=False)["title"]
        near = films[films.str.contains(item, case=False, regex=False)] if item.strip() else films[:0]
        hint = f"did you mean {' or '.join(near[:3])}?" if len(near) else f"write the title as in “{films.iloc[0]}”"
        return DataError(f"{item!r} is not a film that run {self.run.id} was trained on; {hint}")


def _texts(values: Any) -> np.ndarray:
    """One value or many as texts, (n,); `#na#` for None and NaN."""
    values = np.atleast_1d(np.asarray(values, dtype=object))
    return np.array([UNKNOWN if pd.isna(each) else str(each) for each in values], dtype=object)
