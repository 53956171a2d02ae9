"""Ratings are kept, in the real browser: ten of them go and come back; two profiles; the keyboard alone; one thumb."""

import itertools

from tests.browser.test_rate import (
    POPULAR,
    answered,
    card_titles,
    gone_from,
    open_rate,
    picks,
    profile_of,
    scrolled,
    tap,
)

FOCUS = """() => {
  const focused = document.activeElement, card = focused.closest('[class*="st-key-card-"]');
  return [focused.getAttribute('aria-label') ?? '', card?.className.match(/st-key-card-(\\d)/)?.[1] ?? '',
          card?.querySelector('p')?.innerText ?? '', focused.tagName];
}"""


def profile_box(page):
    return page.locator(".st-key-profile_box button:visible").first


def start_profile(page, name, settled):
    profile_box(page).click()
    page.get_by_label("Another profile").fill(name)
    page.get_by_role("button", name="Start another profile").click()
    page.wait_for_function("name => document.querySelector('.st-key-profile_box').innerText.includes(name)", arg=name)
    page.get_by_label("Another profile").wait_for(state="hidden")
    settled(page)


def test_ten_ratings_reload_export_delete_import(server, desktop, settled, tmp_path):
    open_rate(desktop, server, settled)
    rated = [tap(desktop, 1, stars, settled) for stars in (5, 1, 4, 5, 2, 3, 4, 1, 5, 4)]
    before, token = picks(desktop), profile_of(desktop)
    assert len(set(rated)) == 10 and len(before) == 10
    desktop.reload()
    desktop.get_by_role("heading", name="Your picks").wait_for()
    settled(desktop)
    assert profile_of(desktop) == token and picks(desktop) == before and sorted(answered(desktop)) == sorted(rated)
    with desktop.expect_download() as download:
        desktop.get_by_role("button", name="Download as CSV").click()
    file = tmp_path / "ratings.csv"
    download.value.save_as(file)
    assert download.value.suggested_filename == file.name
    assert file.read_text(encoding="utf-8").startswith("title,rating\n")
    desktop.get_by_role("button", name="Delete my ratings").click()
    desktop.get_by_role("button", name="Delete for good").click()
    desktop.get_by_text("Your ratings and both their links are deleted.").wait_for()
    settled(desktop)
    assert profile_of(desktop) is None and desktop.get_by_role("heading", name=POPULAR).is_visible()

    desktop.get_by_text("Load ratings from a file").click()
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("title,rating\nFargo (1996),7\n", encoding="utf-8")
    desktop.locator("input[type=file]").set_input_files(wrong)
    desktop.get_by_text("wrong.csv, line 2, column rating").wait_for()
    settled(desktop)  # the box that refused the file gives way to a fresh one
    desktop.locator("input[type=file]").set_input_files(file)
    desktop.get_by_text("10 ratings: 10 matched.").wait_for()
    assert profile_of(desktop) is None  # nothing is kept before it is confirmed
    desktop.get_by_role("button", name="Add 10 answers").click()
    desktop.get_by_text("10 answers loaded.").wait_for()
    settled(desktop)
    assert picks(desktop) == before and profile_of(desktop) not in (None, token)


def test_two_profiles_of_one_browser_and_two_tabs(server, desktop, settled):
    open_rate(desktop, server, settled)
    start_profile(desktop, "Ada", settled)
    ada = profile_of(desktop)
    title = tap(desktop, 1, 5, settled)
    start_profile(desktop, "Bob", settled)
    bob = profile_of(desktop)
    assert bob != ada and answered(desktop) == [] and card_titles(desktop)[0] == title
    tab = desktop.context.new_page()
    open_rate(tab, server, settled, f"data=ml-100k&profile={ada}")
    assert answered(tab) == [title]
    tap(desktop, 1, 1, settled)
    second = tap(tab, 1, 4, settled)
    assert answered(desktop) == [title] and sorted(answered(tab)) == sorted([title, second])
    tab.close()
    profile_box(desktop).click()
    desktop.get_by_role("button", name="Ada · 2 answers").click()
    desktop.wait_for_function("document.querySelector('.st-key-profile_box').innerText.includes('Ada')")
    settled(desktop)
    assert profile_of(desktop) == ada and sorted(answered(desktop)) == sorted([title, second])
    assert desktop.get_by_role("button", name="Undo").is_enabled()  # Ada's own last answer in this tab
    desktop.get_by_role("button", name="Undo").click()
    desktop.wait_for_function("() => document.querySelectorAll('[class*=st-key-row-]').length === 1")
    assert answered(desktop) == [second]
    open_rate(desktop, server, settled)
    assert desktop.get_by_role("button", name="Continue as Bob").is_visible()


def test_the_keyboard_alone_suffices(server, desktop, settled):
    open_rate(desktop, server, settled)

    def tab_to(wanted):
        for _ in range(80):
            desktop.keyboard.press("Tab")
            focused = desktop.evaluate(FOCUS)
            if wanted(focused):
                return focused
        raise AssertionError("not reached by 80 presses of Tab")

    rated = []
    tab_to(lambda focused: focused[0] == "1 out of 5 stars" and focused[1])  # past the menu, once
    for number in range(5):
        star, place, title, _ = desktop.evaluate(FOCUS)
        steps = number + 1 - int(star[0])
        for _ in range(abs(steps)):
            desktop.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
        assert desktop.evaluate(FOCUS)[:2] == [f"{number + 1} out of 5 stars", place]
        desktop.keyboard.press("Enter")
        gone_from(desktop, int(place), title)
        settled(desktop)
        rated.append(title)
        # the stars of the film that took the place are next: no way back through the menu
        desktop.wait_for_function(
            f"place => {{const [star, card] = ({FOCUS})(); return star.endsWith('of 5 stars') && card === place}}",
            arg=place,
        )
    assert sorted(answered(desktop)) == sorted(rated)
    tab_to(lambda focused: focused[3] == "SUMMARY" and not focused[1])
    assert not desktop.locator(".film-list .picture").first.is_visible()
    desktop.keyboard.press("Enter")
    desktop.locator(".film-list details[open] .picture").wait_for()


def test_every_film_is_one_thumb_away(server, phone, settled):
    open_rate(phone, server, settled)
    for _ in range(2):
        assert len(card_titles(phone)) == 3  # a short list, so that the picks are near
        for place in (1, 2, 3):
            stars = [star.bounding_box() for star in phone.locator(f".st-key-card-{place}").get_by_role("radio").all()]
            assert len(stars) == 5
            for star in stars:
                assert star["width"] >= 40 and star["height"] >= 40
                assert star["x"] >= 0 and star["x"] + star["width"] <= 390
                assert star["y"] >= 844 / 3 and star["y"] + star["height"] <= 844  # the lower two thirds of the screen
            middles = [star["x"] + star["width"] / 2 for star in stars]
            assert all(right - left >= 24 for left, right in itertools.pairwise(middles))
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        title = phone.locator(".st-key-card-2 p").first.inner_text()
        phone.locator(".st-key-card-2").get_by_role("radio", name="4 out of 5 stars").tap()
        gone_from(phone, 2, title)
        settled(phone)
    assert scrolled(phone) == 0
    last = phone.locator(".st-key-card-3").bounding_box()
    assert last["y"] + last["height"] < 844
    phone.get_by_role("link", name="Picks", exact=True).tap()
    phone.wait_for_function("document.querySelector('#picks').getBoundingClientRect().top < 300")
    assert phone.get_by_role("heading", name="Your picks").is_visible() and len(picks(phone)) == 10
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    profile_box(phone).tap()
    phone.get_by_label("Another profile").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
