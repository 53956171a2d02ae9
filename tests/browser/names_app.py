"""An app for `test_names.py`: texts from outside in the kinds of elements that Streamlit reads as Markdown."""

import streamlit as st

from collab.ui.charts.formats import plain
from tests.pages import hostile

KINDS = {
    "markdown": st.markdown,
    "bold": lambda text: st.markdown(f"**{text}**"),
    "words": lambda text: st.markdown(f"Its name is {text}: no more."),
    "caption": lambda text: st.caption(f"x  \n{text}  \nx"),
    "button": st.button,
    "checkbox": st.checkbox,
    "metric": lambda text: st.metric("x", text),
}

for place, text in enumerate(hostile.mixtures()):
    kind = list(KINDS)[place % len(KINDS)]
    with st.container(key=f"text-{place}-{kind}"):
        KINDS[kind](plain(text))
