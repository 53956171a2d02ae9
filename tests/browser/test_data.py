"""Data in the real browser: part, things and minimum go with the link, and the keyboard moves them."""

import dataclasses

import pytest

from collab.models import preset_of
from collab.services.environment import Environment
from collab.services.plans import plan
from collab.services.runs import RunStore
from tests.browser.conftest import link, serving
from tests.training_here import train_here

MARKED = "[...document.querySelectorAll('.st-key-tail .annotation-text')].map(each => each.textContent).join(' ')"


def test_from_the_long_tail_to_the_split_and_back_by_the_link(server, desktop, settled):
    desktop.goto(f"{server}/data?data=ml-100k")
    desktop.locator(".st-key-tail .js-plotly-plot").wait_for()
    settled(desktop)
    desktop.wait_for_function(f"({MARKED}).includes('733 films below 20')")

    slider = desktop.get_by_role("slider", name="Minimum ratings")
    slider.focus()
    slider.press("ArrowRight")
    desktop.wait_for_function(f"({MARKED}).includes('films below 21')")
    desktop.get_by_role("radio", name="users", exact=True).click()
    desktop.wait_for_function(f"({MARKED}).includes('users below 21')")

    desktop.get_by_role("radio", name="split", exact=True).click()
    desktop.locator(".st-key-held_out .js-plotly-plot").wait_for()
    desktop.get_by_text("In use: random 20 %, seed 0.").wait_for()
    settled(desktop)
    for name, value in {"data_part": "split", "tail_of": "users", "minimum": "21"}.items():
        assert link(desktop).get(name) == value, desktop.url

    desktop.reload()
    desktop.get_by_text("In use: random 20 %, seed 0.").wait_for()
    settled(desktop)
    desktop.wait_for_function(f"({MARKED}).includes('users below 21')")
    assert desktop.get_by_role("radio", name="split", exact=True).is_checked()


def test_a_run_that_is_offered_is_taken_up(sealed_and_changed, desktop, settled):
    """Its sealed ratings cannot be told apart: no stars. The offers stand in a fragment, and a press changes the whole page."""
    address, first, second = sealed_and_changed
    for part, shown in (("stars", "Mean of all ratings"), ("long tail", "1,000 films, most rated first.")):
        desktop.goto(f"{address}/data?data=sample&run={first}&data_part={part}")
        reason = desktop.get_by_text("which they are cannot be told")
        reason.wait_for()
        settled(desktop)
        desktop.locator(f".st-key-use_{second}").get_by_role("button").click()
        reason.wait_for(state="detached")
        desktop.get_by_text(shown).wait_for()
        settled(desktop)
        assert link(desktop)["run"] == second


@pytest.fixture
def sealed_and_changed(tmp_path):
    """The address of a dashboard with a run of sealed rows whose data set has changed since, and with one that can serve."""
    environment = Environment((), tmp_path / "home", "sqlite://")
    first, second = (
        train_here(environment, plan("bias", preset_of("bias"), "sample", holdout, 0)).id
        for holdout in ("random:0.2+sealed:0.3", "random:0.2")
    )
    store = RunStore(environment.home)
    store.write_record(dataclasses.replace(store.record(first), fingerprint="0" * 16))
    with serving(environment.home) as address:
        yield address, first, second
