"""Similar in the real browser: typing finds a film, the bars and the table follow, the link holds it all."""

from tests.browser.conftest import link

BARS = "(document.querySelector('.st-key-similar_bars .js-plotly-plot')?.data?.[0].hovertext ?? [])"


SECOND_BARS = BARS.replace("similar_bars", "second_bars")


def bars(page, word, which=BARS):
    """The hover texts of a chart's bars, closest first, as soon as all have `word` in them."""
    page.wait_for_function(f"word => {which}.length && [...{which}].every(text => text.includes(word))", arg=word)
    return page.evaluate(f"[...{which}]")


def choose(page, box, text, title):
    """Type a title into a box and press Enter, by the keyboard alone."""
    page.get_by_role("combobox", name=box, exact=True).focus()
    page.keyboard.type(text)
    page.get_by_role("option", name=title).wait_for()
    page.keyboard.press("Enter")


def test_type_a_title_and_see_its_neighbours(server, desktop, settled):
    desktop.goto(f"{server}/similar?data=ml-100k")
    settled(desktop)
    before = bars(desktop, " · similarity 0.")
    assert len(before) == 10
    desktop.get_by_role("combobox", name="Film").click()
    desktop.keyboard.type("alien (19")
    desktop.get_by_role("option", name="Alien (1979)").click()
    desktop.wait_for_function("new URL(location).searchParams.get('film') === 'Alien (1979)'")
    desktop.wait_for_function(f"before => {BARS}[0] !== before", arg=before[0])
    settled(desktop)

    desktop.get_by_text("euclidean").click()
    desktop.wait_for_function("new URL(location).searchParams.get('measure') === 'euclidean'")
    by_distance = bars(desktop, " · distance ")

    shared = desktop.url
    desktop.goto("about:blank")
    desktop.goto(shared)
    assert bars(desktop, " · distance ") == by_distance and link(desktop)["film"] == "Alien (1979)"


def test_two_films_and_the_way_from_one_to_the_other(server, desktop, settled):
    desktop.goto(f"{server}/similar?data=ml-100k&film=Alien+(1979)")
    settled(desktop)
    alone = bars(desktop, " · similarity 0.")
    assert len(bars(desktop, " · similarity 0.", SECOND_BARS)) == 10
    desktop.get_by_role("radio", name="Two films").click()
    desktop.wait_for_function("new URL(location).searchParams.get('similar_view') === 'Two films'")
    choose(desktop, "Second film", "toy story (", "Toy Story (1995)")
    desktop.wait_for_function("new URL(location).searchParams.get('second_film') === 'Toy Story (1995)'")
    settled(desktop)
    assert bars(desktop, " · similarity 0.") == alone
    theirs = bars(desktop, " · similarity 0.", SECOND_BARS)

    desktop.get_by_role("radio", name="Towards another").click()
    slider = desktop.get_by_role("slider", name="Towards the second film")
    slider.focus()
    desktop.keyboard.press("End")
    desktop.wait_for_function("Number(new URL(location).searchParams.get('towards')) === 1")
    desktop.wait_for_function(f"first => {BARS}[0]?.startsWith(first)", arg=theirs[0].partition(" · ")[0])
    desktop.keyboard.press("Home")
    desktop.wait_for_function(f"first => {BARS}[0]?.startsWith(first)", arg=alone[0].partition(" · ")[0])

    desktop.wait_for_function("new URL(location).searchParams.get('towards')?.startsWith('0')")
    shared = desktop.url
    desktop.goto("about:blank")
    desktop.goto(shared)
    assert bars(desktop, " · similarity 0.")[0].startswith(alone[0].partition(" · ")[0])
    assert float(link(desktop)["towards"]) == 0 and link(desktop)["second_film"] == "Toy Story (1995)"
