"""A run as one zip file, to be kept or to be looked at elsewhere: export_zip, import_zip."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import re
import zipfile
import zlib
from datetime import datetime
from typing import Any

from collab.datasets import entry_of
from collab.errors import CollabError, RunError
from collab.models import family_of
from collab.services.runs import FILES, FORMAT, RUN_ID, RunRecord, RunStore, checked_name
from collab.settings import settings_from
from collab.splitting import sealed_share, with_sealed

LARGEST = {"run.json": 1_000_000, "history.csv": 1_000_000, "batches.csv": 5_000_000}
LARGEST_OTHER = 400_000_000
LARGEST_ALL = 512_000_000  # bytes, unpacked
WHENEVER = (1980, 1, 1, 0, 0, 0)  # the same run gives the same file
MOST_LEVELS = 1000  # of a rating scale
HOLDOUT = re.compile(r"(random:[0-9.]{1,12}|fold:\w{1,20}|rows:.{1,4000}?)(\+sealed:[0-9.]{1,12})?")
SIGNS = re.compile(r"[^\w .,;:()’'%+-]")  # what Markdown or HTML could take for a command
ERRORS = ("mse", "rmse", "mae")
ROWS_OF_RUN = "rows:valid_rows.csv"  # no path leaves a machine or comes in: the rows themselves are in the file


def export_zip(store: RunStore, run_id: str) -> bytes:
    """The run's files as a zip that `import_zip` reads. Raises RunError for a run that has not ended or is damaged."""
    record, files = store.record(run_id), store.files_of(run_id)
    record = dataclasses.replace(
        record, starter="", owner="", holdout=_without_path(record.holdout)
    )  # who started it is nobody else's business
    files["run.json"] = record.to_json().encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, WHENEVER), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def import_zip(store: RunStore, content: bytes) -> RunRecord:
    """Add the run in a zip of `export_zip`; returns its record, with a new id where its own is taken.

    A file from outside is not trusted: only the known names, bounded sizes, a checked record, tables that fit together.
    Raises RunError, naming what is wrong; nothing is left behind then.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = _unpack(archive)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as reason:
        raise RunError(f"the file is no zip of a run, or is damaged ({reason}); download it again") from reason
    record = _checked_record(files.pop("run.json"))
    needed = {"items.csv", "users.csv", "weights.safetensors"} if record.has_weights else set()
    if record.holdout.startswith("rows:"):
        needed.add("valid_rows.csv")
        record = dataclasses.replace(record, holdout=_without_path(record.holdout))
    if lacking := sorted(needed - set(files)):
        raise RunError(f"the zip is not whole: it has no {', '.join(lacking)}; download it again")
    return store.bring_in(record, files)


def _without_path(holdout: str) -> str:
    if not holdout.startswith("rows:"):
        return holdout
    share = sealed_share(holdout)[1]
    return with_sealed(ROWS_OF_RUN, share) if share else ROWS_OF_RUN


def _unpack(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if unknown := [name for name in names if name not in FILES]:
        raise RunError(
            f"the zip holds {unknown[0][:60]!r}, which is no file of a run; a run's files are {', '.join(FILES)}"
        )
    if len(set(names)) < len(names) or "run.json" not in names:
        raise RunError("the zip holds a file twice" if "run.json" in names else "the zip is no run: it has no run.json")
    files, left = {}, LARGEST_ALL
    for entry in entries:
        limit = min(left, LARGEST.get(entry.filename, LARGEST_OTHER))
        if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RunError(f"{entry.filename} in the zip is encrypted or packed in an unknown way")
        try:
            with archive.open(entry) as packed:
                files[entry.filename] = packed.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as reason:
            raise RunError(f"{entry.filename} in the zip is damaged ({reason}); download it again") from reason
        left -= len(files[entry.filename])
        if len(files[entry.filename]) > limit:
            raise RunError(f"{entry.filename} in the zip is larger than the {limit:,} bytes that are allowed")
    return files


def _checked_record(content: bytes) -> RunRecord:
    """The record in run.json if every entry is what the pages rely on."""
    try:
        values = json.loads(content)
        if not isinstance(values, dict):
            raise ValueError("it is no record")
        record = RunRecord.from_json(content.decode())
        _check_entries(record)
        family = family_of(record.model)
        settings_from(family.settings_type, record.settings)
        return dataclasses.replace(
            record,
            name=checked_name(record.name),
            data_title=entry_of(record.data).title,
            message=SIGNS.sub(" ", record.message[:500]),
            environment={name: SIGNS.sub(" ", str(value)[:60]) for name, value in record.environment.items()},
            starter="",
            owner="",
        )
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError, CollabError) as reason:
        raise RunError(f"run.json in the zip is damaged or of another version: {reason}") from reason


def _check_entries(record: RunRecord) -> None:
    kinds = {"str": str, "int": int, "float": (int, float), "bool": bool}
    for each in dataclasses.fields(record):
        value, kind = getattr(record, each.name), kinds.get(each.type, (dict, list))
        wrong = not isinstance(value, kind) or (isinstance(value, bool) and each.type != "bool")
        if wrong or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError(f"{each.name} is {str(value)[:40]!r}")
    if not RUN_ID.fullmatch(record.id) or (record.group and not RUN_ID.fullmatch(record.group)):
        raise ValueError("its id is not 8 of the characters 0-9 and a-f")
    if record.busy or record.format != FORMAT:
        raise ValueError("the run has not ended")
    if datetime.fromisoformat(record.created).tzinfo is None:
        raise ValueError("created has no time zone")
    if record.valid:
        _numbers(record.valid, ("mse",))
        for name in ("global_mean", "biases_only"):
            _numbers(record.baselines[name], ERRORS)
        _numbers(record.rating_scale, ("low", "high", "step"))
        scale = record.scale
        if not 0 < (scale.high - scale.low) / scale.step <= MOST_LEVELS:
            raise ValueError(f"its rating scale is {scale}")
    if not HOLDOUT.fullmatch(record.holdout):
        raise ValueError(f"holdout is {record.holdout[:40]!r}")
    if bool(sealed_share(record.holdout)[1]) != bool(record.n_sealed) and record.valid:
        raise ValueError(f"holdout is {record.holdout[:40]!r}, with {record.n_sealed} sealed rows")
    if record.sealed:
        for name in ("model", "global_mean", "biases_only"):
            _numbers(record.sealed[name], ERRORS)
    for layer in record.layers:
        if not isinstance(layer["name"], str) or not isinstance(layer["kind"], str):
            raise ValueError("a layer has no name")
        _numbers(dict(enumerate([*layer["shape"], layer["n_parameters"]])), ())


def _numbers(values: Any, needed: tuple[str, ...]) -> None:
    """Raise ValueError or KeyError unless `values` maps names to finite numbers, the needed ones among them."""
    for name in needed:
        values[name]
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"{name} is {str(value)[:40]!r}")
