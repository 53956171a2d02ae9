"""Answers to films that a data set lacks: a line that mentions them, and a table of all of them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from collab.data.catalogue import Entry
from collab.services.profiles import Answer
from collab.ui.charts import formats
from collab.ui.person import own_profile
from collab.ui.person.known import Known
from collab.ui.widgets.tables import show_table

N_LISTED = 8


def say_lacking(known: Known, data: Entry, answers: Sequence[Answer]) -> None:
    """Say which of the answers are for films that this data set lacks."""
    if known.lacking:
        n_items = len(known.lacking)
        are_for = "answer is for a film" if n_items == 1 else "answers are for films"
        with st.expander(f"{formats.count(n_items)} {are_for} that {formats.plain(data.title)} lacks", key="lacking"):
            st.caption(f"They are kept, and count where a data set has the film: {listed(known.lacking)}.")
            lacking = set(known.lacking)
            unmatched([answer for answer in answers if answer.title in lacking], data.title)


def listed(titles: Sequence[str]) -> str:
    """The first `N_LISTED` titles in a row, for Markdown."""
    return "; ".join(map(formats.plain, titles[:N_LISTED])) + (
        f" and {formats.count(len(titles) - N_LISTED)} more" if len(titles) > N_LISTED else ""
    )


def unmatched(answers: Sequence[Answer], data_title: str) -> None:
    """All answers to films that the data set lacks as a table."""
    table = pd.DataFrame(
        [(answer.title, own_profile.in_words(answer)) for answer in answers], columns=["title", "answer"]
    )
    show_table(
        table,
        height=min(300, 38 + 35 * len(table)),
        column_config={"title": "Film", "answer": "Answer"},
        key="unmatched_table",
        alt=f"{formats.count(len(table))} films that {data_title} lacks, with the answer to each",
    )
