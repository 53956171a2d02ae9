"""Learn: what is set in a step stands in the link, and a link sets it again."""

from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from collab.lessons.dot_product import FIRST
from collab.ui.charts import formats
from collab.ui.learn.dot_product import NUMBERS, in_link, read_numbers
from tests.pages.on_the_page import link


def somebody_else(app):
    """Another session that opens the link of this one."""
    other = AppTest.from_file(app._script_path, default_timeout=60)
    for name in app.query_params:
        other.query_params[name] = link(app, name)
    other.switch_page("pages/learn.py").run()
    assert not other.exception
    return other


def test_moved_factors_go_with_the_link(visit):
    app = visit("learn", step="dot-product", dot_who="Casablanca")
    assert link(app, NUMBERS) is None  # the telling's own need no words
    app.slider(key="dot_0_2_1").set_value(0.5).run()
    written = "0.9,0.8,-0.6,0.98,0.9,-0.9,-0.99,0.5,0.8"
    assert link(app, NUMBERS) == written
    app.button(key="dot_reset").click().run()
    assert link(app, NUMBERS) is None and not app.exception


def test_linked_factors_are_taken_over(visit):
    app = visit("learn", step="dot-product", numbers="1,0,0,0.5,0,0,-0.25,0,1", dot_who="Casablanca")
    said = " ".join(each.value for each in app.markdown)
    assert "The Last Skywalker **0.5** · Casablanca **−0.25**" in said and not app.warning
    assert [app.slider(key=f"dot_0_2_{place}").value for place in range(3)] == [-0.25, 0.0, 1.0]
    app.run()  # the browser may have seen nothing of the turn before: what it begins with is right without it
    assert [list(app.slider(key=f"dot_0_2_{place}").proto.default) for place in range(3)] == [[-0.25], [0.0], [1.0]]


@pytest.mark.parametrize("text", ["1,2", "0,0,0,0,0,0,0,0,1.5", "a,0,0,0,0,0,0,0,0", "nan,0,0,0,0,0,0,0,0", ""])
def test_factors_that_cannot_be_are_said(visit, text):
    assert read_numbers(text, FIRST) is None
    app = visit("learn", step="dot-product", numbers=text)
    assert "**2.142**" in " ".join(each.value for each in app.markdown)
    assert not text or formats.plain(text[:10]) in app.warning[0].value


def test_what_a_link_says_is_no_markup(visit):
    app = visit("learn", step="dot-product", numbers="[click](https://example.org)")
    assert "[click](" not in app.warning[0].value and r"\[click\]" in app.warning[0].value


def test_no_factor_is_less_than_nothing():
    assert in_link(read_numbers("-0.004,0,0,0.005,0,0,0,0,1", FIRST)).split(",")[0] == "0"


def test_what_a_step_keeps_in_the_link_leaves_with_it_and_comes_back(visit):
    app = visit("learn", step="dot-product", numbers="1,0,0,0.5,0,0,-0.25,0,1")
    app.button(key="step_next").click().run()
    assert link(app, "step") != "dot-product" and link(app, NUMBERS) is None
    app.button(key="step_back").click().run()
    assert link(app, NUMBERS) == "1,0,0,0.5,0,0,-0.25,0,1" and not app.exception


def test_factors_are_written_and_read_back():
    numbers = {"The user": [Decimal("0.90"), Decimal("0"), Decimal("-1")]}
    numbers |= {film: list(factors) for film, factors in FIRST.items}
    assert read_numbers(in_link(numbers), FIRST) == numbers


def test_slow_motion_stands_where_the_link_says(visit):
    app = visit("learn", step="slow-motion")
    app.button(key="slow_shuffle").click().run()
    app.button(key="slow_next").click().run()
    (line,) = (each.value for each in app.markdown if each.value.startswith("Step 1 "))
    assert link(app, "slow_step") == "1" and link(app, "slow_seed") == "1"
    other = somebody_else(app)
    assert line in [each.value for each in other.markdown]
    app.button(key="slow_reset").click().run()
    assert link(app, "slow_step") is None and link(app, "slow_seed") == "1"


@pytest.mark.parametrize("text", ["-3", "many", "61", "99999999999999999999", "1.5", "²"])
def test_a_step_that_cannot_be_is_said_and_is_the_first(visit, text):
    app = visit("learn", step="slow-motion", slow_step=text)
    assert text[:10] in app.warning[0].value.replace("\\", "") and "from 0 to 60" in app.warning[0].value
    assert any(each.value.startswith("Step 0 ") for each in app.markdown)


def test_cell_and_margins_go_with_the_link(visit):
    app = visit("learn", step="slow-motion")
    chosen = [app.selectbox(key=key).options[place] for key, place in (("slow_user", 2), ("slow_film", 3))]
    app.query_params["slow_user"], app.query_params["slow_film"] = chosen
    app.query_params["slow_shown"] = "Gradients"
    other = somebody_else(app)
    assert [other.selectbox(key=key).value for key in ("slow_user", "slow_film")] == chosen
    assert other.segmented_control(key="slow_shown").value == "Gradients"


def test_pick_goes_with_the_link_and_another_user_has_others(visit):
    app = visit("learn", step="similar-users", user="5")
    last = app.selectbox(key="similar_pick").options[3]
    app.query_params["similar_pick"] = last
    other = somebody_else(app)
    assert other.selectbox(key="similar_pick").value == last
    other.selectbox(key="user").set_value("6").run()
    pick = other.selectbox(key="similar_pick")
    assert not other.exception and pick.value in pick.options
