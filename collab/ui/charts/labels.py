"""The flat pictures of film biases: as bars, and against the mean.

Pure functions from tables of `collab.explore.biases` and a palette to Plotly figures; hover texts say what a number means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from collab.ui.charts import formats
from collab.ui.charts.palette import Palette
from collab.ui.charts.style import styled

MEAN_WORDS = {"damped_mean": "damped mean", "mean_rating": "mean"}
"""The means that a bias is laid beside, in words."""

N_LABELLED = 4  # to either side, where nothing was looked for
_N_FOUND_NAMES = 12  # found films that are named; more would cover the picture


def shortened(title: str, length: int = 30) -> str:
    """`title` cut to about `length` characters, its year kept: "Children of the Corn: Th… (1996)"."""
    if len(title) <= length:
        return title
    name, _, year = title.rpartition(" (")
    if not name or not year.endswith(")"):
        return title[: length - 1].rstrip() + "…"
    return f"{name[: max(1, length - len(year) - 3)].rstrip()}… ({year}"


def name_of(title: str, length: int) -> str:
    """`title` without its year, cut to `length` characters: for a narrow column."""
    name = title.rsplit(" (", 1)[0]
    return name if len(name) <= length else f"{name[: length - 1].rstrip()}…"


def film_words(title: str, bias: float, n_ratings: int, *more: str, deviation: float | None = None) -> str:
    """A film in words for a hover text: "Alien (1979) · bias +0.42 ± 0.05 · 291 ratings"; ± where a `deviation` is known."""
    give_or_take = "" if deviation is None else f" ± {deviation:.2f}"
    return " · ".join(
        [escaped(title), *more, f"bias {formats.signed(bias)}{give_or_take}", formats.counted(n_ratings, "rating")]
    )


def bias_bars_figure(
    table: pd.DataFrame,
    palette: Palette,
    n: int = 10,
    *,
    height: int = 560,
    synthetic: bool = False,
) -> go.Figure:
    """The `n` highest and the `n` lowest biases of a table sorted by bias, as bars to both sides of zero.

    Every bar is named on the other side of zero, with its count in grey, so that names need no margin of their own.
    With a column deviation every bar has its ± as a thin line.
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
        ends = rows["bias"] + signs * rows["deviation"]  # a number stands behind its bar and the bar's ±
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
                "text": f"{escaped(shortened(row['title'], 28))}  {count}",
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

    `table` as of `collab.explore.biases.bias_table`; `found` item indices are ringed and named, else the `N_LABELLED` largest
    residuals to either side. For users as of `user_bias_table`, `mean` is their mean_rating, `index` their user_index.
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
        "text": escaped(shortened(row.title)),
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
    """The first `n` of `rows` whose names would not stand on each other's in the picture of `table`, bias against mean."""
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


def colour_scale(colours: Sequence[str]) -> list[list]:
    """The colours at even steps from 0 to 1, as Plotly wants them."""
    return [[step / (len(colours) - 1), colour] for step, colour in enumerate(colours)]


def escaped(text: str) -> str:
    """Titles come from files: Plotly would take a "<" for markup."""
    return text.replace("<", "&lt;")


def font(colour: str, size: int) -> dict:
    """A font as Plotly wants it; its family is the page's."""
    return {"color": colour, "size": size}
