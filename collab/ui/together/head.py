"""The head of the Together page: who is in the group, and how to join, leave and share it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from collab.errors import ProfileError
from collab.recommend.group import LEAST_PEOPLE, MOST_PEOPLE
from collab.services.profiles import DEFAULT_NAME, LONGEST_NAME, Profile
from collab.ui.charts import formats
from collab.ui.frame import link
from collab.ui.person import own_profile
from collab.ui.together import members
from collab.ui.together.members import YOU, Members

RATE = "pages/rate.py"


def say_trouble(members_here: Members) -> None:
    """Say what was wrong with the link or with a pasted one, and offer to remove tokens that cannot be opened."""
    for text in dict.fromkeys((*members_here.trouble, members.take_errors())):
        if text:
            st.warning(f"{formats.plain(text)} The others go on without.", icon=":material/link_off:")
    if members_here.unknown:
        st.button(
            "Take what cannot be opened out of the link",
            key="leave_out",
            on_click=members.leave_out,
            args=(members_here.unknown,),
        )


def show_people(members_here: Members, page_name: str) -> None:
    """Draw each person by name with their actions, and the ways to join, which are open while fewer than two are here."""
    mine = members.private_links()
    enough = len(members_here.people) >= LEAST_PEOPLE
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="company"):
        for place, (profile, name) in enumerate(zip(members_here.people, members_here.names, strict=True)):
            _person(place, profile, name, mine.get(profile.id))
        if enough and len(members_here.people) < MOST_PEOPLE:
            with st.popover("Add somebody", icon=":material/person_add:"):
                _ways_to_join(members_here.people, mine)
        if enough:
            with st.popover("Share", icon=":material/share:", help="A link to this evening."):
                st.markdown("**Link to this evening**, shows everybody’s ratings and picks and changes nothing:")
                st.code(link.address(page_name), language=None, wrap_lines=True)
    if not enough:
        _invite(members_here, mine)


def _person(place: int, profile: Profile, name: str, private: Profile | None) -> None:
    n_rated = sum(answer.rating is not None for answer in own_profile.answers_of(profile))
    with st.popover(f"{formats.plain(name)} · {formats.count(n_rated)} rated", key=f"person-{place}"):
        has = "have" if name == YOU else "has"
        st.markdown(f"**{formats.plain(name)}** {has} rated {formats.counted(n_rated, 'film')}.")
        if private is not None:
            if st.button("Rate more films", key=f"more-{place}", icon=":material/star:"):
                _rate(private)
        else:
            st.caption("Only the private link can add ratings; this browser does not have it.")
        st.button(
            "Take out",
            key=f"leave-{place}",
            icon=":material/person_remove:",
            on_click=members.leave,
            args=(profile,),
            help="Leaves this evening. The ratings stay.",
        )


def _invite(members_here: Members, mine: dict[int, Profile]) -> None:
    """Draw what the page is for, and the ways to add the first and the second person."""
    if members_here.people:
        first = formats.plain(members_here.names[0])
        here = "**You** are here" if members_here.names[0] == YOU else f"**{first}** is here"
        text = f"{here}. An evening takes one more: choose how they join."
    else:
        text = (
            "An evening takes two to four people, each with some films rated. Nobody is here yet: choose how they join."
        )
    st.info(text, icon=":material/group_add:")
    if not (members_here.people or mine) and st.button(
        "Rate films yourself", key="rate_first", type="primary", icon=":material/star:"
    ):
        st.switch_page(RATE)
    with st.container(width=560):
        _ways_to_join(members_here.people, mine)


def _ways_to_join(people: Sequence[Profile], mine: dict[int, Profile]) -> None:
    present = {profile.id for profile in people}
    others = [profile for profile in mine.values() if profile.id not in present]
    if others:
        st.markdown("**From this browser**")
        with st.container(horizontal=True, gap="small"):
            for profile in others:
                name = "Your ratings" if profile.name == DEFAULT_NAME else profile.name
                st.button(
                    formats.plain(name),
                    key=f"join-{profile.id}",
                    icon=":material/person_add:",
                    on_click=members.join,
                    args=(profile,),
                )
    st.text_input(
        "Paste somebody’s link",
        key="paste_person",
        placeholder="https://…",
        on_change=members.join_by_link,
        help="The address of their Rate page, or the view-only link that Share shows there. A private link is turned into the "
        "view-only one: this page’s link can be shared.",
    )
    with st.form("somebody", border=False, enter_to_submit=True):
        name = st.text_input("Or let somebody rate films here", placeholder="Their name", max_chars=LONGEST_NAME)
        if st.form_submit_button("Start their ratings", icon=":material/star:"):
            try:
                fresh = members.start_profile(name)
            except ProfileError as reason:
                st.error(formats.plain(str(reason)), icon=":material/error:")
            else:
                _rate(fresh)
    st.caption("They rate a few films; the menu leads back here.")


def _rate(profile: Profile) -> None:
    """Open the Rate page for a person whose private link this browser has."""
    members.turn_to(profile)
    st.switch_page(RATE, query_params={own_profile.LINK: profile.edit_token})
