"""Groups of films, for people who would rather pick than rate: one card per group, and what the picked groups reveal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from collab.recommend.elicitation import unknown
from collab.recommend.item_groups import ItemGroup
from collab.recommend.new_user import GROUPS, OwnFoldIn
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.person import cached as person_cached
from collab.ui.person import own_profile
from collab.ui.person.viewer import Viewer, groups_holding, picked_groups, titles_in
from collab.ui.rate.elicitation import EVEN
from collab.ui.widgets.item_list import title_and_facts

SHOW_GROUPS = "groups"
"""Key of the switch between groups and single films, also its name in the link."""

WORTH = (
    "What picking is worth: on 800 people of MovieLens 100K, all of their ratings kept out of the training, the squared error of "
    "*bayes* before the first rating was 1.043 with the two groups whose films they had rated highest, and 1.090 without; after "
    "ten ratings it made no difference."
)
"""From `tests/benchmarks/README.md`: `python -m tests.benchmarks.cold_start --asking --final`."""


def group_cards(run: TrainedRun, said: Mapping[str, str]) -> None:
    """Draw a card with a checkbox for every group of the run's films, and the button that goes on to single films."""
    picked = picked_groups(run, said)
    with st.container(key="groups_of_films"):
        with st.grid("auto", min_column_width=220, gap="xsmall") as grid:
            for place, group in enumerate(person_cached.run_groups(run.id)):
                key = f"group-{place}"
                st.session_state[key] = place in picked
                with grid.cell(), st.container(border=True, height="stretch", key=f"group-card-{place}"):
                    st.checkbox(_label(run, group), key=key, on_change=_picked, args=(run.id, place, key))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                "Go on with single films",
                key="single_films",
                type="primary" if picked else "secondary",
                on_click=lambda: st.session_state.update({SHOW_GROUPS: False}),
                help="Back to one film at a time, asked with what your groups tell.",
            )
            st.caption("Behind each film: its number of ratings.", help=WORTH, width="content")


def what_groups_tell(viewer: Viewer, said: Mapping[str, str]) -> str:
    """One line on the picked groups: how much lower the uncertainty is than without them, after the same ratings."""
    run, person, rated = viewer.run, viewer.person, viewer.known.rated
    if isinstance(person, OwnFoldIn) or GROUPS not in dict(person.stated):
        everything = person_cached.run_groups(run.id) and len(picked_groups(run, said)) == len(
            person_cached.run_groups(run.id)
        )
        return "All of them together tell nothing." if everything else "Several groups count together."
    share, without = person_cached.run_audience(run.id).share, dict(person.stated)[GROUPS]
    before = unknown(person.with_prior(without), rated, share)
    less = 1 - unknown(person, rated, share) / before if before > 0 else 0.0
    if abs(less) < EVEN:
        return "Your uncertainty is the same with them."
    return f"Your uncertainty is {formats.percent(abs(less))} {'lower' if less > 0 else 'higher'} with them."


def groups_in_words(run: TrainedRun, said: Mapping[str, str]) -> str:
    """The picked groups by their representative films, as Markdown; empty for none. Raises RunError without the run's data."""
    groups, items = person_cached.run_groups(run.id), run.items
    shown = [items.iloc[groups[place].shown].itertuples() for place in picked_groups(run, said)]
    return " / ".join(
        "; ".join(f"{formats.plain(film.title)}, {formats.count(film.n_ratings)} ratings" for film in films)
        for films in shown
    )


def change_picked(titles: Sequence[str], places: Sequence[int | None], place: int, first: str, pick: bool) -> list[str]:
    """The representative titles of the picked groups after the group at `place` is picked or unpicked.

    `titles` are the current ones, `places` the groups that hold them (None where no group of this run does), and `first` the
    title that represents the group. Titles that no group holds stay: another run may know them.
    """
    if pick:
        return [*titles] if place in places else [*titles, first]
    return [title for title, held in zip(titles, places, strict=True) if held != place]


def _label(run: TrainedRun, group: ItemGroup) -> str:
    """The representative films of the group, one per line, each with its number of ratings."""
    films = run.items.iloc[group.shown]
    return "\n".join(
        f"{formats.plain(title_and_facts(film)[0])} :gray[{formats.count(film.n_ratings)}]"
        for film in films.itertuples()
    )


def _picked(run_id: str, place: int, key: str) -> None:
    pick = st.session_state[key]

    def change(before: str | None) -> str | None:
        groups, titles = person_cached.run_groups(run_id), titles_in(before)
        places = groups_holding(groups, person_cached.match_film_titles(run_id, titles))
        first = cached.trained_run(run_id).items["title"].array[groups[place].shown[0]]
        return "\n".join(change_picked(titles, places, place, first, pick)) or None

    tell(GROUPS, change)


def tell(name: str, change: Callable[[str | None], str | None]) -> None:
    """Change a fact about the person, as `own_profile.tell`; with another prior, other films are asked. For a callback."""
    own_profile.tell(name, change)
    st.session_state["_rate_asked"], st.session_state["_rate_note"] = [], None
