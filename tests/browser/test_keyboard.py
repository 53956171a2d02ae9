"""The keyboard alone: controls are reached and move the link, popovers are entered and left, the focus stays. And a finger."""

import pytest

from tests.browser.conftest import PATIENCE

# A page, the key of one of its own controls, the key that moves it, and what the link says then
MOVED = (
    ("similar", "minimum", "slider", "minimum=21"),
    ("biases?view=users", "ends", "slider", "ends=11"),
    ("people?part=tastes", "taste_by", "radio", "taste_by=decades"),
    ("data", "tail_of", "radio", "tail_of=users"),
)
NAMELESS = """() => [...document.querySelectorAll('[data-testid="stMain"] :is(a[href], button, input, select, summary)')]
    .filter((each) => each.tabIndex >= 0 && each.checkVisibility())
    .filter((each) => !(each.innerText || each.ariaLabel || each.title || each.labels?.[0]?.innerText
        || each.getAttribute('aria-labelledby') || each.closest('[aria-label]')))
    .map((each) => each.outerHTML.slice(0, 200))"""


def focus_comes_to(page, selector):
    page.wait_for_function("at => document.activeElement.closest(at) !== null", arg=selector, timeout=PATIENCE)


@pytest.mark.parametrize(("address", "key", "kind", "in_link"), MOVED)
def test_controls_are_named_and_moved_by_the_keyboard(server, desktop, settled, address, key, kind, in_link):
    desktop.goto(f"{server}/{address}")
    control = desktop.locator(f".st-key-{key}")
    control.wait_for()
    settled(desktop)
    assert desktop.evaluate(NAMELESS) == []
    stop = "input" if kind == "slider" else '[aria-checked="true"]'
    control.locator(stop).focus()
    desktop.keyboard.press("Shift+Tab")
    desktop.keyboard.press("Tab")  # from the stop before it: the control is in the order of the Tab key
    focus_comes_to(desktop, f".st-key-{key}")
    desktop.keyboard.press("ArrowRight")
    if kind == "radio":
        desktop.keyboard.press("Space")
    desktop.wait_for_function("said => location.search.includes(said)", arg=in_link)
    settled(desktop)
    focus_comes_to(desktop, f".st-key-{key}")


def test_a_popover_is_entered_and_left(server, desktop, settled):
    desktop.goto(f"{server}/similar")
    more = desktop.get_by_role("button", name="More settings")
    more.wait_for()
    desktop.locator("[data-keyboard]").wait_for(state="attached")
    settled(desktop)
    more.focus()
    desktop.keyboard.press("Enter")
    focus_comes_to(desktop, '[data-testid="stPopoverBody"]')
    for _ in range(20):
        desktop.keyboard.press("Tab")
        if not desktop.evaluate("document.activeElement.closest('[data-testid=stPopoverBody]') !== null"):
            break
    focus_comes_to(desktop, '[data-testid="stPageLink"]')  # what comes after the button, not the top of the page
    desktop.keyboard.press("Shift+Tab")
    assert more.evaluate("node => node === document.activeElement")
    desktop.keyboard.press("Enter")
    desktop.get_by_test_id("stPopoverBody").wait_for(state="detached")
    desktop.keyboard.press("Enter")
    focus_comes_to(desktop, '[data-testid="stPopoverBody"]')
    desktop.keyboard.press("Escape")
    desktop.get_by_test_id("stPopoverBody").wait_for(state="detached")
    desktop.wait_for_function("document.activeElement.innerText?.includes('More settings')")


def test_a_button_that_goes_leaves_the_keyboard_beside_it(server, desktop, settled):
    desktop.goto(f"{server}/rate")
    desktop.locator(".film-list").first.wait_for()
    settled(desktop)
    desktop.locator(".st-key-card-1").get_by_role("radio", name="5 out of 5 stars").click()
    button = desktop.locator(".st-key-what_if_begin").get_by_role("button", name="What if")
    button.wait_for()
    settled(desktop)
    button.focus()
    desktop.keyboard.press("Enter")
    focus_comes_to(desktop, ".st-key-what_if_film")  # the first control of what has come in its place


def test_a_tables_tools_cover_nothing_where_a_finger_points(server, phone, settled):
    phone.goto(f"{server}/people")
    tools = phone.get_by_test_id("stDataFrame").nth(1).get_by_test_id("stElementToolbar")  # below the errors
    tools.wait_for()
    settled(phone)
    words = phone.get_by_text("Ratings that the model never saw", exact=False)
    above, below = words.bounding_box(), tools.bounding_box()
    assert above["y"] + above["height"] <= below["y"] + 1
    assert all(each.bounding_box()["height"] >= 36 for each in phone.locator(".st-key-part [role=radio]").all())
    assert phone.evaluate("document.documentElement.scrollWidth") <= 391
