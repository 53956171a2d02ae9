"""The session's own changes of its link: what the browser sends of before is not followed, whatever came in between."""

from streamlit.testing.v1 import AppTest


def counting():
    import streamlit as st

    from collab.ui.frame import own_link

    state = st.session_state
    if (linked := own_link.newly_linked("n")) is not None:
        own_link.keep("n", linked)
        state["n"] = int(linked)
    st.slider("n", 1, 99, key="n")
    own_link.keep("n", str(state["n"]))


def turn(app, linked, moved=None):
    """A turn with what the browser has in its address, and where its slider stands; returns what stands there after it."""
    app.query_params["n"] = linked
    if moved is not None:
        app.slider[0].set_value(moved)
    app.run()
    stands = str(app.slider[0].value)
    assert not app.exception and app.query_params["n"] in (stands, [stands])  # as set, or as written by the page
    return app.slider[0].value


def test_a_link_is_followed_once_and_again_when_it_says_something_else():
    app = AppTest.from_function(counting)
    assert turn(app, "10") == 10
    assert turn(app, "10", moved=15) == 15
    assert turn(app, "40") == 40


def test_what_was_replaced_a_turn_ago_is_late():
    app = AppTest.from_function(counting)
    turn(app, "10")
    turn(app, "10", moved=15)
    assert turn(app, "10") == 15


def test_what_was_replaced_while_the_link_of_before_came_is_late_too():
    app = AppTest.from_function(counting)
    turn(app, "10")
    turn(app, "10", moved=15)
    assert turn(app, "10", moved=16) == 16  # moved on before the browser had heard of 15
    assert turn(app, "15") == 16
