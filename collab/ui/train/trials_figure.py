"""The trials that slider mode draws, each named by what differs, on axes that stay fixed while one trains."""

from __future__ import annotations

import math
from collections.abc import Sequence

from collab.models import DEFAULT_PRESET, PRESET_TITLES, family_of
from collab.models.settings import about, to_dict
from collab.services.run_record import RunRecord
from collab.services.trials import View
from collab.ui.charts import formats
from collab.ui.charts.curves import Curve, Frame
from collab.ui.charts.losses import BIASES, MEAN, epoch_word
from collab.ui.charts.palette import Palette
from collab.ui.frame.run_words import setting_words

N_OTHERS = 4  # curves under the newest one
ROOM = "max(120, 0.3 * width)"  # pixels of the picture, for the names
NOW = "this setting"


def difference(record: RunRecord, other: RunRecord) -> str:
    """How `record` differs from `other`, in a few words: "20 factors, epochs 3", "Bayesian, fast"; "the same" if it does not."""
    family = family_of(record.model)
    title, against = "", other.settings
    if record.model != other.model:  # then from its own default preset
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


def curves_of(view: View, palette: Palette) -> list[Curve]:
    """The curves to draw: the best trial and the others shown last, then the newest setting, thick."""
    newest = view.current or (view.others[0].progress if view.others else None)
    others = list(view.others[:N_OTHERS])
    if view.best is not None and view.best in view.others and view.best not in others:
        others[-1] = view.best
    curves = []
    for trial in reversed(others):
        name, colour = difference(trial.record, newest.record), palette.muted
        if trial is view.best:
            name, colour = f"best: {name}", palette.ink
        curves.append(Curve(trial.progress, name, f"{{}} {name}", colour, thick=False))
    if view.current is not None:
        curves.append(Curve(view.current, NOW, f"{{}} {NOW}", palette.valid))
    return curves


def frame_of(curves: Sequence[Curve], baselines: dict[str, dict[str, float]]) -> Frame:
    """The axes for these curves; without baselines (nothing has begun yet) those of a typical data set.

    They depend on the settings and on trials that have ended, not on the one under way, so that they stay fixed meanwhile.
    """
    biases = baselines.get("biases_only", {}).get("mse", 0.9)
    mean = baselines.get("global_mean", {}).get("mse", 1.3)
    records = [curve.progress.record for curve in curves]
    ends = [curve.progress.history.valid_loss.tail(1) for curve in curves if not curve.progress.record.busy]
    ended = [loss for end in ends for loss in end if math.isfinite(loss)]
    low = math.floor(min([0.93 * biases, *(loss - 0.008 for loss in ended)]) / 0.02) * 0.02
    high = min(max([1.08 * biases, *(1.03 * loss for loss in ended)]), 1.5 * mean)
    last = max([int(record.settings.get("epochs", 1)) for record in records], default=5)
    return Frame(low, high, last, ROOM, {BIASES: biases, MEAN: mean} if baselines else {})


def in_words(view: View) -> str:
    """The text alternative of the picture."""
    if view.current is None:
        return "Held-out loss by epoch; nothing was tried yet"
    losses = view.current.history.valid_loss
    now = formats.loss(losses.iloc[-1]) if len(losses) else "not known yet"
    best = f"; best so far {formats.loss(view.best.mse)}" if view.best is not None else ""
    word = epoch_word(view.current.record)
    return f"Held-out loss by {word}, {view.n_tried} settings tried: now {now}{best}"
