"""Two films side by side, and films like one but more like another."""

from __future__ import annotations

import dataclasses

import streamlit as st

from collab.data.tables import most_rated_items
from collab.explore.similarity import between
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.offers import offer_factors
from collab.ui.frame.page import Page
from collab.ui.similar.lists import (
    Listing,
    around,
    by_model,
    co_rating_or_offer,
    draw_beside,
    draw_list,
    in_both,
    neighbour_table,
    similarity_controls,
    two_lists_table,
)
from collab.ui.similar.why import show_why
from collab.ui.widgets.pickers import pick_film

SECOND_FILM = "second_film"
_NEAR = {
    (True, True): ("both", "near both"),
    (True, False): ("first", "near the first"),
    (False, True): ("second", "near the second"),
    (False, False): ("", "new"),
}
"""Whether a film is in the first and in the second film's own list: the words of the table, and those of the figure."""


def _second_film(run: TrainedRun, film: int) -> int:
    """Draw the box for the second film. Its default is the second most rated film, or the most rated where that is `film`."""
    place = 0 if most_rated_items(run.items, 2)[-1] == film else 1
    second = pick_film(run, default=True, name="Second film", key=SECOND_FILM, place=place)
    return film if second is None else second


# --- two films -----------------------------------------------------------------------------------------------------------


def two_films(page: Page, film: int) -> None:
    """Draw the neighbours of two films and those they share; by co-rating where the model has no factors."""
    run, has_factors = page.run, page.run.model.has_factors
    pictures, controls = st.columns([3, 1], gap="medium")
    with controls:
        second = _second_film(run, film)
        choice = similarity_controls(run, co_rating_only=not has_factors)
    titles = [run.items["title"].iat[each] for each in (film, second)]
    with pictures:
        if film == second:
            st.info("Choose another second film: these are one and the same.", icon=":material/info:")
            return
        places = st.columns(2, gap="medium")
        listings = []
        for title, each, place in zip(titles, (film, second), places, strict=True):
            if has_factors:
                listings.append(by_model(run, each, choice, title))
            else:
                with place:
                    listings.append(co_rating_or_offer(run, each, choice, title, "Films cannot be compared here"))
        if None in listings:
            return
        draw_beside(page, places, *listings)
        st.markdown(shared_in_words(run, *listings))
    if not has_factors:
        offer_factors(run, "only the people say here which films are alike")
    st.header("What the two have in common", anchor=False)
    show_why(run, film, second, choice.options, synthetic=page.data.synthetic)
    st.header("Both lists as a table", anchor=False)
    two_lists_table(run, *listings, names=tuple(titles), key="two_films_table")


def shared_in_words(run: TrainedRun, first: Listing, second: Listing) -> str:
    """Which neighbours two lists have in common."""
    common, n = in_both(first, second), max(len(first.table), len(second.table))
    names = ", ".join(
        f"{formats.plain(run.items['title'].iat[film])} ({formats.counted(run.items['n_ratings'].iat[film], 'rating')})"
        for film in common
    )
    return f"**{len(common)} of {n}** neighbours in common{f': {names}' if names else ''}."


# --- like one, but more like another -----------------------------------------------------------------------------------------


def towards_another(page: Page, film: int) -> None:
    """Draw the films nearest to a point between two films."""
    run = page.run
    if not run.model.has_factors:
        offer_factors(run, "there is no point between two films")
        return
    pictures, controls = st.columns([3, 1], gap="medium")
    with controls:
        second = _second_film(run, film)
        weight = st.slider(
            "Towards the second film",
            0.0,
            1.0,
            0.5,
            0.05,
            key="towards",
            bind="query-params",
            help="0: the films nearest to the first. Higher: a point ever closer to the second; both films are left out.",
        )
        choice = similarity_controls(run)
    titles = [run.items["title"].iat[each] for each in (film, second)]
    if film == second:
        pictures.info("Choose another second film: these are one and the same.", icon=":material/info:")
        return
    point = between(cached.run_film_space(run.id), film, second, weight, choice.options)
    heading = f"Like {titles[0]}, {_share_in_words(weight)} {titles[1]}"
    found = around(run, point, choice, [film, second], heading)
    alone = [set(by_model(run, each, choice, "").table["item_index"]) for each in (film, second)]
    near = [_NEAR[each in alone[0], each in alone[1]] for each in found.table["item_index"].tolist()]
    notes = [f"· {note}" for _, note in near]
    found = dataclasses.replace(found, table=found.table.assign(near=[word for word, _ in near]), notes=notes)
    draw_list(pictures, page, found, "similar_bars")
    with pictures:
        st.caption(
            f"{notes.count('· new')} of these {len(notes)} are new: they stand in neither film’s own list of {choice.n_items}. "
            + (
                "The point lies on the line between the two arrows, each of length 1."
                if choice.options.measure in ("cosine", "cautious")
                else "The point lies on the line between the two films."
            )
        )
    if not found.table.empty:
        st.header("The same as a table", anchor=False)
        neighbour_table(
            run,
            found.table,
            found.column,
            f"The films nearest to a point between {titles[0]} and {titles[1]}, closest first",
            "towards_table",
        )


def _share_in_words(weight: float) -> str:
    return "nothing of" if weight == 0 else f"{formats.percent(weight)} towards"
