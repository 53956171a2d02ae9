"""Titles that are not unique, and the source of a data set: terms, citation, checksums."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from collab.errors import CollabError
from collab.services.source import BUILT_IN, DOWNLOADED
from collab.ui.charts import formats
from collab.ui.data import cached
from collab.ui.data.shown import Shown
from collab.ui.widgets.tables import item_table, show_table


def show_titles(shown: Shown) -> None:
    """Titles with several ids, and titles that a user rated more than once."""
    doubled, twice = cached.titles_not_unique(*shown.key)
    films = shown.items
    if doubled.empty:
        st.info("Every title of this data set stands for one id; nothing is doubled.", icon=":material/info:")
    else:
        items = shown.dataset.items
        st.markdown(
            f"**{formats.counted(doubled['title'].nunique(), 'title')}** stand for more than one id: the list of films has "
            f"{formats.count(len(items))} ids and {formats.count(items['title'].nunique())} titles. Collab "
            "takes titles for films, "
            "as the chapter does, so such ids count as one film"
            + ("." if shown.items_by == "title" else "; the run in use keeps them apart.")
        )
        label = "title" if shown.items_by == "title" else "item_id"
        item_table(
            doubled.assign(item_index=pd.Index(films["label"]).get_indexer(doubled[label])),
            films,
            "doubled_table",
            "Titles with several ids, and the ratings of each id",
            ["title", "item_id", "n_ratings", "n_title"],
            {
                "item_id": "Id",
                "n_ratings": st.column_config.NumberColumn("Ratings of the id", format="localized"),
                "n_title": st.column_config.NumberColumn("Ratings of the title", format="localized"),
            },
        )
    if twice.empty:
        st.caption("No user rated a title more than once.")
        return
    if shown.some_sealed:
        twice = twice.drop(columns=["least", "most"])
        stars = "Their stars are not shown: some may be sealed."
    else:
        different = int((twice["least"] != twice["most"]).sum())
        stars = f"In {formats.count(different)} of these cases the stars differ."
    st.markdown(
        f"**{formats.counted(len(twice), 'time')}** a user rated a title more than once, {_under_which_ids(twice)}. {stars} A "
        "random split may train on the one and check with the other."
    )
    first = films.drop_duplicates("title")
    twice = twice.merge(doubled[["title", "n_title"]].drop_duplicates(), on="title", how="left")
    item_table(
        twice.assign(item_index=twice["title"].map(pd.Series(first.index, first["title"]))),
        films,
        "twice_table",
        "Users and the titles that they rated more than once",
        ["user_id", "title", "n_title", "n", "least", "most"],
        {
            "user_id": "User",
            "n_title": st.column_config.NumberColumn("Ratings", format="localized", help="Of the title, by anybody."),
            "n": st.column_config.NumberColumn("Times", format="localized"),
            "least": st.column_config.NumberColumn("Least stars", format="%g"),
            "most": st.column_config.NumberColumn("Most stars", format="%g"),
        },
    )


def _under_which_ids(twice: pd.DataFrame) -> str:
    n_same, n = int((twice["n_ids"] == 1).sum()), len(twice)
    if n_same in (0, n):
        return "under one and the same id" if n_same else "under different ids"
    return f"{formats.count(n_same)} of them under one and the same id"


def show_source(shown: Shown) -> None:
    """Where the data came from, what is allowed, how to cite, and the checksums that its files must have."""
    entry = shown.page.data
    try:
        found = cached.source(*shown.key)
    except CollabError as reason:  # its file has gone since the page was opened
        st.warning(f"{formats.plain(str(reason))}.", icon=":material/warning:")
        return
    if found.kind == BUILT_IN:
        st.markdown(
            "**Built in.** The films are real; people and ratings are invented, by a program that is part of Collab and gives "
            "the same ratings everywhere. No figure of this data set says anything about real people. Nothing was downloaded, "
            "so there is no file to check."
        )
    else:
        origin = entry.origin
        by_collab = f"downloaded by Collab from {origin.publisher}"
        where = by_collab if found.kind == DOWNLOADED else "found in a folder of COLLAB_DATA"
        links = [f"[its {name}]({at})" for name, at in (("page", origin.address), ("README", origin.readme)) if at]
        of = f" is {origin.of}" if origin.of else ""
        lead = f"**{formats.plain(entry.title)}**{of}{': ' if links else ''}{', '.join(links)}"
        st.markdown(f"{lead}.  \nThe file {formats.plain(found.file_name)} was {where}; Collab passes it on to nobody.")
        if origin.terms:
            st.markdown(f"**Terms**, in short; the README has them in full. {origin.terms}")
        if origin.citation:
            shown_address = origin.citation_address.removeprefix("https://")
            st.markdown(f"**Please cite** {origin.citation} [{shown_address}]({origin.citation_address})")
        if not found.checksums:
            return _say_fingerprint(shown)
        st.markdown(
            "**Checked.** Every file of it is compared with the published one, by its MD5, whenever it is read; another file is "
            "refused."
        )
        with st.expander("The published checksums", key="checksums"):
            show_table(
                pd.DataFrame(found.checksums.items(), columns=["file", "MD5"]),
                width="content",
                key="checksums_table",
                alt="The MD5 of every file that Collab reads of this data set, as published",
            )
    _say_fingerprint(shown)


def _say_fingerprint(shown: Shown) -> None:
    """The rating scale, what is known of the users, and the fingerprint."""
    people = "age, gender and occupation are" if shown.dataset.users is not None else "nothing but their ratings is"
    st.caption(
        f"Stars {shown.ratings.rating_scale}. Of its users {people} known. Fingerprint of ratings and titles: "
        f"{shown.dataset.fingerprint}; every run names the one that it was trained on."
    )
