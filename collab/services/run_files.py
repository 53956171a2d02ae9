"""The files of a run besides its record: read, and checked against the record and the model's settings."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import safetensors
import safetensors.numpy

from collab.data.ratings import UNKNOWN
from collab.errors import CollabError, RunError
from collab.models import build_model, family_of, weight_shapes
from collab.models.contract import Model
from collab.models.settings import settings_from
from collab.services.run_record import MOST_ROWS, LayerRecord, RunRecord

PIECE = 1 << 20
LONGEST_TEXT = 1000
LARGEST_LOSS = 1e15  # at any point of a curve; the final error is at most LARGEST_ERROR
LARGEST_WEIGHT = 1e9  # a model whose loss can be recorded has none that is larger
LARGEST_HEADER = 1_000_000  # bytes of the header of a file of weights
HISTORY = ("epoch", "train_loss", "valid_loss", "seconds")
VALID_ROWS = "valid_rows.csv"
ROW_NUMBERS = re.compile(rb"([0-9]{1,12}\n)+")
BATCHES = ("step", "epoch", "train_loss", "learning_rate", "momentum", "seconds")
ITEM_TYPES = {
    "label": "str",
    "title": "str",
    "year": "Int64",
    "genres": "str",
    "n_ratings": "int64",
    "mean_rating": "float64",
    "damped_mean": "float64",
}
USER_TYPES = {"user_id": "str", "n_ratings": "int64", "mean_rating": "float64", "damped_mean": "float64"}


@dataclass(frozen=True)
class TrainedRun:
    """A run with its model; `items` and `users` have one row per row of the model's tables.

    `valid_rows` are the held-out row numbers, int64, where a file named them; None where the holdout says which they are.
    """

    record: RunRecord
    model: Model
    items: pd.DataFrame
    users: pd.DataFrame
    valid_rows: np.ndarray | None = None

    @property
    def id(self) -> str:
        return self.record.id

    @cached_property
    def valid_mse(self) -> float:
        return self.record.valid["mse"]


@dataclass(frozen=True)
class Tables:
    """The contents of a run's files besides its histories."""

    items: pd.DataFrame
    users: pd.DataFrame
    weights: dict[str, np.ndarray]


def read_run(folder: Path, record: RunRecord) -> TrainedRun:
    """Read the run whose files are in `folder`. Raises RunError, naming the file, if one does not fit `record`."""
    _check_histories(folder, record)
    tables = read_tables(folder, record)
    settings = settings_from(family_of(record.model).settings_type, record.settings)
    try:
        model = build_model(record.model, settings, len(tables.users), len(tables.items), record.scale)
        model.load(tables.weights)
    except (ValueError, KeyError, TypeError, RuntimeError, AttributeError, IndexError) as reason:
        raise _damaged("weights.safetensors", str(reason)) from reason
    if describe_layers(model) != record.layers:
        raise _damaged("run.json", "its layers are not those of the model")
    valid_rows = _read_valid_rows(folder, record.n_valid) if record.holdout.startswith("rows:") else None
    return TrainedRun(record, model, tables.items, tables.users, valid_rows)


def describe_layers(model: Model) -> list[LayerRecord]:
    """The layers of a model in the form of its record."""
    return [
        {
            "name": layer.name,
            "kind": layer.kind,
            "shape": list(layer.shape),
            "table": layer.table,
            "n_parameters": layer.n_parameters,
        }
        for layer in model.layers()
    ]


def check_files(folder: Path, record: RunRecord) -> None:
    """Raise RunError if a file of the run in `folder`, with or without weights, does not fit `record`."""
    rows = folder / VALID_ROWS
    if rows.exists() and not ROW_NUMBERS.fullmatch(rows.read_bytes()):
        raise _damaged(VALID_ROWS, "it is not one row number a line")
    if record.has_weights and record.model != "neighbours":  # computing its similarities could take any length of time
        read_run(folder, record)
        return
    _check_histories(folder, record)
    if record.has_weights:
        read_tables(folder, record)


def _read_valid_rows(folder: Path, n_valid: int) -> np.ndarray:
    try:
        content = (folder / VALID_ROWS).read_bytes()
    except OSError as reason:
        raise _damaged(VALID_ROWS, str(reason)) from reason
    if content.count(b"\n") != n_valid or not ROW_NUMBERS.fullmatch(content):
        raise _damaged(VALID_ROWS, f"it is not {n_valid:,} row numbers, one a line")
    return np.fromstring(content, dtype=np.int64, sep="\n")


def read_tables(folder: Path, record: RunRecord) -> Tables:
    """Read the tables and weights in `folder`. Raises RunError, naming the file, if one does not fit `record`."""
    items, users = (
        _read_table(folder, name, types, record)
        for name, types in (("items.csv", ITEM_TYPES), ("users.csv", USER_TYPES))
    )
    weights = _read_weights(folder / "weights.safetensors", record, len(users), len(items))
    return Tables(items, users, weights)


def _check_histories(folder: Path, record: RunRecord) -> None:
    found = {}
    for file, columns in (("history.csv", HISTORY), ("batches.csv", BATCHES)):
        try:
            found[file] = read_lines(folder / file, columns)
        except ValueError as reason:
            raise _damaged(file, str(reason)) from reason
    if not record.has_weights:
        return
    history, batches = found.values()
    # the histories of an interrupted run may be ahead of its weights, or behind them
    wanted = len(history) if record.state == "interrupted" else record.epochs_done
    if not np.array_equal(history.epoch, np.arange(1, wanted + 1)):
        raise _damaged("history.csv", f"its epochs are not those from 1 to {wanted}")
    for file, table in found.items():
        numbers = table.drop(columns=["learning_rate", "momentum"], errors="ignore").to_numpy()  # a model may have none
        if not ((numbers >= 0) & (numbers <= LARGEST_LOSS)).all() or ((table < 0) | np.isinf(table)).any(axis=None):
            raise _damaged(file, "a loss, a rate or a time in it is none")
    at_the_end = record.state == "finished"
    if at_the_end and not np.allclose(history.valid_loss.tail(1), record.valid["mse"], rtol=1e-4):
        raise _damaged("run.json", "its error is not the last one of history.csv")
    steps, n_epochs = batches.step.to_numpy(), record.settings.get("epochs", 1)
    if (np.diff(steps) <= 0).any() or (at_the_end and (not len(steps) or steps[-1] != record.n_steps)):
        raise _damaged("batches.csv", f"its steps do not grow to {record.n_steps}")
    if (batches[["step", "epoch"]] > [record.n_steps, n_epochs]).any(axis=None):
        raise _damaged("batches.csv", f"it goes beyond step {record.n_steps} or epoch {n_epochs}")


def _read_table(folder: Path, name: str, types: Mapping[str, str], record: RunRecord) -> pd.DataFrame:
    """The table of items or users. Raises RunError if it does not fit the training ratings of `record`."""
    try:
        with (folder / name).open("rb") as lines:
            if sum(piece.count(b"\n") for piece in iter(lambda: lines.read(PIECE), b"")) > MOST_ROWS + 1:
                raise ValueError(f"it has more than {MOST_ROWS:,} rows")
        empty = [column for column in types if column in ("year", "mean_rating")]
        with np.errstate(invalid="raise"):  # a count that is not a whole number
            table = pd.read_csv(
                folder / name, dtype=types, keep_default_na=False, na_values={column: [""] for column in empty}
            )
        if list(table.columns) != list(types) or table.empty:
            raise ValueError(f"its columns are not {', '.join(types)}, or it has no row")
        counts, scale = table["n_ratings"], record.scale
        means = table.loc[counts > 0, "mean_rating"]
        labels = table.iloc[:, 0]
        if labels.iloc[0] != UNKNOWN or not labels.is_unique or counts.iloc[0] != 0:
            raise ValueError(f"its labels are not {UNKNOWN} and then others, each once")
        if (counts < 0).any() or counts.sum() != record.n_train:
            raise ValueError(f"its counts do not add up to the {record.n_train:,} training ratings of run.json")
        if not (
            means.between(scale.low, scale.high).all() and table["damped_mean"].between(scale.low, scale.high).all()
        ):
            raise ValueError(f"a mean in it is not on the scale {scale}")
        if any((table[column].str.len() > LONGEST_TEXT).any() for column in types if types[column] == "str"):
            raise ValueError(f"a text in it is longer than {LONGEST_TEXT} characters")
        if not labels.str.len().all():
            raise ValueError("a label in it is empty")
        if "year" in table and not table["year"].dropna().between(1, 2200).all():
            raise ValueError("a year in it is none")
    except (OSError, ValueError, TypeError, ArithmeticError) as reason:
        raise _damaged(name, str(reason)) from reason
    return table


def _read_weights(file: Path, record: RunRecord, n_users: int, n_items: int) -> dict[str, np.ndarray]:
    """The weights of a model. Raises RunError if they do not fit `record`; shapes are checked before any weight is read."""
    settings = settings_from(family_of(record.model).settings_type, record.settings)
    try:
        found = _header(file)
        wanted = weight_shapes(record.model, settings, n_users, n_items, record.scale, found)
        if found != wanted:
            odd = next(name for name in {**wanted, **found} if found.get(name) != wanted.get(name))
            raise ValueError(f"{odd[:60]} is {found.get(odd)}, and the run's settings ask for {wanted.get(odd)}")
        weights = safetensors.numpy.load_file(file)
        if not all((np.abs(table) <= LARGEST_WEIGHT).all() for table in weights.values()):
            raise ValueError(f"it holds numbers that are not finite, or beyond {LARGEST_WEIGHT:g}")
        if "left_over" in weights:
            row, column, _ = weights["left_over"]
            whole = all((each == np.floor(each)).all() and (each >= 0).all() for each in (row, column))
            # two ids of a title that one user has rated are one pair
            if not whole or len(row) > record.n_train or row.max() >= n_users or column.max() >= n_items:
                raise ValueError("its ratings are not those of users and items of the tables")
    except (OSError, ValueError, KeyError, IndexError, TypeError, safetensors.SafetensorError, CollabError) as reason:
        raise _damaged(file.name, str(reason)) from reason
    return weights


def _header(file: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the tables in a file of weights, by name; all are float32. Raises ValueError if it is no such file."""
    with file.open("rb") as content:
        (length,) = struct.unpack("<Q", content.read(8).ljust(8, b"\0"))
        if not 0 < length <= LARGEST_HEADER:
            raise ValueError("it does not begin as a file of weights does")
        tables = json.loads(content.read(length))
    tables.pop("__metadata__", None)
    if any(table["dtype"] != "F32" for table in tables.values()):
        raise ValueError("a table in it is not of 32-bit numbers")
    return {name: tuple(table["shape"]) for name, table in tables.items()}


def _damaged(file: str, why: str) -> RunError:
    return RunError(f"{file} is damaged: {why[:300]}")


def read_lines(file: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """The complete lines of a CSV file of numbers, none if there is no file. Raises ValueError for any other content."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return pd.DataFrame(columns=list(columns), dtype="float64")
    head, *whole = text[: text.rfind("\n") + 1].splitlines() or [""]  # the last line may be half written
    if head != ",".join(columns):
        raise ValueError(f"it does not begin with the line {','.join(columns)}")
    rows = [[float(value) if value else math.nan for value in line.split(",")] for line in whole]
    return pd.DataFrame(rows, columns=list(columns), dtype="float64")
