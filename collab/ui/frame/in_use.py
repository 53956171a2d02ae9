"""The run and the data set in use: what the link names, what the session used last, and how that changes."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from collab.data.catalogue import DEFAULT
from collab.errors import RunError
from collab.services.run_record import RunRecord
from collab.services.runs import RunStore
from collab.ui.charts import formats
from collab.ui.frame import cached, link


def from_link(store: RunStore) -> tuple[str, str | None, str]:
    """The data set and run that the link names, or else those that the session used last; and why the requested run cannot be
    shown, "" if it can."""
    run_is_new, data_is_new = link.came("run"), link.came("data")
    run_id, refused = link.own("run"), ""
    if run_id is not None:
        try:
            record = store.record(run_id)
            if record.has_weights:
                cached.trained_run(run_id)
        except RunError as reason:
            run_id, refused = None, str(reason)
            link.remember("run", None)
        else:
            if run_is_new:
                link.put("data", record.data)
            elif data_is_new and record.data != link.own("data"):  # a link to the data set alone: its default run
                run_id = None
                link.remember("run", None)
    return link.own("data") or DEFAULT, run_id, refused


def say_refused(reason: str, instead: RunRecord | None) -> None:
    """Say why the requested run is not shown, and what is shown instead."""
    shown = (
        f"What you see is {formats.plain(instead.name)} instead." if instead else "The default model takes its place."
    )
    st.warning(f"{formats.sentence(reason)} {shown}", icon=":material/link_off:")


def keep_in_link(wanted: str, record: RunRecord) -> None:
    link.put_all({"data": wanted, "run": record.id})


def run_in_use() -> str:
    """The id of the run that the pages show; "" before there is one."""
    return link.own("run") or ""


def use_run(run_id: str) -> None:
    """Make another run the one that every page shows (call in a callback, or before `st.rerun`)."""
    link.put("run", run_id)


def open_run_on(script: str, record: RunRecord) -> NoReturn:
    """Go to a page with a run of any data set in use; the address of the page that is left stays as it is."""
    link.remember("data", record.data)
    link.remember("run", record.id)
    st.switch_page(script, query_params={})


def forget_run(run_id: str) -> None:
    """Make every page fall back to the default run if this one is shown (call when the run is gone)."""
    if run_in_use() == run_id:
        link.put("run", None)


def use_data(name: str) -> None:
    """Make another data set the one that every page shows, with its default run."""
    link.put_all({"data": name, "run": None})
