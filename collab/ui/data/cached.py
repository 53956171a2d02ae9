"""Cached facts about a data set, for all sessions; its fingerprint is in every key, so that a replaced file is noticed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from collab.data.dataset import Dataset
from collab.data.ratings import Ratings
from collab.data.splitting import Split
from collab.data.tables import describe_items
from collab.explore.data_facts import Sizes, doubled_titles, rated_twice, sizes
from collab.explore.split_facts import SplitFacts, split_facts
from collab.services.run_rows import load_encoded
from collab.services.source import Source, source_of
from collab.ui.frame import cached


def data_set(name: str, items_by: str = "title") -> tuple[Dataset, Ratings]:
    """A data set as read, and its rows as indices; cached by its reader. Raises CollabError where it cannot be read."""
    return load_encoded(name, cached.environment(), items_by)


@st.cache_resource(show_spinner=False, max_entries=4)
def films_of(name: str, items_by: str, fingerprint: str) -> pd.DataFrame:
    """label, title, year and n_ratings of all rows, by item_index. Raises CollabError."""
    dataset, ratings = data_set(name, items_by)
    return describe_items(dataset, ratings, items_by)[["label", "title", "year", "n_ratings"]]


@st.cache_data(show_spinner=False, max_entries=8)
def sizes_of(name: str, items_by: str, fingerprint: str) -> Sizes:
    """How large the data set is. Raises CollabError."""
    return sizes(data_set(name, items_by)[1])


@st.cache_data(show_spinner=False, max_entries=4)
def titles_not_unique(name: str, fingerprint: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The titles with several ids, and the pairs of a user and a title that occur in several rows. Raises CollabError."""
    dataset, _ = data_set(name)
    return doubled_titles(dataset), rated_twice(dataset)


@st.cache_data(show_spinner=False, max_entries=4)
def source(name: str, fingerprint: str) -> Source:
    """Where the files came from, and the checksums that they were checked against. Raises CollabError."""
    return source_of(name, cached.environment())


@st.cache_data(show_spinner="Fitting biases on each split", max_entries=64)
def facts_of_split(key: tuple, _ratings: Ratings, _split: Split) -> SplitFacts:
    """The facts of a split; `key` names data set, fingerprint, run and split, which determine the other arguments."""
    return split_facts(_ratings, _split)
