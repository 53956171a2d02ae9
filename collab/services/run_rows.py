"""What a run's training people watched together: the item-item weights that go with a run, from its own training rows."""

from __future__ import annotations

from collab.errors import RunError
from collab.models.ease import ItemItem, item_item
from collab.services.environment import Environment
from collab.services.runs import RunStore, TrainedRun
from collab.services.sealed import split_of


def item_item_of(run: TrainedRun, store: RunStore, environment: Environment) -> ItemItem:
    """The item-item weights on the rows that `run` was trained on: held-out and sealed ones take no part.

    They are no part of the run folder: they follow from the data and the split. Raises RunError where the data set is not at
    hand as it was; picks then have the orders that do not need them.
    """
    split, ratings = split_of(run, store, environment)
    if not len(split.train):
        raise RunError(f"run {run.record.id} has no training ratings")
    return item_item(ratings.take(split.train))
