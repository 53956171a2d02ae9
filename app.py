"""Entry point: the navigation, in sections by what people want to do. No page depends on anything here."""

import streamlit as st

from collab.errors import CollabError
from collab.ui.frame import link
from collab.ui.frame.garbage import freeze_what_stays
from collab.ui.frame.page import MARK, MENU_STYLE, TOUCH_STYLE, mark_frame, show_error

st.set_page_config(page_title="Collab", page_icon=MARK, layout="wide")
st.logo(MARK, size="large")
st.html(MENU_STYLE)
st.html(TOUCH_STYLE)

navigation = st.navigation(
    {
        "": [
            st.Page(
                "pages/overview.py", title="Overview", icon=":material/space_dashboard:", default=True, url_path="home"
            ),
            # the default page is at "/"; its own name works as an address too
            st.Page("pages/overview.py", title="Overview", url_path="overview", visibility="hidden"),
        ],
        "Get picks": [
            st.Page("pages/rate.py", title="Rate", icon=":material/star:"),
            st.Page("pages/taste.py", title="Your taste", icon=":material/fingerprint:"),
            st.Page("pages/together.py", title="Together", icon=":material/group_add:"),
        ],
        "Explore": [
            st.Page("pages/map.py", title="Map", icon=":material/scatter_plot:"),
            st.Page("pages/similar.py", title="Similar", icon=":material/join_inner:"),
            st.Page("pages/biases.py", title="Biases", icon=":material/thumbs_up_down:"),
            st.Page("pages/people.py", title="People", icon=":material/group:"),
            st.Page("pages/data.py", title="Data", icon=":material/dataset:"),
        ],
        "Train": [
            st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
            st.Page("pages/runs.py", title="Runs", icon=":material/history:"),
        ],
        "Learn": [
            st.Page("pages/learn.py", title="Learn", icon=":material/school:"),
        ],
    },
)
mark_frame()
try:
    link.arrive(navigation.url_path or "overview")
    navigation.run()
except CollabError as reason:
    show_error(reason)
finally:
    freeze_what_stays()
