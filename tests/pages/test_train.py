"""The Train page: settings, link, live run, figures, queue."""

import dataclasses
import json
from types import SimpleNamespace

import pyarrow as pa
import pytest

from collab.models import DEFAULT_MODEL, DEFAULT_PRESET, MODELS, preset_of
from collab.models.dot import DotBiasSettings
from collab.services import time_limit
from collab.services.plans import plan
from collab.training.metrics import METRICS
from collab.ui.frame import cached
from tests.pages.on_the_page import link, texts, wait

ENDLESS = DotBiasSettings(epochs=100, batch_size=8)


def current(app):
    return cached.runs().record(link(app, "run"))


def help_of(frame, column):
    return json.loads(frame.proto.columns)[column]["help"]


def loss_rows(app):
    """What the loss chart draws, a row a point."""
    return pa.ipc.open_stream(app.get("vega_lite_chart")[0].proto.data.data).read_all().to_pylist()


@pytest.mark.parametrize("data", ["sample", "ml-100k"])
def test_shows_the_run_of_the_link_with_its_figures(visit, data):
    app = visit("train", data=data)
    labels = [metric.label for metric in app.metric]
    assert labels[:3] == ["MSE (stars²)", "RMSE (stars)", "MAE (stars)"] and len(labels) == len(METRICS)
    record = current(app)
    assert app.metric[0].value == f"{record.valid['mse']:.4f}"
    assert "below what biases alone reach" in texts(app) and "held-out" in texts(app).lower()
    layers = next(frame.value for frame in app.dataframe if "layer" in frame.value)
    assert layers.parameters.sum() == sum(layer["n_parameters"] for layer in record.layers)
    said = next(caption.value for caption in app.caption if "byte for byte" in caption.value)
    assert record.prediction_digest in said and record.fingerprint in said and "torch" in said
    history = next(frame.value for frame in app.dataframe if "valid_loss" in frame.value)
    assert list(history.epoch) == list(range(1, 21))  # sweeps
    assert ("ynthetic" in texts(app)) == (data == "sample")


def test_the_steps_stand_in_a_table(visit_dot_bias):
    app = visit_dot_bias("train")
    app.session_state["batches_table"] = True
    app.run()
    table = next(each.value for each in app.dataframe if each.proto.alt == "Loss, learning rate and momentum by step")
    settings = current(app).settings
    assert table["step"].is_monotonic_increasing and table["epoch"].iat[-1] == settings["epochs"]
    assert table["learning_rate"].max() == pytest.approx(settings["learning_rate"], rel=0.02)  # the one-cycle peak
    peak = table["learning_rate"].idxmax()
    assert table["momentum"].iat[peak] == table["momentum"].min()
    assert table["train_loss"].iat[-1] < table["train_loss"].iat[0]


def test_where_an_epoch_is_one_step_there_is_nothing_by_batch(visit):
    """Of the default model, whose sweep solves for everybody: neither a table nor a curve, and no schedule."""
    app = visit("train")
    assert "batches_table" not in app.session_state and len(app.get("vega_lite_chart")) == 2
    kinds = {row["kind"] for row in loss_rows(app)}
    assert kinds == {"train", "valid"}
    spec = app.get("vega_lite_chart")[0].proto.spec
    assert '"global mean ' in spec and '"biases only ' in spec
    history = next(frame for frame in app.dataframe if "valid_loss" in frame.value)
    assert history.proto.alt == "Losses by sweep" and help_of(history, "train_loss").endswith("after the sweep")


def test_of_a_model_of_batches_there_is_a_curve_by_batch(visit_dot_bias):
    app = visit_dot_bias("train")
    assert {row["kind"] for row in loss_rows(app)} == {"train, by batch", "train", "valid"}
    history = next(frame for frame in app.dataframe if "valid_loss" in frame.value)
    assert history.proto.alt == "Losses by epoch" and "over the epoch’s batches" in help_of(history, "train_loss")
    assert list(history.value.epoch) == [1, 2, 3, 4, 5]


def test_start_trains_the_default_model_at_its_default_preset(visit):
    """Which is chosen where no link says otherwise, and is not in the link; the chapter's model stands first."""
    app = visit("train")
    assert app.selectbox(key="model").value == DEFAULT_MODEL and app.session_state["preset"] == DEFAULT_PRESET
    assert app.selectbox(key="model").options[0] == MODELS["dot-bias"].title
    before = link(app, "run")
    app.button(key="start").click().run()
    wait(app, lambda: not current(app).busy)
    app.run()
    assert link(app, "run") != before and "model" not in app.query_params
    assert (current(app).model, current(app).preset, current(app).state) == (DEFAULT_MODEL, DEFAULT_PRESET, "finished")
    app.selectbox(key="model").set_value("dot-bias").run()
    assert link(app, "model") == "dot-bias" and app.session_state["preset"] == DEFAULT_PRESET


def test_start_trains_what_stands_on_the_sliders(visit):
    app = visit("train", model="dot-bias")
    app.select_slider(key="set_n_factors").set_value(10)
    app.slider(key="set_epochs").set_value(2).run()
    app.button(key="start").click().run()
    assert not app.exception
    wait(app, lambda: not current(app).busy)
    app.run()
    record = current(app)
    assert record.settings["n_factors"] == 10 and record.epochs_done == 2 and record.state == "finished"
    assert link(app, "n_factors") == "10" and link(app, "epochs") == "2"


def test_presets_set_every_control_but_the_seed(visit):
    app = visit("train", model="dot-bias")
    app.number_input(key="set_seed").set_value(7).run()
    app.button_group(key="preset").set_value("chapter").run()
    assert app.session_state["set_batch_size"] == 64 and app.session_state["set_seed"] == 7
    app.select_slider(key="set_n_factors").set_value(20).run()
    assert app.session_state["preset"] is None  # no preset any more


def test_link_fills_the_controls(visit):
    app = visit(
        "train",
        model="dot-bias",
        n_factors="30",
        y_range="none",
        use_biases="false",
        share="0.1",
        learning_rate="0.0123",
    )
    assert app.session_state["set_n_factors"] == 30 and app.session_state["set_y_range"] is None
    assert app.session_state["set_use_biases"] is False and app.session_state["set_share"] == 0.1
    assert app.select_slider(key="set_learning_rate").value == 0.0123
    assert not app.error


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("n_factors", "100000", "from 1 to 512"),
        ("epochs", "0", "from 1 to 100"),
        ("epochs", "many", "a whole number from 1 to 100"),
        ("learning_rate", "7", "from 1e-05 to 1"),
        ("weight_decay", "-1", "from 0 to 2"),
        ("y_range", "5,1", "low end"),
        ("learning_rate", "inf", "1e-05 to 1"),
    ],
)
def test_link_out_of_range_is_refused_with_the_allowed_range(visit, name, value, expected):
    app = visit("train", model="dot-bias", **{name: value})
    assert len(app.error) == 1 and expected in app.error[0].value.replace("\\", "")
    default = getattr(preset_of("dot-bias", "fast"), name, 0.2)
    assert app.session_state[f"set_{name}"] == default
    app.run()
    assert not app.error and name not in app.query_params  # said once, and the link is right again


def test_range_off_and_ends(visit):
    app = visit("train", model="dot-bias")
    app.number_input(key="set_y_range_high").set_value(6.0).run()
    assert app.session_state["set_y_range"] == (0.0, 6.0)
    app.toggle(key="set_y_range_on").set_value(False).run()
    assert app.session_state["set_y_range"] is None and link(app, "y_range") == "none"
    app.toggle(key="set_y_range_on").set_value(True).run()
    assert app.session_state["set_y_range"] == (0.0, 6.0)
    app.number_input(key="set_y_range_high").set_value(-1.0).run()
    assert "low end" in app.error[0].value and app.button(key="start").disabled


def test_stop_keeps_the_weights(visit):
    app = visit("train", model="dot-bias", epochs="100", batch_size="8")
    app.button(key="start").click().run()
    wait(app, lambda: cached.runs().progress(link(app, "run")).share > 0)
    app.run()
    app.button(key="stop").click().run()
    wait(app, lambda: not current(app).busy)
    app.run()
    assert current(app).state == "stopped" and current(app).has_weights
    assert app.button(key="replay").disabled is False


def test_a_run_taken_off_the_queue_leaves_no_dead_end(visit):
    app = visit("train", model="dot-bias", epochs="100", batch_size="8")
    app.button(key="start").click().run()
    app.button(key="start").click().run()
    waiting = link(app, "run")
    assert cached.trainings().queue()[-1] == waiting and current(app).state == "queued"
    app.button(key="stop").click().run()
    assert not app.exception and not app.warning and waiting not in cached.trainings().queue()
    assert link(app, "run") != waiting


def test_somebody_else_sees_the_queue_and_cannot_stop(visit):
    app = visit("train")
    jobs = cached.trainings()
    others = jobs.submit(plan("dot-bias", ENDLESS, "sample", "random:0.2", 0, starter="somebody"))
    app.run()
    assert "somebody else’s" in texts(app)
    app.query_params["run"] = others
    app.run()
    assert app.button(key="stop").disabled
    jobs.jobs.stop(others, "somebody")


def test_diverged_run_gives_advice_and_a_next_step(visit):
    app = visit("train", model="dot-bias", y_range="none", learning_rate="1", batch_size="64")
    app.button(key="start").click().run()
    wait(app, lambda: not current(app).busy)
    app.run()
    assert current(app).state == "diverged" and "Lower the peak learning rate" in app.error[0].value
    first = link(app, "run")
    app.button(key="lower_rate").click().run()
    assert link(app, "run") != first
    wait(app, lambda: not current(app).busy)
    assert current(app).settings["learning_rate"] == pytest.approx(0.33)


def test_interrupted_run_is_shown_as_such_and_can_be_started_again(visit):
    app = visit("train")
    jobs = cached.trainings()
    run_id = jobs.submit(plan("dot-bias", ENDLESS, "sample", "random:0.2", 0, starter="somebody"))
    wait(app, lambda: not jobs.store.progress(run_id).batches.empty)
    cached.jobs().workers["training"].process.kill()
    wait(app, lambda: not jobs.store.record(run_id).busy)
    app.query_params["run"] = run_id
    app.run()
    assert "interrupted" in app.warning[0].value
    app.button(key="start_again").click().run()
    assert current(app).id != run_id and current(app).settings == jobs.store.record(run_id).settings
    app.button(key="stop").click().run()


def test_replay_starts_and_ends(visit):
    app = visit("train")
    app.button(key="replay").click().run()
    assert not app.exception and app.button(key="end_replay")
    assert not app.metric  # the figures wait for the end of the curve
    app.button(key="end_replay").click().run()
    assert app.metric and not app.exception


def test_another_model_brings_its_own_settings(visit):
    app = visit("train", model="dot-bias", n_factors="30", batch_size="8")
    app.number_input(key="set_seed").set_value(7).run()
    app.selectbox(key="model").set_value("bayes").run()
    assert not app.exception and "model" not in app.query_params  # it is the default one
    assert "n_factors" not in app.query_params and "batch_size" not in app.query_params
    assert app.session_state["preset"] == "fast" and app.slider(key="set_n_factors").value == 8
    assert app.session_state["set_seed"] == 7
    app.slider(key="set_epochs").set_value(3).run()
    app.button(key="start").click().run()
    wait(app, lambda: not current(app).busy)
    app.run()
    record = current(app)
    assert (record.model, record.state, record.epochs_done) == ("bayes", "finished", 3)
    assert "learning_rate" not in record.settings and record.split_seed == 7
    app.selectbox(key="model").set_value("dot-bias").run()
    assert not app.exception and link(app, "model") == "dot-bias" and "epochs" not in app.query_params
    assert app.select_slider(key="set_n_factors").value == 50 and app.session_state["preset"] == "fast"


def test_link_names_the_model_and_its_settings(visit):
    app = visit("train", model="bayes", n_factors="12", epochs="60")
    assert not app.error and app.session_state["preset"] == "accurate"
    assert app.slider(key="set_n_factors").value == 12 and link(app, "epochs") == "60"
    app.run()
    assert app.session_state["preset"] == "accurate" and "model" not in app.query_params


def test_another_model_than_the_one_of_the_link_can_be_chosen(visit):
    """A door of Learn names dot-bias; whoever comes through it is not held there."""
    app = visit("train", model="dot-bias")
    app.selectbox(key="model").set_value("deep").run()
    assert not app.exception and app.selectbox(key="model").value == "deep" and link(app, "model") == "deep"
    app.run()
    assert app.selectbox(key="model").value == "deep"


def test_link_with_an_unknown_model_or_share_is_refused(visit):
    app = visit("train", model="oracle", share="0.99")
    said = " ".join(each.value for each in app.warning).replace("\\", "")
    assert all(name in said for name in MODELS) and "from 0.01 to 0.9" in said
    app.run()
    assert not app.warning and not {"model", "share"} & set(app.query_params)


def test_a_list_of_layers_can_be_written_and_stands_in_the_link(visit):
    app = visit("train", model="deep", layers="40,20,10")
    assert not app.error and app.text_input(key="set_layers_text").value == "40,20,10"
    app.text_input(key="set_layers_text").set_value(" 30, 15 ").run()
    assert not app.error and app.session_state["set_layers"] == (30, 15) and link(app, "layers") == "30,15"
    assert app.text_input(key="set_layers_text").value == "30,15"
    app.button_group(key="preset").set_value("chapter").run()
    assert app.text_input(key="set_layers_text").value == "100,50" and "layers" not in app.query_params


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thick", "is not a list of whole numbers as in 100,50"),
        ("100,0", "from 1 to 2000"),
        ("1,2,3,4,5,6,7,8,9", "at most 8"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_beside_the_field(visit, text, expected):
    app = visit("train", model="deep")
    app.text_input(key="set_layers_text").set_value(text).run()
    assert len(app.error) == 1 and expected in app.error[0].value and "100,50 still stands" in app.error[0].value
    assert app.text_input(key="set_layers_text").value == text and app.session_state["set_layers"] == (100, 50)
    app.text_input(key="set_layers_text").set_value("20").run()
    assert not app.error and app.session_state["set_layers"] == (20,)


def test_a_list_in_a_link_that_cannot_be_used_is_refused(visit):
    app = visit("train", model="deep", layers="100,-1")
    assert "from 1 to 2000" in app.error[0].value and app.text_input(key="set_layers_text").value == "100,50"


def test_a_worker_that_cannot_be_started_is_said_and_what_waits_can_be_stopped(visit, monkeypatch):
    app = visit("train")

    def refuse(*_, **__):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("collab.services.jobs.subprocess", SimpleNamespace(Popen=refuse, PIPE=None))
    cached.jobs.clear()
    app.run()
    app.button(key="start").click().run()
    assert not app.exception and current(app).state == "queued"
    wait(app, lambda: cached.trainings().trouble())
    app.run()
    assert "cannot be started" in app.warning[0].value and "next try in" in app.warning[0].value
    assert "cannot be started" in words_on_bars(app)
    waiting = link(app, "run")
    app.button(key="stop").click().run()
    assert not app.exception and not app.warning and waiting not in cached.trainings().queue()


def words_on_bars(app):
    return " ".join(bar.proto.text for bar in app.get("progress"))


def test_a_training_that_takes_too_long_is_refused_with_what_would_fit(visit, monkeypatch):
    app = visit("train", epochs="100")
    monkeypatch.setattr(time_limit, "MOST_SECONDS", 0.5)
    app.button(key="start").click().run()
    assert not app.exception and "sweeps would fit" in app.warning[0].value
    assert cached.trainings().queue() == []


def test_what_waits_can_be_taken_back_at_once(visit):
    app = visit("train")
    app.session_state["_visitor"] = me = "me"
    runs = [plan("dot-bias", dataclasses.replace(ENDLESS, seed=seed), "sample", "random:0.2", 0) for seed in range(6)]
    first, *_ = cached.trainings().submit_all(me, runs)
    wait(app, lambda: cached.runs().record(first).state == "running")
    assert "5. " in texts(app)
    app.button(key="cancel_waiting").click().run()
    assert not app.exception and "cancel_waiting" not in {each.key for each in app.button}
    wait(app, lambda: len(cached.trainings().queue()) == 1)  # what trains goes on
    cached.jobs().stop(cached.trainings().queue()[0], me)
