"""The chapter's own film: its nearest by the bare cosine, how rarely that was rated, and what each remedy gives instead."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import streamlit as st

from collab.models import CHAPTER_MODEL
from collab.services.runs import TrainedRun
from collab.similarity import Options
from collab.ui import cached, words
from collab.ui.film_picker import minimum_ratings
from collab.ui.needs import offer_factors
from collab.ui.page import Page
from collab.ui.similar_lists import Choice, by_model, draw_list

CHAPTER_FILM = "Silence of the Lambs, The (1991)"
PRINTED = "Before the Rain (1994)"  # what the chapter's text finds
FEW = 20  # ratings below which a film counts as rare here
N_FILMS = 5


def chapter_film(run: TrainedRun) -> int | None:
    """The row of the chapter's film; None where the run does not know it."""
    rows = np.flatnonzero((run.items["title"] == CHAPTER_FILM) & (run.items["n_ratings"] > 0))
    return int(rows[0]) if len(rows) else None


def chapter_case(page: Page, film: int) -> None:
    """Draw what is nearest to the chapter's film without and with each remedy. `film` is its row."""
    run = page.run
    if not run.model.has_factors:
        offer_factors(run, "there is no cosine between its films")
        return
    pictures, controls = st.columns([3, 1], gap="medium")
    with controls:
        beta = st.slider(
            "Shrinkage β",
            0,
            200,
            FEW,
            5,
            key="case_beta",
            bind="query-params",
            help="A similarity counts n / (n + β), n being the film’s ratings. Higher: well known films win.",
        )
        minimum = minimum_ratings("Films with fewer training ratings are left out. Higher: surer neighbours.")
    remedies = {
        "As the chapter does it: the bare cosine": Options(minimum_count=1),
        f"Shrunk: β = {beta}": Options(beta=float(beta), minimum_count=1),
        f"At least {words.counted(minimum, 'rating')}": Options(minimum_count=minimum),
    }
    cautious = "cautious" in cached.run_film_space(run.id).measures
    if cautious:
        remedies["Cautious cosine"] = Options("cautious", minimum_count=1)
    listings = [
        dataclasses.replace(by_model(run, film, Choice(options, N_FILMS, ""), f"**{name}**"), axis="")
        for name, options in remedies.items()
    ]
    with pictures:
        with st.container(key="chapter_case"):
            upper, lower = st.columns(2, gap="medium"), st.columns(2, gap="medium")
            slots = [*upper, *lower]
            for place, (slot, listing) in enumerate(zip(slots, listings, strict=False)):
                rare = listing.table.loc[listing.table["n_ratings"] >= FEW, "item_index"].tolist()
                draw_list(slot, listing, f"case_{place}", rare, minimum, synthetic=page.data.synthetic)
        with st.container() if cautious else slots[-1]:
            st.markdown(_in_words(remedies, listings))
            if not cautious:
                _offer_bayes(page)
            elif run.record.model != CHAPTER_MODEL:
                _offer_chapter_model(page)
    st.header("The same as a table", anchor=False)
    _table(remedies, listings)


def _offer_bayes(page: Page) -> None:
    """The remedy that this model does not have."""
    st.caption("A Bayesian run adds the cautious cosine, in which a film that is little known cannot score high.")
    st.page_link(
        "pages/train.py",
        label="Train a Bayesian model",
        icon=":material/model_training:",
        query_params={"model": "bayes", "data": page.run.record.data},
    )


def _offer_chapter_model(page: Page) -> None:
    """The model whose weakness this is, beside a Bayesian one, which hardly has it."""
    st.caption(
        "The chapter’s model has no belief to start from. A Bayesian one keeps a film with few ratings close to the average "
        "film, so even its bare cosine finds rare films less often."
    )
    st.page_link(
        "pages/train.py",
        label=f"Train the chapter’s model, {CHAPTER_MODEL}",
        icon=":material/model_training:",
        query_params={"model": CHAPTER_MODEL, "data": page.run.record.data},
    )


def _in_words(remedies: dict[str, Options], listings: list) -> str:
    """What is nearest each way, and how many of the few have few ratings."""
    lines = [f"Nearest to **{words.plain(CHAPTER_FILM)}** in this run; bold films have {FEW} training ratings or more:"]
    for name, listing in zip(remedies, listings, strict=True):
        table = listing.table
        if table.empty:
            lines.append(f"- {name}: no other film has so many ratings.")
            continue
        first = table.iloc[0]
        n_rare = int((table["n_ratings"] < FEW).sum())
        lines.append(
            f"- {name}: **{words.plain(first['title'])}**, {words.counted(first['n_ratings'], 'rating')}; "
            f"{n_rare} of {len(table)} below {FEW} ratings."
        )
    lines.append(
        f"\nThe chapter finds {words.plain(PRINTED)} in its own training. A few ratings can point a film anywhere, and among "
        "many such films some point the same way by chance; which ones, changes with the seed."
    )
    return "\n".join(lines)


def _table(remedies: dict[str, Options], listings: list) -> None:
    rows = pd.concat(
        [
            listing.table.assign(
                remedy=name,
                place=np.arange(1, len(listing.table) + 1),
                genres=listing.table["genres"].str.replace("|", ", "),
            )
            for name, listing in zip(remedies, listings, strict=True)
        ],
        ignore_index=True,
    )
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        key="case_table",
        column_order=["remedy", "place", "title", "similarity", "n_ratings", "genres", "year"],
        placeholder=words.MISSING,
        alt=f"The nearest films to {CHAPTER_FILM} by each remedy",
        column_config={
            "remedy": "Remedy",
            "place": "Place",
            "title": st.column_config.TextColumn("Title", width="medium"),
            "similarity": st.column_config.NumberColumn("Similarity", format="%.2f"),
            "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
            "genres": "Genres",
            "year": st.column_config.NumberColumn("Year", format="%d"),
        },
    )
