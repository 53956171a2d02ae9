"""Trials on one picture: their names and the room for them, which are drawn, and axes that stand still while one trains."""

import dataclasses

import pandas as pd
import pytest

from collab.models import preset_of
from collab.models.bayes import BayesSettings
from collab.models.dot import DotBiasSettings
from collab.services.plans import plan
from collab.services.runs import Progress
from collab.services.trials import Trial, View
from collab.ui.charts.curves import COLUMNS, curves_data, curves_spec, spread_out, with_labels
from collab.ui.charts.losses import VALID
from collab.ui.charts.palette import LIGHT
from collab.ui.train.trials_figure import N_OTHERS, NOW, curves_of, difference, frame_of, in_words

FAST = preset_of("dot-bias", "fast")
BASELINES = {"biases_only": {"mse": 0.88}, "global_mean": {"mse": 1.26}}


def record(settings=FAST, model="dot-bias"):
    return plan(model, settings, "sample", "random:0.2+sealed:0.1", 0)


def trial(*losses, state="finished", **changes):
    """A trial of `fast` with some changes and these held-out losses."""
    made = record(dataclasses.replace(FAST, **changes))
    valid = {"mse": losses[-1]} if state == "finished" else {}
    made = dataclasses.replace(made, state=state, valid=valid, baselines=BASELINES)
    history = pd.DataFrame({"epoch": range(1, len(losses) + 1), "valid_loss": losses})
    return Trial(Progress(made, history.astype("float64"), pd.DataFrame()))


def view(current, *others):
    everything = [each for each in (current, *others) if each is not None and each.mse is not None]
    best = min(everything, key=lambda each: each.mse, default=None)
    return View(current.progress if current else None, "", tuple(others), best, len(everything), None, 0)


@pytest.mark.parametrize(
    ("settings", "model", "expected"),
    [
        (FAST, "dot-bias", "the same"),
        (dataclasses.replace(FAST, n_factors=20), "dot-bias", "20 factors"),
        (dataclasses.replace(FAST, n_factors=20, epochs=3), "dot-bias", "20 factors, epochs 3"),
        (dataclasses.replace(FAST, n_factors=20, epochs=3, seed=4), "dot-bias", "20 factors, epochs 3, 1 more"),
        (dataclasses.replace(FAST, seed=4), "dot-bias", "seed 4"),
        (dataclasses.replace(FAST, y_range=None), "dot-bias", "rating range off"),
        (DotBiasSettings(), "dot-bias", "as in the chapter"),
        (BayesSettings(), "bayes", "Bayesian, fast"),
        (BayesSettings(n_factors=5), "bayes", "Bayesian, 5 factors"),
    ],
)
def test_a_trial_is_named_by_what_differs(settings, model, expected):
    assert difference(record(settings, model), record()) == expected


def drawn(*shown):
    """The curves of these trials, the first of them the newest, and all that is drawn of them."""
    curves = curves_of(view(*shown), LIGHT)
    return curves, with_labels(curves_data(curves, VALID), curves, frame_of(curves, BASELINES), 350)


def test_the_last_few_are_drawn_and_the_best_always():
    others = [trial(0.9, 0.85 + 0.001 * n, n_factors=10 + n) for n in range(6)]
    best = trial(0.9, 0.80, n_factors=99)
    curves, data = drawn(trial(0.9, 0.86), *others, best)
    assert [curve.run for curve in curves] == ["best: 99 factors", "12 factors", "11 factors", "10 factors", NOW]
    assert len(curves) == N_OTHERS + 1 and [curve.thick for curve in curves] == [False] * N_OTHERS + [True]
    assert data[data.thick].run.unique().tolist() == [NOW]
    assert data.groupby("run", sort=False).colour.unique().str[0].tolist() == [
        LIGHT.ink,
        *3 * [LIGHT.muted],
        LIGHT.valid,
    ]


def test_nothing_tried_yet_is_no_error():
    curves, data = drawn(None)
    assert curves == [] and data.empty and data.columns.tolist() == COLUMNS
    assert curves_spec(curves, frame_of(curves, {}), LIGHT, 350)["layer"] and "nothing was tried" in in_words(
        view(None)
    )


def test_the_chart_stands_still_while_a_trial_trains():
    """Only its data change, so that the browser redraws it in place."""
    before = trial(0.95, 0.85, n_factors=10)
    under_way = [trial(*losses, state="running") for losses in ((), (1.4,), (1.4, 0.7))]
    seen = []
    for now in under_way:
        curves = curves_of(View(now.progress, "", (before,), before, 1, None, 0), LIGHT)
        seen.append(curves_spec(curves, frame_of(curves, BASELINES), LIGHT, 350))
    assert seen[0] == seen[1] == seen[2]


def test_a_baseline_above_the_losses_is_said_and_one_among_them_drawn():
    curves, _ = drawn(trial(0.9, 0.86))
    texts = [
        layer["encoding"]["text"]["value"]
        for layer in curves_spec(curves, frame_of(curves, BASELINES), LIGHT, 350)["layer"]
        if "value" in layer["encoding"].get("text", {})
    ]
    assert set(texts) == {"biases only 0.8800", "global mean 1.2600, above the picture"}


def test_losses_that_are_no_numbers_are_left_out_and_every_name_has_its_place():
    lost = trial(float("nan"), state="diverged", n_factors=7)
    _, data = drawn(trial(0.9, 0.8301), trial(0.9, 0.8302, n_factors=10), lost)
    assert data.loss.notna().all() and "7 factors" not in set(data.run)
    names = data[data.label != ""]
    assert names.label.tolist() == ["0.8302 10 factors", "0.8301 this setting"]
    assert max(names.place) - min(names.place) > 0.005  # not on one line


def test_the_rows_are_in_the_order_of_the_trials():
    _, data = drawn(trial(0.7), trial(0.9, 0.8, n_factors=9), trial(n_factors=7, state="failed"))
    assert data[["run", "epoch", "loss"]].values.tolist() == [
        ["9 factors", 1, 0.9],
        ["9 factors", 2, 0.8],
        [NOW, 1, 0.7],
    ]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([1.0, 5.0], [1.0, 5.0]),
        ([1.0, 1.0], [0.5, 1.5]),
        ([3.0, 1.0, 1.0], [3.0, 0.5, 1.5]),
        ([2.0], [2.0]),
        ([], []),
    ],
)
def test_labels_make_room_for_each_other(places, expected):
    assert spread_out(places, 1.0) == pytest.approx(expected)
