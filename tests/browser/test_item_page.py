"""The way to a film's page from wherever its title stands: the arrow in a table, the title in a list, the link in an open row."""

HEAD, ROW = 36, 35  # pixels of a table, which is a canvas: the height of its head and of a row
ARROW = 218  # from its left edge: the title has 200 pixels where the table is wider than the screen


def film(page):
    return page.evaluate("new URL(location).searchParams.get('film')")


def chosen(page, title, settled):
    """Wait until the page of this film has been drawn."""
    page.wait_for_function("title => new URL(location).searchParams.get('film') === title", arg=title)
    page.get_by_role("heading", name="Similar", exact=True).wait_for()
    page.get_by_role("combobox", name="Film").first.wait_for()
    settled(page)
    assert page.get_by_role("combobox", name="Film").first.input_value() == title


def rows(table):
    """The cells of the rows in sight, as those hear them who do not see the table."""
    return [[cell.text_content() for cell in row.locator("td").all()] for row in table.locator("canvas tbody tr").all()]


def test_the_arrow_of_a_row_leads_to_its_film_also_when_sorted(server, phone, settled):
    phone.goto(f"{server}/biases?data=sample")
    table = phone.get_by_test_id("stDataFrame").last
    table.wait_for()
    settled(phone)
    run = phone.evaluate("new URL(location).searchParams.get('run')")
    table.scroll_into_view_if_needed()
    first = rows(table)
    print(first[:3])
    table.locator("canvas").first.click(position={"x": 265, "y": HEAD // 2})  # by bias, lowest first
    phone.wait_for_timeout(1000)
    second = rows(table)
    print(second[:3])
    table.locator("canvas").first.click(position={"x": ARROW, "y": HEAD + ROW + ROW // 2})
    chosen(phone, second[1][0], settled)
    assert phone.evaluate("new URL(location).searchParams.get('run')") == run
