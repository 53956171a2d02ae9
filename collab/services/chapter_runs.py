"""The stored runs that repeat the chapter's tables, and plans for the missing ones."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from collab.errors import SettingError
from collab.lessons.chapter import DATA, HOLDOUT, ITEMS_BY, NEAR, SEEDS, Row
from collab.lessons.chapter_summary import Curve, Summary, Untrained, running_mean
from collab.models import build_model, family_of
from collab.models.settings import settings_from
from collab.services.environment import Environment
from collab.services.plans import plan
from collab.services.run_files import TrainedRun
from collab.services.run_record import RunRecord
from collab.services.run_rows import split_of
from collab.services.runs import Progress
from collab.training.metrics import errors


def belongs(record: RunRecord, row: Row) -> bool:
    """Whether a run repeats the row: same model, settings, data and holdout, one of SEEDS for both the model and the split."""
    if (record.model, record.data, record.holdout, record.items_by) != (row.model, DATA, HOLDOUT, ITEMS_BY):
        return False
    try:
        settings = settings_from(family_of(record.model).settings_type, record.settings)
    except SettingError:  # settings of another version
        return False
    return settings.seed in SEEDS and settings == _settings(row, record.split_seed)


def runs_of(row: Row, records: Iterable[RunRecord]) -> list[RunRecord]:
    """The finished runs of a row, one per seed, sorted by seed; of several, the first in `records`, which is the newest."""
    found: dict[int, RunRecord] = {}
    for record in records:
        if record.state == "finished" and record.has_weights and belongs(record, row):
            found.setdefault(record.split_seed, record)
    return [found[seed] for seed in sorted(found)]


def under_way(rows: Sequence[Row], records: Iterable[RunRecord]) -> list[RunRecord]:
    """The runs of these rows that are training (first) or waiting."""
    busy = [record for record in records if record.busy and any(belongs(record, row) for row in rows)]
    return sorted(busy, key=lambda record: record.state != "running")


def plan_missing(rows: Sequence[Row], records: Sequence[RunRecord], *, starter: str = "") -> list[RunRecord]:
    """Plans for the runs that are neither finished nor under way; rows of the same model and preset share them."""
    busy, planned = under_way(rows, records), {}
    for row in rows:
        there = {record.split_seed for record in runs_of(row, records)}
        there |= {record.split_seed for record in busy if belongs(record, row)}
        for seed in SEEDS:
            if seed not in there:
                name = f"chapter · {row.key} · seed {seed}"
                planned.setdefault(
                    (row.model, row.preset, seed),
                    plan(
                        row.model,
                        _settings(row, seed),
                        DATA,
                        HOLDOUT,
                        seed,
                        preset=row.preset,
                        items_by=ITEMS_BY,
                        name=name,
                        starter=starter,
                    ),
                )
    return list(planned.values())


def seconds_for(planned: Iterable[RunRecord], rows: Sequence[Row], records: Sequence[RunRecord]) -> float:
    """Estimated seconds of the planned trainings, one after the other, scaled to this machine by its finished runs."""
    pairs = [(row.about_seconds, run.seconds) for row in rows for run in runs_of(row, records)]
    pace = sum(seconds for _, seconds in pairs) / sum(about for about, _ in pairs) if pairs else 1.0
    about = [next(row.about_seconds for row in rows if belongs(record, row)) for record in planned]
    return pace * sum(about)


def curve_of(progress: Progress) -> Curve:
    """The losses of a finished run after each epoch."""
    record, history, batches = progress.record, progress.history, progress.batches
    ends = [record.n_steps * epoch / record.epochs_done for epoch in history.epoch]
    return Curve(
        record.split_seed,
        running_mean(batches.step.to_numpy(), batches.train_loss.to_numpy(), ends),
        tuple(history.train_loss),
        tuple(history.valid_loss),
        record.seconds / record.epochs_done,
    )


def left_untrained(run: TrainedRun, environment: Environment) -> Untrained | None:
    """The run's final error with zero for every item without a training rating; None if the model is not a dot product.

    Raises RunError if the data set is missing or has changed.
    """
    weights = {name: table.copy() for name, table in run.model.weights().items()}
    if not {"user_factors", "item_factors"} <= weights.keys():
        return None
    split, ratings = split_of(run, environment)
    valid = ratings.take(split.valid)
    untrained = run.items["n_ratings"].to_numpy() == 0  # (n_items,)
    for name in weights.keys() & {"item_factors", "item_biases"}:
        weights[name][untrained] = 0.0
    model = build_model(run.record.model, run.model.settings, len(run.users), len(run.items), run.record.scale)
    model.load(weights)
    mse = errors(model.predict(valid.user_index, valid.item_index), valid.rating).mse
    return Untrained(mse, int(np.count_nonzero(untrained[valid.item_index])))


def summary_of(
    row: Row,
    runs: Sequence[RunRecord],
    curve: Callable[[str], Curve],
    untrained: Callable[[str], Untrained | None],
) -> Summary:
    """A row with its `runs`; `curve` and `untrained` take a run's id, the latter only if the difference exceeds NEAR.

    A run whose history is damaged is skipped.
    """
    curves = [curve(run.id) for run in runs]
    summary = Summary(row, tuple(each for each in curves if len(each.valid) == len(row.printed_valid)))
    if not summary.complete or abs(summary.difference) <= NEAR:
        return summary
    found = [untrained(run.id) for run in runs]
    return dataclasses.replace(summary, untrained=tuple(each for each in found if each is not None))


def mean_baselines(runs: Iterable[RunRecord]) -> dict[str, float]:
    """Mean MSE of "global_mean" and "biases_only" over the splits of the runs; empty if there are no runs."""
    of_split = {run.split_seed: run.baselines for run in runs}
    names = ("global_mean", "biases_only") if of_split else ()
    return {name: statistics.fmean(each[name]["mse"] for each in of_split.values()) for name in names}


def _settings(row: Row, seed: int) -> object:
    return dataclasses.replace(row.settings, seed=seed)
