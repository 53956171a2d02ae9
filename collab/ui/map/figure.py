"""The figure of the film map: films as points on two or three axes, with a choice of colours and sizes.

Pure functions from coordinates, a table and a palette to a Plotly figure, the points' hover texts, and the names that may appear
on the map; `collab.ui.charts.plot3d.plot3d` shows them and finds out which names have room.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from collab.data.genres import genre_words
from collab.ui.charts import formats
from collab.ui.charts.labels import colour_scale, shortened
from collab.ui.charts.palette import Palette
from collab.ui.charts.style import mark_synthetic
from collab.ui.map.colours import MAP_COLOURS, Groups, Scale, film_colours

SHOWN, FADED, HIDDEN = "shown", "faded", "hidden"
OTHERS = (SHOWN, FADED, HIDDEN)
"""How the other films are drawn when some are asked for: unchanged, faded, or not at all."""

POINTS = "films"
"""The `meta` of the traces that hold the films themselves; the other traces mark some of them again."""

_N_FOUND_NAMES = 12  # found films that may be named; more would cover the map
MANY = 3000
"""From this many films on, a 3-D scene has squares without rims: a disc is many triangles, slow to turn on a slow machine."""

_SCENE_SIZE = 1.05  # of the box around the films, in units of Plotly's camera distance: as large as fits when turned
_CAMERA = {"eye": {"x": 1.25, "y": 1.25, "z": 1.11}, "center": {"x": 0, "y": 0, "z": -0.14}}
"""Plotly's default, a little lower: this leaves room for the axis titles below and for the legend above."""


@dataclass(frozen=True)
class Marks:
    """Films that are asked for, as item indices: the `chosen` one, those `found` by a search, those in the set (`kept`); and how
    the `others` are drawn."""

    chosen: int | None = None
    found: Collection[int] = ()
    kept: Collection[int] = ()
    others: str = SHOWN

    @property
    def focus(self) -> set[int]:
        """The found and kept films, which stay unchanged while the others fade or disappear."""
        return {*self.found, *self.kept}


@dataclass(frozen=True)
class Look:
    """How the points look: `colour_by` a key of `MAP_COLOURS`, the `genres` with a colour of their own, `sized` by count, and how
    many of the most rated films are named, `n_names`."""

    colour_by: str = "genre"
    genres: Sequence[str] = ()
    sized: bool = False
    n_names: int = 20
    marks: Marks = field(default_factory=Marks)


def film_map_figure(
    coordinates: np.ndarray,
    axis_titles: Sequence[str],
    films: pd.DataFrame,
    palette: Palette,
    look: Look,
    *,
    span: np.ndarray | None = None,
    synthetic: bool = False,
) -> go.Figure:
    """Films as points in three dimensions or two.

    `coordinates` (n, 3) or (n, 2), a row for each row of `films` (item_index, title, year, genres, n_ratings, mean_rating, and
    the column of the colour: bias, length, predicted, cluster, doubt, moved). Every film is one point of a trace whose `meta` is
    `POINTS`, with its item_index in `customdata`; found films, those in the set and the chosen one are marked by further traces.
    Hidden films are not drawn. The axes cover all films, or the coordinates `span`, which makes several pictures comparable.
    """
    solid = coordinates.shape[1] == 3
    films = films.reset_index(drop=True)
    index = films["item_index"].to_numpy()
    sizes = point_sizes(films["n_ratings"].to_numpy(), solid, look.sized)
    marks = look.marks
    in_focus = np.isin(index, list(marks.focus)) | (index == marks.chosen)
    apart = bool(marks.focus) and marks.others != SHOWN
    drawn = in_focus if apart else np.ones(len(films), dtype=bool)
    figure = go.Figure()

    def add(rows: np.ndarray, name: str, marker: dict, **more: object) -> None:
        figure.add_trace(_trace(coordinates[rows], index[rows], name, marker, **more))

    if apart and marks.others == FADED:
        faded = ~in_focus
        add(faded, "others", {"color": faded_colour(palette), "size": _pick(sizes, faded, 0.8)}, meta=POINTS)
    colours = film_colours(films, look.colour_by, look.genres, palette)
    simple = solid and len(films) >= MANY
    if isinstance(colours, Groups):
        for name, colour in colours.colours.items():
            rows = drawn & (colours.of == name)
            if rows.any():
                marker = {"color": colour, "size": _pick(sizes, rows)}
                legend = {"showlegend": True}
                if colours.rims is not None and not simple and (colours.rims[rows] != colour).any():
                    # the legend shows the first point: one without a rim, or else an extra point at NaN
                    rows = np.flatnonzero(rows)
                    if (colours.rims[rows] != colour).all():
                        legend = {"legendgroup": name}
                    rows = rows[np.argsort(colours.rims[rows] != colour, kind="stable")]
                    marker["size"] = _pick(sizes, rows)
                    marker["line"] = _rims(colours.rims[rows], list(colours.colours.values()))
                add(rows, name, marker, meta=POINTS, **legend)
                if "legendgroup" in legend:
                    figure.add_trace(_legend_entry(coordinates.shape[1], name, colour))
    else:
        _add_scale(add, colours, look.colour_by, sizes, drawn, palette)
    if simple:
        figure.update_traces(marker_symbol="square", selector={"meta": POINTS})
    is_chosen, is_found, is_kept = (
        index == marks.chosen,
        np.isin(index, list(marks.found)),
        np.isin(index, list(marks.kept)),
    )
    ring = 9 if solid else 14
    add(is_kept, "set", {"size": ring - 2 if solid else ring + 2, "symbol": "square-open", "color": palette.accent})
    add(is_found & ~is_chosen, "found", {"size": ring, "symbol": "circle-open", "color": palette.found})
    add(is_chosen, "chosen", {"size": ring - 2, "symbol": "diamond", "color": palette.chosen})
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": palette.ink, "size": 13},
        hoverlabel={"bgcolor": palette.paper, "bordercolor": palette.grid, "font": {"color": palette.ink, "size": 13}},
        modebar={"orientation": "v", "bgcolor": "rgba(0,0,0,0)", "color": palette.muted, "activecolor": palette.ink},
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "itemsizing": "constant",
            "bgcolor": "rgba(0,0,0,0)",
            "font": {"size": 12},
        },
        **(_solid_layout if solid else _flat_layout)(coordinates if span is None else span, axis_titles, palette),
    )
    if synthetic:
        mark_synthetic(figure, palette).layout.annotations[-1].update(y=0, yanchor="bottom")  # the legend is on top
    return figure


def point_sizes(n_ratings: np.ndarray, solid: bool, sized: bool) -> np.ndarray | float:
    """Diameters in pixels: one for all, or by the square root of the count, so that the area shows it."""
    smallest = 2.2 if solid else 5.0
    if not sized or not len(n_ratings):
        return smallest
    reach = 12.0 if solid else 24.0
    return np.round(np.maximum(smallest * 0.8, reach * np.sqrt(n_ratings / n_ratings.max())), 1)


def faded_colour(palette: Palette) -> str:
    """The colour of the grid: barely visible."""
    return palette.grid


def film_words(films: pd.DataFrame, colour_by: str) -> list[dict]:
    """The parts of hover texts "Alien (1979) · Horror, Sci-Fi · bias +0.42 · 291 ratings", as columns for the browser.

    Each part has `values`, one per film, or `codes` into `names`; numbers have words `before` and `after`, `digits` and `sign`.
    A missing value leaves its part out. The columns are less than half the size of the texts made from them.
    """
    genres = films["genres"].map(genre_words).replace("", "no genre")
    codes, names = pd.factorize(genres)
    parts = [{"values": films["title"].tolist()}, {"codes": codes.tolist(), "names": list(names)}]

    def number(
        column: str, before: str = "", after: str = "", digits: int = 0, sign: bool = False, times: int = 1
    ) -> None:
        values = films[column].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan) * times
        rounded = [None if not np.isfinite(value) else round(float(value), digits) for value in values]
        parts.append({"values": rounded, "before": before, "after": after, "digits": digits, "sign": sign})

    if colour_by == "cluster":
        number("cluster", "cluster ")
    if colour_by == "mean":
        number("mean_rating", "mean ", digits=1)
    if colour_by == "predicted":
        number("predicted", "predicted ", digits=1)
    if colour_by == "length":
        number("length", "length ", digits=2)
    if "moved" in films:
        number("moved", "moved ", " %", times=100)
        number("kept", after=" neighbours kept")
    if "doubt" in films:
        number("doubt", "place ±", " %", times=100)
    if "bias" in films and films["bias"].notna().any():
        number("bias", "bias ", digits=2, sign=True)
    number("n_ratings", after=" ratings")
    return parts


def film_names(coordinates: np.ndarray, films: pd.DataFrame, look: Look) -> list[dict]:
    """The names that may appear on the map, the most important first: the chosen film, found ones, those in the set, the most
    rated. Each has its coordinates `at`, its `text`, and its `kind`: chosen, found, kept or most. The browser leaves out names
    without room, and stops after `n_names` of the last kind."""
    marks, index = look.marks, films["item_index"].to_numpy()
    by_count = np.argsort(-films["n_ratings"].to_numpy(), kind="stable")
    taken: set[int] = set()
    names: list[dict] = []

    def add(wanted: Collection[int] | None, kind: str, most: int) -> None:
        inside = None if wanted is None else set(wanted)
        n = 0
        for row in by_count:
            if n >= most:
                break
            if int(index[row]) not in taken and (inside is None or int(index[row]) in inside):
                taken.add(int(index[row]))
                at = [round(float(value), 4) for value in coordinates[row]]
                names.append({"at": at, "text": shortened(films["title"].iat[row], 30), "kind": kind})
                n += 1

    add([] if marks.chosen is None else [marks.chosen], "chosen", 1)
    add(marks.found, "found", _N_FOUND_NAMES)
    add(marks.kept, "kept", look.n_names)
    if not marks.found and (marks.others == SHOWN or not marks.focus):
        add(None, "most", 4 * look.n_names)
    return names


def axis_titles(names: Sequence[str], shares: Sequence[float], of: str = "of variance") -> list[str]:
    """Titles of axes: "Component 1 · 32 % of variance"."""
    return [f"{name} · {formats.percent(share)} {of}" for name, share in zip(names, shares, strict=True)]


def _trace(
    places: np.ndarray, index: np.ndarray, name: str, marker: dict, **more: object
) -> go.Scatter3d | go.Scattergl:
    """A trace of these films. Colours must be lists: Plotly draws arrays of numbers black."""
    values = places.astype(np.float32)
    settings = {
        "mode": "markers",
        "showlegend": False,
        "name": formats.in_figure(name),
        "customdata": index.astype(np.int32),
        "marker": marker,
    }
    settings["hovertemplate"] = "%{hovertext}<extra></extra>"
    if values.shape[1] == 3:
        return go.Scatter3d(x=values[:, 0], y=values[:, 1], z=values[:, 2], **settings | more)
    return go.Scattergl(x=values[:, 0], y=values[:, 1], **settings | more)


def _legend_entry(n_axes: int, name: str, colour: str) -> go.Scatter3d | go.Scattergl:
    """An entry of the legend alone: one point at NaN."""
    nowhere = np.full((1, n_axes), np.nan)
    return _trace(nowhere, np.array([-1]), name, {"color": colour}, showlegend=True, legendgroup=name)


def _rims(rims: np.ndarray, colours: list[str]) -> dict:
    """Rims, each in one of these colours, as steps of a scale: Plotly validates every name of a colour, but no number."""
    steps = [[end / len(colours), colour] for place, colour in enumerate(colours) for end in (place, place + 1)]
    place_of = {colour: place + 0.5 for place, colour in enumerate(colours)}
    places = [place_of[colour] for colour in rims]
    return {"width": 1.5, "color": places, "colorscale": steps, "cmin": 0, "cmax": len(colours)}


def _pick(sizes: np.ndarray | float, rows: np.ndarray, times: float = 1.0) -> list[float] | float:
    return round(sizes * times, 2) if np.isscalar(sizes) else (sizes[rows] * times).tolist()


def _add_scale(
    add, scale: Scale, colour_by: str, sizes: np.ndarray | float, drawn: np.ndarray, palette: Palette
) -> None:
    """One trace coloured by a number, with its colour bar; films without that number in grey."""
    known = np.isfinite(scale.values)
    name = MAP_COLOURS[colour_by]
    marker = {
        "size": _pick(sizes, known & drawn),
        "color": np.round(scale.values[known & drawn], 3).tolist(),
        "cmin": scale.low,
        "cmax": scale.high,
        "colorscale": colour_scale(scale.colours),
        "colorbar": {
            "orientation": "h",
            "x": 0.03,
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "len": 0.5,
            "thickness": 8,
            "outlinewidth": 0,
            "title": {"text": name, "side": "top"},
            **scale.ticks,
        },
    }
    add(known & drawn, name, marker, meta=POINTS)
    if (drawn & ~known).any():
        rows = drawn & ~known
        add(rows, "unknown", {"size": _pick(sizes, rows), "color": palette.rest}, meta=POINTS)


def _ranges(coordinates: np.ndarray) -> list[list[float]]:
    """The range of each axis: all films and a small margin."""
    ranges = []
    for values in coordinates.T:
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
        middle, reach = (low + high) / 2, max((high - low) / 2 * 1.05, 1e-3)
        ranges.append([middle - reach, middle + reach])
    return ranges


def _solid_layout(coordinates: np.ndarray, titles: Sequence[str], palette: Palette) -> dict:
    ranges = _ranges(coordinates)
    lengths = np.array([high - low for low, high in ranges])
    sides = dict(zip("xyz", (_SCENE_SIZE * lengths / np.cbrt(lengths.prod())).tolist(), strict=True))
    axes = {
        f"{name}axis": {
            **_axis(title, span, palette),
            "color": palette.muted,
            "showbackground": False,
            "showspikes": False,
        }
        for name, title, span in zip("xyz", titles, ranges, strict=True)
    }
    return {
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "scene": {**axes, "aspectmode": "manual", "aspectratio": sides, "camera": _CAMERA},
    }


def _flat_layout(coordinates: np.ndarray, titles: Sequence[str], palette: Palette) -> dict:
    """Two axes of equal scale, so that a distance is the same in every direction; wheel and drag zoom and move."""
    across, up = _ranges(coordinates)
    return {
        "margin": {"l": 30, "r": 34, "t": 44, "b": 34},
        "dragmode": "pan",
        "hovermode": "closest",
        "xaxis": {**_axis(titles[0], across, palette), "zeroline": True},
        "yaxis": {**_axis(titles[1], up, palette), "zeroline": True, "scaleanchor": "x"},
    }


def _axis(title: str, span: list[float], palette: Palette) -> dict:
    """An axis with a title; its units mean nothing, so it has no numbers."""
    return {
        "title": {"text": title, "font": {"size": 12, "color": palette.muted}},
        "range": span,
        "gridcolor": palette.grid,
        "zerolinecolor": palette.muted,
        "showticklabels": False,
        "ticks": "",
    }
