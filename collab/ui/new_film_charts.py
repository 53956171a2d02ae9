"""The pictures of a new film: its place among the known ones, and the ratings that the users would give it.

Pure functions from tables of `collab.new_film` and a palette to Plotly figures.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from collab.new_film import AudienceSpace, NewFilm
from collab.ratings import RatingScale
from collab.ui import words
from collab.ui.charts import mark_mean, mark_synthetic, styled
from collab.ui.explore_charts import escaped, font, shortened
from collab.ui.theme import Palette

N_NEAREST = 5
"""Films that are ringed and numbered, the closest one first."""

BIN = 0.25
"""Width of a bar of the histogram, in stars."""


def place_figure(
    space: AudienceSpace,
    film: NewFilm,
    table: pd.DataFrame,
    title: str,
    genres: Collection[str],
    palette: Palette,
    *,
    height: int = 600,
    synthetic: bool = False,
) -> go.Figure:
    """The films of `table` (`collab.new_film.film_table`) on two components, and the new film called `title` among them.

    Films that share one of `genres` have a colour; the closest ones are ringed and
    numbered.
    """
    shares = table["genres"].map(lambda own: bool(set(own.split("|")) & set(genres))).to_numpy(dtype=bool)
    hover = [
        f"{escaped(row.title)} · closeness {words.signed(row.closeness)} · {words.counted(row.n_ratings, 'rating')}"
        f"<br>{escaped(row.genres.replace('|', ', '))}"
        for row in table.itertuples()
    ]
    table = table.assign(words=hover)
    figure = go.Figure()
    for rows, name, colour in (
        (~shares, "other films" if len(genres) else "films", palette.muted),
        (shares, "share a genre", palette.accent),
    ):
        if rows.any():
            look = {"size": 6, "color": colour, "opacity": 0.75 if colour == palette.accent else 0.4}
            figure.add_trace(_points(table[rows], name, look))
    x, y = film.coordinates.tolist()
    figure.add_trace(
        go.Scatter(
            x=[x],
            y=[y],
            mode="markers",
            name="the new film",
            marker={"size": 15, "symbol": "diamond", "color": palette.chosen},
            hovertext=[escaped(title)],  # not in the template itself, where "%{x}" would be a number
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    nearest = table.head(N_NEAREST)
    ring = {"size": 13, "symbol": "circle-open", "color": palette.found}
    figure.add_trace(_points(nearest, f"the {len(nearest)} closest", ring))
    for number, row in enumerate(nearest.itertuples(), start=1):
        _flag(figure, row.x, row.y, str(number), palette.found, palette)
    _flag(figure, x, y, shortened(title, 26), palette.chosen, palette, pixels_above=-18)
    places = np.vstack([table[["x", "y"]].to_numpy(), film.coordinates])
    low, high = places.min(axis=0), places.max(axis=0)
    middle, reach = (low + high) / 2, (high - low) / 2 * 1.08 + 1e-9
    styled(figure, palette, height, left=48)
    for update, place in ((figure.update_xaxes, 0), (figure.update_yaxes, 1)):
        share = words.percent(space.pca.explained_variance_ratio[place])
        update(
            title=f"component {place + 1} · {share} of variance",
            range=[middle[place] - reach[place], middle[place] + reach[place]],
            showticklabels=False,
            zeroline=True,
        )
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
        margin={"t": 36},
    )
    if synthetic:
        mark_synthetic(figure, palette)
    return figure


def _points(films: pd.DataFrame, name: str, marker: dict) -> go.Scatter:
    return go.Scatter(
        x=films["x"].tolist(),
        y=films["y"].tolist(),
        mode="markers",
        name=name,
        marker=marker | {"line": {"width": 2 if "open" in marker.get("symbol", "") else 0, "color": marker["color"]}},
        hovertext=films["words"].tolist(),
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _flag(
    figure: go.Figure, x: float, y: float, text: str, colour: str, palette: Palette, *, pixels_above: int = 17
) -> None:
    """A few words right above a point, or below it."""
    figure.add_annotation(
        x=x,
        y=y,
        text=escaped(text),
        font=font(colour, 13),
        showarrow=False,
        yshift=pixels_above,
        bgcolor=palette.paper,
        opacity=0.85,
        borderpad=0,
    )


def rating_bins(ratings: np.ndarray, scale: RatingScale) -> pd.DataFrame:
    """How many users would give about how many stars: columns low, high, n_users; bars `BIN` stars wide over the rating scale.

    What a model predicts beyond the scale counts in the bar at that end.
    """
    edges = np.arange(scale.low, scale.high + BIN / 2, BIN)
    inside = np.clip(ratings, scale.low, scale.high)
    n_users, _ = np.histogram(inside, edges)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n_users": n_users})


def bins_table(film: NewFilm, scale: RatingScale) -> pd.DataFrame:
    """The bars of the histogram as rows, from and to in stars."""
    bins = rating_bins(film.ratings, scale)
    return bins.set_axis(["from (stars)", "to (stars)", "users"], axis="columns").round(2)


def ratings_figure(
    film: NewFilm, scale: RatingScale, palette: Palette, *, height: int = 300, synthetic: bool = False
) -> go.Figure:
    """Histogram of the ratings predicted for all users, with the average person's."""
    bins = rating_bins(film.ratings, scale)
    hover = [
        f"{words.count(row.n_users)} users from {row.low:.2f} to {row.high:.2f} stars" for row in bins.itertuples()
    ]
    figure = go.Figure(
        go.Bar(
            x=((bins["low"] + bins["high"]) / 2).tolist(),
            y=bins["n_users"].tolist(),
            width=BIN * 0.92,
            marker={"color": palette.predicted},
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    text = f"average person {words.stars(film.average_person)}"
    mark_mean(figure, film.average_person, text, palette.chosen, 2)
    styled(figure, palette, height, left=48)
    figure.update_layout(margin={"t": 30})
    figure.update_xaxes(title="predicted rating (stars)", range=[scale.low - 0.1, scale.high + 0.1], dtick=0.5)
    figure.update_yaxes(title="users")
    return mark_synthetic(figure, palette) if synthetic else figure
