"""Data: what models learn from, its size and long tail, its course over time, and what a split holds out."""

import streamlit as st

from collab.ui.data import source, split, stars, tail, times
from collab.ui.data.shown import load, say_sealed_unknown
from collab.ui.frame.page import open_page, renew_when_ended
from collab.ui.widgets.controls import choose

TIMES = "over time"
PARTS = {
    "long tail": tail.show_tail_table,
    TIMES: times.show_time,
    "stars": stars.show_stars,
    "crosstab": stars.show_crosstab,
    "split": split.show_split,
    "doubled titles": source.show_titles,
    "source and terms": source.show_source,
}
STARS = (TIMES, "stars", "crosstab", "split")  # parts made only of the stars given

page = open_page(
    "Data",
    "What a model learns from: who rated how much, and when, and what the split into training and held-out ratings hides.",
    needs_run=False,
)
shown = load(page)
tail.show_sizes(shown)
tail.show_tail(shown)
part = choose(
    "Show",
    [name for name in PARTS if name != TIMES or shown.ratings.has_times],
    key="data_part",
    label_visibility="collapsed",
    help="What is shown of the data set below the picture.",
)
with st.container(key="data_shown"):
    st.fragment(say_sealed_unknown if part in STARS and shown.open_ratings is None else PARTS[part])(shown)
renew_when_ended(page.record)  # at the end, so that nothing moves when it disappears
