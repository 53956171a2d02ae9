"""Answers to films that a data set lacks: all of them as a table, and as a file."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from collab.services.profiles import Answer
from collab.ui import own_ratings, words
from collab.ui.table_csv import csv_button


def unmatched(answers: Sequence[Answer], data_title: str, key: str) -> None:
    """All answers to films that the data set lacks as a table, and the same to download."""
    table = pd.DataFrame(
        [(answer.title, own_ratings.in_words(answer)) for answer in answers], columns=["title", "answer"]
    )
    st.dataframe(
        table,
        hide_index=True,
        height=min(300, 38 + 35 * len(table)),
        column_config={"title": "Film", "answer": "Answer"},
        alt=f"{words.count(len(table))} films that {data_title} lacks, with the answer to each",
    )
    csv_button(table, "not_matched", key)
