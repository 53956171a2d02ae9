"""The films to rate on the Rate page: search, a card for each film asked next, and the editable list of answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from collab.services.profiles import Answer
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.frame.item_page import item_address
from collab.ui.person import cached as person_cached
from collab.ui.person import own_profile
from collab.ui.person.known import Known, next_films
from collab.ui.person.viewer import Viewer
from collab.ui.rate.elicitation import choose_way, elicitation_order, information_in_words
from collab.ui.rate.group_cards import SHOW_GROUPS, group_cards, what_groups_tell
from collab.ui.widgets.item_list import Film, facts, film_list

STYLE = Path(__file__).with_suffix(".css")

N_CARDS = 6
"""Number of cards shown; a narrow screen shows only the first three (cards.css)."""

N_ANSWERS = 12
"""Number of answers shown at first; each *Show more* adds four times as many."""


def rate_cards(viewer: Viewer, said: Mapping[str, str], groups_first: bool) -> None:
    """Draw search, the status lines, and a card for each of the next films to rate, or with `groups_first` for each group of
    films to pick; `said` holds the person's facts."""
    run, known = viewer.run, viewer.known
    titles, state = person_cached.film_titles(run.id), st.session_state
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small", key="find"):
        st.selectbox(
            "Find a film to rate",
            titles,
            index=None,
            key="search",
            placeholder="Find any film to rate it",
            label_visibility="collapsed",
            on_change=_find,
            help="Type a few letters of the title. The film then takes the place of the first card.",
        )
        way, audience = choose_way(run)
    if groups_first:
        _so_far(known, what_groups_tell(viewer, said), "Tap to pick, again to put back.")
        group_cards(run, said)
        return
    change = own_profile.last_change()
    place = person_cached.match_film_titles(run.id, [change.title])[0] if change else None
    _so_far(known, information_in_words(viewer, change, place, way, audience))
    found = titles.get(state.get("_rate_found"))
    doubled = set() if found is None else set(np.flatnonzero(run.items["title"] == state["_rate_found"]).tolist())
    if state.get("_rate_asked_by") != (run.id, way):  # another run or strategy: a new list
        state["_rate_asked_by"], state["_rate_asked"] = (run.id, way), []
    films = next_films(
        run.items,
        state["_rate_asked"],
        known.answered | doubled,
        N_CARDS,
        None if audience is None else partial(elicitation_order, viewer, way, audience),
    )
    state["_rate_asked"] = films["title"].tolist()
    if found is not None:  # the film found takes the first card
        films = pd.concat([run.items.iloc[[found]].assign(item_index=found), films.iloc[1:]], ignore_index=True)
    with st.container(gap="xsmall"):
        for place, film in enumerate(films.itertuples(), start=1):
            _card(place, film, known)
    if films.empty:
        st.success("You have answered every film of this data set.", icon=":material/check:")


def answer_list(answers: Sequence[Answer], known: Known) -> None:
    """Draw the answers on films of this data set, last one first, each with stars to change and a button to take it back."""
    here, n_shown = _here(answers, known), st.session_state.get("_rate_n_answers", N_ANSWERS)
    with st.grid("auto", min_column_width=340, gap=("xxsmall", "large")) as grid:
        for answer in here[:n_shown]:
            with grid.cell():
                _answer(answer)
    if len(here) > n_shown:
        st.button(
            f"Show more of {formats.count(len(here))}",
            key="more_answers",
            type="tertiary",
            on_click=lambda: st.session_state.update(_rate_n_answers=n_shown + 4 * N_ANSWERS),
        )


def answers_read_only(answers: Sequence[Answer], known: Known, run: TrainedRun) -> None:
    """Draw the same answers read-only."""
    titles, films = person_cached.film_titles(run.id), []
    for answer in _here(answers, known):
        index = titles.get(answer.title)
        about, address = ("", "") if index is None else (facts(run.items.iloc[index]), item_address(run, index))
        said = own_profile.in_words(answer)
        figure, _, unit = said.partition(" ")
        verdict = ("", said) if answer.rating is None else (figure, f" {unit}")
        films.append(Film(answer.title, about, *verdict, address=address))
    if films:
        st.html(film_list(films, "Ratings", run.record.scale, palette(), len(films)))
    else:
        st.caption("No film of this data set is rated yet.")


def _so_far(
    known: Known, information_gained: str, how: str = "One tap answers. Unseen films can still be picked."
) -> None:
    """Draw the number of answers, the last change, `information_gained` and *Undo*; always two lines, so that nothing jumps.
    Before the first answer, `how` says how to begin."""
    change = own_profile.last_change()
    if change is None and not known.answered:
        text = how
    else:
        text = f"{formats.count(len(known.rated))} rated, {formats.count(len(known.not_seen))} not seen."
    if change is not None:
        text += f" Last: {formats.plain(change.title)}, {own_profile.say(change)}."
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", key="so_far"):
        with st.container(gap=None, key="said"):
            st.caption(text, wrap=False)
            st.caption(
                information_gained,
                wrap=False,
                help="Uncertainty: the part of the doubt in your predicted ratings that comes from not knowing your taste, in "
                "squared stars, averaged over all films by how many people rate them.",
            )
        with st.container(key="jump", width="content"):
            st.markdown("[Picks](#picks)", width="content")
        st.button(
            "Undo",
            key="undo",
            type="tertiary",
            icon=":material/undo:",
            disabled=change is None,
            on_click=undo,
            help="Undoes the last answer, and the one before it when pressed again.",
        )


def _card(place: int, film: Any, known: Known) -> None:
    """Draw one film to rate. Containers are keyed by place, widgets by film."""
    title, stars = known.titles.get(film.item_index, film.title), f"stars-{film.title}"
    st.session_state[stars] = _filled(known.rated.get(film.item_index))
    with st.container(border=True, gap=None, key=f"card-{place}"):
        st.markdown(f"**{formats.plain(film.title)}**", wrap=False)
        with st.container(horizontal=True, vertical_alignment="center", key=f"controls-{place}"):
            st.caption(formats.plain(facts(film)), wrap=False)
            st.feedback("stars", key=stars, on_change=_rated, args=(title, stars))
            st.button("Haven’t seen it", key=f"unseen-{film.title}", type="tertiary", on_click=_say, args=(title, None))


def _answer(answer: Answer) -> None:
    """Draw one answer as a row."""
    key = f"answer-{answer.title}"
    st.session_state[key] = _filled(answer.rating)
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small", key=f"row-{answer.title}"):
        st.markdown(formats.plain(answer.title), wrap=False, width="stretch")
        if answer.rating is None:
            st.caption(own_profile.in_words(answer), width="content")
        elif answer.rating != round(answer.rating):
            st.caption(formats.stars(answer.rating), width="content")
        st.feedback("stars", key=key, on_change=_rated, args=(answer.title, key))
        st.button(
            "",
            key=f"back-{answer.title}",
            type="tertiary",
            icon=":material/close:",
            on_click=_take_back,
            args=(answer.title,),
            help="Takes this answer back: the film may be asked again.",
        )


def _find() -> None:
    state = st.session_state
    state["_rate_found"], state["search"] = state["search"], None
    state[SHOW_GROUPS] = False  # else the film found would stay hidden behind the groups


def _rated(title: str, key: str) -> None:
    filled = st.session_state[key]
    if filled is None:  # the same star again clears the rating
        _take_back(title)
    else:
        _say(title, filled + 1.0)


def _say(title: str, rating: float | None) -> None:
    note_place(title)
    own_profile.rate(title, rating)


def note_place(title: str) -> None:
    """Remember the position of a film among the films asked before it is answered, for `undo`; for a callback."""
    state = st.session_state
    asked = state.get("_rate_asked", [])
    if title in asked:
        state.setdefault("_rate_asked_at", {})[title] = asked.index(title)
    state["_rate_found"] = state["_rate_note"] = None


def _take_back(title: str) -> None:
    own_profile.take_back(title)
    st.session_state["_rate_note"] = None


def undo() -> None:
    """Undo the last change; a film that is asked again returns to its position."""
    change, state = own_profile.undo(), st.session_state
    place = state.get("_rate_asked_at", {}).get(change.title) if change else None
    if place is not None and change.before is None and place < len(state["_rate_asked"]):
        state["_rate_asked"][place] = change.title


def _here(answers: Sequence[Answer], known: Known) -> list[Answer]:
    lacking = set(known.lacking)
    return [answer for answer in reversed(answers) if answer.title not in lacking]


def _filled(rating: float | None) -> int | None:
    """The value of `st.feedback` for a rating: filled stars, counted from 0; half stars round up."""
    return None if rating is None else max(0, math.floor(rating + 0.5) - 1)
