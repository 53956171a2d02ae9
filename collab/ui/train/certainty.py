"""Whether a run's uncertainty is calibrated: the coverage of its intervals, and the probabilities of the rating levels."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

from collab.services.run_record import RunRecord
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette, palette
from collab.ui.widgets.tables import as_table

NOMINAL_COVERAGES = (50, 80, 95)
COVERAGE_TOLERANCE = 0.02
"""A coverage this close to the nominal one meets it: other held-out ratings would move it by about as much."""


def show_certainty(record: RunRecord) -> None:
    """A small chart and two sentences; nothing for a model that predicts no variance."""
    if not record.certainty:
        return
    data = certainty_data(record)
    said = ", ".join(f"{row.interval} hold {row.label}" for row in data.itertuples())
    st.vega_lite_chart(data, certainty_spec(palette()), key="certainty_chart", alt=f"Of the held-out ratings, {said}")
    as_table(
        "certainty_table",
        "What every interval promises and holds",
        lambda: data[["interval", "promised", "held"]],
        {
            "promised": st.column_config.NumberColumn("promised (%)"),
            "held": st.column_config.NumberColumn("held (%)", format="%.1f"),
        },
    )
    st.markdown(certainty_in_words(record))


def certainty_data(record: RunRecord) -> pd.DataFrame:
    """A row per interval: its name, nominal and actual coverage in per cent, and the latter as a label."""
    held = [record.certainty[f"within_{promise}"] for promise in NOMINAL_COVERAGES]
    return pd.DataFrame(
        {
            "interval": [f"{promise} % intervals" for promise in NOMINAL_COVERAGES],
            "promised": NOMINAL_COVERAGES,
            "held": [100 * share for share in held],
            "label": [f"{100 * share:.1f} %" for share in held],
        }
    )


def certainty_spec(palette: Palette) -> dict[str, Any]:
    """A bar for the coverage of every interval, with a line across it at the nominal one."""
    y = {"field": "interval", "type": "nominal", "title": None, "sort": None, "axis": {"ticks": False, "domain": False}}
    scale = {"domain": [0, 118]}
    axis = {"values": [0, 25, 50, 75, 100], "grid": False, "titleColor": palette.muted}
    title = "held-out ratings inside (%)"
    x = {"type": "quantitative", "scale": scale, "axis": axis, "title": title}
    hover = [{"field": "promised", "title": "promised (%)"}, {"field": "held", "title": "held (%)", "format": ".1f"}]
    held, promised = {**x, "field": "held"}, {**x, "field": "promised"}
    tick = {"type": "tick", "color": palette.ink, "thickness": 2, "height": 24}
    text = {"type": "text", "align": "left", "dx": 8, "fontSize": 12, "color": palette.ink}
    return {
        "encoding": {"y": y, "tooltip": hover},
        "layer": [
            {
                "mark": {"type": "bar", "height": 16, "color": palette.predicted, "opacity": 0.6},
                "encoding": {"x": held},
            },
            {"mark": tick, "encoding": {"x": promised}},
            {"mark": text, "encoding": {"x": held, "text": {"field": "label"}}},
        ],
        "height": 170,
    }


def certainty_in_words(record: RunRecord) -> str:
    """What the chart means, and the log loss of the rating levels against the training histogram's."""
    certainty = record.certainty
    held, loss, histogram = certainty["within_80"], certainty["log_loss"], certainty["histogram_log_loss"]
    verdict = (
        "it is as sure as it may be"
        if abs(held - 0.8) <= COVERAGE_TOLERANCE
        else "it is surer than it may be"
        if held < 0.8
        else "it is more careful than it need be"
    )
    share, times = f"{100 * held:.1f}\u00a0%", math.exp(histogram - loss)
    return (
        f"The lines mark what the intervals around the predictions promise. Those that promise 80 % hold **{share}** of the "
        f"held-out ratings: {verdict}. To the rating that was given it gave a chance **{times:.2f} times** as high as its share "
        f"among the training ratings (log loss {formats.loss(loss)} against {formats.loss(histogram)})."
    )
