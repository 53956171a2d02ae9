"""The frame of every page: guard for a cold deep link, data set and run of the link, and what stands in while they are made.

A page begins with `page = open_page(title, purpose)` and then has a data set and a trained run, whatever there was before: a data
set that is nowhere is fetched, or the built-in sample takes its place; where there is no run yet, the default model is trained.
"""

from __future__ import annotations

import contextlib
import runpy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from collab.data.catalogue import CATALOGUE, DEFAULT, SAMPLE, Entry
from collab.data.ratings import RatingScale
from collab.errors import CollabError, RunError
from collab.services.default_run import house_run
from collab.services.downloads import Fetch
from collab.services.plans import default_plan
from collab.services.run_files import TrainedRun
from collab.services.run_record import RUN_ID, RunRecord
from collab.services.runs import RunStore
from collab.ui.charts import formats
from collab.ui.frame import cached, own_link
from collab.ui.frame.follow_theme import follow_theme
from collab.ui.frame.item_page import follow_item_links
from collab.ui.frame.keyboard import keep_keyboard
from collab.ui.frame.queueing import queue, say_refusal
from collab.ui.frame.run_words import describe_run, run_labels
from collab.ui.frame.visitor import visitor
from collab.ui.frame.watch import Moment, watch

APP = Path(__file__).resolve().parents[3] / "app.py"
MARK = str(Path(__file__).with_name("mark.svg"))  # on the browser's tab and over the menu
MENU_STYLE, TOUCH_STYLE = (Path(__file__).with_name(f"{name}.css") for name in ("menu", "touch"))


@dataclass(frozen=True)
class Page:
    """What a page works on: the data set in use, the record of the link's run, and the run itself where it has weights."""

    data: Entry
    record: RunRecord | None
    _run: TrainedRun | None

    @property
    def run(self) -> TrainedRun:
        """The trained run; there for every page opened with `needs_run`."""
        assert self._run is not None
        return self._run

    @property
    def has_run(self) -> bool:
        return self._run is not None

    @property
    def rating_scale(self) -> RatingScale:
        return self.run.record.scale


def mark_frame() -> None:
    """app.py says that the navigation of this script run is set."""
    st.session_state["_framed"] = True


def _require_frame() -> None:
    """Run app.py first where a page was started without it.

    Streamlit treats a folder called pages/ as a menu of its own until a session has run `st.navigation`: the first visitor of
    a fresh server who opens a page's own address would see that menu and a page without its frame.
    """
    if not st.session_state.pop("_framed", False):
        runpy.run_path(str(APP), run_name="__main__")
        st.stop()


def open_page(title: str, purpose: str, *, needs_run: bool = True) -> Page:
    """Draw the frame and return what the page works on. Does not return while that is still being made, or cannot be."""
    _require_frame()
    heading = st.container()
    heading.title(title, anchor=False)
    heading.caption(purpose)
    try:
        cached.environment()
        store = cached.runs()
    except CollabError as reason:
        st.error(f"Collab cannot start: {reason}")
        st.stop()
    store.rescue_sometimes()
    wanted, run_id, refused = _from_link(store)
    with st.sidebar:
        wanted = _pick_data(wanted)
        follow_theme()
        keep_keyboard()
        follow_item_links()
    data = _available(wanted)
    if data.name != wanted:
        st.sidebar.caption(f"In use: {data.title.lower()}, {data.note}.")
    record, passed_over = _record_of(store, data, run_id)
    if refused:
        _say_refused(refused, record)
    if record is None:
        record = _first_run(store, data)
    if passed_over:
        st.sidebar.caption(f"The pinned run is not shown: {formats.plain(passed_over)}.")
    with st.sidebar:
        _pick_run(store, data, record)
    _keep_in_link(wanted, record)
    if data.synthetic:
        _say_synthetic(wanted)
    if needs_run:
        return with_run(Page(data, record, None))
    return Page(data, record, cached.trained_run(record.id) if record.has_weights else None)


def with_run(page: Page) -> Page:
    """The page with its run, for a part that needs one. Does not return while that is still in training, or cannot be had."""
    if page.record.busy:
        watch([page.record.id], "Training the model that this page shows", height=420)
        st.stop()
    run = _load(cached.runs(), page.data, page.record)
    return Page(page.data, run.record, run)


def show_trouble(reason: CollabError) -> None:
    """What a page could not do, where it had no better words for it, and a way on."""
    st.error(f"{formats.sentence(str(reason))}", icon=":material/error:")
    with st.container(horizontal=True):
        st.button("Try again", key="_try_again", type="primary")
        st.button(
            "Show another run",
            key="_another_run",
            on_click=lambda: forget_run(st.session_state.get("_run", "")),
            help="Lets every page show the run that a visitor without a link sees.",
        )


# --- the link ------------------------------------------------------------------------------------------------------------


def _from_link(store: RunStore) -> tuple[str, str | None, str]:
    """Data set and run that the link names, what the session used last where it names none; and why the run that was asked for
    cannot be shown, "" where it can."""
    state, link = st.session_state, st.query_params
    run_id, refused = link.get("run"), ""
    if run_id is None or own_link.is_late("run", run_id):
        run_id = state.get("_run")
    if run_id is not None:
        try:
            if not RUN_ID.fullmatch(run_id):
                raise RunError(
                    f"the link names the run {run_id[:20]!r}, which cannot be: a run's id is 8 of the characters 0-9 and a-f"
                )
            record = store.record(run_id)
            if record.has_weights:
                cached.trained_run(run_id)
        except RunError as reason:
            run_id, refused = None, str(reason)
            state.pop("_run", None)
        else:
            if run_id != state.get("_run"):
                state["_run"], state["_data"] = run_id, record.data
    named = link.get("data")
    if named is not None and named not in CATALOGUE:
        st.warning(
            f"The link names the data set {named[:40]!r}; there are {', '.join(CATALOGUE)}. What you see is the default.",
            icon=":material/link_off:",
        )
        named = None
    if named is not None and run_id is None:
        state["_data"] = named
    wanted = state.get("_data", DEFAULT)
    return wanted if wanted in CATALOGUE else DEFAULT, run_id, refused


def _say_refused(reason: str, instead: RunRecord | None) -> None:
    """Why the run that was asked for is not shown, and what is."""
    shown = (
        f"What you see is {formats.plain(instead.name)} instead." if instead else "The default model takes its place."
    )
    st.warning(f"{formats.sentence(reason)} {shown}", icon=":material/link_off:")


def _keep_in_link(wanted: str, record: RunRecord) -> None:
    st.session_state["_run"] = record.id
    for name, value in (("data", wanted), ("run", record.id)):
        if st.query_params.get(name) != value:
            st.query_params[name] = value


def use_run(run_id: str) -> None:
    """Make another run the one that every page shows (call it in a callback, or before `st.rerun`)."""
    st.session_state["_run"] = run_id
    own_link.put("run", run_id)


def open_run(record: RunRecord) -> None:
    """Make a run of any data set the one that every page shows, and its data set the one in use."""
    st.session_state["_data"] = record.data
    st.query_params["data"] = record.data
    use_run(record.id)


def forget_run(run_id: str) -> None:
    """Let every page fall back to the house's run if this one is shown (call it when it is gone)."""
    if st.session_state.get("_run") == run_id:
        del st.session_state["_run"]
        st.query_params.pop("run", None)


def use_data(name: str) -> None:
    """Make another data set the one that every page shows, with the house's run on it."""
    st.session_state["_data"] = name
    st.session_state.pop("_run", None)
    st.query_params["data"] = name
    st.query_params.pop("run", None)


# --- data set ------------------------------------------------------------------------------------------------------------


def _pick_data(wanted: str) -> str:
    st.session_state["_pick_data"] = wanted
    return st.selectbox(
        "Data set",
        list(CATALOGUE),
        key="_pick_data",
        format_func=lambda name: CATALOGUE[name].title,
        on_change=lambda: use_data(st.session_state["_pick_data"]),
        help="The ratings that models are trained on and films are taken from.",
    )


def _available(wanted: str) -> Entry:
    """The data set to use: the wanted one if it is here, or can be fetched; else the sample."""
    fetch = cached.fetcher().ensure(wanted)
    if fetch.state == "here":
        return CATALOGUE[wanted]
    if fetch.out_of_reach or st.session_state.get("_sample_meanwhile") == wanted:
        return CATALOGUE[SAMPLE]
    if fetch.state == "damaged":
        _say_damaged(CATALOGUE[wanted], fetch)
    else:
        _show_fetch(wanted)
    st.stop()


def _say_damaged(entry: Entry, fetch: Fetch) -> None:
    """Which file of the data set is not the published one, and what helps."""
    st.error(
        f"**{entry.title} cannot be used.** {formats.plain(fetch.message)} Runs and ratings are not touched.",
        icon=":material/error:",
    )
    with st.container(horizontal=True):
        if fetch.replaceable:
            st.button(
                "Fetch it again",
                key="_fetch_again",
                type="primary",
                help=f"Downloads {entry.megabytes:g} MB from GroupLens, which take the place of the damaged file.",
                on_click=_fetch_again,
                args=(entry.name,),
            )
        else:
            st.button(
                "Check again", key="_check_again", help="Reads the files anew, once you have put the originals there."
            )
        st.button(
            "Use the built-in sample meanwhile",
            key="_meanwhile",
            type="secondary" if fetch.replaceable else "primary",
            on_click=lambda: st.session_state.update(_sample_meanwhile=entry.name),
        )


def _show_fetch(wanted: str) -> None:
    """How far the download is, until it is here, or the sample takes its place."""
    entry, fetcher = CATALOGUE[wanted], cached.fetcher()

    def line(_: Sequence[Moment]) -> tuple[float, str]:
        fetch = fetcher.state(wanted)
        done, total = fetch.done / 1e6, fetch.total / 1e6 or entry.megabytes
        return min(1.0, done / total), f"Fetching {entry.title} from GroupLens: {done:.1f} of {total:.1f} MB"

    def is_over() -> bool:
        fetch = fetcher.state(wanted)
        return fetch.state in ("here", "damaged") or fetch.out_of_reach

    def meanwhile() -> None:
        if st.button("Use the built-in sample meanwhile", key="_meanwhile"):
            st.session_state["_sample_meanwhile"] = wanted
            st.rerun()

    watch([fetcher.job(wanted).id], line=line, is_over=is_over, meanwhile=meanwhile)


def _say_synthetic(wanted: str) -> None:
    """One line that no figure here is about real people, and why."""
    if wanted == SAMPLE:
        st.info(
            "**Synthetic ratings.** This is the built-in sample: real films, invented people.",
            icon=":material/science:",
        )
        return
    fetch = cached.fetcher().state(wanted)
    line, button = st.columns([5, 1], vertical_alignment="center")
    if fetch.state == "here":
        line.info(f"{CATALOGUE[wanted].title} is here now.", icon=":material/check:")
        button.button(
            "Use it",
            key="_use_fetched",
            on_click=lambda: st.session_state.pop("_sample_meanwhile", None),
            width="stretch",
        )
    else:
        why = {
            "failed": "could not be fetched",
            "connecting": "does not answer",
            "downloading": "is still being fetched",
            "damaged": "is damaged",
        }[fetch.state]
        line.info(
            f"**Synthetic ratings.** {CATALOGUE[wanted].title} {why}; the built-in sample stands in.",
            icon=":material/science:",
        )
        button.button(
            "Try again",
            key="_fetch_again",
            help=fetch.message or None,
            width="stretch",
            on_click=_fetch_again,
            args=(wanted,),
        )


def _fetch_again(wanted: str) -> None:
    st.session_state.pop("_sample_meanwhile", None)
    cached.fetcher().ensure(wanted, again=True)


# --- run -----------------------------------------------------------------------------------------------------------------


def _record_of(store: RunStore, data: Entry, run_id: str | None) -> tuple[RunRecord | None, str]:
    """The link's or the session's run if it is of this data set, else the house's; and why the pinned one is not shown."""
    if run_id is not None:
        with contextlib.suppress(RunError):  # it has just been deleted
            record = store.record(run_id)
            if record.data == data.name:
                return record, ""
    while (found := house_run(data.name, store)).record is not None and found.record.has_weights:
        with contextlib.suppress(RunError):  # from now on the store knows that it is damaged
            cached.trained_run(found.record.id)
            break
    return found.record, found.passed_over


def _first_run(store: RunStore, data: Entry) -> RunRecord:
    """Train the default model: the house has no run yet. Where it cannot be queued another run takes its place; does not return
    where there is none."""
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
        if st.session_state["_pick_run"] in records:  # a browser may still know a run by its words while it trained
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
            + f" ({record.holdout}, split seed {record.split_seed})."
        )


def renew_when_ended(record: RunRecord) -> None:
    """Draw a page that needs no run anew when the run in the sidebar has ended: the first visitor’s is still in training."""
    if record.busy:
        watch([record.id])


def _load(store: RunStore, data: Entry, record: RunRecord) -> TrainedRun:
    """The run with its model; where it has none, say why and offer what can be done."""
    try:
        return cached.trained_run(record.id)
    except RunError as reason:
        st.error(formats.sentence(str(reason)), icon=":material/error:")
    house = house_run(data.name, store).record
    others = [house] if house is not None and house.id != record.id and not house.busy else []
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


def train_and_show(planned: Callable[[], RunRecord]) -> None:
    """Queue the run that `planned` makes and show it on every page. For a callback; `say_refusal` says why that could not be."""
    for run_id in queue(lambda: [planned()]):
        use_run(run_id)
