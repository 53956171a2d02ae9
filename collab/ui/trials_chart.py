"""The chart of slider mode: the held-out loss of the newest trial over those of the last few, each named by what differs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from collab.models import DEFAULT_PRESET, PRESET_TITLES, family_of
from collab.services.runs import Progress, RunRecord
from collab.services.trials import Trial, View
from collab.settings import about, to_dict
from collab.ui import words
from collab.ui.compare_view import spread_out
from collab.ui.loss_chart import epoch_word, synthetic_title
from collab.ui.runs_table import setting_words
from collab.ui.theme import Palette

N_OTHERS = 4  # curves under the newest one
NOW, BEST, OTHER, MEAN, BIASES = "this setting", "best", "tried before", "global mean", "biases only"
LABEL_HEIGHT = 16  # pixels of a line of a label
ROOM = 0.42  # how much wider than the curves the picture is, for their names


def difference(record: RunRecord, other: RunRecord) -> str:
    """How `record` differs from `other`, in a few words: "20 factors, epochs 3", "Bayesian, fast"; "the same" if it does not."""
    family = family_of(record.model)
    title, against = "", other.settings
    if record.model != other.model:  # then from the preset that it comes with
        title, against = family.title, to_dict(family.presets[DEFAULT_PRESET])
    if record.preset and (title or (other.preset and record.preset != other.preset)):
        return ", ".join(filter(None, (title, PRESET_TITLES[record.preset].lower())))
    parts = []
    for name, value in record.settings.items():
        if value != against.get(name):
            known = about(family.settings_type, name)
            shown = setting_words(value)
            parts.append(known.in_name.format(value) if known.in_name else f"{known.label.lower()} {shown}")
    more = [f"{len(parts) - 2} more"] if len(parts) > 2 else []
    return ", ".join(filter(None, (title, *parts[:2], *more))) or "the same"


@dataclass(frozen=True)
class Curve:
    """One line of the picture."""

    kind: str
    name: str  # what stands at its end after the loss
    progress: Progress

    @property
    def loss(self) -> float:
        """At its last epoch; nan before the first."""
        losses = self.progress.history.valid_loss
        return float(losses.iloc[-1]) if len(losses) else math.nan


def curves_of(view: View) -> list[Curve]:
    """The curves to draw, the newest setting last: the best one, and the others that were shown last."""
    newest = view.current or (view.others[0].progress if view.others else None)
    others = list(view.others[:N_OTHERS])
    if view.best is not None and view.best in view.others and view.best not in others:
        others[-1] = view.best
    curves = [
        Curve(BEST if trial is view.best else OTHER, _name(trial, view, newest.record), trial.progress)
        for trial in reversed(others)
    ]
    if view.current is not None:
        curves.append(Curve(NOW, NOW, view.current))
    return curves


def _name(trial: Trial, view: View, newest: RunRecord) -> str:
    differing = difference(trial.record, newest)
    return f"best: {differing}" if trial is view.best else differing


def trials_data(curves: Sequence[Curve]) -> pd.DataFrame:
    """Long table place (of the curve), kind, name, epoch, loss; losses that are no number are left out."""
    parts = [
        pd.DataFrame(
            {
                "place": place,
                "kind": curve.kind,
                "name": curve.name,
                "epoch": curve.progress.history.epoch,
                "loss": curve.progress.history.valid_loss,
            }
        )
        for place, curve in enumerate(curves)
        if len(curve.progress.history)
    ]
    if not parts:
        return pd.DataFrame(columns=["place", "kind", "name", "epoch", "loss"])
    data = pd.concat(parts, ignore_index=True)
    return data[data.loss.map(math.isfinite)]


def trials_spec(
    curves: Sequence[Curve], baselines: dict[str, dict[str, float]], palette: Palette, height: int = 350
) -> dict[str, Any]:
    """Held-out loss over epochs for `trials_data`: the newest in colour, the others muted, names and baselines at the right.

    The axes hang on the settings and on trials that have ended, not on the one under way, so that they stand still meanwhile.
    """
    biases = baselines.get("biases_only", {}).get("mse", 0.9)
    mean = baselines.get("global_mean", {}).get("mse", 1.3)
    ended = [curve.loss for curve in curves if not curve.progress.record.busy and math.isfinite(curve.loss)]
    low = math.floor(min([0.93 * biases, *(loss - 0.008 for loss in ended)]) / 0.02) * 0.02
    high = min(max([1.08 * biases, *(1.03 * loss for loss in ended)]), 1.5 * mean)
    last = max([int(curve.progress.record.settings.get("epochs", 1)) for curve in curves], default=5)
    first = 0.5 if last == 1 else 1.0
    end = last + ROOM * (last - first)
    step = max(1, math.ceil(last / 10))
    ticks = sorted({1, last, *range(step, last - step // 2, step)})
    gap = LABEL_HEIGHT * (high - low) / (height - 60)
    x = {
        "field": "epoch",
        "type": "quantitative",
        "scale": {"domain": [first, end], "nice": False},
        "title": _epoch_words(curves),
        "axis": {"grid": False, "values": ticks, "format": "d", "titleColor": palette.muted, "titleAnchor": "start"},
    }
    y = {
        "field": "loss",
        "type": "quantitative",
        "scale": {"domain": [low, high], "zero": False, "nice": False},
        "title": "held-out mean squared error (stars²)",
        "axis": {"gridColor": palette.grid, "titleColor": palette.muted, "format": ".2f", "tickCount": 8},
    }
    colour = {
        "field": "kind",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": [NOW, BEST, OTHER], "range": [palette.valid, palette.ink, palette.muted]},
    }
    hover = [
        {"field": "name", "title": "setting"},
        {"field": "epoch", "title": "epoch"},
        {"field": "loss", "title": "MSE", "format": ".4f"},
    ]
    line = {"x": x, "y": y, "color": colour, "tooltip": hover, "detail": {"field": "place"}}
    layers: list[dict[str, Any]] = []
    lines = [(biases, BIASES)] + ([(mean, MEAN)] if mean < high else [])
    for value, _ in lines:
        layers.append(
            {
                "data": {"values": [{"epoch": first, "loss": value}, {"epoch": end, "loss": value}]},
                "mark": {"type": "line", "strokeDash": [5, 4], "strokeWidth": 1.5, "color": palette.muted},
                "encoding": {"x": x, "y": y},
            }
        )
    layers += [
        {
            "transform": [{"filter": f"datum.kind !== '{NOW}'"}],
            "mark": {"type": "line", "clip": True, "strokeWidth": 1.6, "opacity": 0.75, "point": {"size": 22}},
            "encoding": line,
        },
        {
            "transform": [{"filter": f"datum.kind === '{NOW}'"}],
            "mark": {"type": "line", "clip": True, "strokeWidth": 3, "point": {"size": 64, "filled": True}},
            "encoding": line,
        },
        *_labels(curves, lines, x, y, colour, palette, (low, high, gap)),
    ]
    if mean >= high:
        layers.append(
            {
                "data": {"values": [{}]},
                "mark": {"type": "text", "align": "right", "dx": -4, "fontSize": 12, "color": palette.muted},
                "encoding": {
                    "x": {"value": "width"},
                    "y": {"value": 8},
                    "text": {"value": f"global mean {words.loss(mean)}, above the picture"},
                },
            }
        )
    return {"layer": layers, "height": height, **(synthetic_title(curves[-1].progress, palette) if curves else {})}


def _epoch_words(curves: Sequence[Curve]) -> str:
    """What an epoch is called in the models shown: one word, or both."""
    return " or ".join(dict.fromkeys(epoch_word(curve.progress.record) for curve in curves)) or "epoch"


def _labels(
    curves: Sequence[Curve],
    lines: Sequence[tuple[float, str]],
    x: dict[str, Any],
    y: dict[str, Any],
    colour: dict[str, Any],
    palette: Palette,
    scale: tuple[float, float, float],
) -> list[dict[str, Any]]:
    """Loss and name at the end of every curve and baseline, one under the other where they would touch."""
    low, high, gap = scale
    rows = [
        {
            "kind": curve.kind,
            "epoch": float(curve.progress.history.epoch.iloc[-1]),
            "loss": curve.loss,
            "label": f"{words.loss(curve.loss)} {curve.name}",
        }
        for curve in curves
        if math.isfinite(curve.loss)
    ]
    end = x["axis"]["values"][-1]  # a name stands beside the longest curve, where no line crosses it
    rows += [
        {"kind": OTHER, "epoch": end, "loss": value, "label": f"{words.loss(value)} {name}"} for value, name in lines
    ]
    wished = [min(max(row["loss"], low), high) for row in rows]
    for row, place in zip(rows, spread_out(wished, gap), strict=True):
        row.update(ends=row["epoch"], epoch=end, place=place)
    text = {"type": "text", "align": "left", "dx": 12, "limit": {"expr": "0.28 * width"}, "fontSize": 12}
    rim = {**text, "stroke": palette.paper, "strokeWidth": 5, "strokeJoin": "round", "color": palette.paper}
    at = {"x": x, "y": {**y, "field": "place"}, "text": {"field": "label"}}
    hover = {"tooltip": [{"field": "label", "title": "MSE"}]}
    now = [row for row in rows if row["kind"] == NOW]
    rest = [row for row in rows if row["kind"] != NOW]
    leader = {"type": "rule", "clip": True, "strokeDash": [1, 3], "opacity": 0.6}
    layers = [
        {
            "data": {"values": [row for row in rows if row["ends"] < end]},  # from a short curve to its name
            "mark": leader,
            "encoding": {
                "x": {**x, "field": "ends"},
                "x2": {"field": "epoch"},
                "y": {**y, "field": "loss"},
                "y2": {"field": "place"},
                "color": colour,
            },
        },
        {"data": {"values": rows}, "mark": rim, "encoding": at},
        {"data": {"values": rest}, "mark": text, "encoding": {**at, **hover, "color": colour}},
    ]
    if now:
        bold = {**text, "fontSize": 13, "fontWeight": 600}
        layers.append({"data": {"values": now}, "mark": bold, "encoding": {**at, **hover, "color": colour}})
    return layers


def in_words(view: View) -> str:
    """The picture for those who cannot see it."""
    if view.current is None:
        return "Held-out loss by epoch; nothing was tried yet"
    losses = view.current.history.valid_loss
    now = words.loss(losses.iloc[-1]) if len(losses) else "not known yet"
    best = f"; best so far {words.loss(view.best.mse)}" if view.best is not None else ""
    word = epoch_word(view.current.record)
    return f"Held-out loss by {word}, {view.n_tried} settings tried: now {now}{best}"
