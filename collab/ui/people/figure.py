"""The figure of one user's held-out ratings: the predictions with their intervals, and the ratings given."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from collab.data.ratings import RatingScale
from collab.ui.charts import formats
from collab.ui.charts.labels import font, shortened
from collab.ui.charts.palette import Palette
from collab.ui.charts.style import legend_above, styled

LEAST_SURPRISE = 1.0
"""Least difference between prediction and rating, in stars, at which a film is named."""


def predictions_figure(
    rows: pd.DataFrame,
    scale: RatingScale,
    palette: Palette,
    *,
    mean: float | None = None,
    synthetic: bool = False,
) -> go.Figure:
    """One position per held-out rating, highest prediction first: a dot for the prediction on its 80 % interval, where there is
    one, a diamond for the rating given, and a line between the two. A rating outside its interval is a cross.

    `rows` are those of `collab.explore.people.held_out_of`, intervals clipped to the scale, with the films' title and n_ratings;
    `mean`, of the user's training ratings, is a dotted line.
    """
    figure, places = go.Figure(), list(range(1, len(rows) + 1))
    hover = [_in_words(row) for row in rows.itertuples()]
    inside = rows["inside"] if "inside" in rows else pd.Series(True, index=rows.index)
    if "low" in rows:
        figure.add_bar(
            x=places,
            y=(rows["high"] - rows["low"]).tolist(),
            base=rows["low"].tolist(),
            width=0.96,
            marker={"color": palette.predicted, "line": {"width": 0}},
            opacity=0.2,
            hoverinfo="skip",
            name="80 % interval",
        )
    figure.add_scatter(
        x=[each for place in places for each in (place, place, None)],
        y=[each for row in rows.itertuples() for each in (row.predicted, row.rating, None)],
        mode="lines",
        line={"color": palette.muted, "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )
    said = {"mode": "markers", "hovertemplate": "%{hovertext}<extra></extra>"}
    size = 9 if len(rows) <= 60 else 6
    figure.add_scatter(
        x=places,
        y=rows["predicted"].tolist(),
        marker={"color": palette.predicted, "size": size - 1},
        hovertext=hover,
        name="predicted",
        **said,
    )
    for name, chosen, symbol, colour in (
        ("given", inside, "diamond", palette.observed),
        ("given, outside", ~inside.astype(bool), "x", palette.chosen),
    ):
        if name == "given" or chosen.any():
            figure.add_scatter(
                x=[place for place, each in zip(places, chosen, strict=True) if each],
                y=rows["rating"][chosen].tolist(),
                marker={"color": colour, "size": size, "symbol": symbol},
                hovertext=[text for text, each in zip(hover, chosen, strict=True) if each],
                name=name,
                **said,
            )
    if mean is not None:
        figure.add_scatter(
            x=[0.4, len(rows) + 0.6],
            y=[mean, mean],
            mode="lines",
            line={"color": palette.muted, "width": 1.5, "dash": "dot"},
            hoverinfo="skip",
            name="their training mean",
        )
    _name_surprises(figure, rows, palette)
    figure = styled(figure, palette, 400, synthetic=synthetic)
    legend_above(figure, palette)
    figure.update_layout(margin={"b": 36}, bargap=0)
    muted = {"color": palette.muted}
    figure.update_xaxes(
        title={"text": "their held-out films, highest prediction first", "standoff": 8, "font": muted},
        range=[0.4, len(rows) + 0.6],
        showticklabels=False,
        showgrid=False,
        zeroline=False,
    )
    return figure.update_yaxes(
        title={"text": "stars", "font": muted},
        range=[scale.low - 0.5, scale.high + 0.5],  # room for a name below the lowest and above the highest
        tickvals=[level for level in scale.levels.tolist() if level == int(level)],
        zeroline=False,
    )


def _in_words(row: pd.Series) -> str:
    interval = f" (80 %: {formats.stars(row.low)} to {formats.stars(row.high)})" if hasattr(row, "low") else ""
    title, ratings = formats.in_figure(row.title), formats.counted(row.n_ratings, "rating")
    return f"{title} · predicted {formats.stars(row.predicted)}{interval} · given {row.rating:g} · {ratings}"


def _name_surprises(figure: go.Figure, rows: pd.DataFrame, palette: Palette) -> None:
    """Name the film with the largest difference in each direction."""
    for side in (1, -1):
        away = side * rows["difference"].to_numpy()
        place = int(away.argmax())
        if away[place] < LEAST_SURPRISE:
            continue
        left = place < len(rows) / 2
        figure.add_annotation(
            x=place + 1,
            y=rows["rating"].iat[place],
            text=formats.in_figure(shortened(rows["title"].iat[place], 26)),
            showarrow=False,
            xanchor="left" if left else "right",
            xshift=-5 if left else 5,
            yshift=14 * side,  # beyond the mark, so that it hides none at its own level
            font=font(palette.ink, 11),
        )
