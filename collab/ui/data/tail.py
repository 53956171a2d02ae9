"""The sizes of a data set, and how unevenly its ratings are spread over films or users: picture and tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.explore.data_facts import TooFew, counts, cumulative_share, gini, n_top, too_few
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.charts.style import PLAIN
from collab.ui.data.shown import Shown, day_words, say_sealed_unknown
from collab.ui.data.tail_figures import TOP_SHARES, tail_figure
from collab.ui.widgets.controls import choose
from collab.ui.widgets.pickers import minimum_ratings
from collab.ui.widgets.tables import COLUMNS, item_table, show_table

ITEMS, USERS = "films", "users"


def show_sizes(shown: Shown) -> None:
    """The figures in one line."""
    found = shown.sizes
    with st.container(horizontal=True, key="sizes"):
        for label, value, width, help in (
            ("Ratings", formats.count(found.n_ratings), 120, None),
            ("Users", formats.count(found.n_users), 90, None),
            ("Films", formats.count(found.n_items), 100, _films_in_words(shown)),
            (
                "Density",
                f"{100 * found.density:.1f} %",
                100,
                "The share of all pairs of a user and a film that are rated; a pair that is rated twice counts once.",
            ),
            *(
                (label, day_words(pd.Timestamp(moment, unit="s")), 205, "UTC.")
                for label, moment in (("First rating", found.first), ("Last rating", found.last))
                if shown.ratings.has_times
            ),
        ):
            st.metric(label, value, width=width, help=help)


def _films_in_words(shown: Shown) -> str:
    n_ids = shown.dataset.ratings["item_id"].nunique()
    unrated = len(shown.dataset.items) - n_ids
    return " ".join(
        [
            f"Different titles; the ratings name {formats.count(n_ids)} ids."
            if shown.items_by == "title"
            else "Different ids, as the run in use keeps them apart.",
            *([f"{formats.counted(unrated, 'film')} of the list without any rating left out."] if unrated else []),
        ]
    )


def show_tail(shown: Shown) -> None:
    """The main picture: how unevenly the ratings are spread over films or users, with its controls."""
    picture, controls = st.columns([3, 1], gap="medium")
    with controls:
        things = choose("Of", [ITEMS, USERS], key="tail_of", help="Whose ratings are counted.")
        minimum = minimum_ratings(
            "Who has fewer is marked. Higher: more of them, with more of the ratings. Other pages leave them out of their lists, "
            "by their training ratings; here all ratings count."
        )
    n_ratings, names = _tail(shown, things)
    few, held = too_few(n_ratings, minimum), cumulative_share(n_ratings)
    tops = {share: held[n_top(len(n_ratings), share)] for share in TOP_SHARES}
    most = ", ".join(f"{formats.percent(share)}: {formats.percent(part)}" for share, part in tops.items())
    picture.plotly_chart(
        tail_figure(n_ratings, names, minimum, things, palette(), synthetic=shown.synthetic),
        config=PLAIN,
        key="tail",
        alt=f"Ratings of the {formats.count(len(n_ratings))} {things}, by rank. Share of the ratings that the most rated hold: "
        f"{most}. {formats.count(few.n)} have fewer than {minimum}. The table of the long tail below holds the same.",
    )
    with controls, st.container(horizontal=True):
        st.metric(
            "Gini",
            f"{gini(n_ratings):.2f}",
            width=90,
            help="0 where all have as many ratings, towards 1 where one has all of them.",
        )
        st.metric(
            "Top 10 % hold",
            formats.percent(tops[0.1]),
            width=120,
            help=f"Share of all ratings that the most rated tenth of the {things} hold.",
        )
    controls.caption(_few_in_words(few, minimum, things))


def _tail(shown: Shown, things: str) -> tuple[np.ndarray, list[str]]:
    """Counts and names of the films or the users, `#na#` left out."""
    ratings = shown.ratings
    if things == USERS:
        return counts(ratings.user_index, ratings.n_users), [f"User {each}" for each in ratings.users.labels[1:]]
    return counts(ratings.item_index, ratings.n_items), shown.items["title"].iloc[1:].tolist()


def _few_in_words(few: TooFew, minimum: int, things: str) -> str:
    if not few.n:
        return f"None of the {formats.count(few.n_all)} {things} has fewer than {minimum} ratings."
    return (
        f"{formats.count(few.n)} of {formats.count(few.n_all)} {things} ({formats.percent(few.share)}) have "
        f"fewer than {minimum}; "
        f"{formats.percent(few.share_of_ratings)} of the ratings are theirs."
    )


def show_tail_table(shown: Shown) -> None:
    """Films or users by count: what the main picture shows."""
    things, minimum = st.session_state["tail_of"], st.session_state["minimum"]
    only_few = st.toggle(
        f"Only {things} with too few ratings",
        key="only_few",
        bind="query-params",
        help="Leaves those in the table that have fewer ratings than the minimum above.",
    )
    n_ratings, names = _tail(shown, things)
    mean = _means(shown, things)
    order = np.argsort(-n_ratings, kind="stable")
    table = pd.DataFrame(
        {
            "place": np.arange(1, len(order) + 1),
            "title": np.array(names, dtype=object)[order],
            "item_index": order + 1,
            "n_ratings": n_ratings[order],
            "share": 100 * n_ratings[order] / max(1, n_ratings.sum()),
            "held": 100 * cumulative_share(n_ratings)[1:],
            "mean_rating": mean[order],
        }
    )
    if only_few:
        table = table[table["n_ratings"] < minimum]
    if shown.open_ratings is None:
        say_sealed_unknown(shown)
    st.caption(
        f"{formats.counted(len(table), things.removesuffix('s'))}, most rated first."
        + (
            f" Means are of the ratings that are not sealed ({formats.count(shown.n_sealed)} are)."
            if shown.n_sealed
            else ""
        )
    )
    alt = f"The {things}, most rated first"
    columns_shown = ["place", "title", "n_ratings", "share", "held", "mean_rating"]
    columns = {
        "n_ratings": st.column_config.NumberColumn("Ratings", format="localized"),
        "share": st.column_config.NumberColumn("Share", format="%.2f %%", help="Of all ratings."),
        "held": st.column_config.NumberColumn(
            "Held so far", format="%.1f %%", help="Share of all ratings, from the first place to this one."
        ),
        "mean_rating": st.column_config.NumberColumn("Mean", format="%.1f", help="Stars."),
    }
    if things == ITEMS:
        item_table(table, shown.items, "tail_table", alt, columns_shown, columns)
    else:
        who = {"title": st.column_config.TextColumn("User", width="medium")}
        show_table(
            table[columns_shown],
            key="tail_users",
            alt=alt,
            column_config={**COLUMNS, **columns, **who},
        )


def _means(shown: Shown, things: str) -> np.ndarray:
    """Mean stars of every film or user over the unsealed rows; NaN without any, or if it is unknown which they are."""
    ratings = shown.ratings if shown.open_ratings is None else shown.open_ratings
    index, length = (ratings.user_index, ratings.n_users) if things == USERS else (ratings.item_index, ratings.n_items)
    if shown.open_ratings is None:
        return np.full(length - 1, np.nan)
    n = np.bincount(index, minlength=length)
    total = np.bincount(index, ratings.rating, minlength=length)
    return np.divide(total, n, out=np.full(length, np.nan), where=n > 0)[1:]
