"""Together in the real browser: two people rate films, meet by link, and no private link gets into the one that is shared."""

from tests.browser.conftest import link
from tests.browser.test_rate import POPULAR, open_rate, profile_of, tap


def films(page):
    return page.locator(".evening .film b").all_inner_texts()


def rate_two(page, server, settled, stars):
    """Somebody new rates the first films asked; returns the private link's token and the titles."""
    open_rate(page, server, settled)
    rated = [tap(page, 1, given, settled) for given in stars]
    return profile_of(page), rated


def test_two_people_meet_by_link(server, desktop, phone, settled):
    other, others_films = rate_two(phone, server, settled, (1, 5))
    own, own_films = rate_two(desktop, server, settled, (5, 1))
    desktop.get_by_role("link", name="Together", exact=True).click()
    desktop.get_by_text("You are here", exact=False).wait_for()
    settled(desktop)
    box = desktop.get_by_role("textbox", name="Paste somebody’s link")
    box.fill(f"{server}/rate?data=ml-100k&profile={other}")
    box.press("Enter")
    desktop.locator(".evening").wait_for()
    settled(desktop)

    average = films(desktop)
    rated = {title.rsplit(" (", 1)[0] for title in own_films + others_films}
    assert len(average) == 10 and not rated & set(average)
    assert own not in desktop.url and other not in desktop.url and len(link(desktop)["people"].split(",")) == 2
    picture = desktop.locator(".evening").bounding_box()
    assert picture["y"] + picture["height"] <= 900  # whole above the fold
    desktop.get_by_role("button", name="Share").click()
    shared = desktop.locator(".st-key-company code, [data-testid=stPopoverBody] code").first.inner_text()
    assert own not in shared and other not in shared and link(desktop)["people"].split(",")[1] in shared
    desktop.keyboard.press("Escape")

    desktop.get_by_role("radio", name="Predicted rating").click()
    desktop.wait_for_function(
        "films => [...document.querySelectorAll('.evening .film b')].map(e => e.innerText).join() !== films.join()",
        arg=average,
    )
    settled(desktop)
    desktop.get_by_role("radio", name="Least misery").click()
    desktop.wait_for_function("location.search.includes('way=Least')")
    settled(desktop)
    least = films(desktop)
    assert len(least) == 10 and least != average

    phone.goto(desktop.url)  # whoever gets the link sees the same
    phone.locator(".evening").wait_for()
    settled(phone)
    assert films(phone) == least
    assert phone.evaluate("document.documentElement.scrollWidth") <= 391
    assert own not in phone.url and other not in phone.url


def test_somebody_joins_at_the_same_browser(server, desktop, settled):
    """Two people, one browser: the second one rates under their own name, and the menu leads back to both."""
    own, _ = rate_two(desktop, server, settled, (5,))
    desktop.get_by_role("link", name="Together", exact=True).click()
    desktop.get_by_text("You are here", exact=False).wait_for()
    desktop.get_by_role("textbox", name="Or let somebody rate films here").fill("Bea")
    desktop.get_by_role("button", name="Start their ratings").click()
    desktop.wait_for_url("**/rate?**")
    desktop.get_by_role("heading", name=POPULAR).wait_for()
    settled(desktop)
    bea = profile_of(desktop)
    assert bea not in (None, own)
    tap(desktop, 1, 4, settled)
    desktop.get_by_role("link", name="Together", exact=True).click()
    desktop.locator(".evening").wait_for()
    settled(desktop)
    assert desktop.locator(".evening .lane > b").all_inner_texts()[1:3] == ["You", "Bea"]
    assert desktop.get_by_role("button", name="Bea · 1 rated").is_visible()
    assert own not in desktop.url and bea not in desktop.url
