"""The charts of a training: losses with both baselines, and the one-cycle schedule (Vega-Lite: it redraws in place)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from collab.models import epoch_word_of
from collab.services.runs import Progress, RunRecord
from collab.ui import words
from collab.ui.theme import Palette

TRAIN_BATCHES, TRAIN, VALID, MEAN, BIASES = "train, by batch", "train", "valid", "global mean", "biases only"
MOST_DOTS = 40  # with more epochs a dot for each would hide the line


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
    """Whether an epoch of this run takes more than one step; a sweep, which solves for everybody, is one."""
    return record.n_steps > int(record.settings.get("epochs", 1))


def loss_data(progress: Progress, smooth: int = 5) -> pd.DataFrame:
    """Long table kind, epoch, loss, label of all that the loss chart shows; `label` is set where a text stands.

    The loss by batch is a running mean over `smooth` of them; there is none where an epoch is one step. A baseline has its name
    at its beginning, but in the middle where an epoch is one step: such a training begins near the baselines.
    """
    record, batches, history = progress.record, progress.batches, progress.history
    epochs = float(record.settings.get("epochs", 1))
    by_batch = batches.train_loss.rolling(smooth, min_periods=1).mean()
    thin = pd.DataFrame({"kind": TRAIN_BATCHES, "epoch": batches.epoch, "loss": by_batch, "label": ""})
    parts = [thin if in_batches(record) else thin[:0]]
    for kind, column in ((TRAIN, "train_loss"), (VALID, "valid_loss")):
        part = pd.DataFrame({"kind": kind, "epoch": history.epoch, "loss": history[column], "label": ""})
        if len(part):
            part.iloc[-1, 3] = f"{kind} {words.loss(part.loss.iloc[-1])}"
        parts.append(part)
    for kind, name in ((MEAN, "global_mean"), (BIASES, "biases_only")):
        if name in record.baselines:
            mse = record.baselines[name]["mse"]
            named = f"{kind} {words.loss(mse)}"
            labels = [named, "", ""] if in_batches(record) else ["", named, ""]
            parts.append(pd.DataFrame({"kind": kind, "epoch": [0.0, epochs / 2, epochs], "loss": mse, "label": labels}))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def synthetic_title(progress: Progress, palette: Palette) -> dict[str, Any]:
    """The note over a chart that its ratings are synthetic, where they are."""
    if not progress.record.synthetic:
        return {}
    return {
        "title": {
            "text": "synthetic ratings",
            "anchor": "end",
            "fontSize": 11,
            "fontWeight": "normal",
            "color": palette.muted,
        }
    }


def loss_spec(progress: Progress, data: pd.DataFrame, palette: Palette, height: int = 400) -> dict[str, Any]:
    """The loss chart for `loss_data`: losses over epochs, its baselines as dashed lines with their names."""
    epochs = float(progress.record.settings.get("epochs", 1))
    mean = progress.record.baselines.get("global_mean", {}).get("mse", 1.3)
    biases = progress.record.baselines.get("biases_only", {}).get("mse", 0.9)
    finite = data.loss[data.loss.map(math.isfinite)]
    lowest = min(0.55 * biases, float(finite.min()) if len(finite) else mean)
    highest = float(progress.history.train_loss.max()) if len(progress.history) else 0.0
    domain = [math.floor(lowest * 10) / 10, round(min(max(1.12 * mean, 1.03 * highest), 1.8 * mean), 2)]
    colours = {
        TRAIN_BATCHES: palette.train,
        TRAIN: palette.train,
        VALID: palette.valid,
        MEAN: palette.muted,
        BIASES: palette.muted,
    }
    x = {
        "field": "epoch",
        "type": "quantitative",
        "scale": {"domain": [0, epochs], "nice": False},
        "title": epoch_word(progress.record),
        "axis": {"grid": False, "tickMinStep": 1, "titleColor": palette.muted},
    }
    y = {
        "field": "loss",
        "type": "quantitative",
        "scale": {"domain": domain, "zero": False, "nice": False},
        "title": "mean squared error (stars²)",
        "axis": {"gridColor": palette.grid, "titleColor": palette.muted},
    }
    colour = {
        "field": "kind",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(colours), "range": list(colours.values())},
    }
    hover = [
        {"field": "kind", "title": "loss"},
        {"field": "epoch", "title": epoch_word(progress.record), "format": ".2f"},
        {"field": "loss", "title": "MSE", "format": ".4f"},
    ]

    def layer(mark: dict[str, Any], *kinds: str, **encoding: Any) -> dict[str, Any]:
        chosen = " || ".join(f"datum.kind === '{kind}'" for kind in kinds)
        return {
            "transform": [{"filter": chosen}],
            "mark": mark,
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": hover, **encoding},
        }

    def named(mark: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
        """Names at the lines, each on a rim of paper so that a curve behind it does not cross it out."""
        rim = layer(
            {"type": "text", **mark, "stroke": palette.paper, "strokeWidth": 5, "strokeJoin": "round"},
            *kinds,
            text={"field": "label"},
        )
        del rim["encoding"]["color"]
        return [rim, layer({"type": "text", **mark}, *kinds, text={"field": "label"})]

    begin = {"align": "left", "dx": 6} if in_batches(progress.record) else {"align": "center"}
    few = int((data.kind == VALID).sum()) <= MOST_DOTS
    train_dots, valid_dots = ({"size": size, "filled": True} if few else False for size in (48, 60))
    return {
        "layer": [
            layer({"type": "line", "strokeDash": [5, 4], "strokeWidth": 1.5, "clip": True}, MEAN, BIASES),
            layer({"type": "line", "strokeWidth": 1.2, "opacity": 0.45, "clip": True}, TRAIN_BATCHES),
            layer({"type": "line", "strokeWidth": 2.2, "point": train_dots, "clip": True}, TRAIN),
            layer({"type": "line", "strokeWidth": 2.6, "point": valid_dots, "clip": True}, VALID),
            *named({**begin, "dy": -9, "fontSize": 12}, MEAN, BIASES),
            *named({"align": "right", "dx": -2, "dy": -14, "fontSize": 13, "fontWeight": 600}, TRAIN, VALID),
        ],
        "height": height,
        **synthetic_title(progress, palette),
    }


def schedule_spec(field: str, title: str, epochs: float, colour: str, palette: Palette) -> dict[str, Any]:
    """One column of the batches table over the epochs: the learning rate or the momentum."""
    return {
        "mark": {"type": "line", "strokeWidth": 2, "color": colour},
        "encoding": {
            "x": {
                "field": "epoch",
                "type": "quantitative",
                "scale": {"domain": [0, epochs], "nice": False},
                "title": "epoch",
                "axis": {"grid": False, "tickMinStep": 1, "titleColor": palette.muted},
            },
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
