"""Film biases: what the model adds to a film's every score, whoever watches."""

import streamlit as st

from collab.interpret import bias_table, user_bias_table
from collab.ui import cached
from collab.ui.charts import PLAIN
from collab.ui.explore_charts import bias_bars_figure, bias_scatter_figure
from collab.ui.film_picker import minimum_ratings, titles_with
from collab.ui.needs import need_biases
from collab.ui.page import open_page
from collab.ui.theme import palette

ENDS, MEAN, USERS = "highest and lowest", "against the mean", "users"
EXPLAINED = {
    ENDS: "Grey: the number of training ratings. A film with a high bias is liked even by those whose tastes it does not meet.",
    MEAN: "The dotted line is the bias that a film's mean rating suggests. Films above it (orange) are better than their "
    "stars: strict people rated them, or people of other tastes. So the order by bias is not the order by mean.",
    USERS: "Grey: the number of training ratings. A user's bias says how kindly they rate, whatever they watch.",
}
PICTURED = {
    ENDS: "The films with the highest and the lowest bias, as bars.",
    MEAN: "Every film's bias against its mean rating, sized by its number of ratings.",
    USERS: "The users with the highest and the lowest bias, as bars.",
}

page = open_page("Film biases", "What the model adds to every score of a film, whoever watches it.")
run = page.run
need_biases(run, "there is nothing to sort here")

doubt = cached.run_bias_doubt(run.id)
picture, controls = st.columns([3, 1], gap="medium")
with controls:
    view = st.radio(
        "Show",
        list(EXPLAINED),
        key="view",
        bind="query-params",
        help="The ends of the list, every film's bias beside its mean rating, or the biases of the users.",
    )
    minimum = minimum_ratings("Whoever has fewer training ratings is left out. Higher: surer biases, fewer rows.")
    n_ends = st.slider(
        "At each end",
        5,
        15,
        10,
        key="ends",
        bind="query-params",
        disabled=view == MEAN,
        help="How many bars are drawn to either side. Higher: more of the middle.",
    )
    text = st.text_input(
        "Find",
        key="filter",
        bind="query-params",
        placeholder="User number" if view == USERS else "Part of a title",
        help="The table lists only the rows with this text; beside the mean, the films are also ringed.",
    ).strip()
    st.caption(EXPLAINED[view])
    if doubt is not None:
        st.caption("± is a standard deviation: two times in three the true bias lies no farther off.")

if view == USERS:
    table = user_bias_table(run.users, run.model.user_biases, minimum, doubt and doubt.users).assign(
        title=lambda users: "User " + users["user_id"]
    )
else:
    table = bias_table(run.items, run.model.item_biases, minimum, doubt and doubt.items)
if table.empty:
    picture.info(f"Nothing has {minimum} training ratings. Lower the minimum.", icon=":material/info:")
    st.stop()
found = titles_with(table, text)

if view == MEAN:
    figure = bias_scatter_figure(
        table, palette(), table["item_index"][found] if text else (), synthetic=page.data.synthetic
    )
else:
    figure = bias_bars_figure(table, palette(), n_ends, synthetic=page.data.synthetic)
picture.plotly_chart(figure, config=PLAIN, key="biases", alt=f"{PICTURED[view]} The table below holds the same.")

shown = table[found]
if "genres" in shown:
    shown = shown.assign(genres=shown["genres"].str.replace("|", ", "))
st.dataframe(
    shown,
    hide_index=True,
    placeholder="–",
    alt="All biases, highest first",
    column_order=[
        "title",
        "bias",
        *(["deviation"] if doubt else []),
        "mean_rating",
        "damped_mean",
        "residual",
        "n_ratings",
        "genres",
    ],
    column_config={
        "title": st.column_config.TextColumn("User" if view == USERS else "Title", width="medium"),
        "bias": st.column_config.NumberColumn("Bias", format="%+.2f"),
        "deviation": st.column_config.NumberColumn(
            "±", format="%.2f", help="Standard deviation of the bias: what the ratings leave open."
        ),
        "mean_rating": st.column_config.NumberColumn("Mean", format="%.1f"),
        "damped_mean": st.column_config.NumberColumn(
            "Damped mean", format="%.1f", help="The mean after adding five ratings at the overall mean."
        ),
        "residual": st.column_config.NumberColumn(
            "Residual", format="%+.2f", help="Bias minus what the mean alone suggests."
        ),
        "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
        "genres": "Genres",
    },
)
