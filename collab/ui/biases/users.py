"""The biases of users: both ends as bars, their distribution, or all of them against their means, and as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.explore.biases import shrunk, user_bias_table
from collab.services.run_files import TrainedRun
from collab.ui.biases.controls import HEIGHT, N_LISTED, choose_picture, draw, nothing
from collab.ui.biases.figures import bias_bars_figure, bias_scatter_figure, distribution_figure
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.frame import cached
from collab.ui.frame.offers import need_biases
from collab.ui.frame.page import Page
from collab.ui.widgets.pickers import USER, titles_with
from collab.ui.widgets.tables import COLUMNS, show_table

RATERS, SPREAD, MEAN = "harshest and kindest", "distribution", "against their mean"
PICTURES = {
    RATERS: "Grey: the number of training ratings. A user’s bias says how kindly they rate, whatever they watch.",
    SPREAD: "Each bar counts the users with such a bias. Zero is the average user: blue rates harsher, orange kinder.",
    MEAN: "The dotted line is the bias that a user’s mean suggests. Users above it (orange) are kinder than their stars: "
    "they saw films that others liked less.",
}


def user_biases(run: TrainedRun, damping: float | None) -> np.ndarray:
    """The biases of the run's users, (n_users,), shrunk towards the average user's where a `damping` is given."""
    raw = np.asarray(run.model.user_biases, dtype=np.float64)
    if damping is None:
        return raw
    return raw[0] + shrunk(raw - raw[0], run.users["n_ratings"].to_numpy(), damping)


def show_users(page: Page) -> None:
    """The view of the users."""
    run = page.run
    need_biases(run, "it says of nobody how kindly they rate")
    doubt = cached.run_bias_deviations(run.id)
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        wanted = choose_picture(
            run,
            PICTURES,
            "raters",
            "Both ends of the list, how many users have which bias, or every user’s bias beside their mean rating.",
            "User number",
            doubt,
        )
    table = user_bias_table(run.users, user_biases(run, wanted.damping), wanted.minimum, doubt and doubt.users)
    table = table.assign(title="User " + table["user_id"])
    if nothing(picture, table, wanted.minimum):
        return
    found = titles_with(table, wanted.text)
    synthetic = page.data.synthetic
    if wanted.picture == RATERS:
        figure = bias_bars_figure(table, palette(), wanted.n_ends, height=HEIGHT, synthetic=synthetic)
        said = "The users with the highest and the lowest bias, as bars."
    elif wanted.picture == SPREAD:
        figure = distribution_figure(table, palette(), height=HEIGHT, synthetic=synthetic)
        said = f"How many of {formats.count(len(table))} users have which bias: {_spread_in_words(table)}"
    else:
        rings = table["user_index"][found] if wanted.text else ()
        figure = bias_scatter_figure(
            table, palette(), rings, mean="mean_rating", index="user_index", height=HEIGHT, synthetic=synthetic
        )
        said = "Every user’s bias against their mean rating, sized by their number of ratings."
    draw(picture, figure, said)
    if wanted.picture == SPREAD:
        controls.caption(_spread_in_words(table))
    _ends_to_open(page, table)
    show_table(
        table[found],
        key="user_biases",
        alt="All users’ biases, the kindest first",
        column_order=["title", "bias", "deviation", "mean_rating", "residual", "n_ratings"],
        column_config={
            **COLUMNS,
            "title": st.column_config.TextColumn("User", width="medium"),
            "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
        },
    )


def _ends_to_open(page: Page, table: pd.DataFrame) -> None:
    """The harshest and the kindest raters, each a link to what they rated."""
    n = min(N_LISTED, len(table) // 2)
    for place, name, rows in zip(
        st.columns(2, gap="medium"), ("Harshest", "Kindest"), (table[::-1].head(n), table.head(n)), strict=True
    ):
        with place, st.container(gap=None):
            st.markdown(f"**{name} raters**")
            for user in rows.itertuples():
                st.page_link(
                    "pages/people.py",
                    label=f"User {formats.plain(user.user_id)} · bias {formats.signed(user.bias)} · mean "
                    f"{formats.stars(user.mean_rating)} · {formats.counted(user.n_ratings, 'rating')}",
                    icon=":material/person:",
                    query_params={"data": page.data.name, "run": page.run.id, USER: user.user_id},
                    help="Opens what this user rated, and what the model says of it.",
                )


def _spread_in_words(table: pd.DataFrame) -> str:
    biases = table["bias"]
    low, high = biases.quantile([0.1, 0.9])
    return (
        f"Mean {formats.signed(round(biases.mean(), 2) + 0.0)}, standard deviation {biases.std(ddof=0):.2f}; eight of ten users "
        f"lie between {formats.signed(low)} and {formats.signed(high)}."
    )
