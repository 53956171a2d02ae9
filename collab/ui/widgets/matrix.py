"""A matrix of ratings: users by items, as a picture and as a table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from collab.data.ratings import Ratings, RatingScale
from collab.explore.crosstab import blank_share, by_count, crosstab, spread
from collab.ui.charts import formats
from collab.ui.charts.labels import name_of
from collab.ui.charts.palette import Palette, mixed, palette
from collab.ui.charts.style import PLAIN, mark_synthetic, styled
from collab.ui.widgets.controls import choose

CORNER, SECTION = "Busiest", "Cross-section"


SMALL_TEXT_FROM = 20  # films; from this number on, the figures in the cells are smaller


def matrix_figure(
    observed: np.ndarray,
    predicted: np.ndarray | None,
    users: list[str],
    titles: list[str],
    scale: RatingScale,
    palette: Palette,
    *,
    synthetic: bool = False,
) -> go.Figure:
    """The tables (n_users, n_items) as a heatmap: a rating fills its cell, a `predicted` one is smaller and paler."""
    n_items = len(titles)
    figure = go.Figure()
    size = 12 if n_items < SMALL_TEXT_FROM else 9
    if predicted is not None:
        blanks = np.where(np.isnan(observed), predicted, np.nan)
        figure.add_heatmap(
            **_cells(blanks, users, titles, scale, formats.stars, "predicted", size),
            colorscale=[(place, mixed(colour, palette.paper, 0.62)) for place, colour in _scale(palette)],
            xgap=8 if n_items < SMALL_TEXT_FROM else 4,
            ygap=6,
        )
    figure.add_heatmap(
        **_cells(observed, users, titles, scale, lambda number: f"{number:g}", "rated", size),
        colorscale=_scale(palette),
        xgap=1,
        ygap=1,
    )
    places = list(range(n_items))
    figure.update_xaxes(
        tickvals=places,
        ticktext=[formats.in_figure(name_of(title, 20)) for title in titles],
        tickangle=-60,
        side="top",
        showgrid=False,
        zeroline=False,
        range=[-0.5, n_items - 0.5],
    )
    figure.update_yaxes(
        tickvals=list(range(len(users))),
        ticktext=[formats.in_figure(user) for user in users],
        title="user",
        range=[len(users) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    styled(figure, palette, 450, left=52)
    figure.update_xaxes(tickfont={"color": palette.ink, "size": 11})
    if synthetic:
        mark_synthetic(figure, palette).layout.annotations[-1].update(y=0)  # the names are on top
    return figure.update_layout(margin={"t": 118, "b": 20})


def _cells(table, users, titles, scale, write, said, size) -> dict:
    known = ~np.isnan(table)
    return {
        "z": table,
        "zmin": scale.low,
        "zmax": scale.high,
        "showscale": False,
        "text": [
            [write(number) if there else "" for number, there in zip(*row, strict=True)]
            for row in zip(table, known, strict=True)
        ],
        "texttemplate": "%{text}",
        "textfont": {"size": size},
        "customdata": [[formats.in_figure(f"user {user} · {title}") for title in titles] for user in users],
        "hovertemplate": "%{customdata}<br>" + said + " %{text}<extra></extra>",
        "hoverongaps": False,
    }


def _scale(palette: Palette) -> list[tuple[float, str]]:
    last = len(palette.sequential) - 1
    return [(place / last, colour) for place, colour in enumerate(palette.sequential)]


def cells_table(
    observed: np.ndarray, predicted: np.ndarray | None, users: list[str], titles: list[str], counts: np.ndarray
) -> pd.DataFrame:
    """The picture as a table, one row per cell: user, film, how often the film was rated, the stars given and, with `predicted`,
    those predicted for the blanks; missing where there are none."""
    n_users, n_items = observed.shape
    table = pd.DataFrame(
        {
            "user": np.repeat(users, n_items),
            "film": titles * n_users,
            "ratings of the film": np.tile(counts, n_users),
            "given (stars)": observed.ravel(),
        }
    )
    if predicted is not None:
        table["predicted (stars)"] = np.where(np.isnan(observed), predicted, np.nan).round(2).ravel()
    return table


def show_matrix(
    ratings: Ratings,
    titles: pd.Series,
    synthetic: bool,
    predict: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
    what: str = "rating",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw a part of the matrix of `ratings` with its controls; returns the users, the films and the table that were drawn.

    `titles` are by item_index. With `predict`, from user and film indices to a table of predictions, the blanks can be filled.
    `what` is the word for the content of a cell.
    """
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        filled = predict is not None and st.toggle(
            "Fill the blanks",
            key="matrix_filled",
            bind="query-params",
            help="Puts the run's prediction, paler and smaller, into every cell that is blank.",
        )
        user_index, item_index = _choose_part(ratings)
    observed = crosstab(ratings, user_index, item_index)
    blank = float(np.isnan(observed).mean())
    with picture:
        st.plotly_chart(
            matrix_figure(
                observed,
                predict(user_index, item_index) if filled else None,
                [ratings.users.labels[index] for index in user_index],
                titles.iloc[item_index].tolist(),
                ratings.rating_scale,
                palette(),
                synthetic=synthetic,
            ),
            config=PLAIN,
            key="matrix_chart",
            alt=f"{len(user_index)} users by {len(item_index)} films; {formats.percent(blank)} of the cells are not rated"
            + (" and show a prediction" if filled else " and blank"),
        )
        if filled:
            st.caption("Solid cells are ratings; pale, small ones are what the model predicts.")
    with controls:
        st.metric("Blank in this part", formats.percent(blank), help=f"Cells without a {what}.")
        st.metric(
            "Blank in the whole matrix",
            f"{100 * blank_share(ratings):.1f} %",
            help=f"{formats.count(len(ratings))} {what}s in {formats.count(ratings.n_users - 1)} × "
            f"{formats.count(ratings.n_items - 1)} cells.",
        )
    return user_index, item_index, observed


def _choose_part(ratings: Ratings) -> tuple[np.ndarray, np.ndarray]:
    """The users and films of the part of the matrix chosen with the controls."""
    part = choose(
        "Part of the matrix",
        [CORNER, SECTION],
        key="matrix_part",
        help="Busiest: the most active users and the most rated films. The cross-section takes users and films evenly "
        "from the most to the least rated, as blank as the whole.",
    )
    n_users, n_items = (
        st.slider(name, 5, 30, 15, key=key, bind="query-params", help=f"{what}. More: a larger part of the matrix.")
        for name, key, what in (("Users", "matrix_users", "Rows"), ("Films", "matrix_films", "Columns"))
    )
    ranked_users = by_count(ratings.user_index, ratings.n_users)
    ranked_items = by_count(ratings.item_index, ratings.n_items)
    if part == CORNER:
        return ranked_users[:n_users], ranked_items[:n_items]
    return spread(ranked_users, n_users), spread(ranked_items, n_items)
