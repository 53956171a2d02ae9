"""The ways to begin on the Rate page: newer films, groups to pick instead of rating, and facts about the person."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from collab.data.catalogue import CATALOGUE, DEFAULT, Entry
from collab.data.dataset import Dataset
from collab.data.features import AGE_EDGES
from collab.errors import RunError
from collab.recommend.new_user import GROUPS, NewUser, OwnFoldIn
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.in_use import use_data
from collab.ui.person import cached as person_cached
from collab.ui.person.viewer import AGE, FACTS, GENDER, OCCUPATION, picked_groups
from collab.ui.rate.group_cards import SHOW_GROUPS, groups_in_words, tell

NEWER = {DEFAULT: "ml-latest-small"}
"""Maps a data set of the catalogue to the one with newer films, which people would rather rate."""

LEFT_OUT = "Left out"
GENDERS = {"F": "Female", "M": "Male"}

WORTH = (
    "It helps a little before the first ratings. On 800 people of MovieLens 100K, all of their ratings kept out of the training, "
    "the squared error of *bayes* was 1.099 with it and 1.108 without after one rating, 0.993 and 0.998 after ten."
)
"""From `tests/benchmarks/README.md`: `python -m tests.benchmarks.cold_start --final`."""


def begin(run: TrainedRun, person: NewUser | OwnFoldIn, said: Mapping[str, str], data: Entry, can_edit: bool) -> bool:
    """Draw one line of ways to begin: newer films, groups, facts about oneself. Returns whether to show groups, not films."""
    groups, dataset, why_not = _at_hand(run, person)
    show_groups = False
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="begin"):
        _propose_newer(data)
        if can_edit and groups:
            n_picked = len(picked_groups(run, said))
            show_groups = st.toggle(
                f"Groups picked: {n_picked}" if n_picked else "Rather pick than rate",
                key=SHOW_GROUPS,
                bind="query-params",
                width="content",
                help="Shows groups of films that the same people like: whoever picks some is taken for one of the half of all "
                "people who like these films most, compared with the other groups.",
            )
        if can_edit and dataset is not None:
            _about(dataset, said)
    if GROUPS in said:
        _say_what_counts(run, said, groups, why_not, can_edit)
    if can_edit and dataset is None and any(name in said for name in FACTS):
        st.caption(
            "Age, gender and occupation do not count here: this run does not know them of its people, or cannot use them."
        )
    return show_groups


def _at_hand(run: TrainedRun, person: NewUser | OwnFoldIn) -> tuple[bool, Dataset | None, str]:
    """Whether the run has groups; the data set, None where facts about people cannot be used; why groups do not count."""
    if isinstance(person, OwnFoldIn):
        return False, None, "this model has no factors that people share to start from"
    try:
        groups, stated = person_cached.run_groups(run.id), person_cached.run_background(run.id)
    except RunError:
        return False, None, "the ratings behind this run are not at hand"
    return bool(groups), None if stated is None else stated[1], "this run has too few films to make groups of"


def _propose_newer(data: Entry) -> None:
    """Say how old the films are, and offer newer ones where that data set is already downloaded."""
    newer = CATALOGUE.get(NEWER.get(data.name, ""))
    if newer is None:
        return
    st.caption(formats.sentence(data.note), width="content")
    if cached.fetcher().state(newer.name).state != "here":
        return
    films, _, _ = newer.note.partition(",")
    pressed = st.button(
        f"Rate {formats.plain(films)} instead",
        key="use_newer",
        type="tertiary",
        on_click=use_data,
        args=(newer.name,),
        help=f"Switches every page to {formats.plain(newer.title)}. Your ratings come along: they are kept by title.",
    )
    if pressed:  # inside a fragment, only a full rerun opens the other data set
        st.rerun()


def _say_what_counts(run: TrainedRun, said: Mapping[str, str], has_groups: bool, why_not: str, can_edit: bool) -> None:
    """Say which groups were picked where they cannot be changed, or why the picked groups have no effect."""
    if not has_groups:
        st.caption(f"The groups of films that were picked do not count here: {why_not}.")
    elif not (picked := groups_in_words(run, said)):
        st.caption("No group of this run has the films of the groups that were picked.")
    elif not can_edit:
        st.caption(f"Groups picked: {picked}.")


def _about(dataset: Dataset, said: Mapping[str, str]) -> None:
    """Draw the controls for age, gender and occupation, each optional."""
    with (
        st.popover(
            "About you",
            key="about",
            help="Age, gender and occupation, each optional: the more you say, the more the first picks lean on people like you.",
        ),
        st.container(width=360),
    ):
        st.caption(f"{WORTH} A view-only link does not show it.")
        options = {
            AGE: {str(low): label for low, label in _age_bands()},
            GENDER: {value: GENDERS.get(value, value) for value in _values(dataset, GENDER)},
            OCCUPATION: {value: value.capitalize() for value in _values(dataset, OCCUPATION)},
        }
        for name, labels in options.items():
            key = f"about_{name}"
            st.session_state[key] = said.get(name) if said.get(name) in labels else LEFT_OUT
            st.selectbox(
                name.capitalize(),
                [LEFT_OUT, *labels],
                key=key,
                format_func=lambda value, labels=labels: labels.get(value, value),
                on_change=_told,
                args=(name, key),
            )


def _age_bands() -> list[tuple[int, str]]:
    """The lowest age and the label of every age band."""
    ends = zip((0, *AGE_EDGES), AGE_EDGES, strict=False)
    bands = [(low, f"{low} to {end - 1}" if low else f"Under {end}") for low, end in ends]
    return [*bands, (AGE_EDGES[-1], f"{AGE_EDGES[-1]} and over")]


def _values(dataset: Dataset, column: str) -> list[str]:
    return sorted(pd.unique(dataset.users[column].dropna()).tolist())


def _told(name: str, key: str) -> None:
    chosen = st.session_state[key]
    tell(name, lambda _: None if chosen == LEFT_OUT else chosen)
