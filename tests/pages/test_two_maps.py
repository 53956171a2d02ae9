"""The Two maps page: two runs of every data set, what the link says, and what there is where no second run can serve."""

import dataclasses
import json
import shutil
import time

import pytest

from collab.models import DEFAULT_MODEL, preset_of
from collab.services.environment import Environment, read_environment
from collab.services.runs import RunStore
from collab.services.training_job import carry_out, plan
from collab.ui import cached

ML = "ml-100k"


def link(app, name):
    value = app.query_params[name]
    return value if isinstance(value, str) else value[-1]


def train(environment, data, model=DEFAULT_MODEL, holdout="random:0.2", stop_after=None, **changes):
    """The record of a run, which the home holds then, finished or stopped after so many epochs."""
    store = RunStore(environment.home)
    owner, lock = store.claim()
    settings = dataclasses.replace(preset_of(model, "fast"), **changes)
    done = []
    record = carry_out(
        store.create(plan(model, settings, data, holdout, 0, owner=owner)),
        store,
        environment,
        should_stop=lambda: len(done) == stop_after,
        on_epoch=done.append,
    )
    lock.release()
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
        return visit("two_maps", data=data, run=first.id, **what), first.id, second

    return open_page


def texts(app):
    return " ".join(each.value for each in (*app.markdown, *app.caption, *app.info, *app.warning, *app.error))


def figures(app):
    return [json.loads(element.proto.spec) for element in app.get("plotly_chart")]


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def tables(app):
    return [frame.value for frame in app.dataframe]


def films(app):
    """The last table: all films."""
    return tables(app)[-1]


def n_points(figure, name="films"):
    """Plotly may pack numbers; hover texts are one a point."""
    return sum(len(trace["hovertext"]) for trace in figure["data"] if trace.get("name") == name)


@pytest.mark.parametrize("data", ["sample", ML, "ml-latest-small"])
def test_two_seeds_of_one_model(visit_two, data):
    app, _, second = visit_two(data)
    assert link(app, "against") == second and app.selectbox(key="_pick_against").value == second
    a, b, by_count = figures(app)
    shown = films(app)
    assert n_points(a) == n_points(b) == min(1000, len(shown)) and (shown[["n_first", "n_second"]] >= 20).all(axis=None)
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
    assert bands["films"].sum() == len(shown) and by_count["data"][0]["text"] == [
        f"{kept:.1f}" for kept in bands["kept"]
    ]
    assert not app.warning and not app.error
    assert "train_another_seed" not in [button.key for button in app.button]


def test_everything_chosen_comes_from_the_link(visit_two):
    app, *_ = visit_two(
        ML, drawn_as="lines", laid=["scaled", "by ratings"], nearest_by="distance", minimum="100", film="Alien (1979)"
    )
    assert app.selectbox(key="film").value == "Alien (1979)"
    assert app.button_group(key="drawn_as").value == "lines"
    assert app.button_group(key="laid").value == ["scaled", "by ratings"]
    assert app.button_group(key="nearest_by").value == "distance"
    both, _ = figures(app)
    assert n_points(both, "A") == n_points(both, "B") == len(films(app)) and (films(app)["n_second"] >= 100).all()
    near = tables(app)[3]
    assert "Nearest to Alien" in " ".join(each.value for each in app.header).replace("\\", "")
    assert (near[["rank_first", "rank_second"]].min(axis=1) <= 10).all()
    kept = int((near[["rank_first", "rank_second"]].max(axis=1) <= 10).sum())
    alien = films(app).set_index("title").loc["Alien (1979)"]
    assert alien["kept"] == kept and f"{kept} of its 10 nearest are kept" in texts(app)


def test_no_film_chosen_on_the_map_is_the_most_rated_one_here(app, second_home):
    """The box of the map may be empty, and what a box holds goes from page to page."""
    environment = read_environment()
    home, _ = second_home("sample", environment.data_folders)
    shutil.copytree(home, environment.home, dirs_exist_ok=True)
    train(environment, "sample")
    app.query_params["data"] = "sample"
    app.switch_page("pages/map.py").run()
    assert app.selectbox(key="film").value is None
    app.toggle(key="with_bias").set_value(True).run()
    app.switch_page("pages/two_maps.py").run()
    assert not app.exception and len(figures(app)) == 3 and app.selectbox(key="film").value is not None


def test_turning_brings_the_films_together(visit_two):
    app, *_ = visit_two(ML)
    turned = films(app)["moved_percent"].mean()
    said = metrics(app)
    app.button_group(key="laid").set_value(["scaled"]).run()
    assert not app.exception and films(app)["moved_percent"].mean() > 1.3 * turned
    assert metrics(app) == said  # what turning explains, and what no turning changes
    app.button_group(key="drawn_as").set_value("overlaid").run()
    assert not app.exception and len(figures(app)) == 2


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
    assert "no other run of this data set with factors has that id" in app.warning[0].value
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
    assert "The layers of a net" in texts(app) and len(figures(app)) == 3


def test_a_film_below_the_minimum_and_too_few_films(visit_two):
    app, first, _ = visit_two(ML)
    run = cached.trained_run(first)
    rare = run.items[run.items["n_ratings"].between(1, 5)]["label"].iloc[0]
    app.selectbox(key="film").set_value(rare).run()
    assert not app.exception and "It is on neither map" in texts(app)
    app.slider(key="minimum").set_value(1).run()
    assert not app.exception and "neighbours" in texts(app)
    app, *_ = visit_two("sample", minimum="200")
    assert not app.exception and len(figures(app)) in (0, 3)
    assert len(figures(app)) == 3 or "Lower the minimum" in app.info[-1].value


def test_where_there_is_no_other_run_one_is_a_press_away(visit):
    app = visit("two_maps")
    assert any("There is no other run" in each.value for each in app.info) and "against" not in app.query_params
    (alone,) = figures(app)
    assert n_points(alone) > 0
    app.session_state["map_a_table"] = True
    app.run()
    (table,) = (each.value for each in app.dataframe if each.proto.alt == "The films of the map")
    assert len(table) == n_points(alone) and table["ratings"].is_monotonic_decreasing
    app.button(key="train_another_seed").click().run()
    assert not app.exception
    other, store = link(app, "against"), cached.jobs().store
    end = time.monotonic() + 60
    while store.record(other).busy:
        assert time.monotonic() < end
        time.sleep(0.1)
    app.run()
    assert not app.exception and len(figures(app)) == 3 and "differ in the seed alone" in texts(app)
    first, second = store.record(link(app, "run")), store.record(other)
    assert second.group == first.id and second.settings == first.settings | {"seed": 1}
    assert "train_another_seed" not in [button.key for button in app.button]


def test_an_unlike_run_leaves_the_offer_of_another_seed(visit):
    train(read_environment(), "sample", seed=1, epochs=1)
    app = visit("two_maps")
    assert "train_another_seed" in [button.key for button in app.button] and len(figures(app)) == 3


def test_a_full_queue_is_said(visit, monkeypatch):
    app = visit("two_maps")
    monkeypatch.setattr("collab.services.jobs.MAX_QUEUED", 0)
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
    monkeypatch.setattr("collab.services.jobs.Jobs._start_worker", lambda jobs: True)  # nothing ever ends
    unlike = train(read_environment(), "sample", "dot-bias", seed=1, epochs=1)
    first = train(read_environment(), "sample", "dot-bias", seed=0, epochs=2)
    app = visit("two_maps", run=first.id, against=unlike.id)
    app.button(key="train_another_seed").click().run()
    jobs, on_its_way = cached.jobs(), link(app, "against")
    assert not app.exception and jobs.queue() == [on_its_way]
    app.selectbox(key="_pick_against").set_value(unlike.id).run()
    (button,) = [each for each in app.button if each.key == "train_another_seed"]
    assert button.label == "Another seed is on its way" and link(app, "against") == unlike.id
    button.click().run()
    assert not app.exception and jobs.queue() == [on_its_way] and link(app, "against") == on_its_way
    assert "train_another_seed" not in [each.key for each in app.button]  # its progress stands there
