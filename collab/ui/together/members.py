"""The members of a group: the people in the link, by their view-only tokens, and how they join and leave.

The link can be shared, so it never holds a private token: one that comes in by an address or a paste is replaced at once by the
view-only token of the same profile. The right to change a profile stays in the session and in the browser's list of profiles.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count
from urllib.parse import unquote

import streamlit as st

from collab.errors import ProfileError
from collab.recommend.group import MOST_PEOPLE
from collab.services.profiles import DEFAULT_NAME, Profile
from collab.ui.frame import cached, link
from collab.ui.frame.visitor import visitor
from collab.ui.person import own_profile

PEOPLE = "people"
"""The name in the link of the view-only tokens, separated by commas."""

YOU = "You"

_PASTE = "paste_person"


@dataclass(frozen=True)
class Members:
    """The people of the link in its order, with the `names` that the page gives them; what went wrong (`trouble`), and the
    tokens that cannot be opened (`unknown`)."""

    people: tuple[Profile, ...]
    names: tuple[str, ...]
    trouble: tuple[str, ...]
    unknown: tuple[str, ...]


def members_here() -> Members:
    """The people of the link; where it names none, those of the session; without those, the session's own profile. The link is
    updated to name them, and tokens that cannot be opened are reported. Raises ProfileError, leaving the link unchanged, where
    the database does not answer."""
    mine = private_links()
    tokens = _tokens_of_link()
    found: dict[int, Profile] = {}
    trouble, unknown = [], []
    for token in dict.fromkeys(tokens):
        try:
            profile = cached.profiles().open(token)
        except ProfileError as reason:
            trouble.append(str(reason))
            unknown.append(token)
            continue
        found.setdefault(profile.id, profile)
    if len(found) > MOST_PEOPLE:
        trouble.append(
            f"An evening has at most {MOST_PEOPLE} people; the link names {len(found)}, the first ones count."
        )
    people = tuple(found.values())[:MOST_PEOPLE]
    _keep(people, unknown)
    return Members(people, names_of(people, mine), tuple(trouble), tuple(unknown))


def names_of(people: Sequence[Profile], mine: Collection[int]) -> tuple[str, ...]:
    """A unique name for each: the profile's own. Of profiles without a name, the first whose id is in `mine` is "You", the others
    are "Person 2" and so on."""
    names: list[str] = []
    for place, profile in enumerate(people, start=1):
        name = profile.name
        if name == DEFAULT_NAME:
            name = YOU if profile.id in mine and YOU not in names else f"Person {place}"
        names.append(name)
    often, given = Counter(names), set()
    for place, name in enumerate(names):
        if often[name] > 1:
            numbered = (f"{name} ({n})" for n in count(1))
            names[place] = next(each for each in numbered if each not in often and each not in given)
        given.add(names[place])
    return tuple(names)


def tokens_in(text: str) -> list[str]:
    """The tokens in a pasted text: those of a private, view-only or group address; else those that the text itself lists."""
    named = re.findall(rf"[?&](?:{own_profile.LINK}|{PEOPLE})=([^&#\s]+)", text)
    return [token for part in named or [text] for token in re.split(r"[,\s]+", unquote(part)) if token]


def private_links() -> dict[int, Profile]:
    """The profiles that this browser may change, by id: those it remembers, and the session's own. Raises ProfileError."""
    known = {profile.id: profile for profile in cached.profiles().profiles_of(visitor())}
    own = own_profile.of_session()
    if own is not None and own.can_edit:
        known.setdefault(own.id, own)
    return known


def join(profile: Profile) -> None:
    """Add a person (in a callback)."""
    _change([*_tokens_of_link(), profile.view_token])


def leave(profile: Profile) -> None:
    """Remove a person (in a callback); their ratings stay."""
    _change([token for token in _tokens_of_link() if token != profile.view_token])


def leave_out(unknown: Sequence[str]) -> None:
    """Remove the `unknown` tokens from the link (in a callback)."""
    _change([token for token in _tokens_of_link() if token not in unknown])


def join_by_link() -> None:
    """Add the people of a pasted link (in the callback of its text box)."""
    text, state = st.session_state[_PASTE].strip(), st.session_state
    if not text:
        return
    state[_PASTE] = ""  # a private link does not stay on the screen
    joined = []
    for token in tokens_in(text):
        try:
            joined.append(cached.profiles().open(token).view_token)
        except ProfileError as reason:
            state["_together_trouble"] = str(reason)
    present = _tokens_of_link()
    fresh = [token for token in joined if token not in present]
    if len(present) + len(fresh) > MOST_PEOPLE:
        state["_together_trouble"] = f"An evening has at most {MOST_PEOPLE} people. Take somebody out first."
    elif joined and not fresh:
        state["_together_trouble"] = "Whoever has this link is here already."
    else:
        _change([*present, *fresh])


def take_errors() -> str:
    """Why nobody was added; reading it clears it."""
    return st.session_state.pop("_together_trouble", "")


def start_profile(name: str) -> Profile:
    """Create a profile for another person at this browser, and add them to the group. Raises ProfileError, also for an invalid
    name."""
    store = cached.profiles()
    fresh = store.create(name)
    store.remember(visitor(), fresh)
    _change([*_tokens_of_link(), fresh.view_token])
    return fresh


def turn_to(profile: Profile) -> None:
    """Make this profile, opened by its private link, the session's own; the previous one stays in the browser's list.
    Raises ProfileError."""
    own = own_profile.of_session()
    if own is not None and own.can_edit:
        cached.profiles().remember(visitor(), own)
    own_profile.turn_to(profile.edit_token)


def _tokens_of_link() -> list[str]:
    """The tokens of the link, or of the session; a profile's own link, private or view-only, adds its person."""
    text = link.own(PEOPLE)
    tokens = [token for token in (text or "").split(",") if token]
    if (token := link.take(own_profile.LINK)) is not None:
        tokens += _joining(token)
    link.hide(own_profile.LINK)  # a private link does not go along with the group's
    own = own_profile.of_session()
    if text is None and not tokens and own is not None:
        tokens.append(own.view_token)
    return tokens


def _joining(token: str) -> list[str]:
    """The view-only token of the profile of `token`, in a list; a private token becomes the session's own."""
    try:
        profile = cached.profiles().open(token)
    except ProfileError as reason:
        st.session_state["_together_trouble"] = str(reason)
        return []
    if profile.can_edit:
        own_profile.turn_to(token)
    return [profile.view_token]


def _keep(people: Sequence[Profile], unknown: Sequence[str]) -> None:
    _change([*(profile.view_token for profile in people), *unknown])


def _change(tokens: Sequence[str]) -> None:
    if tokens or link.own(PEOPLE) is not None:
        link.put(PEOPLE, ",".join(dict.fromkeys(tokens)))
