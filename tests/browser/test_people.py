"""People in the real browser: a link opens a user, picture and table follow the choice, a reload keeps it."""

from urllib.parse import parse_qs, urlsplit

GIVEN = """[...(document.querySelector('.st-key-foretold .js-plotly-plot')?.data ?? [])]
    .find(trace => trace.name === 'predicted')?.hovertext ?? []"""


def user(page):
    return parse_qs(urlsplit(page.url).query)["user"][-1]


def foretold(page):
    """The hover texts of the picture, as soon as there are any."""
    page.wait_for_function(f"({GIVEN}).length > 0")
    return page.evaluate(f"[...({GIVEN})]")


def wait_for_user(page, user_id, before):
    page.wait_for_function("id => new URL(location).searchParams.get('user') === id", arg=user_id)
    page.get_by_text(f"User {user_id}", exact=True).wait_for()
    page.wait_for_function(f"before => ({GIVEN}).length && ({GIVEN})[0] !== before", arg=before)


def test_open_a_user_pick_another_and_come_back(server, desktop, settled):
    desktop.goto(f"{server}/people?data=ml-100k&user=405")
    desktop.get_by_text("User 405", exact=True).wait_for()
    settled(desktop)
    first = foretold(desktop)
    assert " · predicted " in first[0] and " · given " in first[0] and first[0].endswith(" ratings")

    desktop.get_by_role("combobox", name="User").click()
    desktop.keyboard.type("13")
    desktop.keyboard.press("Enter")
    wait_for_user(desktop, "13", first[0])
    settled(desktop)
    by_box = foretold(desktop)

    desktop.get_by_role("radio", name="all users").click()
    desktop.wait_for_function("new URL(location).searchParams.get('part') === 'all users'")
    settled(desktop)
    table = desktop.get_by_test_id("stDataFrame").last  # the other one is that of the errors
    table.click(position={"x": 18, "y": 54})  # the box of the first row: who rated most is user 405
    wait_for_user(desktop, "405", by_box[0])
    settled(desktop)
    assert foretold(desktop) == first

    desktop.reload()
    desktop.get_by_text("User 405", exact=True).wait_for()
    settled(desktop)
    assert foretold(desktop) == first and user(desktop) == "405"
    assert desktop.get_by_role("radio", name="all users").is_checked()
