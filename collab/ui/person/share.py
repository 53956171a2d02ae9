"""What can be done with ratings as a whole: share them, keep them as a file, load them again, delete them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from collab.services.profiles import Answer, Profile
from collab.services.runs import TrainedRun
from collab.ui.charts import formats
from collab.ui.frame import cached, own_link
from collab.ui.person import own_profile
from collab.ui.rate.load import load_box
from collab.ui.rate.profile_switch import whose


def share_button(profile: Profile | None, page_name: str) -> None:
    """The view-only link, to be copied; nothing where there is nothing to share yet."""
    if profile is None:
        return
    with st.popover("Share", icon=":material/share:", help="A link to these ratings and picks."):
        st.markdown("**View-only link**, shows ratings and picks and changes nothing:")
        st.code(own_link.address(page_name, **{own_profile.LINK: profile.view_token}), language=None, wrap_lines=True)
        if profile.can_edit:
            st.caption(
                "The address of this page is your private link. Keep it to come back; whoever has it can change your "
                "ratings."
            )


def say_view_only(profile: Profile) -> None:
    """That nothing here can be changed, and the way to ratings of one's own."""
    line, button = st.columns([4, 1], vertical_alignment="center")
    owner = whose(profile)
    line.info(
        f"**View only.** You are looking at {'somebody’s' if owner == 'Their' else owner} ratings and picks; nothing here can be "
        "changed.",
        icon=":material/visibility:",
    )
    button.button(
        "Rate films yourself",
        key="start_anew",
        width="stretch",
        on_click=own_profile.start_anew,
        help="Leaves this link for ratings of your own, new ones or those that this browser knows.",
    )


def keep_or_delete(profile: Profile | None, answers: Sequence[Answer], run: TrainedRun) -> None:
    """Download, load and delete the answers; a view-only link can download them."""
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
    """The profile with all that it holds, behind a second press."""
    with st.popover("Delete my ratings", icon=":material/delete:", help="Asks once more before anything is deleted."):
        advice = " Download them first to keep a copy." if answers else ""
        st.markdown(
            f"This deletes {formats.counted(len(answers), 'answer')}, what else was said here, the name and both links, for "
            f"good.{advice}"
        )
        st.button("Delete for good", key="delete", type="primary", on_click=_delete)


def _delete() -> None:
    if own_profile.delete_everything():
        st.session_state["_note"] = True, "Your ratings and both their links are deleted."
