"""What a notebook calls: load a data set, split it, fit a model, load a run. `import collab` gives all of it plain names."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from collab.data.catalogue import DEFAULT
from collab.data.dataset import Dataset
from collab.data.splitting import Split, split_by
from collab.errors import SettingError
from collab.models import DEFAULT_MODEL, family_of, preset_of
from collab.models.settings import settings_from, to_dict
from collab.services.downloads import fetch_if_needed
from collab.services.environment import Environment, read_environment
from collab.services.plans import plan
from collab.services.run import Run
from collab.services.run_rows import load_encoded
from collab.services.run_zip import import_zip
from collab.services.runs import RunStore
from collab.services.training_job import train_planned
from collab.training.fit import EpochReport


@dataclass(frozen=True, eq=False, repr=False)
class SplitDataset:
    """A data set, and which of its rows train a model: `train` fits, `valid` is held out, `test` is sealed until a model is
    chosen (empty where the holdout seals none).

    Each is a frame with the columns user_id, item_id, title, rating (stars) and, if known, time (seconds since 1970); its index
    is the row number in the data set. `split` has the row numbers as arrays.
    """

    data: Dataset
    holdout: str
    seed: int
    split: Split

    @cached_property
    def train(self) -> pd.DataFrame:
        return self._frame(self.split.train)

    @cached_property
    def valid(self) -> pd.DataFrame:
        return self._frame(self.split.valid)

    @cached_property
    def test(self) -> pd.DataFrame:
        return self._frame(self.split.test)

    def __repr__(self) -> str:
        sizes = (
            f"{len(self.split.train):,} rows train, {len(self.split.valid):,} held out, {len(self.split.test):,} sealed"
        )
        return f"<{self.data.title}, {self.holdout}, seed {self.seed}: {sizes}>"

    def _frame(self, rows: np.ndarray) -> pd.DataFrame:
        found, titles = self.data.ratings.iloc[rows].copy(), self.data.items.set_index("item_id")["title"]
        found.insert(found.columns.get_loc("item_id") + 1, "title", titles.reindex(found["item_id"]).to_numpy())
        return found


def load(name: str = DEFAULT) -> Dataset:
    """A data set of the catalogue: "ml-100k", "ml-latest-small" or "sample", which is built in and synthetic.

    Its frames are `ratings`, `items` and `users`; see `collab.data.dataset.Dataset`. It is looked for in the folders of
    COLLAB_DATA and among the downloads of COLLAB_HOME, and downloaded if it is in neither. Raises SettingError for an unknown
    name, DownloadError if it cannot be downloaded, DataError if it is damaged.
    """
    environment = read_environment()
    fetch_if_needed(name, environment)
    data, _ = load_encoded(name, environment)
    # the loaded one is shared with every training of this process, and a notebook may change its own
    users = None if data.users is None else data.users.copy()
    return dataclasses.replace(data, ratings=data.ratings.copy(), items=data.items.copy(), users=users)


def split(data: Dataset, holdout: str = "random:0.2", seed: int = 0) -> SplitDataset:
    """Which rows of `data` train, as the command line's `--holdout` says it.

    "random:SHARE" holds out a share of the rows, drawn with `seed`; "fold:u1" those of an official fold of the data set;
    "rows:FILE" those whose 0-based numbers are in a file, one a line. With "+sealed:SHARE" after it, that share of all rows is
    taken out of training too, for one look at the end. Raises SettingError for any other holdout, DataError for a bad file.
    """
    if not isinstance(data, Dataset):
        raise SettingError(f"split takes the data set that load returns, not {type(data).__name__}")
    return SplitDataset(data, holdout, seed, split_by(holdout, data, seed))


def fit(
    rows: SplitDataset,
    model: str = DEFAULT_MODEL,
    preset: str | None = None,
    seed: int = 0,
    *,
    items_by: str = "title",
    on_epoch: Callable[[EpochReport], None] = lambda epoch: None,
    **settings: Any,
) -> Run:
    """Train a model on the training rows, here and on one thread, and measure it on the held-out ones.

    The same as `python -m collab train` with the same data set, holdout, seeds and settings, but the run is only in memory until
    its `save`. `model` is a name of `collab.models.MODELS`; `preset` the settings to begin with, the model's first if None, and
    `settings` are those to change, as `n_factors=30`. `items_by` merges ids that share a "title", or keeps each "id" apart.
    `on_epoch` is called after every epoch, with its number, losses (MSE, stars²) and seconds.

    Raises SettingError for an unknown model, preset or setting and for a value out of range, RunError if the loss diverges.
    """
    if not isinstance(rows, SplitDataset):
        raise SettingError("fit takes the rows that split returns: collab.fit(collab.split(data), …)")
    known, environment = family_of(model), read_environment()
    chosen = settings_from(known.settings_type, {**to_dict(preset_of(model, preset or "")), **settings, "seed": seed})
    if load_encoded(rows.data.name, environment)[0].fingerprint != rows.data.fingerprint:
        raise SettingError(
            f"these rows are not those of {rows.data.title} as it is at hand: load it again, and leave it as it is; a model is "
            "trained on the rows that split names"
        )
    planned = plan(model, chosen, rows.data.name, rows.holdout, rows.seed, preset=preset or "", items_by=items_by)
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder), durable=False)
        record = train_planned(planned, store, environment, on_epoch=on_epoch)
        return _in_memory(store, record.id, environment)


def load_run(run: str | Path) -> Run:
    """A run of the home, by its id, as the dashboard and `python -m collab runs` list it; or the run in a zip of `export-run`.

    Raises RunError for a run that does not exist, is damaged or has no weights.
    """
    environment = read_environment()
    if str(run).endswith(".zip") or Path(run).is_file():
        with tempfile.TemporaryDirectory() as folder:
            store = RunStore(Path(folder), durable=False)
            return _in_memory(store, import_zip(store, Path(run)).id, environment)
    store = RunStore(environment.home)
    return Run(store.load(str(run)), store.progress(str(run)).history, environment)


def _in_memory(store: RunStore, run_id: str, environment: Environment) -> Run:
    """A run out of a store that is about to go."""
    files = {name: file.read_bytes() for name, file in store.files_of(run_id).items() if name != "run.json"}
    return Run(store.load(run_id), store.progress(run_id).history, environment, files)
