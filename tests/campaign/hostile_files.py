"""Hostile run files whose record is right, beside weights and tables that are not: forged shapes and headers, other numbers than
there can be, rows that contradict the record, and few bytes that would unpack to a great deal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.campaign import forging
from tests.campaign.forging import RECORD, WEIGHTS, Files, with_cell, with_file, with_header, with_record, with_tables
from tests.campaign.hostile import Hostile
from tests.campaign.product import most_of

ITEMS, USERS, HISTORY, BATCHES, ROWS = "items.csv", "users.csv", "history.csv", "batches.csv", "valid_rows.csv"
MILLION = 1_000_000
SIZES = (
    "n_factors",
    "kernel_rank",
    "n_hidden",
    "layers",
    "user_size",
    "item_size",
)  # settings that decide a model's size


def weights(files: Files) -> Iterator[Hostile]:
    """Weights that are not those of the run."""

    def forged(what: str, content: bytes) -> Hostile:
        return Hostile(f"weights {what}", with_file(files, WEIGHTS, content))

    known = files[WEIGHTS]
    names: list[str] = []
    with_header(known, lambda header: names.extend(sorted(set(header) - {"__metadata__"})))

    def changed(change: Callable[[np.ndarray], np.ndarray], name: str) -> bytes:
        return with_tables(known, lambda tables: tables.update({name: change(tables[name])}))

    for name in names:
        yield forged(f"without {name}", with_tables(known, lambda tables, name=name: tables.pop(name)))
        for what, change in (
            ("a row less", lambda table: table[:-1]),
            ("a row more", lambda table: np.concatenate([table, table[:1]])),
            ("with a dimension more", lambda table: table[None]),
            ("flat", lambda table: np.concatenate([table.ravel(), table.ravel()[:1]])),
            ("empty", lambda table: table[:0]),
            ("of whole numbers", lambda table: table.astype(np.int32)),
            ("of half precision", lambda table: table.astype(np.float16)),
            ("of double precision", lambda table: table.astype(np.float64)),
            ("of complex numbers", lambda table: table.astype(np.complex64)),
            ("with NaN", lambda table: _first(table, np.nan)),
            ("with infinity", lambda table: _first(table, -np.inf)),
            ("of 1e30", lambda table: np.full_like(table, 1e30)),
        ):
            yield forged(f"{name} {what}", changed(change, name))
    name = names[0]
    yield forged("with a table more", with_tables(known, lambda tables: tables.update(more=np.zeros(3, np.float32))))
    for what, change in (
        ("header with a shape of billions", lambda header: header[name].update(shape=[2**31, 2**31])),
        ("header with a negative shape", lambda header: header[name].update(shape=[-1, 8])),
        ("header with offsets behind the end", lambda header: header[name].update(data_offsets=[0, 2**40])),
        ("header with offsets turned round", lambda header: header[name].update(data_offsets=[64, 0])),
        ("header with tables one over the other", lambda header: header.update({each: header[name] for each in names})),
        ("header with a type unknown", lambda header: header[name].update(dtype="F7")),
        ("header with metadata of a megabyte", lambda header: header.update(__metadata__={"x": "y" * MILLION})),
        ("header with a table of no name", lambda header: header.update({"": header.pop(name)})),
        ("header with a path for a name", lambda header: header.update({"../../x": header.pop(name)})),
    ):
        yield forged(what, with_header(known, change))
    yield forged("header of 2⁶³ bytes", (2**63).to_bytes(8, "little") + known[8:])
    yield forged("header longer than the file", (len(known) * 2).to_bytes(8, "little") + known[8:])
    yield forged("header nested deep", (200_000).to_bytes(8, "little") + b"[" * 100_000 + b"]" * 100_000)
    yield forged("that are nothing", b"")
    yield forged("that are a pickle", b"\x80\x04\x95\x0e\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.")
    yield forged("cut in half", known[: len(known) // 2])
    yield forged("with junk behind", known + bytes(1000))


def _first(table: np.ndarray, value: float) -> np.ndarray:
    table = table.copy()
    if table.dtype.kind == "f":
        table.flat[0] = value
    return table


def tables(files: Files) -> Iterator[Hostile]:
    """Tables of films and users, and curves, that cannot be the run's."""

    def forged(name: str, what: str, content: bytes | None) -> Hostile:
        return Hostile(f"{name} {what}", with_file(files, name, content))

    for name in (ITEMS, USERS, HISTORY, BATCHES):
        known = files[name]
        head, *rows = forging.rows_of(known)
        yield forged(name, "is missing", None)
        yield forged(name, "is empty", b"")
        yield forged(name, "has no row", forging.csv_of([head]))
        yield forged(name, "has a column less", forging.csv_of([row[:-1] for row in (head, *rows)]))
        yield forged(name, "has a column more", forging.csv_of([[*row, "x"] for row in (head, *rows)]))
        yield forged(name, "has no head", forging.csv_of(rows))
        yield forged(name, "is not UTF-8", b"\xff\xfe" + known)
        yield forged(name, "holds NUL", known + b"\0\0\0,\0\n")
        yield forged(name, "is cut in a line", known[: len(known) * 2 // 3 - 3])
        yield forged(
            name, "has a cell of a megabyte", forging.csv_of([head, *rows[:-1], [*rows[-1][:-1], "9" * MILLION]])
        )
    for name in (ITEMS, USERS):
        head, *rows = forging.rows_of(files[name])
        yield forged(name, "has a row less", forging.csv_of([head, *rows[:-1]]))
        yield forged(name, "has a row more", forging.csv_of([head, *rows, rows[-1]]))
        for column, texts in (
            ("n_ratings", ("-1", "many", "1.5", "nan", "inf", "", "9" * 400, "9223372036854775807", "100000")),
            ("mean_rating", ("99", "-3", "inf", "x", "1e308")),
            ("damped_mean", ("99", "nan", "inf", "", "x", "-1e308")),
        ):
            for text in texts:
                shown = text if len(text) < 20 else f"{len(text)} digits"
                yield forged(name, f"has {column} {shown or 'empty'}", with_cell(files[name], 5, column, text))
        first = head[0]
        yield forged(name, f"has one {first} twice", with_cell(files[name], 5, first, rows[6][0]))
        yield forged(name, f"has an empty {first}", with_cell(files[name], 5, first, ""))
        yield forged(name, f"has a {first} of 100,000 signs", with_cell(files[name], 5, first, "x" * 100_000))
    for text in ("99999", "-5", "MCMXCV", "1995.5", "9" * 400):
        shown = text if len(text) < 20 else f"{len(text)} digits"
        yield forged(ITEMS, f"has the year {shown}", with_cell(files[ITEMS], 5, "year", text))
    for column, texts in (
        ("epoch", ("0", "7.5", "x", "-1")),
        ("valid_loss", ("nan", "inf", "-1", "", "9" * 400, "1e300")),
    ):
        for text in texts:
            shown = text if len(text) < 20 else f"{len(text)} digits"
            yield forged(HISTORY, f"ends with {column} {shown or 'empty'}", with_cell(files[HISTORY], -1, column, text))
    yield forged(HISTORY, "ends with another loss than the record", with_cell(files[HISTORY], -1, "valid_loss", "0.1"))
    for column, texts in (
        ("step", ("-1", "x", "1e12", "nan")),
        ("epoch", ("99999", "x")),
        ("train_loss", ("x",)),
    ):
        for text in texts:
            yield forged(BATCHES, f"ends with {column} {text}", with_cell(files[BATCHES], -1, column, text))
    yield forged(ROWS, "is a path", b"../../etc/passwd\n")


def small_that_grow(files: Files) -> Iterator[Hostile]:
    """Small files that unpack to much, or whose settings ask for a huge model."""
    film = forging.rows_of(files[ITEMS])[-1]
    line = (",".join(["x", "x", *film[2:]]) + "\n").encode()
    many = files[ITEMS] + line * 3 * MILLION
    yield Hostile("items.csv of three million rows", with_file(files, ITEMS, many))
    yield Hostile("weights of 390 MB of zeros", with_file(files, WEIGHTS, bytes(390 * MILLION)))
    last = forging.rows_of(files[USERS])[-1]
    crowd = files[USERS] + b"".join(f"{place},{','.join(last[1:])}\n".encode() for place in range(MILLION))
    yield Hostile("users.csv of a million rows", with_file(files, USERS, crowd))
    yield Hostile("items.csv of a line of 300 MB", with_file(files, ITEMS, files[ITEMS] + b"x" * 300 * MILLION))
    blank = with_file(files, HISTORY, files[HISTORY] + b"\n" * 900_000)
    yield Hostile("history.csv with 900,000 empty lines", blank, harmless=True)
    curve = files[HISTORY] + b"9,9,9,9\n" * 120_000
    yield Hostile("history.csv of 120,000 epochs", with_file(files, HISTORY, curve))
    yield Hostile(
        "batches.csv of a million points", with_file(files, BATCHES, files[BATCHES] + b"9,9,9,,,9\n" * 480_000)
    )
    yield Hostile("valid_rows.csv of 390 MB", with_file(files, ROWS, b"1\n" * 195 * MILLION))
    yield Hostile("weights with a table of 380 MB of zeros", with_file(files, WEIGHTS, _grown(files[WEIGHTS])))
    yield Hostile("run.json of 400 MB", files | {RECORD: b" " * 400 * MILLION})
    for setting, value in _largest_settings(files):
        forged = with_record(files, lambda values, s=setting, v=value: values["settings"].update({s: v}))
        yield Hostile(f"{setting} = {value} with the weights of few", forged)
        wide = with_file(forged, ITEMS, files[ITEMS] + line * 300_000)
        yield Hostile(f"{setting} = {value} and 300,000 films", wide)


def _grown(content: bytes) -> bytes:
    def add(known: dict[str, np.ndarray]) -> None:
        known["more"] = np.zeros((95 * MILLION,), np.float32)

    return with_tables(content, add)


def _largest_settings(files: Files) -> Iterator[tuple[str, Any]]:
    """Settings that decide the size of the model, at the most that may be asked for."""
    values = json.loads(files[RECORD])
    for name in values["settings"]:
        if name in SIZES:
            most = int(most_of(values["model"], name))
            yield name, [most] * 8 if name == "layers" else most
