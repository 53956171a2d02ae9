"""Two runs on the map in the real browser: two seeds beside each other, by keyboard; then the same link on a phone."""

import dataclasses
import shutil

import pytest

from collab.models import DEFAULT_MODEL, DEFAULT_PRESET, preset_of
from collab.services.environment import Environment
from collab.services.plans import plan
from collab.services.runs import RunStore
from tests.browser.conftest import link, serving
from tests.training_here import train_here

KEYS = ("map_a", "map_b")
MARKED = """([key, title]) => {
    const frame = document.querySelector(`.st-key-${key} .plot3d`);
    const traces = frame?.querySelector('.plot3d-drawing')?.data ?? [];
    return traces.some(trace => trace.name === 'chosen' && trace.x.length === 1)
        && frame.querySelector('.plot3d-names .chosen')?.innerText === title;
}"""
DRAWN = "key => document.querySelector(`.st-key-${key} .plot3d-drawing`)?._fullLayout?.xaxis?._length"


def wait_until_marked(page, title):
    """Until the chosen film is marked and named in both pictures."""
    for key in KEYS:
        page.wait_for_function(MARKED, arg=[key, title])


@pytest.fixture(scope="module")
def two_seeds(tmp_path_factory, trained_home, movielens_folders):
    """The address of a dashboard that has the default run and one of another seed, and their ids."""
    home = tmp_path_factory.mktemp("two-seeds") / "home"
    shutil.copytree(trained_home("ml-100k", movielens_folders), home)
    (first,) = RunStore(home).records()
    again = dataclasses.replace(preset_of(DEFAULT_MODEL, DEFAULT_PRESET), seed=1)
    planned = plan(DEFAULT_MODEL, again, "ml-100k", "random:0.2", 0)
    second = train_here(Environment(movielens_folders, home, "sqlite://"), planned)
    with serving(home) as address:
        yield address, first.id, second.id


def test_two_runs_beside_each_other(two_seeds, desktop, phone, settled):
    address, first, second = two_seeds
    desktop.goto(f"{address}/map?data=ml-100k&run={first}")
    settled(desktop)
    desktop.get_by_role("radio", name="One run").focus()
    desktop.keyboard.press("ArrowRight")
    desktop.keyboard.press("Space")
    for key in KEYS:
        desktop.wait_for_function(DRAWN, arg=key)
    settled(desktop)
    assert link(desktop)["against"] == second and link(desktop)["map_view"] == "Two runs"
    desktop.wait_for_timeout(500)
    for key in KEYS:
        box = desktop.locator(f".st-key-{key}").bounding_box()
        assert box["y"] + box["height"] <= 900
    desktop.get_by_text("These two differ in the seed alone").wait_for()
    assert desktop.evaluate("document.documentElement.scrollWidth") <= 1441

    desktop.get_by_role("combobox", name="Film").focus()
    desktop.keyboard.type("alien (19")
    desktop.get_by_role("option", name="Alien (1979)").wait_for()
    desktop.keyboard.press("Enter")
    wait_until_marked(desktop, "Alien (1979)")
    settled(desktop)
    assert link(desktop)["film"] == "Alien (1979)"
    assert desktop.locator(".st-key-all_films_csv").get_by_role("button", name="Download as CSV").count() == 1

    phone.goto(desktop.url)
    wait_until_marked(phone, "Alien (1979)")
    settled(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    above, below = (phone.locator(f".st-key-{key}").bounding_box() for key in KEYS)
    assert below["y"] >= above["y"] + above["height"]
    assert above["x"] >= 0 and above["x"] + above["width"] <= 390
    assert link(phone)["against"] == second

    desktop.get_by_role("link", name="A film’s neighbours in both runs").click()
    desktop.wait_for_url("**/similar**")
    settled(desktop)
    said = link(desktop)
    assert (said["similar_view"], said["against"], said["film"]) == ("Two runs", second, "Alien (1979)")


def test_two_presses_train_one_other_seed(tmp_path, trained_home, movielens_folders, desktop):
    shutil.copytree(trained_home("ml-100k", movielens_folders), tmp_path / "home")
    with serving(tmp_path / "home") as address:
        desktop.goto(f"{address}/map?data=ml-100k&map_view=Two+runs")
        desktop.get_by_role("button", name="Train the same with another seed").dblclick()
        for key in KEYS:
            desktop.wait_for_function(DRAWN, arg=key)
        second = link(desktop)["against"]
    first_id, second_id = (
        record.id for record in reversed(RunStore(tmp_path / "home").records())
    )  # there are just two
    assert second_id == second != first_id
