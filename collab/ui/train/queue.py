"""The queue of trainings, as everybody sees it, and the way to cancel one's own waiting runs."""

from __future__ import annotations

import streamlit as st

from collab.errors import CollabError, StorageError
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.run_words import describe_run
from collab.ui.frame.visitor import visitor
from collab.ui.frame.watch import stop_all

MOST_LISTED = 5  # waiting runs


def cancel_waiting() -> None:
    """Cancel this visitor's runs that wait now, which may be fewer than were drawn."""
    try:
        waiting = cached.trainings().waiting_of(visitor())
    except StorageError as reason:
        st.error(formats.sentence(str(reason)), icon=":material/error:")
    else:
        stop_all(waiting)


def show_queue() -> None:
    """Show everybody's running and waiting trainings, and a button to cancel one's own waiting ones."""
    trainings, names, n_waiting, n_own = cached.trainings(), [], 0, 0
    try:
        queue, trouble = trainings.queue(), trainings.trouble()
    except CollabError as reason:
        st.warning(formats.sentence(str(reason)), icon=":material/warning:")
        return
    for run_id in queue:
        try:
            record = trainings.store.record(run_id)
        except CollabError:
            continue  # it has just been removed
        waits, mine = record.state == "queued", record.starter == visitor()
        n_waiting, n_own = n_waiting + waits, n_own + (waits and mine)
        if n_waiting <= MOST_LISTED:
            place, whose = f"{n_waiting}." if waits else "**Training**", "yours" if mine else "somebody else’s"
            names.append(f"{place} {formats.plain(describe_run(record))} ({whose})")
    if n_waiting > MOST_LISTED:
        names.append(f"and {formats.count(n_waiting - MOST_LISTED)} more")
    st.caption("  \n".join(names) if names else "The queue is empty: a run starts at once.")
    if trouble:
        st.warning(f"{formats.plain(trouble)}.", icon=":material/hourglass_top:")
    if n_own > 1:
        st.button(
            f"Cancel my {n_own} waiting runs",
            key="cancel_waiting",
            on_click=cancel_waiting,
            help="They will not be trained; the run in training goes on.",
        )
