"""Choosing one of the trained users of a run: a box to type a number in, a random user, or a row of a table.

The choice is `user=ID` in the link. It is kept in step by hand, not bound to the box, which shows more than the number.
"""

from __future__ import annotations

import hashlib
import random

import pandas as pd
import streamlit as st

from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.frame import link
from collab.ui.widgets.pickers import USER, minimum_ratings
from collab.ui.widgets.tables import show_table

SORTS = {
    "most ratings": ("n_ratings", False),
    "harshest": ("mean_rating", True),
    "kindest": ("mean_rating", False),
    "best predicted": ("rmse", True),
    "worst predicted": ("rmse", False),
    "by number": ("user_index", True),
}
"""The orders of the table of users: the column, and whether the lowest comes first."""

LEAST_HELD_OUT = 10
"""Held-out ratings that a user needs in the orders by error: with two or three, chance decides the best and the worst."""

MOST_ROWS = 10  # rows of the table visible at once


def use_person(user_id: str) -> None:
    """Make another user the chosen one (in a callback, or before the box is drawn)."""
    _keep(user_id)
    # a new key: a new table, in which that user is ticked
    st.session_state["_people_n_tables"] = st.session_state.get("_people_n_tables", 0) + 1


def pick_person(run: TrainedRun, people: pd.DataFrame) -> int:
    """Draw the box and the button; returns the user_index chosen. `people` as of `collab.explore.people.people_table`, not empty.

    For a number in the link that the run does not know, a warning is shown with the first user.
    """
    state = st.session_state
    index_of = dict(zip(people["user_id"], people["user_index"], strict=True))
    named = link.own(USER)
    if named is not None and named not in index_of:
        st.warning(_refusal(run, named, people), icon=":material/link_off:")
        named = None
    if named is None:
        named = people["user_id"].iat[0]
    state["_people_pick"] = named
    link.put(USER, named)
    labels = {
        user_id: f"{user_id} · {formats.counted(n_ratings, 'rating')} · mean {formats.stars(mean)}"
        for user_id, n_ratings, mean in zip(people["user_id"], people["n_ratings"], people["mean_rating"], strict=True)
    }

    def picked() -> None:
        if state["_people_pick"] in index_of:
            use_person(state["_people_pick"])

    box, button = st.columns([4, 1], vertical_alignment="bottom", gap="small")
    box.selectbox(
        "User",
        list(labels),
        key="_people_pick",
        format_func=labels.__getitem__,
        filter_mode="prefix",
        on_change=picked,
        help="Type a user’s number. Behind it: their training ratings and the mean of these.",
    )
    button.button(
        "Random",
        key="random_person",
        icon=":material/shuffle:",
        width="stretch",
        on_click=lambda: use_person(random.choice(list(index_of))),
        help="Goes to a user drawn by chance.",
    )
    return int(index_of[named])


def people_frame(run: TrainedRun, people: pd.DataFrame) -> None:
    """Draw the table of all users with its order; a clicked row becomes the chosen user."""
    measured = "rmse" in people
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        sort = st.selectbox(
            "First come",
            [name for name, (column, _) in SORTS.items() if column in people],
            key="people_order",
            bind="query-params",
            width=200,
            help="Harshest and kindest go by the mean of their training ratings, best and worst predicted by the RMSE of the "
            f"model on at least {LEAST_HELD_OUT} held-out ratings.",
        )
        with st.container(width=320):
            minimum = minimum_ratings(
                "Users with fewer training ratings are left out of the table. Higher: means that chance moves less."
            )
    column, ascending = SORTS[sort]
    table = people[people["n_ratings"] >= minimum]
    if column == "rmse":
        table = table[table["n_held_out"] >= LEAST_HELD_OUT]
    if table.empty:
        st.info(f"Nobody is left with {minimum} training ratings. Lower the minimum.", icon=":material/info:")
        return
    table = table.sort_values([column, "user_index"], ascending=[ascending, True], ignore_index=True)
    ids = table["user_id"].tolist()
    mark = hashlib.sha256(",".join([run.id, *ids]).encode()).hexdigest()[:8]  # other rows: a new table
    chosen = link.own(USER)
    key = f"people-{mark}-{st.session_state.get('_people_n_tables', 0)}"

    def ticked() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows and rows[0] < len(ids):
            _keep(ids[rows[0]])  # the table keeps its tick and its place

    st.caption(
        f"{formats.count(len(table))} of {formats.count(len(people))} users. Tick a row to see that user above"
        + ("; RMSE in stars, on each user’s own held-out ratings." if measured else ".")
    )
    show_table(
        table,
        key=key,
        name="users",
        on_select=ticked,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [ids.index(chosen)] if chosen in ids else []}},
        height=38 + 35 * min(len(table), MOST_ROWS),
        alt=f"The users of the data set, {sort} first",
        column_order=[
            name
            for name in ("user_id", "n_ratings", "mean_rating", "bias", "n_held_out", "rmse", "rmse_biases", "gain")
            if name in table
        ],
        column_config={
            "user_id": st.column_config.TextColumn("User", width="small"),
            "n_ratings": st.column_config.NumberColumn("Training ratings", format="localized"),
            "mean_rating": st.column_config.NumberColumn("Mean", format="%.1f", help="Of their training ratings."),
            "bias": st.column_config.NumberColumn(
                "Bias",
                format="%+.2f",
                help="What the model adds to every score of this user, counted from the average user.",
            ),
            "n_held_out": st.column_config.NumberColumn("Held out", format="localized"),
            "rmse": st.column_config.NumberColumn("RMSE", format="%.4f", help="Of this run’s model."),
            "rmse_biases": st.column_config.NumberColumn("Biases only", format="%.4f", help="RMSE on the same rows."),
            "gain": st.column_config.NumberColumn(
                "Gain",
                format="%+.4f",
                help="RMSE of biases only minus that of the model; above zero the model is closer.",
            ),
        },
    )


def _keep(user_id: str) -> None:
    link.put(USER, user_id)


def _refusal(run: TrainedRun, named: str, people: pd.DataFrame) -> str:
    """What is wrong with the link's user, and what is allowed."""
    known = set(run.users["user_id"].iloc[1:])
    ids = people["user_id"]
    if named in known:
        why = f"User {formats.plain(named)} has no training rating in this run, so its model knows nothing of them."
    else:
        why = f"The link names the user “{formats.plain(named[:20])}”, whom this data set does not have."
    return (
        f"{why} There are {formats.count(len(ids))} users to choose from, {formats.plain(ids.iat[0])} to "
        f"{formats.plain(ids.iat[-1])}. "
        "What you see is another one instead."
    )
