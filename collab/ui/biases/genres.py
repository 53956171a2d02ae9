"""Mean biases of films by genre, by decade, or by both."""

from __future__ import annotations

import streamlit as st

from collab.data.genres import DECADES, GENRES
from collab.explore.biases import bias_by_genre_and_decade, bias_by_kind, bias_table, mean_bias
from collab.ui.biases.controls import HEIGHT, pick_shrinkage
from collab.ui.biases.figures import genre_decade_figure, kinds_figure
from collab.ui.biases.items import item_biases
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.charts.style import PLAIN
from collab.ui.frame.offers import need_biases
from collab.ui.frame.page import Page
from collab.ui.widgets.controls import choose
from collab.ui.widgets.pickers import minimum_ratings
from collab.ui.widgets.tables import show_table

BOTH = "genre × decade"
BY = {
    "genre": "Each dot is the mean bias of a genre’s films, its line the standard error; grey: how many films. A film counts in "
    "each of its genres.",
    "decade": "Each dot is the mean bias of a decade’s films, its line the standard error; grey: how many films.",
    BOTH: "The colour is the mean bias, grey at zero; the number says of how many films. A film counts in each of its genres.",
}
ITEMS, RATINGS = "each film once", "by its ratings"


def show_kinds(page: Page) -> None:
    """The view of genres and decades."""
    run = page.run
    need_biases(run, "no genre or decade has a mean one")
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        by = st.radio(
            "By",
            list(BY),
            key="by",
            bind="query-params",
            help="Films of one genre, of one decade, or of one genre in one decade are taken together.",
        )
        weigh = choose(
            "Count",
            [ITEMS, RATINGS],
            key="count",
            help="The plain mean over films, or one in which a film counts by its number of training ratings.",
        )
        damping = pick_shrinkage(run)
        minimum = minimum_ratings("Films with fewer training ratings are left out. Higher: surer biases, fewer films.")
        st.caption(BY[by])
    films = bias_table(run.items, item_biases(run, damping), minimum)
    by_ratings = weigh == RATINGS
    if by == BOTH:
        table = bias_by_genre_and_decade(films, by_ratings=by_ratings)
    else:
        table = bias_by_kind(films, GENRES if by == "genre" else DECADES, by_ratings=by_ratings)
    if table.empty:
        why = (
            f"No film has {minimum} training ratings. Lower the minimum."
            if films.empty
            else ("The data set says neither genre nor decade of these films.")
        )
        picture.info(why, icon=":material/info:")
        return
    colours, synthetic = palette(), page.data.synthetic
    if by == BOTH:
        figure = genre_decade_figure(table, colours, height=HEIGHT, synthetic=synthetic)
    else:
        overall = mean_bias(films, by_ratings=by_ratings)
        figure = kinds_figure(table, overall, colours, height=HEIGHT, synthetic=synthetic)
    picture.plotly_chart(
        figure, config=PLAIN, key="biases", alt=f"Mean biases by {by}, {weigh}. The table below holds the same."
    )
    lone = " A single film has no standard error: a dash." if table["error"].isna().any() else ""
    controls.caption(f"{formats.count(len(films))} films, {weigh}.{lone}")
    show_table(
        table,
        key="genre_biases",
        alt=f"Mean bias by {by} with standard error and number of films",
        column_config={
            "name": "Genre" if by == "genre" else "Decade",
            "genre": "Genre",
            "decade": "Decade",
            "mean": st.column_config.NumberColumn("Mean bias", format="%+.2f"),
            "error": st.column_config.NumberColumn(
                "±", format="%.2f", help="Standard error of the mean: what other films of this kind would change."
            ),
            "n_items": st.column_config.NumberColumn("Films", format="localized"),
            "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
        },
    )
