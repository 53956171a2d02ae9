"""Downloading, loading and deleting all answers."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from collab.services.profiles import Answer, Profile
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.person import own_profile
from collab.ui.rate.load import load_box


def keep_or_delete(profile: Profile | None, answers: Sequence[Answer], run: TrainedRun) -> None:
    """Draw the controls to download, load and delete the answers; a view-only link can only download."""
    can_edit = profile is None or profile.can_edit
    with st.container(horizontal=True):
        if answers:
            st.download_button(
                "Download as CSV",
                cached.profiles().to_csv(profile),
                "ratings.csv",
                "text/csv",
                key="download",
                on_click="ignore",
                icon=":material/download:",
                help="All answers with the columns title and rating. A film without stars has no rating; the column said holds "
                "what was said of it instead. The file can be loaded again, here or elsewhere.",
            )
        if profile is not None and can_edit:
            _delete_all(answers)
    if can_edit:
        load_box(run, answers)


def _delete_all(answers: Sequence[Answer]) -> None:
    """Draw the button that deletes the whole profile, behind a second press."""
    with st.popover("Delete my ratings", icon=":material/delete:", help="Asks once more before anything is deleted."):
        advice = " Download them first to keep a copy." if answers else ""
        st.markdown(
            f"This deletes {formats.counted(len(answers), 'answer')}, what else was said here, the name and both links, for "
            f"good.{advice}"
        )
        st.button("Delete for good", key="delete", type="primary", on_click=_delete)


def _delete() -> None:
    if own_profile.delete_everything():
        st.session_state["_rate_note"] = True, "Your ratings and both their links are deleted."
