"""The pictures of what biases have in common: means by genre and decade, and the users' distribution.

Pure functions from tables of `collab.explore.biases` and a palette to Plotly figures.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from collab.ui.charts import formats
from collab.ui.charts.labels import colour_scale, escaped
from collab.ui.charts.palette import Palette
from collab.ui.charts.style import mark_mean, name_rows, styled


def kinds_figure(
    table: pd.DataFrame, overall: float, palette: Palette, *, height: int = 520, synthetic: bool = False
) -> go.Figure:
    """Mean biases of `collab.explore.biases.bias_by_kind` as dots on their standard errors, named on the left with the number of
    films; `overall`, the mean of all films, is a dotted line."""
    reach = np.abs(np.r_[table["mean"], overall]).max(initial=1e-6)
    hover = [_mean_in_words(row.name, row) for row in table.itertuples()]
    figure = go.Figure(
        go.Scatter(
            x=table["mean"].tolist(),
            y=list(range(len(table))),
            mode="markers",
            error_x={
                "type": "data",
                "array": table["error"].fillna(0.0).tolist(),
                "color": palette.muted,
                "thickness": 1.5,
                "width": 4,
            },
            marker={
                "size": 12,
                "color": table["mean"].tolist(),
                "cmin": -reach,
                "cmax": reach,
                "colorscale": colour_scale(palette.diverging),
                "line": {"width": 1, "color": palette.muted},
            },
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    mark_mean(figure, overall, f"all films {formats.signed(overall)}", palette.muted)
    styled(figure, palette, height, synthetic=synthetic, left=150)
    figure.update_layout(margin={"t": 28})
    figure.update_xaxes(title="mean bias ± standard error", zeroline=True, zerolinecolor=palette.ink, tickformat=".2~f")
    names = [
        f"{escaped(name)}  <span style='color:{palette.muted}'>{formats.count(n)}</span>"
        for name, n in zip(table["name"], table["n_films"], strict=True)
    ]
    return name_rows(figure, names, palette)


def genre_decade_figure(
    table: pd.DataFrame, palette: Palette, *, height: int = 520, synthetic: bool = False
) -> go.Figure:
    """Mean biases of `collab.explore.biases.bias_by_genre_and_decade` as a heat map: zero is the middle of its colours, the numbers
    in the cells are films. A few extreme cells do not pale the others: colours end at the 95th percentile of their size."""
    means = table.pivot(index="genre", columns="decade", values="mean")
    numbers = {(row.genre, row.decade): formats.count(row.n_films) for row in table.itertuples()}
    sentences = {
        (row.genre, row.decade): _mean_in_words(f"{row.genre}, {row.decade}", row) for row in table.itertuples()
    }
    reach = max(float(table["mean"].abs().quantile(0.95)), 1e-6)
    figure = go.Figure(
        go.Heatmap(
            x=means.columns.tolist(),
            y=means.index.tolist(),
            z=means.to_numpy().tolist(),
            zmin=-reach,
            zmax=reach,
            colorscale=colour_scale(palette.diverging),
            xgap=1,
            ygap=1,
            hoverongaps=False,
            text=[[numbers.get((genre, decade), "") for decade in means.columns] for genre in means.index],
            texttemplate="%{text}",  # without a colour of its own a text stands out from its cell
            textfont={"size": 11},
            hovertext=[[sentences.get((genre, decade), "") for decade in means.columns] for genre in means.index],
            hovertemplate="%{hovertext}<extra></extra>",
            colorbar={
                "title": {"text": "mean bias", "side": "right"},
                "thickness": 10,
                "outlinewidth": 0,
                "tickvals": [-reach, 0, reach],
                "ticktext": [formats.signed(-reach), "0", formats.signed(reach)],
            },
        )
    )
    styled(figure, palette, height, synthetic=synthetic, left=96)
    figure.update_xaxes(type="category", showgrid=False, side="bottom", ticks="")
    return figure.update_yaxes(type="category", showgrid=False, autorange="reversed", dtick=1, ticks="")


def distribution_figure(
    table: pd.DataFrame, palette: Palette, *, n_bins: int = 40, height: int = 520, synthetic: bool = False
) -> go.Figure:
    """How many users of `collab.explore.biases.user_bias_table` have which bias, with the mean; harsh ones blue, kind ones orange."""
    biases = table["bias"].to_numpy()
    reach = max(float(np.abs(biases).max(initial=0.0)), 1e-6)
    edges = np.linspace(-reach, reach, n_bins + 1)  # an even number of bars: none is both harsh and kind
    counts, _ = np.histogram(biases, edges)
    middles = (edges[:-1] + edges[1:]) / 2
    figure = go.Figure(
        go.Bar(
            x=middles.tolist(),
            y=counts.tolist(),
            width=(edges[1] - edges[0]) * 0.94,
            marker={"color": [palette.diverging[-3] if each >= 0 else palette.diverging[2] for each in middles]},
            hovertext=[
                f"{formats.counted(n, 'user')} from {formats.signed(low)} to {formats.signed(high)}"
                for n, low, high in zip(counts, edges[:-1], edges[1:], strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    mean = float(biases.mean()) if len(biases) else 0.0
    mark_mean(figure, mean, f"mean {formats.signed(round(mean, 2) + 0.0)}", palette.ink)
    styled(figure, palette, height, synthetic=synthetic)
    figure.update_layout(margin={"t": 28})
    figure.update_xaxes(title="bias against the average user", range=[-reach * 1.05, reach * 1.05], tickformat=".2~f")
    return figure.update_yaxes(title="users")


def _mean_in_words(name: str, row: tuple) -> str:
    """ "Film-Noir · mean bias +0.21 ± 0.03 · 24 films · 1,200 ratings"."""
    error = f" ± {row.error:.2f}" if np.isfinite(row.error) else ""
    counts = f"{formats.counted(row.n_films, 'film')} · {formats.counted(row.n_ratings, 'rating')}"
    return f"{escaped(name)} · mean bias {formats.signed(row.mean)}{error} · {counts}"
