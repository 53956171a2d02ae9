"""The pictures of the explore pages: the film map, biases as bars and against the mean, and neighbours as bars.

Pure functions from tables of `collab.interpret` and a palette to Plotly figures; hover texts say what a number means.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from collab.interpret import MEASURE_COLUMNS
from collab.ui import words
from collab.ui.charts import mark_synthetic, styled
from collab.ui.theme import Palette

MAP_COLOURS = {
    "genre": "first genre",
    "year": "year",
    "bias": "bias",
    "mean": "mean rating",
    "count": "number of ratings",
}
"""What the map can be coloured by, and the same in words."""

MEASURE_WORDS = {
    "cosine": "cosine similarity (1: same direction)",
    "euclidean": "Euclidean distance (0: same place)",
    "dot": "dot product",
}
"""Axis titles of the measures of closeness."""

OTHER_GENRE = "other"
NO_GENRE = "no genre"
_N_GENRES = 7  # as many as colours can be told apart; the rest is grey
_SHORT = 30
_POINT = 2.4
_N_FOUND_NAMES = 12  # found films that are named; more would cover the map
_SCENE_SIZE = 1.05  # of the box around the films, in units of Plotly's camera distance: as large as fits when turned


def leading_genres(genres: pd.Series, n: int = _N_GENRES) -> list[str]:
    """The `n` most frequent first genres of films with genres "Action|Comedy", most frequent first."""
    first = genres[genres != ""].str.split("|").str[0]
    counts = first.value_counts()
    return sorted(counts.index, key=lambda genre: (-counts[genre], genre))[:n]


def shortened(title: str, length: int = _SHORT) -> str:
    """`title` cut to about `length` characters, its year kept: "Children of the Corn: Th… (1996)"."""
    if len(title) <= length:
        return title
    name, _, year = title.rpartition(" (")
    if not name or not year.endswith(")"):
        return title[: length - 1].rstrip() + "…"
    return f"{name[: max(1, length - len(year) - 3)].rstrip()}… ({year}"


def film_words(title: str, bias: float, n_ratings: int, *more: str) -> str:
    """A film in words for a hover text: "Alien (1979) · bias +0.42 · 291 ratings"."""
    return " · ".join([_escaped(title), *more, f"bias {words.signed(bias)}", _ratings(n_ratings)])


def film_map_figure(
    coordinates: np.ndarray,
    explained: Sequence[float],
    films: pd.DataFrame,
    palette: Palette,
    colour_by: str = "genre",
    genres: Sequence[str] = (),
    chosen: int | None = None,
    found: Sequence[int] = (),
    n_labelled: int = 20,
    synthetic: bool = False,
) -> go.Figure:
    """Films as points in three principal components.

    `coordinates` (n, 3), a row for each row of `films` (item_index, title, year, genres, n_ratings, mean_rating, bias);
    `explained` (3,) shares of variance for the axes; `colour_by` a key of `MAP_COLOURS`; `genres` those with a colour of
    their own (`leading_genres`). `chosen` and `found` are item indices: the first is marked and named, the others ringed
    and named. The `n_labelled` most rated are named too. Every point carries its item_index as `customdata`.
    """
    films = films.reset_index(drop=True).assign(x=coordinates[:, 0], y=coordinates[:, 1], z=coordinates[:, 2])
    films["words"] = [
        film_words(film.title, film.bias, film.n_ratings, *_more_words(film, colour_by)) for film in films.itertuples()
    ]
    figure = go.Figure()
    if colour_by == "genre":
        _add_genres(figure, films, genres, palette)
    else:
        _add_scale(figure, films, colour_by, palette)
    marked = films["item_index"].isin([chosen, *found])
    labels = films[~marked].sort_values("n_ratings", ascending=False, kind="stable").head(n_labelled)
    is_chosen = films["item_index"] == chosen
    rings, diamond = films[marked & ~is_chosen], films[is_chosen]
    figure.add_trace(_points(rings, "found", marker={"size": 9, "symbol": "circle-open", "color": palette.found}))
    figure.add_trace(_points(diamond, "chosen", marker={"size": 7, "symbol": "diamond", "color": palette.chosen}))
    quiet = palette.muted if len(rings) else palette.ink
    flags = [_name(film, quiet, palette) for film in labels.itertuples()]
    flags += [_name(film, palette.found, palette) for film in rings.head(_N_FOUND_NAMES).itertuples()]
    flags += [_flag(film, palette.chosen, palette) for film in diamond.itertuples()]
    figure.update_traces(hovertemplate="%{hovertext}<extra></extra>")
    axes = [_component_axis(place + 1, share, coordinates[:, place], palette) for place, share in enumerate(explained)]
    lengths = np.array([axis["range"][1] - axis["range"][0] for axis in axes])
    sides = dict(zip("xyz", (_SCENE_SIZE * lengths / np.cbrt(lengths.prod())).tolist(), strict=True))
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        font={"color": palette.ink, "size": 13},
        hoverlabel=_hover_label(palette),
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": palette.muted, "activecolor": palette.ink},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        legend={
            "orientation": "h", "x": 0, "y": 1, "yanchor": "top", "itemsizing": "constant",
            "bgcolor": "rgba(0,0,0,0)", "font": {"size": 12},
        },
        scene={"xaxis": axes[0], "yaxis": axes[1], "zaxis": axes[2], "aspectmode": "manual", "aspectratio": sides,
               "annotations": flags},
    )
    return mark_synthetic(figure, palette) if synthetic else figure


def _add_genres(figure: go.Figure, films: pd.DataFrame, genres: Sequence[str], palette: Palette) -> None:
    """One trace a leading genre, in the order of `genres`, then the others in grey: the legend is the key."""
    first = films["genres"].str.split("|").str[0].replace("", NO_GENRE)
    group = first.where(first.isin(genres), OTHER_GENRE)
    colours = dict(zip(genres, palette.categorical, strict=False)) | {OTHER_GENRE: palette.muted}
    for genre, colour in colours.items():
        members = films[group == genre]
        if len(members):
            figure.add_trace(_points(members, genre, showlegend=True, marker={"size": _POINT, "color": colour}))


def _add_scale(figure: go.Figure, films: pd.DataFrame, colour_by: str, palette: Palette) -> None:
    """One trace coloured by a number, with its colour bar; films without that number in grey."""
    values = _scale_values(films, colour_by)
    known = values.notna()
    low, high, ticks = _scale_range(values[known], colour_by)
    colours = palette.diverging if colour_by == "bias" else palette.sequential
    marker = {
        "size": _POINT,
        "color": values[known].tolist(),
        "cmin": low,
        "cmax": high,
        "colorscale": _colour_scale(colours),
        "colorbar": {
            "orientation": "h", "x": 0.03, "xanchor": "left", "y": 1, "yanchor": "top", "len": 0.5, "thickness": 8,
            "outlinewidth": 0, "title": {"text": MAP_COLOURS[colour_by], "side": "top"}, **ticks,
        },
    }
    figure.add_trace(_points(films[known], MAP_COLOURS[colour_by], marker=marker))
    if not known.all():
        figure.add_trace(_points(films[~known], "unknown", marker={"size": _POINT, "color": palette.muted}))


def _scale_values(films: pd.DataFrame, colour_by: str) -> pd.Series:
    """The numbers that become colours; counts on a logarithmic scale, since a few films have most of the ratings."""
    if colour_by == "count":
        return np.log10(films["n_ratings"].astype("float64"))
    column = {"year": "year", "bias": "bias", "mean": "mean_rating"}[colour_by]
    return films[column].astype("Float64")


def _scale_range(values: pd.Series, colour_by: str) -> tuple[float, float, dict]:
    """Ends of the colour scale, and its ticks where they need care. A few extreme films must not pale all the others."""
    if values.empty:
        return 0.0, 1.0, {}
    numbers = values.to_numpy(dtype="float64")
    if colour_by == "bias":
        reach = max(float(np.quantile(np.abs(numbers), 0.98)), 1e-6)
        return -reach, reach, {"tickvals": [-reach, 0, reach], "ticktext": [words.signed(-reach), "0", words.signed(reach)]}
    low, high = np.quantile(numbers, [0.02, 1.0])
    if colour_by == "count":
        steps = [step for step in (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000) if low <= np.log10(step) <= high]
        return float(low), float(high), {"tickvals": np.log10(steps).tolist(), "ticktext": [f"{s:,}" for s in steps]}
    return float(low), float(high), {"tickformat": "d" if colour_by == "year" else ".1f"}


def _more_words(film: tuple, colour_by: str) -> list[str]:
    """What the hover text adds for this colouring; year, bias and count are in it anyway."""
    if colour_by == "genre":
        return [film.genres.replace("|", ", ") or NO_GENRE]
    if colour_by == "mean":
        return [f"mean {words.stars(film.mean_rating)}"]
    return []


def _points(films: pd.DataFrame, name: str, **look: object) -> go.Scatter3d:
    """A trace of these films; lists, since Plotly draws number arrays of this kind black."""
    settings = {"mode": "markers", "showlegend": False, "hovertext": films["words"].tolist()} | look
    return go.Scatter3d(
        x=films["x"].tolist(),
        y=films["y"].tolist(),
        z=films["z"].tolist(),
        customdata=films["item_index"].tolist(),
        name=name,
        **settings,
    )


def _name(film: tuple, colour: str, palette: Palette) -> dict:
    """A film's name above its point, outlined so that it can be read over other points."""
    return {
        "x": film.x, "y": film.y, "z": film.z, "text": _escaped(shortened(film.title, 24)), "showarrow": False, "yshift": 11,
        "font": {"color": colour, "size": 11, "shadow": f"0 0 3px {palette.paper}, 0 0 2px {palette.paper}"},
    }


def _flag(film: tuple, colour: str, palette: Palette) -> dict:
    """A film's name on a small flag, which stands out among the names of others."""
    return {
        "x": film.x, "y": film.y, "z": film.z, "text": _escaped(shortened(film.title)), "ax": 0, "ay": -34,
        "font": {"color": colour, "size": 13}, "bgcolor": palette.paper, "bordercolor": colour, "borderpad": 3,
        "arrowcolor": colour, "arrowwidth": 1, "arrowhead": 0, "opacity": 0.95,
    }


def _component_axis(number: int, share: float, values: np.ndarray, palette: Palette) -> dict:
    """An axis that says how much of the variance it shows; its units mean nothing, so it has no numbers."""
    low, high = (values.min(), values.max()) if len(values) else (0.0, 0.0)
    middle, reach = (low + high) / 2, max((high - low) / 2 * 1.05, 1e-3)
    return {
        "title": {"text": f"Component {number} · {words.percent(share)} of variance", "font": {"size": 12}},
        "range": [middle - reach, middle + reach],
        "color": palette.muted,
        "gridcolor": palette.grid,
        "zerolinecolor": palette.muted,
        "showbackground": False,
        "showticklabels": False,
        "showspikes": False,
        "ticks": "",
    }


def _text(colour: str, size: int) -> dict:
    return {"color": colour, "size": size}


def _hover_label(palette: Palette) -> dict:
    return {"bgcolor": palette.paper, "bordercolor": palette.grid, "font": {"color": palette.ink, "size": 13}}


def _ratings(n_ratings: int) -> str:
    return "1 rating" if n_ratings == 1 else f"{words.count(n_ratings)} ratings"


def bias_bars_figure(
    table: pd.DataFrame, palette: Palette, n: int = 10, *, height: int = 560, name: str = "title", synthetic: bool = False
) -> go.Figure:
    """The `n` highest and the `n` lowest biases of a table sorted by bias, as bars to both sides of zero.

    Every bar is named on the other side of zero, with its count in grey, so that names need no margin of their own.
    `name` is the column with the names.
    """
    n_low = min(n, len(table) // 2)
    n_high = min(n, len(table) - n_low)
    rows = pd.concat([table.head(n_high), table.tail(n_low)]).reset_index(drop=True)
    places = [*range(n_high), *(place + 1 for place in range(n_high, len(rows)))]  # one free line between the halves
    colours = [palette.diverging[-3] if bias >= 0 else palette.diverging[2] for bias in rows["bias"]]
    hover = [film_words(*row) for row in zip(rows[name], rows["bias"], rows["n_ratings"], strict=True)]
    figure = go.Figure(
        go.Bar(
            x=rows["bias"].tolist(), y=places, orientation="h", marker={"color": colours}, hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>", text=[words.signed(bias) for bias in rows["bias"]],
            textposition="outside", textfont=_text(palette.ink, 12), cliponaxis=False, constraintext="none",
        )
    )
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        above = row["bias"] >= 0
        count = f'<span style="color:{palette.muted}">{words.count(row["n_ratings"])}</span>'
        figure.add_annotation(
            x=0, y=place, text=f"{_escaped(shortened(row[name], 28))}  {count}", showarrow=False, font=_text(palette.ink, 12),
            xanchor="right" if above else "left", xshift=-6 if above else 6,
        )
    reach = float(rows["bias"].abs().max()) * 1.25 if len(rows) else 1.0
    styled(figure, palette, height, synthetic=synthetic, left=12).update_layout(bargap=0.35)
    figure.update_xaxes(title="bias: what it adds to a score", range=[-reach, reach], zeroline=True, zerolinecolor=palette.muted)
    figure.update_yaxes(visible=False, range=[len(rows) + 0.6, -0.6])
    return figure


def bias_scatter_figure(
    table: pd.DataFrame, palette: Palette, found: Sequence[int] = (), *, height: int = 560, n_labelled: int = 4,
    synthetic: bool = False,
) -> go.Figure:
    """Every film's bias against its mean rating, sized by count, coloured by residual, with the line that the mean suggests.

    `table` as of `collab.interpret.bias_table`; `found` item indices are ringed and named, else the `n_labelled` largest
    residuals to either side.
    """
    figure = go.Figure()
    line = table.assign(expected=table["bias"] - table["residual"]).sort_values("mean_rating")
    ends = line.iloc[[0, -1]] if len(line) else line
    figure.add_trace(
        go.Scatter(
            x=ends["mean_rating"].tolist(), y=ends["expected"].tolist(), mode="lines", hoverinfo="skip",
            line={"color": palette.muted, "width": 1.5, "dash": "dot"},
        )
    )
    reach = float(table["residual"].abs().quantile(0.98)) if len(table) else 1.0
    largest = float(table["n_ratings"].max()) if len(table) else 1.0
    hover = [
        film_words(row.title, row.bias, row.n_ratings, f"mean {words.stars(row.mean_rating)}")
        + f"<br>{words.signed(row.residual)} against what its mean suggests"
        for row in table.itertuples()
    ]
    figure.add_trace(
        go.Scatter(
            x=table["mean_rating"].tolist(), y=table["bias"].tolist(), mode="markers", hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>", customdata=table["item_index"].tolist(),
            marker={
                "size": table["n_ratings"].tolist(), "sizemode": "area", "sizemin": 2.5, "sizeref": largest / 22**2,
                "color": table["residual"].tolist(), "cmin": -max(reach, 1e-6), "cmax": max(reach, 1e-6),
                "colorscale": _colour_scale(palette.diverging), "line": {"width": 0.5, "color": palette.muted},
            },
        )
    )
    by_residual = table.sort_values("residual")
    named = table[table["item_index"].isin(found)].head(_N_FOUND_NAMES)
    colour = palette.found if len(found) else palette.ink
    if not len(found):
        named = pd.concat([by_residual.head(n_labelled), by_residual.tail(n_labelled)]).drop_duplicates("item_index")
    for row in named.itertuples():
        above = row.residual >= 0
        figure.add_annotation(
            x=row.mean_rating, y=row.bias, text=_escaped(shortened(row.title)), font=_text(colour, 11), arrowcolor=colour,
            arrowwidth=0.7, arrowhead=0, ax=-36 if above else 36, ay=-22 if above else 22, standoff=3,
        )
    styled(figure, palette, height, synthetic=synthetic)
    figure.update_xaxes(title="mean rating of the training ratings", tickformat=".1f")
    figure.update_yaxes(title="bias", tickformat="+.1f", zeroline=True, zerolinecolor=palette.muted)
    return figure


def similarity_bars_figure(table: pd.DataFrame, measure: str, palette: Palette, *, synthetic: bool = False) -> go.Figure:
    """The films of `collab.interpret.similar_items` as slim bars, closest on top, each named above its bar with its count."""
    column = MEASURE_COLUMNS[measure]
    values = table[column]
    places = list(range(len(table)))
    hover = [
        f"{_escaped(row.title)} · {column} {getattr(row, column):.2f} · {_ratings(row.n_ratings)}" for row in table.itertuples()
    ]
    figure = go.Figure(
        go.Bar(
            x=values.tolist(), y=places, orientation="h", width=0.26, marker={"color": palette.accent}, hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>", text=[f"{value:.2f}" for value in values], textposition="outside",
            textfont=_text(palette.ink, 12), cliponaxis=False, constraintext="none",
        )
    )
    for place, row in zip(places, table.itertuples(), strict=True):
        count = f'<span style="color:{palette.muted}">{_ratings(row.n_ratings)}</span>'
        figure.add_annotation(
            x=0, y=place, yshift=13, text=f"{_escaped(shortened(row.title, 40))}  {count}", showarrow=False, xanchor="left",
            font=_text(palette.ink, 13),
        )
    low, high = min(0.0, float(values.min()) if len(table) else 0.0), float(values.max()) if len(table) else 1.0
    room = (max(high, 0.0) - low) or 1.0
    styled(figure, palette, 64 + 40 * len(table), synthetic=synthetic, left=12)
    figure.update_xaxes(title=MEASURE_WORDS[measure], range=[low - (0.1 * room if low < 0 else 0), max(high, 0.0) + 0.1 * room])
    figure.update_yaxes(visible=False, range=[len(table) - 0.5, -0.75])
    return figure


def _colour_scale(colours: Sequence[str]) -> list[list]:
    return [[step / (len(colours) - 1), colour] for step, colour in enumerate(colours)]


def _escaped(text: str) -> str:
    """Titles come from files: Plotly would take a "<" for markup."""
    return text.replace("<", "&lt;")
