"""New film in the real browser: a film is described with the keyboard, the map follows, and the link holds it all."""

import dataclasses
from urllib.parse import parse_qs, urlsplit

import pytest

from collab.models import preset_of
from collab.services.environment import Environment
from collab.services.runs import RunStore
from collab.services.training_job import carry_out, plan
from tests.browser.conftest import serving

MAP = "document.querySelector('.st-key-new_film_map .js-plotly-plot')"
PLACE = f"{MAP}?.data?.find(trace => trace.name === 'the new film')?.x[0]"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The page's address on a run of the sample with side information, trained here: no other page waits for it."""
    home = tmp_path_factory.mktemp("new-film") / "home"
    home.mkdir()
    store = RunStore(home)
    owner, lock = store.claim()
    settings = dataclasses.replace(preset_of("side", "fast"), epochs=1, batch_size=512)
    noted = store.create(plan("side", settings, "sample", "random:0.2", 0, owner=owner))
    record = carry_out(noted, store, Environment((), home, "sqlite://"))
    lock.release()
    assert record.state == "finished", record.message
    with serving(home) as address:
        yield f"{address}/new_film?data=sample&run={record.id}"


def link(page):
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


def place(page, other_than=None):
    """How far right the new film lies on the map, as soon as there is one and it lies elsewhere than before."""
    page.wait_for_function(f"before => {PLACE} !== undefined && {PLACE} !== before", arg=other_than)
    return page.evaluate(PLACE)


def test_describe_a_film_and_share_it(address, desktop, phone, settled):
    desktop.goto(address)
    before = place(desktop)
    settled(desktop)
    picture = desktop.locator(".st-key-new_film_map").bounding_box()
    assert picture["y"] + picture["height"] <= 900

    desktop.get_by_role("combobox", name="Genres").focus()
    for _ in range(2):
        desktop.keyboard.press("Backspace")
    desktop.keyboard.type("Horr")
    desktop.keyboard.press("Enter")
    desktop.wait_for_function("new URL(location).searchParams.get('new_genres') === 'Horror'")
    horror = place(desktop, before)
    desktop.keyboard.press("Escape")
    year = desktop.get_by_role("slider", name="Year")
    year.focus()
    year.press("Home")
    desktop.wait_for_function("new URL(location).searchParams.has('new_year')")
    place(desktop, horror)
    settled(desktop)
    found = place(desktop)

    assert link(desktop)["new_genres"] == "Horror" and link(desktop)["run"]
    phone.goto(desktop.url)
    phone.wait_for_function(f"found => {PLACE} === found", arg=found)
    settled(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
