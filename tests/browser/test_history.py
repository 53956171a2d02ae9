"""Back and Forward: an entry for each page and each step, with all that was chosen there."""

from urllib.parse import urlencode

from playwright.sync_api import expect

from tests.browser.conftest import link

PAGES = ("Rate", "Your taste", "Map", "Similar", "Biases", "People", "Data", "Learn")


def by_menu(page, settled, name):
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    expect(page.locator("h1").first).to_have_text(name)
    settled(page)


def test_eight_pages_there_and_back(desktop, settled, server):
    page = desktop
    page.goto(f"{server}/?data=sample")
    settled(page)
    began = page.evaluate("history.length")
    for name in PAGES:
        by_menu(page, settled, name)
        if name == "Map":
            page.get_by_text("2-D", exact=True).click()
            settled(page)
    assert page.evaluate("history.length") == began + len(PAGES)
    there = []
    for name in reversed(PAGES):
        expect(page.locator("h1").first).to_have_text(name)
        settled(page)
        there.append(link(page))
        page.go_back()
    expect(page.locator("h1").first).to_have_text("Overview")
    assert there[PAGES[::-1].index("Map")]["dim"] == "2-D"
    for name, seen in zip(PAGES, reversed(there), strict=True):
        page.go_forward()
        expect(page.locator("h1").first).to_have_text(name)
        settled(page)
        assert link(page) == seen
    assert page.get_by_test_id("stException").count() == 0


def test_a_film_is_a_step_and_a_measure_is_none_from_a_shared_link_on(desktop, settled, server):
    page = desktop
    page.goto(f"{server}/?data=sample")
    settled(page)
    by_menu(page, settled, "Biases")
    shared = {"data": "sample", "run": link(page)["run"], "film": "Alien (1979)", "neighbours": "5"}
    page.goto(f"{server}/similar?{urlencode(shared)}")
    settled(page)
    began = page.evaluate("history.length")
    box = page.get_by_role("combobox", name="Film").first
    box.click()
    box.fill("Aliens (1986)")
    page.get_by_role("option", name="Aliens (1986)").click()
    settled(page)
    page.get_by_text("Euclidean").first.click()
    settled(page)
    assert page.evaluate("history.length") == began + 1 and link(page)["measure"] == "euclidean"
    by_menu(page, settled, "Map")
    page.go_back()
    settled(page)
    assert link(page)["film"] == "Aliens (1986)" and link(page)["measure"] == "euclidean"
    page.go_back()
    settled(page)
    assert link(page) == shared and box.input_value() == "Alien (1979)"
    page.go_back()
    expect(page.locator("h1").first).to_have_text("Biases")
