"""The learning-rate range test of the settings on the sliders, with its curve, and a button that applies its rate."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from collab.models import Family, build_model
from collab.models.settings import to_dict
from collab.services.measures import tested_rates
from collab.training.range_test import GradientModel, RangeTest
from collab.ui.charts import formats
from collab.ui.charts.losses import DASHED, chart, loss_axis, once, where, x_axis
from collab.ui.charts.palette import Palette, palette
from collab.ui.frame.watch import result_of
from collab.ui.train.settings_form import take_over
from collab.ui.widgets.tables import as_table

BATCH, SMOOTH = "batch", "smoothed"


def find_rate(family: Family, settings: Any, data: str, holdout: str, split_seed: int) -> None:
    """The popover with the test; nothing for a model without a learning rate."""
    if not hasattr(settings, "learning_rate") or not isinstance(
        build_model(family.name, settings, 2, 2), GradientModel
    ):
        return
    # neither the rate on the slider nor the number of epochs changes the test
    tested = dataclasses.replace(settings, learning_rate=family.presets[next(iter(family.presets))].learning_rate)
    if hasattr(settings, "epochs"):
        tested = dataclasses.replace(tested, epochs=1)
    key = (family.name, tested, data, holdout, split_seed)
    with st.popover(
        "Find a learning rate",
        key="find_rate",
        icon=":material/speed:",
        width="stretch",
        help="Tries ever larger steps on a copy of the model and shows where the loss falls.",
    ):
        st.markdown("**Learning-rate range test**")
        if st.session_state.get("_train_rate_test") != key:
            st.caption(
                "A fresh model takes up to 200 batches while its rate grows from 0.00001 to 1. The loss falls, and then runs "
                "away; a good peak rate lies well before that."
            )
            st.button("Run the test", key="test_rate", type="primary", on_click=_remember, args=(key,))
            return
        request = {
            "model": family.name,
            "settings": to_dict(tested),
            "data": data,
            "holdout": holdout,
            "split_seed": split_seed,
        }
        found = result_of("range test", request, "Testing learning rates", key="range_test", read=tested_rates)
        if found is None:
            return
        st.vega_lite_chart(
            _data(found), rate_spec(found, palette()), key="rate_test", alt="Loss of a batch against the learning rate"
        )
        as_table(
            "rate_test_table",
            "Loss at every learning rate tried",
            lambda: pd.DataFrame({"rate": found.rates, "loss": found.losses, "smoothed": found.smoothed}),
            {
                "rate": st.column_config.NumberColumn("learning rate", format="%.6f"),
                "loss": st.column_config.NumberColumn("loss of the batch", format="%.4f"),
                "smoothed": st.column_config.NumberColumn(format="%.4f"),
            },
            fold=st.expander,
        )
        if found.suggested is None:
            st.warning(
                "The loss never fell, so there is no rate to suggest. Switch the rating range on, or take larger batches."
            )
            return
        st.caption(
            f"Suggested: **{formats.rate(found.suggested)}**, a tenth of the rate at which the smoothed loss is lowest "
            f"({formats.rate(_lowest(found))}). It is a first guess, good to a factor of three or four."
        )
        rate = min(max(found.suggested, 1e-5), 1.0)
        st.button(
            f"Use {formats.rate(rate)}" if rate != settings.learning_rate else f"{formats.rate(rate)} is in use",
            key="use_rate",
            type="primary",
            disabled=rate == settings.learning_rate,
            on_click=take_over,
            args=(dataclasses.replace(settings, learning_rate=rate),),
            help="Puts the slider of the peak learning rate there.",
        )


def _remember(key: tuple) -> None:
    st.session_state["_train_rate_test"] = key


def _lowest(found: RangeTest) -> float:
    return float(found.rates[int(np.argmin(found.smoothed))])


def _data(found: RangeTest) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"kind": kind, "rate": found.rates, "loss": losses})
        for kind, losses in ((BATCH, found.losses), (SMOOTH, found.smoothed))
    ]
    return pd.concat(parts, ignore_index=True)


def rate_spec(found: RangeTest, palette: Palette) -> dict[str, Any]:
    """Loss over the rate (log): single batches thin, smoothed thick, the suggestion as a rule with its name."""
    low, high = float(found.smoothed.min()), float(found.smoothed.max())
    ticks = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1]
    x = x_axis("rate", "learning rate", [1e-5, 1], palette, values=ticks, format="~g")
    x["scale"]["type"] = "log"
    y = loss_axis("loss of a batch (stars²)", [0.9 * low, 1.08 * high], palette, tickCount=5)
    hover = [
        {"field": "rate", "format": ".2~e", "title": "rate"},
        {"field": "loss", "format": ".4f", "title": "MSE"},
        {"field": "kind", "title": "loss"},
    ]

    def curve(kind: str, **mark: Any) -> dict[str, Any]:
        line = {"type": "line", "clip": True, "color": palette.train, **mark}
        return where(f"datum.kind === '{kind}'", line, x=x, y=y, tooltip=hover)

    layers = [curve(BATCH, strokeWidth=1, opacity=0.35), curve(SMOOTH, strokeWidth=2.6)]
    if found.suggested is not None:
        at = {"datum": found.suggested, "type": "quantitative", "scale": x["scale"]}
        name = {"type": "text", "align": "right", "dx": -6, "fontSize": 13, "fontWeight": 600, "color": palette.accent}
        said = {"value": f"suggested {formats.rate(found.suggested)}"}
        layers += [once({**DASHED, "color": palette.accent}, x=at), once(name, x=at, y={"value": 12}, text=said)]
    return chart(layers, 240, palette, synthetic=False)
