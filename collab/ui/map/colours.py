"""The colours of the films on the map: by group, each with its own colour, or by a number on a scale.

Pure functions from the table of the films on the map to colours. A film can have several genres: its point has the colour of
the rarest coloured one, and its rim that of the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from collab.data.genres import genre_flags
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette

MAP_COLOURS = {
    "genre": "genre",
    "decade": "decade",
    "year": "year",
    "mean": "mean rating",
    "count": "number of ratings",
    "bias": "bias",
    "length": "length of the factors",
    "predicted": "predicted rating",
    "cluster": "cluster",
    "doubt": "how unsure the place is",
    "moved": "moved",
}
"""What the map can be coloured by, with its label; `moved` only where two runs are compared."""

OTHER_GENRE, NO_YEAR = "other", "year unknown"
N_GENRES = 7  # as many as can be told apart by colour; the rest are grey
APART = (0, 1, 2, 3, 4, 6, 7, 5)  # the order in which categorical colours are taken: the second blue comes last
EARLIEST_DECADE = 1930  # the few older films join this decade


@dataclass(frozen=True)
class Groups:
    """Films in groups: `of`, the name of each film's group (n,); `colours` of the groups, in the order of the legend; `rims`, a
    second colour for each film (n,), or None. The group in the palette's `rest` colour holds films that belong to no other."""

    of: np.ndarray
    colours: dict[str, str]
    rims: np.ndarray | None = None


@dataclass(frozen=True)
class Scale:
    """Films on a colour scale: `values` (n,), NaN where unknown; its ends, its colours, and Plotly's settings for its ticks."""

    values: np.ndarray
    low: float
    high: float
    colours: tuple[str, ...]
    ticks: dict


def film_colours(films: pd.DataFrame, colour_by: str, genres: Sequence[str], palette: Palette) -> Groups | Scale:
    """The colours of the rows of `films` by a key of `MAP_COLOURS`; `genres` are those with a colour of their own."""
    if colour_by == "genre":
        return _by_genre(films["genres"], genres, palette)
    if colour_by == "decade":
        return _by_decade(films["year"], palette)
    if colour_by == "cluster":
        names = [f"cluster {number}" for number in films["cluster"]]
        numbers = sorted(set(films["cluster"]))
        shades = distinct_colours(palette)
        colours = {f"cluster {number}": shades[(number - 1) % len(shades)] for number in numbers}
        return Groups(np.array(names, dtype=object), colours)
    values = _numbers(films, colour_by)
    return Scale(values, *_range(values[np.isfinite(values)], colour_by, palette))


def distinct_colours(palette: Palette) -> list[str]:
    """The categorical colours, the easiest to tell apart first."""
    return [palette.categorical[place] for place in APART]


def _by_genre(genres: pd.Series, coloured: Sequence[str], palette: Palette) -> Groups:
    flags = genre_flags(genres)
    shades = distinct_colours(palette)
    coloured = list(coloured)[: len(shades)]
    colour_of = dict(zip(coloured, shades, strict=False))
    rarest_first = sorted(coloured, key=lambda genre: (flags[genre].sum() if genre in flags else 0, genre))
    group, rim = np.full(len(genres), "", dtype=object), np.full(len(genres), "", dtype=object)
    for genre in rarest_first:
        has = flags[genre].to_numpy(dtype=bool) if genre in flags else np.zeros(len(genres), dtype=bool)
        rim[has & (group != "") & (rim == "")] = colour_of[genre]
        group[has & (group == "")] = genre
    rest = group == ""
    group[rest] = OTHER_GENRE
    own = np.array([colour_of.get(each, palette.rest) for each in group], dtype=object)
    return Groups(group, colour_of | {OTHER_GENRE: palette.rest}, np.where(rim == "", own, rim))


def _by_decade(years: pd.Series, palette: Palette) -> Groups:
    """Decades have an order, so their colours run from light to dark or back, as the palette's scale does."""
    numbers = years.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    decades = np.maximum(np.floor(numbers / 10) * 10, EARLIEST_DECADE)
    found = sorted(set(decades[np.isfinite(decades)].astype(int)))
    steps = np.linspace(0, len(palette.sequential) - 1, max(2, len(found))).round().astype(int)
    names = {decade: f"{decade}s" if decade > EARLIEST_DECADE else f"to {decade + 9}" for decade in found}
    colours = {names[decade]: palette.sequential[step] for decade, step in zip(found, steps, strict=False)}
    group = [names[int(decade)] if np.isfinite(decade) else NO_YEAR for decade in decades]
    return Groups(np.array(group, dtype=object), colours | ({NO_YEAR: palette.rest} if NO_YEAR in group else {}))


def _numbers(films: pd.DataFrame, colour_by: str) -> np.ndarray:
    """The numbers that become colours; counts on a logarithmic scale, since a few films have most of the ratings."""
    if colour_by == "count":
        return np.log10(films["n_ratings"].to_numpy(dtype=np.float64))
    column = films["mean_rating" if colour_by == "mean" else colour_by]
    return column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)


def _range(numbers: np.ndarray, colour_by: str, palette: Palette) -> tuple[float, float, tuple[str, ...], dict]:
    """The scale's ends, colours and ticks. Its ends cut off extremes: a few such films must not pale all the others."""
    colours = palette.diverging if colour_by == "bias" else palette.sequential
    if not len(numbers):
        return 0.0, 1.0, colours, {}
    if colour_by == "bias":
        reach = max(float(np.quantile(np.abs(numbers), 0.98)), 1e-6)
        labels = [formats.signed(-reach), "0", formats.signed(reach)]
        return -reach, reach, colours, {"tickvals": [-reach, 0, reach], "ticktext": labels}
    ends = [0.0, 0.98] if colour_by == "moved" else [0.02, 1.0]
    low, high = (float(each) for each in np.quantile(numbers, ends))
    if colour_by == "count":
        steps = [step for step in (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000) if low <= np.log10(step) <= high]
        return low, high, colours, {"tickvals": np.log10(steps).tolist(), "ticktext": [f"{step:,}" for step in steps]}
    return low, high, colours, {"tickformat": {"year": "d", "doubt": ".0%", "moved": ".0%"}.get(colour_by, ".1f")}
