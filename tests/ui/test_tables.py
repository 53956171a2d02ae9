"""The table beside a picture: not made before somebody opens it, and the same rows then."""

import pytest
from streamlit.testing.v1 import AppTest


def app(around, fold, n):
    import pandas as pd
    import streamlit as st

    from collab.ui.tables import as_table

    def make():
        st.session_state["made"] = st.session_state.get("made", 0) + 1
        return pd.DataFrame({"epoch": range(n)})

    with getattr(st, around)("Around") if around else st.container():
        as_table("losses", "Losses by epoch", make, fold=getattr(st, fold))


@pytest.mark.parametrize("around, fold", [("", "popover"), ("expander", "popover"), ("popover", "expander")])
@pytest.mark.parametrize("n", [3, 30])
def test_a_table_is_made_when_it_is_opened(around, fold, n):
    page = AppTest.from_function(app, kwargs={"around": around, "fold": fold, "n": n}).run()
    assert not page.exception and not page.dataframe and "made" not in page.session_state
    page.session_state["losses"] = True
    page.run()
    assert not page.exception and page.session_state["made"] == 1
    assert (
        page.dataframe[0].value["epoch"].tolist() == list(range(n)) and page.dataframe[0].proto.alt == "Losses by epoch"
    )
