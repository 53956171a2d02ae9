"""Train: set up a model with sliders and watch it learn, one run per press of Start or one trial per move of a slider."""

import streamlit as st

from collab.services.plans import plan
from collab.ui.frame import cached
from collab.ui.frame.in_use import use_run
from collab.ui.frame.page import open_page
from collab.ui.frame.queueing import refusal_noted, say_refusal
from collab.ui.frame.visitor import visitor
from collab.ui.train import slider_mode
from collab.ui.train.queue import show_queue
from collab.ui.train.rate_finder import find_rate
from collab.ui.train.run import show_run
from collab.ui.train.settings_form import choose_model, settings_form

page = open_page("Train", "Set a model up, start it, and watch its loss fall below the two baselines.", needs_run=False)
cached.trainings().warm_up(page.data.name)
controls, picture = st.columns([1, 2.6], gap="large")


def start() -> None:
    """Queue a run with the settings of the sliders and show it."""
    slider_mode.switch_off()
    with refusal_noted():
        run = plan(family.name, settings, page.data.name, f"random:{share:g}", settings.seed, starter=visitor())
        use_run(cached.trainings().submit(run))


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
