"""The default run: what a visitor without a link sees, whatever anybody else trains meanwhile."""

from __future__ import annotations

import json
from dataclasses import dataclass

from collab.errors import RunError
from collab.services import disk
from collab.services.plans import default_plan, training_key
from collab.services.run_record import RUN_ID, RunRecord
from collab.services.runs import RunStore

PIN = "pinned.json"
"""File in the home that names the run pinned by the host."""


@dataclass(frozen=True)
class DefaultRun:
    """`record` of the run to show, None if there is none yet; `why_not_pinned`: why a pinned run is not shown, else ""."""

    record: RunRecord | None
    why_not_pinned: str = ""


def default_run(data: str, store: RunStore) -> DefaultRun:
    """The data set's pinned run, else its first with the default settings, random:0.2 and split seed 0; finished before busy."""
    pinned, why_not_pinned = _pinned(data, store)
    if pinned is not None:
        return DefaultRun(pinned)
    wanted = training_key(default_plan(data))
    alike = [record for record in reversed(store.records()) if training_key(record) == wanted]
    ended = (record for record in alike if record.state == "finished" and record.has_weights)
    return DefaultRun(next(ended, next((record for record in alike if record.busy), None)), why_not_pinned)


def pin(run_id: str, store: RunStore) -> RunRecord:
    """Show this run to every visitor without a link. Raises RunError for a run that is damaged or has no weights."""
    record = store.load(run_id).record
    with disk.writing("The run could not be pinned", store.home):
        disk.replace(store.home / PIN, json.dumps({"run": record.id}).encode())
    return record


def unpin(store: RunStore) -> None:
    """Remove the pin."""
    with disk.writing("The run could not be unpinned", store.home):
        (store.home / PIN).unlink(missing_ok=True)


def _pinned(data: str, store: RunStore) -> tuple[RunRecord | None, str]:
    """The pinned run if it can be shown for this data set; else None, and why not."""
    try:
        content = (store.home / PIN).read_bytes()
    except FileNotFoundError:
        return None, ""
    except OSError as reason:
        return None, f"{PIN} cannot be read ({reason.strerror})"
    try:
        run_id = json.loads(content)["run"]
        if not RUN_ID.fullmatch(run_id):
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        return None, f"{PIN} does not name a run; pin one anew"
    try:
        record = store.record(run_id)
    except RunError as reason:
        return None, str(reason)
    if not record.has_weights:
        return None, f"{record.name} has no model to look at"
    if record.data != data:
        return None, f"{record.name} is of another data set, {record.data_title}"
    return record, ""
