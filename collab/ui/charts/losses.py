"""Parts shared by all loss charts, and the charts of one training: losses with both baselines, and the one-cycle schedule.

Vega-Lite redraws in place: what changes is in the table of a chart, what stays fixed in its specification.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from collab.models import epoch_word_of
from collab.services.run_record import RunRecord
from collab.services.runs import Progress
from collab.ui.charts import formats
from collab.ui.charts.palette import Palette

TRAIN_BATCHES, TRAIN, VALID, MEAN, BIASES = "train, by batch", "train", "valid", "global mean", "biases only"
MSE = "mean squared error (stars²)"
SMOOTH = 5  # batches
MOST_DOTS = 40  # with more epochs, a dot for each would hide the line
DASHED = {"type": "rule", "strokeDash": [5, 4], "strokeWidth": 1.5}

# --- what the charts share -------------------------------------------------------------------------------------------------


def x_axis(field: str, title: str, domain: Sequence[float], palette: Palette, **axis: Any) -> dict[str, Any]:
    """The horizontal axis: the progress of a training."""
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"domain": list(domain), "nice": False},
        "title": title,
        "axis": {"grid": False, "titleColor": palette.muted, **axis},
    }


def loss_axis(title: str, domain: Sequence[float], palette: Palette, **axis: Any) -> dict[str, Any]:
    """The axis of the losses, which need not begin at zero."""
    return {
        "field": "loss",
        "type": "quantitative",
        "scale": {"domain": list(domain), "zero": False, "nice": False},
        "title": title,
        # set explicitly: a baseline, which is not a column, would remove the grid
        "axis": {"grid": True, "gridColor": palette.grid, "titleColor": palette.muted, **axis},
    }


def where(condition: str, mark: dict[str, Any], **encoding: Any) -> dict[str, Any]:
    """A layer of the rows that meet the condition."""
    return {"transform": [{"filter": condition}], "mark": mark, "encoding": encoding}


def once(mark: dict[str, Any], **encoding: Any) -> dict[str, Any]:
    """A layer that is drawn once, not once per row of the table."""
    return {"data": {"values": [{}]}, "mark": mark, "encoding": encoding}


def on_paper(layer: dict[str, Any], palette: Palette) -> list[dict[str, Any]]:
    """A text layer with an outline in the paper colour, so that it stays readable over a curve."""
    rim = {"stroke": palette.paper, "strokeWidth": 5, "strokeJoin": "round"}
    return [{**layer, "mark": {**layer["mark"], **rim}}, layer]


def baseline_layers(
    baselines: Mapping[str, float], y: dict[str, Any], palette: Palette, x: Any, **text: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A dashed line for each baseline, and the layers of their names at `x`, to be drawn over the curves."""
    lines, names = [], []
    for name, loss in baselines.items():
        at = {"datum": loss, "type": "quantitative", "scale": y["scale"]}
        lines.append(once({**DASHED, "color": palette.muted}, y=at))
        mark = {"type": "text", "dy": -9, "fontSize": 12, "color": palette.muted, **text}
        label = {"value": f"{name} {formats.loss(loss)}"}
        names += on_paper(once(mark, x={"value": x}, y=at, text=label), palette)
    return lines, names


def chart(layers: list[dict[str, Any]], height: int, palette: Palette, synthetic: bool) -> dict[str, Any]:
    """The layers as a chart, with a note if its ratings are synthetic."""
    style = {"anchor": "end", "fontSize": 11, "fontWeight": "normal", "color": palette.muted}
    return {
        "layer": layers,
        "height": height,
        **({"title": {"text": "synthetic ratings", **style}} if synthetic else {}),
    }


# --- one training ----------------------------------------------------------------------------------------------------------


def cut(progress: Progress, share: float) -> Progress:
    """The run as it was when `share` (0 … 1) of its steps were done, for a replay."""
    last = share * progress.record.n_steps
    batches = progress.batches[progress.batches.step <= last]
    reached = float(batches.epoch.iloc[-1]) if len(batches) else 0.0
    return Progress(progress.record, progress.history[progress.history.epoch <= reached + 1e-6], batches)


def epoch_word(record: RunRecord) -> str:
    """What an epoch of this run's model is called."""
    return epoch_word_of(record.model)


def epoch_words(records: Sequence[RunRecord]) -> str:
    """What an epoch is called in the models of these runs: one word, or each."""
    return " or ".join(dict.fromkeys(map(epoch_word, records))) or "epoch"


def in_batches(record: RunRecord) -> bool:
    """Whether an epoch of this run takes more than one step; a sweep, which solves for all users and items, is one."""
    return record.n_steps > int(record.settings.get("epochs", 1))


def loss_data(progress: Progress) -> pd.DataFrame:
    """Long table (kind, epoch, loss, label) for the loss chart; `label` is set at the end of the train and valid curves.

    The loss by batch is a running mean over `SMOOTH` batches; it is left out where an epoch is one step.
    """
    record, batches, history = progress.record, progress.batches, progress.history
    by_batch = batches.train_loss.rolling(SMOOTH, min_periods=1).mean()
    thin = pd.DataFrame({"kind": TRAIN_BATCHES, "epoch": batches.epoch, "loss": by_batch, "label": ""})
    parts = [thin if in_batches(record) else thin[:0]]
    for kind, column in ((TRAIN, "train_loss"), (VALID, "valid_loss")):
        part = pd.DataFrame({"kind": kind, "epoch": history.epoch, "loss": history[column], "label": ""})
        if len(part):
            part.iloc[-1, 3] = f"{kind} {formats.loss(part.loss.iloc[-1])}"
        parts.append(part)
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def loss_spec(progress: Progress, data: pd.DataFrame, palette: Palette, height: int = 400) -> dict[str, Any]:
    """The loss chart for `loss_data`: losses over epochs, with the baselines as labelled dashed lines.

    The labels are at the left, or in the middle where an epoch is one step: such a training starts near the baselines.
    """
    record, word = progress.record, epoch_word(progress.record)
    epochs = float(record.settings.get("epochs", 1))
    mean = record.baselines.get("global_mean", {}).get("mse", 1.3)
    biases = record.baselines.get("biases_only", {}).get("mse", 0.9)
    finite = data.loss[data.loss.map(math.isfinite)]
    lowest = min(0.55 * biases, float(finite.min()) if len(finite) else mean)
    highest = float(progress.history.train_loss.max()) if len(progress.history) else 0.0
    domain = [math.floor(lowest * 10) / 10, round(min(max(1.12 * mean, 1.03 * highest), 1.8 * mean), 2)]
    x = x_axis("epoch", word, [0, epochs], palette, tickMinStep=1)
    y = loss_axis(MSE, domain, palette)
    hover = [
        {"field": "kind", "title": "loss"},
        {"field": "epoch", "title": word, "format": ".2f"},
        {"field": "loss", "title": "MSE", "format": ".4f"},
    ]

    few = int((data.kind == VALID).sum()) <= MOST_DOTS

    def curve(kind: str, colour: str, dots: int, **mark: Any) -> dict[str, Any]:
        point = {"size": dots, "filled": True, "color": colour} if dots and few else False
        line = {"type": "line", "clip": True, "color": colour, "point": point, **mark}
        return where(f"datum.kind === '{kind}'", line, x=x, y=y, tooltip=hover)

    def name(kind: str, colour: str) -> list[dict[str, Any]]:
        bold = {"type": "text", "align": "right", "fontSize": 13, "fontWeight": 600}
        text = {**bold, "dx": -2, "dy": -14, "color": colour}
        return on_paper(where(f"datum.kind === '{kind}'", text, x=x, y=y, text={"field": "label"}), palette)

    known = {MEAN: mean, BIASES: biases} if record.baselines else {}
    middle = {"x": {"expr": "width / 2"}, "align": "center"}
    place = {"x": 0, "align": "left", "dx": 6} if in_batches(record) else middle
    lines, names = baseline_layers(known, y, palette, **place)
    layers = [
        *lines,
        curve(TRAIN_BATCHES, palette.train, 0, strokeWidth=1.2, opacity=0.45),
        curve(TRAIN, palette.train, 48, strokeWidth=2.2),
        curve(VALID, palette.valid, 60, strokeWidth=2.6),
        *names,
        *name(TRAIN, palette.train),
        *name(VALID, palette.valid),
    ]
    return chart(layers, height, palette, record.synthetic)


def schedule_spec(field: str, title: str, epochs: float, colour: str, palette: Palette) -> dict[str, Any]:
    """One column of the batches table over the epochs: the learning rate or the momentum."""
    return {
        "mark": {"type": "line", "strokeWidth": 2, "color": colour},
        "encoding": {
            "x": x_axis("epoch", "epoch", [0, epochs], palette, tickMinStep=1),
            "y": {
                "field": field,
                "type": "quantitative",
                "scale": {"zero": False},
                "title": title,
                "axis": {"gridColor": palette.grid, "titleColor": palette.muted, "tickCount": 4},
            },
            "tooltip": [{"field": "epoch", "format": ".2f"}, {"field": field, "title": title}],
        },
        "height": 170,
    }
