"""The picture of the long tail: every count by rank."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from collab.explore.data_facts import cumulative_share, n_top
from collab.ui.charts import formats
from collab.ui.charts.labels import font
from collab.ui.charts.palette import Palette
from collab.ui.charts.style import styled

TOP_SHARES = (0.01, 0.1, 0.2)
"""The most rated hundredth, tenth and fifth, whose share of all ratings is marked."""

MOST_POINTS = 900  # of a curve; more would make the page heavy without being visible


def tail_figure(
    n_ratings: np.ndarray,
    names: Sequence[str],
    minimum: int,
    things: str,
    palette: Palette,
    *,
    synthetic: bool = False,
) -> go.Figure:
    """The counts `n_ratings` (n,), from the most to the least rated, on a logarithmic scale; those below `minimum` stand out.

    `names` (n,) in the same order as the counts; `things` names them: "films".
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
                f"{formats.in_figure(names[order[place]])} · {formats.count(n_ratings[order[place]])} ratings · place "
                f"{formats.count(place + 1)} of {formats.count(n)}<br>{formats.percent(held[place + 1])} of the "
                "ratings up to here"
                for place in places
            ],
            hovertemplate="%{hovertext}<extra></extra>",
            name=name,
        )
    for line, share in enumerate(TOP_SHARES):
        place = n_top(n, share)
        text = f"top {formats.percent(share)}: {formats.percent(held[place])} of the ratings"
        _mark(figure, place, text, 0.98 - 0.085 * line, palette)
    n_few = int((n_ratings < minimum).sum())
    if n_few:
        part = formats.percent(n_ratings[n_ratings < minimum].sum() / total)
        text = f"{formats.count(n_few)} {things} below {minimum}: {part} of the ratings"
        figure.add_annotation(
            x=1,
            y=0.98 - 0.085 * len(TOP_SHARES),  # above the curve, even if the picture is narrow
            xref="paper",
            yref="paper",
            text=text,
            showarrow=False,
            xanchor="right",
            yanchor="middle",
            font=font(palette.valid, 12),
        )
    styled(figure, palette, 420, synthetic=synthetic)
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
    """At most about MOST_POINTS of the places 0 … n − 1: all of the first ones, later ones ever farther apart, and the last."""
    if n <= MOST_POINTS:
        return np.arange(n)
    half = MOST_POINTS // 2
    return np.unique(np.concatenate([np.arange(half), np.round(np.geomspace(half, n - 1, half)).astype(int)]))
