"""The film map: films as points on three principal components, coloured by what one wants to know.

A pure function from coordinates, a table and a palette to a Plotly figure; `collab.ui.plot3d` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from collab.ui import words
from collab.ui.charts import mark_synthetic
from collab.ui.explore_charts import colour_scale, escaped, film_words, font, shortened
from collab.ui.theme import Palette

MAP_COLOURS = {
    "genre": "first genre",
    "year": "year",
    "bias": "bias",
    "mean": "mean rating",
    "count": "number of ratings",
    "doubt": "how unsure the place is",
}
"""What the map can be coloured by, and the same in words."""

OTHER_GENRE = "other"
NO_GENRE = "no genre"
_N_GENRES = 7  # as many as colours can be told apart; the rest is grey
_N_FOUND_NAMES = 8  # found films that are named; more would cover the map
_POINT = 2.2
_SCENE_SIZE = 1.05  # of the box around the films, in units of Plotly's camera distance: as large as fits when turned


def leading_genres(genres: pd.Series, n: int = _N_GENRES) -> list[str]:
    """The `n` most frequent first genres of films with genres "Action|Comedy", most frequent first."""
    first = genres[genres != ""].str.split("|").str[0]
    counts = first.value_counts()
    return sorted(counts.index, key=lambda genre: (-counts[genre], genre))[:n]


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

    `coordinates` (n, 3), a row for each row of `films` (item_index, title, year, genres, n_ratings, mean_rating, bias, and
    doubt as of `collab.interpret.place_doubt` where the model says how sure it is);
    `explained` (3,) shares of variance for the axes; `colour_by` a key of `MAP_COLOURS`; `genres` those with a colour of
    their own (`leading_genres`). `chosen` and `found` are item indices: the first is marked and named, the others ringed
    and named. Where nothing was found, the `n_labelled` most rated are named. Every point carries its item_index as `customdata`.
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
    is_chosen = films["item_index"] == chosen
    is_found = films["item_index"].isin(found) & ~is_chosen
    rest = films[~is_chosen & ~is_found].sort_values("n_ratings", ascending=False, kind="stable")
    ring, diamond = {"size": 9, "symbol": "circle-open"}, {"size": 7, "symbol": "diamond"}
    figure.add_trace(_names(rest.head(0 if is_found.any() else n_labelled), palette.ink))
    figure.add_trace(_points(films[is_found], "found", marker={**ring, "color": palette.found}))
    figure.add_trace(_points(films[is_chosen], "chosen", marker={**diamond, "color": palette.chosen}))
    named = films[is_found].head(_N_FOUND_NAMES).itertuples()
    flags = [_flag(film, palette.found, palette, height=24 + 22 * (place % 3)) for place, film in enumerate(named)]
    flags += [
        _flag(film, palette.chosen, palette, height=34) | {"bordercolor": palette.chosen}
        for film in films[is_chosen].itertuples()
    ]
    figure.update_traces(hovertemplate="%{hovertext}<extra></extra>")
    axes = [_component_axis(place + 1, share, coordinates[:, place], palette) for place, share in enumerate(explained)]
    lengths = np.array([axis["range"][1] - axis["range"][0] for axis in axes])
    sides = dict(zip("xyz", (_SCENE_SIZE * lengths / np.cbrt(lengths.prod())).tolist(), strict=True))
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        font={"color": palette.ink, "size": 13},
        hoverlabel={"bgcolor": palette.paper, "bordercolor": palette.grid, "font": {"color": palette.ink, "size": 13}},
        modebar={"orientation": "v", "bgcolor": "rgba(0,0,0,0)", "color": palette.muted, "activecolor": palette.ink},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1,
            "yanchor": "top",
            "itemsizing": "constant",
            "bgcolor": "rgba(0,0,0,0)",
            "font": {"size": 12},
        },
        scene={
            "xaxis": axes[0],
            "yaxis": axes[1],
            "zaxis": axes[2],
            "aspectmode": "manual",
            "aspectratio": sides,
            "annotations": flags,
        },
    )
    if synthetic:
        mark_synthetic(figure, palette).layout.annotations[-1].update(y=0, yanchor="bottom")  # the legend is on top
    return figure


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
        "colorscale": colour_scale(colours),
        "colorbar": {
            "orientation": "h",
            "x": 0.03,
            "xanchor": "left",
            "y": 1,
            "yanchor": "top",
            "len": 0.5,
            "thickness": 8,
            "outlinewidth": 0,
            "title": {"text": MAP_COLOURS[colour_by], "side": "top"},
            **ticks,
        },
    }
    figure.add_trace(_points(films[known], MAP_COLOURS[colour_by], marker=marker))
    if not known.all():
        figure.add_trace(_points(films[~known], "unknown", marker={"size": _POINT, "color": palette.muted}))


def _scale_values(films: pd.DataFrame, colour_by: str) -> pd.Series:
    """The numbers that become colours; counts on a logarithmic scale, since a few films have most of the ratings."""
    if colour_by == "count":
        return np.log10(films["n_ratings"].astype("float64"))
    column = {"year": "year", "bias": "bias", "mean": "mean_rating", "doubt": "doubt"}[colour_by]
    return films[column].astype("Float64")


def _scale_range(values: pd.Series, colour_by: str) -> tuple[float, float, dict]:
    """Ends of the colour scale, and its ticks where they need care. A few extreme films must not pale all the others."""
    if values.empty:
        return 0.0, 1.0, {}
    numbers = values.to_numpy(dtype="float64")
    if colour_by == "bias":
        reach = max(float(np.quantile(np.abs(numbers), 0.98)), 1e-6)
        return (
            -reach,
            reach,
            {"tickvals": [-reach, 0, reach], "ticktext": [words.signed(-reach), "0", words.signed(reach)]},
        )
    low, high = np.quantile(numbers, [0.02, 1.0])
    if colour_by == "count":
        steps = [step for step in (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000) if low <= np.log10(step) <= high]
        return float(low), float(high), {"tickvals": np.log10(steps).tolist(), "ticktext": [f"{s:,}" for s in steps]}
    return float(low), float(high), {"tickformat": {"year": "d", "doubt": ".0%"}.get(colour_by, ".1f")}


def _more_words(film: tuple, colour_by: str) -> list[str]:
    """What the hover text adds for this colouring, and how sure the place is; year, bias and count are in it anyway."""
    place = [f"place ±{words.percent(film.doubt)}"] if hasattr(film, "doubt") else []
    if colour_by == "genre":
        return [film.genres.replace("|", ", ") or NO_GENRE, *place]
    if colour_by == "mean":
        return [f"mean {words.stars(film.mean_rating)}", *place]
    return place


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


def _names(films: pd.DataFrame, colour: str) -> go.Scatter3d:
    """The names of films above their points, drawn by the graphics card: turning the map stays smooth."""
    text = [shortened(title, 24) for title in films["title"]]
    return _points(films, "names", mode="text", text=text, textfont=font(colour, 12), textposition="top center")


def _flag(film: tuple, colour: str, palette: Palette, height: int) -> dict:
    """A film's name over all points, `height` pixels above its own. Written anew at every turn of the map: only for a few."""
    return {
        "x": film.x,
        "y": film.y,
        "z": film.z,
        "text": escaped(shortened(film.title)),
        "ax": 0,
        "ay": -height,
        "opacity": 0.92,
        "font": font(colour, 13),
        "bgcolor": palette.paper,
        "borderpad": 2,
        "arrowcolor": colour,
        "arrowwidth": 1,
        "arrowhead": 0,
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
