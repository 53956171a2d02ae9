"""The neighbours of one film in two runs, side by side."""

from __future__ import annotations

import dataclasses

import streamlit as st

from collab.errors import RunError
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.offers import offer_factors
from collab.ui.frame.other_run import another_model_first, offer_another_model, pick_other_run, wait_for_other
from collab.ui.frame.page import Page
from collab.ui.similar.lists import (
    Choice,
    Listing,
    agreement_in_words,
    by_model,
    draw_beside,
    similarity_controls,
    two_lists_table,
)
from collab.ui.similar.two_items import shared_in_words

HELP = "Another run of the same data set, whose neighbours of the same film stand on the right."


def two_runs(page: Page, film: int) -> None:
    """Draw the neighbours of one film in two runs of the same data set."""
    run = page.run
    if not run.model.has_factors:
        offer_factors(run, "its films have no neighbours to compare")
        return
    pictures, controls = st.columns([3, 1], gap="medium")
    with controls:
        other_record = pick_other_run(run, "Beside this run", HELP, another_model_first)
        choice = similarity_controls(run) if other_record is not None else None
    if choice is None:
        with pictures:
            st.info(
                "There is no other run of this data set with factors to stand beside this one.", icon=":material/info:"
            )
            offer_another_model(run)
        return
    if other_record.busy:
        with pictures:
            wait_for_other(other_record)
        return
    try:
        other = cached.trained_run(other_record.id)
        theirs_choice, note = _choice_for(other, choice)
    except RunError as reason:
        pictures.error(f"{formats.plain(str(reason))}. Choose another run beside it.", icon=":material/error:")
        return
    film_there = _same_film(run, other, film)
    title = run.items["title"].iat[film]
    with pictures:
        if film_there is None:
            st.info(
                f"{formats.plain(title)} has no training rating in the other run. Choose another film or run.",
                icon=":material/info:",
            )
            return
        mine = by_model(run, film, choice, run.record.name)
        theirs = by_model(other, film_there, theirs_choice, other.record.name)
        theirs = _in_rows_of(run, other, theirs)
        draw_beside(page, st.columns(2, gap="medium"), mine, theirs)
        st.markdown((agreement_in_words(mine, theirs) or shared_in_words(run, mine, theirs)) + note)
    st.header("Both lists as a table", anchor=False)
    two_lists_table(run, mine, theirs, ("this run", "other run"), "two_runs_table")


def _choice_for(other: TrainedRun, choice: Choice) -> tuple[Choice, str]:
    """The same choice for another run; plain cosine, with a note on it, where that run lacks the cautious one."""
    if choice.options.measure in cached.run_film_space(other.id).measures:
        return choice, ""
    changed = dataclasses.replace(choice, options=dataclasses.replace(choice.options, measure="cosine"))
    return changed, " The other model does not know how sure it is of a film, so it is compared by cosine."


def _same_film(run: TrainedRun, other: TrainedRun, film: int) -> int | None:
    """The row of the film in the other run's tables; None where it has no training rating there."""
    column = "label" if run.record.items_by == other.record.items_by else "title"
    rows = other.items.index[(other.items[column] == run.items[column].iat[film]) & (other.items["n_ratings"] > 0)]
    return int(rows[0]) if len(rows) else None


def _in_rows_of(run: TrainedRun, other: TrainedRun, listing: Listing) -> Listing:
    """The other run's list. Where its films have other item indices (ids kept apart), they are matched by title to this run's,
    without the values of all films, which then cannot be compared one by one."""
    if run.record.items_by == other.record.items_by and len(run.items) == len(other.items):
        return listing
    rows = {title: index for index, title in reversed(list(enumerate(run.items["title"])))}
    mapped = [rows.get(title, -1 - place) for place, title in enumerate(listing.table["title"])]
    return dataclasses.replace(listing, table=listing.table.assign(item_index=mapped), values=None, candidates=None)
