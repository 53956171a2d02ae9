"""Rate: stars for a few films, and picks that follow every answer."""

import streamlit as st

from collab.errors import CollabError
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.page import open_page
from collab.ui.rate import cards
from collab.ui.rate.rating import show
from collab.ui.widgets import item_list

page = open_page("Rate", "Give stars to films that you know, and see what the model would pick for you next.")
st.html(item_list.STYLE)
st.html(cards.STYLE)
try:
    cached.profiles()
except CollabError as reason:
    st.error(f"Ratings cannot be kept: {formats.plain(str(reason))}", icon=":material/error:")
    st.stop()
st.fragment(show)(page)  # after an answer only this reruns
