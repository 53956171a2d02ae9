"""The pictures of the Data page other than the long tail: ratings over time, stars, and what a split holds out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from collab.ui.charts import formats
from collab.ui.charts.labels import font
from collab.ui.charts.palette import Palette
from collab.ui.charts.style import legend_above, mark_synthetic, styled

LEAST_FOR_MEAN = 20
"""Ratings that a period needs for its mean to be drawn: the mean of fewer varies too much by chance."""

MOST_NAMED = 20  # columns with their share above them; more of these texts would overlap


def over_time_figure(table: pd.DataFrame, period: str, palette: Palette, *, synthetic: bool = False) -> go.Figure:
    """Ratings, their mean, and users in every period of `collab.explore.data_facts.over_time`, below each other on the same
    time axis.

    Means of fewer than LEAST_FOR_MEAN ratings are left out.
    """
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.05, row_heights=[0.4, 0.3, 0.3])
    start = table["start"].dt.strftime("%Y-%m-%d").tolist()
    said, shown = f"{period} of %{{x|%-d %b %Y}} · ", table["n_ratings"] >= LEAST_FOR_MEAN
    figure.add_bar(
        x=start,
        y=table["n_ratings"].tolist(),
        marker={"color": palette.accent, "line": {"width": 0}},
        hovertemplate=said + "%{y:,} ratings<extra></extra>",
        showlegend=False,
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=[each for each, enough in zip(start, shown, strict=True) if enough],
        y=table["mean_rating"][shown].round(4).tolist(),
        mode="lines+markers",
        line={"color": palette.muted, "width": 1},
        marker={"color": palette.observed, "size": 5 if len(table) < 400 else 3},
        customdata=table["n_ratings"][shown].tolist(),
        hovertemplate=said + "mean %{y:.1f} stars of %{customdata:,} ratings<extra></extra>",
        showlegend=False,
        row=2,
        col=1,
    )
    for column, colour, text in (
        ("n_users", palette.accent, "who rated"),
        ("n_new", palette.valid, "for the first time"),
    ):
        figure.add_scatter(
            x=start,
            y=table[column].tolist(),
            mode="lines" if len(table) > 1 else "markers",
            line={"color": colour, "width": 1.5},
            name=f"users {text}",
            hovertemplate=said + f"%{{y:,}} users {text}<extra></extra>",
            showlegend=True,
            row=3,
            col=1,
        )
    styled(figure, palette, 540, synthetic=synthetic)
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 0.26, "yanchor": "bottom", "font": font(palette.ink, 12)},
        bargap=0.1,
    )
    for row, title in ((1, "ratings"), (2, "mean (stars)"), (3, "users")):
        figure.update_yaxes(
            title=title,
            row=row,
            col=1,
            rangemode="tozero" if row != 2 else "normal",
            tickformat="," if row != 2 else ".1f",
        )
    return figure


def span_words(seconds: float) -> str:
    """A time span in its largest unit: "40 s", "12 minutes", "1.5 hours", "3 days"."""
    for unit, length in (("year", 31_536_000), ("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            number = f"{seconds / length:.1f}".removesuffix(".0")
            return f"{number} {unit}{'' if number == '1' else 's'}"
    return f"{seconds:.0f} s"


@dataclass(frozen=True)
class Stars:
    """A distribution of stars: whose it is, how many ratings of each level, their mean, and the colour's name in the palette."""

    name: str
    counts: np.ndarray
    mean: float
    colour: str


def stars_figure(levels: np.ndarray, whose: Sequence[Stars], palette: Palette, *, synthetic: bool = False) -> go.Figure:
    """The share of each level in the ratings of everybody, of a user and of a film, as columns side by side."""
    figure = go.Figure()
    for each in whose:
        total = max(1, int(each.counts.sum()))
        share = 100 * each.counts / total
        figure.add_bar(
            x=[f"{level:g}" for level in levels],
            y=share.tolist(),
            name=f"{formats.in_figure(each.name)} · mean {formats.stars(each.mean)}",
            marker={"color": getattr(palette, each.colour)},
            customdata=each.counts.tolist(),
            text=[f"{value:.0f}" for value in share] if len(levels) * len(whose) <= MOST_NAMED else None,
            textposition="outside",
            textangle=0,
            textfont=font(palette.ink, 11),
            constraintext="none",
            cliponaxis=False,
            hovertemplate="%{x} stars · %{customdata:,} of "
            + f"{formats.count(total)} ratings (%{{y:.1f}} %)<extra></extra>",
        )
    styled(figure, palette, 380, synthetic=synthetic)
    legend_above(figure, palette)
    figure.update_layout(barmode="group", bargap=0.2, bargroupgap=0.04)
    figure.update_xaxes(title="stars", type="category")
    return figure.update_yaxes(title="share of the ratings (%)", rangemode="tozero")


def held_out_figure(
    table: pd.DataFrame, names: Sequence[str], palette: Palette, *, synthetic: bool = False
) -> go.Figure:
    """The share of each period's rows that a split holds out (`collab.explore.split_facts.held_out_over_time`), a line for
    each split."""
    figure = go.Figure()
    start = table["start"].dt.strftime("%Y-%m-%d %H:%M").tolist()
    dashes = ("solid", "dash", "dot", "dashdot")
    for name, colour, dash in zip(names, palette.categorical, dashes, strict=False):
        figure.add_scatter(
            x=start,
            y=(100 * table[name]).round(2).tolist(),
            mode="lines",
            line={"color": colour, "width": 2.5, "dash": dash, "shape": "hv"},
            name=formats.in_figure(name),
            customdata=table["n_ratings"].tolist(),
            hovertemplate="from %{x|%-d %b %Y}: %{y:.0f} % of %{customdata:,} ratings held out<extra></extra>",
            connectgaps=False,
        )
    styled(figure, palette, 360)
    legend_above(figure, palette)
    if synthetic:
        mark_synthetic(figure, palette)
    return figure.update_yaxes(title="held out (%)", range=[-2, 104], zeroline=False)
