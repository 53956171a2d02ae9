import streamlit as st

from collab.ui.page import open_page

page = open_page("Overview", "The data set and the current model at a glance.")
st.write(page.run.items.head())
