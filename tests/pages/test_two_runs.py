"""Two runs on the page Map: of every data set, what the link says, and what there is where no second run can serve."""

import dataclasses
import json
import shutil
import time
from urllib.parse import parse_qs

import pytest

from collab.models import DEFAULT_MODEL, preset_of
from collab.services.environment import Environment, read_environment
from collab.services.plans import plan
from collab.services.runs import RunStore
from collab.ui.frame import cached
from collab.ui.map.figure import POINTS
from tests.pages.on_the_page import link, metrics, numbers, texts
from tests.training_here import train_here

ML = "ml-100k"


def train(environment, data, model=DEFAULT_MODEL, holdout="random:0.2", stop_after=None, **changes):
    """The record of a run, which the home holds then, finished or stopped after so many epochs."""
    settings = dataclasses.replace(preset_of(model, "fast"), **changes)
    done = []
    planned = plan(model, settings, data, holdout, 0)
    record = train_here(environment, planned, should_stop=lambda: len(done) == stop_after, on_epoch=done.append)
    assert record.state == ("stopped" if stop_after else "finished"), record.message
    return record


@pytest.fixture(scope="module")
def second_home(tmp_path_factory):
    """A function from a data set and its folders to a home with one more run of the default model, of seed 1, and its id."""
    homes = {}

    def prepare(data, folders):
        if data not in homes:
            environment = Environment(folders, tmp_path_factory.mktemp(f"second-{data}"), "sqlite://")
            homes[data] = environment.home, train(environment, data, seed=1).id
        return homes[data]

    return prepare


@pytest.fixture
def visit_two(visit, second_home, trained_home):
    """A function that opens the page on the default run of a data set, one of another seed being there too; gives its id."""

    def open_page(data="sample", **what):
        environment = read_environment()
        home, second = second_home(data, environment.data_folders)
        shutil.copytree(home, environment.home, dirs_exist_ok=True)
        (first,) = RunStore(trained_home(data, environment.data_folders)).records()
        return visit("map", map_view="Two runs", data=data, run=first.id, **what), first.id, second

    return open_page


def pictures(app):
    """What the components of the pictures were given."""
    return [json.loads(each.proto.json) for each in app.get("bidi_component") if "plot3d" in each.proto.component_name]


def figures(app):
    return [json.loads(each["figure"]) for each in pictures(app)]


def tables(app):
    return [frame.value for frame in app.dataframe]


def films(app):
    """The last table: all films."""
    return tables(app)[-1]


def drawn(figure, name=None):
    """item_index of the films drawn as points, or of those of one trace."""
    traces = [each for each in figure["data"] if (each.get("name") == name if name else each.get("meta") == POINTS)]
    return [index for trace in traces for index in numbers(trace["customdata"])]


@pytest.mark.parametrize("data", ["sample", ML, "ml-latest-small"])
def test_two_seeds_of_one_model(visit_two, data):
    app, _, second = visit_two(data)
    assert link(app, "against") == second and app.selectbox(key="_pick_against").value == second
    a, b = figures(app)
    shown = films(app)
    assert len(drawn(a)) == min(1000, len(shown)) and drawn(a) == drawn(b)
    assert (shown[["n_first", "n_second"]] >= 20).all(axis=None)
    assert "moved" in [trace["name"] for trace in a["data"]]
    assert [each["layout"]["xaxis"]["title"]["text"][-12:] for each in (a, b)] == ["A’s variance", "B’s variance"]
    assert a["layout"]["xaxis"]["range"] == b["layout"]["xaxis"]["range"]  # places can be compared
    assert a["layout"]["yaxis"]["range"] == b["layout"]["yaxis"]["range"]
    assert ("synthetic ratings" in json.dumps(a["layout"])) == (data == "sample")
    figures_said = metrics(app)
    assert 0 < int(figures_said["Not explained by turning"].removesuffix(" %")) < 95
    assert 0 < float(figures_said["Neighbours kept of 10"]) < 10
    assert figures_said["Films compared"] == f"{len(shown):,}"
    assert "These two differ in the seed alone" in texts(app) and "Seed 0 and 1" in texts(app)
    most, least, bands = tables(app)[:3]
    assert most["moved_percent"].is_monotonic_decreasing and least["moved_percent"].is_monotonic_increasing
    assert most["moved_percent"].iloc[-1] >= least["moved_percent"].iloc[-1]
    kept = (bands["kept"] * bands["films"]).sum() / len(shown)
    assert bands["films"].sum() == len(shown) and f"{kept:.1f}" == figures_said["Neighbours kept of 10"]
    assert not app.warning and not app.error
    assert "train_another_seed" not in [button.key for button in app.button]


def test_everything_chosen_comes_from_the_link(visit_two):
    app, first, second = visit_two(
        ML, moved_colour="genre", nearest_by="distance", minimum="100", shown="150", film="Alien (1979)"
    )
    assert app.selectbox(key="film").value == "Alien (1979)" and app.selectbox(key="moved_colour").value == "genre"
    assert app.button_group(key="nearest_by").value == "distance"
    assert (films(app)["n_second"] >= 100).all() and "The 150 most rated are drawn." in texts(app)
    items = cached.trained_run(first).items
    alien = items.index[items["title"] == "Alien (1979)"].tolist()
    for figure in figures(app):
        assert len(drawn(figure)) == 150 and drawn(figure, "chosen") == alien
        assert "Drama" in [trace["name"] for trace in figure["data"]]
    kept = films(app).set_index("title").loc["Alien (1979)", "kept"]
    assert f"{kept} of its 10 nearest are kept" in texts(app)
    link = next(each.proto for each in app.get("page_link") if each.proto.page == "similar")
    said = parse_qs(link.query_string)
    assert said["similar_view"] == ["Two runs"] and said["against"] == [second] and said["film"] == ["Alien (1979)"]


def test_every_point_says_how_far_its_film_moved(visit_two):
    app, *_ = visit_two()
    for picture in pictures(app):
        words = json.loads(picture["words"])
        (moved,) = [part["values"] for part in words["parts"] if part.get("before") == "moved "]
        table = films(app).set_index("title")
        assert len(moved) == len(table)
        assert moved == [round(each) for each in table.loc[words["parts"][0]["values"], "moved_percent"]]


def test_the_view_is_left_and_entered_with_the_film_chosen(visit_two):
    app, *_ = visit_two(ML, film="Alien (1979)", colour="year")
    app.button_group(key="map_view").set_value("One run").run()
    (alone,) = figures(app)
    assert not app.exception and "scene" in alone["layout"] and len(drawn(alone, "chosen")) == 1
    assert "moved" not in app.selectbox(key="colour").options
    app.button_group(key="map_view").set_value("Two runs").run()
    assert not app.exception and len(figures(app)) == 2 and app.selectbox(key="film").value == "Alien (1979)"


def test_the_two_runs_change_places(visit_two):
    """The run of B becomes the one of the sidebar: B falls back to another, and the figures stay as they were."""
    app, first, second = visit_two(ML)
    said = metrics(app)
    app.sidebar.selectbox[1].set_value(second).run()
    assert not app.exception and not app.warning
    assert (link(app, "run"), link(app, "against")) == (second, first) and metrics(app) == said


def test_a_run_with_itself_is_not_compared(visit_two):
    environment = read_environment()
    first = train(environment, "sample", seed=2)
    app, own, second = visit_two(against=first.id)
    assert link(app, "against") == first.id
    app.query_params["against"] = own
    app.run()
    assert not app.exception and link(app, "against") in (first.id, second)


@pytest.mark.parametrize("against", ["nonsense", "01234567", "<b>*x*"])
def test_an_unknown_run_to_compare_with_is_said(visit_two, against):
    app, _, second = visit_two(against=against)
    said = app.warning[0].value
    assert "no other run of this data set with factors has that id" in said or "it takes a run’s id" in said
    assert link(app, "against") == second
    app.run()
    assert not app.warning


def test_runs_of_other_data_or_without_factors_are_not_offered(visit_two):
    environment = read_environment()
    plain, other = train(environment, "sample", "bias"), train(environment, ML, epochs=1, n_factors=4)
    narrow = train(environment, "sample", "dot", n_factors=3, epochs=1)
    app, _, second = visit_two()
    offered = app.selectbox(key="_pick_against")
    assert len(offered.options) == 2 and link(app, "against") == second
    offered.set_value(narrow.id).run()  # another width, another model
    assert not app.exception and link(app, "against") == narrow.id
    assert "Model bayes and dot" in texts(app) and "differ in the seed alone" not in texts(app)
    for run in (plain, other):
        app.query_params["against"] = run.id
        app.run()
        assert not app.exception and "has that id" in app.warning[0].value


def test_a_net_is_compared_with_its_own_reservation(visit_two):
    net = train(read_environment(), "sample", "net", epochs=1)
    app, *_ = visit_two(against=net.id)
    assert "The layers of a net" in texts(app) and len(figures(app)) == 2


def test_a_film_below_the_minimum_and_too_few_films(visit_two):
    app, first, _ = visit_two(ML)
    run = cached.trained_run(first)
    rare = run.items[run.items["n_ratings"].between(1, 5)]["label"].iloc[0]
    app.selectbox(key="film").set_value(rare).run()
    assert not app.exception and "It is on neither map" in texts(app)
    app.slider(key="minimum").set_value(1).run()
    assert not app.exception and "of its 10 nearest are kept" in texts(app)
    app, *_ = visit_two("sample", minimum="200")
    assert not app.exception and len(figures(app)) in (0, 2)
    assert len(figures(app)) == 2 or "Lower the minimum" in app.info[-1].value


def test_where_there_is_no_other_run_one_is_a_press_away(visit):
    app = visit("map", map_view="Two runs")
    assert any("There is no other run" in each.value for each in app.info) and "against" not in app.query_params
    assert not figures(app) and "cannot be compared" in texts(app)
    app.button(key="train_another_seed").click().run()
    assert not app.exception
    other, store = link(app, "against"), cached.runs()
    end = time.monotonic() + 60
    while store.record(other).busy:
        assert time.monotonic() < end
        time.sleep(0.1)
    app.run()
    assert not app.exception and len(figures(app)) == 2 and "differ in the seed alone" in texts(app)
    first, second = store.record(link(app, "run")), store.record(other)
    assert second.group == first.id and second.settings == first.settings | {"seed": 1}
    assert "train_another_seed" not in [button.key for button in app.button]


def test_an_unlike_run_leaves_the_offer_of_another_seed(visit):
    train(read_environment(), "sample", seed=1, epochs=1)
    app = visit("map", map_view="Two runs")
    assert "train_another_seed" in [button.key for button in app.button] and len(figures(app)) == 2


def test_a_full_queue_is_said(visit, monkeypatch):
    app = visit("map", map_view="Two runs")
    monkeypatch.setattr("collab.services.trainings.MAX_QUEUED", 0)
    app.button(key="train_another_seed").click().run()
    assert not app.exception and any(each.value.startswith("Nothing is queued") for each in app.warning)


def test_a_run_that_was_stopped_is_no_other_seed_in_full(visit_two):
    """It comes after a finished one of another seed, and what differs is not put down to chance."""
    environment = read_environment()
    stopped = train(environment, "sample", seed=2, stop_after=2)
    app, own, second = visit_two()
    assert "differ in the seed alone" in texts(app) and link(app, "against") == second
    app.selectbox(key="_pick_against").set_value(stopped.id).run()
    assert not app.exception and "differ in the seed alone" not in texts(app)
    assert f"**B was stopped early, after {stopped.epochs_done} of 20 sweeps**" in texts(app)
    assert "train_another_seed" in [button.key for button in app.button]
    app.sidebar.selectbox[1].set_value(stopped.id).run()
    app.selectbox(key="_pick_against").set_value(own).run()
    assert not app.exception and "**A was stopped early" in texts(app)
    assert "differs from A in the seed alone: it ended before its training was over" in texts(app)
    assert "train_another_seed" not in [button.key for button in app.button]


def test_runs_of_a_changed_data_set_differ_in_more_than_the_seed(visit_two):
    environment = read_environment()
    app, first, second = visit_two()
    store = RunStore(environment.home)
    store.write_record(dataclasses.replace(store.record(first), fingerprint="0" * 16))
    cached.trained_run.clear()
    app.run()
    assert not app.exception and link(app, "against") == second and "differ in the seed alone:" not in texts(app)
    assert "trained on different states of the data set" in texts(app) and "its data set has changed since" in texts(
        app
    )
    assert "train_another_seed" not in [button.key for button in app.button]


def test_another_seed_that_is_on_its_way_is_not_queued_again(visit, monkeypatch):
    monkeypatch.setattr("collab.services.jobs.LaneWorker._start", lambda worker: False)  # nothing ever ends
    unlike = train(read_environment(), "sample", "dot-bias", seed=1, epochs=1)
    first = train(read_environment(), "sample", "dot-bias", seed=0, epochs=2)
    app = visit("map", map_view="Two runs", run=first.id, against=unlike.id)
    app.button(key="train_another_seed").click().run()
    jobs, on_its_way = cached.trainings(), link(app, "against")
    assert not app.exception and jobs.queue() == [on_its_way]
    app.selectbox(key="_pick_against").set_value(unlike.id).run()
    (button,) = [each for each in app.button if each.key == "train_another_seed"]
    assert button.label == "Another seed is on its way" and link(app, "against") == unlike.id
    button.click().run()
    assert not app.exception and jobs.queue() == [on_its_way] and link(app, "against") == on_its_way
    assert "train_another_seed" not in [each.key for each in app.button]  # its progress stands there
