"""Map: the films where the model sees them, on axes that one chooses; to turn, search, encircle and share."""

import streamlit as st

from collab.ui import film_set
from collab.ui.film_picker import pick_film
from collab.ui.map_controls import pick_colour, pick_dimensions, pick_points, pick_search, pick_space
from collab.ui.map_film_view import show_chosen
from collab.ui.map_picture import draw_map, lay_out
from collab.ui.map_sections import show_below
from collab.ui.map_set_view import set_line
from collab.ui.needs import need_factors
from collab.ui.page import open_page

page = open_page(
    "Map", "Films lie close together when the same people like them: turn the map, click a film, encircle some."
)
run = page.run
need_factors(run, "its films have no places")

picture, controls = st.columns([3, 1], gap="medium")
chosen_set = film_set.film_set_in_link(run.items)
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
    draw_map(page, layout, points, colour_by, others, chosen, chosen_set)
with controls:
    set_line(run, chosen_set, layout.films["item_index"].to_numpy())
    show_chosen(run, layout, chosen, text)
show_below(page, layout, points, text, chosen_set)
