"""The second run of a page: `against=ID` of the link, its box, training it where there is none, what is worked out of both."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import streamlit as st

from collab.alignment import Alignment, Kept, align, chance_disparity, common_films, neighbours_kept
from collab.errors import CollabError
from collab.one_thread import one_thread
from collab.services.repeats import plan_repeats, with_own_rows
from collab.services.runs import RunRecord, TrainedRun
from collab.services.training_job import runs_with
from collab.ui import cached, own_link, words
from collab.ui.page import POLL_SECONDS, describe_run, show_progress
from collab.ui.visitor import visitor

AGAINST = "against"  # in the link
_CHOSEN = "_against"  # the other run's id, in the session

# --- choosing it -----------------------------------------------------------------------------------------------------------


def pick_against(run: TrainedRun) -> RunRecord | None:
    """The box with the runs that `run` can be compared with, of the same data set and with factors; returns the chosen one, which
    may still be training, or None where there is no other.

    A run in the link that cannot be compared is refused in words. Without a choice: the run likest to `run`, newest first.
    """
    state = st.session_state
    records = [each for each in cached.jobs().store.records() if each.data == run.record.data and each.id != run.id]
    others = {each.id: each for each in runs_with("factors", records)}
    named = st.query_params.get(AGAINST)
    if named is not None and own_link.is_late(AGAINST, named):
        named = state.get(_CHOSEN)
    if named is None:
        named = state.get(_CHOSEN)
    waits = next((each for each in records if each.busy and each.id == named), None)
    if waits is not None:
        others = {waits.id: waits, **others}
    if named is not None and named not in others:
        if ended := next((each for each in records if each.id == named and not each.has_weights), None):
            st.warning(
                f"{words.plain(ended.name)} has no model to compare with. {words.plain(ended.message)}",
                icon=":material/warning:",
            )
        elif named not in (run.id, state.get(_CHOSEN)):
            st.warning(
                f"The link names the run {words.plain(repr(named[:20]))} to compare with; no other run of this data set with "
                f"factors has that id.{' What you see is the likest run.' if others else ''}",
                icon=":material/link_off:",
            )
        named = None
    if not others:
        state.pop(_CHOSEN, None)
        own_link.put(AGAINST, None)
        return None
    if named is None:
        named = min(others.values(), key=lambda each: _unlikeness(run.record, each)).id
    state[_CHOSEN] = state["_pick_against"] = named
    own_link.put(AGAINST, named)
    labels = {run_id: describe_run(each) for run_id, each in others.items()}
    often = Counter(labels.values())  # the browser sends back words, so no two runs may have the same
    labels = {run_id: label if often[label] == 1 else f"{label} · {run_id}" for run_id, label in labels.items()}

    def picked() -> None:
        if state["_pick_against"] in others:
            _use(state["_pick_against"])

    st.selectbox(
        "B: another run",
        list(others),
        key="_pick_against",
        format_func=labels.__getitem__,
        on_change=picked,
        help="The run that is laid onto the one in the sidebar: any run of the same data set whose model has factors.",
    )
    return others[named]


def offer_another_seed(run: TrainedRun, *, primary: bool) -> None:
    """The button that queues the same training with a seed that it has not had, and makes that the other run."""
    st.button(
        "Train the same with another seed" if primary else "Train another seed",
        key="train_another_seed",
        type="primary" if primary else "secondary",
        icon=":material/repeat:",
        width="stretch",
        on_click=_train_another_seed,
        args=(run.record,),
        help="Queues a training that differs from A in the model’s seed alone, and shows it here as soon as it has ended.",
    )
    if refused := st.session_state.pop("_no_other_seed", None):
        st.warning(f"Nothing is queued: {words.plain(refused)}.", icon=":material/warning:")


def wait_for_other(record: RunRecord) -> None:
    """How far the other run is; draws the page anew when it has ended."""
    st.fragment(show_progress, run_every=POLL_SECONDS)(record.id, "the other run", 360)


def same_but_for_the_seed(first: RunRecord, second: RunRecord) -> bool:
    """Whether two runs differ in nothing that was chosen but the model's seed: by their settings, or as repeats of one run."""
    repeats = (first.group or first.id) == (second.group or second.id)
    return (repeats or _chosen(first) == _chosen(second)) and first.settings.get("seed") != second.settings.get("seed")


def _unlikeness(record: RunRecord, other: RunRecord) -> tuple[bool, bool]:
    return not same_but_for_the_seed(record, other), record.model != other.model


def _chosen(record: RunRecord) -> tuple:
    settings = tuple(sorted((name, str(value)) for name, value in record.settings.items() if name != "seed"))
    return record.model, settings, record.data, record.holdout, record.split_seed, record.items_by


def _use(run_id: str) -> None:
    st.session_state[_CHOSEN] = run_id
    own_link.put(AGAINST, run_id)


def _train_another_seed(record: RunRecord) -> None:
    jobs = cached.jobs()
    try:
        asked = with_own_rows(record, jobs.store)
        (planned,) = plan_repeats(asked, jobs.store.records(), n=1, starter=visitor())
        _use(jobs.submit_once(planned))
    except CollabError as reason:
        st.session_state["_no_other_seed"] = str(reason)


# --- what is worked out of both, for all sessions ----------------------------------------------------------------------------


@st.cache_resource(show_spinner=False, max_entries=16)  # 0.2 MB each for MovieLens 100K
def films_of_both(first_id: str, second_id: str, minimum: int) -> pd.DataFrame:
    """The films with `minimum` training ratings in both runs, see `collab.alignment.common_films`. Raises RunError."""
    first, second = cached.trained_run(first_id), cached.trained_run(second_id)
    by = "label" if first.record.items_by == second.record.items_by else "title"
    return common_films(first.items, second.items, by, minimum)


@st.cache_resource(show_spinner=False, max_entries=8)  # 1.3 MB each for MovieLens 100K and 50 factors
def alignment_of(first_id: str, second_id: str, minimum: int, turn: bool, scale: bool, weighted: bool) -> Alignment:
    """The second run's films laid onto the first's. Raises CollabError where that cannot be."""
    films = films_of_both(first_id, second_id, minimum)
    first, second = factors_of(first_id, second_id, films)
    return align(first, second, turn=turn, scale=scale, weights=_weights(films, weighted))


@st.cache_data(show_spinner=False, max_entries=64)
def disparities_of(first_id: str, second_id: str, minimum: int, weighted: bool) -> tuple[float, float, float]:
    """The disparity of the two runs: turned, not turned, and turned with the films shuffled. Raises CollabError."""
    films = films_of_both(first_id, second_id, minimum)
    pair, weights = factors_of(first_id, second_id, films), _weights(films, weighted)
    turned, straight = (align(*pair, turn=turn, weights=weights).disparity for turn in (True, False))
    return turned, straight, chance_disparity(*pair, weights=weights)


@st.cache_resource(show_spinner="Looking for neighbours in both runs", max_entries=32)  # 13 kB each for MovieLens 100K
def kept_of(first_id: str, second_id: str, minimum: int, measure: str) -> Kept:
    """How many of every film's nearest are the same in both runs. Raises CollabError."""
    films = films_of_both(first_id, second_id, minimum)
    with one_thread():
        return neighbours_kept(*factors_of(first_id, second_id, films), measure=measure)


def factors_of(first_id: str, second_id: str, films: pd.DataFrame) -> list[np.ndarray]:
    """The factors of `films`, as of `films_of_both`, in the first run and in the second, as they are. Raises RunError."""
    sides = ((first_id, "first_index"), (second_id, "second_index"))
    return [cached.trained_run(run_id).model.item_factors[films[index].to_numpy()] for run_id, index in sides]


def _weights(films: pd.DataFrame, weighted: bool) -> np.ndarray | None:
    return films["n_ratings"].to_numpy(dtype="float64") if weighted else None
