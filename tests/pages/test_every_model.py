"""Every kind of model on every page: trained from the Train page, rated with, and where a page cannot serve it, the way on."""

import dataclasses
import shutil
import time

import pytest

from collab.models import MODELS, preset_of
from collab.services.environment import Environment, read_environment
from collab.services.plans import plan
from collab.services.runs import RunStore
from collab.ui.frame import cached
from tests.families import without
from tests.pages.in_the_picks import picked
from tests.pages.on_the_page import link
from tests.training_here import train_here

AS_IF_NEW = "As if it were new"  # the view of Similar
LACKS = {
    "map": without("factors"),
    "similar": without("factors"),
    "biases": without("biases"),
    AS_IF_NEW: without("descriptions"),
}


def quick(model):
    """Settings of a training that is soon over."""
    settings = preset_of(model, "fast")
    changes = {"epochs": 2, "n_factors": 4, "batch_size": 512}
    return dataclasses.replace(settings, **{key: value for key, value in changes.items() if hasattr(settings, key)})


def train(model, environment):
    """The id of a finished run."""
    return train_here(environment, plan(model, quick(model), "sample", "random:0.2", 0)).id


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A home with a run of every model, in their order, and the ids by model."""
    environment = Environment((), tmp_path_factory.mktemp("every-model"), "sqlite://")
    return environment.home, {model: train(model, environment) for model in MODELS}


@pytest.fixture
def open_with_all(app, trained):
    """A function that opens a page on the run of a model, every other run being there too; and again on another's."""
    home, runs = trained
    shutil.copytree(home, read_environment().home, dirs_exist_ok=True)

    def open_page(page, model):
        app.query_params["data"], app.query_params["run"] = "sample", runs[model]
        if page == AS_IF_NEW:
            app.query_params["similar_view"], page = page, "similar"
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception and not app.error, model
        return app

    return open_page


def offered(app):
    """The runs that a page offers instead of the one that it cannot serve."""
    keys = [button.key for button in app.button if (button.key or "").startswith("use_")]
    return [key.removeprefix("use_") for key in keys if key != "use_newer"]


def wait_until_ended(run_id):
    end = time.monotonic() + 60
    while cached.runs().record(run_id).busy:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_every_model_is_trained_from_the_page(visit):
    """One after the other, also from a range that is off to models that cannot be without or have none."""
    app = visit("train", model="dot-bias", y_range="none")
    for model in MODELS:
        before = link(app, "run")
        app.selectbox(key="model").set_value(model).run()
        assert not app.exception and not app.error
        assert app.session_state["preset"] == "fast" or model == "dot-bias"
        assert MODELS[model].about in [caption.value for caption in app.caption]
        for name, value in dataclasses.asdict(quick(model)).items():
            app.session_state[f"set_{name}"] = value
        app.run()
        app.button(key="start").click().run()
        assert not app.exception and link(app, "run") != before
        wait_until_ended(link(app, "run"))
        app.run()
        store = cached.runs()
        record = store.record(link(app, "run"))
        assert not app.exception and not app.error and (record.model, record.state) == (model, "finished")
        layers = next(frame.value for frame in app.dataframe if "layer" in frame.value)
        weights = store.load(record.id).model.weights()
        learned = {name: table for name, table in weights.items() if not name.startswith("known_")}
        assert layers.parameters.sum() == sum(table.size for table in learned.values())


def test_a_word_comes_from_the_link_and_goes_there(visit):
    app = visit("train", model="neighbours", of="films", similarity="pearson")
    assert not app.error and app.button_group(key="set_of").value == "films" and link(app, "of") == "films"
    app.button_group(key="set_similarity").set_value("cosine").run()
    assert "similarity" not in app.query_params and app.session_state["preset"] == "films"


def test_a_word_that_is_no_choice_is_refused(visit):
    app = visit("train", model="neighbours", of="directors")
    assert "is not users or films" in app.error[0].value and app.session_state["set_of"] == "users"


def test_picks_follow_the_answers_with_every_model(open_with_all):
    for model in MODELS:
        app = open_with_all("rate", model)
        if model == next(iter(MODELS)):
            stars = [each for each in app.feedback if each.key.startswith("stars-")]
            stars[0].set_value(4).run()
        assert not app.exception and not app.error
        _, html = picked(app)
        assert html.count("<li ") == 10 and "in 8 of 10 cases from" in html
        app.button(key="what_if_begin").click().run()
        app.button(key="what_if_unrated").click().run()
        assert not app.exception and picked(app)[1].count('class="move"') >= 10
        app.button(key="what_if_back").click().run()
        assert picked(app)[1] == html


@pytest.mark.parametrize("page", LACKS)
def test_a_page_serves_a_model_or_says_why_and_offers_runs_that_it_can(open_with_all, page, trained):
    home, _ = trained
    able = [record.id for record in RunStore(home).records() if record.model not in LACKS[page]]  # newest first
    for model in MODELS:
        app = open_with_all(page, model)
        if model not in LACKS[page]:
            assert not offered(app)
            continue
        assert app.info[-1].value.startswith("This model has no ")
        assert app.info[-1].value.endswith("These runs can serve:")
        assert offered(app) == able[:4]
    newest = offered(open_with_all(page, "mean"))[0]
    app.button(key=f"use_{newest}").click().run()
    assert not app.exception and link(app, "run") == newest and not offered(app)


@pytest.mark.parametrize("page", ["overview", "runs"])
def test_the_other_pages_show_all_of_them(open_with_all, page):
    """Train shows them in the test that trains them."""
    for model in ("mean", "neighbours", "dot-bias-plain"):
        open_with_all(page, model)


def test_where_no_run_can_serve_the_default_model_is_a_press_away(app):
    app.query_params["data"], app.query_params["run"] = "sample", train("mean", read_environment())
    app.switch_page("pages/map.py").run()
    assert app.info[-1].value.endswith("Train one that can:")
    app.button(key="train_default").click().run()
    assert not app.exception
    wait_until_ended(link(app, "run"))
    app.run()
    assert not app.exception and not any(each.value.startswith("This model") for each in app.info)
