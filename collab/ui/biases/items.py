"""The biases of films: both ends as bars, or all of them against their damped means, and as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.explore.biases import bias_table, shrunk
from collab.services.run_files import TrainedRun
from collab.ui.biases.controls import HEIGHT, N_LISTED, choose_picture, draw, nothing
from collab.ui.biases.figures import bias_bars_figure, bias_scatter_figure
from collab.ui.charts.palette import palette
from collab.ui.frame import cached
from collab.ui.frame.offers import need_biases
from collab.ui.frame.page import Page
from collab.ui.widgets.pickers import titles_with
from collab.ui.widgets.tables import item_table

ENDS, MEAN = "highest and lowest", "against the damped mean"
PICTURES = {
    ENDS: "Grey: the number of training ratings. A film with a high bias is liked even by those whose tastes it does not meet.",
    MEAN: "The dotted line is the bias that a film’s damped mean suggests. Films above it (orange) are better than their "
    "stars: strict people rated them, or people of other tastes. So the order by bias is not the order by mean.",
}


def item_biases(run: TrainedRun, damping: float | None) -> np.ndarray:
    """The biases of the run's films, (n_items,), shrunk where a `damping` is given."""
    raw = np.asarray(run.model.item_biases, dtype=np.float64)
    return raw if damping is None else shrunk(raw, run.items["n_ratings"].to_numpy(), damping)


def show_films(page: Page) -> None:
    """The view of the films."""
    run = page.run
    need_biases(run, "there is nothing to sort here")
    doubt = cached.run_bias_deviations(run.id)
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        wanted = choose_picture(
            run,
            PICTURES,
            "picture",
            "The ends of the list, or every film’s bias beside its damped mean.",
            "Part of a title",
            doubt,
        )
    table = bias_table(run.items, item_biases(run, wanted.damping), wanted.minimum, doubt and doubt.items)
    if nothing(picture, table, wanted.minimum):
        return
    found = titles_with(table, wanted.text)
    synthetic = page.data.synthetic
    if wanted.picture == ENDS:
        figure = bias_bars_figure(table, palette(), wanted.n_ends, height=HEIGHT, synthetic=synthetic)
        said = "The films with the highest and the lowest bias, as bars."
    else:
        rings = table["item_index"][found] if wanted.text else ()
        figure = bias_scatter_figure(table, palette(), rings, height=HEIGHT, synthetic=synthetic)
        said = "Every film’s bias against its damped mean, sized by its number of ratings."
    draw(picture, figure, said)
    if wanted.picture == MEAN:
        _furthest_off(run, table)
    order = ["title", "bias", "deviation", "mean_rating", "damped_mean", "residual", "n_ratings", "genres"]
    item_table(table[found], run.items, "film_biases", "All biases, highest first", order)


def _furthest_off(run: TrainedRun, table: pd.DataFrame) -> None:
    """The films furthest above and below the line, side by side."""
    above, below = table[table["residual"] > 0], table[table["residual"] < 0]
    sides = {
        "more": above.sort_values("residual", ascending=False),
        "less": below.sort_values("residual"),
    }
    for place, (which, rows) in zip(st.columns(2, gap="medium"), sides.items(), strict=True):
        with place:
            name = f"Liked {which} than its mean says"
            st.markdown(f"**{name}**")
            item_table(
                rows.head(N_LISTED),
                run.items,
                f"liked_{which}",
                f"{name}: the {N_LISTED} films furthest off the line",
                ["title", "residual", "damped_mean", "n_ratings"],
            )
