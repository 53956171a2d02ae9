"""The pictures of similar films: neighbours as bars, and the factors of which a closeness is the sum."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from collab.ui import words
from collab.ui.charts import styled
from collab.ui.explore_charts import escaped, font, shortened
from collab.ui.theme import Palette

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
    """A dot for every seed, full where it finds the neighbour too: "●●●○○"."""
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

    `table` has item_index, title, n_ratings and the closeness in `column`, `axis` says what it is. Where some films are `marked`
    (item indices) these are bold, and where there are any, the others' bars are faint; `notes`, one a film, stand after its
    number.
    """
    values, places = table[column], list(range(len(table)))
    bold = table["item_index"].isin(set() if marked is None else marked)
    hover = [
        f"{escaped(row.title)} · {column} {getattr(row, column):.2f} · {words.counted(row.n_ratings, 'rating')}"
        for row in table.itertuples()
    ]
    figure = go.Figure(
        go.Bar(
            x=values.tolist(),
            y=places,
            orientation="h",
            width=0.26,
            marker={
                "color": palette.accent,
                "opacity": [1.0 if each or not bold.any() else FAINT for each in bold],
            },
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            text=[f"{value:.2f}" for value in values],
            textposition="outside",
            textfont=font(palette.ink, 12),
            cliponaxis=False,
            constraintext="none",
        )
    )
    labels = []
    for place, row, is_bold in zip(places, table.itertuples(), bold, strict=True):
        title = escaped(shortened(row.title, name_length))
        about = " ".join(filter(None, [words.counted(row.n_ratings, "rating"), notes[place] if len(notes) else ""]))
        labels.append(
            {
                "x": 0,
                "xref": "paper",
                "y": place,
                "yshift": 13,
                "text": f'{f"<b>{title}</b>" if is_bold else title}  <span style="color:{palette.muted}">{about}</span>',
                "showarrow": False,
                "xanchor": "left",
                "font": font(palette.ink, 13),
            }
        )
    low, high = min(0.0, float(values.min()) if len(table) else 0.0), float(values.max()) if len(table) else 1.0
    room = (max(high, 0.0) - low) or 1.0
    figure.update_layout(annotations=labels)
    styled(figure, palette, 64 + 40 * len(table), synthetic=synthetic, left=12)
    figure.update_xaxes(title=axis, range=[low - (0.1 * room if low < 0 else 0), max(high, 0.0) + 0.14 * room])
    figure.update_yaxes(visible=False, range=[len(table) - 0.5, -0.75])
    return figure


def parts_figure(rows: pd.DataFrame, axis: str, palette: Palette, *, synthetic: bool = False) -> go.Figure:
    """What factors add to a closeness, as bars to both sides of zero, each with its words above it.

    `rows` has part and said, in the order in which they are drawn.
    """
    places = list(range(len(rows)))
    colours = np.where(rows["part"] >= 0, palette.diverging[-3], palette.diverging[2]).tolist()
    figure = go.Figure(
        go.Bar(
            x=rows["part"].tolist(),
            y=places,
            orientation="h",
            width=0.28,
            marker={"color": colours},
            hoverinfo="skip",
            text=[words.signed(part) for part in rows["part"]],
            textposition="outside",
            textfont=font(palette.ink, 12),
            cliponaxis=False,
            constraintext="none",
        )
    )
    low, high = min(0.0, float(rows["part"].min())), max(0.0, float(rows["part"].max()))
    room = (high - low) or 1.0
    figure.update_layout(
        annotations=[
            {
                "x": 0,
                "xref": "paper",
                "y": place,
                "yshift": 14,
                "text": said,
                "showarrow": False,
                "xanchor": "left",
                "font": font(palette.ink, 12),
                "bgcolor": palette.paper,  # the line at zero stops there
                "borderpad": 1,
            }
            for place, said in zip(places, rows["said"], strict=True)
        ]
    )
    styled(figure, palette, 60 + 42 * len(rows), synthetic=synthetic, left=12)
    figure.update_xaxes(
        title=axis,
        range=[low - (0.14 * room if low < 0 else 0), high + 0.14 * room],
        zeroline=True,
        zerolinecolor=palette.muted,
    )
    figure.update_yaxes(visible=False, range=[len(rows) - 0.5, -0.85])
    return figure
