"""Actions on past runs: open, rename, repeat, save, delete and restore; and what is wrong with damaged ones."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from collab.errors import CollabError
from collab.services.repeats import N_REPEATS, plan_repeats, spread_of, with_own_rows
from collab.services.run_record import LONGEST_NAME, RunRecord
from collab.services.run_zip import export_zip
from collab.services.runs import KEPT_DAYS, DamagedRun
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.in_use import forget_run, open_run_on
from collab.ui.frame.queueing import refusal_noted, say_refusal
from collab.ui.frame.visitor import visitor
from collab.ui.runs.table import pick_runs

NOT_YOURS = "Somebody else has started this run; only they, or the command line of the server, can change it."


def show_last_action() -> None:
    """One line about the last action, with its undo if there is one; it stays until the next action."""
    state = st.session_state
    if (deleted := state.get("_runs_deleted")) is not None:
        line, button = st.columns([5, 1], vertical_alignment="center")
        n_runs = f"{len(deleted)} runs were" if len(deleted) > 1 else f"{formats.plain(deleted[0][1])} was"
        line.info(f"{n_runs} deleted. Deleted runs are kept for {KEPT_DAYS} days.", icon=":material/delete:")
        button.button("Undo", key="undo", width="stretch", on_click=_restore, args=(deleted,))
    elif (note := state.get("_runs_note")) is not None:
        worked, text = note
        (st.success if worked else st.error)(text)


def actions(record: RunRecord, known: Sequence[RunRecord]) -> None:
    """The row of buttons for one run, and the spread of its repeats."""
    mine = record.starter == visitor()
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Open",
            key="open_run",
            type="primary",
            icon=":material/open_in_new:",
            help="Makes it the run that every page shows, and goes to the Train page.",
        ):
            open_run_on("pages/train.py", record)
        with st.popover(
            "Rename",
            key="rename",
            icon=":material/edit:",
            disabled=record.busy or not mine,
            help=None if mine else NOT_YOURS,
        ):
            key = f"name-{record.id}"
            st.text_input("Name", record.name, key=key, max_chars=LONGEST_NAME)
            st.button("Save", key="save_name", type="primary", on_click=_rename, args=(record.id, key))
        st.button(
            f"Repeat with {N_REPEATS} seeds",
            key="repeat",
            icon=":material/repeat:",
            disabled=record.busy,
            on_click=_repeat,
            args=(record,),
            help="Queues the same training with five other seeds of the model on the same split: how much of its figure is luck?",
        )
        st.download_button(
            "Save as zip",
            lambda: export_zip(cached.runs(), record.id),
            f"collab-run-{record.id}.zip",
            "application/zip",
            key="download_run",
            icon=":material/download:",
            on_click="ignore",
            disabled=record.busy,
            help="The run as a file, to be kept or looked at elsewhere: python -m collab import-run reads it.",
        )
        delete_button([record])
    say_refusal()
    _spread(record, known)


def delete_button(records: Sequence[RunRecord]) -> None:
    """The button deletes at once; the undo is in the line above the table."""
    busy, mine = any(record.busy for record in records), all(record.starter == visitor() for record in records)
    st.button(
        "Delete" if len(records) == 1 else f"Delete these {len(records)}",
        key="delete_runs",
        icon=":material/delete:",
        disabled=busy or not mine,
        on_click=_delete,
        args=([(record.id, record.name) for record in records],),
        help=NOT_YOURS
        if not mine
        else "A run that waits or trains cannot be deleted; stop it first."
        if busy
        else f"Can be undone for {KEPT_DAYS} days.",
    )


def _spread(record: RunRecord, known: Sequence[RunRecord]) -> None:
    group = record.group or record.id
    if (found := spread_of(group, known)) is None:
        return
    origin = next((each for each in known if each.id == group), None)
    of = f" of {formats.plain(origin.name)}" if origin is not None else ""
    line, button = st.columns([5, 1], vertical_alignment="center")
    if found.n_runs:
        text = (
            f"{formats.counted(found.n_runs, 'repeat')}{of}: MSE **{formats.loss(found.mean)} ± "
            f"{formats.loss(found.deviation)}**"
        )
        text += " (mean ± standard deviation; they differ in the model’s seed alone)."
    else:
        text = f"The repeats{of} are under way."
    if found.n_busy:
        text += f" {found.n_busy} still to come."
    line.markdown(text)
    button.button(
        "Tick them all",
        key="tick_repeats",
        width="stretch",
        on_click=pick_runs,
        args=([each.id for each in known if each.group == group],),
        help="Shows the curves of the repeats beside each other.",
    )


def trash(deleted: Sequence[RunRecord]) -> None:
    """The popover with the deleted runs that this browser has started."""
    names = {record.id: record for record in deleted if record.starter == visitor()}
    if not names:
        return
    with st.popover(f"Deleted ({len(names)})", key="trash", icon=":material/delete:", width="stretch"):
        chosen = st.selectbox(
            "Deleted runs", list(names), key="deleted_run", format_func=lambda run_id: _dated(names[run_id])
        )
        st.button(
            "Bring it back",
            key="bring_back",
            type="primary",
            on_click=_restore,
            args=([(chosen, names[chosen].name)] if chosen else [],),
        )


def damaged_runs(damaged: Sequence[DamagedRun]) -> None:
    """The popover with the runs that cannot be read: what is wrong with each, and the button that deletes it."""
    if not damaged:
        return
    with st.popover(f"Damaged ({len(damaged)})", key="damaged", icon=":material/broken_image:", width="stretch"):
        st.caption(
            f"These runs are not what was written, and no page shows them. A deleted one is kept for {KEPT_DAYS} days."
        )
        for each in damaged:
            st.markdown(f"**{each.id}** {formats.sentence(each.reason)}")
            mine = each.starter in (None, visitor())
            st.button(
                f"Delete {each.id}",
                key=f"delete_damaged_{each.id}",
                icon=":material/delete:",
                disabled=not mine,
                on_click=_delete,
                args=([(each.id, f"the damaged run {each.id}")],),
                help=None if mine else NOT_YOURS,
            )


def _dated(record: RunRecord) -> str:
    return f"{record.name} · {record.data_title} · {record.created[:10]}"


# --- callbacks -------------------------------------------------------------------------------------------------------------


def _note(worked: bool, text: str) -> None:
    st.session_state.pop("_runs_deleted", None)
    st.session_state["_runs_note"] = worked, text


def _rename(run_id: str, key: str) -> None:
    try:
        record = cached.runs().rename(run_id, st.session_state[key], by=visitor())
    except CollabError as reason:
        _note(False, formats.sentence(str(reason)))
    else:
        cached.trained_run.clear(run_id)
        _note(True, f"It is called {formats.plain(record.name)} now.")


def _delete(runs: list[tuple[str, str]]) -> None:
    gone = []
    try:
        for run_id, name in runs:
            cached.runs().delete(run_id, by=visitor())
            gone.append((run_id, name))
    except CollabError as reason:
        _note(False, formats.sentence(str(reason)))
    for run_id, _ in gone:
        cached.trained_run.clear(run_id)
        forget_run(run_id)
    if gone:
        st.session_state["_runs_deleted"] = gone
        pick_runs([])


def _restore(runs: list[tuple[str, str]]) -> None:
    try:
        for run_id, _ in runs:
            cached.runs().restore(run_id)
    except CollabError as reason:
        _note(False, formats.sentence(str(reason)))
        return
    pick_runs([run_id for run_id, _ in runs])
    _note(True, f"{', '.join(formats.plain(name) for _, name in runs)}: restored.")


def _repeat(record: RunRecord) -> None:
    store = cached.runs()
    with refusal_noted():
        repeats = plan_repeats(with_own_rows(record, store), store.records(), starter=visitor())
        cached.trainings().submit_all(visitor(), repeats)
        _note(True, f"{N_REPEATS} repeats are queued. Their mean and spread stand below as soon as they have ended.")
