"""One film's neighbours by the model and by co-rating: how far the two agree, how stable they are, and what explains them."""

from __future__ import annotations

import streamlit as st

from collab.services.run_files import TrainedRun
from collab.ui.frame.offers import offer_factors
from collab.ui.frame.page import Page
from collab.ui.similar.lists import (
    Choice,
    Listing,
    agreement_in_words,
    by_model,
    co_rating_or_offer,
    draw_beside,
    neighbour_table,
    similarity_controls,
)
from collab.ui.similar.seeds import marked_by_seeds, show_seeds
from collab.ui.similar.why import show_why


def one_film(page: Page, film: int) -> None:
    """Draw the view of one film."""
    run, has_factors = page.run, page.run.model.has_factors
    pictures, controls = st.columns([3, 1], gap="medium")
    with controls:
        choice = similarity_controls(run, co_rating_only=not has_factors)
        if has_factors:
            st.page_link(
                "pages/learn.py",
                label="Why rare films come up",
                icon=":material/school:",
                query_params={"step": "distance", "distance_view": "Rare films"},
            )
    with pictures:
        places = st.columns(2, gap="medium")
        below = st.container()
    people = f"By the people: {choice.co_kind}"
    if not has_factors:
        with places[0]:
            theirs = co_rating_or_offer(run, film, choice, people, "Nothing is left to compare films by")
        if theirs is not None:
            draw_beside(page, places, theirs, None)
            with places[1]:
                offer_factors(run, "only the people say here which films are alike")
            _why(page, film, theirs, choice)
            _table(theirs, "co_rating_table", film, run)
        return
    mine, seeds = marked_by_seeds(run, film, choice.options, by_model(run, film, choice, "By the model"))
    with places[1]:
        theirs = co_rating_or_offer(run, film, choice, people, "So only the model says which films are alike")
    draw_beside(page, places, mine, theirs)
    with below:
        if theirs is not None and (said := agreement_in_words(mine, theirs)):
            st.markdown(said)
        show_seeds(run, seeds)
    if mine.table.empty:
        return
    _why(page, film, mine, choice)
    if theirs is not None and not theirs.table.empty:
        with st.expander(f"Neighbours by the people as a table: {choice.co_kind}"):
            _table(theirs, "co_rating_table", film, run)
    st.header("The model’s neighbours as a table", anchor=False)
    _table(mine, "neighbours_table", film, run, seeds.n_seeds)


def _why(page: Page, film: int, listing: Listing, choice: Choice) -> None:
    """Draw a box to choose a neighbour, and why it is similar."""
    if listing.table.empty:
        return
    run = page.run
    labels = run.items["label"].to_numpy()[listing.table["item_index"]].tolist()
    titles = dict(zip(labels, listing.table["title"], strict=True))
    st.header("Why these are similar", anchor=False)
    near = st.selectbox(
        "Its neighbour",
        labels,
        key="near",
        bind="query-params",
        format_func=lambda label: (
            titles[label] if len(set(titles.values())) == len(titles) else f"{titles[label]} · {label}"
        ),
        help="One of the films in the list above: what the two have in common stands below.",
    )
    other = int(listing.table["item_index"].iat[labels.index(near)])
    show_why(run, film, other, choice.options, synthetic=page.data.synthetic)


def _table(listing: Listing, key: str, film: int, run: TrainedRun, seeds: int = 0) -> None:
    neighbour_table(
        run,
        listing.table,
        listing.column,
        f"The {len(listing.table)} films nearest to {run.items['title'].iat[film]}, closest first",
        key,
        seeds,
    )
