"""The button that trains the missing runs of the chapter's tables, and their live progress."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from collab.lessons.chapter import Row, n_runs
from collab.services.chapter_runs import plan_missing, seconds_for, under_way
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.queueing import queue, say_refusal
from collab.ui.frame.visitor import visitor
from collab.ui.frame.watch import JobProgress, watch


def show_training(rows: Sequence[Row]) -> None:
    """The button that trains the missing runs, and the progress of those under way."""
    records = cached.runs().records()
    busy, missing = under_way(rows, records), plan_missing(rows, records)
    if busy:
        total = n_runs(rows)
        n_done = total - len(busy) - len(missing)

        def line(moments: Sequence[JobProgress]) -> tuple[float, str]:
            now, record = moments[0], busy[0]
            text = now.in_words(f"training {formats.plain(record.name)}")
            return min(1.0, (n_done + now.share) / total), f"{n_done} of {total} are trained · {text}"

        watch([record.id for record in busy], line=line, stop="stop_missing")
    if missing:
        st.button(
            "Train what is missing",
            key="train_missing",
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            on_click=queue,
            args=(lambda: plan_missing(rows, cached.runs().records(), starter=visitor()),),
            disabled=bool(busy),
            help="Puts them into the queue, where others may train too. They go on when you leave the page.",
        )
        st.caption(
            f"{formats.counted(len(missing), 'run')}, about {formats.duration(seconds_for(missing, rows, records))}."
        )
    say_refusal()
