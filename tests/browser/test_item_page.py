"""The way to a film's page from where its title stands: the arrow in a table, a link in a list; the session goes along."""

from urllib.parse import parse_qs, urlsplit

HEAD, ROW = 36, 35  # pixels of a table, which is a canvas: the height of its head and of a row
ARROW, NEXT = (
    218,
    248,
)  # from its left edge, where it is wider than the screen: behind a title of 200 pixels, and the next head


def chosen(page, title, settled):
    """Wait until the page of this film has been drawn."""
    page.wait_for_function("title => new URL(location).searchParams.get('film') === title", arg=title)
    page.get_by_role("heading", name="Similar", exact=True).wait_for()
    settled(page)
    assert page.get_by_role("combobox", name="Film").first.input_value() == title


def titles(table):
    """Those of the rows in sight, as who does not see the table hears them."""
    return [row.locator("td").first.text_content() for row in table.locator("canvas tbody tr").all()]


def test_the_arrow_of_a_row_leads_to_its_film_also_when_sorted(server, phone, settled):
    phone.goto(f"{server}/biases?data=ml-100k")
    table = phone.get_by_test_id("stDataFrame").last
    table.wait_for()
    settled(phone)
    run = phone.evaluate("new URL(location).searchParams.get('run')")
    table.scroll_into_view_if_needed()
    highest = titles(table)
    table.click(position={"x": NEXT, "y": HEAD // 2}, delay=60)  # by bias, lowest first
    phone.wait_for_function(
        "highest => !document.querySelector('[data-testid=stDataFrame] canvas td').innerText.startsWith(highest)",
        arg=highest[0],
    )
    second = titles(table)[1]
    assert second not in highest
    table.click(position={"x": ARROW, "y": HEAD + ROW + ROW // 2}, delay=60)
    chosen(phone, second, settled)
    assert phone.evaluate("new URL(location).searchParams.get('run')") == run


def test_an_arrow_in_a_part_that_is_drawn_alone_leads_there_too(server, phone, settled):
    phone.goto(f"{server}/data?data=ml-100k")
    table = phone.get_by_test_id("stDataFrame").last
    table.wait_for()
    settled(phone)
    table.scroll_into_view_if_needed()
    table.click(position={"x": 75 + ARROW, "y": HEAD + ROW // 2}, delay=60)  # behind the place
    chosen(phone, "Star Wars (1977)", settled)


def test_a_link_in_a_list_leads_to_the_film_and_the_person_stays(server, desktop, settled):
    desktop.goto(f"{server}/rate?data=ml-100k")
    desktop.locator(".film-list").first.wait_for()
    settled(desktop)
    desktop.locator(".st-key-card-1").get_by_role("radio", name="5 out of 5 stars").click()
    desktop.get_by_text("1 rated, 0 not seen", exact=False).wait_for()
    settled(desktop)
    row = desktop.locator(".picks-films li").first
    row.locator("summary").click()
    link = row.get_by_role("link", name="The film’s page")
    assert link.get_attribute("href").startswith(
        "similar?data=ml-100k&run="
    )  # relative, for whoever opens it in a new tab
    film = row.get_attribute("data-title")
    link.click()
    chosen(desktop, film, settled)
    desktop.get_by_role("link", name="Your taste", exact=True).click()
    title = desktop.locator(
        ".film-list .film a"
    ).first  # what people alike have liked: who came this way is still known
    title.wait_for()
    settled(desktop)
    film = parse_qs(urlsplit(title.get_attribute("href")).query)["film"][0]
    title.click()
    chosen(desktop, film, settled)
