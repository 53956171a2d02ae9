"""The link: followed where somebody arrives, refused in words, and the session's own in between."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from collab.ui.frame import link
from collab.ui.frame.parameters import Number, OneOf, Parameter, Text, Written


def page():
    import streamlit as st

    from collab.ui.frame import link

    link.arrive("train")
    link.say_refused()
    state = st.session_state
    if link.came("split"):
        state["n"] = int(link.own("split") or 0)
    st.slider("n", 0, 99, key="n")
    link.put("split", str(state["n"]) if state["n"] else None)


@pytest.fixture
def app():
    return AppTest.from_function(page)


def turn(app, linked, moved=None):
    """A turn with what the browser has in its address, and where its slider stands; returns what stands there after it."""
    app.query_params["split"] = linked
    if moved is not None:
        app.slider[0].set_value(moved)
    app.run()
    stands = str(app.slider[0].value)
    assert not app.exception and app.query_params.get("split", "0") in (stands, [stands])
    return app.slider[0].value


def test_who_arrives_with_a_link_gets_what_it_says(app):
    assert turn(app, "10") == 10
    assert turn(app, "40") == 40


def test_what_a_browser_sends_late_is_not_followed(app):
    turn(app, "10")
    app.is_late = True
    assert turn(app, "10", moved=15) == 15
    assert turn(app, "10") == 15
    assert turn(app, "10", moved=16) == 16  # moved on before the browser had heard of 15
    assert turn(app, "15") == 16


@pytest.mark.parametrize(("text", "said"), [("ten", "The link’s split is"), (["1", "2"], "The link has split 2 times")])
def test_what_does_not_fit_is_refused_and_taken_out(app, text, said):
    app.query_params["split"] = text
    app.run()
    assert not app.exception and app.slider[0].value == 0 and "split" not in app.query_params
    assert said in app.warning[0].value.replace("\\", "")
    app.run()
    assert not app.warning


def test_names_that_the_page_does_not_have_go(app):
    app.query_params["utm_source"], app.query_params["colour"], app.query_params["split"] = "mail", "genre", "7"
    app.run()
    assert app.slider[0].value == 7 and set(app.query_params) == {"split"}


def test_back_brings_what_the_address_says_and_the_default_where_it_says_nothing(app, monkeypatch):
    turn(app, "10")
    turn(app, "20")
    app.is_late = True
    for query, stands in (("split=10", 10), ("", 0), ("split=20", 20)):
        app.query_params.clear()
        monkeypatch.setattr(
            link,
            "get_script_run_ctx",
            lambda query=query: SimpleNamespace(is_history_navigation=True, query_string=query),
        )
        app.run()
        assert app.slider[0].value == stands


ENTRIES = [
    (Number(0, 5), ["3"], ""),
    (Number(0, 5), ["6"], "a whole number from 0 to 5"),
    (Number(0, 5), ["2.5"], "a whole number from 0 to 5"),
    (Number(0, 5, whole=False), ["2.5"], ""),
    (Number(0, None), ["1e309"], "a whole number from 0 on"),
    (Number(0, 5), ["٣"], "a whole number from 0 to 5"),
    (Number(0, 9, several=True), ["1", "9"], ""),
    (OneOf("a", "b"), ["b"], ""),
    (OneOf("a", "b"), ["a", "b"], "2 times; it takes a or b"),
    (Written("[0-9]{2}", "two digits"), ["1"], "it takes two digits"),
    (Text(longest=3), ["four"], "in 3 characters at most"),
    (Text(), ["a\0"], "300 characters"),
]


@pytest.mark.parametrize(("allowed", "texts", "said"), ENTRIES)
def test_forms(allowed, texts, said):
    refusal = Parameter("p", (), "", allowed, "").refusal(texts)
    assert (said in refusal) if said else not refusal


def test_a_long_value_is_quoted_short():
    assert len(Parameter("p", (), "", Number(0, 1), "").refusal(["9" * 5000])) < 200
