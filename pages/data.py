"""Data: what models learn from, its sizes and long tail, when it came about, and what a split of it hides."""

import streamlit as st

from collab.ui import data_source_view, data_split_view, data_stars_view, data_tail_view, data_time_view
from collab.ui.data_shown import load, say_sealed_unknown
from collab.ui.frame.page import open_page, renew_when_ended
from collab.ui.widgets.controls import choose

PARTS = {
    "long tail": data_tail_view.show_tail_table,
    "over time": data_time_view.show_time,
    "stars": data_stars_view.show_stars,
    "crosstab": data_stars_view.show_crosstab,
    "split": data_split_view.show_split,
    "doubled titles": data_source_view.show_titles,
    "source and terms": data_source_view.show_source,
}
STARS = ("over time", "stars", "crosstab", "split")  # parts that are made of nothing else than what stars were given

page = open_page(
    "Data",
    "What a model learns from: who rated how much, and when, and what the split into training and held-out ratings hides.",
    needs_run=False,
)
shown = load(page)
data_tail_view.show_sizes(shown)
data_tail_view.show_tail(shown)
part = choose(
    "Show",
    list(PARTS),
    key="data_part",
    label_visibility="collapsed",
    help="What is shown of the data set below the picture.",
)
with st.container(key="data_shown"):
    st.fragment(say_sealed_unknown if part in STARS and shown.open_ratings is None else PARTS[part])(shown)
renew_when_ended(page.record)  # at the end: nothing moves when it has gone
