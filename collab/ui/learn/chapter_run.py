"""A run of the chapter's own model, for steps that need that model whichever run is in use; trains one where there is none."""

from __future__ import annotations

import contextlib

import streamlit as st

from collab.errors import RunError
from collab.models import CHAPTER_MODEL, preset_of
from collab.services.plans import plan
from collab.services.run_files import TrainedRun
from collab.services.run_record import RunRecord
from collab.ui.frame import cached
from collab.ui.frame.page import Page
from collab.ui.frame.queueing import queue, say_refusal
from collab.ui.frame.visitor import visitor
from collab.ui.frame.watch import watch


def chapter_run(page: Page) -> TrainedRun | None:
    """The run in use if it is of the chapter's model, else the newest finished run of that model on the same data set.

    Where there is none: draws the button that trains one by the chapter's recipe, or its progress, and returns None.
    """
    if page.record.model == CHAPTER_MODEL:
        return page.run
    known = [each for each in cached.runs().records() if each.data == page.data.name and each.model == CHAPTER_MODEL]
    for each in known:
        if each.has_weights and each.state == "finished":
            with contextlib.suppress(RunError):  # it has just been deleted, or its files are damaged
                return cached.trained_run(each.id)
    if busy := [each.id for each in known if each.busy]:
        watch(busy, "Training the chapter’s model")
        return None
    st.info(
        f"This is about the chapter’s own model, {CHAPTER_MODEL}, and no run of it is there yet.",
        icon=":material/info:",
    )
    st.button(
        f"Train {CHAPTER_MODEL}",
        key="train_chapter_model",
        type="primary",
        on_click=queue,
        args=(lambda: [_planned(page.data.name)],),
        help="Queues the chapter’s recipe, which takes about a second. The run in use stays the one that every page shows.",
    )
    say_refusal()
    return None


def _planned(data: str) -> RunRecord:
    settings = preset_of(CHAPTER_MODEL, "chapter")
    return plan(CHAPTER_MODEL, settings, data, "random:0.2", 0, preset="chapter", starter=visitor())
