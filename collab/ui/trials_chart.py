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
from collab.ui.loss_chart import epoch_word, epoch_words, synthetic_title
from collab.ui.runs_table import setting_words
from collab.ui.theme import Palette

N_OTHERS = 4  # curves under the newest one
NOW, BEST, OTHER, MEAN, BIASES = "this setting", "best", "tried before", "global mean", "biases only"
LABEL_HEIGHT = 16  # pixels of a line of a label
CURVE, NAME, BASELINE = "curve", "name", "baseline"
HEIGHT = 350
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


@dataclass(frozen=True)
class Frame:
    """The axes: losses from `low` to `high`, curves from `first` to `last` epoch, names from there to `end`.

    They hang on the settings and on trials that have ended, not on the one under way, so that they stand still meanwhile.
    """

    low: float
    high: float
    first: float
    last: int
    end: float
    baselines: tuple[tuple[str, float], ...]  # those in the picture
    beyond: float | None  # the global mean, where it lies above the picture


def frame_of(curves: Sequence[Curve], baselines: dict[str, dict[str, float]]) -> Frame:
    """The axes for these curves; without baselines (nothing has begun yet) those of a usual data set."""
    biases = baselines.get("biases_only", {}).get("mse", 0.9)
    mean = baselines.get("global_mean", {}).get("mse", 1.3)
    ended = [curve.loss for curve in curves if not curve.progress.record.busy and math.isfinite(curve.loss)]
    low = math.floor(min([0.93 * biases, *(loss - 0.008 for loss in ended)]) / 0.02) * 0.02
    high = min(max([1.08 * biases, *(1.03 * loss for loss in ended)]), 1.5 * mean)
    last = max([int(curve.progress.record.settings.get("epochs", 1)) for curve in curves], default=5)
    first = 0.5 if last == 1 else 1.0
    shown = [(BIASES, biases), (MEAN, mean)] if mean < high else [(BIASES, biases)]
    return Frame(
        low,
        high,
        first,
        last,
        last + ROOM * (last - first),
        tuple(shown) if baselines else (),
        mean if baselines and mean >= high else None,
    )


def losses_table(curves: Sequence[Curve]) -> pd.DataFrame:
    """What the curves show, as a table trial, epoch, loss; the newest trial last."""
    parts = [
        pd.DataFrame({"trial": each.name, "epoch": history.epoch, "loss": history.valid_loss})
        for each in curves
        if len(history := each.progress.history)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["trial", "epoch", "loss"])


def trials_data(curves: Sequence[Curve], frame: Frame, height: int = HEIGHT) -> pd.DataFrame:
    """All that moves in the picture, so that the chart itself stays and is redrawn in place.

    Long table role (curve, name or baseline), line, kind, name, epoch, loss; for a name also where its curve ends (`ends`) and
    the height at which it stands (`place`). Losses that are no number are left out.
    """
    rows: list[dict[str, Any]] = []
    names: list[dict[str, Any]] = []
    for line, curve in enumerate(curves):
        history = curve.progress.history
        for epoch, loss in zip(history.epoch, history.valid_loss, strict=True):
            if math.isfinite(loss):
                rows.append(
                    {"role": CURVE, "line": line, "kind": curve.kind, "name": curve.name, "epoch": epoch, "loss": loss}
                )
        if math.isfinite(curve.loss):
            label = f"{words.loss(curve.loss)} {curve.name}"
            ends = float(history.epoch.iloc[-1])
            names.append({"kind": curve.kind, "name": label, "loss": curve.loss, "ends": ends})
    for line, (name, loss) in enumerate(frame.baselines, len(curves)):
        for epoch in (frame.first, frame.end):
            rows.append({"role": BASELINE, "line": line, "kind": OTHER, "name": name, "epoch": epoch, "loss": loss})
        names.append({"kind": OTHER, "name": f"{words.loss(loss)} {name}", "loss": loss, "ends": frame.last})
    gap = LABEL_HEIGHT * (frame.high - frame.low) / (height - 60)
    wished = [min(max(each["loss"], frame.low), frame.high) for each in names]
    for each, place in zip(names, spread_out(wished, gap), strict=True):
        # a name stands beside the longest curve, where no line crosses it
        rows.append({"role": NAME, "line": -1, "epoch": float(frame.last), **each, "place": place})
    columns = ["role", "line", "kind", "name", "epoch", "loss", "ends", "place"]
    numbers = dict.fromkeys(("epoch", "loss", "ends", "place"), "float64")
    return pd.DataFrame(rows, columns=columns).astype({"line": "int64", **numbers})


def trials_spec(curves: Sequence[Curve], frame: Frame, palette: Palette, height: int = HEIGHT) -> dict[str, Any]:
    """Held-out loss over epochs for `trials_data`: the newest in colour, the others muted, names and baselines at the right."""
    word = epoch_words([curve.progress.record for curve in curves])
    step = max(1, math.ceil(frame.last / 10))
    ticks = sorted({1, frame.last, *range(step, frame.last - step // 2, step)})
    x = {
        "field": "epoch",
        "type": "quantitative",
        "scale": {"domain": [frame.first, frame.end], "nice": False},
        "title": word,
        "axis": {"grid": False, "values": ticks, "format": "d", "titleColor": palette.muted, "titleAnchor": "start"},
    }
    y = {
        "field": "loss",
        "type": "quantitative",
        "scale": {"domain": [frame.low, frame.high], "zero": False, "nice": False},
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
        {"field": "epoch", "title": word},
        {"field": "loss", "title": "MSE", "format": ".4f"},
    ]
    line = {"x": x, "y": y, "color": colour, "tooltip": hover, "detail": {"field": "line"}}
    text = {"type": "text", "align": "left", "dx": 12, "limit": {"expr": "0.28 * width"}, "fontSize": 12}
    rim = {**text, "stroke": palette.paper, "strokeWidth": 5, "strokeJoin": "round", "color": palette.paper}
    at = {"x": x, "y": {**y, "field": "place"}, "text": {"field": "name"}}
    named = {**at, "color": colour, "tooltip": [{"field": "name", "title": "MSE"}]}
    leader = {
        "x": {**x, "field": "ends"},
        "x2": {"field": "epoch"},
        "y": y,
        "y2": {"field": "place"},
        "color": colour,
    }
    bold = {"fontSize": 13, "fontWeight": 600}

    def layer(which: str, mark: dict[str, Any], encoding: dict[str, Any]) -> dict[str, Any]:
        return {"transform": [{"filter": which}], "mark": mark, "encoding": encoding}

    curve, name, now = f"datum.role === '{CURVE}'", f"datum.role === '{NAME}'", f"datum.kind === '{NOW}'"
    thin = {"type": "line", "clip": True, "strokeWidth": 1.6, "opacity": 0.75, "point": {"size": 22}}
    thick = {"type": "line", "clip": True, "strokeWidth": 3, "point": {"size": 64, "filled": True}}
    dashed = {"type": "line", "strokeDash": [5, 4], "strokeWidth": 1.5}
    dotted = {"type": "rule", "clip": True, "strokeDash": [1, 3], "opacity": 0.6}
    layers = [
        layer(f"datum.role === '{BASELINE}'", dashed, {key: line[key] for key in ("x", "y", "color", "detail")}),
        layer(f"{curve} && !({now})", thin, line),
        layer(f"{curve} && {now}", thick, line),
        layer(f"{name} && datum.ends < datum.epoch", dotted, leader),  # from a short curve to its name
        layer(name, rim, at),
        layer(f"{name} && !({now})", text, named),
        layer(f"{name} && {now}", {**text, **bold}, named),
    ]
    if frame.beyond is not None:
        note = f"global mean {words.loss(frame.beyond)}, above the picture"
        layers.append(
            {
                "data": {"values": [{}]},
                "mark": {"type": "text", "align": "right", "dx": -4, "fontSize": 12, "color": palette.muted},
                "encoding": {"x": {"value": "width"}, "y": {"value": 8}, "text": {"value": note}},
            }
        )
    return {"layer": layers, "height": height, **(synthetic_title(curves[-1].progress, palette) if curves else {})}


def in_words(view: View) -> str:
    """The picture for those who cannot see it."""
    if view.current is None:
        return "Held-out loss by epoch; nothing was tried yet"
    losses = view.current.history.valid_loss
    now = words.loss(losses.iloc[-1]) if len(losses) else "not known yet"
    best = f"; best so far {words.loss(view.best.mse)}" if view.best is not None else ""
    word = epoch_word(view.current.record)
    return f"Held-out loss by {word}, {view.n_tried} settings tried: now {now}{best}"
