"""The rows of a run: its data set, its split, and the item-item weights of its training rows."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from collab.data.catalogue import Signature, entry_of, find, load_dataset, signature
from collab.data.dataset import Dataset, encode
from collab.data.ratings import Ratings
from collab.data.splitting import Split, seal, sealed_share, split_by, split_rows
from collab.errors import CollabError, RunError
from collab.models.ease import ItemWeights, train_item_weights
from collab.services.environment import Environment
from collab.services.run_files import TrainedRun
from collab.services.run_record import RunRecord


def item_weights_of(run: TrainedRun, environment: Environment) -> ItemWeights:
    """The item-item weights of the rows that `run` was trained on, without the held-out and sealed ones.

    They are not stored in the run folder, because they follow from the data and the split. Raises RunError if the data set is
    missing or has changed, or no row trains; picks then have the orders that do not need the weights.
    """
    split, ratings = split_of(run, environment)
    if not len(split.train):
        raise RunError(f"run {run.record.id} has no training ratings")
    return train_item_weights(ratings.take(split.train))


def data_of(record: RunRecord, environment: Environment) -> tuple[Dataset, Ratings]:
    """The data set that a run was trained on, and its rows as indices. Raises RunError if it is missing or has changed."""
    try:
        dataset, ratings = load_encoded(record.data, environment, record.items_by)
    except CollabError as reason:
        raise RunError(f"the data set {record.data_title} is not at hand: {reason}") from reason
    if dataset.fingerprint != record.fingerprint:
        raise RunError(
            f"the data set {record.data_title} is not the one that run {record.id} was trained on; its ratings have changed"
        )
    return dataset, ratings


def split_of(run: TrainedRun, environment: Environment) -> tuple[Split, Ratings]:
    """The split that a run was trained on, and all ratings. Raises RunError if the data set is missing or has changed."""
    record = run.record
    dataset, ratings = data_of(record, environment)
    damaged = RunError(f"run {record.id} does not fit the data set {record.data_title}; it may be damaged")
    if run.valid_rows is not None:  # the file that named them may be gone or changed; the run has its own list
        if run.valid_rows.max() >= len(ratings):
            raise damaged
        share = sealed_share(record.holdout)[1]
        split = split_rows(len(ratings), run.valid_rows)
        split = seal(split, share, record.split_seed, drawn=False) if share else split
    else:
        try:
            split = split_by(record.holdout, dataset, record.split_seed)
        except CollabError as reason:  # the file of a fold is read only now
            raise RunError(f"the split of run {record.id} cannot be made again: {reason}") from reason
    sizes = (record.n_valid, record.n_sealed, ratings.n_users, ratings.n_items)
    if (len(split.valid), len(split.test), len(run.users), len(run.items)) != sizes:
        raise damaged
    return split, ratings


@lru_cache(maxsize=3)
def _encoded(name: str, place: Path | None, _signature: Signature, items_by: str) -> tuple[Dataset, Ratings]:
    """A data set and its rows as indices; cached until its files change, so that a warm worker starts at once."""
    dataset = load_dataset(name, (place,) if place else ())
    return dataset, encode(dataset, items_by)


def load_encoded(name: str, environment: Environment, items_by: str = "title") -> tuple[Dataset, Ratings]:
    """A data set of the catalogue, and its ratings with ids encoded as row numbers.

    Raises SettingError for an unknown name, DataError if the data set is missing, damaged or not the published one.
    """
    place = find(name, environment.places)
    if place is None and not entry_of(name).synthetic:
        load_dataset(name, environment.places)  # raises, and says where it looked
    return _encoded(name, place, signature(name, place) if place else (), items_by)
