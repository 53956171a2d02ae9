"""Sharing a profile: its view-only link, and the notice on a page opened by such a link."""

from __future__ import annotations

import streamlit as st

from collab.services.profiles import Profile
from collab.ui.frame import link
from collab.ui.person import own_profile
from collab.ui.person.own_profile import whose


def share_button(profile: Profile | None, page_name: str) -> None:
    """Show the view-only link, to be copied; nothing without a profile."""
    if profile is None:
        return
    with st.popover("Share", icon=":material/share:", help="A link to these ratings and picks."):
        st.markdown("**View-only link**, shows ratings and picks and changes nothing:")
        st.code(link.address(page_name, **{own_profile.LINK: profile.view_token}), language=None, wrap_lines=True)
        if profile.can_edit:
            st.caption(
                "The address of this page is your private link. Keep it to come back; whoever has it can change your "
                "ratings."
            )


def say_view_only(profile: Profile) -> None:
    """Say that nothing here can be changed, and offer to rate films oneself."""
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
