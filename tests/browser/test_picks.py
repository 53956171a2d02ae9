"""What is done with a pick, in the real browser: set aside by mouse, by keyboard and by thumb, undone; and what if."""

import pytest

from tests.browser.conftest import link
from tests.browser.test_rate import answered, profile_of, tap

ROWS = ".picks-films li"


def titles(page):
    return [row.get_attribute("data-title") for row in page.locator(ROWS).all()]


def open_picks(page, settled, address):
    page.goto(address)
    page.locator(ROWS).first.wait_for()
    settled(page)


def rate_some(page, server, settled, stars=(5, 2, 4)):
    """Rate the first cards; returns the private link of the answers."""
    open_picks(page, settled, f"{server}/rate?data=ml-100k")
    for n in stars:
        tap(page, 1, n, settled)
    return page.url


def gone(page, title):
    page.locator(f'{ROWS}[data-title="{title}"]').wait_for(state="detached")


def back(page, title):
    page.locator(f'{ROWS}[data-title="{title}"]').wait_for(state="attached")


@pytest.fixture(scope="module")
def private_link(server, browser, settled):
    """The link of a person with a few ratings; the tests leave them as they are."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        context.set_default_timeout(90_000)
        return rate_some(context.new_page(), server, settled)


def test_set_aside_by_mouse_and_undone_while_an_open_row_stays_open(desktop, private_link, settled):
    open_picks(desktop, settled, private_link)
    before = titles(desktop)
    rows = desktop.locator(ROWS)
    rows.nth(2).locator("summary").click()
    rows.nth(2).locator(".picture").wait_for()
    rows.first.get_by_role("button", name=f"Not interested: {before[0]}").click()
    gone(desktop, before[0])
    settled(desktop)
    now = titles(desktop)
    assert [title for title in now if title in before] == before[1:] and len(now) == 10
    opened = desktop.locator(f"{ROWS}:has(details[open])")
    assert opened.count() == 1 and opened.get_attribute("data-title") == before[2]
    assert opened.locator(".picture").is_visible()
    said = desktop.locator(".picks-said")
    assert said.get_by_role("status").inner_text() == f"{before[0]}: not interested"
    said.get_by_role("button", name="Undo").click()
    back(desktop, before[0])
    settled(desktop)
    assert titles(desktop) == before and said.inner_text() == ""
    assert opened.count() == 1 and opened.get_attribute("data-title") == before[2]

    opened.get_by_role("button", name=f"Seen it: {before[2]}").click()  # out of the open row this time
    gone(desktop, before[2])
    settled(desktop)
    assert said.get_by_role("group", name=f"Rate {before[2]}").is_visible()
    desktop.locator(".st-key-undo").get_by_role("button", name="Undo").click()  # the one beside the cards
    back(desktop, before[2])
    settled(desktop)
    assert titles(desktop) == before


def test_the_keyboard_alone_sets_aside_and_undoes(desktop, private_link, settled):
    open_picks(desktop, settled, private_link)
    before = titles(desktop)
    desktop.locator(f"{ROWS} summary").nth(1).focus()
    desktop.keyboard.press("Tab")
    assert desktop.evaluate("document.activeElement.ariaLabel") == f"Seen it: {before[1]}"
    desktop.keyboard.press("Enter")
    gone(desktop, before[1])
    settled(desktop)
    # the keyboard goes on at the film that moved up
    assert desktop.evaluate("document.activeElement.closest('li').dataset.title") == titles(desktop)[1]
    desktop.locator(f"{ROWS} summary").first.focus()
    for _ in range(7):  # five stars, Undo and the first film lie between
        desktop.keyboard.press("Shift+Tab")
        if desktop.evaluate("document.activeElement.innerText") == "Undo":
            break
    desktop.keyboard.press("Enter")
    back(desktop, before[1])
    settled(desktop)
    assert titles(desktop) == before
    assert desktop.evaluate("document.activeElement.closest('li').dataset.title") == before[1]


def test_a_double_click_sets_one_film_aside(desktop, private_link, settled):
    open_picks(desktop, settled, private_link)
    before = titles(desktop)
    desktop.get_by_role("button", name=f"Seen it: {before[0]}").dblclick()
    gone(desktop, before[0])
    settled(desktop)
    assert set(before[1:]) <= set(titles(desktop))
    desktop.locator(".picks-said").get_by_role("button", name="Undo").click()
    back(desktop, before[0])
    settled(desktop)


def test_one_thumb_sets_aside_and_undoes(phone, private_link, settled):
    open_picks(phone, settled, private_link)
    before = titles(phone)
    row = phone.locator(ROWS).nth(8)
    assert not row.locator(".tools").is_visible()  # a thumb opens the row
    row.locator("summary").tap()
    button = row.locator(".deeds").get_by_role("button", name=f"Not interested: {before[8]}")
    assert button.bounding_box()["height"] >= 40
    star = row.get_by_role("button", name=f"Rate {before[8]}: 3 out of 5 stars").bounding_box()
    assert star["width"] >= 40 and star["height"] >= 40
    button.tap()
    gone(phone, before[8])
    settled(phone)
    undo = phone.locator(".picks-said").get_by_role("button", name="Undo")
    place = undo.bounding_box()
    assert 0 <= place["y"] <= 844 - place["height"]  # in reach, however far the list was scrolled
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    undo.tap()
    back(phone, before[8])
    settled(phone)
    assert titles(phone) == before


def test_what_if_moves_the_picks_stands_in_the_link_and_back_restores_them(desktop, browser, private_link, settled):
    open_picks(desktop, settled, private_link)
    before = titles(desktop)
    desktop.get_by_role("button", name="What if", exact=True).click()
    banner = desktop.locator(".st-key-what_if")
    banner.wait_for()
    settled(desktop)
    assert titles(desktop) == before and desktop.locator(".move").count() == 0
    banner.get_by_role("radio", name="1 out of 5 stars").click()
    desktop.locator(".move").first.wait_for()
    settled(desktop)
    moved = titles(desktop)
    assert moved[:10] != before and set(before) <= set(moved)
    assert "Nothing is saved" in banner.inner_text() and desktop.locator(".tools").count() == 0
    text = link(desktop)["what_if"]
    assert text.startswith("1:")
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        other = context.new_page()
        open_picks(other, settled, desktop.url)
        assert titles(other) == moved
    banner.get_by_role("button", name="Back").click()
    banner.wait_for(state="detached")
    settled(desktop)
    assert titles(desktop) == before and "what_if" not in desktop.url


def test_a_part_of_a_reason_asks_what_if_and_the_answer_comes_into_sight(phone, private_link, settled):
    open_picks(phone, settled, private_link)
    row = phone.locator(ROWS).nth(5)
    row.locator("summary").tap()
    row.locator(".sum button").last.tap()
    phone.locator(".st-key-what_if").wait_for()
    settled(phone)
    phone.wait_for_function(
        "(box => box.top > 0 && box.bottom < innerHeight)(document.querySelector('.st-key-what_if').getBoundingClientRect())"
    )
    assert row.locator(".picture").is_visible()
    phone.locator(".st-key-what_if").get_by_role("button", name="Back").tap()
    phone.locator(".st-key-what_if").wait_for(state="detached")


def test_a_view_only_link_shows_the_same_and_changes_nothing(server, desktop, browser, private_link, settled):
    open_picks(desktop, settled, private_link)
    before, given = titles(desktop), sorted(answered(desktop))
    desktop.get_by_role("button", name="Share").click()
    view = "".join(desktop.get_by_test_id("stCode").inner_text().split())
    assert view.startswith(f"{server}/rate?") and profile_of(desktop) not in view
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        other = context.new_page()
        open_picks(other, settled, view)
        assert other.get_by_text("View only.").is_visible() and titles(other) == before
        assert sorted(other.locator(".film-list").first.locator(".film b").all_inner_texts()) == given
        for control in (
            other.get_by_test_id("stFeedback"),
            other.get_by_test_id("stFileUploader"),
            other.get_by_role("button", name="Undo"),
            other.get_by_role("button", name="Delete my ratings"),
            other.get_by_role("combobox", name="Find a film to rate"),
        ):
            assert control.count() == 0
        other.locator(f"{ROWS} summary").first.click()
        search = other.locator(ROWS).first.get_by_role("link", name="Where to watch")
        assert search.is_visible() and search.get_attribute("target") == "_blank"
        for do in ("seen", "not interested", "rate", "undo"):
            assert other.locator(f'[data-do="{do}"]').count() == 0
        other.get_by_role("button", name="What if", exact=True).click()
        other.locator(".st-key-what_if").wait_for()
        settled(other)
        assert other.get_by_role("button", name="Back").is_visible()
        assert other.get_by_role("button", name="Keep it").count() == 0
    desktop.reload()
    desktop.get_by_role("heading", name="Your picks").wait_for()
    settled(desktop)
    assert titles(desktop) == before and sorted(answered(desktop)) == given
