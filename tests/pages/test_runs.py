"""The page Runs: table, search, one run's actions, several compared; and the rate finder of the Train page."""

import dataclasses
import json
import time

import pytest

from collab.models.dot import DotBiasSettings
from collab.services.jobs import LaneWorker
from collab.services.plans import plan
from collab.ui.frame import cached
from collab.ui.frame.run_words import alike_in_words
from tests.pages.on_the_page import texts
from tests.pages.seen import in_markdown

SETTINGS = DotBiasSettings(batch_size=512, epochs=2, n_factors=4)


def wait(app, condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)
    app.run()
    assert not app.exception


def alts(app):
    return [each.proto.alt for each in app.dataframe]


def table(app):
    return next(frame.value for frame in app.dataframe if "created" in frame.value)


ME = "me"


@pytest.fixture
def app(app):
    """The app in a browser of somebody who is known."""
    app.session_state["_visitor"] = ME
    return app


def train(app, name, split_seed=0, starter=ME):
    """A second run, trained by the worker of the app."""
    jobs = cached.trainings()
    run_id = jobs.submit(plan("dot-bias", SETTINGS, "sample", "random:0.2", split_seed, name=name, starter=starter))
    wait(app, lambda: not jobs.store.record(run_id).busy)
    return run_id


def first_run():
    return cached.runs().records()[-1].id


def pick(app, *run_ids):
    app.query_params["pick"] = ",".join(run_ids)
    app.run()
    assert not app.exception


def test_one_run_is_ticked_and_renamed(visit):
    app = visit("runs")
    run_id = train(app, "mine")
    pick(app, run_id)
    app.text_input(key=f"name-{run_id}").set_value("My *best*").run()
    app.button(key="save_name").click().run()
    assert not app.exception and table(app).name.iloc[0] == "My *best*"
    assert cached.runs().record(run_id).name == "My *best*"


def test_search_and_newest_first(visit):
    app = visit("runs")
    train(app, "another one")
    assert table(app).name.iloc[0] == "another one" and len(table(app)) == 2
    app.text_input(key="find_run").set_value("ANOTHER factors").run()
    assert table(app).name.tolist() == ["another one"]
    app.text_input(key="find_run").set_value("nothing of the kind").run()
    assert not app.exception and "No run has all these words" in texts(app)


def test_delete_undo_and_bring_back(visit):
    app = visit("runs")
    run_id, store = train(app, "unwanted"), cached.runs()
    for way in ("undo", "bring_back"):
        pick(app, run_id)
        app.button(key="delete_runs").click().run()
        assert not app.exception and "unwanted" not in table(app).name.tolist() and len(store.deleted()) == 1
        app.button(key=way).click().run()
        assert not app.exception and "unwanted" in table(app).name.tolist() and store.deleted() == []
        app.query_params.pop("pick", None)


def test_two_runs_on_the_same_rows_are_compared(visit_dot_bias):
    app = visit_dot_bias("runs")
    pick(app, train(app, "small"), first_run())
    assert "A is worse than B" in texts(app) and "95 % interval" in texts(app)
    differing = next(frame.value for frame in app.dataframe if "Setting" in frame.value)
    assert {"Factors", "Epochs", "Batch size"} <= set(differing.Setting) and "Seed" not in set(differing.Setting)
    app.session_state["curves_table"] = True
    app.run()
    curves = next(each.value for each in app.dataframe if each.proto.alt == "Losses by run and epoch")
    for letter, name in (("A", "small"), ("B", cached.runs().record(first_run()).name)):
        (record,) = (each for each in cached.runs().records() if each.name == name)
        shown = curves[curves["run"] == letter]
        assert set(shown["name"]) == {name} and shown["epoch"].tolist() == list(range(1, record.epochs_done + 1))
        assert shown["held out (MSE)"].iat[-1] == pytest.approx(record.valid["mse"], abs=6e-5)


def test_words_are_those_of_the_models_beside_each_other(visit):
    """The default model sweeps, another has epochs."""
    app = visit("runs")
    app.session_state["curves_table"] = True
    pick(app, first_run())
    assert "Both have one figure for each sweep." in texts(app) and "Losses by run and sweep" in alts(app)
    pick(app, train(app, "small"), first_run())
    assert "Both have one figure for each epoch or sweep." in texts(app)
    assert "A is worse than B" in texts(app) and "Losses by run and epoch or sweep" in alts(app)
    (spec,) = (json.loads(each.proto.spec) for each in app.get("vega_lite_chart"))
    assert {
        layer["encoding"]["x"]["title"] for layer in spec["layer"] if "title" in layer["encoding"].get("x", {})
    } == {"epoch or sweep"}


def test_runs_trained_alike_predict_the_same(visit):
    app = visit("runs")
    first, second = train(app, "one"), train(app, "the same")
    pick(app, first, second)
    assert "and so are the predictions, byte for byte" in texts(app)
    records = [cached.runs().record(each) for each in (first, second)]
    elsewhere = dataclasses.replace(
        records[1], prediction_digest="0" * 16, environment=records[1].environment | {"torch": "1", "threads": "2"}
    )
    assert alike_in_words([records[0], elsewhere]).endswith(
        "not quite: trained with another version of torch and another number of threads."
    )
    assert alike_in_words([records[0], dataclasses.replace(elsewhere, fingerprint="")]).endswith("fingerprints differ.")
    assert (
        alike_in_words([records[0], dataclasses.replace(elsewhere, prediction_digest="")])
        == "All settings are the same."
    )


def test_runs_on_other_rows_are_not(visit):
    app = visit("runs")
    pick(app, train(app, "elsewhere", split_seed=3), first_run())
    assert "split seeds (3 and 0)" in in_markdown(texts(app)).text and "95 %" not in texts(app)


def test_repeat_with_five_seeds(visit, monkeypatch):
    app = visit("runs")
    run_id, store = train(app, "origin"), cached.runs()
    pick(app, run_id)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(LaneWorker, "_start", lambda worker: False)  # the first is not trained yet
        app.button(key="repeat").click().run()
        assert not app.exception and "5 repeats are queued" in texts(app) and "5 still to come" in texts(app)
        assert len(cached.trainings().queue()) == 5
    wait(app, lambda: sum(each.group == run_id and not each.busy for each in store.records()) == 5)
    assert "5 repeats of origin: MSE" in texts(app)
    app.button(key="tick_repeats").click().run()
    assert not app.exception and len(next(f.value for f in app.dataframe if "rmse" in f.value)) == 5


@pytest.mark.parametrize("starter", ["you", ""])
def test_what_somebody_else_has_started_is_left_to_them(visit, starter):
    app = visit("runs")
    run_id = train(app, "theirs", starter=starter)
    pick(app, run_id)
    assert app.button(key="delete_runs").disabled and "Somebody else" in app.button(key="delete_runs").help
    app.text_input(key=f"name-{run_id}").set_value("mine")
    app.button(key="save_name").click().run()  # a browser may send what the page does not offer
    assert not app.exception and "Somebody else has started this run" in texts(app)
    assert cached.runs().record(run_id).name == "theirs"
    cached.runs().delete(run_id)
    app.run()
    assert not app.exception and not [each for each in app.selectbox if each.key == "deleted_run"]


def test_a_damaged_run_is_listed_deleted_and_named_where_it_was_asked_for(visit):
    app = visit("runs")
    run_id, store = train(app, "damaged"), cached.runs()
    (store.folder / run_id / "run.json").write_text("[]")
    app.query_params["run"] = run_id
    app.run()
    assert not app.exception and "damaged" not in table(app).name.tolist()
    assert f"Run {run_id} is damaged" in texts(app).replace("\\", "") and "What you see is" in texts(app)
    assert app.query_params["run"] != [run_id]
    app.button(key=f"delete_damaged_{run_id}").click().run()
    assert not app.exception and store.damaged() == [] and (store.trash / run_id).is_dir()
    app.button(key="undo").click().run()
    assert not app.exception and [each.id for each in store.damaged()] == [run_id]


def test_rate_finder_takes_its_rate_over(visit):
    app = visit("train", model="dot-bias")
    app.button(key="test_rate").click().run()
    jobs = cached.jobs()
    wait(app, lambda: jobs.queue.in_lane("measures") == [])
    assert "Suggested" in texts(app)
    before = app.session_state["set_learning_rate"]
    app.button(key="use_rate").click().run()
    assert not app.exception and app.session_state["set_learning_rate"] != before
    assert app.button(key="use_rate").disabled
