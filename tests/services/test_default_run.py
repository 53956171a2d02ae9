"""The house's run: what a visitor without a link sees does not follow what others train."""

import dataclasses

import pytest

from collab.errors import RunError, StorageError
from collab.models import DEFAULT_MODEL, preset_of
from collab.models.dot import DotBiasSettings
from collab.services.default_run import PIN, default_run, pin, unpin
from collab.services.environment import Environment
from collab.services.plans import default_plan, plan
from collab.services.runs import RunStore
from collab.services.training_job import carry_out


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path)


@pytest.fixture
def train(store):
    """A function that trains a plan and returns its record."""
    return lambda planned: carry_out(store.create(planned), store, Environment((), store.home, "sqlite://"))


def small(**changes):
    return dataclasses.replace(
        plan("dot-bias", DotBiasSettings(batch_size=512, epochs=1, n_factors=2), "sample", "random:0.2", 0), **changes
    )


def test_it_is_the_first_to_arrive_with_the_default_settings(store, train):
    assert default_run("sample", store).record is None
    train(small())
    assert default_run("sample", store).record is None  # somebody's own training is nobody else's first look
    default = train(default_plan("sample"))
    train(default_plan("sample"))
    train(small())
    assert default_run("sample", store).record == default and default.model == DEFAULT_MODEL
    assert default_run("ml-100k", store).record is None


@pytest.mark.parametrize("change", [{"split_seed": 1}, {"holdout": "random:0.3"}, {"items_by": "id"}, {"seed": 1}])
def test_another_split_or_seed_is_not_it(store, train, change):
    settings = dataclasses.replace(preset_of(DEFAULT_MODEL, "fast"), seed=change.pop("seed", 0))
    train(dataclasses.replace(plan(DEFAULT_MODEL, settings, "sample", "random:0.2", 0), **change))
    assert default_run("sample", store).record is None


def test_one_that_is_on_its_way_is_waited_for_unless_there_is_one(store, train):
    busy = store.create(default_plan("sample"))
    assert default_run("sample", store).record == busy
    default = train(default_plan("sample"))
    assert default_run("sample", store).record == default


def test_a_pinned_run_comes_first(store, train):
    default, other = train(default_plan("sample")), train(small())
    assert pin(other.id, store) == other
    assert default_run("sample", store).record == other and default_run("sample", store).why_not_pinned == ""
    assert default_run("sample", RunStore(store.home)).record == other  # it is kept
    unpin(store)
    unpin(store)
    assert default_run("sample", store).record == default


def test_a_pin_that_cannot_be_shown_is_passed_over_and_said(store, train):
    default, other = train(default_plan("sample")), train(small())
    pin(other.id, store)
    assert "another data set" in default_run("ml-100k", store).why_not_pinned
    (store.folder / other.id / "weights.safetensors").write_bytes(b"x")
    store._checked.clear()
    found = default_run("sample", store)
    assert found.record == default and "weights.safetensors is not what was written" in found.why_not_pinned
    store.delete(other.id)
    assert "was deleted" in default_run("sample", store).why_not_pinned
    for text in ("", "[]", "null", "{}", '{"run": 5}', '{"run": "../x"}', "[" * 100_000):
        (store.home / PIN).write_text(text)
        assert default_run("sample", store).record == default
        assert "does not name a run" in default_run("sample", store).why_not_pinned
    (store.home / PIN).unlink()
    (store.home / PIN).mkdir()
    assert "cannot be read" in default_run("sample", store).why_not_pinned


def test_only_what_can_be_shown_is_pinned(store):
    busy = store.create(small())
    for run_id in (busy.id, "01234567", "../runs"):
        with pytest.raises(RunError):
            pin(run_id, store)
    assert not (store.home / PIN).exists()


def test_a_pin_that_cannot_be_written_is_said(store, train):
    record = train(small())
    (store.home / PIN).mkdir()
    with pytest.raises(StorageError, match="could not be pinned"):
        pin(record.id, store)
