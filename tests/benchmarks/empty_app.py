"""A Streamlit app of two pages with a heading and a slider each: the least that a turn takes, for `tests.benchmarks.pages`."""

import streamlit as st


def page(name):
    """A function that draws a page of that name."""

    def draw():
        st.title(name)
        st.slider("Amount", 0, 1000, 0, key=f"amount-{name}")

    return draw


st.navigation(
    [st.Page(page(name), title=name, url_path=name, default=name == "home") for name in ("home", "second")]
).run()
