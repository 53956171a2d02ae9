import streamlit as st

from collab.ui.page import open_page

page = open_page("Overview", "x", needs_run=False)
st.write(page.run.items.head())
