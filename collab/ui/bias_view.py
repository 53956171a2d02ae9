"""The biases of films and of users: both ends as bars, all of them beside their means, and as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from collab.bias_groups import shrunk
from collab.interpret import BiasDoubt, bias_table, user_bias_table
from collab.services.runs import TrainedRun
from collab.ui import cached, words
from collab.ui.bias_charts import distribution_figure
from collab.ui.charts import PLAIN
from collab.ui.explore_charts import bias_bars_figure, bias_scatter_figure
from collab.ui.film_picker import USER, find_text, minimum_ratings, titles_with
from collab.ui.needs import need_biases
from collab.ui.page import Page
from collab.ui.table_csv import csv_button
from collab.ui.theme import palette

RAW, SHRUNK = "raw", "shrunk"
ENDS, MEAN = "highest and lowest", "against the damped mean"
RATERS, SPREAD, USER_MEAN = "harshest and kindest", "distribution", "against their mean"

HEIGHT = 520
"""Of the page's pictures: with it they are whole above the fold at 1440 × 900."""

N_LISTED = 5
"""Films furthest off the line, and raters at either end, that are listed by name."""

FILM_PICTURES = {
    ENDS: "Grey: the number of training ratings. A film with a high bias is liked even by those whose tastes it does not meet.",
    MEAN: "The dotted line is the bias that a film’s damped mean suggests. Films above it (orange) are better than their "
    "stars: strict people rated them, or people of other tastes. So the order by bias is not the order by mean.",
}
USER_PICTURES = {
    RATERS: "Grey: the number of training ratings. A user’s bias says how kindly they rate, whatever they watch.",
    SPREAD: "Each bar counts the users with such a bias. Zero is the average user: blue rates harsher, orange kinder.",
    USER_MEAN: "The dotted line is the bias that a user’s mean suggests. Users above it (orange) are kinder than their stars: "
    "they saw films that others liked less.",
}


def pick_shrinkage(run: TrainedRun) -> float | None:
    """Raw or shrunk biases, and the β of the shrinkage; None for raw ones. A model that knows how sure it is needs none."""
    if run.model.item_covariances is not None:
        st.caption(
            "Shrunk already: the biases of a Bayesian model are posterior means, drawn in the more the fewer ratings there are."
        )
        return None
    kind = st.segmented_control(
        "Bias",
        [RAW, SHRUNK],
        default=RAW,
        required=True,
        key="bias",
        bind="query-params",
        help="As the model learned it, or times n / (n + β), n being the training ratings. Weight decay or damping in training "
        "has drawn it in once already.",
    )
    damping = st.slider(
        "Shrinkage β",
        1,
        100,
        10,
        key="damping",
        bind="query-params",
        disabled=kind == RAW,
        help="With n = β ratings a bias counts half. Higher: biases of few ratings count less.",
    )
    return float(damping) if kind == SHRUNK else None


def item_biases(run: TrainedRun, damping: float | None) -> np.ndarray:
    """The biases of the run's films, (n_items,), shrunk where a `damping` is given."""
    raw = np.asarray(run.model.item_biases, dtype=np.float64)
    return raw if damping is None else shrunk(raw, run.items["n_ratings"].to_numpy(), damping)


def user_biases(run: TrainedRun, damping: float | None) -> np.ndarray:
    """Those of its users, (n_users,), shrunk towards the average user's where a `damping` is given."""
    raw = np.asarray(run.model.user_biases, dtype=np.float64)
    if damping is None:
        return raw
    return raw[0] + shrunk(raw - raw[0], run.users["n_ratings"].to_numpy(), damping)


# --- films -------------------------------------------------------------------------------------------------------------


def show_films(page: Page) -> None:
    """The view of the films."""
    run = page.run
    need_biases(run, "there is nothing to sort here")
    doubt = cached.run_bias_doubt(run.id)
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        chosen = st.radio(
            "Picture",
            list(FILM_PICTURES),
            key="picture",
            bind="query-params",
            help="The ends of the list, or every film’s bias beside its damped mean.",
        )
        damping = pick_shrinkage(run)
        minimum, n_ends, text = _rows_wanted("Part of a title", ends=chosen == ENDS)
        st.caption(FILM_PICTURES[chosen])
        _say_what_the_doubt_is(doubt)
    table = bias_table(run.items, item_biases(run, damping), minimum, doubt and doubt.items)
    if _nothing(picture, table, minimum):
        return
    found = titles_with(table, text)
    synthetic = page.data.synthetic
    if chosen == ENDS:
        figure = bias_bars_figure(table, palette(), n_ends, height=HEIGHT, synthetic=synthetic)
        said = "The films with the highest and the lowest bias, as bars."
    else:
        rings = table["item_index"][found] if text else ()
        figure = bias_scatter_figure(table, palette(), rings, height=HEIGHT, synthetic=synthetic)
        said = "Every film’s bias against its damped mean, sized by its number of ratings."
    _draw(picture, figure, said)
    if chosen == MEAN:
        _furthest_off(table)
    _frame(table[found], "film_biases", "All biases, highest first", doubt is not None)


def _furthest_off(table: pd.DataFrame) -> None:
    """The films furthest above and below the line, side by side."""
    sides = {
        "Liked more than its mean says": table[table["residual"] > 0].sort_values("residual", ascending=False),
        "Liked less than its mean says": table[table["residual"] < 0].sort_values("residual"),
    }
    for place, (name, rows) in zip(st.columns(2, gap="medium"), sides.items(), strict=True):
        with place:
            st.markdown(f"**{name}**")
            st.dataframe(
                rows.head(N_LISTED),
                hide_index=True,
                placeholder=words.MISSING,
                alt=f"{name}: the {N_LISTED} films furthest off the line",
                column_order=["title", "residual", "damped_mean", "n_ratings"],
                column_config=_columns("Title"),
            )


# --- users -------------------------------------------------------------------------------------------------------------


def show_users(page: Page) -> None:
    """The view of the users."""
    run = page.run
    need_biases(run, "it says of nobody how kindly they rate")
    doubt = cached.run_bias_doubt(run.id)
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        chosen = st.radio(
            "Picture",
            list(USER_PICTURES),
            key="raters",
            bind="query-params",
            help="Both ends of the list, how many users have which bias, or every user’s bias beside their mean rating.",
        )
        damping = pick_shrinkage(run)
        minimum, n_ends, text = _rows_wanted("User number", ends=chosen == RATERS)
        st.caption(USER_PICTURES[chosen])
        _say_what_the_doubt_is(doubt)
    table = user_bias_table(run.users, user_biases(run, damping), minimum, doubt and doubt.users)
    table = table.assign(title="User " + table["user_id"])
    if _nothing(picture, table, minimum):
        return
    found = titles_with(table, text)
    synthetic = page.data.synthetic
    if chosen == RATERS:
        figure = bias_bars_figure(table, palette(), n_ends, height=HEIGHT, synthetic=synthetic)
        said = "The users with the highest and the lowest bias, as bars."
    elif chosen == SPREAD:
        figure = distribution_figure(table, palette(), height=HEIGHT, synthetic=synthetic)
        said = f"How many of {words.count(len(table))} users have which bias: {_spread_in_words(table)}"
    else:
        rings = table["user_index"][found] if text else ()
        figure = bias_scatter_figure(
            table, palette(), rings, mean="mean_rating", index="user_index", height=HEIGHT, synthetic=synthetic
        )
        said = "Every user’s bias against their mean rating, sized by their number of ratings."
    _draw(picture, figure, said)
    if chosen == SPREAD:
        controls.caption(_spread_in_words(table))
    _ends_to_open(page, table)
    _frame(table[found], "user_biases", "All users’ biases, the kindest first", doubt is not None, "User")


def _ends_to_open(page: Page, table: pd.DataFrame) -> None:
    """The harshest and the kindest raters, each a way to what they rated."""
    n = min(N_LISTED, len(table) // 2)
    for place, name, rows in zip(
        st.columns(2, gap="medium"), ("Harshest", "Kindest"), (table[::-1].head(n), table.head(n)), strict=True
    ):
        with place, st.container(gap=None):
            st.markdown(f"**{name} raters**")
            for user in rows.itertuples():
                st.page_link(
                    "pages/people.py",
                    label=f"User {words.plain(user.user_id)} · bias {words.signed(user.bias)} · mean "
                    f"{words.stars(user.mean_rating)} · {words.counted(user.n_ratings, 'rating')}",
                    icon=":material/person:",
                    query_params={"data": page.data.name, "run": page.run.id, USER: user.user_id},
                    help="Opens what this user rated, and what the model says of it.",
                )


def _spread_in_words(table: pd.DataFrame) -> str:
    biases = table["bias"]
    low, high = biases.quantile([0.1, 0.9])
    return (
        f"Mean {words.signed(round(biases.mean(), 2) + 0.0)}, standard deviation {biases.std(ddof=0):.2f}; eight of ten users "
        f"lie between {words.signed(low)} and {words.signed(high)}."
    )


# --- both --------------------------------------------------------------------------------------------------------------


def _rows_wanted(placeholder: str, *, ends: bool) -> tuple[int, int, str]:
    """The minimum count, the number of bars at each end where a picture has `ends`, and the text to find."""
    minimum = minimum_ratings("Whoever has fewer training ratings is left out. Higher: surer biases, fewer rows.")
    n_ends = 0
    if ends:
        n_ends = st.slider(
            "At each end",
            5,
            15,
            10,
            key="ends",
            bind="query-params",
            help="How many bars are drawn to either side. Higher: more of the middle.",
        )
    text = find_text(
        placeholder, "The table lists only the rows with this text; beside the mean, they are also ringed."
    )
    return minimum, n_ends, text


def _say_what_the_doubt_is(doubt: BiasDoubt | None) -> None:
    if doubt is not None:
        st.caption("± is a standard deviation: two times in three the true bias lies no farther off.")


def _nothing(picture: DeltaGenerator, table: pd.DataFrame, minimum: int) -> bool:
    if table.empty:
        picture.info(f"Nothing has {minimum} training ratings. Lower the minimum.", icon=":material/info:")
    return table.empty


def _draw(picture: DeltaGenerator, figure: go.Figure, said: str) -> None:
    picture.plotly_chart(figure, config=PLAIN, key="biases", alt=f"{said} The table below holds the same.")


def _frame(table: pd.DataFrame, name: str, alt: str, with_doubt: bool, who: str = "Title") -> None:
    shown = table.assign(genres=table["genres"].str.replace("|", ", ")) if "genres" in table else table
    order = ["title", "bias", "deviation", "mean_rating", "damped_mean", "residual", "n_ratings", "genres"]
    st.dataframe(
        shown,
        hide_index=True,
        placeholder=words.MISSING,
        alt=alt,
        column_order=[column for column in order if column in shown and (with_doubt or column != "deviation")],
        column_config=_columns(who),
    )
    csv_button(table, name)


def _columns(who: str) -> dict:
    return {
        "title": st.column_config.TextColumn(who, width="medium"),
        "bias": st.column_config.NumberColumn("Bias", format="%+.2f"),
        "deviation": st.column_config.NumberColumn(
            "±", format="%.2f", help="Standard deviation of the bias: what the ratings leave open."
        ),
        "mean_rating": st.column_config.NumberColumn("Mean", format="%.1f"),
        "damped_mean": st.column_config.NumberColumn(
            "Damped mean", format="%.1f", help="The mean after adding five ratings at the overall mean."
        ),
        "residual": st.column_config.NumberColumn(
            "Residual",
            format="%+.2f",
            help="Bias minus what the mean alone suggests: a straight line through all, each weighted by its count.",
        ),
        "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
        "genres": "Genres",
    }
