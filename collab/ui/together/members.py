"""Who is together: the people of the link, by their view-only tokens, and how somebody joins or leaves.

The link can be shared, so no private token stands in it: one that comes in, by an address or pasted, is turned into the view-only
token of the same profile at once. What a session may change stays in the session and in the browser's list of profiles.
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
from collab.ui.frame import cached, own_link
from collab.ui.frame.visitor import visitor
from collab.ui.person import own_profile

PEOPLE = "people"
"""The name in the link that the view-only tokens go by, separated by commas."""

YOU = "You"

_PASTE = "paste_person"


@dataclass(frozen=True)
class Members:
    """The people of the link in its order, with the name that the page gives each; what `trouble` there was with others, and
    their tokens, `unknown`."""

    people: tuple[Profile, ...]
    names: tuple[str, ...]
    trouble: tuple[str, ...]
    unknown: tuple[str, ...]


def members_here() -> Members:
    """The people of the link; those of the session where it names none; else whoever rates films in this session. The link then
    names them. Who cannot be opened is told of. Raises ProfileError, with the link as it was, where nobody can be: the database
    does not answer."""
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
    """A name for each, no two alike: the profile's own. Where nobody named it, the first of the ids `mine` is "You", others are
    "Person 2"."""
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
    """The tokens in a pasted text: those of an address, private, view-only or of an evening; else the text itself."""
    named = re.findall(rf"[?&](?:{own_profile.LINK}|{PEOPLE})=([^&#\s]+)", text)
    return [token for part in named or [text] for token in re.split(r"[,\s]+", unquote(part)) if token]


def private_links() -> dict[int, Profile]:
    """The profiles that this browser may change, by their ids: those it remembers, and the session's own. Raises ProfileError."""
    known = {profile.id: profile for profile in cached.profiles().profiles_of(visitor())}
    own = own_profile.of_session()
    if own is not None and own.can_edit:
        known.setdefault(own.id, own)
    return known


def join(profile: Profile) -> None:
    """Add somebody (in a callback)."""
    _change([*_tokens_of_link(), profile.view_token])


def leave(profile: Profile) -> None:
    """Take somebody out (in a callback); their ratings stay."""
    _change([token for token in _tokens_of_link() if token != profile.view_token])


def leave_out(unknown: Sequence[str]) -> None:
    """Take tokens that nobody has out of the link (in a callback)."""
    _change([token for token in _tokens_of_link() if token not in unknown])


def join_by_link() -> None:
    """Add whoever is meant by what was pasted (in the callback of its text box)."""
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


def take_trouble() -> str:
    """Why nobody was added; said once."""
    return st.session_state.pop("_together_trouble", "")


def start_somebody(name: str) -> Profile:
    """Begin ratings for somebody more at this browser, and add them to the evening. Raises ProfileError, also for a name that
    is none."""
    store = cached.profiles()
    fresh = store.create(name)
    store.remember(visitor(), fresh)
    _change([*_tokens_of_link(), fresh.view_token])
    return fresh


def turn_to(profile: Profile) -> None:
    """Make this profile, opened by its private link, the session's own; the one of before stays in the browser's list.
    Raises ProfileError."""
    own = own_profile.of_session()
    if own is not None and own.can_edit:
        cached.profiles().remember(visitor(), own)
    own_profile.turn_to(profile.edit_token)


def _tokens_of_link() -> list[str]:
    """The tokens of the link, or of the session; a profile's own link, private or not, counts as a person too."""
    state = st.session_state
    text = st.query_params.get(PEOPLE)
    if text is None or own_link.is_late(PEOPLE, text):
        tokens = list(state.get("_together", ()))
    else:
        tokens = [token for token in text.split(",") if token]
    token = st.query_params.get(own_profile.LINK)
    if token is not None:
        late = own_link.is_late(own_profile.LINK, token)
        own_link.put(own_profile.LINK, None)
        if not late:
            tokens += _joining(token)
    own = own_profile.of_session()
    if not tokens and "_together" not in state and own is not None:
        tokens.append(own.view_token)
    return tokens


def _joining(token: str) -> list[str]:
    """The view-only token of whoever a page's own link named; a private link goes on being the session's own."""
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
    tokens = list(dict.fromkeys(tokens))
    if tokens or "_together" in st.session_state:
        st.session_state["_together"] = tokens
    own_link.put(PEOPLE, ",".join(tokens) or None)
