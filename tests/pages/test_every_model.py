"""Every kind of model on every page: trained from the Train page, rated with, and where a page cannot serve it, the way on."""

import dataclasses
import time

import pytest

from collab.models import MODELS, preset_of
from collab.services.environment import read_environment
from collab.services.runs import RunStore
from collab.services.training_job import carry_out, plan
from collab.ui import cached

WITHOUT_FACTORS, WITHOUT_BIASES = ("mean", "bias", "neighbours"), ("mean", "dot", "dot-range", "net", "deep", "side")


def link(app, name):
    value = app.query_params[name]
    return value if isinstance(value, str) else value[-1]


def quick(model):
    """Settings of a training that is soon over."""
    settings = preset_of(model, "fast")
    changes = {"epochs": 2, "n_factors": 4, "batch_size": 512}
    return dataclasses.replace(settings, **{key: value for key, value in changes.items() if hasattr(settings, key)})


@pytest.fixture
def trained(app):
    """A function that trains a model on the sample into the app's home; returns the run's id."""

    def train(model, settings=None):
        environment = read_environment()
        store = RunStore(environment.home)
        owner, lock = store.claim()
        noted = plan(model, settings or quick(model), "sample", "random:0.2", 0, owner=owner)
        record = carry_out(store.create(noted), store, environment)
        lock.release()
        assert record.state == "finished", record.message
        return record.id

    return train


@pytest.mark.parametrize("model", MODELS)
def test_is_trained_from_the_page(visit, model):
    app = visit("train")
    before = link(app, "run")
    app.selectbox(key="model").set_value(model).run()
    assert not app.exception and app.session_state["preset"] == "fast"
    assert MODELS[model].about in [caption.value for caption in app.caption]
    for name, value in dataclasses.asdict(quick(model)).items():
        app.session_state[f"set_{name}"] = value
    app.run()
    app.button(key="start").click().run()
    assert not app.exception and link(app, "run") != before
    store, end = cached.jobs().store, time.monotonic() + 60
    while store.record(link(app, "run")).busy:
        assert time.monotonic() < end
        time.sleep(0.1)
    app.run()
    record = store.record(link(app, "run"))
    assert not app.exception and not app.error and (record.model, record.state) == (model, "finished")
    layers = next(frame.value for frame in app.dataframe if "layer" in frame.value)
    weights = store.load(record.id).model.weights()
    assert layers.parameters.sum() == sum(
        table.size for name, table in weights.items() if not name.startswith("known_")
    )


def test_models_are_changed_back_and_forth(visit):
    """Also from a range that is off to a model that cannot be without."""
    app = visit("train", y_range="none")
    for model in (*MODELS, "dot-range", "neighbours", "dot-bias"):
        app.selectbox(key="model").set_value(model).run()
        assert not app.exception and not app.error and not app.button(key="start").disabled
        assert app.session_state["preset"] == "fast"


def test_a_word_and_a_range_come_from_the_link(visit):
    app = visit("train", model="neighbours", of="films", similarity="pearson")
    assert not app.error and app.button_group(key="set_of").value == "films" and link(app, "of") == "films"
    app.button_group(key="set_similarity").set_value("cosine").run()
    assert "similarity" not in app.query_params and app.session_state["preset"] == "films"


@pytest.mark.parametrize("word, expected", [("directors", "is not users or films"), ("", "is not users or films")])
def test_a_word_that_is_no_choice_is_refused(visit, word, expected):
    app = visit("train", model="neighbours", of=word or "none")
    assert expected in app.error[0].value and app.session_state["set_of"] == "users"


@pytest.mark.parametrize("model", MODELS)
def test_picks_follow_the_answers(visit, trained, model):
    app = visit("rate", run=trained(model))
    stars = [each for each in app.feedback if each.key.startswith("stars-")]
    stars[0].set_value(4).run()
    assert not app.exception and not app.error
    html = next(element.proto.body for element in app.get("html") if "film-list" in element.proto.body)
    assert html.count("<li>") == 10


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("page", ["overview", "past_runs", "train", "film_map", "similar_films", "film_biases"])
def test_a_page_serves_it_or_says_why_and_offers_a_run_that_it_can(visit, trained, page, model):
    app = visit(page, run=trained(model))
    assert not app.exception and not app.error
    lacks = {"film_map": WITHOUT_FACTORS, "similar_films": WITHOUT_FACTORS, "film_biases": WITHOUT_BIASES}.get(page, ())
    offered = [button for button in app.button if button.key and button.key.startswith("use_")]
    offered = [button for button in offered if button.key != "use_newer"]
    if model not in lacks:
        assert not offered
        return
    assert app.info[-1].value.startswith("This model has no ") and app.info[-1].value.endswith("These runs can serve:")
    offered[0].click().run()
    assert not app.exception and not app.info and link(app, "run") == offered[0].key.removeprefix("use_")


def test_the_newest_runs_that_can_serve_come_first(visit, trained):
    first, second = trained("dot"), trained("bayes")
    app = visit("film_map", run=trained("mean"))
    offered = [button.key.removeprefix("use_") for button in app.button if (button.key or "").startswith("use_")]
    assert offered[:2] == [second, first] and len(offered) == 3  # the last: the run that is there from the beginning


def test_where_no_run_can_serve_the_default_model_is_a_press_away(app, trained):
    app.query_params["data"], app.query_params["run"] = "sample", trained("mean")
    app.switch_page("pages/film_map.py").run()
    assert app.info[-1].value.endswith("Train one that can:")
    app.button(key="train_default").click().run()
    assert not app.exception
    jobs, run = cached.jobs(), link(app, "run")
    end = time.monotonic() + 60
    while jobs.store.record(run).busy:
        assert time.monotonic() < end
        time.sleep(0.1)
    app.run()
    assert not app.exception and not app.info[0].value.startswith("This model")
