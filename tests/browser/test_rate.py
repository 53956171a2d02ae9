"""Rate in the real browser: five films, the picks follow, a reload keeps them, a view-only link changes nothing, one thumb."""

from urllib.parse import parse_qs, urlsplit

POPULAR = "Popular with everyone, not yet yours"


def profile_of(page):
    return parse_qs(urlsplit(page.url).query).get("profile", [None])[0]


def open_rate(page, server, settled, link="data=ml-100k"):
    page.goto(f"{server}/rate?{link}")
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


def test_not_seen_undo_search_and_delete(server, desktop, settled):
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

    desktop.get_by_role("button", name="Delete my ratings").click()
    desktop.get_by_role("button", name="Delete for good").click()
    desktop.get_by_text("Your ratings and both their links are deleted.").wait_for()
    settled(desktop)
    assert profile_of(desktop) is None and desktop.get_by_role("heading", name=POPULAR).is_visible()


def test_a_double_click_is_one_answer(server, desktop, settled):
    open_rate(desktop, server, settled)
    title = card_titles(desktop)[0]
    desktop.locator(".st-key-card-1").get_by_role("radio", name="4 out of 5 stars").dblclick()
    gone_from(desktop, 1, title)
    settled(desktop)
    assert answered(desktop) == [title] and title not in card_titles(desktop)


def test_a_view_only_link_changes_nothing(server, desktop, browser, settled):
    open_rate(desktop, server, settled)
    rated = [tap(desktop, 1, stars, settled) for stars in (5, 2, 4)]
    before = picks(desktop)
    desktop.get_by_role("button", name="Share").click()
    link = "".join(desktop.get_by_test_id("stCode").inner_text().split())
    assert link.startswith(f"{server}/rate?") and profile_of(desktop) not in link
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        other = context.new_page()
        other.goto(link)
        other.get_by_text("View only.").wait_for(timeout=60_000)
        settled(other)
        assert picks(other) == before
        assert sorted(other.locator(".film-list").first.locator(".film b").all_inner_texts()) == sorted(rated)
        for control in (
            other.get_by_test_id("stFeedback"),
            other.get_by_test_id("stFileUploader"),
            other.get_by_role("button", name="Undo"),
            other.get_by_role("button", name="Delete my ratings"),
            other.get_by_role("combobox", name="Find a film to rate"),
        ):
            assert control.count() == 0
    desktop.reload()
    desktop.get_by_role("heading", name="Your picks").wait_for()
    settled(desktop)
    assert picks(desktop) == before and sorted(answered(desktop)) == sorted(rated)


def test_a_file_goes_out_and_comes_back(server, desktop, settled, tmp_path):
    open_rate(desktop, server, settled)
    for stars in (5, 1):
        tap(desktop, 1, stars, settled)
    before = picks(desktop)
    with desktop.expect_download() as download:
        desktop.get_by_role("button", name="Download as CSV").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == "ratings.csv" and file.read_text(encoding="utf-8").startswith("title,rating\n")

    open_rate(desktop, server, settled)  # without the private link: a new visitor
    assert desktop.get_by_role("heading", name=POPULAR).is_visible()
    desktop.get_by_text("Load ratings from a file").click()
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("title,rating\nFargo (1996),7\n", encoding="utf-8")
    desktop.locator("input[type=file]").set_input_files(wrong)
    desktop.get_by_text("wrong.csv, line 2, column rating").wait_for()
    settled(desktop)  # the box that refused the file gives way to a fresh one
    desktop.locator("input[type=file]").set_input_files(file)
    desktop.get_by_role("button", name="Add 2 answers").click()
    desktop.get_by_text("2 answers loaded.").wait_for()
    settled(desktop)
    assert picks(desktop) == before


def test_one_thumb_on_a_phone(server, phone, settled):
    open_rate(phone, server, settled)
    assert len(card_titles(phone)) == 3  # a short list, so that the picks are near
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    star = phone.locator(".st-key-card-1").get_by_role("radio").first.bounding_box()
    assert star["width"] >= 40 and star["height"] >= 40
    last = phone.locator(".st-key-card-3").bounding_box()
    assert last["y"] + last["height"] < 844
    for stars in (5, 4):
        title = phone.locator(".st-key-card-1 p").first.inner_text()
        phone.locator(".st-key-card-1").get_by_role("radio", name=f"{stars} out of 5 stars").tap()
        gone_from(phone, 1, title)
        settled(phone)
    assert scrolled(phone) == 0 and len(card_titles(phone)) == 3
    phone.get_by_role("link", name="Picks", exact=True).tap()
    phone.wait_for_function("document.querySelector('#picks').getBoundingClientRect().top < 300")
    assert phone.get_by_role("heading", name="Your picks").is_visible() and len(picks(phone)) == 10
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
