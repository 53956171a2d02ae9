"""Rating and picks: all parts of the page that an answer changes."""

from __future__ import annotations

import streamlit as st

from collab.errors import CollabError
from collab.ui.charts import formats
from collab.ui.frame.page import Page
from collab.ui.person import own_profile
from collab.ui.person.lacking import say_lacking
from collab.ui.person.own_profile import whose
from collab.ui.person.share import say_view_only
from collab.ui.person.viewer import facts_stated_by, viewer_of
from collab.ui.rate.begin import begin
from collab.ui.rate.cards import answer_list, answers_read_only, rate_cards
from collab.ui.rate.keep import keep_or_delete
from collab.ui.rate.picks import show_picks
from collab.ui.rate.profile_switch import profile_switch


def show(page: Page) -> None:
    """Everything that an answer changes; after an answer only this reruns."""
    run = page.run
    profile, wrong = own_profile.open_profile()
    can_edit = profile is None or profile.can_edit
    if wrong:
        st.warning(f"{formats.plain(wrong)} Meanwhile the page works as for a new visitor.", icon=":material/link_off:")
    if not can_edit:
        say_view_only(profile)
    if (trouble := own_profile.take_errors()) not in ("", wrong):
        st.error(formats.plain(trouble), icon=":material/error:")
    try:
        answers, said = own_profile.answers_of(profile), facts_stated_by(profile)
    except CollabError as reason:  # the database failed between two queries
        st.error(f"The answers cannot be read: {formats.plain(str(reason))}", icon=":material/error:")
        return
    viewer = viewer_of(run, profile, answers)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="head"):
        groups_first = begin(run, viewer.person, said, page.data, can_edit)
        profile_switch(profile)
    left, right = st.columns([1.05, 1], gap="medium")
    with left:
        if can_edit:
            rate_cards(viewer, said, groups_first)
        else:
            with st.container(key="answers_to_look_at"):
                st.header(f"{whose(profile)} ratings", anchor=False)
                answers_read_only(answers, viewer.known, run)
    with right:
        show_picks(viewer, "rate")
    if can_edit and answers:
        with st.container(key="answers"):
            st.header("Your answers", anchor=False)
            answer_list(answers, viewer.known)
    say_lacking(viewer.known, page.data, answers)
    keep_or_delete(profile, answers, run)
