"""The chart of the overview: how often each item was rated, and its mean rating."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from collab.ui.charts import formats
from collab.ui.charts.palette import Palette

N_NAMED = 5  # films named in the chart


def count_and_mean_figure(items: pd.DataFrame, palette: Palette) -> go.Figure:
    """Every film as a point: number of ratings (log) against mean rating; the most rated are named."""
    films = items.iloc[1:]
    films = films[films.n_ratings > 0].sort_values("n_ratings", ascending=False, kind="stable")
    hover = [
        f"{formats.in_figure(title)} · {formats.count(n)} ratings · mean {formats.stars(mean)}"
        for title, n, mean in zip(films.title, films.n_ratings, films.mean_rating, strict=True)
    ]
    figure = go.Figure(
        go.Scattergl(
            x=films.n_ratings,
            y=films.mean_rating.round(3),
            mode="markers",
            text=hover,
            hoverinfo="text",
            marker={"size": 5, "color": palette.accent, "opacity": 0.45},
        )
    )
    named, heights = films.head(40), []
    for film in named.itertuples():  # names that would overlap are left out
        place = (np.log10(film.n_ratings), film.mean_rating)
        if len(heights) < N_NAMED and all(abs(place[1] - other) > 0.3 for other in heights):
            heights.append(place[1])
            figure.add_annotation(
                x=place[0],
                y=place[1],
                text=formats.in_figure(film.title),
                showarrow=False,
                xanchor="right",
                xshift=-7,
                font={"size": 12, "color": palette.ink},
                bgcolor=palette.paper,
                opacity=0.9,
                borderpad=1,
            )
    figure.update_xaxes(type="log", title="ratings of the film", dtick=1)
    figure.update_yaxes(title="mean rating (stars)")
    return figure
