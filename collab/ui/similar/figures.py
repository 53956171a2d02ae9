"""The figures of similar films: neighbours as bars, and what each factor adds to a closeness."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from collab.ui.charts import formats
from collab.ui.charts.labels import font, shortened
from collab.ui.charts.palette import Palette
from collab.ui.charts.style import styled

MEASURE_WORDS = {
    "cosine": "cosine similarity (1: same direction)",
    "cautious": "cautious cosine (1: same direction, and well known)",
    "euclidean": "Euclidean distance (0: same place)",
    "dot": "dot product",
}
"""Axis titles of the measures of closeness."""
FOUND, MISSED = "●", "○"
FAINT = 0.45  # opacity of a film that is not marked


def seed_marks(found: int, of: int) -> str:
    """A dot for every seed, filled where it finds the neighbour too: "●●●○○"."""
    return FOUND * found + MISSED * (of - found)


def neighbour_bars_figure(
    table: pd.DataFrame,
    column: str,
    axis: str,
    palette: Palette,
    *,
    marked: Collection[int] | None = None,
    notes: Sequence[str] = (),
    name_length: int = 40,
    synthetic: bool = False,
) -> go.Figure:
    """Films as slim bars, closest on top, each named above its bar with its number of ratings.

    `table` has item_index, title, n_ratings and the closeness in `column`; `axis` is its title. `marked` films (item indices) are
    bold, and where there are any, the bars of the others are faint. `notes`, one per film, follow its number of ratings.
    """
    values = table[column]
    bold = table["item_index"].isin(set() if marked is None else marked)
    hover = [
        f"{formats.in_figure(row.title)} · {column} {getattr(row, column):.2f} · {formats.counted(row.n_ratings, 'rating')}"
        for row in table.itertuples()
    ]
    said = []
    for place, (row, is_bold) in enumerate(zip(table.itertuples(), bold, strict=True)):
        title = formats.in_figure(shortened(row.title, name_length))
        about = " ".join(filter(None, [formats.counted(row.n_ratings, "rating"), notes[place] if len(notes) else ""]))
        said.append(f'{f"<b>{title}</b>" if is_bold else title}  <span style="color:{palette.muted}">{about}</span>')
    look = {"color": palette.accent, "opacity": [1.0 if each or not bold.any() else FAINT for each in bold]}
    bars = {"marker": look, "hovertext": hover, "hovertemplate": "%{hovertext}<extra></extra>"}
    words_look = {"font": font(palette.ink, 13)}
    numbers = [f"{value:.2f}" for value in values]
    return _slim_bars(bars, values, numbers, said, words_look, {"title": axis}, palette, synthetic)


def parts_figure(rows: pd.DataFrame, axis: str, palette: Palette, *, synthetic: bool = False) -> go.Figure:
    """What factors add to a closeness, as bars around zero, each with its words above it.

    `rows` has the columns part and said, in drawing order.
    """
    colours = np.where(rows["part"] >= 0, palette.diverging[-3], palette.diverging[2]).tolist()
    bars = {"marker": {"color": colours}, "hoverinfo": "skip"}
    # the background keeps the zero line from crossing the words
    words_look = {"font": font(palette.ink, 12), "bgcolor": palette.paper, "borderpad": 1}
    below = {"title": axis, "zeroline": True, "zerolinecolor": palette.muted}
    numbers = rows["part"].map(formats.signed).tolist()
    return _slim_bars(bars, rows["part"], numbers, rows["said"], words_look, below, palette, synthetic)


def _slim_bars(
    bars: dict,
    values: pd.Series,
    numbers: Sequence[str],
    said: Iterable[str],
    words_look: dict,
    below: dict,
    palette: Palette,
    synthetic: bool,
) -> go.Figure:
    """The `values` as slim `bars`, the first on top, each with its number at the end and its words above; `below` is the axis."""
    places = list(range(len(values)))
    bar = go.Bar(
        x=values.tolist(),
        y=places,
        orientation="h",
        width=0.27,
        text=numbers,
        textposition="outside",
        textfont=font(palette.ink, 12),
        cliponaxis=False,
        constraintext="none",
        **bars,
    )
    label = {"x": 0, "xref": "paper", "xanchor": "left", "yshift": 13, "showarrow": False, **words_look}
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    room = (high - low) or 1.0
    figure = go.Figure(
        bar, {"annotations": [label | {"y": y, "text": text} for y, text in zip(places, said, strict=True)]}
    )
    styled(figure, palette, 64 + 40 * len(values), synthetic=synthetic, left=12)
    figure.update_xaxes(range=[low - (0.14 * room if low < 0 else 0), high + 0.14 * room], **below)
    return figure.update_yaxes(visible=False, range=[len(values) - 0.5, -0.8])
