"""The Learn page's steps on cold start and feedback loops."""

from functools import partial

from collab.lessons import cold_start as remedies
from collab.models.bayes import BayesSettings
from collab.ui.learn import cold_start, feedback


def test_feedback_with_and_without_a_remedy(visit, monkeypatch):
    monkeypatch.setattr(feedback, "N_WORLDS", 1)
    monkeypatch.setattr(feedback, "simulate", partial(feedback.simulate, n_rounds=3))
    app = visit("learn", step="feedback")
    said = [each.value for each in app.caption]
    assert any("Without a remedy" in text and "With exploration" in text for text in said)
    app.segmented_control(key="feedback_remedy").set_value("none").run()
    assert not app.exception and not any("With exploration" in each.value for each in app.caption)
    app.slider(key="feedback_lovers").set_value(0).run()
    assert any("nobody who loves it above all" in each.value for each in app.caption)


def test_cold_start_measures_at_a_press_and_says_what_it_cannot_tell(visit, monkeypatch):
    quick = BayesSettings(n_factors=4, epochs=6, kernel_rank=0)
    monkeypatch.setattr(
        cold_start, "measure", lambda dataset, ratings: remedies.measure(dataset, ratings, n_people=40, settings=quick)
    )
    app = visit("learn", step="cold-start")
    assert not app.get("plotly_chart")
    app.button(key="cold_measure").click().run()
    assert not app.exception and len(app.get("plotly_chart")) == 1
    assert any(
        "Better than the average user" in each.value and "5 ratings: taste" in each.value for each in app.caption
    )
    app.select_slider(key="cold_revealed").set_value(0).run()
    assert not app.exception
    assert any("Not told apart" in each.value and "0 ratings: taste" in each.value for each in app.caption)
