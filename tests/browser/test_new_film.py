"""As if it were new in the real browser: a film is described with the keyboard, its neighbours follow, the link holds it all."""

import dataclasses

import pytest

from collab.models import preset_of
from collab.services.environment import Environment
from collab.services.plans import plan
from tests.browser.conftest import link, serving
from tests.training_here import train_here

BARS = "document.querySelector('.st-key-new_film_bars .js-plotly-plot')"
FIRST = f"{BARS}?.data?.[0].hovertext?.[0]"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The page's address on a run of the sample with side information, trained here: no other page waits for it."""
    home = tmp_path_factory.mktemp("new-film") / "home"
    home.mkdir()
    settings = dataclasses.replace(preset_of("side", "fast"), epochs=1, batch_size=512)
    record = train_here(Environment((), home, "sqlite://"), plan("side", settings, "sample", "random:0.2", 0))
    with serving(home) as address:
        yield f"{address}/similar?data=sample&run={record.id}&similar_view=As+if+it+were+new"


def closest(page, other_than=None):
    """The closest film and its closeness, as soon as there is one and it is another than before."""
    page.wait_for_function(f"before => {FIRST} !== undefined && {FIRST} !== before", arg=other_than)
    return page.evaluate(FIRST)


def test_describe_a_film_and_share_it(address, desktop, phone, settled):
    desktop.goto(address)
    before = closest(desktop)
    settled(desktop)
    picture = desktop.locator(".st-key-new_film_bars").bounding_box()
    assert picture["y"] + picture["height"] <= 900

    desktop.get_by_role("combobox", name="Genres").focus()
    for _ in range(4):
        desktop.keyboard.press("Backspace")
    desktop.keyboard.type("Horr")
    desktop.keyboard.press("Enter")
    desktop.wait_for_function("new URL(location).searchParams.get('new_genres') === 'Horror'")
    horror = closest(desktop, before)
    desktop.keyboard.press("Escape")
    year = desktop.get_by_role("slider", name="Year")
    year.focus()
    year.press("Home")
    desktop.wait_for_function("new URL(location).searchParams.has('new_year')")
    closest(desktop, horror)
    settled(desktop)
    found = closest(desktop)

    assert link(desktop)["new_genres"] == "Horror" and link(desktop)["run"]
    phone.goto(desktop.url)
    phone.wait_for_function(f"found => {FIRST} === found", arg=found)
    settled(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390

    desktop.get_by_role("combobox", name="Film").click()
    desktop.keyboard.type("alien (19")
    desktop.get_by_role("option", name="Alien (1979)").click()
    desktop.get_by_text("as if nobody had rated it").wait_for()  # the film chosen describes itself again
    desktop.wait_for_function("!new URL(location).searchParams.has('new_genres')")
