"""The Learn page: every step draws, has its door and its place in the link; the questions of the chapter are all there."""

import pytest

from collab.ui.learn.steps import STEPS


@pytest.fixture
def open_step(visit):
    """A function that opens a step by its slug; whatever more goes into the link."""

    def open_it(slug, data="sample", **link):
        app = visit("learn", data=data, step=slug, **link)
        (step,) = (each for each in STEPS if each.slug == slug)
        assert app.header[0].value == step.title
        return app

    return open_it


def test_walk_through_every_step(visit):
    app = visit("learn")
    for place, step in enumerate(STEPS):
        assert not app.exception and app.header[0].value == step.title
        assert step.slug in (app.query_params["step"], app.query_params["step"][0])
        assert len(app.expander) >= len(step.questions) + len(step.topics)
        assert app.button(key="step_back").disabled == (place == 0)
        if place + 1 < len(STEPS):
            app.button(key="step_next").click().run()
    assert app.button(key="step_next").disabled
    app.selectbox(key="_learn_pick_step").set_value(STEPS[0].slug).run()
    assert app.header[0].value == STEPS[0].title


def test_step_that_there_is_not(visit):
    app = visit("learn", step="flying")
    assert not app.exception and "'flying'" in app.warning[0].value
    assert app.header[0].value == STEPS[0].title


def test_every_question_of_the_chapter_is_answered_once():
    assert len({step.slug for step in STEPS}) == len(STEPS) == 17  # sixteen ideas, and the chapter's tables
    assert sum(len(step.topics) for step in STEPS) == 4
    numbers = [question.number for step in STEPS for question in step.questions]
    assert sorted(numbers) == list(range(1, 32))


def test_range_that_ends_at_five_cannot_reach_five(open_step):
    app = open_step("range")
    assert app.metric[0].value == "2.30"
    app.slider(key="range_end").set_value(5.0).run()
    assert app.metric[0].value == "∞" and not app.exception
    assert any("plain sums, cut to the scale, 1 to 5" in caption.value for caption in app.main.caption)


def test_range_of_a_model_that_has_one(visit_dot_bias):
    app = visit_dot_bias("learn", "ml-100k", step="range")
    assert any("keeps its predictions between 0 and 5.5 stars" in caption.value for caption in app.main.caption)
