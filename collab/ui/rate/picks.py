"""The picks on the Rate page: the list, its actions, and how far its numbers can be trusted."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from collab.models.levels import COVERAGE
from collab.recommend.new_user import Picks
from collab.recommend.orders import ORDERS, WATCH, Dials
from collab.recommend.reasons import weightiest
from collab.ui.charts import formats
from collab.ui.charts.palette import palette
from collab.ui.person.share import share_button
from collab.ui.person.viewer import Viewer
from collab.ui.rate import what_if
from collab.ui.rate.pick_actions import carry_out, last_action
from collab.ui.rate.pick_list import pick_list
from collab.ui.rate.pick_rows import films_of, moved, ranked
from collab.ui.widgets.dials import N_PICKS, ORDER_HELP, ORDER_NAMES, choose_dials
from collab.ui.widgets.item_list import film_list

assert set(ORDER_NAMES) == set(ORDERS)


def show_picks(viewer: Viewer, page_name: str) -> None:
    """Draw the picks with their predictions, or what is popular with everyone where the person has neither rated nor told
    anything. Only those who may change the profile get the actions on a pick; everyone gets *what if*."""
    known, mine = viewer.known, viewer.mine
    if viewer.is_known:
        heading = "Your picks" if mine else "Their picks"
    else:
        heading = "Popular with everyone, not yet yours" if mine else "Popular with everyone"
    order, dials, beside = _head(viewer, heading, page_name)
    if viewer.is_known and viewer.item_weights is None and order == WATCH:
        st.caption("Ranked by predicted rating: what was watched together takes the run’s training ratings.")
    hypothetical, wrong = what_if.hypothetical(known, viewer.run.record.scale)
    now = ranked(viewer, known.rated, order, dials)
    shown, rated = now, known.rated
    if hypothetical is not None and hypothetical.changes:
        rated = hypothetical.rated(known.rated)
        shown = ranked(viewer, rated, order, dials)
    if beside is not None and known.rated:
        watched = viewer.item_weights if now.found is not None and now.found.order == WATCH else None
        choice = weightiest(viewer.person, watched, known.rated, now.items["item_index"].to_numpy())
        beside.button(
            "What if",
            key="what_if_begin",
            icon=":material/swap_vert:",
            disabled=hypothetical is not None,
            on_click=what_if.ask,
            args=(known.titles[choice[0]], known.rated[choice[0]]),
            help="Try other stars for a film, and see the picks move. Nothing is saved.",
        )
        if hypothetical is not None:
            what_if.show(hypothetical, known, choice, mine)
    if wrong:
        st.caption(formats.plain(wrong))
    films = films_of(viewer, rated, shown, can_edit=mine and hypothetical is None)
    if hypothetical is not None and hypothetical.changes:
        films = moved(viewer, rated, now, shown, films)
    if films:
        said, then = last_action(mine)
        pick_list(
            film_list(films, heading, viewer.run.record.scale, palette(), N_PICKS),
            said,
            then,
            what_if.KEY,
            partial(carry_out, titles=frozenset(film.key for film in films), known=known, can_edit=mine),
        )
    else:
        st.info(
            "No film that is left passes the filters. Widen them beside the heading.",
            icon=":material/filter_alt_off:",
        )
    _say_how_honest(viewer, now.found, dials.minimum_count)


def _head(viewer: Viewer, heading: str, page_name: str) -> tuple[str, Dials, DeltaGenerator | None]:
    """Draw the heading with its controls. Returns the order, the dials and the container beside the order. While nothing is
    known about the person, only the minimum number of ratings can be set, and the container is None."""
    ranked = viewer.is_known
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="picks_head"):
        st.header(heading, anchor="picks")
        with st.popover("", icon=":material/tune:", help="Choose what kind of films may be picked."):
            dials = choose_dials(viewer.run, bend=ranked, narrow=ranked)
        share_button(viewer.profile, page_name)
    if not ranked:
        return WATCH, dials, None
    row = st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small", key="picks_order")
    order = row.selectbox(
        "Order",
        list(ORDER_NAMES),
        key="order",
        bind="query-params",
        format_func=ORDER_NAMES.__getitem__,
        label_visibility="collapsed",
    )
    return order, dials, row


def _say_how_honest(viewer: Viewer, found: Picks | None, minimum_count: int) -> None:
    record, n_people = viewer.run.record, int((viewer.run.users["n_ratings"] > 0).sum())
    whose, n_rated, has_item_uncertainty = viewer.whose, len(viewer.known.rated), viewer.person.has_item_uncertainty
    people = f"{formats.count(n_people)} {'invented people' if record.synthetic else 'people'}"
    kind = "Synthetic ratings. " if record.synthetic else ""
    limit = f"Films with at least {formats.counted(minimum_count, 'rating')}"
    error = (
        f"held-out MSE {formats.loss(record.valid['mse'])}, biases only "
        f"{formats.loss(record.baselines.get('biases_only', {}).get('mse'))}"
    )
    if found is None:
        st.caption(
            f"{kind}{limit}, most rated first, with the mean rating of {people}. With the first rating the list becomes "
            f"{whose}s: then the model predicts ({error})."
        )
        return
    rest = (
        "what is unknown of the films, and how unsteadily people rate"
        if has_item_uncertainty
        else "how unsteadily people rate"
    )
    films = " and of each film" if has_item_uncertainty else ", its films taken as known exactly"
    chances = (
        "The model predicts them itself, one for every level."
        if found.own_chances
        else "They are read off one bell curve around the prediction, its width made of how unsteadily people rate and of what "
        f"is unknown of {whose} taste{films}."
    )
    if np.isnan(found.typical_error):
        sure = "Every film that may be picked is answered."
    elif n_rated:
        sure = (
            f"After {formats.counted(n_rated, 'rating')} {whose} predictions are typically "
            f"±{found.typical_error:.2f} stars; before the first it was ±{found.error_before:.2f}. What is unknown of {whose} "
            f"taste fell by {formats.percent(found.learned)}, the rest is {rest}."
        )
    else:
        sure = (
            f"Before the first rating {whose} predictions are typically ±{found.typical_error:.2f} stars. "
            + "Ranked by how often a film is watched and by its predicted rating. " * (found.order == WATCH)
        ).strip()
    st.caption(
        f"{sure} {kind}{limit}; {error}. Open a film for the chance of every rating.",
        help=f"The ratings given find their place among the {people} that the model was trained on; its films stay as they are. "
        f"“Probably” names the fewest neighbouring star levels that hold {whose} own rating with a chance of at least "
        f"{COVERAGE:.0%}: the coloured columns. Columns are the chances of all levels, larger where a film is opened. {chances}"
        f"\n\nWhat is unknown of {whose} taste is counted in squared stars, as is the uncertainty that falls with every answer. "
        "Here it is averaged over the films that may be picked, each counting once; there over all films, by how many people "
        "rate them."
        f"\n\n{ORDER_HELP}",
    )
