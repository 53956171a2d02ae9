"""The chart of slider mode: how trials are named, which are drawn, and axes that stand still while one trains."""

import dataclasses
import itertools

import pandas as pd
import pytest

from collab.models import BayesSettings, DotBiasSettings, preset_of
from collab.services.runs import Progress
from collab.services.training_job import plan
from collab.services.trials import Trial, View
from collab.ui.theme import LIGHT
from collab.ui.trials_chart import (
    BEST,
    N_OTHERS,
    NAME,
    NOW,
    OTHER,
    curves_of,
    difference,
    frame_of,
    in_words,
    trials_data,
    trials_spec,
)

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


def test_the_last_few_are_drawn_and_the_best_always():
    others = [trial(0.9, 0.85 + 0.001 * n, n_factors=10 + n) for n in range(6)]
    best = trial(0.9, 0.80, n_factors=99)
    curves = curves_of(view(trial(0.9, 0.86), *others, best))
    assert len(curves) == N_OTHERS + 1 and curves[-1].kind == NOW
    assert [curve.kind for curve in curves].count(BEST) == 1 and curves[0].name == "best: 99 factors"
    assert [curve.name for curve in curves[1:-1]] == ["12 factors", "11 factors", "10 factors"]
    assert set(trials_data(curves, frame_of(curves, BASELINES)).kind) == {NOW, BEST, OTHER}


def test_nothing_tried_yet_is_no_error():
    curves = curves_of(view(None))
    frame = frame_of(curves, {})
    assert curves == [] and trials_data(curves, frame).empty
    assert trials_spec(curves, frame, LIGHT)["height"] > 0 and "nothing was tried" in in_words(view(None))


def test_the_chart_stands_still_while_a_trial_trains():
    """Only its data change, so that the browser redraws it in place."""
    before = trial(0.95, 0.85, n_factors=10)
    under_way = [trial(*losses, state="running") for losses in ((), (1.4,), (1.4, 0.7))]
    seen = []
    for now in under_way:
        curves = curves_of(View(now.progress, "", (before,), before, 1, None, 0))
        seen.append(trials_spec(curves, frame_of(curves, BASELINES), LIGHT))
    assert seen[0] == seen[1] == seen[2]


def test_losses_that_are_no_numbers_are_left_out_and_every_name_has_its_place():
    lost = trial(float("nan"), state="diverged", n_factors=7)
    curves = curves_of(view(trial(0.9, 0.8301), trial(0.9, 0.8302, n_factors=10), lost))
    data = trials_data(curves, frame_of(curves, BASELINES))
    assert data.loss.notna().all()
    names = data[data.role == NAME]
    assert list(names.name) == ["0.8302 10 factors", "0.8301 this setting", "0.8800 biases only"]
    assert min(b - a for a, b in itertools.pairwise(sorted(names.place))) > 0.005  # no two on one line
