"""One run on the Train page: live while it trains, with its figures, layers and a replay once it has ended."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from collab.errors import RunError
from collab.models import family_of
from collab.models.settings import as_text, settings_from
from collab.services.plans import plan_again
from collab.services.run_record import RunRecord
from collab.services.runs import Progress
from collab.training.metrics import METRICS
from collab.ui.charts import formats
from collab.ui.charts.losses import cut, epoch_word, in_batches, loss_data, loss_spec, schedule_spec
from collab.ui.charts.palette import palette
from collab.ui.frame import cached
from collab.ui.frame.in_use import forget_run, use_run
from collab.ui.frame.queueing import refusal_noted
from collab.ui.frame.run_words import in_words
from collab.ui.frame.visitor import visitor
from collab.ui.frame.watch import POLL_SECONDS, job_progress, stop_all, turn_in_words
from collab.ui.train.certainty import show_certainty
from collab.ui.train.sealed import show_sealed
from collab.ui.widgets.distribution import distribution_expander
from collab.ui.widgets.tables import as_table, show_table

REPLAY_SECONDS = 10.0


def show_run(record: RunRecord) -> None:
    """Draw the run; while it waits, trains or is replayed, it is redrawn four times a second.

    `record` is what the rest of the page was drawn from: if the run has ended since, the whole page is drawn again.
    """
    renewing = record.busy or _replay_share(record.id) is not None
    st.fragment(_draw, run_every=POLL_SECONDS if renewing else None)(record.id, renewing)


def _draw(run_id: str, renewing: bool) -> None:
    try:
        progress = cached.runs().progress(run_id)
    except RunError:
        st.rerun()  # it was taken off the queue while it waited: the page shows the newest run
    share = _replay_share(run_id)
    if renewing and not progress.record.busy and share is None:
        st.rerun()  # it has ended: one full rerun stops the redrawing
    _headline(progress, share)
    if share is not None:
        progress = cut(progress, share)
    record, colours = progress.record, palette()
    data = loss_data(progress)
    st.vega_lite_chart(data, loss_spec(progress, data, colours), key="loss_chart", alt=_chart_in_words(progress))
    if "learning_rate" in record.settings:
        table, *schedule = st.columns([1.25, 1, 1])
        _schedule(progress, *schedule)
    else:
        table, _ = st.columns([1.25, 2])  # a model without a schedule
    with table:
        _history_table(progress)
        _batches_table(progress)
    if not record.busy and share is None:
        _figures(record)
        show_certainty(record)
        distribution_expander(record)
        _layers(record)


def _schedule(progress: Progress, rate: DeltaGenerator, momentum: DeltaGenerator) -> None:
    """Learning rate and momentum over the training, a chart each."""
    epochs, colours = float(progress.record.settings.get("epochs", 1)), palette()
    rate.vega_lite_chart(
        progress.batches[["epoch", "learning_rate"]],
        schedule_spec("learning_rate", "learning rate", epochs, colours.accent, colours),
        key="rate_chart",
        alt="Learning rate over the training: it rises to its peak and falls again",
    )
    momentum.vega_lite_chart(
        progress.batches[["epoch", "momentum"]],
        schedule_spec("momentum", "momentum", epochs, colours.accent, colours),
        key="momentum_chart",
        alt="Momentum over the training: it falls and rises against the learning rate",
    )


def _headline(progress: Progress, replay: float | None) -> None:
    """One line of fixed height: what the run is doing and the button that goes with it."""
    record = progress.record
    line, button = st.columns([4, 1], vertical_alignment="center")
    if replay is not None:
        line.progress(replay, text=f"Replay of a training that took {formats.duration(record.seconds)}")
        if button.button("End replay", key="end_replay", width="stretch"):
            del st.session_state["_train_replay"]
            st.rerun()
    elif record.busy:
        line.progress(progress.share, text=_how_far(progress))
        _stop_button(record, button)
    else:
        took = f" after {formats.duration(record.seconds)}" if record.seconds else ""
        kept = f" in {epoch_word(record)} {record.epochs_done + 1}, weights kept" if record.state == "stopped" else ""
        text = f"{record.state.capitalize()}{took}{kept} · {formats.plain(record.name)} · {formats.plain(record.data_title)}"
        line.progress(progress.share, text=text)
        if button.button(
            "Replay",
            key="replay",
            icon=":material/replay:",
            width="stretch",
            disabled=progress.batches.empty,
            help="Draws the curve again in ten seconds, for an audience.",
        ):
            st.session_state["_train_replay"] = (record.id, time.monotonic())
            st.rerun()
        _say_how_it_ended(record)


def _how_far(progress: Progress) -> str:
    """What a run that waits or trains is doing."""
    record, left = progress.record, progress.seconds_left
    if record.state == "queued":
        moment = job_progress(record.id)
        return formats.plain(moment.trouble) or turn_in_words(moment.place)
    epochs = record.settings.get("epochs", 1)
    parts = [f"{epoch_word(record).capitalize()} {min(len(progress.history) + 1, epochs)} of {epochs}"]
    if left is not None and in_batches(record):
        parts.append(f"step {formats.count(progress.batches.step.iloc[-1])} of {formats.count(record.n_steps)}")
    parts.append(f"{formats.duration(left)} left" if left is not None else "getting ready")
    return " · ".join(parts)


def _stop_button(record: RunRecord, place: DeltaGenerator) -> None:
    mine = record.starter == visitor()
    if place.button(
        "Stop",
        key="stop",
        icon=":material/stop:",
        width="stretch",
        disabled=not mine,
        help=None if mine else "Somebody else has started this run; only they can stop it.",
    ):
        if not stop_all([record.id]):
            return
        if record.state == "queued":  # it never began, so it is no longer a run
            forget_run(record.id)
        st.rerun()


def _say_how_it_ended(record: RunRecord) -> None:
    if record.state in ("finished", "stopped"):
        return
    if record.state == "interrupted":
        st.warning(formats.plain(record.message), icon=":material/power_off:")
    else:
        st.error(formats.plain(record.message), icon=":material/error:")
    settings = settings_from(family_of(record.model).settings_type, record.settings)
    with st.container(horizontal=True):
        if record.state == "diverged" and getattr(settings, "learning_rate", None):
            factor, pressed = 1 / 3, st.button("Train with a third of the rate", key="lower_rate", type="primary")
        else:
            factor, pressed = 1.0, st.button("Start it again", key="start_again", type="primary")
    if pressed:
        _train_again(record, settings, factor)


def _train_again(record: RunRecord, settings: Any, factor: float) -> None:
    """Queue the run again, its learning rate times `factor`, and show the new run."""
    if factor != 1.0:
        settings = dataclasses.replace(settings, learning_rate=float(f"{settings.learning_rate * factor:.2g}"))
    with refusal_noted():
        use_run(cached.trainings().submit(plan_again(record, settings, starter=visitor())))
        st.session_state["_train_take_over"] = record.model, settings
    st.rerun()  # of the whole page: the controls follow


def _replay_share(run_id: str) -> float | None:
    """The share of the curve that a replay shows now; None without a replay."""
    of_run, since = st.session_state.get("_train_replay", (None, 0.0))
    if of_run != run_id:
        return None
    share = (time.monotonic() - since) / REPLAY_SECONDS
    if share >= 1:
        st.session_state.pop("_train_replay", None)
        return None
    return share


def _history_table(progress: Progress) -> None:
    history, word = progress.history, epoch_word(progress.record)
    of = f"the {word}’s batches" if in_batches(progress.record) else f"the training ratings, after the {word}"
    rows = history[["epoch", "train_loss", "valid_loss", "seconds"]].astype({"epoch": "int64"})
    show_table(
        rows.rename(columns={"seconds": "time"}),
        height=212,
        alt=f"Losses by {word}",
        key="history_table",
        column_config={
            "epoch": st.column_config.NumberColumn(word),
            "train_loss": st.column_config.NumberColumn(format="%.4f", help=f"Mean squared error over {of}"),
            "valid_loss": st.column_config.NumberColumn(
                format="%.4f", help="Mean squared error over the held-out ratings"
            ),
            "time": st.column_config.NumberColumn(format="%.2f s", help=f"Seconds of this {word}"),
        },
    )


def _batches_table(progress: Progress) -> None:
    """The thin curve and the schedule: a few hundred steps of the training; nothing where an epoch is one step."""
    if not in_batches(progress.record):
        return
    columns = ["step", "epoch", "train_loss", "learning_rate", "momentum"]
    named = {
        "step": st.column_config.NumberColumn(format="localized"),
        "epoch": st.column_config.NumberColumn(epoch_word(progress.record), format="%.2f"),
        "train_loss": st.column_config.NumberColumn("loss of the batch (MSE)", format="%.4f"),
        "learning_rate": st.column_config.NumberColumn("learning rate", format="%.6f"),
        "momentum": st.column_config.NumberColumn(format="%.3f"),
    }
    as_table(
        "batches_table",
        "Loss, learning rate and momentum by step" if "learning_rate" in progress.record.settings else "Loss by step",
        lambda: progress.batches[[each for each in columns if progress.batches[each].notna().any()]],
        named,
    )


def _figures(record: RunRecord) -> None:
    """Final errors beside the baselines, and what they mean."""
    if not record.valid or "mae" not in record.valid:
        return
    biases, mean = record.baselines["biases_only"], record.baselines["global_mean"]
    with st.container(horizontal=True):
        for key, metric in METRICS.items():
            if not all(key in found for found in (record.valid, biases, mean)):
                continue  # the run is older than the metric
            st.metric(
                f"{metric.title} ({metric.unit})" if metric.unit else metric.title,
                formats.loss(record.valid[key]),
                f"{record.valid[key] - biases[key]:+.4f}",
                delta_color="normal" if metric.higher_is_better else "inverse",
                border=True,
                delta_description="vs biases only",
                width=210,
                help=f"Global mean {formats.loss(mean[key])}, biases only {formats.loss(biases[key])}, on the "
                "same held-out ratings.",
            )
    st.markdown(in_words(record))
    show_sealed(record)


def _chart_in_words(progress: Progress) -> str:
    history = progress.history
    if history.empty:
        return f"Loss; no {epoch_word(progress.record)} is complete yet"
    return (
        f"Loss over {len(history)} {epoch_word(progress.record)}s: train {formats.loss(history.train_loss.iloc[-1])}, "
        f"valid {formats.loss(history.valid_loss.iloc[-1])} at the end"
    )


def _layers(record: RunRecord) -> None:
    with st.expander(
        f"The model's layers: {formats.count(sum(layer['n_parameters'] for layer in record.layers))} parameters"
    ):
        rows = pd.DataFrame(
            [
                {
                    "layer": layer["name"],
                    "kind": layer["kind"],
                    "shape": " × ".join(formats.count(n) for n in layer["shape"]) or formats.MISSING,
                    "parameters": layer["n_parameters"],
                }
                for layer in record.layers
            ]
        )
        show_table(
            rows,
            key="layers_table",
            alt="Layers of the model",
            column_config={
                "parameters": st.column_config.NumberColumn(format="localized", help="Numbers that training changes")
            },
        )
        st.caption(
            f"Trained in {formats.duration(record.cpu_seconds)} of CPU time. Settings, as the command line takes them: `"
            + " ".join(f"{name}={as_text(value)}" for name, value in record.settings.items())
            + "`."
        )
        st.caption(reproducibility_in_words(record))


def reproducibility_in_words(record: RunRecord) -> str:
    """What reproduces the same model, in one sentence."""
    surroundings = {name: formats.plain(str(value)) for name, value in record.environment.items()}
    programs = ", ".join(f"{name} {surroundings[name]}" for name in ("torch", "numpy", "scipy") if name in surroundings)
    kinds = [surroundings[name] for name in ("machine", "processor", "linear_algebra") if name in surroundings]
    seed, threads = record.settings.get("seed"), surroundings.get("threads", formats.MISSING)
    threads += " thread" if threads == "1" else " threads"
    processor = f"this kind of processor ({', '.join(kinds) or formats.MISSING})"
    if record.state != "finished" or not record.prediction_digest:
        return (
            f"It depends on its data (fingerprint {record.fingerprint}), settings, seed {seed}, {threads}, "
            f"{programs} and {processor}."
        )
    return (
        f"The same data (fingerprint {record.fingerprint}), settings, seed {seed} and {threads} give the same "
        f"predictions, byte for byte (digest {record.prediction_digest}); with other versions than {programs}, or not on "
        f"{processor}, the last digits may differ."
    )
