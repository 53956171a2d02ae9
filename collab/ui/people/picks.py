"""What a run recommends to one of its users, and how much of it they liked, by their held-out ratings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from collab.data.ratings import liked_from
from collab.models.ease import ItemWeights
from collab.recommend.orders import POPULAR
from collab.recommend.reasons import watched_reasons
from collab.recommend.trained_user import Hits, hits, least_liked, orders_for, ranked_for, rated_in
from collab.services.run_files import TrainedRun
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.people import cached as people_cached
from collab.ui.people.one_user import intervals_of
from collab.ui.person import cached as person_cached
from collab.ui.widgets.dials import N_PICKS, ORDER_NAMES, choose_dials
from collab.ui.widgets.tables import item_table

ORDER_TITLES = {name: title.replace("you would", "they would") for name, title in ORDER_NAMES.items()}


def show_recommended(run: TrainedRun, user_index: int, rows: pd.DataFrame) -> None:
    """Draw the first ten films in an order, how many are liked in the held-out ratings, and the ranks of all liked ones."""
    item_weights, record = person_cached.item_weights_at_hand(run.id), run.record
    offered = orders_for(run.model, item_weights)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        order = st.selectbox(
            "Order",
            offered,
            key="ranked_by",
            bind="query-params",
            format_func=ORDER_TITLES.__getitem__,
            width=300,
            help="What the films are ranked by. Safe bet and long shot take a model that says how sure it is of each rating.",
        )
        with st.container(width=320):
            dials = choose_dials(run, bend=False, narrow=False)
    train, _ = cached.ratings_of(run.id)
    rated = rated_in(train, user_index)
    predictions = people_cached.predictions_of(run.id, user_index)
    asked = (predictions, run.items, rated, rows)
    ranked = ranked_for(*asked, order, item_weights=item_weights, dials=dials)
    if ranked.empty:
        st.info("No film that is left has so many ratings. Lower the least number.", icon=":material/info:")
        return
    liked = liked_from(record.scale)
    found = hits(ranked, liked, N_PICKS)
    by_popularity = hits(ranked_for(*asked, POPULAR, dials=dials), liked, N_PICKS)
    st.markdown(_hits_in_words(found, by_popularity, least_liked(liked, record.scale), popular=order == POPULAR))
    alt = f"The first {N_PICKS} films recommended"
    _ranked_table(run, ranked.head(N_PICKS), rated, item_weights, "ranked_table", alt)
    if found.n_liked:
        with st.expander(f"Places of the liked held-out films in the whole list ({formats.count(found.n_liked)})"):
            alt = "The liked held-out films and their places"
            _ranked_table(run, ranked[ranked["given"] >= liked], rated, None, "liked_table", alt)


def _hits_in_words(found: Hits, by_popularity: Hits, least: float, *, popular: bool) -> str:
    """How many liked held-out films the list contains, beside what chance and popularity would give."""
    candidates = f"{formats.counted(found.n_candidates, 'candidate')} (films of their training ratings are left out)"
    if not found.n_liked:
        return f"Held out, they gave {least:g} stars or more to none of the {candidates}: nothing says how good this list is."
    middle = f"{float(np.median(found.places)):,.0f}"
    beside = "" if popular else f"; the most popular films: {by_popularity.n_hits}"
    return (
        f"Held out, they gave {least:g} stars or more to **{formats.count(found.n_liked)}** of the {candidates}. "
        f"**{found.n_hits}** of those {'stands' if found.n_hits == 1 else 'stand'} in this list of {found.n_shown} (drawn "
        f"blindly: {found.expected:.2f}{beside}); their median place is **{middle}**. A film without a rating may be liked too."
    )


def _ranked_table(
    run: TrainedRun, films: pd.DataFrame, rated: dict[int, float], item_weights: ItemWeights | None, key: str, alt: str
) -> None:
    """Draw films of `ranked_for`; with item-item weights also the rated films that contribute most to each."""
    shown = films
    if hasattr(run.model, "predict_with_variance"):
        shown = shown.assign(interval=intervals_of(films))
    if item_weights is not None:
        titles = run.items["title"].array
        because = [
            "; ".join(f"{titles[film]}, rated {rated[film]:g}" for film, part in reason.parts[:2] if part > 0)
            for reason in watched_reasons(item_weights, rated, films["item_index"].to_numpy())
        ]
        shown = shown.assign(because=because)
    item_table(
        shown,
        run.items,
        key,
        alt,
        ["place", "title", "predicted", "interval", "given", "n_ratings", "genres", "because"],
        {
            "predicted": st.column_config.NumberColumn(
                "Predicted", format="%.1f", help="For this user, by their trained row."
            ),
            "given": st.column_config.NumberColumn("Held out: they gave", format="%g", help="The model never saw it."),
            "because": st.column_config.TextColumn(
                "Watched together with",
                width="large",
                help="Films that they rated and that add most to its item-item score.",
            ),
            "genres": st.column_config.TextColumn("Genres", width="small"),
        },
        height="content" if len(shown) <= N_PICKS else 420,
    )
