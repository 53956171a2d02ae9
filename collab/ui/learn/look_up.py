"""Step: a one-hot vector times a matrix is a row of the matrix, so the row is looked up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
import torch
from plotly.subplots import make_subplots

from collab.lessons.look_up import Cost, by_look_up, by_product, measure
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.style import PLAIN, styled
from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Question, Step
from collab.ui.widgets.tables import as_table

N_USERS, N_FACTORS, BATCH = 8, 4, 64
SIZES = (100, 300, 1000, 3000, 10_000, 30_000, 100_000)
START = 0.1  # deviation of the small matrix, ten times that of `dot-bias`: easier to read


@st.cache_data(show_spinner=False, max_entries=4)
def measured(attempt: int) -> list[Cost]:
    """The cost of look-up and product on this machine, measured once per `attempt`."""
    return measure(SIZES, BATCH)


def small_matrix() -> torch.Tensor:
    """An embedding matrix before training: small random numbers, (N_USERS, N_FACTORS)."""
    return torch.randn(N_USERS, N_FACTORS, generator=torch.Generator().manual_seed(4)) * START


def product_figure(user: int, matrix: torch.Tensor, palette: Palette) -> go.Figure:
    """The one-hot vector beside the matrix, its chosen row framed; below, the product and the looked-up row."""
    index = torch.tensor([user])
    product, row = by_product(index, matrix)[0].tolist(), by_look_up(index, matrix)[0].tolist()
    figure = go.Figure()
    below, gap = (N_USERS + 0.6, N_USERS + 1.6), 1.6  # heights of the two results; gap between vector and matrix
    cells = [(0.0, float(place), str(int(place == user)), place == user) for place in range(N_USERS)]
    for place in range(N_USERS):
        cells += [
            (gap + column, float(place), formats.signed(matrix[place, column].item(), 3), place == user)
            for column in range(N_FACTORS)
        ]
    for height, numbers in zip(below, (product, row), strict=True):
        cells += [(gap + column, height, formats.signed(number, 3), True) for column, number in enumerate(numbers)]
    for bold in (False, True):
        those = [cell for cell in cells if cell[3] == bold]
        figure.add_scatter(
            x=[cell[0] for cell in those],
            y=[cell[1] for cell in those],
            text=[cell[2] for cell in those],
            mode="text",
            textfont={"color": palette.chosen if bold else palette.muted, "size": 14 if bold else 13},
            hoverinfo="skip",
        )
    right = gap + N_FACTORS - 0.5
    for left, end, top, bottom, colour in (
        (-0.4, 0.4, -0.5, N_USERS - 0.5, palette.grid),
        (gap - 0.5, right, -0.5, N_USERS - 0.5, palette.grid),
        (gap - 0.5, right, user - 0.45, user + 0.45, palette.chosen),
    ):
        figure.add_shape(type="rect", x0=left, x1=end, y0=top, y1=bottom, line={"color": colour, "width": 1.5})
    for x, y, text in (
        (0.0, -1.0, "one-hot"),
        (0.8, (N_USERS - 1) / 2, "×"),
        (gap + (N_FACTORS - 1) / 2, -1.0, "matrix: a row a user"),
    ):
        figure.add_annotation(x=x, y=y, text=text, showarrow=False, font={"color": palette.muted, "size": 13})
    for height, text in zip(below, ("product", "looked up"), strict=True):
        figure.add_annotation(
            x=gap - 0.6, y=height, text=text, showarrow=False, xanchor="right", font={"color": palette.ink, "size": 13}
        )
    figure.update_xaxes(visible=False, range=[-0.9, right + 0.2])
    figure.update_yaxes(visible=False, range=[below[1] + 0.6, -1.5])
    styled(figure, palette, 400, left=0)
    return figure.update_layout(margin={"l": 0, "r": 0, "t": 4, "b": 4})


def cost_figure(costs: Sequence[Cost], palette: Palette) -> go.Figure:
    """Time and memory of product and look-up against the number of users, both axes logarithmic, one above the other."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    sizes = [cost.n_rows for cost in costs]
    for row, unit, scale, product, look_up in (
        (1, "µs", 1e6, "product_seconds", "look_up_seconds"),
        (2, "kB", 1e-3, "product_bytes", "look_up_bytes"),
    ):
        for name, colour, attribute in (
            ("one-hot × matrix", palette.categorical[1], product),
            ("look-up", palette.categorical[0], look_up),
        ):
            values = [getattr(cost, attribute) * scale for cost in costs]
            figure.add_scatter(
                x=sizes,
                y=values,
                mode="lines+markers",
                line={"color": colour, "width": 2.5},
                hovertemplate=f"{name}, %{{x:,}} users · %{{y:,.3~g}} {unit}<extra></extra>",
                row=row,
                col=1,
            )
            figure.add_annotation(
                x=np.log10(sizes[-1]),
                y=np.log10(values[-1]),
                text=name,
                showarrow=False,
                xanchor="right",
                yanchor="bottom",
                xshift=4 if attribute == look_up else -26,
                yshift=5,
                font={"color": colour, "size": 12},
                row=row,
                col=1,
            )
    figure.update_xaxes(type="log", dtick=1, range=[1.9, 5.15])
    figure.update_yaxes(type="log", dtick=1)
    styled(figure, palette, 400, left=64)
    figure.update_xaxes(title="users (rows of the matrix)", row=2, col=1)
    figure.update_yaxes(title="time (µs)", row=1, col=1)
    return figure.update_yaxes(title="memory (kB)", row=2, col=1)


def product_table(user: int, matrix: torch.Tensor) -> pd.DataFrame:
    """The one-hot vector and the rows of the matrix beside it, and below them the product and the looked-up row."""
    index = torch.tensor([user])
    numbers = torch.cat([matrix, by_product(index, matrix), by_look_up(index, matrix)]).numpy().astype(np.float64)
    table = pd.DataFrame(numbers.round(3), columns=[f"factor {place}" for place in range(1, N_FACTORS + 1)])
    one_hot = pd.array([*(int(row == user) for row in range(N_USERS)), None, None], dtype="Int64")
    table.insert(0, "one-hot", one_hot)
    table.insert(0, "row", [*(f"user {row}" for row in range(N_USERS)), "product", "looked up"])
    return table


def costs_table(costs: Sequence[Cost]) -> pd.DataFrame:
    """Time and memory of product and look-up, one row per number of users."""
    return pd.DataFrame(
        {
            "users": [cost.n_rows for cost in costs],
            "product (µs)": [round(1e6 * cost.product_seconds, 2) for cost in costs],
            "look-up (µs)": [round(1e6 * cost.look_up_seconds, 2) for cost in costs],
            "product (kB)": [round(1e-3 * cost.product_bytes, 3) for cost in costs],
            "look-up (kB)": [round(1e-3 * cost.look_up_bytes, 3) for cost in costs],
        }
    )


def draw(page: Page) -> None:
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        user = st.slider(
            "User",
            0,
            N_USERS - 1,
            3,
            key="one_hot_user",
            bind="query-params",
            help="Where the one stands in the one-hot vector, and which row is read out.",
        )
        index, matrix = torch.tensor([user]), small_matrix()
        difference = (by_product(index, matrix) - by_look_up(index, matrix)).abs().max().item()
        st.metric("Largest difference", f"{difference:g}")
        attempt = st.session_state.setdefault("_learn_look_up_attempt", 0)
        if st.button(
            "Measure again", key="measure_again", help="Times both once more on the machine that serves this page."
        ):
            attempt = st.session_state["_learn_look_up_attempt"] = attempt + 1
        with st.spinner("Measuring"):
            costs = measured(attempt)
        last = costs[-1]
        st.metric(
            f"Slower at {last.n_rows:,} users",
            f"{last.product_seconds / last.look_up_seconds:,.0f} ×",
            help=f"The product of {BATCH} one-hot vectors with a matrix of 50 factors, against reading {BATCH} rows. "
            "One thread; making the vectors is not counted.",
        )
        st.metric(
            "More memory",
            f"{last.product_bytes / last.look_up_bytes:,.0f} ×",
            help=f"{BATCH} one-hot vectors against {BATCH} whole numbers of 8 bytes.",
        )
    left, right = picture.columns([1, 1.25], gap="small")
    left.plotly_chart(
        product_figure(user, matrix, palette()),
        config=PLAIN,
        key="one_hot_product",
        alt=f"A one-hot vector with its one at place {user} times a matrix; the product equals row {user}",
    )
    right.plotly_chart(
        cost_figure(costs, palette()),
        config=PLAIN,
        key="look_up_costs",
        alt="Time and memory by the number of users: those of the product rise in proportion, those of the look-up hardly",
    )
    with left:
        as_table("one_hot_table", "One-hot vector, matrix, product and look-up", lambda: product_table(user, matrix))
    with right:
        as_table(
            "look_up_table",
            "Time and memory by the number of users",
            lambda: costs_table(costs),
            {"users": st.column_config.NumberColumn(format="localized")},
        )


STEP = Step(
    slug="look-up",
    title="One-hot times matrix is a look-up",
    insight="The product picks one row out and multiplies the rest by nought: reading that row gives **the same numbers**, "
    "and its cost hardly depends on how many users there are.",
    draw=draw,
    door=Door("pages/train.py", "a model’s tables with their shapes", {"model": "dot-bias"}),
    questions=(
        Question(
            9,
            "What is an embedding matrix?",
            "A table of numbers with a row for every user (or film), of as many columns as there are factors. It is what a "
            "one-hot vector is multiplied with, and what training changes.",
        ),
        Question(
            10,
            "How do an embedding and one-hot vectors belong together?",
            "An embedding gives what the product of a one-hot vector with the embedding matrix would give, without ever making "
            "the vector: it reads the row out. Its gradient is that of the product too: only the rows that were read have one.",
        ),
        Question(
            11,
            "Why embeddings, if the product with one-hot vectors does the same?",
            "Because the product is nearly all waste. Its time and memory grow with the number of users, while one row out of "
            "them is wanted; the picture shows by how much.",
        ),
        Question(
            12,
            "What does an embedding hold before training?",
            "Small random numbers, in `dot-bias` as in the chapter from a normal distribution with deviation 0.01. They mean "
            "nothing yet, but they differ, so that the factors can learn different things. (The small matrix above is ten times "
            "as large, for the eye.)",
        ),
    ),
)
