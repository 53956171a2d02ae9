"""Measures as jobs: they find what the functions find that they call, once, and say why they cannot."""

import dataclasses

import numpy as np
import pytest

from collab.data.catalogue import load_dataset
from collab.data.dataset import encode
from collab.data.features import features_of, item_encoder_of
from collab.data.splitting import split_by
from collab.explore.left_out_items import measure
from collab.models import build_model, preset_of
from collab.models.dot import DotBiasSettings
from collab.models.settings import to_dict
from collab.services import measures
from collab.services.environment import Environment
from collab.services.job_kinds import MEASURES, all_kinds
from collab.services.job_queue import DONE, FAILED
from collab.services.jobs import Jobs
from collab.services.plans import plan
from collab.services.run_rows import split_of
from collab.services.runs import RunStore
from collab.training.range_test import n_steps_for, range_test
from tests.services.waiting import wait
from tests.training_here import train_here

HOLDOUT, SEED = "random:0.2+sealed:0.1", 3
SIDE = dataclasses.replace(preset_of("side", "fast"), epochs=1, batch_size=512, layers=(8,))


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    return Environment((), tmp_path_factory.mktemp("home"), "sqlite://")


@pytest.fixture(scope="module")
def jobs(environment, forking):
    """One for all tests, with one worker; every test asks for something else."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("collab.services.jobs.subprocess", forking)
        made = Jobs(environment, all_kinds(environment))
        yield made
        made.close()


@pytest.fixture(scope="module")
def run(environment):
    record = train_here(environment, plan("side", SIDE, "sample", HOLDOUT, SEED))
    return RunStore(environment.home).load(record.id)


@pytest.fixture(scope="module")
def left_out(jobs, run):
    """The job that has measured the run's settings on films left out."""
    return ended(jobs, ask(jobs, "films left out", {"run": run.id}))


def rates_of(model, settings, **changes):
    request = {"model": model, "settings": to_dict(settings), "data": "sample", "holdout": HOLDOUT, "split_seed": SEED}
    return request | changes


def ask(jobs, kind, request, person="ann"):
    return jobs.submit(kind, request, owner=person, session=person)


def ended(jobs, job):
    wait(lambda: not jobs.queue.job(job.id).busy)
    return jobs.queue.job(job.id)


def same(first, second):
    """Whether two dataclasses hold the same, to the last bit."""
    first, second = vars(first), vars(second)
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    ("model", "settings"), [("dot-bias", DotBiasSettings(n_factors=4, batch_size=64)), ("side", SIDE)]
)
def test_the_range_test_is_that_of_the_function(jobs, model, settings):
    job = ended(jobs, ask(jobs, "range test", rates_of(model, settings)))
    assert job.state == DONE, job.message
    dataset = load_dataset("sample")
    ratings = encode(dataset)
    features = features_of(dataset, ratings) if model == "side" else None
    sizes = ratings.n_users, ratings.n_items
    untrained = build_model(model, settings, *sizes, ratings.rating_scale, features)
    n_steps = n_steps_for(settings.batch_size, getattr(settings, "n_factors", 1), sum(sizes))
    train = ratings.take(split_by(HOLDOUT, dataset, SEED).train)
    expected, found = range_test(untrained, train, n_steps), measures.tested_rates(job)
    assert same(found, expected) and len(found.rates) > 10
    assert type(found.suggested) is type(expected.suggested)


def test_films_left_out_are_measured_as_by_the_function(jobs, run, left_out, environment):
    """On what is neither sealed nor of another split."""
    assert left_out.state == DONE, left_out.message
    found = measures.items_left_out(jobs, left_out)
    split, ratings = split_of(run, environment)
    features = features_of(load_dataset("sample"), ratings)
    seen = ratings.take(np.sort(np.concatenate([split.train, split.valid])))
    expected = measure(seen, features, len(item_encoder_of(run.items).genres), SIDE)
    assert list(found.squared) == list(expected.squared)
    assert all(np.array_equal(found.squared[name], expected.squared[name]) for name in expected.squared)
    assert same(dataclasses.replace(found, squared={}), dataclasses.replace(expected, squared={}))
    assert found.off_by == expected.off_by and type(found.train_mean) is float


def test_what_is_done_is_not_computed_again_and_one_worker_does_all(jobs, left_out):
    worker = jobs.workers[MEASURES.name].process
    assert ask(jobs, "films left out", left_out.request, "bob") == left_out
    request = rates_of("dot-bias", DotBiasSettings(n_factors=3))
    first = ask(jobs, "range test", request)
    assert ask(jobs, "range test", dict(reversed(request.items())), "bob").id == first.id
    done = ended(jobs, first)
    assert ask(jobs, "range test", request, "cid") == done == jobs.known("range test", request)
    assert jobs.known("range test", request | {"split_seed": 4}) is None
    assert jobs.queue.in_lane(MEASURES.name) == [] and jobs.workers[MEASURES.name].process is worker


@pytest.mark.parametrize(
    ("kind", "request_", "why"),
    [
        ("range test", rates_of("dot-bias", DotBiasSettings(), data="ml-100k"), "MovieLens 100K was not found"),
        ("range test", rates_of("dot-bias", DotBiasSettings(), holdout="half"), "half"),
        ("range test", rates_of("dot-bias", DotBiasSettings()) | {"settings": {"layers": 3}}, "layers"),
        ("films left out", {"run": "01234567"}, "there is no run 01234567"),
    ],
)
def test_what_cannot_be_measured_is_said(jobs, kind, request_, why):
    job = ended(jobs, ask(jobs, kind, request_))
    assert job.state == FAILED and why in job.message and "broke off" not in job.message
    assert ask(jobs, kind, request_).id != job.id  # and can be tried again


def test_a_damaged_result_is_said_and_measured_again(jobs, left_out):
    file = jobs.queue.folder / left_out.id / measures.FILE
    whole, found = file.read_bytes(), measures.items_left_out(jobs, left_out)
    for content in (b"", whole[:100], whole[:-1], whole.replace(b"train_mean", b"train_meal"), b"\x93NUMPY", b"[1, 2]"):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=f"{measures.FILE} of measurement {left_out.id} cannot be read"):
            measures.items_left_out(jobs, left_out)
    file.unlink()
    with pytest.raises(ValueError, match="cannot be read"):
        measures.items_left_out(jobs, left_out)
    again = ended(jobs, jobs.submit("films left out", left_out.request, owner="ann", again=True))
    assert np.array_equal(measures.items_left_out(jobs, again).predicted_means, found.predicted_means)
    assert jobs.known("films left out", left_out.request).id == again.id
