"""Tables: of items, with the way to each one's page; and beside a picture, not made before somebody opens it."""

import json

import pytest
from streamlit.testing.v1 import AppTest


def app(around, fold, n):
    import pandas as pd
    import streamlit as st

    from collab.ui.widgets.tables import as_table

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


def items_app():
    import pandas as pd

    from collab.ui.widgets.tables import item_table

    items = pd.DataFrame({"label": ["#na#", "Alien (1979)", "Fargo (1996)"], "title": ["#na#", "Alien", "Fargo"]})
    rows = pd.DataFrame(
        {
            "item_index": [2, -1, 1],
            "genres": ["Crime|Drama", "", "Horror"],
            "title": ["Fargo", "Nowhere", "Alien"],
            "n_ratings": [1_508, 3, 291],
        }
    )
    item_table(rows, items, "films", "Three films", ["title", "bias", "n_ratings", "genres"], {"n_ratings": "Votes"})


def test_a_table_of_items_shows_what_is_there_and_the_way_to_each_page():
    page = AppTest.from_function(items_app).run()
    assert not page.exception
    (table,) = page.dataframe
    order = ["title", "to_page", "n_ratings", "genres"]  # those of the columns asked for that are there
    assert list(table.proto.column_order) == order
    assert table.value["genres"].tolist() == ["Crime, Drama", "", "Horror"]
    assert table.value["to_page"].isna().tolist() == [False, True, False]  # whom `items` lacks has no page
    columns = json.loads(table.proto.columns)
    assert columns["title"]["label"] == "Title" and columns["n_ratings"]["label"] == "Votes"
    assert columns["to_page"]["type_config"]["type"] == "button" and table.proto.alt == "Three films"


def test_an_address_names_data_run_and_film():
    from types import SimpleNamespace

    import pandas as pd

    from collab.ui.frame.item_page import item_address

    items = pd.DataFrame({"label": ["#na#", "Thelma & Louise (1991)"]})
    run = SimpleNamespace(id="0123abcd", record=SimpleNamespace(data="sample"), items=items)
    assert item_address(run, 1) == "similar?data=sample&run=0123abcd&film=Thelma+%26+Louise+%281991%29"
