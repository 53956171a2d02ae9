"""People: one user of the data set, what they rated, what is recommended, and how well their held-out ratings were predicted."""

import streamlit as st

from collab.errors import RunError
from collab.explore.people import held_out_of, people_table
from collab.ui.charts import formats
from collab.ui.frame.offers import offer_runs_with_ratings
from collab.ui.frame.page import open_page
from collab.ui.people import cached as people_cached
from collab.ui.people import one_user, picks
from collab.ui.people.picker import people_frame, pick_person
from collab.ui.widgets.controls import choose

HELD_OUT, RECOMMENDED, RATED, TASTE, ALL = PARTS = (
    "held-out ratings",
    "recommended",
    "what they rated",
    "tastes",
    "all users",
)

page = open_page(
    "People", "Pick a user of the data set: what they rated, what the model recommends, and how well it does."
)
run = page.run
try:
    found, reason = people_cached.held_out(run.id), None
except RunError as missing:
    found, reason = None, str(missing)

people = people_table(run.users, run.model, found)
if people.empty:
    st.info("No user of this run has a training rating. Choose another run in the sidebar.", icon=":material/info:")
    st.stop()
if reason is not None:
    offer_runs_with_ratings(
        run.record, f"{formats.plain(str(reason))}. What its users rated cannot be shown; their numbers are below"
    )
    people_frame(run, people)
    st.stop()

picture, facts = st.columns([2.4, 1], gap="medium")
with picture:
    user_index = pick_person(run, people)
    rows = one_user.cut_intervals(held_out_of(found, user_index), run.record.scale)
    rows = rows.join(run.items[["title", "n_ratings"]], on="item_index")
    one_user.show_predicted(run, rows, run.users["mean_rating"].iat[user_index])
with facts:
    one_user.show_who(run, user_index, people)
    one_user.show_errors(rows)

part = choose(
    "Show",
    PARTS,
    key="part",
    label_visibility="collapsed",
    help="What is shown of this user below, or the table of all users.",
)
if part == HELD_OUT:
    one_user.show_held_out(run, rows)
elif part == RECOMMENDED:
    picks.show_recommended(run, user_index, rows)
elif part == RATED:
    one_user.show_rated(run, user_index)
elif part == TASTE:
    one_user.show_taste(run, user_index)
else:
    people_frame(run, people)
