"""Runs side by side: curves, final figures, settings that differ, and two of them compared row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from collab.errors import CollabError
from collab.services.repeats import why_not_paired
from collab.services.run_record import RunRecord
from collab.services.runs import Progress
from collab.training.comparison import BETTER, NOT_TOLD_APART, Comparison
from collab.training.metrics import METRICS
from collab.ui.charts import formats
from collab.ui.charts.curves import Curve, Frame, curves_data, curves_spec, with_labels
from collab.ui.charts.losses import BIASES, TRAIN, VALID, epoch_words
from collab.ui.charts.palette import Palette, palette
from collab.ui.frame import cached
from collab.ui.frame.run_words import LETTERS, alike_in_words, differing
from collab.ui.widgets.tables import as_table, show_table

HEIGHT, ROOM = 330, "78"  # pixels of the picture, and of "A 0.8312" beside it


def compare_view(progresses: Sequence[Progress]) -> None:
    """Draw up to eight runs in one picture, with their figures and, for several, how they differ."""
    colours, records = palette(), [progress.record for progress in progresses]
    word = epoch_words(records)
    chart, figures = st.columns([1.15, 1], gap="medium")
    curves = [
        Curve(progress, letter, f"{letter} {{}}", colour)
        for letter, progress, colour in zip(LETTERS, progresses, colours.categorical, strict=False)
    ]
    data = curves_data(curves, TRAIN, VALID)
    if data.empty:
        chart.info(f"There is no curve: no {word} was completed.", icon=":material/info:")
    else:
        frame = _frame(data, records)
        labelled, spec = with_labels(data, curves, frame, HEIGHT), curves_spec(curves, frame, colours, HEIGHT)
        chart.vega_lite_chart(labelled, spec, key="curves", alt=_in_words(records))
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
    ends = (
        f"{letter} {formats.loss(record.valid.get('mse'))}" for letter, record in zip(LETTERS, records, strict=False)
    )
    return f"Loss by {epoch_words(records)} of {formats.counted(len(records), 'run')}; held out at the end: {', '.join(ends)}"


# --- curves ----------------------------------------------------------------------------------------------------------------


def curves_table(data: pd.DataFrame) -> pd.DataFrame:
    """`curves_data` with a row per run and epoch: run, epoch, both losses, and the run's name."""
    wide = data.pivot(index=["run", "name", "epoch"], columns="kind", values="loss").round(4)
    wide = wide.reindex(columns=[TRAIN, VALID]).set_axis(["training (MSE)", "held out (MSE)"], axis="columns")
    return wide.reset_index()[["run", "epoch", *wide.columns, "name"]]


def _frame(data: pd.DataFrame, records: Sequence[RunRecord]) -> Frame:
    """Axes that hold every curve, except a start far above the others; the biases-only baseline only if all runs share it."""
    baselines = {round(each.baselines.get("biases_only", {}).get("mse", math.nan), 6) for each in records}
    baseline = baselines.pop() if len(baselines) == 1 else math.nan
    shared = {BIASES: baseline} if math.isfinite(baseline) else {}
    lowest_valid, known = data.loss[data.kind == VALID].min(), shared.values()
    highest = max([min([data.loss.max(), 1.5 * lowest_valid, *(1.6 * each for each in known)]), *known])
    lowest = min([data.loss.min(), *known])
    margin = 0.06 * max(highest - lowest, 0.01)
    return Frame(lowest - margin, highest + margin, int(data.epoch.max()), ROOM, shared)


# --- tables ----------------------------------------------------------------------------------------------------------------


def _figures(records: Sequence[RunRecord], colours: Palette) -> None:
    """Final errors, a row per run, with its letter in its colour."""
    called = " or ".join(f"{word}s" for word in epoch_words(records).split(" or "))
    rows = [
        {
            "run": letter,
            "name": record.name,
            **{key: record.valid.get(key) for key in METRICS},
            "epochs": record.epochs_done,
            "time": formats.duration(record.seconds or None),
        }
        for letter, record in zip(LETTERS, records, strict=False)
    ]
    frame = pd.DataFrame(rows).astype(dict.fromkeys(METRICS, "float64"))
    inks = dict(zip(LETTERS, colours.categorical, strict=True))
    styled = frame.style.map(lambda letter: f"color: {inks[letter]}; font-weight: 700", subset=["run"])
    show_table(
        styled,
        alt="Final figures of the runs",
        key="figures",
        column_config={
            "run": st.column_config.TextColumn("", width=28),
            "name": st.column_config.TextColumn("Name", width=130),
            **{
                key: st.column_config.NumberColumn(
                    metric.title, format="%.4f", width=60 if len(metric.title) < 6 else None
                )
                for key, metric in METRICS.items()
            },
            "epochs": st.column_config.NumberColumn(called.capitalize(), width=56 if " " not in called else 110),
            "time": st.column_config.TextColumn("Time", width=54),
        },
    )


def _settings(records: Sequence[RunRecord]) -> None:
    frame = differing(records)
    if frame.empty:
        st.caption(alike_in_words(records))
        return
    st.markdown("**Settings that differ**")
    show_table(frame.reset_index(names="Setting"), alt="Settings that differ", key="differing")


# --- two runs --------------------------------------------------------------------------------------------------------------


def _paired(first: RunRecord, second: RunRecord) -> None:
    if reason := why_not_paired(first, second):
        st.warning(
            f"Not compared row by row: {formats.plain(reason)}. A lower loss does not make the better model here.",
            icon=":material/warning:",
        )
        return
    try:
        found = cached.comparison(first.id, second.id)
    except CollabError as reason:
        st.warning(f"Not compared row by row: {formats.plain(str(reason))}.", icon=":material/warning:")
        return
    icon = ":material/balance:" if found.verdict == NOT_TOLD_APART else ":material/done_all:"
    st.info(paired_in_words(found), icon=icon)
    st.caption(
        "The difference of the squared errors on each held-out row; its interval draws whole people anew 2,000 times, as one "
        "person’s ratings err together. It does not cover another training seed: repeat a run with 5 seeds for that."
    )


def paired_in_words(found: Comparison) -> str:
    """The comparison of A with B in words, with its figures."""
    if not math.isfinite(found.low):
        return "**A and B are not told apart:** all held-out ratings are one person’s, which says nothing of others."
    interval = f"{formats.signed(found.low, 4)} to {formats.signed(found.high, 4)}"
    on = f"On the same {formats.count(found.n_rows)} held-out ratings of {formats.count(found.n_users)} people"
    figures = f"A’s MSE minus B’s is {formats.signed(found.difference, 4)} (95 % interval {interval})"
    if found.verdict == NOT_TOLD_APART:
        return f"**A and B are not told apart.** {on}, {figures}, which includes zero."
    return f"**A is {'better' if found.verdict == BETTER else 'worse'} than B.** {on}, {figures}."
