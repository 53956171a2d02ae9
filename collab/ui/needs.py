"""What a page asks of a model, and where one cannot serve it: why, and the runs that can."""

from __future__ import annotations

from itertools import islice

import streamlit as st

from collab.models import preset_of
from collab.services.runs import RunRecord, TrainedRun
from collab.services.training_job import default_plan, plan, runs_with
from collab.ui import cached, words
from collab.ui.page import describe_run, use_run
from collab.ui.visitor import visitor

N_OFFERED = 4


def need_factors(run: TrainedRun, so_that: str) -> None:
    """Go on only with a model that has factors; `so_that` says what the page cannot do without."""
    if not run.model.has_factors:
        offer_factors(run, so_that)
        st.stop()


def offer_factors(run: TrainedRun, so_that: str) -> None:
    """The same offers where a part of a page cannot do without factors, and the rest of it goes on."""
    _offer_others(run.record, f"This model has no factors of films, so {so_that}.", "factors")


def need_biases(run: TrainedRun, so_that: str) -> None:
    """Go on only with a model that has biases; `so_that` says what the page cannot do without."""
    if not run.model.has_biases:
        _offer_others(run.record, f"This model has no biases, so {so_that}.", "biases")
        st.stop()


def need_descriptions(run: TrainedRun, so_that: str) -> None:
    """Go on only with a model that sees genres and years of films; `so_that` says what the page cannot do without."""
    if not getattr(run.model, "has_descriptions", False):
        record = run.record
        able = plan("side", preset_of("side", "fast"), record.data, "random:0.2", 0, preset="fast", starter=visitor())
        why = f"This model has no answer of its own to genres and years, so {so_that}."
        _offer_others(record, why, "descriptions", able, "Train a net with side information")
        st.stop()


def _offer_others(
    record: RunRecord, why: str, trait: str, able: RunRecord | None = None, label: str = "Train the default model"
) -> None:
    """Say why, offer the newest runs on the same data that have the `trait`, or to train one: the default model, or `able`."""
    jobs = cached.jobs()
    known = (each for each in jobs.store.records() if each.data == record.data)
    suited = list(islice(runs_with(trait, known), N_OFFERED))
    st.info(f"{why} {'These runs can serve:' if suited else 'Train one that can:'}", icon=":material/info:")
    with st.container(key="suited_runs"):
        for place, each in enumerate(suited):
            st.button(
                words.plain(describe_run(each)),
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
                on_click=lambda: use_run(jobs.submit_once(able or default_plan(record.data, starter=visitor()))),
            )
