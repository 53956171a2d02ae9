"""Runs: every stored training, to find, compare, repeat, save and delete."""

import streamlit as st

from collab.errors import RunError
from collab.ui.frame import cached
from collab.ui.frame.page import open_page
from collab.ui.frame.run_words import LETTERS
from collab.ui.frame.watch import watch
from collab.ui.runs.actions import actions, damaged_runs, delete_button, show_last_action, trash
from collab.ui.runs.compare import compare_view
from collab.ui.runs.table import found_in, picked_runs, runs_table
from collab.ui.widgets.controls import choose

THIS, ALL = "This data set", "All data sets"

page = open_page(
    "Runs",
    "Every training, kept: tick one to work with it, several to see them beside each other.",
    needs_run=False,
)
store = cached.runs()


def busy_runs() -> list[str]:
    return [record.id for record in store.records() if record.busy]


known = store.records()
search, scope, doors = st.columns([2, 1.6, 1.6], vertical_alignment="bottom")
text = search.text_input(
    "Find",
    key="find_run",
    bind="query-params",
    placeholder="Part of a name, a setting, a state",
    help="The table lists only the runs that have all these words.",
)
with scope:
    which = choose(
        "Runs of", [THIS, ALL], key="runs_of", help="The runs of the data set in the sidebar, or every run there is."
    )
with doors.container(horizontal=True):
    trash(store.deleted())
    damaged_runs(store.damaged())
show_last_action()

shown = found_in([record for record in known if which == ALL or record.data == page.data.name], text)
picked = runs_table(shown, picked_runs(shown, page.record.id), with_data=which == ALL) if shown else []
if busy_runs():
    watch(busy_runs)
if not shown:
    st.info(
        "No run has all these words. Search for less, or among all data sets." if text else "There is no run here yet.",
        icon=":material/info:",
    )
    st.page_link("pages/train.py", label="Train a model", icon=":material/model_training:")
    st.stop()

records = {record.id: record for record in shown}
if not picked:
    st.caption("Tick a run in the table’s first column; tick several to compare them.")
    st.stop()
if len(picked) == 1:
    actions(records[picked[0]], known)
else:
    delete_button([records[run_id] for run_id in picked])
if len(picked) > len(LETTERS):
    st.caption(f"{len(picked)} runs are ticked; the first {len(LETTERS)} are drawn.")
try:
    compare_view([store.progress(run_id) for run_id in picked[: len(LETTERS)]])
except RunError:
    st.rerun()  # one has just been deleted elsewhere
