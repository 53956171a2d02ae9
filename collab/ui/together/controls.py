"""The controls of the Together page: how people are combined, the order, and which films may be picked."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from collab.recommend.group import AVERAGE, LEAST_MISERY, WITHOUT_MISERY
from collab.recommend.orders import RATING, WATCH, Dials
from collab.services.run_files import TrainedRun
from collab.ui.widgets.controls import choose
from collab.ui.widgets.dials import choose_dials

WAYS = {"Average": AVERAGE, "Least misery": LEAST_MISERY, "Average without misery": WITHOUT_MISERY}
ORDERS = {"Watch and like": WATCH, "Predicted rating": RATING}
LEAST_STEP = 0.25


@dataclass(frozen=True)
class Choice:
    """The values of the controls."""

    way: str
    order: str
    least: float
    dials: Dials
    again: bool


def choose_rules(run: TrainedRun) -> Choice:
    """Draw the controls above the list; all of them are in the link."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="evening_controls"):
        way = choose(
            "Combined by",
            list(WAYS),
            key="way",
            help="Average: the mean of all. Least misery: only the least content person counts. Average without misery: the "
            "mean, without films that somebody would rate too low.",
        )
        order = choose(
            "What counts",
            list(ORDERS),
            key="counts",
            help="Watch and like: the films’ places in each one’s own list, made of what people with their ratings watched and "
            "liked and of the predicted rating; all lists weigh the same. Predicted rating: the stars alone.",
        )
        with st.popover("", icon=":material/tune:", help="Choose what kind of films may be picked."):
            dials = choose_dials(run, bend=False, narrow=True)
            again = st.toggle(
                "Also films that some have liked",
                key="again",
                bind="query-params",
                help="Films that some here rated high and others have not rated may be picked too; the stars given stand in "
                "place of a prediction.",
            )
        # last, so that no other control moves when it appears or disappears
        least, scale = 3.0, run.record.scale
        if WAYS[way] == WITHOUT_MISERY:
            least = st.slider(
                "Nobody below (stars)",
                float(scale.low),
                float(scale.high),
                least,
                LEAST_STEP,
                key="least",
                bind="query-params",
                width=190,
                help="Films that somebody is predicted to rate lower are left out. Higher: fewer films, nobody unhappy.",
            )
    return Choice(WAYS[way], ORDERS[order], least, dials, again)
