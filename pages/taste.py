"""Your taste: a person's place among films and users, their genres, predicted ratings, and the users most like them."""

import streamlit as st

from collab.ui.frame.page import open_page
from collab.ui.person.lacking import say_lacking
from collab.ui.taste.alike import show_alike
from collab.ui.taste.genres import show_predictions
from collab.ui.taste.place import show_place
from collab.ui.taste.profile import open_taste
from collab.ui.widgets.item_list import STYLE

page = open_page(
    "Your taste", "What your ratings say of your taste, against the average person’s, and how sure that is."
)
st.html(STYLE)
viewer = open_taste(page)
n_alike = show_place(viewer)
show_predictions(viewer)
show_alike(viewer, n_alike)
say_lacking(viewer.known, page.data, viewer.answers)
