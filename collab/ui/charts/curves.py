"""Several runs in one chart: losses by epoch, with the name and last loss of each in a column at the right (Vega-Lite)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression

from collab.services.runs import Progress
from collab.ui.charts import formats
from collab.ui.charts.losses import (
    MSE,
    TRAIN,
    VALID,
    baseline_layers,
    chart,
    epoch_words,
    loss_axis,
    on_paper,
    once,
    where,
    x_axis,
)
from collab.ui.charts.palette import Palette

LABEL_HEIGHT = 17  # pixels of a line of a label
COLUMNS = ["line", "run", "name", "kind", "epoch", "loss", "colour", "thick", "label", "place"]


@dataclass(frozen=True)
class Curve:
    """A run in the chart: its name there, the label at its end, with {} for its last loss, and how it is drawn."""

    progress: Progress
    run: str
    label: str
    colour: str
    thick: bool = True


@dataclass(frozen=True)
class Frame:
    """The axes, losses from `low` to `high` and epochs up to `last`, and what stays fixed with them."""

    low: float
    high: float
    last: int
    room: str  # pixels kept for the names at the right, as a Vega expression
    baselines: Mapping[str, float]


def curves_data(curves: Sequence[Curve], *kinds: str) -> pd.DataFrame:
    """Long table of the losses of these `kinds` by epoch, the curves in the given order, without `label` and `place`.

    Losses that are not finite are left out. `thick` marks the held-out losses of thick curves.
    """
    columns = {TRAIN: "train_loss", VALID: "valid_loss"}
    rows = [
        (line, curve.run, curve.progress.record.name, kind, epoch, loss, curve.colour, curve.thick and kind == VALID)
        for line, curve in enumerate(curves)
        for kind in kinds
        for epoch, loss in zip(curve.progress.history.epoch, curve.progress.history[columns[kind]], strict=True)
        if math.isfinite(loss)
    ]
    return pd.DataFrame(rows, columns=COLUMNS[:-2])


def with_labels(data: pd.DataFrame, curves: Sequence[Curve], frame: Frame, height: int) -> pd.DataFrame:
    """`curves_data` with a `label` at the end of each held-out curve, and its height on the loss axis as `place`."""
    losses, labels = data.loss.tolist(), [""] * len(data)
    ends = {line: row for row, (line, kind) in enumerate(zip(data.line, data.kind, strict=True)) if kind == VALID}
    gap = LABEL_HEIGHT * (frame.high - frame.low) / (height - 45)
    places = spread_out([min(max(losses[row], frame.low), frame.high) for row in ends.values()], gap)
    for (line, row), place in zip(ends.items(), places, strict=True):
        labels[row], losses[row] = curves[line].label.format(formats.loss(losses[row])), place
    return data.assign(label=labels, place=losses)


def spread_out(places: Sequence[float], gap: float) -> list[float]:
    """The places nearest to the given ones, in the same order and at least `gap` apart; none moves without need."""
    order, steps = np.argsort(places, kind="stable"), gap * np.arange(len(places))
    found = np.empty(len(places))
    found[order] = isotonic_regression(np.asarray(places)[order] - steps).x + steps
    return found.tolist()


def curves_spec(
    curves: Sequence[Curve], frame: Frame, palette: Palette, height: int, title: str = MSE
) -> dict[str, Any]:
    """Losses over epochs for `with_labels`, with the held-out losses of thick curves on top of the others.

    A baseline above the loss axis is only mentioned in a note. The specification stays the same as long as the frame does, so
    that a run in training is redrawn in place.
    """
    word = epoch_words([curve.progress.record for curve in curves])
    edge = {"value": {"expr": f"width - {frame.room}"}}  # where the curves end and their names begin
    first = 1 if frame.last > 1 else 0  # a single epoch is drawn beside its name
    x = x_axis("epoch", word, [first, frame.last], palette, tickMinStep=1, format="d")
    x["scale"]["range"] = [0, edge["value"]]
    y = loss_axis(title, [frame.low, frame.high], palette)
    colour = {"field": "colour", "type": "nominal", "scale": None}  # used as given
    hover = [
        {"field": "run"},
        {"field": "name"},
        {"field": "kind", "title": "loss"},
        {"field": "epoch", "title": word},
        {"field": "loss", "title": "MSE", "format": ".4f"},
    ]

    def curve(condition: str, size: int, **mark: Any) -> dict[str, Any]:
        line = {"type": "line", "clip": True, "point": {"size": size, "filled": True}, **mark}
        return where(condition, line, x=x, y=y, color=colour, tooltip=hover, detail={"field": "line"})

    def label(condition: str, **mark: Any) -> list[dict[str, Any]]:
        text = {"type": "text", "align": "left", "dx": 12, "limit": {"expr": f"{frame.room} - 12"}, **mark}
        at = {"x": edge, "y": {**y, "field": "place"}, "text": {"field": "label"}}
        whole = {"field": "label", "title": "MSE"}  # in case it is cut off
        return on_paper(where(f"datum.label && {condition}", text, **at, color=colour, tooltip=[whole]), palette)

    leader = {"x": x, "x2": edge, "y": y, "y2": {"field": "place"}, "color": colour}
    short = f"datum.label && datum.epoch < {frame.last}"
    inside = {name: loss for name, loss in frame.baselines.items() if loss < frame.high}
    lines, names = baseline_layers(inside, y, palette, edge["value"], align="right", dx=-4)
    above = [
        f"{name} {formats.loss(loss)}, above the picture"
        for name, loss in frame.baselines.items()
        if loss >= frame.high
    ]
    note = {"type": "text", "align": "right", "dx": -4, "fontSize": 12, "color": palette.muted}
    layers = [
        *lines,
        curve("!datum.thick", 18, strokeWidth=1.4, opacity=0.75),
        curve("datum.thick", 50, strokeWidth=2.8),
        where(short, {"type": "rule", "clip": True, "strokeDash": [1, 3], "opacity": 0.6}, **leader),  # to its name
        *names,
        *label("!datum.thick", fontSize=12),
        *label("datum.thick", fontSize=13, fontWeight=600),
        *(once(note, x={"value": "width"}, y={"value": 8}, text={"value": text}) for text in above),
    ]
    return chart(layers, height, palette, any(curve.progress.record.synthetic for curve in curves))
