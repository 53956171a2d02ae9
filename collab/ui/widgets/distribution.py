"""How a user would rate a film: the probability of every rating level, from any run, and the rating actually given."""

from __future__ import annotations

import math

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from collab.errors import RunError
from collab.explore.distribution import (
    HELD_OUT,
    ONE_NOISE,
    OWN,
    OWN_VARIANCE,
    SEALED,
    Distribution,
    Given,
    actual_ratings,
    distribution,
    held_out_items,
)
from collab.models.levels import COVERAGE
from collab.services.run_files import TrainedRun
from collab.services.run_record import RunRecord
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette, palette
from collab.ui.charts.style import PLAIN, styled
from collab.ui.frame import cached, link
from collab.ui.frame.item_page import FILM
from collab.ui.widgets.item_list import level_chances_in_words, likely_words
from collab.ui.widgets.pickers import choose_film, pick_film, pick_user
from collab.ui.widgets.tables import as_table

SOURCES = {
    OWN: "The model predicts these chances itself, one for every level.",
    OWN_VARIANCE: "The chances are read off a bell curve around the prediction, as wide as the model is unsure of this user, "
    "of this film and of the rating itself.",
    ONE_NOISE: "This model predicts one number. The chances are read off a bell curve around it, equally wide for all: "
    "±{:.2f} stars, its error on the held-out ratings.",
}


def distribution_figure(
    found: Distribution, given: list[Given], palette: Palette, height: int, synthetic: bool
) -> go.Figure:
    """A bar for every level, the likely ones in colour; the expected rating below them, the given rating above them."""
    levels, highest = found.rating_scale.levels.astype(float), float(found.chances.max())
    likely = [found.likely_low <= level <= found.likely_high for level in levels]
    figure = go.Figure(
        go.Bar(
            x=levels,
            y=100 * found.chances,
            width=0.72 * found.rating_scale.step,
            marker={
                "color": [palette.predicted if each else palette.muted for each in likely],
                "opacity": [1.0 if each else 0.45 for each in likely],
            },
            text=[f"{100 * chance:.0f} %" if chance >= 0.005 else "<1 %" for chance in found.chances],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x:g} stars · %{y:.1f} %<extra></extra>",
        )
    )
    top = 100 * highest
    figure.add_scatter(
        x=[found.expected],
        y=[-0.05 * top],
        mode="markers+text",
        marker={"symbol": "triangle-up", "size": 13, "color": palette.predicted},
        text=[f"  expected {formats.stars(found.expected)}"],
        textposition="middle right" if found.expected < levels.mean() else "middle left",
        textfont={"color": palette.predicted},
        hovertemplate="expected rating %{x:.2f}<extra></extra>",
    )
    shown = [each for each in given if each.rating is not None]
    figure.add_scatter(
        x=[each.rating for each in shown],
        y=[1.22 * top] * len(shown),
        mode="markers+text",
        marker={"symbol": "star", "size": 14, "color": palette.observed},
        text=[f"given ({each.part})" for each in shown],
        textposition="top center",
        textfont={"color": palette.observed},
        hovertemplate="given: %{x:g} stars<extra></extra>",
    )
    margin = 0.6 * found.rating_scale.step
    figure.update_xaxes(
        title="rating (stars)", tickvals=levels, range=[levels[0] - margin, levels[-1] + margin], showgrid=False
    )
    figure.update_yaxes(title="chance (%)", range=[-0.12 * top, 1.45 * top], zeroline=True, nticks=6)
    figure = styled(figure, palette, height, synthetic=synthetic)
    return figure.update_xaxes(zeroline=False)


def show_distribution(run: TrainedRun, height: int = 360) -> None:
    """The chart of the level probabilities, and beside it the controls for user and film, which are kept in the link."""
    users, items = run.users, run.items
    try:
        split, ratings = cached.run_split(run.id)
        missing = ""
    except RunError as reason:
        split = ratings = None
        missing = str(reason)
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        user_index = pick_user(run)
        held_out = [] if split is None else held_out_items(ratings, split, user_index).tolist()
        offered = [film for film in held_out if items["n_ratings"].iat[film] > 0]
        if FILM not in st.session_state and not link.said(FILM) and offered:
            choose_film(run, offered[0])
        item_index = pick_film(run, default=False)
        st.button(
            "Another held-out rating",
            key="next_held_out",
            icon=":material/skip_next:",
            on_click=_next_film,
            args=(run, offered, item_index),
            disabled=not offered,
            help="Goes on to the next film that this user rated and the model never saw the rating of.",
        )
    if item_index is None:
        picture.info("Choose a film, or go to one of the user’s held-out ratings.", icon=":material/movie:")
        return
    found = distribution(run.model, user_index, item_index, run.record.scale, run.valid_mse)
    given = [] if split is None else actual_ratings(ratings, split, user_index, item_index)
    picture.plotly_chart(
        distribution_figure(found, given, palette(), height, run.record.synthetic),
        config=PLAIN,
        key="distribution",
        alt=f"User {users['user_id'].iat[user_index]}, {items['title'].iat[item_index]}: expected "
        f"{formats.stars(found.expected)} stars. {level_chances_in_words(found.chances, found.rating_scale)}",
    )
    with controls:
        expected, actual = st.columns(2)
        expected.metric("Expected", formats.stars(found.expected), help="Σ level · chance, in stars.")
        actual.metric("Given", given_in_short(given), help="What this user gave to the film, where it was rated.")
    picture.caption(f"{in_words(found, run.valid_mse)} {given_in_words(given, missing)}")
    with picture:
        as_table(
            "level_chances_table",
            "The chance of every rating level",
            lambda: pd.DataFrame({"stars": found.rating_scale.levels, "chance": 100 * found.chances}),
            {
                "stars": st.column_config.NumberColumn(format="%.1f"),
                "chance": st.column_config.NumberColumn("chance (%)", format="%.1f"),
            },
        )


def distribution_expander(record: RunRecord) -> None:
    """The same on a run's page, in an expander; whether it is open is kept in the link."""
    if not record.has_weights:
        return
    expander = st.expander(
        "How would a user rate a film?",
        key="how_rated",
        icon=":material/bar_chart:",
        on_change="rerun",
        bind="query-params",
    )
    if expander.open:
        with expander:
            show_distribution(cached.trained_run(record.id))


def in_words(found: Distribution, valid_mse: float) -> str:
    """Where the probabilities come from, and which levels are coloured."""
    return (
        f"Coloured: the fewest neighbouring levels that hold the rating with a chance of at least {COVERAGE:.0%}, "
        f"{likely_words(found.likely_low, found.likely_high)}. " + SOURCES[found.source].format(math.sqrt(valid_mse))
    )


def given_in_short(given: list[Given]) -> str:
    """ "4", "4, 5" for a film rated twice, a dash for one that was not rated or whose rating is sealed."""
    return ", ".join(f"{each.rating:g}" for each in given if each.rating is not None) or formats.MISSING


def given_in_words(given: list[Given], missing: str = "") -> str:
    """What was given, and whether the model had seen it; `missing` says why that is unknown."""
    if missing:
        return f"What was really given is not known: {missing}."
    if not given:
        return "This user has not rated the film."
    each = given[0]
    if each.part == SEALED:
        return "This user’s rating of the film is sealed: nobody looks at it before the choosing is over."
    seen = (
        "held out: the model never saw it"
        if each.part == HELD_OUT
        else "a training rating: the model has learned from it"
    )
    twice = f" The film was rated {len(given)} times." if len(given) > 1 else ""
    return f"The {each.rating:g} that was given is {seen}.{twice}"


def _next_film(run: TrainedRun, offered: list[int], item_index: int | None) -> None:
    place = offered.index(item_index) + 1 if item_index in offered else 0
    choose_film(run, offered[place % len(offered)])
