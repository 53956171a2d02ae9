"""The frame of every page: the guard for a cold deep link, the data set and run in use, and what is shown until they are ready.

A page first calls `page = open_page(title, purpose)` and then has a data set and a trained run. A missing data set is fetched, or
the built-in sample takes its place; where there is no run yet, the default model is trained.
"""

from __future__ import annotations

import contextlib
import runpy
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from collab.data.catalogue import Entry
from collab.data.ratings import RatingScale
from collab.errors import CollabError, RunError
from collab.services.default_run import default_run
from collab.services.plans import default_plan
from collab.services.run_files import TrainedRun
from collab.services.run_record import RunRecord
from collab.services.runs import RunStore
from collab.ui.charts import formats
from collab.ui.frame import cached, link
from collab.ui.frame.data_set import available, pick_data, say_synthetic
from collab.ui.frame.in_browser import watch_browser
from collab.ui.frame.in_use import forget_run, from_link, keep_in_link, run_in_use, say_refused, use_run
from collab.ui.frame.queueing import say_refusal, train_and_show
from collab.ui.frame.run_words import describe_run, run_labels
from collab.ui.frame.visitor import visitor
from collab.ui.frame.watch import watch

APP = Path(__file__).resolve().parents[3] / "app.py"
MARK = str(Path(__file__).with_name("mark.svg"))  # on the browser's tab and above the menu
MENU_STYLE, TOUCH_STYLE = (Path(__file__).with_name(f"{name}.css") for name in ("menu", "touch"))


@dataclass(frozen=True)
class Page:
    """What a page works on: the data set in use, the record of the link's run, and the run itself where it has weights."""

    data: Entry
    record: RunRecord | None
    _run: TrainedRun | None

    @property
    def run(self) -> TrainedRun:
        """The trained run; every page opened with `needs_run` has one."""
        assert self._run is not None
        return self._run

    @property
    def has_run(self) -> bool:
        return self._run is not None

    @property
    def rating_scale(self) -> RatingScale:
        return self.run.record.scale


def mark_frame() -> None:
    """Note that app.py has set the navigation of this script run."""
    st.session_state["_page_framed"] = True


def _require_frame() -> None:
    """Run app.py first if a page was started without it.

    Streamlit builds a menu of its own from a folder called pages/ until a session has run `st.navigation`: the first visitor of
    a fresh server who opens a page's own address would see that menu and a page without its frame.
    """
    if not st.session_state.pop("_page_framed", False):
        runpy.run_path(str(APP), run_name="__main__")
        st.stop()


def open_page(title: str, purpose: str, *, needs_run: bool = True) -> Page:
    """Draw the frame and return what the page works on. Does not return while that is not ready, or cannot be made."""
    _require_frame()
    heading = st.container()
    heading.title(title, anchor=False)
    heading.caption(purpose)
    try:
        cached.environment()
        store = cached.runs()
    except CollabError as reason:
        st.error(f"Collab cannot start: {formats.sentence(str(reason))}")
        st.stop()
    store.rescue_sometimes()
    link.say_refused()
    wanted, run_id, refused = from_link(store)
    with st.sidebar:
        wanted = pick_data(wanted)
        watch_browser()
    data = available(wanted)
    if data.name != wanted:
        st.sidebar.caption(f"In use: {formats.plain(data.title.lower())}, {formats.plain(data.note)}.")
    record, why_not_pinned = _record_of(store, data, run_id)
    if refused:
        say_refused(refused, record)
    if record is None:
        record = _first_run(store, data)
    if why_not_pinned:
        st.sidebar.caption(f"The pinned run is not shown: {formats.plain(why_not_pinned)}.")
    with st.sidebar:
        _pick_run(store, data, record)
    keep_in_link(wanted, record)
    if data.synthetic:
        say_synthetic(wanted)
    if needs_run:
        return with_run(Page(data, record, None))
    return Page(data, record, cached.trained_run(record.id) if record.has_weights else None)


def with_run(page: Page) -> Page:
    """The page with its run, for a part that needs one. Does not return while the run is in training, or has no model."""
    if page.record.busy:
        watch([page.record.id], "Training the model that this page shows", height=420)
        st.stop()
    run = _load(cached.runs(), page.data, page.record)
    return Page(page.data, run.record, run)


def show_error(reason: CollabError) -> None:
    """Show an error that the page did not handle itself, with ways to go on."""
    st.error(formats.sentence(str(reason)), icon=":material/error:")
    with st.container(horizontal=True):
        st.button("Try again", key="_try_again", type="primary")
        st.button(
            "Show another run",
            key="_another_run",
            on_click=lambda: forget_run(run_in_use()),
            help="Lets every page show the run that a visitor without a link sees.",
        )


# --- run -----------------------------------------------------------------------------------------------------------------


def _record_of(store: RunStore, data: Entry, run_id: str | None) -> tuple[RunRecord | None, str]:
    """The link's or the session's run if it is of this data set, else the default run; and why the pinned one is not shown."""
    if run_id is not None:
        with contextlib.suppress(RunError):  # it has just been deleted
            record = store.record(run_id)
            if record.data == data.name:
                return record, ""
    while (found := default_run(data.name, store)).record is not None and found.record.has_weights:
        with contextlib.suppress(RunError):  # the store now knows that it is damaged
            cached.trained_run(found.record.id)
            break
    return found.record, found.why_not_pinned


def _first_run(store: RunStore, data: Entry) -> RunRecord:
    """Train the default model, because there is no default run yet. If it cannot be queued, another run takes its place; without
    one this does not return."""
    try:
        return store.record(cached.trainings().submit_once(default_plan(data.name)))
    except RunError as reason:
        st.warning(
            f"The default model cannot be trained yet: {formats.sentence(str(reason))}", icon=":material/warning:"
        )
    for record in store.records():
        if record.data == data.name and record.has_weights:
            return record
    st.button("Try again", key="_first_run", type="primary")
    st.stop()


def _pick_run(store: RunStore, data: Entry, record: RunRecord) -> None:
    records = {each.id: each for each in store.records() if each.data == data.name and (each.has_weights or each.busy)}
    records.setdefault(record.id, record)
    labels = run_labels(records.values())
    st.session_state["_pick_run"] = record.id

    def picked() -> None:
        if st.session_state["_pick_run"] in records:  # a browser may still show the label a run had while it trained
            use_run(st.session_state["_pick_run"])

    st.selectbox(
        "Run",
        list(records),
        key="_pick_run",
        format_func=labels.__getitem__,
        on_change=picked,
        help="The trained model that every page shows. A run is one training, kept for good.",
    )
    if record.valid:
        baseline = record.baselines.get("biases_only", {}).get("mse")
        st.caption(
            f"Held-out MSE **{formats.loss(record.valid['mse'])}**, biases only {formats.loss(baseline)}. "
            f"{formats.count(record.n_train)} ratings to train, {formats.count(record.n_valid)} held out"
            + (f", {formats.count(record.n_sealed)} sealed" if record.n_sealed else "")
            + f" ({formats.plain(record.holdout)}, split seed {record.split_seed})."
        )


def renew_when_ended(record: RunRecord) -> None:
    """Rerun a page that needs no run when the sidebar’s run has ended; a first visitor’s is still in training."""
    if record.busy:
        watch([record.id])


def _load(store: RunStore, data: Entry, record: RunRecord) -> TrainedRun:
    """The run with its model; if that cannot be loaded, say why and offer alternatives."""
    try:
        return cached.trained_run(record.id)
    except RunError as reason:
        st.error(formats.sentence(str(reason)), icon=":material/error:")
    default = default_run(data.name, store).record
    others = [default] if default is not None and default.id != record.id and not default.busy else []
    others += [each for each in store.records() if each.data == data.name and each.has_weights and each.id != record.id]
    with st.container(horizontal=True):
        if others:
            st.button(
                f"Show another run instead: {formats.plain(describe_run(others[0]))}",
                key="_other_run",
                type="primary",
                on_click=use_run,
                args=(others[0].id,),
            )
        st.button(
            "Train the default model",
            key="_train_default",
            type="secondary" if others else "primary",
            on_click=train_and_show,
            args=(lambda: default_plan(data.name, starter=visitor()),),
        )
    say_refusal()
    st.stop()
