"""The map of one run: the picture, its controls, the chosen item and set, and the sections below."""

from __future__ import annotations

import streamlit as st

from collab.ui.frame.page import Page
from collab.ui.map import item_set
from collab.ui.map.controls import pick_colour, pick_dimensions, pick_points, pick_search, pick_space
from collab.ui.map.figure import Marks
from collab.ui.map.item_panel import show_chosen
from collab.ui.map.layout import lay_out
from collab.ui.map.picture import draw_map
from collab.ui.map.sections import show_below
from collab.ui.widgets.pickers import pick_film


def show_one_run(page: Page) -> None:
    """The map of the run in the sidebar."""
    run = page.run
    picture, controls = st.columns([3, 1], gap="medium")
    chosen_set = item_set.film_set_in_link(run.items)
    with controls:
        n_axes = pick_dimensions()
        colour_by = pick_colour(run.model.has_biases, run.model.item_covariances is not None)
        text, others = pick_search()
        chosen = pick_film(run, default=False)
        with st.container(horizontal=True, gap="small"):
            space = pick_space(run, n_axes, chosen_set)
            points = pick_points(run)
        layout = lay_out(run, space, points, colour_by, text)
    with picture:
        marks = Marks(chosen, layout.found_items, chosen_set, others)
        draw_map(page, layout, points.look(colour_by, marks))
    with controls:
        item_set.set_line(run, chosen_set, layout.items["item_index"].to_numpy())
        show_chosen(run, layout, chosen)
    show_below(page, layout, points, chosen_set)
