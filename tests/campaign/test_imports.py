"""Hostile run files: a spread of all of them, imported each by a process of its own; exports of a few models and back."""

from itertools import islice

import pytest

from tests.campaign import forging, imports, isolated
from tests.campaign.hostile_files import small_that_grow
from tests.campaign.report import Clock, details

EVERY = 24  # of the hostile files one is imported here; the whole campaign imports all


@pytest.fixture(scope="module")
def files(campaign_home):
    home, run_id = campaign_home
    isolated.begin()
    return forging.read(home / "runs" / run_id)


def test_hostile_files_are_refused_with_a_reason_and_leave_nothing(files):
    figures = imports.run(files, imports.spread(imports.everything(files, {}, 0), EVERY, 3), Clock(10))
    assert figures[0].cases > 30 and not details(figures), details(figures)


def test_what_hypothesis_draws_is_refused(files):
    figures = imports.run(files, imports.drawn(files, 0, 12), Clock(10))
    assert figures[0].cases > 5 and not details(figures), details(figures)


def test_small_files_that_grow_take_little_memory(files):
    figures = imports.run(files, islice(small_that_grow(files), 2), Clock(10))
    assert figures[0].cases == 2 and not details(figures), details(figures)


def test_an_untouched_file_comes_in(files):
    sound = imports.Hostile("a sound run", files)
    figures, peaks = imports.new_figures(), []
    imports.attack(sound, figures, peaks)
    assert (
        figures["accepted"].found and peaks[0][0] > 0
    )  # it is taken for hostile here: so the harness sees what comes in


def test_exports_predict_the_same_elsewhere(tmp_path):
    figure = imports.round_trips(tmp_path / "home", tmp_path / "elsewhere", ("neighbours", "dot-bias", "deep"))
    assert figure.cases == 3 and not figure.found, figure.found
