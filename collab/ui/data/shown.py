"""What the Data page shows: the data set in use with all its rows, those that are not sealed, and the split of the run in use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from collab.data.catalogue import SAMPLE
from collab.data.dataset import Dataset
from collab.data.ratings import Ratings
from collab.data.splitting import SEALED, Split, split_by
from collab.errors import CollabError
from collab.explore.data_facts import Sizes
from collab.ui.charts import formats
from collab.ui.data import cached as data_cached
from collab.ui.frame import cached
from collab.ui.frame.in_use import use_data
from collab.ui.frame.offers import offer_runs_with_ratings
from collab.ui.frame.page import Page


@dataclass(frozen=True)
class Shown:
    """What the page shows: the data set as read, all its rows, those of them that are not sealed, and the run's split.

    The page never shows the stars of the `n_sealed` rows that `open_ratings` leaves out. `split` has row numbers of
    `open_ratings`; it is None if the run's split is not available, and `no_split` says why. If the run seals rows, it is then
    unknown which: `open_ratings` is None, and no stars are shown.
    """

    page: Page
    dataset: Dataset
    ratings: Ratings
    open_ratings: Ratings | None
    split: Split | None
    no_split: str
    n_sealed: int

    @property
    def key(self) -> tuple[str, str]:
        return self.page.data.name, self.dataset.fingerprint

    @property
    def items_by(self) -> str:
        return self.page.record.items_by

    @property
    def items(self) -> pd.DataFrame:
        """label, title, year, n_ratings by item_index."""
        name, fingerprint = self.key
        return data_cached.films_of(name, self.items_by, fingerprint)

    @property
    def sizes(self) -> Sizes:
        """How large the data set is, sealed rows included."""
        name, fingerprint = self.key
        return data_cached.sizes_of(name, self.items_by, fingerprint)

    @property
    def some_sealed(self) -> bool:
        return self.n_sealed > 0 or self.open_ratings is None

    @property
    def synthetic(self) -> bool:
        return self.page.data.synthetic


def load(page: Page) -> Shown:
    """Read what the page shows; does not return if the data set cannot be read."""
    record = page.record
    try:
        dataset, ratings = data_cached.data_set(page.data.name, record.items_by)
    except CollabError as reason:
        st.error(
            f"{formats.plain(page.data.title)} cannot be read: {formats.plain(str(reason))}", icon=":material/error:"
        )
        st.button("Show the built-in sample", key="show_sample", type="primary", on_click=use_data, args=(SAMPLE,))
        st.stop()
    split, why = None, ""
    try:
        if page.has_run:
            split, _ = cached.run_split(page.run.id)
        else:
            split = split_by(record.holdout, dataset, record.split_seed)
    except CollabError as reason:
        why = str(reason)
    if split is None and SEALED in record.holdout:
        return Shown(page, dataset, ratings, None, None, why, 0)
    if split is None or not len(split.test):
        return Shown(page, dataset, ratings, ratings, split, why, 0)
    open_rows = np.sort(np.concatenate([split.train, split.valid]))
    split = Split(np.searchsorted(open_rows, split.train), np.searchsorted(open_rows, split.valid))
    return Shown(page, dataset, ratings, ratings.take(open_rows), split, why, len(ratings) - len(open_rows))


def say_sealed_unknown(shown: Shown) -> None:
    """A message in place of stars, if it is unknown which rows are sealed: why, and the runs that can be used instead."""
    offer_runs_with_ratings(
        shown.page.record,
        f"The run in use has sealed ratings, and which they are cannot be told: {formats.plain(shown.no_split)}. So no stars are "
        "shown here",
    )


def day_words(moment: pd.Timestamp) -> str:
    """ "20 Sep 1997"."""
    return f"{moment.day} {moment:%b %Y}"
