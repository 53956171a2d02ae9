"""Repeats with other seeds, and two runs compared on the rows that both held out."""

import dataclasses
import math

import numpy as np
import pytest

from collab.errors import RunError
from collab.models.dot import DotBiasSettings
from collab.services.environment import Environment
from collab.services.plans import plan
from collab.services.repeats import (
    compare_runs,
    differ_only_in_seed,
    plan_repeats,
    same_but_seed,
    spread_of,
    why_not_repeated,
    with_own_rows,
)
from collab.services.runs import RunStore
from collab.services.training_job import carry_out
from collab.training.comparison import NOT_TOLD_APART, WORSE

SETTINGS = DotBiasSettings(batch_size=512, epochs=2, n_factors=4)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    return Environment((), tmp_path_factory.mktemp("home"), "sqlite://")


@pytest.fixture(scope="module")
def store(environment):
    return RunStore(environment.home)


@pytest.fixture(scope="module")
def trained(store, environment):
    """A function that trains a run with changed settings on a split and loads it; each once."""
    runs = {}

    def train(holdout="random:0.2", split_seed=0, **changes):
        key = (holdout, split_seed, *changes.items())
        if key not in runs:
            planned = plan("dot-bias", dataclasses.replace(SETTINGS, **changes), "sample", holdout, split_seed)
            runs[key] = store.load(carry_out(store.create(planned), store, environment).id)
        return runs[key]

    return train


def test_a_model_that_draws_nothing_is_not_repeated(trained):
    record = dataclasses.replace(trained().record, model="bias", settings={"damping": 5.0, "seed": 0})
    with pytest.raises(RunError, match="bias draws nothing by chance: every repeat would give the same"):
        plan_repeats(record, [record])


def test_repeats_are_the_same_but_for_the_seed(trained):
    record = trained(seed=2).record
    repeats = plan_repeats(record, [record], starter="me")
    assert [each.settings["seed"] for each in repeats] == [0, 1, 3, 4, 5]
    assert len({each.name for each in repeats}) == 5 and repeats[0].name.endswith("· seed 0")
    for each in repeats:
        assert each.settings | {"seed": 2} == record.settings and each.group == record.id and each.starter == "me"
        assert (each.data, each.holdout, each.split_seed) == (record.data, record.holdout, record.split_seed)
    more = plan_repeats(repeats[0], [record, *repeats])  # of a repeat: the same group goes on
    assert [each.settings["seed"] for each in more] == [6, 7, 8, 9, 10] and more[0].group == record.id
    assert more[0].name.count("seed") == 1


def test_what_differs_in_the_seed_alone(trained):
    record = trained(seed=2).record

    def like(seed, **changes):
        return dataclasses.replace(record, id=f"{seed:08x}", settings=record.settings | {"seed": seed}, **changes)

    known = [
        record, like(7), like(3, state="running", valid={}), like(3), like(4, state="stopped"), like(5, split_seed=1),
        like(6, holdout="random:0.3"), like(8, fingerprint="0"), like(9, model="dot"), like(2), like(1, items_by="id"),
        like(10, holdout="rows:elsewhere", group=record.id),
    ]  # fmt: skip
    found = same_but_seed(record, known)
    assert [(each.settings["seed"], each.state) for each in found] == [
        (3, "finished"),
        (7, "finished"),
        (10, "finished"),
    ]
    assert (
        same_but_seed(record, [dataclasses.replace(like(3), settings=record.settings | {"seed": 3, "epochs": 9})]) == []
    )
    alike = {each.settings["seed"] for each in known if differ_only_in_seed(record, each)}
    assert alike == {3, 7, 10}  # none that waits, was stopped, or had other data
    assert not differ_only_in_seed(dataclasses.replace(record, state="stopped"), like(3))
    assert not differ_only_in_seed(like(4, state="stopped"), record) and not differ_only_in_seed(record, record)
    more = plan_repeats(record, known, n=3)
    assert [each.settings["seed"] for each in more] == [0, 1, 4]


def test_why_a_run_cannot_be_repeated(trained, environment):
    record = trained().record
    assert why_not_repeated(record, environment) == ""
    for changes, why in (
        ({"state": "stopped"}, "before its training was over"),
        ({"model": "bias"}, "nothing by chance"),
        ({"fingerprint": "0"}, "changed since"),
        ({"data": "ml-100k"}, "cannot be read"),
    ):
        assert why in why_not_repeated(dataclasses.replace(record, **changes), environment)


def test_a_repeat_takes_the_rows_that_the_run_has_kept(store, trained, tmp_path):
    (tmp_path / "rows").write_text("".join(f"{row}\n" for row in range(50)))
    record = trained().record
    assert with_own_rows(record, store) is record
    own = store.folder / record.id / "valid_rows.csv"
    for holdout, expected in (("rows:gone", f"rows:{own}"), ("rows:gone+sealed:0.1", f"rows:{own}+sealed:0.1")):
        assert with_own_rows(dataclasses.replace(record, holdout=holdout), store).holdout == expected


def test_spread_by_hand(trained):
    record = trained().record

    def repeat(mse, state="finished"):
        return dataclasses.replace(record, group="0123abcd", state=state, valid={"mse": mse})

    known = [record, repeat(0.8), repeat(0.9), repeat(5.0, "stopped"), repeat(5.0, "running")]
    found = spread_of("0123abcd", known)
    assert (found.n_runs, found.n_busy) == (2, 1) and found.mean == pytest.approx(0.85)
    assert found.deviation == pytest.approx(0.1 / math.sqrt(2))
    assert spread_of("", known) is None and spread_of("ffffffff", known) is None


def test_comparison_agrees_with_the_records(environment, trained):
    good, bad = trained(), trained(use_biases=False, epochs=1)
    found = compare_runs(bad, good, environment)
    assert found.difference == pytest.approx(bad.valid_mse - good.valid_mse, rel=1e-4)
    assert found.verdict == WORSE and found.n_rows == good.record.n_valid
    assert compare_runs(good, good, environment).verdict == NOT_TOLD_APART


def test_rows_of_a_file_are_compared_by_what_they_are(environment, trained, tmp_path):
    for name, rows in (("one", range(100)), ("two", range(1, 101))):
        (tmp_path / name).write_text("".join(f"{row}\n" for row in rows))
    first = trained(f"rows:{tmp_path / 'one'}")
    second = trained(f"rows:{tmp_path / 'two'}")
    assert compare_runs(first, trained(f"rows:{tmp_path / 'one'}", epochs=1), environment).n_rows == 100
    alike = dataclasses.replace(second, record=dataclasses.replace(second.record, holdout=first.record.holdout))
    for other in (second, alike):
        with pytest.raises(RunError, match="different rows"):
            compare_runs(first, other, environment)


def test_what_was_not_measured_on_the_same_rows_is_not_compared(environment, trained):
    run = trained()
    for other, why in (
        (trained(split_seed=1), "split seeds"),
        (trained("random:0.3"), "different rows"),
        (dataclasses.replace(run, record=dataclasses.replace(run.record, data="ml-100k")), "different data"),
        (dataclasses.replace(run, record=dataclasses.replace(run.record, valid={})), "no weights"),
    ):
        with pytest.raises(RunError, match=why):
            compare_runs(run, other, environment)


def test_changed_or_missing_data_is_said(environment, trained):
    run = trained()
    changed = dataclasses.replace(run, record=dataclasses.replace(run.record, fingerprint="0" * 16))
    with pytest.raises(RunError, match="ratings have changed"):
        compare_runs(changed, changed, environment)
    gone = dataclasses.replace(run, record=dataclasses.replace(run.record, data="ml-100k"))
    with pytest.raises(RunError, match="not at hand"):
        compare_runs(gone, gone, environment)
    assert np.isfinite(compare_runs(run, run, environment).low)


def test_one_repeat_and_rows_that_a_file_named(trained, store, tmp_path):
    """The run keeps the rows that it held out: the file of their numbers may go."""
    record = trained().record
    (single,) = plan_repeats(record, [record], n=1)
    assert single.settings == record.settings | {"seed": 1} and with_own_rows(record, store) is record
    rows = tmp_path / "rows.csv"
    rows.write_text("0\n1\n2\n")
    named = trained(holdout=f"rows:{rows}").record
    rows.unlink()
    kept = with_own_rows(named, store)
    assert store.load(named.id).valid_rows.tolist() == [0, 1, 2]
    assert kept.holdout == f"rows:{store.folder / named.id / 'valid_rows.csv'}"
    sealed = dataclasses.replace(named, holdout=f"{named.holdout}+sealed:0.1")
    assert with_own_rows(sealed, store).holdout == f"{kept.holdout}+sealed:0.1"
