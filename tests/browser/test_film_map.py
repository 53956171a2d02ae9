"""The film map in the real browser: a click chooses a film, a turn does not, and nothing moves the camera but the hand."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

DRAWN = "document.querySelector('.plot3d-drawing')?._fullLayout?.scene?._scene?.glplot"
LISTEN = """() => {
  const node = document.querySelector('.plot3d-drawing');
  window.pointed = null;
  for (const event of ['plotly_hover', 'plotly_click']) node.on(event, ({ points }) => (window.pointed = points[0].hovertext));
  node.on('plotly_unhover', () => (window.pointed = null));
}"""
INK = "document.querySelector('.plot3d-drawing')._fullLayout.font.color"
CAMERA = "JSON.stringify(document.querySelector('.plot3d-drawing')._fullLayout.scene._scene.getCamera())"
PLACES = [(dx, dy) for dy in (0, 14, -14, 28, -28, 42) for dx in (0, 16, -16, 32, -32, 48, -48)]


def link(page):
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


@pytest.fixture
def film_map(server, desktop, settled):
    """The page with a drawn map."""
    desktop.goto(f"{server}/film_map?data=ml-100k")
    settled(desktop)
    desktop.wait_for_function(DRAWN)
    desktop.evaluate(LISTEN)
    desktop.wait_for_timeout(500)
    return desktop


def middle(page):
    box = page.locator(".plot3d").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def turn(page, right=80, down=20):
    """Turn the scene by hand, and wait until it stands still."""
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=8)
    page.mouse.up()
    still = None
    for _ in range(40):
        page.wait_for_timeout(250)
        now = page.evaluate(CAMERA)
        if now == still:
            return camera(page)
        still = now
    raise AssertionError("the scene does not stand still")


def point_at_a_film(page):
    """Move the mouse until a film lies under it; returns the film's title."""
    x, y = middle(page)
    for dx, dy in PLACES:
        page.mouse.move(x + dx - 2, y + dy)
        page.wait_for_timeout(120)
        page.mouse.move(x + dx, y + dy)
        page.wait_for_timeout(350)
        words = page.evaluate("window.pointed")
        if words:
            return words.split(" · ")[0]
    raise AssertionError("no film under the mouse")


def camera(page):
    """Where the scene is looked at from, as far as single precision tells."""
    return json.loads(page.evaluate(CAMERA), parse_float=lambda digits: round(float(digits), 5))


def test_turning_chooses_nothing_and_a_click_the_film_under_the_mouse(film_map, settled):
    before = camera(film_map)
    point_at_a_film(film_map)  # a turn that begins on a film
    turned = turn(film_map)
    assert turned != before
    film_map.wait_for_timeout(1000)
    settled(film_map)
    assert "film" not in link(film_map)

    light = film_map.evaluate(INK)
    film_map.emulate_media(color_scheme="dark")
    film_map.wait_for_function(f"light => {INK} !== light", arg=light)
    settled(film_map)
    assert camera(film_map) == turned  # the map follows the theme, and stays as it is

    film_map.evaluate(LISTEN)
    title = point_at_a_film(film_map)
    film_map.mouse.down()
    film_map.mouse.up()
    film_map.wait_for_function("title => new URL(location).searchParams.get('film') === title", arg=title)
    settled(film_map)
    film_map.get_by_role("link", name="More like this").wait_for()
    assert film_map.locator(".plot3d .annotation-text-g").count() == 1  # its flag

    neighbour = film_map.locator("[class*=st-key-near_] button").first
    nearest = neighbour.inner_text().split(" · ")[0]
    neighbour.click()
    film_map.wait_for_function("title => new URL(location).searchParams.get('film') !== title", arg=title)
    assert link(film_map)["film"][:5] == nearest[:5]


def test_the_camera_stays_through_every_change(film_map, settled):
    turned = turn(film_map)
    film_map.get_by_role("combobox", name="Colour").click()
    film_map.get_by_role("option", name="bias").click()
    film_map.wait_for_function("new URL(location).searchParams.get('colour') === 'bias'")
    settled(film_map)
    assert camera(film_map) == turned

    film_map.get_by_role("textbox", name="Find").fill("star trek")
    film_map.keyboard.press("Enter")
    film_map.get_by_text("in their title").wait_for()
    settled(film_map)
    assert camera(film_map) == turned

    slider = film_map.get_by_role("slider", name="Films")
    slider.focus()
    slider.press("ArrowLeft")
    film_map.wait_for_function("new URL(location).searchParams.get('shown') === '999'")
    settled(film_map)
    assert camera(film_map) == turned

    title = point_at_a_film(film_map)
    film_map.mouse.down()
    film_map.mouse.up()
    film_map.wait_for_function("title => new URL(location).searchParams.get('film') === title", arg=title)
    settled(film_map)
    assert camera(film_map) == turned

    film_map.get_by_role("link", name="More like this").click()
    film_map.wait_for_url("**/similar_films**")
    settled(film_map)
    assert link(film_map)["film"] == title
    film_map.get_by_role("link", name="Film map").click()
    film_map.wait_for_function(DRAWN)
    settled(film_map)
    assert link(film_map)["film"] == title and camera(film_map) == turned


def test_a_shared_link_shows_the_same(server, desktop, settled):
    desktop.goto(f"{server}/film_map?data=ml-100k&colour=year&shown=300&film=Alien+(1979)&find=star")
    settled(desktop)
    desktop.wait_for_function(DRAWN)
    names = desktop.evaluate("document.querySelector('.plot3d-drawing').data.map(trace => trace.name)")
    assert "year" in names
    flags = desktop.evaluate(
        "document.querySelector('.plot3d-drawing').layout.scene.annotations.map(flag => flag.text)"
    )
    assert flags[-1] == "Alien (1979)" and "Star Wars (1977)" in flags
    assert desktop.get_by_role("figure", name="The 300 most rated films").count() == 1
    buttons = desktop.evaluate("[...document.querySelectorAll('.plot3d .modebar-btn')].map(each => each.dataset.title)")
    assert buttons and not [
        title for title in buttons if "hare" in title or "Plotly" in title
    ]  # nothing sends the chart away


def test_on_a_phone_a_tap_chooses_and_the_page_scrolls(server, phone, settled):
    phone.goto(f"{server}/film_map?data=ml-100k")
    settled(phone)
    phone.wait_for_function(DRAWN)
    phone.wait_for_timeout(500)
    x, y = middle(phone)
    for dx, dy in PLACES:
        phone.touchscreen.tap(x + dx, y + dy)
        phone.wait_for_timeout(800)
        if "film" in link(phone):
            break
    assert "film" in link(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.locator(".plot3d").bounding_box()["height"] < 600  # room is left to scroll past it
