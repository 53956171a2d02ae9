"""The long tail drawn three ways: every count by rank, how many have how many, and what share the most rated hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from collab.data_facts import cumulative_share, n_top
from collab.ui import words
from collab.ui.charts import styled
from collab.ui.explore_charts import escaped, font
from collab.ui.theme import Palette

TOP_SHARES = (0.01, 0.1, 0.2)
"""Whose part of all ratings is marked: the most rated hundredth, tenth and fifth."""

MOST_POINTS = 900  # of a curve; more would only make the page heavy, and none of them could be seen


def tail_figure(
    n_ratings: np.ndarray,
    names: Sequence[str],
    minimum: int,
    things: str,
    palette: Palette,
    *,
    height: int = 420,
    synthetic: bool = False,
) -> go.Figure:
    """The counts `n_ratings` (n,), from the most to the least rated, on a logarithmic scale; those below `minimum` stand out.

    `names` (n,) in the same order as the counts; `things` is what they are: "films".
    """
    order = np.argsort(-n_ratings, kind="stable")
    n, total = len(order), max(1, int(n_ratings.sum()))
    held = cumulative_share(n_ratings)
    shown = thinned(n)
    figure = go.Figure()
    few = n_ratings[order][shown] < minimum
    for chosen, colour, name in ((~few, palette.accent, "enough"), (few, palette.valid, "too few")):
        if name == "too few" and chosen.any():
            chosen[max(0, chosen.argmax() - 1)] = True  # so that there is no gap
        places = shown[chosen]
        figure.add_scatter(
            x=(places + 1).tolist(),
            y=n_ratings[order][places].tolist(),
            mode="lines",
            line={"color": colour, "width": 2.5, "shape": "hv" if n < 200 else "linear"},
            fill="tozeroy",
            hovertext=[
                f"{escaped(names[order[place]])} · {words.count(n_ratings[order[place]])} ratings · place "
                f"{words.count(place + 1)} of {words.count(n)}<br>{words.percent(held[place + 1])} of the ratings up to here"
                for place in places
            ],
            hovertemplate="%{hovertext}<extra></extra>",
            name=name,
        )
    for line, share in enumerate(TOP_SHARES):
        place = n_top(n, share)
        text = f"top {words.percent(share)}: {words.percent(held[place])} of the ratings"
        _mark(figure, place, text, 0.98 - 0.085 * line, palette)
    n_few = int((n_ratings < minimum).sum())
    if n_few:
        part = words.percent(n_ratings[n_ratings < minimum].sum() / total)
        text = f"{words.count(n_few)} {things} below {minimum}: {part} of the ratings"
        figure.add_annotation(
            x=1,
            y=0.98 - 0.085 * len(TOP_SHARES),  # above the curve, also where the picture is narrow
            xref="paper",
            yref="paper",
            text=text,
            showarrow=False,
            xanchor="right",
            yanchor="middle",
            font=font(palette.valid, 12),
        )
    styled(figure, palette, height, synthetic=synthetic)
    figure.update_xaxes(
        title=f"{things}, most rated first", range=[-0.01 * n, 1.01 * n], zeroline=False, tickformat=","
    )
    top = float(np.log10(max(2, n_ratings.max(initial=1))))
    return figure.update_yaxes(
        title="ratings", type="log", dtick=1, tickformat=",", range=[-0.03 * top, 1.12 * top], zeroline=False
    )


def _mark(figure: go.Figure, x: float, text: str, height: float, palette: Palette) -> None:
    """A dotted line down from `height` (a share of the picture), and the words beside its upper end."""
    figure.add_shape(
        type="line",
        x0=x,
        x1=x,
        y0=0,
        y1=height,
        yref="paper",
        line={"color": palette.muted, "width": 1, "dash": "dot"},
    )
    figure.add_annotation(
        x=x,
        y=height,
        yref="paper",
        text=text,
        showarrow=False,
        xanchor="left",
        yanchor="middle",
        xshift=4,
        font=font(palette.ink, 12),
    )


def thinned(n: int) -> np.ndarray:
    """At most about MOST_POINTS of the places 0 … n − 1: the first ones all, later ones ever farther apart; the last is there."""
    if n <= MOST_POINTS:
        return np.arange(n)
    half = MOST_POINTS // 2
    return np.unique(np.concatenate([np.arange(half), np.round(np.geomspace(half, n - 1, half)).astype(int)]))


def classes_figure(
    table: pd.DataFrame,
    minimum: int,
    things: str,
    palette: Palette,
    *,
    height: int = 420,
    synthetic: bool = False,
) -> go.Figure:
    """How many have how many ratings: a column for every class of `collab.data_facts.count_classes`, those below `minimum` in
    another colour."""
    classes = [class_words(low, high) for low, high in zip(table["low"], table["high"], strict=True)]
    enough = table["n"] - table["n_few"]
    figure = go.Figure()
    for part, colour, name in (
        (table["n_few"], palette.valid, f"below {minimum}"),
        (enough, palette.accent, f"{minimum} or more"),
    ):
        figure.add_bar(
            x=classes,
            y=part.tolist(),
            marker={"color": colour},
            name=name,
            hovertemplate="%{x} ratings · %{y:,} " + things + f" ({name})<extra></extra>",
        )
    figure.add_scatter(
        x=classes,
        y=table["n"].tolist(),
        mode="text",
        text=[words.count(n) if n else "" for n in table["n"]],
        textposition="top center",
        textfont=font(palette.ink, 12),
        hoverinfo="skip",
        showlegend=False,
        cliponaxis=False,
    )
    styled(figure, palette, height, synthetic=synthetic)
    legend_above(figure, palette)
    figure.update_layout(barmode="stack", bargap=0.12)
    figure.update_xaxes(title=f"ratings of one of the {things}", type="category")
    return figure.update_yaxes(title=things, rangemode="tozero", tickformat=",")


def class_words(low: int, high: int) -> str:
    """ "1", "3–4", "1,000–1,999"."""
    return words.count(low) if low == high else f"{words.count(low)}–{words.count(high)}"


def lorenz_figure(
    n_ratings: np.ndarray,
    minimum: int,
    things: str,
    palette: Palette,
    *,
    height: int = 420,
    synthetic: bool = False,
) -> go.Figure:
    """Which share of the ratings the most rated share holds; the dotted line is where all would have as many."""
    held, n = 100 * cumulative_share(n_ratings), max(1, len(n_ratings))
    shown = thinned(len(held))
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        line={"color": palette.muted, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=(100 * shown / n).tolist(),
        y=held[shown].tolist(),
        mode="lines",
        line={"color": palette.accent, "width": 2.5},
        hovertemplate=f"the most rated %{{x:.1f}} % of the {things}<br>hold %{{y:.1f}} % of the ratings<extra></extra>",
    )
    marks = [(n_top(n, share), f"top {words.percent(share)}", palette.ink) for share in TOP_SHARES]
    n_enough = int((n_ratings >= minimum).sum())
    if n_enough < n:
        marks.append((n_enough, f"with {minimum} or more", palette.valid))
    for place, text, colour in marks:
        figure.add_scatter(
            x=[100 * place / n],
            y=[held[place]],
            mode="markers",
            marker={"color": colour, "size": 9},
            hoverinfo="skip",
        )
        figure.add_annotation(
            x=100 * place / n,
            y=held[place],
            text=f"{text}: {held[place]:.0f} %",
            showarrow=False,
            xanchor="left" if place < 0.58 * n else "right",
            yanchor="top",
            xshift=9 if place < 0.58 * n else 0,
            yshift=2 if place < 0.58 * n else -12,
            font=font(colour, 12),
            bgcolor=palette.paper,
            opacity=0.92,
        )
    styled(figure, palette, height, synthetic=synthetic)
    figure.update_xaxes(title=f"{things}, most rated first (%)", range=[-1, 101], zeroline=False)
    return figure.update_yaxes(title="share of the ratings (%)", range=[-2, 108], zeroline=False)


def legend_above(figure: go.Figure, palette: Palette) -> None:
    """The names of the traces over the picture; where it is narrow they stand below each other, and it becomes lower."""
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": font(palette.ink, 12)},
        margin={"t": 40},
    )
