"""Actions pressed in the list of picks: carrying them out, and describing the last one with its undo."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import streamlit as st

from collab.data.answers import DISMISSALS, SEEN
from collab.ui.person import own_profile
from collab.ui.person.known import Known
from collab.ui.rate import what_if
from collab.ui.rate.cards import note_place, undo
from collab.ui.rate.pick_list import stars, undo_button


def carry_out(action: Mapping[str, Any], titles: Collection[str], known: Known, *, can_edit: bool) -> None:
    """Carry out a press in the list of the films `titles`: set a film aside, rate it, undo that, or ask what if.

    A press that fits nothing shown has arrived late and is ignored.
    """
    do, title, change = action.get("do"), action.get("of"), own_profile.last_change()
    if do == "what if":
        film = next((film for film in known.rated if known.titles[film] == title), None)
        if film is not None:
            what_if.ask(known.titles[film], known.rated[film])
        return
    if not can_edit or not isinstance(title, str):
        return
    just_said = change is not None and change.title == title
    if do == "undo" and just_said:
        undo()
    elif do in DISMISSALS and title in titles:
        note_place(title)
        own_profile.dismiss(title, do)
    elif do == "rate" and action.get("stars") in (1, 2, 3, 4, 5) and (just_said or title in titles):
        note_place(title)
        own_profile.rate(title, float(action["stars"]))
        st.session_state["_rate_rated_here"] = title


def last_action(can_edit: bool) -> tuple[str, str]:
    """The last action on a pick in words, and the HTML of its follow-up buttons; both "" where the last change was another."""
    change = own_profile.last_change()
    if not can_edit or change is None:
        return "", ""
    dismissed = any(answer is not None and answer.is_dismissal for answer in (change.before, change.after))
    if not dismissed and change.title != st.session_state.get("_rate_rated_here"):
        return "", ""
    is_seen = change.after is not None and change.after.said == SEEN
    then = stars(change.title) if is_seen else ""
    return f"{change.title}: {own_profile.say(change)}", then + undo_button(change.title)
