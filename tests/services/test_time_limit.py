"""How long a planned run would take, and the refusal of one that takes too long."""

import dataclasses
import re

import pytest

from collab.errors import RunError
from collab.models import MODELS, preset_of
from collab.models.dot import DotBiasSettings
from collab.services import time_limit
from collab.services.environment import Environment
from collab.services.plans import plan
from collab.services.run_rows import load_encoded
from collab.services.time_limit import about, check_time, seconds_of


@pytest.fixture
def here(tmp_path):
    return Environment((), tmp_path, "sqlite://")


def test_the_estimate_is_that_of_the_rows_that_train(here):
    _, ratings = load_encoded("sample", here)
    settings = preset_of("dot-bias", "chapter")
    for holdout, share in (("random:0.2", 0.2), ("random:0.2+sealed:0.1", 0.3), ("rows:nowhere.csv", 0.0)):
        record = plan("dot-bias", settings, "sample", holdout, 0)
        n_rows = ratings.n_users + ratings.n_items
        assert seconds_of(record, here) == MODELS["dot-bias"].seconds(
            settings, round(len(ratings) * (1 - share)), n_rows
        )


def test_nothing_is_refused_where_the_data_cannot_be_read(here, monkeypatch):
    monkeypatch.setattr(time_limit, "MOST_SECONDS", 0.0)
    record = plan("dot-bias", preset_of("dot-bias"), "ml-100k", "random:0.2", 0)
    assert check_time(record, here) == 0.0
    strange = plan("dot-bias", preset_of("dot-bias"), "sample", "random:much", 0)
    assert check_time(strange, here) == 0.0


@pytest.mark.parametrize("name", [name for name, family in MODELS.items() if hasattr(family.presets["fast"], "epochs")])
def test_a_refusal_names_what_is_accepted(name, here, monkeypatch):
    settings = dataclasses.replace(preset_of(name, "fast"), epochs=100)
    record = plan(name, settings, "sample", "random:0.2", 0)
    monkeypatch.setattr(time_limit, "MOST_SECONDS", seconds_of(record, here) / 9)
    with pytest.raises(RunError, match="is allowed here: ") as refused:
        check_time(record, here)
    n_epochs = int(re.search(r"allowed here: (\d+) ", str(refused.value))[1])
    assert n_epochs == 11
    check_time(plan(name, dataclasses.replace(settings, epochs=n_epochs), "sample", "random:0.2", 0), here)
    with pytest.raises(RunError):
        check_time(plan(name, dataclasses.replace(settings, epochs=n_epochs + 1), "sample", "random:0.2", 0), here)


def test_a_refusal_says_how_long_it_would_take(here, monkeypatch):
    record = plan("dot-bias", DotBiasSettings(), "sample", "random:0.2", 0)
    monkeypatch.setattr(time_limit, "seconds_of", lambda *_: 3 * 3600.0)
    with pytest.raises(
        RunError, match="would take about 3 hours; at most one hour is allowed here: 5 epochs would fit"
    ):
        check_time(record, here)


def test_long_times_in_words():
    assert [about(minutes * 60) for minutes in (61, 119, 180, 6_000_000)] == [
        "about 61 minutes", "about 119 minutes", "about 3 hours", "about 100,000 hours",
    ]  # fmt: skip
    assert about(3600, exact=True) == "one hour"
