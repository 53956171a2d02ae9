"""Step: why a sigmoid maps predictions into a range, and why the range ends at 5.5."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from collab.lessons.sigmoid_range import in_range, score_for, slope
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.style import PLAIN, styled
from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Step
from collab.ui.widgets.tables import as_table

TOP_RATING = 5.0
SCORES = np.linspace(-8, 8, 161)


def curve_figure(high: float, palette: Palette) -> go.Figure:
    """The curve from score to stars, the top rating as a line, and the score that reaches it."""
    figure = go.Figure(
        go.Scatter(
            x=SCORES,
            y=[in_range(score, 0.0, high) for score in SCORES],
            mode="lines",
            line={"color": palette.predicted, "width": 3},
            hovertemplate="score %{x:.1f} · %{y:.2f} stars<extra></extra>",
        )
    )
    figure.add_hline(TOP_RATING, line={"color": palette.muted, "dash": "dot"})
    figure.add_annotation(
        x=-8, y=TOP_RATING, text="five stars", showarrow=False, xanchor="left", yshift=10, font={"color": palette.muted}
    )
    needed = score_for(TOP_RATING, 0.0, high)
    if math.isfinite(needed):
        figure.add_scatter(x=[needed], y=[TOP_RATING], mode="markers", marker={"size": 12, "color": palette.chosen})
    figure.update_xaxes(title="score: dot product plus biases", range=[-8, 8])
    figure.update_yaxes(title="predicted rating (stars)", range=[0, 6.6])
    return styled(figure, palette, 380)


def curve_table(high: float) -> pd.DataFrame:
    """Predicted stars by score, in steps of half a unit."""
    scores = SCORES[::10]
    stars = [in_range(score, 0.0, high) for score in scores]
    return pd.DataFrame({"score": scores.round(1), "predicted (stars)": np.round(stars, 3)})


def draw(page: Page) -> None:
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        high = st.slider(
            "Upper end of the range",
            4.5,
            6.5,
            5.5,
            0.1,
            key="range_end",
            bind="query-params",
            help="Where the curve flattens out. Higher: five stars take less, but predictions above five get likelier.",
        )
        needed = score_for(TOP_RATING, 0.0, high)
        if math.isfinite(needed):
            st.metric("Score needed for five stars", f"{needed:.2f}")
            st.metric("Stars gained there per unit of score", f"{slope(needed, 0.0, high):.2f}")
        else:
            st.metric("Score needed for five stars", "∞")
            st.caption("No finite score gets there: the model would push its numbers up for ever.")
    picture.plotly_chart(
        curve_figure(high, palette()),
        config=PLAIN,
        key="range_curve",
        alt=f"Predicted rating by score: it rises from 0 and flattens out below {high:.1f} stars",
    )
    with picture:
        as_table("range_table", "Predicted rating by score", lambda: curve_table(high))
    picture.caption(range_of_the_run(page.run))


def range_of_the_run(run: TrainedRun) -> str:
    """What limits the predictions of the run in use to a range, if anything does."""
    model, scale = run.model, run.record.scale
    name = f"The run in use, {formats.plain(run.record.name)},"
    if model.y_range is not None:
        return f"{name} keeps its predictions between {model.y_range[0]:g} and {model.y_range[1]:g} stars."
    if getattr(model, "rating_scale", None) is not None:
        return f"{name} has no such curve: its predictions are plain sums, cut to the scale, {scale.low:g} to {scale.high:g}."
    return f"{name} has no such range."


STEP = Step(
    slug="range",
    title="A range for predictions",
    insight="A sigmoid never quite reaches the end of its range, so the range ends half a star **above** the highest rating.",
    draw=draw,
    door=Door("pages/train.py", "train with and without the range", {"model": "dot-range"}),
)
