"""The pictures of biases: means by genre and decade, the users' distribution, both ends as bars, biases against means.

Pure functions from tables of `collab.explore.biases` and a palette to Plotly figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from collab.ui.charts import formats
from collab.ui.charts.labels import colour_scale, film_words, font, shortened
from collab.ui.charts.palette import Palette
from collab.ui.charts.style import mark_mean, name_rows, styled


def kinds_figure(
    table: pd.DataFrame, overall: float, palette: Palette, *, height: int = 520, synthetic: bool = False
) -> go.Figure:
    """Mean biases of `collab.explore.biases.bias_by_kind` as dots with standard errors, named on the left with the number of
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
        f"{formats.in_figure(name)}  <span style='color:{palette.muted}'>{formats.count(n)}</span>"
        for name, n in zip(table["name"], table["n_items"], strict=True)
    ]
    return name_rows(figure, names, palette)


def genre_decade_figure(
    table: pd.DataFrame, palette: Palette, *, height: int = 520, synthetic: bool = False
) -> go.Figure:
    """Mean biases of `collab.explore.biases.bias_by_genre_and_decade` as a heat map: its colours are centred at zero, the
    numbers in the cells count films. Colours end at the 95th percentile of the absolute means, so that a few extreme cells do not
    pale the others."""
    means = table.pivot(index="genre", columns="decade", values="mean")
    numbers = {(row.genre, row.decade): formats.count(row.n_items) for row in table.itertuples()}
    sentences = {
        (row.genre, row.decade): _mean_in_words(f"{row.genre}, {row.decade}", row) for row in table.itertuples()
    }
    reach = max(float(table["mean"].abs().quantile(0.95)), 1e-6)
    figure = go.Figure(
        go.Heatmap(
            x=means.columns.tolist(),
            y=means.index.map(formats.in_figure).tolist(),
            z=means.to_numpy().tolist(),
            zmin=-reach,
            zmax=reach,
            colorscale=colour_scale(palette.diverging),
            xgap=1,
            ygap=1,
            hoverongaps=False,
            text=[[numbers.get((genre, decade), "") for decade in means.columns] for genre in means.index],
            texttemplate="%{text}",  # without a set colour, a text contrasts with its cell
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
    """A histogram of the biases of `collab.explore.biases.user_bias_table`, with the mean; harsh users blue, kind ones orange."""
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
    counts = f"{formats.counted(row.n_items, 'film')} · {formats.counted(row.n_ratings, 'rating')}"
    return f"{formats.in_figure(name)} · mean bias {formats.signed(row.mean)}{error} · {counts}"


MEAN_WORDS = {"damped_mean": "damped mean", "mean_rating": "mean"}
"""The means that biases are plotted against, in words."""


N_LABELLED = 4  # on either side of the line, without a search


_N_FOUND_NAMES = 12  # found films that are named; more would cover the picture


def bias_bars_figure(
    table: pd.DataFrame,
    palette: Palette,
    n: int = 10,
    *,
    height: int = 560,
    synthetic: bool = False,
) -> go.Figure:
    """The `n` highest and the `n` lowest biases of a table sorted by bias, as bars to both sides of zero.

    Every bar's name is on the other side of zero, with its count in grey, so that names need no margin of their own.
    With a column deviation, every bar has its ± as a thin line.
    """
    n_low = min(n, len(table) // 2)
    n_high = min(n, len(table) - n_low)
    rows = pd.concat([table.head(n_high), table.tail(n_low)]).reset_index(drop=True)
    places = [*range(n_high), *(place + 1 for place in range(n_high, len(rows)))]  # one free line between the halves
    colours = [palette.diverging[-3] if bias >= 0 else palette.diverging[2] for bias in rows["bias"]]
    hover = [
        film_words(row["title"], row["bias"], row["n_ratings"], deviation=row.get("deviation"))
        for row in rows.to_dict("records")
    ]
    numbers = {"text": [formats.signed(bias) for bias in rows["bias"]], "textfont": font(palette.ink, 12)}
    bars = go.Bar(
        x=rows["bias"].tolist(),
        y=places,
        orientation="h",
        marker={"color": colours},
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
    )
    figure = go.Figure(bars)
    reach = float(rows["bias"].abs().max()) * 1.25 if len(rows) else 1.0
    if "deviation" in rows:
        error = {
            "type": "data",
            "array": rows["deviation"].tolist(),
            "color": palette.muted,
            "thickness": 1,
            "width": 3,
        }
        numbers["text"] = [f"\u2007{number}\u2007" for number in numbers["text"]]  # room beside the line's end
        signs = np.where(rows["bias"] >= 0, 1.0, -1.0)
        sides = np.where(rows["bias"] >= 0, "middle right", "middle left").tolist()
        ends = rows["bias"] + signs * rows["deviation"]  # a number is beyond its bar and the bar's ±
        figure.update_traces(error_x=error)
        figure.add_trace(
            go.Scatter(
                x=ends.tolist(),
                y=places,
                mode="text",
                textposition=sides,
                hoverinfo="skip",
                cliponaxis=False,
                **numbers,
            )
        )
        reach = float(ends.abs().max()) * 1.2
    else:
        figure.update_traces(textposition="outside", constraintext="none", **numbers)
    labels = []
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        above = row["bias"] >= 0
        count = f'<span style="color:{palette.muted}">{formats.count(row["n_ratings"])}</span>'
        labels.append(
            {
                "x": 0,
                "y": place,
                "text": f"{formats.in_figure(shortened(row['title'], 28))}  {count}",
                "showarrow": False,
                "font": font(palette.ink, 12),
                "xanchor": "right" if above else "left",
                "xshift": -6 if above else 6,
            }
        )
    figure.update_layout(annotations=labels, bargap=0.35)
    styled(figure, palette, height, synthetic=synthetic, left=12)
    figure.update_xaxes(
        title="bias: what it adds to a score", range=[-reach, reach], zeroline=True, zerolinecolor=palette.muted
    )
    figure.update_yaxes(visible=False, range=[len(rows) + 0.6, -0.6])
    return figure


def bias_scatter_figure(
    table: pd.DataFrame,
    palette: Palette,
    found: Sequence[int] = (),
    *,
    mean: str = "damped_mean",
    index: str = "item_index",
    height: int = 560,
    synthetic: bool = False,
) -> go.Figure:
    """Every film's bias against its damped mean, sized by count, coloured by residual, with the line that the mean suggests.

    `table` is one of `collab.explore.biases.bias_table`. The item indices `found` are ringed and named; without any, the
    `N_LABELLED` largest residuals on either side are named. For users, the table is one of `user_bias_table`, `mean` is
    "mean_rating" and `index` "user_index".
    """
    figure = go.Figure()
    line = table.assign(expected=table["bias"] - table["residual"]).sort_values(mean)
    ends = line.iloc[[0, -1]] if len(line) else line
    figure.add_trace(
        go.Scatter(
            x=ends[mean].tolist(),
            y=ends["expected"].tolist(),
            mode="lines",
            hoverinfo="skip",
            line={"color": palette.muted, "width": 1.5, "dash": "dot"},
        )
    )
    reach = float(table["residual"].abs().quantile(0.98)) if len(table) else 1.0
    largest = float(table["n_ratings"].max()) if len(table) else 1.0
    hover = [
        film_words(
            row.title,
            row.bias,
            row.n_ratings,
            f"{MEAN_WORDS[mean]} {formats.stars(getattr(row, mean))}",
            deviation=getattr(row, "deviation", None),
        )
        + f"<br>{formats.signed(row.residual)} against what its mean suggests"
        for row in table.itertuples()
    ]
    figure.add_trace(
        go.Scatter(
            x=table[mean].tolist(),
            y=table["bias"].tolist(),
            mode="markers",
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            customdata=table[index].tolist(),
            marker={
                "size": table["n_ratings"].tolist(),
                "sizemode": "area",
                "sizemin": 2.5,
                "sizeref": largest / 22**2,
                "color": table["residual"].tolist(),
                "cmin": -max(reach, 1e-6),
                "cmax": max(reach, 1e-6),
                "colorscale": colour_scale(palette.diverging),
                "line": {"width": 0.5, "color": palette.muted},
            },
        )
    )
    rings = table[table[index].isin(found)]
    figure.add_trace(
        go.Scatter(
            x=rings[mean].tolist(),
            y=rings["bias"].tolist(),
            mode="markers",
            hoverinfo="skip",
            marker={"size": 16, "symbol": "circle-open", "color": palette.found, "line": {"width": 2}},
        )
    )
    if len(found):
        named, colour = _apart(rings, _N_FOUND_NAMES, table, mean), palette.found
    else:
        best, worst = table[table["residual"] >= 0], table[table["residual"] < 0]
        named = pd.concat(
            [
                _apart(best.sort_values("residual", ascending=False), N_LABELLED, table, mean),
                _apart(worst.sort_values("residual"), N_LABELLED, table, mean),
            ]
        )
        colour = palette.ink
    figure.update_layout(annotations=[_flag(row, mean, colour, palette) for row in named.itertuples()])
    styled(figure, palette, height, synthetic=synthetic)
    figure.update_xaxes(title=f"{MEAN_WORDS[mean]} of the training ratings (stars)", tickformat=".1f")
    figure.update_yaxes(title="bias", tickformat="+.1f", zeroline=True, zerolinecolor=palette.muted)
    return figure


def _flag(row: Any, mean: str, colour: str, palette: Palette) -> dict:
    """The name of a film or user beside its point, away from the line that the mean suggests."""
    side = 1 if row.residual >= 0 else -1
    return {
        "x": getattr(row, mean),
        "y": row.bias,
        "text": formats.in_figure(shortened(row.title)),
        "font": font(colour, 11),
        "arrowcolor": colour,
        "arrowwidth": 0.7,
        "arrowhead": 0,
        "ax": -36 * side,
        "ay": -22 * side,
        "standoff": 3,
        "bgcolor": palette.paper,
        "borderpad": 1,
        "opacity": 0.92,
    }


def _apart(rows: pd.DataFrame, n: int, table: pd.DataFrame, mean: str) -> pd.DataFrame:
    """The first `n` of `rows` whose names do not overlap in the picture of `table`, bias against mean."""
    columns = [mean, "bias"]
    room = np.array([0.27, 0.036]) * np.ptp(table[columns].to_numpy(), axis=0)  # a name's width and height
    kept: list[int] = []
    places = rows[columns].to_numpy()
    for row, place in enumerate(places):
        if len(kept) == n:
            break
        if not (np.abs(places[kept] - place) < room).all(axis=1).any():
            kept.append(row)
    return rows.iloc[kept]
