"""Similar films: what the model places next to a film, by the measure one chooses."""

import streamlit as st

from collab.interpret import measures, similar_items
from collab.ui import cached
from collab.ui.charts import PLAIN
from collab.ui.explore_charts import similarity_bars_figure
from collab.ui.film_picker import film_facts, minimum_ratings, neighbour_table, pick_film
from collab.ui.needs import need_factors
from collab.ui.page import open_page
from collab.ui.theme import palette

page = open_page("Similar films", "Pick a film and see which ones the model places next to it.")
run = page.run
need_factors(run, "it cannot say which films are alike")

picture, controls = st.columns([3, 1], gap="medium")
with picture:
    chosen = pick_film(run, default=True)
    if chosen is None:
        st.info("No film of this run has a training rating. Choose another run in the sidebar.", icon=":material/info:")
        st.stop()
known = cached.film_uncertainty(run.id)
captions = {
    "cosine": "same direction of taste",
    "euclidean": "same taste, equally strong",
    "dot": "favours often rated films",
    "cautious": "as cosine, little known films score less",
}
with controls:
    film_facts(run, chosen)
    measure = st.radio(
        "Measure",
        measures(known),
        measures(known).index("cosine" if known is None else "cautious"),
        key="measure",
        bind="query-params",
        captions=[captions[measure] for measure in measures(known)],
        help="How close two films are: by the angle between their factors, by distance, or by product.",
    )
    minimum = minimum_ratings(
        "Films with fewer training ratings are left out. Higher: surer neighbours, fewer surprises."
    )
    n_films = st.slider(
        "Films",
        5,
        30,
        10,
        key="neighbours",
        bind="query-params",
        help="How many of the nearest films are shown. Higher: a longer list, its end less alike.",
    )

table = similar_items(run.items, run.model.item_factors, chosen, measure, minimum, n_films, known)
if table.empty:
    picture.info(f"No other film has {minimum} training ratings. Lower the minimum.", icon=":material/info:")
    st.stop()
figure = similarity_bars_figure(table, measure, palette(), synthetic=page.data.synthetic)
title = run.items["title"].iat[chosen]
picture.plotly_chart(
    figure,
    config=PLAIN,
    key="similar_bars",
    alt=f"The {len(table)} films nearest to {title}, closest first. The table below holds the same.",
)
neighbour_table(table, measure)
