"""Together: films for two to four people, with each one's prediction."""

from pathlib import Path

import streamlit as st

from collab.errors import CollabError, ProfileError
from collab.recommend.group import LEAST_PEOPLE
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.page import open_page
from collab.ui.together.controls import choose_rules
from collab.ui.together.head import say_trouble, show_people
from collab.ui.together.members import members_here
from collab.ui.together.picks import STYLE, show_group_picks
from collab.ui.widgets import item_list

page = open_page("Together", "Films for two to four people, with what each of them would think of every one.")
st.html(item_list.STYLE)
st.html(STYLE)
try:
    cached.profiles()
except CollabError as reason:
    st.error(f"Ratings cannot be read: {formats.plain(str(reason))}", icon=":material/error:")
    st.stop()
# fixed containers: a control that moves when the number of people above it changes would lose its binding to the link
head, controls, group_picks = st.container(), st.container(), st.container()
try:
    with head:
        here = members_here()
        say_trouble(here)
        show_people(here, Path(__file__).stem)
    if len(here.people) >= LEAST_PEOPLE:
        with controls:
            choice = choose_rules(page.run)
        with group_picks:
            show_group_picks(page.run, here.people, here.names, choice)
except ProfileError as reason:
    st.error(formats.plain(str(reason)), icon=":material/error:")
