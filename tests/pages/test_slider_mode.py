"""Slider mode of the Train page: trials, their count, keep, the one look at sealed ratings; and none of it on other pages."""

import dataclasses
import json

import pytest

from collab.models import DEFAULT_MODEL, DEFAULT_PRESET, MODELS, build_model, preset_of
from collab.models.dot import DotBiasSettings
from collab.services.plans import plan
from collab.services.trials import Rows
from collab.ui.frame import cached
from collab.ui.train.slider_mode import QUICK_SECONDS, SEALED_SHARE, expected_seconds, holdout_of
from tests.pages.on_the_page import link, metrics, texts, wait

QUICK = {"model": "dot-bias", "sliders": "true", "epochs": "1", "batch_size": "512", "n_factors": "5"}
ROWS = Rows("sample", "title", "random:0.2+sealed:0.1", 0)


def current(app):
    """The run that the page shows outside of slider mode."""
    return cached.runs().record(link(app, "run"))


def view(app, rows=ROWS):
    return app.session_state["_train_trials"].look(rows)


def tried(app, n_tried, rows=ROWS):
    """Wait until the newest setting was trained, as the `n_tried`th one."""
    wait(app, lambda: view(app, rows).n_tried == n_tried and not view(app, rows).current.record.busy)
    app.run()
    assert not app.exception
    return view(app, rows)


def test_a_cold_link_with_the_switch_on_trains_at_once(visit):
    app = visit("train", **QUICK)
    assert app.toggle(key="sliders").value is True
    seen = tried(app, 1)
    assert seen.current.record.settings["n_factors"] == 5
    mse = f"{seen.current.record.valid['mse']:.4f}"
    assert metrics(app) == {"This setting": mse, "Best so far": mse, "To quote": "–"}
    assert "**1 setting tried** on the same 11,364 held-out ratings" in texts(app)
    assert seen.current.record.n_sealed == 5682


def test_without_a_model_in_the_link_the_default_one_is_trained(visit):
    app = visit("train", sliders="true")
    seen = tried(app, 1)
    record = seen.current.record
    assert (record.model, record.preset) == (DEFAULT_MODEL, DEFAULT_PRESET) and "model" not in app.query_params
    assert metrics(app)["This setting"] == f"{record.valid['mse']:.4f}"
    (spec,) = (json.loads(each.proto.spec) for each in app.get("vega_lite_chart"))
    assert spec["layer"][1]["encoding"]["x"]["title"] == "sweep"
    app.slider(key="set_n_factors").set_value(3).run()
    assert tried(app, 2).current.record.settings["n_factors"] == 3


def test_every_change_of_a_control_is_trained_and_counted_once(visit):
    app = visit("train", **QUICK)
    first = tried(app, 1).current.record
    app.select_slider(key="set_n_factors").set_value(7).run()
    second = tried(app, 2)
    assert second.current.record.settings["n_factors"] == 7 and second.others[0].record.id == first.id
    app.selectbox(key="model").set_value("bayes").run()
    app.slider(key="set_epochs").set_value(2).run()  # the newest wins: whatever became of the one before
    wait(app, lambda: not view(app).current.record.busy)
    app.run()
    assert view(app).current.record.model == "bayes" and view(app).current.record.settings["epochs"] == 2
    n_tried = view(app).n_tried
    app.selectbox(key="model").set_value("dot-bias").run()
    for key, value in (("n_factors", 5), ("batch_size", 512)):
        app.select_slider(key=f"set_{key}").set_value(value)
    app.slider(key="set_epochs").set_value(1).run()
    assert view(app).current.record.id == first.id and view(app).n_tried == n_tried  # shown again, not trained again


def test_the_seed_of_the_model_stays_on_the_same_rows(visit):
    app = visit("train", **QUICK)
    tried(app, 1)
    app.number_input(key="set_seed").set_value(9).run()
    assert tried(app, 2).current.record.split_seed == 0


def test_switched_off_the_page_shows_the_run_and_on_again_the_trials(visit):
    app = visit("train", **QUICK)
    trial = tried(app, 1).current.record
    app.toggle(key="sliders").set_value(False).run()
    assert app.metric[0].label == "MSE (stars²)" and "sliders" not in app.query_params
    app.toggle(key="sliders").set_value(True).run()
    assert view(app).current.record.id == trial.id and "This setting" in metrics(app)


def test_start_trains_an_ordinary_run_and_shows_it(visit):
    app = visit("train", **QUICK)
    tried(app, 1)
    app.button(key="start").click().run()
    wait(app, lambda: not current(app).busy)
    app.run()
    assert not app.toggle(key="sliders").value
    assert (current(app).holdout, current(app).n_sealed, current(app).n_tried) == ("random:0.2", 0, 0)


def test_keep_makes_it_the_run_of_every_page(visit):
    app = visit("train", **QUICK)
    before = [record.id for record in cached.runs().records()]
    tried(app, 1)
    app.select_slider(key="set_n_factors").set_value(7).run()
    trial = tried(app, 2).current.record
    assert [record.id for record in cached.runs().records()] == before  # trials are nobody's runs
    app.button(key="keep_trial").click().run()
    assert not app.exception and app.button(key="keep_trial").disabled
    assert (current(app).valid, current(app).n_tried, current(app).sealed) == (trial.valid, 2, {})
    app.toggle(key="sliders").set_value(False).run()
    assert "2 settings had been tried" in texts(app)
    app.button(key="check_sealed").click().run()
    assert not app.exception and "To quote: MSE" in texts(app)
    assert f"{current(app).sealed['model']['mse']:.4f}" in texts(app)
    app.switch_page("pages/runs.py").run()
    assert not app.exception


def test_one_look_at_the_sealed_ratings_and_what_follows(visit):
    app = visit("train", **QUICK)
    tried(app, 1)
    app.select_slider(key="set_n_factors").set_value(7).run()
    seen = tried(app, 2)
    chosen = seen.current.record
    if seen.best.record.id != chosen.id:
        app.radio(key="checked_trial").set_value(chosen.id).run()
    app.button(key="look_at_sealed").click().run()
    assert not app.exception and "look_at_sealed" not in [button.key for button in app.button]
    sealed = view(app).checked.record.sealed
    assert view(app).checked.record.id == chosen.id and view(app).n_since == 0
    assert metrics(app)["To quote"] == f"{sealed['model']['mse']:.4f}"
    for name in ("model", "biases_only", "global_mean"):
        assert f"{sealed[name]['mse']:.4f}" in texts(app)
    app.select_slider(key="set_n_factors").set_value(10).run()
    tried(app, 3)
    assert "1 setting tried since: for them these ratings are no longer unseen" in texts(app)
    assert metrics(app)["To quote"] == f"{sealed['model']['mse']:.4f}"
    app.button(key="fresh_rows").click().run()
    fresh = ROWS._replace(split_seed=1)
    assert link(app, "split") == "1" and tried(app, 1, fresh).checked is None
    assert metrics(app)["To quote"] == "–"


def test_slow_settings_wait_and_say_why(visit):
    app = visit("train", model="dot-bias", sliders="true", epochs="100", batch_size="8")
    assert view(app).current is None and "so they wait for you" in texts(app)
    app.button(key="try_anyway").click().run()
    assert not app.exception and view(app).current.record.busy
    app.slider(key="set_epochs").set_value(99).run()
    assert not view(app).current.record.busy or view(app).current.record.settings["epochs"] == 100
    app.button(key="quick_again").click().run()
    seen = tried(app, 1)  # the long one was dropped
    assert seen.current.record.preset == "fast" and "so they wait" not in texts(app)


def test_contradicting_settings_are_not_trained(visit):
    app = visit("train", **QUICK)
    tried(app, 1)
    app.number_input(key="set_y_range_high").set_value(-1.0).run()
    assert "low end" in app.error[0].value and not app.exception
    assert view(app).n_tried == 1 and not view(app).current.record.busy


def test_a_dead_worker_is_said_and_tried_again(visit):
    app = visit("train", model="dot-bias", sliders="true", epochs="100", batch_size="8")
    app.button(key="try_anyway").click().run()
    wait(app, lambda: view(app).current.batches.size > 0)
    cached.jobs().workers["trials"].process.kill()
    wait(app, lambda: not view(app).current.record.busy)
    app.run()
    assert "has died" in app.error[0].value and "Traceback" not in texts(app)
    app.button(key="try_again").click().run()
    assert not app.exception and view(app).current.record.busy
    app.toggle(key="sliders").set_value(False).run()
    wait(app, lambda: not cached.jobs().queue.in_lane("trials"))


def test_a_diverged_setting_gives_advice(visit):
    app = visit(
        "train", model="dot-bias", sliders="true", y_range="none", learning_rate="1", batch_size="64", epochs="1"
    )
    tried(app, 1)
    assert "Lower the peak learning rate" in app.warning[0].value
    assert metrics(app)["This setting"] == "–" and app.button(key="keep_trial").disabled


@pytest.mark.parametrize("text", ["-1", "many", "1" * 12])
def test_a_wrong_split_in_the_link_is_refused(visit, text):
    app = visit("train", split=text, **QUICK)
    assert len(app.warning) == 1 and "from 0 to 999999999" in app.warning[0].value
    assert view(app).current.record.split_seed == 0
    app.run()
    assert not app.warning and "split" not in app.query_params


def test_somebody_elses_long_run_does_not_block(visit):
    app = visit("train", model="dot-bias")
    run_id = cached.trainings().submit(
        plan("dot-bias", DotBiasSettings(epochs=100, batch_size=8), "sample", "random:0.2", 0, starter="somebody")
    )
    for name, value in (("batch_size", 512), ("n_factors", 5)):
        app.select_slider(key=f"set_{name}").set_value(value)
    app.slider(key="set_epochs").set_value(1)
    app.toggle(key="sliders").set_value(True).run()
    tried(app, 1)
    assert cached.trainings().queue() == [run_id]
    cached.jobs().stop(run_id, "somebody")


def test_the_range_test_sees_the_training_rows_of_the_trials(visit):
    app = visit("train", **QUICK)
    tried(app, 1)
    app.button(key="test_rate").click().run()
    assert not app.exception and "Testing learning rates" in " ".join(bar.proto.text for bar in app.get("progress"))
    assert app.session_state["_train_rate_test"][-2:] == (ROWS.holdout, ROWS.split_seed)


# --- without a page --------------------------------------------------------------------------------------------------------


def test_the_default_preset_of_every_family_is_quick_enough_on_movielens_100k():
    seconds = {
        (name, preset): family.seconds(settings, 70_000, 2609)
        for name, family in MODELS.items()
        for preset, settings in family.presets.items()
    }
    assert all(seconds[name, DEFAULT_PRESET] <= QUICK_SECONDS for name in MODELS)
    long = (("dot-bias-plain", "chapter"), ("bayes-sampled", "best"), ("net", "chapter"), ("side", "small"))
    assert all(seconds[each] > QUICK_SECONDS for each in long)


NETS = ({"epochs": 50}, {"batch_size": 32}, {"user_size": 200}, {"item_size": 200})


@pytest.mark.parametrize(
    "model, changes",
    [
        ("dot-bias", ({"epochs": 50}, {"n_factors": 200}, {"batch_size": 64})),
        ("dot-bias-plain", ({"epochs": 50}, {"n_factors": 200}, {"batch_size": 64})),
        ("ordinal", ({"epochs": 50}, {"n_factors": 200}, {"batch_size": 64})),
        ("bayes", ({"epochs": 50}, {"n_factors": 20})),
        ("bayes-sampled", ({"epochs": 500}, {"n_factors": 20})),
        ("net", (*NETS, {"n_hidden": 500})),
        ("deep", (*NETS, {"layers": (100, 50, 20)}, {"dropout": 0.2}, {"embedding_dropout": 0.1})),
        ("side", (*NETS, {"layers": (200, 50)}, {"dropout": 0.2})),
        ("neighbours", ()),
    ],
)
def test_the_estimate_grows_with_the_work(model, changes):
    seconds, settings = MODELS[model].seconds, MODELS[model].presets[DEFAULT_PRESET]
    base = seconds(settings, 70_000, 2609)
    assert all(seconds(dataclasses.replace(settings, **each), 70_000, 2609) > base for each in changes)
    assert seconds(settings, 700_000, 2609) > base and seconds(settings, 70_000, 20_000) > base


def test_estimates_of_different_models_keep_their_order():
    """With the same factors and batches autograd takes longer than by hand; and what a net takes in, it has to work through."""
    by_hand, by_autograd = (
        MODELS[name].seconds(preset_of(name), 70_000, 2609) for name in ("dot-bias", "dot-bias-plain")
    )
    assert by_autograd > 2 * by_hand
    side, deep = preset_of("side"), preset_of("deep")
    blind = MODELS["side"].seconds(dataclasses.replace(side, side_information=False), 70_000, 2609)
    assert MODELS["side"].seconds(side, 70_000, 2609) > blind == MODELS["deep"].seconds(deep, 70_000, 2609)


@pytest.mark.parametrize("name", [name for name in MODELS if name != "mean"])  # which has no tables
def test_a_run_of_any_model_tells_how_large_its_tables_are(name):
    layers = [dataclasses.asdict(layer) for layer in build_model(name, preset_of(name), 7, 11).layers()]
    known = dataclasses.replace(plan(name, preset_of(name), "sample", "random:0.2", 0), layers=layers, n_train=1000)
    family = dataclasses.replace(MODELS[name], seconds=lambda settings, n_train, n_rows: (n_train, n_rows))
    assert expected_seconds(family, None, 0.2, known) == (700, 18)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.85, 0.9])
def test_every_share_leaves_rows_to_train(share):
    held_out, sealed = (float(part.split(":")[1]) for part in holdout_of(share).split("+"))
    assert held_out == share and 0.01 <= sealed <= SEALED_SHARE and held_out + sealed < 0.96
