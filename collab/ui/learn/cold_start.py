"""Step: the chapter's remedies for new users, measured side by side on the chosen data."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from collab.errors import CollabError
from collab.lessons.cold_start import ABOUT, AVERAGE_USER, BIASES, GENRES, N_TESTED, REVEALED, TASTE, measure
from collab.services.run_rows import load_encoded
from collab.training.comparison import NOT_TOLD_APART, WORSE, Measured
from collab.training.one_thread import one_thread
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.style import PLAIN, styled
from collab.ui.frame import cached
from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Question, Step
from collab.ui.widgets.tables import as_table

NAMES = {GENRES: "genres named", ABOUT: "age, gender, job", BIASES: "kindness only", TASTE: "taste"}


@st.cache_data(show_spinner=False, max_entries=8)
def measured(data: str) -> Measured:
    """The remedies, measured on the data set `data`. Raises CollabError where that is not possible."""
    dataset, ratings = load_encoded(data, cached.environment())
    with one_thread():
        return measure(dataset, ratings)


@st.cache_resource(show_spinner=False)
def measured_before() -> set[str]:
    """The data sets already measured on this server: no visitor has to start that again."""
    return set()


def rows_of(found: Measured, n_revealed: int) -> list[tuple[str, int, str]]:
    """Remedy, ratings revealed and label of every row of the picture, from the top."""
    revealed = formats.counted(n_revealed, "rating")
    rows = [(remedy, 0, NAMES[remedy]) for remedy in (ABOUT, GENRES) if (remedy, 0) in found.squared]
    return [*rows, *((remedy, n_revealed, f"{revealed}: {NAMES[remedy]}") for remedy in (BIASES, TASTE))]


def methods_figure(found: Measured, n_revealed: int, palette: Palette, *, synthetic: bool) -> go.Figure:
    """One row per remedy: its MSE less that of the average user, with the 95 % interval; zero is the average user."""
    figure = go.Figure()
    for remedy, k, label in rows_of(found, n_revealed):
        against = found.gain((remedy, k), AVERAGE_USER)
        figure.add_scatter(
            x=[against.difference],
            y=[label],
            mode="markers+text",
            marker={"size": 13, "color": palette.chosen if remedy == TASTE else palette.predicted},
            error_x=_interval(against.low, against.high, against.difference),
            text=formats.loss(found.mse((remedy, k))),
            textposition="top center",
            textfont={"color": palette.ink},
            hovertemplate=f"{label}: MSE {formats.loss(found.mse((remedy, k)))}, "
            f"{formats.signed(against.low)} to {formats.signed(against.high)}<extra></extra>",
        )
    figure.add_vline(0, line={"color": palette.muted, "dash": "dot"})
    figure.add_annotation(
        x=0,
        y=1,
        yref="paper",
        yanchor="bottom",
        text=f"the average user: {formats.loss(found.mse(AVERAGE_USER))}",
        showarrow=False,
        font={"color": palette.muted},
    )
    lows = [found.gain((remedy, k), AVERAGE_USER).low for remedy, k in found.squared]
    highs = [found.gain((remedy, k), AVERAGE_USER).high for remedy, k in found.squared]
    figure.update_xaxes(title="MSE less that of the average user", range=[min(lows) - 0.02, max(highs) + 0.06])
    figure.update_yaxes(autorange="reversed", automargin=True)
    styled(figure, palette, 400, synthetic=synthetic, left=8)
    return figure.update_layout(margin={"t": 34})


def _interval(low: float, high: float, middle: float) -> dict[str, Any]:
    return {"type": "data", "symmetric": False, "array": [high - middle], "arrayminus": [middle - low], "thickness": 2}


def methods_table(found: Measured, n_revealed: int) -> pd.DataFrame:
    """The average user's row, then those of the picture: error, difference from the average user, its 95 % interval."""
    rows: list[tuple[str, float, float | None, float | None, float | None]] = [
        ("the average user", found.mse(AVERAGE_USER), None, None, None)
    ]
    for remedy, k, label in rows_of(found, n_revealed):
        against = found.gain((remedy, k), AVERAGE_USER)
        rows.append((label, found.mse((remedy, k)), against.difference, against.low, against.high))
    return pd.DataFrame(rows, columns=["remedy", "MSE", "less the average user’s", "from", "to"]).round(4)


def in_words(found: Measured, n_revealed: int) -> str:
    """What the picture shows, and what it leaves open."""
    rows = rows_of(found, n_revealed)
    better, worse, unsure = [], [], []
    for remedy, k, label in rows:
        verdict = found.gain((remedy, k), AVERAGE_USER).verdict
        (unsure if verdict == NOT_TOLD_APART else worse if verdict == WORSE else better).append(label)
    parts = []
    if better:
        parts.append(f"Better than the average user: **{'; '.join(better)}**.")
    if worse:
        parts.append(f"Worse: {'; '.join(worse)}.")
    if unsure:
        parts.append(
            f"Not told apart from it with {found.n_drawn} people, as the interval holds zero: {'; '.join(unsure)}."
        )
    return " ".join(parts)


def _measure_here(frame: DeltaGenerator, data: str) -> bool:
    """The button that starts the measurement, in the frame of the picture; True once that is done."""
    with frame.container(height=400, border=True, vertical_alignment="center"):
        st.markdown(
            "A hundred people are left out of the training, each with ten ratings to be predicted. The model then knows "
            "nothing of them, or their age, gender and job, or the genres that they name, or a few of their ratings. "
            "It takes some seconds."
        )
        if not st.button("Measure on 100 held-out people", key="cold_measure", type="primary"):
            return False
        with st.spinner("Training without them, and asking them"):
            try:
                measured(data)
            except CollabError as reason:
                st.error(formats.plain(str(reason)), icon=":material/error:")
                return False
    measured_before().add(data)
    return True


def draw(page: Page) -> None:
    picture, controls = st.columns([3, 1], gap="medium")
    data = page.data.name
    with controls:
        n_revealed = st.select_slider(
            "Ratings told",
            REVEALED,
            5,
            key="cold_revealed",
            bind="query-params",
            help="How many films, drawn from those that a person has rated, the model hears of. More tell more of a taste.",
        )
        said = st.empty()
    frame = picture.empty()
    if data not in measured_before() and not _measure_here(frame, data):
        return
    found = measured(data)
    frame.plotly_chart(
        methods_figure(found, n_revealed, palette(), synthetic=page.data.synthetic),
        config=PLAIN,
        key="cold_remedies",
        alt="For each remedy its error against that of the average user, with its 95 % interval; left of zero is better",
    )
    with picture:
        as_table("cold_table", "Error of every remedy", lambda: methods_table(found, n_revealed))
    said.caption(in_words(found, n_revealed))
    missing = [NAMES[remedy] for remedy in (ABOUT, GENRES) if (remedy, 0) not in found.squared]
    st.caption(
        f"{found.n_drawn} people, left out whole, with {N_TESTED} tested ratings each; bars: 95 % intervals, drawn over people, "
        "numbers: the error itself. The genres named are the up to three that they rated best among ratings not tested; "
        "“kindness only” knows how high somebody rates, “taste” folds the ratings into the Bayesian model."
        + (f" The data say nothing for: {'; '.join(missing)}." if missing else "")
    )


STEP = Step(
    slug="cold-start",
    title="Cold start: the remedies side by side",
    insight="Of somebody new a model knows only the average person; **a few ratings** move it towards this one.",
    draw=draw,
    door=Door("pages/rate.py", "rate a few films yourself"),
    questions=(
        Question(
            26,
            "What is the bootstrapping problem?",
            "Latent factors are learned from ratings. A new user or a new film has none, so there is nothing to learn from, just "
            "when a good first suggestion matters most; and a new system has this trouble with everybody.",
        ),
        Question(
            27,
            "What can be done about it, for users and for films?",
            "For users: start from the average person, ask for genres or other facts and predict the factors from them, or ask "
            "for ratings of a few well-chosen films. For films: start from the average film, or predict the factors from genre, "
            "year and cast. Averages of factors are a poor person, though: nobody may have that taste.",
        ),
    ),
)
