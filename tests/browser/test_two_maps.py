"""Two maps in the real browser: two seeds of the default model beside each other, by keyboard; then the same link on a phone."""

import dataclasses
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest

from collab.models import DEFAULT_MODEL, DEFAULT_PRESET, preset_of
from collab.services.environment import Environment
from collab.services.runs import RunStore
from collab.services.training_job import carry_out, plan
from tests.browser.conftest import serving

MARKED = """key => {
    const traces = document.querySelector(`.st-key-${key} .js-plotly-plot`)?.data ?? [];
    return traces.find(trace => trace.name === 'chosen')?.hovertext?.[0] ?? '';
}"""


def link(page):
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


def wait_until_marked(page, title, *keys):
    """Until the chosen film is marked in these charts."""
    for key in keys:
        page.wait_for_function(f"([key, title]) => ({MARKED})(key).startsWith(title)", arg=[key, title])


@pytest.fixture(scope="module")
def two_seeds(tmp_path_factory, trained_home, movielens_folders):
    """The address of a dashboard that has the default run and one of another seed, and their ids."""
    home = tmp_path_factory.mktemp("two-seeds") / "home"
    shutil.copytree(trained_home("ml-100k", movielens_folders), home)
    store = RunStore(home)
    (first,) = store.records()
    owner, lock = store.claim()
    again = dataclasses.replace(preset_of(DEFAULT_MODEL, DEFAULT_PRESET), seed=1)
    planned = plan(DEFAULT_MODEL, again, "ml-100k", "random:0.2", 0, owner=owner)
    second = carry_out(store.create(planned), store, Environment(movielens_folders, home, "sqlite://"))
    lock.release()
    assert second.state == "finished", second.message
    with serving(home) as address:
        yield address, first.id, second.id


def test_two_runs_beside_each_other(two_seeds, desktop, phone, settled):
    address, first, second = two_seeds
    desktop.goto(f"{address}/two_maps?data=ml-100k&run={first}")
    wait_until_marked(desktop, "Star Wars (1977)", "map_a", "map_b")
    settled(desktop)
    assert link(desktop)["against"] == second
    desktop.wait_for_timeout(500)
    for key in ("map_a", "map_b"):
        box = desktop.locator(f".st-key-{key}").bounding_box()
        assert box["y"] + box["height"] <= 900
    desktop.get_by_text("These two differ in the seed alone").wait_for()
    assert desktop.evaluate("document.documentElement.scrollWidth") <= 1441

    desktop.get_by_role("combobox", name="Film").focus()
    desktop.keyboard.type("alien (19")
    desktop.get_by_role("option", name="Alien (1979)").wait_for()
    desktop.keyboard.press("Enter")
    wait_until_marked(desktop, "Alien (1979)", "map_a", "map_b")
    desktop.get_by_role("radio", name="apart").focus()
    desktop.keyboard.press("ArrowRight")
    desktop.keyboard.press("ArrowRight")
    desktop.keyboard.press("Space")
    wait_until_marked(desktop, "Alien (1979)", "map_both")
    settled(desktop)
    chosen = link(desktop)
    assert chosen["film"] == "Alien (1979)" and chosen["drawn_as"] in ("overlaid", "lines")
    assert desktop.get_by_role("button", name="Download as CSV: Every film compared").count() == 1

    phone.goto(desktop.url)
    wait_until_marked(phone, "Alien (1979)", "map_both")
    settled(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("radio", name="apart").click()
    wait_until_marked(phone, "Alien (1979)", "map_a", "map_b")
    settled(phone)
    above, below = (phone.locator(f".st-key-{key}").bounding_box() for key in ("map_a", "map_b"))
    assert below["y"] >= above["y"] + above["height"]
    assert above["x"] >= 0 and above["x"] + above["width"] <= 390
    assert link(phone)["against"] == second


def test_two_presses_train_one_other_seed(tmp_path, trained_home, movielens_folders, desktop):
    shutil.copytree(trained_home("ml-100k", movielens_folders), tmp_path / "home")
    with serving(tmp_path / "home") as address:
        desktop.goto(f"{address}/two_maps?data=ml-100k")
        desktop.get_by_role("button", name="Train the same with another seed").dblclick()
        wait_until_marked(desktop, "Star Wars (1977)", "map_a", "map_b")
        second = link(desktop)["against"]
    first_id, second_id = (
        record.id for record in reversed(RunStore(tmp_path / "home").records())
    )  # there are just two
    assert second_id == second != first_id
