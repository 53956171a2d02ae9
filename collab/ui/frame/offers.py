"""What a page requires of a model; if a model lacks it, why that matters and which runs have it."""

from __future__ import annotations

from itertools import islice

import streamlit as st

from collab.errors import CollabError
from collab.models import preset_of
from collab.services.plans import default_plan, plan, runs_with
from collab.services.run_files import TrainedRun
from collab.services.run_record import RunRecord
from collab.services.run_rows import load_encoded
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.in_use import run_in_use, use_run
from collab.ui.frame.queueing import say_refusal, train_and_show
from collab.ui.frame.run_words import describe_run
from collab.ui.frame.visitor import visitor

N_OFFERED = 4


def need_factors(run: TrainedRun, so_that: str) -> None:
    """Go on only with a model that has factors; `so_that` says what lacking them means for the page."""
    if not run.model.has_factors:
        offer_factors(run, so_that)
        st.stop()


def offer_factors(run: TrainedRun, so_that: str) -> None:
    """The same offers for a part of a page that needs factors; the rest of the page goes on."""
    _offer_others(run.record, f"This model has no factors of films, so {so_that}.", "factors")


def need_biases(run: TrainedRun, so_that: str) -> None:
    """Go on only with a model that has biases; `so_that` says what lacking them means for the page."""
    if not run.model.has_biases:
        _offer_others(run.record, f"This model has no biases, so {so_that}.", "biases")
        st.stop()


def offer_runs_with_ratings(record: RunRecord, why: str) -> None:
    """Say why the ratings of this run are not available, and offer the newest runs of the same data set whose ratings are."""
    try:
        here = load_encoded(record.data, cached.environment())[0].fingerprint
    except CollabError:
        here = ""  # the data set was removed after the page was opened
    known = (each for each in cached.runs().records() if each.data == record.data and each.id != record.id)
    suited = (each for each in known if each.has_weights and each.state == "finished" and each.fingerprint == here)
    _offer(record, f"{why[0].upper()}{why[1:]}.", list(islice(suited, N_OFFERED)))


def offer_descriptions(run: TrainedRun, so_that: str) -> None:
    """The same for a part of a page that needs a model with genres and years of films as input."""
    record = run.record
    able = plan("side", preset_of("side", "fast"), record.data, "random:0.2", 0, preset="fast", starter=visitor())
    why = f"This model has no answer of its own to genres and years, so {so_that}."
    _offer_others(record, why, "descriptions", able, "Train a net with side information")


def _offer_others(
    record: RunRecord, why: str, trait: str, able: RunRecord | None = None, label: str = "Train the default model"
) -> None:
    """Say why, and offer the newest runs on the same data that have the `trait`; without any, training `able` or the default."""
    known = (each for each in cached.runs().records() if each.data == record.data)
    _offer(record, why, list(islice(runs_with(trait, known), N_OFFERED)), able, label)


def _offer(
    record: RunRecord,
    why: str,
    suited: list[RunRecord],
    able: RunRecord | None = None,
    label: str = "Train the default model",
) -> None:
    """Say why the page's run does not suit, and offer the `suited` runs; without any, training one."""
    if run_in_use() not in ("", record.id):
        st.rerun()  # a press in a fragment has just chosen another run: redraw the whole page
    st.info(f"{why} {'These runs can serve:' if suited else 'Train one that can:'}", icon=":material/info:")
    with st.container(key="suited_runs"):
        for place, each in enumerate(suited):
            st.button(
                formats.plain(describe_run(each)),
                key=f"use_{each.id}",
                type="primary" if place == 0 else "secondary",
                on_click=use_run,
                args=(each.id,),
                help="Makes it the run that every page shows.",
            )
        if not suited:
            st.button(
                label,
                key="train_default",
                type="primary",
                on_click=train_and_show,
                args=(lambda: able or default_plan(record.data, starter=visitor()),),
            )
            say_refusal()
