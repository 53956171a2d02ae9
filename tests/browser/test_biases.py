"""Biases in the real browser: a rater leads to the page of people, a phone shows every view."""

from urllib.parse import parse_qs, urlsplit

CHART = ".st-key-biases .js-plotly-plot"
DRAWN = f"document.querySelector('{CHART}')?._fullLayout?.xaxis"


def link(page):
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


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
    for view in ("films", "genres+and+decades", "users"):
        phone.goto(f"{server}/biases?data=ml-100k&view={view}")
        settled(phone)
        phone.wait_for_function(DRAWN)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        box = phone.locator(CHART).bounding_box()
        assert box["y"] + box["height"] <= 844 and box["width"] <= 390
