"""Slider mode of the Train page: every change of a setting is trained at once, and its curve drawn over the last few.

Trials belong to the session (`services/trials.py`): they are counted, and vanish unless they are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from collab.data.splitting import with_sealed
from collab.errors import CollabError
from collab.models import DEFAULT_PRESET, Family
from collab.services.plans import plan
from collab.services.run_record import RunRecord
from collab.services.runs import Progress
from collab.services.trials import Rows, Trials, View, key_of
from collab.ui.charts import formats
from collab.ui.charts.curves import curves_data, curves_spec, with_labels
from collab.ui.charts.losses import MSE, VALID, epoch_word
from collab.ui.charts.palette import palette
from collab.ui.frame import cached, link
from collab.ui.frame.in_use import use_run
from collab.ui.frame.visitor import visitor
from collab.ui.frame.watch import POLL_SECONDS
from collab.ui.train.sealed import WHY_COUNT, figure_to_quote
from collab.ui.train.settings_form import take_over
from collab.ui.train.trials_figure import curves_of, difference, frame_of, in_words
from collab.ui.widgets.tables import as_table

MODE = "sliders"  # link name of the switch
SPLIT = "split"  # link name of the split seed of the trials
SEALED_SHARE = 0.1
QUICK_SECONDS = 3.0  # a training that is expected to take longer waits for a click
TYPICAL = (100_000, 3_000)  # ratings and table rows, until a run gives them
HEIGHT = 350  # pixels of the picture


def switch() -> bool:
    """Draw the switch of slider mode; returns whether it is on. Its state is in the link."""
    if link.came(MODE):
        st.session_state[MODE] = link.own(MODE) == "true"
    on = st.toggle(
        "Train as I move the sliders",
        key=MODE,
        persist_state="session",
        help="Every change is trained at once and its curve laid over the last few. These trials are yours alone and vanish "
        "when you leave; keep the one you like.",
    )
    # not bound to the link: what a bound widget writes there could bring back what the page has replaced
    link.put(MODE, "true" if on else None)
    return on


def switch_off() -> None:
    """Leave slider mode (in a callback)."""
    st.session_state[MODE] = False


def holdout_of(share: float) -> str:
    """How slider mode splits the ratings: `share` held out, and a tenth sealed (less if little would be left to train)."""
    return with_sealed(f"random:{share:g}", sealed_beside(share))


def sealed_beside(share: float) -> float:
    """The share that is sealed where `share` is held out."""
    return round(min(SEALED_SHARE, (1 - share) / 2), 3)


def split_seed() -> int:
    """The split seed of the trials, from the link; it is not the model's seed, so that trials of all seeds use the same rows."""
    text = link.own(SPLIT)
    link.put(SPLIT, text)
    return int(text or 0)


def leave() -> None:
    """Drop the unfinished trial when slider mode is off; the others stay for when it is switched on again."""
    trials = st.session_state.get("_train_trials")
    if trials is not None:
        trials.drop_unfinished()


def follow(family: Family, settings: Any | None, share: float, known: RunRecord) -> None:
    """Train the settings if they were not tried yet, and draw what the session has tried.

    `settings` is None where they contradict each other; `known` is a run on the same data, which gives their size.
    """
    lane, trials = cached.trial_lane(), _own_trials()
    lane.warm_up(known.data)
    seed = split_seed()
    rows = Rows(known.data, "title", holdout_of(share), seed)
    planned = None
    if settings is not None:
        planned = plan(family.name, settings, rows.data, rows.holdout, seed)
        seconds = expected_seconds(family, settings, share, known)
        try:
            if seconds <= QUICK_SECONDS or st.session_state.get("_train_try_anyway") == key_of(planned):
                trials.train(planned)
            else:
                _say_slow(family, planned, seconds)
        except CollabError as reason:
            st.error(formats.plain(str(reason)), icon=":material/error:")
    current = trials.look(rows).current
    renewing = current is not None and current.record.busy
    st.fragment(_draw, run_every=POLL_SECONDS if renewing else None)(rows, planned, renewing)


def expected_seconds(family: Family, settings: Any, share: float, known: RunRecord) -> float:
    """About how long a trial takes that holds out `share`, on data whose numbers of ratings, users and films `known` gives."""
    n_ratings = known.n_train + known.n_valid + known.n_sealed or TYPICAL[0]
    n_rows = known.n_rows or TYPICAL[1]
    return family.seconds(settings, round(n_ratings * (1 - share - sealed_beside(share))), n_rows)


def _own_trials() -> Trials:
    """The trials of this session, kept in its state."""
    trials = st.session_state.get("_train_trials")
    if trials is None or trials.lane is not cached.trial_lane():
        trials = st.session_state["_train_trials"] = cached.trial_lane().open()
    return trials


def _say_slow(family: Family, planned: RunRecord, seconds: float) -> None:
    """Say why these settings are not trained at once, and offer two ways on."""
    st.info(
        f"These settings take about {formats.duration(seconds)} to train, so they wait for you. Up to "
        f"{formats.duration(QUICK_SECONDS)} a change is trained at once.",
        icon=":material/hourglass_top:",
    )
    with st.container(horizontal=True):
        st.button(
            "Try them",
            key="try_anyway",
            type="primary",
            on_click=lambda: st.session_state.update(_train_try_anyway=key_of(planned)),
        )
        st.button(
            "Back to quick settings",
            key="quick_again",
            on_click=take_over,
            args=(family.presets[DEFAULT_PRESET],),
            help="The preset Fast of this model.",
        )


# --- the picture -----------------------------------------------------------------------------------------------------------


def _draw(rows: Rows, planned: RunRecord | None, renewing: bool) -> None:
    trials = _own_trials()
    view = trials.look(rows)
    if renewing and not (view.current is not None and view.current.record.busy):
        st.rerun()  # it has ended: one full rerun stops the redrawing
    line, note = view.current, st.session_state.pop("_train_trial_note", None)
    st.progress(line.share if line is not None else 0.0, text=_state_words(line))
    *figures, buttons = st.columns([1, 1, 1, 1.6], vertical_alignment="center")
    begun = _begun(view)
    baselines = begun.baselines if begun is not None else {}
    _metrics(view, baselines.get("biases_only", {}).get("mse"), figures)
    with buttons:
        _keep_button(trials, view)
        _check_popover(trials, view)
    held_out = f"{formats.count(begun.n_valid)} held-out ratings" if begun is not None else "held-out ratings"
    st.markdown(f"**{formats.counted(view.n_tried, 'setting')} tried** on the same {held_out}. {WHY_COUNT}")
    curves = curves_of(view, palette())
    frame, data = frame_of(curves, baselines), curves_data(curves, VALID)
    st.vega_lite_chart(
        with_labels(data, curves, frame, HEIGHT),
        curves_spec(curves, frame, palette(), HEIGHT, f"held-out {MSE}"),
        key="trials_chart",
        alt=in_words(view),
    )
    as_table(
        "trials_table",
        "Held-out loss of the trials by epoch",
        lambda: data[["run", "epoch", "loss"]].rename(columns={"run": "trial"}),
        {"loss": st.column_config.NumberColumn("held-out loss", format="%.4f")},
    )
    if note:
        st.error(note, icon=":material/error:")
    if view.checked is not None:
        _quote(rows, view)
    _trouble(trials, view, planned)


def _begun(view: View) -> RunRecord | None:
    """A record with the numbers of rows and the baselines on them: the current trial's, or another's until that has begun."""
    known = [view.current.record] if view.current is not None else []
    return next((each for each in (*known, *(trial.record for trial in view.others)) if each.baselines), None)


def _keep_button(trials: Trials, view: View) -> None:
    record = view.current.record if view.current is not None else None
    if st.button(
        "Kept" if view.current_kept else "Keep this one",
        key="keep_trial",
        icon=":material/check:" if view.current_kept else ":material/bookmark:",
        width="stretch",
        disabled=record is None or not record.has_weights or bool(view.current_kept),
        help="It is a run now, and the one that every page shows."
        if view.current_kept
        else "Makes this trial a run: it stays, and every page shows it.",
    ):
        _do(lambda: use_run(trials.keep(record.id, visitor())))


def _check_popover(trials: Trials, view: View) -> None:
    with st.popover(
        "Checked on sealed ratings" if view.checked is not None else "Check on sealed ratings",
        key="check_trial",
        width="stretch",
        disabled=view.best is None,
    ):
        _check_box(trials, view)


def _state_words(progress: Progress | None) -> str:
    if progress is None:
        return "Waiting for a setting"
    record = progress.record
    name = formats.plain(record.name)
    if record.state == "queued":
        return formats.plain(cached.trial_lane().trouble()) or f"Getting ready · {name}"
    if record.busy:
        n_epochs = record.settings.get("epochs", 1)
        return f"{epoch_word(record).capitalize()} {min(record.epochs_done + 1, n_epochs)} of {n_epochs} · {name}"
    state = {"finished": "Trained", "diverged": "Diverged"}.get(record.state, "Broken off")
    return f"{state} in {formats.duration(record.seconds)} · {name}" if record.seconds else f"{state} · {name}"


def _metrics(view: View, biases: float | None, places: Sequence[DeltaGenerator]) -> None:
    """The current figure, the best one, and the one to quote, each against the biases-only baseline on the same rows."""
    losses = view.current.history.valid_loss if view.current is not None else ()
    ended = view.current is not None and view.current.record.has_weights
    now = view.current.record.valid["mse"] if ended else float(losses.iloc[-1]) if len(losses) else None
    checked = view.checked.record.sealed if view.checked is not None else {}
    quoted, against = (checked.get(name, {}).get("mse") for name in ("model", "biases_only"))
    best = view.best.mse if view.best is not None else None
    newest = "Mean squared error of the newest trial on the held-out ratings, in stars²; under it, against biases only."
    lowest = "The lowest of all settings tried on the same held-out ratings."
    sealed = "On sealed ratings, which no trial saw, once you have looked at them; under it, against biases only there."
    for place, label, mse, baseline, help in (
        (places[0], "This setting", now, biases, newest),
        (places[1], "Best so far", best, biases, lowest),
        (places[2], "To quote", quoted, against, sealed),
    ):
        known = mse is not None and baseline is not None
        place.metric(
            label,
            formats.loss(mse),
            f"{mse - baseline:+.4f} vs biases" if known else "not yet",
            delta_color="inverse" if known else "off",
            delta_arrow="auto" if known else "off",
            help=help,
        )


def _quote(rows: Rows, view: View) -> None:
    """After the check: the figure to quote, its setting, how many were tried since, and a button for unseen rows."""
    record = view.checked.record
    since = (
        f" {formats.counted(view.n_since, 'setting')} tried since: for them these ratings are no longer unseen."
        if view.n_since
        else ""
    )
    st.markdown(f"{figure_to_quote(record)} The setting: {formats.plain(record.name)}.{since}")
    if st.button(
        "Take fresh ratings",
        key="fresh_rows",
        icon=":material/shuffle:",
        help="Other ratings are held out and sealed (the next split seed), and the count begins anew. What you have "
        "learned about the settings stays learned.",
    ):
        link.put(SPLIT, str(rows.split_seed + 1))
        st.rerun()


def _check_box(trials: Trials, view: View) -> None:
    if view.best is None:
        return
    if view.checked is not None:
        st.markdown(figure_to_quote(view.checked.record))
        st.caption(
            "They can be looked at once. “Take fresh ratings” seals others, for the settings that you try from then on."
        )
        return
    n_sealed = formats.count(view.best.record.n_sealed)
    st.markdown("**One look at the sealed ratings**")
    st.caption(
        f"{n_sealed} ratings were kept out of every trial: they neither trained nor chose. Look when you have chosen: the figure "
        "is the one to quote, and after it they are no longer unseen."
    )
    options = {view.best.record.id: f"The best so far: {formats.loss(view.best.mse)}"}
    current = view.current.record if view.current is not None and view.current.record.has_weights else None
    if current is not None and current.id != view.best.record.id:
        differing = formats.plain(difference(current, view.best.record))
        options[current.id] = f"This setting ({differing}): {formats.loss(current.valid['mse'])}"
    if len(options) > 1:
        chosen = st.radio("Which one", list(options), format_func=options.get, key="checked_trial")
    else:
        chosen = view.best.record.id
        st.markdown(options[chosen])
    if st.button(
        f"Look at {n_sealed} sealed ratings", key="look_at_sealed", type="primary", disabled=chosen not in options
    ):
        _do(lambda: trials.check(chosen))


def _trouble(trials: Trials, view: View, planned: RunRecord | None) -> None:
    """Say what went wrong with the newest trial, and what to do next."""
    if view.current is None or view.current.record.busy or view.current.record.state == "finished":
        return
    record = view.current.record
    if record.state == "diverged":
        st.warning(formats.plain(record.message), icon=":material/trending_up:")
        return
    text = (
        "The process that trains the trials has died. The next setting starts a new one; your other trials are safe."
        if record.state == "interrupted"
        else formats.plain(record.message)
    )
    st.error(text, icon=":material/error:")
    if st.button("Try it again", key="try_again", disabled=planned is None):
        _do(lambda: trials.train(planned, again=True))


def _do(action: Callable[[], object]) -> NoReturn:
    """Run the action of a button and draw the whole page again, with the reason if the action failed."""
    try:
        action()
    except CollabError as reason:
        st.session_state["_train_trial_note"] = formats.plain(str(reason))
    st.rerun()
