"""Rate: stars for a few films, and picks that follow every answer."""

from pathlib import Path

import streamlit as st

from collab.errors import CollabError
from collab.ui import cached, own_ratings, rating
from collab.ui.page import open_page
from collab.ui.taste import answers_known, picks

NAME = Path(__file__).stem

page = open_page("Rate", "Give stars to films that you know, and see what the model would pick for you next.")
run = page.run
st.html(Path(rating.__file__).with_suffix(".css"))
try:
    cached.profiles()
except CollabError as reason:
    st.error(f"Ratings cannot be kept: {reason}", icon=":material/database_off:")
    st.stop()
rating.propose_newer(page.data)


def show() -> None:
    """All that an answer changes; only this runs again after a tap."""
    profile, wrong = own_ratings.open_profile()
    can_edit = profile is None or profile.can_edit
    if wrong:
        st.warning(f"{rating.plain(wrong)} What you see is a new start.", icon=":material/link_off:")
    elif not can_edit:
        rating.say_view_only()
    if trouble := own_ratings.take_trouble():
        st.error(rating.plain(trouble), icon=":material/error:")
    answers = own_ratings.answers_of(profile)
    known = answers_known(answers, rating.places(run, answers), run.items, run.record.scale)
    left, right = st.columns([1.1, 1], gap="large")
    with left:
        if can_edit:
            rating.rate_cards(run, known, len(answers))
        else:
            st.subheader("Their ratings", anchor=False)
            rating.answers_read_only(answers, known, run)
    with right:
        minimum_count = rating.picks_head(run, profile, bool(known.rated), NAME)
        found = picks(run, cached.prior(run.id), known, rating.N_PICKS, minimum_count) if known.rated else None
        rating.show_picks(run, found, known, minimum_count, "your" if can_edit else "their", synthetic=page.data.synthetic)
    if can_edit and answers:
        st.subheader("Your answers", anchor="answers")
        rating.answer_list(answers, known)
    rating.say_lacking(known, page.data)
    rating.keep_and_delete(profile, answers, run)


st.fragment(show, key="rate")()
