"""Hostile run files whose record lies: every entry out of its bounds, of a wrong type, or at odds with the files beside it.

All sums are right, so that each is refused for what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.campaign.forging import RECORD, Files, at, put, record_bytes, with_record
from tests.campaign.hostile import Hostile

HUGE = 10**400
NAN, INFINITE = float("nan"), float("inf")
LONG = "x" * 100_000
SUMS = ("digest", "files")
WORDS = ("name", "state", "model", "data", "holdout", "items_by", "created")
NOT_WORDS = (5, None, [], {}, True, LONG, "")
NOT_COUNTS = (-1, HUGE, 2**63, NAN, INFINITE, 0.5, "5", None, [], True)
NOT_NUMBERS = (-1.0, HUGE, 1e300, NAN, INFINITE, "x", None, [], True)
NOT_FLAGS = (0, "true", None, [])
NOT_TABLES = ([], None, 5, "x", {"x": []}, {"": {}}, {LONG: 1.0})
COUNTS = ("n_train", "n_valid", "n_sealed", "n_tried", "n_steps", "epochs_done", "split_seed", "format")
FLAGS = ("synthetic", "sealed_seen")
TABLES = ("settings", "rating_scale", "baselines", "valid", "certainty", "sealed")
SET_ON_ARRIVAL = ("id", "arrived", "starter", "owner")  # whatever the file says
MAY_BE_MISSING = ("certainty", "seconds", "cpu_seconds")  # figures without which a run is none the worse
MAY_BE_EMPTY = ("preset", "group", "fingerprint", "prediction_digest")  # words without which a run can be
CONTRADICTIONS: list[tuple[str, dict[str, Any]]] = [
    ("other counts than the tables have", {"n_train": 12}),
    ("more held-out ratings than were measured", {"n_valid": 10**6}),
    ("sealed rows without a share", {"n_sealed": 5}),
    ("epochs that the history lacks", {"epochs_done": 1000}),
    ("no epoch", {"epochs_done": 0}),
    ("no step", {"n_steps": 0}),
    ("the model another", {"model": "dot-bias"}),
    ("the model unknown", {"model": "../../x"}),
    ("the preset unknown", {"preset": "no such preset"}),
    ("the preset another", {"preset": "accurate"}),
    ("the data set another", {"data": "ml-100k"}),
    ("the data set unknown", {"data": "../sample"}),
    ("real ratings", {"synthetic": False}),
    ("another rating scale", {"rating_scale": {"low": 0.5, "high": 5.0, "step": 0.5}}),
    ("a scale of ten", {"rating_scale": {"low": 1.0, "high": 10.0, "step": 1.0}}),
    ("a scale upside down", {"rating_scale": {"low": 5.0, "high": 1.0, "step": 1.0}}),
    ("a scale of millions of levels", {"rating_scale": {"low": 1.0, "high": 5.0, "step": 1e-7}}),
    ("a scale that never moves", {"rating_scale": {"low": 1.0, "high": 5.0, "step": 0.0}}),
    ("a scale without end", {"rating_scale": {"low": 1.0, "high": 1e308, "step": 1e306}}),
    ("a scale with more in it", {"rating_scale": {"low": 1.0, "high": 5.0, "step": 1.0, "x": 1.0}}),
    ("no error", {"valid": {}}),
    ("an error below nought", {"valid": {"mse": -1.0, "rmse": 1.0, "mae": 1.0, "n_ratings": 1}}),
    ("an error that no scale allows", {"valid": {"mse": 1e9, "rmse": 31622.8, "mae": 3e4, "n_ratings": 1}}),
    ("errors that do not fit together", {"valid": {"mse": 0.7, "rmse": 2.0, "mae": 0.6, "n_ratings": 1}}),
    ("an error alone", {"valid": {"mse": 0.7}}),
    ("no baseline", {"baselines": {}}),
    ("one baseline", {"baselines": {"global_mean": {"mse": 1.0, "rmse": 1.0, "mae": 1.0, "n_ratings": 1}}}),
    ("a baseline more", {"baselines": {"x": {"mse": 1.0, "rmse": 1.0, "mae": 1.0, "n_ratings": 1}}}),
    ("certainty over one", {"certainty": {"inside_80": 7.0}}),
    ("certainty of another kind", {"certainty": {"x": 0.5}}),
    ("a digest that is none", {"prediction_digest": "not a digest"}),
    ("a fingerprint that is none", {"fingerprint": "<script>"}),
    ("a look at sealed rows that it has not", {"sealed": {"model": {"mse": 0.1, "rmse": 0.3, "mae": 0.2, "n_ratings": 9}}}),
    ("a look by another", {"sealed_seen": True}),
    ("the year 9999", {"created": "9999-12-31T23:59:59+00:00"}),
    ("the year 1", {"created": "0001-01-01T00:00:00+14:00"}),
    ("tomorrow", {"created": "2999-01-01T00:00:00+00:00"}),
    ("no time zone", {"created": "2026-01-01T00:00:00"}),
    ("a word for a time", {"created": "yesterday"}),
    ("an id that is a path", {"id": "../../ab"}),
    ("an id that is short", {"id": "abc"}),
    ("an id of other signs", {"id": "ABCDEF01"}),
    ("an id in other digits", {"id": "٠١٢٣٤٥٦٧"}),
    ("a group that is a path", {"group": "../../x"}),
    ("a group that is long", {"group": LONG}),
    ("a name of spaces", {"name": "   "}),
    ("a name that cannot be seen", {"name": "\u200b\u202e\x00\x1b[2J"}),
    ("half a surrogate for a name", {"name": "\ud800"}),
    ("a state that is none", {"state": "gone"}),
    ("a state of work", {"state": "running"}),
    ("a state of waiting", {"state": "queued"}),
    ("another format", {"format": 2}),
    ("a format in words", {"format": "1"}),
    ("all rows held out", {"holdout": "random:1"}),
    ("no row held out", {"holdout": "random:0"}),
    ("more than all rows", {"holdout": "random:7"}),
    ("rows of no number", {"holdout": "random:nan"}),
    ("a fold that is none", {"holdout": "fold:u9"}),
    ("a fold of another data set", {"holdout": "fold:u1"}),
    ("rows of a file that is not there", {"holdout": "rows:/etc/passwd"}),
    ("sealed more than there is", {"holdout": "random:0.2+sealed:0.9", "n_sealed": 5}),
    ("a split in Markdown", {"holdout": "random:![x](http://x)"}),
    ("films by what is no way", {"items_by": "director"}),
    ("an unknown entry", {"colour": "red"}),
    ("a million entries", {f"x{place}": place for place in range(60_000)}),
    ("an environment of a million words", {"environment": {f"x{place}": "y" for place in range(60_000)}}),
    ("a layer more", {"layers": None}),
    ("a thousand layers", {"layers": [{"name": "x", "kind": "y", "shape": [1], "n_parameters": 1}] * 10_000}),
    ("no layer", {"layers": []}),
]  # fmt: skip


def records(files: Files) -> Iterator[Hostile]:
    """Every one of them, made of the files of a sound run."""
    values = json.loads(files[RECORD])

    def with_value(path: tuple, value: Any) -> Hostile:
        forged = with_record(files, lambda known: put(known, path, value))
        shown = repr(value) if len(repr(value)) < 30 else f"{repr(value)[:12]}… ({len(repr(value)):,})"
        return Hostile(f"{'.'.join(map(str, path))} = {shown}", forged, lambda known: stands(known, path, value))

    for name in sorted(set(values) & {*WORDS, *MAY_BE_EMPTY}):
        for value in NOT_WORDS:
            if not (value == "" and name in MAY_BE_EMPTY):
                yield with_value((name,), value)
    for name in COUNTS:
        for value in NOT_COUNTS:
            yield with_value((name,), value)
    for name in ("seconds", "cpu_seconds"):
        for value in NOT_NUMBERS:
            yield with_value((name,), value)
    for name in FLAGS:
        for value in NOT_FLAGS:
            yield with_value((name,), value)
    for name in TABLES:
        for value in NOT_TABLES:
            yield with_value((name,), value)
    for table in ("valid", "rating_scale", "certainty"):
        for name in values[table]:
            for value in (NAN, HUGE, -1e9, "1", None):
                yield with_value((table, name), value)
    for name in values["baselines"]:
        for value in (NAN, HUGE, -1.0, "1"):
            yield with_value(("baselines", name, "mse"), value)
    for name, known in values["settings"].items():
        for value in ("x", 10**12, -(10**12), NAN, [], {}):
            if type(value) is not type(known) or isinstance(known, int | float):
                yield with_value(("settings", name), value)
        yield Hostile(
            f"settings without {name}", with_record(files, lambda all_, name=name: all_["settings"].pop(name))
        )
    yield with_value(("settings", "unknown"), 1)
    for part, value in (
        ("shape", [7, 7]),
        ("shape", [-1]),
        ("n_parameters", 7),
        ("name", 5),
        ("kind", None),
        ("shape", "x"),
    ):
        yield with_value(("layers", 0, part), value)
    for what, changes in CONTRADICTIONS:
        yield contradicting(files, what, changes)
    for name in values:
        if name not in ("digest", "environment", "message", *SET_ON_ARRIVAL, *MAY_BE_EMPTY, *MAY_BE_MISSING):
            forged = with_record(files, lambda known, name=name: known.pop(name))
            yield Hostile(f"record without {name}", forged, lambda known, name=name: known.get(name) != values[name])
    yield from _no_records(files)
    if "digest" in values:
        yield from _wrong_sums(files, values)


def contradicting(files: Files, what: str, changes: dict[str, Any]) -> Hostile:
    """A record of several changed entries."""
    if changes == {"layers": None}:
        known = json.loads(files[RECORD])["layers"]
        changes = {"layers": [*known, {"name": "more", "kind": "table", "shape": [10, 10], "n_parameters": 100}]}
    (name, value), *_ = changes.items()
    forged = with_record(files, lambda values: values.update(changes))
    return Hostile(what, forged, lambda known: stands(known, (name,), value))


def _no_records(files: Files) -> Iterator[Hostile]:
    deep = b"[" * 100_000 + b"]" * 100_000
    for what, content in (
        ("a list", b"[]"), ("null", b"null"), ("a number", b"7"), ("nothing", b""), ("nested 100,000 deep", deep),
        ("nested in an entry", b'{"name": ' + deep + b"}"), ("not UTF-8", b"\xff\xfe{}"), ("not JSON", b"{'id': 1}"),
        ("a number of a million digits", b'{"n_train": ' + b"9" * 900_000 + b"}"),
        ("an empty record", b"{}"), ("cut off", files[RECORD][: len(files[RECORD]) // 2]),
        ("with junk behind it", files[RECORD] + b"junk"),     ):  # fmt: skip
        yield Hostile(f"run.json is {what}", files | {RECORD: content})
    yield Hostile(
        "run.json ends with 3 MB of spaces", files | {RECORD: files[RECORD] + b" " * 3_000_000}, harmless=True
    )


def _wrong_sums(files: Files, values: dict[str, Any]) -> Iterator[Hostile]:
    plain = json.dumps
    for what, digest in (("another", "0" * 64), ("none", ""), ("of a wrong type", 7), ("missing", None)):
        forged = dict(values, digest=digest)
        if digest is None:
            del forged["digest"]
        yield Hostile(f"the digest is {what}", files | {RECORD: plain(forged).encode()})
    yield Hostile("the record does not fit its digest", files | {RECORD: plain(dict(values, n_train=7)).encode()})
    if isinstance(values.get("files"), dict):
        for what, sums in (("none", {}), ("a list", []), ("of a file that is not there", values["files"] | {"x": {}})):
            yield Hostile(f"the sums are {what}", files | {RECORD: record_bytes(dict(values, files=sums))})
        for name in values["files"]:
            for part, value in (("size", 7), ("size", -1), ("sha256", "0" * 64), ("sha256", None)):
                forged = json.loads(json.dumps(values))
                put(forged, ("files", name, part), value)
                yield Hostile(f"the {part} of {name} is {str(value)[:8]}", files | {RECORD: record_bytes(forged)})


def stands(values: Any, path: tuple, value: Any) -> bool:
    """Whether the forged value has come in as it was."""
    try:
        found = at(values, path)
    except (LookupError, TypeError):
        return False
    return repr(found) == repr(value)
