"""Biases in the real browser: a box around films takes them to the map, the keyboard does the same, a phone shows it all."""

from urllib.parse import parse_qs, urlsplit

CHART = ".st-key-biases .js-plotly-plot"
DRAWN = f"document.querySelector('{CHART}')?._fullLayout?.xaxis"
MAP = "document.querySelector('.plot3d-drawing')?.data"
BOXED = """([x, y, right, low]) => {
  const { _fullLayout: layout, data } = document.querySelector('.st-key-biases .js-plotly-plot');
  const at = (axis, value) => axis._offset + axis.d2p(value);
  return data[0].customdata.filter((_, place) => {
    const across = at(layout.xaxis, data[0].x[place]), down = at(layout.yaxis, data[0].y[place]);
    return across > x && across < right && down > y && down < low;
  });
}"""


def link(page):
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


def wait_for_films(page):
    page.wait_for_function("new URL(location).searchParams.get('films')")
    return {int(each) for each in link(page)["films"].split(",")}


def test_a_box_takes_films_and_the_button_shows_them_on_the_map(server, desktop, settled):
    desktop.goto(f"{server}/biases?data=ml-100k&view=norm+and+count")
    settled(desktop)
    desktop.wait_for_function(DRAWN)
    desktop.wait_for_timeout(800)
    assert desktop.get_by_role("button", name="Show these on the map").is_disabled()
    box = desktop.locator(CHART).bounding_box()
    assert box["y"] + box["height"] <= 900
    x, y, right, low = 0.7 * box["width"], 20, 0.98 * box["width"], 0.45 * box["height"]
    desktop.mouse.move(box["x"] + x, box["y"] + y)
    desktop.mouse.down()
    desktop.mouse.move(box["x"] + right, box["y"] + low, steps=10)
    inside = set(desktop.evaluate(BOXED, [x, y, right, low]))
    desktop.mouse.up()
    taken = wait_for_films(desktop)
    settled(desktop)
    assert len(inside) > 5 and taken == inside
    desktop.wait_for_function(f"{DRAWN} && document.querySelector('{CHART}').data[1].x.length === {len(taken)}")
    desktop.reload()
    settled(desktop)
    assert wait_for_films(desktop) == taken  # the link keeps them

    desktop.get_by_role("button", name=f"Show these {len(taken)} on the map").click()
    desktop.wait_for_url("**/map**")
    settled(desktop)
    desktop.wait_for_function(MAP)
    assert wait_for_films(desktop) == taken
    desktop.get_by_text(f"{len(taken)} films").first.wait_for()


def test_the_keyboard_takes_films_too(server, desktop, settled):
    desktop.goto(f"{server}/biases?data=ml-100k&view=norm+and+count")
    settled(desktop)
    desktop.get_by_role("combobox", name="Take a film").focus()
    desktop.keyboard.type("Alien (1979)")
    desktop.keyboard.press("Enter")
    (alien,) = wait_for_films(desktop)
    settled(desktop)
    table = desktop.get_by_test_id("stDataFrame")
    table.click(position={"x": 18, "y": 54})  # the box of the first row
    desktop.wait_for_function("new URL(location).searchParams.get('films').includes(',')")
    settled(desktop)
    both = wait_for_films(desktop)
    assert len(both) == 2 and alien in both
    button = desktop.get_by_role("button", name="Show these 2 on the map")
    button.focus()
    desktop.keyboard.press("Enter")
    desktop.wait_for_url("**/map**")
    assert wait_for_films(desktop) == both


def test_a_rater_opens_on_the_page_of_people(server, desktop, settled):
    desktop.goto(f"{server}/biases?data=ml-100k&view=users")
    settled(desktop)
    harshest = desktop.locator("[data-testid=stPageLink] a").filter(has_text="· bias −").first
    said = harshest.inner_text()
    harshest.click()
    desktop.wait_for_url("**/people**")
    number = link(desktop)["user"]
    assert f"User {number} · " in said
    desktop.get_by_text(f"User {number}", exact=True).wait_for()


def test_on_a_phone(server, phone, settled):
    for view in ("films", "genres+and+decades", "users", "norm+and+count"):
        phone.goto(f"{server}/biases?data=ml-100k&view={view}")
        settled(phone)
        phone.wait_for_function(DRAWN)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        box = phone.locator(CHART).bounding_box()
        assert box["y"] + box["height"] <= 844 and box["width"] <= 390
