"""The figures of *Your taste*: the place among films or people, genres, the distribution of predictions, similar users.

Pure functions from arrays and tables of `collab.recommend.taste_place`, `collab.recommend.taste_profile` and
`collab.recommend.taste_alike` and a palette to Plotly figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from collab.ui.charts import formats
from collab.ui.charts.labels import colour_scale, font
from collab.ui.charts.palette import Palette
from collab.ui.charts.style import name_rows, styled

N_NAMED = 4
"""Most names on the map of each kind: rated films, other films, similar users."""

_MARGIN = 0.04  # share of the range added around what must be visible


def place_figure(
    points: pd.DataFrame,
    person: np.ndarray,
    outline: np.ndarray | None,
    palette: Palette,
    who: str,
    shares: Sequence[float],
    *,
    synthetic: bool = False,
) -> go.Figure:
    """A person as an arrow among films or people, from the origin, where the average person is.

    `points` has a row each: x, y, words (hover text), value (colour, centred at zero; NaN is grey), rated (a film that the person
    rated, drawn as a star), marked (highlighted) and name ("" for most). `person` (2,) is the arrow's tip; `outline` (n, 2)
    surrounds it, None where the model gives no uncertainty. `shares` (2,) are the axes' shares of the variance.
    """
    figure = go.Figure()
    plain, rated, marked = (
        points[~points["rated"] & ~points["marked"]],
        points[points["rated"]],
        points[points["marked"]],
    )
    reach = float(points["value"].abs().quantile(0.98)) if points["value"].notna().any() else 1.0
    scale = {"cmin": -max(reach, 1e-6), "cmax": max(reach, 1e-6), "colorscale": colour_scale(palette.diverging)}
    look = {"size": 5, "opacity": 0.85} if plain["value"].notna().any() else {"size": 5, "opacity": 0.45}
    colours = (
        {"color": plain["value"].to_numpy(), **scale} if plain["value"].notna().any() else {"color": palette.muted}
    )
    figure.add_trace(_points(plain, marker={**look, **colours}))
    if outline is not None:
        closed = {"color": palette.chosen, "width": 1.5, "dash": "dot"}
        fill = _with_opacity(palette.chosen, 0.08)
        figure.add_scatter(
            x=outline[:, 0], y=outline[:, 1], mode="lines", line=closed, fill="toself", fillcolor=fill, hoverinfo="skip"
        )
    edge = {"width": 1, "color": palette.paper}
    figure.add_trace(_points(rated, marker={"symbol": "star", "size": 13, "color": palette.ink, "line": edge}))
    figure.add_trace(_points(marked, marker={"size": 9, "color": palette.found, "line": edge}))
    figure.add_scatter(
        x=[0],
        y=[0],
        mode="markers",
        marker={"symbol": "cross-thin", "size": 11, "line": {"width": 2, "color": palette.ink}},
        hovertemplate="the average person<extra></extra>",
    )
    highlighted = points[points["rated"] | points["marked"] | (points["name"] != "")]
    most = points[["x", "y"]].quantile([0.003, 0.997])  # a few outliers must not shrink all others
    visible = np.concatenate([most, highlighted[["x", "y"]], [person], _some(outline)])
    low, high = visible.min(axis=0), visible.max(axis=0)
    low, high = low - _MARGIN * (high - low), high + _MARGIN * (high - low)
    # all at once: Plotly copies the existing ones for each that is added
    figure.update_layout(annotations=[*_names(points, person, low, high, palette), *_arrow(person, who, palette)])
    styled(figure, palette, 500, synthetic=synthetic, left=28)
    for place, axis in enumerate((figure.update_xaxes, figure.update_yaxes)):
        axis(
            title=f"Component {place + 1} · {formats.percent(shares[place])} of variance",
            range=[low[place], high[place]],
            showticklabels=False,
            showgrid=False,
            zeroline=True,
            title_font_size=12,
        )
    figure.update_yaxes(scaleanchor="x", scaleratio=1)
    figure.update_layout(margin={"b": 30})
    return figure


def genre_figure(table: pd.DataFrame, palette: Palette, *, synthetic: bool = False) -> go.Figure:
    """The genres of `collab.recommend.taste_profile.genre_table` as bars around zero with their intervals, highest on top.

    Bars whose interval contains zero are pale.
    """
    places = list(range(len(table)))
    known = table["deviation"].notna()
    clear = table["clear"].fillna(True).to_numpy(dtype=bool)
    hover = [
        f"{formats.in_figure(row.genre)} · {formats.signed(row.difference)}"
        + (f" ± {row.deviation:.2f}" if np.isfinite(row.deviation) else "")
        + f" stars · {formats.counted(row.n_items, 'film')}, {formats.count(row.n_rated)} rated"
        for row in table.itertuples()
    ]
    figure = go.Figure(
        go.Bar(
            x=table["difference"].tolist(),
            y=places,
            orientation="h",
            marker={
                "color": [palette.diverging[-3 if value >= 0 else 2] for value in table["difference"]],
                "opacity": [1.0 if sure else 0.4 for sure in clear],
            },
            error_x={
                "type": "data",
                "array": (table["high"] - table["difference"]).where(known, 0.0).tolist(),
                "color": palette.muted,
                "thickness": 1 if known.any() else 0,
                "width": 3 if known.any() else 0,
            },
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    ends = table[["low", "high", "difference"]].abs().max().max() if len(table) else 1.0
    reach = max(float(ends) * 1.06, 0.05)
    figure.update_layout(bargap=0.35)
    styled(figure, palette, 70 + 25 * len(table), synthetic=synthetic)
    figure.update_xaxes(
        title="predicted stars above the average person",
        range=[-reach, reach],
        tickformat="+.1f" if reach > 0.15 else "+.2f",
        zeroline=True,
        zerolinecolor=palette.ink,
    )
    names = [
        f'{formats.in_figure(row.genre)} <span style="color:{palette.muted}">{formats.count(row.n_items)}</span> '
        for row in table.itertuples()
    ]
    return name_rows(figure, names, palette, -1.4 if synthetic else -0.6)  # room for the note


def distribution_figure(
    table: pd.DataFrame, means: tuple[float, float], palette: Palette, who: str, *, synthetic: bool = False
) -> go.Figure:
    """The number of films in each bin of `collab.recommend.taste_profile.predicted_distribution`: columns for the person, a line
    for the average person; `means` are those of both."""
    width = float((table["high"] - table["low"]).iloc[0])
    hover = [
        f"{row.low:.2f} to {row.high:.2f} stars: {formats.counted(row.n, 'film')}, average person {formats.count(row.n_average)}"
        for row in table.itertuples()
    ]
    figure = go.Figure(
        go.Bar(
            x=(table["low"] + width / 2).tolist(),
            y=table["n"].tolist(),
            width=width * 0.92,
            marker={"color": palette.predicted, "opacity": 0.65},
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    figure.add_scatter(
        x=[*table["low"], table["high"].iloc[-1]],
        y=[*table["n_average"], table["n_average"].iloc[-1]],
        mode="lines",
        line={"shape": "hv", "color": palette.ink, "width": 1.6},
        hoverinfo="skip",
    )
    for place, (name, mean, colour) in enumerate(
        ((f"■ {who}, mean {formats.stars(means[0])}", means[0], palette.predicted),
         (f"━ average person, mean {formats.stars(means[1])}", means[1], palette.ink))
    ):  # fmt: skip
        figure.add_annotation(
            x=0, y=1 - 0.09 * place, xref="paper", yref="paper", xanchor="left", yanchor="top",
            text=name, showarrow=False, font=font(colour, 12),
        )  # fmt: skip
        if np.isfinite(mean):
            figure.add_vline(x=mean, line={"color": colour, "width": 1.2, "dash": "dot"})
    styled(figure, palette, 300, synthetic=synthetic, left=48)
    figure.update_xaxes(
        title="predicted rating (stars)", range=[table["low"].iloc[0], table["high"].iloc[-1]], dtick=1, tick0=1
    )
    figure.update_yaxes(title="films", rangemode="tozero")
    return figure


def alike_figure(table: pd.DataFrame, palette: Palette, *, synthetic: bool = False) -> go.Figure:
    """Users (user_id, likeness, low, high, words) as points with their intervals, most similar on top."""
    places, known = list(range(len(table))), table["low"].notna()
    figure = go.Figure(
        go.Scatter(
            x=table["likeness"].tolist(),
            y=places,
            mode="markers",
            marker={"size": 9, "color": palette.found},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (table["high"] - table["likeness"]).where(known, 0.0).tolist(),
                "arrayminus": (table["likeness"] - table["low"]).where(known, 0.0).tolist(),
                "color": palette.muted,
                "thickness": 1.2 if known.any() else 0,
                "width": 3 if known.any() else 0,
            },
            hovertext=table["words"].map(formats.in_figure).tolist(),
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    styled(figure, palette, 66 + 27 * len(table), synthetic=synthetic)
    low = min(0.0, float(table[["low", "likeness"]].min().min())) - 0.05
    figure.update_xaxes(
        title="likeness (1: the same films above the rest)", range=[low, 1.03], zeroline=True, zerolinecolor=palette.ink
    )
    names = [f"User {formats.in_figure(user)} " for user in table["user_id"]]
    return name_rows(figure, names, palette, -1.4 if synthetic else -0.6)  # room for the note


def _points(points: pd.DataFrame, marker: dict) -> go.Scatter:
    return go.Scatter(
        x=points["x"].to_numpy(),
        y=points["y"].to_numpy(),
        mode="markers",
        marker=marker,
        hovertext=points["words"].tolist(),
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _some(outline: np.ndarray | None) -> np.ndarray:
    return np.zeros((1, 2)) if outline is None else outline


def _arrow(person: np.ndarray, who: str, palette: Palette) -> list[dict[str, object]]:
    """The arrow from the origin to the person's place; only the average person's name where the two coincide."""
    x, y = person.tolist()
    word = {"showarrow": False, "bgcolor": palette.paper, "opacity": 0.92, "borderpad": 1}
    if not np.hypot(x, y) > 1e-9:
        return [{**word, "x": 0, "y": 0, "text": "the average person", "yshift": 14, "font": font(palette.chosen, 13)}]
    line = {
        "x": x, "y": y, "ax": 0, "ay": 0, "xref": "x", "yref": "y", "axref": "x", "ayref": "y", "text": "", "showarrow": True,
        "arrowhead": 2, "arrowsize": 1.1, "arrowwidth": 2.6, "arrowcolor": palette.chosen,
    }  # fmt: skip
    name = {
        **word, "x": x, "y": y, "text": f"<b>{who}</b>", "font": font(palette.chosen, 14), "xshift": 4 if x >= 0 else -4,
        "yshift": 11 if y >= 0 else -11, "xanchor": "left" if x >= 0 else "right",
    }  # fmt: skip
    return [line, name]


def _names(
    points: pd.DataFrame, person: np.ndarray, low: np.ndarray, high: np.ndarray, palette: Palette
) -> Iterator[dict[str, object]]:
    """The names of the named points, above or below them and inwards; names that would overlap others are left out."""
    room = (high - low) * (0.24, 0.055)
    taken = [person, person / 2]
    for point in points[points["name"] != ""].itertuples():
        inwards = -1 if point.x > (low[0] + high[0]) / 2 else 1
        up = 1 if point.y >= 0 else -1
        place = np.array([point.x + inwards * room[0] / 2, point.y + up * 0.8 * room[1]])
        if any((np.abs(place - other) < room).all() for other in taken):
            continue
        taken.append(place)
        colour = palette.ink if point.rated or point.marked else palette.muted
        yield {
            "x": point.x, "y": point.y, "text": formats.in_figure(point.name), "font": font(colour, 12), "arrowcolor": colour,
            "arrowwidth": 0.8, "arrowhead": 0, "ax": 4 * inwards, "ay": -22 * up, "standoff": 5,
            "xanchor": "right" if inwards < 0 else "left", "bgcolor": _with_opacity(palette.paper, 0.6), "borderpad": 1,
        }  # fmt: skip


def _with_opacity(colour: str, opacity: float) -> str:
    """The colour "#RRGGBB" with this opacity."""
    return f"rgba{(*(int(colour[at : at + 2], 16) for at in (1, 3, 5)), opacity)}"
