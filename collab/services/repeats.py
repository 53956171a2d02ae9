"""Repeats of a run with other seeds, and the comparison of two runs on the same held-out rows."""

from __future__ import annotations

import dataclasses
import itertools
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from collab.data.splitting import SEALED, sealed_share, with_sealed
from collab.errors import CollabError, RunError
from collab.models import family_of
from collab.models.settings import settings_from
from collab.services.environment import Environment
from collab.services.plans import plan_again
from collab.services.run_files import TrainedRun
from collab.services.run_record import LONGEST_NAME, RunRecord
from collab.services.run_rows import load_encoded, split_of
from collab.services.runs import RunStore
from collab.training.comparison import Comparison, compare

N_REPEATS = 5


@dataclass(frozen=True)
class Spread:
    """MSE of the finished repeats of a run: how many, their mean, and their standard deviation (nan for a single one)."""

    n_runs: int
    mean: float
    deviation: float
    n_busy: int


def same_but_seed(record: RunRecord, known: Iterable[RunRecord]) -> list[RunRecord]:
    """The runs in `known` that differ from `record` only in the model's seed, one per seed, sorted by seed.

    Model, settings, data, held-out and sealed rows, and items are the same. Runs that wait or train count; those that ended in
    any state but finished do not, nor does the seed of `record`. Of several with one seed, the first in `known` that has ended
    is taken.
    """
    by_seed = {}
    for each in sorted(known, key=lambda each: each.busy):
        whole = each.busy or (each.state == "finished" and each.has_weights and each.fingerprint == record.fingerprint)
        if whole and _equal_except_seed(record, each):
            by_seed.setdefault(each.settings.get("seed"), each)
    by_seed.pop(record.settings.get("seed"), None)
    return [by_seed[seed] for seed in sorted(by_seed)]


def differ_only_in_seed(first: RunRecord, second: RunRecord) -> bool:
    """Whether two runs have finished on the same data set, and their settings and rows differ only in the model's seed."""
    return first.state == second.state == "finished" and bool(same_but_seed(first, [second]))


def why_not_repeated(record: RunRecord, environment: Environment) -> str:
    """Why `record` cannot be repeated now with another seed; "" if it can."""
    if record.state != "finished":
        return "it ended before its training was over"
    if not family_of(record.model).by_chance:
        return "its model draws nothing by chance, so every seed gives the same"
    try:
        dataset, _ = load_encoded(record.data, environment, record.items_by)
    except CollabError:
        return "its data set cannot be read now"
    return "" if dataset.fingerprint == record.fingerprint else "its data set has changed since"


def _equal_except_seed(first: RunRecord, second: RunRecord) -> bool:
    # a repeat names the row list in its origin's folder, the origin a file from elsewhere
    same_rows = first.holdout == second.holdout or (first.group or first.id) == (second.group or second.id)
    return same_rows and _all_but_seed_and_rows(first) == _all_but_seed_and_rows(second)


def _all_but_seed_and_rows(record: RunRecord) -> tuple:
    settings = {name: value for name, value in record.settings.items() if name != "seed"}
    return record.model, settings, record.data, record.split_seed, record.items_by


def plan_repeats(
    record: RunRecord, known: Iterable[RunRecord], *, starter: str = "", n: int = N_REPEATS
) -> list[RunRecord]:
    """Plans of `n` runs like `record` on the same split, with the lowest seeds that no such run in `known` has used.

    Raises RunError for a model that draws nothing by chance: every repeat would be the same.
    """
    family = family_of(record.model)
    if not family.by_chance:
        raise RunError(f"{record.model} draws nothing by chance: every repeat would give the same")
    settings = settings_from(family.settings_type, record.settings)
    group, known = record.group or record.id, list(known)
    used = {each.settings.get("seed") for each in known if group in (each.group, each.id)}
    used |= {each.settings.get("seed") for each in same_but_seed(record, known)}
    seeds = itertools.islice((seed for seed in itertools.count() if seed not in used), n)
    name = record.name.split(" · seed ")[0]
    repeats = (
        plan_again(
            record,
            dataclasses.replace(settings, seed=seed),
            name=f"{name[: LONGEST_NAME - 20]} · seed {seed}",
            starter=starter,
        )
        for seed in seeds
    )
    return [dataclasses.replace(each, group=group) for each in repeats]


def with_own_rows(record: RunRecord, store: RunStore) -> RunRecord:
    """`record`; if a file named its held-out rows, by the run's own list instead: the file may be gone or changed."""
    if not record.holdout.startswith("rows:"):
        return record
    share, rows = sealed_share(record.holdout)[1], f"rows:{store.folder / record.id / 'valid_rows.csv'}"
    return dataclasses.replace(record, holdout=with_sealed(rows, share) if share else rows)


def spread_of(group: str, known: Iterable[RunRecord]) -> Spread | None:
    """The spread of the repeats of the run `group`; None if there are none. The run itself does not count: it was chosen."""
    repeats = [record for record in known if group and record.group == group]
    mse = [record.valid["mse"] for record in repeats if record.state == "finished" and record.has_weights]
    n_busy = sum(record.busy for record in repeats)
    if not mse:
        return Spread(0, float("nan"), float("nan"), n_busy) if n_busy else None
    return Spread(len(mse), statistics.fmean(mse), statistics.stdev(mse) if len(mse) > 1 else float("nan"), n_busy)


def why_not_paired(first: RunRecord, second: RunRecord) -> str:
    """Why the two runs were not measured on the same rows; "" if they were, as far as the records tell."""
    if not (first.has_weights and second.has_weights):
        return "one of them has no weights"
    if first.data != second.data or first.fingerprint != second.fingerprint:
        return "they were trained on different data"
    drawn, named = (all(run.holdout.startswith(kind) for run in (first, second)) for kind in ("random:", "rows:"))
    forms = {run.holdout.partition(SEALED)[0] for run in (first, second)}  # sealed rows come from the training rows
    if (len(forms) > 1 and not named) or first.n_valid != second.n_valid:  # a file may have any name
        return "they hold out different rows"
    if drawn and first.split_seed != second.split_seed:
        return f"their rows were held out with different split seeds ({first.split_seed} and {second.split_seed})"
    return ""


def compare_runs(first: TrainedRun, second: TrainedRun, environment: Environment) -> Comparison:
    """The paired comparison of two runs on their common held-out rows.

    Raises RunError if those rows differ, or the data set is missing or has changed.
    """
    if reason := why_not_paired(first.record, second.record):
        raise RunError(f"the two runs cannot be compared row by row: {reason}")
    (rows, errors, users), (other_rows, other_errors, _) = (_errors_of(run, environment) for run in (first, second))
    if not np.array_equal(rows, other_rows):
        raise RunError("the two runs cannot be compared row by row: they hold out different rows")
    return compare(errors, other_errors, users)


def _errors_of(run: TrainedRun, environment: Environment) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The held-out row numbers, ascending, with the run's squared errors and the users who rated them."""
    split, ratings = split_of(run, environment)
    rows = np.sort(split.valid)
    valid = ratings.take(rows)
    predicted = run.model.predict(valid.user_index, valid.item_index)
    return rows, (predicted.astype(np.float64) - valid.rating) ** 2, valid.user_index
