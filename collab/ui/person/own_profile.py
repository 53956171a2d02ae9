"""The open profile of the page: opened by the link, created at the first answer, changed by every answer.

The functions that change something are for callbacks; none of them raises. `take_errors` returns what went wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from collab.data.answers import STARS, RatingsFile
from collab.data.exports import Export, answers_to_keep, read_export, with_catalogue_titles
from collab.errors import CollabError, ProfileError
from collab.services.profiles import DEFAULT_NAME, Answer, Profile
from collab.ui.charts import formats
from collab.ui.frame import cached, link
from collab.ui.frame.visitor import visitor
from collab.ui.person import cached as person_cached

LINK = "profile"
"""Name of the link parameter that holds a private or view-only token."""

N_UNDO = 50
"""Maximum number of changes that can be undone, last one first."""


@dataclass(frozen=True)
class Change:
    """One change of an answer: the title, and the answer `before` and `after`; None is no answer."""

    title: str
    before: Answer | None
    after: Answer | None


@dataclass(frozen=True)
class FileRead:
    """A file that was read but not yet kept: its answers with the titles as run `run_id` spells them, and those it lacks."""

    run_id: str
    export: Export
    lacking: tuple[str, ...]


def open_profile() -> tuple[Profile | None, str]:
    """The profile of the link, else the one that this session created or opened; and what is wrong with the link, if anything."""
    token = _token()
    if not token:
        return None, ""
    try:
        profile = cached.profiles().open(token)
        _remember(profile)
    except ProfileError as reason:
        st.session_state.pop("_profile", None)
        st.session_state["_profile_refused"] = token
        return None, str(reason)
    if st.session_state.get("_profile_refused") == token:  # the database works again: this is the same person as before
        del st.session_state["_profile_refused"]
    _use(token)
    return profile, ""


def of_session() -> Profile | None:
    """The profile that this session created or opened last, for a page that keeps it out of its link; None if it is gone."""
    token = _token()
    try:
        return cached.profiles().open(token) if token else None
    except ProfileError:
        return None


def answers_of(profile: Profile | None) -> list[Answer]:
    """The answers in the order in which the films were first answered. Raises ProfileError."""
    return cached.profiles().answers(profile) if profile else []


def rate(title: str, rating: float | None) -> None:
    """Store a rating in stars, or None for "haven't seen it"; the first one creates the profile."""
    _change(title, Answer(title, rating, 0))


def dismiss(title: str, said: str) -> None:
    """Store that a film is not to be picked; `said` is one of `collab.data.answers.DISMISSALS`."""
    _change(title, Answer(title, None, 0, said))


def take_back(title: str) -> None:
    """Delete the answer to a film."""
    _change(title, None)


def tell(name: str, change: Callable[[str | None], str | None]) -> None:
    """Change a fact about the person: `change` maps the current fact to the new one, None for none. The first fact creates the
    profile."""
    with _refusal_noted():
        store = cached.profiles()
        profile = _own_profile() if _is_open() else None
        value = change(store.facts(profile).get(name) if profile else None)
        if value is not None or profile is not None:
            store.set_fact(profile or _own_profile(), name, value)


def last_change() -> Change | None:
    """The change of the open profile that `undo` would undo."""
    changes = _changes()
    return changes[-1] if changes else None


def undo() -> Change | None:
    """Undo the last change, and the one before it when called again; returns what was undone.

    An answer that another window has changed since is left alone, and `take_errors` says so.
    """
    change = last_change()
    if change is None:
        return None
    with _refusal_noted():
        unchanged = _same(_answer_to(change.title), change.after)
        if unchanged:
            _write(change.title, change.before)
        else:
            st.session_state["_profile_trouble"] = f"{change.title} was answered elsewhere since; that answer stays."
        _changes().pop()
        return change if unchanged else None
    return None


def read_file(content: bytes, name: str, run_id: str) -> FileRead | None:
    """The answers in a file of ratings, see `collab.data.exports`; None if it was refused. Nothing is stored yet.

    A title that the run spells slightly differently takes the run's spelling, so that it is the same film everywhere.
    """
    with _refusal_noted():
        export, lacking = with_catalogue_titles(
            read_export(content, STARS, name), list(person_cached.film_titles(run_id))
        )
        return FileRead(run_id, export, lacking)
    return None


def to_keep(file: FileRead, answers: Sequence[Answer]) -> RatingsFile:
    """The answers of the file that go into a profile with these `answers`."""
    return answers_to_keep(file.export, {answer.title for answer in answers if answer.rating is not None})


def keep_file(file: FileRead) -> int | None:
    """Add the answers of the file, all or none; returns how many, None if that was refused."""
    with _refusal_noted():
        profile = _own_profile()
        answers = to_keep(file, cached.profiles().answers(profile))
        cached.profiles().keep(profile, answers)
        _changes().clear()
        return len(answers.rows)
    return None


def profiles_here() -> list[Profile]:
    """The profiles that this browser knows, in the order in which it first saw them; empty if they cannot be read."""
    try:
        return cached.profiles().profiles_of(visitor())
    except ProfileError:
        return []


def n_answers(profiles: Sequence[Profile]) -> dict[int, int]:
    """The number of answers of each profile, by its id; empty if they cannot be read."""
    try:
        return cached.profiles().n_answers(profiles)
    except ProfileError:
        return {}


def name_it(name: str) -> bool:
    """Name the open profile, or a new one if there is none yet; returns whether that worked."""
    return _try(lambda: cached.profiles().rename(_own_profile(), name))


def start_another(name: str) -> bool:
    """Create another profile and open it; returns whether that worked."""
    return _try(lambda: switch_to(cached.profiles().create(name)))


def switch_to(profile: Profile) -> None:
    """Open another profile of this browser by its private link."""
    leave_page()
    _use(profile.edit_token)


def turn_to(token: str) -> None:
    """Make the profile of `token` the session's own, without putting it in the page's link."""
    if st.session_state.get("_profile") not in (None, token):
        leave_page()
    st.session_state["_profile"] = token
    link.remember(LINK, token)


def forget_here(profile: Profile) -> bool:
    """Remove a profile from this browser's list and, if it is the open one, leave it; returns whether that worked."""
    done = _try(lambda: cached.profiles().forget(visitor(), profile))
    if done and profile.edit_token == _token():
        start_anew()
    return done


def delete_everything() -> bool:
    """Delete the open profile with its answers and links; returns whether that worked."""
    profile, _ = open_profile()
    done = profile is not None and _try(lambda: cached.profiles().delete(profile))
    if done:
        start_anew()
    return done


def start_anew() -> None:
    """Leave the profile of the link, as a new visitor."""
    st.session_state.get("_profile_changes", {}).pop(_token(), None)
    link.put(LINK, None)
    st.session_state.pop("_profile", None)
    leave_page()


def leave_page() -> None:
    """Clear the session's state of one person's page, *Rate*."""
    for name in [name for name in st.session_state if name.startswith("_rate_")]:
        del st.session_state[name]


def take_errors() -> str:
    """Why the last change was refused; cleared by the call."""
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
    with _refusal_noted():
        before = _answer_to(title)
        _write(title, after)
        changes = _changes()
        changes.append(Change(title, before, after))
        del changes[:-N_UNDO]


def _changes() -> list[Change]:
    """This session's changes of the open profile, oldest first: kept by profile, so that nobody undoes another's changes."""
    return st.session_state.setdefault("_profile_changes", {}).setdefault(_token(), [])


def _answer_to(title: str) -> Answer | None:
    answers = cached.profiles().answers(_own_profile())
    return next((answer for answer in answers if answer.title == title), None)


def _same(one: Answer | None, other: Answer | None) -> bool:
    """Whether two answers say the same, regardless of their time."""
    if one is None or other is None:
        return one is other
    return (one.rating, one.said) == (other.rating, other.said)


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
    """The open profile; a new one if there is none yet, or if the person has been told that the link does not work.

    Raises ProfileError: a brief failure of the database must not turn somebody into a new person.
    """
    store = cached.profiles()
    if _is_open():
        return store.open(_token())
    profile = store.create()
    _use(profile.edit_token)
    return profile


def _is_open() -> bool:
    """Whether there is a profile, as far as the person knows."""
    return bool(_token()) and _token() != st.session_state.get("_profile_refused")


def in_use() -> str | None:
    """The token of the session's own profile, which tells its pages apart from those of another; None without one."""
    return _token()


def _token() -> str | None:
    """The token of the profile that this session opened or created last; the link's, if it has one."""
    return link.own(LINK)


def _use(token: str) -> None:
    turn_to(token)
    link.put(LINK, token)


def _remember(profile: Profile) -> None:
    """Add a profile opened by its private link to this browser's list, once per session: it may be removed again."""
    remembered = st.session_state.setdefault("_profile_remembered", set())
    if profile.can_edit and profile.edit_token not in remembered:  # the id of a deleted profile may be reused
        cached.profiles().remember(visitor(), profile)
        remembered.add(profile.edit_token)


def _try(change: Callable[[], object]) -> bool:
    with _refusal_noted():
        change()
        return True
    return False


@contextmanager
def _refusal_noted() -> Iterator[None]:
    """Context that a refused change ends early; `take_errors` then returns why."""
    try:
        yield
    except CollabError as reason:
        st.session_state["_profile_trouble"] = str(reason)


def whose(profile: Profile) -> str:
    """The owner of a profile in a heading, for Markdown: "Ada’s", or "Their" if it has no name."""
    return "Their" if profile.name == DEFAULT_NAME else f"{formats.plain(profile.name)}’s"
