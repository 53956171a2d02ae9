"""Runs on one picture: losses by epoch, each with its name and last loss in a column at the right (Vega-Lite)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression

from collab.services.runs import Progress
from collab.ui import words
from collab.ui.loss_chart import MSE, TRAIN, VALID, baseline_layers, chart, epoch_words, loss_axis, once, where, x_axis
from collab.ui.theme import Palette

LABEL_HEIGHT = 17  # pixels of a line of a label
COLUMNS = ["line", "run", "name", "kind", "epoch", "loss", "colour", "thick", "label", "place"]


@dataclass(frozen=True)
class Curve:
    """A run in the picture: what it is called there, the text at its end, with {} for its last loss, and how it is drawn."""

    progress: Progress
    run: str
    label: str
    colour: str
    thick: bool = True


@dataclass(frozen=True)
class Frame:
    """The axes: losses from `low` to `high`, epochs up to `last`; and what stands still with them."""

    low: float
    high: float
    last: int
    room: str  # pixels kept for the names at the right, as Vega counts them
    baselines: Mapping[str, float]


def curves_data(curves: Sequence[Curve], *kinds: str) -> pd.DataFrame:
    """Long table of the losses of these `kinds` by epoch, the curves in their order, without `label` and `place`; losses that
    are no number are left out. Thick are held-out losses of curves that are to be."""
    columns = {TRAIN: "train_loss", VALID: "valid_loss"}
    parts = [
        pd.DataFrame(
            {
                "line": line,
                "run": curve.run,
                "name": curve.progress.record.name,
                "kind": kind,
                "epoch": history.epoch.astype("float64"),
                "loss": history[columns[kind]].astype("float64"),
                "colour": curve.colour,
                "thick": curve.thick and kind == VALID,
            }
        )
        for line, curve in enumerate(curves)
        for kind in kinds
        if len(history := curve.progress.history)
    ]
    data = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS[:-2])
    return data[data.loss.map(math.isfinite).astype(bool)].reset_index(drop=True)


def with_labels(data: pd.DataFrame, curves: Sequence[Curve], frame: Frame, height: int) -> pd.DataFrame:
    """`curves_data` with a `label` where a held-out curve ends, and the height at which that stands, as a `place` on the axis."""
    ends = data[data.kind == VALID].groupby("line").tail(1)
    labels = [curves[end.line].label.format(words.loss(end.loss)) for end in ends.itertuples()]
    gap = LABEL_HEIGHT * (frame.high - frame.low) / (height - 45)
    places = spread_out([min(max(loss, frame.low), frame.high) for loss in ends.loss], gap)
    data = data.assign(label="", place=data.loss)
    data.loc[ends.index, "label"], data.loc[ends.index, "place"] = labels, places
    return data


def spread_out(places: Sequence[float], gap: float) -> list[float]:
    """The nearest places to the given ones, in the same order, that lie at least `gap` apart; none moves without need."""
    order, steps = np.argsort(places, kind="stable"), gap * np.arange(len(places))
    found = np.empty(len(places))
    found[order] = isotonic_regression(np.asarray(places)[order] - steps).x + steps
    return found.tolist()


def curves_spec(
    curves: Sequence[Curve], frame: Frame, palette: Palette, height: int, title: str = MSE
) -> dict[str, Any]:
    """Losses over epochs for `with_labels`, held-out ones of thick curves over the others; a baseline above them is only said.

    It is the same as long as the frame is, so that a curve under way is redrawn in place.
    """
    word = epoch_words([curve.progress.record for curve in curves])
    edge = {"value": {"expr": f"width - {frame.room}"}}  # where the curves end and their names begin
    x = x_axis("epoch", word, [1, frame.last] if frame.last > 1 else [0.5, 1.5], palette, tickMinStep=1, format="d")
    x["scale"]["range"] = [0, edge["value"]]
    y = loss_axis(title, [frame.low, frame.high], palette)
    colour = {"field": "colour", "type": "nominal", "scale": None}  # as it is written
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

    def label(condition: str, **mark: Any) -> dict[str, Any]:
        text = {"type": "text", "align": "left", "dx": 12, "limit": {"expr": f"{frame.room} - 12"}, **mark}
        at = {"x": edge, "y": {**y, "field": "place"}, "text": {"field": "label"}}
        whole = {"field": "label", "title": "MSE"}  # where it is cut off
        return where(f"datum.label && {condition}", text, **at, color=colour, tooltip=[whole])

    leader = {"x": x, "x2": edge, "y": y, "y2": {"field": "place"}, "color": colour}
    short = f"datum.label && datum.epoch < {frame.last}"
    inside = {name: loss for name, loss in frame.baselines.items() if loss < frame.high}
    lines, names = baseline_layers(inside, y, palette, edge["value"], align="right", dx=-4)
    above = [
        f"{name} {words.loss(loss)}, above the picture" for name, loss in frame.baselines.items() if loss >= frame.high
    ]
    note = {"type": "text", "align": "right", "dx": -4, "fontSize": 12, "color": palette.muted}
    layers = [
        *lines,
        curve("!datum.thick", 22, strokeWidth=1.4, opacity=0.75),
        curve("datum.thick", 55, strokeWidth=2.8),
        where(short, {"type": "rule", "clip": True, "strokeDash": [1, 3], "opacity": 0.6}, **leader),  # to its name
        *names,
        label("!datum.thick", fontSize=12),
        label("datum.thick", fontSize=13, fontWeight=600),
        *(once(note, x={"value": "width"}, y={"value": 8}, text={"value": text}) for text in above),
    ]
    return chart(layers, height, palette, any(curve.progress.record.synthetic for curve in curves))
