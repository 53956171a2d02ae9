"""The pictures of two runs' films: each on the first run's principal axes, next to each other or one over the other, and how many
neighbours are kept by the number of ratings. Pure functions from arrays, tables and a palette to Plotly figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from collab.ui import words
from collab.ui.charts import styled
from collab.ui.explore_charts import colour_scale, escaped, font, shortened
from collab.ui.theme import Palette

HEIGHT = 430
N_NAMED = 9
_NAME_ROOM = np.array([0.34, 0.07])  # a name's width and height, as shares of a picture's
_NAME_ROOM_WIDE = np.array([0.18, 0.07])  # in the one picture of both


def reach_of(*places: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """The range of both axes that holds all `places`, each (n, 2), with a rim: one for all pictures, so that they compare."""
    every = np.concatenate(places)
    low, high = every.min(axis=0), every.max(axis=0)
    rim = np.maximum(0.06 * (high - low), 1e-6)
    return tuple((float(a), float(b)) for a, b in zip(low - rim, high + rim, strict=True))


def named_apart(
    order: Sequence[int],
    places: Sequence[np.ndarray],
    reach: tuple,
    chosen: int | None = None,
    wide: bool = False,
) -> list[int]:
    """The first `N_NAMED` rows of `order` whose names stand apart, also from the chosen one's, in all the pictures `places`, each
    (n, 2)."""
    room = (_NAME_ROOM_WIDE if wide else _NAME_ROOM) * np.array([high - low for low, high in reach])
    kept: list[int] = [] if chosen is None else [chosen]
    for row in order:
        if all(not (np.abs(each[kept] - each[row]) < room).all(axis=1).any() for each in places):
            kept.append(int(row))
        if len(kept) == N_NAMED:
            break
    return kept


def map_figure(
    places: np.ndarray,
    titles: Sequence[str],
    hover: Sequence[str],
    shares: Sequence[float],
    reach: tuple,
    palette: Palette,
    *,
    moved: np.ndarray | None = None,
    most_moved: float = 1.0,
    named: Sequence[int] = (),
    chosen: int | None = None,
    letter: str = "A",
    synthetic: bool = False,
) -> go.Figure:
    """The films of run `letter` on A's axes: `places` (n, 2) with `titles` and `hover` texts; `shares` of its variance.

    Coloured by `moved` (n,) up to `most_moved` where given. `named` rows and the `chosen` one carry their titles.
    """
    marker: dict = {"size": 5, "color": palette.accent, "opacity": 0.75}
    if moved is not None:
        marker |= {
            "color": moved.tolist(),
            "cmin": 0.0,
            "cmax": most_moved,
            "colorscale": colour_scale(palette.sequential),
            "colorbar": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1,
                "yanchor": "top",
                "len": 0.5,
                "thickness": 8,
                "outlinewidth": 0,
                "tickformat": ".0%",
                "nticks": 4,
                "tickfont": font(palette.muted, 11),
                "title": {"text": "moved", "side": "top", "font": font(palette.muted, 11)},
            },
        }
        (low, high), reach = reach[1], reach[:1]
        reach = (*reach, (low, high + 0.2 * (high - low)))  # above the films, for the scale
    figure = go.Figure(_points(places, hover, "films", marker))
    _mark(figure, places, hover, chosen, palette, "diamond")
    _add_names(figure, places, titles, named, chosen, reach, palette)
    return _axes(figure, shares, reach, palette, 8, synthetic, letter)


def over_figure(
    first: np.ndarray,
    second: np.ndarray,
    titles: Sequence[str],
    hover: Sequence[str],
    shares: Sequence[float],
    reach: tuple,
    palette: Palette,
    *,
    lines: bool = False,
    named: Sequence[int] = (),
    chosen: int | None = None,
    synthetic: bool = False,
) -> go.Figure:
    """Both runs' films in one picture: the first's as dots, the second's as open triangles, `lines` from one to the other."""
    figure = go.Figure()
    if lines:
        figure.add_trace(_movements(first, second, range(len(titles)), palette.muted, 0.6, 0.45))
    colours = palette.categorical
    figure.add_trace(_points(first, hover, "A", {"size": 5, "color": colours[0]}))
    figure.add_trace(_points(second, hover, "B", {"size": 6, "color": colours[1], "symbol": "triangle-up-open"}))
    figure.add_trace(_movements(first, second, named, palette.ink, 1.2, 0.9))
    if chosen is not None:
        figure.add_trace(_movements(first, second, [chosen], palette.chosen, 2.5, 1.0))
    _mark(figure, first, hover, chosen, palette, "circle")
    _mark(figure, second, hover, chosen, palette, "triangle-up")
    _add_names(figure, second, titles, named, chosen, reach, palette)
    figure = _axes(figure, shares, reach, palette, 36, synthetic)
    figure.update_traces(showlegend=False)
    figure.update_traces(showlegend=True, selector=lambda trace: trace.name in ("A", "B"))
    legend = {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "itemsizing": "constant"}
    return figure.update_layout(showlegend=True, legend=legend | {"font": font(palette.ink, 12)})


def kept_figure(bands: pd.DataFrame, k: int, chance: float, palette: Palette, *, synthetic: bool = False) -> go.Figure:
    """Of the `k` nearest, how many are kept on average in each band of `collab.alignment.kept_by_count`; a line for chance."""
    means = (k * bands["kept"]).tolist()
    labels = [band_words(band.low, band.high) for band in bands.itertuples()]
    figure = go.Figure(
        go.Bar(
            x=labels,
            y=means,
            marker={"color": palette.accent},
            width=0.6,
            text=[f"{mean:.1f}" for mean in means],
            textposition="outside",
            textfont=font(palette.ink, 12),
            cliponaxis=False,
            hovertext=[
                f"{label} ratings · {mean:.1f} of {k} kept · {words.count(n)} films"
                for label, mean, n in zip(labels, means, bands["n_films"], strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    figure.add_hline(y=k * chance, line={"color": palette.muted, "dash": "dot", "width": 1.5})
    figure.add_annotation(
        text=f"dotted: by chance {k * chance:.2f}",
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        xanchor="left",
        yanchor="top",
        showarrow=False,
        bgcolor=palette.paper,
        font=font(palette.muted, 12),
    )
    styled(figure, palette, 300, synthetic=synthetic, left=48)
    figure.update_xaxes(title="training ratings of the film (the fewer of both runs)", type="category")
    return figure.update_yaxes(title=f"of {k} nearest, kept", range=[0, k * 1.08])


def band_words(low: int, high: int | None) -> str:
    """A band of counts: "20–49", "200 or more"."""
    return f"{words.count(low)} or more" if pd.isna(high) else f"{words.count(low)}–{words.count(high)}"


def _points(places: np.ndarray, hover: Sequence[str], name: str, marker: dict) -> go.Scatter:
    return go.Scatter(
        x=places[:, 0].tolist(),
        y=places[:, 1].tolist(),
        mode="markers",
        name=name,
        marker=marker,
        hovertext=list(hover),
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _movements(
    first: np.ndarray, second: np.ndarray, rows: Sequence[int], colour: str, width: float, opacity: float
) -> go.Scatter:
    """A line from the first to the second place of each of `rows`."""
    ends = [(first[row], second[row]) for row in rows]
    return go.Scatter(
        x=[each for start, end in ends for each in (float(start[0]), float(end[0]), None)],
        y=[each for start, end in ends for each in (float(start[1]), float(end[1]), None)],
        mode="lines",
        line={"color": colour, "width": width},
        opacity=opacity,
        hoverinfo="skip",
        name="movement",
    )


def _mark(
    figure: go.Figure, places: np.ndarray, hover: Sequence[str], chosen: int | None, palette: Palette, symbol: str
) -> None:
    if chosen is not None:
        look = {"size": 12, "color": palette.chosen, "symbol": symbol, "line": {"width": 1.5, "color": palette.paper}}
        figure.add_trace(_points(places[[chosen]], [hover[chosen]], "chosen", look))


def _add_names(
    figure: go.Figure,
    places: np.ndarray,
    titles: Sequence[str],
    named: Sequence[int],
    chosen: int | None,
    reach: tuple,
    palette: Palette,
) -> None:
    """The titles of the `named` films and of the chosen one above their places, towards the middle where the rim is near; all at
    once, which is quicker."""
    low, high = reach[0]
    colours = {row: palette.ink for row in named} | ({} if chosen is None else {chosen: palette.chosen})
    names = [
        {
            "x": float(places[row][0]),
            "y": float(places[row][1]),
            "text": escaped(shortened(titles[row], 24)),
            "showarrow": False,
            "xanchor": _anchor((float(places[row][0]) - low) / (high - low)),
            "yshift": 17 if row == chosen else 12,
            "bgcolor": palette.paper,
            "borderpad": 0,
            "opacity": 0.85,
            "font": font(colour, 11),
        }
        for row, colour in colours.items()
    ]
    figure.update_layout(annotations=names)


def _anchor(along: float) -> str:
    """The side on which a name begins at `along`, 0 … 1 from the left to the right rim."""
    return "left" if along < 0.22 else "right" if along > 0.78 else "center"


def _axes(
    figure: go.Figure,
    shares: Sequence[float],
    reach: tuple,
    palette: Palette,
    top: int,
    synthetic: bool,
    letter: str = "A",
) -> go.Figure:
    styled(figure, palette, HEIGHT, synthetic=synthetic, left=28)
    figure.update_layout(margin={"t": top, "b": 32, "r": 4}, hovermode="closest")
    titles = [
        f"A’s component {number} · {words.percent(share)} of {letter}’s variance"
        for number, share in enumerate(shares, start=1)
    ]
    look = {"showticklabels": False, "zeroline": True, "zerolinecolor": palette.muted, "zerolinewidth": 1}
    small = {"font": font(palette.muted, 12), "standoff": 4}
    figure.update_xaxes(title={"text": titles[0], **small}, range=list(reach[0]), **look)
    return figure.update_yaxes(title={"text": titles[1], **small}, range=list(reach[1]), **look)
