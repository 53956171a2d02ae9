"""Your taste in the real browser: two films rated, the page that the menu opens shows them, on a phone too."""

from urllib.parse import urlsplit

from tests.browser.conftest import link
from tests.browser.test_rate import open_rate, profile_of, tap


def drawn(page, name):
    picture = page.locator(f".st-key-{name} .js-plotly-plot")
    picture.locator(".main-svg").first.wait_for()
    return picture


def test_two_films_rated_are_on_the_page_that_the_menu_opens(server, desktop, phone, settled):
    open_rate(desktop, server, settled)
    titles = [tap(desktop, 1, 5, settled), tap(desktop, 2, 1, settled)]
    token = profile_of(desktop)
    desktop.get_by_role("link", name="Your taste", exact=True).click()
    desktop.get_by_text("2 films rated").wait_for()
    settled(desktop)
    assert profile_of(desktop) == token  # the link of this page leads back to these ratings
    picture = drawn(desktop, "taste_place")
    box = picture.bounding_box()
    assert box["y"] + box["height"] <= 900
    stars = picture.evaluate("node => node.data.find(each => each.marker?.symbol === 'star').hovertext")
    assert sorted(text.split(" · ")[0] for text in stars) == sorted(titles)
    assert all("rated 5" in text or "rated 1" in text for text in stars)
    assert desktop.locator(".film-list li").count() == 10

    desktop.get_by_role("radio", name="People").or_(desktop.get_by_role("button", name="People")).first.click()
    desktop.get_by_text("Points are the people of the training").wait_for()
    settled(desktop)
    assert link(desktop)["among"] == "People"
    marked = drawn(desktop, "taste_place").evaluate("node => node.data.find(each => each.marker?.size === 9).hovertext")
    assert len(marked) == 10 and all(text.startswith("User ") for text in marked)

    phone.goto(f"{server}/taste?data=ml-100k&profile={token}")
    phone.get_by_text("2 films rated").wait_for()
    settled(phone)
    for name in ("taste_place", "genres", "distribution", "alike_chart"):
        box = drawn(phone, name).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390

    desktop.goto(f"{server}/map")  # nothing of the profile follows to other pages
    settled(desktop)
    assert "profile" not in desktop.url


def test_nobody_finds_the_way_to_rate(server, desktop, settled):
    desktop.goto(f"{server}/taste?data=ml-100k")
    desktop.get_by_text("this is the average person").wait_for()
    settled(desktop)
    desktop.get_by_role("link", name="Rate a few films").click()
    desktop.locator(".film-list").first.wait_for()
    assert urlsplit(desktop.url).path == "/rate"
