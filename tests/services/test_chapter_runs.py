"""Which runs of the store repeat a row of the chapter, what is missing, and what a run says after each epoch."""

import dataclasses

import numpy as np
import pytest

from collab.lessons.chapter import ROWS, SEEDS, Row
from collab.lessons.chapter_summary import Curve, Untrained
from collab.models import preset_of
from collab.models.dot import DotBiasSettings
from collab.services import chapter_runs
from collab.services.chapter_runs import (
    belongs,
    curve_of,
    left_untrained,
    plan_missing,
    runs_of,
    seconds_for,
    summary_of,
    under_way,
)
from collab.services.environment import Environment
from collab.services.plans import plan
from collab.services.run_rows import split_of
from collab.services.runs import RunStore
from collab.services.training_job import carry_out

PRINTED = (1.2, 1.1, 1.0, 0.9, 0.8)
TINY = (
    Row("dot", "Dot", "dot", "dot", "fast", PRINTED, PRINTED, 0.5),
    Row("bias", "Bias", "bias", "dot-bias", "fast", PRINTED, PRINTED, 1.0),
    Row("bias-too", "The same", "again", "dot-bias", "fast", PRINTED, PRINTED, 1.0),
)
FAST = preset_of("dot-bias", "fast")


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    return Environment((), tmp_path_factory.mktemp("home"), "sqlite://")


@pytest.fixture(scope="module")
def store(environment):
    return RunStore(environment.home)


@pytest.fixture(scope="module")
def trained(store, environment):
    """The default model on the sample, once."""
    return store.load(
        carry_out(store.create(plan("dot", preset_of("dot", "fast"), "sample", "random:0.2", 0)), store, environment).id
    )


@pytest.fixture(autouse=True)
def on_the_sample(monkeypatch):
    monkeypatch.setattr(chapter_runs, "DATA", "sample")


def run(seed=0, *, settings=FAST, model="dot-bias", data="sample", holdout="random:0.2", state="finished", **more):
    """The record of a run that might belong to the second row."""
    split_seed = more.pop("split_seed", seed)
    planned = plan(model, dataclasses.replace(settings, seed=seed), data, holdout, split_seed)
    return dataclasses.replace(planned, id=f"0000000{seed}", state=state, valid={"mse": 0.9}, seconds=2.0, **more)


def test_a_run_belongs_by_model_settings_data_and_split():
    assert all(belongs(run(seed), TINY[1]) for seed in SEEDS) and belongs(run(state="running"), TINY[1])
    for other in (
        run(3),
        run(0, split_seed=1),
        run(settings=DotBiasSettings(batch_size=128)),
        run(settings=preset_of("dot", "fast"), model="dot"),
        run(holdout="random:0.2+sealed:0.1"),
        run(holdout="random:0.25"),
        run(data="ml-latest-small"),
        run(items_by="id"),
        dataclasses.replace(run(), settings={"unknown": 1}),
    ):
        assert not belongs(other, TINY[1])


def test_of_several_runs_the_newest_finished_one_counts():
    newer, older = dataclasses.replace(run(1), id="aaaaaaaa"), run(1)
    records = [run(2, state="stopped"), newer, older, run(0), run(2, state="running")]
    assert [record.id for record in runs_of(TINY[1], records)] == ["00000000", "aaaaaaaa"]
    assert [record.split_seed for record in under_way(TINY, records)] == [2]


def test_only_what_is_missing_is_planned_and_rows_of_one_model_share_their_runs():
    planned = plan_missing(TINY, [], starter="me")
    assert len(planned) == 6 and len({record.name for record in planned}) == 6
    assert planned[0].name == "chapter · dot · seed 0" and planned[0].starter == "me"
    for record in planned:
        assert record.settings["seed"] == record.split_seed and any(belongs(record, row) for row in TINY)
        assert record.items_by == "title" and record.preset == "fast"
    there = [run(0), run(2, state="queued")]
    assert [record.name for record in plan_missing(TINY[1:], there)] == ["chapter · bias · seed 1"]
    assert plan_missing(TINY[1:], [run(seed) for seed in SEEDS]) == []


def test_time_is_foretold_from_the_runs_that_are_there():
    planned = plan_missing(TINY[:2], [])
    assert seconds_for(planned, TINY[:2], []) == pytest.approx(3 * 0.5 + 3 * 1.0)
    # runs of the second row took twice what was expected, so all will
    assert seconds_for(planned[:3], TINY[:2], [run(0), run(1)]) == pytest.approx(2 * 3 * 0.5)


def test_the_real_rows_can_be_planned(monkeypatch):
    monkeypatch.undo()
    planned = plan_missing(ROWS, [])
    assert len(planned) == 21 and {record.data for record in planned} == {"ml-100k"}
    assert all(sum(belongs(record, row) for row in ROWS) in (1, 2) for record in planned)


def test_a_finished_run_gives_its_curve(store, trained):
    progress = store.progress(trained.id)
    curve = curve_of(progress)
    assert curve.seed == 0 and curve.valid == tuple(progress.history.valid_loss) and len(curve.running) == 5
    assert curve.train == tuple(progress.history.train_loss)
    assert curve.epoch_seconds == pytest.approx(trained.record.seconds / 5)
    # the running mean looks at the end of an epoch, where a model that learns is better than in its middle
    assert curve.running[0] < curve.train[0] and np.isfinite(curve.running).all()


def test_untrained_films_left_at_zero(store, environment, trained):
    found = left_untrained(trained, environment)
    split, ratings = split_of(trained, environment)
    train, valid = ratings.take(split.train), ratings.take(split.valid)
    unseen = ~np.isin(valid.item_index, train.item_index)
    assert found.n_rows == unseen.sum()
    predicted = np.where(unseen, 0.0, trained.model.predict(valid.user_index, valid.item_index))
    assert found.mse == pytest.approx(np.mean((predicted - valid.rating) ** 2), rel=1e-5)


def test_a_model_that_is_no_dot_product_has_no_such_films(store, environment, trained):
    record = carry_out(store.create(plan("mean", preset_of("mean"), "sample", "random:0.2", 0)), store, environment)
    assert left_untrained(store.load(record.id), environment) is None


@pytest.mark.parametrize(("final", "asked"), [(0.81, []), (0.70, ["00000000", "00000001", "00000002"])])
def test_untrained_films_are_looked_at_only_where_the_row_is_off(final, asked):
    seen = []

    def untrained(run_id):
        seen.append(run_id)
        return Untrained(0.79, 3)

    def curve(run_id):
        return Curve(int(run_id), PRINTED, PRINTED, (*PRINTED[:-1], final), 0.1)

    summary = summary_of(TINY[1], [run(seed) for seed in SEEDS], curve, untrained)
    assert summary.complete and seen == asked and len(summary.untrained) == len(asked)
    short = summary_of(TINY[1], [run(0)], lambda run_id: Curve(0, (1.0,), (1.0,), (1.0,), 0.1), untrained)
    assert not short.curves  # its files are damaged
