"""A run of the Bayesian model on every page: none of them needs to know which model it shows."""

import numpy as np
import pytest

from collab.explore.similarity import Options, item_space, similar_items
from collab.training.metrics import METRICS
from collab.ui.frame import cached
from tests.pages.in_the_picks import picked


def current(app):
    """The run that the page shows."""
    run = app.query_params["run"]
    return cached.trained_run(run if isinstance(run, str) else run[-1])


def test_similar_films_are_measured_with_caution(visit):
    app = visit("similar", measure="cautious", minimum="1")
    table = app.dataframe[-1].value
    assert app.radio(key="measure").value == "cautious" and len(table) == 10
    assert table["similarity"].is_monotonic_decreasing and table["similarity"].between(-1, 1).all()
    assert app.radio(key="measure").options == ["cosine", "euclidean", "dot", "cautious"]


def test_caution_is_the_measure_to_begin_with(visit):
    app = visit("similar")
    assert app.radio(key="measure").value == "cautious"


def test_nearest_on_the_map_are_the_cautious_ones_and_places_say_how_sure_they_are(visit):
    app = visit("map", film="Alien (1979)")
    run = current(app)
    chosen = run.items.index[run.items.title == "Alien (1979)"][0]
    expected = similar_items(item_space(run.model, run.items, run.users), run.items, chosen, Options("cautious"), 5)
    assert [button.key for button in app.button if button.key and button.key.startswith("near_")] == [
        f"near_{index}" for index in expected.item_index
    ]
    said = " ".join(caption.value for caption in app.caption)
    assert "cautious cosine: little known films score less" in said and "place ±20 %" in said
    doubt = app.dataframe[-1].value["doubt"]
    assert (doubt > 0).all()
    counts = app.dataframe[-1].value["n_ratings"]
    assert doubt.corr(counts, method="spearman") < -0.5  # well known films have surer places
    app.selectbox(key="colour").select("doubt").run()
    assert not app.exception


def test_biases_say_how_sure_they_are(visit):
    app = visit("biases", minimum="1")
    run, table = current(app), app.dataframe[-1].value
    deviation = np.sqrt(run.model.item_covariances[table["item_index"], -1, -1])
    np.testing.assert_allclose(table["deviation"], deviation, rtol=1e-5)
    assert any("standard deviation" in caption.value for caption in app.caption)
    assert "bias" not in [each.key for each in app.button_group]  # a posterior mean needs no shrinking
    assert any("Shrunk already" in caption.value for caption in app.caption)
    app.button_group(key="view").set_value("users").run()
    assert not app.exception and (app.dataframe[-1].value["deviation"] > 0).all()


def test_a_model_without_covariances_says_nothing_of_the_kind(visit_dot_bias):
    app = visit_dot_bias("map", film="Alien (1979)")
    assert "doubt" not in app.dataframe[-1].value and "cautious" not in " ".join(each.value for each in app.caption)
    assert "doubt" not in app.selectbox(key="colour").options
    app.switch_page("pages/biases.py").run()
    assert not app.exception and "deviation" not in app.dataframe[-1].value


def test_a_model_without_covariances_offers_no_caution(visit_dot_bias):
    app = visit_dot_bias("similar", measure="cautious")
    assert app.radio(key="measure").options == ["cosine", "euclidean", "dot"]
    assert app.radio(key="measure").value == "cosine" and len(app.dataframe[-1].value) == 10


@pytest.mark.parametrize("page", ["map", "biases", "overview"])
def test_pages_show_it(visit, page):
    app = visit(page)
    assert not app.exception and not app.error and current(app).record.model == "bayes"


def test_users_are_kind_or_strict_beside_the_average_one(visit):
    """The model's user biases carry the global mean; the page shows what is above and below it."""
    app = visit("biases", view="users")
    bias = app.dataframe[-1].value["bias"]
    assert bias.min() < -0.1 and bias.max() > 0.1 and bias.abs().max() < 2.5


def test_picks_follow_the_answers(visit):
    app = visit("rate")
    stars = [each for each in app.feedback if each.key.startswith("stars-")]
    stars[0].set_value(4).run()
    assert not app.exception and not app.error
    _, html = picked(app)
    assert html.count("<li ") == 10 and html.count('role="img"') == 10 and "in 8 of 10 cases from" in html
    assert "the rest is what is unknown of the films" in " ".join(caption.value for caption in app.caption)


def test_train_shows_sweeps_and_no_schedule_and_how_a_user_would_rate(visit):
    app = visit("train", how_rated="true", user="3")
    labels = [metric.label for metric in app.metric]
    assert len(labels) == len(METRICS) + 2
    assert [*labels[:3], *labels[-2:]] == ["MSE (stars²)", "RMSE (stars)", "MAE (stars)", "Expected", "Given"]
    assert app.selectbox(key="user").value == "3"
    assert any("as wide as the model is unsure of this user" in caption.value for caption in app.caption)
    assert len(app.get("vega_lite_chart")) == 2  # losses and certainty
    assert len(app.dataframe[0].value) == current(app).model.settings.epochs == 20


def test_train_says_whether_the_intervals_keep_their_promise(visit):
    app = visit("train")
    certainty = current(app).record.certainty
    assert certainty["within_50"] < certainty["within_80"] < certainty["within_95"]
    assert (
        certainty["within_80"] == pytest.approx(0.8, abs=0.1)
        and certainty["log_loss"] < certainty["histogram_log_loss"]
    )
    (said,) = [element.value for element in app.markdown if "Those that promise 80 %" in element.value]
    assert f"**{100 * certainty['within_80']:.1f}\u00a0%**" in said and f"log loss {certainty['log_loss']:.4f}" in said


def test_a_model_without_variances_promises_nothing(visit_dot_bias):
    app = visit_dot_bias("train")
    assert not current(app).record.certainty and not any("promise" in element.value for element in app.markdown)
