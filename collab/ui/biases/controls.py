"""What the views of film biases and of user biases share: their controls, and the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from collab.explore.biases import BiasDeviations
from collab.services.run_files import TrainedRun
from collab.ui.charts.style import PLAIN
from collab.ui.widgets.controls import choose
from collab.ui.widgets.pickers import find_text, minimum_ratings

RAW, SHRUNK = "raw", "shrunk"

HEIGHT = 520
"""Of the page's pictures, in pixels: they fit above the fold at 1440 × 900."""

N_LISTED = 5
"""How many films furthest off the line, and raters at either end, are listed by name."""


@dataclass(frozen=True)
class Wanted:
    """The values of the controls: the picture, the β of the shrinkage (None for raw biases), the minimum count, how many bars are
    drawn at each end (0 if the picture has none), and the text to find."""

    picture: str
    damping: float | None
    minimum: int
    n_ends: int
    text: str


def choose_picture(
    run: TrainedRun, pictures: Mapping[str, str], key: str, help: str, placeholder: str, doubt: BiasDeviations | None
) -> Wanted:
    """The controls of a view. `pictures` says of each picture what it shows; the first has bars at each end."""
    chosen = st.radio("Picture", list(pictures), key=key, bind="query-params", help=help)
    damping = pick_shrinkage(run)
    minimum = minimum_ratings("Whoever has fewer training ratings is left out. Higher: surer biases, fewer rows.")
    n_ends = 0
    if chosen == next(iter(pictures)):
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
    st.caption(pictures[chosen])
    if doubt is not None:
        st.caption("± is a standard deviation: two times in three the true bias lies no farther off.")
    return Wanted(chosen, damping, minimum, n_ends, text)


def pick_shrinkage(run: TrainedRun) -> float | None:
    """Raw or shrunk biases, and the β of the shrinkage; None for raw ones. A Bayesian model needs no shrinkage."""
    if run.model.item_covariances is not None:
        st.caption(
            "Shrunk already: the biases of a Bayesian model are posterior means, drawn in the more the fewer ratings there are."
        )
        return None
    kind = choose(
        "Bias",
        [RAW, SHRUNK],
        key="bias",
        help="As the model learned it, or times n / (n + β), n being the training ratings. Weight decay or damping in training "
        "has drawn it in once already.",
    )
    damping = st.slider(
        "Shrinkage β",
        1,
        100,
        10,
        key="bias_damping",
        bind="query-params",
        disabled=kind == RAW,
        help="With n = β ratings a bias counts half. Higher: biases of few ratings count less.",
    )
    return float(damping) if kind == SHRUNK else None


def nothing(picture: DeltaGenerator, table: pd.DataFrame, minimum: int) -> bool:
    """Whether no row is left; if so, a message in place of the picture says why."""
    if table.empty:
        picture.info(f"Nothing has {minimum} training ratings. Lower the minimum.", icon=":material/info:")
    return table.empty


def draw(picture: DeltaGenerator, figure: go.Figure, said: str) -> None:
    """The page's picture; `said` is its text alternative."""
    picture.plotly_chart(
        figure, config=PLAIN, key="biases", alt=f"{said} The table below holds the same, or the rows found."
    )
