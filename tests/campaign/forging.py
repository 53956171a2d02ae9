"""Files of a run taken apart and put together again, by somebody who knows how `run.json` vouches for itself and for them.

`run.json` carries a SHA-256 of its own entries ("digest"), and size and SHA-256 of every other file ("files"). An attacker
recomputes both: what is forged here is refused for what it says, not for a checksum."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

Files = dict[str, bytes]
RECORD, WEIGHTS = "run.json", "weights.safetensors"


def read(folder: Path) -> Files:
    """The files of a run folder, by name."""
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """A run folder of these files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def sealed(files: Mapping[str, bytes]) -> Files:
    """The same files with sums that are right for them; a record that has none, or is no record, stays as it is."""
    files = dict(files)
    try:
        values = json.loads(files[RECORD])
    except (KeyError, ValueError, RecursionError):
        return files
    if not isinstance(values, dict) or "digest" not in values:
        return files
    if isinstance(values.get("files"), dict):
        values["files"] = {
            name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
            if name != RECORD
        }
    return files | {RECORD: record_bytes(values)}


def record_bytes(values: dict[str, Any]) -> bytes:
    """run.json of these entries, with the digest that they have."""
    if "digest" in values:
        rest = {name: value for name, value in values.items() if name != "digest"}
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        values = rest | {"digest": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()}
    return json.dumps(values, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")


def with_record(files: Mapping[str, bytes], change: Callable[[dict[str, Any]], Any]) -> Files:
    """The files with a changed record; `change` works on its entries in place, and the sums are right afterwards."""
    values = json.loads(files[RECORD])
    change(values)
    return dict(files) | {RECORD: record_bytes(values)}


def with_file(files: Mapping[str, bytes], name: str, content: bytes | None) -> Files:
    """The files with another content of one of them, or without it; the sums are right afterwards."""
    changed = {each: known for each, known in files.items() if each != name}
    return sealed(changed if content is None else changed | {name: content})


def put(values: Any, path: Sequence[str | int], value: Any) -> None:
    """Replace what stands at `path` in nested lists and dictionaries."""
    for step in path[:-1]:
        values = values[step]
    values[path[-1]] = value


def at(values: Any, path: Sequence[str | int]) -> Any:
    """What stands at `path`. Raises LookupError or TypeError where there is no such place."""
    for step in path:
        values = values[step]
    return values


def rows_of(content: bytes) -> list[list[str]]:
    """A CSV file as rows of texts, its head first."""
    return list(csv.reader(io.StringIO(content.decode())))


def csv_of(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def with_cell(content: bytes, row: int, column: str, text: str) -> bytes:
    """A CSV file with one cell changed; row 0 is the first below the head, negative ones count from the end."""
    head, *rows = rows_of(content)
    rows[row][head.index(column)] = text
    return csv_of([head, *rows])


def with_tables(content: bytes, change: Callable[[dict[str, np.ndarray]], Any]) -> bytes:
    """A safetensors file with changed tables; `change` works on the dictionary in place."""
    tables = {name: table.copy() for name, table in safetensors.numpy.load(content).items()}
    change(tables)
    return safetensors.numpy.save({name: np.ascontiguousarray(table) for name, table in tables.items()})


def with_header(content: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """A safetensors file whose header says something else of the same bytes."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


def pack(files: Mapping[str, bytes] | Sequence[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files; a sequence of pairs may name a file twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a name that is there already
        for name, content in files.items() if isinstance(files, Mapping) else files:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, compression)
    return out.getvalue()
