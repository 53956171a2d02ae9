"""A run as one zip file, to be kept or to be looked at elsewhere: export_zip, import_zip.

A file from outside is not trusted: its members, their sizes and the record are checked before anything else is read, members are
unpacked to the disk piece by piece, the shapes of the weights are held against the settings before a model is built, and at last
the tables against the record.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import safetensors
import safetensors.numpy

from collab.errors import CollabError, RunError
from collab.models import family_of
from collab.models.shapes import weight_shapes
from collab.ratings import UNKNOWN
from collab.services.run_record import FILES, LARGEST_RECORD, MOST_ROWS, FileMark, RunRecord, checked_name
from collab.services.runs import BATCHES, HISTORY, ITEM_TYPES, USER_TYPES, RunStore, read_lines, read_run
from collab.settings import settings_from
from collab.splitting import sealed_share, with_sealed

LARGEST_ALL = 512_000_000  # bytes, unpacked
LARGEST = {"history.csv": 1_000_000, "batches.csv": 5_000_000, "items.csv": 100_000_000, "users.csv": 100_000_000}
UNPACKED_AT_LEAST, UNPACKED_TIMES = 4_000_000, 8
"""A zip may unpack to so many bytes, and so many times its own size: numbers that were learned hardly shrink, made-up ones do."""

PIECE = 1 << 20
LARGEST_HEADER = 1_000_000  # bytes that name the tables in a file of weights
WHENEVER = (1980, 1, 1, 0, 0, 0)  # the same run gives the same file
SIGNS = re.compile(r"[^\w .,;:()’'%+-]")  # what Markdown or HTML could take for a command
ROWS_OF_RUN = "rows:valid_rows.csv"  # no path leaves a machine or comes in: the rows themselves are in the file


# --- out ---------------------------------------------------------------------------------------------------------------


def export_zip(store: RunStore, run_id: str) -> bytes:
    """The run's files as a zip that `import_zip` reads. Raises RunError for a run that has not ended or is damaged."""
    record, files = store.record(run_id), store.files_of(run_id)
    record = dataclasses.replace(
        record, starter="", owner="", holdout=_without_path(record.holdout)
    )  # who started it is nobody else's business
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in files:
                content = record.to_json().encode() if name == "run.json" else files[name].read_bytes()
                archive.writestr(zipfile.ZipInfo(name, WHENEVER), content, zipfile.ZIP_DEFLATED)
    except OSError as reason:
        raise RunError(f"the files of run {run_id} cannot be read ({reason.strerror or reason})") from reason
    return out.getvalue()


def _without_path(holdout: str) -> str:
    if not holdout.startswith("rows:"):
        return holdout
    share = sealed_share(holdout)[1]
    return with_sealed(ROWS_OF_RUN, share) if share else ROWS_OF_RUN


# --- in ----------------------------------------------------------------------------------------------------------------


def import_zip(store: RunStore, file: Path) -> RunRecord:
    """Add the run in a zip of `export_zip`; returns its record, with a new id where its own is taken.

    Raises RunError, naming what is wrong, and StorageError where there is no room; nothing is left behind then.
    """
    try:
        if not file.is_file():
            raise RunError(f"there is no file {file}")
        with zipfile.ZipFile(file) as archive:
            members = _members(archive, file.stat().st_size)
            record = _checked_record(_read(archive, members.pop("run.json")), set(members))

            def fill(folder: Path) -> None:
                for name, member in members.items():
                    _unpack(archive, member, folder / name, record.files[name])
                _check_tables(folder, record)

            return store.bring_in(record, fill)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError) as reason:
        raise RunError(f"the file is no zip of a run, or is damaged ({reason}); get it again") from reason


def _members(archive: zipfile.ZipFile, packed_size: int) -> dict[str, zipfile.ZipInfo]:
    """The members by name, as far as the zip's own directory can be checked."""
    members = archive.infolist()
    if unknown := [member.filename for member in members if member.filename not in FILES]:
        raise RunError(
            f"the zip holds {unknown[0][:60]!r}, which is no file of a run; a run's files are {', '.join(FILES)}"
        )
    by_name = {member.filename: member for member in members}
    if len(by_name) < len(members) or "run.json" not in by_name:
        raise RunError(
            "the zip holds a file twice" if "run.json" in by_name else "the zip is no run: it has no run.json"
        )
    for name, member in by_name.items():
        if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RunError(f"{name} in the zip is encrypted or packed in an unknown way")
        limit = LARGEST_RECORD if name == "run.json" else LARGEST.get(name, LARGEST_ALL)
        if member.file_size > limit:
            raise RunError(f"{name} in the zip is larger than the {limit:,} bytes that are allowed")
    limit = min(LARGEST_ALL, UNPACKED_AT_LEAST + UNPACKED_TIMES * packed_size)
    if (size := sum(member.file_size for member in members)) > limit:
        raise RunError(f"the zip unpacks to {size:,} bytes, and no run of its size to more than {limit:,}")
    return by_name


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as packed:
        content = packed.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise RunError(f"{member.filename} in the zip is not as long as the zip says")
    return content


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: Path, mark: FileMark) -> None:
    """Write a member to `file`, piece by piece. Raises RunError unless it is what `mark` says."""
    found, size = hashlib.sha256(), 0
    with archive.open(member) as packed, file.open("xb") as out:
        while size <= mark.size and (piece := packed.read(PIECE)):
            found.update(piece)
            size += len(piece)
            out.write(piece)
    if (size, found.hexdigest()) != (mark.size, mark.sha256):
        raise RunError(f"{file.name} in the zip is not what was written: its digest says so; get it again")


def _checked_record(content: bytes, names: set[str]) -> RunRecord:
    """The record in run.json, for a run that has ended and whose files are those with these `names`."""
    record = RunRecord.from_json(content)
    if record.busy:
        raise RunError(f"the run in the zip has not ended: it is {record.state}")
    if set(record.files) != names:
        odd = sorted(set(record.files) ^ names)
        raise RunError(f"the zip is not whole: it and its run.json do not agree about {', '.join(odd)}")
    if record.holdout.startswith("rows:"):
        if "valid_rows.csv" not in names:
            raise RunError("the zip is not whole: it has no valid_rows.csv")
        record = dataclasses.replace(record, holdout=_without_path(record.holdout))
    return dataclasses.replace(
        record,
        name=checked_name(record.name),
        message=SIGNS.sub(" ", record.message),
        environment={
            name: SIGNS.sub(" ", value) if isinstance(value, str) else value
            for name, value in record.environment.items()
        },
        starter="",
        owner="",
    )


def _check_tables(folder: Path, record: RunRecord) -> None:
    """Raise RunError where the files in `folder` are not those of a run of `record`; name the first bad one."""
    _check_histories(folder, record)
    rows = folder / "valid_rows.csv"
    if rows.exists() and not re.fullmatch(rb"([0-9]{1,12}\n)+", rows.read_bytes()):
        raise _damaged("valid_rows.csv", "it is not one row number a line")
    if not record.has_weights:
        return
    items, users = (
        _check_table(folder, name, types, record)
        for name, types in (("items.csv", ITEM_TYPES), ("users.csv", USER_TYPES))
    )
    _check_weights(folder / "weights.safetensors", record, len(users), len(items))
    if record.model == "neighbours":
        return  # all of it was looked at, and working out who is alike could take any time
    model = read_run(folder, record).model
    layers = [
        {"name": layer.name, "kind": layer.kind, "shape": list(layer.shape), "n_parameters": layer.n_parameters}
        for layer in model.layers()
    ]
    if layers != record.layers:
        raise RunError("run.json is damaged: its layers are not those of the model")


def _check_histories(folder: Path, record: RunRecord) -> None:
    found = {}
    for file, columns in (("history.csv", HISTORY), ("batches.csv", BATCHES)):
        try:
            found[file] = read_lines(folder / file, columns)
        except ValueError as reason:
            raise _damaged(file, str(reason)) from reason
    history, batches = found.values()
    if not record.has_weights:
        return
    epochs = np.arange(1, len(history) + 1)
    n_more = len(history) - record.epochs_done  # a history may go further than the weights of an interrupted run
    if not np.array_equal(history.epoch, epochs) or n_more < 0 or (n_more and record.state != "interrupted"):
        raise _damaged("history.csv", f"it has {len(history)} epochs, and run.json {record.epochs_done}")
    if not np.isfinite(history.to_numpy()).all() or not (history.to_numpy() >= 0).all():
        raise _damaged("history.csv", "a loss or a time in it is none")
    at_the_end = record.state == "finished" and len(history)
    if at_the_end and not np.isclose(history.valid_loss.iloc[-1], record.valid["mse"], rtol=1e-4):
        raise _damaged("run.json", "its error is not the last one of history.csv")
    steps = batches.step.to_numpy()
    if len(steps) and not (steps[0] > 0 and (np.diff(steps) > 0).all() and steps[-1] <= record.n_steps):
        raise _damaged("batches.csv", f"its steps do not grow from 1 to {record.n_steps}")


def _check_table(folder: Path, name: str, types: Mapping[str, str], record: RunRecord) -> pd.DataFrame:
    """The table of items or users. Raises RunError where it is not one of the training ratings that `record` counts."""
    try:
        with (folder / name).open("rb") as lines:
            if sum(piece.count(b"\n") for piece in iter(lambda: lines.read(PIECE), b"")) > MOST_ROWS + 1:
                raise ValueError(f"it has more than {MOST_ROWS:,} rows")
        empty = [column for column in types if column in ("year", "mean_rating")]
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
        if "year" in table and not table["year"].dropna().between(1, 2200).all():
            raise ValueError("a year in it is none")
    except (OSError, ValueError, TypeError, OverflowError) as reason:
        raise _damaged(name, str(reason)) from reason
    return table


def _check_weights(file: Path, record: RunRecord, n_users: int, n_items: int) -> None:
    """Raise RunError where the tables in `file` are not those of the model of `record`, before any of them is read."""
    settings = settings_from(family_of(record.model).settings_type, record.settings)
    try:
        found = _header(file)
        wanted = weight_shapes(record.model, settings, n_users, n_items, record.scale, found)
        if found != wanted:
            odd = next(name for name in {**wanted, **found} if found.get(name) != wanted.get(name))
            raise ValueError(f"{odd[:60]} is {found.get(odd)}, and the run's settings ask for {wanted.get(odd)}")
        weights = safetensors.numpy.load_file(file)
        if not all(np.isfinite(table).all() for table in weights.values()):
            raise ValueError("it holds numbers that are not finite")
        if "left_over" in weights:
            row, column, _ = weights["left_over"]
            whole = all((each == np.floor(each)).all() and (each >= 0).all() for each in (row, column))
            if not whole or len(row) != record.n_train or row.max() >= n_users or column.max() >= n_items:
                raise ValueError("its ratings are not those of users and items of the tables")
    except (OSError, ValueError, KeyError, IndexError, TypeError, safetensors.SafetensorError, CollabError) as reason:
        raise _damaged(file.name, str(reason)) from reason


def _header(file: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the tables in a file of weights, by name; all are float32. Raises ValueError where it is no such file."""
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
