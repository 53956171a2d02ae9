"""Train: set up a model with sliders and watch it learn, one run per press of Start or one trial per move of a slider."""

import streamlit as st

from collab.errors import CollabError, StorageError
from collab.services.plans import plan
from collab.ui.charts import formats
from collab.ui.frame import cached
from collab.ui.frame.in_use import use_run
from collab.ui.frame.page import open_page
from collab.ui.frame.queueing import refusal_noted, say_refusal
from collab.ui.frame.run_words import describe_run
from collab.ui.frame.visitor import visitor
from collab.ui.frame.watch import stop_all
from collab.ui.train import slider_mode
from collab.ui.train.rate_finder import find_rate
from collab.ui.train.run import show_run
from collab.ui.train.settings_form import choose_model, settings_form

page = open_page("Train", "Set a model up, start it, and watch its loss fall below the two baselines.", needs_run=False)
cached.trainings().warm_up(page.data.name)
MOST_LISTED = 5  # waiting runs
controls, picture = st.columns([1, 2.6], gap="large")


def start() -> None:
    """Queue a run with the settings of the sliders and show it."""
    slider_mode.switch_off()
    with refusal_noted():
        run = plan(family.name, settings, page.data.name, f"random:{share:g}", settings.seed, starter=visitor())
        use_run(cached.trainings().submit(run))


def cancel_waiting() -> None:
    """Cancel this visitor's runs that wait now, which may be fewer than were drawn."""
    try:
        waiting = cached.trainings().waiting_of(visitor())
    except StorageError as reason:
        st.error(formats.sentence(str(reason)), icon=":material/error:")
    else:
        stop_all(waiting)


def show_queue() -> None:
    """Show everybody's running and waiting trainings, and a button to cancel one's own waiting ones."""
    trainings, names, n_waiting, n_own = cached.trainings(), [], 0, 0
    try:
        queue, trouble = trainings.queue(), trainings.trouble()
    except CollabError as reason:
        st.warning(formats.sentence(str(reason)), icon=":material/warning:")
        return
    for run_id in queue:
        try:
            record = trainings.store.record(run_id)
        except CollabError:
            continue  # it has just been removed
        waits, mine = record.state == "queued", record.starter == visitor()
        n_waiting, n_own = n_waiting + waits, n_own + (waits and mine)
        if n_waiting <= MOST_LISTED:
            place, whose = f"{n_waiting}." if waits else "**Training**", "yours" if mine else "somebody else’s"
            names.append(f"{place} {formats.plain(describe_run(record))} ({whose})")
    if n_waiting > MOST_LISTED:
        names.append(f"and {formats.count(n_waiting - MOST_LISTED)} more")
    st.caption("  \n".join(names) if names else "The queue is empty: a run starts at once.")
    if trouble:
        st.warning(f"{formats.plain(trouble)}.", icon=":material/hourglass_top:")
    if n_own > 1:
        st.button(
            f"Cancel my {n_own} waiting runs",
            key="cancel_waiting",
            on_click=cancel_waiting,
            help="They will not be trained; the run in training goes on.",
        )


with controls:
    family = choose_model()
    settings, share = settings_form(family)
    following = slider_mode.switch()
    st.button(
        "Start",
        key="start",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        on_click=start,
        disabled=settings is None,
        help="Trains these settings as a run of its own, on all ratings that are not held out, and shows it."
        if following
        else None,
    )
    if settings is not None:
        holdout = slider_mode.holdout_of(share) if following else f"random:{share:g}"
        find_rate(family, settings, page.data.name, holdout, slider_mode.split_seed() if following else settings.seed)
    say_refusal()
    st.fragment(show_queue, run_every=2.0)()
with picture:
    if following:
        slider_mode.follow(family, settings, share, page.record)
    else:
        slider_mode.leave()
        show_run(page.record)
