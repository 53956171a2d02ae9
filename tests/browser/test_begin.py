"""Groups of films in the real browser: two picks, the list follows, a reload keeps them, the keyboard and a thumb do it too."""

from tests.browser.conftest import link
from tests.browser.test_rate import POPULAR, open_rate, picks, profile_of


def box(page, place):
    return page.locator(f".st-key-group-{place}").get_by_role("checkbox")


def pick(page, place, settled):
    page.locator(f".st-key-group-{place} label").click()
    settled(page)


def test_two_groups_change_the_picks_and_survive_a_reload(server, desktop, settled):
    open_rate(desktop, server, settled)
    popular = picks(desktop)
    desktop.get_by_text("Rather pick than rate").click()
    desktop.locator(".st-key-group-7").wait_for()
    settled(desktop)
    assert link(desktop).get("groups") == "true" and profile_of(desktop) is None
    last = desktop.locator(".st-key-single_films").bounding_box()
    assert last["y"] + last["height"] <= 900  # all groups and the way on are above the fold
    pick(desktop, 1, settled)
    desktop.get_by_role("heading", name="Your picks").wait_for()
    pick(desktop, 4, settled)
    desktop.get_by_text("Groups picked: 2").wait_for()
    settled(desktop)
    found, token = picks(desktop), profile_of(desktop)
    assert found != popular and len(found) == 10 and token is not None
    assert [box(desktop, place).is_checked() for place in range(8)] == [place in (1, 4) for place in range(8)]

    desktop.reload()
    desktop.get_by_text("Groups picked: 2").wait_for()
    settled(desktop)
    assert picks(desktop) == found and box(desktop, 4).is_checked() and profile_of(desktop) == token

    desktop.get_by_role("button", name="Go on with single films").click()
    desktop.locator(".st-key-card-1").wait_for()
    settled(desktop)
    assert picks(desktop) == found and desktop.locator(".st-key-group-0").count() == 0
    assert link(desktop).get("groups") is None


def test_the_keyboard_picks_a_group_and_puts_it_back(server, desktop, settled):
    open_rate(desktop, server, settled, "data=ml-100k&groups=true")
    popular = picks(desktop)
    for checked in (True, False):
        box(desktop, 2).focus()
        desktop.keyboard.press("Space")
        desktop.get_by_role("heading", name="Your picks" if checked else POPULAR).wait_for()
        settled(desktop)
        assert box(desktop, 2).is_checked() == checked
    assert picks(desktop) == popular


def test_who_somebody_is_can_be_said_and_left_out(server, desktop, settled):
    open_rate(desktop, server, settled)
    popular = picks(desktop)
    for option, heading in (("50 to 59", "Your picks"), ("Left out", POPULAR)):
        desktop.get_by_role("button", name="About you").click()
        desktop.locator(".st-key-about_age").get_by_role("combobox").click()
        desktop.get_by_role("option", name=option).click()
        desktop.get_by_role("heading", name=heading).wait_for()
        desktop.keyboard.press("Escape")
        settled(desktop)
    assert picks(desktop) == popular


def test_newer_films_are_one_press_away(server, desktop, settled):
    open_rate(desktop, server, settled)
    desktop.get_by_role("button", name="Rate films up to 2018 instead").click()
    desktop.wait_for_url("**data=ml-latest-small**")
    desktop.get_by_role("button", name="Rate films up to 2018 instead").wait_for(state="hidden")
    settled(desktop)


def test_one_thumb_picks_on_a_phone(server, phone, settled):
    open_rate(phone, server, settled, "data=ml-100k&groups=true")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    card = phone.locator(".st-key-group-card-0").bounding_box()
    assert card["height"] >= 44 and card["width"] >= 300
    phone.locator(".st-key-group-0 label").tap()
    phone.get_by_text("Groups picked: 1").wait_for()
    settled(phone)
    phone.get_by_role("link", name="Picks", exact=True).tap()
    phone.wait_for_function("document.querySelector('#picks').getBoundingClientRect().top < 300")
    assert phone.get_by_role("heading", name="Your picks").is_visible() and len(picks(phone)) == 10
