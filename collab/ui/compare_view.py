"""Runs beside each other: curves, final figures, settings that differ, and two of them compared row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from collab.comparison import BETTER, NOT_TOLD_APART, Comparison
from collab.errors import CollabError
from collab.models import family_of
from collab.services.repeats import why_not_paired
from collab.services.runs import Progress, RunRecord
from collab.settings import about
from collab.ui import cached, words
from collab.ui.as_table import as_table
from collab.ui.loss_chart import TRAIN, VALID, epoch_words
from collab.ui.runs_table import setting_words
from collab.ui.theme import Palette, palette

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
LABEL_HEIGHT = 17  # pixels of a line of a label


def compare_view(progresses: Sequence[Progress]) -> None:
    """Draw up to eight runs on one picture, with their figures and, for several, what tells them apart."""
    colours, records = palette(), [progress.record for progress in progresses]
    word = epoch_words(records)
    chart, figures = st.columns([1.15, 1], gap="medium")
    data = curves_data(progresses)
    if data.empty:
        chart.info(f"There is no curve: no {word} was completed.", icon=":material/info:")
    else:
        chart.vega_lite_chart(data, curves_spec(progresses, data, colours), key="curves", alt=_in_words(records))
        chart.caption(f"Thick: held-out rows. Thin: training rows. Both have one figure for each {word}.")
        with chart:
            as_table("curves_table", f"Losses by run and {word}", lambda: curves_table(data))
    with figures:
        _figures(records, colours)
        if len(records) > 1:
            _settings(records)
    if len(records) == 2:
        _paired(*records)
    elif len(records) > 1 and any(why_not_paired(records[0], each) for each in records[1:]):
        st.warning(
            "These runs were not all measured on the same held-out rows: a lower loss does not make the better model.",
            icon=":material/warning:",
        )


def _in_words(records: Sequence[RunRecord]) -> str:
    ends = (f"{letter} {words.loss(record.valid.get('mse'))}" for letter, record in zip(LETTERS, records, strict=False))
    return f"Loss by {epoch_words(records)} of {words.counted(len(records), 'run')}; held out at the end: {', '.join(ends)}"


# --- curves ----------------------------------------------------------------------------------------------------------------


def curves_data(progresses: Sequence[Progress]) -> pd.DataFrame:
    """Long table run (a letter), kind, epoch, loss, name of the losses by epoch; losses that are no number are left out."""
    parts = [
        pd.DataFrame(
            {
                "run": letter,
                "kind": kind,
                "epoch": progress.history.epoch,
                "loss": progress.history[column],
                "name": progress.record.name,
            }
        )
        for letter, progress in zip(LETTERS, progresses, strict=False)
        for kind, column in ((TRAIN, "train_loss"), (VALID, "valid_loss"))
        if len(progress.history)
    ]
    if not parts:
        return pd.DataFrame(columns=["run", "kind", "epoch", "loss", "name"])
    data = pd.concat(parts, ignore_index=True)
    return data[data.loss.map(math.isfinite)]


def curves_table(data: pd.DataFrame) -> pd.DataFrame:
    """`curves_data` a row a run and epoch: run, epoch, both losses, and the run's name."""
    wide = data.pivot(index=["run", "name", "epoch"], columns="kind", values="loss").round(4)
    wide = wide.reindex(columns=[TRAIN, VALID]).set_axis(["training (MSE)", "held out (MSE)"], axis="columns")
    return wide.reset_index()[["run", "epoch", *wide.columns, "name"]]


def spread_out(places: Sequence[float], gap: float) -> list[float]:
    """The nearest places to the given ones, in the same order, that lie at least `gap` apart; none moves without need."""
    blocks: list[list[Any]] = []  # [sum of wished starts, n, members]: neighbours that touch move together
    for member in sorted(range(len(places)), key=lambda index: places[index]):
        blocks.append([places[member], 1, [member]])
        while len(blocks) > 1 and _start(blocks[-2]) + blocks[-2][1] * gap > _start(blocks[-1]):
            total, count, members = blocks.pop()
            blocks[-1][0] += total - count * blocks[-1][1] * gap
            blocks[-1][1] += count
            blocks[-1][2] += members
    found = [0.0] * len(places)
    for block in blocks:
        for place, member in enumerate(block[2]):
            found[member] = _start(block) + place * gap
    return found


def _start(block: list[Any]) -> float:
    """Where a block of labels begins: the mean of where its members wish it to begin."""
    return block[0] / block[1]


def curves_spec(
    progresses: Sequence[Progress], data: pd.DataFrame, palette: Palette, height: int = 330
) -> dict[str, Any]:
    """Losses over epochs, a colour a run with its letter and final loss at the end; biases only where all runs share it."""
    records = [progress.record for progress in progresses]
    word = epoch_words(records)
    baselines = {round(each.baselines.get("biases_only", {}).get("mse", math.nan), 6) for each in records}
    baseline = baselines.pop() if len(baselines) == 1 else math.nan
    valid = data[data.kind == VALID]
    known = [baseline] if math.isfinite(baseline) else []
    highest = max([min([data.loss.max(), 1.5 * valid.loss.min(), *(1.6 * each for each in known)]), *known])
    lowest = min([data.loss.min(), *known])
    margin = 0.06 * max(highest - lowest, 0.01)
    low, high = lowest - margin, highest + margin
    ends = valid.groupby("run").tail(1)
    gap = LABEL_HEIGHT * (high - low) / (height - 45)
    labels = pd.DataFrame(
        {
            "run": ends.run,
            "epoch": ends.epoch,
            "loss": ends.loss,
            "place": spread_out([min(loss, high) for loss in ends.loss], gap),
            "label": [f"{run} {words.loss(loss)}" for run, loss in zip(ends.run, ends.loss, strict=True)],
        }
    )
    last = float(data.epoch.max())
    x = {
        "field": "epoch",
        "type": "quantitative",
        "scale": {"domain": [1, last] if last > 1 else [0.5, 1.5], "nice": False},
        "title": word,
        "axis": {"grid": False, "tickMinStep": 1, "format": "d", "titleColor": palette.muted},
    }
    y = {
        "field": "loss",
        "type": "quantitative",
        "scale": {"domain": [low, high], "zero": False, "nice": False},
        "title": "mean squared error (stars²)",
        "axis": {"gridColor": palette.grid, "titleColor": palette.muted},
    }
    shown = LETTERS[: len(records)]
    colour = {
        "field": "run",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(shown), "range": list(palette.categorical[: len(shown)])},
    }
    hover = [
        {"field": "run"},
        {"field": "name"},
        {"field": "kind", "title": "loss"},
        {"field": "epoch", "title": word},
        {"field": "loss", "title": "MSE", "format": ".4f"},
    ]

    def curve(kind: str, **mark: Any) -> dict[str, Any]:
        return {
            "transform": [{"filter": f"datum.kind === '{kind}'"}],
            "mark": {"type": "line", "clip": True, **mark},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": hover},
        }

    layers = [
        curve(TRAIN, strokeWidth=1.2, opacity=0.7),
        curve(VALID, strokeWidth=2.6, point={"size": 50, "filled": True}),
        {
            "data": {"values": labels.to_dict("records")},
            "mark": {"type": "text", "align": "left", "dx": 9, "fontSize": 13, "fontWeight": 600},
            "encoding": {"x": x, "y": {**y, "field": "place"}, "color": colour, "text": {"field": "label"}},
        },
    ]
    if known:
        once = {"values": [{}]}  # drawn once, not once a row of the data
        at = {"y": {"datum": baseline, "type": "quantitative", "scale": y["scale"]}}
        text = {"align": "right", "dx": -4, "dy": -9, "fontSize": 12}
        rim = {"stroke": palette.paper, "strokeWidth": 5, "strokeJoin": "round"}
        name = {**at, "x": {"value": "width"}, "text": {"value": f"biases only {words.loss(baseline)}"}}
        layers[:0] = [
            {
                "data": once,
                "mark": {"type": "rule", "strokeDash": [5, 4], "color": palette.muted, "strokeWidth": 1.5},
                "encoding": at,
            },
        ]
        layers += [
            {"data": once, "mark": {"type": "text", **text, **rim, "color": palette.paper}, "encoding": name},
            {"data": once, "mark": {"type": "text", **text, "color": palette.muted}, "encoding": name},
        ]
    spec = {"layer": layers, "height": height}
    if any(record.synthetic for record in records):
        spec["title"] = {
            "text": "synthetic ratings",
            "anchor": "end",
            "fontSize": 11,
            "fontWeight": "normal",
            "color": palette.muted,
        }
    return spec


# --- tables ----------------------------------------------------------------------------------------------------------------


def _figures(records: Sequence[RunRecord], colours: Palette) -> None:
    """Final errors, a row a run, its letter in its colour."""
    called = " or ".join(f"{word}s" for word in epoch_words(records).split(" or "))
    rows = [
        {
            "run": letter,
            "name": record.name,
            "mse": record.valid.get("mse"),
            "rmse": record.valid.get("rmse"),
            "mae": record.valid.get("mae"),
            "epochs": record.epochs_done,
            "time": words.duration(record.seconds or None),
        }
        for letter, record in zip(LETTERS, records, strict=False)
    ]
    frame = pd.DataFrame(rows).astype({"mse": "float64", "rmse": "float64", "mae": "float64"})
    inks = dict(zip(LETTERS, colours.categorical, strict=True))
    styled = frame.style.map(lambda letter: f"color: {inks[letter]}; font-weight: 700", subset=["run"])
    st.dataframe(
        styled,
        hide_index=True,
        placeholder=words.MISSING,
        alt="Final figures of the runs",
        key="figures",
        column_config={
            "run": st.column_config.TextColumn("", width=28),
            "name": st.column_config.TextColumn("Name", width=130),
            "mse": st.column_config.NumberColumn("MSE", format="%.4f", width=60),
            "rmse": st.column_config.NumberColumn("RMSE", format="%.4f", width=60),
            "mae": st.column_config.NumberColumn("MAE", format="%.4f", width=60),
            "epochs": st.column_config.NumberColumn(called.capitalize(), width=56 if " " not in called else 110),
            "time": st.column_config.TextColumn("Time", width=54),
        },
    )


def differing(records: Sequence[RunRecord]) -> pd.DataFrame:
    """What the runs do not have in common: a row a setting, a column a run."""
    names: dict[str, list[str]] = {
        "Data": [record.data_title for record in records],
        "Model": [record.model for record in records],
        "Held out": [record.holdout for record in records],
        "Split seed": [str(record.split_seed) for record in records],
        "Items are": [record.items_by for record in records],
    }
    for key in dict.fromkeys(key for record in records for key in record.settings):
        names[_label(key, records)] = [
            setting_words(record.settings[key]) if key in record.settings else words.MISSING for record in records
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


def _settings(records: Sequence[RunRecord]) -> None:
    frame = differing(records)
    if frame.empty:
        st.caption(alike_in_words(records))
        return
    st.markdown("**Settings that differ**")
    st.dataframe(frame.reset_index(names="Setting"), hide_index=True, alt="Settings that differ", key="differing")


def alike_in_words(records: Sequence[RunRecord]) -> str:
    """For runs with the same settings: whether they predict the same, and if not, what may be the cause."""
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


# --- two runs --------------------------------------------------------------------------------------------------------------


def _paired(first: RunRecord, second: RunRecord) -> None:
    if reason := why_not_paired(first, second):
        st.warning(
            f"Not compared row by row: {reason}. A lower loss does not make the better model here.",
            icon=":material/warning:",
        )
        return
    try:
        found = cached.comparison(first.id, second.id)
    except CollabError as reason:
        st.warning(f"Not compared row by row: {words.plain(str(reason))}.", icon=":material/warning:")
        return
    icon = ":material/balance:" if found.verdict == NOT_TOLD_APART else ":material/done_all:"
    st.info(paired_in_words(found), icon=icon)
    st.caption(
        "The difference of the squared errors on each held-out row; its interval draws whole people anew 2,000 times, as one "
        "person’s ratings err together. It does not cover another training seed: repeat a run with 5 seeds for that."
    )


def paired_in_words(found: Comparison) -> str:
    """The comparison of A with B in one sentence with its figures."""
    if not math.isfinite(found.low):
        return "**A and B are not told apart:** all held-out ratings are one person’s, which says nothing of others."
    interval = f"{words.signed(found.low, 4)} to {words.signed(found.high, 4)}"
    on = f"On the same {words.count(found.n_rows)} held-out ratings of {words.count(found.n_users)} people"
    figures = f"A’s MSE minus B’s is {words.signed(found.difference, 4)} (95 % interval {interval})"
    if found.verdict == NOT_TOLD_APART:
        return f"**A and B are not told apart.** {on}, {figures}, which includes zero."
    return f"**A is {'better' if found.verdict == BETTER else 'worse'} than B.** {on}, {figures}."
