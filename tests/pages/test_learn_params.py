"""The steps on look-ups, parameters, biases and embedding sizes: what their controls change."""

import dataclasses
import json

import pytest

from collab.models import preset_of
from collab.services.environment import read_environment
from collab.services.plans import plan
from collab.ui.frame import cached
from tests.training_here import train_here


@pytest.fixture
def open_step(visit):
    """A function that opens a step by its slug on the sample; whatever more goes into the link."""

    def open_it(slug, **link):
        return visit("learn", step=slug, **link)

    return open_it


@pytest.fixture
def open_without_biases(open_step):
    """The same, on a run of a model that has none."""

    def open_it(slug, **link):
        settings = dataclasses.replace(preset_of("dot", "fast"), epochs=1)
        run = train_here(read_environment(), plan("dot", settings, "sample", "random:0.2", 0))
        return open_step(slug, run=run.id, **link)

    return open_it


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def texts(figure):
    return [annotation.get("text", "") for annotation in figure["layout"].get("annotations", ())]


def value_of(app, label):
    (found,) = (metric.value for metric in app.metric if metric.label == label)
    return found


def test_look_up(open_step):
    app = open_step("look-up")
    assert value_of(app, "Largest difference") == "0"
    assert value_of(app, "More memory") == "50,000 ×"  # 100,000 floats of 4 bytes against one whole number of 8
    chosen = figures(app)[0]["data"][1]["text"]  # the bold cells: the one, its row, and the two results
    assert chosen[0] == "1" and chosen[1:5] == chosen[5:9] == chosen[9:13]
    app.slider(key="one_hot_user").set_value(6).run()
    assert figures(app)[0]["data"][1]["text"] != chosen
    app.button(key="measure_again").click().run()
    assert not app.exception


def test_parameters(open_step):
    app = open_step("parameters")
    assert value_of(app, "Rows of users changed") == "0 of 6" and "class PlainTensor" in app.code[0].value
    for kind in ("own parameter", "nn.Embedding"):
        app.radio(key="kept_in").set_value(kind).run()
        assert value_of(app, "Rows of users changed") == "3 of 6"
    app.button(key="both_trainings").click().run()
    assert not app.exception and app.header[0].value == "The chapter’s tables"
    assert app.selectbox(key="row").value == "the same by hand"


def test_biases_of_a_model_with_a_range(visit_dot_bias):
    app = visit_dot_bias("learn", step="biases")
    assert figures(app)[0]["layout"]["yaxis"]["title"]["text"] == "score, before the range"
    assert any("The sigmoid’s range turns the sum into stars" in caption.value for caption in app.caption)


def test_a_sum_beyond_the_scale_is_cut(open_step):
    app = open_step("biases", kindness=100)
    run = cached.trained_run(app.selectbox(key="_pick_run").value)
    user = run.model.user_biases[1:].argmax() + 1
    film = next(film for film in (-(run.model.item_biases + run.model.item_factors @ run.model.user_factors[user])).argsort()
                if run.items["n_ratings"].iat[film] > 0)  # fmt: skip
    app.selectbox(key="film").set_value(run.items["label"].iat[film]).run()
    assert value_of(app, "Predicted") == "5.0 stars"
    assert any("is cut to the scale of the ratings" in caption.value for caption in app.caption)


def test_biases(open_step):
    app = open_step("biases", kindness=0)
    harsh, bars = value_of(app, "Predicted"), figures(app)[0]
    assert "synthetic ratings" in texts(bars) and bars["layout"]["yaxis"]["title"]["text"] == "stars"
    assert not any("sigmoid" in caption.value or "cut to" in caption.value for caption in app.caption)
    *_, total = (float(text[3:-4].replace("−", "-")) for text in texts(bars) if text.startswith("<b>"))
    assert float(harsh.split()[0]) == pytest.approx(total, abs=0.06)  # a plain sum of four parts
    app.slider(key="kindness").set_value(100).run()
    assert float(value_of(app, "Predicted").split()[0]) > float(harsh.split()[0])
    app.get_by_key("biases_view").set_value("two orders").run()
    assert {"<b>by mean rating</b>", "<b>by bias</b>"} <= set(texts(figures(app)[0]))
    app.slider(key="minimum").set_value(200).run()
    assert not app.exception


def test_biases_of_a_model_without(open_without_biases):
    app = open_without_biases("biases")
    assert not app.exception and figures(app)[0]["layout"]["yaxis"]["title"]["text"] == "stars"
    assert any("damped biases" in caption.value for caption in app.caption)


def test_sizes(open_step):
    app = open_step("nets", nets_view="Embedding sizes")
    for rows, size in ((944, "74"), (1665, "102"), (1_000_000, "600")):
        app.select_slider(key="table_rows").set_value(rows).run()
        assert value_of(app, "Numbers for each") == size
    (named,) = (text for text in texts(figures(app)[0]) if "chapter" in text)
    assert "users here" in named and "films here" in named
