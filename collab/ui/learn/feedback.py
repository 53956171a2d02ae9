"""Step: feedback loops, simulated with invented people who see only what the model shows them."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from collab.lessons.feedback import (
    DAMPING,
    EXPLORATION,
    MAXIMUM_LOVERS,
    N_GENRES,
    N_ITEMS,
    N_PEOPLE,
    N_ROUNDS,
    N_SHOWN,
    NONE,
    Round,
    simulate,
)
from collab.training.one_thread import one_thread
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.style import PLAIN, styled
from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Question, Step
from collab.ui.widgets.tables import as_table

N_WORLDS = 3
SECONDS_BETWEEN_PICTURES = 0.2
REMEDY_NAMES = {NONE: "None", EXPLORATION: "Explore", DAMPING: "Damp"}
REMEDY_LINES = {NONE: "no remedy", EXPLORATION: "exploration", DAMPING: "damped popularity"}
CURVES = (
    "Three curves over twelve rounds of showing, rating and training: variety of what is shown, share of the loved genre, error "
    "of the model; without a remedy and with the chosen one"
)
Lines = Mapping[str, np.ndarray]
"""By remedy: mean over worlds of variety, loved share and error, (3, N_ROUNDS + 1)."""


@st.cache_data(show_spinner=False, max_entries=256)
def world_rounds(n_lovers: int, remedy: str, seed: int) -> tuple[Round, ...]:
    """All rounds of one world."""
    with one_thread():
        return tuple(simulate(n_lovers, remedy, seed))


def mean_lines(worlds: list[tuple[Round, ...]]) -> np.ndarray:
    """Variety, loved share and error of every round, means over the worlds, (3, N_ROUNDS + 1)."""
    return np.mean([[(each.variety, each.loved_share, each.error) for each in rounds] for rounds in worlds], axis=0).T


def loop_figure(lines: Lines, palette: Palette) -> go.Figure:
    """Three panels over the rounds: variety (log), share of the loved genre, error."""
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    hovers = ("%{y:.0f} films", "%{y:.0%} anime", "off by %{y:.2f} stars")
    for remedy, values in lines.items():
        look = {"color": palette.muted if remedy == NONE else palette.chosen, "width": 3}
        for row, (line, hover) in enumerate(zip(values, hovers, strict=True), 1):
            figure.add_scatter(
                x=np.arange(len(line)),
                y=line,
                mode="lines",
                name=REMEDY_LINES[remedy],
                line=look,
                showlegend=row == 1,
                hovertemplate=f"{REMEDY_LINES[remedy]}, round %{{x}}: {hover}<extra></extra>",
                row=row,
                col=1,
            )
    titles = (
        "different films in a round, effective number",
        "anime in all that was shown so far",
        "error of the predictions, all films (stars)",
    )
    for row, title in enumerate(titles, 1):
        figure.add_annotation(
            text=title,
            xref="x domain",
            yref="y domain",
            x=0,
            y=1.02,
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
            font={"color": palette.muted, "size": 12},
            row=row,
            col=1,
        )
    figure.update_yaxes(type="log", range=[np.log10(2.5), np.log10(400)], tickvals=[3, 10, 30, 100, 300], row=1, col=1)
    figure.update_yaxes(range=[0, 1], tickvals=[0, 0.5, 1], tickformat=".0%", row=2, col=1)
    figure.update_yaxes(range=[0.5, 0.9], tickvals=[0.5, 0.7, 0.9], row=3, col=1)
    figure.update_xaxes(range=[-0.2, N_ROUNDS + 0.2], dtick=2)
    figure.update_xaxes(title="round; 0: what people had seen by chance", row=3, col=1)
    styled(figure, palette, 430, left=48)
    figure.update_layout(
        showlegend=True,
        margin={"t": 30},
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 0.65, "yanchor": "top", "font": {"size": 12}},
    )
    return figure


def rounds_table(lines: Lines) -> pd.DataFrame:
    """The three curves, one row per remedy and round; round 0 is what people had seen by chance."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "remedy": REMEDY_LINES[remedy],
                    "round": range(len(variety)),
                    "different films (effective number)": variety.round(1),
                    "anime shown so far (%)": (100 * share).round(1),
                    "error (stars)": error.round(3),
                }
            )
            for remedy, (variety, share, error) in lines.items()
        ],
        ignore_index=True,
    )


def in_words(lines: Lines, n_lovers: int) -> str:
    """What the picture shows, in numbers."""
    variety, share, error = lines[NONE]
    text = (
        f"Without a remedy the first round amounts to **{variety[1]:.0f}** films shown equally often, after {variety[0]:.0f} "
        f"seen by chance; the last one to {variety[-1]:.0f}: it widens only as the best films run out and tastes get known. "
        f"Anime, {formats.percent(1 / N_GENRES)} of the films, is **{formats.percent(share[3])}** of what "
        "everybody else was shown "
        f"in three rounds{_lovers_words(n_lovers)}."
    )
    for remedy, (remedied, its_share, its_error) in lines.items():
        if remedy != NONE:
            text += (
                f" With {REMEDY_LINES[remedy]}: {remedied[1]:.0f} films in the first round and {remedied[-1]:.0f} in the last, "
                f"{formats.percent(its_share[3])} anime; the error at the end is {_error_words(its_error[-1], error[-1])}."
            )
    return text


def _error_words(its: float, alone: float) -> str:
    if f"{its:.2f}" == f"{alone:.2f}":
        return f"the same, {alone:.2f} stars"
    return f"{its:.2f} stars instead of {alone:.2f}"


def _lovers_words(n_lovers: int) -> str:
    if n_lovers == 0:
        return ", with nobody who loves it above all"
    return f", though its lovers are {formats.percent(n_lovers / (N_PEOPLE + n_lovers))} of all people"


def draw(page: Page) -> None:
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        n_lovers = st.slider(
            "Lovers of anime who join",
            0,
            MAXIMUM_LOVERS,
            20,
            5,
            key="feedback_lovers",
            bind="query-params",
            help=f"They have rated three in five films of their genre, very well. More of them weigh more on what the "
            f"{N_PEOPLE} others are shown.",
        )
        remedy = st.segmented_control(
            "Remedy",
            list(REMEDY_NAMES),
            default=EXPLORATION,
            required=True,
            format_func=REMEDY_NAMES.__getitem__,
            key="feedback_remedy",
            bind="query-params",
            help=f"Explore: one of the {N_SHOWN} places is left to chance. Damp popularity: the more ratings a film has, "
            "the more is taken off its prediction.",
        )
        said = st.empty()
    frame = picture.empty()
    remedies = [NONE] if remedy == NONE else [NONE, remedy]
    worlds: dict[str, list[tuple[Round, ...]]] = {each: [] for each in remedies}
    drawn = time.monotonic()
    for seed in range(N_WORLDS):
        for each in remedies:
            worlds[each].append(world_rounds(n_lovers, each, seed))
        if seed + 1 < N_WORLDS and time.monotonic() - drawn > SECONDS_BETWEEN_PICTURES:
            lines = {each: mean_lines(found) for each, found in worlds.items()}
            frame.plotly_chart(
                loop_figure(lines, palette()),
                config=PLAIN,
                key=f"feedback_{seed}",
                alt=f"{CURVES}; {seed + 1} of {N_WORLDS} worlds",
            )
            said.caption(f"World {seed + 1} of {N_WORLDS} …")
            drawn = time.monotonic()
    lines = {each: mean_lines(found) for each, found in worlds.items()}
    frame.plotly_chart(
        loop_figure(lines, palette()),
        config=PLAIN,
        key="feedback_rounds",
        alt=CURVES,
    )
    with picture:
        as_table("feedback_table", "The rounds, means of three worlds", lambda: rounds_table(lines))
    said.caption(in_words(lines, n_lovers))
    st.caption(
        f"A simulation: {N_PEOPLE} invented people, {N_ITEMS} invented films of {N_GENRES} genres, whole-star ratings. In every "
        f"round a Bayesian model is trained on all ratings so far and shows everybody the {N_SHOWN} films that it thinks they "
        f"would like best and have not seen; they rate them. Lovers are not counted in the curves, means of {N_WORLDS} worlds. "
        "The model is a small one; a stronger one tells a large group of lovers apart, and their pull levels off."
    )


STEP = Step(
    slug="feedback",
    title="Feedback loops",
    insight="Once a model chooses what people see, they see **far fewer different films**, and a few very active lovers of one "
    "genre can steer it.",
    draw=draw,
    door=Door("pages/rate.py", "rate films, and turn its dials"),
    questions=(
        Question(
            3,
            "Why can a model that predicts ratings well still be a poor recommender?",
            "Because people see only the top of its list. The best predicted films are often those that somebody knows anyway, "
            "or more of the same; the error counts every rated film alike, and says nothing of films that nobody was shown.",
        ),
        Question(
            28,
            "What is a feedback loop in a recommender, and what does it do?",
            "The model decides what people see, people rate what they see, and the next model learns from that. What it liked "
            "at the start gets more ratings, what it left out gets none and cannot prove itself; a small, very active group "
            "weighs more than its number. Counting what is shown, places left to chance, and a person who looks at both keep "
            "it in check.",
        ),
    ),
)
