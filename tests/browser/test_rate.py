"""Rate in the real browser: five films, the picks follow, a reload keeps them; undo and search; one answer a double click."""

from tests.browser.conftest import link

POPULAR = "Popular with everyone, not yet yours"


def profile_of(page):
    return link(page).get("profile")


def open_rate(page, server, settled, query="data=ml-100k"):
    page.goto(f"{server}/rate?{query}")
    page.locator(".film-list").first.wait_for()
    settled(page)


def card_titles(page):
    return [
        card.locator("p").first.inner_text()
        for card in page.locator("[class*='st-key-card-']").all()
        if card.is_visible()
    ]


def picks(page):
    return page.locator(".film-list").last.locator(".film b").all_inner_texts()


def tap(page, place, stars, settled):
    """Give the card at `place` (from 1) its stars and wait until the next film stands there; returns the film's title."""
    card = page.locator(f".st-key-card-{place}")
    title = card.locator("p").first.inner_text()
    card.get_by_role("radio", name=f"{stars} out of 5 stars").click()
    gone_from(page, place, title)
    settled(page)
    return title


def gone_from(page, place, title):
    page.wait_for_function(
        "([card, title]) => !document.querySelector(card).innerText.startsWith(title)",
        arg=[f".st-key-card-{place}", title],
    )


def scrolled(page):
    return page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")


def answered(page):
    return page.locator("[class*='st-key-row-'] > :first-child").all_inner_texts()


def test_five_films_change_the_picks_and_survive_a_reload(server, desktop, settled):
    open_rate(desktop, server, settled)
    assert desktop.get_by_role("heading", name=POPULAR).is_visible() and profile_of(desktop) is None
    places = [desktop.locator(f".st-key-card-{place}").bounding_box() for place in range(1, 7)]
    assert places[-1]["y"] + places[-1]["height"] < 900  # six films are above the fold
    popular, rated, seen = picks(desktop), [], []
    for place, stars in ((1, 5), (3, 1), (1, 4), (6, 5), (2, 2)):
        rated.append(tap(desktop, place, stars, settled))
        seen.append(picks(desktop))
    assert desktop.get_by_role("heading", name="Your picks").is_visible()
    assert desktop.get_by_role("heading", name=POPULAR).count() == 0
    assert all(now != before for now, before in zip(seen, [popular, *seen], strict=False))  # every answer, at once
    assert [
        desktop.locator(f".st-key-card-{place}").bounding_box() for place in range(1, 7)
    ] == places  # nothing jumped
    assert scrolled(desktop) == 0
    assert sorted(answered(desktop)) == sorted(rated)

    token = profile_of(desktop)
    assert token is not None
    desktop.reload()
    desktop.get_by_role("heading", name="Your picks").wait_for()
    settled(desktop)
    assert profile_of(desktop) == token and picks(desktop) == seen[-1] and sorted(answered(desktop)) == sorted(rated)
    assert not set(card_titles(desktop)) & set(rated)

    desktop.get_by_role("link", name="Biases", exact=True).click()
    desktop.wait_for_url("**/biases**")
    settled(desktop)
    assert profile_of(desktop) is None  # the private link stays on its own page
    desktop.get_by_role("link", name="Rate", exact=True).click()
    desktop.get_by_role("heading", name="Your picks").wait_for()
    settled(desktop)
    assert profile_of(desktop) == token and picks(desktop) == seen[-1]


def test_a_pick_opens_to_the_chance_of_every_rating(server, desktop, settled):
    open_rate(desktop, server, settled)
    tap(desktop, 1, 5, settled)
    rows = desktop.locator(".film-list").last.locator("li")
    assert rows.count() == 10
    first, closed = rows.first, rows.first.bounding_box()["height"]
    chances = first.get_by_role("img").get_attribute("aria-label")
    assert chances.startswith("Chances: 1 star ") and chances.count("%") == 5
    assert not first.locator(".picture").is_visible()
    first.locator("summary").focus()
    desktop.keyboard.press("Enter")
    first.locator(".picture").wait_for()
    assert first.bounding_box()["height"] > closed + 80
    assert "in 8 of 10 cases from" in first.locator(".picture").inner_text()
    columns = [column.bounding_box()["height"] for column in first.locator(".levels i").all()]
    shares = [share.inner_text() for share in first.locator(".levels span").all()]
    assert len(columns) == len(shares) == 5
    numbers = [0.0 if share == "<1" else float(share) for share in shares]
    assert 97 <= sum(numbers) <= 103 and columns.index(max(columns)) == numbers.index(max(numbers))
    first.locator("summary").click()
    first.locator(".picture").wait_for(state="hidden")


def test_not_seen_undo_and_search(server, desktop, settled):
    open_rate(desktop, server, settled)
    first = card_titles(desktop)
    desktop.locator(".st-key-card-2").get_by_role("button", name="Haven’t seen it").click()
    gone_from(desktop, 2, first[1])
    desktop.get_by_role("button", name="Undo").click()
    desktop.wait_for_function(
        "title => document.querySelector('.st-key-card-2').innerText.startsWith(title)", arg=first[1]
    )
    settled(desktop)
    assert card_titles(desktop) == first and answered(desktop) == []

    desktop.get_by_role("combobox", name="Find a film to rate").click()
    desktop.keyboard.type("12 Angry Men")
    desktop.keyboard.press("Enter")
    desktop.wait_for_function("document.querySelector('.st-key-card-1').innerText.startsWith('12 Angry Men (1957)')")
    settled(desktop)
    tap(desktop, 1, 5, settled)
    assert card_titles(desktop) == first and answered(desktop) == ["12 Angry Men (1957)"]


def test_a_double_click_is_one_answer(server, desktop, settled):
    open_rate(desktop, server, settled)
    title = card_titles(desktop)[0]
    desktop.locator(".st-key-card-1").get_by_role("radio", name="4 out of 5 stars").dblclick()
    gone_from(desktop, 1, title)
    settled(desktop)
    assert answered(desktop) == [title] and title not in card_titles(desktop)
