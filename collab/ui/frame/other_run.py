"""The run to compare with the one in the sidebar: `against=ID` in the link, its box, and training one where none suits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from collab.models import CHAPTER_MODEL, DEFAULT_MODEL, preset_of
from collab.services.plans import model_has, plan, runs_with
from collab.services.repeats import plan_repeats, same_but_seed, why_not_repeated, with_own_rows
from collab.services.run_files import TrainedRun
from collab.services.run_record import RunRecord
from collab.ui.charts import formats
from collab.ui.frame import cached, link
from collab.ui.frame.queueing import queue, say_refusal
from collab.ui.frame.run_words import run_labels
from collab.ui.frame.visitor import visitor
from collab.ui.frame.watch import watch

AGAINST = "against"  # in the link

# --- choosing it -----------------------------------------------------------------------------------------------------------


def most_alike_first(run: RunRecord, other: RunRecord) -> tuple[bool, bool, bool]:
    """Sort key of runs: those that differ in the seed alone, then those of the same model, then others; in each group, finished
    ones first."""
    return not same_but_seed(run, [other]), run.model != other.model, other.state != "finished"


def another_model_first(run: RunRecord, other: RunRecord) -> bool:
    """Sort key of runs: those of another model first."""
    return run.model == other.model


def pick_other_run(
    run: TrainedRun, label: str, help: str, first: Callable[[RunRecord, RunRecord], Any] = most_alike_first
) -> RunRecord | None:
    """The box with the runs that can be compared with `run`, of the same data set and with factors; returns the chosen one,
    which may still be training, or None where there is no other.

    A run in the link that cannot be compared is refused with a message. Without a choice: the newest of those that sort `first`.
    """
    state = st.session_state
    known = [each for each in cached.runs().records() if each.data == run.record.data and each.id != run.id]
    others = {each.id: each for each in runs_with("factors", known)}
    is_new, named = link.came(AGAINST), link.own(AGAINST)
    on_the_way = [
        each for each in known if each.busy and (each.id == named or not others) and model_has("factors", each)
    ]
    others = {each.id: each for each in on_the_way} | others
    if named is not None and named not in others:
        if (is_new and named != run.id) or any(each.id == named for each in known):
            _refuse(named, known, bool(others))
        named = None
    if not others:
        link.put(AGAINST, None)
        return None
    if named is None:
        named = min(others.values(), key=lambda each: first(run.record, each)).id
    state["_pick_against"] = named
    _use(named)

    def picked() -> None:
        if state["_pick_against"] in others:  # a browser may still show the label a run had while it trained
            _use(state["_pick_against"])

    labels = run_labels(others.values())
    st.selectbox(label, list(others), key="_pick_against", format_func=labels.__getitem__, on_change=picked, help=help)
    return others[named]


def _refuse(named: str, known: list[RunRecord], others: bool) -> None:
    """Say why the run `named` cannot be compared."""
    instead = " What you see is another run instead." if others else ""
    ended = next((each for each in known if each.id == named and not each.busy and not each.has_weights), None)
    if ended is not None:
        text, icon = (
            f"{formats.plain(ended.name)} has no model to compare with. {formats.plain(ended.message)}",
            "warning",
        )
    else:
        text = (
            f"The link names the run {formats.plain(repr(named[:20]))} to compare with; no other run of this "
            "data set with factors "
            "has that id."
        )
        icon = "link_off"
    st.warning(text + instead, icon=f":material/{icon}:")


def _use(run_id: str) -> None:
    link.put(AGAINST, run_id)


# --- training it -----------------------------------------------------------------------------------------------------------


def offer_another_seed(run: TrainedRun, *, primary: bool) -> None:
    """The button that queues the same training with an unused seed and makes it the other run. Where no training can differ in
    the seed alone: why, and if the button is `primary`, the button for another model."""
    if why_not := why_not_repeated(run.record, cached.environment()):
        st.caption(f"No training can be had that differs from A in the seed alone: {why_not}.")
        if primary:
            offer_another_model(run)
        return
    on_its_way = _on_its_way(run.record)
    if on_its_way is not None:
        label, icon = "Another seed is on its way", "hourglass_top"
        help = "A training that differs from A in the model’s seed alone has been queued: shows how far it is."
    else:
        label, icon = "Train the same with another seed" if primary else "Train another seed", "repeat"
        help = "Queues a training that differs from A in the model’s seed alone, and shows it here as soon as it has ended."
    st.button(
        label,
        key="train_another_seed",
        type="primary" if primary else "secondary",
        icon=f":material/{icon}:",
        width="stretch",
        on_click=_train_another_seed,
        args=(run.record,),
        help=help,
    )
    say_refusal()


def offer_another_model(run: TrainedRun) -> None:
    """The button that queues the default model on the same split (beside that one, the chapter’s) and makes it the other run."""
    model = DEFAULT_MODEL if run.record.model != DEFAULT_MODEL else CHAPTER_MODEL
    st.button(
        f"Train {model} beside it",
        key="train_beside",
        type="primary",
        on_click=_train_another_model,
        args=(run.record, model),
        help="Queues the fast preset of this model on the same split.",
    )
    say_refusal()


def wait_for_other(record: RunRecord) -> None:
    """Show the progress of the other run; reruns the page when it has ended."""
    watch([record.id], "Training the other run", height=360)


def _on_its_way(record: RunRecord) -> RunRecord | None:
    """A waiting or running training that differs from `record` in the seed alone."""
    return next((each for each in same_but_seed(record, cached.runs().records()) if each.busy), None)


def _train_another_seed(record: RunRecord) -> None:
    """Queue one more seed and show it; an earlier press may have done so already."""
    store = cached.runs()
    known = store.records()
    chosen = next((each for each in known if each.id == link.own(AGAINST)), None)
    if chosen is not None and same_but_seed(record, [chosen]):
        return
    if (on_its_way := _on_its_way(record)) is not None:
        _use(on_its_way.id)
        return
    for run_id in queue(lambda: plan_repeats(with_own_rows(record, store), known, n=1, starter=visitor())):
        _use(run_id)


def _train_another_model(record: RunRecord, model: str) -> None:
    def planned() -> list[RunRecord]:
        own, settings = with_own_rows(record, cached.runs()), preset_of(model, "fast")
        split = own.holdout, own.split_seed
        return [plan(model, settings, own.data, *split, items_by=own.items_by, preset="fast", starter=visitor())]

    for run_id in queue(planned):
        _use(run_id)
