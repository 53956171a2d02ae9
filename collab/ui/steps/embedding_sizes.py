"""Step: how many numbers stand for a user and for a film in a net, by the chapter's rule of thumb."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from collab.models.embedding_net import size_by_rule
from collab.ui import words
from collab.ui.as_table import as_table
from collab.ui.charts import PLAIN, styled
from collab.ui.page import Page
from collab.ui.theme import Palette, palette
from collab.ui.walk import Door, Question, Step

CHAPTER = ((944, "users of the chapter"), (1665, "titles of the chapter"))
ROWS = (2, 5, 10, 20, 50, 100, 200, 500, 944, 1665, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 1_000_000)
CURVE = [round(10 ** (step / 40)) for step in range(12, 241)]  # 2 … 1,000,000


def size_figure(n_rows: int, known: Sequence[tuple[int, str]], palette: Palette) -> go.Figure:
    """The rule as a curve, the tables that are `known` (rows, name) as named points, and the chosen one."""
    figure = go.Figure(
        go.Scatter(
            x=CURVE,
            y=[size_by_rule(n) for n in CURVE],
            mode="lines",
            line={"color": palette.accent, "width": 3},
            hovertemplate="%{x:,} rows · %{y} numbers each<extra></extra>",
        )
    )
    figure.add_scatter(
        x=[n for n, _ in known],
        y=[size_by_rule(n) for n, _ in known],
        mode="markers",
        text=[f"{name}: {words.count(n)} rows · {size_by_rule(n)} numbers each" for n, name in known],
        hovertemplate="%{text}<extra></extra>",
        marker={"size": 9, "color": palette.ink},
    )
    figure.add_scatter(
        x=[n_rows],
        y=[size_by_rule(n_rows)],
        mode="markers",
        hovertemplate="%{x:,} rows · %{y} numbers each<extra></extra>",
        marker={"size": 14, "color": palette.chosen},
    )
    figure.update_xaxes(type="log", title="rows of the table: users or films, and the unknown one", dtick=1)
    figure.update_yaxes(title="numbers that stand for each", range=[-15, 640])
    styled(figure, palette, 420)
    highest_first = sorted(known, key=lambda each: -each[0])
    figure.add_annotation(
        x=0.02,
        y=0.88,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="top",
        align="left",
        showarrow=False,
        font={"color": palette.ink, "size": 13},
        text="<br>".join(f"● {words.count(n)} {name}: <b>{size_by_rule(n)}</b>" for n, name in reversed(highest_first)),
    )
    return figure


def sizes_table(n_rows: int, known: Sequence[tuple[int, str]]) -> pd.DataFrame:
    """The rule at round numbers of rows, at the tables that are `known` and at the chosen one, smallest first."""
    names: dict[int, list[str]] = {n: [] for n in sorted({*ROWS, n_rows, *(n for n, _ in known)})}
    for n, name in known:
        names[n].append(name)
    names[n_rows].append("chosen")
    return pd.DataFrame(
        {
            "rows": list(names),
            "numbers for each": [size_by_rule(n) for n in names],
            "numbers in the table": [n * size_by_rule(n) for n in names],
            "which": [", ".join(each) or None for each in names.values()],
        }
    )


def tables_of(page: Page) -> list[tuple[int, str]]:
    """The chapter's two tables, and those of the run where they are others."""
    own = [(len(page.run.users), "users here"), (len(page.run.items), "films here")]
    return [*CHAPTER, *(each for each in own if each[0] not in dict(CHAPTER))]


def draw(page: Page) -> None:
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        n_rows = st.select_slider(
            "Rows of the table",
            ROWS,
            value=10_000,
            format_func=words.count,
            key="table_rows",
            bind="query-params",
            help="How many different users (or films) the table tells apart. More rows get more numbers each, 600 at most.",
        )
        size = size_by_rule(n_rows)
        st.metric("Numbers for each", size)
        st.metric("Numbers in the table", words.count(n_rows * size))
        st.caption(f"A one-hot vector would take {words.count(n_rows)} numbers for each.")
    picture.plotly_chart(
        size_figure(n_rows, tables_of(page), palette()),
        config=PLAIN,
        key="size_curve",
        alt=f"Size of an embedding by the rows of its table; {n_rows:,} rows get {size} numbers each",
    )
    with picture:
        count = st.column_config.NumberColumn(format="localized")
        as_table(
            "sizes_table",
            "Size of an embedding by the rows of its table",
            lambda: sizes_table(n_rows, tables_of(page)),
            {"rows": count, "numbers in the table": count},
        )


STEP = Step(
    slug="sizes",
    title="Embedding sizes by a rule",
    insight="min(600, round(1.6 · n^0.56)): ten times as many rows get only **3.6 times** as many numbers each, and never more "
    "than 600.",
    draw=draw,
    door=Door("pages/train.py", "a net whose two embeddings differ in size", {"model": "net"}),
    questions=(
        Question(
            29,
            "Why may users and films have embeddings of different sizes in a neural net?",
            "A dot product pairs the numbers off, first with first, second with second, so both sides need equally many. A net "
            "lays the two vectors side by side, and its first linear layer takes whatever length comes out: 74 + 102 = 176 "
            "inputs in the chapter. So each table can have the size that suits its number of rows.",
        ),
    ),
)
