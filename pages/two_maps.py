"""Two maps: the films of two runs side by side, the second turned onto the first, and how much of the two agrees."""

import streamlit as st

from collab.services.repeats import differ_in_seed_alone
from collab.ui.film_picker import film_facts, minimum_ratings, pick_film
from collab.ui.needs import need_factors
from collab.ui.other_run import offer_another_seed, pick_other_run, wait_for_other
from collab.ui.page import describe_run, open_page
from collab.ui.two_maps_agreement import MEANING, agreement, what_it_means
from collab.ui.two_maps_pictures import LINES, PICTURES, SIDE, one_map, one_over_the_other, side_by_side
from collab.ui.two_maps_shown import FITS, NEAREST_BY, SCALED, TURNED, two_maps
from collab.ui.two_maps_tables import all_films, chosen_facts, movers, neighbours_view

page = open_page(
    "Two maps", "The same films in two runs: what a new seed turns, what it moves, and which neighbours stay."
)
run = page.run
need_factors(run, "its films have no places to compare")

picture, controls = st.columns([3, 1], gap="medium")
with picture:
    left, right = st.columns(2, gap="small")
    left.selectbox("A: the run in the sidebar", [describe_run(run.record)], disabled=True)
    with right:
        other = pick_other_run(
            run,
            "B: another run",
            "The run that is laid onto the one in the sidebar: any run of the same data set whose model has factors.",
        )
with controls:
    chosen = pick_film(run, default=True)
    minimum = minimum_ratings(
        "Films with fewer training ratings in either run are left out. Higher: surer places, fewer films."
    )
if other is None or other.busy:
    with left:
        one_map(run, minimum, chosen, synthetic=page.data.synthetic)
    with right:
        if other is None:
            st.info("There is no other run of this data set with factors yet.", icon=":material/info:")
            offer_another_seed(run, primary=True)
        else:
            wait_for_other(other)
    st.markdown(MEANING)
    st.stop()

with controls:
    shape = st.segmented_control(
        "Picture",
        PICTURES,
        default=SIDE,
        required=True,
        key="drawn_as",
        bind="query-params",
        help="The two maps next to each other; B over A; or so with a line from each film’s place in A to its place in B.",
    )
    fit = st.pills(
        "B is laid onto A",
        FITS,
        selection_mode="multi",
        default=[TURNED, SCALED],
        key="laid",
        bind="query-params",
        help="Turned (or mirrored) and scaled as one body so that the films lie as close to A’s as can be; by ratings: a film "
        "counts as much as it has ratings.",
    )
    nearest_by = st.segmented_control(
        "Nearest by",
        list(NEAREST_BY),
        default="cosine",
        required=True,
        key="nearest_by",
        bind="query-params",
        help="How the ten nearest films are found in each run: by the angle between factors, or by distance.",
    )
maps = two_maps(run, other.id, minimum, fit, nearest_by, chosen, synthetic=page.data.synthetic)
if isinstance(maps, str):
    picture.info(maps, icon=":material/info:")
    st.stop()

if shape == SIDE:
    with left:
        side_by_side(maps, "A")
    with right:
        side_by_side(maps, "B")
else:
    with picture:
        one_over_the_other(maps, lines=shape == LINES)
with controls:
    film_facts(run, chosen)
    chosen_facts(maps)
    if not differ_in_seed_alone(run.record, other):
        offer_another_seed(run, primary=False)
with picture:
    agreement(maps)
what_it_means(maps)
movers(maps)
neighbours_view(maps)
all_films(maps)
