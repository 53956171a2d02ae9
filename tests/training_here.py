"""A run of a test's own, trained in the process of the test."""

import dataclasses

from collab.services.runs import RunStore
from collab.services.training_job import carry_out


def train_here(environment, planned, **watched):
    """The record of the run, which the home of `environment` holds then; what is `watched` goes on to `carry_out`."""
    store = RunStore(environment.home)
    owner, lock = store.claim()
    record = carry_out(store.create(dataclasses.replace(planned, owner=owner)), store, environment, **watched)
    lock.release()
    assert record.state == "finished" or "should_stop" in watched, record.message
    return record
