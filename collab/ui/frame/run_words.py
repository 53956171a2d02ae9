"""Runs in words: what a run is called, how it ended, and how runs differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from collab.errors import CollabError
from collab.models import PRESET_TITLES, family_of
from collab.models.settings import about, to_dict
from collab.services.run_record import RunRecord
from collab.ui.charts import formats

LETTERS = "ABCDEFGH"  # as many as the palette has colours


SURROUNDINGS = {
    "torch": "version of torch",
    "numpy": "version of numpy",
    "scipy": "version of scipy",
    "threads": "number of threads",
    "machine": "kind of machine",
    "processor": "kind of processor",
    "linear_algebra": "library for linear algebra",
}  # on which the last digits of a prediction depend


def differing(records: Sequence[RunRecord]) -> pd.DataFrame:
    """What differs between the runs: one row per setting, one column per run."""
    names: dict[str, list[str]] = {
        "Data": [record.data_title for record in records],
        "Model": [record.model for record in records],
        "Held out": [record.holdout for record in records],
        "Split seed": [str(record.split_seed) for record in records],
        "Items are": [record.items_by for record in records],
    }
    for key in dict.fromkeys(key for record in records for key in record.settings):
        names[_label(key, records)] = [
            setting_words(record.settings[key]) if key in record.settings else formats.MISSING for record in records
        ]
    rows = {label: values for label, values in names.items() if len(set(values)) > 1}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(LETTERS[: len(records)]))


def _label(key: str, records: Sequence[RunRecord]) -> str:
    for record in records:
        try:
            return about(family_of(record.model).settings_type, key).label
        except CollabError:
            continue
    return key


def alike_in_words(records: Sequence[RunRecord]) -> str:
    """For runs with the same settings: whether they predict the same, and if not, the possible cause."""
    said, digests = "All settings are the same", {record.prediction_digest for record in records}
    if "" in digests or any(record.state != "finished" for record in records):
        return f"{said}."
    if len({record.fingerprint for record in records}) > 1:
        return f"{said}, but the data are not: their fingerprints differ."
    if len(digests) == 1:
        return f"{said}, and so are the predictions, byte for byte."
    others = [
        word
        for name, word in SURROUNDINGS.items()
        if len({str(record.environment.get(name)) for record in records}) > 1
    ]
    cause = f": trained with another {' and another '.join(others)}" if others else ""
    return f"{said}, but the predictions are not quite{cause}."


def difference_from_preset(record: RunRecord) -> str:
    """The preset that a run is nearest to, and which settings differ from it: "Fast, but factors 20"."""
    try:
        family = family_of(record.model)
        found: dict[str, list[str]] = {}
        for name, preset in family.presets.items():
            standard = to_dict(preset)
            found[name] = [
                f"{about(family.settings_type, key).label.lower()} {setting_words(value)}"
                for key, value in record.settings.items()
                if key != "seed" and value != standard.get(key)
            ]
    except CollabError:
        return formats.MISSING
    nearest = record.preset if record.preset in found else min(found, key=lambda name: len(found[name]))
    title, differing = PRESET_TITLES.get(nearest, nearest), found[nearest]
    seed = [f"seed {record.settings['seed']}"] if record.settings.get("seed") else []
    return f"{title}, but {', '.join(differing + seed)}" if differing + seed else title


def setting_words(value: Any) -> str:
    """The value of a setting, as a person would write it."""
    if value is None or value is False:
        return "off"
    if value is True:
        return "on"
    if isinstance(value, list | tuple):
        return " to ".join(f"{each:g}" for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


STATE_WORDS = {"queued": "waiting", "running": "training", "stopped": "stopped early"}  # other states keep their names


def describe_run(record: RunRecord) -> str:
    """A run in one line, for a list of runs."""
    state = STATE_WORDS.get(record.state, record.state) if record.state != "finished" else ""
    mse = f"MSE {formats.loss(record.valid['mse'])}" if record.has_weights else ""
    return " · ".join(part for part in (record.name, mse, state) if part)


def run_labels(records: Iterable[RunRecord]) -> dict[str, str]:
    """The label of each run in a box, by id: no two are alike, because the browser sends back the label."""
    labels = {record.id: describe_run(record) for record in records}
    often = Counter(labels.values())
    return {run_id: label if often[label] == 1 else f"{label} · {run_id}" for run_id, label in labels.items()}


def in_words(record: RunRecord) -> str:
    """What the final figures mean, in two sentences of Markdown."""
    mse, biases, mean = (
        record.valid["mse"],
        record.baselines["biases_only"]["mse"],
        record.baselines["global_mean"]["mse"],
    )
    change = (mse - biases) / biases
    against = (
        f"{abs(change):.1%} below what biases alone reach"
        if change < -0.001
        else f"{change:.1%} above what biases alone reach, so its factors do more harm than good"
        if change > 0.001
        else "no better than biases alone"
    )
    if mse >= mean:
        against += "; even the same guess for everybody, the global mean, does better"
    split = f"{formats.plain(record.holdout)}, split seed {record.split_seed}"
    return (
        f"On {formats.count(record.n_valid)} ratings that it never saw ({split}), a prediction is off by "
        f"**{record.valid['mae']:.2f} stars** on average. The squared error of {formats.loss(mse)} is **{against}**; "
        f"the global mean stands at {formats.loss(mean)}."
    )
