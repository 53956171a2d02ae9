"""The person shown on *Your taste*: whose ratings, on which run, and a summary in two lines."""

from __future__ import annotations

import numpy as np
import streamlit as st

from collab.data.tables import trained_items
from collab.errors import CollabError
from collab.models.levels import COVERAGE
from collab.recommend.new_user import NewUser
from collab.recommend.taste_profile import Difference, bias_difference, given_and_everyone, level
from collab.ui.charts import formats
from collab.ui.frame.page import Page
from collab.ui.person import own_profile
from collab.ui.person.share import say_view_only
from collab.ui.person.viewer import Viewer, viewer_of


def open_taste(page: Page) -> Viewer:
    """The person of the link or of this session; the average person without one, or where the link cannot be opened."""
    profile, answers = None, []
    try:
        profile, wrong = own_profile.open_profile()
        if wrong:
            st.warning(f"{formats.plain(wrong)} What you see is the average person.", icon=":material/link_off:")
        answers = own_profile.answers_of(profile)
    except CollabError as reason:
        profile = None
        st.error(f"Ratings cannot be read: {formats.plain(str(reason))}", icon=":material/error:")
    viewer = viewer_of(page.run, profile, answers)
    if not viewer.mine:
        say_view_only(profile)
    if not viewer.known.rated:
        _say_nothing_rated(viewer)
    return viewer


def _say_nothing_rated(viewer: Viewer) -> None:
    whose = "Nothing is rated yet" if viewer.mine else "They have rated no film of this data set"
    line, door = st.columns([4, 1], vertical_alignment="center")
    said = viewer.person.stated
    who = "what you see follows from what was told beforehand" if said else "this is the average person"
    line.info(f"**{whose}: {who}.** A few stars move everything here.", icon=":material/person:")
    if viewer.mine:
        door.page_link("pages/rate.py", label="Rate a few films", icon=":material/star:")


def say_so_far(viewer: Viewer) -> None:
    """Draw how many films are rated, and how kind the person is."""
    run, rated = viewer.run, viewer.known.rated
    if not rated:
        stated = viewer.person.stated
        st.caption(
            "The groups of films that were picked, or age, gender and occupation, are all that is known so far."
            if stated
            else "The average person: whom the model expects before the first rating, in everything below."
        )
        return
    st.markdown(
        f"**{formats.counted(len(rated), 'film')} rated**"
        + (f", {formats.count(len(viewer.known.not_seen))} not seen." if viewer.known.not_seen else ".")
    )
    films = trained_items(run.items)
    if isinstance(viewer.person, NewUser) and run.model.has_biases:
        kind, what = bias_difference(viewer.person, rated, films), f"{viewer.whose.capitalize()} bias is"
        about = "about " if viewer.person.items.y_range is not None else ""
    else:
        kind, about = level(viewer.person, rated, films), ""
        what = f"{viewer.whose.capitalize()} predicted ratings are on average"
    given, everyone = given_and_everyone(rated, run.items)
    st.markdown(
        f"**Kindness.** {what} {about}{_with_deviation(kind)} stars against the average person’s{_clearness(kind)}. "
        f"Given on average: {formats.stars(given)}; everyone’s mean for the same films: {formats.stars(everyone)}.",
        help="± is one standard deviation of what is believed after the ratings. “Clear of zero”: zero is outside the interval "
        f"that holds the truth in {10 * COVERAGE:.0f} of 10 cases.",
    )
    if viewer.mine:
        st.page_link("pages/rate.py", label="Rate more films", icon=":material/star:")


def _with_deviation(difference: Difference) -> str:
    give_or_take = f" ± {difference.deviation:.2f}" if np.isfinite(difference.deviation) else ""
    return f"{formats.signed(difference.value)}{give_or_take}"


def _clearness(difference: Difference) -> str:
    return {None: "", True: ", clear of zero", False: ", not clear of zero"}[difference.clear]
