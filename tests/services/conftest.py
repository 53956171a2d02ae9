"""What the tests of jobs share: the jobs of a server on a home of its own."""

import pytest

from collab.services import jobs as jobs_module
from collab.services.environment import Environment
from collab.services.job_kinds import all_kinds
from collab.services.jobs import Jobs
from tests.services.counting import COUNT, COUNT_ON


@pytest.fixture
def make_jobs(tmp_path, monkeypatch):
    """A function that makes Jobs with an odd worker (see odd_worker.py), or the real one, and further arguments of Jobs."""
    monkeypatch.setenv("COLLAB_HOME", str(tmp_path))
    monkeypatch.delenv("COLLAB_DATA", raising=False)
    monkeypatch.setattr(jobs_module, "LOOK_SECONDS", 0.05)
    environment, all_made = Environment((), tmp_path, "sqlite://"), []

    def make(odd=None, **how):
        made = Jobs(environment, (*all_kinds(environment), COUNT, COUNT_ON), **how)
        all_made.append(made)
        if odd is not None:
            monkeypatch.setenv("ODD_WORKER", odd)
            made.worker_module = "tests.services.odd_worker"
        return made

    yield make
    for made in all_made:
        made.close()


@pytest.fixture
def jobs(make_jobs):
    return make_jobs()
