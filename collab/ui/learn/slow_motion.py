"""Step: how latent factors are learned, in slow motion: a few users and films of the real data, one step at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from collab.errors import RunError
from collab.explore.crosstab import by_count, crosstab
from collab.lessons.slow_motion import State, trajectory
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.frame import cached, link
from collab.ui.frame.page import Page
from collab.ui.learn.spreadsheet import loss_spec, number, spreadsheet, spreadsheet_table
from collab.ui.learn.step import Door, Question, Step
from collab.ui.widgets.controls import choose
from collab.ui.widgets.tables import as_table

STEP_TAKEN, START = "slow_step", "slow_seed"  # names in the link of what the buttons set
SIZE = 6  # users, and films
N_STEPS = 60
MOST_STARTS = 999_999
SECONDS = 0.6  # between two steps while it plays
STYLE = Path(__file__).with_suffix(".css")
RATES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 2.0)
FACTORS, GRADIENTS = "Factors", "Gradients"


def draw(page: Page) -> None:
    try:
        users, films, ratings = _table(page.run.id)
    except RunError as reason:
        st.info(
            f"The ratings are not at hand: {formats.plain(str(reason))}. Choose another run in the side bar.",
            icon=":material/info:",
        )
        return
    playing = bool(st.session_state.get("slow_playing"))
    st.fragment(_stage, run_every=SECONDS if playing else None)(users, films, ratings, page.data.synthetic, playing)


@st.cache_data(show_spinner=False, max_entries=8)
def _table(run_id: str) -> tuple[list[str], list[str], np.ndarray]:
    """The most active users, the most rated films, and their training ratings, NaN where there are none. Raises RunError."""
    train, _ = cached.ratings_of(run_id)
    user_index = by_count(train.user_index, train.n_users)[:SIZE]
    item_index = by_count(train.item_index, train.n_items)[:SIZE]
    titles = cached.trained_run(run_id).items["title"].iloc[item_index].tolist()
    return [train.users.labels[index] for index in user_index], titles, crosstab(train, user_index, item_index)


def _stage(users: list[str], films: list[str], ratings: np.ndarray, synthetic: bool, drawn_playing: bool) -> None:
    """Spreadsheet and controls. While playing, it reruns by itself and takes one step each time."""
    state = st.session_state
    if bool(state.get("slow_playing")) != drawn_playing:
        st.rerun()  # a full rerun starts or stops the timer
    st.html(STYLE)
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        rate = st.select_slider(
            "Learning rate",
            RATES,
            0.2,
            key="slow_rate",
            bind="query-params",
            help="How far each step goes against the gradient. Higher: faster, until the steps overshoot and the loss rises.",
        )
        _from_link(STEP_TAKEN, N_STEPS)
        _from_link(START, MOST_STARTS)
        seed = int(state.get(START, 0))
        states = trajectory(ratings, seed, rate, N_STEPS)
        last = len(states) - 1
        now = min(int(state.get(STEP_TAKEN, 0)), last)
        if drawn_playing:
            now = min(now + 1, last)
            if now == last:
                state["slow_playing"] = False
        state[STEP_TAKEN] = now
        user = st.selectbox(
            "User",
            users,
            key="slow_user",
            bind="query-params",
            help="The row of the cell that is worked out below.",
        )
        film = st.selectbox(
            "Film",
            films,
            key="slow_film",
            bind="query-params",
            help="The column of the cell that is worked out below.",
        )
        shown = choose(
            "In the margins",
            [FACTORS, GRADIENTS],
            key="slow_shown",
            help="A gradient says which way the loss rises: a step goes the other way, by learning rate × gradient.",
        )
        data, spec = loss_spec(states[: now + 1], N_STEPS, palette())
        st.vega_lite_chart(data, spec, key="slow_loss", alt=f"Loss after {now} steps: {formats.loss(states[now].loss)}")
    with picture:
        _buttons(now, last, drawn_playing, states[now].loss)
        picked = (users.index(user), films.index(film))
        st.html(spreadsheet(states[now], ratings, users, films, picked, palette(), gradients=shown == GRADIENTS))
        st.caption(_worked_out(states[now], ratings, picked, rate) + (" Synthetic ratings." if synthetic else ""))
        as_table(
            "slow_table",
            "The spreadsheet and its loss",
            lambda: {
                f"The spreadsheet after {now} steps": spreadsheet_table(
                    states[now], ratings, users, films, gradients=shown == GRADIENTS
                ),
                "The loss after every step so far": pd.DataFrame(
                    {"step": range(now + 1), "loss (MSE)": [round(each.loss, 4) for each in states[: now + 1]]}
                ),
            },
        )
    if drawn_playing and not state["slow_playing"]:
        st.rerun()
    if not drawn_playing:  # a link that changed at every step would fill the browser's history
        for name in (STEP_TAKEN, START):
            link.put(name, str(state[name]) if state.get(name) else None)


def _from_link(name: str, most: int) -> None:
    """Apply the step, or the seed of the start, of a newly opened link: 0 to `most`."""
    if link.came(name):
        st.session_state[name] = min(int(link.own(name) or 0), most)


def _buttons(now: int, last: int, playing: bool, loss: float) -> None:
    """The buttons that move the steps, and the current step, in one row above the spreadsheet."""

    def to(step: int) -> None:
        st.session_state[STEP_TAKEN], st.session_state["slow_playing"] = step, False

    def play() -> None:
        st.session_state["slow_playing"] = not playing
        if not playing and now == last:
            st.session_state[STEP_TAKEN] = 0

    def shuffle() -> None:
        st.session_state[START] = int(st.session_state.get(START, 0)) + 1
        to(0)

    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            "Pause" if playing else "Play",
            key="slow_play",
            icon=":material/pause:" if playing else ":material/play_arrow:",
            type="primary",
            on_click=play,
        )
        st.button("One step", key="slow_next", on_click=to, args=(min(now + 1, last),), disabled=now == last)
        st.button(
            "Reset", key="slow_reset", on_click=to, args=(0,), disabled=now == 0, help="Back to the random factors."
        )
        st.button("New start", key="slow_shuffle", on_click=shuffle, help="Other random factors.")
        endless = ": the loss would grow without end" if now == last < N_STEPS else ""
        st.markdown(f"Step {now} of {N_STEPS} · loss **{formats.loss(loss)}**{endless}", width="content")


def _worked_out(state: State, ratings: np.ndarray, picked: tuple[int, int], rate: float) -> str:
    """The dot product and the error of the picked cell, and the gradient of its user's factors, in words."""
    row, column = picked
    pairs = zip(state.user_factors[row], state.item_factors[column], strict=True)
    product = " + ".join(f"{_bracketed(of_user)}·{_bracketed(of_item)}" for of_user, of_item in pairs)
    text = f"Prediction {product} = **{number(state.predictions[row, column])}**"
    if np.isnan(ratings[row, column]):
        text += "; not rated, so no error pulls at it."
    else:
        error = state.errors[row, column]
        text += f"; rated {ratings[row, column]:g}, error **{number(error)}**."
    gradients = ", ".join(number(value, 3) for value in state.user_gradients[row])
    return f"{text} Gradient of the user's factors: ({gradients}); a step moves them by −{rate:g} times that."


def _bracketed(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


STEP = Step(
    slug="slow-motion",
    title="Latent factors are learned, in slow motion",
    insight="Factors start as **random numbers**; each step moves them all against the gradient of the error.",
    draw=draw,
    in_link=(STEP_TAKEN, START),
    door=Door("pages/train.py", "train the same on all ratings, and watch", {"model": "dot"}),
    questions=(
        Question(
            6,
            "What is a latent factor, and why is it latent?",
            "A number of a film or of a user that helps to predict ratings: how much there is of something, or how much it is "
            "liked. It is latent, hidden, because it stands nowhere in the data: it is learned from the ratings alone, and "
            "what it means can only be guessed afterwards from the films where it is high or low.",
        ),
        Question(
            16,
            "What is a good loss for MovieLens, and why?",
            "The mean squared error. Ratings are numbers in an order, so a prediction can be more or less wrong; "
            "squaring makes large errors count most and gives a gradient that shrinks as the prediction comes closer.",
        ),
    ),
)
