"""The table of past runs, its search, and the runs ticked in it, which the link holds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from collab.services.run_record import RunRecord
from collab.ui.charts import formats
from collab.ui.frame import link
from collab.ui.frame.run_words import STATE_WORDS, difference_from_preset
from collab.ui.widgets.tables import show_table

PICK = "pick"
MOST_ROWS = 6  # visible at once


def found_in(records: Sequence[RunRecord], text: str) -> list[RunRecord]:
    """The runs that have every word of `text` in their name, data, model, state, settings or id."""
    wanted = text.casefold().split()
    return [
        record
        for record in records
        if all(
            word in " ".join(
                (record.name, record.data_title, record.model, record.state, record.id, difference_from_preset(record))
            ).casefold()
            for word in wanted
        )
    ]  # fmt: skip


def picked_runs(records: Sequence[RunRecord], current: str) -> list[str]:
    """Ids of the ticked runs among `records`: the link's, else the earlier ones, else `current`, the run that the pages show."""
    if link.came(PICK):
        _draw_anew()
    own = link.own(PICK)
    text = current if own is None else own
    link.put(PICK, text)
    known = {record.id for record in records}
    return [run_id for run_id in dict.fromkeys(text.split(",")) if run_id in known]


def pick_runs(run_ids: Sequence[str]) -> None:
    """Tick runs without a click (in a callback, or before the table is drawn)."""
    link.put(PICK, ",".join(run_ids))
    _draw_anew()


def _draw_anew() -> None:
    """Have a new table drawn, in which the runs picked are ticked."""
    st.session_state["_runs_n_tables"] = st.session_state.get("_runs_n_tables", 0) + 1


def runs_frame(records: Sequence[RunRecord]) -> pd.DataFrame:
    """A row per run, as the table shows it."""
    rows = []
    for record in records:
        mse = record.valid.get("mse") if record.has_weights else None
        biases = record.baselines.get("biases_only", {}).get("mse")
        rows.append(
            {
                "name": record.name,
                "data": record.data_title,
                "model": record.model,
                "state": STATE_WORDS.get(record.state, record.state),
                "mse": mse,
                "against": mse - biases if mse is not None and biases is not None else None,
                "settings": difference_from_preset(record),
                "time": formats.duration(record.seconds or None),
                "created": pd.Timestamp(record.created),
            }
        )
    columns = ["name", "data", "model", "state", "mse", "against", "settings", "time", "created"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"mse": "float64", "against": "float64"}).assign(
        created=pd.to_datetime(frame["created"], utc=True)
    )


def runs_table(records: Sequence[RunRecord], picked: Sequence[str], *, with_data: bool) -> list[str]:
    """Draw the table with the `picked` runs ticked; returns the ids ticked now, in the order of the table.

    `with_data` adds the column that says on which data set a run was trained.
    """
    ids = [record.id for record in records]
    mark = hashlib.sha256(",".join(ids).encode()).hexdigest()[:8]  # other rows need a new table, ticked anew
    key = f"runs-{mark}-{st.session_state.get('_runs_n_tables', 0)}"

    def ticked() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        link.put(PICK, ",".join(ids[row] for row in rows if row < len(ids)))

    event = show_table(
        runs_frame(records),
        key=key,
        name="runs",
        on_select=ticked,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [place for place, each in enumerate(ids) if each in picked]}},
        height=36 + 35 * min(max(len(ids), 1), MOST_ROWS) + (18 if len(ids) > MOST_ROWS else 2),
        column_order=[
            *("name", "mse", "against", "state"),
            *(["data"] if with_data else []),
            *("settings", "model", "time", "created"),
        ],
        alt="Runs, newest first; tick one to work with it, several to compare them",
        column_config={
            "name": st.column_config.TextColumn("Name", width=270),
            "data": st.column_config.TextColumn("Data", width=125),
            "model": st.column_config.TextColumn("Model", width=105),
            "state": st.column_config.TextColumn("State", width=85),
            "mse": st.column_config.NumberColumn(
                "MSE", format="%.4f", width=70, help="On its held-out ratings, stars²."
            ),
            "against": st.column_config.NumberColumn(
                "vs biases",
                format="%+.4f",
                width=80,
                help="MSE minus that of the baseline with biases only, on the same rows; below zero is better.",
            ),
            "settings": st.column_config.TextColumn(
                "Settings", width=150, help="The nearest preset, and what differs from it."
            ),
            "time": st.column_config.TextColumn("Time", width=60, help="Seconds of the training alone."),
            "created": st.column_config.DatetimeColumn(
                "Created", format="D MMM YYYY, HH:mm", timezone=st.context.timezone or "UTC", width=150
            ),
        },
    )
    rows = [row for row in event["selection"]["rows"] if row < len(ids)]
    return [ids[row] for row in sorted(rows)]
