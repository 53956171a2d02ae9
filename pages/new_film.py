"""New film: what the model says of a film of which genres and year alone are known."""

import streamlit as st

from collab.errors import RunError
from collab.new_film import film_table, foresee
from collab.tables import most_rated_items
from collab.ui import cached_new_film
from collab.ui.as_table import as_table
from collab.ui.charts import PLAIN
from collab.ui.needs import need_descriptions
from collab.ui.new_film_charts import N_NEAREST, bins_table, place_figure, ratings_figure
from collab.ui.new_film_view import (
    audience,
    describe_film,
    film_list,
    name_closest,
    say_place,
    say_ratings,
    user_ends,
    worth,
)
from collab.ui.page import open_page
from collab.ui.theme import palette

page = open_page(
    "New film",
    "Describe a film that nobody has rated: genres and year place it among the others, and find its audience.",
)
run = page.run
need_descriptions(run, "every new film is the same to it")

picture, controls = st.columns([3, 1], gap="medium")
with controls:
    described = describe_film(run)
    n_known = len(most_rated_items(run.items, len(run.items)))
    n_films = st.slider(
        "Films",
        min(50, n_known - 1),
        min(1000, n_known),
        min(500, n_known),
        key="new_films",
        bind="query-params",
        help="How many known films are on the map, most rated first. Higher: rarer films too, whose places are less sure.",
    )
try:
    space = cached_new_film.run_audience_space(run.id, n_films)
    film = foresee(run.model, space, run.items, described.genres, described.year)
except RunError as reason:
    st.error(f"{str(reason)[0].upper()}{str(reason)[1:]}.", icon=":material/error:")
    st.page_link("pages/train.py", label="Train it again", icon=":material/model_training:")
    st.stop()
table = film_table(space, film, run.items)
with controls:
    say_ratings(film)
    name_closest(table, N_NEAREST)
picture.plotly_chart(
    place_figure(space, film, table, described.title, described.genres, palette(), synthetic=page.data.synthetic),
    config=PLAIN,
    key="new_film_map",
    alt=f"The {len(table)} most rated films on two components of who leans towards them, and the new film among them, nearest to "
    f"{table['title'].iat[0]}. The table below holds the same.",
)

st.header("The closest films", anchor=False)
say_place(space, film)
film_list(table)
left, right = st.columns(2, gap="medium")
with left:
    st.header("How users would rate it", anchor=False)
    st.plotly_chart(
        ratings_figure(film, page.rating_scale, palette(), synthetic=page.data.synthetic),
        config=PLAIN,
        key="new_film_ratings",
        alt=f"Histogram of the predicted ratings of {len(film.ratings)} users: {film.ratings.mean():.1f} stars on average",
    )
    as_table(
        "new_film_ratings_table",
        "How many users would give how many stars",
        lambda: bins_table(film, page.rating_scale),
    )
    st.header("Those who lean most to either side", anchor=False)
    user_ends(run, space, film)
with right:
    st.header("Who would like it", anchor=False)
    audience(run, film)
    st.header("What such answers are worth", anchor=False)
    worth(run)
