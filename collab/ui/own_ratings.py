"""The profile in front of the page: opened by the link, made at the first answer, changed by every answer.

The functions that change something are for callbacks; none of them raises. What went wrong waits in `take_trouble`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from collab.answers import match_titles, read_ratings_csv, write_ratings_csv
from collab.errors import CollabError, ProfileError
from collab.services.profiles import Answer, Profile
from collab.ui import cached
from collab.ui.taste import STARS

LINK = "profile"
"""The name in the link that a private or view-only token goes by."""

N_UNDO = 50
"""How many changes can be undone, last one first."""


@dataclass(frozen=True)
class Change:
    """One change of an answer: the title, and what was said of it `before` and `after`; None is no answer at all."""

    title: str
    before: Answer | None
    after: Answer | None


@dataclass(frozen=True)
class Imported:
    """What came of loading a file: how many answers it held, which titles this run lacks, which stood there twice."""

    n_answers: int
    lacking: tuple[str, ...]
    repeated: tuple[str, ...]


def open_profile() -> tuple[Profile | None, str]:
    """The profile of the link, else the one that this session made or opened; and what is wrong with the link, if anything."""
    token = _token()
    if not token:
        return None, ""
    try:
        profile = cached.profiles().open(token)
    except ProfileError as reason:
        st.session_state.pop("_profile", None)
        st.session_state["_refused_link"] = token
        return None, str(reason)
    _use(token)
    return profile, ""


def of_session() -> Profile | None:
    """The profile that this session made or opened last, where the page's link is not to hold it; None where it is gone."""
    token = st.session_state.get("_profile")
    try:
        return cached.profiles().open(token) if token else None
    except ProfileError:
        return None


def answers_of(profile: Profile | None) -> list[Answer]:
    """The answers in the order in which the films were first answered. Raises ProfileError."""
    return cached.profiles().answers(profile) if profile else []


def rate(title: str, rating: float | None) -> None:
    """Keep a rating in stars, or None for "haven't seen it"; the first one makes the profile."""
    _change(title, Answer(title, rating, 0))


def dismiss(title: str, said: str) -> None:
    """Keep that a film is not to be picked: one of `collab.answers.DISMISSALS`."""
    _change(title, Answer(title, None, 0, said))


def take_back(title: str) -> None:
    """Forget the answer to a film."""
    _change(title, None)


def last_change() -> Change | None:
    """The change that `undo` would undo."""
    changes = st.session_state.get("_changes", [])
    return changes[-1] if changes else None


def undo() -> Change | None:
    """Undo the last change, and the one before it when called again; returns what was undone."""
    change = last_change()
    if change is None or not _try(lambda: _write(change.title, change.before)):
        return None
    st.session_state["_changes"].pop()
    return change


def load_file(content: bytes, name: str, run_id: str) -> Imported | None:
    """Add the answers of a CSV file, all or none; None where it was refused.

    A title that the run spells a little otherwise is kept as the run spells it, so that it is the same film everywhere.
    """
    imported: list[Imported] = []

    def load() -> None:
        read = read_ratings_csv(content, STARS, name)
        known = list(cached.film_titles(run_id))
        places, lacking = match_titles([title for title, _ in read.rows], known)
        rows = [
            (title if place is None else known[place], rating)
            for place, (title, rating) in zip(places, read.rows, strict=True)
        ]
        said = {row[0]: read.said[title] for row, (title, _) in zip(rows, read.rows, strict=True) if title in read.said}
        kept = cached.profiles().import_csv(_own_profile(), write_ratings_csv(rows, said), STARS, name)
        imported.append(Imported(len(kept.rows), tuple(lacking), read.repeated + kept.repeated))

    if not _try(load):
        return None
    st.session_state["_changes"] = []
    return imported[0]


def delete_everything() -> bool:
    """Delete the profile with its answers and links; whether that worked."""
    profile, _ = open_profile()
    done = profile is not None and _try(lambda: cached.profiles().delete(profile))
    if done:
        start_anew()
    return done


def start_anew() -> None:
    """Leave the profile of the link, as a new visitor."""
    st.query_params.pop(LINK, None)
    for name in ("_profile", "_changes", "_asked_by"):
        st.session_state.pop(name, None)


def take_trouble() -> str:
    """Why the last change was refused; said once."""
    return st.session_state.pop("_profile_trouble", "")


def say(change: Change) -> str:
    """A change in words, for the line beside *Undo*, without the title."""
    return "taken back" if change.after is None else in_words(change.after)


def in_words(answer: Answer) -> str:
    """An answer in words: "3.5 stars", "1 star", "not seen", "seen", "not interested"."""
    if answer.rating is None:
        return answer.said or "not seen"
    return f"{answer.rating:g} {'star' if answer.rating == 1 else 'stars'}"


def _change(title: str, after: Answer | None) -> None:
    def change() -> None:
        profile = _own_profile()
        before = {answer.title: answer for answer in cached.profiles().answers(profile)}.get(title)
        _write(title, after)
        changes = [*st.session_state.get("_changes", []), Change(title, before, after)]
        st.session_state["_changes"] = changes[-N_UNDO:]

    _try(change)


def _write(title: str, answer: Answer | None) -> None:
    store, profile = cached.profiles(), _own_profile()
    if answer is None:
        store.take_back(profile, title)
    elif answer.said:
        store.dismiss(profile, title, answer.said)
    elif answer.rating is None:
        store.not_seen(profile, title)
    else:
        store.rate(profile, title, answer.rating)


def _own_profile() -> Profile:
    """The open profile; a new one where there is none yet, or where the person has been told that the link is of no use.

    Raises ProfileError: a database that fails for a moment must not make somebody a new person.
    """
    store, token = cached.profiles(), _token()
    if token and token != st.session_state.get("_refused_link"):
        return store.open(token)
    profile = store.create()
    _use(profile.edit_token)
    return profile


def _token() -> str | None:
    return st.query_params.get(LINK) or st.session_state.get("_profile")


def _use(token: str) -> None:
    st.session_state["_profile"] = token
    if st.query_params.get(LINK) != token:
        st.query_params[LINK] = token


def _try(change: Callable[[], None]) -> bool:
    try:
        change()
    except CollabError as reason:
        st.session_state["_profile_trouble"] = str(reason)
        return False
    return True
