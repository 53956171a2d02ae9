"""The runs of the store that repeat the chapter's tables, and the plans of those that are missing."""

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
from collab.services.runs import Progress, RunStore
from collab.training.metrics import errors


def belongs(record: RunRecord, row: Row) -> bool:
    """Whether a run repeats the row: model, settings, data and split, and one of the seeds, for the model and for the split."""
    if (record.model, record.data, record.holdout, record.items_by) != (row.model, DATA, HOLDOUT, ITEMS_BY):
        return False
    try:
        settings = settings_from(family_of(record.model).settings_type, record.settings)
    except SettingError:  # another version's
        return False
    return settings.seed in SEEDS and settings == _settings(row, record.split_seed)


def runs_of(row: Row, records: Iterable[RunRecord]) -> list[RunRecord]:
    """The finished runs of a row, one a seed, in the order of the seeds; of several the first of `records`, the newest."""
    found: dict[int, RunRecord] = {}
    for record in records:
        if record.state == "finished" and record.has_weights and belongs(record, row):
            found.setdefault(record.split_seed, record)
    return [found[seed] for seed in sorted(found)]


def under_way(rows: Sequence[Row], records: Iterable[RunRecord]) -> list[RunRecord]:
    """The runs of the rows that train (first) or wait."""
    busy = [record for record in records if record.busy and any(belongs(record, row) for row in rows)]
    return sorted(busy, key=lambda record: record.state != "running")


def plan_missing(rows: Sequence[Row], records: Sequence[RunRecord], *, starter: str = "") -> list[RunRecord]:
    """The runs that are neither finished nor under way; rows of the same model and preset share theirs."""
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
    """About how long the planned trainings take, one after the other, on this machine, as far as its finished runs tell."""
    pairs = [(row.about_seconds, run.seconds) for row in rows for run in runs_of(row, records)]
    pace = sum(seconds for _, seconds in pairs) / sum(about for about, _ in pairs) if pairs else 1.0
    about = [next(row.about_seconds for row in rows if belongs(record, row)) for record in planned]
    return pace * sum(about)


def curve_of(progress: Progress) -> Curve:
    """What a finished run says after each epoch."""
    record, history, batches = progress.record, progress.history, progress.batches
    ends = [record.n_steps * epoch / record.epochs_done for epoch in history.epoch]
    return Curve(
        record.split_seed,
        running_mean(batches.step.to_numpy(), batches.train_loss.to_numpy(), ends),
        tuple(history.train_loss),
        tuple(history.valid_loss),
        record.seconds / record.epochs_done,
    )


def left_untrained(run: TrainedRun, store: RunStore, environment: Environment) -> Untrained | None:
    """The run's final error with zero for every film that has no training rating; None for a model that is no dot product.

    Raises RunError where the data set is not at hand as it was.
    """
    weights = {name: table.copy() for name, table in run.model.weights().items()}
    if not {"user_factors", "item_factors"} <= weights.keys():
        return None
    split, ratings = split_of(run, store, environment)
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
    """A row with our `runs_of` it; `curve` and `untrained` answer for a run's id, the latter only where the row is not near.

    A run whose history is damaged does not count.
    """
    curves = [curve(run.id) for run in runs]
    summary = Summary(row, tuple(each for each in curves if len(each.valid) == len(row.printed_valid)))
    if not summary.complete or abs(summary.difference) <= NEAR:
        return summary
    found = [untrained(run.id) for run in runs]
    return dataclasses.replace(summary, untrained=tuple(each for each in found if each is not None))


def mean_baselines(runs: Iterable[RunRecord]) -> dict[str, float]:
    """MSE of "global_mean" and "biases_only", the mean over the splits of the runs; empty where there is none."""
    of_split = {run.split_seed: run.baselines for run in runs}
    names = ("global_mean", "biases_only") if of_split else ()
    return {name: statistics.fmean(each[name]["mse"] for each in of_split.values()) for name in names}


def _settings(row: Row, seed: int) -> object:
    return dataclasses.replace(row.settings, seed=seed)
