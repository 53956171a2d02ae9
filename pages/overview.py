"""Overview: the data set and the current model at a glance, and links to three pages."""

import streamlit as st

from collab.ui.frame.page import open_page
from collab.ui.overview.parts import show_data, show_links, show_model

page = open_page(
    "Overview",
    "Collaborative filtering that you can see, touch and trust: who rated what, what a model made of it, and what it is worth.",
)
show_links()
data_side, model_side = st.columns(2, gap="large")
with data_side:
    show_data(page)
with model_side:
    show_model(page)
